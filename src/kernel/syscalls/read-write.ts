// System calls that move bytes between a program and a file: read(2), readv(2), pread(2) and their relatives, lseek(2).

import { fsRoutines } from '../cost/routines/fs.ts';
import { EBADF, EFAULT, EINVAL, EOPNOTSUPP, ESPIPE } from '../errno.ts';
import { fileOf } from '../fs/at.ts';
import {
  IOV_MAX,
  isRegular,
  O_ACCMODE,
  O_APPEND,
  O_NONBLOCK,
  O_WRONLY,
  OFFSET_MAX,
  RW_COUNT_MAX,
  SEEK_CUR,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from '../fs/constants.ts';
import type { UserBuffers } from '../fs/io-targets.ts';
import { mayWrite, readFile, writeFile } from '../fs/transfer.ts';
import type { Kernel } from '../kernel.ts';
import { USER_END } from '../memory/layout.ts';
import type { Task } from '../process/task.ts';
import { enumeration, fd, flags, inBuffer, inStruct, int, outBuffer, outStruct, size } from './arguments.ts';
import type { ArgumentDecoder } from './decoders.ts';
import { readWriteFlags, seekWhence } from './flags/files.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

const offset: ArgumentDecoder = { kind: 'offset' };

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

const cost = fsRoutines.sys_read;

export const readWriteSyscalls: readonly SyscallRow[] = [
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
];
