// Waiting for children, and what they and the caller have used: wait4(2), waitid(2), getrusage(2), times(2).

import { processRoutines as routine } from '../cost/routines/process.ts';
import { ECHILD, EFAULT, EINVAL, ESRCH } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { groupUsage } from '../process/cpu-timers.ts';
import { reap } from '../process/exit.ts';
import { processOfPidfd } from '../process/pidfd.ts';
import { CLD_CONTINUED, CLD_EXITED, CLD_KILLED, CLD_STOPPED, SIGCHLD } from '../process/signals/numbers.ts';
import type { Task } from '../process/task.ts';
import { addUsage, type ThreadGroup, type Usage } from '../process/thread-group.ts';
import { enumeration, flags, outStruct, pid, pointer } from './arguments.ts';
import { rusageWho, waitFlags, waitIdTypes } from './flags/process.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';
import { setTimeval } from './time-values.ts';

const WNOHANG = 1;
const WUNTRACED = 2;
const WEXITED = 4;
const WCONTINUED = 8;
const WNOWAIT = 0x0100_0000;
const WNOTHREAD = 0x2000_0000;
const WALL = 0x4000_0000;
const WCLONE = 0x8000_0000 | 0;

type Selection =
  | { readonly kind: 'all' }
  | { readonly kind: 'pid'; readonly pid: number }
  | { readonly kind: 'processGroup'; readonly id: number };

interface WaitReport {
  readonly group: ThreadGroup;
  readonly status: number;
  readonly code: number;
  readonly usage: Usage;
}

/** One look at the children: a report, -ECHILD when there are none to wait for, or null: not yet. */
function waitOnce(kernel: Kernel, task: Task, selection: Selection, options: number): WaitReport | number | null {
  kernel.cost.execute(routine.do_wait);
  const { children } = task.group;
  let eligible = false;
  if (selection.kind === 'pid') {
    const child = kernel.tasks.group(selection.pid);
    if (child === undefined || child.parent !== task.group) return -ECHILD;
    if (!isEligible(child, options)) return -ECHILD;
    return considerChild(kernel, task, child, options);
  }
  for (const child of children) {
    kernel.cost.execute(routine.wait_consider_task);
    kernel.cost.touch(child.leader.address, 64);
    if (selection.kind === 'processGroup' && child.processGroup.id !== selection.id) continue;
    if (!isEligible(child, options)) continue;
    eligible = true;
    const report = considerChild(kernel, task, child, options);
    if (report !== null) return report;
  }
  return eligible ? null : -ECHILD;
}

/** wait(2), __WCLONE: children that do not send SIGCHLD are waited for only with it, or with __WALL. */
function isEligible(child: ThreadGroup, options: number): boolean {
  if ((options & WALL) !== 0) return true;
  return (child.exitSignal !== SIGCHLD) === ((options & WCLONE) !== 0);
}

function considerChild(kernel: Kernel, task: Task, child: ThreadGroup, options: number): WaitReport | null {
  const keep = (options & WNOWAIT) !== 0;
  if (child.exited) {
    if ((options & WEXITED) === 0) return null;
    kernel.cost.execute(routine.wait_report);
    const killed = (child.waitStatus & 0x7f) !== 0;
    const usage = groupUsage(kernel, child);
    addUsage(usage, child.childUsage);
    const report = { group: child, status: child.waitStatus, code: killed ? CLD_KILLED : CLD_EXITED, usage };
    if (!keep) {
      addUsage(task.group.childUsage, usage);
      reap(kernel, child);
    }
    return report;
  }
  if (child.stopUnreported && (options & WUNTRACED) !== 0) {
    kernel.cost.execute(routine.wait_report);
    if (!keep) child.stopUnreported = false;
    const status = (child.stopSignal << 8) | 0x7f;
    return { group: child, status, code: CLD_STOPPED, usage: groupUsage(kernel, child) };
  }
  if (child.continueUnreported && (options & WCONTINUED) !== 0) {
    kernel.cost.execute(routine.wait_report);
    if (!keep) child.continueUnreported = false;
    return { group: child, status: 0xffff, code: CLD_CONTINUED, usage: groupUsage(kernel, child) };
  }
  return null;
}

function wait4(
  kernel: Kernel,
  task: Task,
  which: number,
  statusAddress: number,
  options: number,
  usageAddress: number,
): SyscallResult {
  which |= 0;
  options |= 0;
  if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE)) !== 0) return -EINVAL;
  if (which === -0x8000_0000) return -ESRCH;
  let selection: Selection = { kind: 'all' };
  if (which > 0) selection = { kind: 'pid', pid: which };
  else if (which === 0) selection = { kind: 'processGroup', id: task.group.processGroup.id };
  else if (which < -1) selection = { kind: 'processGroup', id: -which };

  const report = waitOnce(kernel, task, selection, options | WEXITED);
  if (typeof report === 'number') return report;
  if (report === null) {
    if ((options & WNOHANG) !== 0) return 0;
    return kernel.block(task, task.group.childQueue, Infinity, null);
  }
  if (statusAddress !== 0 && !task.memory!.writeU32(statusAddress, report.status)) return -EFAULT;
  if (usageAddress !== 0 && !writeUsage(task, usageAddress, report.usage)) return -EFAULT;
  return report.group.pid;
}

