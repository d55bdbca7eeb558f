// Delivering signals on the way back to ring 3: the loop of get_signal and, for a caught signal, the frame on the program's
// stack (frame.ts). Also what becomes of a system call that the signal interrupted.
//
// After `deliverSignals` the task either runs on (its frame says where), or is no longer 'running' (stopped, exited).

import { signalRoutines } from '../../cost/routines/signal.ts';
import { EINTR } from '../../errno.ts';
import type { SignalInfo } from '../../events.ts';
import type { Kernel } from '../../kernel.ts';
import { TrapFrame } from '../../memory/trap-frame.ts';
import { exitGroup } from '../exit.ts';
import type { Task } from '../task.ts';
import { pushSignalFrame } from './frame.ts';
import { defaultAction, SI_KERNEL, SI_TIMER, SIGKILL, SIGSEGV, SIGSTOP, signalBit } from './numbers.ts';
import { recalculateAttention } from './pending.ts';
import { forceSignal, releaseQueued } from './send.ts';
import { SA_NODEFER, SA_RESETHAND, SA_RESTART, SIG_DFL, SIG_IGN, type SignalAction } from './state.ts';
import { stopGroup, stopTask } from './stop.ts';

const SYS_restart_syscall = 128;

/** Takes the next signal of `wanted` that is pending for the thread or its process; null: none. Also rt_sigtimedwait and signalfd. */
export function takeSignal(kernel: Kernel, task: Task, wanted: bigint): SignalInfo | null {
  const taken = task.signals.pending.take(wanted) ?? task.group.pending.take(wanted);
  if (taken === null) return null;
  kernel.cost.execute(signalRoutines.dequeue_signal);
  if (taken.fromQueue) releaseQueued(kernel, task, 1);
  let { info } = taken;
  if (info.code === SI_TIMER && info.timer !== undefined) {
    const timer = task.group.posixTimers.get(info.timer);
    if (timer !== undefined) {
      timer.delivered(kernel);
      info = { ...info, overrun: timer.lastOverrun };
    }
  }
  return info;
}

/** Acts on every pending signal of the current task until a handler is to run, nothing is left, or the task is gone. */
export function deliverSignals(kernel: Kernel, task: Task): void {
  const { group, signals } = task;
  while (task.state === 'running') {
    if (group.fatalSignal !== 0) {
      noteDelivery(kernel, task, { signal: group.fatalSignal, code: 0 });
      exitGroup(kernel, task, group.fatalSignal);
      return;
    }
    if (group.stopped) {
      stopTask(kernel, task);
      return;
    }
    const info = takeSignal(kernel, task, ~signals.blocked);
    if (info === null) break;
    const { signal } = info;
    const action = signals.handlers.get(signal);
    if (signal === SIGKILL) {
      noteDelivery(kernel, task, info);
      exitGroup(kernel, task, SIGKILL);
      return;
    }
    if (action.handler === SIG_IGN) {
      noteDelivery(kernel, task, info);
      continue;
    }
    if (action.handler === SIG_DFL) {
      if (!takeDefaultAction(kernel, task, info)) continue;
      if (task.state !== 'running') return;
      continue;
    }
    noteDelivery(kernel, task, info);
    if (runHandler(kernel, task, info, action)) {
      recalculateAttention(task);
      if (!signals.attention) return;
    }
  }
  if (task.state !== 'running') return;
  resolveInterruption(kernel, task, null);
  if (signals.savedMask !== null) {
    signals.blocked = signals.savedMask;
    signals.savedMask = null;
  }
  recalculateAttention(task);
}

/** Tells observers of the signals that this task ignored since it last saw ring 3. */
export function noteIgnored(kernel: Kernel, task: Task): void {
  const { ignored } = task.signals;
  for (const info of ignored) noteDelivery(kernel, task, info);
  ignored.length = 0;
}

/** False: the signal did nothing. */
function takeDefaultAction(kernel: Kernel, task: Task, info: SignalInfo): boolean {
  const { signal } = info;
  const { group } = task;
  const action = defaultAction(signal);
  if (action === 'ignore' || action === 'continue') return false;
  if (group.isInit && info.code <= 0) return false;
  noteDelivery(kernel, task, info);
  if (action === 'stop') {
    // POSIX: terminal stops do nothing to an orphaned process group: nobody could continue it.
    if (signal !== SIGSTOP && group.processGroup.isOrphaned()) return false;
    stopGroup(kernel, group, signal);
    return true;
  }
  exitGroup(kernel, task, signal);
  return true;
}

/** Sets up the handler's frame; false: the stack is bad, and SIGSEGV is forced instead. */
function runHandler(kernel: Kernel, task: Task, info: SignalInfo, action: SignalAction): boolean {
  const { signals } = task;
  const { signal } = info;
  resolveInterruption(kernel, task, action);
  const maskToSave = signals.savedMask ?? signals.blocked;
  if (!pushSignalFrame(kernel, task, info, action, maskToSave)) {
    // signal_setup_done: a SIGSEGV whose own frame fails is fatal.
    if (signal === SIGSEGV) signals.handlers.set(SIGSEGV, { handler: SIG_DFL, flags: 0, mask: 0n });
    forceSignal(kernel, task, { signal: SIGSEGV, code: SI_KERNEL });
    return false;
  }
  signals.savedMask = null;
  signals.blocked |= action.mask;
  if ((action.flags & SA_NODEFER) === 0) signals.blocked |= signalBit(signal);
  signals.blocked &= ~UNBLOCKABLE_MASK;
  if ((action.flags & SA_RESETHAND) !== 0) signals.handlers.set(signal, { ...action, handler: SIG_DFL });
  return true;
}

const UNBLOCKABLE_MASK = signalBit(SIGKILL) | signalBit(SIGSTOP);

/**
 * The interrupted call either fails with EINTR or is made again: pc back to the ecall, a0 as it was (signal(7)). `action` is the
 * handler that will run, null: none.
 */
function resolveInterruption(kernel: Kernel, task: Task, action: SignalAction | null): void {
  const rule = task.interruption;
  if (rule === null) return;
  task.interruption = null;
  const { ram } = kernel.machine;
  const { frame } = task;
  const restarts =
    rule === 'always' ||
    (rule !== 'never' && (action === null || (rule === 'restart' && (action.flags & SA_RESTART) !== 0)));
  if (!restarts) {
    task.restart = null;
    TrapFrame.setRegister(ram, frame, 10, -EINTR);
    return;
  }
  TrapFrame.setRegisterBits(ram, frame, 10, TrapFrame.originalA0(ram, frame));
  TrapFrame.setPc(ram, frame, TrapFrame.pc(ram, frame) - 4);
  if (rule === 'restartBlock' && task.restart !== null) TrapFrame.setRegister(ram, frame, 17, SYS_restart_syscall);
  else task.restart = null;
}

function noteDelivery(kernel: Kernel, task: Task, info: SignalInfo): void {
  if (!kernel.events.active) return;
  kernel.events.emit({
    type: 'signal',
    cycle: kernel.machine.cycle,
    hart: 0,
    task: task.tid,
    signal: info.signal,
    code: info.code,
    stage: 'delivered',
    info,
  });
}
