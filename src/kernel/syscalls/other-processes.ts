// Looking into other processes: pidfds, process_vm_readv(2), kcmp(2).

import { processRoutines as routine } from '../cost/routines/process.ts';
import { EBADF, EFAULT, EINVAL, EPERM, ESRCH } from '../errno.ts';
import { retainFile } from '../fs/open-file.ts';
import type { Kernel } from '../kernel.ts';
import { CAP_SYS_PTRACE } from '../process/credentials.ts';
import { openPidfd, PIDFD_NONBLOCK, processOfPidfd } from '../process/pidfd.ts';
import { SIGNAL_COUNT } from '../process/signals/numbers.ts';
import { checkKillPermission, outcomeError, sendSignal, userSignal } from '../process/signals/send.ts';
import type { Task } from '../process/task.ts';
import type { ThreadGroup } from '../process/thread-group.ts';
import { fd, hex, inStruct, int, long, pid, pointer, signal, unsigned } from './arguments.ts';
import { copyBetween } from './process-memory.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

function pidfd_open(kernel: Kernel, task: Task, target: number, flagBits: number): SyscallResult {
  target |= 0;
  if ((flagBits & ~PIDFD_NONBLOCK) !== 0 || target <= 0) return -EINVAL;
  const group = kernel.tasks.group(target);
  if (group === undefined) return kernel.tasks.get(target) === undefined ? -ESRCH : -EINVAL;
  return openPidfd(kernel, task, group, flagBits | 0);
}

function pidfd_send_signal(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  number: number,
  infoAddress: number,
  flagBits: number,
): SyscallResult {
  number |= 0;
  if ((flagBits | 0) !== 0) return -EINVAL;
  const group = processOfPidfd(task.files.get(descriptor | 0));
  if (typeof group === 'number') return group;
  if (number < 0 || number > SIGNAL_COUNT) return -EINVAL;
  let raw: Uint8Array | null = null;
  if (infoAddress !== 0) {
    raw = task.memory!.read(infoAddress, 128);
    if (raw === null) return -EFAULT;
    const view = new DataView(raw.buffer, raw.byteOffset, 128);
    if (view.getInt32(0, true) !== number) return -EINVAL;
    const code = view.getInt32(8, true);
    if (group !== task.group && (code >= 0 || code === -6)) return -EPERM;
  }
  if (group.reaped || group.exited) return -ESRCH;
  const denied = checkKillPermission(task, group, number);
  if (denied !== 0 || number === 0) return denied;
  const info =
    raw === null
      ? userSignal(task, number)
      : { signal: number, code: new DataView(raw.buffer, raw.byteOffset).getInt32(8, true), raw };
  return outcomeError(sendSignal(kernel, group, info));
}

function pidfd_getfd(kernel: Kernel, task: Task, descriptor: number, target: number, flagBits: number): SyscallResult {
  if ((flagBits | 0) !== 0) return -EINVAL;
  const group = processOfPidfd(task.files.get(descriptor | 0));
  if (typeof group === 'number') return group;
  if (group.exited) return -ESRCH;
  if (!mayInspect(task, group)) return -EPERM;
  const file = group.leader.files.get(target | 0);
  if (file === null) return -EBADF;
  return task.files.add(kernel, task, retainFile(file), true);
}

/** ptrace_may_access: the same user and a dumpable target, or CAP_SYS_PTRACE. */
function mayInspect(task: Task, target: ThreadGroup): boolean {
  if (target === task.group) return true;
  const mine = task.credentials;
  const theirs = target.leader.credentials;
  if (mine.capable(CAP_SYS_PTRACE)) return true;
  return (
    target.dumpable === 1 &&
    mine.uid === theirs.uid &&
    mine.uid === theirs.euid &&
    mine.uid === theirs.suid &&
    mine.gid === theirs.gid &&
    mine.gid === theirs.egid &&
    mine.gid === theirs.sgid
  );
}

function processVm(write: boolean) {
  return (
    kernel: Kernel,
    task: Task,
    target: number,
    localVector: number,
    localCount: number,
    remoteVector: number,
    remoteCount: number,
    flagBits = 0,
  ): SyscallResult => {
    if (flagBits !== 0) return -EINVAL;
    const group = kernel.tasks.get(target | 0)?.group;
    if (group === undefined) return -ESRCH;
    if (!mayInspect(task, group)) return -EPERM;
    const remote = group.leader.memory ?? [...group.threads][0]?.memory ?? null;
    if (remote === null) return -ESRCH;
    return copyBetween(kernel, task.memory!, localVector, localCount, remote, remoteVector, remoteCount, write);
  };
}

function kcmp(
  kernel: Kernel,
  task: Task,
  first: number,
  second: number,
  type: number,
  index1: number,
  index2: number,
): SyscallResult {
  const a = kernel.tasks.get(first | 0);
  const b = kernel.tasks.get(second | 0);
  if (a === undefined || b === undefined) return -ESRCH;
  if (!mayInspect(task, a.group) || !mayInspect(task, b.group)) return -EPERM;
  const compare = (x: object | null, y: object | null, ax: number, ay: number): number =>
    x === y ? 0 : ax < ay ? 1 : 2;
  switch (type | 0) {
    case 0: {
      const x = a.files.get(index1);
      const y = b.files.get(index2);
      return x === null || y === null ? -EBADF : compare(x, y, x.address, y.address);
    }
    case 1:
      return compare(a.memory, b.memory, a.memory?.address ?? 0, b.memory?.address ?? 0);
    case 2:
      return compare(a.files, b.files, a.files.address, b.files.address);
    case 3:
      return compare(a.fs, b.fs, a.fs.address, b.fs.address);
    case 4:
      return compare(a.signals.handlers, b.signals.handlers, a.address, b.address);
    case 5:
    case 6:
      return 0;
    default:
      return -EINVAL;
  }
}

export const otherProcessSyscalls: readonly SyscallRow[] = [
  {
    number: 270,
    name: 'process_vm_readv',
    arguments: [pid, pointer, long, pointer, long, unsigned],
    handler: processVm(false),
    cost: routine.small,
  },
  {
    number: 271,
    name: 'process_vm_writev',
    arguments: [pid, pointer, long, pointer, long, unsigned],
    handler: processVm(true),
    cost: routine.small,
  },
  {
    number: 272,
    name: 'kcmp',
    arguments: [pid, pid, int, long, long],
    handler: kcmp,
    cost: routine.small,
    support: { partial: 'no KCMP_EPOLL_TFD' },
  },
  {
    number: 424,
    name: 'pidfd_send_signal',
    arguments: [fd, signal, inStruct('siginfo'), unsigned],
    handler: pidfd_send_signal,
    cost: routine.small,
  },
  { number: 434, name: 'pidfd_open', arguments: [pid, hex], handler: pidfd_open, cost: routine.pidfd },
  { number: 438, name: 'pidfd_getfd', arguments: [fd, fd, unsigned], handler: pidfd_getfd, cost: routine.pidfd },
];
