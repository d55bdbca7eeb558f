// Priority-inheriting futexes (futex(2), "Priority-inheritance futexes"; pi_futex of Documentation/locking/pi-futex.rst).
//
// The word holds the owner's tid, FUTEX_WAITERS while the kernel has waiters, FUTEX_OWNER_DIED after a robust owner's death.
// While somebody waits, the kernel's PiState names the owner, who runs at the best real-time priority of the waiters. An unlock
// hands the lock to the first waiter: the word has its tid before it runs.

import { futexRoutines } from '../cost/routines/futex.ts';
import { EAGAIN, EDEADLK, EFAULT, EINVAL, EPERM, ESRCH, ETIMEDOUT } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import {
  BLOCKED,
  INTERRUPTED,
  INTERRUPTED_ALWAYS,
  INTERRUPTED_NO_HANDLER,
  type SyscallResult,
} from '../syscalls/result.ts';
import { FUTEX_BITSET_MATCH_ANY, FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS, futexKey } from './futex.ts';
import { type FutexKey, type FutexQueue, FutexWaiter, PiState } from './futex-table.ts';
import type { Task } from './task.ts';

/** FUTEX_LOCK_PI, FUTEX_LOCK_PI2, and with `tryOnly` FUTEX_TRYLOCK_PI. */
export function lockPi(
  kernel: Kernel,
  task: Task,
  address: number,
  isPrivate: boolean,
  deadline: number,
  tryOnly: boolean,
): SyscallResult {
  let waiter = task.futex;
  if (task.resume === null) {
    const key = futexKey(kernel, task, address, isPrivate, 'write');
    if (typeof key === 'number') return key;
    const taken = acquire(kernel, task, task, address, key);
    if (taken !== -EAGAIN) return taken;
    if (tryOnly) return -EAGAIN;
    waiter = new FutexWaiter(task, FUTEX_BITSET_MATCH_ANY);
    const joined = joinQueue(kernel, key, waiter, address, task);
    if (joined < 0) return joined;
    task.futex = waiter;
  } else if (waiter === null || waiter.woken) {
    // The unlocker made this task the owner.
    task.futex = null;
    return 0;
  } else if (deadline < Infinity && kernel.now() >= deadline) {
    abandonFutex(kernel, waiter);
    task.futex = null;
    return -ETIMEDOUT;
  }
  const result = kernel.block(task, null, deadline, { deadline });
  if (result === BLOCKED) return BLOCKED;
  abandonFutex(kernel, waiter!);
  task.futex = null;
  return result === INTERRUPTED ? INTERRUPTED_ALWAYS : result;
}

/** FUTEX_UNLOCK_PI */
export function unlockPi(kernel: Kernel, task: Task, address: number, isPrivate: boolean): number {
  const key = futexKey(kernel, task, address, isPrivate, 'write');
  if (typeof key === 'number') return key;
  const word = task.memory!.readU32(address);
  if (word === null) return -EFAULT;
  if ((word & FUTEX_TID_MASK) !== task.tid) return -EPERM;
  kernel.cost.execute(futexRoutines.unlock_pi);
  const queue = kernel.futexes.find(key);
  if (queue === undefined || queue.pi === null) return task.memory!.writeU32(address, 0) ? 0 : -EFAULT;
  return passOn(kernel, task, address, queue, 0);
}

/**
 * FUTEX_WAIT_REQUEUE_PI: waits on a plain futex, to be moved to a lock by FUTEX_CMP_REQUEUE_PI; returns owning the lock.
 */
