// futex(2) and the robust list calls: decoding of operations and timeouts; the work is process/futex*.ts.

import { futexRoutines as routine } from '../cost/routines/futex.ts';
import { EFAULT, EINVAL, ENOSYS, EPERM, ESRCH } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { CAP_SYS_PTRACE } from '../process/credentials.ts';
import { FUTEX_BITSET_MATCH_ANY, futexRequeue, futexWait, futexWake, futexWakeOp } from '../process/futex.ts';
import { lockPi, requeuePi, unlockPi, waitRequeuePi } from '../process/futex-pi.ts';
import type { Task } from '../process/task.ts';
import { hex, int, outStruct, pid, pointer, size, unsigned } from './arguments.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';
import { readTimespec, realToBootTime, toNanoseconds } from './time-values.ts';

const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const FUTEX_REQUEUE = 3;
const FUTEX_CMP_REQUEUE = 4;
const FUTEX_WAKE_OP = 5;
const FUTEX_LOCK_PI = 6;
const FUTEX_UNLOCK_PI = 7;
const FUTEX_TRYLOCK_PI = 8;
const FUTEX_WAIT_BITSET = 9;
const FUTEX_WAKE_BITSET = 10;
const FUTEX_WAIT_REQUEUE_PI = 11;
const FUTEX_CMP_REQUEUE_PI = 12;
const FUTEX_LOCK_PI2 = 13;
const FUTEX_PRIVATE_FLAG = 128;
const FUTEX_CLOCK_REALTIME = 256;

/** struct robust_list_head */
const ROBUST_HEAD_BYTES = 24;

/** The operation's absolute deadline in ns since boot (Infinity: none), or an errno. Only FUTEX_WAIT's timeout is relative. */
function deadlineOf(kernel: Kernel, task: Task, operation: number, realTime: boolean, address: number): number {
  const saved = task.resume?.['deadline'];
  if (typeof saved === 'number') return saved;
  if (address === 0) return Infinity;
  const time = readTimespec(task.memory, address);
  if (typeof time === 'number') return time;
  if (operation === FUTEX_WAIT) return kernel.now() + toNanoseconds(time);
  // A deadline long past is not an error number.
  return Math.max(0, realTime ? realToBootTime(kernel, time) : toNanoseconds(time));
}

function futex(
  kernel: Kernel,
  task: Task,
  address: number,
  operationBits: number,
  value: number,
  timeout: number,
  address2: number,
  value3: number,
): SyscallResult {
  const operation = operationBits & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
  const isPrivate = (operationBits & FUTEX_PRIVATE_FLAG) !== 0;
  const clockFlag = (operationBits & FUTEX_CLOCK_REALTIME) !== 0;
  if (
    clockFlag &&
    operation !== FUTEX_WAIT_BITSET &&
    operation !== FUTEX_WAIT_REQUEUE_PI &&
    operation !== FUTEX_LOCK_PI2
  ) {
    return -ENOSYS;
  }
  const number = value | 0;
  const value2 = timeout | 0;
  switch (operation) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: {
      const deadline = deadlineOf(kernel, task, operation, clockFlag, timeout);
      if (deadline < 0) return deadline;
      // Resumed by restart_syscall after a stop: it looks at the word again.
      if (task.resume?.['restartedWait'] === true) task.resume = null;
      kernel.cost.execute(routine.futex_wait);
      const bitset = operation === FUTEX_WAIT ? FUTEX_BITSET_MATCH_ANY : value3 >>> 0;
      return futexWait(kernel, task, address, isPrivate, number, deadline, bitset);
    }
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET: {
      kernel.cost.execute(routine.futex_wake);
      const bitset = operation === FUTEX_WAKE ? FUTEX_BITSET_MATCH_ANY : value3 >>> 0;
      return futexWake(kernel, task, address, isPrivate, number, bitset);
    }
    case FUTEX_REQUEUE:
      return futexRequeue(kernel, task, address, address2, isPrivate, number, value2, null);
    case FUTEX_CMP_REQUEUE:
      return futexRequeue(kernel, task, address, address2, isPrivate, number, value2, value3);
    case FUTEX_WAKE_OP:
      return futexWakeOp(kernel, task, address, address2, isPrivate, number, value2, value3 | 0);
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2: {
      // LOCK_PI's timeout is on CLOCK_REALTIME, LOCK_PI2's on the clock that the flag says.
      const deadline = deadlineOf(kernel, task, operation, operation === FUTEX_LOCK_PI || clockFlag, timeout);
      return deadline < 0 ? deadline : lockPi(kernel, task, address, isPrivate, deadline, false);
    }
    case FUTEX_TRYLOCK_PI:
      return lockPi(kernel, task, address, isPrivate, Infinity, true);
    case FUTEX_UNLOCK_PI:
      return unlockPi(kernel, task, address, isPrivate);
    case FUTEX_WAIT_REQUEUE_PI: {
      const deadline = deadlineOf(kernel, task, operation, clockFlag, timeout);
      if (deadline < 0) return deadline;
      return waitRequeuePi(kernel, task, address, isPrivate, number, deadline, FUTEX_BITSET_MATCH_ANY, address2);
    }
    case FUTEX_CMP_REQUEUE_PI:
      return requeuePi(kernel, task, address, address2, isPrivate, number, value2, value3);
    default:
      return -ENOSYS;
  }
}

function set_robust_list(_kernel: Kernel, task: Task, head: number, bytes: number): SyscallResult {
  if (bytes !== ROBUST_HEAD_BYTES) return -EINVAL;
  task.robustList = head;
  return 0;
}

function get_robust_list(
  kernel: Kernel,
  task: Task,
  id: number,
  headAddress: number,
  sizeAddress: number,
): SyscallResult {
  const target = (id | 0) === 0 ? task : kernel.tasks.get(id | 0);
  if (target === undefined) return -ESRCH;
  if (target.group !== task.group && !task.credentials.capable(CAP_SYS_PTRACE)) {
    if (target.credentials.uid !== task.credentials.euid) return -EPERM;
  }
  const memory = task.memory!;
  if (!memory.writeLong(sizeAddress, ROBUST_HEAD_BYTES)) return -EFAULT;
  return memory.writeLong(headAddress, target.robustList) ? 0 : -EFAULT;
}

export const futexSyscalls: readonly SyscallRow[] = [
  {
    number: 98,
    name: 'futex',
    arguments: [pointer, int, unsigned, pointer, pointer, hex],
    handler: futex,
    cost: routine.hash_bucket_lock,
  },
  {
    number: 99,
    name: 'set_robust_list',
    arguments: [pointer, size],
    handler: set_robust_list,
    cost: routine.hash_bucket_lock,
  },
  {
    number: 100,
    name: 'get_robust_list',
    arguments: [pid, outStruct('long'), outStruct('long')],
    handler: get_robust_list,
    cost: routine.hash_bucket_lock,
  },
];
