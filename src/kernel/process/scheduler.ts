// Who runs next. Two classes, as in Linux: real-time (FIFO and RR, 99 priorities, always first) and fair.
//
// Fair: every task has a virtual runtime, the time it has run divided by its weight (nice); the one with the least runs. A
// task that wakes is placed a little before the least (it may have slept long), a new one a slice after it. The queue is a heap
// by (virtual runtime, arrival). The running task is not in its queue.
//
// Preemption is a flag, `needReschedule`, looked at on every way back to ring 3: set by the tick when the slice is over, and
// at a wake-up when the woken task is of a better class or priority, or when the running one has used up its slice and the woken
// one is behind by more than the wake-up granularity.
//
// Invariant: a task is queued if and only if it is 'running' and not `current`.

import { schedulerRoutines } from '../cost/routines/scheduler.ts';
import { timerRoutines } from '../cost/routines/time.ts';
import type { Kernel } from '../kernel.ts';
import { checkCpuTimers } from './cpu-timers.ts';
import { IndexedHeap } from './indexed-heap.ts';
import {
  NICE_0_WEIGHT,
  RR_SLICE,
  SCHED_IDLE,
  SCHED_OTHER,
  SCHED_RR,
  type SchedulingEntity,
} from './scheduling-entity.ts';
import type { Task } from './task.ts';
import { KernelTimer, type TimerOwner } from './timers.ts';

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
  readonly #fair = new IndexedHeap<SchedulingEntity>(before);
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
    return this.#fair.size + this.#realTimeCount + (this.current?.state === 'running' ? 1 : 0);
  }

  /** Makes a runnable task stand in its queue. 'wakeup' and 'fork' may set needReschedule. */
  enqueue(kernel: Kernel, task: Task, why: 'wakeup' | 'fork' | 'requeue'): void {
    if (task === this.current) {
      // It was on its way to sleep and has not left the hart.
      return;
    }
    const entity = task.scheduling;
    if (entity.queued) return;
    kernel.cost.execute(schedulerRoutines.enqueue_task);
    kernel.cost.touch(task.address + 128, 64, 'write');
    const realTime = entity.realTime;
    entity.sequence = this.#sequence++;
    if (realTime > 0) {
      this.#realTime[realTime]!.push(task);
      this.#realTimeCount += 1;
      entity.queuedRealTime = true;
    } else {
      if (why === 'wakeup') {
        entity.virtualRuntime = Math.max(entity.virtualRuntime, this.#minimumRuntime - this.options.sleeperCredit);
      } else if (why === 'fork') {
        entity.virtualRuntime = this.#minimumRuntime + this.#scaled(this.options.sliceNanoseconds, entity);
      }
      kernel.cost.execute(schedulerRoutines.rebalance_step, Math.log2(this.#fair.size + 2));
      this.#fair.push(entity);
    }
    if (why !== 'requeue') this.#checkPreemption(kernel, task);
  }

  /** Takes a task that is not running out of its queue (it was stopped or killed, or its class changes). */
  dequeue(kernel: Kernel, task: Task): void {
    const entity = task.scheduling;
    if (!entity.queued) return;
    kernel.cost.execute(schedulerRoutines.dequeue_task);
    if (entity.queuedRealTime) {
      for (const queue of this.#realTime) {
        const index = queue.indexOf(task);
        if (index >= 0) {
          queue.splice(index, 1);
          break;
        }
      }
      this.#realTimeCount -= 1;
      entity.queuedRealTime = false;
    } else {
      this.#fair.remove(entity);
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
    const { queued } = task.scheduling;
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
      const next = this.#fair.first;
      if (next !== undefined) {
        task.scheduling.virtualRuntime = Math.max(task.scheduling.virtualRuntime, next.virtualRuntime);
      }
    }
    if (this.#fair.size + this.#realTimeCount > 0) {
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
    const least = this.#fair.first?.virtualRuntime ?? currentRuntime;
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
    const next = this.#fair.first;
    return next !== undefined && next.virtualRuntime <= task.scheduling.virtualRuntime;
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
      // RUN_TO_PARITY of Linux 6.12: within its slice the running task is left alone.
      preempt =
        theirs.sliceUsed >= this.options.sliceNanoseconds &&
        theirs.virtualRuntime - mine.virtualRuntime > this.#scaled(this.options.wakeupGranularity, mine);
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
      task.scheduling.queuedRealTime = false;
      return task;
    }
    const entity = this.#fair.first;
    if (entity === undefined) return null;
    kernel.cost.execute(schedulerRoutines.rebalance_step, Math.log2(this.#fair.size + 1));
    this.#fair.remove(entity);
    this.#advanceMinimum(entity.virtualRuntime);
    return entity.task;
  }

  #toFront(task: Task): void {
    const queue = this.#realTime[task.scheduling.realTime]!;
    queue.splice(queue.indexOf(task), 1);
    queue.unshift(task);
  }
}

/** LOAD_FREQ: a sample every 5 s; decays over 1, 5 and 15 minutes. */
const LOAD_PERIOD = 5_000_000_000;
const LOAD_DECAY = [Math.exp(-5 / 60), Math.exp(-5 / 300), Math.exp(-5 / 900)] as const;

function before(a: SchedulingEntity, b: SchedulingEntity): boolean {
  const difference = a.virtualRuntime - b.virtualRuntime;
  return difference < 0 || (difference === 0 && a.sequence < b.sequence);
}
