// Signals: signal(7).

import { signalRoutines as routine } from '../cost/routines/signal.ts';
import { EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM, ESRCH } from '../errno.ts';
import type { SignalInfo } from '../events.ts';
import type { Kernel } from '../kernel.ts';
import { TrapFrame } from '../memory/trap-frame.ts';
import { takeSignal } from '../process/signals/deliver.ts';
import {
  alternateStackFlags,
  encodeSignalInfo,
  onAlternateStack,
  popSignalFrame,
  SIGINFO_BYTES,
} from '../process/signals/frame.ts';
import { SI_KERNEL, SI_TKILL, SIGNAL_COUNT, SIGSEGV, signalBit, UNBLOCKABLE } from '../process/signals/numbers.ts';
import { deliverable, recalculateAttention } from '../process/signals/pending.ts';
import {
  checkKillPermission,
  forceSignal,
  outcomeError,
  releaseQueued,
  sendSignal,
  userSignal,
} from '../process/signals/send.ts';
import {
  isUnblockable,
  MINSIGSTKSZ,
  SA_EXPOSE_TAGBITS,
  SA_NOCLDSTOP,
  SA_NOCLDWAIT,
  SA_NODEFER,
  SA_ONSTACK,
  SA_RESETHAND,
  SA_RESTART,
  SA_SIGINFO,
  SS_AUTODISARM,
  SS_DISABLE,
  SS_ONSTACK,
} from '../process/signals/state.ts';
import type { Task } from '../process/task.ts';
import type { ThreadGroup } from '../process/thread-group.ts';
import { enumeration, inStruct, outStruct, pid, signal, size } from './arguments.ts';
import { maskOperations } from './flags/process.ts';
import { INTERRUPTED, INTERRUPTED_NEVER, type SyscallResult, TRANSFERRED } from './result.ts';
import type { SyscallRow } from './row.ts';
import { readTimespec, toNanoseconds } from './time-values.ts';

const SIGSET_BYTES = 8;
const SA_KNOWN =
  (SA_NOCLDSTOP |
    SA_NOCLDWAIT |
    SA_SIGINFO |
    SA_ONSTACK |
    SA_RESTART |
    SA_NODEFER |
    SA_RESETHAND |
    SA_EXPOSE_TAGBITS) >>>
  0;

// --- sending ---------------------------------------------------------------------------------------------------------

function validSignal(number: number): boolean {
  return number >= 0 && number <= SIGNAL_COUNT;
}

function kill(kernel: Kernel, task: Task, target: number, number: number): SyscallResult {
  target |= 0;
  number |= 0;
  if (!validSignal(number)) return -EINVAL;
  if (target > 0) {
    const group = kernel.tasks.get(target)?.group;
    return group === undefined ? -ESRCH : sendUser(kernel, task, group, number);
  }
  if (target === -0x8000_0000) return -ESRCH;
  let groups: Iterable<ThreadGroup>;
  if (target === -1) {
    groups = [...kernel.tasks.groups()].filter((group) => !group.isInit && group !== task.group);
  } else {
    const processGroup = target === 0 ? task.group.processGroup : kernel.tasks.processGroup(-target);
    if (processGroup === undefined) return -ESRCH;
    groups = [...processGroup.members];
  }
  let found = false;
  let sent = false;
  let failure = -ESRCH;
  for (const group of groups) {
    found = true;
    const result = sendUser(kernel, task, group, number);
    if (result === 0) sent = true;
    else failure = result;
  }
  // kill(2), pid -1: only permission errors for all of them count.
  if (target === -1) return found ? (sent || failure !== -EPERM ? 0 : -EPERM) : -ESRCH;
  return sent ? 0 : failure;
}

function sendUser(kernel: Kernel, task: Task, group: ThreadGroup, number: number): number {
  const denied = checkKillPermission(task, group, number);
  if (denied !== 0 || number === 0) return denied;
  sendSignal(kernel, group, userSignal(task, number));
  return 0;
}

function sendToThread(
  kernel: Kernel,
  task: Task,
  groupId: number | null,
  tid: number,
  number: number,
  info: SignalInfo | null,
): number {
  const thread = kernel.tasks.get(tid);
  if (thread === undefined || (groupId !== null && thread.group.pid !== groupId)) return -ESRCH;
  if (!validSignal(number)) return -EINVAL;
  const denied = checkKillPermission(task, thread.group, number);
  if (denied !== 0 || number === 0) return denied;
  const outcome = sendSignal(kernel, thread, info ?? userSignal(task, number, SI_TKILL));
  return info === null ? 0 : outcomeError(outcome);
}

