/*
 * Joins object modules into a static executable: sections of one kind side by side, symbols resolved across modules,
 * relocations applied (never relaxed). Layout in memory, each on its own pages, as the file maps them:
 *
 *   text base    ELF headers, code                      R-X
 *                constants (.rodata, other read-only)   R--
 *                .data, .got, other writable            RW-
 *                .bss, common symbols                   RW-, not in the file
 */

import {
  ELF_HEADER_BYTES,
  ET_EXEC,
  PF_R,
  PF_W,
  PF_X,
  PROGRAM_HEADER_BYTES,
  PT_GNU_STACK,
  PT_LOAD,
  R_RISCV,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_TLS,
  SHF_WRITE,
  SHN_ABS,
  SHT_NOBITS,
  SHT_PROGBITS,
  STB_GLOBAL,
  STB_LOCAL,
  STB_WEAK,
  STT_FILE,
  STT_NOTYPE,
} from '../elf/constants.ts';
import type { ElfSegment } from '../elf/read.ts';
import { alignUp, type OutputSection, type OutputSymbol, writeElf } from '../elf/write.ts';
import { applyField } from './apply.ts';
import { addressOf } from './layout.ts';
import { type LinkError, type Placement, Relocator } from './link-relocations.ts';
import type { AssemblySymbol, ObjectModule, Section, SourcePlace } from './object.ts';
import { isGlobal, isTemporary, sectionOf, sizeOf } from './symbols.ts';
import { evaluate } from './values.ts';

export interface LinkOptions {
  /** Address of the first byte of code (headers are then left out); by default GNU ld's, 0x10000 plus headers. */
  readonly textBase?: bigint;
  /** Entry symbol, `_start` by default. */
  readonly entry?: string;
}

export interface LinkedSection {
  readonly name: string;
  readonly address: bigint;
  readonly size: number;
  readonly data: Uint8Array;
}

export interface LinkResult {
  readonly elf: Uint8Array;
  readonly sections: readonly LinkedSection[];
  /** Addresses of all symbols that have names, local ones of the first module first. */
  readonly symbols: ReadonlyMap<string, bigint>;
}

const PAGE = 4096;
const DEFAULT_BASE = 0x10000n;

/** Input sections that share a name in the executable. */
interface Output {
  readonly name: string;
  type: number;
  flags: number;
  align: number;
  size: number;
  address: bigint;
  data: Uint8Array;
  entrySize: number;
  readonly inputs: { readonly section: Section; offset: number }[];
}

const MERGED_NAMES = ['.text', '.rodata', '.data', '.bss', '.sdata', '.sbss', '.srodata'];

function outputName(name: string): string {
  return MERGED_NAMES.find((prefix) => name === prefix || name.startsWith(`${prefix}.`)) ?? name;
}

/** Order in memory: code, read-only, writable, not in the file. */
function rank({ flags, type }: { flags: number; type: number }): number {
  if ((flags & SHF_EXECINSTR) !== 0) return 0;
  if ((flags & SHF_WRITE) === 0) return 1;
  return type === SHT_NOBITS ? 3 : 2;
}

const NAME_ORDER = ['.text', '.rodata', '.srodata', '.data', '.sdata', '.got', '.sbss', '.bss'];

class Linker {
  private readonly outputs: Output[] = [];
  private readonly placed = new Map<Section, { output: Output; offset: number }>();
  private readonly globals = new Map<string, { symbol: AssemblySymbol; module: ObjectModule }>();
  private readonly commons = new Map<string, { output: Output; offset: number }>();
  private readonly gotSlots = new Map<AssemblySymbol, number>();
  private readonly provided = new Map<string, bigint>();
  private readonly modules: readonly ObjectModule[];
  private readonly options: LinkOptions;
  private readonly error: LinkError;
  private failed = false;

  constructor(modules: readonly ObjectModule[], options: LinkOptions, error: LinkError) {
    this.modules = modules;
    this.options = options;
    this.error = (place, message) => {
      this.failed = true;
      error(place, message);
    };
  }

