// futex(2): wait while a word has a value, wake who waits, requeue; and what exit owes to futexes: clear_child_tid, robust lists.
//
// On one hart the look at the word and the entry into the queue are one step: nothing can come between.
// Priority-inheriting locks are in futex-pi.ts.

import { futexRoutines } from '../cost/routines/futex.ts';
import { EAGAIN, EFAULT, EINVAL, ENOSYS, ETIMEDOUT } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import {
  BLOCKED,
  INTERRUPTED,
  INTERRUPTED_RESTART,
  INTERRUPTED_RESTART_BLOCK,
  type SyscallResult,
} from '../syscalls/result.ts';
import { abandonFutex, handOverPi, releaseOwnedPi } from './futex-pi.ts';
import { type FutexKey, FutexWaiter, SHARED_SPACE } from './futex-table.ts';
import type { Task } from './task.ts';

export const FUTEX_WAITERS = 0x8000_0000;
export const FUTEX_OWNER_DIED = 0x4000_0000;
export const FUTEX_TID_MASK = 0x3fff_ffff;
export const FUTEX_BITSET_MATCH_ANY = 0xffff_ffff;

/** Entries of a robust list that are looked at: ROBUST_LIST_LIMIT. */
const ROBUST_LIST_LIMIT = 2048;

/** The key of the futex at this address, or -EINVAL, -EFAULT. `access`: the word is only read, or will be written too. */
export function futexKey(
  kernel: Kernel,
  task: Task,
  address: number,
  isPrivate: boolean,
  access: 'read' | 'write' = 'read',
): FutexKey | number {
  const { memory } = task;
  if (memory === null) return -EFAULT;
  if (address % 4 !== 0) return -EINVAL;
  if (!(address >= 0 && address < 2 ** 47)) return -EFAULT;
  kernel.cost.execute(futexRoutines.get_futex_key);
  if (isPrivate) return { space: memory, address };
  const piece = memory.resolve(address, access);
  if (piece === null) return -EFAULT;
  const region = memory.regions.find(address);
  if (region?.shared === true) return { space: SHARED_SPACE, address: piece.physical };
  return { space: memory, address };
}

/** FUTEX_WAIT and FUTEX_WAIT_BITSET. `deadline`: absolute ns since boot, Infinity: none. */
export function futexWait(
  kernel: Kernel,
  task: Task,
  address: number,
  isPrivate: boolean,
  expected: number,
  deadline: number,
  bitset: number,
): SyscallResult {
  let waiter = task.futex;
  if (task.resume === null) {
    if (bitset === 0) return -EINVAL;
    const key = futexKey(kernel, task, address, isPrivate);
    if (typeof key === 'number') return key;
    const value = task.memory!.readU32(address);
    if (value === null) return -EFAULT;
    if (value !== expected >>> 0) return -EAGAIN;
    kernel.cost.execute(futexRoutines.futex_wait_queue);
    waiter = new FutexWaiter(task, bitset);
    kernel.futexes.add(key, waiter);
    task.futex = waiter;
  } else if (waiter === null || waiter.woken) {
    task.futex = null;
    return 0;
  } else if (deadline < Infinity && kernel.now() >= deadline) {
    kernel.futexes.remove(waiter);
    task.futex = null;
    return -ETIMEDOUT;
  }
  const result = kernel.block(task, null, deadline, { deadline });
  if (result === BLOCKED) return BLOCKED;
  kernel.futexes.remove(waiter!);
  task.futex = null;
  if (result !== INTERRUPTED) return result;
  if (deadline === Infinity) return INTERRUPTED_RESTART;
  task.restart = { number: task.syscall, resume: { deadline, restartedWait: true } };
  return INTERRUPTED_RESTART_BLOCK;
}

/** FUTEX_WAKE and FUTEX_WAKE_BITSET: wakes at most `count` waiters whose bitset meets `bitset`; how many, or an errno. */
export function futexWake(
  kernel: Kernel,
  task: Task,
  address: number,
  isPrivate: boolean,
  count: number,
  bitset: number,
): number {
  if (bitset === 0) return -EINVAL;
  const key = futexKey(kernel, task, address, isPrivate);
  if (typeof key === 'number') return key;
  return wakeKey(kernel, key, count, bitset);
}

