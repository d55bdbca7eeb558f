// Making tasks: fork, vfork, threads (clone(2), clone3(2)). What the flags do not share is copied.

import { processRoutines } from '../cost/routines/process.ts';
import { EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM } from '../errno.ts';
import { SemaphoreUndo } from '../ipc/semaphores.ts';
import type { Kernel } from '../kernel.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import { TrapFrame } from '../memory/trap-frame.ts';
import { CAP_SYS_ADMIN, CAP_SYS_RESOURCE } from './credentials.ts';
import { RLIMIT_NPROC } from './limits.ts';
import { openPidfd } from './pidfd.ts';
import { dropProgram, retainProgram } from './program-file.ts';
import { SignalState, SS_DISABLE } from './signals/state.ts';
import { Task } from './task.ts';
import { ThreadGroup } from './thread-group.ts';

export const CSIGNAL = 0xff;
export const CLONE_VM = 0x100;
export const CLONE_FS = 0x200;
export const CLONE_FILES = 0x400;
export const CLONE_SIGHAND = 0x800;
export const CLONE_PIDFD = 0x1000;
export const CLONE_PTRACE = 0x2000;
export const CLONE_VFORK = 0x4000;
export const CLONE_PARENT = 0x8000;
export const CLONE_THREAD = 0x1_0000;
export const CLONE_NEWNS = 0x2_0000;
export const CLONE_SYSVSEM = 0x4_0000;
export const CLONE_SETTLS = 0x8_0000;
export const CLONE_PARENT_SETTID = 0x10_0000;
export const CLONE_CHILD_CLEARTID = 0x20_0000;
export const CLONE_DETACHED = 0x40_0000;
export const CLONE_UNTRACED = 0x80_0000;
export const CLONE_CHILD_SETTID = 0x100_0000;
export const CLONE_NEWCGROUP = 0x200_0000;
export const CLONE_NEWUTS = 0x400_0000;
export const CLONE_NEWIPC = 0x800_0000;
export const CLONE_NEWUSER = 0x1000_0000;
export const CLONE_NEWPID = 0x2000_0000;
export const CLONE_NEWNET = 0x4000_0000;
export const CLONE_IO = 0x8000_0000;
/** clone3 only. */
export const CLONE_CLEAR_SIGHAND = 0x1_0000_0000;
export const CLONE_INTO_CGROUP = 0x2_0000_0000;

export const NAMESPACE_FLAGS =
  CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

export interface CloneArguments {
  /** CLONE_* without the exit signal; may have CLONE_CLEAR_SIGHAND. */
  readonly flags: number;
  readonly exitSignal: number;
  /** The child's stack pointer; 0: the parent's. */
  readonly stackPointer: number;
  /** Where the pidfd, the child's tid for the parent, and for the child go. */
  readonly pidfd: number;
  readonly parentTid: number;
  readonly childTid: number;
  readonly threadPointer: number;
}

/** Whether the combination of flags is one that clone(2) allows; 0 or -EINVAL. */
export function checkCloneFlags(task: Task, flags: number, clearHandlers: boolean): number {
  if ((flags & CLONE_NEWNS) !== 0 && (flags & CLONE_FS) !== 0) return -EINVAL;
  if ((flags & CLONE_NEWUSER) !== 0 && (flags & CLONE_FS) !== 0) return -EINVAL;
  if ((flags & CLONE_THREAD) !== 0 && (flags & CLONE_SIGHAND) === 0) return -EINVAL;
  if ((flags & CLONE_SIGHAND) !== 0 && (flags & CLONE_VM) === 0) return -EINVAL;
  if ((flags & CLONE_PARENT) !== 0 && task.group.isInit) return -EINVAL;
  if ((flags & CLONE_PIDFD) !== 0 && (flags & (CLONE_DETACHED | CLONE_THREAD)) !== 0) return -EINVAL;
  if (clearHandlers && (flags & CLONE_SIGHAND) !== 0) return -EINVAL;
  if ((flags & NAMESPACE_FLAGS) !== 0) {
    return task.credentials.capable(CAP_SYS_ADMIN) || (flags & CLONE_NEWUSER) !== 0 ? -EINVAL : -EPERM;
  }
  return 0;
}

