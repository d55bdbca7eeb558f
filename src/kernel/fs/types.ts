// The VFS's own words: inode, dentry, open file description, file system, mount. A file system implements
// `InodeOperations` and `FileOperations`; the operations are specified beside them. Errors are negative errnos.
//
//   path walk (fs/namei.ts) -> Dentry -> Inode          the tree, names cached; a dentry without inode is a negative one
//   open -> OpenFile (offset, flags) -> FileOperations  shared by dup and fork; descriptors (fs/descriptors.ts) point to it

import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import type { Pollable, WaitQueue } from '../process/wait.ts';
import type { SyscallResult } from '../syscalls/result.ts';
import type { IoTarget } from './io.ts';
import type { InodeLocks } from './locks.ts';

/** Timestamps in nanoseconds since the epoch (CLOCK_REALTIME of the guest). */
export interface Attributes {
  mode: number; // type and permission bits, inode(7)
  uid: number;
  gid: number;
  links: number;
  size: number;
  rdev: number;
  atime: number;
  mtime: number;
  ctime: number;
}

export interface Inode extends Attributes {
  readonly number: number;
  readonly fileSystem: FileSystem;
  readonly operations: InodeOperations;
  /** Guest physical address of the struct inode (a slab object), for charging. */
  readonly address: number;
  /** Times that utimensat set, to the nanosecond: they count while the rounded ones above still equal them. */
  exactTimes: { readonly atime: bigint; readonly mtime: bigint } | null;
  /** Birth time, ns (statx). */
  readonly birth: number;
  /** Open file descriptions, O_PATH ones included. When this and `links` are 0, `operations.evict` runs. */
  opens: number;
  /** Descriptions open for writing; negative: that many programs execute it (ETXTBSY, fs/open-file.ts). */
  writers: number;
  /** Advisory locks (fs/locks.ts), inotify watches (fs/inotify.ts); null until the first one. */
  locks: InodeLocks | null;
  watches: Set<InodeWatch> | null;
}

/** Someone who wants to hear what happens to an inode (inotify). */
export interface InodeWatch {
  notify(kernel: Kernel, mask: number, cookie: number, name: string): void;
  /** The inode is about to go: the watch ends. */
  inodeGone(kernel: Kernel): void;
}

export interface FileSystem {
  readonly type: string; // as in /proc/filesystems
  readonly device: number; // st_dev
  readonly root: Inode;
  /** false: names come and go by themselves (procfs), so that every walk asks `lookup`. Default true. */
  readonly cacheNames?: boolean;
  readonly readOnly: boolean;
  statfs(kernel: Kernel): StatFs;
  sync?(kernel: Kernel): number;
}

export interface StatFs {
  type: number;
  blockSize: number;
  blocks: number;
  blocksFree: number;
  files: number;
  filesFree: number;
  nameLength: number;
}

/**
 * A name in the tree, bound to one mount: the root of a mount has no parent, and the walk goes on at `mount.point`. The
 * dentry cache (fs/dentry-cache.ts) may drop a dentry that is not pinned and has no children.
 */
export interface Dentry {
  name: string;
  parent: Dentry | null;
  inode: Inode | null;
  readonly mount: Mount;
  readonly address: number;
  /** Cached names below; null for non-directories. */
  children: Map<string, Dentry> | null;
  /** Uses by open files, working directories and mounts. */
  pins: number;
  /** The mount that covers this directory. */
  covered: Mount | null;
  /** Removed or replaced while somebody still uses it. */
  deleted: boolean;
}

/** One mounted file system, mount(2). */
export interface Mount {
  readonly id: number;
  readonly fileSystem: FileSystem;
  readonly root: Dentry;
  /** What it covers; null for the root file system. */
  point: Dentry | null;
  readonly source: string;
  flags: number;
  /** Mounts on directories of this one, open files and working directories in it keep it busy: counted by pins. */
  uses: number;
}

/**
 * What an inode can do. `directory` operations get names without slashes, at most 255 bytes, never `.` or `..`.
 * Permission checks are the VFS's. Missing operation: EPERM for changes, ENOTDIR for lookup.
 */
