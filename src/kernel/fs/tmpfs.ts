// tmpfs(5): files that live in guest RAM alone. The root file system, /tmp, /dev, /dev/shm and memfds are of this kind.
//
// A regular file is a map from page index to frame; a missing page is a hole, or, for a file that the host installed, a page of
// the host's bytes that nobody has touched yet. Bounds: half of RAM in pages and as many inodes (ENOSPC), as Linux's defaults.

import { fsRoutines } from '../cost/routines/fs.ts';
import { EFAULT, EINVAL, EISDIR, ENOMEM, ENOSPC, ENOTEMPTY, ENXIO, EOPNOTSUPP, EPERM } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { unmapFilePages } from '../memory/address-space.ts';
import type { Task } from '../process/task.ts';
import {
  directoryType,
  isDirectory,
  isRegular,
  PAGE_SIZE,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  SEEK_DATA,
  SEEK_HOLE,
} from './constants.ts';
import { inodeFields, newOwner, touchDirectory } from './inode.ts';
import { writeRam } from './io-targets.ts';
import { freeObject } from './objects.ts';
import { byteLength } from './text.ts';
import type { DirectoryEntry, FileOperations, FileSystem, Inode, InodeOperations, StatFs } from './types.ts';

const TMPFS_MAGIC = 0x01021994;
/** Size that tmpfs reports for each directory entry (BOGO_DIRENT_SIZE). */
const ENTRY_BYTES = 20;
const DAY_NS = 86_400e9;

const F_SEAL_SHRINK = 0x2;
const F_SEAL_GROW = 0x4;
const F_SEAL_WRITE = 0x8;
const F_SEAL_FUTURE_WRITE = 0x10;

const FALLOC_FL_KEEP_SIZE = 0x01;
const FALLOC_FL_PUNCH_HOLE = 0x02;

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
    return isRegular(inode.mode) ? regularOperations : -ENXIO;
  },
};

/** The host's bytes of a file, fetched now if need be; null when it has none (any more). */
function hostBytes(inode: TmpfsInode): Uint8Array | null {
  if (typeof inode.content === 'function') inode.content = inode.content();
  return inode.content;
}

/** The frame of a page that exists, bringing in the host's bytes; 0 for a hole; -ENOMEM. */
function presentPage(kernel: Kernel, inode: TmpfsInode, index: number): number {
  const frame = inode.pages.get(index);
  if (frame !== undefined) return frame;
  const content = hostBytes(inode);
  const start = index * PAGE_SIZE;
  if (content === null || start >= content.length) return 0;
  const page = newFrame(kernel, inode, index);
  if (page < 0) return page;
  const bytes = content.subarray(start, Math.min(start + PAGE_SIZE, inode.size));
  writeRam(kernel, page, bytes);
  if (bytes.length < PAGE_SIZE) kernel.machine.ram.fill(page + bytes.length, PAGE_SIZE - bytes.length, 0);
  return page;
}

/** A frame for a page that has none, contents undefined: its address, -ENOSPC or -ENOMEM. */
function newFrame(kernel: Kernel, inode: TmpfsInode, index: number): number {
  const { fileSystem } = inode;
  if (fileSystem.usedPages >= fileSystem.pageLimit) return -ENOSPC;
  const page = kernel.frames.allocate();
  if (page === 0) return -ENOMEM;
  kernel.cost.execute(fsRoutines.shmem_new_page);
  fileSystem.usedPages += 1;
  inode.pages.set(index, page);
  return page;
}

/** The frame of a page, made (cleared) if it was a hole. */
function ensurePage(kernel: Kernel, inode: TmpfsInode, index: number): number {
  const present = presentPage(kernel, inode, index);
  if (present !== 0) return present;
  const page = newFrame(kernel, inode, index);
  if (page > 0) kernel.cost.zero(page, PAGE_SIZE);
  return page;
}

function dropPage(kernel: Kernel, inode: TmpfsInode, index: number): void {
  const page = inode.pages.get(index);
  if (page === undefined) return;
  kernel.cost.execute(fsRoutines.shmem_truncate_page);
  inode.pages.delete(index);
  inode.fileSystem.usedPages -= 1;
  kernel.frames.release(page);
}

/** From here on the host's bytes past `size` are gone: they must not come back when the file grows. */
function cutContent(inode: TmpfsInode, size: number): void {
  if (inode.content === null) return;
  const content = hostBytes(inode)!;
  if (size === 0) inode.content = null;
  else if (size < content.length) inode.content = content.subarray(0, size);
}

function resize(kernel: Kernel, inode: TmpfsInode, size: number): number {
  if (inode.seals > 0) {
    if (size < inode.size && (inode.seals & F_SEAL_SHRINK) !== 0) return -EPERM;
    if (size > inode.size && (inode.seals & F_SEAL_GROW) !== 0) return -EPERM;
  }
  if (size < inode.size) {
    cutContent(inode, size);
    const firstGone = Math.ceil(size / PAGE_SIZE);
    unmapFilePages(kernel, inode, firstGone);
    for (const index of [...inode.pages.keys()]) if (index >= firstGone) dropPage(kernel, inode, index);
    const within = size % PAGE_SIZE;
    const last = within === 0 ? undefined : inode.pages.get(firstGone - 1);
    if (last !== undefined) kernel.cost.zero(last + within, PAGE_SIZE - within);
  }
  inode.size = size;
  inode.mtime = inode.ctime = kernel.realTime();
  return 0;
}