function tkill(kernel: Kernel, task: Task, tid: number, number: number): SyscallResult {
  return (tid | 0) <= 0 ? -EINVAL : sendToThread(kernel, task, null, tid | 0, number | 0, null);
}

function tgkill(kernel: Kernel, task: Task, groupId: number, tid: number, number: number): SyscallResult {
  if ((tid | 0) <= 0 || (groupId | 0) <= 0) return -EINVAL;
  return sendToThread(kernel, task, groupId | 0, tid | 0, number | 0, null);
}

/** The caller's siginfo_t, whose code must not be one that only the kernel or kill give, unless it goes to the caller itself. */
function readUserInfo(task: Task, address: number, number: number, ownProcess: boolean): SignalInfo | number {
  const raw = task.memory?.read(address, SIGINFO_BYTES) ?? null;
  if (raw === null) return -EFAULT;
  const view = new DataView(raw.buffer, raw.byteOffset, SIGINFO_BYTES);
  view.setInt32(0, number, true);
  const code = view.getInt32(8, true);
  if ((code >= 0 || code === SI_TKILL) && !ownProcess) return -EPERM;
  return {
    signal: number,
    code,
    pid: view.getInt32(16, true),
    uid: view.getUint32(20, true),
    value: view.getBigUint64(24, true),
    raw,
  };
}

function rt_sigqueueinfo(kernel: Kernel, task: Task, target: number, number: number, address: number): SyscallResult {
  target |= 0;
  number |= 0;
  const info = readUserInfo(task, address, number, target === task.group.pid);
  if (typeof info === 'number') return info;
  const group = kernel.tasks.get(target)?.group;
  if (group === undefined) return -ESRCH;
  if (!validSignal(number)) return -EINVAL;
  const denied = checkKillPermission(task, group, number);
  if (denied !== 0 || number === 0) return denied;
  return outcomeError(sendSignal(kernel, group, info));
}

function rt_tgsigqueueinfo(
  kernel: Kernel,
  task: Task,
  groupId: number,
  tid: number,
  number: number,
  address: number,
): SyscallResult {
  const info = readUserInfo(task, address, number | 0, (groupId | 0) === task.group.pid);
  if (typeof info === 'number') return info;
  if ((tid | 0) <= 0 || (groupId | 0) <= 0) return -EINVAL;
  return sendToThread(kernel, task, groupId | 0, tid | 0, number | 0, info);
}

// --- dispositions and masks ------------------------------------------------------------------------------------------

function rt_sigaction(
  kernel: Kernel,
  task: Task,
  number: number,
  newAddress: number,
  oldAddress: number,
  setBytes: number,
): SyscallResult {
  number |= 0;
  if (setBytes !== SIGSET_BYTES) return -EINVAL;
  const { memory, signals } = task;
  if (memory === null) return -EFAULT;
  let view: DataView | null = null;
  if (newAddress !== 0) {
    view = memory.readStruct(newAddress, 24);
    if (view === null) return -EFAULT;
  }
  if (number < 1 || number > SIGNAL_COUNT || (view !== null && isUnblockable(number))) return -EINVAL;
  const { handlers } = signals;
  const old = handlers.get(number);
  if (view !== null) {
    handlers.set(number, {
      handler: Number(view.getBigUint64(0, true)),
      flags: (Number(view.getBigUint64(8, true) & 0xffff_ffffn) & SA_KNOWN) >>> 0,
      mask: view.getBigUint64(16, true) & ~UNBLOCKABLE,
    });
    // POSIX: setting a pending signal to be ignored discards it.
    if (handlers.ignores(number)) {
      let records = task.group.pending.remove(signalBit(number));
      for (const thread of task.group.threads) records += thread.signals.pending.remove(signalBit(number));
      releaseQueued(kernel, task, records);
    }
  }
  if (oldAddress !== 0) {
    const written = memory.writeStruct(oldAddress, 24, (out) => {
      out.setBigUint64(0, BigInt.asUintN(64, BigInt(old.handler)), true);
      out.setBigUint64(8, BigInt(old.flags), true);
      out.setBigUint64(16, old.mask, true);
    });
    if (!written) return -EFAULT;
  }
  return 0;
}

