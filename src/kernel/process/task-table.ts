// All tasks by tid, and the numbers they get. Bound: `maximum` tasks (threads-max); pids run up to PID_MAX and start over.

import { EAGAIN } from '../errno.ts';
import type { ProcessGroup, Session } from './session.ts';
import type { Task } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';

/** kernel.pid_max of a 64-bit Linux is 4,194,304; after wrapping, allocation starts at RESERVED_PIDS. */
export const PID_MAX = 4_194_304;
const RESERVED_PIDS = 300;

export class TaskTable {
  /** threads-max: tasks that can exist at once. */
  readonly maximum: number;
  readonly #tasks = new Map<number, Task>();
  readonly #groups = new Map<number, ThreadGroup>();
  /** Numbers in use: tids, and pids of process groups and sessions whose leader is gone. */
  readonly #processGroups = new Map<number, ProcessGroup>();
  readonly #sessions = new Map<number, Session>();
  #next = 1;
  /** Tasks of each real user, for RLIMIT_NPROC. */
  readonly #perUser = new Map<number, number>();
  /** Queued signals of each real user, for RLIMIT_SIGPENDING. */
  readonly queuedSignals = new Map<number, number>();
  /** Forks since boot, for /proc/stat. */
  forks = 0;
  /** Ended tasks whose kernel stack is not freed yet (buryDead in exit.ts). */
  readonly graveyard: Task[] = [];
  /** The first process; orphans go to it. */
  init: ThreadGroup | null = null;

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  /** Living and zombie tasks. */
  get size(): number {
    return this.#tasks.size;
  }

  get(tid: number): Task | undefined {
    return this.#tasks.get(tid);
  }

  /** The process with this pid, zombies included. */
  group(pid: number): ThreadGroup | undefined {
    return this.#groups.get(pid);
  }

  /** In order of creation. */
  groups(): IterableIterator<ThreadGroup> {
    return this.#groups.values();
  }

  all(): IterableIterator<Task> {
    return this.#tasks.values();
  }

  /** A free number, or -EAGAIN when as many tasks exist as may. The highest handed out last is `lastPid`. */
  allocatePid(): number {
    if (this.#tasks.size >= this.maximum) return -EAGAIN;
    for (let tries = 0; tries < PID_MAX; tries++) {
      const pid = this.#next;
      this.#next = pid + 1 >= PID_MAX ? RESERVED_PIDS : pid + 1;
      if (!this.#tasks.has(pid) && !this.#processGroups.has(pid) && !this.#sessions.has(pid)) return pid;
    }
    return -EAGAIN;
  }

  get lastPid(): number {
    return this.#next - 1;
  }

  add(task: Task): void {
    this.#tasks.set(task.tid, task);
    if (task.isLeader) this.#groups.set(task.group.pid, task.group);
    const { uid } = task.credentials;
    this.#perUser.set(uid, this.tasksOf(uid) + 1);
  }

  remove(task: Task): void {
    if (this.#tasks.get(task.tid) !== task) return;
    this.#tasks.delete(task.tid);
    if (task.isLeader) this.#groups.delete(task.group.pid);
    this.#countUser(task.credentials.uid, -1);
  }

  /** execve by a thread that is not the leader: it takes the place and tid of the leader, which has exited. */
  replaceLeader(old: Task, task: Task): void {
    this.#tasks.delete(task.tid);
    this.#countUser(old.credentials.uid, -1);
    task.tid = old.tid;
    task.group.leader = task;
    this.#tasks.set(task.tid, task);
  }

  tasksOf(uid: number): number {
    return this.#perUser.get(uid) ?? 0;
  }

  /** A task's real user id has changed. */
  userChanged(from: number, to: number): void {
    if (from === to) return;
    this.#countUser(from, -1);
    this.#countUser(to, 1);
  }

  #countUser(uid: number, change: number): void {
    const count = this.tasksOf(uid) + change;
    if (count > 0) this.#perUser.set(uid, count);
    else this.#perUser.delete(uid);
  }

  processGroup(id: number): ProcessGroup | undefined {
    return this.#processGroups.get(id);
  }

  addProcessGroup(group: ProcessGroup): void {
    this.#processGroups.set(group.id, group);
    this.#sessions.set(group.session.id, group.session);
  }

  /** Forgets a process group that has no members any more, and its session with the last group. */
  dropIfEmpty(group: ProcessGroup): void {
    if (group.members.size > 0) return;
    if (this.#processGroups.get(group.id) === group) this.#processGroups.delete(group.id);
    if (group.session.groups.size === 0) this.#sessions.delete(group.session.id);
  }

  session(id: number): Session | undefined {
    return this.#sessions.get(id);
  }
}
