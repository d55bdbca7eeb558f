// Scheduling policies, priorities, affinity: sched(7).

import { processRoutines as routine } from '../cost/routines/process.ts';
import { schedulerRoutines } from '../cost/routines/scheduler.ts';
import { E2BIG, EACCES, EFAULT, EINVAL, EPERM, ESRCH } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { CAP_SYS_NICE } from '../process/credentials.ts';
import { RLIMIT_NICE, RLIMIT_RTPRIO } from '../process/limits.ts';
import {
  RR_SLICE,
  SCHED_BATCH,
  SCHED_DEADLINE,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_OTHER,
  SCHED_RR,
} from '../process/scheduling-entity.ts';
import type { Task } from '../process/task.ts';
import { enumeration, inStruct, int, outStruct, pid, pointer, size, unsigned } from './arguments.ts';
import { priorityWhich, schedulingPolicies } from './flags/process.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';
import { fromNanoseconds, writeTimespec } from './time-values.ts';

const SCHED_RESET_ON_FORK = 0x4000_0000;
/** Bytes of the kernel's cpumask: one long. */
const CPU_MASK_BYTES = 8;

function find(kernel: Kernel, task: Task, id: number): Task | null {
  return (id | 0) === 0 ? task : (kernel.tasks.get(id | 0) ?? null);
}

/** The caller owns the target (its euid is the target's uid or euid), or has CAP_SYS_NICE. */
function owns(task: Task, target: Task): boolean {
  const { euid } = task.credentials;
  return euid === target.credentials.euid || euid === target.credentials.uid;
}

interface Wanted {
  readonly policy: number;
  readonly priority: number;
  readonly nice: number;
  readonly resetOnFork: boolean;
}

/** sched_setscheduler's checks (sched(7), "Privileges and resource limits"), then the change. */
function apply(kernel: Kernel, task: Task, target: Task, wanted: Wanted): number {
  const { policy, priority, nice } = wanted;
  const realTime = policy === SCHED_FIFO || policy === SCHED_RR;
  if (!realTime && policy !== SCHED_OTHER && policy !== SCHED_BATCH && policy !== SCHED_IDLE) return -EINVAL;
  if (realTime ? priority < 1 || priority > 99 : priority !== 0) return -EINVAL;
  const entity = target.scheduling;
  if (!task.credentials.capable(CAP_SYS_NICE)) {
    if (!owns(task, target)) return -EPERM;
    if (realTime) {
      const limit = target.group.limits.soft(RLIMIT_RTPRIO);
      if (policy !== entity.policy && limit === 0) return -EPERM;
      if (priority > entity.priority && priority > limit) return -EPERM;
    } else if (nice < entity.nice && !niceAllowed(target, nice)) {
      return -EPERM;
    }
    if (entity.resetOnFork && !wanted.resetOnFork) return -EPERM;
  }
  kernel.scheduler.reschedule(kernel, target, (changed) => {
    changed.setNice(nice);
    changed.setPolicy(policy, priority);
    changed.resetOnFork = wanted.resetOnFork;
  });
  return 0;
}

/** RLIMIT_NICE is 20 minus the lowest nice value that may be set. */
function niceAllowed(target: Task, nice: number): boolean {
  return 20 - nice <= target.group.limits.soft(RLIMIT_NICE);
}

function sched_setscheduler(kernel: Kernel, task: Task, id: number, policy: number, address: number): SyscallResult {
  id |= 0;
  policy |= 0;
  if (policy < 0 || address === 0 || id < 0) return -EINVAL;
  const priority = task.memory!.readU32(address);
  if (priority === null) return -EFAULT;
  const target = find(kernel, task, id);
  if (target === null) return -ESRCH;
  return apply(kernel, task, target, {
    policy: policy & ~SCHED_RESET_ON_FORK,
    priority: priority | 0,
    nice: target.scheduling.nice,
    resetOnFork: (policy & SCHED_RESET_ON_FORK) !== 0,
  });
}

