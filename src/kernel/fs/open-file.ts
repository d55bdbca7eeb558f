// Open file descriptions (struct file): shared by dup, fork and mappings, reference-counted. The last reference releases
// the file's operations, tells its epoll items, drops its locks and unpins its dentry and inode.
//
// Invariant: every holder (a descriptor, a mapping, a message in flight, a call in progress that keeps it) has counted itself.

import { ENFILE, ETXTBSY } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { O_ACCMODE, O_PATH, O_RDONLY } from './constants.ts';
import { releaseFileLocks } from './locks.ts';
import { evictInode, IN_CLOSE_NOWRITE, IN_CLOSE_WRITE, notifyFile } from './notify.ts';
import { allocateObject, freeObject } from './objects.ts';
import type { Dentry, FileOperations, FileWatcher, Inode, OpenFile } from './types.ts';

/**
 * fs.file-max: open file descriptions of the whole system. One for each page of memory: a pipe's two ends and all that belongs to
 * them take about 2 KiB, so that they can never take more than a quarter of memory.
 */
export function fileMax(kernel: Kernel): number {
  return kernel.frames.frameCount;
}

class FileDescription implements OpenFile {
  readonly inode: Inode;
  readonly dentry: Dentry | null;
  readonly description: string;
  operations: FileOperations;
  flags: number;
  offset = 0;
  references = 1;
  readonly address: number;
  watchers: Set<FileWatcher> | null = null;
  owner = 0;
  noControllingTerminal = false;
  countsAsWriter = false;

  constructor(
    inode: Inode,
    dentry: Dentry | null,
    description: string,
    operations: FileOperations,
    flags: number,
    address: number,
  ) {
    this.inode = inode;
    this.dentry = dentry;
    this.description = description;
    this.operations = operations;
    this.flags = flags;
    this.address = address;
  }
}

/**
 * A new description with one reference, its operations still to be set by the inode's `open`.
 * -ENFILE when the system has `fileMax`, or no memory is left for another.
 */
export function createFile(
  kernel: Kernel,
  inode: Inode,
  dentry: Dentry | null,
  description: string,
  operations: FileOperations,
  flags: number,
): OpenFile | number {
  if (kernel.vfs.openFiles >= fileMax(kernel)) return -ENFILE;
  const address = allocateObject(kernel, 'file');
  if (address === 0) return -ENFILE;
  kernel.vfs.openFiles += 1;
  inode.opens += 1;
  if (dentry !== null) kernel.vfs.dentries.pin(dentry);
  return new FileDescription(inode, dentry, description, operations, flags, address);
}

/** Marks the file as one that may write to its inode. -ETXTBSY while a program runs from it. */
export function claimWrite(file: OpenFile): number {
  if ((file.flags & O_ACCMODE) === O_RDONLY || (file.flags & O_PATH) !== 0) return 0;
  if (file.inode.writers < 0) return -ETXTBSY;
  file.inode.writers += 1;
  (file as FileDescription).countsAsWriter = true;
  return 0;
}

/** execve: nobody may open the program for writing while it runs. -ETXTBSY when somebody has it open for writing. */
export function denyWrite(inode: Inode): number {
  if (inode.writers > 0) return -ETXTBSY;
  inode.writers -= 1;
  return 0;
}

export function allowWrite(inode: Inode): void {
  if (inode.writers < 0) inode.writers += 1;
}

export function retainFile<T extends OpenFile>(file: T): T {
  file.references += 1;
  return file;
}

/** Drops one reference; the last one closes the description. */
export function releaseFile(kernel: Kernel, file: OpenFile): void {
  file.references -= 1;
  if (file.references > 0) return;
  if (file.watchers !== null) {
    for (const watcher of [...file.watchers]) watcher.fileClosed(kernel);
    file.watchers = null;
  }
  if ((file.flags & O_PATH) === 0) {
    if (file.inode.locks !== null) releaseFileLocks(kernel, file);
    file.operations.release?.(kernel, file);
    const writes = (file.flags & O_ACCMODE) !== O_RDONLY;
    notifyFile(kernel, file.inode, file.dentry, writes ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
  }
  const { inode, dentry } = file;
  if ((file as FileDescription).countsAsWriter) inode.writers -= 1;
  if (dentry !== null) kernel.vfs.dentries.unpin(dentry);
  kernel.vfs.openFiles -= 1;
  freeObject(kernel, file.address);
  inode.opens -= 1;
  if (inode.opens === 0 && inode.links === 0) evictInode(kernel, inode);
}
