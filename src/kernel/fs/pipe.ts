// Pipes and FIFOs, pipe(7): a ring of page-sized buffers in guest RAM, as in Linux's fs/pipe.c.
//
// Invariants: buffers [tail, head) hold data, each in a frame of its own, never empty; a write of at most PIPE_BUF bytes (a page) takes one
// buffer or fits into the last one, so it is never torn. Bound: `slots` pages, 16 at first, PIPE_MAX_BYTES at most.

import { pipeRoutines } from '../cost/routines/pipe.ts';
import { EAGAIN, EBUSY, EFAULT, EINVAL, ENOMEM, ENOTTY, ENXIO, EPERM, EPIPE } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { CAP_SYS_RESOURCE } from '../process/credentials.ts';
import { SIGPIPE } from '../process/signals/numbers.ts';
import { sendSignal } from '../process/signals/send.ts';
import type { Task } from '../process/task.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM, WaitQueue } from '../process/wait.ts';
import type { SyscallResult } from '../syscalls/result.ts';
import { O_ACCMODE, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY, PAGE_SIZE } from './constants.ts';
import type { IoTarget } from './io.ts';
import { allocateObject, freeObject } from './objects.ts';
import type { FileOperations, Inode, OpenFile } from './types.ts';

const PIPE_DEFAULT_SLOTS = 16;
/** fs.pipe-max-size */
export const PIPE_MAX_BYTES = 1 << 20;
/** Linux keeps two freed pages in the pipe for the next writes (tmp_page). */
const SPARE_PAGES = 2;
/** struct pipe_buffer */
const BUFFER_BYTES = 40;

const FIONREAD = 0x541b;

const readable = POLLIN | POLLRDNORM;
const writable = POLLOUT | POLLWRNORM;

export class Pipe {
  readonly address: number;
  readonly buffersAddress: number;
  readonly readQueue = new WaitQueue();
  readonly writeQueue = new WaitQueue();
  /** open(2) of a FIFO waits here for the other side. */
  readonly openQueue = new WaitQueue();
  readers = 0;
  writers = 0;
  /** How often an end was opened: a FIFO's opener waits for a change. */
  readerOpens = 0;
  writerOpens = 0;
  slots = PIPE_DEFAULT_SLOTS;
  /** Someone polls: every write wakes, not only one into an empty pipe (edge-triggered epoll relies on it). */
  polled = false;

  #pages: number[] = new Array(PIPE_DEFAULT_SLOTS).fill(0);
  #offsets: number[] = new Array(PIPE_DEFAULT_SLOTS).fill(0);
  #lengths: number[] = new Array(PIPE_DEFAULT_SLOTS).fill(0);
  #head = 0;
  #tail = 0;
  readonly #spare: number[] = [];
  /** Bytes in the pipe. */
  bytes = 0;

  constructor(kernel: Kernel) {
    this.address = allocateObject(kernel, 'pipe');
    this.buffersAddress = allocateObject(kernel, 'pipe_buffers');
  }

  get empty(): boolean {
    return this.#head === this.#tail;
  }

  get full(): boolean {
    return this.#head - this.#tail >= this.slots;
  }

  get usedSlots(): number {
    return this.#head - this.#tail;
  }