function sched_setparam(kernel: Kernel, task: Task, id: number, address: number): SyscallResult {
  id |= 0;
  if (address === 0 || id < 0) return -EINVAL;
  const priority = task.memory!.readU32(address);
  if (priority === null) return -EFAULT;
  const target = find(kernel, task, id);
  if (target === null) return -ESRCH;
  const { policy, nice, resetOnFork } = target.scheduling;
  return apply(kernel, task, target, { policy, priority: priority | 0, nice, resetOnFork });
}

function sched_getscheduler(kernel: Kernel, task: Task, id: number): SyscallResult {
  if ((id | 0) < 0) return -EINVAL;
  const target = find(kernel, task, id);
  if (target === null) return -ESRCH;
  return target.scheduling.policy | (target.scheduling.resetOnFork ? SCHED_RESET_ON_FORK : 0);
}

function sched_getparam(kernel: Kernel, task: Task, id: number, address: number): SyscallResult {
  if (address === 0 || (id | 0) < 0) return -EINVAL;
  const target = find(kernel, task, id);
  if (target === null) return -ESRCH;
  return task.memory!.writeU32(address, target.scheduling.priority) ? 0 : -EFAULT;
}

/** struct sched_attr, first version: 48 bytes; 56 with the utilization clamps. */
function sched_setattr(kernel: Kernel, task: Task, id: number, address: number, flagBits: number): SyscallResult {
  if (address === 0 || (id | 0) < 0 || flagBits !== 0) return -EINVAL;
  const memory = task.memory!;
  let bytes = memory.readU32(address);
  if (bytes === null) return -EFAULT;
  if (bytes === 0) bytes = 48;
  if (bytes < 48 || bytes > 4096) return memory.writeU32(address, 56) ? -E2BIG : -EFAULT;
  const view = memory.readStruct(address, bytes);
  if (view === null) return -EFAULT;
  for (let offset = 56; offset < bytes; offset++) {
    if (view.getUint8(offset) !== 0) return memory.writeU32(address, 56) ? -E2BIG : -EFAULT;
  }
  const target = find(kernel, task, id);
  if (target === null) return -ESRCH;
  const attributeFlags = view.getBigUint64(8, true);
  if ((attributeFlags & ~0x7fn) !== 0n) return -EINVAL;
  const keepPolicy = (attributeFlags & 8n) !== 0n;
  const keepParameters = (attributeFlags & 16n) !== 0n;
  const { policy, nice, priority } = target.scheduling;
  return apply(kernel, task, target, {
    policy: keepPolicy ? policy : view.getInt32(4, true),
    nice: keepParameters ? nice : Math.min(19, Math.max(-20, view.getInt32(16, true))),
    priority: keepParameters ? priority : view.getInt32(20, true),
    resetOnFork: (attributeFlags & 1n) !== 0n,
  });
}

function sched_getattr(
  kernel: Kernel,
  task: Task,
  id: number,
  address: number,
  bytes: number,
  flagBits: number,
): SyscallResult {
  if (address === 0 || (id | 0) < 0 || flagBits !== 0 || !(bytes >= 48 && bytes <= 4096)) return -EINVAL;
  const target = find(kernel, task, id);
  if (target === null) return -ESRCH;
  const { policy, nice, priority, resetOnFork } = target.scheduling;
  const length = Math.min(bytes, 56);
  const written = task.memory!.writeStruct(address, length, (view) => {
    view.setUint32(0, length, true);
    view.setUint32(4, policy, true);
    view.setBigUint64(8, resetOnFork ? 1n : 0n, true);
    view.setInt32(16, policy === SCHED_OTHER || policy === SCHED_BATCH ? nice : 0, true);
    view.setUint32(20, priority, true);
    if (length >= 56) view.setUint32(52, 1024, true); // sched_util_max: no clamp
  });
  return written ? 0 : -EFAULT;
}

