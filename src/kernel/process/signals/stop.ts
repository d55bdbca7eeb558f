// Stopping and continuing a process: job control (signal(7), wait(2), "WUNTRACED").
//
// A stop signal's delivery stops the whole group: `group.stopped` is set, and each thread stops when it next looks at its
// signals (a sleeping one is woken for it). When all have, the parent is told. SIGCONT, when sent, continues all at once.

import { signalRoutines } from '../../cost/routines/signal.ts';
import type { Kernel } from '../../kernel.ts';
import { wakeTask } from '../block.ts';
import { groupUsage } from '../cpu-timers.ts';
import type { Task } from '../task.ts';
import type { ThreadGroup } from '../thread-group.ts';
import { CLD_CONTINUED, CLD_STOPPED, SIGCHLD, SIGCONT } from './numbers.ts';
import { recalculateAttention } from './pending.ts';
import { sendSignal } from './send.ts';
import { SA_NOCLDSTOP, SIG_IGN } from './state.ts';

/** Begins a group stop by this signal; each thread stops by `stopTask`. */
export function stopGroup(kernel: Kernel, group: ThreadGroup, signal: number): void {
  kernel.cost.execute(signalRoutines.do_signal_stop);
  group.stopped = true;
  group.stopSignal = signal;
  group.continueUnreported = false;
  for (const thread of group.threads) {
    thread.signals.attention = true;
    if (thread.state === 'sleeping') wakeTask(kernel, thread, 'signal');
  }
}

/** The current thread takes part in its group's stop. */
export function stopTask(kernel: Kernel, task: Task): void {
  const { group } = task;
  task.state = 'stopped';
  kernel.scheduler.sleep(kernel, task);
  for (const thread of group.threads) if (thread.state !== 'stopped') return;
  group.stopUnreported = true;
  notifyParent(kernel, group, CLD_STOPPED, group.stopSignal);
}

/** SIGCONT was sent. */
export function continueGroup(kernel: Kernel, group: ThreadGroup): void {
  if (!group.stopped) return;
  const allStopped = group.stopUnreported || [...group.threads].every((thread) => thread.state === 'stopped');
  group.stopped = false;
  group.stopUnreported = false;
  for (const thread of group.threads) {
    recalculateAttention(thread);
    if (thread.state === 'stopped') {
      thread.state = 'running';
      // Its signal loop goes on where it stopped.
      thread.signals.attention = true;
      kernel.scheduler.enqueue(kernel, thread, 'wakeup');
    }
  }
  if (allStopped) {
    group.continueUnreported = true;
    notifyParent(kernel, group, CLD_CONTINUED, SIGCONT);
  }
}

function notifyParent(kernel: Kernel, group: ThreadGroup, code: number, status: number): void {
  const { parent } = group;
  if (parent === null) return;
  const action = parent.leader.signals.handlers.get(SIGCHLD);
  if (action.handler !== SIG_IGN && (action.flags & SA_NOCLDSTOP) === 0) {
    const usage = groupUsage(kernel, group);
    sendSignal(kernel, parent, {
      signal: SIGCHLD,
      code,
      pid: group.pid,
      uid: group.leader.credentials.uid,
      status,
      userTicks: Math.floor(usage.userTime / 10_000_000),
      systemTicks: Math.floor(usage.systemTime / 10_000_000),
    });
  }
  parent.childQueue.wake(kernel);
}
