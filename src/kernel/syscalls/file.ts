// System calls on files: opening, reading and writing, attributes. Each checks its arguments and calls fs/.

import { fsRoutines } from '../cost/routines/fs.ts';
import { E2BIG, EBADF, EFAULT, EFBIG, EINVAL, EISDIR, ENODEV, EOPNOTSUPP, EROFS, ESPIPE } from '../errno.ts';
import { anyFileOf, fileOf, placeAt, readPath, startOf } from '../fs/at.ts';
import {
  changeMode,
  changeOwner,
  changeTimes,
  type NewTime,
  STAT_BYTES,
  STATX_BYTES,
  truncateInode,
  writeStat,
  writeStatx,
} from '../fs/attributes.ts';
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  AT_STATX_SYNC_TYPE,
  AT_SYMLINK_NOFOLLOW,
  IOV_MAX,
  isDirectory,
  isFifo,
  isRegular,
  isSymlink,
  MAY_WRITE,
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_LARGEFILE,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDWR,
  O_TMPFILE,
  O_WRONLY,
  OFFSET_MAX,
  RW_COUNT_MAX,
  SEEK_CUR,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from '../fs/constants.ts';
import type { UserBuffers } from '../fs/io-targets.ts';
import type { WalkOptions } from '../fs/namei.ts';
import { openPath } from '../fs/open.ts';
import { claimWrite, createFile } from '../fs/open-file.ts';
import { checkPermission } from '../fs/permission.ts';
import { createUnnamedFile, tmpfsFileOperations } from '../fs/tmpfs.ts';
import { mayWrite, readFile, writeFile } from '../fs/transfer.ts';
import { isReadOnly } from '../fs/tree.ts';
import type { Mount, OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import { USER_END } from '../memory/layout.ts';
import type { Task } from '../process/task.ts';
import {
  dirfd,
  enumeration,
  fd,
  flags,
  inBuffer,
  inStruct,
  int,
  outBuffer,
  outStruct,
  path,
  size,
  uid,
  unsigned,
} from './arguments.ts';
import type { ArgumentDecoder } from './decoders.ts';
import {
  accessFlags,
  accessModes,
  adviceNames,
  atFlags,
  fallocateModes,
  memfdFlags,
  openFlags,
  readWriteFlags,
  seekWhence,
  statxFlags,
  statxMask,
} from './flags/files.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

const offset: ArgumentDecoder = { kind: 'offset' };
const octal: ArgumentDecoder = { kind: 'octal' };

// --- opening -----------------------------------------------------------------------------------------------------

const RESOLVE_NO_XDEV = 1;
const RESOLVE_NO_MAGICLINKS = 2;
const RESOLVE_NO_SYMLINKS = 4;
const RESOLVE_BENEATH = 8;
const RESOLVE_IN_ROOT = 16;
const RESOLVE_KNOWN = 63;
const OPEN_FLAGS_KNOWN = 0o37777703 | O_LARGEFILE;

function open(
  kernel: Kernel,
  task: Task,
  directory: number,
  address: number,
  flagBits: number,
  mode: number,
  options: WalkOptions,
): SyscallResult {
  const name = readPath(kernel, task, address);
  if (typeof name === 'number') return name;
  const free = task.files.free(task);
  if (free < 0) return free;
  const start = startOf(kernel, task, directory, name);
  if (typeof start === 'number') return start;
  const file = openPath(kernel, task, start, name, flagBits | O_LARGEFILE, mode, options);
  if (typeof file === 'number') return file;
  kernel.cost.execute(fsRoutines.fd_allocate);
  return task.files.add(kernel, task, file, (flagBits & O_CLOEXEC) !== 0);
}

function openat(
  kernel: Kernel,
  task: Task,
  directory: number,
  address: number,
  flagBits: number,
  mode: number,
): SyscallResult {
  return open(kernel, task, directory, address, (flagBits | 0) & OPEN_FLAGS_KNOWN, mode & 0o7777, {});
}

const OPEN_HOW_BYTES = 24;

function openat2(
  kernel: Kernel,
  task: Task,
  directory: number,
  address: number,
  how: number,
  bytes: number,
): SyscallResult {
  if (bytes < OPEN_HOW_BYTES) return -EINVAL;
  if (bytes > 4096) return -E2BIG;
  const view = task.memory?.readStruct(how, bytes) ?? null;
  if (view === null) return -EFAULT;
  for (let index = OPEN_HOW_BYTES; index < bytes; index++) if (view.getUint8(index) !== 0) return -E2BIG;
  const flagBits = Number(view.getBigUint64(0, true));
  const mode = Number(view.getBigUint64(8, true));
  const resolve = Number(view.getBigUint64(16, true));
  if (flagBits > 0xffff_ffff || ((flagBits | 0) & ~OPEN_FLAGS_KNOWN) !== 0) return -EINVAL;
  if (resolve > RESOLVE_KNOWN) return -EINVAL;
  if ((resolve & RESOLVE_BENEATH) !== 0 && (resolve & RESOLVE_IN_ROOT) !== 0) return -EINVAL;
  const makes = (flagBits & O_CREAT) !== 0 || (flagBits & (O_TMPFILE & ~O_DIRECTORY)) !== 0;
  if (makes ? (mode & ~0o7777) !== 0 || mode > 0o7777 : mode !== 0) return -EINVAL;
  if ((flagBits & O_PATH) !== 0 && (flagBits & ~(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) !== 0) return -EINVAL;
  return open(kernel, task, directory, address, flagBits, mode, {
    beneath: (resolve & RESOLVE_BENEATH) !== 0,
    inRoot: (resolve & RESOLVE_IN_ROOT) !== 0,
    noSymlinks: (resolve & RESOLVE_NO_SYMLINKS) !== 0,
    noMagicLinks: (resolve & (RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS)) !== 0,
    noMounts: (resolve & RESOLVE_NO_XDEV) !== 0,
  });
}

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const MFD_HUGETLB = 4;
const MFD_NOEXEC_SEAL = 8;
const MFD_EXEC = 16;
const MFD_NAME_MAX = 249;
const F_SEAL_SEAL = 1;

function memfdCreate(kernel: Kernel, task: Task, address: number, flagBits: number): SyscallResult {
  const bits = flagBits >>> 0;
  if ((bits & MFD_HUGETLB) !== 0 || bits > 31 || (bits & MFD_EXEC && bits & MFD_NOEXEC_SEAL)) return -EINVAL;
  const name = task.memory?.readString(address, MFD_NAME_MAX + 1) ?? -EFAULT;
  if (typeof name === 'number') return name === -EFAULT ? -EFAULT : -EINVAL;
  const mode = (bits & MFD_NOEXEC_SEAL) !== 0 ? 0o666 : 0o777;
  const inode = createUnnamedFile(kernel, kernel.vfs.rootFileSystem, mode, task);
  if (typeof inode === 'number') return inode;
  inode.seals = (bits & (MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL)) !== 0 ? 0 : F_SEAL_SEAL;
  const description = `/memfd:${name} (deleted)`;
  const file = createFile(kernel, inode, null, description, tmpfsFileOperations, O_RDWR | O_LARGEFILE);
  if (typeof file === 'number') return file;
  claimWrite(file);
  return task.files.add(kernel, task, file, (bits & MFD_CLOEXEC) !== 0);
}

// --- reading and writing -----------------------------------------------------------------------------------------

/** access_ok of Linux: the range lies in the program's half. */
function inUserRange(address: number, bytes: number): boolean {
  return address >= 0 && bytes >= 0 && address + bytes <= USER_END;
}

function rangeOf(kernel: Kernel, task: Task, address: number, count: number): UserBuffers | null {
  if (!inUserRange(address, count)) return null;
  return kernel.vfs.buffers.user.reset(task.memory!, address, Math.min(count, RW_COUNT_MAX));
}

function read(kernel: Kernel, task: Task, descriptor: number, address: number, count: number): SyscallResult {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  const target = rangeOf(kernel, task, address, count);
  if (target === null) return (file.flags & O_ACCMODE) === O_WRONLY ? -EBADF : -EFAULT;
  return readFile(kernel, task, file, target);
}

function write(kernel: Kernel, task: Task, descriptor: number, address: number, count: number): SyscallResult {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  const source = rangeOf(kernel, task, address, count);
  if (source === null) return mayWrite(file) ? -EFAULT : -EBADF;
  return writeFile(kernel, task, file, source);
}

function pread(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  address: number,
  count: number,
  position: number,
): SyscallResult {
  if (position < 0) return -EINVAL;
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  const target = rangeOf(kernel, task, address, count);
  if (target === null) return (file.flags & O_ACCMODE) === O_WRONLY ? -EBADF : -EFAULT;
  return readFile(kernel, task, file, target, position);
}

function pwrite(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  address: number,
  count: number,
  position: number,
): SyscallResult {
  if (position < 0) return -EINVAL;
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  const source = rangeOf(kernel, task, address, count);
  if (source === null) return mayWrite(file) ? -EFAULT : -EBADF;
  return writeFile(kernel, task, file, source, position);
}

/** Reads and checks an iovec array: the cursor over its ranges, or -EINVAL, -EFAULT. */
export function importVector(
  kernel: Kernel,
  task: Task,
  address: number,
  count: number,
  buffers: UserBuffers = kernel.vfs.buffers.user,
): UserBuffers | number {
  const segments = count | 0;
  if (segments < 0 || segments > IOV_MAX) return -EINVAL;
  const memory = task.memory!;
  const bases: number[] = [];
  const lengths: number[] = [];
  let total = 0;
  if (segments > 0) {
    const view = memory.readStruct(address, segments * 16);
    if (view === null) return -EFAULT;
    kernel.cost.execute(fsRoutines.iovec_import, segments);
    for (let index = 0; index < segments; index++) {
      const base = Number(view.getBigInt64(index * 16, true));
      let length = Number(view.getBigInt64(index * 16 + 8, true));
      if (length < 0) return -EINVAL;
      if (!inUserRange(base, length)) return -EFAULT;
      length = Math.min(length, RW_COUNT_MAX - total);
      bases.push(base);
      lengths.push(length);
      total += length;
    }
  }
  return buffers.resetVector(memory, bases, lengths, total);
}

const RWF_NOWAIT = 8;
const RWF_APPEND = 16;

function readVector(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  address: number,
  count: number,
  position: number,
  flagBits: number,
): SyscallResult {
  if (position < -1) return -EINVAL;
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  const target = importVector(kernel, task, address, count);
  if (typeof target === 'number') return target;
  if ((flagBits & ~31) !== 0) return -EOPNOTSUPP;
  const nonblocking = (file.flags & O_NONBLOCK) !== 0 || (flagBits & RWF_NOWAIT) !== 0;
  return readFile(kernel, task, file, target, position, nonblocking);
}

function writeVector(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  address: number,
  count: number,
  position: number,
  flagBits: number,
): SyscallResult {
  if (position < -1) return -EINVAL;
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  const source = importVector(kernel, task, address, count);
  if (typeof source === 'number') return source;
  if ((flagBits & ~31) !== 0) return -EOPNOTSUPP;
  const nonblocking = (file.flags & O_NONBLOCK) !== 0 || (flagBits & RWF_NOWAIT) !== 0;
  const append = (file.flags & O_APPEND) !== 0 || (flagBits & RWF_APPEND) !== 0;
  return writeFile(kernel, task, file, source, position, nonblocking, append);
}

function readv(kernel: Kernel, task: Task, descriptor: number, address: number, count: number): SyscallResult {
  return readVector(kernel, task, descriptor, address, count, -1, 0);
}

function writev(kernel: Kernel, task: Task, descriptor: number, address: number, count: number): SyscallResult {
  return writeVector(kernel, task, descriptor, address, count, -1, 0);
}

function preadv(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  address: number,
  count: number,
  at: number,
): SyscallResult {
  return at < 0 ? -EINVAL : readVector(kernel, task, descriptor, address, count, at, 0);
}

function pwritev(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  address: number,
  count: number,
  at: number,
): SyscallResult {
  return at < 0 ? -EINVAL : writeVector(kernel, task, descriptor, address, count, at, 0);
}

function preadv2(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  address: number,
  count: number,
  at: number,
  _high: number,
  flagBits: number,
): SyscallResult {
  return readVector(kernel, task, descriptor, address, count, at, flagBits | 0);
}

function pwritev2(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  address: number,
  count: number,
  at: number,
  _high: number,
  flagBits: number,
): SyscallResult {
  return writeVector(kernel, task, descriptor, address, count, at, flagBits | 0);
}

function lseek(kernel: Kernel, task: Task, descriptor: number, distance: number, whence: number): SyscallResult {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  const how = whence >>> 0;
  if (how > SEEK_HOLE) return -EINVAL;
  const { operations, inode } = file;
  if (operations.seekable !== true) return -ESPIPE;
  let position: number;
  switch (how) {
    case SEEK_SET:
      position = distance;
      break;
    case SEEK_CUR:
      position = file.offset + distance;
      break;
    case SEEK_END:
      if (operations.seek !== undefined && !isRegular(inode.mode)) return operations.seek(kernel, file, distance, how);
      position = inode.size + distance;
      break;
    default:
      if (!isRegular(inode.mode) || operations.seek === undefined) return -EINVAL;
      position = operations.seek(kernel, file, distance, how);
      if (position < 0) return position;
  }
  if (position < 0 || position > OFFSET_MAX) return -EINVAL;
  if (operations.seek !== undefined && !isRegular(inode.mode)) return operations.seek(kernel, file, position, SEEK_SET);
  file.offset = position;
  return position;
}

// --- attributes --------------------------------------------------------------------------------------------------

function fstat(kernel: Kernel, task: Task, descriptor: number, buffer: number): SyscallResult {
  const file = anyFileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  return putStat(kernel, task, file.inode, buffer);
}

function putStat(kernel: Kernel, task: Task, inode: OpenFile['inode'], buffer: number): SyscallResult {
  kernel.cost.execute(fsRoutines.getattr);
  kernel.cost.touch(inode.address, 128);
  inode.operations.refresh?.(kernel, inode);
  kernel.cost.execute(fsRoutines.copy_stat);
  return task.memory!.writeStruct(buffer, STAT_BYTES, (view) => writeStat(inode, view)) ? 0 : -EFAULT;
}

function newfstatat(
  kernel: Kernel,
  task: Task,
  directory: number,
  address: number,
  buffer: number,
  flagBits: number,
): SyscallResult {
  const known = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE;
  if (((flagBits | 0) & ~known) !== 0) return -EINVAL;
  const place = placeAt(kernel, task, directory, address, flagBits);
  return typeof place === 'number' ? place : putStat(kernel, task, place.inode, buffer);
}

const STATX_RESERVED = 0x8000_0000;

function statx(
  kernel: Kernel,
  task: Task,
  directory: number,
  address: number,
  flagBits: number,
  mask: number,
  buffer: number,
): SyscallResult {
  const known = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE;
  if (((flagBits | 0) & ~known) !== 0 || (mask & STATX_RESERVED) !== 0) return -EINVAL;
  if ((flagBits & AT_STATX_SYNC_TYPE) === AT_STATX_SYNC_TYPE) return -EINVAL;
  const place = placeAt(kernel, task, directory, address, flagBits);
  if (typeof place === 'number') return place;
  const { inode, dentry } = place;
  kernel.cost.execute(fsRoutines.getattr);
  kernel.cost.touch(inode.address, 128);
  inode.operations.refresh?.(kernel, inode);
  kernel.cost.execute(fsRoutines.copy_statx);
  const mount = dentry?.mount ?? null;
  const isRoot = dentry !== null && dentry.parent === null;
  return task.memory!.writeStruct(buffer, STATX_BYTES, (view) => writeStatx(inode, mount, isRoot, view)) ? 0 : -EFAULT;
}

const ST_RELATIME = 0x1000;
const ST_VALID = 0x20;

function putStatfs(
  kernel: Kernel,
  task: Task,
  inode: OpenFile['inode'],
  mount: Mount | null,
  buffer: number,
): SyscallResult {
  kernel.cost.execute(fsRoutines.statfs);
  const { fileSystem } = inode;
  const values = fileSystem.statfs(kernel);
  const written = task.memory!.writeStruct(buffer, 120, (view) => {
    const put = (at: number, value: number): void => view.setBigInt64(at, BigInt(value), true);
    put(0, values.type);
    put(8, values.blockSize);
    put(16, values.blocks);
    put(24, values.blocksFree);
    put(32, values.blocksFree);
    put(40, values.files);
    put(48, values.filesFree);
    view.setUint32(56, fileSystem.device, true);
    put(64, values.nameLength);
    put(72, values.blockSize);
    put(80, ST_VALID | ST_RELATIME | (mount !== null && isReadOnly(mount) ? 1 : 0));
  });
  return written ? 0 : -EFAULT;
}

function statfs(kernel: Kernel, task: Task, address: number, buffer: number): SyscallResult {
  const place = placeAt(kernel, task, AT_FDCWD, address, 0);
  if (typeof place === 'number') return place;
  return putStatfs(kernel, task, place.inode, place.dentry?.mount ?? null, buffer);
}

function fstatfs(kernel: Kernel, task: Task, descriptor: number, buffer: number): SyscallResult {
  const file = anyFileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  return putStatfs(kernel, task, file.inode, file.dentry?.mount ?? null, buffer);
}

function access(
  kernel: Kernel,
  task: Task,
  directory: number,
  address: number,
  mode: number,
  flagBits: number,
): SyscallResult {
  if ((mode & ~7) !== 0 || (flagBits & ~(AT_SYMLINK_NOFOLLOW | AT_EACCESS | AT_EMPTY_PATH)) !== 0) return -EINVAL;
  const effective = task.credentials;
  const place = placeAt(kernel, task, directory, address, flagBits);
  if (typeof place === 'number') return place;
  kernel.cost.execute(fsRoutines.access_check);
  const { inode, dentry } = place;
  const real =
    (flagBits & AT_EACCESS) !== 0
      ? effective
      : effective.with({
          fsuid: effective.uid,
          fsgid: effective.gid,
          effective: effective.uid === 0 ? effective.permitted : 0n,
        });
  if (mode === 0) return 0;
  const denied = checkPermission(inode, real, mode & 7);
  if (denied !== 0) return denied;
  const type = inode.mode;
  if (
    (mode & MAY_WRITE) !== 0 &&
    dentry !== null &&
    isReadOnly(dentry.mount) &&
    (isRegular(type) || isDirectory(type))
  ) {
    return -EROFS;
  }
  return 0;
}

function faccessat(kernel: Kernel, task: Task, directory: number, address: number, mode: number): SyscallResult {
  return access(kernel, task, directory, address, mode | 0, 0);
}

function faccessat2(
  kernel: Kernel,
  task: Task,
  directory: number,
  address: number,
  mode: number,
  flagBits: number,
): SyscallResult {
  return access(kernel, task, directory, address, mode | 0, flagBits | 0);
}

function fchmod(kernel: Kernel, task: Task, descriptor: number, mode: number): SyscallResult {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  return changeMode(kernel, task, file.inode, file.dentry, mode);
}

function fchmodat(kernel: Kernel, task: Task, directory: number, address: number, mode: number): SyscallResult {
  return fchmodat2(kernel, task, directory, address, mode, 0);
}

function fchmodat2(
  kernel: Kernel,
  task: Task,
  directory: number,
  address: number,
  mode: number,
  flagBits: number,
): SyscallResult {
  if ((flagBits & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) return -EINVAL;
  const place = placeAt(kernel, task, directory, address, flagBits);
  if (typeof place === 'number') return place;
  if (isSymlink(place.inode.mode)) return -EOPNOTSUPP;
  return changeMode(kernel, task, place.inode, place.dentry, mode);
}

function fchown(kernel: Kernel, task: Task, descriptor: number, user: number, group: number): SyscallResult {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  return changeOwner(kernel, task, file.inode, file.dentry, user, group);
}

function fchownat(
  kernel: Kernel,
  task: Task,
  directory: number,
  address: number,
  user: number,
  group: number,
  flagBits: number,
): SyscallResult {
  if ((flagBits & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) return -EINVAL;
  const place = placeAt(kernel, task, directory, address, flagBits);
  if (typeof place === 'number') return place;
  return changeOwner(kernel, task, place.inode, place.dentry, user, group);
}

const UTIME_NOW = 0x3fff_ffff;
const UTIME_OMIT = 0x3fff_fffe;

function newTime(view: DataView, at: number): NewTime | undefined {
  const seconds = view.getBigInt64(at, true);
  const nanoseconds = Number(view.getBigInt64(at + 8, true));
  if (nanoseconds === UTIME_NOW) return 'now';
  if (nanoseconds === UTIME_OMIT) return null;
  if (nanoseconds < 0 || nanoseconds >= 1_000_000_000) return undefined;
  return seconds * 1_000_000_000n + BigInt(nanoseconds);
}

function utimensat(
  kernel: Kernel,
  task: Task,
  directory: number,
  address: number,
  times: number,
  flagBits: number,
): SyscallResult {
  if ((flagBits & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) return -EINVAL;
  let atime: NewTime = 'now';
  let mtime: NewTime = 'now';
  if (times !== 0) {
    const view = task.memory?.readStruct(times, 32) ?? null;
    if (view === null) return -EFAULT;
    const first = newTime(view, 0);
    const second = newTime(view, 16);
    if (first === undefined || second === undefined) return -EINVAL;
    atime = first;
    mtime = second;
  }
  if (address === 0 && (directory | 0) !== AT_FDCWD) {
    const file = fileOf(kernel, task, directory);
    if (file === null) return -EBADF;
    return changeTimes(kernel, task, file.inode, file.dentry, atime, mtime);
  }
  const place = placeAt(kernel, task, directory, address, flagBits);
  if (typeof place === 'number') return place;
  return changeTimes(kernel, task, place.inode, place.dentry, atime, mtime);
}

function truncate(kernel: Kernel, task: Task, address: number, length: number): SyscallResult {
  if (length < 0) return -EINVAL;
  const place = placeAt(kernel, task, AT_FDCWD, address, 0);
  if (typeof place === 'number') return place;
  const { inode, dentry } = place;
  if (isDirectory(inode.mode)) return -EISDIR;
  if (!isRegular(inode.mode)) return -EINVAL;
  const denied = checkPermission(inode, task.credentials, MAY_WRITE);
  if (denied !== 0) return denied;
  if (dentry !== null && isReadOnly(dentry.mount)) return -EROFS;
  return truncateInode(kernel, task, inode, dentry, length);
}

function ftruncate(kernel: Kernel, task: Task, descriptor: number, length: number): SyscallResult {
  if (length < 0) return -EINVAL;
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  if (!isRegular(file.inode.mode) || !mayWrite(file)) return -EINVAL;
  return truncateInode(kernel, task, file.inode, file.dentry, length);
}

function fallocate(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  mode: number,
  start: number,
  length: number,
): SyscallResult {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  if (start < 0 || length <= 0) return -EINVAL;
  if (((mode | 0) & ~0x7f) !== 0) return -EOPNOTSUPP;
  if (!mayWrite(file)) return -EBADF;
  if (isFifo(file.inode.mode)) return -ESPIPE;
  if (isDirectory(file.inode.mode)) return -EISDIR;
  if (!isRegular(file.inode.mode)) return -ENODEV;
  if (start + length > OFFSET_MAX) return -EFBIG;
  if (file.operations.allocate === undefined) return -EOPNOTSUPP;
  return file.operations.allocate(kernel, file, mode | 0, start, length);
}

function fadvise64(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  _offset: number,
  length: number,
  advice: number,
): SyscallResult {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  if (isFifo(file.inode.mode)) return -ESPIPE;
  return length < 0 || advice < 0 || advice > 5 ? -EINVAL : 0;
}

function readahead(kernel: Kernel, task: Task, descriptor: number): SyscallResult {
  const file = fileOf(kernel, task, descriptor);
  if (file === null || (file.flags & O_ACCMODE) === O_WRONLY) return -EBADF;
  return isRegular(file.inode.mode) ? 0 : -EINVAL;
}

// --- durability --------------------------------------------------------------------------------------------------

function synchronize(kernel: Kernel, task: Task, descriptor: number, dataOnly: boolean): SyscallResult {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  kernel.cost.execute(fsRoutines.sync);
  if (file.operations.sync === undefined) return -EINVAL;
  return file.operations.sync(kernel, file, dataOnly);
}

function fsync(kernel: Kernel, task: Task, descriptor: number): SyscallResult {
  return synchronize(kernel, task, descriptor, false);
}

function fdatasync(kernel: Kernel, task: Task, descriptor: number): SyscallResult {
  return synchronize(kernel, task, descriptor, true);
}

function sync(kernel: Kernel): SyscallResult {
  for (const mount of kernel.vfs.mounts) mount.fileSystem.sync?.(kernel);
  return 0;
}

function syncfs(kernel: Kernel, task: Task, descriptor: number): SyscallResult {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  return file.inode.fileSystem.sync?.(kernel) ?? 0;
}

function syncFileRange(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  start: number,
  length: number,
  flagBits: number,
): SyscallResult {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  if ((flagBits & ~7) !== 0 || start < 0 || length < 0) return -EINVAL;
  if (!isRegular(file.inode.mode) && !isDirectory(file.inode.mode)) return -ESPIPE;
  return 0;
}

function umask(_kernel: Kernel, task: Task, mask: number): SyscallResult {
  const old = task.fs.umask;
  task.fs.umask = mask & 0o777;
  return old;
}

const openingFlags = flags(openFlags);
const cost = fsRoutines.sys_read;
const call = fsRoutines.descriptor_call;

export const fileSyscalls: readonly SyscallRow[] = [
  { number: 43, name: 'statfs', arguments: [path, outStruct('statfs')], handler: statfs, cost: call },
  { number: 44, name: 'fstatfs', arguments: [fd, outStruct('statfs')], handler: fstatfs, cost: call },
  { number: 45, name: 'truncate', arguments: [path, offset], handler: truncate, cost: call },
  { number: 46, name: 'ftruncate', arguments: [fd, offset], handler: ftruncate, cost: call },
  {
    number: 47,
    name: 'fallocate',
    arguments: [fd, flags(fallocateModes), offset, offset],
    handler: fallocate,
    cost: call,
  },
  { number: 48, name: 'faccessat', arguments: [dirfd, path, flags(accessModes)], handler: faccessat, cost: call },
  { number: 52, name: 'fchmod', arguments: [fd, octal], handler: fchmod, cost: call },
  { number: 53, name: 'fchmodat', arguments: [dirfd, path, octal], handler: fchmodat, cost: call },
  { number: 54, name: 'fchownat', arguments: [dirfd, path, uid, uid, flags(atFlags)], handler: fchownat, cost: call },
  { number: 55, name: 'fchown', arguments: [fd, uid, uid], handler: fchown, cost: call },
  {
    number: 56,
    name: 'openat',
    arguments: [dirfd, path, openingFlags, octal],
    result: 'fd',
    handler: openat,
    cost: call,
  },
  {
    number: 62,
    name: 'lseek',
    arguments: [fd, offset, enumeration(seekWhence, 'SEEK_???')],
    handler: lseek,
    cost: fsRoutines.sys_lseek,
  },
  { number: 63, name: 'read', arguments: [fd, outBuffer, size], handler: read, cost },
  { number: 64, name: 'write', arguments: [fd, inBuffer(2), size], handler: write, cost },
  { number: 65, name: 'readv', arguments: [fd, outStruct('iovecs'), int], handler: readv, cost },
  { number: 66, name: 'writev', arguments: [fd, inStruct('iovecs'), int], handler: writev, cost },
  { number: 67, name: 'pread64', arguments: [fd, outBuffer, size, offset], handler: pread, cost },
  { number: 68, name: 'pwrite64', arguments: [fd, inBuffer(2), size, offset], handler: pwrite, cost },
  { number: 69, name: 'preadv', arguments: [fd, outStruct('iovecs'), int, offset], handler: preadv, cost },
  { number: 70, name: 'pwritev', arguments: [fd, inStruct('iovecs'), int, offset], handler: pwritev, cost },
  {
    number: 79,
    name: 'newfstatat',
    arguments: [dirfd, path, outStruct('stat'), flags(atFlags)],
    handler: newfstatat,
    cost: call,
  },
  { number: 80, name: 'fstat', arguments: [fd, outStruct('stat')], handler: fstat, cost: call },
  { number: 81, name: 'sync', arguments: [], handler: sync, cost: fsRoutines.sync },
  { number: 82, name: 'fsync', arguments: [fd], handler: fsync, cost: call },
  { number: 83, name: 'fdatasync', arguments: [fd], handler: fdatasync, cost: call },
  {
    number: 84,
    name: 'sync_file_range',
    arguments: [fd, offset, offset, unsigned],
    handler: syncFileRange,
    cost: call,
  },
  {
    number: 88,
    name: 'utimensat',
    arguments: [dirfd, path, inStruct('timespec'), flags(atFlags)],
    handler: utimensat,
    cost: call,
  },
  { number: 166, name: 'umask', arguments: [octal], result: 'octal', handler: umask, cost: call },
  { number: 213, name: 'readahead', arguments: [fd, offset, size], handler: readahead, cost: call },
  {
    number: 223,
    name: 'fadvise64',
    arguments: [fd, offset, offset, enumeration(adviceNames, 'POSIX_FADV_???')],
    handler: fadvise64,
    cost: call,
  },
  { number: 267, name: 'syncfs', arguments: [fd], handler: syncfs, cost: call },
  {
    number: 279,
    name: 'memfd_create',
    arguments: [{ kind: 'string' }, flags(memfdFlags)],
    result: 'fd',
    handler: memfdCreate,
    cost: fsRoutines.inode_create,
  },
  {
    number: 286,
    name: 'preadv2',
    arguments: [fd, outStruct('iovecs'), int, offset, int, flags(readWriteFlags)],
    handler: preadv2,
    cost,
  },
  {
    number: 287,
    name: 'pwritev2',
    arguments: [fd, inStruct('iovecs'), int, offset, int, flags(readWriteFlags)],
    handler: pwritev2,
    cost,
  },
  {
    number: 291,
    name: 'statx',
    arguments: [dirfd, path, flags(statxFlags), flags(statxMask), outStruct('statx')],
    handler: statx,
    cost: call,
  },
  {
    number: 437,
    name: 'openat2',
    arguments: [dirfd, path, inStruct('openHow'), size],
    result: 'fd',
    handler: openat2,
    cost: call,
  },
  {
    number: 439,
    name: 'faccessat2',
    arguments: [dirfd, path, flags(accessModes), flags(accessFlags)],
    handler: faccessat2,
    cost: call,
  },
  { number: 452, name: 'fchmodat2', arguments: [dirfd, path, octal, flags(atFlags)], handler: fchmodat2, cost: call },
];
