// Runs small assembly programs on the kernel and the real machine, for tests: source text in, output, status and kernel out.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assembleExecutable, formatDiagnostics } from '../../src/assembler/assemble.ts';
import { Kernel, type KernelOptions, type RunOutcome } from '../../src/kernel/kernel.ts';
import { Machine, type MachineOptions } from '../../src/machine/machine.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const programs = join(root, 'programs/');
/** Suites that run guest programs are left out, and say so, when the machine is not built. */
export const machineIsBuilt = existsSync(join(root, 'build/machine.wasm'));

/** An executable from assembly text; `include` looks in programs/. Throws Error with the assembler's messages. */
export function assembleProgram(text: string, name = 'test.s'): Uint8Array {
  const result = assembleExecutable([{ name, text }], {
    include: (file, from) => {
      for (const directory of [dirname(from), programs, join(programs, 'lib')]) {
        const path = join(directory, file);
        if (existsSync(path)) return { name: path, text: readFileSync(path, 'utf8') };
      }
      return undefined;
    },
  });
  if (!result.ok) throw new Error(formatDiagnostics(result.diagnostics));
  return result.elf;
}

/** A program of programs/. */
export function assembleFile(name: string): Uint8Array {
  const path = join(programs, name);
  return assembleProgram(readFileSync(path, 'utf8'), path);
}

/** A static executable of a C file, by the cross compiler (test/support/oracles.ts says whether there is one). */
export function compileProgram(source: string): Uint8Array {
  const scratch = mkdtempSync(join(tmpdir(), 'cyclix-'));
  try {
    const output = join(scratch, 'program');
    execFileSync('riscv64-linux-gnu-gcc', ['-O1', '-w', '-static', '-pthread', '-o', output, source]);
    return readFileSync(output);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

export interface GuestOptions {
  readonly machine?: MachineOptions;
  readonly kernel?: KernelOptions;
  /** Files by guest path: bytes, or text. Those in /bin and /lib are executable. */
  readonly files?: Readonly<Record<string, Uint8Array | string>>;
  readonly stdin?: string;
}

export class Guest {
  readonly kernel: Kernel;
  readonly machine: Machine;
  readonly #output: { stdout: string; stderr: string };

  private constructor(kernel: Kernel, machine: Machine, output: { stdout: string; stderr: string }) {
    this.kernel = kernel;
    this.machine = machine;
    this.#output = output;
  }

  static async boot(options: GuestOptions = {}): Promise<Guest> {
    const output = { stdout: '', stderr: '' };
    let input: Uint8Array | null = new TextEncoder().encode(options.stdin ?? '');
    const machine = await Machine.create({ ramBytes: 64 * 2 ** 20, ...options.machine });
    const kernel = await Kernel.boot(
      machine,
      {
        bootTime: Date.UTC(2026, 0, 1) * 1e6,
        read: () => {
          const bytes = input;
          input = null;
          return bytes !== null && bytes.length > 0 ? bytes : null;
        },
        write: (stream, bytes) => {
          output[stream === 1 ? 'stdout' : 'stderr'] += new TextDecoder().decode(bytes);
        },
      },
      options.kernel,
    );
    for (const [path, content] of Object.entries(options.files ?? {})) {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      kernel.vfs.install(path, bytes, /^\/(bin|lib)\//.test(path) ? 0o755 : 0o644);
    }
    return new Guest(kernel, machine, output);
  }

  get stdout(): string {
    return this.#output.stdout;
  }

  get stderr(): string {
    return this.#output.stderr;
  }

  /** Runs the program at `path` to its end, `slice` instructions at a time. Throws Error for anything but an exit. */
  run(path: string, argv: readonly string[] = [path], slice = Infinity): number {
    const task = this.kernel.start(path, argv, ['PATH=/bin']);
    if (typeof task === 'number') throw new Error(`start: errno ${-task}`);
    let outcome: RunOutcome;
    do outcome = this.kernel.run({ maxInstructions: slice });
    while (outcome.reason === 'slice');
    if (outcome.reason !== 'exited') throw new Error(`run: ${JSON.stringify(outcome)}\n${this.stdout}${this.stderr}`);
    return outcome.waitStatus;
  }
}

/** Boots, runs one program of this source, and says how it ended. */
export async function runSource(
  source: string,
  options: GuestOptions = {},
): Promise<{ status: number; stdout: string; guest: Guest }> {
  const guest = await Guest.boot({ ...options, files: { ...options.files, '/bin/test': assembleProgram(source) } });
  const status = guest.run('/bin/test');
  return { status, stdout: guest.stdout, guest };
}
