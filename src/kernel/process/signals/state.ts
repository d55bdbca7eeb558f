// What a task knows about signals: the handlers (shared by CLONE_SIGHAND), what it blocks, what waits for it.
//
// Invariant: `attention` of a task is true whenever the way back to ring 3 has signal work: an unblocked pending signal, or a
// group stop to take part in. It may be true without cause (then it is found out and cleared), never false with one.

import type { SignalInfo } from '../../events.ts';
import { WaitQueue } from '../wait.ts';
import { defaultAction, SIGKILL, SIGNAL_COUNT, SIGRTMIN, SIGSTOP, SYNCHRONOUS, signalBit } from './numbers.ts';

export const SIG_DFL = 0;
export const SIG_IGN = 1;

export const SA_NOCLDSTOP = 0x1;
export const SA_NOCLDWAIT = 0x2;
export const SA_SIGINFO = 0x4;
export const SA_UNSUPPORTED = 0x400;
export const SA_EXPOSE_TAGBITS = 0x800;
export const SA_ONSTACK = 0x0800_0000;
export const SA_RESTART = 0x1000_0000;
export const SA_NODEFER = 0x4000_0000;
export const SA_RESETHAND = 0x8000_0000;

/** struct sigaction of the kernel: no restorer on riscv. */
export interface SignalAction {
  /** SIG_DFL, SIG_IGN or the handler's address. */
  readonly handler: number;
  readonly flags: number;
  readonly mask: bigint;
}

const DEFAULT: SignalAction = { handler: SIG_DFL, flags: 0, mask: 0n };

export class SignalHandlers {
  readonly #actions: SignalAction[] = new Array(SIGNAL_COUNT + 1).fill(DEFAULT);
  references = 1;
  /** signalfd readers and pollers: woken when any signal is sent to a task that uses these handlers. */
  readonly queue = new WaitQueue();

  get(signal: number): SignalAction {
    return this.#actions[signal]!;
  }

  set(signal: number, action: SignalAction): void {
    this.#actions[signal] = action;
  }

  /** Ignored explicitly, or by default. */
  ignores(signal: number): boolean {
    const { handler } = this.#actions[signal]!;
    if (handler === SIG_IGN) return true;
    return handler === SIG_DFL && defaultAction(signal) === 'ignore';
  }

  copy(): SignalHandlers {
    const copy = new SignalHandlers();
    for (let signal = 1; signal <= SIGNAL_COUNT; signal++) copy.#actions[signal] = this.#actions[signal]!;
    return copy;
  }

  /** execve(2): caught signals fall back to the default, ignored ones stay ignored. */
  resetCaught(): void {
    for (let signal = 1; signal <= SIGNAL_COUNT; signal++) {
      const action = this.#actions[signal]!;
      if (action.handler > SIG_IGN) this.#actions[signal] = DEFAULT;
      else if (action.handler === SIG_IGN) this.#actions[signal] = { ...DEFAULT, handler: SIG_IGN };
    }
  }

  /** clone(2), CLONE_CLEAR_SIGHAND: everything that is not ignored becomes the default. */
  clear(): void {
    this.resetCaught();
  }
}

/** Signals that were sent and not yet taken, of one task or of a whole group: a set, and a queue of what is known of each. */
export class PendingSignals {
  set = 0n;
  readonly #queue: SignalInfo[] = [];

  get count(): number {
    return this.#queue.length;
  }

  has(signal: number): boolean {
    return (this.set & signalBit(signal)) !== 0n;
  }

  add(info: SignalInfo): void {
    this.set |= signalBit(info.signal);
    this.#queue.push(info);
  }

  /** A signal that is pending without a record (the queue was full): it is delivered with SI_USER and no sender. */
  addBare(signal: number): void {
    this.set |= signalBit(signal);
  }

  /** Drops these signals; returns how many records went. */
  remove(mask: bigint): number {
    if ((this.set & mask) === 0n) return 0;
    this.set &= ~mask;
    const before = this.#queue.length;
    const kept = this.#queue.filter((info) => (signalBit(info.signal) & mask) === 0n);
    this.#queue.length = 0;
    this.#queue.push(...kept);
    return before - kept.length;
  }

  removeMatching(predicate: (info: SignalInfo) => boolean): number {
    const kept = this.#queue.filter((info) => !predicate(info));
    const removed = this.#queue.length - kept.length;
    if (removed > 0) {
      this.#queue.length = 0;
      this.#queue.push(...kept);
      for (let signal = 1; signal <= SIGNAL_COUNT; signal++) {
        if (this.has(signal) && !kept.some((info) => info.signal === signal)) this.set &= ~signalBit(signal);
      }
    }
    return removed;
  }

  /**
   * Takes the next signal of `wanted` out: synchronous faults first, then by number, each number in the order sent
   * (signal(7): real-time signals are delivered lowest number first, in order). null: none. `fromQueue` says whether a
   * record was freed.
   */
  take(wanted: bigint): { info: SignalInfo; fromQueue: boolean } | null {
    let candidates = this.set & wanted;
    if (candidates === 0n) return null;
    if ((candidates & SYNCHRONOUS) !== 0n) candidates &= SYNCHRONOUS;
    const signal = lowestSignal(candidates);
    const index = this.#queue.findIndex((info) => info.signal === signal);
    if (index < 0) {
      this.set &= ~signalBit(signal);
      return { info: { signal, code: 0, pid: 0, uid: 0 }, fromQueue: false };
    }
    const info = this.#queue.splice(index, 1)[0]!;
    if (signal < SIGRTMIN || !this.#queue.some((other) => other.signal === signal)) this.set &= ~signalBit(signal);
    return { info, fromQueue: true };
  }

  find(signal: number): SignalInfo | undefined {
    return this.#queue.find((info) => info.signal === signal);
  }
}

/** The lowest signal number of a mask that is not empty. */
export function lowestSignal(mask: bigint): number {
  let low = Number(mask & 0xffff_ffffn);
  let base = 1;
  if (low === 0) {
    low = Number((mask >> 32n) & 0xffff_ffffn);
    base = 33;
  }
  return base + (31 - Math.clz32(low & -low));
}

/** sigaltstack(2). */
export interface AlternateStack {
  readonly address: number;
  readonly size: number;
  readonly flags: number;
}

export const SS_ONSTACK = 1;
export const SS_DISABLE = 2;
export const SS_AUTODISARM = 0x8000_0000;
export const MINSIGSTKSZ = 2048;

export class SignalState {
  handlers: SignalHandlers;
  /** Signals sent to this thread alone; those sent to the process are in `task.group.pending`. */
  readonly pending = new PendingSignals();
  blocked = 0n;
  /** The mask to go back to: sigsuspend, ppoll, pselect6, epoll_pwait run with a temporary one. null: none. */
  savedMask: bigint | null = null;
  /** What rt_sigtimedwait waits for: such a signal wakes the task though it is blocked. */
  waitingFor = 0n;
  alternateStack: AlternateStack = { address: 0, size: 0, flags: SS_DISABLE };
  attention = false;
  /** Ignored signals that observers still are to hear of, as a tracer would: filled only while somebody listens. */
  readonly ignored: SignalInfo[] = [];

  constructor(handlers: SignalHandlers) {
    this.handlers = handlers;
  }
}

export function isUnblockable(signal: number): boolean {
  return signal === SIGKILL || signal === SIGSTOP;
}