  link(): LinkResult | undefined {
    this.collectSections();
    this.collectGlobals();
    this.reserveGot();
    this.outputs.sort((a, b) => rank(a) - rank(b) || nameOrder(a.name) - nameOrder(b.name));
    const segments = this.assignAddresses();
    this.provideSymbols();
    this.fillGot();
    const relocator = new Relocator({
      placement: (section) => this.placement(section),
      resolve: (symbol) => this.resolve(symbol),
      address: (symbol, place) => this.address(symbol, place),
      gotAddress: (symbol) => this.gotAddress(symbol),
      error: this.error,
    });
    for (const module of this.modules) {
      for (const section of module.sections) relocator.relocate(section);
    }
    const entry = this.entryAddress();
    if (this.failed || entry === undefined) return undefined;
    const symbols = this.outputSymbols();
    const elf = writeElf({
      type: ET_EXEC,
      flags: this.modules.reduce((flags, module) => flags | module.flags, 0),
      entry,
      segments: [...segments, stackSegment()],
      sections: this.outputs.map((output) => ({
        ...output,
        offset: this.fileOffset(output, segments),
      })) satisfies OutputSection[],
      symbols,
    });
    const named = new Map<string, bigint>();
    for (const { name, value, type } of symbols) {
      if (type !== STT_FILE && !named.has(name)) named.set(name, value);
    }
    return { elf, sections: this.outputs, symbols: named };
  }

  private output(name: string, type: number, flags: number): Output {
    let output = this.outputs.find((other) => other.name === name);
    if (output === undefined) {
      output = { name, type, flags, align: 1, size: 0, address: 0n, data: new Uint8Array(0), entrySize: 0, inputs: [] };
      this.outputs.push(output);
    }
    return output;
  }

  private collectSections(): void {
    for (const module of this.modules) {
      for (const section of module.sections) {
        if ((section.flags & SHF_ALLOC) === 0 || section.size === 0) continue;
        if ((section.flags & SHF_TLS) !== 0) {
          this.error(undefined, `${module.name}: thread-local storage (section ${section.name}) is not supported`);
        }
        const flags = section.flags & (SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR);
        const output = this.output(outputName(section.name), section.type, flags);
        output.flags |= flags;
        if (section.type !== SHT_NOBITS) output.type = section.type;
        this.append(output, section.size, section.align, section);
      }
    }
  }

  private append(output: Output, size: number, align: number, section?: Section): number {
    const offset = alignUp(output.size, align);
    output.align = Math.max(output.align, align);
    output.size = offset + size;
    if (section !== undefined) {
      output.inputs.push({ section, offset });
      this.placed.set(section, { output, offset });
    }
    return offset;
  }

  private collectGlobals(): void {
    for (const module of this.modules) {
      for (const symbol of module.symbols) {
        if (!isGlobal(symbol) || !symbol.isDefined) continue;
        const known = this.globals.get(symbol.name);
        if (known === undefined || yields(known.symbol, symbol)) {
          this.globals.set(symbol.name, { symbol, module });
        } else if (symbol.binding === 'global' && symbol.common === undefined && known.symbol.binding === 'global') {
          if (known.symbol.common === undefined) {
            this.error(symbol.place, `\`${symbol.name}\` is already defined in ${known.module.name}`);
          }
        }
      }
    }
    for (const [name, { symbol }] of this.globals) {
      if (symbol.common === undefined) continue;
      let { size, align } = symbol.common;
      for (const module of this.modules) {
        const other = module.symbols.find((candidate) => candidate.name === name)?.common;
        if (other !== undefined) {
          size = Math.max(size, other.size);
          align = Math.max(align, other.align);
        }
      }
      const output = this.output('.bss', SHT_NOBITS, SHF_ALLOC | SHF_WRITE);
      this.commons.set(name, { output, offset: this.append(output, size, align) });
    }
  }

  /** One slot for each symbol that `la` reaches through the global offset table. */
  private reserveGot(): void {
    for (const module of this.modules) {
      for (const section of module.sections) {
        for (const { type, symbol } of section.relocations) {
          if (type !== R_RISCV.GOT_HI20 || symbol === undefined) continue;
          const target = this.resolve(symbol);
          if (!this.gotSlots.has(target)) {
            const output = this.output('.got', SHT_PROGBITS, SHF_ALLOC | SHF_WRITE);
            this.gotSlots.set(target, this.append(output, 8, 8));
          }
        }
      }
    }
  }

