// What `run`, `strace` and `perf` share: options to a system with the program in place, the run, the exit status.

import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { parseChanges } from '../experiments/configuration.ts';
import type { RunOutcome } from '../kernel/kernel.ts';
import type { Task } from '../kernel/process/task.ts';
import { PresetError } from '../machine/preset.ts';
import { defaultBootTime, defaultEnvironment, exitStatus, System } from '../system/system.ts';
import { hostErrorText, UsageError } from './fail.ts';
import { NodeHost, writeFully } from './host-streams.ts';
import type { MachineFlags, ProgramFlags } from './options.ts';
import { loadProgram, readHostFile } from './program-file.ts';
import { capturePackets, runPublished } from './wire.ts';

export interface Session {
  readonly system: System;
  readonly task: Task;
  readonly argv: readonly string[];
  readonly environmentCount: number;
}

/** The exit status when --max-cycles ended the run, as timeout(1) has it. */
export const cyclesUsedUpStatus = 124;

/** A system as the flags have it, with these files besides. Throws UsageError for what the flags say wrong. */
export async function createSystem(
  flags: MachineFlags,
  files: Record<string, { bytes: Uint8Array; mode?: number }> = {},
): Promise<System> {
  for (const { host, guest } of flags.file)
    files[guest] = { bytes: readHostFile(host), mode: statSync(host).mode & 0o7777 };
  if (flags.root !== undefined && !isDirectory(flags.root))
    throw new UsageError(`--root ${flags.root}: Not a directory`);
  try {
    return await System.create({
      preset: flags.preset,
      changes: parseChanges(flags.set),
      memoryBytes: flags.memory,
      host: new NodeHost(defaultBootTime),
      kernel: {
        seed: flags.seed,
        ...(flags.hz === undefined ? {} : { hz: flags.hz }),
        ...(flags.kpti === true ? { kpti: true } : {}),
      },
      files,
      ...(flags.root === undefined ? {} : { root: flags.root }),
    });
  } catch (error) {
    if (error instanceof PresetError) throw new UsageError(error.message);
    throw error;
  }
}

export async function openSession(file: string, args: readonly string[], flags: ProgramFlags): Promise<Session> {
  const program = loadProgram(file, flags.with);
  const path = `/bin/${program.name}`;
  const system = await createSystem(flags, { [path]: { bytes: program.image, mode: 0o755 } });
  const environment = [...defaultEnvironment, ...flags.env];
  const argv = [basename(program.name), ...args];
  try {
    const task = system.start(path, { argv, environment, cwd: flags.cwd });
    return { system, task, argv, environmentCount: environment.length };
  } catch (error) {
    const { message } = error as Error;
    // The program itself is there: what can be missing is the directory, or what a script names in its first line.
    if (flags.cwd !== '/' && /No such file|Not a directory/.test(message))
      throw new UsageError(`--cwd ${flags.cwd}: ${message.slice(path.length + 2)}`);
    throw new UsageError(message, 126);
  }
}

/** What a shell says of a program that a signal ended (not of SIGINT and SIGPIPE). */
const deathTexts: ReadonlyMap<number, string> = new Map([
  [1, 'Hangup'],
  [3, 'Quit'],
  [4, 'Illegal instruction'],
  [5, 'Trace/breakpoint trap'],
  [6, 'Aborted'],
  [7, 'Bus error'],
  [8, 'Floating point exception'],
  [9, 'Killed'],
  [11, 'Segmentation fault'],
  [14, 'Alarm clock'],
  [15, 'Terminated'],
  [24, 'CPU time limit exceeded'],
  [25, 'File size limit exceeded'],
  [31, 'Bad system call'],
]);

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new UsageError(`${path}: ${hostErrorText(error)}`);
  }
}

/** Runs to the end; the exit status for our own process. */
export async function runToEnd({ system }: Session, flags: ProgramFlags): Promise<number> {
  const endCapture = flags.pcap === undefined ? null : capturePackets(system, flags.pcap);
  try {
    if (flags.publish.length === 0) return statusOf(system.run(flags.maxCycles));
    return statusOf(await runPublished(system, flags.publish, flags.maxCycles));
  } finally {
    endCapture?.();
  }
}

export function statusOf(outcome: RunOutcome): number {
  switch (outcome.reason) {
    case 'exited': {
      const text = deathTexts.get(outcome.waitStatus & 0x7f);
      if (text !== undefined) writeFully(2, `${text}\n`);
      return exitStatus(outcome.waitStatus);
    }
    case 'shutdown':
      return 0;
    case 'cycles':
      writeFully(2, 'cyclix: the cycles of --max-cycles are used up\n');
      return cyclesUsedUpStatus;
    case 'waiting':
      writeFully(2, 'cyclix: every task sleeps and nothing can wake one: deadlock\n');
      return cyclesUsedUpStatus;
    case 'panic':
      writeFully(2, `cyclix: ${outcome.message}\n`);
      return 70;
    case 'slice':
      return 0;
  }
}
