// epoll_create1(2), epoll_ctl(2), epoll_pwait(2) and epoll_pwait2(2).

import { pollRoutines } from '../cost/routines/poll.ts';
import { EBADF, EFAULT, EINVAL, EPERM } from '../errno.ts';
import { fileOf } from '../fs/at.ts';
import { O_CLOEXEC, O_RDWR } from '../fs/constants.ts';
import { Epoll } from '../fs/epoll.ts';
import type { Kernel } from '../kernel.ts';
import { USER_END } from '../memory/layout.ts';
import type { Task } from '../process/task.ts';
import { POLLIN, POLLRDNORM } from '../process/wait.ts';
import { enumeration, fd, flags, inStruct, int, size } from './arguments.ts';
import { epollFlags, epollOperations } from './flags/files.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';
import { useTemporaryMask } from './signal-mask.ts';
import { readTimespec, toNanoseconds } from './time-values.ts';

/** struct epoll_event is not packed on riscv: events, padding, data. */
const EVENT_BYTES = 16;
const EVENTS_MAX = Math.floor(0x7fff_ffff / EVENT_BYTES);

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;

function epollCreate1(kernel: Kernel, task: Task, flagBits: number): SyscallResult {
  if ((flagBits & ~O_CLOEXEC) !== 0) return -EINVAL;
  const free = task.files.free(task);
  if (free < 0) return free;
  const epoll = new Epoll(kernel);
  const file = kernel.vfs.openAnonymous('anon_inode', epoll, O_RDWR, '[eventpoll]');
  if (typeof file === 'number') return file;
  epoll.ownFile = file;
  return task.files.add(kernel, task, file, (flagBits & O_CLOEXEC) !== 0);
}

function epollCtl(
  kernel: Kernel,
  task: Task,
  epollDescriptor: number,
  operation: number,
  descriptor: number,
  address: number,
): SyscallResult {
  const command = operation | 0;
  let event = { events: 0, data: 0n };
  if (command !== EPOLL_CTL_DEL) {
    const view = task.memory!.readStruct(address, EVENT_BYTES);
    if (view === null) return -EFAULT;
    event = { events: view.getUint32(0, true), data: view.getBigUint64(8, true) };
  }
  const epollFile = fileOf(kernel, task, epollDescriptor);
  if (epollFile === null) return -EBADF;
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  if (file.operations.poll === undefined) return -EPERM;
  const epoll = epollFile.operations;
  if (epollFile === file || !(epoll instanceof Epoll)) return -EINVAL;
  switch (command) {
    case EPOLL_CTL_ADD:
      return epoll.add(kernel, file, descriptor | 0, event);
    case EPOLL_CTL_DEL:
      return epoll.remove(kernel, file, descriptor | 0);
    case EPOLL_CTL_MOD:
      return epoll.modify(kernel, file, descriptor | 0, event);
    default:
      return -EINVAL;
  }
}

/** `timeout` in ns; negative: for ever. */
function wait(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  address: number,
  limit: number,
  timeout: number,
  mask: number,
  maskBytes: number,
): SyscallResult {
  const maximum = limit | 0;
  let deadline: number;
  if (task.resume === null) {
    const failed = useTemporaryMask(task, mask, maskBytes);
    if (failed !== 0) return failed;
    deadline = timeout < 0 ? Infinity : kernel.now() + timeout;
  } else {
    deadline = task.resume['deadline'] as number;
  }
  if (maximum <= 0 || maximum > EVENTS_MAX) return -EINVAL;
  if (address < 0 || address + maximum * EVENT_BYTES > USER_END) return -EFAULT;
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  const epoll = file.operations;
  if (!(epoll instanceof Epoll)) return -EINVAL;
  kernel.cost.touch(epoll.address, 64, 'write');

  if (epoll.hasReady) {
    const memory = task.memory!;
    const delivered = epoll.take(kernel, maximum, ({ events, data }, index) =>
      memory.writeStruct(address + index * EVENT_BYTES, EVENT_BYTES, (view) => {
        view.setUint32(0, events, true);
        view.setBigUint64(8, data, true);
      }),
    );
    if (epoll.hasReady && epoll.queue.size > 0) epoll.queue.wake(kernel, POLLIN | POLLRDNORM);
    if (delivered < 0) return -EFAULT;
    if (delivered > 0) return delivered;
  }
  if (kernel.now() >= deadline || task.wakeReason === 'timeout') return 0;
  kernel.cost.execute(pollRoutines.epoll_wait_sleep);
  return kernel.block(task, epoll.queue, deadline, { deadline }, { exclusive: true });
}

function epollPwait(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  address: number,
  limit: number,
  timeout: number,
  mask: number,
  maskBytes: number,
): SyscallResult {
  return wait(kernel, task, descriptor, address, limit, (timeout | 0) * 1e6, mask, maskBytes);
}

function epollPwait2(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  address: number,
  limit: number,
  timeoutAddress: number,
  mask: number,
  maskBytes: number,
): SyscallResult {
  let timeout = -1;
  if (timeoutAddress !== 0 && task.resume === null) {
    const time = readTimespec(task.memory, timeoutAddress);
    if (typeof time === 'number') return time;
    timeout = toNanoseconds(time);
  }
  return wait(kernel, task, descriptor, address, limit, timeout, mask, maskBytes);
}

const events = { kind: 'struct', name: 'epollEvents', direction: 'out' } as const;

export const epollSyscalls: readonly SyscallRow[] = [
  {
    number: 20,
    name: 'epoll_create1',
    arguments: [flags(epollFlags)],
    result: 'fd',
    handler: epollCreate1,
    cost: pollRoutines.epoll_create,
  },
  {
    number: 21,
    name: 'epoll_ctl',
    arguments: [fd, enumeration(epollOperations, 'EPOLL_CTL_???'), fd, inStruct('epollEvent')],
    handler: epollCtl,
    cost: pollRoutines.epoll_ctl,
  },
  {
    number: 22,
    name: 'epoll_pwait',
    arguments: [fd, events, int, int, inStruct('sigset'), size],
    handler: epollPwait,
    cost: pollRoutines.epoll_wait,
    restart: 'never',
  },
  {
    number: 441,
    name: 'epoll_pwait2',
    arguments: [fd, events, int, inStruct('timespec'), inStruct('sigset'), size],
    handler: epollPwait2,
    cost: pollRoutines.epoll_wait,
    restart: 'never',
  },
];
