// The kernel: everything it knows, in one object. There is no state outside it, so several machines can run side by side.
// It sees the machine through src/machine/ only and imports no Node module: it runs unchanged in a browser.

import type { Machine } from '../machine/machine.ts';
import type { Cost } from './cost/cost.ts';
import type { EventStream } from './events.ts';
import type { Vfs } from './fs/vfs.ts';
import type { FrameAllocator } from './memory/frames.ts';
import type { Slabs } from './memory/slabs.ts';
import type { BlockOptions } from './process/block.ts';
import type { FutexTable } from './process/futex-table.ts';
import type { SystemState } from './process/system-state.ts';
import type { KernelTimers } from './process/timers.ts';
import type { ResumeState, Task } from './process/task.ts';
import type { TaskTable } from './process/task-table.ts';
import type { Scheduler } from './process/scheduler.ts';
import type { WaitQueue } from './process/wait.ts';
import type { SyscallResult } from './syscalls/result.ts';

/** What the world outside gives the machine: the guest's three standard streams and its terminal. Synchronous. */
export interface Host {
  /** Bytes for the guest's standard input: null at end of file, 'later' when nothing is there now (then `Kernel.run` may return 'waiting'). */
  read(stream: 0, limit: number): Uint8Array | null | 'later';
  write(stream: 1 | 2, bytes: Uint8Array): void;
  /** CLOCK_REALTIME at boot, ns since the epoch; a fixed number keeps runs identical. */
  readonly bootTime: number;
}

export interface KernelInterface {
  readonly machine: Machine;
  readonly host: Host;
  readonly cost: Cost;
  readonly events: EventStream;
  readonly frames: FrameAllocator;
  readonly slabs: Slabs;
  readonly tasks: TaskTable;
  readonly scheduler: Scheduler;
  readonly timers: KernelTimers;
  readonly vfs: Vfs;
  readonly futexes: FutexTable;
  /** Host name, clock offset, power-off requests. */
  readonly system: SystemState;

  /**
   * The scheduler has picked this task: its address space becomes the current one (satp, for accesses on its behalf while a
   * system call of it goes on) and its trap frame the one to resume.
   */
  switchTo(task: Task): void;

  /** Guest time since boot in nanoseconds (CLOCK_MONOTONIC). */
  now(): number;
  /** CLOCK_REALTIME, ns since the epoch. */
  realTime(): number;
  /** Seeded; getrandom(2), AT_RANDOM, ports. */
  random(bytes: number): Uint8Array;

  /** process/wait.ts: puts the task to sleep on these queues until an event, the absolute deadline (ns) or a signal. */
  block(task: Task, queues: WaitQueue | readonly WaitQueue[] | null, deadline: number, resume: ResumeState | null, options?: BlockOptions): SyscallResult;

  /** A bug of the kernel's: prints registers and stack, stops the machine. */
  panic(message: string): never;
}
