// Inodes: making them, and the changes that every file system makes alike (times, links, attributes).

import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { isDirectory, S_ISGID } from './constants.ts';
import { allocateObject, type ObjectKind } from './objects.ts';
import type { FileSystem, Inode, InodeOperations } from './types.ts';

export interface InodeFields {
  readonly number: number;
  readonly fileSystem: FileSystem;
  readonly operations: InodeOperations;
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly rdev?: number;
  readonly links?: number;
  readonly size?: number;
}

/** The fields that every inode starts with, times set to now. `kind` is its slab cache; address 0: memory is exhausted. */
export function inodeFields(kernel: Kernel, fields: InodeFields, kind: ObjectKind = 'inode'): Inode {
  const now = kernel.realTime();
  return {
    number: fields.number,
    fileSystem: fields.fileSystem,
    operations: fields.operations,
    mode: fields.mode,
    uid: fields.uid ?? 0,
    gid: fields.gid ?? 0,
    links: fields.links ?? 1,
    size: fields.size ?? 0,
    rdev: fields.rdev ?? 0,
    atime: now,
    mtime: now,
    ctime: now,
    exactTimes: null,
    birth: now,
    address: allocateObject(kernel, kind),
    opens: 0,
    writers: 0,
    locks: null,
    watches: null,
  };
}

/** Owner, group and mode of a new inode: the creator's, the directory's group and set-group-ID bit if it has that bit. */
export function newOwner(
  directory: Inode,
  mode: number,
  task: Task | null,
): { readonly uid: number; readonly gid: number; readonly mode: number } {
  const uid = task?.credentials.fsuid ?? 0;
  if ((directory.mode & S_ISGID) !== 0) {
    return { uid, gid: directory.gid, mode: isDirectory(mode) ? mode | S_ISGID : mode };
  }
  return { uid, gid: task?.credentials.fsgid ?? 0, mode };
}

/** The directory's contents changed. */
export function touchDirectory(kernel: Kernel, directory: Inode): void {
  directory.mtime = directory.ctime = kernel.realTime();
}
