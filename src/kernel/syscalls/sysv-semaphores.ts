// System V semaphores: semget(2), semop(2), semctl(2).

import { ipcRoutines as routine } from '../cost/routines/ipc.ts';
import { E2BIG, EACCES, EAGAIN, EFAULT, EFBIG, EIDRM, EINVAL, ERANGE } from '../errno.ts';
import {
  checkOwner,
  IPC_INFO,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  mayUse,
  readPermissions,
  writePermissions,
} from '../ipc/objects.ts';
import { SEMAPHORE_MAXIMUM, type SemaphoreOperation, SemaphoreSet } from '../ipc/semaphores.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { enumeration, flags, hex, inStruct, int, pointer, size } from './arguments.ts';
import { ipcGetFlags, semaphoreCommands } from './flags/ipc.ts';
import { BLOCKED, type SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';
import { readTimespec, realTimeNow, toNanoseconds } from './time-values.ts';

/** SEMMSL, SEMOPM */
const SEMAPHORES_A_SET = 32_000;
const OPERATIONS_A_CALL = 500;

const GETPID = 11;
const GETVAL = 12;
const GETALL = 13;
const GETNCNT = 14;
const GETZCNT = 15;
const SETVAL = 16;
const SETALL = 17;

function semget(kernel: Kernel, task: Task, key: number, count: number, flagBits: number): SyscallResult {
  count |= 0;
  if (count < 0 || count > SEMAPHORES_A_SET) return -EINVAL;
  return kernel.ipc.semaphores.get(
    kernel,
    task,
    key | 0,
    flagBits | 0,
    (set) => (count > set.values.length ? -EINVAL : 0),
    (ownership) => (count === 0 ? -EINVAL : new SemaphoreSet(ownership, count, realTimeNow(kernel).seconds)),
  );
}

function semop(kernel: Kernel, task: Task, id: number, address: number, count: number): SyscallResult {
  return semtimedop(kernel, task, id, address, count, 0);
}

function semtimedop(
  kernel: Kernel,
  task: Task,
  id: number,
  address: number,
  count: number,
  timeoutAddress: number,
): SyscallResult {
  let deadline = (task.resume?.['deadline'] as number | undefined) ?? Infinity;
  if (task.resume === null) {
    if (timeoutAddress !== 0) {
      const timeout = readTimespec(task.memory, timeoutAddress);
      if (typeof timeout === 'number') return timeout;
      deadline = kernel.now() + toNanoseconds(timeout);
    }
    if (!(count >= 1) || (id | 0) < 0) return -EINVAL;
    if (count > OPERATIONS_A_CALL) return -E2BIG;
  }
  const operations = readOperations(task, address, count);
  if (operations === null) return -EFAULT;
  const set = kernel.ipc.semaphores.find(kernel, id | 0);
  if (typeof set === 'number') return task.resume === null ? set : -EIDRM;
  set.waiting.delete(task);
  if (operations.some(({ index }) => index >= set.values.length)) return -EFBIG;
  const alters = operations.some(({ change }) => change !== 0);
  if (!mayUse(kernel, task, set, alters ? 0o222 : 0o444)) return -EACCES;
  const outcome = set.attempt(kernel, task, operations);
  if (outcome === 0) set.operationTime = realTimeNow(kernel).seconds;
  if (typeof outcome === 'number') return outcome;
  if (kernel.now() >= deadline) return -EAGAIN;
  const result = kernel.block(task, set.queue, deadline, { deadline });
  if (result === BLOCKED) set.waiting.set(task, outcome);
  return result;
}

/** struct sembuf: number, change, flags; 6 bytes each. */
function readOperations(task: Task, address: number, count: number): SemaphoreOperation[] | null {
  const view = task.memory?.readStruct(address, 6 * count) ?? null;
  if (view === null) return null;
  return Array.from({ length: count }, (_, index) => ({
    index: view.getUint16(6 * index, true),
    change: view.getInt16(6 * index + 2, true),
    flags: view.getInt16(6 * index + 4, true),
  }));
}

/** Nothing that was to be taken back from these semaphores is any more. */
function clearUndo(kernel: Kernel, set: SemaphoreSet, index: number | null): void {
  for (const task of kernel.tasks.all()) task.semaphoreUndo?.clear(set, index);
}

function semctl(
  kernel: Kernel,
  task: Task,
  id: number,
  number: number,
  command: number,
  argument: number,
): SyscallResult {
  command |= 0;
  number |= 0;
  if ((id | 0) < 0) return -EINVAL;
  kernel.cost.execute(routine.ipc_control);
  if (command === IPC_INFO) {
    const values = [
      0,
      32_000,
      1_024_000_000,
      1_024_000_000,
      SEMAPHORES_A_SET,
      OPERATIONS_A_CALL,
      500,
      20,
      SEMAPHORE_MAXIMUM,
      SEMAPHORE_MAXIMUM,
    ];
    const written = task.memory!.writeStruct(argument, 40, (view) => {
      for (const [index, value] of values.entries()) view.setInt32(4 * index, value, true);
    });
    return written ? kernel.ipc.semaphores.highestSlot : -EFAULT;
  }
  let given: DataView | null = null;
  if (command === IPC_SET) {
    given = task.memory!.readStruct(argument, 88);
    if (given === null) return -EFAULT;
  }
  const set = kernel.ipc.semaphores.find(kernel, id | 0);
  if (typeof set === 'number') return set;
  const { values } = set;
  switch (command) {
    case IPC_STAT:
    case GETALL:
    case GETVAL:
    case GETPID:
    case GETNCNT:
    case GETZCNT:
      if (!mayUse(kernel, task, set, 0o444)) return -EACCES;
      break;
    case SETVAL:
    case SETALL:
      if (!mayUse(kernel, task, set, 0o222)) return -EACCES;
      break;
    case IPC_RMID:
    case IPC_SET: {
      const denied = checkOwner(task, set);
      if (denied !== 0) return denied;
      break;
    }
    default:
      return -EINVAL;
  }
  const needsNumber = [GETVAL, GETPID, GETNCNT, GETZCNT, SETVAL].includes(command);
  if (needsNumber && (number < 0 || number >= values.length)) return -EINVAL;
  switch (command) {
    case IPC_STAT: {
      const written = task.memory!.writeStruct(argument, 88, (view) => {
        writePermissions(view, set);
        view.setBigInt64(48, BigInt(set.operationTime), true);
        view.setBigInt64(56, BigInt(set.changeTime), true);
        view.setBigUint64(64, BigInt(values.length), true);
      });
      return written ? 0 : -EFAULT;
    }
    case GETALL: {
      const written = task.memory!.writeStruct(argument, 2 * values.length, (view) => {
        for (const [index, value] of values.entries()) view.setUint16(2 * index, value, true);
      });
      return written ? 0 : -EFAULT;
    }
    case GETVAL:
      return values[number]!;
    case GETPID:
      return set.pids[number]!;
    case GETNCNT:
      return set.waiters(number, false);
    case GETZCNT:
      return set.waiters(number, true);
    case SETVAL: {
      const value = argument | 0;
      if (value < 0 || value > SEMAPHORE_MAXIMUM) return -ERANGE;
      values[number] = value;
      set.pids[number] = task.pid;
      clearUndo(kernel, set, number);
      break;
    }
    case SETALL: {
      const view = task.memory!.readStruct(argument, 2 * values.length);
      if (view === null) return -EFAULT;
      const wanted = values.map((_, index) => view.getUint16(2 * index, true));
      if (wanted.some((value) => value > SEMAPHORE_MAXIMUM)) return -ERANGE;
      for (const [index, value] of wanted.entries()) {
        values[index] = value;
        set.pids[index] = task.pid;
      }
      clearUndo(kernel, set, null);
      break;
    }
    case IPC_SET:
      readPermissions(given!, set);
      break;
    default:
      set.removed = true;
      kernel.ipc.semaphores.remove(set);
      set.queue.wake(kernel);
      return 0;
  }
  set.changeTime = realTimeNow(kernel).seconds;
  if (command !== IPC_SET) set.queue.wake(kernel);
  return 0;
}

export const semaphoreSyscalls: readonly SyscallRow[] = [
  { number: 190, name: 'semget', arguments: [hex, int, flags(ipcGetFlags)], handler: semget, cost: routine.ipc_perms },
  {
    number: 191,
    name: 'semctl',
    arguments: [int, int, enumeration(semaphoreCommands, 'SEM_???'), pointer],
    handler: semctl,
    cost: routine.ipc_perms,
    support: { partial: 'no SEM_INFO, SEM_STAT' },
  },
  {
    number: 192,
    name: 'semtimedop',
    arguments: [int, pointer, size, inStruct('timespec')],
    handler: semtimedop,
    cost: routine.semop,
    restart: 'never',
  },
  {
    number: 193,
    name: 'semop',
    arguments: [int, pointer, size],
    handler: semop,
    cost: routine.semop,
    restart: 'never',
  },
];
