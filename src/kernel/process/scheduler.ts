// Who runs next. Two classes, as in Linux: real-time (FIFO and RR, 99 priorities, always first) and fair.
//
// Fair: every task has a virtual runtime, the time it has run divided by its weight (nice); the one with the least runs. A
// task that wakes is placed a little before the least (it may have slept long), a new one a slice after it. The queue is a heap
// by (virtual runtime, arrival). The running task is not in its queue.
//
// Preemption is a flag, `needReschedule`, looked at on every way back to ring 3: set by the tick when the slice is over, and
// at a wake-up when the woken task is of a better class or priority, or behind by more than the wake-up granularity.
//
// Invariant: a task is queued if and only if it is 'running' and not `current`.

import { schedulerRoutines } from '../cost/routines/scheduler.ts';
import { timerRoutines } from '../cost/routines/time.ts';
import type { Kernel } from '../kernel.ts';
import { checkCpuTimers } from './cpu-timers.ts';
import type { Task } from './task.ts';
import { KernelTimer, type TimerOwner } from './timers.ts';

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
const NICE_0_WEIGHT = 1024;
const IDLE_WEIGHT = 3;

/** RR_TIMESLICE of Linux: 100 ms. */
export const RR_SLICE = 100_000_000;

export class SchedulingEntity {
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
  heapIndex = -1;
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

export interface SchedulerOptions {
  /** Timer ticks: CONFIG_HZ=250. */
  tickNanoseconds: number;
  /** A fair task runs at least this long before the tick preempts it (sysctl_sched_base_slice on one CPU). */
  sliceNanoseconds: number;
  /** A woken task must be behind by this much of virtual time to preempt (sched_wakeup_granularity on one CPU). */
  wakeupGranularity: number;
  /** A woken task is placed at most this far before the queue's least virtual time (half of sched_latency). */
  sleeperCredit: number;
}

export class Scheduler implements TimerOwner {
  readonly options: SchedulerOptions = {
    tickNanoseconds: 4_000_000,
    sliceNanoseconds: 750_000,
    wakeupGranularity: 1_000_000,
    sleeperCredit: 3_000_000,
  };
  /** The task on the hart; null: idle. */
  current: Task | null = null;
  needReschedule = false;
  /** Why the current task will be switched away from, for the event. */
  #reason: 'blocked' | 'preempted' | 'yielded' | 'exited' | 'idle' = 'idle';
  readonly #fair: Task[] = [];
  readonly #realTime: Task[][] = Array.from({ length: 100 }, () => []);
  #realTimeCount = 0;
  #minimumRuntime = 0;
  #sequence = 0;
  readonly #tickTimer = new KernelTimer(this);
  readonly #cyclesToNanoseconds: (cycles: number) => number;

  /** Context switches, forks and so on since boot, for /proc/stat. */
  switches = 0;
  readonly #load = [0, 0, 0];
  #loadSample = LOAD_PERIOD;

  constructor(clockHz: number) {
    this.#cyclesToNanoseconds = (cycles) => (cycles * 1e9) / clockHz;
  }

  /** Tasks that run or could run. */
  get runnable(): number {
    return this.#fair.length + this.#realTimeCount + (this.current?.state === 'running' ? 1 : 0);
  }

