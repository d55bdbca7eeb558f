// Who waits on which futex. A key is (address space, virtual address) for private futexes and for private memory, and the
// guest physical address for memory that is shared, so that every process that maps it finds the same queue.
//
// A queue is ordered by priority (real-time first), then by arrival, as Linux's plist. Bound: one waiter a task.

import type { Kernel } from '../kernel.ts';
import { wakeTask } from './block.ts';
import type { Task } from './task.ts';

/** The space of all keys that are physical addresses. */
export const SHARED_SPACE: object = Object.freeze({ shared: true });

export interface FutexKey {
  readonly space: object;
  readonly address: number;
}

export class FutexWaiter {
  readonly task: Task;
  readonly bitset: number;
  /** Where it waits; null once woken (or requeued to a lock that it got). */
  queue: FutexQueue | null = null;
  /** The lock it waits for, in FUTEX_LOCK_PI and after FUTEX_CMP_REQUEUE_PI. */
  pi: PiState | null = null;
  /** FUTEX_WAIT_REQUEUE_PI: the lock that it may be requeued to. */
  readonly requeueTarget: FutexKey | null;

  constructor(task: Task, bitset: number, requeueTarget: FutexKey | null = null) {
    this.task = task;
    this.bitset = bitset;
    this.requeueTarget = requeueTarget;
  }

  get woken(): boolean {
    return this.queue === null;
  }
}

export class FutexQueue {
  readonly key: FutexKey;
  readonly waiters: FutexWaiter[] = [];
  /** Set while the futex is a priority-inheriting lock with waiters. */
  pi: PiState | null = null;

  constructor(key: FutexKey) {
    this.key = key;
  }
}

/** A priority-inheriting lock that somebody waits for: its owner runs at the best priority of its waiters. */
export class PiState {
  readonly queue: FutexQueue;
  owner: Task | null;

  constructor(queue: FutexQueue, owner: Task) {
    this.queue = queue;
    this.owner = owner;
    owner.ownedPi.add(this);
  }

  setOwner(owner: Task | null): void {
    this.owner?.ownedPi.delete(this);
    this.owner = owner;
    owner?.ownedPi.add(this);
  }
}

export class FutexTable {
  readonly #spaces = new Map<object, Map<number, FutexQueue>>();

  /** Queues that have waiters. */
  find(key: FutexKey): FutexQueue | undefined {
    return this.#spaces.get(key.space)?.get(key.address);
  }

  /** Appends a waiter by priority. */
  add(key: FutexKey, waiter: FutexWaiter): FutexQueue {
    let space = this.#spaces.get(key.space);
    if (space === undefined) {
      space = new Map();
      this.#spaces.set(key.space, space);
    }
    let queue = space.get(key.address);
    if (queue === undefined) {
      queue = new FutexQueue(key);
      space.set(key.address, queue);
    }
    const priority = waiter.task.scheduling.realTime;
    const { waiters } = queue;
    let index = waiters.length;
    while (index > 0 && waiters[index - 1]!.task.scheduling.realTime < priority) index -= 1;
    waiters.splice(index, 0, waiter);
    waiter.queue = queue;
    return queue;
  }

  remove(waiter: FutexWaiter): void {
    const { queue } = waiter;
    if (queue === null) return;
    const index = queue.waiters[0] === waiter ? 0 : queue.waiters.indexOf(waiter);
    if (index >= 0) queue.waiters.splice(index, 1);
    waiter.queue = null;
    if (queue.waiters.length === 0) this.#drop(queue);
  }

  /** Takes the waiter out and makes its task runnable. */
  wake(kernel: Kernel, waiter: FutexWaiter): void {
    this.remove(waiter);
    wakeTask(kernel, waiter.task, 'event');
  }

  #drop(queue: FutexQueue): void {
    if (queue.pi !== null) {
      queue.pi.setOwner(null);
      queue.pi = null;
    }
    const space = this.#spaces.get(queue.key.space);
    if (space?.get(queue.key.address) !== queue) return;
    space.delete(queue.key.address);
    if (space.size === 0) this.#spaces.delete(queue.key.space);
  }
}
