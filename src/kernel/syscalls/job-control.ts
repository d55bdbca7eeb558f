// Process groups and sessions: credentials(7).

import { processRoutines as routine } from '../cost/routines/process.ts';
import { EACCES, EINVAL, EPERM, ESRCH } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { ProcessGroup, Session } from '../process/session.ts';
import type { Task } from '../process/task.ts';
import type { ThreadGroup } from '../process/thread-group.ts';
import { pid } from './arguments.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

function setpgid(kernel: Kernel, task: Task, targetPid: number, groupId: number): SyscallResult {
  const { group } = task;
  targetPid = targetPid | 0 || group.pid;
  groupId = groupId | 0 || targetPid;
  if (groupId < 0) return -EINVAL;
  const target = kernel.tasks.group(targetPid);
  if (target === undefined) return -ESRCH;
  if (target.parent === group) {
    if (target.session !== group.session) return -EPERM;
    if (target.hasExecuted) return -EACCES;
  } else if (target !== group) {
    return -ESRCH;
  }
  if (target.session.leader === target) return -EPERM;
  let destination = kernel.tasks.processGroup(groupId);
  if (groupId !== targetPid) {
    if (destination === undefined || destination.session !== group.session) return -EPERM;
  }
  if (destination === undefined) {
    destination = new ProcessGroup(groupId, target.session);
    kernel.tasks.addProcessGroup(destination);
  }
  moveTo(kernel, target, destination);
  return 0;
}

function moveTo(kernel: Kernel, group: ThreadGroup, destination: ProcessGroup): void {
  const old = group.processGroup;
  if (old === destination) return;
  old.remove(group);
  group.processGroup = destination;
  destination.add(group);
  kernel.tasks.dropIfEmpty(old);
}

/** The process of this tid, the caller for 0; null: none. */
export function findGroup(kernel: Kernel, task: Task, id: number): ThreadGroup | null {
  id |= 0;
  if (id === 0) return task.group;
  return kernel.tasks.get(id)?.group ?? null;
}

function setsid(kernel: Kernel, task: Task): SyscallResult {
  const { group } = task;
  if (kernel.tasks.processGroup(group.pid) !== undefined) return -EPERM;
  const session = new Session(group);
  const processGroup = new ProcessGroup(group.pid, session);
  kernel.tasks.addProcessGroup(processGroup);
  moveTo(kernel, group, processGroup);
  return group.pid;
}

export const jobControlSyscalls: readonly SyscallRow[] = [
  { number: 154, name: 'setpgid', arguments: [pid, pid], handler: setpgid, cost: routine.setpgid },
  {
    number: 155,
    name: 'getpgid',
    arguments: [pid],
    handler: (kernel, task, id) => findGroup(kernel, task, id)?.processGroup.id ?? -ESRCH,
    cost: routine.getpgid,
  },
  {
    number: 156,
    name: 'getsid',
    arguments: [pid],
    handler: (kernel, task, id) => findGroup(kernel, task, id)?.session.id ?? -ESRCH,
    cost: routine.getpgid,
  },
  { number: 157, name: 'setsid', arguments: [], handler: setsid, cost: routine.setsid },
];
