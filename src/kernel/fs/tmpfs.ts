// tmpfs(5): files that live in guest RAM alone. The root file system, /tmp, /dev, /dev/shm and memfds are of this kind.
// This is the tree; what a regular file holds is in tmpfs-file.ts. Bounds: half of RAM in pages and as many inodes (ENOSPC), as
// Linux's defaults.

import { fsRoutines } from '../cost/routines/fs.ts';
import { EISDIR, ENOSPC, ENOTEMPTY, ENXIO } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { directoryType, isDirectory, isRegular, PAGE_SIZE, S_IFDIR, S_IFLNK, S_IFREG } from './constants.ts';
import { inodeFields, newOwner, touchDirectory } from './inode.ts';
import { freeObject } from './objects.ts';
import { byteLength } from './text.ts';
import { dropPage, resize, tmpfsFileOperations } from './tmpfs-file.ts';
import type { DirectoryEntry, FileOperations, FileSystem, Inode, InodeOperations, StatFs } from './types.ts';

const TMPFS_MAGIC = 0x01021994;
/** Size that tmpfs reports for each directory entry (BOGO_DIRENT_SIZE). */
const ENTRY_BYTES = 20;

/** Bytes of a file that the host installed: at hand, or fetched at the first use. */
export type HostContent = Uint8Array | (() => Uint8Array);

export interface TmpfsInode extends Inode {
  readonly fileSystem: TmpFileSystem;
  /** Of a regular file: frames by page index. */
  readonly pages: Map<number, number>;
  /** Of a file that the host installed; null once it was truncated or replaced. */
  content: HostContent | null;
  /** Of a directory. */
  readonly entries: Map<string, { readonly inode: TmpfsInode; readonly offset: number }>;
  nextOffset: number;
  /** Of a directory: for `..` of a listing. */
  parent: TmpfsInode | null;
  /** Of a symbolic link. */
  target: string;
  /** F_SEAL_* of a memfd; -1: a file that cannot be sealed. */
  seals: number;
}

export interface TmpfsOptions {
  readonly device: number;
  readonly type: string;
  readonly mode: number;
  readonly pageLimit?: number;
  readonly readOnly?: boolean;
}

export class TmpFileSystem implements FileSystem {
  readonly type: string;
  readonly device: number;
  readonly root: TmpfsInode;
  readonly readOnly: boolean;
  readonly pageLimit: number;
  readonly inodeLimit: number;
  usedPages = 0;
  usedInodes = 0;
  #nextInode = 1;

  constructor(kernel: Kernel, options: TmpfsOptions) {
    this.type = options.type;
    this.device = options.device;
    this.readOnly = options.readOnly ?? false;
    const half = Math.floor(kernel.frames.frameCount / 2);
    this.pageLimit = options.pageLimit ?? half;
    this.inodeLimit = half;
    this.root = this.newInode(kernel, S_IFDIR | options.mode, { uid: 0, gid: 0 }, 0) as TmpfsInode;
  }

  /** An inode without a name yet; -ENOSPC at the bound. */
  newInode(
    kernel: Kernel,
    mode: number,
    owner: { readonly uid: number; readonly gid: number },
    rdev: number,
  ): TmpfsInode | number {
    if (this.usedInodes >= this.inodeLimit) return -ENOSPC;
    this.usedInodes += 1;
    const fields = inodeFields(
      kernel,
      {
        number: this.#nextInode++,
        fileSystem: this,
        operations: tmpfsInodeOperations,
        mode,
        uid: owner.uid,
        gid: owner.gid,
        rdev,
        links: isDirectory(mode) ? 2 : 1,
        size: isDirectory(mode) ? 2 * ENTRY_BYTES : 0,
      },
      'shmem_inode',
    );
    return Object.assign(fields, {
      fileSystem: this,
      pages: new Map<number, number>(),
      content: null,
      entries: new Map(),
      nextOffset: 2,
      parent: null,
      target: '',
      seals: -1,
    });
  }

  statfs(kernel: Kernel): StatFs {
    return {
      type: TMPFS_MAGIC,
      blockSize: PAGE_SIZE,
      blocks: this.pageLimit,
      blocksFree: Math.max(0, Math.min(this.pageLimit - this.usedPages, kernel.frames.freeFrames)),
      files: this.inodeLimit,
      filesFree: this.inodeLimit - this.usedInodes,
      nameLength: 255,
    };
  }
}

function own(inode: Inode): TmpfsInode {
  return inode as TmpfsInode;
}

function addEntry(kernel: Kernel, directory: TmpfsInode, name: string, inode: TmpfsInode): void {
  directory.entries.set(name, { inode, offset: directory.nextOffset++ });
  directory.size += ENTRY_BYTES;
  if (isDirectory(inode.mode)) {
    inode.parent = directory;
    directory.links += 1;
  }
  touchDirectory(kernel, directory);
}

function removeEntry(kernel: Kernel, directory: TmpfsInode, name: string): void {
  const entry = directory.entries.get(name);
  if (entry === undefined) return;
  directory.entries.delete(name);
  directory.size -= ENTRY_BYTES;
  if (isDirectory(entry.inode.mode)) directory.links -= 1;
  touchDirectory(kernel, directory);
}