export interface InodeOperations {
  /** The child called `name`, or -ENOENT. */
  lookup?(kernel: Kernel, directory: Inode, name: string): Inode | number;
  /** A new regular file, fifo, socket or device node (by mode's type bits). The name does not exist. */
  create?(
    kernel: Kernel,
    directory: Inode,
    name: string,
    mode: number,
    rdev: number,
    task: Task | null,
  ): Inode | number;
  mkdir?(kernel: Kernel, directory: Inode, name: string, mode: number, task: Task | null): Inode | number;
  symlink?(kernel: Kernel, directory: Inode, name: string, target: string, task: Task | null): Inode | number;
  link?(kernel: Kernel, directory: Inode, name: string, inode: Inode): number;
  unlink?(kernel: Kernel, directory: Inode, name: string, inode: Inode): number;
  rmdir?(kernel: Kernel, directory: Inode, name: string, inode: Inode): number;
  /** Atomically; `replaced` is what newName names now. Both directories are of this file system. */
  rename?(
    kernel: Kernel,
    from: Inode,
    name: string,
    to: Inode,
    newName: string,
    moved: Inode,
    replaced: Inode | null,
  ): number;
  /** renameat2(RENAME_EXCHANGE): both names exist. */
  exchange?(kernel: Kernel, from: Inode, name: string, to: Inode, newName: string): number;
  /** O_TMPFILE: a regular file without a name (links 0) on this file system. */
  temporary?(kernel: Kernel, directory: Inode, mode: number, task: Task | null): Inode | number;
  readlink?(kernel: Kernel, inode: Inode, task: Task): string | number;
  /** /proc/<pid>/{exe,cwd,fd/N}: the walk jumps to this place instead of reading a path. */
  follow?(kernel: Kernel, inode: Inode, task: Task): { file: OpenFile } | { dentry: Dentry } | number;
  /** Brings attributes up to date before a stat (procfs sizes, device times). */
  refresh?(kernel: Kernel, inode: Inode): void;
  /** Shrinks or grows a regular file. */
  truncate?(kernel: Kernel, inode: Inode, size: number): number;
  /** Attributes were changed by chmod, chown, utimensat: make them last. */
  attributesChanged?(kernel: Kernel, inode: Inode): number;
  /** The last link and the last open file description are gone: gives back what the inode holds. */
  evict?(kernel: Kernel, inode: Inode): void;
  /** Opens: the operations of the new open file description, or an errno. May replace operations (devices, fifos). */
  open?(kernel: Kernel, inode: Inode, file: OpenFile, task: Task | null): FileOperations | number;
}

/**
 * What an open file description can do. `read` and `write` make one non-blocking attempt: bytes moved (0 = end of file for
 * read), or an errno; -EAGAIN when nothing can move now, and the VFS then blocks on `queue` or returns EAGAIN (O_NONBLOCK).
 * `offset` is in bytes; for files that cannot seek it is ignored.
 */
export interface FileOperations extends Partial<Pollable> {
  read?(kernel: Kernel, file: OpenFile, target: IoTarget, offset: number, task: Task): number;
  write?(kernel: Kernel, file: OpenFile, source: IoTarget, offset: number, task: Task): number;
  /** Absolute time, ns since boot, at which a read that found nothing ends with 0 (a terminal's VTIME). Default: never. */
  readDeadline?(kernel: Kernel, file: OpenFile): number;
  /** POLL* bits ready now. Without it a file is always readable and writable. */
  poll?(kernel: Kernel, file?: OpenFile): number;
  /** What blocked readers, writers and pollers wait on. */
  readonly queue?: WaitQueue;
  /** May block like any system call. */
  ioctl?(kernel: Kernel, file: OpenFile, task: Task, request: number, argument: number): SyscallResult;
  /** Appends entries from position `file.offset` on by calling `emit` until it returns false (buffer full); 0 or errno. */
  readDirectory?(kernel: Kernel, file: OpenFile, emit: (entry: DirectoryEntry) => boolean): number;
  seek?(kernel: Kernel, file: OpenFile, offset: number, whence: number): number;
  /**
   * The guest physical address of the page with this index, for mmap and exec; faults of shared mappings use it directly
   * and private ones copy it. -errno (e.g. -EFAULT → SIGBUS past the end). The page stays valid while referenced (frames.reference).
   */
  page?(kernel: Kernel, file: OpenFile, index: number, access: 'read' | 'write'): number;
  /** As `page` for reading, but only if the page is in memory already; else 0. Makes nothing. For mapping around a fault. */
  cachedPage?(kernel: Kernel, file: OpenFile, index: number): number;
  sync?(kernel: Kernel, file: OpenFile, dataOnly: boolean): SyscallResult;
  allocate?(kernel: Kernel, file: OpenFile, mode: number, offset: number, length: number): number;
  /** The last reference is gone. */
  release?(kernel: Kernel, file: OpenFile): void;
  /** Default false: lseek and pread fail with ESPIPE. */
  readonly seekable?: boolean;
  /** Lines of /proc/<pid>/fdinfo/<fd> after the common ones, each ended by a newline. */
  describe?(kernel: Kernel, file: OpenFile): string;
}

/** Told when the last reference to an open file description goes. */
export interface FileWatcher {
  fileClosed(kernel: Kernel): void;
}

export interface DirectoryEntry {
  readonly inode: number;
  readonly offset: number; // position of the next entry: the d_off of getdents64
  readonly type: number; // DT_*
  readonly name: string;
}

/** An open file description, open(2). Reference-counted by descriptors and mappings. */
export interface OpenFile {
  readonly inode: Inode;
  /** null for anonymous files (pipes, sockets, eventfd …), whose name is `description` ("pipe:[123]"). */
  readonly dentry: Dentry | null;
  readonly description: string;
  operations: FileOperations;
  /** O_* status flags and access mode; O_CLOEXEC is the descriptor's. */
  flags: number;
  offset: number;
  references: number;
  /** Guest physical address of the struct file (a slab object), for charging. */
  readonly address: number;
  /** Epoll items that watch this description (fs/epoll.ts); told at the last close. */
  watchers: Set<FileWatcher> | null;
  /** F_SETOWN: a pid, or minus a process group's. */
  owner: number;
  /** Opened with O_NOCTTY: a terminal does not become the controlling one. */
  noControllingTerminal: boolean;
}