  /** Moves what is there to the target: bytes, 0 at end of file, -EAGAIN when empty with a writer, -EFAULT. */
  read(kernel: Kernel, target: IoTarget): number {
    const { cost } = kernel;
    cost.execute(pipeRoutines.pipe_read);
    cost.touch(this.address, 128, 'write');
    if (target.remaining === 0) return 0;
    if (this.empty) return this.writers === 0 ? 0 : -EAGAIN;
    const wasFull = this.full;
    let done = 0;
    let faulted = false;
    while (target.remaining > 0 && !this.empty && !faulted) {
      const slot = this.#tail % this.slots;
      cost.execute(pipeRoutines.pipe_buffer);
      cost.touch(this.#bufferAddress(slot), BUFFER_BYTES, 'write');
      const wanted = Math.min(target.remaining, this.#lengths[slot]!);
      const step = target.putPhysical(this.#pages[slot]! + this.#offsets[slot]!, wanted);
      faulted = step < wanted;
      this.#consume(kernel, slot, step);
      done += step;
    }
    if (wasFull && !this.full) this.#wakeWriters(kernel);
    return done === 0 && faulted ? -EFAULT : done;
  }

  /** Takes what fits: bytes, -EAGAIN when nothing does, -EPIPE (and SIGPIPE) without readers, -EFAULT, -ENOMEM. */
  write(kernel: Kernel, source: IoTarget, task: Task | null): number {
    const { cost } = kernel;
    cost.execute(pipeRoutines.pipe_write);
    cost.touch(this.address, 128, 'write');
    if (source.remaining === 0) return 0;
    if (this.readers === 0) {
      if (task !== null) sendSignal(kernel, task, { signal: SIGPIPE, code: 0 });
      return -EPIPE;
    }
    const wasEmpty = this.empty;
    let done = 0;
    let failure = 0;
    const tail = source.remaining % PAGE_SIZE;
    if (tail > 0 && !wasEmpty) {
      const slot = (this.#head - 1) % this.slots;
      const end = this.#offsets[slot]! + this.#lengths[slot]!;
      if (end + tail <= PAGE_SIZE) {
        cost.touch(this.#bufferAddress(slot), BUFFER_BYTES, 'write');
        const step = source.takePhysical(this.#pages[slot]! + end, tail);
        this.#lengths[slot]! += step;
        this.bytes += step;
        done = step;
        if (step < tail) failure = -EFAULT;
      }
    }
    while (failure === 0 && source.remaining > 0 && !this.full) {
      const page = this.#takePage(kernel);
      if (page === 0) {
        failure = -ENOMEM;
        break;
      }
      const slot = this.#head % this.slots;
      cost.execute(pipeRoutines.pipe_buffer);
      cost.touch(this.#bufferAddress(slot), BUFFER_BYTES, 'write');
      const wanted = Math.min(source.remaining, PAGE_SIZE);
      const step = source.takePhysical(page, wanted);
      if (step < wanted) failure = -EFAULT;
      if (step === 0) {
        this.#givePage(kernel, page);
        break;
      }
      this.#pages[slot] = page;
      this.#offsets[slot] = 0;
      this.#lengths[slot] = step;
      this.#head += 1;
      this.bytes += step;
      done += step;
    }
    if (done > 0 && (wasEmpty || this.polled)) this.readQueue.wake(kernel, readable);
    if (done > 0) return done;
    return failure !== 0 ? failure : -EAGAIN;
  }

  /** Copies up to `limit` bytes from the front without taking them: tee(2). */
  peek(kernel: Kernel, limit: number): Uint8Array {
    const result = new Uint8Array(Math.min(limit, this.bytes));
    let done = 0;
    for (let index = this.#tail; index < this.#head && done < result.length; index++) {
      const slot = index % this.slots;
      const step = Math.min(result.length - done, this.#lengths[slot]!);
      result.set(kernel.machine.ram.slice(this.#pages[slot]! + this.#offsets[slot]!, step), done);
      done += step;
    }
    return result;
  }

  pollReader(): number {
    this.polled = true;
    let events = this.empty ? 0 : readable;
    if (this.writers === 0 && this.writerOpens > 0) events |= POLLHUP;
    return events;
  }

  pollWriter(): number {
    this.polled = true;
    let events = this.full ? 0 : writable;
    if (this.readers === 0) events |= POLLERR;
    return events;
  }

  /** F_SETPIPE_SZ: the new size in bytes, -EINVAL, -EPERM above the maximum, -EBUSY below what is in use. */
  resize(kernel: Kernel, bytes: number, task: Task): number {
    kernel.cost.execute(pipeRoutines.pipe_resize);
    if (bytes <= 0 || bytes > 0x8000_0000) return -EINVAL;
    let slots = 1;
    while (slots * PAGE_SIZE < bytes) slots *= 2;
    if (slots > this.slots && slots * PAGE_SIZE > PIPE_MAX_BYTES && !task.credentials.capable(CAP_SYS_RESOURCE)) {
      return -EPERM;
    }
    if (slots * PAGE_SIZE > 64 * PIPE_MAX_BYTES) return -ENOMEM;
    if (slots < this.usedSlots) return -EBUSY;
    const pages: number[] = new Array(slots).fill(0);
    const offsets: number[] = new Array(slots).fill(0);
    const lengths: number[] = new Array(slots).fill(0);
    const used = this.usedSlots;
    for (let index = 0; index < used; index++) {
      const slot = (this.#tail + index) % this.slots;
      pages[index] = this.#pages[slot]!;
      offsets[index] = this.#offsets[slot]!;
      lengths[index] = this.#lengths[slot]!;
    }
    const wasFull = this.full;
    this.#pages = pages;
    this.#offsets = offsets;
    this.#lengths = lengths;
    this.#tail = 0;
    this.#head = used;
    this.slots = slots;
    if (wasFull && !this.full) this.#wakeWriters(kernel);
    return slots * PAGE_SIZE;
  }

  /** One end was opened. */
  open(mode: number): void {
    if (mode !== O_WRONLY) {
      this.readers += 1;
      this.readerOpens += 1;
    }
    if (mode !== O_RDONLY) {
      this.writers += 1;
      this.writerOpens += 1;
    }
  }

  /** One end was closed: whoever waits for data or room must look again. The last one frees the ring. */
  close(kernel: Kernel, mode: number): void {
    kernel.cost.execute(pipeRoutines.pipe_release);
    if (mode !== O_WRONLY) this.readers -= 1;
    if (mode !== O_RDONLY) this.writers -= 1;
    if ((this.readers === 0) !== (this.writers === 0)) {
      const all = readable | writable | POLLERR | POLLHUP;
      this.readQueue.wake(kernel, all);
      this.writeQueue.wake(kernel, all);
    }
    if (this.readers > 0 || this.writers > 0) return;
    kernel.cost.execute(pipeRoutines.pipe_free);
    while (!this.empty) this.#consume(kernel, this.#tail % this.slots, this.#lengths[this.#tail % this.slots]!);
    for (const page of this.#spare) kernel.frames.release(page);
    this.#spare.length = 0;
  }

  /** Gives back the kernel objects; the pipe is not used after this. */
  free(kernel: Kernel): void {
    freeObject(kernel, this.address);
    freeObject(kernel, this.buffersAddress);
  }

  /** Whoever has a FIFO open for both stands in the readers' queue. */
  #wakeWriters(kernel: Kernel): void {
    this.writeQueue.wake(kernel, writable);
    if (this.readers > 0) this.readQueue.wake(kernel, writable);
  }

  #bufferAddress(slot: number): number {
    return this.buffersAddress + (slot % PIPE_DEFAULT_SLOTS) * BUFFER_BYTES;
  }

  #consume(kernel: Kernel, slot: number, bytes: number): void {
    this.#offsets[slot]! += bytes;
    this.#lengths[slot]! -= bytes;
    this.bytes -= bytes;
    if (this.#lengths[slot]! > 0) return;
    this.#givePage(kernel, this.#pages[slot]!);
    this.#pages[slot] = 0;
    this.#tail += 1;
  }

  #takePage(kernel: Kernel): number {
    return this.#spare.pop() ?? kernel.frames.allocateBuffer();
  }

  #givePage(kernel: Kernel, page: number): void {
    if (this.#spare.length < SPARE_PAGES && (this.readers > 0 || this.writers > 0)) this.#spare.push(page);
    else kernel.frames.release(page);
  }
}

/** The operations of one end: what the access mode allows. */
export class PipeEnd implements FileOperations {
  readonly pipe: Pipe;
  readonly #mode: number;
  readonly queue: WaitQueue;
  readonly read?: NonNullable<FileOperations['read']>;
  readonly write?: NonNullable<FileOperations['write']>;

  constructor(pipe: Pipe, mode: number) {
    this.pipe = pipe;
    this.#mode = mode;
    this.queue = mode === O_WRONLY ? pipe.writeQueue : pipe.readQueue;
    if (mode !== O_WRONLY) this.read = (kernel, _file, target) => pipe.read(kernel, target);
    if (mode !== O_RDONLY) this.write = (kernel, _file, source, _offset, task) => pipe.write(kernel, source, task);
  }

  poll(kernel: Kernel): number {
    kernel.cost.execute(pipeRoutines.pipe_poll);
    kernel.cost.touch(this.pipe.address, 64);
    return (
      (this.#mode === O_WRONLY ? 0 : this.pipe.pollReader()) | (this.#mode === O_RDONLY ? 0 : this.pipe.pollWriter())
    );
  }

  ioctl(_kernel: Kernel, _file: OpenFile, task: Task, request: number, argument: number): SyscallResult {
    if (request !== FIONREAD) return -ENOTTY;
    return task.memory!.writeU32(argument, this.pipe.bytes) ? 0 : -EFAULT;
  }

  release(kernel: Kernel, file: OpenFile): void {
    this.pipe.close(kernel, this.#mode);
    if (this.pipe.readers > 0 || this.pipe.writers > 0) return;
    kernel.vfs.fifos.delete(file.inode);
    this.pipe.free(kernel);
  }
}

/** The pipe behind a file, if it is an end of one: splice, tee, F_GETPIPE_SZ. */
export function pipeOf(file: OpenFile): Pipe | null {
  return file.operations instanceof PipeEnd ? file.operations.pipe : null;
}

/**
 * open(2) of a FIFO, fifo(7): waits for the other side unless O_NONBLOCK or O_RDWR; -ENXIO for a non-blocking writer without
 * reader. A task that waits holds `file`, registered as an end, in its resume state (`opening`).
 */
export function openFifo(kernel: Kernel, inode: Inode, file: OpenFile, task: Task | null): FileOperations | number {
  kernel.cost.execute(pipeRoutines.fifo_open);
  let pipe = kernel.vfs.fifos.get(inode);
  if (pipe === undefined) {
    pipe = new Pipe(kernel);
    kernel.vfs.fifos.set(inode, pipe);
  }
  const mode = file.flags & O_ACCMODE;
  const end = new PipeEnd(pipe, mode === 3 ? O_RDWR : mode);
  const nonblocking = (file.flags & O_NONBLOCK) !== 0 || task === null;
  if (mode === O_WRONLY && nonblocking && pipe.readers === 0) {
    if (pipe.writers === 0) {
      kernel.vfs.fifos.delete(inode);
      pipe.free(kernel);
    }
    return -ENXIO;
  }
  pipe.open(mode);
  file.operations = end;
  pipe.openQueue.wake(kernel);
  if (nonblocking || mode === O_RDWR) return end;
  const other = mode === O_RDONLY ? pipe.writers : pipe.readers;
  if (other > 0) return end;
  const seen = mode === O_RDONLY ? pipe.writerOpens : pipe.readerOpens;
  return kernel.block(task, pipe.openQueue, Infinity, { opening: file, seen });
}

/** The handler runs again after `openFifo` made it wait: the operations, or the result of waiting on. */
export function resumeOpenFifo(kernel: Kernel, file: OpenFile, task: Task): FileOperations | number {
  const end = file.operations as PipeEnd;
  const seen = task.resume!['seen'] as number;
  const reading = (file.flags & O_ACCMODE) === O_RDONLY;
  const opens = reading ? end.pipe.writerOpens : end.pipe.readerOpens;
  if (opens !== seen) return end;
  return kernel.block(task, end.pipe.openQueue, Infinity, { opening: file, seen });
}
