// Advisory file locks: flock(2) locks belong to an open file description; POSIX record locks (fcntl F_SETLK) to a descriptor
// table, standing in for Linux's files_struct owner; open-file-description locks (F_OFD_SETLK) to a description, with ranges.
//
// Invariant: ranges of one owner never overlap and are merged when adjacent and alike. Bound: LOCKS_MAX ranges an inode, ENOLCK.

import { EAGAIN, EDEADLK, ENOLCK } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { ResumeState, Task } from '../process/task.ts';
import { WaitQueue } from '../process/wait.ts';
import type { DescriptorTable } from './descriptors.ts';
import type { Inode, OpenFile } from './types.ts';

const LOCKS_MAX = 4096;

export type LockType = 'read' | 'write';
export type LockOwner = DescriptorTable | OpenFile;

/** Bytes start … end, both included; Infinity: to the end of the file, however it grows. */
export interface RangeLock {
  readonly owner: LockOwner;
  /** -1 for an open-file-description lock (F_GETLK reports it so). */
  readonly pid: number;
  readonly type: LockType;
  readonly start: number;
  readonly end: number;
}

export class InodeLocks {
  flocks: { readonly file: OpenFile; readonly type: LockType }[] = [];
  ranges: RangeLock[] = [];
  readonly queue = new WaitQueue();
}

export function locksOf(inode: Inode): InodeLocks {
  inode.locks ??= new InodeLocks();
  return inode.locks;
}

/** flock: takes or converts the lock; -EAGAIN while another description's lock conflicts. */
export function setFlock(kernel: Kernel, file: OpenFile, type: LockType | null): number {
  const locks = locksOf(file.inode);
  const others = locks.flocks.filter((lock) => lock.file !== file);
  if (type !== null && others.some((lock) => lock.type === 'write' || type === 'write')) {
    // A conversion first gives up the old lock (flock(2)).
    if (others.length !== locks.flocks.length) {
      locks.flocks = others;
      locks.queue.wake(kernel);
    }
    return -EAGAIN;
  }
  const changed = others.length !== locks.flocks.length;
  locks.flocks = type === null ? others : [...others, { file, type }];
  if (changed) locks.queue.wake(kernel);
  return 0;
}

/** The first lock of another owner that this one would conflict with. */
export function conflictingRange(inode: Inode, wanted: RangeLock): RangeLock | null {
  if (inode.locks === null) return null;
  for (const lock of inode.locks.ranges) {
    if (lock.owner === wanted.owner || lock.end < wanted.start || lock.start > wanted.end) continue;
    if (lock.type === 'write' || wanted.type === 'write') return lock;
  }
  return null;
}

/** Sets (`type` given) or clears a range of the owner; -EAGAIN on conflict, -ENOLCK at the bound. */
export function setRange(kernel: Kernel, inode: Inode, lock: Omit<RangeLock, 'type'>, type: LockType | null): number {
  const locks = locksOf(inode);
  if (type !== null && conflictingRange(inode, { ...lock, type }) !== null) return -EAGAIN;
  const next: RangeLock[] = [];
  let { start, end } = lock;
  let released = type === null;
  for (const old of locks.ranges) {
    if (old.owner !== lock.owner) {
      next.push(old);
    } else if (old.type === type && old.start <= end + 1 && old.end >= start - 1) {
      start = Math.min(start, old.start);
      end = Math.max(end, old.end);
    } else if (old.end < lock.start || old.start > lock.end) {
      next.push(old);
    } else {
      if (old.type === 'write') released = true;
      if (old.start < lock.start) next.push({ ...old, end: lock.start - 1 });
      if (old.end > lock.end) next.push({ ...old, start: lock.end + 1 });
    }
  }
  if (type !== null) next.push({ ...lock, type, start, end });
  if (next.length > LOCKS_MAX && next.length > locks.ranges.length) return -ENOLCK;
  next.sort((a, b) => a.start - b.start);
  locks.ranges = next;
  if (released) locks.queue.wake(kernel);
  return 0;
}

/**
 * Would waiting for `blocker` close a circle of owners that wait for each other? 0 or -EDEADLK. Remembers the wait; call
 * `endWait` when the task runs again. `resume` is what the task will save.
 */
export function beginWait(
  kernel: Kernel,
  task: Task,
  owner: LockOwner,
  blocker: LockOwner,
  resume: ResumeState,
): number {
  const waits = kernel.vfs.lockWaits;
  for (let next: LockOwner | undefined = blocker, steps = 0; next !== undefined && steps < 64; steps++) {
    if (next === owner) return -EDEADLK;
    const wait: LockWait | undefined = waits.get(next);
    next = wait !== undefined && wait.task.resume === wait.resume ? wait.blocker : undefined;
  }
  waits.set(owner, { task, blocker, resume });
  return 0;
}

export interface LockWait {
  readonly task: Task;
  readonly blocker: LockOwner;
  /** The task's saved state while it waits: another one means that it no longer does. */
  readonly resume: ResumeState;
}

export function endWait(kernel: Kernel, owner: LockOwner): void {
  kernel.vfs.lockWaits.delete(owner);
}

/** Last close of a description: its flock and open-file-description locks go. */
export function releaseFileLocks(kernel: Kernel, file: OpenFile): void {
  releaseOwner(kernel, file.inode, file);
}

/** A descriptor of this inode was closed in this table: all its POSIX locks on the inode go (fcntl(2)). */
export function releasePosixLocks(kernel: Kernel, inode: Inode, table: DescriptorTable): void {
  releaseOwner(kernel, inode, table);
}

function releaseOwner(kernel: Kernel, inode: Inode, owner: LockOwner): void {
  const { locks } = inode;
  if (locks === null) return;
  const before = locks.flocks.length + locks.ranges.length;
  locks.flocks = locks.flocks.filter((lock) => lock.file !== owner);
  locks.ranges = locks.ranges.filter((lock) => lock.owner !== owner);
  if (locks.flocks.length + locks.ranges.length !== before) locks.queue.wake(kernel);
}
