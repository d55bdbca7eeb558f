// System calls on descriptors and descriptions: dup, close, fcntl(2), flock, ioctl.

import { fsRoutines } from '../cost/routines/fs.ts';
import { EAGAIN, EBADF, EBUSY, EFAULT, EINVAL, EMFILE, ENOTDIR, ENOTTY, EOVERFLOW, EPERM, ESRCH } from '../errno.ts';
import { anyFileOf, fileOf } from '../fs/at.ts';
import {
  isDirectory,
  isRegular,
  O_ASYNC,
  O_CLOEXEC,
  O_NOATIME,
  O_NONBLOCK,
  O_PATH,
  O_SETFL,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
} from '../fs/constants.ts';
import {
  beginWait,
  conflictingRange,
  endWait,
  type LockOwner,
  type LockType,
  setFlock,
  setRange,
} from '../fs/locks.ts';
import { releaseFile, retainFile } from '../fs/open-file.ts';
import { checkOwner } from '../fs/permission.ts';
import { pipeOf } from '../fs/pipe.ts';
import type { TmpfsInode } from '../fs/tmpfs.ts';
import { mayRead, mayWrite } from '../fs/transfer.ts';
import type { OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import { RLIMIT_NOFILE } from '../process/limits.ts';
import type { Task } from '../process/task.ts';
import { enumeration, fd, flags, hex, unsigned } from './arguments.ts';
import { closeRangeFlags, fcntlCommands, flockOperations, openFlags } from './flags/files.ts';
import { BLOCKED, type SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

// --- numbers -----------------------------------------------------------------------------------------------------

function dup(kernel: Kernel, task: Task, descriptor: number): SyscallResult {
  const file = anyFileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  kernel.cost.execute(fsRoutines.fd_duplicate);
  return task.files.add(kernel, task, retainFile(file));
}

function dup3(kernel: Kernel, task: Task, old: number, wanted: number, flagBits: number): SyscallResult {
  if ((flagBits & ~O_CLOEXEC) !== 0 || (old | 0) === (wanted | 0)) return -EINVAL;
  const target = wanted >>> 0;
  if (target >= task.group.limits.soft(RLIMIT_NOFILE)) return -EBADF;
  const file = anyFileOf(kernel, task, old);
  if (file === null) return -EBADF;
  kernel.cost.execute(fsRoutines.fd_duplicate);
  retainFile(file);
  task.files.close(kernel, target);
  if (task.files.install(kernel, target, file, (flagBits & O_CLOEXEC) !== 0)) return target;
  releaseFile(kernel, file);
  return -EMFILE;
}

function close(kernel: Kernel, task: Task, descriptor: number): SyscallResult {
  kernel.cost.execute(fsRoutines.fd_close);
  const file = task.files.get(descriptor | 0);
  if (file === null) return -EBADF;
  kernel.cost.touch(task.files.slotAddress(descriptor | 0), 8, 'write');
  kernel.cost.touch(file.address, 64, 'write');
  if (file.references === 1) kernel.cost.execute(fsRoutines.file_release);
  task.files.close(kernel, descriptor | 0);
  return 0;
}

const CLOSE_RANGE_UNSHARE = 2;
const CLOSE_RANGE_CLOEXEC = 4;

function closeRange(kernel: Kernel, task: Task, first: number, last: number, flagBits: number): SyscallResult {
  if ((flagBits & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) !== 0) return -EINVAL;
  const from = first >>> 0;
  const to = last >>> 0;
  if (from > to) return -EINVAL;
  if ((flagBits & CLOSE_RANGE_UNSHARE) !== 0 && task.files.references > 1) {
    const own = task.files.fork(kernel);
    task.files.release(kernel);
    task.files = own;
  }
  const end = Math.min(to, task.files.length - 1);
  for (let descriptor = from; descriptor <= end; descriptor++) {
    if (task.files.get(descriptor) === null) continue;
    if ((flagBits & CLOSE_RANGE_CLOEXEC) !== 0) task.files.setCloseOnExec(descriptor, true);
    else close(kernel, task, descriptor);
  }
  return 0;
}

// --- fcntl -------------------------------------------------------------------------------------------------------

const F_DUPFD = 0;
const F_GETFD = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const F_GETLK = 5;
const F_SETLK = 6;
const F_SETLKW = 7;
const F_SETOWN = 8;
const F_GETOWN = 9;
const F_SETSIG = 10;
const F_GETSIG = 11;
const F_SETOWN_EX = 15;
const F_GETOWN_EX = 16;
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_OFD_SETLKW = 38;
const F_SETLEASE = 1024;
const F_GETLEASE = 1025;
const F_NOTIFY = 1026;
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
const F_GETPIPE_SZ = 1032;
const F_ADD_SEALS = 1033;
const F_GET_SEALS = 1034;

const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;

/** Commands that an O_PATH descriptor allows. */
const PATH_COMMANDS = new Set([F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL]);

function fcntl(kernel: Kernel, task: Task, descriptor: number, command: number, argument: number): SyscallResult {
  const file = anyFileOf(kernel, task, descriptor);
  const operation = command | 0;
  if (file === null || ((file.flags & O_PATH) !== 0 && !PATH_COMMANDS.has(operation))) return -EBADF;
  const { files } = task;
  switch (operation) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: {
      const minimum = argument | 0;
      if (minimum < 0 || minimum >= task.group.limits.soft(RLIMIT_NOFILE)) return -EINVAL;
      kernel.cost.execute(fsRoutines.fd_duplicate);
      return files.add(kernel, task, retainFile(file), operation === F_DUPFD_CLOEXEC, minimum);
    }
    case F_GETFD:
      return files.isCloseOnExec(descriptor | 0) ? 1 : 0;
    case F_SETFD:
      files.setCloseOnExec(descriptor | 0, (argument & 1) !== 0);
      return 0;
    case F_GETFL:
      return file.flags;
    case F_SETFL:
      return setStatusFlags(task, file, argument | 0);
    case F_GETLK:
      return getLock(task, file, argument, files);
    case F_SETLK:
    case F_SETLKW:
      return setLock(kernel, task, file, argument, files, operation === F_SETLKW);
    case F_OFD_GETLK:
      return getLock(task, file, argument, file);
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
      return setLock(kernel, task, file, argument, file, operation === F_OFD_SETLKW);
    case F_SETOWN: {
      const owner = argument | 0;
      if (owner !== 0 && !ownerExists(kernel, owner)) return -ESRCH;
      file.owner = owner;
      return 0;
    }
    case F_GETOWN:
      return file.owner;
    case F_GETOWN_EX: {
      const type = file.owner < 0 ? 2 : 1;
      const written = task.memory!.writeStruct(argument, 8, (view) => {
        view.setInt32(0, type, true);
        view.setInt32(4, Math.abs(file.owner), true);
      });
      return written ? 0 : -EFAULT;
    }
    case F_SETOWN_EX: {
      const view = task.memory!.readStruct(argument, 8);
      if (view === null) return -EFAULT;
      const type = view.getInt32(0, true);
      if (type < 0 || type > 2) return -EINVAL;
      const owner = view.getInt32(4, true) * (type === 2 ? -1 : 1);
      if (owner !== 0 && !ownerExists(kernel, owner)) return -ESRCH;
      file.owner = owner;
      return 0;
    }
    case F_SETSIG:
      return argument < 0 || argument > 64 ? -EINVAL : 0;
    case F_GETSIG:
      return 0;
    case F_GETLEASE:
      return F_UNLCK;
    case F_SETLEASE:
      if (!isRegular(file.inode.mode)) return -EINVAL;
      return argument === F_UNLCK ? -EAGAIN : -EINVAL;
    case F_NOTIFY:
      return isDirectory(file.inode.mode) ? -EINVAL : -ENOTDIR;
    case F_SETPIPE_SZ:
      return pipeOf(file)?.resize(kernel, argument >>> 0, task) ?? -EBADF;
    case F_GETPIPE_SZ: {
      const pipe = pipeOf(file);
      return pipe === null ? -EBADF : pipe.slots * 4096;
    }
    case F_ADD_SEALS:
      return addSeals(file, argument);
    case F_GET_SEALS: {
      const seals = (file.inode as Partial<TmpfsInode>).seals;
      return seals === undefined || seals < 0 ? -EINVAL : seals;
    }
    default:
      return -EINVAL;
  }
}

function ownerExists(kernel: Kernel, owner: number): boolean {
  return owner > 0 ? kernel.tasks.get(owner) !== undefined : kernel.tasks.processGroup(-owner) !== undefined;
}

function setStatusFlags(task: Task, file: OpenFile, wanted: number): number {
  const changed = (file.flags ^ wanted) & O_SETFL;
  if ((changed & O_NOATIME) !== 0 && (wanted & O_NOATIME) !== 0) {
    const denied = checkOwner(file.inode, task.credentials);
    if (denied !== 0) return denied;
  }
  file.flags = (file.flags & ~O_SETFL) | (wanted & O_SETFL);
  return 0;
}

const F_SEAL_SEAL = 0x1;
const F_SEAL_WRITE = 0x8;
const F_SEALS_KNOWN = 0x3f;

function addSeals(file: OpenFile, wanted: number): number {
  if (!mayWrite(file)) return -EPERM;
  if ((wanted & ~F_SEALS_KNOWN) !== 0) return -EINVAL;
  const inode = file.inode as Partial<TmpfsInode>;
  if (inode.seals === undefined || inode.seals < 0) return -EINVAL;
  if ((inode.seals & F_SEAL_SEAL) !== 0) return -EPERM;
  if ((wanted & F_SEAL_WRITE) !== 0 && file.references > 1 && file.inode.opens > 1) return -EBUSY;
  inode.seals |= wanted;
  return 0;
}

// --- record locks ------------------------------------------------------------------------------------------------

interface Flock {
  readonly type: number;
  readonly start: number;
  readonly end: number;
  readonly pid: number;
}

/** struct flock made absolute; -EFAULT, -EINVAL, -EOVERFLOW. */
function readFlock(task: Task, file: OpenFile, address: number): Flock | number {
  const view = task.memory!.readStruct(address, 32);
  if (view === null) return -EFAULT;
  const type = view.getInt16(0, true);
  const whence = view.getInt16(2, true);
  const length = Number(view.getBigInt64(16, true));
  let start = Number(view.getBigInt64(8, true));
  if (whence === SEEK_CUR) start += file.offset;
  else if (whence === SEEK_END) start += file.inode.size;
  else if (whence !== SEEK_SET) return -EINVAL;
  let end = length === 0 ? Infinity : start + length - 1;
  if (length < 0) {
    end = start - 1;
    start += length;
  }
  if (start < 0) return -EINVAL;
  if (end !== Infinity && end > Number.MAX_SAFE_INTEGER * 1024) return -EOVERFLOW;
  return { type, start, end, pid: view.getInt32(24, true) };
}

function getLock(task: Task, file: OpenFile, address: number, owner: LockOwner): number {
  const wanted = readFlock(task, file, address);
  if (typeof wanted === 'number') return wanted;
  if (wanted.type !== F_RDLCK && wanted.type !== F_WRLCK) return -EINVAL;
  if (owner === file && wanted.pid !== 0) return -EINVAL;
  const type: LockType = wanted.type === F_WRLCK ? 'write' : 'read';
  const lock = conflictingRange(file.inode, { owner, pid: 0, type, start: wanted.start, end: wanted.end });
  const memory = task.memory!;
  if (lock === null) return memory.write(address, Uint8Array.of(F_UNLCK, 0)) ? 0 : -EFAULT;
  const written = memory.writeStruct(address, 32, (view) => {
    view.setInt16(0, lock.type === 'write' ? F_WRLCK : F_RDLCK, true);
    view.setInt16(2, SEEK_SET, true);
    view.setBigInt64(8, BigInt(lock.start), true);
    view.setBigInt64(16, lock.end === Infinity ? 0n : BigInt(lock.end - lock.start + 1), true);
    view.setInt32(24, lock.pid, true);
  });
  return written ? 0 : -EFAULT;
}

function setLock(
  kernel: Kernel,
  task: Task,
  file: OpenFile,
  address: number,
  owner: LockOwner,
  waits: boolean,
): SyscallResult {
  kernel.cost.execute(fsRoutines.lock);
  endWait(kernel, owner);
  const wanted = readFlock(task, file, address);
  if (typeof wanted === 'number') return wanted;
  if (owner === file && wanted.pid !== 0) return -EINVAL;
  const range = { owner, pid: owner === file ? -1 : task.pid, start: wanted.start, end: wanted.end };
  switch (wanted.type) {
    case F_UNLCK:
      return setRange(kernel, file.inode, range, null);
    case F_RDLCK:
      if (!mayRead(file)) return -EBADF;
      break;
    case F_WRLCK:
      if (!mayWrite(file)) return -EBADF;
      break;
    default:
      return -EINVAL;
  }
  const type: LockType = wanted.type === F_WRLCK ? 'write' : 'read';
  const result = setRange(kernel, file.inode, range, type);
  if (result !== -EAGAIN || !waits) return result;
  const blocker = conflictingRange(file.inode, { ...range, type })!;
  const resume = {};
  if (owner !== file) {
    const circular = beginWait(kernel, task, owner, blocker.owner, resume);
    if (circular !== 0) return circular;
  }
  const outcome = kernel.block(task, file.inode.locks!.queue, Infinity, resume);
  if (outcome !== BLOCKED) endWait(kernel, owner);
  return outcome;
}

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;

function flock(kernel: Kernel, task: Task, descriptor: number, operation: number): SyscallResult {
  const kind = operation & ~LOCK_NB;
  if (kind !== LOCK_SH && kind !== LOCK_EX && kind !== LOCK_UN) return -EINVAL;
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  kernel.cost.execute(fsRoutines.lock);
  const result = setFlock(kernel, file, kind === LOCK_UN ? null : kind === LOCK_EX ? 'write' : 'read');
  if (result !== -EAGAIN || (operation & LOCK_NB) !== 0) return result;
  return kernel.block(task, file.inode.locks!.queue, Infinity, null);
}

// --- ioctl -------------------------------------------------------------------------------------------------------

const FIONREAD = 0x541b;
const FIONBIO = 0x5421;
const FIONCLEX = 0x5450;
const FIOCLEX = 0x5451;
const FIOASYNC = 0x5452;
const FIOQSIZE = 0x5460;
const FIGETBSZ = 2;

function ioctl(kernel: Kernel, task: Task, descriptor: number, request: number, argument: number): SyscallResult {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  const memory = task.memory!;
  switch (request >>> 0) {
    case FIOCLEX:
      task.files.setCloseOnExec(descriptor | 0, true);
      return 0;
    case FIONCLEX:
      task.files.setCloseOnExec(descriptor | 0, false);
      return 0;
    case FIONBIO:
    case FIOASYNC: {
      const on = memory.readU32(argument);
      if (on === null) return -EFAULT;
      const bit = request >>> 0 === FIONBIO ? O_NONBLOCK : O_ASYNC;
      file.flags = on === 0 ? file.flags & ~bit : file.flags | bit;
      return 0;
    }
    case FIGETBSZ:
      return memory.writeU32(argument, 4096) ? 0 : -EFAULT;
    case FIOQSIZE:
      if (!isRegular(file.inode.mode) && !isDirectory(file.inode.mode)) return -ENOTTY;
      return memory.writeLong(argument, file.inode.size) ? 0 : -EFAULT;
    case FIONREAD:
      if (!isRegular(file.inode.mode)) break;
      return memory.writeU32(argument, Math.max(0, file.inode.size - file.offset)) ? 0 : -EFAULT;
  }
  return file.operations.ioctl?.(kernel, file, task, request >>> 0, argument) ?? -ENOTTY;
}

const cost = fsRoutines.fcntl;

export const descriptorSyscalls: readonly SyscallRow[] = [
  { number: 23, name: 'dup', arguments: [fd], result: 'fd', handler: dup, cost },
  { number: 24, name: 'dup3', arguments: [fd, fd, flags(openFlags.slice(2), '0')], result: 'fd', handler: dup3, cost },
  {
    number: 25,
    name: 'fcntl',
    arguments: [fd, enumeration(fcntlCommands, 'F_???'), hex],
    handler: fcntl,
    cost,
    support: { partial: 'no leases, no directory notification; F_SETOWN and F_SETSIG are kept, SIGIO is not sent' },
  },
  {
    number: 29,
    name: 'ioctl',
    arguments: [fd, { kind: 'ioctl' }, { kind: 'ioctl' }],
    handler: ioctl,
    cost: fsRoutines.ioctl,
  },
  { number: 32, name: 'flock', arguments: [fd, flags(flockOperations)], handler: flock, cost },
  { number: 57, name: 'close', arguments: [fd], handler: close, cost: fsRoutines.descriptor_call },
  {
    number: 436,
    name: 'close_range',
    arguments: [unsigned, unsigned, flags(closeRangeFlags)],
    handler: closeRange,
    cost,
  },
];
