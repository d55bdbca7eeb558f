// timer_create(2) and friends. A timer sends its signal once and counts an overrun for every expiry until that signal is taken
// (POSIX, "timer_getoverrun"): a periodic timer is set again only when its signal is delivered.
// Bound: RLIMIT_SIGPENDING timers a process, as Linux preallocates a queue entry for each.

import type { Kernel } from '../kernel.ts';
import { SI_TIMER } from './signals/numbers.ts';
import { sendSignal } from './signals/send.ts';
import type { Task } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';
import { KernelTimer, type TimerOwner } from './timers.ts';

export const SIGEV_SIGNAL = 0;
export const SIGEV_NONE = 1;
export const SIGEV_THREAD = 2;
export const SIGEV_THREAD_ID = 4;

export interface SignalEvent {
  readonly notify: number;
  readonly signal: number;
  readonly value: bigint;
  readonly threadId: number;
}

/** What a timer counts: guest time plus an offset (CLOCK_REALTIME), or CPU time that the tick looks at. */
export type TimerClock =
  | { readonly kind: 'monotonic' | 'realtime' }
  | { readonly kind: 'processCpu' }
  | { readonly kind: 'threadCpu'; readonly task: Task };

export class PosixTimer implements TimerOwner {
  readonly id: number;
  readonly group: ThreadGroup;
  readonly clockId: number;
  readonly clock: TimerClock;
  readonly event: SignalEvent;
  readonly timer: KernelTimer;
  interval = 0;
  /** CPU clocks: expires at this CPU time; 0: not armed. */
  cpuExpiry = 0;
  /** Expiries that did not send a signal since the last delivered one. */
  overrun = 0;
  lastOverrun = 0;
  /** Its signal is queued and not taken yet. */
  queued = false;
  /** ns since boot of the expiry that the queued signal stands for. */
  #expiredAt = 0;

  constructor(id: number, group: ThreadGroup, clockId: number, clock: TimerClock, event: SignalEvent) {
    this.id = id;
    this.group = group;
    this.clockId = clockId;
    this.clock = clock;
    this.event = event;
    this.timer = new KernelTimer(this);
  }

  get usesCpuTime(): boolean {
    return this.clock.kind === 'processCpu' || this.clock.kind === 'threadCpu';
  }

  timerExpired(kernel: Kernel): void {
    this.#expiredAt = kernel.now();
    this.expire(kernel);
    // SIGEV_NONE and ignored signals: nobody will take a signal, so the next period starts here.
    if (!this.queued && this.interval > 0) kernel.timers.set(kernel, this.timer, this.#expiredAt + this.interval);
  }

  /** Sends the signal, or counts an overrun if the last one still waits. */
  expire(kernel: Kernel): void {
    if (this.event.notify === SIGEV_NONE) return;
    if (this.queued) {
      this.overrun += 1;
      return;
    }
    let target: Task | ThreadGroup = this.group;
    if ((this.event.notify & SIGEV_THREAD_ID) !== 0) {
      const thread = kernel.tasks.get(this.event.threadId);
      if (thread === undefined || thread.group !== this.group) return;
      target = thread;
    }
    this.queued =
      sendSignal(kernel, target, {
        signal: this.event.signal,
        code: SI_TIMER,
        timer: this.id,
        overrun: 0,
        value: this.event.value,
      }) === 'queued';
  }

  /** The signal is being delivered: periods that passed meanwhile become the overrun, the next one is armed. */
  delivered(kernel: Kernel): void {
    this.queued = false;
    if (this.interval > 0 && !this.usesCpuTime) {
      const now = kernel.now();
      const missed = Math.max(0, Math.floor((now - this.#expiredAt) / this.interval));
      this.overrun += missed;
      kernel.timers.set(kernel, this.timer, this.#expiredAt + (missed + 1) * this.interval);
    }
    this.lastOverrun = Math.min(this.overrun, 0x7fff_ffff);
    this.overrun = 0;
  }

  /** While its signal waits: ns to the end of the period that is running. */
  untilNextPeriod(kernel: Kernel): number {
    const into = (kernel.now() - this.#expiredAt) % this.interval;
    return this.interval - into;
  }

  cancel(kernel: Kernel): void {
    kernel.timers.cancel(kernel, this.timer);
    this.interval = 0;
    this.cpuExpiry = 0;
  }
}
