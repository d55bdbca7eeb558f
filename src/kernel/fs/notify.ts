// What happens to files, told to those who watch them (inotify(7)). Costs one comparison while nobody watches.

import type { Kernel } from '../kernel.ts';
import { isDirectory } from './constants.ts';
import type { Dentry, Inode } from './types.ts';

export const IN_ACCESS = 0x001;
export const IN_MODIFY = 0x002;
export const IN_ATTRIB = 0x004;
export const IN_CLOSE_WRITE = 0x008;
export const IN_CLOSE_NOWRITE = 0x010;
export const IN_OPEN = 0x020;
export const IN_MOVED_FROM = 0x040;
export const IN_MOVED_TO = 0x080;
export const IN_CREATE = 0x100;
export const IN_DELETE = 0x200;
export const IN_DELETE_SELF = 0x400;
export const IN_MOVE_SELF = 0x800;
export const IN_UNMOUNT = 0x2000;
export const IN_Q_OVERFLOW = 0x4000;
export const IN_IGNORED = 0x8000;
export const IN_ONLYDIR = 0x0100_0000;
export const IN_DONT_FOLLOW = 0x0200_0000;
export const IN_EXCL_UNLINK = 0x0400_0000;
export const IN_MASK_CREATE = 0x1000_0000;
export const IN_MASK_ADD = 0x2000_0000;
export const IN_ISDIR = 0x4000_0000;
export const IN_ONESHOT = 0x8000_0000;
export const IN_ALL_EVENTS = 0xfff;

/** Something happened to the entry `name` of this directory. */
export function notify(kernel: Kernel, directory: Inode, mask: number, name: string, cookie = 0): void {
  if (directory.watches === null) return;
  for (const watch of [...directory.watches]) watch.notify(kernel, mask, cookie, name);
}

/** Something happened to the inode itself. */
export function notifySelf(kernel: Kernel, inode: Inode, mask: number): void {
  if (inode.watches === null) return;
  for (const watch of [...inode.watches]) watch.notify(kernel, mask, 0, '');
}

/** Something happened to a file, reached by this name: those who watch its directory hear, then those who watch it. */
export function notifyFile(kernel: Kernel, inode: Inode, dentry: Dentry | null, mask: number): void {
  const directory = dentry?.parent?.inode ?? null;
  if (inode.watches === null && (directory === null || directory.watches === null)) return;
  const kind = isDirectory(inode.mode) ? IN_ISDIR : 0;
  if (directory !== null) notify(kernel, directory, mask | kind, dentry!.name);
  notifySelf(kernel, inode, mask | kind);
}

/** The last name and the last open description are gone: the watches end, then what the inode holds is given back. */
export function evictInode(kernel: Kernel, inode: Inode): void {
  if (inode.watches !== null) {
    notifySelf(kernel, inode, IN_DELETE_SELF);
    for (const watch of [...(inode.watches ?? [])]) watch.inodeGone(kernel);
  }
  inode.operations.evict?.(kernel, inode);
}
