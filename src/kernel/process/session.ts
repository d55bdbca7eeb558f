// Sessions and process groups (credentials(7), "Process group ID and session ID"): who a terminal's keys and job control go to.

import type { ThreadGroup } from './thread-group.ts';

/** What a session's controlling terminal must offer; drivers/tty.ts implements it. */
export interface ControllingTerminal {
  /** /proc/<pid>/stat's tty_nr. */
  readonly device: number;
  session: Session | null;
  /** The process group that may read, and that ^C goes to; null: none. */
  foreground: ProcessGroup | null;
}

export class Session {
  readonly id: number;
  /** null once the leader has exited. */
  leader: ThreadGroup | null;
  tty: ControllingTerminal | null = null;
  readonly groups = new Map<number, ProcessGroup>();

  /** The leader's pid; 0, without leader, is what the first process starts in. */
  constructor(leader: ThreadGroup | null) {
    this.id = leader?.pid ?? 0;
    this.leader = leader;
  }
}

export class ProcessGroup {
  readonly id: number;
  readonly session: Session;
  readonly members = new Set<ThreadGroup>();

  constructor(id: number, session: Session) {
    this.id = id;
    this.session = session;
    session.groups.set(id, this);
  }

  add(group: ThreadGroup): void {
    this.members.add(group);
  }

  remove(group: ThreadGroup): void {
    this.members.delete(group);
    if (this.members.size === 0) this.session.groups.delete(this.id);
  }

  /**
   * No member has a parent in another group of the same session: nobody could continue it after a stop (setpgid(2),
   * POSIX "orphaned process group"). `ignored` is a process about to exit.
   */
  isOrphaned(ignored: ThreadGroup | null = null): boolean {
    for (const member of this.members) {
      if (member === ignored || member.exited) continue;
      const parent = member.parent;
      if (member.isHostJob) return false;
      if (parent === null || parent.isInit) continue;
      if (parent.processGroup !== this && parent.session === this.session) return false;
    }
    return true;
  }

  hasStopped(): boolean {
    for (const member of this.members) if (member.stopped) return true;
    return false;
  }
}
