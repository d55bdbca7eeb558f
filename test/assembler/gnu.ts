/*
 * GNU as and ld as oracles. A source is assembled by both; GNU ld then links GNU's object with its sections at the
 * addresses that our linker chose, so that every byte of the linked sections has to agree: encodings, compressed forms,
 * branch lengths, padding, relocated addresses. Comparing objects alone would leave relocated fields out.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type AssembleOptions,
  assembleExecutable,
  type ExecutableResult,
  formatDiagnostics,
  type SourceText,
} from '../../src/assembler/assemble.ts';
import { readElf } from '../../src/elf/read.ts';

export const PREFIX = 'riscv64-linux-gnu-';

/** The version compared with: later ones name instructions and choose encodings in other ways here and there. */
const VERSION = '2.40';

function versionOf(tool: string): string | undefined {
  const { status, stdout } = spawnSync(PREFIX + tool, ['--version'], { encoding: 'utf8' });
  return status === 0 ? /(\d+\.\d+)\S*$/m.exec(stdout)?.[1] : undefined;
}

const versions = ['as', 'ld', 'objdump'].map(versionOf);

export const HAS_GNU = versions.every((version) => version === VERSION);

if (!HAS_GNU) {
  const found = versions.map((version) => version ?? 'none').join(', ');
  console.log(
    `left out: comparisons with GNU as, ld and objdump ${VERSION} for ${PREFIX.slice(0, -1)} (found ${found})`,
  );
}

export function inTemporaryFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'cyclix-asm-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Included files beside the including one, then in `folders`. */
export function fileOptions(folders: readonly string[] = []): AssembleOptions {
  const find = (name: string, from: string): [string, Buffer] | undefined => {
    for (const folder of [dirname(from), ...folders, '.']) {
      try {
        return [join(folder, name), readFileSync(join(folder, name))];
      } catch {
        // not in this folder
      }
    }
    return undefined;
  };
  return {
    include: (name, from) => {
      const found = find(name, from);
      return found === undefined ? undefined : { name: found[0], text: found[1].toString() };
    },
    incbin: (name, from) => find(name, from)?.[1],
  };
}

/** Section contents by name, of a linked or relocatable ELF file. */
export function sectionsOf(file: Uint8Array): Map<string, Uint8Array> {
  const result = readElf(file);
  if (!result.ok) throw new Error(result.reason);
  return new Map(result.elf.sections.map((section) => [section.name, section.data]));
}

export function gnuAssemble(
  source: string,
  output: string,
  march: string,
  folders: readonly string[] = [],
  defines: Readonly<Record<string, number | bigint>> = {},
): void {
  const includes = folders.flatMap((folder) => ['-I', folder]);
  const symbols = Object.entries(defines).flatMap(([name, value]) => ['--defsym', `${name}=${value}`]);
  execFileSync(`${PREFIX}as`, [`-march=${march}`, '-mno-relax', ...includes, ...symbols, '-o', output, source], {
    stdio: 'pipe',
  });
}

/** GNU ld on `objects`, sections where `ours` has them. */
export function gnuLink(
  objects: readonly string[],
  output: string,
  ours: ExecutableResult & { ok: true },
  entry: string,
): void {
  const places = ours.sections.map(({ name, address }) => `--section-start=${name}=0x${address.toString(16)}`);
  execFileSync(`${PREFIX}ld`, ['--no-relax', '-e', entry, ...places, '-o', output, ...objects], { stdio: 'pipe' });
}

export interface Difference {
  readonly section: string;
  readonly offset: number;
  readonly ours: string;
  readonly gnu: string;
}

function firstDifference(section: string, ours: Uint8Array, gnu: Uint8Array): Difference | undefined {
  const length = Math.max(ours.length, gnu.length);
  for (let offset = 0; offset < length; offset++) {
    if (ours[offset] === gnu[offset]) continue;
    const show = (bytes: Uint8Array) =>
      Buffer.from(bytes.subarray(Math.max(0, offset - 4), offset + 8)).toString('hex');
    return { section, offset, ours: `${show(ours)} (${ours.length} bytes)`, gnu: `${show(gnu)} (${gnu.length} bytes)` };
  }
  return undefined;
}

/** The first byte in each of .text, .data and .rodata (and others with contents) that differs from GNU's. */
export function compareWithGnu(
  paths: readonly string[],
  march: string,
  folders: readonly string[] = [],
  options: AssembleOptions = {},
): Difference[] {
  const entry = options.entry ?? '_start';
  const sources: SourceText[] = paths.map((name) => ({ name, text: readFileSync(name, 'utf8') }));
  const ours = assembleExecutable(sources, { ...fileOptions(folders), ...options, march });
  if (!ours.ok) throw new Error(formatDiagnostics(ours.diagnostics));
  return inTemporaryFolder((folder) => {
    const objects = paths.map((path, index) => {
      const object = join(folder, `${index}.o`);
      gnuAssemble(path, object, march, [dirname(path), ...folders], options.defines);
      return object;
    });
    const output = join(folder, 'linked');
    gnuLink(objects, output, ours, entry);
    const gnu = sectionsOf(readFileSync(output));
    const differences = ours.sections.map(({ name, data }) =>
      firstDifference(name, data, gnu.get(name) ?? new Uint8Array(0)),
    );
    return differences.filter((difference) => difference !== undefined);
  });
}

export function writeSource(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