  /** Makes a runnable task stand in its queue. 'wakeup' and 'fork' may set needReschedule. */
  enqueue(kernel: Kernel, task: Task, why: 'wakeup' | 'fork' | 'requeue'): void {
    if (task === this.current) {
      // It was on its way to sleep and has not left the hart.
      return;
    }
    const entity = task.scheduling;
    if (entity.heapIndex >= 0) return;
    kernel.cost.execute(schedulerRoutines.enqueue_task);
    kernel.cost.touch(task.address + 128, 64, 'write');
    const realTime = entity.realTime;
    entity.sequence = this.#sequence++;
    if (realTime > 0) {
      this.#realTime[realTime]!.push(task);
      this.#realTimeCount += 1;
      entity.heapIndex = REAL_TIME_QUEUED;
    } else {
      if (why === 'wakeup') {
        entity.virtualRuntime = Math.max(entity.virtualRuntime, this.#minimumRuntime - this.options.sleeperCredit);
      } else if (why === 'fork') {
        entity.virtualRuntime = this.#minimumRuntime + this.#scaled(this.options.sliceNanoseconds, entity);
      }
      this.#push(kernel, task);
    }
    if (why !== 'requeue') this.#checkPreemption(kernel, task);
  }

  /** Takes a task that is not running out of its queue (it was stopped or killed, or its class changes). */
  dequeue(kernel: Kernel, task: Task): void {
    const entity = task.scheduling;
    if (entity.heapIndex === -1) return;
    kernel.cost.execute(schedulerRoutines.dequeue_task);
    if (entity.heapIndex === REAL_TIME_QUEUED) {
      for (const queue of this.#realTime) {
        const index = queue.indexOf(task);
        if (index >= 0) {
          queue.splice(index, 1);
          break;
        }
      }
      this.#realTimeCount -= 1;
      entity.heapIndex = -1;
    } else {
      this.#removeAt(entity.heapIndex);
    }
  }

  /** The task no longer runs: it sleeps, has stopped or exited. */
  sleep(kernel: Kernel, task: Task): void {
    if (task === this.current) {
      this.needReschedule = true;
      this.#reason = task.state === 'zombie' || task.state === 'dead' ? 'exited' : 'blocked';
    } else {
      this.dequeue(kernel, task);
    }
  }

  /** Changes class, priority or weight of a task by running `change`, wherever the task stands. */
  reschedule(kernel: Kernel, task: Task, change: (entity: SchedulingEntity) => void): void {
    const queued = task.scheduling.heapIndex !== -1;
    if (queued) this.dequeue(kernel, task);
    change(task.scheduling);
    if (queued) {
      this.enqueue(kernel, task, 'requeue');
      this.#checkPreemption(kernel, task);
    } else if (task === this.current) {
      this.#preemptIfBetterWaits();
    }
  }

  /** sched_yield(2): behind every task of its priority; fair: behind the next one. */
  yield(kernel: Kernel, task: Task): void {
    this.account(kernel, task);
    if (task.scheduling.realTime === 0) {
      const next = this.#fair[0];
      if (next !== undefined) {
        task.scheduling.virtualRuntime = Math.max(task.scheduling.virtualRuntime, next.scheduling.virtualRuntime);
      }
    }
    if (this.#fair.length + this.#realTimeCount > 0) {
      this.needReschedule = true;
      this.#reason = 'yielded';
    }
  }

  /**
   * Puts the current task back if it can still run, takes the best one and makes it current: charged, and the machine's
   * address space is switched (Kernel.switchTo). null: nothing can run.
   */
  pick(kernel: Kernel): Task | null {
    const previous = this.current;
    kernel.cost.execute(schedulerRoutines.schedule);
    this.needReschedule = false;
    if (previous !== null) {
      this.account(kernel, previous);
      this.current = null;
      if (previous.state === 'running') {
        const roundRobinKept =
          previous.scheduling.realTime > 0 && this.#reason !== 'yielded' && !this.#sliceOver(previous);
        this.enqueue(kernel, previous, 'requeue');
        if (roundRobinKept) this.#toFront(previous);
      } else {
        kernel.cost.execute(schedulerRoutines.dequeue_task);
      }
    }
    const next = this.#take(kernel);
    const reason = this.#reason;
    this.#reason = 'preempted';
    if (next === null) {
      if (previous !== null) {
        this.#countSwitch(kernel, previous, null, reason);
        kernel.timers.cancel(kernel, this.#tickTimer);
      }
      return null;
    }
    this.current = next;
    this.#startRunning(kernel, next);
    if (next !== previous) {
      this.#countSwitch(kernel, previous, next, reason);
      kernel.cost.touch(next.address, 128, 'write');
      kernel.switchTo(next);
    }
    if (!this.#tickTimer.armed) this.#armTick(kernel);
    return next;
  }

  /** The tick: accounting, slices, CPU-time timers and limits of the running task. */
  timerExpired(kernel: Kernel): void {
    this.tick(kernel);
  }

  tick(kernel: Kernel): void {
    kernel.cost.execute(timerRoutines.tick);
    this.#sampleLoad(kernel);
    const task = this.current;
    if (task === null) return;
    this.account(kernel, task);
    checkCpuTimers(kernel, task);
    if (this.#sliceOver(task) && this.#someoneWaitsFor(task)) {
      this.needReschedule = true;
      this.#reason = 'preempted';
    }
    this.#armTick(kernel);
  }

  /** Adds what the task has run since last time to its virtual runtime and its user and system time. */
  account(kernel: Kernel, task: Task): void {
    if (task !== this.current) return;
    const entity = task.scheduling;
    const now = kernel.now();
    const ran = now - entity.executionStart;
    if (ran <= 0) return;
    kernel.cost.execute(schedulerRoutines.update_curr);
    entity.executionStart = now;
    entity.sliceUsed += ran;
    entity.virtualRuntime += this.#scaled(ran, entity);
    const counters = kernel.machine.counters;
    const user = counters.get('cycles:u');
    const system = counters.get('cycles:k');
    task.usage.userTime += this.#cyclesToNanoseconds(user - entity.userCyclesStart);
    task.usage.systemTime += this.#cyclesToNanoseconds(system - entity.kernelCyclesStart);
    entity.userCyclesStart = user;
    entity.kernelCyclesStart = system;
    if (entity.realTime === 0) this.#advanceMinimum(entity.virtualRuntime);
  }

  /** Averages over 1, 5 and 15 minutes of the number of runnable tasks (/proc/loadavg). */
  loadAverages(kernel: Kernel): readonly [number, number, number] {
    this.#sampleLoad(kernel);
    return [this.#load[0]!, this.#load[1]!, this.#load[2]!];
  }

  #startRunning(kernel: Kernel, task: Task): void {
    const entity = task.scheduling;
    const counters = kernel.machine.counters;
    entity.executionStart = kernel.now();
    entity.userCyclesStart = counters.get('cycles:u');
    entity.kernelCyclesStart = counters.get('cycles:k');
    if (entity.policy !== SCHED_RR || entity.sliceUsed >= RR_SLICE) entity.sliceUsed = 0;
  }

  #countSwitch(
    kernel: Kernel,
    previous: Task | null,
    next: Task | null,
    reason: 'blocked' | 'preempted' | 'yielded' | 'exited' | 'idle',
  ): void {
    this.switches += 1;
    kernel.cost.execute(schedulerRoutines.context_switch);
    if (previous !== null) {
      if (previous.state === 'running' && reason !== 'yielded') previous.usage.involuntarySwitches += 1;
      else previous.usage.voluntarySwitches += 1;
    }
    if (kernel.events.active) {
      kernel.events.emit({
        type: 'switch',
        cycle: kernel.machine.cycle,
        hart: 0,
        task: previous?.tid ?? 0,
        from: previous?.tid ?? 0,
        to: next?.tid ?? 0,
        reason: previous === null ? 'idle' : reason,
      });
    }
  }

  #scaled(nanoseconds: number, entity: SchedulingEntity): number {
    return entity.weight === NICE_0_WEIGHT ? nanoseconds : (nanoseconds * NICE_0_WEIGHT) / entity.weight;
  }

  #advanceMinimum(currentRuntime: number): void {
    const least = this.#fair[0]?.scheduling.virtualRuntime ?? currentRuntime;
    this.#minimumRuntime = Math.max(this.#minimumRuntime, Math.min(currentRuntime, least));
  }

