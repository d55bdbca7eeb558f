// From a trap to a handler and back: reads number and arguments from the trap frame, runs the row's handler, and puts into a0 what
// it returned, or notes what is to become of the call.
//
//   number      → sleep, wake      → the handler runs again, from its start, with task.resume
//   BLOCKED     → the task sleeps; process/run.ts comes back to `continueSyscall`
//   INTERRUPTED → task.interruption; signals/deliver.ts decides between EINTR and a restart
//   TRANSFERRED → the frame is another one's already (execve, rt_sigreturn), or the task is gone (exit)

import { processRoutines } from '../cost/routines/process.ts';
import { EINTR, ENOSYS } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { TrapFrame } from '../memory/trap-frame.ts';
import { recalculateAttention } from '../process/signals/pending.ts';
import type { Task } from '../process/task.ts';
import {
  BLOCKED,
  INTERRUPTED,
  INTERRUPTED_ALWAYS,
  INTERRUPTED_NEVER,
  INTERRUPTED_NO_HANDLER,
  INTERRUPTED_RESTART,
  INTERRUPTED_RESTART_BLOCK,
  type RestartRule,
  type SyscallResult,
  TRANSFERRED,
} from './result.ts';
import type { SyscallRow } from './row.ts';
import { syscallTable } from './table.ts';

const A0 = 10;
const A7 = 17;
const RESTART_SYSCALL = 128;

/** The current task's program executed ecall. */
export function enterSyscall(kernel: Kernel, task: Task): void {
  const { ram } = kernel.machine;
  const { frame } = task;
  const number = TrapFrame.register(ram, frame, A7);
  TrapFrame.saveOriginalA0(ram, frame);
  TrapFrame.setPc(ram, frame, TrapFrame.pc(ram, frame) + 4);
  const row = number >= 0 && number < syscallTable.length ? syscallTable[number] : undefined;
  if (kernel.events.active) {
    kernel.events.emit({
      type: 'syscallEnter',
      cycle: kernel.machine.cycle,
      hart: 0,
      task: task.tid,
      number,
      args: readArguments(kernel, task),
    });
  }
  if (row == null) {
    kernel.cost.execute(processRoutines.invalid);
    kernel.system.countUnknownSyscall(number);
    TrapFrame.setRegister(ram, frame, A0, -ENOSYS);
    emitExit(kernel, task, number, -ENOSYS, false);
    return;
  }
  const { restart } = task;
  if (restart !== null) {
    // A stop interrupted a sleep, no handler ran: it goes on with what it had saved (restart_syscall(2)).
    task.restart = null;
    if (number === RESTART_SYSCALL) {
      task.syscall = restart.number;
      task.resume = restart.resume;
      run(kernel, task, syscallTable[restart.number]!, TrapFrame.register(ram, frame, A0));
      return;
    }
  }
  task.syscall = number;
  run(kernel, task, row, TrapFrame.register(ram, frame, A0));
}

/** A task that slept in a system call runs again: so does its handler. */
export function continueSyscall(kernel: Kernel, task: Task): void {
  const row = syscallTable[task.syscall]!;
  run(kernel, task, row, Number(BigInt.asIntN(64, TrapFrame.originalA0(kernel.machine.ram, task.frame))));
}

function run(kernel: Kernel, task: Task, row: SyscallRow, a0: number): void {
  const { ram } = kernel.machine;
  const { frame } = task;
  kernel.cost.execute(row.cost);
  const result = row.handler(
    kernel,
    task,
    a0,
    TrapFrame.register(ram, frame, 11),
    TrapFrame.register(ram, frame, 12),
    TrapFrame.register(ram, frame, 13),
    TrapFrame.register(ram, frame, 14),
    TrapFrame.register(ram, frame, 15),
  );
  finish(kernel, task, row, result);
}

function finish(kernel: Kernel, task: Task, row: SyscallRow, result: SyscallResult): void {
  if (result === BLOCKED) return;
  const { number } = row;
  task.syscall = -1;
  task.resume = null;
  task.wakeReason = null;
  task.killableOnly = false;
  const { ram } = kernel.machine;
  if (result === TRANSFERRED) {
    if (task.state === 'running') emitExit(kernel, task, number, TrapFrame.register(ram, task.frame, A0), false);
    return;
  }
  if (result <= BLOCKED) {
    const rule = ruleOf(row, result);
    task.interruption = rule;
    task.signals.attention = true;
    emitExit(kernel, task, number, RESTART_ERRNOS[rule], rule !== 'never');
    return;
  }
  TrapFrame.setRegister(ram, task.frame, A0, result);
  const { signals } = task;
  if (signals.savedMask !== null && result !== -EINTR) {
    signals.blocked = signals.savedMask;
    signals.savedMask = null;
    recalculateAttention(task);
  }
  emitExit(kernel, task, number, result, false);
}

function ruleOf(row: SyscallRow, result: SyscallResult): RestartRule {
  switch (result) {
    case INTERRUPTED:
      return row.restart ?? 'restart';
    case INTERRUPTED_RESTART:
      return 'restart';
    case INTERRUPTED_NO_HANDLER:
      return 'noHandler';
    case INTERRUPTED_RESTART_BLOCK:
      return 'restartBlock';
    case INTERRUPTED_ALWAYS:
      return 'always';
    case INTERRUPTED_NEVER:
      return 'never';
    default:
      throw new Error(`${row.name} returned ${result}`);
  }
}

/** Linux's in-kernel errnos, which tracers see at the exit of a call that will be made again (include/linux/errno.h). */
const RESTART_ERRNOS: { readonly [Rule in RestartRule]: number } = {
  restart: -512,
  always: -513,
  noHandler: -514,
  restartBlock: -516,
  never: -EINTR,
};

function readArguments(kernel: Kernel, task: Task): number[] {
  const { ram } = kernel.machine;
  const first = Number(BigInt.asIntN(64, TrapFrame.originalA0(ram, task.frame)));
  return [first, ...[11, 12, 13, 14, 15].map((index) => TrapFrame.register(ram, task.frame, index))];
}

function emitExit(kernel: Kernel, task: Task, number: number, result: number, restarted: boolean): void {
  if (!kernel.events.active) return;
  kernel.events.emit({
    type: 'syscallExit',
    cycle: kernel.machine.cycle,
    hart: 0,
    task: task.tid,
    number,
    args: readArguments(kernel, task),
    result,
    restarted,
  });
}