function createIn(
  kernel: Kernel,
  directory: Inode,
  name: string,
  mode: number,
  rdev: number,
  task: Task | null,
): TmpfsInode | number {
  const parent = own(directory);
  const owner = newOwner(parent, mode, task);
  const inode = parent.fileSystem.newInode(kernel, owner.mode, owner, rdev);
  if (typeof inode !== 'number') addEntry(kernel, parent, name, inode);
  return inode;
}

const tmpfsInodeOperations: InodeOperations = {
  lookup(_kernel, directory, name) {
    return own(directory).entries.get(name)?.inode ?? -2;
  },

  create: createIn,

  mkdir(kernel, directory, name, mode, task) {
    return createIn(kernel, directory, name, S_IFDIR | (mode & 0o7777), 0, task);
  },

  symlink(kernel, directory, name, target, task) {
    const inode = createIn(kernel, directory, name, S_IFLNK | 0o777, 0, task);
    if (typeof inode === 'number') return inode;
    inode.target = target;
    inode.size = byteLength(target);
    return inode;
  },

  link(kernel, directory, name, inode) {
    inode.links += 1;
    inode.ctime = kernel.realTime();
    addEntry(kernel, own(directory), name, own(inode));
    return 0;
  },

  unlink(kernel, directory, name, inode) {
    removeEntry(kernel, own(directory), name);
    inode.links -= 1;
    inode.ctime = kernel.realTime();
    return 0;
  },

  rmdir(kernel, directory, name, inode) {
    if (own(inode).entries.size > 0) return -ENOTEMPTY;
    removeEntry(kernel, own(directory), name);
    inode.links = 0;
    inode.ctime = kernel.realTime();
    return 0;
  },

  rename(kernel, from, name, to, newName, moved, replaced) {
    if (replaced !== null) {
      if (isDirectory(replaced.mode) && own(replaced).entries.size > 0) return -ENOTEMPTY;
      removeEntry(kernel, own(to), newName);
      replaced.links = isDirectory(replaced.mode) ? 0 : replaced.links - 1;
      replaced.ctime = kernel.realTime();
    }
    removeEntry(kernel, own(from), name);
    addEntry(kernel, own(to), newName, own(moved));
    moved.ctime = kernel.realTime();
    return 0;
  },

  exchange(kernel, from, name, to, newName) {
    const first = own(from).entries.get(name)!.inode;
    const second = own(to).entries.get(newName)!.inode;
    removeEntry(kernel, own(from), name);
    removeEntry(kernel, own(to), newName);
    addEntry(kernel, own(from), name, second);
    addEntry(kernel, own(to), newName, first);
    first.ctime = second.ctime = kernel.realTime();
    return 0;
  },

  readlink(_kernel, inode) {
    return own(inode).target;
  },

  temporary(kernel, directory, mode, task) {
    const owner = newOwner(directory, mode, task);
    const inode = own(directory).fileSystem.newInode(kernel, owner.mode, owner, 0);
    if (typeof inode !== 'number') inode.links = 0;
    return inode;
  },

  truncate(kernel, inode, size) {
    return resize(kernel, own(inode), size);
  },

  attributesChanged() {
    return 0;
  },

  evict(kernel, inode) {
    const file = own(inode);
    file.content = null;
    for (const index of [...file.pages.keys()]) dropPage(kernel, file, index);
    kernel.cost.execute(fsRoutines.inode_evict);
    file.fileSystem.usedInodes -= 1;
    freeObject(kernel, file.address);
  },

  open(_kernel, inode) {
    if (isDirectory(inode.mode)) return directoryOperations;
    return isRegular(inode.mode) ? tmpfsFileOperations : -ENXIO;
  },
};

const directoryOperations: FileOperations = {
  seekable: true,

  read() {
    return -EISDIR;
  },

  readDirectory(_kernel, file, emit) {
    const directory = own(file.inode);
    for (const entry of listing(directory, file.offset)) {
      if (!emit(entry)) return 0;
      file.offset = entry.offset;
    }
    return 0;
  },

  sync() {
    return 0;
  },
};

function* listing(directory: TmpfsInode, from: number): Generator<DirectoryEntry> {
  if (from < 1) yield { inode: directory.number, offset: 1, type: directoryType(S_IFDIR), name: '.' };
  if (from < 2) {
    yield { inode: (directory.parent ?? directory).number, offset: 2, type: directoryType(S_IFDIR), name: '..' };
  }
  for (const [name, { inode, offset }] of directory.entries) {
    if (offset < from) continue;
    yield { inode: inode.number, offset: offset + 1, type: directoryType(inode.mode), name };
  }
}

/** Puts a file of the host's into a directory: its bytes come into guest RAM page by page, when they are used. */
export function installContent(inode: Inode, content: HostContent, size: number): void {
  const file = own(inode);
  file.content = content;
  file.size = size;
}

/** A regular file that no name leads to: memfd_create(2), shared anonymous memory. */
export function createUnnamedFile(
  kernel: Kernel,
  fileSystem: TmpFileSystem,
  mode: number,
  task: Task | null,
): TmpfsInode | number {
  const inode = fileSystem.newInode(
    kernel,
    S_IFREG | mode,
    { uid: task?.credentials.fsuid ?? 0, gid: task?.credentials.fsgid ?? 0 },
    0,
  );
  if (typeof inode !== 'number') inode.links = 0;
  return inode;
}
