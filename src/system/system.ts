// A whole computer, ready to run a program: machine, kernel, root file system with the programs of programs/ in /bin.
// What the commands, the experiments and the package's users build on.

import { errnoTable } from '../kernel/errno.ts';
import { type Host, Kernel, type KernelOptions, type RunOutcome } from '../kernel/kernel.ts';
import type { Task } from '../kernel/process/task.ts';
import { Machine } from '../machine/machine.ts';
import { guestProgram, guestProgramNames } from './guest-programs.ts';
import { type PresetChoice, resolvePreset } from './machine-configuration.ts';
import { installFolder } from './root-folder.ts';

export interface SystemOptions extends Partial<PresetChoice> {
  readonly memoryBytes?: number;
  readonly kernel?: KernelOptions;
  readonly host: Host;
  /** Host folder whose contents go into the root file system. */
  readonly root?: string;
  /** Further files by guest path. */
  readonly files?: Readonly<Record<string, { readonly bytes: Uint8Array; readonly mode?: number }>>;
  /** How the machine's speed structures behave; for the tests that show that nothing changes. */
  readonly debug?: { readonly flushSpeedTlbs?: boolean; readonly flushDecoded?: boolean };
}

export interface ProgramOptions {
  readonly argv: readonly string[];
  readonly environment?: readonly string[];
  readonly cwd?: string;
}

/** 2026-01-01T00:00:00Z: a fixed date, so that a run is the same on every day. */
export const defaultBootTime = Date.UTC(2026, 0, 1) * 1e6;

export const defaultEnvironment: readonly string[] = [
  'PATH=/bin:/usr/bin',
  'HOME=/root',
  'USER=root',
  'TERM=dumb',
  'LANG=C',
];

export class System {
  readonly machine: Machine;
  readonly kernel: Kernel;

  private constructor(machine: Machine, kernel: Kernel) {
    this.machine = machine;
    this.kernel = kernel;
  }

  static async create(options: SystemOptions): Promise<System> {
    const preset = resolvePreset({ preset: options.preset ?? 'rocket', changes: options.changes ?? {} });
    const machine = await Machine.create({
      preset,
      ramBytes: options.memoryBytes ?? 256 * 2 ** 20,
      ...(options.debug === undefined ? {} : { debug: options.debug }),
    });
    const kernel = await Kernel.boot(machine, options.host, options.kernel ?? {});
    for (const name of guestProgramNames()) kernel.vfs.install(`/bin/${name}`, () => guestProgram(name), 0o755);
    if (options.root !== undefined) installFolder(kernel.vfs, options.root);
    for (const [path, { bytes, mode }] of Object.entries(options.files ?? {}))
      kernel.vfs.install(path, bytes, mode ?? 0o644);
    return new System(machine, kernel);
  }

  /** Starts the program at `path`; throws Error with the errno's text when it cannot be executed. */
  start(path: string, options: ProgramOptions): Task {
    const task = this.kernel.start(path, options.argv, options.environment ?? defaultEnvironment, {
      cwd: options.cwd ?? '/',
    });
    if (typeof task !== 'number') return task;
    throw new Error(`${path}: ${errnoTable.get(-task)?.text ?? `error ${-task}`}`);
  }

  /** Runs until the main program ends, the cycles are used up or nothing can go on. */
  run(maxCycles?: number): RunOutcome {
    return this.kernel.run(maxCycles === undefined ? {} : { untilCycle: maxCycles });
  }
}

/** A shell's exit status for a wait status: 128 + signal for a killed program. */
export function exitStatus(waitStatus: number): number {
  const signal = waitStatus & 0x7f;
  return signal === 0 ? (waitStatus >> 8) & 0xff : 128 + signal;
}
