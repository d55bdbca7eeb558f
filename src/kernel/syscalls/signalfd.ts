// signalfd4(2): signals that are blocked are read from a file. Who reads gets its own signals and its process's, whoever made it.

import { pollRoutines } from '../cost/routines/poll.ts';
import { EAGAIN, EBADF, EFAULT, EINVAL } from '../errno.ts';
import type { SignalInfo } from '../events.ts';
import { fileOf } from '../fs/at.ts';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../fs/constants.ts';
import type { IoTarget } from '../fs/io.ts';
import { allocateObject, freeObject } from '../fs/objects.ts';
import type { FileOperations, OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import { takeSignal } from '../process/signals/deliver.ts';
import { SI_TIMER, SIGCHLD, SIGKILL, SIGSTOP, signalBit } from '../process/signals/numbers.ts';
import { recalculateAttention } from '../process/signals/pending.ts';
import type { Task } from '../process/task.ts';
import { POLLIN, POLLRDNORM, type WaitQueue } from '../process/wait.ts';
import { fd, flags, inStruct, size } from './arguments.ts';
import { signalfdFlags } from './flags/files.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

/** struct signalfd_siginfo */
const RECORD_BYTES = 128;
const SIGSET_BYTES = 8;

class SignalFile implements FileOperations {
  /** The queue of the creator's handlers; a reader of another process waits on its own. */
  readonly queue: WaitQueue;
  readonly address: number;
  mask: bigint;

  constructor(kernel: Kernel, task: Task, mask: bigint) {
    this.queue = task.signals.handlers.queue;
    this.address = allocateObject(kernel, 'signalfd');
    this.mask = mask;
  }

  read(kernel: Kernel, _file: OpenFile, target: IoTarget, _offset: number, task: Task): number {
    kernel.cost.touch(this.address, 8);
    if (target.remaining < RECORD_BYTES) return -EINVAL;
    let done = 0;
    while (target.remaining >= RECORD_BYTES) {
      const info = takeSignal(kernel, task, this.mask);
      if (info === null) break;
      kernel.cost.execute(pollRoutines.signalfd_read);
      const moved = target.putBytes(encode(info));
      if (moved < RECORD_BYTES) return done > 0 ? done : -EFAULT;
      done += RECORD_BYTES;
    }
    if (done > 0) recalculateAttention(task);
    return done > 0 ? done : -EAGAIN;
  }

  poll(kernel: Kernel): number {
    kernel.cost.execute(pollRoutines.default_poll);
    const task = kernel.scheduler.current;
    if (task === null) return 0;
    const pending = (task.signals.pending.set | task.group.pending.set) & this.mask;
    return pending !== 0n ? POLLIN | POLLRDNORM : 0;
  }

  release(kernel: Kernel): void {
    freeObject(kernel, this.address);
  }

  describe(): string {
    return `sigmask:\t${this.mask.toString(16).padStart(16, '0')}\n`;
  }
}

/** struct signalfd_siginfo of linux/signalfd.h. */
function encode(info: SignalInfo): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  const raw = info.raw === undefined ? null : new DataView(info.raw.buffer, info.raw.byteOffset, info.raw.byteLength);
  const value = raw === null ? BigInt(info.value ?? 0) : raw.getBigUint64(24, true);
  view.setUint32(0, info.signal, true);
  view.setInt32(4, info.errno ?? 0, true);
  view.setInt32(8, info.code, true);
  view.setUint32(12, raw === null ? (info.pid ?? 0) : raw.getUint32(16, true), true);
  view.setUint32(16, raw === null ? (info.uid ?? 0) : raw.getUint32(20, true), true);
  view.setInt32(20, info.fd ?? 0, true);
  view.setUint32(28, info.band ?? 0, true);
  if (info.code === SI_TIMER) {
    view.setUint32(24, info.timer ?? 0, true);
    view.setUint32(32, info.overrun ?? 0, true);
  }
  view.setInt32(40, info.signal === SIGCHLD ? (info.status ?? 0) : 0, true);
  view.setInt32(44, Number(BigInt.asIntN(32, value)), true);
  view.setBigUint64(48, BigInt.asUintN(64, value), true);
  view.setBigUint64(56, BigInt(info.userTicks ?? 0), true);
  view.setBigUint64(64, BigInt(info.systemTicks ?? 0), true);
  view.setBigUint64(72, BigInt.asUintN(64, BigInt(info.address ?? 0)), true);
  return bytes;
}

function signalfd4(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  address: number,
  bytes: number,
  flagBits: number,
): SyscallResult {
  if (bytes !== SIGSET_BYTES) return -EINVAL;
  const wanted = task.memory!.readU64(address);
  if (wanted === null) return -EFAULT;
  if ((flagBits & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) return -EINVAL;
  const mask = wanted & ~(signalBit(SIGKILL) | signalBit(SIGSTOP));
  if ((descriptor | 0) !== -1) {
    const file = fileOf(kernel, task, descriptor);
    if (file === null) return -EBADF;
    if (!(file.operations instanceof SignalFile)) return -EINVAL;
    file.operations.mask = mask;
    file.operations.queue.wake(kernel, POLLIN | POLLRDNORM);
    return descriptor | 0;
  }
  const free = task.files.free(task);
  if (free < 0) return free;
  const signals = new SignalFile(kernel, task, mask);
  const file = kernel.vfs.openAnonymous('anon_inode', signals, O_RDWR | (flagBits & O_NONBLOCK), '[signalfd]');
  if (typeof file === 'number') return file;
  return task.files.add(kernel, task, file, (flagBits & O_CLOEXEC) !== 0);
}

export const signalfdSyscalls: readonly SyscallRow[] = [
  {
    number: 74,
    name: 'signalfd4',
    arguments: [fd, inStruct('sigset'), size, flags(signalfdFlags)],
    result: 'fd',
    handler: signalfd4,
    cost: pollRoutines.signalfd_create,
    support: { partial: 'a reader in another process is woken only by signals to the creator' },
  },
];
