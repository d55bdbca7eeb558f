// Clocks and sleeps: time(7).

import { clockRoutines as routine } from '../cost/routines/time.ts';
import { EFAULT, EINVAL, EOPNOTSUPP, EPERM } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { groupCpuTime, taskCpuTime } from '../process/cpu-timers.ts';
import { CAP_SYS_TIME } from '../process/credentials.ts';
import type { Task } from '../process/task.ts';
import { clock, flags, hex, inStruct, outStruct } from './arguments.ts';
import { timerFlags } from './flags/process.ts';
import { INTERRUPTED, INTERRUPTED_NO_HANDLER, INTERRUPTED_RESTART_BLOCK, type SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';
import {
  fromNanoseconds,
  readTimespec,
  realTimeNow,
  realToBootTime,
  type Timespec,
  timevalAt,
  toNanoseconds,
  writeTimespec,
} from './time-values.ts';

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
export const CLOCK_PROCESS_CPUTIME_ID = 2;
export const CLOCK_THREAD_CPUTIME_ID = 3;
const CLOCK_MONOTONIC_RAW = 4;
const CLOCK_REALTIME_COARSE = 5;
const CLOCK_MONOTONIC_COARSE = 6;
const CLOCK_BOOTTIME = 7;
const CLOCK_REALTIME_ALARM = 8;
const CLOCK_BOOTTIME_ALARM = 9;
const CLOCK_TAI = 11;

export const TIMER_ABSTIME = 1;

/** A clock of clock_gettime(2), or -EINVAL. Negative ids name a process's or thread's CPU clock (clock_getcpuclockid(3)). */
function readClock(kernel: Kernel, task: Task, id: number): Timespec | number {
  switch (id) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
      return realTimeNow(kernel);
    case CLOCK_REALTIME_COARSE: {
      const tick = kernel.scheduler.options.tickNanoseconds;
      return realTimeNow(kernel, Math.floor(kernel.now() / tick) * tick);
    }
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
      return fromNanoseconds(kernel.now());
    case CLOCK_MONOTONIC_COARSE: {
      const tick = kernel.scheduler.options.tickNanoseconds;
      return fromNanoseconds(Math.floor(kernel.now() / tick) * tick);
    }
    default: {
      const cpu = cpuClock(kernel, task, id);
      if (typeof cpu === 'number') return cpu;
      return fromNanoseconds(cpu());
    }
  }
}

/** Reads a CPU-time clock, ns; -EINVAL if the id is not one. */
export function cpuClock(kernel: Kernel, task: Task, id: number): (() => number) | number {
  if (id === CLOCK_PROCESS_CPUTIME_ID) return () => groupCpuTime(kernel, task.group);
  if (id === CLOCK_THREAD_CPUTIME_ID) return () => taskCpuTime(kernel, task);
  if (id >= 0 || (id & 3) === 3) return -EINVAL;
  const pid = ~(id >> 3);
  if ((id & 4) !== 0) {
    const thread = pid === 0 ? task : kernel.tasks.get(pid);
    if (thread === undefined || thread.group !== task.group) return -EINVAL;
    return () => taskCpuTime(kernel, thread);
  }
  const group = pid === 0 ? task.group : kernel.tasks.group(pid);
  if (group === undefined) return -EINVAL;
  return () => groupCpuTime(kernel, group);
}

export function isTimeClock(id: number): boolean {
  return (
    id === CLOCK_REALTIME ||
    id === CLOCK_MONOTONIC ||
    id === CLOCK_BOOTTIME ||
    id === CLOCK_TAI ||
    id === CLOCK_REALTIME_ALARM ||
    id === CLOCK_BOOTTIME_ALARM
  );
}

export function isRealTime(id: number): boolean {
  return id === CLOCK_REALTIME || id === CLOCK_TAI || id === CLOCK_REALTIME_ALARM;
}

function clock_gettime(kernel: Kernel, task: Task, id: number, address: number): SyscallResult {
  const time = readClock(kernel, task, id | 0);
  if (typeof time === 'number') return time;
  return writeTimespec(task.memory, address, time) ? 0 : -EFAULT;
}

