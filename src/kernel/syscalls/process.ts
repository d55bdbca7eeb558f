// Making, changing and ending processes and threads: clone(2), execve(2), exit(2), unshare(2).

import { processRoutines as routine } from '../cost/routines/process.ts';
import { E2BIG, EACCES, EBADF, EFAULT, EINTR, EINVAL, ENOENT, EPERM } from '../errno.ts';
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
import { CAP_SYS_ADMIN } from '../process/credentials.ts';
import { execProgram } from '../process/exec.ts';
import { exitGroup, exitTask } from '../process/exit.ts';
import { RLIMIT_STACK } from '../process/limits.ts';
import { SIGNAL_COUNT } from '../process/signals/numbers.ts';
import { killPending, signalPending } from '../process/signals/pending.ts';
import type { Task } from '../process/task.ts';
import { dirfd, fd, flags, hex, inStruct, int, path, pointer, size, stringArray } from './arguments.ts';
import { cloneFlags, execveatFlags } from './flags/process.ts';
import { BLOCKED, INTERRUPTED_ALWAYS, type SyscallResult, TRANSFERRED } from './result.ts';
import type { SyscallRow } from './row.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;

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
    number: 268,
    name: 'setns',
    arguments: [fd, flags(cloneFlags)],
    handler: (_kernel, task, descriptor) => (task.files.get(descriptor | 0) === null ? -EBADF : -EINVAL),
    cost: routine.small,
    support: { partial: 'there are no namespaces: EINVAL' },
  },
  {
    number: 281,
    name: 'execveat',
    arguments: [dirfd, path, stringArray, stringArray, flags(execveatFlags)],
    handler: execveat,
    cost: routine.small,
  },
  {
    number: 435,
    name: 'clone3',
    arguments: [inStruct('cloneArgs'), size],
    handler: clone3,
    cost: routine.small,
    restart: 'always',
    support: { partial: 'no namespaces, set_tid or cgroup' },
  },
];
