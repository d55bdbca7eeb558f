// setitimer(2): ITIMER_REAL counts guest time and sends SIGALRM; ITIMER_VIRTUAL and ITIMER_PROF count the process's CPU time
// and are looked at by the tick (process/cpu-timers.ts).

import type { Kernel } from '../kernel.ts';
import { SI_KERNEL, SIGALRM } from './signals/numbers.ts';
import { sendSignal } from './signals/send.ts';
import type { ThreadGroup } from './thread-group.ts';
import { KernelTimer, type TimerOwner } from './timers.ts';

export const ITIMER_REAL = 0;
export const ITIMER_VIRTUAL = 1;
export const ITIMER_PROF = 2;

/** A timer on CPU time: expires when the process has used `expiry` ns; 0: not armed. */
export interface CpuInterval {
  expiry: number;
  interval: number;
}

export class IntervalTimers implements TimerOwner {
  readonly #group: ThreadGroup;
  readonly real: KernelTimer;
  realInterval = 0;
  readonly virtual: CpuInterval = { expiry: 0, interval: 0 };
  readonly profile: CpuInterval = { expiry: 0, interval: 0 };

  constructor(group: ThreadGroup) {
    this.#group = group;
    this.real = new KernelTimer(this);
  }

  timerExpired(kernel: Kernel, timer: KernelTimer): void {
    if (this.#group.exited) return;
    sendSignal(kernel, this.#group, { signal: SIGALRM, code: SI_KERNEL });
    if (this.realInterval > 0) kernel.timers.set(kernel, timer, kernel.now() + this.realInterval);
  }

  cancel(kernel: Kernel): void {
    kernel.timers.cancel(kernel, this.real);
    this.realInterval = 0;
    this.virtual.expiry = 0;
    this.profile.expiry = 0;
  }
}