  private assignAddresses(): ElfSegment[] {
    const segments: ElfSegment[] = [];
    const { textBase } = this.options;
    let address = BigInt.asUintN(64, textBase ?? DEFAULT_BASE);
    let fileOffset = 0;
    const groups = [0, 1, 2].map((group) => this.outputs.filter((output) => Math.min(rank(output), 2) === group));
    const count = groups.filter((group) => group.length > 0).length + 1;
    groups.forEach((group, index) => {
      if (group.length === 0) return;
      const isFirst = segments.length === 0;
      const withHeaders = isFirst && textBase === undefined;
      if (!isFirst) {
        fileOffset = alignUp(fileOffset, PAGE);
        address = alignAddress(address, PAGE);
      } else if (!withHeaders) {
        // The file offset agrees with the address modulo the page, as mapping needs.
        fileOffset = PAGE + Number(address % BigInt(PAGE));
      }
      const start = address;
      const startOffset = fileOffset;
      if (withHeaders) address += BigInt(ELF_HEADER_BYTES + count * PROGRAM_HEADER_BYTES);
      let fileEnd = address;
      for (const output of group) {
        address = alignAddress(address, output.align);
        output.address = address;
        address += BigInt(output.size);
        if (output.type !== SHT_NOBITS) fileEnd = address;
      }
      const fileSize = Number(fileEnd - start);
      segments.push({
        type: PT_LOAD,
        flags: PF_R | (index === 0 ? PF_X : 0) | (index === 2 ? PF_W : 0),
        offset: startOffset,
        fileSize,
        virtualAddress: start,
        memorySize: address - start,
        align: BigInt(PAGE),
      });
      fileOffset += fileSize;
    });
    for (const output of this.outputs) {
      if (output.type === SHT_NOBITS) continue;
      output.data = new Uint8Array(output.size);
      for (const { section, offset } of output.inputs) {
        if (section.type !== SHT_NOBITS) output.data.set(section.data, offset);
      }
    }
    return segments;
  }

  private fileOffset(output: Output, segments: readonly ElfSegment[]): number {
    const segment = segments.find(
      ({ virtualAddress, memorySize }) =>
        output.address >= virtualAddress && output.address + BigInt(output.size) <= virtualAddress + memorySize,
    )!;
    if (output.type === SHT_NOBITS) return segment.offset + segment.fileSize;
    return segment.offset + Number(output.address - segment.virtualAddress);
  }

  /** Symbols that GNU ld's default script provides, where nobody defines them. */
  private provideSymbols(): void {
    const end = (test: (output: Output) => boolean) =>
      this.outputs.filter(test).reduce((last, output) => {
        const outputEnd = output.address + BigInt(output.size);
        return outputEnd > last ? outputEnd : last;
      }, 0n);
    const start = (test: (output: Output) => boolean, otherwise: bigint) =>
      this.outputs.find(test)?.address ?? otherwise;
    const everything = end(() => true);
    const textEnd = end((output) => rank(output) === 0);
    const dataEnd = end((output) => rank(output) <= 2);
    const dataStart = start((output) => rank(output) >= 2, everything);
    const provide = (value: bigint, ...names: string[]) => {
      for (const name of names) this.provided.set(name, value);
    };
    provide(textEnd, 'etext', '_etext', '__etext');
    provide(dataEnd, 'edata', '_edata');
    provide(
      start((output) => rank(output) === 3, dataEnd),
      '__bss_start',
    );
    provide(everything, 'end', '_end', '__BSS_END__');
    provide(dataStart, '__data_start', '__DATA_BEGIN__');
    // The middle of what gp reaches: of small data if there is any, within the writable data.
    const smallData = start(({ name }) => name === '.sdata' || name === '.sbss', dataEnd) + 0x800n;
    const reach = larger(dataStart + 0x800n, everything - 0x800n);
    provide(smallData < reach ? smallData : reach, '__global_pointer$');
    provide(this.options.textBase ?? DEFAULT_BASE, '__executable_start');
  }

  /** The symbol a reference means: the module's own, or the definition elsewhere. */
  private resolve(symbol: AssemblySymbol): AssemblySymbol {
    if (symbol.isDefined && !isGlobal(symbol)) return symbol;
    return this.globals.get(symbol.name)?.symbol ?? symbol;
  }

  /** Address of a symbol; undefined, with the reason reported, if it has none. */
  private address(reference: AssemblySymbol, place: SourcePlace | undefined): bigint | undefined {
    const symbol = this.resolve(reference);
    if (symbol.fragment !== undefined) {
      const placed = this.placed.get(symbol.fragment.section);
      if (placed !== undefined) return placed.output.address + BigInt(placed.offset + addressOf(symbol));
      return this.addressInEmpty(symbol.fragment.section);
    }
    if (symbol.common !== undefined) {
      const placed = this.commons.get(symbol.name);
      if (placed !== undefined) return placed.output.address + BigInt(placed.offset);
    }
    if (symbol.value !== undefined) {
      const result = evaluate(symbol.value, { symbol: () => symbol, laidOut: true });
      if (!result.ok) {
        this.error(place, result.reason);
        return undefined;
      }
      const { constant, plus } = result.value;
      if (plus === undefined) return constant;
      const base = this.address(plus, place);
      return base === undefined ? undefined : base + constant;
    }
    const provided = this.provided.get(symbol.name);
    if (provided !== undefined) return provided;
    if (reference.binding === 'weak') return 0n;
    this.error(
      place ?? reference.place,
      `undefined symbol \`${reference.name}\`; expected a definition in one of the sources`,
    );
    return undefined;
  }