function sched_setaffinity(kernel: Kernel, task: Task, id: number, bytes: number, address: number): SyscallResult {
  bytes >>>= 0;
  const length = Math.min(bytes, CPU_MASK_BYTES);
  const given = length === 0 ? new Uint8Array(0) : task.memory!.read(address, length);
  if (given === null) return -EFAULT;
  const target = find(kernel, task, id);
  if (target === null) return -ESRCH;
  if (!owns(task, target) && !task.credentials.capable(CAP_SYS_NICE)) return -EPERM;
  if (((given[0] ?? 0) & 1) === 0) return -EINVAL;
  target.scheduling.affinity = 1;
  return 0;
}

function sched_getaffinity(kernel: Kernel, task: Task, id: number, bytes: number, address: number): SyscallResult {
  bytes >>>= 0;
  if (bytes % 8 !== 0 || bytes < CPU_MASK_BYTES) return -EINVAL;
  const target = find(kernel, task, id);
  if (target === null) return -ESRCH;
  return task.memory!.writeU64(address, BigInt(target.scheduling.affinity)) ? CPU_MASK_BYTES : -EFAULT;
}

function sched_rr_get_interval(kernel: Kernel, task: Task, id: number, address: number): SyscallResult {
  if ((id | 0) < 0) return -EINVAL;
  const target = find(kernel, task, id);
  if (target === null) return -ESRCH;
  const { policy } = target.scheduling;
  let slice = kernel.scheduler.options.sliceNanoseconds;
  if (policy === SCHED_RR) slice = RR_SLICE;
  else if (policy === SCHED_FIFO) slice = 0;
  return writeTimespec(task.memory, address, fromNanoseconds(slice)) ? 0 : -EFAULT;
}

function priorityRange(policy: number, realTimeBound: number): SyscallResult {
  switch (policy | 0) {
    case SCHED_FIFO:
    case SCHED_RR:
      return realTimeBound;
    case SCHED_OTHER:
    case SCHED_BATCH:
    case SCHED_IDLE:
    case SCHED_DEADLINE:
      return 0;
    default:
      return -EINVAL;
  }
}

// --- nice ------------------------------------------------------------------------------------------------------------

function* tasksFor(kernel: Kernel, task: Task, which: number, who: number): Generator<Task> {
  if (which === 0) {
    const target = find(kernel, task, who);
    if (target !== null) yield target;
  } else if (which === 1) {
    const processGroup = who === 0 ? task.group.processGroup : kernel.tasks.processGroup(who);
    for (const group of processGroup?.members ?? []) yield* group.threads;
  } else {
    const user = who === 0 ? task.credentials.uid : who >>> 0;
    for (const other of kernel.tasks.all()) {
      if (other.credentials.uid === user && other.group.threads.has(other) && other.memory !== null) yield other;
    }
  }
}

/** Returns 20 - nice, so that a negative value is an error (getpriority(2), "C library/kernel differences"). */
function getpriority(kernel: Kernel, task: Task, which: number, who: number): SyscallResult {
  which |= 0;
  if (which < 0 || which > 2) return -EINVAL;
  let best = -ESRCH;
  for (const target of tasksFor(kernel, task, which, who | 0)) best = Math.max(best, 20 - target.scheduling.nice);
  return best;
}

function setpriority(kernel: Kernel, task: Task, which: number, who: number, nice: number): SyscallResult {
  which |= 0;
  if (which < 0 || which > 2) return -EINVAL;
  nice = Math.min(19, Math.max(-20, nice | 0));
  let result = -ESRCH;
  for (const target of [...tasksFor(kernel, task, which, who | 0)]) {
    const capable = task.credentials.capable(CAP_SYS_NICE);
    if (!owns(task, target) && !capable) {
      result = -EPERM;
      continue;
    }
    if (nice < target.scheduling.nice && !capable && !niceAllowed(target, nice)) {
      result = -EACCES;
      continue;
    }
    kernel.scheduler.reschedule(kernel, target, (entity) => entity.setNice(nice));
    if (result === -ESRCH) result = 0;
  }
  return result;
}

