// Resource limits: getrlimit(2), prlimit(2).

import { processRoutines as routine } from '../cost/routines/process.ts';
import { EFAULT, EINVAL, EPERM, ESRCH } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { CAP_SYS_RESOURCE } from '../process/credentials.ts';
import { type Limit, NR_OPEN, RLIMIT_COUNT, RLIMIT_CPU, RLIMIT_NOFILE } from '../process/limits.ts';
import type { Task } from '../process/task.ts';
import type { ThreadGroup } from '../process/thread-group.ts';
import { enumeration, inStruct, outStruct, pid } from './arguments.ts';
import { resources } from './flags/process.ts';
import { findGroup } from './job-control.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

const INFINITE = 0xffff_ffff_ffff_ffffn;

function limitAt(view: DataView, offset: number): number {
  const value = view.getBigUint64(offset, true);
  return value === INFINITE ? Infinity : Number(value);
}

function setLimitAt(view: DataView, offset: number, value: number): void {
  view.setBigUint64(offset, value === Infinity ? INFINITE : BigInt.asUintN(64, BigInt(value)), true);
}

function writeLimit(task: Task, address: number, limit: Limit): boolean {
  return (
    task.memory?.writeStruct(address, 16, (view) => {
      setLimitAt(view, 0, limit.soft);
      setLimitAt(view, 8, limit.hard);
    }) ?? false
  );
}

function readLimit(task: Task, address: number): Limit | null {
  const view = task.memory?.readStruct(address, 16) ?? null;
  return view === null ? null : { soft: limitAt(view, 0), hard: limitAt(view, 8) };
}

function changeLimit(task: Task, target: ThreadGroup, resource: number, limit: Limit): number {
  if (limit.soft > limit.hard) return -EINVAL;
  const old = target.limits.get(resource);
  if (resource === RLIMIT_NOFILE && limit.hard > NR_OPEN) return -EPERM;
  if (limit.hard > old.hard && !task.credentials.capable(CAP_SYS_RESOURCE)) return -EPERM;
  target.limits.set(resource, limit);
  if (resource === RLIMIT_CPU) target.nextCpuLimitSecond = 0;
  return 0;
}

function prlimit64(
  kernel: Kernel,
  task: Task,
  target: number,
  resource: number,
  newAddress: number,
  oldAddress: number,
): SyscallResult {
  resource |= 0;
  let limit: Limit | null = null;
  if (newAddress !== 0) {
    limit = readLimit(task, newAddress);
    if (limit === null) return -EFAULT;
  }
  const group = findGroup(kernel, task, target);
  if (group === null) return -ESRCH;
  if (group !== task.group && !maySetLimits(task, group)) return -EPERM;
  if (resource < 0 || resource >= RLIMIT_COUNT) return -EINVAL;
  const old = group.limits.get(resource);
  if (limit !== null) {
    const failed = changeLimit(task, group, resource, limit);
    if (failed !== 0) return failed;
  }
  return oldAddress === 0 || writeLimit(task, oldAddress, old) ? 0 : -EFAULT;
}

/** check_prlimit_permission: the same user by all ids, or CAP_SYS_RESOURCE. */
function maySetLimits(task: Task, target: ThreadGroup): boolean {
  const mine = task.credentials;
  const theirs = target.leader.credentials;
  const sameUser = mine.uid === theirs.euid && mine.uid === theirs.suid && mine.uid === theirs.uid;
  const sameGroup = mine.gid === theirs.egid && mine.gid === theirs.sgid && mine.gid === theirs.gid;
  return (sameUser && sameGroup) || mine.capable(CAP_SYS_RESOURCE);
}

function getrlimit(_kernel: Kernel, task: Task, resource: number, address: number): SyscallResult {
  resource |= 0;
  if (resource < 0 || resource >= RLIMIT_COUNT) return -EINVAL;
  return writeLimit(task, address, task.group.limits.get(resource)) ? 0 : -EFAULT;
}

function setrlimit(_kernel: Kernel, task: Task, resource: number, address: number): SyscallResult {
  resource |= 0;
  const limit = readLimit(task, address);
  if (limit === null) return -EFAULT;
  if (resource < 0 || resource >= RLIMIT_COUNT) return -EINVAL;
  return changeLimit(task, task.group, resource, limit);
}

const rlimitIn = inStruct('rlimit');
const rlimitOut = outStruct('rlimit');

export const limitSyscalls: readonly SyscallRow[] = [
  {
    number: 163,
    name: 'getrlimit',
    arguments: [enumeration(resources, 'RLIMIT_???'), rlimitOut],
    handler: getrlimit,
    cost: routine.prlimit,
  },
  {
    number: 164,
    name: 'setrlimit',
    arguments: [enumeration(resources, 'RLIMIT_???'), rlimitIn],
    handler: setrlimit,
    cost: routine.prlimit,
  },
  {
    number: 261,
    name: 'prlimit64',
    arguments: [pid, enumeration(resources, 'RLIMIT_???'), rlimitIn, rlimitOut],
    handler: prlimit64,
    cost: routine.prlimit,
  },
];