function clock_getres(kernel: Kernel, task: Task, id: number, address: number): SyscallResult {
  id |= 0;
  const valid = readClock(kernel, task, id);
  if (typeof valid === 'number') return valid;
  if (address === 0) return 0;
  const coarse = id === CLOCK_REALTIME_COARSE || id === CLOCK_MONOTONIC_COARSE;
  const nanoseconds = coarse ? kernel.scheduler.options.tickNanoseconds : 1;
  return writeTimespec(task.memory, address, { seconds: 0, nanoseconds }) ? 0 : -EFAULT;
}

function clock_settime(kernel: Kernel, task: Task, id: number, address: number): SyscallResult {
  const time = readTimespec(task.memory, address);
  if (typeof time === 'number') return time;
  if ((id | 0) !== CLOCK_REALTIME) return -EINVAL;
  return setRealTime(kernel, task, time);
}

function setRealTime(kernel: Kernel, task: Task, time: Timespec): number {
  if (!task.credentials.capable(CAP_SYS_TIME)) return -EPERM;
  // timespec64_valid_settod: not after the year 2232.
  if (time.seconds > 8_277_292_036) return -EINVAL;
  kernel.system.realTimeOffset += realToBootTime(kernel, time) - Math.floor(kernel.now());
  kernel.vdso.updateTime(kernel);
  return 0;
}

function gettimeofday(kernel: Kernel, task: Task, address: number, zone: number): SyscallResult {
  const { memory } = task;
  if (memory === null) return -EFAULT;
  if (address !== 0) {
    const { seconds, nanoseconds } = realTimeNow(kernel);
    const written = memory.writeStruct(address, 16, (view) => {
      view.setBigInt64(0, BigInt(seconds), true);
      view.setBigInt64(8, BigInt(Math.floor(nanoseconds / 1000)), true);
    });
    if (!written) return -EFAULT;
  }
  if (zone !== 0 && !memory.writeStruct(zone, 8, () => {})) return -EFAULT;
  return 0;
}

function settimeofday(kernel: Kernel, task: Task, address: number, zone: number): SyscallResult {
  const { memory } = task;
  if (memory === null) return -EFAULT;
  if (address !== 0) {
    const view = memory.readStruct(address, 16);
    if (view === null) return -EFAULT;
    const time = timevalAt(view, 0);
    if (time < 0) return time;
    const failed = setRealTime(kernel, task, fromNanoseconds(time));
    if (failed !== 0) return failed;
  }
  if (zone !== 0 && memory.readStruct(zone, 8) === null) return -EFAULT;
  return 0;
}

/** struct timex: read-only here, for the guest's clock needs no disciplining. TIME_OK. */
function adjtimex(kernel: Kernel, task: Task, address: number): SyscallResult {
  const view = task.memory?.readStruct(address, 208) ?? null;
  if (view === null) return -EFAULT;
  if (view.getUint32(0, true) !== 0) {
    return task.credentials.capable(CAP_SYS_TIME) ? -EOPNOTSUPP : -EPERM;
  }
  const now = realTimeNow(kernel);
  const written = task.memory!.writeStruct(address, 208, (out) => {
    out.setBigInt64(32, 500_000n, true); // esterror
    out.setInt32(40, 0x40, true); // STA_UNSYNC
    out.setBigInt64(48, 2n, true); // constant
    out.setBigInt64(56, 1n, true); // precision, µs
    out.setBigInt64(64, 32_768_000n, true); // tolerance
    out.setBigInt64(72, BigInt(now.seconds), true);
    out.setBigInt64(80, BigInt(Math.floor(now.nanoseconds / 1000)), true);
    out.setBigInt64(88, 10_000n, true); // tick, µs
  });
  return written ? 5 : -EFAULT; // TIME_ERROR, as long as STA_UNSYNC is set
}

// --- sleeping --------------------------------------------------------------------------------------------------------

/**
 * Sleeps to an absolute time. Interrupted: the rest of a relative sleep goes to `remaining`, and it goes on by restart_syscall; an
 * absolute one is simply made again.
 */
