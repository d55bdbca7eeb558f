// A task is one thread of execution, as in Linux: what the scheduler picks. Tasks of one program form a thread group
// (process), which has the pid, the parent, the exit status. What clone(2) can share is an object of its own that tasks
// point to: address space, descriptor table, file system context, signal handlers.

import type { FileSystemContext } from '../fs/context.ts';
import type { DescriptorTable } from '../fs/descriptors.ts';
import type { SemaphoreUndo } from '../ipc/semaphores.ts';
import type { Kernel } from '../kernel.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import type { RestartRule } from '../syscalls/result.ts';
import { wakeTask } from './block.ts';
import type { Credentials } from './credentials.ts';
import type { FutexWaiter, PiState } from './futex-table.ts';
import type { SchedulingEntity } from './scheduling-entity.ts';
import type { SignalState } from './signals/state.ts';
import { newUsage, type ThreadGroup, type Usage } from './thread-group.ts';
import { KernelTimer, type TimerOwner } from './timers.ts';
import type { WaitEntry, Waiter } from './wait.ts';

/** Letters are ps(1)'s and /proc/<pid>/stat's. */
export type TaskState =
  | 'running' // R: running or runnable
  | 'sleeping' // S: interruptible
  | 'uninterruptible' // D
  | 'stopped' // T
  | 'zombie' // Z: exited, its parent has not waited
  | 'dead'; // X

export const taskStateLetters: { readonly [State in TaskState]: string } = {
  running: 'R',
  sleeping: 'S',
  uninterruptible: 'D',
  stopped: 'T',
  zombie: 'Z',
  dead: 'X',
};

export interface ResumeState {
  /** Bytes (or items) already moved; a later failure or signal returns this instead of an error. */
  done?: number;
  [key: string]: unknown;
}

export interface TaskFields {
  readonly tid: number;
  readonly group: ThreadGroup;
  readonly comm: string;
  readonly memory: AddressSpace | null;
  readonly files: DescriptorTable;
  readonly fs: FileSystemContext;
  readonly credentials: Credentials;
  readonly signals: SignalState;
  readonly scheduling: SchedulingEntity;
  readonly frame: number;
  readonly address: number;
}

export class Task implements Waiter, TimerOwner {
  /** Changes only when a thread that is not the leader calls execve: it then becomes the leader. */
  tid: number;
  readonly group: ThreadGroup;
  state: TaskState = 'running';
  comm: string; // at most 15 bytes

  /** null for a task that has exited, and for the kernel's own first process. */
  memory: AddressSpace | null;
  files: DescriptorTable;
  fs: FileSystemContext;
  credentials: Credentials;
  readonly signals: SignalState;
  readonly scheduling: SchedulingEntity;

  /** Guest physical address of the trap frame (memory/trap-frame.ts): registers of the interrupted program. */
  readonly frame: number;
  /** Guest physical address of struct task_struct, for charging. */
  readonly address: number;

  // --- a system call that waits (process/wait.ts) ---------------------------------------------------------------
  /** Number of the call in progress, or -1. */
  syscall = -1;
  /** A signal ended the call before it did anything: what is to become of it, decided when the signal is delivered. */
  interruption: RestartRule | null = null;
  /** What the handler saved when it blocked: plain data; null on the first run. `done` counts bytes already moved. */
  resume: ResumeState | null = null;
  /** Entries in the queues it waits on. */
  waitEntries: WaitEntry[] = [];
  /** Absolute guest time in ns at which the wait ends; Infinity: never. */
  deadline = Infinity;
  readonly sleepTimer: KernelTimer;
  /** Why the handler runs again. */
  wakeReason: 'event' | 'timeout' | 'signal' | null = null;
  /** Only SIGKILL ends this wait (vfork's parent, some block I/O). */
  killableOnly = false;
  /** restart_syscall(2): the call that a stop interrupted, and what it had saved. */
  restart: { readonly number: number; readonly resume: ResumeState | null } | null = null;
  readonly usage: Usage = newUsage();

  // --- clone(2), set_tid_address(2), set_robust_list(2) ------------------------------------------------------------
  clearChildTid = 0;
  /** It has ended and its kernel stack is gone: `frame` must not be looked at. */
  stackFreed = false;
  /** It has not run yet: startChild is still to do. */
  fresh = false;
  /** CLONE_CHILD_SETTID: where this task writes its tid when it first runs. */
  setChildTid = 0;
  robustList = 0;
  /** The task that sleeps in vfork until this one execs or exits. */
  vforkParent: Task | null = null;

  // --- semop(2) ------------------------------------------------------------------------------------------------------
  /** Operations to take back at exit (SEM_UNDO). */
  semaphoreUndo: SemaphoreUndo | null = null;

  // --- futex(2) ------------------------------------------------------------------------------------------------------
  futex: FutexWaiter | null = null;
  /** Priority-inheriting futexes that this task owns. */
  readonly ownedPi = new Set<PiState>();

  /** PR_SET_PDEATHSIG */
  parentDeathSignal = 0;
  timerSlack = 50_000;
  /** ns since boot */
  startTime = 0;
  /** exit_code as /proc/<pid>/stat shows it. */
  exitCode = 0;
  /** membarrier(2), registered intents. */
  membarrier = 0;
  ioPriority = 0;

  constructor(fields: TaskFields) {
    this.tid = fields.tid;
    this.group = fields.group;
    this.comm = fields.comm;
    this.memory = fields.memory;
    this.files = fields.files;
    this.fs = fields.fs;
    this.credentials = fields.credentials;
    this.signals = fields.signals;
    this.scheduling = fields.scheduling;
    this.scheduling.task = this;
    this.frame = fields.frame;
    this.address = fields.address;
    this.sleepTimer = new KernelTimer(this);
  }

  get pid(): number {
    return this.group.pid;
  }

  get isLeader(): boolean {
    return this.group.leader === this;
  }

  /** A queue's event: makes the task runnable; its handler runs again. */
  wake(kernel: Kernel, _events: number): boolean {
    return wakeTask(kernel, this, 'event');
  }

  timerExpired(kernel: Kernel, _timer: KernelTimer): void {
    wakeTask(kernel, this, 'timeout');
  }
}
