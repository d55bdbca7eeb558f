// What `run`, `strace` and `perf` take as FILE: assembly source, C source, or an ELF executable; made into an ELF image.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { assembleFiles } from './assemble-files.ts';
import { hostErrorText, UsageError } from './fail.ts';

export interface ProgramFile {
  /** Name in the guest's /bin. */
  readonly name: string;
  readonly image: Uint8Array;
}

const EM_RISCV = 243;

export function loadProgram(path: string, others: readonly string[]): ProgramFile {
  const extension = extname(path);
  const name = basename(path, extension === '.s' || extension === '.S' || extension === '.c' ? extension : '');
  if (extension === '.s' || extension === '.S') return { name, image: assembleFiles([path, ...others]) };
  if (extension === '.c') return { name, image: compile([path, ...others]) };
  if (others.length > 0)
    throw new UsageError(`--with needs sources, but '${path}' is not one: expected a file that ends in .s or .c`);
  const bytes = readHostFile(path);
  if (bytes.length >= 2 && bytes[0] === 0x23 && bytes[1] === 0x21) return { name: basename(path), image: bytes };
  checkElf(path, bytes);
  return { name: basename(path), image: bytes };
}

export function readHostFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`${path}: ${hostErrorText(error)}`);
  }
}

function checkElf(path: string, bytes: Uint8Array): void {
  if (bytes.length < 64 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    throw new UsageError(`${path}: not an ELF file: expected a .s or .c source, a script or a riscv64 executable`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[4] !== 2 || bytes[5] !== 1) throw new UsageError(`${path}: not a 64-bit little-endian ELF file`);
  const machine = view.getUint16(18, true);
  if (machine !== EM_RISCV) throw new UsageError(`${path}: ELF machine ${machine} is not RISC-V (${EM_RISCV})`);
  const type = view.getUint16(16, true);
  if (type !== 2 && type !== 3) throw new UsageError(`${path}: ELF type ${type} is not an executable`);
}

const compilers: readonly { readonly command: string; readonly args: readonly string[] }[] = [
  { command: 'riscv64-linux-gnu-gcc', args: ['-O2', '-static', '-pthread'] },
  { command: 'riscv64-unknown-linux-gnu-gcc', args: ['-O2', '-static', '-pthread'] },
  { command: 'riscv64-linux-musl-gcc', args: ['-O2', '-static', '-pthread'] },
  { command: 'clang', args: ['--target=riscv64-linux-gnu', '-O2', '-static', '-pthread'] },
  { command: 'zig', args: ['cc', '-target', 'riscv64-linux-musl', '-O2', '-static'] },
];

/** Compiles C with the first cross compiler that is installed. */
function compile(sources: readonly string[]): Uint8Array {
  for (const source of sources) readHostFile(source);
  const directory = mkdtempSync(join(tmpdir(), 'cyclix-'));
  try {
    const output = join(directory, 'program');
    for (const { command, args } of compilers) {
      if (!isInstalled(command)) continue;
      try {
        execFileSync(command, [...args, '-o', output, ...sources], { stdio: ['ignore', 'inherit', 'inherit'] });
      } catch (error) {
        throw new UsageError(
          `${sources[0]}: ${command} failed${(error as { status?: number }).status === undefined ? `: ${hostErrorText(error)}` : ''}`,
        );
      }
      return readFileSync(output);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  throw new UsageError(
    `${sources[0]}: no C compiler for riscv64 found: install one, e.g. Debian's gcc-riscv64-linux-gnu and libc6-dev-riscv64-cross (looked for ${compilers.map(({ command }) => command).join(', ')})`,
  );
}

function isInstalled(command: string): boolean {
  try {
    execFileSync(command, [command === 'zig' ? 'version' : '--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
