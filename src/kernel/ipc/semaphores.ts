// System V semaphores: a set of counters that a program changes by several operations at once, all or none (semop(2)).
// Operations with SEM_UNDO are taken back when the process ends.

import { ipcRoutines } from '../cost/routines/ipc.ts';
import { EAGAIN, EFBIG, ERANGE } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { WaitQueue } from '../process/wait.ts';
import { IPC_NOWAIT, type IpcObject, type IpcOwnership } from './objects.ts';

export const SEM_UNDO = 0x1000;
/** SEMVMX */
export const SEMAPHORE_MAXIMUM = 32_767;

export interface SemaphoreOperation {
  readonly index: number;
  readonly change: number;
  readonly flags: number;
}

/** What a sleeping task waits for, for GETNCNT and GETZCNT. */
export interface SemaphoreWait {
  readonly index: number;
  readonly forZero: boolean;
}

export class SemaphoreSet implements IpcObject {
  readonly id: number;
  key: number;
  uid: number;
  gid: number;
  readonly creatorUid: number;
  readonly creatorGid: number;
  mode: number;
  removed = false;
  readonly values: number[];
  /** Who changed each last. */
  readonly pids: number[];
  readonly queue = new WaitQueue();
  readonly waiting = new Map<Task, SemaphoreWait>();
  operationTime = 0;
  changeTime: number;

  constructor(ownership: IpcOwnership, count: number, now: number) {
    this.id = ownership.id;
    this.key = ownership.key;
    this.uid = ownership.uid;
    this.gid = ownership.gid;
    this.creatorUid = ownership.creatorUid;
    this.creatorGid = ownership.creatorGid;
    this.mode = ownership.mode;
    this.values = new Array(count).fill(0);
    this.pids = new Array(count).fill(0);
    this.changeTime = now;
  }

  /** Does all operations (0), none (-EAGAIN, -ERANGE), or says which of them has to wait. */
  attempt(kernel: Kernel, task: Task, operations: readonly SemaphoreOperation[]): SemaphoreWait | number {
    const values = [...this.values];
    kernel.cost.execute(ipcRoutines.sem_operation, operations.length);
    for (const { index, change, flags } of operations) {
      if (index >= values.length) return -EFBIG;
      const value = values[index]!;
      const mustWait = change === 0 ? value !== 0 : value + change < 0;
      if (mustWait) return (flags & IPC_NOWAIT) !== 0 ? -EAGAIN : { index, forZero: change === 0 };
      if (value + change > SEMAPHORE_MAXIMUM) return -ERANGE;
      values[index] = value + change;
    }
    for (const { index, change, flags } of operations) {
      this.pids[index] = task.pid;
      if ((flags & SEM_UNDO) !== 0 && change !== 0) {
        task.semaphoreUndo ??= new SemaphoreUndo();
        task.semaphoreUndo.record(this, index, -change);
      }
    }
    const changed = values.some((value, index) => value !== this.values[index]);
    for (const [index, value] of values.entries()) this.values[index] = value;
    if (changed) this.queue.wake(kernel);
    return 0;
  }

  waiters(index: number, forZero: boolean): number {
    let count = 0;
    for (const [task, wait] of this.waiting) {
      if (task.state === 'sleeping' && wait.index === index && wait.forZero === forZero) count += 1;
    }
    return count;
  }
}

/** What is to be taken back at the end; shared by tasks of one CLONE_SYSVSEM family. */
export class SemaphoreUndo {
  references = 1;
  readonly #adjustments = new Map<SemaphoreSet, Map<number, number>>();

  record(set: SemaphoreSet, index: number, change: number): void {
    let adjustments = this.#adjustments.get(set);
    if (adjustments === undefined) {
      adjustments = new Map();
      this.#adjustments.set(set, adjustments);
    }
    adjustments.set(index, (adjustments.get(index) ?? 0) + change);
  }

  /** SETVAL and SETALL: nothing is to be taken back from these any more. */
  clear(set: SemaphoreSet, index: number | null): void {
    if (index === null) this.#adjustments.delete(set);
    else this.#adjustments.get(set)?.delete(index);
  }

  /** One task less; the last one's end takes the operations back, as far as the values' range allows. */
  release(kernel: Kernel, pid: number): void {
    this.references -= 1;
    if (this.references > 0) return;
    for (const [set, adjustments] of this.#adjustments) {
      if (set.removed) continue;
      for (const [index, change] of adjustments) {
        kernel.cost.execute(ipcRoutines.sem_undo);
        set.values[index] = Math.min(SEMAPHORE_MAXIMUM, Math.max(0, set.values[index]! + change));
        set.pids[index] = pid;
      }
      set.queue.wake(kernel);
    }
    this.#adjustments.clear();
  }
}
