// Changes of the tree: making, removing, linking and renaming names. Each function checks what the manual page says, asks the
// file system, keeps the dentry cache true and tells inotify. Directories are dentries from a path walk. 0 or -errno.

import { fsRoutines } from '../cost/routines/fs.ts';
import { EBUSY, EEXIST, EINVAL, EISDIR, EMLINK, ENOENT, ENOTDIR, ENOTEMPTY, EPERM, EROFS, EXDEV } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { CAP_FOWNER, CAP_MKNOD } from '../process/credentials.ts';
import type { Task } from '../process/task.ts';
import { isDirectory, MAY_EXECUTE, MAY_WRITE, S_IFBLK, S_IFCHR, S_IFMT } from './constants.ts';
import { lookupChild, type ParentWalk } from './namei.ts';
import {
  evictInode,
  IN_ATTRIB,
  IN_CREATE,
  IN_DELETE,
  IN_ISDIR,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  notify,
  notifySelf,
} from './notify.ts';
import { checkPermission, checkSticky } from './permission.ts';
import type { Dentry, Inode, Mount } from './types.ts';

export const MS_RDONLY = 1;
/** Links that an inode may have. */
const LINK_MAX = 1 << 30;

export const RENAME_NOREPLACE = 1;
export const RENAME_EXCHANGE = 2;
export const RENAME_WHITEOUT = 4;

export function isReadOnly(mount: Mount): boolean {
  return (mount.flags & MS_RDONLY) !== 0 || mount.fileSystem.readOnly;
}

/** May the task add or remove names here? */
export function mayChange(task: Task, directory: Dentry): number {
  const inode = directory.inode;
  if (inode === null || directory.deleted) return -ENOENT;
  const denied = checkPermission(inode, task.credentials, MAY_WRITE | MAY_EXECUTE);
  if (denied !== 0) return denied;
  return isReadOnly(directory.mount) ? -EROFS : 0;
}

/** A regular file, fifo, socket or device node of this mode (umask already applied): the inode, or -errno. */
export function createNode(kernel: Kernel, task: Task, place: ParentWalk, mode: number, rdev: number): Dentry | number {
  const { parent, name } = place;
  const taken = checkFree(kernel, place);
  if (taken !== 0) return taken;
  if (place.trailingSlash) return -ENOENT;
  const denied = mayChange(task, parent);
  if (denied !== 0) return denied;
  const type = mode & S_IFMT;
  if ((type === S_IFCHR || type === S_IFBLK) && !task.credentials.capable(CAP_MKNOD)) return -EPERM;
  const { create } = parent.inode!.operations;
  if (create === undefined) return -EPERM;
  kernel.cost.execute(fsRoutines.inode_create);
  const inode = create(kernel, parent.inode!, name, mode, rdev, task);
  if (typeof inode === 'number') return inode;
  return appear(kernel, parent, name, inode);
}

export function makeDirectory(kernel: Kernel, task: Task, place: ParentWalk, mode: number): number {
  const taken = checkFree(kernel, place);
  if (taken !== 0) return taken;
  const denied = mayChange(task, place.parent);
  if (denied !== 0) return denied;
  const { mkdir } = place.parent.inode!.operations;
  if (mkdir === undefined) return -EPERM;
  kernel.cost.execute(fsRoutines.inode_create);
  const inode = mkdir(kernel, place.parent.inode!, place.name, mode, task);
  if (typeof inode === 'number') return inode;
  appear(kernel, place.parent, place.name, inode);
  return 0;
}

export function makeSymlink(kernel: Kernel, task: Task, place: ParentWalk, target: string): number {
  const taken = checkFree(kernel, place);
  if (taken !== 0) return taken;
  if (place.trailingSlash) return -ENOENT;
  const denied = mayChange(task, place.parent);
  if (denied !== 0) return denied;
  const { symlink } = place.parent.inode!.operations;
  if (symlink === undefined) return -EPERM;
  kernel.cost.execute(fsRoutines.inode_create);
  const inode = symlink(kernel, place.parent.inode!, place.name, target, task);
  if (typeof inode === 'number') return inode;
  appear(kernel, place.parent, place.name, inode);
  return 0;
}

