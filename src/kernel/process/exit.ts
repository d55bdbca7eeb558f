// The end of threads and processes (exit(2), exit_group(2), fatal signals), and what is left until the parent has waited.
//
// A thread's exit gives back what it has (wait places, robust futexes, address space, files); the last one makes its process a zombie:
// children go to the nearest subreaper or init, the terminal's session ends with its leader, the parent is told. A process whose
// parent does not care (SIGCHLD ignored, SA_NOCLDWAIT) is reaped at once.
//
// On one hart all other threads are off the hart, so exit_group ends them at once. The kernel stack (with the trap frame) of an
// ended task is freed later (`buryDead`), when the hart no longer stands on it; its task_struct when it has been waited for.

import { processRoutines } from '../cost/routines/process.ts';
import { signalRoutines } from '../cost/routines/signal.ts';
import { abandonOpen } from '../fs/open.ts';
import type { Kernel } from '../kernel.ts';
import { HART_AREA, HART_CURRENT_FRAME, VIRTUAL_MINUS_PHYSICAL } from '../memory/layout.ts';
import { TrapFrame } from '../memory/trap-frame.ts';
import { leaveQueues, wakeTask } from './block.ts';
import { groupUsage } from './cpu-timers.ts';
import { leaveFutexes, wakeClearedTid, walkRobustList } from './futex.ts';
import { dropProgram } from './program-file.ts';
import type { ProcessGroup } from './session.ts';
import {
  CLD_DUMPED,
  CLD_EXITED,
  CLD_KILLED,
  SI_KERNEL,
  SI_USER,
  SIGCHLD,
  SIGCONT,
  SIGHUP,
  SIGNAL_COUNT,
} from './signals/numbers.ts';
import { releaseQueued, sendSignal, sendSignalToProcessGroup } from './signals/send.ts';
import { SA_NOCLDWAIT, SIG_IGN } from './signals/state.ts';
import type { Task } from './task.ts';
import { addUsage, type ThreadGroup } from './thread-group.ts';

/** Ends every thread of the current task's process with this wait status. */
export function exitGroup(kernel: Kernel, task: Task, waitStatus: number): void {
  const { group } = task;
  kernel.cost.execute(signalRoutines.do_group_exit);
  if (!group.exiting) {
    group.exiting = true;
    group.waitStatus = waitStatus;
  }
  for (const thread of [...group.threads]) {
    if (thread === task) continue;
    kernel.cost.execute(processRoutines.zap_thread);
    exitTask(kernel, thread, group.waitStatus);
  }
  exitTask(kernel, task, group.waitStatus);
}

/** Ends all threads of the group but `survivor`: execve(2). */
export function killOtherThreads(kernel: Kernel, survivor: Task): void {
  const { group } = survivor;
  for (const thread of [...group.threads]) {
    if (thread === survivor) continue;
    kernel.cost.execute(processRoutines.zap_thread);
    exitTask(kernel, thread, 0);
  }
}

/** Ends one thread. If it is the group's last, the process ends with `waitStatus`. */
export function exitTask(kernel: Kernel, task: Task, waitStatus: number): void {
  const { group } = task;
  kernel.cost.execute(processRoutines.do_exit);
  kernel.scheduler.account(kernel, task);

  leaveQueues(kernel, task);
  leaveFutexes(kernel, task);
  kernel.timers.cancel(kernel, task.sleepTimer);
  const wasQueued = task.state === 'running';
  task.state = 'zombie';
  if (wasQueued) kernel.scheduler.sleep(kernel, task);
  task.exitCode = waitStatus;
  task.syscall = -1;
  abandonOpen(kernel, task.resume);
  task.resume = null;
  task.interruption = null;

  task.semaphoreUndo?.release(kernel, task.pid);
  task.semaphoreUndo = null;
  releaseMemory(kernel, task);
  task.files.release(kernel);
  task.fs.release(kernel);
  releaseQueued(kernel, task, task.signals.pending.remove(~0n));
  task.signals.handlers.references -= 1;
  for (const timer of [...group.posixTimers.values()]) {
    if (timer.clock.kind === 'threadCpu' && timer.clock.task === task) timer.cancel(kernel);
  }

  group.threads.delete(task);
  addUsage(group.usage, task.usage);
  if (kernel.events.active) {
    const signal = waitStatus & 0x7f;
    kernel.events.emit({
      type: 'exit',
      cycle: kernel.machine.cycle,
      hart: 0,
      task: task.tid,
      status: signal === 0 ? (waitStatus >> 8) & 0xff : 0,
      signal,
    });
  }

  if (group.threads.size === 0) {
    if (!group.exiting) {
      group.exiting = true;
      group.waitStatus = group.leader.exitCode;
    }
    exitProcess(kernel, group);
  }
  kernel.tasks.graveyard.push(task);
  if (!task.isLeader) releaseTask(kernel, task);
}

