// inotify_init1(2), inotify_add_watch(2), inotify_rm_watch(2).

import { fsRoutines } from '../cost/routines/fs.ts';
import { EBADF, EINVAL, ENOTDIR } from '../errno.ts';
import { fileOf, placeAt } from '../fs/at.ts';
import { AT_FDCWD, isDirectory, MAY_READ, O_CLOEXEC, O_NONBLOCK, O_RDONLY } from '../fs/constants.ts';
import { Inotify } from '../fs/inotify.ts';
import { IN_ALL_EVENTS, IN_DONT_FOLLOW, IN_ONLYDIR } from '../fs/notify.ts';
import { checkPermission } from '../fs/permission.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { fd, flags, int, path } from './arguments.ts';
import { inotifyFlags, inotifyMask } from './flags/files.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

function inotifyInit1(kernel: Kernel, task: Task, flagBits: number): SyscallResult {
  if ((flagBits & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) return -EINVAL;
  const free = task.files.free(task);
  if (free < 0) return free;
  const file = kernel.vfs.openAnonymous(
    'anon_inode',
    new Inotify(kernel),
    O_RDONLY | (flagBits & O_NONBLOCK),
    'inotify',
  );
  if (typeof file === 'number') return file;
  return task.files.add(kernel, task, file, (flagBits & O_CLOEXEC) !== 0);
}

function instanceOf(kernel: Kernel, task: Task, descriptor: number): Inotify | number {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  return file.operations instanceof Inotify ? file.operations : -EINVAL;
}

function inotifyAddWatch(kernel: Kernel, task: Task, descriptor: number, address: number, mask: number): SyscallResult {
  if ((mask & IN_ALL_EVENTS) === 0) return -EINVAL;
  const instance = instanceOf(kernel, task, descriptor);
  if (typeof instance === 'number') return instance;
  const place = placeAt(kernel, task, AT_FDCWD, address, 0, (mask & IN_DONT_FOLLOW) === 0);
  if (typeof place === 'number') return place;
  if ((mask & IN_ONLYDIR) !== 0 && !isDirectory(place.inode.mode)) return -ENOTDIR;
  const denied = checkPermission(place.inode, task.credentials, MAY_READ);
  return denied !== 0 ? denied : instance.watch(kernel, place.inode, mask >>> 0);
}

function inotifyRmWatch(kernel: Kernel, task: Task, descriptor: number, watch: number): SyscallResult {
  const instance = instanceOf(kernel, task, descriptor);
  return typeof instance === 'number' ? instance : instance.remove(kernel, watch | 0);
}

const cost = fsRoutines.file_allocate;

export const inotifySyscalls: readonly SyscallRow[] = [
  { number: 26, name: 'inotify_init1', arguments: [flags(inotifyFlags)], result: 'fd', handler: inotifyInit1, cost },
  {
    number: 27,
    name: 'inotify_add_watch',
    arguments: [fd, path, flags(inotifyMask)],
    handler: inotifyAddWatch,
    cost,
  },
  { number: 28, name: 'inotify_rm_watch', arguments: [fd, int], handler: inotifyRmWatch, cost },
];
