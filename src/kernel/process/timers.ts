// Timers of the kernel: a binary heap by deadline. The timer interrupt calls `expire`; the hart's comparator is set to `next()`.
//
// A timer holds no callback, only its owner: sleeping tasks, interval and POSIX timers, timerfd, the scheduler's tick and
// protocol timers all are owners. Equal deadlines expire in the order they were set, so that runs repeat.
// Bound: one timer an owner holds; owners are bounded by their own tables.

import { timerRoutines } from '../cost/routines/time.ts';
import type { Kernel } from '../kernel.ts';
import { type HeapItem, IndexedHeap } from './indexed-heap.ts';

export interface TimerOwner {
  /** The deadline has passed; the timer is out of the heap and may be set again. */
  timerExpired(kernel: Kernel, timer: KernelTimer): void;
}

export class KernelTimer implements HeapItem {
  readonly owner: TimerOwner;
  /** Absolute guest time, ns since boot; Infinity when not armed. */
  deadline = Infinity;
  /** -1 when not armed. */
  heapIndex = -1;
  sequence = 0;

  constructor(owner: TimerOwner) {
    this.owner = owner;
  }

  get armed(): boolean {
    return this.heapIndex >= 0;
  }
}

export class KernelTimers {
  readonly #heap = new IndexedHeap<KernelTimer>(before);
  #sequence = 0;

  /** Earliest deadline in ns since boot; Infinity: nothing is armed. */
  next(): number {
    return this.#heap.first?.deadline ?? Infinity;
  }

  get size(): number {
    return this.#heap.size;
  }

  /** Arms (or moves) a timer; charged as hrtimer_start. Infinity disarms. */
  set(kernel: Kernel, timer: KernelTimer, deadline: number): void {
    if (timer.heapIndex >= 0) this.#heap.remove(timer);
    if (!(deadline < Infinity)) {
      timer.deadline = Infinity;
      return;
    }
    kernel.cost.execute(timerRoutines.hrtimer_start);
    timer.deadline = deadline;
    timer.sequence = this.#sequence++;
    this.#heap.push(timer);
  }

  cancel(kernel: Kernel, timer: KernelTimer): void {
    if (timer.heapIndex < 0) return;
    kernel.cost.execute(timerRoutines.hrtimer_cancel);
    this.#heap.remove(timer);
    timer.deadline = Infinity;
  }

  /** Runs every timer whose deadline is not after now; returns how many. Charged for each (hrtimer_interrupt). */
  expire(kernel: Kernel): number {
    let expired = 0;
    for (;;) {
      const timer = this.#heap.first;
      if (timer === undefined || timer.deadline > kernel.now()) break;
      this.#heap.remove(timer);
      timer.deadline = Infinity;
      kernel.cost.execute(timerRoutines.hrtimer_expire);
      expired += 1;
      timer.owner.timerExpired(kernel, timer);
    }
    return expired;
  }
}

function before(a: KernelTimer, b: KernelTimer): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.sequence < b.sequence);
}