  /** A label in a section without contents stands where the section's kind would begin. */
  private addressInEmpty(section: Section): bigint {
    const name = outputName(section.name);
    const same = this.outputs.find((output) => output.name === name);
    if (same !== undefined) return same.address;
    const later = this.outputs.find((output) => rank(output) >= rank(section));
    const last = this.outputs.at(-1);
    return later?.address ?? (last === undefined ? DEFAULT_BASE : last.address + BigInt(last.size));
  }

  private fillGot(): void {
    const got = this.outputs.find((output) => output.name === '.got');
    if (got === undefined) return;
    for (const [symbol, offset] of this.gotSlots) {
      applyField(got.data, offset, '64', this.address(symbol, symbol.place) ?? 0n);
    }
  }

  private placement(section: Section): Placement | undefined {
    const placed = this.placed.get(section);
    if (placed === undefined) return undefined;
    const { output, offset } = placed;
    return { data: output.data, offset, address: output.address + BigInt(offset) };
  }

  private gotAddress(symbol: AssemblySymbol): bigint | undefined {
    const got = this.outputs.find((output) => output.name === '.got');
    const slot = this.gotSlots.get(this.resolve(symbol));
    return got === undefined || slot === undefined ? undefined : got.address + BigInt(slot);
  }

  private entryAddress(): bigint | undefined {
    const name = this.options.entry ?? '_start';
    const found =
      this.globals.get(name)?.symbol ??
      this.modules.flatMap((module) => module.symbols).find((symbol) => symbol.name === name && symbol.isDefined);
    if (found === undefined) {
      this.error(undefined, `no entry point: expected a label \`${name}\` in one of the sources`);
      return undefined;
    }
    return this.address(found, found.place);
  }

  private outputSymbols(): OutputSymbol[] {
    const symbols: OutputSymbol[] = [];
    for (const module of this.modules) {
      for (const symbol of module.symbols) {
        const output = this.outputSymbol(symbol);
        if (output !== undefined) symbols.push(output);
      }
    }
    for (const [name, value] of this.provided) {
      if (this.globals.has(name)) continue;
      const used = this.modules.some((module) => module.symbols.some((symbol) => symbol.name === name));
      if (used) {
        symbols.push({ name, value, size: 0n, binding: STB_GLOBAL, type: STT_NOTYPE, visibility: 0, section: SHN_ABS });
      }
    }
    return symbols;
  }

  private outputSymbol(symbol: AssemblySymbol): OutputSymbol | undefined {
    const { name, type, visibility } = symbol;
    if (type === STT_FILE) {
      return { name, value: 0n, size: 0n, binding: STB_LOCAL, type, visibility, section: SHN_ABS };
    }
    if (!symbol.isDefined || isTemporary(symbol)) return undefined;
    if (isGlobal(symbol) && this.globals.get(name)?.symbol !== symbol) return undefined;
    const value = this.address(symbol, symbol.place);
    if (value === undefined) return undefined;
    const binding = !isGlobal(symbol) ? STB_LOCAL : symbol.binding === 'weak' ? STB_WEAK : STB_GLOBAL;
    return { name, value, size: sizeOf(symbol), binding, type, visibility, section: this.sectionIndex(symbol) };
  }

  private sectionIndex(symbol: AssemblySymbol): number {
    const section = sectionOf(symbol);
    const output =
      symbol.common !== undefined
        ? this.commons.get(symbol.name)?.output
        : section === undefined
          ? undefined
          : this.placed.get(section)?.output;
    return output === undefined ? SHN_ABS : this.outputs.indexOf(output) + 1;
  }
}

const larger = (a: bigint, b: bigint) => (a > b ? a : b);

function nameOrder(name: string): number {
  const index = NAME_ORDER.indexOf(name);
  return index < 0 ? NAME_ORDER.length : index;
}

function alignAddress(address: bigint, align: number): bigint {
  const unit = BigInt(align);
  return ((address + unit - 1n) / unit) * unit;
}

function stackSegment(): ElfSegment {
  const nothing = { offset: 0, fileSize: 0, virtualAddress: 0n, memorySize: 0n };
  return { type: PT_GNU_STACK, flags: PF_R | PF_W, ...nothing, align: 16n };
}

/** A definition gives way to a later one if it is weak or common and the other is not. */
function yields(known: AssemblySymbol, other: AssemblySymbol): boolean {
  if (known.binding === 'weak') return other.binding === 'global';
  return known.common !== undefined && other.common === undefined && other.binding === 'global';
}

/** Undefined if an error was reported. */
export function link(modules: readonly ObjectModule[], options: LinkOptions, error: LinkError): LinkResult | undefined {
  return new Linker(modules, options, error).link();
}
