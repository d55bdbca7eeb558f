// Timers that send signals: setitimer(2), timer_create(2).

import { clockRoutines as routine } from '../cost/routines/time.ts';
import { EAGAIN, EFAULT, EINVAL } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { groupCpuTime, groupUsage, taskCpuTime } from '../process/cpu-timers.ts';
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
import { clock, enumeration, flags, inStruct, int, outStruct } from './arguments.ts';
import { intervalTimers, timerFlags } from './flags/process.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';
import {
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_THREAD_CPUTIME_ID,
  cpuClock,
  isRealTime,
  isTimeClock,
  TIMER_ABSTIME,
} from './time.ts';
import {
  fromNanoseconds,
  realToBootTime,
  setTimespec,
  setTimeval,
  timespecAt,
  timevalAt,
  toNanoseconds,
} from './time-values.ts';

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

const timerId = int;

export const timerSyscalls: readonly SyscallRow[] = [
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
];