/** exit and exec: robust futexes and clear_child_tid are looked after, a vfork parent goes on, the address space is let go. */
export function releaseMemory(kernel: Kernel, task: Task): void {
  const { memory } = task;
  if (memory !== null) {
    walkRobustList(kernel, task);
    if (task.clearChildTid !== 0) {
      // Only somebody else who shares the memory could see it (mm_release).
      if (memory.references > 1) wakeClearedTid(kernel, task);
      task.clearChildTid = 0;
    }
    task.memory = null;
    task.usage.maxResident = Math.max(task.usage.maxResident, memory.residentPeak * 4);
    task.usage.minorFaults += memory.references === 1 ? memory.minorFaults : 0;
    task.usage.majorFaults += memory.references === 1 ? memory.majorFaults : 0;
    memory.release();
  }
  releaseVforkParent(kernel, task);
}

export function releaseVforkParent(kernel: Kernel, task: Task): void {
  const parent = task.vforkParent;
  if (parent === null) return;
  task.vforkParent = null;
  wakeTask(kernel, parent, 'event');
}

/** The last thread is gone: the process becomes a zombie, or goes. */
function exitProcess(kernel: Kernel, group: ThreadGroup): void {
  kernel.cost.execute(processRoutines.exit_notify);
  group.stopped = false;
  group.intervalTimers?.cancel(kernel);
  for (const timer of group.posixTimers.values()) timer.cancel(kernel);
  group.posixTimers.clear();
  releaseQueued(kernel, group.leader, group.pending.remove(~0n));
  if (group.executable !== null) dropProgram(kernel, group.executable);
  group.executable = null;
  if (group.isInit && !group.autoReap) kernel.system.shutdown ??= 'halt';

  reparentChildren(kernel, group);
  endSession(kernel, group);
  const { parent, processGroup } = group;
  if (parent !== null && parent.processGroup !== processGroup && parent.session === group.session) {
    hangUpIfOrphaned(kernel, processGroup, group);
  }

  group.exited = true;
  group.exitQueue.wake(kernel);
  if (notifyParent(kernel, group)) reap(kernel, group);
}

function reparentChildren(kernel: Kernel, group: ThreadGroup): void {
  if (group.children.size === 0) return;
  const reaper = findReaper(kernel, group);
  for (const child of [...group.children]) {
    kernel.cost.execute(processRoutines.reparent_child);
    kernel.cost.touch(child.leader.address, 64, 'write');
    const oldGroupParent = child.parent;
    group.children.delete(child);
    child.parent = reaper;
    reaper?.children.add(child);
    for (const thread of child.threads) {
      if (thread.parentDeathSignal !== 0) {
        sendSignal(kernel, thread, { signal: thread.parentDeathSignal, code: SI_USER, pid: group.pid, uid: 0 });
      }
    }
    if (child.exitSignal !== 0) child.exitSignal = SIGCHLD;
    if (child.exited) {
      if (reaper === null || notifyParent(kernel, child)) reap(kernel, child);
    } else if (
      oldGroupParent !== null &&
      child.processGroup !== group.processGroup &&
      child.session === group.session
    ) {
      hangUpIfOrphaned(kernel, child.processGroup, null);
    }
  }
}

/** prctl(2), PR_SET_CHILD_SUBREAPER: the nearest living ancestor that is one, else init. */
function findReaper(kernel: Kernel, group: ThreadGroup): ThreadGroup | null {
  for (let ancestor = group.parent; ancestor !== null; ancestor = ancestor.parent) {
    if (ancestor.childSubreaper && !ancestor.exiting) return ancestor;
  }
  const { init } = kernel.tasks;
  return init === group ? null : init;
}