/** ioprio_set(2), ioprio_get(2): kept for the task, used by nobody yet. */
function ioprio_set(kernel: Kernel, task: Task, which: number, who: number, priority: number): SyscallResult {
  const ioClass = (priority >> 13) & 7;
  if ((which | 0) !== 1 || ioClass > 3) return -EINVAL;
  if (ioClass === 1 && !task.credentials.capable(CAP_SYS_NICE)) return -EPERM;
  const target = find(kernel, task, who);
  if (target === null) return -ESRCH;
  target.ioPriority = priority & 0xffff;
  return 0;
}

function ioprio_get(kernel: Kernel, task: Task, which: number, who: number): SyscallResult {
  if ((which | 0) !== 1) return -EINVAL;
  return find(kernel, task, who)?.ioPriority ?? -ESRCH;
}

const policies = enumeration(schedulingPolicies, 'SCHED_???');
const which = enumeration(priorityWhich, 'PRIO_???');

export const schedulingSyscalls: readonly SyscallRow[] = [
  {
    number: 30,
    name: 'ioprio_set',
    arguments: [int, int, int],
    handler: ioprio_set,
    cost: routine.small,
    support: { partial: 'IOPRIO_WHO_PROCESS only; no effect' },
  },
  {
    number: 31,
    name: 'ioprio_get',
    arguments: [int, int],
    handler: ioprio_get,
    cost: routine.small,
    support: { partial: 'IOPRIO_WHO_PROCESS only' },
  },
  {
    number: 118,
    name: 'sched_setparam',
    arguments: [pid, inStruct('schedParam')],
    handler: sched_setparam,
    cost: routine.small,
  },
  {
    number: 119,
    name: 'sched_setscheduler',
    arguments: [pid, policies, inStruct('schedParam')],
    handler: sched_setscheduler,
    cost: routine.small,
    support: { partial: 'no SCHED_DEADLINE' },
  },
  { number: 120, name: 'sched_getscheduler', arguments: [pid], handler: sched_getscheduler, cost: routine.small },
  {
    number: 121,
    name: 'sched_getparam',
    arguments: [pid, outStruct('schedParam')],
    handler: sched_getparam,
    cost: routine.small,
  },
  {
    number: 122,
    name: 'sched_setaffinity',
    arguments: [pid, size, inStruct('cpuset')],
    handler: sched_setaffinity,
    cost: routine.small,
  },
  {
    number: 123,
    name: 'sched_getaffinity',
    arguments: [pid, size, outStruct('cpuset')],
    handler: sched_getaffinity,
    cost: routine.small,
  },
  {
    number: 124,
    name: 'sched_yield',
    arguments: [],
    handler: (kernel, task) => {
      kernel.scheduler.yield(kernel, task);
      return 0;
    },
    cost: schedulerRoutines.sched_yield,
  },
  {
    number: 125,
    name: 'sched_get_priority_max',
    arguments: [policies],
    handler: (_kernel, _task, policy) => priorityRange(policy, 99),
    cost: routine.small,
  },
  {
    number: 126,
    name: 'sched_get_priority_min',
    arguments: [policies],
    handler: (_kernel, _task, policy) => priorityRange(policy, 1),
    cost: routine.small,
  },
  {
    number: 127,
    name: 'sched_rr_get_interval',
    arguments: [pid, outStruct('timespec')],
    handler: sched_rr_get_interval,
    cost: routine.small,
  },
  { number: 140, name: 'setpriority', arguments: [which, int, int], handler: setpriority, cost: routine.small },
  { number: 141, name: 'getpriority', arguments: [which, int], handler: getpriority, cost: routine.small },
  {
    number: 274,
    name: 'sched_setattr',
    arguments: [pid, pointer, unsigned],
    handler: sched_setattr,
    cost: routine.small,
    support: { partial: 'no SCHED_DEADLINE, no utilization clamps' },
  },
  {
    number: 275,
    name: 'sched_getattr',
    arguments: [pid, pointer, unsigned, unsigned],
    handler: sched_getattr,
    cost: routine.small,
  },
];
