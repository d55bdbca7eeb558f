// Runs a program on a fresh system and keeps what it wrote.

import type { KernelListener } from '../../src/kernel/events.ts';
import type { Host, KernelOptions } from '../../src/kernel/kernel.ts';
import { defaultBootTime, exitStatus, System, type SystemOptions } from '../../src/system/system.ts';

export interface CapturedRun {
  readonly output: string;
  readonly status: number;
  readonly cycles: number;
  readonly instructions: number;
  readonly system: System;
}

export interface CapturedOptions {
  /** An ELF image that is put into /bin under `name`; without one `name` is a program of programs/. */
  readonly image?: Uint8Array;
  readonly name: string;
  readonly args?: readonly string[];
  readonly input?: Uint8Array | string;
  readonly cwd?: string;
  readonly environment?: readonly string[];
  readonly preset?: string;
  readonly changes?: Readonly<Record<string, string>>;
  readonly memoryBytes?: number;
  readonly kernel?: KernelOptions;
  readonly files?: SystemOptions['files'];
  readonly debug?: SystemOptions['debug'];
  /** Instructions a slice; default: as the kernel cuts them. */
  readonly slice?: number;
  readonly listener?: KernelListener;
  readonly maxCycles?: number;
  /** Looked at before the run begins. */
  readonly prepare?: (system: System) => void;
}

class CapturingHost implements Host {
  readonly bootTime = defaultBootTime;
  #input: Uint8Array;
  readonly chunks: Buffer[] = [];

  constructor(input: Uint8Array) {
    this.#input = input;
  }

  read(_stream: 0, limit: number): Uint8Array | null {
    const piece = this.#input.subarray(0, limit);
    this.#input = this.#input.subarray(piece.length);
    return piece.length === 0 ? null : piece;
  }

  write(_stream: 1 | 2, bytes: Uint8Array): void {
    this.chunks.push(Buffer.from(bytes));
  }
}

export async function runCaptured(options: CapturedOptions): Promise<CapturedRun> {
  const input = typeof options.input === 'string' ? Buffer.from(options.input) : (options.input ?? new Uint8Array());
  const host = new CapturingHost(input);
  const path = `/bin/${options.name}`;
  const system = await System.create({
    host,
    preset: options.preset ?? 'ideal',
    changes: options.changes ?? {},
    ...(options.memoryBytes === undefined ? {} : { memoryBytes: options.memoryBytes }),
    ...(options.kernel === undefined ? {} : { kernel: options.kernel }),
    ...(options.debug === undefined ? {} : { debug: options.debug }),
    files: {
      ...options.files,
      ...(options.image === undefined ? {} : { [path]: { bytes: options.image, mode: 0o755 } }),
    },
  });
  if (options.cwd !== undefined) system.kernel.vfs.installDirectory(options.cwd, 0o755);
  options.prepare?.(system);
  if (options.listener !== undefined) system.kernel.events.listen(options.listener);
  system.start(path, {
    argv: [options.name, ...(options.args ?? [])],
    cwd: options.cwd ?? '/',
    ...(options.environment === undefined ? {} : { environment: options.environment }),
  });
  const untilCycle = options.maxCycles ?? 60e9;
  for (;;) {
    const outcome = system.kernel.run({
      untilCycle,
      ...(options.slice === undefined ? {} : { maxInstructions: options.slice }),
    });
    if (outcome.reason === 'slice') continue;
    const output = Buffer.concat(host.chunks).toString('latin1');
    const { machine } = system;
    const result = { output, cycles: machine.cycle, instructions: machine.counters.get('instructions'), system };
    if (outcome.reason === 'exited') return { ...result, status: exitStatus(outcome.waitStatus) };
    if (outcome.reason === 'shutdown') return { ...result, status: 0 };
    throw new Error(
      `the run ended with ${outcome.reason}${outcome.reason === 'panic' ? `: ${outcome.message}` : ''} after ${machine.cycle} cycles; output: ${output.slice(-2000)}`,
    );
  }
}
