// Processes and threads: clone, execve, exit, wait, process groups and sessions, limits, prctl, pidfds.

import { processRoutines as routine } from '../cost/routines/process.ts';
import { E2BIG, EACCES, EBADF, ECHILD, EFAULT, EINTR, EINVAL, ENOENT, EPERM, ESRCH } from '../errno.ts';
import { retainFile } from '../fs/open-file.ts';
import type { Dentry, OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import {
  CLONE_DETACHED,
  CLONE_FILES,
  CLONE_FS,
  CLONE_PARENT,
  CLONE_PARENT_SETTID,
  CLONE_PIDFD,
  CLONE_SIGHAND,
  CLONE_SYSVSEM,
  CLONE_THREAD,
  CLONE_VFORK,
  CLONE_VM,
  type CloneArguments,
  CSIGNAL,
  cloneTask,
  NAMESPACE_FLAGS,
} from '../process/clone.ts';
import { groupUsage } from '../process/cpu-timers.ts';
import { CAP_LAST, CAP_SETPCAP, CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_SYS_RESOURCE } from '../process/credentials.ts';
import { commandName, execProgram } from '../process/exec.ts';
import { exitGroup, exitTask, reap } from '../process/exit.ts';
import { type Limit, NR_OPEN, RLIMIT_COUNT, RLIMIT_CPU, RLIMIT_NOFILE, RLIMIT_STACK } from '../process/limits.ts';
import { openPidfd, PIDFD_NONBLOCK, processOfPidfd } from '../process/pidfd.ts';
import { ProcessGroup, Session } from '../process/session.ts';
import {
  CLD_CONTINUED,
  CLD_EXITED,
  CLD_KILLED,
  CLD_STOPPED,
  SIGCHLD,
  SIGNAL_COUNT,
} from '../process/signals/numbers.ts';
import { killPending, signalPending } from '../process/signals/pending.ts';
import { checkKillPermission, outcomeError, sendSignal, userSignal } from '../process/signals/send.ts';
import type { Task } from '../process/task.ts';
import { addUsage, type ThreadGroup, type Usage } from '../process/thread-group.ts';
import {
  dirfd,
  enumeration,
  fd,
  flags,
  hex,
  inStruct,
  int,
  long,
  outStruct,
  path,
  pid,
  pointer,
  signal,
  size,
  stringArray,
  unsigned,
} from './arguments.ts';
import {
  cloneFlags,
  execveatFlags,
  prctlOptions,
  resources,
  rusageWho,
  waitFlags,
  waitIdTypes,
} from './flags/process.ts';
import { copyBetween } from './process-memory.ts';
import { BLOCKED, INTERRUPTED_ALWAYS, type SyscallResult, TRANSFERRED } from './result.ts';
import type { SyscallRow } from './row.ts';
import { setTimeval } from './time-values.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;

// --- making, ending --------------------------------------------------------------------------------------------------

function clone(
  kernel: Kernel,
  task: Task,
  flagBits: number,
  stackPointer: number,
  parentTid: number,
  threadPointer: number,
  childTid: number,
): SyscallResult {
  const bits = flagBits >>> 0;
  const args: CloneArguments = {
    flags: (bits & ~CSIGNAL) >>> 0,
    exitSignal: bits & CSIGNAL,
    stackPointer,
    pidfd: parentTid,
    parentTid,
    childTid,
    threadPointer,
  };
  if ((bits & CLONE_PIDFD) !== 0 && (bits & CLONE_PARENT_SETTID) !== 0) return -EINVAL;
  return cloneAndWait(kernel, task, args);
}

/** struct clone_args: 64 bytes in its first version, 88 now; more must be zero. */
function clone3(kernel: Kernel, task: Task, address: number, bytes: number): SyscallResult {
  if (!(bytes >= 0 && bytes <= 4096)) return -E2BIG;
  if (bytes < 64) return -EINVAL;
  const view = task.memory?.readStruct(address, bytes) ?? null;
  if (view === null) return -EFAULT;
  for (let offset = 88; offset < bytes; offset++) if (view.getUint8(offset) !== 0) return -E2BIG;
  const field = (index: number): bigint => (index * 8 < bytes ? view.getBigUint64(index * 8, true) : 0n);
  const flagBits = field(0);
  const exitSignal = field(4);
  const stack = field(5);
  const stackBytes = field(6);
  if ((flagBits & ~0x3_ffff_ffffn) !== 0n || (flagBits & BigInt(CSIGNAL | CLONE_DETACHED)) !== 0n) return -EINVAL;
  if ((flagBits & 0x2_0000_0000n) !== 0n) return -EINVAL; // CLONE_INTO_CGROUP
  if ((exitSignal & ~BigInt(CSIGNAL)) !== 0n || exitSignal > BigInt(SIGNAL_COUNT)) return -EINVAL;
  if ((flagBits & BigInt(CLONE_THREAD | CLONE_PARENT)) !== 0n && exitSignal !== 0n) return -EINVAL;
  if ((stack === 0n) !== (stackBytes === 0n)) return -EINVAL;
  if (field(9) !== 0n || field(8) !== 0n) return -EINVAL; // set_tid: needs a pid namespace of the caller's own
  if (stack + stackBytes >= 1n << 47n) return -EINVAL;
  return cloneAndWait(kernel, task, {
    flags: Number(flagBits),
    exitSignal: Number(exitSignal),
    stackPointer: Number(stack + stackBytes),
    pidfd: Number(BigInt.asIntN(64, field(1))),
    childTid: Number(BigInt.asIntN(64, field(2))),
    parentTid: Number(BigInt.asIntN(64, field(3))),
    threadPointer: Number(BigInt.asIntN(64, field(7))),
  });
}

/** With CLONE_VFORK the parent sleeps until the child has called execve or exited; only SIGKILL ends that earlier. */
function cloneAndWait(kernel: Kernel, task: Task, args: CloneArguments): SyscallResult {
  let childTid = task.resume?.['child'] as number | undefined;
  if (childTid === undefined) {
    if (task.signals.attention && signalPending(task)) return INTERRUPTED_ALWAYS;
    const child = cloneTask(kernel, task, args);
    if (typeof child === 'number') return child;
    childTid = child.tid;
    if ((args.flags & CLONE_VFORK) === 0) return childTid;
  }
  const child = kernel.tasks.get(childTid);
  if (child === undefined || child.vforkParent !== task || killPending(task)) return childTid;
  const result = kernel.block(task, null, Infinity, { child: childTid }, { killable: true });
  return result === BLOCKED ? BLOCKED : childTid;
}

function execve(kernel: Kernel, task: Task, pathname: number, argv: number, envp: number): SyscallResult {
  return exec(kernel, task, AT_FDCWD, pathname, argv, envp, 0);
}

function execveat(
  kernel: Kernel,
  task: Task,
  directory: number,
  pathname: number,
  argv: number,
  envp: number,
  flagBits: number,
): SyscallResult {
  return exec(kernel, task, directory | 0, pathname, argv, envp, flagBits | 0);
}

function exec(
  kernel: Kernel,
  task: Task,
  directory: number,
  pathname: number,
  argvAddress: number,
  envpAddress: number,
  flagBits: number,
): SyscallResult {
  const { memory } = task;
  if (memory === null) return -EFAULT;
  if ((flagBits & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) return -EINVAL;
  const name = memory.readString(pathname, 4096);
  if (typeof name === 'number') return name;
  const limit = Math.min(Math.max(task.group.limits.soft(RLIMIT_STACK) / 4, 131_072), 6 * 1024 * 1024);
  const argv = argvAddress === 0 ? [] : memory.readStringArray(argvAddress, limit);
  if (typeof argv === 'number') return argv;
  const envp = envpAddress === 0 ? [] : memory.readStringArray(envpAddress, limit);
  if (typeof envp === 'number') return envp;

  let start: Dentry = task.fs.cwd;
  let file: OpenFile | undefined;
  let shown = name;
  if (name === '' && (flagBits & AT_EMPTY_PATH) !== 0) {
    const given = task.files.get(directory);
    if (given === null) return -EBADF;
    if (given.operations.page === undefined) return -EACCES;
    file = retainFile(given);
    shown = `/dev/fd/${directory}`;
  } else if (name === '') {
    return -ENOENT;
  } else if (directory !== AT_FDCWD && !name.startsWith('/')) {
    const given = task.files.get(directory);
    if (given === null) return -EBADF;
    if (given.dentry === null) return -EACCES;
    start = given.dentry;
    shown = `/dev/fd/${directory}/${name}`;
  }
  const failed = execProgram(kernel, task, {
    start,
    path: file === undefined ? name : shown,
    follow: (flagBits & AT_SYMLINK_NOFOLLOW) === 0,
    argv,
    envp,
    ...(file === undefined ? {} : { file }),
  });
  return failed !== 0 ? failed : TRANSFERRED;
}

function exit(kernel: Kernel, task: Task, status: number): SyscallResult {
  exitTask(kernel, task, (status & 0xff) << 8);
  return TRANSFERRED;
}

function exit_group(kernel: Kernel, task: Task, status: number): SyscallResult {
  exitGroup(kernel, task, (status & 0xff) << 8);
  return TRANSFERRED;
}

// --- waiting ---------------------------------------------------------------------------------------------------------

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

// --- who is who ------------------------------------------------------------------------------------------------------

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

function findGroup(kernel: Kernel, task: Task, id: number): ThreadGroup | null {
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

// --- limits ----------------------------------------------------------------------------------------------------------

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

// --- prctl -----------------------------------------------------------------------------------------------------------

function prctl(
  _kernel: Kernel,
  task: Task,
  option: number,
  a1: number,
  a2: number,
  a3: number,
  a4: number,
): SyscallResult {
  const { group, memory } = task;
  if (memory === null) return -EFAULT;
  const store = (address: number, value: number): number => (memory.writeU32(address, value >>> 0) ? 0 : -EFAULT);
  switch (option | 0) {
    case 1: // PR_SET_PDEATHSIG
      if (!(a1 >= 0 && a1 <= SIGNAL_COUNT)) return -EINVAL;
      task.parentDeathSignal = a1;
      return 0;
    case 2:
      return store(a1, task.parentDeathSignal);
    case 3: // PR_GET_DUMPABLE
      return group.dumpable;
    case 4:
      if (a1 !== 0 && a1 !== 1) return -EINVAL;
      group.dumpable = a1;
      return 0;
    case 7: // PR_GET_KEEPCAPS
      return task.credentials.keepCapabilities ? 1 : 0;
    case 8:
      if (a1 !== 0 && a1 !== 1) return -EINVAL;
      task.credentials = task.credentials.with({ keepCapabilities: a1 === 1 });
      return 0;
    case 13: // PR_GET_TIMING
      return 0;
    case 14:
      return a1 === 0 ? 0 : -EINVAL;
    case 15: {
      // PR_SET_NAME: at most 15 bytes, the rest is cut.
      const bytes = memory.readString(a1, 4096);
      if (typeof bytes === 'number' && bytes === -EFAULT) return -EFAULT;
      task.comm =
        typeof bytes === 'number' ? task.comm : commandName(bytes.replaceAll('/', '\u2215')).replaceAll('\u2215', '/');
      return 0;
    }
    case 16: {
      const name = new Uint8Array(16);
      name.set(new TextEncoder().encode(task.comm).subarray(0, 15));
      return memory.write(a1, name) ? 0 : -EFAULT;
    }
    case 21: // PR_GET_SECCOMP
      return 0;
    case 22: // PR_SET_SECCOMP: not built in
      return -EINVAL;
    case 23: // PR_CAPBSET_READ
      if (!(a1 >= 0 && a1 <= CAP_LAST)) return -EINVAL;
      return (task.credentials.bounding & (1n << BigInt(a1))) !== 0n ? 1 : 0;
    case 24: {
      if (!task.credentials.capable(CAP_SETPCAP)) return -EPERM;
      if (!(a1 >= 0 && a1 <= CAP_LAST)) return -EINVAL;
      task.credentials = task.credentials.with({ bounding: task.credentials.bounding & ~(1n << BigInt(a1)) });
      return 0;
    }
    case 27: // PR_GET_SECUREBITS
      return task.credentials.secureBits;
    case 28:
      if (!task.credentials.capable(CAP_SETPCAP)) return -EPERM;
      if (!(a1 >= 0 && a1 <= 0xff)) return -EPERM;
      task.credentials = task.credentials.with({ secureBits: a1 });
      return 0;
    case 29: // PR_SET_TIMERSLACK: 0 and less restore the default
      task.timerSlack = a1 > 0 ? a1 : 50_000;
      return 0;
    case 30:
      return Math.min(task.timerSlack, 0x7fff_ffff);
    case 33: // PR_MCE_KILL
      return a1 === 0 || a1 === 1 ? 0 : -EINVAL;
    case 34:
      return 2; // PR_MCE_KILL_DEFAULT
    case 36: // PR_SET_CHILD_SUBREAPER
      group.childSubreaper = a1 !== 0;
      return 0;
    case 37:
      return store(a1, group.childSubreaper ? 1 : 0);
    case 38: // PR_SET_NO_NEW_PRIVS
      if (a1 !== 1 || a2 !== 0 || a3 !== 0 || a4 !== 0) return -EINVAL;
      task.credentials = task.credentials.with({ noNewPrivileges: true });
      return 0;
    case 39:
      if (a1 !== 0 || a2 !== 0 || a3 !== 0 || a4 !== 0) return -EINVAL;
      return task.credentials.noNewPrivileges ? 1 : 0;
    case 41: // PR_SET_THP_DISABLE
      return a2 !== 0 || a3 !== 0 || a4 !== 0 ? -EINVAL : 0;
    case 42:
      return a1 !== 0 || a2 !== 0 || a3 !== 0 || a4 !== 0 ? -EINVAL : 0;
    case 47: {
      // PR_CAP_AMBIENT
      const bit = a2 >= 0 && a2 <= CAP_LAST ? 1n << BigInt(a2) : 0n;
      const { credentials } = task;
      if (a1 === 4) {
        task.credentials = credentials.with({ ambient: 0n });
        return 0;
      }
      if (bit === 0n) return -EINVAL;
      if (a1 === 1) return (credentials.ambient & bit) !== 0n ? 1 : 0;
      if (a1 === 2) {
        if ((credentials.permitted & credentials.inheritable & bit) === 0n) return -EPERM;
        task.credentials = credentials.with({ ambient: credentials.ambient | bit });
        return 0;
      }
      if (a1 !== 3) return -EINVAL;
      task.credentials = credentials.with({ ambient: credentials.ambient & ~bit });
      return 0;
    }
    case 0x53564d41: // PR_SET_VMA, PR_SET_VMA_ANON_NAME: names for /proc/<pid>/maps
      return a1 === 0 ? 0 : -EINVAL;
    case 0x59616d61: // PR_SET_PTRACER: nobody can trace here anyway
      return -EINVAL;
    default:
      return -EINVAL;
  }
}

function set_tid_address(_kernel: Kernel, task: Task, address: number): SyscallResult {
  task.clearChildTid = address;
  return task.tid;
}

/** unshare(2) of what is not a namespace. */
function unshare(kernel: Kernel, task: Task, flagBits: number): SyscallResult {
  const bits = flagBits >>> 0;
  const known = CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | NAMESPACE_FLAGS;
  if ((bits & ~known) !== 0) return -EINVAL;
  if ((bits & NAMESPACE_FLAGS) !== 0) return task.credentials.capable(CAP_SYS_ADMIN) ? -EINVAL : -EPERM;
  if ((bits & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)) !== 0 && task.group.threads.size > 1) return -EINVAL;
  if ((bits & CLONE_FS) !== 0 && task.fs.references > 1) {
    const own = task.fs.fork(kernel);
    task.fs.release(kernel);
    task.fs = own;
  }
  if ((bits & CLONE_FILES) !== 0 && task.files.references > 1) {
    const own = task.files.fork(kernel);
    task.files.release(kernel);
    task.files = own;
  }
  return 0;
}

// --- pidfds and other processes' insides -----------------------------------------------------------------------------

function pidfd_open(kernel: Kernel, task: Task, target: number, flagBits: number): SyscallResult {
  target |= 0;
  if ((flagBits & ~PIDFD_NONBLOCK) !== 0 || target <= 0) return -EINVAL;
  const group = kernel.tasks.group(target);
  if (group === undefined) return kernel.tasks.get(target) === undefined ? -ESRCH : -EINVAL;
  return openPidfd(kernel, task, group, flagBits | 0);
}

function pidfd_send_signal(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  number: number,
  infoAddress: number,
  flagBits: number,
): SyscallResult {
  number |= 0;
  if ((flagBits | 0) !== 0) return -EINVAL;
  const group = processOfPidfd(task.files.get(descriptor | 0));
  if (typeof group === 'number') return group;
  if (number < 0 || number > SIGNAL_COUNT) return -EINVAL;
  let raw: Uint8Array | null = null;
  if (infoAddress !== 0) {
    raw = task.memory!.read(infoAddress, 128);
    if (raw === null) return -EFAULT;
    const view = new DataView(raw.buffer, raw.byteOffset, 128);
    if (view.getInt32(0, true) !== number) return -EINVAL;
    const code = view.getInt32(8, true);
    if (group !== task.group && (code >= 0 || code === -6)) return -EPERM;
  }
  if (group.reaped || group.exited) return -ESRCH;
  const denied = checkKillPermission(task, group, number);
  if (denied !== 0 || number === 0) return denied;
  const info =
    raw === null
      ? userSignal(task, number)
      : { signal: number, code: new DataView(raw.buffer, raw.byteOffset).getInt32(8, true), raw };
  return outcomeError(sendSignal(kernel, group, info));
}

function pidfd_getfd(kernel: Kernel, task: Task, descriptor: number, target: number, flagBits: number): SyscallResult {
  if ((flagBits | 0) !== 0) return -EINVAL;
  const group = processOfPidfd(task.files.get(descriptor | 0));
  if (typeof group === 'number') return group;
  if (group.exited) return -ESRCH;
  if (!mayInspect(task, group)) return -EPERM;
  const file = group.leader.files.get(target | 0);
  if (file === null) return -EBADF;
  return task.files.add(kernel, task, retainFile(file), true);
}

/** ptrace_may_access: the same user and a dumpable target, or CAP_SYS_PTRACE. */
function mayInspect(task: Task, target: ThreadGroup): boolean {
  if (target === task.group) return true;
  const mine = task.credentials;
  const theirs = target.leader.credentials;
  if (mine.capable(CAP_SYS_PTRACE)) return true;
  return (
    target.dumpable === 1 &&
    mine.uid === theirs.uid &&
    mine.uid === theirs.euid &&
    mine.uid === theirs.suid &&
    mine.gid === theirs.gid &&
    mine.gid === theirs.egid &&
    mine.gid === theirs.sgid
  );
}

function processVm(write: boolean) {
  return (
    kernel: Kernel,
    task: Task,
    target: number,
    localVector: number,
    localCount: number,
    remoteVector: number,
    remoteCount: number,
    flagBits = 0,
  ): SyscallResult => {
    if (flagBits !== 0) return -EINVAL;
    const group = kernel.tasks.get(target | 0)?.group;
    if (group === undefined) return -ESRCH;
    if (!mayInspect(task, group)) return -EPERM;
    const remote = group.leader.memory ?? [...group.threads][0]?.memory ?? null;
    if (remote === null) return -ESRCH;
    return copyBetween(kernel, task.memory!, localVector, localCount, remote, remoteVector, remoteCount, write);
  };
}

function kcmp(
  kernel: Kernel,
  task: Task,
  first: number,
  second: number,
  type: number,
  index1: number,
  index2: number,
): SyscallResult {
  const a = kernel.tasks.get(first | 0);
  const b = kernel.tasks.get(second | 0);
  if (a === undefined || b === undefined) return -ESRCH;
  if (!mayInspect(task, a.group) || !mayInspect(task, b.group)) return -EPERM;
  const compare = (x: object | null, y: object | null, ax: number, ay: number): number =>
    x === y ? 0 : ax < ay ? 1 : 2;
  switch (type | 0) {
    case 0: {
      const x = a.files.get(index1);
      const y = b.files.get(index2);
      return x === null || y === null ? -EBADF : compare(x, y, x.address, y.address);
    }
    case 1:
      return compare(a.memory, b.memory, a.memory?.address ?? 0, b.memory?.address ?? 0);
    case 2:
      return compare(a.files, b.files, a.files.address, b.files.address);
    case 3:
      return compare(a.fs, b.fs, a.fs.address, b.fs.address);
    case 4:
      return compare(a.signals.handlers, b.signals.handlers, a.address, b.address);
    case 5:
    case 6:
      return 0;
    default:
      return -EINVAL;
  }
}

const rlimitIn = inStruct('rlimit');
const rlimitOut = outStruct('rlimit');

export const processSyscalls: readonly SyscallRow[] = [
  {
    number: 92,
    name: 'personality',
    arguments: [hex],
    handler: (_kernel, task, persona) => {
      const old = task.group.personality;
      if (persona >>> 0 !== 0xffff_ffff) task.group.personality = persona >>> 0;
      return old;
    },
    cost: routine.personality,
    support: { partial: 'stored; changes nothing' },
  },
  { number: 93, name: 'exit', arguments: [int], handler: exit, cost: routine.small },
  { number: 94, name: 'exit_group', arguments: [int], handler: exit_group, cost: routine.small },
  {
    number: 95,
    name: 'waitid',
    arguments: [enumeration(waitIdTypes, 'P_???'), pid, outStruct('siginfo'), flags(waitFlags), outStruct('rusage')],
    handler: waitid,
    cost: routine.small,
  },
  {
    number: 96,
    name: 'set_tid_address',
    arguments: [pointer],
    handler: set_tid_address,
    cost: routine.set_tid_address,
  },
  {
    number: 97,
    name: 'unshare',
    arguments: [flags(cloneFlags)],
    handler: unshare,
    cost: routine.small,
    support: { partial: 'no namespaces' },
  },
  {
    number: 128,
    name: 'restart_syscall',
    arguments: [],
    // With something to go on with, the dispatcher runs that call's handler instead.
    handler: () => -EINTR,
    cost: routine.small,
  },
  { number: 153, name: 'times', arguments: [pointer], handler: times, cost: routine.times },
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
    number: 165,
    name: 'getrusage',
    arguments: [enumeration(rusageWho, 'RUSAGE_???'), outStruct('rusage')],
    handler: getrusage,
    cost: routine.getrusage,
  },
  {
    number: 167,
    name: 'prctl',
    arguments: [enumeration(prctlOptions, 'PR_???'), hex, hex, hex, hex],
    handler: prctl,
    cost: routine.prctl,
    support: { partial: 'no seccomp filters, no PR_SET_MM, no PR_RISCV_*; names of mappings are not kept' },
  },
  { number: 172, name: 'getpid', arguments: [], handler: (_kernel, task) => task.group.pid, cost: routine.getpid },
  {
    number: 173,
    name: 'getppid',
    arguments: [],
    handler: (_kernel, task) => task.group.parentPid,
    cost: routine.getpid,
  },
  { number: 178, name: 'gettid', arguments: [], handler: (_kernel, task) => task.tid, cost: routine.getpid },
  {
    number: 220,
    name: 'clone',
    arguments: [flags(cloneFlags), pointer, pointer, pointer, pointer],
    handler: clone,
    cost: routine.small,
    restart: 'always',
    support: { partial: 'no namespaces, no CLONE_PTRACE' },
  },
  {
    number: 221,
    name: 'execve',
    arguments: [path, stringArray, stringArray],
    handler: execve,
    cost: routine.small,
  },
  {
    number: 260,
    name: 'wait4',
    arguments: [pid, outStruct('waitStatus'), flags(waitFlags), outStruct('rusage')],
    handler: wait4,
    cost: routine.small,
  },
  {
    number: 261,
    name: 'prlimit64',
    arguments: [pid, enumeration(resources, 'RLIMIT_???'), rlimitIn, rlimitOut],
    handler: prlimit64,
    cost: routine.prlimit,
  },
  {
    number: 268,
    name: 'setns',
    arguments: [fd, flags(cloneFlags)],
    handler: (_kernel, task, descriptor) => (task.files.get(descriptor | 0) === null ? -EBADF : -EINVAL),
    cost: routine.small,
    support: { partial: 'there are no namespaces: EINVAL' },
  },
  {
    number: 270,
    name: 'process_vm_readv',
    arguments: [pid, pointer, long, pointer, long, unsigned],
    handler: processVm(false),
    cost: routine.small,
  },
  {
    number: 271,
    name: 'process_vm_writev',
    arguments: [pid, pointer, long, pointer, long, unsigned],
    handler: processVm(true),
    cost: routine.small,
  },
  {
    number: 272,
    name: 'kcmp',
    arguments: [pid, pid, int, long, long],
    handler: kcmp,
    cost: routine.small,
    support: { partial: 'no KCMP_EPOLL_TFD' },
  },
  {
    number: 281,
    name: 'execveat',
    arguments: [dirfd, path, stringArray, stringArray, flags(execveatFlags)],
    handler: execveat,
    cost: routine.small,
  },
  {
    number: 424,
    name: 'pidfd_send_signal',
    arguments: [fd, signal, inStruct('siginfo'), unsigned],
    handler: pidfd_send_signal,
    cost: routine.small,
  },
  { number: 434, name: 'pidfd_open', arguments: [pid, hex], handler: pidfd_open, cost: routine.pidfd },
  {
    number: 435,
    name: 'clone3',
    arguments: [inStruct('cloneArgs'), size],
    handler: clone3,
    cost: routine.small,
    restart: 'always',
    support: { partial: 'no namespaces, set_tid or cgroup' },
  },
  { number: 438, name: 'pidfd_getfd', arguments: [fd, fd, unsigned], handler: pidfd_getfd, cost: routine.pidfd },
];
