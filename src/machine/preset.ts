// A preset is a named machine configuration, plain data: memory sizes, latencies, predictor. Presets ship as files of
// presets/, or as JSON of the same shape. Each number's source stands in the file's comments, or `estimated`.
// Latencies are in core cycles. "Use" latencies count from the issue of the producer to the issue of its consumer.

import { c906 } from './presets/c906.ts';
import { ideal } from './presets/ideal.ts';
import { rocket } from './presets/rocket.ts';
import { u74 } from './presets/u74.ts';

export type Replacement = 'random' | 'fifo' | 'lru';

export interface CacheParameters {
  sizeBytes: number;
  ways: number;
  /** 32, 64, 128 or 256. */
  lineBytes: number;
  replacement: Replacement;
  /** Cycles of a miss beyond those of the level below. */
  missCycles: number;
  /** Further cycles when the victim is dirty. */
  dirtyCycles: number;
}

export interface TlbParameters {
  /** Fully associative, tree-PLRU. */
  entries: number;
  /** Contiguous aligned pages that share an entry's tag: 1, 2, 4, 8. */
  pagesPerEntry: number;
  superpageEntries: number;
  /** Cycles of a miss beyond those of the walk's memory accesses. */
  missCycles: number;
}

export interface Preset {
  name: string;
  description: string;
  /** Where the numbers come from. */
  source: string;
  /** false: every instruction takes one cycle and nothing else is modelled. */
  timing: boolean;
  clockHz: number;
  timebaseHz: number;
  pipeline: {
    loadUseCycles: number;
    subwordLoadUseCycles: number;
    fpLoadUseCycles: number;
    csrUseCycles: number;
    /** Iterative: `mulCycles` + one per `mulBitsPerCycle` significant bits of rs1. Else pipelined, `mulCycles`. */
    mulIterative: boolean;
    mulCycles: number;
    mulBitsPerCycle: number;
    /** `divCycles` + one per `divBitsPerCycle` quotient bits. */
    divCycles: number;
    divBitsPerCycle: number;
    amoUseCycles: number;
    amoBusyCycles: number;
    storeConditionalUseCycles: number;
    /** A load that reads bytes of a store still in the store buffer is replayed. */
    storeLoadReplayCycles: number;
    fenceAfterMemoryCycles: number;
    /** A misaligned load or store, beyond the aligned one. */
    misalignedCycles: number;
    /** Long-latency integer results wait for an issue slot without integer result. */
    sharedWritePort: boolean;
    /** The FP interlock compares register numbers only, integer or not. */
    fpRegisterAlias: boolean;
  };
  fp: {
    addSingleCycles: number;
    addDoubleCycles: number;
    mulSingleCycles: number;
    mulDoubleCycles: number;
    mulAddSingleCycles: number;
    mulAddDoubleCycles: number;
    divideSingleCycles: number;
    divideDoubleCycles: number;
    sqrtSingleCycles: number;
    sqrtDoubleCycles: number;
    /** Sign injection, minimum and maximum, conversions and moves into FP registers. */
    shortCycles: number;
    /** Compare, classify, conversions and moves into integer registers. */
    toIntegerCycles: number;
  };
  flush: {
    /** CSR writes that refetch what follows (status, satp, fcsr). */
    csrCycles: number;
    fenceICycles: number;
    sfenceCycles: number;
    trapCycles: number;
    trapReturnCycles: number;
  };
  branch: {
    mispredictCycles: number;
    /** A taken transfer that the fetch stage finds itself, without the BTB. */
    fetchRedirectCycles: number;
    /** A transfer to a 32-bit instruction that straddles two fetch words. */
    straddleCycles: number;
    btbEntries: number;
    btbPages: number;
    bhtEntries: number;
    bhtCounterBits: 1 | 2;
    bhtHistoryLength: number;
    bhtHistoryBits: number;
    rasEntries: number;
  };
  l1i: CacheParameters;
  l1d: CacheParameters;
  /** Unified; null: L1 misses go to DRAM. */
  l2: (CacheParameters & { hitCycles: number }) | null;
  dram: { latencyCycles: number };
  /** A load or store to a device register. */
  uncachedCycles: number;
  itlb: TlbParameters;
  dtlb: TlbParameters;
  /** Second-level TLB shared by both; null: a miss walks at once. */
  l2tlb: { entries: number; ways: number; hitCycles: number } | null;
  walker: {
    /** Entries of the cache of upper-level page table entries. */
    cacheEntries: number;
    /** A page table entry read from L1D. */
    stepCycles: number;
    /** Cycles by which a walk that ends at a superpage is shorter. */
    superpageSavesCycles: number;
  };
  /** Implemented bits of satp.ASID. */
  asidBits: number;
}