export function makeLink(kernel: Kernel, task: Task, source: Dentry, place: ParentWalk): number {
  const taken = checkFree(kernel, place);
  if (taken !== 0) return taken;
  if (place.trailingSlash) return -ENOENT;
  const inode = source.inode!;
  if (source.mount !== place.parent.mount) return -EXDEV;
  const denied = mayChange(task, place.parent);
  if (denied !== 0) return denied;
  if (isDirectory(inode.mode)) return -EPERM;
  if (inode.links >= LINK_MAX) return -EMLINK;
  const { link } = place.parent.inode!.operations;
  if (link === undefined) return -EPERM;
  kernel.cost.execute(fsRoutines.directory_change);
  const failed = link(kernel, place.parent.inode!, place.name, inode);
  if (failed !== 0) return failed;
  notifySelf(kernel, inode, IN_ATTRIB);
  appear(kernel, place.parent, place.name, inode);
  return 0;
}

export function unlink(kernel: Kernel, task: Task, place: ParentWalk): number {
  if (place.special !== null) return -EISDIR;
  const child = existing(kernel, place);
  if (typeof child === 'number') return child;
  const inode = child.inode!;
  if (place.trailingSlash) return isDirectory(inode.mode) ? -EISDIR : -ENOTDIR;
  const denied = mayRemove(task, place.parent, inode);
  if (denied !== 0) return denied;
  if (isDirectory(inode.mode)) return -EISDIR;
  const operation = place.parent.inode!.operations.unlink;
  if (operation === undefined) return -EPERM;
  kernel.cost.execute(fsRoutines.inode_unlink);
  const failed = operation(kernel, place.parent.inode!, place.name, inode);
  if (failed !== 0) return failed;
  vanish(kernel, place.parent, child, inode, IN_DELETE);
  return 0;
}

export function removeDirectory(kernel: Kernel, task: Task, place: ParentWalk): number {
  if (place.special === 'dot') return -EINVAL;
  if (place.special === 'dotdot') return -ENOTEMPTY;
  if (place.special === 'root') return -EBUSY;
  const child = existing(kernel, place);
  if (typeof child === 'number') return child;
  const inode = child.inode!;
  const denied = mayRemove(task, place.parent, inode);
  if (denied !== 0) return denied;
  if (!isDirectory(inode.mode)) return -ENOTDIR;
  if (child.covered !== null || child === task.fs.root) return -EBUSY;
  const operation = place.parent.inode!.operations.rmdir;
  if (operation === undefined) return -EPERM;
  kernel.cost.execute(fsRoutines.inode_unlink);
  const failed = operation(kernel, place.parent.inode!, place.name, inode);
  if (failed !== 0) return failed;
  vanish(kernel, place.parent, child, inode, IN_DELETE | IN_ISDIR);
  return 0;
}