/** A new task, runnable; -EAGAIN (RLIMIT_NPROC, too many tasks), -ENOMEM, -EINVAL, -EFAULT. The caller handles CLONE_VFORK's wait. */
export function cloneTask(kernel: Kernel, parent: Task, args: CloneArguments): Task | number {
  const { flags } = args;
  const clearHandlers = Math.floor(flags / CLONE_CLEAR_SIGHAND) % 2 === 1;
  const low = (flags % 2 ** 32) | 0;
  const invalid = checkCloneFlags(parent, low, clearHandlers);
  if (invalid !== 0) return invalid;
  kernel.cost.execute(processRoutines.copy_process);
  kernel.cost.touch(parent.address, 512);

  const { credentials } = parent;
  if (kernel.tasks.tasksOf(credentials.uid) >= parent.group.limits.soft(RLIMIT_NPROC)) {
    const exempt = credentials.uid === 0 || credentials.capable(CAP_SYS_RESOURCE) || credentials.capable(CAP_SYS_ADMIN);
    if (!exempt) return -EAGAIN;
  }
  const tid = kernel.tasks.allocatePid();
  if (tid < 0) return -EAGAIN;
  kernel.cost.execute(processRoutines.alloc_pid);

  const address = kernel.slabs.allocate('task_struct');
  if (address === 0) return -ENOMEM;
  const frame = TrapFrame.allocate(kernel);
  if (frame === 0) {
    kernel.slabs.free(address);
    return -ENOMEM;
  }
  const isThread = (low & CLONE_THREAD) !== 0;
  const limits = isThread ? parent.group.limits : parent.group.limits.copy();
  let memory: AddressSpace | null;
  if ((low & CLONE_VM) !== 0) memory = parent.memory!.retain();
  else memory = parent.memory!.fork(limits);
  if (memory === null) {
    TrapFrame.free(kernel, frame);
    kernel.slabs.free(address);
    return -ENOMEM;
  }
  kernel.cost.touch(address, 1024, 'write');

  let { files, fs } = parent;
  if ((low & CLONE_FILES) !== 0) files = files.retain();
  else {
    kernel.cost.execute(processRoutines.copy_files);
    files = files.fork(kernel);
  }
  if ((low & CLONE_FS) !== 0) fs = fs.retain();
  else {
    kernel.cost.execute(processRoutines.copy_fs);
    fs = fs.fork(kernel);
  }

  let handlers = parent.signals.handlers;
  if ((low & CLONE_SIGHAND) !== 0) handlers.references += 1;
  else {
    kernel.cost.execute(processRoutines.copy_sighand);
    handlers = handlers.copy();
    if (clearHandlers) handlers.clear();
  }
  const signals = new SignalState(handlers);
  signals.blocked = parent.signals.blocked;
  const ownStack = (low & CLONE_VM) !== 0 && (low & CLONE_VFORK) === 0;
  signals.alternateStack = ownStack ? { address: 0, size: 0, flags: SS_DISABLE } : parent.signals.alternateStack;

  let { group } = parent;
  if (!isThread) {
    const sibling = (low & CLONE_PARENT) !== 0;
    group = new ThreadGroup({
      pid: tid,
      parent: sibling ? parent.group.parent : parent.group,
      processGroup: parent.group.processGroup,
      limits,
      exitSignal: sibling ? parent.group.exitSignal : args.exitSignal,
    });
    group.personality = parent.group.personality;
    group.oomScoreAdjust = parent.group.oomScoreAdjust;
    group.dumpable = parent.group.dumpable;
    group.executable = parent.group.executable === null ? null : retainProgram(parent.group.executable);
    group.argv = parent.group.argv;
    group.envp = parent.group.envp;
    group.startTime = kernel.now();
  }

  const scheduling = parent.scheduling.forChild();
  scheduling.virtualRuntime = parent.scheduling.virtualRuntime;
  const task = new Task({
    tid,
    group,
    comm: parent.comm,
    memory,
    files,
    fs,
    credentials,
    signals,
    scheduling,
    frame,
    address,
  });
  if ((low & CLONE_SYSVSEM) !== 0) {
    parent.semaphoreUndo ??= new SemaphoreUndo();
    parent.semaphoreUndo.references += 1;
    task.semaphoreUndo = parent.semaphoreUndo;
  }
  task.fresh = true;
  task.startTime = kernel.now();
  task.timerSlack = parent.timerSlack;
  task.ioPriority = parent.ioPriority;
  if (!isThread) group.leader = task;
  group.threads.add(task);

  const { ram } = kernel.machine;
  TrapFrame.copy(kernel, frame, parent.frame);
  TrapFrame.setRegister(ram, frame, 10, 0);
  if (args.stackPointer !== 0) TrapFrame.setRegister(ram, frame, 2, args.stackPointer);
  if ((low & CLONE_SETTLS) !== 0) TrapFrame.setRegister(ram, frame, 4, args.threadPointer);

  if ((low & CLONE_CHILD_SETTID) !== 0) task.setChildTid = args.childTid;
  if ((low & CLONE_CHILD_CLEARTID) !== 0) task.clearChildTid = args.childTid;
  kernel.tasks.add(task);
  kernel.tasks.forks += 1;

  if ((low & CLONE_PIDFD) !== 0) {
    const fd = openPidfd(kernel, parent, group, 0);
    const failed = fd < 0 ? fd : parent.memory!.writeU32(args.pidfd, fd) ? 0 : -EFAULT;
    if (failed !== 0) {
      if (fd >= 0) parent.files.close(kernel, fd);
      discard(kernel, task);
      return failed;
    }
  }
  if ((low & CLONE_PARENT_SETTID) !== 0) parent.memory!.writeU32(args.parentTid, tid);
  if ((low & CLONE_VFORK) !== 0) task.vforkParent = parent;

  if (kernel.events.active) {
    kernel.events.emit({
      type: 'fork',
      cycle: kernel.machine.cycle,
      hart: 0,
      task: parent.tid,
      child: tid,
      thread: isThread,
    });
  }
  kernel.scheduler.enqueue(kernel, task, 'fork');
  return task;
}

/** What the child does before its first instruction (schedule_tail): CLONE_CHILD_SETTID. */
export function startChild(kernel: Kernel, task: Task): void {
  kernel.cost.execute(processRoutines.ret_from_fork);
  task.fresh = false;
  if (task.setChildTid !== 0) task.memory?.writeU32(task.setChildTid, task.tid);
  task.setChildTid = 0;
}

/** Undoes a task that never ran and that nobody knows. */
function discard(kernel: Kernel, task: Task): void {
  const { group } = task;
  task.semaphoreUndo?.release(kernel, task.pid);
  task.memory?.release();
  task.memory = null;
  task.files.release(kernel);
  task.fs.release(kernel);
  group.threads.delete(task);
  kernel.tasks.remove(task);
  if (group.leader === task) {
    group.parent?.children.delete(group);
    group.processGroup.remove(group);
    if (group.executable !== null) dropProgram(kernel, group.executable);
  }
  task.state = 'dead';
  TrapFrame.free(kernel, task.frame);
  kernel.slabs.free(task.address);
}