const regularOperations: FileOperations = {
  seekable: true,

  read(kernel, file, target, offset) {
    const inode = own(file.inode);
    const { cost } = kernel;
    cost.execute(fsRoutines.shmem_read);
    cost.touch(inode.address, 128);
    let done = 0;
    let left = Math.min(target.remaining, inode.size - offset);
    while (left > 0) {
      const position = offset + done;
      const within = position % PAGE_SIZE;
      const step = Math.min(left, PAGE_SIZE - within);
      cost.execute(fsRoutines.shmem_read_page);
      const page = presentPage(kernel, inode, Math.floor(position / PAGE_SIZE));
      let moved: number;
      if (page > 0) moved = target.putPhysical(page + within, step);
      else if (page === 0) moved = target.putZeros(step);
      else moved = target.putBytes(hostBytes(inode)!.subarray(position, position + step));
      done += moved;
      left -= moved;
      if (moved < step) return done > 0 ? done : -EFAULT;
    }
    const now = kernel.realTime();
    if (inode.atime <= inode.mtime || inode.atime <= inode.ctime || now - inode.atime > DAY_NS) inode.atime = now;
    return done;
  },

  write(kernel, file, source, offset) {
    const inode = own(file.inode);
    const { cost } = kernel;
    cost.execute(fsRoutines.shmem_write);
    cost.touch(inode.address, 128, 'write');
    if (inode.seals > 0 && (inode.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) return -EPERM;
    if (inode.seals > 0 && (inode.seals & F_SEAL_GROW) !== 0 && offset + source.remaining > inode.size) return -EPERM;
    let done = 0;
    let failure = 0;
    while (source.remaining > 0) {
      const position = offset + done;
      const within = position % PAGE_SIZE;
      const step = Math.min(source.remaining, PAGE_SIZE - within);
      const index = Math.floor(position / PAGE_SIZE);
      cost.execute(fsRoutines.shmem_write_page);
      const whole = step === PAGE_SIZE && !inode.pages.has(index);
      const page = whole ? newFrame(kernel, inode, index) : ensurePage(kernel, inode, index);
      if (page < 0) {
        failure = page;
        break;
      }
      const moved = source.takePhysical(page + within, step);
      if (whole && moved < step) kernel.machine.ram.fill(page + moved, PAGE_SIZE - moved, 0);
      done += moved;
      if (moved < step) {
        failure = -EFAULT;
        break;
      }
    }
    if (done > 0) {
      if (offset + done > inode.size) inode.size = offset + done;
      inode.mtime = inode.ctime = kernel.realTime();
      return done;
    }
    return failure;
  },

  seek(_kernel, file, offset, whence) {
    const inode = own(file.inode);
    if (offset < 0 || offset >= inode.size) return -ENXIO;
    if (whence !== SEEK_DATA && whence !== SEEK_HOLE) return -EINVAL;
    const last = Math.floor((inode.size - 1) / PAGE_SIZE);
    const held = hostBytes(inode)?.length ?? 0;
    const present = (index: number): boolean => inode.pages.has(index) || index * PAGE_SIZE < held;
    let index = Math.floor(offset / PAGE_SIZE);
    if (whence === SEEK_DATA) {
      if (present(index)) return offset;
      let next = Infinity;
      for (const page of inode.pages.keys()) if (page > index && page < next) next = page;
      return next > last ? -ENXIO : next * PAGE_SIZE;
    }
    if (!present(index)) return offset;
    while (index <= last && present(index)) index += 1;
    return Math.min(index * PAGE_SIZE, inode.size);
  },

  page(kernel, file, index) {
    const inode = own(file.inode);
    if (index * PAGE_SIZE >= inode.size) return -EFAULT;
    return ensurePage(kernel, inode, index);
  },

  cachedPage(kernel, file, index) {
    const inode = own(file.inode);
    return index * PAGE_SIZE >= inode.size ? 0 : presentPage(kernel, inode, index);
  },

  sync() {
    return 0;
  },

  allocate(kernel, file, mode, offset, length) {
    const inode = own(file.inode);
    if (mode === (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)) return punchHole(kernel, inode, offset, length);
    if ((mode & ~FALLOC_FL_KEEP_SIZE) !== 0) return -EOPNOTSUPP;
    const end = offset + length;
    if (inode.seals > 0 && (inode.seals & F_SEAL_GROW) !== 0 && end > inode.size) return -EPERM;
    const first = Math.floor(offset / PAGE_SIZE);
    const last = Math.ceil(end / PAGE_SIZE);
    if (last - first > inode.fileSystem.pageLimit - inode.fileSystem.usedPages + inode.pages.size) return -ENOSPC;
    const made: number[] = [];
    for (let index = first; index < last; index++) {
      const known = inode.pages.has(index);
      const page = ensurePage(kernel, inode, index);
      if (page < 0) {
        for (const back of made) dropPage(kernel, inode, back);
        return -ENOSPC;
      }
      if (!known) made.push(index);
    }
    if ((mode & FALLOC_FL_KEEP_SIZE) === 0 && end > inode.size) inode.size = end;
    inode.ctime = kernel.realTime();
    return 0;
  },
};

function punchHole(kernel: Kernel, inode: TmpfsInode, offset: number, length: number): number {
  if (inode.seals > 0 && (inode.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) return -EPERM;
  const end = offset + length;
  const content = hostBytes(inode);
  if (content !== null) {
    const copy = content.slice();
    copy.fill(0, offset, end);
    inode.content = copy;
  }
  for (const [index, page] of [...inode.pages]) {
    const start = index * PAGE_SIZE;
    const from = Math.max(start, offset);
    const to = Math.min(start + PAGE_SIZE, end);
    if (from >= to) continue;
    if (to - from === PAGE_SIZE) {
      unmapFilePages(kernel, inode, index, index + 1);
      dropPage(kernel, inode, index);
    } else kernel.cost.zero(page + from - start, to - from);
  }
  inode.mtime = inode.ctime = kernel.realTime();
  return 0;
}

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

export { regularOperations as tmpfsFileOperations };
