// open(2): from a path and flags to an open file description.
//
// A FIFO's open may wait: the description, registered as an end, is then kept in the task's resume state as `opening`, and
// the handler's next run goes on from there without walking again. Whoever ends such a task releases `opening`.

import { fsRoutines } from '../cost/routines/fs.ts';
import { EACCES, EEXIST, EINVAL, EISDIR, ELOOP, ENOENT, ENOTDIR, ENXIO, EOPNOTSUPP, EROFS } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { ResumeState, Task } from '../process/task.ts';
import { BLOCKED, type SyscallResult } from '../syscalls/result.ts';
import {
  isDirectory,
  isRegular,
  isSymlink,
  MAY_EXECUTE,
  MAY_READ,
  MAY_WRITE,
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TMPFILE,
  O_TRUNC,
  O_WRONLY,
  S_IFCHR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  SYMLINKS_MAX,
} from './constants.ts';
import { crossMounts, lookupChild, type WalkOptions, walk, walkParent } from './namei.ts';
import { IN_MODIFY, IN_OPEN, notifyFile } from './notify.ts';
import { claimWrite, createFile, releaseFile } from './open-file.ts';
import { checkOwner, checkPermission } from './permission.ts';
import { openFifo, resumeOpenFifo } from './pipe.ts';
import { createNode, isReadOnly, mayChange } from './tree.ts';
import type { Dentry, FileOperations, Inode, OpenFile } from './types.ts';

/** Flags that the description does not keep. */
const NOT_KEPT = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC;
const UNNAMED = O_TMPFILE & ~O_DIRECTORY;

/**
 * Opens (and with O_CREAT makes) the file that `path` names from `start`. `mode` is what a new file gets, before the umask.
 * The description has one reference, the caller's. A negative result is an errno, or BLOCKED or INTERRUPTED from a FIFO.
 */
export function openPath(
  kernel: Kernel,
  task: Task,
  start: Dentry,
  path: string,
  flags: number,
  mode: number,
  options: WalkOptions = {},
): OpenFile | SyscallResult {
  const pending = task.resume?.['opening'] as OpenFile | undefined;
  if (pending !== undefined) return finishOpen(kernel, pending, resumeOpenFifo(kernel, pending, task));

  if ((flags & O_PATH) !== 0) flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  if ((flags & UNNAMED) !== 0) return openUnnamed(kernel, task, start, path, flags, mode, options);
  if ((flags & (O_CREAT | O_DIRECTORY)) === (O_CREAT | O_DIRECTORY)) return -EINVAL;

  const follow = (flags & O_NOFOLLOW) === 0 && (flags & (O_CREAT | O_EXCL)) !== (O_CREAT | O_EXCL);
  if ((flags & O_CREAT) === 0) {
    const dentry = walk(kernel, task, start, path, { ...options, follow });
    return typeof dentry === 'number' ? dentry : openDentry(kernel, task, dentry, flags, false);
  }
  return openOrCreate(kernel, task, start, path, flags, mode, follow, options);
}

/** O_CREAT: the last component may be missing, and may be a symbolic link to a missing one. */
function openOrCreate(
  kernel: Kernel,
  task: Task,
  start: Dentry,
  path: string,
  flags: number,
  mode: number,
  follow: boolean,
  options: WalkOptions,
): OpenFile | SyscallResult {
  for (let links = 0; links <= SYMLINKS_MAX; links++) {
    const place = walkParent(kernel, task, start, path, options);
    if (typeof place === 'number') return place;
    if (place.special !== null) return -EISDIR;
    if (place.trailingSlash) return -EISDIR;
    const child = lookupChild(kernel, place.parent, place.name);
    if (typeof child === 'number' && child !== -ENOENT) return child;
    if (typeof child === 'number' || child.inode === null) {
      const made = createNode(kernel, task, place, S_IFREG | (mode & 0o7777 & ~task.fs.umask), 0);
      return typeof made === 'number' ? made : openDentry(kernel, task, made, flags & ~O_TRUNC, true);
    }
    if ((flags & O_EXCL) !== 0) return -EEXIST;
    if (isSymlink(child.inode.mode) && follow) {
      const { readlink } = child.inode.operations;
      if (readlink === undefined || child.inode.operations.follow !== undefined) {
        const dentry = walk(kernel, task, place.parent, place.name, options);
        return typeof dentry === 'number' ? dentry : openDentry(kernel, task, dentry, flags, false);
      }
      if (options.noSymlinks) return -ELOOP;
      const target = readlink(kernel, child.inode, task);
      if (typeof target === 'number') return target;
      start = place.parent;
      path = target;
      continue;
    }
    return openDentry(kernel, task, crossMounts(kernel, child), flags, false);
  }
  return -ELOOP;
}

function openUnnamed(
  kernel: Kernel,
  task: Task,
  start: Dentry,
  path: string,
  flags: number,
  mode: number,
  options: WalkOptions,
): OpenFile | SyscallResult {
  if ((flags & O_TMPFILE) !== O_TMPFILE || (flags & O_ACCMODE) === O_RDONLY) return -EINVAL;
  const directory = walk(kernel, task, start, path, options);
  if (typeof directory === 'number') return directory;
  if (!isDirectory(directory.inode!.mode)) return -ENOTDIR;
  const denied = mayChange(task, directory);
  if (denied !== 0) return denied;
  const { temporary } = directory.inode!.operations;
  if (temporary === undefined) return -EOPNOTSUPP;
  const inode = temporary(kernel, directory.inode!, S_IFREG | (mode & 0o7777 & ~task.fs.umask), task);
  if (typeof inode === 'number') return inode;
  const dentry: Dentry = {
    name: `#${inode.number}`,
    parent: directory,
    inode,
    mount: directory.mount,
    address: directory.address,
    children: null,
    pins: 0,
    covered: null,
    deleted: true,
  };
  return openInode(kernel, task, dentry, flags & ~O_DIRECTORY);
}