function wakeKey(kernel: Kernel, key: FutexKey, count: number, bitset: number): number {
  kernel.cost.execute(futexRoutines.hash_bucket_lock);
  const queue = kernel.futexes.find(key);
  if (queue === undefined) return 0;
  let woken = 0;
  for (const waiter of [...queue.waiters]) {
    if (waiter.pi !== null || waiter.requeueTarget !== null) return woken > 0 ? woken : -EINVAL;
    kernel.cost.execute(futexRoutines.scan_waiter);
    if ((waiter.bitset & bitset) === 0) continue;
    kernel.cost.execute(futexRoutines.wake_one);
    kernel.cost.touch(waiter.task.address, 64, 'write');
    kernel.futexes.wake(kernel, waiter);
    woken += 1;
    if (woken >= count) break;
  }
  return woken;
}

/**
 * FUTEX_REQUEUE and FUTEX_CMP_REQUEUE: wakes `wakeCount` waiters of the first futex and moves up to `requeueCount` to the second.
 * `expected` null: no comparison. How many were woken or moved.
 */
export function futexRequeue(
  kernel: Kernel,
  task: Task,
  address: number,
  address2: number,
  isPrivate: boolean,
  wakeCount: number,
  requeueCount: number,
  expected: number | null,
): number {
  if (wakeCount < 0 || requeueCount < 0) return -EINVAL;
  const key = futexKey(kernel, task, address, isPrivate);
  if (typeof key === 'number') return key;
  const target = futexKey(kernel, task, address2, isPrivate);
  if (typeof target === 'number') return target;
  if (expected !== null) {
    const value = task.memory!.readU32(address);
    if (value === null) return -EFAULT;
    if (value !== expected >>> 0) return -EAGAIN;
  }
  kernel.cost.execute(futexRoutines.hash_bucket_lock, 2);
  const queue = kernel.futexes.find(key);
  if (queue === undefined) return 0;
  if (key.space === target.space && key.address === target.address) {
    return wakeKey(kernel, key, wakeCount, FUTEX_BITSET_MATCH_ANY);
  }
  let done = 0;
  for (const waiter of [...queue.waiters]) {
    if (waiter.pi !== null || waiter.requeueTarget !== null) return done > 0 ? done : -EINVAL;
    if (done < wakeCount) {
      kernel.cost.execute(futexRoutines.wake_one);
      kernel.futexes.wake(kernel, waiter);
    } else if (done - wakeCount < requeueCount) {
      kernel.cost.execute(futexRoutines.requeue_one);
      kernel.futexes.remove(waiter);
      kernel.futexes.add(target, waiter);
    } else {
      break;
    }
    done += 1;
  }
  return done;
}

/** FUTEX_WAKE_OP: changes the second word, wakes waiters of the first, and of the second if its old value meets the comparison. */
export function futexWakeOp(
  kernel: Kernel,
  task: Task,
  address: number,
  address2: number,
  isPrivate: boolean,
  wakeCount: number,
  wakeCount2: number,
  encoded: number,
): number {
  const key = futexKey(kernel, task, address, isPrivate);
  if (typeof key === 'number') return key;
  const key2 = futexKey(kernel, task, address2, isPrivate, 'write');
  if (typeof key2 === 'number') return key2;
  kernel.cost.execute(futexRoutines.wake_op);
  const operation = (encoded >>> 28) & 7;
  const comparison = (encoded >>> 24) & 15;
  let operand = (encoded << 8) >> 20;
  const compared = (encoded << 20) >> 20;
  // FUTEX_OP_OPARG_SHIFT
  if ((encoded & 0x8000_0000) !== 0) operand = 1 << (operand & 31);
  const word = task.memory!.readU32(address2);
  if (word === null) return -EFAULT;
  const old = word | 0;
  let value: number;
  switch (operation) {
    case 0:
      value = operand;
      break;
    case 1:
      value = (old + operand) | 0;
      break;
    case 2:
      value = old | operand;
      break;
    case 3:
      value = old & ~operand;
      break;
    case 4:
      value = old ^ operand;
      break;
    default:
      return -ENOSYS;
  }
  if (!task.memory!.writeU32(address2, value >>> 0)) return -EFAULT;
  let meets: boolean;
  switch (comparison) {
    case 0:
      meets = old === compared;
      break;
    case 1:
      meets = old !== compared;
      break;
    case 2:
      meets = old < compared;
      break;
    case 3:
      meets = old <= compared;
      break;
    case 4:
      meets = old > compared;
      break;
    case 5:
      meets = old >= compared;
      break;
    default:
      return -ENOSYS;
  }
  const woken = wakeKey(kernel, key, Math.max(1, wakeCount), FUTEX_BITSET_MATCH_ANY);
  if (woken < 0 || !meets) return woken;
  const woken2 = wakeKey(kernel, key2, Math.max(1, wakeCount2), FUTEX_BITSET_MATCH_ANY);
  return woken2 < 0 ? woken2 : woken + woken2;
}