export class PresetError extends Error {
  override name = 'PresetError';
}

const PRESETS: ReadonlyMap<string, Preset> = new Map([rocket, c906, u74, ideal].map((preset) => [preset.name, preset]));

export function listPresets(): readonly Preset[] {
  return [...PRESETS.values()];
}

type Path = readonly string[];

/** A leaf of a preset: its dotted name and value. */
export interface ResolvedParameter {
  readonly name: string;
  readonly value: string | number | boolean | null;
}

/** Every parameter by its dotted name, in the preset's own order: what a report prints. */
export function resolvedParameters(preset: Preset): ResolvedParameter[] {
  const list: ResolvedParameter[] = [];
  const visit = (value: unknown, path: Path): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
    } else {
      list.push({ name: path.join('.'), value: value as ResolvedParameter['value'] });
    }
  };
  visit(preset, []);
  return list;
}

/**
 * A preset by name, as an object, or as JSON text. JSON may name another preset in `extends` and give only what differs.
 * Throws PresetError that names the parameter and says what was expected.
 */
export function loadPreset(nameOrJson: string | object): Preset {
  if (typeof nameOrJson === 'string') {
    const preset = PRESETS.get(nameOrJson);
    if (preset !== undefined) return structuredClone(preset);
    if (!nameOrJson.trimStart().startsWith('{')) {
      throw new PresetError(`no preset is named '${nameOrJson}' (there are ${[...PRESETS.keys()].join(', ')})`);
    }
    let parsed: object;
    try {
      parsed = JSON.parse(nameOrJson) as object;
    } catch (error) {
      throw new PresetError(`preset is not valid JSON: ${(error as Error).message}`);
    }
    return loadPreset(parsed);
  }
  const given = nameOrJson as Record<string, unknown>;
  const base = given['extends'] ?? (PRESETS.has(String(given['name'])) ? given['name'] : 'rocket');
  if (typeof base !== 'string')
    throw new PresetError(`extends: expected the name of a preset, found ${describe(base)}`);
  const preset = loadPreset(base);
  merge(preset as unknown as Record<string, unknown>, given, [], new Set(['extends']));
  validate(preset);
  return preset;
}

function describe(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? String(value);
  return Array.isArray(value) ? 'an array' : 'an object';
}

/** Shapes of the parts that may be null, for checking what replaces a null. */
const OPTIONAL_SHAPES: Record<string, Record<string, unknown>> = {
  l2: {
    sizeBytes: 524288,
    ways: 8,
    lineBytes: 64,
    replacement: 'random',
    missCycles: 0,
    dirtyCycles: 0,
    hitCycles: 20,
  },
  l2tlb: { entries: 128, ways: 4, hitCycles: 4 },
};

function merge(
  target: Record<string, unknown>,
  source: Record<string, unknown>,
  path: Path,
  ignore: Set<string>,
): void {
  for (const [key, value] of Object.entries(source)) {
    if (ignore.has(key)) continue;
    const name = [...path, key].join('.');
    if (!(key in target))
      throw new PresetError(`${name}: no such parameter (there are ${Object.keys(target).join(', ')})`);
    const shape = OPTIONAL_SHAPES[name];
    if (shape !== undefined) {
      if (value === null) {
        target[key] = null;
        continue;
      }
      target[key] ??= { ...shape };
    }
    const old = target[key];
    if (typeof old === 'object' && old !== null) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new PresetError(`${name}: expected an object, found ${describe(value)}`);
      }
      merge(old as Record<string, unknown>, value as Record<string, unknown>, [...path, key], new Set());
    } else if (typeof value !== typeof old) {
      throw new PresetError(`${name}: expected a ${typeof old}, found ${describe(value)}`);
    } else {
      target[key] = value;
    }
  }
}

