// A task is one thread of execution, as in Linux: what the scheduler picks. Tasks of one program form a thread group
// (process), which has the pid, the parent, the exit status. What clone(2) can share is an object of its own that tasks
// point to: address space, descriptor table, file system context, signal handlers.

import type { AddressSpace } from '../memory/address-space.ts';
import type { DescriptorTable } from '../fs/descriptors.ts';
import type { FileSystemContext } from '../fs/context.ts';
import type { Credentials } from './credentials.ts';
import type { SchedulingEntity } from './scheduler.ts';
import type { SignalState } from './signals/state.ts';
import type { ThreadGroup } from './thread-group.ts';
import type { WaitEntry, Waiter } from './wait.ts';
import type { Kernel } from '../kernel.ts';

/** Letters are ps(1)'s and /proc/<pid>/stat's. */
export type TaskState =
  | 'running' // R: running or runnable
  | 'sleeping' // S: interruptible
  | 'uninterruptible' // D
  | 'stopped' // T
  | 'zombie' // Z: exited, its parent has not waited
  | 'dead'; // X

export interface Task extends Waiter {
  readonly tid: number;
  readonly group: ThreadGroup;
  state: TaskState;
  comm: string; // at most 15 bytes

  /** null for a task that has exited. */
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
  syscall: number;
  /** What the handler saved when it blocked: plain data; null on the first run. `done` counts bytes already moved. */
  resume: ResumeState | null;
  /** Entries in the queues it waits on. */
  waitEntries: WaitEntry[];
  /** Absolute guest time in ns at which the wait ends; Infinity: never. */
  deadline: number;
  /** Why the handler runs again. */
  wakeReason: 'event' | 'timeout' | 'signal' | null;

  // --- clone(2), set_tid_address(2), set_robust_list(2) ------------------------------------------------------------
  clearChildTid: number;
  robustList: number;

  wake(kernel: Kernel, events: number): boolean;
}

export interface ResumeState {
  /** Bytes (or items) already moved; a later failure or signal returns this instead of an error. */
  done?: number;
  [key: string]: unknown;
}
