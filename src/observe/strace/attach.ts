// Puts a tracer on a program that has been started and has not run yet.

import type { Kernel } from '../../kernel/kernel.ts';
import { TrapFrame } from '../../kernel/memory/trap-frame.ts';
import type { Task } from '../../kernel/process/task.ts';
import { syscallRow } from '../../kernel/syscalls/table.ts';
import { AddressSpacePeek } from '../peek.ts';
import { Tracer, type TracerOptions } from './tracer.ts';

/** x2 */
const stackPointer = 2;

export interface StartedProgram {
  readonly task: Task;
  readonly path: string;
  readonly argv: readonly string[];
  readonly environmentCount: number;
}

/** Listens from now on; call `finish` after the run. `note` takes what strace says of itself (Tracer). */
export function attachTracer(
  kernel: Kernel,
  { task, path, argv, environmentCount }: StartedProgram,
  options: TracerOptions,
  write: (text: string) => void,
  note: (text: string) => void = write,
): Tracer {
  const { machine } = kernel;
  const tracer = new Tracer(
    options,
    {
      clockHz: machine.preset.clockHz,
      environmentCount,
      // argc, and argv with its NULL, lie below it.
      environmentAddress: TrapFrame.register(machine.ram, task.frame, stackPointer) + 8 * (argv.length + 2),
      row: syscallRow,
      stackPointerOf: (tid) => {
        const traced = kernel.tasks.get(tid);
        return traced === undefined || traced.stackFreed
          ? undefined
          : TrapFrame.register(machine.ram, traced.frame, stackPointer);
      },
      memoryOf: (tid) => {
        const space = kernel.tasks.get(tid)?.memory;
        return space === undefined || space === null ? null : new AddressSpacePeek(space, machine.ram);
      },
    },
    write,
    note,
  );
  tracer.attach(task.tid);
  tracer.firstExec(path, argv, machine.cycle);
  kernel.events.listen(tracer.listener);
  return tracer;
}
