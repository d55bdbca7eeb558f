// The way back to ring 3: who goes there, and what is to be done first. The kernel's main loop calls `selectNext` after every
// trap; it returns the task whose frame is to be resumed, or null when the hart has nothing to do.
//
// Order, as in Linux's exit_to_user_mode_loop: reschedule, go on with a system call that a wake-up makes runnable again, signals;
// then look again, because each of these may have changed the others.

import type { Kernel } from '../kernel.ts';
import { continueSyscall } from '../syscalls/dispatch.ts';
import { startChild } from './clone.ts';
import { buryDead } from './exit.ts';
import { deliverSignals, noteIgnored } from './signals/deliver.ts';
import type { Task } from './task.ts';

export function selectNext(kernel: Kernel): Task | null {
  const { scheduler } = kernel;
  buryDead(kernel);
  for (;;) {
    let task = scheduler.current;
    if (task === null || task.state !== 'running' || scheduler.needReschedule) {
      task = scheduler.pick(kernel);
      if (task === null) return null;
    }
    prepareReturn(kernel, task);
    if (task.state === 'running' && task === scheduler.current && !scheduler.needReschedule) return task;
  }
}

/**
 * What the current task does before it sees ring 3 again: its first steps after clone, the system call it slept in, its signals.
 * Afterwards it may sleep again, have stopped or be gone.
 */
export function prepareReturn(kernel: Kernel, task: Task): void {
  if (task.fresh) startChild(kernel, task);
  if (task.syscall >= 0) {
    continueSyscall(kernel, task);
    if (task.state !== 'running') return;
  }
  if (task.signals.ignored.length > 0) noteIgnored(kernel, task);
  if (task.signals.attention) deliverSignals(kernel, task);
}