function sleepUntil(kernel: Kernel, task: Task, deadline: number, relative: boolean, remaining: number): SyscallResult {
  if (kernel.now() >= deadline) return 0;
  const result = kernel.block(task, null, deadline, { deadline });
  if (result !== INTERRUPTED) return result;
  if (!relative) return INTERRUPTED_NO_HANDLER;
  if (remaining !== 0) {
    const left = fromNanoseconds(Math.max(0, deadline - kernel.now()));
    if (!writeTimespec(task.memory, remaining, left)) return -EFAULT;
  }
  task.restart = { number: task.syscall, resume: { deadline } };
  return INTERRUPTED_RESTART_BLOCK;
}

function nanosleep(kernel: Kernel, task: Task, request: number, remaining: number): SyscallResult {
  const saved = task.resume?.['deadline'];
  if (typeof saved === 'number') return sleepUntil(kernel, task, saved, true, remaining);
  const time = readTimespec(task.memory, request);
  if (typeof time === 'number') return time;
  return sleepUntil(kernel, task, kernel.now() + toNanoseconds(time), true, remaining);
}

function clock_nanosleep(
  kernel: Kernel,
  task: Task,
  id: number,
  flagBits: number,
  request: number,
  remaining: number,
): SyscallResult {
  id |= 0;
  const absolute = (flagBits & TIMER_ABSTIME) !== 0;
  const saved = task.resume?.['deadline'];
  if (typeof saved === 'number') return sleepUntil(kernel, task, saved, !absolute, remaining);
  if (!isTimeClock(id)) {
    if (id === CLOCK_THREAD_CPUTIME_ID) return -EINVAL;
    return typeof cpuClock(kernel, task, id) === 'number' ? -EINVAL : -EOPNOTSUPP;
  }
  const time = readTimespec(task.memory, request);
  if (typeof time === 'number') return time;
  let deadline: number;
  if (!absolute) deadline = kernel.now() + toNanoseconds(time);
  else deadline = isRealTime(id) ? realToBootTime(kernel, time) : toNanoseconds(time);
  return sleepUntil(kernel, task, deadline, !absolute, remaining);
}

const timespec = inStruct('timespec');

export const timeSyscalls: readonly SyscallRow[] = [
  {
    number: 101,
    name: 'nanosleep',
    arguments: [timespec, outStruct('timespec')],
    handler: nanosleep,
    cost: routine.nanosleep,
    restart: 'restartBlock',
  },
  {
    number: 112,
    name: 'clock_settime',
    arguments: [clock, timespec],
    handler: clock_settime,
    cost: routine.clock_settime,
    support: { partial: 'timers already armed on CLOCK_REALTIME keep their moment' },
  },
  {
    number: 113,
    name: 'clock_gettime',
    arguments: [clock, outStruct('timespec')],
    handler: clock_gettime,
    cost: routine.clock_gettime,
  },
  {
    number: 114,
    name: 'clock_getres',
    arguments: [clock, outStruct('timespec')],
    handler: clock_getres,
    cost: routine.clock_getres,
  },
  {
    number: 115,
    name: 'clock_nanosleep',
    arguments: [clock, flags(timerFlags), timespec, outStruct('timespec')],
    handler: clock_nanosleep,
    cost: routine.nanosleep,
    restart: 'restartBlock',
    support: { partial: 'CPU-time clocks give EOPNOTSUPP' },
  },
  {
    number: 169,
    name: 'gettimeofday',
    arguments: [outStruct('timeval'), hex],
    handler: gettimeofday,
    cost: routine.gettimeofday,
  },
  {
    number: 170,
    name: 'settimeofday',
    arguments: [inStruct('timeval'), hex],
    handler: settimeofday,
    cost: routine.clock_settime,
    support: { partial: 'the time zone is ignored' },
  },
  {
    number: 171,
    name: 'adjtimex',
    arguments: [outStruct('timex')],
    handler: adjtimex,
    cost: routine.adjtimex,
    support: { partial: 'reading only' },
  },
  {
    number: 266,
    name: 'clock_adjtime',
    arguments: [clock, outStruct('timex')],
    handler: (kernel, task, id, address) => ((id | 0) === CLOCK_REALTIME ? adjtimex(kernel, task, address) : -EINVAL),
    cost: routine.adjtimex,
    support: { partial: 'reading of CLOCK_REALTIME only' },
  },
];
