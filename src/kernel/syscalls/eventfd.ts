// eventfd2(2): a 64-bit counter that is added to by writing and taken by reading.

import { pollRoutines } from '../cost/routines/poll.ts';
import { EAGAIN, EFAULT, EINVAL } from '../errno.ts';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../fs/constants.ts';
import type { IoTarget } from '../fs/io.ts';
import { allocateObject, freeObject } from '../fs/objects.ts';
import type { FileOperations, OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { POLLERR, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM, WaitQueue } from '../process/wait.ts';
import { flags, unsigned } from './arguments.ts';
import { eventfdFlags } from './flags/files.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

const EFD_SEMAPHORE = 1;
const COUNTER_MAX = 0xffff_ffff_ffff_fffen;
const COUNTER_BYTES = 8;

class EventCounter implements FileOperations {
  readonly queue = new WaitQueue();
  readonly address: number;
  readonly #semaphore: boolean;
  #count: bigint;

  constructor(kernel: Kernel, initial: number, semaphore: boolean) {
    this.address = allocateObject(kernel, 'eventfd');
    this.#count = BigInt(initial);
    this.#semaphore = semaphore;
  }

  read(kernel: Kernel, _file: OpenFile, target: IoTarget): number {
    kernel.cost.execute(pollRoutines.eventfd_read);
    kernel.cost.touch(this.address, 64, 'write');
    if (target.remaining < COUNTER_BYTES) return -EINVAL;
    if (this.#count === 0n) return -EAGAIN;
    const value = this.#semaphore ? 1n : this.#count;
    this.#count -= value;
    const moved = target.putBytes(new Uint8Array(BigUint64Array.of(value).buffer));
    this.queue.wake(kernel, POLLOUT | POLLWRNORM);
    return moved === COUNTER_BYTES ? COUNTER_BYTES : -EFAULT;
  }

  write(kernel: Kernel, _file: OpenFile, source: IoTarget): number {
    kernel.cost.execute(pollRoutines.eventfd_write);
    kernel.cost.touch(this.address, 64, 'write');
    if (source.remaining < COUNTER_BYTES) return -EINVAL;
    const bytes = new Uint8Array(COUNTER_BYTES);
    if (source.takeBytes(bytes) < COUNTER_BYTES) return -EFAULT;
    const value = new DataView(bytes.buffer).getBigUint64(0, true);
    if (value > COUNTER_MAX) return -EINVAL;
    if (value > COUNTER_MAX - this.#count) return -EAGAIN;
    source.discard();
    this.#count += value;
    this.queue.wake(kernel, POLLIN | POLLRDNORM);
    return COUNTER_BYTES;
  }

  poll(kernel: Kernel): number {
    kernel.cost.execute(pollRoutines.default_poll);
    kernel.cost.touch(this.address, 64);
    let events = 0;
    if (this.#count > 0n) events |= POLLIN | POLLRDNORM;
    if (this.#count > COUNTER_MAX) events |= POLLERR;
    if (this.#count < COUNTER_MAX) events |= POLLOUT | POLLWRNORM;
    return events;
  }

  release(kernel: Kernel): void {
    freeObject(kernel, this.address);
  }

  describe(): string {
    return (
      `eventfd-count: ${this.#count.toString(16).padStart(16)}\neventfd-id: 0\n` +
      `eventfd-semaphore: ${this.#semaphore ? 1 : 0}\n`
    );
  }
}

function eventfd2(kernel: Kernel, task: Task, initial: number, flagBits: number): SyscallResult {
  if ((flagBits & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK)) !== 0) return -EINVAL;
  const free = task.files.free(task);
  if (free < 0) return free;
  const counter = new EventCounter(kernel, initial >>> 0, (flagBits & EFD_SEMAPHORE) !== 0);
  const file = kernel.vfs.openAnonymous('anon_inode', counter, O_RDWR | (flagBits & O_NONBLOCK), '[eventfd]');
  if (typeof file === 'number') return file;
  return task.files.add(kernel, task, file, (flagBits & O_CLOEXEC) !== 0);
}

export const eventfdSyscalls: readonly SyscallRow[] = [
  {
    number: 19,
    name: 'eventfd2',
    arguments: [unsigned, flags(eventfdFlags)],
    result: 'fd',
    handler: eventfd2,
    cost: pollRoutines.eventfd_create,
  },
];