function rt_sigprocmask(
  kernel: Kernel,
  task: Task,
  how: number,
  newAddress: number,
  oldAddress: number,
  setBytes: number,
): SyscallResult {
  if (setBytes !== SIGSET_BYTES) return -EINVAL;
  const { memory, signals } = task;
  if (memory === null) return -EFAULT;
  const old = signals.blocked;
  if (newAddress !== 0) {
    const given = memory.readU64(newAddress);
    if (given === null) return -EFAULT;
    const mask = given & ~UNBLOCKABLE;
    switch (how | 0) {
      case 0:
        setBlocked(kernel, task, old | mask);
        break;
      case 1:
        setBlocked(kernel, task, old & ~mask);
        break;
      case 2:
        setBlocked(kernel, task, mask);
        break;
      default:
        return -EINVAL;
    }
  }
  return oldAddress === 0 || memory.writeU64(oldAddress, old) ? 0 : -EFAULT;
}

function setBlocked(_kernel: Kernel, task: Task, mask: bigint): void {
  task.signals.blocked = mask;
  recalculateAttention(task);
}

function rt_sigpending(_kernel: Kernel, task: Task, address: number, setBytes: number): SyscallResult {
  if (!(setBytes >= 0 && setBytes <= SIGSET_BYTES)) return -EINVAL;
  const pending = (task.signals.pending.set | task.group.pending.set) & task.signals.blocked;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, pending, true);
  return (task.memory?.write(address, bytes.subarray(0, setBytes)) ?? false) ? 0 : -EFAULT;
}

/**
 * Puts a temporary mask in force for the call that goes on: rt_sigsuspend, ppoll, pselect6, epoll_pwait. The dispatcher puts the old one
 * back when the call ends; if a handler runs, it returns to the old one. `maskAddress` 0: no change. 0, -EINVAL, -EFAULT.
 */
export function useTemporaryMask(task: Task, maskAddress: number, setBytes: number): number {
  if (maskAddress === 0 || task.resume !== null) return 0;
  if (setBytes !== SIGSET_BYTES) return -EINVAL;
  const mask = task.memory?.readU64(maskAddress) ?? null;
  if (mask === null) return -EFAULT;
  const { signals } = task;
  signals.savedMask = signals.blocked;
  signals.blocked = mask & ~UNBLOCKABLE;
  recalculateAttention(task);
  return 0;
}

function rt_sigsuspend(kernel: Kernel, task: Task, maskAddress: number, setBytes: number): SyscallResult {
  if (setBytes !== SIGSET_BYTES) return -EINVAL;
  if (task.resume === null) {
    if (maskAddress === 0) return -EFAULT;
    const failed = useTemporaryMask(task, maskAddress, setBytes);
    if (failed !== 0) return failed;
  }
  return kernel.block(task, null, Infinity, {});
}

function rt_sigtimedwait(
  kernel: Kernel,
  task: Task,
  maskAddress: number,
  infoAddress: number,
  timeoutAddress: number,
  setBytes: number,
): SyscallResult {
  if (setBytes !== SIGSET_BYTES) return -EINVAL;
  const { memory, signals } = task;
  if (memory === null) return -EFAULT;
  const given = memory.readU64(maskAddress);
  if (given === null) return -EFAULT;
  const wanted = given & ~UNBLOCKABLE;
  let deadline = task.resume?.['deadline'] as number | undefined;
  if (deadline === undefined) {
    deadline = Infinity;
    if (timeoutAddress !== 0) {
      const timeout = readTimespec(memory, timeoutAddress);
      if (typeof timeout === 'number') return timeout;
      deadline = kernel.now() + toNanoseconds(timeout);
    }
  }
  const info = takeSignal(kernel, task, wanted);
  if (info !== null) {
    signals.waitingFor = 0n;
    recalculateAttention(task);
    if (infoAddress !== 0) {
      const bytes = new Uint8Array(SIGINFO_BYTES);
      encodeSignalInfo(bytes, info);
      if (!memory.write(infoAddress, bytes)) return -EFAULT;
    }
    return info.signal;
  }
  if (kernel.now() >= deadline) {
    signals.waitingFor = 0n;
    return -EAGAIN;
  }
  signals.waitingFor = wanted;
  const result = kernel.block(task, null, deadline, { deadline });
  if (result !== INTERRUPTED) return result;
  signals.waitingFor = 0n;
  // sigtimedwait is never restarted (signal(7)); but a signal that is only ignored or stops the process does not end it.
  return deliverable(task) === 0n ? INTERRUPTED : INTERRUPTED_NEVER;
}

// --- alternate stack, return -----------------------------------------------------------------------------------------

