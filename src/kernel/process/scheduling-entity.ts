// What the scheduler knows of a task: policy, priority, nice weight, and how long it has run.

import type { HeapItem } from './indexed-heap.ts';
import type { Task } from './task.ts';

/** sched(7) */
export const SCHED_OTHER = 0;
export const SCHED_FIFO = 1;
export const SCHED_RR = 2;
export const SCHED_BATCH = 3;
export const SCHED_IDLE = 5;
export const SCHED_DEADLINE = 6;

/** sched_prio_to_weight of kernel/sched/core.c: a nice level is about 1.25 times the weight of the next. */
const NICE_WEIGHTS: readonly number[] = [
  88_761, 71_755, 56_483, 46_273, 36_291, 29_154, 23_254, 18_705, 14_949, 11_916, 9_548, 7_620, 6_100, 4_904, 3_906,
  3_121, 2_501, 1_991, 1_586, 1_277, 1_024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87, 70, 56, 45, 36, 29,
  23, 18, 15,
];
export const NICE_0_WEIGHT = 1024;
const IDLE_WEIGHT = 3;

/** RR_TIMESLICE of Linux: 100 ms. */
export const RR_SLICE = 100_000_000;

export class SchedulingEntity implements HeapItem {
  policy = SCHED_OTHER;
  nice = 0;
  /** 1 (low) … 99 (high) for FIFO and RR, else 0. */
  priority = 0;
  /** A priority lent by the waiters of a PI futex; 0: none. */
  boostedPriority = 0;
  resetOnFork = false;
  weight = NICE_0_WEIGHT;
  /** ns of run time scaled by 1024 / weight. */
  virtualRuntime = 0;
  /** ns run since it was picked. */
  sliceUsed = 0;
  /** When its run time was last brought up to date, ns. */
  executionStart = 0;
  /** Counter values at that time, for the split into user and system time. */
  userCyclesStart = 0;
  kernelCyclesStart = 0;
  /** The task it belongs to; set by the task. */
  task!: Task;
  /** Place in the fair run queue, -1: not there (process/indexed-heap.ts). */
  heapIndex = -1;
  /** It stands in a real-time queue. */
  queuedRealTime = false;
  /** Order of arrival in its queue. */
  sequence = 0;
  /** CPU number mask; one hart: bit 0. */
  affinity = 1;

  setNice(nice: number): void {
    this.nice = nice;
    this.#reweigh();
  }

  setPolicy(policy: number, priority: number): void {
    this.policy = policy;
    this.priority = priority;
    this.#reweigh();
  }

  #reweigh(): void {
    this.weight = this.policy === SCHED_IDLE ? IDLE_WEIGHT : NICE_WEIGHTS[this.nice + 20]!;
  }

  get queued(): boolean {
    return this.heapIndex >= 0 || this.queuedRealTime;
  }

  /** The real-time priority in force; 0: of the fair class. */
  get realTime(): number {
    const own = this.policy === SCHED_FIFO || this.policy === SCHED_RR ? this.priority : 0;
    return Math.max(own, this.boostedPriority);
  }

  /** What a child of fork starts with (sched(7), "Reset scheduling policy for child processes"). */
  forChild(): SchedulingEntity {
    const child = new SchedulingEntity();
    child.affinity = this.affinity;
    if (this.resetOnFork) {
      child.setNice(Math.max(0, this.nice));
      if (this.policy !== SCHED_FIFO && this.policy !== SCHED_RR) child.setPolicy(this.policy, 0);
    } else {
      child.setNice(this.nice);
      child.setPolicy(this.policy, this.priority);
    }
    return child;
  }
}