/** Checks what open(2) checks on the file found, truncates if asked, and opens it. */
export function openDentry(
  kernel: Kernel,
  task: Task,
  dentry: Dentry,
  flags: number,
  created: boolean,
): OpenFile | SyscallResult {
  const inode = dentry.inode!;
  if ((flags & O_DIRECTORY) !== 0 && !isDirectory(inode.mode))
    return isSymlink(inode.mode) && (flags & O_PATH) === 0 ? -ELOOP : -ENOTDIR;
  if ((flags & O_PATH) !== 0) {
    return createFile(kernel, inode, dentry, '', {}, flags & ~O_CLOEXEC);
  }
  if (isSymlink(inode.mode)) return -ELOOP;
  const access = flags & O_ACCMODE;
  const writes = access !== O_RDONLY || (flags & O_TRUNC) !== 0;
  if (isDirectory(inode.mode) && (writes || (flags & O_CREAT) !== 0)) return -EISDIR;
  if (!created) {
    const denied = checkPermission(inode, task.credentials, wantedAccess(flags));
    if (denied !== 0) return denied;
  }
  if (writes && isReadOnly(dentry.mount) && (isRegular(inode.mode) || isDirectory(inode.mode))) return -EROFS;
  if ((flags & O_NOATIME) !== 0) {
    const denied = checkOwner(inode, task.credentials);
    if (denied !== 0) return denied;
  }
  return openInode(kernel, task, dentry, flags);
}

function wantedAccess(flags: number): number {
  const access = flags & O_ACCMODE;
  let wanted = access === O_WRONLY ? MAY_WRITE : access === O_RDONLY ? MAY_READ : MAY_READ | MAY_WRITE;
  if ((flags & O_TRUNC) !== 0) wanted |= MAY_WRITE;
  return wanted;
}

function openInode(kernel: Kernel, task: Task | null, dentry: Dentry, flags: number): OpenFile | SyscallResult {
  kernel.cost.execute(fsRoutines.do_open);
  const inode = dentry.inode!;
  const file = createFile(kernel, inode, dentry, '', {}, flags & ~NOT_KEPT);
  if (typeof file === 'number') return file;
  const busy = claimWrite(file);
  if (busy !== 0) {
    releaseFile(kernel, file);
    return busy;
  }
  file.noControllingTerminal = (flags & O_NOCTTY) !== 0;
  const operations = operationsOf(kernel, inode, file, task);
  const opened = finishOpen(kernel, file, operations);
  if (typeof opened === 'number') return opened;
  if ((flags & O_TRUNC) !== 0 && isRegular(inode.mode)) {
    const failed = inode.operations.truncate?.(kernel, inode, 0) ?? 0;
    if (failed !== 0) {
      releaseFile(kernel, opened);
      return failed;
    }
    notifyFile(kernel, inode, dentry, IN_MODIFY);
  }
  notifyFile(kernel, inode, dentry, IN_OPEN);
  return opened;
}

/** A task that waits in the open of a FIFO ends: gives back what it holds. */
export function abandonOpen(kernel: Kernel, resume: ResumeState | null): void {
  const file = resume?.['opening'] as OpenFile | undefined;
  if (file !== undefined) releaseFile(kernel, file);
}

function finishOpen(kernel: Kernel, file: OpenFile, operations: FileOperations | number): OpenFile | SyscallResult {
  if (typeof operations !== 'number') {
    file.operations = operations;
    return file;
  }
  if (operations !== BLOCKED) releaseFile(kernel, file);
  return operations;
}

function operationsOf(kernel: Kernel, inode: Inode, file: OpenFile, task: Task | null): FileOperations | number {
  switch (inode.mode & S_IFMT) {
    case S_IFIFO:
      return kernel.vfs.hostStreams.get(inode) ?? openFifo(kernel, inode, file, task);
    case S_IFCHR: {
      const device = kernel.vfs.characterDevices.get(inode.rdev);
      return device === undefined ? -ENXIO : device.open(kernel, inode, file, task);
    }
    default:
      return inode.operations.open?.(kernel, inode, file, task) ?? -ENXIO;
  }
}

/** The program for execve(2): a regular file that may be executed, open for reading. The caller holds the reference. */
export function openExecutable(
  kernel: Kernel,
  task: Task,
  start: Dentry,
  path: string,
  follow = true,
): OpenFile | number {
  const dentry = walk(kernel, task, start, path, { follow });
  if (typeof dentry === 'number') return dentry;
  const inode = dentry.inode!;
  if (isSymlink(inode.mode)) return -ELOOP;
  if (!isRegular(inode.mode)) return -EACCES;
  const denied = checkPermission(inode, task.credentials, MAY_EXECUTE);
  if (denied !== 0) return denied;
  return openInode(kernel, task, dentry, O_RDONLY);
}

/** Opens a path for the kernel itself, as root would, relative to the system's root; FIFOs do not wait. */
export function openForKernel(kernel: Kernel, task: Task, path: string, flags = O_RDWR): OpenFile | number {
  return openPath(kernel, task, kernel.vfs.root, path, flags, 0o644);
}
