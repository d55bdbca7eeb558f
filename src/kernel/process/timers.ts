// Timers of the kernel: a binary heap by deadline. The timer interrupt calls `expire`; the hart's comparator is set to `next()`.
//
// A timer holds no callback, only its owner: sleeping tasks, interval and POSIX timers, timerfd, the scheduler's tick and
// protocol timers all are owners. Equal deadlines expire in the order they were set, so that runs repeat.
// Bound: one timer an owner holds; owners are bounded by their own tables.

import { timerRoutines } from '../cost/routines/time.ts';
import type { Kernel } from '../kernel.ts';

export interface TimerOwner {
  /** The deadline has passed; the timer is out of the heap and may be set again. */
  timerExpired(kernel: Kernel, timer: KernelTimer): void;
}

export class KernelTimer {
  readonly owner: TimerOwner;
  /** Absolute guest time, ns since boot; Infinity when not armed. */
  deadline = Infinity;
  /** Place in the heap, -1 when not armed. Kept by KernelTimers. */
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
  readonly #heap: KernelTimer[] = [];
  #sequence = 0;

  /** Earliest deadline in ns since boot; Infinity: nothing is armed. */
  next(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0]!.deadline;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Arms (or moves) a timer; charged as hrtimer_start. Infinity disarms. */
  set(kernel: Kernel, timer: KernelTimer, deadline: number): void {
    if (timer.heapIndex >= 0) this.#removeAt(timer.heapIndex);
    if (!(deadline < Infinity)) {
      timer.deadline = Infinity;
      return;
    }
    kernel.cost.execute(timerRoutines.hrtimer_start);
    this.#insert(timer, deadline);
  }

  cancel(kernel: Kernel, timer: KernelTimer): void {
    if (timer.heapIndex < 0) return;
    kernel.cost.execute(timerRoutines.hrtimer_cancel);
    this.#removeAt(timer.heapIndex);
    timer.deadline = Infinity;
  }

  /** Runs every timer whose deadline is not after now; returns how many. Charged for each (hrtimer_interrupt). */
  expire(kernel: Kernel): number {
    let expired = 0;
    while (this.#heap.length > 0) {
      const timer = this.#heap[0]!;
      if (timer.deadline > kernel.now()) break;
      this.#removeAt(0);
      timer.deadline = Infinity;
      kernel.cost.execute(timerRoutines.hrtimer_expire);
      expired += 1;
      timer.owner.timerExpired(kernel, timer);
    }
    return expired;
  }

  #insert(timer: KernelTimer, deadline: number): void {
    timer.deadline = deadline;
    timer.sequence = this.#sequence++;
    this.#heap.push(timer);
    this.#up(this.#heap.length - 1, timer);
  }

  #removeAt(index: number): void {
    const heap = this.#heap;
    heap[index]!.heapIndex = -1;
    const last = heap.pop()!;
    if (index === heap.length) return;
    this.#up(index, last);
    this.#down(last.heapIndex, last);
  }

  #up(index: number, timer: KernelTimer): void {
    const heap = this.#heap;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex]!;
      if (!before(timer, parent)) break;
      heap[index] = parent;
      parent.heapIndex = index;
      index = parentIndex;
    }
    heap[index] = timer;
    timer.heapIndex = index;
  }

  #down(index: number, timer: KernelTimer): void {
    const heap = this.#heap;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= heap.length) break;
      if (childIndex + 1 < heap.length && before(heap[childIndex + 1]!, heap[childIndex]!)) childIndex += 1;
      const child = heap[childIndex]!;
      if (!before(child, timer)) break;
      heap[index] = child;
      child.heapIndex = index;
      index = childIndex;
    }
    heap[index] = timer;
    timer.heapIndex = index;
  }
}

function before(a: KernelTimer, b: KernelTimer): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.sequence < b.sequence);
}
