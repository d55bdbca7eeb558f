// pidfd_open(2): a descriptor that stands for a process. Readable once the process has exited.

import { EBADF, EINVAL } from '../errno.ts';
import type { FileOperations, OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';
import { POLLIN, POLLRDNORM, type WaitQueue } from './wait.ts';

export const PIDFD_NONBLOCK = 0o4000;
const O_RDWR = 2;

class PidfdOperations implements FileOperations {
  readonly group: ThreadGroup;
  readonly queue: WaitQueue;

  constructor(group: ThreadGroup) {
    this.group = group;
    this.queue = group.exitQueue;
  }

  poll(): number {
    return this.group.exited ? POLLIN | POLLRDNORM : 0;
  }

  read(): number {
    return -EINVAL;
  }

  write(): number {
    return -EINVAL;
  }

  describe(): string {
    const pid = this.group.reaped ? -1 : this.group.pid;
    return `Pid:\t${pid}\nNSpid:\t${pid}\n`;
  }
}

/** A new descriptor (close-on-exec) for this process, or an errno. */
export function openPidfd(kernel: Kernel, task: Task, group: ThreadGroup, flags: number): number {
  const file = kernel.vfs.openAnonymous('anon_inode', new PidfdOperations(group), O_RDWR | flags, '[pidfd]');
  if (typeof file === 'number') return file;
  return task.files.add(kernel, task, file, true);
}

/** The process behind a pidfd, or -EBADF. */
export function processOfPidfd(file: OpenFile | null): ThreadGroup | number {
  if (file === null || !(file.operations instanceof PidfdOperations)) return -EBADF;
  return file.operations.group;
}
