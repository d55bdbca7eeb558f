// Sending a signal: to a thread, to a process (any thread that does not block it takes it), to a process group.
//
// Mirrors kernel/signal.c: prepare_signal (stop signals and SIGCONT cancel each other; ignored ones are dropped at once),
// __send_signal_locked (a standard signal is pending once, real-time ones queue up to RLIMIT_SIGPENDING), complete_signal (who takes it).

import { signalRoutines } from '../../cost/routines/signal.ts';
import { EAGAIN, EPERM } from '../../errno.ts';
import type { SignalInfo } from '../../events.ts';
import type { Kernel } from '../../kernel.ts';
import { wakeTask } from '../block.ts';
import { CAP_KILL } from '../credentials.ts';
import { RLIMIT_SIGPENDING } from '../limits.ts';
import type { ProcessGroup } from '../session.ts';
import { Task } from '../task.ts';
import type { ThreadGroup } from '../thread-group.ts';
import { POLLIN } from '../wait.ts';
import { defaultAction, SI_USER, SIGCONT, SIGKILL, SIGRTMIN, STOP_SIGNALS, signalBit } from './numbers.ts';
import { signalPending } from './pending.ts';
import { type PendingSignals, SIG_DFL } from './state.ts';
import { continueGroup } from './stop.ts';

/**
 * 'queued': pending now. 'merged': a standard signal that was pending already. 'ignored': dropped, nobody would notice it.
 * 'full': RLIMIT_SIGPENDING (EAGAIN of sigqueue).
 */
export type SendOutcome = 'queued' | 'merged' | 'ignored' | 'full';

/** Ignored signals of a task that are kept for observers until it runs. */
const OBSERVED_AT_MOST = 64;

/** Sends to one thread (a Task) or to a process (a ThreadGroup). Permission is the caller's business. */
export function sendSignal(kernel: Kernel, target: Task | ThreadGroup, info: SignalInfo): SendOutcome {
  const thread = target instanceof Task ? target : null;
  const group = target instanceof Task ? target.group : target;
  if (group.exited || (thread !== null && thread.state === 'zombie')) return 'ignored';
  kernel.cost.execute(signalRoutines.send_signal);
  const { signal } = info;
  const representative = thread ?? group.leader;

  if (!prepare(kernel, group, representative, signal)) {
    const { ignored } = representative.signals;
    if (kernel.events.active && !group.exiting && ignored.length < OBSERVED_AT_MOST) ignored.push(info);
    return 'ignored';
  }
  const pending = thread !== null ? thread.signals.pending : group.pending;
  if (signal < SIGRTMIN && pending.has(signal)) return 'merged';

  if (!queue(kernel, representative, pending, info)) return 'full';
  if (kernel.events.active) {
    kernel.events.emit({
      type: 'signal',
      cycle: kernel.machine.cycle,
      hart: 0,
      task: representative.tid,
      signal,
      code: info.code,
      stage: 'generated',
      info,
    });
  }
  representative.signals.handlers.queue.wake(kernel, POLLIN);
  complete(kernel, group, thread, signal);
  return 'queued';
}

/** Sends to every process of a process group; how many there are. */
export function sendSignalToProcessGroup(kernel: Kernel, processGroup: ProcessGroup, info: SignalInfo): number {
  let sent = 0;
  for (const group of [...processGroup.members]) {
    if (group.exited) continue;
    sendSignal(kernel, group, info);
    sent += 1;
  }
  return sent;
}

/**
 * A fault of the program's own: the signal cannot be blocked or ignored away (force_sig_info): if it is, the default action,
 * death, is taken.
 */
export function forceSignal(kernel: Kernel, task: Task, info: SignalInfo): void {
  const { signal } = info;
  const { handlers } = task.signals;
  const action = handlers.get(signal);
  const blocked = (task.signals.blocked & signalBit(signal)) !== 0n;
  if (blocked || action.handler === 1) {
    handlers.set(signal, { ...action, handler: SIG_DFL });
    task.signals.blocked &= ~signalBit(signal);
  }
  kernel.cost.execute(signalRoutines.send_signal);
  if (!task.signals.pending.has(signal)) queue(kernel, task, task.signals.pending, info, true);
  task.signals.attention = true;
  if (kernel.events.active) {
    kernel.events.emit({
      type: 'signal',
      cycle: kernel.machine.cycle,
      hart: 0,
      task: task.tid,
      signal,
      code: info.code,
      stage: 'generated',
      info,
    });
  }
}

/** kill(2): may this task send this signal to that process? 0 or -EPERM. */
export function checkKillPermission(sender: Task, target: ThreadGroup, signal: number): number {
  if (sender.group === target) return 0;
  const mine = sender.credentials;
  const theirs = target.leader.credentials;
  if (mine.euid === theirs.suid || mine.euid === theirs.uid || mine.uid === theirs.suid || mine.uid === theirs.uid) {
    return 0;
  }
  if (mine.capable(CAP_KILL)) return 0;
  if (signal === SIGCONT && sender.group.session === target.session) return 0;
  return -EPERM;
}

/** The info of a signal that `sender` sends with kill, tkill or tgkill. */
export function userSignal(sender: Task, signal: number, code: number = SI_USER): SignalInfo {
  return { signal, code, pid: sender.pid, uid: sender.credentials.uid };
}

