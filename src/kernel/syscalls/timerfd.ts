// timerfd_create(2): timers whose expirations are read from a file.

import { pollRoutines } from '../cost/routines/poll.ts';
import { EAGAIN, EBADF, EFAULT, EINVAL } from '../errno.ts';
import { fileOf } from '../fs/at.ts';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../fs/constants.ts';
import type { IoTarget } from '../fs/io.ts';
import { allocateObject, freeObject } from '../fs/objects.ts';
import type { FileOperations, OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { KernelTimer, type TimerOwner } from '../process/timers.ts';
import { POLLIN, POLLRDNORM, WaitQueue } from '../process/wait.ts';
import { enumeration, fd, flags, inStruct, outStruct } from './arguments.ts';
import { clockNames, timerfdFlags, timerfdSetFlags } from './flags/files.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';
import { fromNanoseconds, realToBootTime, setTimespec, timespecAt, toNanoseconds } from './time-values.ts';

const CLOCK_REALTIME = 0;
const CLOCKS = new Set([0, 1, 7, 8, 9]);
const TFD_TIMER_ABSTIME = 1;
const TFD_TIMER_CANCEL_ON_SET = 2;
const ITIMERSPEC_BYTES = 32;

class TimerFile implements FileOperations, TimerOwner {
  readonly queue = new WaitQueue();
  readonly clockId: number;
  readonly address: number;
  readonly #timer: KernelTimer;
  /** ns; 0: one expiration. */
  #interval = 0;
  /** ns since boot of the next expiration that has not been counted; Infinity: not armed. */
  #next = Infinity;
  #expirations = 0;
  #setFlags = 0;
  /** Expired, and not counted or set again yet. */
  #fired = false;

  constructor(kernel: Kernel, clockId: number) {
    this.clockId = clockId;
    this.address = allocateObject(kernel, 'timerfd');
    this.#timer = new KernelTimer(this);
  }

  timerExpired(kernel: Kernel): void {
    this.#fired = true;
    this.#expirations += 1;
    this.queue.wake(kernel, POLLIN | POLLRDNORM);
  }

  /**
   * Counts what has expired since the timer fired and sets a periodic one again. As in Linux this waits for a read (or
   * timerfd_gettime): a timer that nobody reads fires once, however short its interval.
   */
  #forward(kernel: Kernel): void {
    if (!this.#fired) return;
    this.#fired = false;
    if (this.#interval === 0) {
      this.#next = Infinity;
      return;
    }
    const periods = Math.max(1, Math.floor((kernel.now() - this.#next) / this.#interval) + 1);
    this.#expirations += periods - 1;
    this.#next += periods * this.#interval;
    kernel.timers.set(kernel, this.#timer, this.#next);
  }

  read(kernel: Kernel, _file: OpenFile, target: IoTarget): number {
    kernel.cost.execute(pollRoutines.timerfd_read);
    kernel.cost.touch(this.address, 64, 'write');
    if (target.remaining < 8) return -EINVAL;
    if (this.#expirations === 0) return -EAGAIN;
    this.#forward(kernel);
    const moved = target.putBytes(new Uint8Array(BigUint64Array.of(BigInt(this.#expirations)).buffer));
    this.#expirations = 0;
    return moved === 8 ? 8 : -EFAULT;
  }

  poll(kernel: Kernel): number {
    kernel.cost.execute(pollRoutines.default_poll);
    kernel.cost.touch(this.address, 64);
    return this.#expirations > 0 ? POLLIN | POLLRDNORM : 0;
  }

  release(kernel: Kernel): void {
    kernel.timers.cancel(kernel, this.#timer);
    freeObject(kernel, this.address);
  }

  /** `next`: ns since boot, Infinity disarms. */
  set(kernel: Kernel, next: number, interval: number, setFlags: number): void {
    this.#interval = interval;
    this.#next = next;
    this.#expirations = 0;
    this.#fired = false;
    this.#setFlags = setFlags;
    kernel.timers.set(kernel, this.#timer, next);
  }

  /** Time to the next expiration (0: not armed) and the interval, ns. */
  remaining(kernel: Kernel): { readonly value: number; readonly interval: number } {
    this.#forward(kernel);
    if (this.#next === Infinity) return { value: 0, interval: this.#interval };
    return { value: Math.max(1, Math.ceil(this.#next - kernel.now())), interval: this.#interval };
  }

  describe(kernel: Kernel): string {
    const show = (nanoseconds: number): string => {
      const { seconds, nanoseconds: rest } = fromNanoseconds(nanoseconds);
      return `(${seconds}, ${rest})`;
    };
    const { value, interval } = this.remaining(kernel);
    return (
      `clockid: ${this.clockId}\nticks: ${this.#expirations}\nsettime flags: 0${this.#setFlags.toString(8)}\n` +
      `it_value: ${show(value)}\nit_interval: ${show(interval)}\n`
    );
  }
}

function timerfdCreate(kernel: Kernel, task: Task, clock: number, flagBits: number): SyscallResult {
  if ((flagBits & ~(O_CLOEXEC | O_NONBLOCK)) !== 0 || !CLOCKS.has(clock | 0)) return -EINVAL;
  const free = task.files.free(task);
  if (free < 0) return free;
  const timer = new TimerFile(kernel, clock | 0);
  const file = kernel.vfs.openAnonymous('anon_inode', timer, O_RDWR | (flagBits & O_NONBLOCK), '[timerfd]');
  if (typeof file === 'number') return file;
  return task.files.add(kernel, task, file, (flagBits & O_CLOEXEC) !== 0);
}

function timerOf(kernel: Kernel, task: Task, descriptor: number): TimerFile | number {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  return file.operations instanceof TimerFile ? file.operations : -EINVAL;
}

function putTimes(kernel: Kernel, task: Task, timer: TimerFile, address: number): boolean {
  const { value, interval } = timer.remaining(kernel);
  return task.memory!.writeStruct(address, ITIMERSPEC_BYTES, (view) => {
    setTimespec(view, 0, fromNanoseconds(interval));
    setTimespec(view, 16, fromNanoseconds(value));
  });
}

function timerfdSettime(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  flagBits: number,
  newAddress: number,
  oldAddress: number,
): SyscallResult {
  const view = task.memory!.readStruct(newAddress, ITIMERSPEC_BYTES);
  if (view === null) return -EFAULT;
  if ((flagBits & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) !== 0) return -EINVAL;
  const interval = timespecAt(view, 0);
  const value = timespecAt(view, 16);
  if (typeof interval === 'number' || typeof value === 'number') return -EINVAL;
  const timer = timerOf(kernel, task, descriptor);
  if (typeof timer === 'number') return timer;
  if (oldAddress !== 0 && !putTimes(kernel, task, timer, oldAddress)) return -EFAULT;
  let next = Infinity;
  if (value.seconds !== 0 || value.nanoseconds !== 0) {
    const realTime = timer.clockId === CLOCK_REALTIME || timer.clockId === 8;
    if ((flagBits & TFD_TIMER_ABSTIME) === 0) next = kernel.now() + toNanoseconds(value);
    else if (realTime) next = realToBootTime(kernel, value);
    else next = toNanoseconds(value);
  }
  timer.set(kernel, next, toNanoseconds(interval), flagBits);
  return 0;
}

function timerfdGettime(kernel: Kernel, task: Task, descriptor: number, address: number): SyscallResult {
  const timer = timerOf(kernel, task, descriptor);
  if (typeof timer === 'number') return timer;
  return putTimes(kernel, task, timer, address) ? 0 : -EFAULT;
}

export const timerfdSyscalls: readonly SyscallRow[] = [
  {
    number: 85,
    name: 'timerfd_create',
    arguments: [enumeration(clockNames, 'CLOCK_???'), flags(timerfdFlags)],
    result: 'fd',
    handler: timerfdCreate,
    cost: pollRoutines.timerfd_create,
  },
  {
    number: 86,
    name: 'timerfd_settime',
    arguments: [fd, flags(timerfdSetFlags), inStruct('itimerspec'), outStruct('itimerspec')],
    handler: timerfdSettime,
    cost: pollRoutines.timerfd_set,
    support: { partial: 'TFD_TIMER_CANCEL_ON_SET has no effect' },
  },
  {
    number: 87,
    name: 'timerfd_gettime',
    arguments: [fd, outStruct('itimerspec')],
    handler: timerfdGettime,
    cost: pollRoutines.timerfd_read,
  },
];
