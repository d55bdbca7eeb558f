// What the socket calls share: from a descriptor to its socket, whether the call may wait, until when.

import { EBADF, ENOTSOCK } from '../errno.ts';
import { fileOf } from '../fs/at.ts';
import { O_NONBLOCK } from '../fs/constants.ts';
import type { OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import { MSG_DONTWAIT } from '../net/sockets/constants.ts';
import { type Socket, socketOf } from '../net/sockets/socket.ts';
import type { Task } from '../process/task.ts';
import type { SyscallResult } from './result.ts';

/** The socket behind a descriptor, or -EBADF, -ENOTSOCK. */
export function lookup(kernel: Kernel, task: Task, descriptor: number): Socket | number {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  const socket = socketOf(file);
  if (socket === null) return -ENOTSOCK;
  kernel.cost.touch(socket.address, 128);
  return socket;
}

/** Network work may have moved the stack's timers. */
export function settle(kernel: Kernel, result: SyscallResult): SyscallResult {
  kernel.network.rearm();
  return result;
}

export function nonblocking(socket: Socket, messageBits = 0): boolean {
  return (messageBits & MSG_DONTWAIT) !== 0 || ((socket.file as OpenFile).flags & O_NONBLOCK) !== 0;
}

/** The absolute deadline of this call: kept over its runs. */
export function deadlineOf(kernel: Kernel, task: Task, timeout: number): number {
  const kept = task.resume?.['deadline'];
  if (typeof kept === 'number') return kept;
  return timeout === Infinity ? Infinity : kernel.now() + timeout;
}