export function waitRequeuePi(
  kernel: Kernel,
  task: Task,
  address: number,
  isPrivate: boolean,
  expected: number,
  deadline: number,
  bitset: number,
  address2: number,
): SyscallResult {
  let waiter = task.futex;
  if (task.resume === null) {
    if (bitset === 0 || address === address2) return -EINVAL;
    const key = futexKey(kernel, task, address, isPrivate);
    if (typeof key === 'number') return key;
    const target = futexKey(kernel, task, address2, isPrivate, 'write');
    if (typeof target === 'number') return target;
    const value = task.memory!.readU32(address);
    if (value === null) return -EFAULT;
    if (value !== expected >>> 0) return -EAGAIN;
    waiter = new FutexWaiter(task, bitset, target);
    kernel.futexes.add(key, waiter);
    task.futex = waiter;
  } else if (waiter === null || waiter.woken) {
    task.futex = null;
    return 0;
  } else if (deadline < Infinity && kernel.now() >= deadline) {
    abandonFutex(kernel, waiter);
    task.futex = null;
    return -ETIMEDOUT;
  }
  const result = kernel.block(task, null, deadline, { deadline });
  if (result === BLOCKED) return BLOCKED;
  const requeued = waiter!.pi !== null;
  abandonFutex(kernel, waiter!);
  task.futex = null;
  if (result !== INTERRUPTED) return result;
  // futex(2): -EWOULDBLOCK to the caller's retry loop once requeued, else restarted.
  return requeued ? -EAGAIN : INTERRUPTED_NO_HANDLER;
}

/** FUTEX_CMP_REQUEUE_PI: the first waiter gets the lock if it is free, the others (up to `requeueCount`) wait for it. */
export function requeuePi(
  kernel: Kernel,
  task: Task,
  address: number,
  address2: number,
  isPrivate: boolean,
  wakeCount: number,
  requeueCount: number,
  expected: number,
): number {
  if (wakeCount !== 1 || requeueCount < 0 || address === address2) return -EINVAL;
  const key = futexKey(kernel, task, address, isPrivate);
  if (typeof key === 'number') return key;
  const target = futexKey(kernel, task, address2, isPrivate, 'write');
  if (typeof target === 'number') return target;
  const value = task.memory!.readU32(address);
  if (value === null) return -EFAULT;
  if (value !== expected >>> 0) return -EAGAIN;
  const queue = kernel.futexes.find(key);
  if (queue === undefined) return 0;
  let done = 0;
  for (const waiter of [...queue.waiters]) {
    const wanted = waiter.requeueTarget;
    if (wanted === null || wanted.space !== target.space || wanted.address !== target.address) {
      return done > 0 ? done : -EINVAL;
    }
    if (done > requeueCount) break;
    kernel.cost.execute(futexRoutines.requeue_one);
    if (done === 0) {
      const taken = acquire(kernel, task, waiter.task, address2, target);
      if (taken === 0) {
        kernel.futexes.wake(kernel, waiter);
        done += 1;
        continue;
      }
      if (taken !== -EAGAIN) return taken;
    }
    kernel.futexes.remove(waiter);
    const joined = joinQueue(kernel, target, waiter, address2, task);
    if (joined < 0) {
      // The owner is gone: the waiter has to look again itself.
      kernel.futexes.wake(kernel, waiter);
      return done > 0 ? done : joined;
    }
    done += 1;
  }
  return done;
}

/** The lock at `address` of a thread that died owning it goes to its first waiter, marked FUTEX_OWNER_DIED. */
export function handOverPi(kernel: Kernel, task: Task, address: number): void {
  for (const isPrivate of [true, false]) {
    const key = futexKey(kernel, task, address, isPrivate, 'write');
    if (typeof key === 'number') continue;
    const queue = kernel.futexes.find(key);
    if (queue?.pi == null || queue.pi.owner !== task) continue;
    passOn(kernel, task, address, queue, FUTEX_OWNER_DIED);
    return;
  }
}

/** exit_pi_state_list: locks that the task still owns are taken from it; their waiters look again. */
export function releaseOwnedPi(kernel: Kernel, task: Task): void {
  for (const pi of [...task.ownedPi]) {
    pi.setOwner(null);
    const first = pi.queue.waiters[0];
    if (first !== undefined) {
      first.pi = null;
      kernel.futexes.wake(kernel, first);
    }
  }
  task.scheduling.boostedPriority = 0;
}

