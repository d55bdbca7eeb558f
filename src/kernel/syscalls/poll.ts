// poll(2) and select(2): ask every file in turn, and if none is ready wait on all their queues. What they cost grows with what
// they watch.

import { pollRoutines } from '../cost/routines/poll.ts';
import { EBADF, EFAULT, EINVAL } from '../errno.ts';
import { fileOf } from '../fs/at.ts';
import { pollFile } from '../fs/epoll.ts';
import type { Kernel } from '../kernel.ts';
import { RLIMIT_NOFILE } from '../process/limits.ts';
import type { Task } from '../process/task.ts';
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLPRI,
  POLLRDBAND,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
  type WaitQueue,
} from '../process/wait.ts';
import { inStruct, int, size, unsigned } from './arguments.ts';
import { BLOCKED, type SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';
import { useTemporaryMask } from './signal-mask.ts';
import { fromNanoseconds, readTimespec, toNanoseconds, writeTimespec } from './time-values.ts';

/** Absolute end of the wait, ns since boot, from a struct timespec at `address` (0: never), or -errno. */
function deadlineOf(kernel: Kernel, task: Task, address: number): number {
  if (address === 0) return Infinity;
  const timeout = readTimespec(task.memory, address);
  if (typeof timeout === 'number') return timeout;
  return kernel.now() + toNanoseconds(timeout);
}

/** Linux writes back what is left of the timeout (poll_select_finish); a failure to write changes nothing. */
function writeRemaining(kernel: Kernel, task: Task, address: number, deadline: number): void {
  if (address === 0 || deadline === Infinity) return;
  writeTimespec(task.memory, address, fromNanoseconds(Math.max(0, Math.ceil(deadline - kernel.now()))));
}

/** Sleeps on the queues of what was asked; the handler's next run asks again. */
function waitForAny(kernel: Kernel, task: Task, queues: WaitQueue[], deadline: number): SyscallResult {
  kernel.cost.execute(pollRoutines.poll_wait, queues.length);
  return kernel.block(task, queues, deadline, { deadline });
}

const POLLFD_BYTES = 8;

function ppoll(
  kernel: Kernel,
  task: Task,
  address: number,
  count: number,
  timeout: number,
  mask: number,
  maskBytes: number,
): SyscallResult {
  const memory = task.memory!;
  const descriptors = count >>> 0;
  const firstRun = task.resume === null;
  let deadline: number;
  if (firstRun) {
    deadline = deadlineOf(kernel, task, timeout);
    if (deadline < 0) return deadline;
    const failed = useTemporaryMask(task, mask, maskBytes);
    if (failed !== 0) return failed;
  } else {
    deadline = task.resume!['deadline'] as number;
  }
  if (descriptors > task.group.limits.soft(RLIMIT_NOFILE)) return -EINVAL;

  const bytes = descriptors * POLLFD_BYTES;
  const view = descriptors === 0 ? new DataView(new ArrayBuffer(0)) : memory.readStruct(address, bytes);
  if (view === null) return -EFAULT;
  let ready = 0;
  const queues: WaitQueue[] = [];
  for (let at = 0; at < bytes; at += POLLFD_BYTES) {
    const descriptor = view.getInt32(at, true);
    let events = 0;
    if (descriptor >= 0) {
      kernel.cost.execute(pollRoutines.do_poll_descriptor);
      const file = fileOf(kernel, task, descriptor);
      if (file === null) {
        events = POLLNVAL;
      } else {
        kernel.cost.touch(file.address, 64);
        events = pollFile(kernel, file) & (view.getInt16(at + 4, true) | POLLERR | POLLHUP) & 0xffff;
        if (file.operations.queue !== undefined) queues.push(file.operations.queue);
      }
    }
    if (events !== 0) ready += 1;
    view.setInt16(at + 6, events, true);
  }
  if (ready === 0 && kernel.now() < deadline && task.wakeReason !== 'timeout') {
    const result = waitForAny(kernel, task, queues, deadline);
    if (result === BLOCKED) return BLOCKED;
    writeRemaining(kernel, task, timeout, deadline);
    return result;
  }
  if (bytes > 0 && !memory.write(address, new Uint8Array(view.buffer, view.byteOffset, bytes))) return -EFAULT;
  writeRemaining(kernel, task, timeout, deadline);
  return ready;
}

const READ_SET = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR;
const WRITE_SET = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR;
const EXCEPT_SET = POLLPRI;
/** Bits of an fd_set that Linux moves at once. */
const WORD_BITS = 64;

function pselect6(
  kernel: Kernel,
  task: Task,
  count: number,
  readAddress: number,
  writeAddress: number,
  exceptAddress: number,
  timeout: number,
  maskArgument: number,
): SyscallResult {
  const memory = task.memory!;
  const firstRun = task.resume === null;
  let deadline: number;
  if (firstRun) {
    deadline = deadlineOf(kernel, task, timeout);
    if (deadline < 0) return deadline;
    if (maskArgument !== 0) {
      const pair = memory.readStruct(maskArgument, 16);
      if (pair === null) return -EFAULT;
      const failed = useTemporaryMask(task, Number(pair.getBigInt64(0, true)), Number(pair.getBigInt64(8, true)));
      if (failed !== 0) return failed;
    }
  } else {
    deadline = task.resume!['deadline'] as number;
  }
  if ((count | 0) < 0) return -EINVAL;
  // Descriptors beyond the table cannot be open: Linux does not look at them.
  const slots = Math.max(64, 2 ** Math.ceil(Math.log2(Math.max(1, task.files.length))));
  const descriptors = Math.min(count | 0, slots);
  const bytes = Math.ceil(descriptors / WORD_BITS) * 8;
  kernel.cost.execute(pollRoutines.do_select_word, bytes / 8);

  const sets: (Uint8Array | null)[] = [];
  for (const address of [readAddress, writeAddress, exceptAddress]) {
    const set = address === 0 || bytes === 0 ? null : memory.read(address, bytes);
    if (set === null && address !== 0 && bytes > 0) return -EFAULT;
    sets.push(set === null ? null : set.slice());
  }
  const [reads, writes, excepts] = sets as [Uint8Array | null, Uint8Array | null, Uint8Array | null];
  const results = sets.map((set) => (set === null ? null : new Uint8Array(bytes)));
  let ready = 0;
  const queues: WaitQueue[] = [];
  for (let descriptor = 0; descriptor < descriptors; descriptor++) {
    const index = descriptor >> 3;
    const bit = 1 << (descriptor & 7);
    const wanted = (reads?.[index] ?? 0) | (writes?.[index] ?? 0) | (excepts?.[index] ?? 0);
    if ((wanted & bit) === 0) continue;
    kernel.cost.execute(pollRoutines.do_select_descriptor);
    const file = fileOf(kernel, task, descriptor);
    if (file === null) return -EBADF;
    kernel.cost.touch(file.address, 64);
    const events = pollFile(kernel, file);
    const report = (which: number, set: Uint8Array | null, mask: number): void => {
      if (set === null || (set[index]! & bit) === 0 || (events & mask) === 0) return;
      results[which]![index]! |= bit;
      ready += 1;
    };
    report(0, reads, READ_SET);
    report(1, writes, WRITE_SET);
    report(2, excepts, EXCEPT_SET);
    if (file.operations.queue !== undefined) queues.push(file.operations.queue);
  }
  if (ready === 0 && kernel.now() < deadline && task.wakeReason !== 'timeout') {
    const result = waitForAny(kernel, task, queues, deadline);
    if (result === BLOCKED) return BLOCKED;
    writeRemaining(kernel, task, timeout, deadline);
    return result;
  }
  const addresses = [readAddress, writeAddress, exceptAddress];
  for (let which = 0; which < 3; which++) {
    const result = results[which];
    if (result != null && !memory.write(addresses[which]!, result)) return -EFAULT;
  }
  writeRemaining(kernel, task, timeout, deadline);
  return ready;
}

export const pollSyscalls: readonly SyscallRow[] = [
  {
    number: 72,
    name: 'pselect6',
    arguments: [
      int,
      { kind: 'struct', name: 'fdset', direction: 'inout' },
      { kind: 'struct', name: 'fdset', direction: 'inout' },
      { kind: 'struct', name: 'fdset', direction: 'inout' },
      inStruct('timespec'),
      inStruct('sigset'),
    ],
    handler: pselect6,
    cost: pollRoutines.do_select,
    restart: 'noHandler',
  },
  {
    number: 73,
    name: 'ppoll',
    arguments: [
      { kind: 'struct', name: 'pollfds', direction: 'inout' },
      unsigned,
      inStruct('timespec'),
      inStruct('sigset'),
      size,
    ],
    handler: ppoll,
    cost: pollRoutines.do_poll,
    restart: 'noHandler',
  },
];