function waitid(
  kernel: Kernel,
  task: Task,
  type: number,
  id: number,
  infoAddress: number,
  options: number,
  usageAddress: number,
): SyscallResult {
  type |= 0;
  id |= 0;
  options |= 0;
  if ((options & ~(WNOHANG | WUNTRACED | WEXITED | WCONTINUED | WNOWAIT | WNOTHREAD | WALL | WCLONE)) !== 0) {
    return -EINVAL;
  }
  if ((options & (WEXITED | WUNTRACED | WCONTINUED)) === 0) return -EINVAL;
  let selection: Selection;
  switch (type) {
    case 0:
      selection = { kind: 'all' };
      break;
    case 1:
      if (id <= 0) return -EINVAL;
      selection = { kind: 'pid', pid: id };
      break;
    case 2:
      if (id < 0) return -EINVAL;
      selection = { kind: 'processGroup', id: id === 0 ? task.group.processGroup.id : id };
      break;
    case 3: {
      if (id < 0) return -EINVAL;
      const group = processOfPidfd(task.files.get(id));
      if (typeof group === 'number') return group;
      selection = { kind: 'pid', pid: group.reaped ? -1 : group.pid };
      break;
    }
    default:
      return -EINVAL;
  }
  const report = waitOnce(kernel, task, selection, options);
  if (typeof report === 'number') return report;
  if (report === null && (options & WNOHANG) === 0) {
    return kernel.block(task, task.group.childQueue, Infinity, null);
  }
  if (report !== null && usageAddress !== 0 && !writeUsage(task, usageAddress, report.usage)) return -EFAULT;
  if (infoAddress !== 0) {
    const written = task.memory!.writeStruct(infoAddress, 28, (view) => {
      if (report === null) return;
      view.setInt32(0, SIGCHLD, true);
      view.setInt32(8, report.code, true);
      view.setInt32(16, report.group.pid, true);
      view.setUint32(20, report.group.leader.credentials.uid, true);
      view.setInt32(24, reportedStatus(report), true);
    });
    if (!written) return -EFAULT;
  }
  return 0;
}

/** si_status: the exit code, or the signal that killed, stopped or continued it. */
function reportedStatus(report: WaitReport): number {
  switch (report.code) {
    case CLD_EXITED:
      return (report.status >> 8) & 0xff;
    case CLD_STOPPED:
      return report.status >> 8;
    case CLD_CONTINUED:
      return 18;
    default:
      return report.status & 0x7f;
  }
}

function writeUsage(task: Task, address: number, usage: Usage): boolean {
  return (
    task.memory?.writeStruct(address, 144, (view) => {
      setTimeval(view, 0, usage.userTime);
      setTimeval(view, 16, usage.systemTime);
      view.setBigInt64(32, BigInt(usage.maxResident), true);
      view.setBigInt64(64, BigInt(usage.minorFaults), true);
      view.setBigInt64(72, BigInt(usage.majorFaults), true);
      view.setBigInt64(88, BigInt(usage.blocksIn), true);
      view.setBigInt64(96, BigInt(usage.blocksOut), true);
      view.setBigInt64(128, BigInt(usage.voluntarySwitches), true);
      view.setBigInt64(136, BigInt(usage.involuntarySwitches), true);
    }) ?? false
  );
}

function getrusage(kernel: Kernel, task: Task, who: number, address: number): SyscallResult {
  switch (who | 0) {
    case 0:
      return writeUsage(task, address, groupUsage(kernel, task.group)) ? 0 : -EFAULT;
    case -1:
      return writeUsage(task, address, task.group.childUsage) ? 0 : -EFAULT;
    case 1: {
      kernel.scheduler.account(kernel, task);
      const maxResident = (task.memory?.residentPeak ?? 0) * 4;
      return writeUsage(task, address, { ...task.usage, maxResident }) ? 0 : -EFAULT;
    }
    default:
      return -EINVAL;
  }
}

/** struct tms in clock ticks (100 a second); returns ticks since boot. */
function times(kernel: Kernel, task: Task, address: number): SyscallResult {
  const tick = 10_000_000;
  if (address !== 0) {
    const own = groupUsage(kernel, task.group);
    const children = task.group.childUsage;
    const written = task.memory!.writeStruct(address, 32, (view) => {
      [own.userTime, own.systemTime, children.userTime, children.systemTime].forEach((time, index) => {
        view.setBigInt64(8 * index, BigInt(Math.floor(time / tick)), true);
      });
    });
    if (!written) return -EFAULT;
  }
  return Math.floor(kernel.now() / tick);
}

export const waitSyscalls: readonly SyscallRow[] = [
  {
    number: 95,
    name: 'waitid',
    arguments: [enumeration(waitIdTypes, 'P_???'), pid, outStruct('siginfo'), flags(waitFlags), outStruct('rusage')],
    handler: waitid,
    cost: routine.small,
  },
  { number: 153, name: 'times', arguments: [pointer], handler: times, cost: routine.times },
  {
    number: 165,
    name: 'getrusage',
    arguments: [enumeration(rusageWho, 'RUSAGE_???'), outStruct('rusage')],
    handler: getrusage,
    cost: routine.getrusage,
  },
  {
    number: 260,
    name: 'wait4',
    arguments: [pid, outStruct('waitStatus'), flags(waitFlags), outStruct('rusage')],
    handler: wait4,
    cost: routine.small,
  },
];
