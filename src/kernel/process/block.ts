// Going to sleep and waking up: the two ends of the blocking model that wait.ts states.

import { schedulerRoutines } from '../cost/routines/scheduler.ts';
import type { Kernel } from '../kernel.ts';
import { BLOCKED, INTERRUPTED, type SyscallResult } from '../syscalls/result.ts';
import { killPending, signalPending } from './signals/pending.ts';
import type { ResumeState, Task } from './task.ts';
import { WaitEntry, type WaitQueue } from './wait.ts';

export interface BlockOptions {
  /** Stand in the queues as exclusive waiters (pipe readers, accept): one wake-up wakes one of them. */
  readonly exclusive?: boolean;
  /** Only SIGKILL ends the wait; shown as D. */
  readonly killable?: boolean;
}

/**
 * Puts the current task to sleep until one of `queues` is woken, the absolute time `deadline` (ns since boot) has come, or a
 * signal arrives; the handler then runs again with `task.resume` = `resume`. Returns BLOCKED. When a signal is already there
 * it does not sleep: it returns `resume.done` if bytes have moved, else INTERRUPTED, which the handler passes on.
 */
export function block(
  kernel: Kernel,
  task: Task,
  queues: WaitQueue | readonly WaitQueue[] | null,
  deadline: number,
  resume: ResumeState | null,
  options?: BlockOptions,
): SyscallResult {
  const killable = options?.killable ?? false;
  if (killable ? killPending(task) : task.signals.attention && signalPending(task)) {
    const done = resume?.done ?? 0;
    return done > 0 ? done : INTERRUPTED;
  }
  task.resume = resume ?? {};
  task.killableOnly = killable;
  task.wakeReason = null;
  if (queues !== null) {
    const exclusive = options?.exclusive ?? false;
    kernel.cost.execute(schedulerRoutines.prepare_to_wait);
    if (Array.isArray(queues)) for (const queue of queues as readonly WaitQueue[]) enter(task, queue, exclusive);
    else enter(task, queues as WaitQueue, exclusive);
  }
  task.deadline = deadline;
  if (deadline < Infinity) kernel.timers.set(kernel, task.sleepTimer, deadline);
  task.state = killable ? 'uninterruptible' : 'sleeping';
  kernel.scheduler.sleep(kernel, task);
  return BLOCKED;
}

function enter(task: Task, queue: WaitQueue, exclusive: boolean): void {
  const entry = new WaitEntry(task, exclusive);
  task.waitEntries.push(entry);
  queue.add(entry);
}

/** Leaves every queue and disarms the sleep timer. */
export function leaveQueues(kernel: Kernel, task: Task): void {
  if (task.waitEntries.length > 0) {
    kernel.cost.execute(schedulerRoutines.finish_wait);
    for (const entry of task.waitEntries) entry.remove();
    task.waitEntries.length = 0;
  }
  if (task.deadline !== Infinity) {
    kernel.timers.cancel(kernel, task.sleepTimer);
    task.deadline = Infinity;
  }
}

/** Makes a sleeping task runnable (try_to_wake_up); false if it does not sleep. */
export function wakeTask(kernel: Kernel, task: Task, reason: 'event' | 'timeout' | 'signal'): boolean {
  if (task.state !== 'sleeping' && task.state !== 'uninterruptible') return false;
  leaveQueues(kernel, task);
  task.wakeReason = reason;
  task.state = 'running';
  kernel.cost.execute(schedulerRoutines.try_to_wake_up);
  kernel.cost.touch(task.address, 64, 'write');
  kernel.scheduler.enqueue(kernel, task, 'wakeup');
  return true;
}