/** `-EAGAIN` where the call reports a full queue, else 0. */
export function outcomeError(outcome: SendOutcome): number {
  return outcome === 'full' ? -EAGAIN : 0;
}

/** Gives the queue entry's place back to its user's count. */
export function releaseQueued(kernel: Kernel, task: Task, records: number): void {
  if (records <= 0) return;
  const { uid } = task.credentials;
  const left = (kernel.tasks.queuedSignals.get(uid) ?? 0) - records;
  if (left > 0) kernel.tasks.queuedSignals.set(uid, left);
  else kernel.tasks.queuedSignals.delete(uid);
}

/** False: the signal has no effect and is dropped. */
function prepare(kernel: Kernel, group: ThreadGroup, task: Task, signal: number): boolean {
  if (group.exiting && signal !== SIGKILL) return false;
  const bit = signalBit(signal);
  if ((bit & STOP_SIGNALS) !== 0n) {
    dropPending(kernel, group, signalBit(SIGCONT));
  } else if (signal === SIGCONT) {
    dropPending(kernel, group, STOP_SIGNALS);
    continueGroup(kernel, group);
  }
  // A blocked signal is kept even if it is ignored now: the program may change its mind before it unblocks it.
  if (((task.signals.blocked | task.signals.waitingFor) & bit) !== 0n) return true;
  if (group.isInit && task.signals.handlers.get(signal).handler === SIG_DFL) return false;
  return !task.signals.handlers.ignores(signal);
}

function dropPending(kernel: Kernel, group: ThreadGroup, mask: bigint): void {
  let records = group.pending.remove(mask);
  for (const thread of group.threads) records += thread.signals.pending.remove(mask);
  releaseQueued(kernel, group.leader, records);
}

function queue(kernel: Kernel, task: Task, pending: PendingSignals, info: SignalInfo, forced = false): boolean {
  const { uid } = task.credentials;
  const counts = kernel.tasks.queuedSignals;
  const count = counts.get(uid) ?? 0;
  // signal(7): a standard signal from kill or the kernel is never lost to the limit; a queued real-time one is refused.
  const override = forced || info.signal < SIGRTMIN ? info.code >= 0 : false;
  if (!override && count >= task.group.limits.soft(RLIMIT_SIGPENDING)) {
    if (info.signal >= SIGRTMIN && info.code !== SI_USER) return false;
    pending.addBare(info.signal);
    return true;
  }
  kernel.cost.execute(signalRoutines.sigqueue_alloc);
  counts.set(uid, count + 1);
  pending.add(info);
  return true;
}

/** Chooses a thread to take the signal and makes it look. */
function complete(kernel: Kernel, group: ThreadGroup, thread: Task | null, signal: number): void {
  if (signal === SIGKILL) {
    endWaits(kernel, group, SIGKILL);
    return;
  }
  const taker = thread ?? chooseThread(kernel, group, signal);
  if (taker === null) return;
  if (!wants(taker, signal)) {
    if ((taker.signals.waitingFor & signalBit(signal)) !== 0n) wakeForSignal(kernel, taker);
    return;
  }
  if (isFatal(group, taker, signal)) {
    endWaits(kernel, group, signal);
    return;
  }
  wakeForSignal(kernel, taker);
}

/** A signal that will end the process whatever its threads do: all of them wake (complete_signal's SIGNAL_GROUP_EXIT). */
function endWaits(kernel: Kernel, group: ThreadGroup, signal: number): void {
  if (group.isInit && signal !== SIGKILL) return;
  if (group.fatalSignal === 0) group.fatalSignal = signal;
  group.stopped = false;
  for (const thread of group.threads) {
    thread.signals.attention = true;
    kernel.cost.execute(signalRoutines.signal_wake_up);
    if (thread.state === 'stopped') {
      thread.state = 'running';
      kernel.scheduler.enqueue(kernel, thread, 'wakeup');
    } else {
      wakeTask(kernel, thread, 'signal');
    }
  }
}

function isFatal(group: ThreadGroup, taker: Task, signal: number): boolean {
  if (group.isInit || group.exiting) return false;
  return taker.signals.handlers.get(signal).handler === SIG_DFL && defaultAction(signal) === 'terminate';
}

function wants(task: Task, signal: number): boolean {
  return (task.signals.blocked & signalBit(signal)) === 0n && task.state !== 'zombie' && task.state !== 'dead';
}

/** The main thread if it will take it, else the first that will, one without other signal work first. */
function chooseThread(kernel: Kernel, group: ThreadGroup, signal: number): Task | null {
  const { leader } = group;
  if (group.threads.has(leader) && wants(leader, signal)) return leader;
  let busy: Task | null = null;
  let waiting: Task | null = null;
  for (const thread of group.threads) {
    if (wants(thread, signal)) {
      if (thread === kernel.scheduler.current || !signalPending(thread)) return thread;
      busy ??= thread;
    } else if ((thread.signals.waitingFor & signalBit(signal)) !== 0n) {
      waiting ??= thread;
    }
  }
  return waiting ?? busy;
}

function wakeForSignal(kernel: Kernel, task: Task): void {
  task.signals.attention = true;
  kernel.cost.execute(signalRoutines.signal_wake_up);
  if (!task.killableOnly || task.state === 'sleeping') wakeTask(kernel, task, 'signal');
}
