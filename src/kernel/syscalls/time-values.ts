// struct timespec and timeval in user memory, and CLOCK_REALTIME without rounding: since the epoch a nanosecond does not fit
// into a JS number, so real time is kept as seconds and nanoseconds.

import { EFAULT, EINVAL } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { UserMemory } from '../memory/user.ts';

export const NANOSECONDS = 1_000_000_000;
/** 2^63 ns, Linux's end of time. */
const KTIME_MAX = 2 ** 63;

export interface Timespec {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** A valid timespec (0 <= tv_nsec < 10^9, tv_sec >= 0), or -EFAULT, -EINVAL. */
export function readTimespec(memory: UserMemory | null, address: number): Timespec | number {
  const view = memory?.readStruct(address, 16) ?? null;
  return view === null ? -EFAULT : timespecAt(view, 0);
}

export function timespecAt(view: DataView, offset: number): Timespec | number {
  const seconds = Number(view.getBigInt64(offset, true));
  const nanoseconds = Number(view.getBigInt64(offset + 8, true));
  if (seconds < 0 || nanoseconds < 0 || nanoseconds >= NANOSECONDS) return -EINVAL;
  return { seconds, nanoseconds };
}

/** ns, at most KTIME_MAX. */
export function toNanoseconds(time: Timespec): number {
  return Math.min(time.seconds * NANOSECONDS + time.nanoseconds, KTIME_MAX);
}

export function fromNanoseconds(nanoseconds: number): Timespec {
  const seconds = Math.floor(nanoseconds / NANOSECONDS);
  return { seconds, nanoseconds: Math.floor(nanoseconds - seconds * NANOSECONDS) };
}

export function setTimespec(view: DataView, offset: number, time: Timespec): void {
  view.setBigInt64(offset, BigInt(time.seconds), true);
  view.setBigInt64(offset + 8, BigInt(time.nanoseconds), true);
}

/** False: EFAULT. */
export function writeTimespec(memory: UserMemory | null, address: number, time: Timespec): boolean {
  return memory?.writeStruct(address, 16, (view) => setTimespec(view, 0, time)) ?? false;
}

export function setTimeval(view: DataView, offset: number, nanoseconds: number): void {
  const { seconds, nanoseconds: rest } = fromNanoseconds(nanoseconds);
  view.setBigInt64(offset, BigInt(seconds), true);
  view.setBigInt64(offset + 8, BigInt(Math.floor(rest / 1000)), true);
}

/** A timeval as ns, or -EINVAL. */
export function timevalAt(view: DataView, offset: number): number {
  const seconds = Number(view.getBigInt64(offset, true));
  const microseconds = Number(view.getBigInt64(offset + 8, true));
  if (seconds < 0 || microseconds < 0 || microseconds >= 1_000_000) return -EINVAL;
  return Math.min(seconds * NANOSECONDS + microseconds * 1000, KTIME_MAX);
}

/** What CLOCK_REALTIME was at boot. */
export function realTimeBase(kernel: Kernel): Timespec {
  const base = BigInt(Math.floor(kernel.host.bootTime)) + BigInt(Math.floor(kernel.system.realTimeOffset));
  const seconds = base / BigInt(NANOSECONDS);
  return { seconds: Number(seconds), nanoseconds: Number(base - seconds * BigInt(NANOSECONDS)) };
}

/** CLOCK_REALTIME now, or when CLOCK_MONOTONIC is `monotonic` (ns). */
export function realTimeNow(kernel: Kernel, monotonic = kernel.now()): Timespec {
  const base = realTimeBase(kernel);
  const total = base.nanoseconds + Math.floor(monotonic);
  const carry = Math.floor(total / NANOSECONDS);
  return { seconds: base.seconds + carry, nanoseconds: total - carry * NANOSECONDS };
}

/** An absolute CLOCK_REALTIME time as ns since boot (may be negative: long past). */
export function realToBootTime(kernel: Kernel, time: Timespec): number {
  const base = realTimeBase(kernel);
  const seconds = Math.min(time.seconds - base.seconds, 9_223_372_036);
  return seconds * NANOSECONDS + (time.nanoseconds - base.nanoseconds);
}
