// From a system call's arguments to files and places: descriptors, paths in user memory, and the (dirfd, path, AT_*) triples of
// openat(2) and its relatives. Charged as fdget and getname of Linux.

import { fsRoutines } from '../cost/routines/fs.ts';
import { EBADF, EFAULT, ENOENT, ENOTDIR } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, isDirectory, O_PATH, PATH_MAX } from './constants.ts';
import { type ParentWalk, walk, walkParent } from './namei.ts';
import type { Dentry, Inode, OpenFile } from './types.ts';

/** The file behind a descriptor, O_PATH ones included; null: EBADF. */
export function anyFileOf(kernel: Kernel, task: Task, fd: number): OpenFile | null {
  kernel.cost.execute(fsRoutines.fdget);
  const file = task.files.get(fd | 0);
  if (file === null) return null;
  kernel.cost.touch(task.files.slotAddress(fd | 0), 8);
  return file;
}

/** As `anyFileOf`, but not for O_PATH descriptors. */
export function fileOf(kernel: Kernel, task: Task, fd: number): OpenFile | null {
  const file = anyFileOf(kernel, task, fd);
  return file === null || (file.flags & O_PATH) !== 0 ? null : file;
}

/** The path at a user address; -EFAULT or -ENAMETOOLONG. Empty paths are for the walk to refuse. */
export function readPath(kernel: Kernel, task: Task, address: number): string | number {
  kernel.cost.execute(fsRoutines.getname);
  return task.memory?.readString(address, PATH_MAX) ?? -EFAULT;
}

/** Where a relative path starts: the working directory, or what `dirfd` has open. */
export function startOf(kernel: Kernel, task: Task, dirfd: number, path: string): Dentry | number {
  if (path.startsWith('/') || (dirfd | 0) === AT_FDCWD) return task.fs.cwd;
  const file = anyFileOf(kernel, task, dirfd);
  if (file === null) return -EBADF;
  if (file.dentry === null || file.dentry.inode === null) return path === '' ? -ENOENT : -ENOTDIR;
  if (path !== '' && !isDirectory(file.dentry.inode.mode)) return -ENOTDIR;
  return file.dentry;
}

/** What an (dirfd, path, flags) triple names; `file` when it is the descriptor itself (AT_EMPTY_PATH). */
export interface Place {
  readonly inode: Inode;
  readonly dentry: Dentry | null;
  readonly file: OpenFile | null;
}

/** Reads the path and walks to it. With AT_EMPTY_PATH an empty path (or, as in Linux 6.11, a null pointer) means `dirfd` itself. */
export function placeAt(
  kernel: Kernel,
  task: Task,
  dirfd: number,
  address: number,
  flags: number,
  follow = (flags & AT_SYMLINK_NOFOLLOW) === 0,
): Place | number {
  const emptyAllowed = (flags & AT_EMPTY_PATH) !== 0;
  const path = emptyAllowed && address === 0 ? '' : readPath(kernel, task, address);
  if (typeof path === 'number') return path;
  if (path === '' && emptyAllowed) {
    if ((dirfd | 0) === AT_FDCWD) return { inode: task.fs.cwd.inode!, dentry: task.fs.cwd, file: null };
    const file = anyFileOf(kernel, task, dirfd);
    if (file === null) return -EBADF;
    return { inode: file.inode, dentry: file.dentry, file };
  }
  const start = startOf(kernel, task, dirfd, path);
  if (typeof start === 'number') return start;
  const dentry = walk(kernel, task, start, path, { follow });
  return typeof dentry === 'number' ? dentry : { inode: dentry.inode!, dentry, file: null };
}

/** Reads the path and walks to the directory of its last component. */
export function parentAt(kernel: Kernel, task: Task, dirfd: number, address: number): ParentWalk | number {
  const path = readPath(kernel, task, address);
  if (typeof path === 'number') return path;
  const start = startOf(kernel, task, dirfd, path);
  return typeof start === 'number' ? start : walkParent(kernel, task, start, path);
}