/** Takes the lock for `taker` if it is free (0); -EAGAIN if somebody else owns it, -EDEADLK if the taker does. */
function acquire(kernel: Kernel, task: Task, taker: Task, address: number, key: FutexKey): number {
  kernel.cost.execute(futexRoutines.lock_pi);
  const memory = task.memory!;
  const word = memory.readU32(address);
  if (word === null) return -EFAULT;
  const owner = word & FUTEX_TID_MASK;
  if (owner === taker.tid) return -EDEADLK;
  if (owner !== 0) return -EAGAIN;
  const queue = kernel.futexes.find(key);
  if (queue?.pi?.owner != null) return -EAGAIN;
  const waiters = queue === undefined ? 0 : FUTEX_WAITERS;
  const value = ((word & FUTEX_OWNER_DIED) | taker.tid | waiters) >>> 0;
  if (!memory.writeU32(address, value)) return -EFAULT;
  if (queue?.pi != null) queue.pi.setOwner(taker);
  return 0;
}

/** Queues a waiter behind the lock's owner, whose priority it lends; -ESRCH when the owner does not exist. */
function joinQueue(kernel: Kernel, key: FutexKey, waiter: FutexWaiter, address: number, task: Task): number {
  const memory = task.memory!;
  const word = memory.readU32(address);
  if (word === null) return -EFAULT;
  const existing = kernel.futexes.find(key);
  let owner = existing?.pi?.owner ?? null;
  if (owner === null) {
    owner = kernel.tasks.get(word & FUTEX_TID_MASK) ?? null;
    if (owner === null || owner.state === 'zombie' || owner.state === 'dead') return -ESRCH;
  }
  if (existing !== undefined && existing.pi === null) return -EINVAL;
  if (waitsFor(owner, waiter.task)) return -EDEADLK;
  if (!memory.writeU32(address, (word | FUTEX_WAITERS) >>> 0)) return -EFAULT;
  const queue = kernel.futexes.add(key, waiter);
  queue.pi ??= new PiState(queue, owner);
  waiter.pi = queue.pi;
  boostOwner(kernel, queue.pi.owner!);
  return 0;
}

/** The chain of locks from `owner` leads to `task`: waiting would be a deadlock. */
function waitsFor(owner: Task, task: Task): boolean {
  let current: Task | null = owner;
  for (let depth = 0; current !== null && depth < 1024; depth++) {
    if (current === task) return true;
    current = current.futex?.pi?.owner ?? null;
  }
  return false;
}

/** Lends the owner the best priority among the waiters of all locks that it owns. */
function boostOwner(kernel: Kernel, owner: Task): void {
  let best = 0;
  for (const pi of owner.ownedPi) {
    for (const waiter of pi.queue.waiters) best = Math.max(best, waiter.task.scheduling.realTime);
  }
  if (owner.scheduling.boostedPriority === best) return;
  kernel.cost.execute(futexRoutines.boost);
  kernel.scheduler.reschedule(kernel, owner, (entity) => {
    entity.boostedPriority = best;
  });
}

/** Gives the lock to the first waiter. */
function passOn(kernel: Kernel, task: Task, address: number, queue: FutexQueue, mark: number): number {
  const pi = queue.pi!;
  const next = queue.waiters[0]!;
  const more = queue.waiters.length > 1 ? FUTEX_WAITERS : 0;
  if (!task.memory!.writeU32(address, (next.task.tid | more | mark) >>> 0)) return -EFAULT;
  pi.setOwner(next.task);
  next.pi = null;
  kernel.futexes.wake(kernel, next);
  boostOwner(kernel, task);
  boostOwner(kernel, next.task);
  return 0;
}

/** A waiter gives up (timeout, signal, death): the owner no longer borrows its priority. */
export function abandonFutex(kernel: Kernel, waiter: FutexWaiter): void {
  const { queue, pi } = waiter;
  kernel.futexes.remove(waiter);
  waiter.pi = null;
  if (queue === null || pi === null || pi.owner === null) return;
  boostOwner(kernel, pi.owner);
}