/** A task that ends while it waits on a futex leaves the queue. */
export function leaveFutexes(kernel: Kernel, task: Task): void {
  const waiter = task.futex;
  if (waiter === null) return;
  task.futex = null;
  abandonFutex(kernel, waiter);
}

/** The thread's tid word becomes 0 and one waiter (pthread_join) wakes; set_tid_address(2). */
export function wakeClearedTid(kernel: Kernel, task: Task): void {
  const { memory } = task;
  if (memory === null) return;
  if (!memory.writeU32(task.clearChildTid, 0)) return;
  const key = futexKey(kernel, task, task.clearChildTid, false);
  if (typeof key !== 'number') wakeKey(kernel, key, 1, FUTEX_BITSET_MATCH_ANY);
}

/**
 * exit_robust_list: every lock in the list that this thread holds is marked FUTEX_OWNER_DIED and a waiter wakes
 * (Documentation/locking/robust-futex-ABI.rst). The list lies in the program's memory: nothing in it is trusted.
 */
export function walkRobustList(kernel: Kernel, task: Task): void {
  const head = task.robustList;
  task.robustList = 0;
  const { memory } = task;
  if (head !== 0 && memory !== null) {
    let entry = memory.readLong(head);
    const offset = memory.readLong(head + 8);
    const pendingWord = memory.readLong(head + 16);
    if (entry !== null && offset !== null && pendingWord !== null) {
      const pending = untag(pendingWord);
      for (let count = 0; untag(entry) !== head && count < ROBUST_LIST_LIMIT; count++) {
        const address = untag(entry);
        const isPi = (lowBit(entry) & 1) === 1;
        const next = memory.readLong(address);
        kernel.cost.execute(futexRoutines.robust_entry);
        if (address !== pending && !handleDeath(kernel, task, address + offset, isPi, false)) break;
        if (next === null) break;
        entry = next;
      }
      if (pending !== 0) handleDeath(kernel, task, pending + offset, (lowBit(pendingWord) & 1) === 1, true);
    }
  }
  releaseOwnedPi(kernel, task);
}

function lowBit(pointer: number): number {
  return ((pointer % 2) + 2) % 2;
}

function untag(pointer: number): number {
  return pointer - lowBit(pointer);
}

/** False: the word cannot be reached, the walk ends. */
function handleDeath(kernel: Kernel, task: Task, address: number, isPi: boolean, isPending: boolean): boolean {
  const memory = task.memory!;
  if (!(address >= 0 && address < 2 ** 47) || address % 4 !== 0) return false;
  const word = memory.readU32(address);
  if (word === null) return false;
  if (isPending && !isPi && word === 0) {
    // The unlock stored 0 and was killed before its wake.
    const key = futexKey(kernel, task, address, false);
    if (typeof key !== 'number') wakeKey(kernel, key, 1, FUTEX_BITSET_MATCH_ANY);
    return true;
  }
  if ((word & FUTEX_TID_MASK) !== task.tid) return true;
  const value = ((word & FUTEX_WAITERS) | FUTEX_OWNER_DIED) >>> 0;
  if (!memory.writeU32(address, value)) return false;
  if (isPi) {
    handOverPi(kernel, task, address);
  } else if ((word & FUTEX_WAITERS) !== 0) {
    // The key that waiters used depends on how they waited: try both.
    for (const isPrivate of [true, false]) {
      const key = futexKey(kernel, task, address, isPrivate);
      if (typeof key !== 'number' && wakeKey(kernel, key, 1, FUTEX_BITSET_MATCH_ANY) > 0) break;
    }
  }
  return true;
}