function sigaltstack(kernel: Kernel, task: Task, newAddress: number, oldAddress: number): SyscallResult {
  const { memory, signals } = task;
  if (memory === null) return -EFAULT;
  const stackPointer = TrapFrame.register(kernel.machine.ram, task.frame, 2);
  const old = signals.alternateStack;
  let view: DataView | null = null;
  if (newAddress !== 0) {
    view = memory.readStruct(newAddress, 24);
    if (view === null) return -EFAULT;
    if (onAlternateStack(old, stackPointer)) return -EPERM;
    const flagBits = view.getUint32(8, true);
    const mode = (flagBits & ~SS_AUTODISARM) >>> 0;
    if (mode !== 0 && mode !== SS_ONSTACK && mode !== SS_DISABLE) return -EINVAL;
    const bytes = Number(view.getBigUint64(16, true));
    if (mode === SS_DISABLE) signals.alternateStack = { address: 0, size: 0, flags: flagBits };
    else if (bytes < MINSIGSTKSZ) return -ENOMEM;
    else signals.alternateStack = { address: Number(view.getBigUint64(0, true)), size: bytes, flags: flagBits };
  }
  if (oldAddress !== 0) {
    const written = memory.writeStruct(oldAddress, 24, (out) => {
      out.setBigUint64(0, BigInt.asUintN(64, BigInt(old.address)), true);
      const autodisarm = old.flags & SS_AUTODISARM;
      out.setUint32(8, (alternateStackFlags(old, stackPointer) | autodisarm) >>> 0, true);
      out.setBigUint64(16, BigInt.asUintN(64, BigInt(old.size)), true);
    });
    if (!written) return -EFAULT;
  }
  return 0;
}

function rt_sigreturn(kernel: Kernel, task: Task): SyscallResult {
  task.restart = null;
  if (!popSignalFrame(kernel, task)) {
    forceSignal(kernel, task, { signal: SIGSEGV, code: SI_KERNEL });
    return TRANSFERRED;
  }
  recalculateAttention(task);
  return TRANSFERRED;
}

const sigset = inStruct('sigset');

export const signalSyscalls: readonly SyscallRow[] = [
  { number: 129, name: 'kill', arguments: [pid, signal], handler: kill, cost: routine.kill },
  { number: 130, name: 'tkill', arguments: [pid, signal], handler: tkill, cost: routine.kill },
  { number: 131, name: 'tgkill', arguments: [pid, pid, signal], handler: tgkill, cost: routine.kill },
  {
    number: 132,
    name: 'sigaltstack',
    arguments: [inStruct('stack'), outStruct('stack')],
    handler: sigaltstack,
    cost: routine.sigaltstack,
  },
  {
    number: 133,
    name: 'rt_sigsuspend',
    arguments: [sigset, size],
    handler: rt_sigsuspend,
    cost: routine.rt_sigsuspend,
    restart: 'noHandler',
  },
  {
    number: 134,
    name: 'rt_sigaction',
    arguments: [signal, inStruct('sigaction'), outStruct('sigaction'), size],
    handler: rt_sigaction,
    cost: routine.rt_sigaction,
  },
  {
    number: 135,
    name: 'rt_sigprocmask',
    arguments: [enumeration(maskOperations, 'SIG_???'), sigset, outStruct('sigset'), size],
    handler: rt_sigprocmask,
    cost: routine.rt_sigprocmask,
  },
  {
    number: 136,
    name: 'rt_sigpending',
    arguments: [outStruct('sigset'), size],
    handler: rt_sigpending,
    cost: routine.rt_sigpending,
  },
  {
    number: 137,
    name: 'rt_sigtimedwait',
    arguments: [sigset, outStruct('siginfo'), inStruct('timespec'), size],
    handler: rt_sigtimedwait,
    cost: routine.rt_sigtimedwait,
    restart: 'noHandler',
  },
  {
    number: 138,
    name: 'rt_sigqueueinfo',
    arguments: [pid, signal, inStruct('siginfo')],
    handler: rt_sigqueueinfo,
    cost: routine.rt_sigqueueinfo,
  },
  { number: 139, name: 'rt_sigreturn', arguments: [], handler: rt_sigreturn, cost: routine.rt_sigreturn },
  {
    number: 240,
    name: 'rt_tgsigqueueinfo',
    arguments: [pid, pid, signal, inStruct('siginfo')],
    handler: rt_tgsigqueueinfo,
    cost: routine.rt_sigqueueinfo,
  },
];