/** A process group that has become orphaned and has stopped members gets SIGHUP and SIGCONT (POSIX, _exit). */
function hangUpIfOrphaned(kernel: Kernel, processGroup: ProcessGroup, ignored: ThreadGroup | null): void {
  if (!processGroup.hasStopped() || !processGroup.isOrphaned(ignored)) return;
  sendSignalToProcessGroup(kernel, processGroup, { signal: SIGHUP, code: SI_KERNEL });
  sendSignalToProcessGroup(kernel, processGroup, { signal: SIGCONT, code: SI_KERNEL });
}

/** A session leader's exit: its terminal is free, and the foreground processes hear SIGHUP. */
function endSession(kernel: Kernel, group: ThreadGroup): void {
  const { session } = group;
  if (session.leader !== group) return;
  session.leader = null;
  const { tty } = session;
  if (tty === null) return;
  const { foreground } = tty;
  session.tty = null;
  tty.session = null;
  tty.foreground = null;
  if (foreground !== null) {
    sendSignalToProcessGroup(kernel, foreground, { signal: SIGHUP, code: SI_KERNEL });
    sendSignalToProcessGroup(kernel, foreground, { signal: SIGCONT, code: SI_KERNEL });
  }
}

/** Tells the parent; true: nobody will wait, the process can go at once. */
function notifyParent(kernel: Kernel, group: ThreadGroup): boolean {
  const { parent } = group;
  if (parent === null || parent.autoReap) return true;
  const action = parent.leader.signals.handlers.get(SIGCHLD);
  const unwanted = group.exitSignal === SIGCHLD && (action.handler === SIG_IGN || (action.flags & SA_NOCLDWAIT) !== 0);
  // clone(2) takes any number as the exit signal; one that is no signal is not sent.
  const valid = group.exitSignal > 0 && group.exitSignal <= SIGNAL_COUNT;
  if (valid && !(unwanted && action.handler === SIG_IGN)) {
    const usage = groupUsage(kernel, group);
    const signal = group.waitStatus & 0x7f;
    sendSignal(kernel, parent, {
      signal: group.exitSignal,
      code: signal === 0 ? CLD_EXITED : (group.waitStatus & 0x80) !== 0 ? CLD_DUMPED : CLD_KILLED,
      pid: group.pid,
      uid: group.leader.credentials.uid,
      status: signal === 0 ? (group.waitStatus >> 8) & 0xff : signal,
      userTicks: Math.floor(usage.userTime / 10_000_000),
      systemTicks: Math.floor(usage.systemTime / 10_000_000),
    });
  }
  parent.childQueue.wake(kernel);
  return unwanted;
}

/** The zombie is waited for (or unwanted): its pid is free again. */
export function reap(kernel: Kernel, group: ThreadGroup): void {
  if (group.reaped) return;
  group.reaped = true;
  group.parent?.children.delete(group);
  releaseTask(kernel, group.leader);
  const { processGroup } = group;
  processGroup.remove(group);
  kernel.tasks.dropIfEmpty(processGroup);
}

function releaseTask(kernel: Kernel, task: Task): void {
  kernel.cost.execute(processRoutines.release_task);
  kernel.tasks.remove(task);
  freeTaskStruct(kernel, task);
}

/** The ended task is no longer known: its task_struct goes, now or together with its stack. */
export function freeTaskStruct(kernel: Kernel, task: Task): void {
  task.state = 'dead';
  if (task.stackFreed) kernel.slabs.free(task.address);
}

/** Frees the kernel stacks of ended tasks that the hart does not stand on. Called at every way back to ring 3. */
export function buryDead(kernel: Kernel): void {
  const { graveyard } = kernel.tasks;
  if (graveyard.length === 0) return;
  const { ram } = kernel.machine;
  const current = ram.u32(HART_AREA + HART_CURRENT_FRAME);
  let kept = 0;
  for (const task of graveyard) {
    if (((task.frame + VIRTUAL_MINUS_PHYSICAL) % 2 ** 32) >>> 0 === current || task === kernel.scheduler.current) {
      graveyard[kept] = task;
      kept += 1;
      continue;
    }
    TrapFrame.free(kernel, task.frame);
    task.stackFreed = true;
    if (task.state === 'dead') kernel.slabs.free(task.address);
  }
  graveyard.length = kept;
}
