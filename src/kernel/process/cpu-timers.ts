// CPU time: what a task and a process have used, and what happens at a limit. The tick asks once each 4 ms, as Linux's
// run_posix_cpu_timers; so a CPU timer expires up to a tick late.

import type { Kernel } from '../kernel.ts';
import { RLIMIT_CPU, RLIMIT_RTTIME } from './limits.ts';
import { SI_KERNEL, SIGKILL, SIGPROF, SIGVTALRM, SIGXCPU } from './signals/numbers.ts';
import { sendSignal } from './signals/send.ts';
import type { Task } from './task.ts';
import { addUsage, newUsage, type ThreadGroup, type Usage } from './thread-group.ts';

/** User and system time of all threads, living and gone, in ns. */
export function groupUsage(kernel: Kernel, group: ThreadGroup): Usage {
  const sum = newUsage();
  addUsage(sum, group.usage);
  for (const thread of group.threads) {
    kernel.scheduler.account(kernel, thread);
    addUsage(sum, thread.usage);
  }
  return sum;
}

export function taskCpuTime(kernel: Kernel, task: Task): number {
  kernel.scheduler.account(kernel, task);
  return task.usage.userTime + task.usage.systemTime;
}

export function groupCpuTime(kernel: Kernel, group: ThreadGroup): number {
  let sum = group.usage.userTime + group.usage.systemTime;
  for (const thread of group.threads) sum += taskCpuTime(kernel, thread);
  return sum;
}

/** Called by the tick for the running task: interval and POSIX timers on CPU time, RLIMIT_CPU, RLIMIT_RTTIME. */
export function checkCpuTimers(kernel: Kernel, task: Task): void {
  const { group } = task;
  const { soft, hard } = group.limits.get(RLIMIT_CPU);
  const timers = group.intervalTimers;
  const intervals = timers !== null && (timers.virtual.expiry > 0 || timers.profile.expiry > 0);
  let posix = false;
  for (const timer of group.posixTimers.values()) if (timer.cpuExpiry > 0) posix = true;
  checkRealTimeLimit(kernel, task);
  if (soft === Infinity && hard === Infinity && !intervals && !posix) return;

  const usage = groupUsage(kernel, group);
  const total = usage.userTime + usage.systemTime;
  if (intervals) {
    if (intervalExpired(timers.virtual, usage.userTime)) {
      sendSignal(kernel, group, { signal: SIGVTALRM, code: SI_KERNEL });
    }
    if (intervalExpired(timers.profile, total)) sendSignal(kernel, group, { signal: SIGPROF, code: SI_KERNEL });
  }
  if (posix) {
    for (const timer of group.posixTimers.values()) {
      if (timer.cpuExpiry === 0) continue;
      const used = timer.clock.kind === 'threadCpu' ? taskCpuTime(kernel, timer.clock.task) : total;
      if (used < timer.cpuExpiry) continue;
      timer.cpuExpiry = timer.interval > 0 ? nextPeriod(timer.cpuExpiry, timer.interval, used) : 0;
      timer.expire(kernel);
    }
  }
  const seconds = total / 1e9;
  if (seconds >= hard) {
    sendSignal(kernel, group, { signal: SIGKILL, code: SI_KERNEL });
  } else if (seconds >= Math.max(soft, group.nextCpuLimitSecond)) {
    // setrlimit(2), RLIMIT_CPU: once a second after the soft limit.
    sendSignal(kernel, group, { signal: SIGXCPU, code: SI_KERNEL });
    group.nextCpuLimitSecond = Math.floor(seconds) + 1;
  }
}

/** RLIMIT_RTTIME: µs that a real-time task may run without sleeping. */
function checkRealTimeLimit(kernel: Kernel, task: Task): void {
  if (task.scheduling.realTime === 0) return;
  const { soft, hard } = task.group.limits.get(RLIMIT_RTTIME);
  const microseconds = task.scheduling.sliceUsed / 1000;
  if (microseconds >= hard) sendSignal(kernel, task.group, { signal: SIGKILL, code: SI_KERNEL });
  else if (microseconds >= soft) sendSignal(kernel, task.group, { signal: SIGXCPU, code: SI_KERNEL });
}

function intervalExpired(timer: { expiry: number; interval: number }, used: number): boolean {
  if (timer.expiry === 0 || used < timer.expiry) return false;
  timer.expiry = timer.interval > 0 ? nextPeriod(timer.expiry, timer.interval, used) : 0;
  return true;
}

function nextPeriod(expiry: number, interval: number, used: number): number {
  return expiry + (Math.floor((used - expiry) / interval) + 1) * interval;
}
