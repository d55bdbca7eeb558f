// System calls that open files and keep them: openat(2), openat2(2), memfd_create(2); allocation and advice; fsync(2) and relatives.

import { fsRoutines } from '../cost/routines/fs.ts';
import { E2BIG, EBADF, EFAULT, EFBIG, EINVAL, EISDIR, ENODEV, EOPNOTSUPP, ESPIPE } from '../errno.ts';
import { fileOf, readPath, startOf } from '../fs/at.ts';
import {
  isDirectory,
  isFifo,
  isRegular,
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_LARGEFILE,
  O_NOFOLLOW,
  O_PATH,
  O_RDWR,
  O_TMPFILE,
  O_WRONLY,
  OFFSET_MAX,
} from '../fs/constants.ts';
import type { WalkOptions } from '../fs/namei.ts';
import { openPath } from '../fs/open.ts';
import { claimWrite, createFile } from '../fs/open-file.ts';
import { createUnnamedFile } from '../fs/tmpfs.ts';
import { tmpfsFileOperations } from '../fs/tmpfs-file.ts';
import { mayWrite } from '../fs/transfer.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { dirfd, enumeration, fd, flags, inStruct, path, size, unsigned } from './arguments.ts';
import type { ArgumentDecoder } from './decoders.ts';
import { adviceNames, fallocateModes, memfdFlags, openFlags } from './flags/files.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

const offset: ArgumentDecoder = { kind: 'offset' };
const octal: ArgumentDecoder = { kind: 'octal' };

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

const openingFlags = flags(openFlags);

const call = fsRoutines.descriptor_call;

export const fileSyscalls: readonly SyscallRow[] = [
  {
    number: 47,
    name: 'fallocate',
    arguments: [fd, flags(fallocateModes), offset, offset],
    handler: fallocate,
    cost: call,
  },
  {
    number: 56,
    name: 'openat',
    arguments: [dirfd, path, openingFlags, octal],
    result: 'fd',
    handler: openat,
    cost: call,
  },
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
    number: 437,
    name: 'openat2',
    arguments: [dirfd, path, inStruct('openHow'), size],
    result: 'fd',
    handler: openat2,
    cost: call,
  },
];
