// Questions about what is pending, asked by the blocking model and by the way back to ring 3.

import type { Task } from '../task.ts';
import { SIGKILL } from './numbers.ts';

/** Signals of the thread and of its process that are not blocked. */
export function deliverable(task: Task): bigint {
  return (task.signals.pending.set | task.group.pending.set) & ~task.signals.blocked;
}

/** An unblocked signal is pending, or the process is to stop, or it is ending. */
export function signalPending(task: Task): boolean {
  const { group } = task;
  return deliverable(task) !== 0n || group.fatalSignal !== 0 || (group.stopped && task.state !== 'stopped');
}

export function killPending(task: Task): boolean {
  return task.group.fatalSignal !== 0 || task.signals.pending.has(SIGKILL) || task.group.pending.has(SIGKILL);
}

/** Brings `attention` up to date after a change of the mask or of the pending sets (recalc_sigpending). */
export function recalculateAttention(task: Task): void {
  task.signals.attention = signalPending(task);
}
