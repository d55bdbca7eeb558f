// Runs one of programs/ with observers on it: what it wrote, the machine afterwards, how many cycles it took.

import type { RunOutcome } from '../../src/kernel/kernel.ts';
import type { Task } from '../../src/kernel/process/task.ts';
import { guestProgram } from '../../src/system/guest-programs.ts';
import { defaultBootTime, defaultEnvironment, System, type SystemOptions } from '../../src/system/system.ts';

export interface ObservedRun<T> {
  readonly outcome: RunOutcome;
  readonly output: string;
  readonly system: System;
  /** Clock value at the end. */
  readonly cycles: number;
  readonly observer: T;
}

/** `image` takes the place of the program of that name. */
export async function observed<T>(
  argv: readonly string[],
  observe: (system: System, task: Task) => T,
  options: Partial<SystemOptions> & { readonly image?: Uint8Array } = {},
): Promise<ObservedRun<T>> {
  const output: Uint8Array[] = [];
  const path = `/bin/${argv[0]!}`;
  const system = await System.create({
    ...options,
    host: { bootTime: defaultBootTime, read: () => null, write: (_stream, bytes) => output.push(bytes.slice()) },
    files: { ...options.files, [path]: { bytes: options.image ?? guestProgram(argv[0]!), mode: 0o755 } },
  });
  const task = system.start(path, { argv, environment: defaultEnvironment });
  const observer = observe(system, task);
  const outcome = system.run();
  return { outcome, output: Buffer.concat(output).toString(), system, cycles: system.machine.cycle, observer };
}
