// System calls on attributes: stat(2), statx(2), statfs(2), access(2), chmod(2), chown(2), utimensat(2), truncate(2), umask(2).

import { fsRoutines } from '../cost/routines/fs.ts';
import { EBADF, EFAULT, EINVAL, EISDIR, EOPNOTSUPP, EROFS } from '../errno.ts';
import { anyFileOf, fileOf, placeAt } from '../fs/at.ts';
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
  isDirectory,
  isRegular,
  isSymlink,
  MAY_WRITE,
} from '../fs/constants.ts';
import { checkPermission } from '../fs/permission.ts';
import { mayWrite } from '../fs/transfer.ts';
import { isReadOnly } from '../fs/tree.ts';
import type { Mount, OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { dirfd, fd, flags, inStruct, outStruct, path, uid } from './arguments.ts';
import type { ArgumentDecoder } from './decoders.ts';
import { accessFlags, accessModes, atFlags, statxFlags, statxMask } from './flags/files.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

const offset: ArgumentDecoder = { kind: 'offset' };
const octal: ArgumentDecoder = { kind: 'octal' };

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

function umask(_kernel: Kernel, task: Task, mask: number): SyscallResult {
  const old = task.fs.umask;
  task.fs.umask = mask & 0o777;
  return old;
}

const call = fsRoutines.descriptor_call;

export const attributeSyscalls: readonly SyscallRow[] = [
  { number: 43, name: 'statfs', arguments: [path, outStruct('statfs')], handler: statfs, cost: call },
  { number: 44, name: 'fstatfs', arguments: [fd, outStruct('statfs')], handler: fstatfs, cost: call },
  { number: 45, name: 'truncate', arguments: [path, offset], handler: truncate, cost: call },
  { number: 46, name: 'ftruncate', arguments: [fd, offset], handler: ftruncate, cost: call },
  { number: 48, name: 'faccessat', arguments: [dirfd, path, flags(accessModes)], handler: faccessat, cost: call },
  { number: 52, name: 'fchmod', arguments: [fd, octal], handler: fchmod, cost: call },
  { number: 53, name: 'fchmodat', arguments: [dirfd, path, octal], handler: fchmodat, cost: call },
  { number: 54, name: 'fchownat', arguments: [dirfd, path, uid, uid, flags(atFlags)], handler: fchownat, cost: call },
  { number: 55, name: 'fchown', arguments: [fd, uid, uid], handler: fchown, cost: call },
  {
    number: 79,
    name: 'newfstatat',
    arguments: [dirfd, path, outStruct('stat'), flags(atFlags)],
    handler: newfstatat,
    cost: call,
  },
  { number: 80, name: 'fstat', arguments: [fd, outStruct('stat')], handler: fstat, cost: call },
  {
    number: 88,
    name: 'utimensat',
    arguments: [dirfd, path, inStruct('timespec'), flags(atFlags)],
    handler: utimensat,
    cost: call,
  },
  { number: 166, name: 'umask', arguments: [octal], result: 'octal', handler: umask, cost: call },
  {
    number: 291,
    name: 'statx',
    arguments: [dirfd, path, flags(statxFlags), flags(statxMask), outStruct('statx')],
    handler: statx,
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