const UNIT_SUFFIXES = ['', 'Bytes', 'Cycles', 'Hz', 'Entries'];
const MULTIPLIERS: Record<string, number> = { '': 1, k: 1000, m: 1e6, g: 1e9, ki: 1024, mi: 1048576, gi: 1073741824 };

/** '32KiB' 32768, '1GHz' 1e9, '60' 60; null if it is no number. */
function parseQuantity(text: string): number | null {
  const match = /^(-?\d+(?:\.\d+)?)\s*([kmg]?i?)(?:b|hz)?$/i.exec(text);
  if (match === null) return null;
  const multiplier = MULTIPLIERS[match[2]!.toLowerCase()];
  return multiplier === undefined ? null : Number(match[1]) * multiplier;
}

/**
 * A copy with one parameter changed, as `--set` gives it: 'l1d.size=32KiB', 'dram.latency=30', 'l2=null'. The unit at the end of
 * a parameter's name (Bytes, Cycles, Hz, Entries) may be left out.
 */
export function setParameter(preset: Preset, assignment: string): Preset {
  const equals = assignment.indexOf('=');
  if (equals < 1) throw new PresetError(`'${assignment}': expected name=value`);
  const path = assignment.slice(0, equals).trim().split('.');
  const text = assignment.slice(equals + 1).trim();
  const copy = structuredClone(preset);
  let target = copy as unknown as Record<string, unknown>;
  const walked: string[] = [];
  for (const [index, part] of path.entries()) {
    const key = UNIT_SUFFIXES.map((suffix) => part + suffix).find((candidate) => candidate in target);
    if (key === undefined) {
      throw new PresetError(
        `${[...walked, part].join('.')}: no such parameter (there are ${Object.keys(target).join(', ')})`,
      );
    }
    walked.push(key);
    const name = walked.join('.');
    if (index < path.length - 1) {
      if (target[key] === null) target[key] = { ...OPTIONAL_SHAPES[name] };
      if (typeof target[key] !== 'object') throw new PresetError(`${name}: is a value, not a group`);
      target = target[key] as Record<string, unknown>;
      continue;
    }
    const old = target[key];
    if (text === 'null' && name in OPTIONAL_SHAPES) target[key] = null;
    else if (typeof old === 'number') {
      const value = parseQuantity(text);
      if (value === null) throw new PresetError(`${name}: expected a number, found '${text}'`);
      target[key] = value;
    } else if (typeof old === 'boolean') {
      if (text !== 'true' && text !== 'false')
        throw new PresetError(`${name}: expected true or false, found '${text}'`);
      target[key] = text === 'true';
    } else if (typeof old === 'string') target[key] = text;
    else throw new PresetError(`${name}: is a group of parameters (${Object.keys(old ?? {}).join(', ')})`);
  }
  validate(copy);
  return copy;
}

function powerOfTwo(value: number): boolean {
  return Number.isInteger(value) && value > 0 && (value & (value - 1)) === 0;
}