  #sliceOver(task: Task): boolean {
    const { policy, sliceUsed, realTime } = task.scheduling;
    if (realTime === 0) return sliceUsed >= this.options.sliceNanoseconds;
    return policy === SCHED_RR && sliceUsed >= RR_SLICE;
  }

  /** Someone queued would be picked before (or, for the slice's sake, beside) this task. */
  #someoneWaitsFor(task: Task): boolean {
    const realTime = task.scheduling.realTime;
    if (realTime > 0) return this.#highestRealTime() >= realTime;
    if (this.#realTimeCount > 0) return true;
    const next = this.#fair[0];
    return next !== undefined && next.scheduling.virtualRuntime <= task.scheduling.virtualRuntime;
  }

  #highestRealTime(): number {
    if (this.#realTimeCount === 0) return 0;
    for (let priority = 99; priority > 0; priority--) if (this.#realTime[priority]!.length > 0) return priority;
    return 0;
  }

  #preemptIfBetterWaits(): void {
    const current = this.current;
    if (current === null) return;
    const best = this.#highestRealTime();
    if (best > current.scheduling.realTime) {
      this.needReschedule = true;
      this.#reason = 'preempted';
    }
  }

  #checkPreemption(kernel: Kernel, woken: Task): void {
    const current = this.current;
    if (current === null || current.state !== 'running' || this.needReschedule) return;
    kernel.cost.execute(schedulerRoutines.check_preempt);
    const mine = woken.scheduling;
    const theirs = current.scheduling;
    let preempt: boolean;
    if (mine.realTime > 0 || theirs.realTime > 0) preempt = mine.realTime > theirs.realTime;
    else if (theirs.policy === SCHED_IDLE && mine.policy !== SCHED_IDLE) preempt = true;
    else if (mine.policy !== SCHED_OTHER) preempt = false;
    else {
      this.account(kernel, current);
      preempt = theirs.virtualRuntime - mine.virtualRuntime > this.#scaled(this.options.wakeupGranularity, mine);
    }
    if (preempt) {
      this.needReschedule = true;
      this.#reason = 'preempted';
    }
  }

  #armTick(kernel: Kernel): void {
    const tick = this.options.tickNanoseconds;
    kernel.timers.set(kernel, this.#tickTimer, (Math.floor(kernel.now() / tick) + 1) * tick);
  }

  #sampleLoad(kernel: Kernel): void {
    const now = kernel.now();
    if (now < this.#loadSample) return;
    const periods = Math.min(1 + Math.floor((now - this.#loadSample) / LOAD_PERIOD), 10_000);
    this.#loadSample += periods * LOAD_PERIOD;
    const active = this.runnable;
    for (let i = 0; i < 3; i++) {
      // After an idle stretch the missed samples all count the present number of tasks, as calc_load_n does.
      const decay = LOAD_DECAY[i]! ** periods;
      this.#load[i] = this.#load[i]! * decay + active * (1 - decay);
    }
  }

  // --- queues ------------------------------------------------------------------------------------------------------

  #take(kernel: Kernel): Task | null {
    if (this.#realTimeCount > 0) {
      const task = this.#realTime[this.#highestRealTime()]!.shift()!;
      this.#realTimeCount -= 1;
      task.scheduling.heapIndex = -1;
      return task;
    }
    const task = this.#fair[0];
    if (task === undefined) return null;
    kernel.cost.execute(schedulerRoutines.rebalance_step, Math.log2(this.#fair.length + 1));
    this.#removeAt(0);
    this.#advanceMinimum(task.scheduling.virtualRuntime);
    return task;
  }

  #toFront(task: Task): void {
    const queue = this.#realTime[task.scheduling.realTime]!;
    queue.splice(queue.indexOf(task), 1);
    queue.unshift(task);
  }

  #push(kernel: Kernel, task: Task): void {
    kernel.cost.execute(schedulerRoutines.rebalance_step, Math.log2(this.#fair.length + 2));
    this.#fair.push(task);
    this.#up(this.#fair.length - 1, task);
  }

  #removeAt(index: number): void {
    const heap = this.#fair;
    heap[index]!.scheduling.heapIndex = -1;
    const last = heap.pop()!;
    if (index === heap.length) return;
    this.#up(index, last);
    this.#down(last.scheduling.heapIndex, last);
  }

  #up(index: number, task: Task): void {
    const heap = this.#fair;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex]!;
      if (!before(task, parent)) break;
      heap[index] = parent;
      parent.scheduling.heapIndex = index;
      index = parentIndex;
    }
    heap[index] = task;
    task.scheduling.heapIndex = index;
  }

  #down(index: number, task: Task): void {
    const heap = this.#fair;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= heap.length) break;
      if (childIndex + 1 < heap.length && before(heap[childIndex + 1]!, heap[childIndex]!)) childIndex += 1;
      const child = heap[childIndex]!;
      if (!before(child, task)) break;
      heap[index] = child;
      child.scheduling.heapIndex = index;
      index = childIndex;
    }
    heap[index] = task;
    task.scheduling.heapIndex = index;
  }
}

const REAL_TIME_QUEUED = 1_000_000_000;
/** LOAD_FREQ: a sample every 5 s; decays over 1, 5 and 15 minutes. */
const LOAD_PERIOD = 5_000_000_000;
const LOAD_DECAY = [Math.exp(-5 / 60), Math.exp(-5 / 300), Math.exp(-5 / 900)] as const;

function before(a: Task, b: Task): boolean {
  const difference = a.scheduling.virtualRuntime - b.scheduling.virtualRuntime;
  return difference < 0 || (difference === 0 && a.scheduling.sequence < b.scheduling.sequence);
}