/** renameat2(2) */
export function rename(kernel: Kernel, task: Task, from: ParentWalk, to: ParentWalk, flags: number): number {
  if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) !== 0) return -EINVAL;
  if ((flags & RENAME_EXCHANGE) !== 0 && (flags & RENAME_NOREPLACE) !== 0) return -EINVAL;
  if (from.parent.mount !== to.parent.mount) return -EXDEV;
  if (from.special !== null) return -EBUSY;
  if (to.special !== null) return (flags & RENAME_NOREPLACE) !== 0 ? -EEXIST : -EBUSY;
  const exchange = (flags & RENAME_EXCHANGE) !== 0;

  const source = existing(kernel, from);
  if (typeof source === 'number') return source;
  const target = lookupChild(kernel, to.parent, to.name);
  const replaced = typeof target === 'number' ? null : target.inode;
  if (typeof target === 'number' && target !== -ENOENT) return target;
  if (replaced !== null && (flags & RENAME_NOREPLACE) !== 0) return -EEXIST;
  if (replaced === null && exchange) return -ENOENT;

  const moved = source.inode!;
  const movedIsDirectory = isDirectory(moved.mode);
  const replacedIsDirectory = replaced !== null && isDirectory(replaced.mode);
  if (!movedIsDirectory && from.trailingSlash) return -ENOTDIR;
  if (to.trailingSlash && !(exchange ? replacedIsDirectory : movedIsDirectory)) return -ENOTDIR;
  if (isAncestor(source, to.parent)) return -EINVAL;
  if (typeof target !== 'number' && isAncestor(target, from.parent)) return exchange ? -EINVAL : -ENOTEMPTY;
  if (moved === replaced) return 0;

  let denied = mayRemove(task, from.parent, moved);
  if (denied === 0) denied = replaced === null ? mayChange(task, to.parent) : mayRemove(task, to.parent, replaced);
  if (denied !== 0) return denied;
  if (replaced !== null && !exchange) {
    if (movedIsDirectory && !replacedIsDirectory) return -ENOTDIR;
    if (!movedIsDirectory && replacedIsDirectory) return -EISDIR;
  }
  if (source.covered !== null || (typeof target !== 'number' && target.covered !== null)) return -EBUSY;
  if (movedIsDirectory && from.parent !== to.parent) {
    denied = checkPermission(moved, task.credentials, MAY_WRITE);
    if (denied !== 0) return denied;
  }

  const { operations } = from.parent.inode!;
  kernel.cost.execute(fsRoutines.inode_rename);
  const directory = from.parent.inode!;
  const newDirectory = to.parent.inode!;
  if (exchange) {
    if (operations.exchange === undefined) return -EINVAL;
    const failed = operations.exchange(kernel, directory, from.name, newDirectory, to.name);
    if (failed !== 0) return failed;
    kernel.vfs.dentries.exchange(source, target as Dentry);
  } else {
    if (operations.rename === undefined) return -EPERM;
    const failed = operations.rename(kernel, directory, from.name, newDirectory, to.name, moved, replaced);
    if (failed !== 0) return failed;
    kernel.vfs.dentries.move(source, to.parent, to.name);
    if (replaced !== null) dropIfUnused(kernel, replaced);
  }
  const kind = movedIsDirectory ? IN_ISDIR : 0;
  const cookie = kernel.vfs.nextCookie++;
  notify(kernel, directory, IN_MOVED_FROM | kind, from.name, cookie);
  notify(kernel, newDirectory, IN_MOVED_TO | kind, to.name, cookie);
  notifySelf(kernel, moved, IN_MOVE_SELF | kind);
  return 0;
}

/** After the last name of an inode went: its contents go too unless somebody has it open. */
export function dropIfUnused(kernel: Kernel, inode: Inode): void {
  if (inode.links === 0 && inode.opens === 0) evictInode(kernel, inode);
}

/** 0 when the name does not exist, -EEXIST when it does. */
function checkFree(kernel: Kernel, place: ParentWalk): number {
  if (place.special !== null) return -EEXIST;
  const child = lookupChild(kernel, place.parent, place.name);
  if (typeof child === 'number') return child === -ENOENT ? 0 : child;
  return child.inode !== null ? -EEXIST : 0;
}

function existing(kernel: Kernel, place: ParentWalk): Dentry | number {
  const child = lookupChild(kernel, place.parent, place.name);
  if (typeof child === 'number') return child;
  return child.inode === null ? -ENOENT : child;
}

function mayRemove(task: Task, parent: Dentry, inode: Inode): number {
  const denied = mayChange(task, parent);
  if (denied !== 0) return denied;
  return task.credentials.capable(CAP_FOWNER) ? 0 : checkSticky(parent.inode!, inode, task.credentials);
}

function appear(kernel: Kernel, parent: Dentry, name: string, inode: Inode): Dentry {
  kernel.cost.execute(fsRoutines.directory_change);
  let dentry = parent.children?.get(name);
  if (dentry === undefined) {
    dentry = kernel.vfs.dentries.add(parent, name, inode);
  } else {
    dentry.inode = inode;
    if (isDirectory(inode.mode)) dentry.children = new Map();
  }
  kernel.cost.touch(dentry.address, 192, 'write');
  notify(kernel, parent.inode!, IN_CREATE | (isDirectory(inode.mode) ? IN_ISDIR : 0), dentry.name);
  return dentry;
}

function vanish(kernel: Kernel, parent: Dentry, child: Dentry, inode: Inode, mask: number): void {
  kernel.vfs.dentries.remove(child);
  if (!isDirectory(inode.mode)) notifySelf(kernel, inode, IN_ATTRIB);
  dropIfUnused(kernel, inode);
  notify(kernel, parent.inode!, mask, child.name);
}

function isAncestor(ancestor: Dentry, dentry: Dentry): boolean {
  for (let current: Dentry | null = dentry; current !== null; current = current.parent ?? current.mount.point) {
    if (current === ancestor) return true;
  }
  return false;
}
