// Moving bytes between files inside the kernel: sendfile(2), splice(2), tee(2), vmsplice(2), copy_file_range(2).
//
// Bytes go through a buffer of the kernel's, a pipe's worth at a time. What was taken from a source that cannot seek and did not
// fit into the target is kept nowhere: so no more is taken than the target says it has room for, or, for a target that cannot
// say, the attempt waits for the target first.

import { fsRoutines } from '../cost/routines/fs.ts';
import { EAGAIN, EBADF, EFAULT, EINVAL, EISDIR, ESPIPE, EXDEV } from '../errno.ts';
import { fileOf } from '../fs/at.ts';
import { isDirectory, isRegular, O_APPEND, O_NONBLOCK, PAGE_SIZE, RW_COUNT_MAX } from '../fs/constants.ts';
import { pollFile } from '../fs/epoll.ts';
import { KernelBuffer } from '../fs/io-targets.ts';
import { type Pipe, pipeOf } from '../fs/pipe.ts';
import { mayRead, mayWrite, writeFile } from '../fs/transfer.ts';
import type { OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { POLLERR, POLLOUT } from '../process/wait.ts';
import { fd, flags, inStruct, size, unsigned } from './arguments.ts';
import type { ArgumentDecoder } from './decoders.ts';
import { spliceFlags } from './flags/files.ts';
import { importVector } from './read-write.ts';
import { BLOCKED, type SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

/** Bytes moved by one step. */
const CHUNK = 16 * PAGE_SIZE;

const SPLICE_F_NONBLOCK = 2;
const SPLICE_FLAGS_KNOWN = 15;

/** One non-blocking read into a buffer of at most `bytes`: what was read, or -errno. `position` -1: the file's own offset. */
function takeFrom(kernel: Kernel, task: Task, file: OpenFile, bytes: number, position: number): Uint8Array | number {
  if (file.operations.read === undefined) return -EINVAL;
  const buffer = new KernelBuffer(kernel, new Uint8Array(bytes));
  const at = position >= 0 ? position : file.offset;
  kernel.cost.execute(fsRoutines.splice_page, Math.ceil(bytes / PAGE_SIZE));
  const moved = file.operations.read(kernel, file, buffer, at, task);
  if (moved < 0) return moved;
  if (position < 0 && file.operations.seekable === true) file.offset = at + moved;
  return buffer.bytes.subarray(0, moved);
}

/** Puts bytes into a file as one non-blocking attempt. */
function putInto(kernel: Kernel, task: Task, file: OpenFile, bytes: Uint8Array, position: number): number {
  const saved = task.resume;
  task.resume = null;
  const moved = writeFile(kernel, task, file, new KernelBuffer(kernel, bytes), position, true);
  task.resume = saved;
  return moved;
}

/** Bytes that the file will surely take now; 0: it must be waited for. */
function roomIn(kernel: Kernel, file: OpenFile, pipe: Pipe | null): number {
  if (pipe !== null) return pipe.readers === 0 ? CHUNK : (pipe.slots - pipe.usedSlots) * PAGE_SIZE;
  if (file.operations.queue === undefined) return CHUNK;
  return (pollFile(kernel, file) & (POLLOUT | POLLERR)) !== 0 ? PAGE_SIZE : 0;
}

interface Transfer {
  readonly source: OpenFile;
  readonly target: OpenFile;
  readonly count: number;
  /** -1: the file's own offset. */
  sourcePosition: number;
  targetPosition: number;
  readonly nonblocking: boolean;
}

/** Moves up to `count` bytes; waits for either side as its flags say. `done` of an earlier run counts. */
function transfer(kernel: Kernel, task: Task, job: Transfer): SyscallResult {
  const { source, target } = job;
  const targetPipe = pipeOf(target);
  let done = task.resume?.done ?? 0;
  while (done < job.count) {
    const room = Math.min(roomIn(kernel, target, targetPipe), job.count - done, CHUNK);
    if (room === 0) {
      if (done > 0 && targetPipe !== null) return done;
      if (job.nonblocking || (target.flags & O_NONBLOCK) !== 0) return done > 0 ? done : -EAGAIN;
      return kernel.block(task, target.operations.queue!, Infinity, { ...task.resume, done });
    }
    const bytes = takeFrom(kernel, task, source, room, job.sourcePosition);
    if (typeof bytes === 'number') {
      if (bytes !== -EAGAIN || done > 0) return done > 0 ? done : bytes;
      if (job.nonblocking || (source.flags & O_NONBLOCK) !== 0 || source.operations.queue === undefined) {
        return -EAGAIN;
      }
      return kernel.block(task, source.operations.queue, Infinity, { ...task.resume, done });
    }
    if (bytes.length === 0) break;
    const moved = putInto(kernel, task, target, bytes, job.targetPosition);
    const taken = Math.max(0, moved);
    if (job.sourcePosition >= 0) job.sourcePosition += taken;
    else if (source.operations.seekable === true) source.offset -= bytes.length - taken;
    if (moved === -EAGAIN && source.operations.seekable === true) {
      if (job.nonblocking || (target.flags & O_NONBLOCK) !== 0) return done > 0 ? done : -EAGAIN;
      return kernel.block(task, target.operations.queue!, Infinity, { ...task.resume, done });
    }
    if (moved < 0) return done > 0 ? done : moved;
    if (job.targetPosition >= 0) job.targetPosition += moved;
    done += moved;
    // A pipe or socket gives what it has: more is another call's.
    if (source.operations.seekable !== true) break;
  }
  return done;
}

/** The 64-bit offset at `address`, -1 when the address is 0; undefined: EFAULT. */
function readOffset(task: Task, address: number): number | undefined {
  if (address === 0) return -1;
  return task.memory!.readLong(address) ?? undefined;
}

function sendfile(
  kernel: Kernel,
  task: Task,
  out: number,
  input: number,
  address: number,
  count: number,
): SyscallResult {
  const position = (task.resume?.['position'] as number | undefined) ?? readOffset(task, address);
  if (position === undefined) return -EFAULT;
  if (address !== 0 && position < 0) return -EINVAL;
  const source = fileOf(kernel, task, input);
  const target = fileOf(kernel, task, out);
  if (source === null || target === null || !mayRead(source) || !mayWrite(target)) return -EBADF;
  if (isDirectory(source.inode.mode)) return -EINVAL;
  if (address !== 0 && source.operations.seekable !== true) return -ESPIPE;
  // What was taken could not be put back: the source must be seekable, or whole pages of it go into a pipe.
  if (pipeOf(source) !== null) return -EINVAL;
  if (source.operations.seekable !== true && pipeOf(target) === null) return -EINVAL;
  if ((target.flags & O_APPEND) !== 0) return -EINVAL;
  if (count < 0) return -EINVAL;
  const job: Transfer = {
    source,
    target,
    count: Math.min(count, RW_COUNT_MAX),
    sourcePosition: position,
    targetPosition: -1,
    nonblocking: false,
  };
  const result = transfer(kernel, task, job);
  if (result === BLOCKED) {
    if (address !== 0) task.resume!['position'] = job.sourcePosition;
    return BLOCKED;
  }
  if (address !== 0 && !task.memory!.writeLong(address, job.sourcePosition)) return -EFAULT;
  return result;
}

function splice(
  kernel: Kernel,
  task: Task,
  input: number,
  inputOffset: number,
  out: number,
  outOffset: number,
  count: number,
  flagBits: number,
): SyscallResult {
  if ((flagBits & ~SPLICE_FLAGS_KNOWN) !== 0) return -EINVAL;
  if (count === 0) return 0;
  const source = fileOf(kernel, task, input);
  const target = fileOf(kernel, task, out);
  if (source === null || target === null || !mayRead(source) || !mayWrite(target)) return -EBADF;
  const sourcePipe = pipeOf(source);
  const targetPipe = pipeOf(target);
  if (sourcePipe === null && targetPipe === null) return -EINVAL;
  if (sourcePipe !== null && sourcePipe === targetPipe) return -EINVAL;
  if ((sourcePipe !== null && inputOffset !== 0) || (targetPipe !== null && outOffset !== 0)) return -ESPIPE;
  const from = readOffset(task, inputOffset);
  const to = readOffset(task, outOffset);
  if (from === undefined || to === undefined) return -EFAULT;
  if ((inputOffset !== 0 && from < 0) || (outOffset !== 0 && to < 0)) return -EINVAL;
  if (inputOffset !== 0 && source.operations.seekable !== true) return -ESPIPE;
  if (outOffset !== 0 && target.operations.seekable !== true) return -ESPIPE;
  if ((target.flags & O_APPEND) !== 0 && targetPipe === null) return -EINVAL;
  if (isDirectory(source.inode.mode)) return -EINVAL;
  const job: Transfer = {
    source,
    target,
    count: Math.min(
      count < 0 ? RW_COUNT_MAX : count,
      targetPipe === null ? RW_COUNT_MAX : targetPipe.slots * PAGE_SIZE,
    ),
    sourcePosition: from,
    targetPosition: to,
    nonblocking: (flagBits & SPLICE_F_NONBLOCK) !== 0,
  };
  const result = transfer(kernel, task, job);
  if (result === BLOCKED) return BLOCKED;
  const memory = task.memory!;
  if (inputOffset !== 0 && !memory.writeLong(inputOffset, job.sourcePosition)) return -EFAULT;
  if (outOffset !== 0 && !memory.writeLong(outOffset, job.targetPosition)) return -EFAULT;
  return result;
}

function tee(kernel: Kernel, task: Task, input: number, out: number, count: number, flagBits: number): SyscallResult {
  if ((flagBits & ~SPLICE_FLAGS_KNOWN) !== 0) return -EINVAL;
  if (count === 0) return 0;
  const source = fileOf(kernel, task, input);
  const target = fileOf(kernel, task, out);
  if (source === null || target === null || !mayRead(source) || !mayWrite(target)) return -EBADF;
  const from = pipeOf(source);
  const to = pipeOf(target);
  if (from === null || to === null || from === to) return -EINVAL;
  const wait = (flagBits & SPLICE_F_NONBLOCK) === 0 && ((source.flags | target.flags) & O_NONBLOCK) === 0;
  if (from.empty) {
    if (from.writers === 0) return 0;
    return wait ? kernel.block(task, from.readQueue, Infinity, null) : -EAGAIN;
  }
  if (to.full && to.readers > 0) return wait ? kernel.block(task, to.writeQueue, Infinity, null) : -EAGAIN;
  const room = to.readers === 0 ? PAGE_SIZE : (to.slots - to.usedSlots) * PAGE_SIZE;
  const bytes = from.peek(kernel, Math.min(count < 0 ? RW_COUNT_MAX : count, room));
  kernel.cost.execute(fsRoutines.splice_page, Math.ceil(bytes.length / PAGE_SIZE));
  return to.write(kernel, new KernelBuffer(kernel, bytes), task);
}

function vmsplice(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  address: number,
  count: number,
  flagBits: number,
): SyscallResult {
  if ((flagBits & ~SPLICE_FLAGS_KNOWN) !== 0) return -EINVAL;
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  const pipe = pipeOf(file);
  if (pipe === null) return -EBADF;
  const buffers = importVector(kernel, task, address, count);
  if (typeof buffers === 'number') return buffers;
  const wait = (flagBits & SPLICE_F_NONBLOCK) === 0 && (file.flags & O_NONBLOCK) === 0;
  const writes = mayWrite(file);
  const moved = writes ? pipe.write(kernel, buffers, task) : pipe.read(kernel, buffers);
  if (moved !== -EAGAIN || !wait) return moved;
  return kernel.block(task, writes ? pipe.writeQueue : pipe.readQueue, Infinity, null);
}

function copyFileRange(
  kernel: Kernel,
  task: Task,
  input: number,
  inputOffset: number,
  out: number,
  outOffset: number,
  count: number,
  flagBits: number,
): SyscallResult {
  const source = fileOf(kernel, task, input);
  const target = fileOf(kernel, task, out);
  if (source === null || target === null) return -EBADF;
  const from = readOffset(task, inputOffset);
  const to = readOffset(task, outOffset);
  if (from === undefined || to === undefined) return -EFAULT;
  if ((flagBits | 0) !== 0) return -EINVAL;
  if ((inputOffset !== 0 && from < 0) || (outOffset !== 0 && to < 0)) return -EINVAL;
  if (isDirectory(source.inode.mode) || isDirectory(target.inode.mode)) return -EISDIR;
  if (!isRegular(source.inode.mode) || !isRegular(target.inode.mode)) return -EINVAL;
  if (!mayRead(source) || !mayWrite(target) || (target.flags & O_APPEND) !== 0) return -EBADF;
  if (source.inode.fileSystem.type !== target.inode.fileSystem.type) return -EXDEV;
  if (count < 0) return -EINVAL;
  const start = from < 0 ? source.offset : from;
  const targetStart = to < 0 ? target.offset : to;
  const bytes = Math.min(count, Math.max(0, source.inode.size - start), RW_COUNT_MAX);
  if (source.inode === target.inode && start < targetStart + bytes && targetStart < start + bytes) return -EINVAL;
  const job: Transfer = {
    source,
    target,
    count: bytes,
    sourcePosition: from,
    targetPosition: to,
    nonblocking: true,
  };
  const result = transfer(kernel, task, job);
  const memory = task.memory!;
  if (inputOffset !== 0 && !memory.writeLong(inputOffset, job.sourcePosition)) return -EFAULT;
  if (outOffset !== 0 && !memory.writeLong(outOffset, job.targetPosition)) return -EFAULT;
  return result;
}

const offsetPointer: ArgumentDecoder = { kind: 'struct', name: 'long', direction: 'inout' };
const cost = fsRoutines.sys_read;

export const spliceSyscalls: readonly SyscallRow[] = [
  { number: 71, name: 'sendfile', arguments: [fd, fd, offsetPointer, size], handler: sendfile, cost },
  {
    number: 75,
    name: 'vmsplice',
    arguments: [fd, inStruct('iovecs'), size, flags(spliceFlags)],
    handler: vmsplice,
    cost,
  },
  {
    number: 76,
    name: 'splice',
    arguments: [fd, offsetPointer, fd, offsetPointer, size, flags(spliceFlags)],
    handler: splice,
    cost,
  },
  { number: 77, name: 'tee', arguments: [fd, fd, size, flags(spliceFlags)], handler: tee, cost },
  {
    number: 285,
    name: 'copy_file_range',
    arguments: [fd, offsetPointer, fd, offsetPointer, size, unsigned],
    handler: copyFileRange,
    cost,
  },
];
