// Wait queues, blocking and readiness: one model for every call that can wait.
//
// A handler makes a non-blocking attempt. If there is nothing to do it calls `kernel.block(task, queues, deadline, resume)`
// and returns BLOCKED: the task's entries stand in the queues, its saved plain data in `task.resume`. Whoever changes the
// state calls `queue.wake(...)`; that only marks the task runnable. When the task is picked, its handler runs again from the
// start. So wake-ups may be spurious, and no promise, generator or callback ever holds kernel state.
//
// When a signal arrives instead, the handler runs once more; if it would block again the call ends with the bytes that
// `resume.done` counts, or, if there are none, by its restart rule (syscalls/result.ts). Partial progress beats an error.
//
// Invariant: an entry is in at most one queue; a task that runs has no entries.

import type { Kernel } from '../kernel.ts';

/** Poll bits, poll(2) and asm-generic/poll.h. */
export const POLLIN = 0x0001;
export const POLLPRI = 0x0002;
export const POLLOUT = 0x0004;
export const POLLERR = 0x0008;
export const POLLHUP = 0x0010;
export const POLLNVAL = 0x0020;
export const POLLRDNORM = 0x0040;
export const POLLRDBAND = 0x0080;
export const POLLWRNORM = 0x0100;
export const POLLWRBAND = 0x0200;
export const POLLRDHUP = 0x2000;
export const POLLALL = 0xffff;

/** Anything that readiness calls can watch: pipes, ttys, sockets, eventfd, timerfd, signalfd, epoll itself. */
export interface Pollable {
  /** What is ready now: POLL* bits. Non-blocking, and without side effects on the state it reports. */
  poll(kernel: Kernel): number;
  /** What to wait on for a change. */
  readonly queue: WaitQueue;
}

/** Someone who stands in a wait queue: a sleeping task, or an epoll item. */
export interface Waiter {
  /**
   * The queue's state changed; `events` are the POLL* bits that may have become true (POLLALL if unknown).
   * Returns true if this waiter will make use of the wake-up; an exclusive waiter that does ends an exclusive wake.
   */
  wake(kernel: Kernel, events: number): boolean;
}

export class WaitEntry {
  queue: WaitQueue | null = null;
  readonly waiter: Waiter;
  readonly exclusive: boolean;
  /** Only these events are of interest. */
  readonly events: number;

  constructor(waiter: Waiter, exclusive = false, events: number = POLLALL) {
    this.waiter = waiter;
    this.exclusive = exclusive;
    this.events = events;
  }

  /** Leaves the queue; safe when it already has. */
  remove(): void {
    this.queue?.remove(this);
  }
}

export class WaitQueue {
  readonly #entries = new Set<WaitEntry>();

  get size(): number {
    return this.#entries.size;
  }

  add(entry: WaitEntry): void {
    entry.queue = this;
    this.#entries.add(entry);
  }

  remove(entry: WaitEntry): void {
    if (this.#entries.delete(entry)) entry.queue = null;
  }

  /**
   * Wakes every non-exclusive waiter and up to `exclusive` exclusive ones, in arrival order, each charged as Linux's
   * __wake_up_common does per waiter (by `Kernel.chargeWake`).
   */
  wake(kernel: Kernel, events: number = POLLALL, exclusive = 1): number {
    let woken = 0;
    if (this.#entries.size === 0) return 0;
    for (const entry of [...this.#entries]) {
      if (entry.queue !== this || (entry.events & events) === 0) continue;
      if (entry.exclusive && exclusive <= 0) continue;
      if (!entry.waiter.wake(kernel, events)) continue;
      woken += 1;
      if (entry.exclusive) exclusive -= 1;
    }
    return woken;
  }
}