/** Throws PresetError at the first parameter that the machine cannot be built with. */
export function validate(preset: Preset): void {
  const need = (condition: boolean, name: string, expected: string, value: unknown): void => {
    if (!condition) throw new PresetError(`${name}: expected ${expected}, found ${describe(value)}`);
  };
  for (const { name, value } of resolvedParameters(preset)) {
    if (typeof value !== 'number') continue;
    const limit = name.endsWith('Hz') ? 1e10 : 1e9;
    need(Number.isInteger(value) && value >= 0 && value <= limit, name, `an integer between 0 and ${limit}`, value);
  }
  const cache = (name: string, parameters: CacheParameters, maximumLines: number): void => {
    const { sizeBytes, ways, lineBytes, replacement } = parameters;
    need([32, 64, 128, 256].includes(lineBytes), `${name}.lineBytes`, '32, 64, 128 or 256', lineBytes);
    need(ways >= 1 && ways <= 64, `${name}.ways`, '1 to 64', ways);
    need(
      powerOfTwo(sizeBytes / (ways * lineBytes)),
      `${name}.sizeBytes`,
      'a power of two of sets of ways × lineBytes',
      sizeBytes,
    );
    need(sizeBytes / lineBytes <= maximumLines, `${name}.sizeBytes`, `at most ${maximumLines} lines`, sizeBytes);
    need(['random', 'fifo', 'lru'].includes(replacement), `${name}.replacement`, 'random, fifo or lru', replacement);
  };
  cache('l1i', preset.l1i, 32768);
  cache('l1d', preset.l1d, 32768);
  if (preset.l2 !== null) cache('l2', preset.l2, 65536);
  for (const name of ['itlb', 'dtlb'] as const) {
    const tlb = preset[name];
    need(tlb.entries >= 1 && tlb.entries <= 64, `${name}.entries`, '1 to 64', tlb.entries);
    need([1, 2, 4, 8].includes(tlb.pagesPerEntry), `${name}.pagesPerEntry`, '1, 2, 4 or 8', tlb.pagesPerEntry);
    need(
      tlb.superpageEntries >= 1 && tlb.superpageEntries <= 64,
      `${name}.superpageEntries`,
      '1 to 64',
      tlb.superpageEntries,
    );
  }
  if (preset.l2tlb !== null) {
    const { entries, ways } = preset.l2tlb;
    need(ways >= 1 && ways <= 16, 'l2tlb.ways', '1 to 16', ways);
    need(
      powerOfTwo(entries / ways) && entries <= 4096,
      'l2tlb.entries',
      'a power of two of sets, at most 4096 entries',
      entries,
    );
  }
  for (const name of ['itlb', 'dtlb'] as const) {
    const total = preset[name].entries + preset[name].superpageEntries;
    need(total <= 64, `${name}.superpageEntries`, 'at most 64 entries together with the others', total);
  }
  need(preset.walker.cacheEntries <= 64, 'walker.cacheEntries', 'at most 64', preset.walker.cacheEntries);
  const { branch, pipeline } = preset;
  need(branch.btbEntries <= 64, 'branch.btbEntries', 'at most 64', branch.btbEntries);
  need(branch.btbPages >= 1 && branch.btbPages <= 64, 'branch.btbPages', '1 to 64', branch.btbPages);
  need(
    powerOfTwo(branch.bhtEntries) && branch.bhtEntries <= 16384,
    'branch.bhtEntries',
    'a power of two up to 16384',
    branch.bhtEntries,
  );
  need(
    branch.bhtCounterBits === 1 || branch.bhtCounterBits === 2,
    'branch.bhtCounterBits',
    '1 or 2',
    branch.bhtCounterBits,
  );
  need(branch.bhtHistoryLength <= 12, 'branch.bhtHistoryLength', 'at most 12', branch.bhtHistoryLength);
  need(
    branch.bhtHistoryBits <= branch.bhtHistoryLength,
    'branch.bhtHistoryBits',
    'at most bhtHistoryLength',
    branch.bhtHistoryBits,
  );
  need(
    2 ** branch.bhtHistoryBits <= branch.bhtEntries,
    'branch.bhtEntries',
    `at least 2^bhtHistoryBits = ${2 ** branch.bhtHistoryBits}`,
    branch.bhtEntries,
  );
  need(branch.rasEntries <= 32, 'branch.rasEntries', 'at most 32', branch.rasEntries);
  need(pipeline.mulBitsPerCycle >= 1, 'pipeline.mulBitsPerCycle', 'at least 1', pipeline.mulBitsPerCycle);
  need(pipeline.divBitsPerCycle >= 1, 'pipeline.divBitsPerCycle', 'at least 1', pipeline.divBitsPerCycle);
  need(preset.asidBits <= 16, 'asidBits', 'at most 16', preset.asidBits);
  need(preset.clockHz >= 1 && preset.timebaseHz >= 1, 'clockHz', 'a positive frequency', preset.clockHz);
}
