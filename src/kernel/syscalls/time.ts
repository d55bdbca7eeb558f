// Clocks, sleeps, interval timers, POSIX timers: time(7).

import { clockRoutines as routine } from '../cost/routines/time.ts';
import { EAGAIN, EFAULT, EINVAL, EOPNOTSUPP, EPERM } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { groupCpuTime, groupUsage, taskCpuTime } from '../process/cpu-timers.ts';
import { CAP_SYS_TIME } from '../process/credentials.ts';
import { IntervalTimers, ITIMER_PROF, ITIMER_REAL, ITIMER_VIRTUAL } from '../process/interval-timers.ts';
import { RLIMIT_SIGPENDING } from '../process/limits.ts';
import {
  PosixTimer,
  SIGEV_NONE,
  SIGEV_SIGNAL,
  SIGEV_THREAD_ID,
  type SignalEvent,
  type TimerClock,
} from '../process/posix-timers.ts';
import { SIGALRM, SIGNAL_COUNT } from '../process/signals/numbers.ts';
import type { Task } from '../process/task.ts';
import type { ThreadGroup } from '../process/thread-group.ts';
import { clock, enumeration, flags, hex, inStruct, int, outStruct } from './arguments.ts';
import { intervalTimers, timerFlags } from './flags/process.ts';
import { INTERRUPTED, INTERRUPTED_NO_HANDLER, INTERRUPTED_RESTART_BLOCK, type SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';
import {
  fromNanoseconds,
  readTimespec,
  realTimeNow,
  realToBootTime,
  setTimespec,
  setTimeval,
  type Timespec,
  timespecAt,
  timevalAt,
  toNanoseconds,
  writeTimespec,
} from './time-values.ts';

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const CLOCK_PROCESS_CPUTIME_ID = 2;
const CLOCK_THREAD_CPUTIME_ID = 3;
const CLOCK_MONOTONIC_RAW = 4;
const CLOCK_REALTIME_COARSE = 5;
const CLOCK_MONOTONIC_COARSE = 6;
const CLOCK_BOOTTIME = 7;
const CLOCK_REALTIME_ALARM = 8;
const CLOCK_BOOTTIME_ALARM = 9;
const CLOCK_TAI = 11;

const TIMER_ABSTIME = 1;

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
function cpuClock(kernel: Kernel, task: Task, id: number): (() => number) | number {
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

function isTimeClock(id: number): boolean {
  return (
    id === CLOCK_REALTIME ||
    id === CLOCK_MONOTONIC ||
    id === CLOCK_BOOTTIME ||
    id === CLOCK_TAI ||
    id === CLOCK_REALTIME_ALARM ||
    id === CLOCK_BOOTTIME_ALARM
  );
}

function isRealTime(id: number): boolean {
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

// --- setitimer -------------------------------------------------------------------------------------------------------

function intervalState(kernel: Kernel, group: ThreadGroup, which: number): { value: number; interval: number } {
  const timers = group.intervalTimers;
  if (timers === null) return { value: 0, interval: 0 };
  if (which === ITIMER_REAL) {
    const value = timers.real.armed ? Math.max(1000, timers.real.deadline - kernel.now()) : 0;
    return { value, interval: timers.realInterval };
  }
  const timer = which === ITIMER_VIRTUAL ? timers.virtual : timers.profile;
  if (timer.expiry === 0) return { value: 0, interval: timer.interval };
  return { value: Math.max(1000, timer.expiry - usedTime(kernel, group, which)), interval: timer.interval };
}

function usedTime(kernel: Kernel, group: ThreadGroup, which: number): number {
  const usage = groupUsage(kernel, group);
  return which === ITIMER_VIRTUAL ? usage.userTime : usage.userTime + usage.systemTime;
}

function writeIntervalTimer(task: Task, address: number, state: { value: number; interval: number }): boolean {
  return (
    task.memory?.writeStruct(address, 32, (view) => {
      setTimeval(view, 0, state.interval);
      setTimeval(view, 16, state.value);
    }) ?? false
  );
}

function getitimer(kernel: Kernel, task: Task, which: number, address: number): SyscallResult {
  which |= 0;
  if (which < ITIMER_REAL || which > ITIMER_PROF) return -EINVAL;
  return writeIntervalTimer(task, address, intervalState(kernel, task.group, which)) ? 0 : -EFAULT;
}

function setitimer(kernel: Kernel, task: Task, which: number, address: number, old: number): SyscallResult {
  which |= 0;
  const { group, memory } = task;
  if (memory === null) return -EFAULT;
  let value = 0;
  let interval = 0;
  if (address !== 0) {
    const view = memory.readStruct(address, 32);
    if (view === null) return -EFAULT;
    interval = timevalAt(view, 0);
    value = timevalAt(view, 16);
    if (interval < 0 || value < 0) return -EINVAL;
  }
  if (which < ITIMER_REAL || which > ITIMER_PROF) return -EINVAL;
  const before = intervalState(kernel, group, which);
  group.intervalTimers ??= new IntervalTimers(group);
  const timers = group.intervalTimers;
  if (which === ITIMER_REAL) {
    timers.realInterval = value === 0 ? 0 : interval;
    kernel.timers.set(kernel, timers.real, value === 0 ? Infinity : kernel.now() + value);
  } else {
    const timer = which === ITIMER_VIRTUAL ? timers.virtual : timers.profile;
    timer.interval = interval;
    timer.expiry = value === 0 ? 0 : usedTime(kernel, group, which) + value;
  }
  return old === 0 || writeIntervalTimer(task, old, before) ? 0 : -EFAULT;
}

// --- POSIX timers ----------------------------------------------------------------------------------------------------

function readSignalEvent(task: Task, address: number): SignalEvent | number {
  const view = task.memory?.readStruct(address, 64) ?? null;
  if (view === null) return -EFAULT;
  return {
    value: view.getBigUint64(0, true),
    signal: view.getInt32(8, true),
    notify: view.getInt32(12, true),
    threadId: view.getInt32(16, true),
  };
}

function timer_create(kernel: Kernel, task: Task, id: number, eventAddress: number, idAddress: number): SyscallResult {
  id |= 0;
  const { group } = task;
  let timerClock: TimerClock;
  if (isTimeClock(id)) timerClock = { kind: isRealTime(id) ? 'realtime' : 'monotonic' };
  else if (id === CLOCK_PROCESS_CPUTIME_ID) timerClock = { kind: 'processCpu' };
  else if (id === CLOCK_THREAD_CPUTIME_ID) timerClock = { kind: 'threadCpu', task };
  else if (id < 0) {
    const thread = (id & 4) !== 0 ? (kernel.tasks.get(~(id >> 3)) ?? task) : task;
    if (typeof cpuClock(kernel, task, id) === 'number' || thread.group !== group) return -EINVAL;
    timerClock = (id & 4) !== 0 ? { kind: 'threadCpu', task: thread } : { kind: 'processCpu' };
  } else return -EINVAL;
  if (group.posixTimers.size >= Math.min(group.limits.soft(RLIMIT_SIGPENDING), 65_536)) return -EAGAIN;

  let event: SignalEvent = {
    notify: SIGEV_SIGNAL,
    signal: SIGALRM,
    value: BigInt(group.nextPosixTimer),
    threadId: 0,
  };
  if (eventAddress !== 0) {
    const given = readSignalEvent(task, eventAddress);
    if (typeof given === 'number') return given;
    if (![SIGEV_SIGNAL, SIGEV_NONE, 2, SIGEV_THREAD_ID].includes(given.notify)) return -EINVAL;
    if (given.notify === SIGEV_THREAD_ID && kernel.tasks.get(given.threadId)?.group !== group) return -EINVAL;
    if (given.notify !== SIGEV_NONE && (given.signal <= 0 || given.signal > SIGNAL_COUNT)) return -EINVAL;
    event = given;
  }
  const timerId = group.nextPosixTimer;
  if (!(task.memory?.writeU32(idAddress, timerId) ?? false)) return -EFAULT;
  group.nextPosixTimer = (timerId + 1) & 0x7fff_ffff;
  group.posixTimers.set(timerId, new PosixTimer(timerId, group, id, timerClock, event));
  return 0;
}

function cpuNow(kernel: Kernel, timer: PosixTimer): number {
  return timer.clock.kind === 'threadCpu' ? taskCpuTime(kernel, timer.clock.task) : groupCpuTime(kernel, timer.group);
}

function timerState(kernel: Kernel, timer: PosixTimer): { value: number; interval: number } {
  const { interval } = timer;
  if (timer.usesCpuTime) {
    return { value: timer.cpuExpiry === 0 ? 0 : Math.max(1, timer.cpuExpiry - cpuNow(kernel, timer)), interval };
  }
  if (timer.timer.armed) return { value: Math.max(1, timer.timer.deadline - kernel.now()), interval };
  // Its signal waits to be taken: the time to the next period.
  return { value: timer.queued && interval > 0 ? Math.max(1, timer.untilNextPeriod(kernel)) : 0, interval };
}

function writeTimerState(task: Task, address: number, state: { value: number; interval: number }): boolean {
  return (
    task.memory?.writeStruct(address, 32, (view) => {
      setTimespec(view, 0, fromNanoseconds(state.interval));
      setTimespec(view, 16, fromNanoseconds(state.value));
    }) ?? false
  );
}

function timer_gettime(kernel: Kernel, task: Task, id: number, address: number): SyscallResult {
  const timer = task.group.posixTimers.get(id | 0);
  if (timer === undefined) return -EINVAL;
  return writeTimerState(task, address, timerState(kernel, timer)) ? 0 : -EFAULT;
}

function timer_settime(
  kernel: Kernel,
  task: Task,
  id: number,
  flagBits: number,
  address: number,
  old: number,
): SyscallResult {
  if (address === 0) return -EINVAL;
  const view = task.memory?.readStruct(address, 32) ?? null;
  if (view === null) return -EFAULT;
  const interval = timespecAt(view, 0);
  const value = timespecAt(view, 16);
  if (typeof interval === 'number' || typeof value === 'number') return -EINVAL;
  const timer = task.group.posixTimers.get(id | 0);
  if (timer === undefined) return -EINVAL;
  const before = timerState(kernel, timer);
  const absolute = (flagBits & TIMER_ABSTIME) !== 0;
  const isZero = value.seconds === 0 && value.nanoseconds === 0;
  timer.cancel(kernel);
  timer.interval = isZero ? 0 : toNanoseconds(interval);
  timer.queued = false;
  timer.overrun = 0;
  if (!isZero) {
    const amount = toNanoseconds(value);
    if (timer.usesCpuTime) timer.cpuExpiry = absolute ? amount : cpuNow(kernel, timer) + amount;
    else {
      let deadline = kernel.now() + amount;
      if (absolute) deadline = timer.clock.kind === 'realtime' ? realToBootTime(kernel, value) : amount;
      kernel.timers.set(kernel, timer.timer, deadline);
    }
  }
  return old === 0 || writeTimerState(task, old, before) ? 0 : -EFAULT;
}

function timer_getoverrun(_kernel: Kernel, task: Task, id: number): SyscallResult {
  return task.group.posixTimers.get(id | 0)?.lastOverrun ?? -EINVAL;
}

function timer_delete(kernel: Kernel, task: Task, id: number): SyscallResult {
  const timer = task.group.posixTimers.get(id | 0);
  if (timer === undefined) return -EINVAL;
  timer.cancel(kernel);
  task.group.posixTimers.delete(id | 0);
  return 0;
}

const timespec = inStruct('timespec');
const timerId = int;

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
    number: 102,
    name: 'getitimer',
    arguments: [enumeration(intervalTimers, 'ITIMER_???'), outStruct('itimerval')],
    handler: getitimer,
    cost: routine.getitimer,
  },
  {
    number: 103,
    name: 'setitimer',
    arguments: [enumeration(intervalTimers, 'ITIMER_???'), inStruct('itimerval'), outStruct('itimerval')],
    handler: setitimer,
    cost: routine.setitimer,
  },
  {
    number: 107,
    name: 'timer_create',
    arguments: [clock, inStruct('sigevent'), outStruct('int')],
    handler: timer_create,
    cost: routine.timer_create,
  },
  {
    number: 108,
    name: 'timer_gettime',
    arguments: [timerId, outStruct('itimerspec')],
    handler: timer_gettime,
    cost: routine.timer_gettime,
  },
  {
    number: 109,
    name: 'timer_getoverrun',
    arguments: [timerId],
    handler: timer_getoverrun,
    cost: routine.timer_gettime,
  },
  {
    number: 110,
    name: 'timer_settime',
    arguments: [timerId, flags(timerFlags), inStruct('itimerspec'), outStruct('itimerspec')],
    handler: timer_settime,
    cost: routine.timer_settime,
  },
  { number: 111, name: 'timer_delete', arguments: [timerId], handler: timer_delete, cost: routine.timer_delete },
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
