// A thread group is what programs call a process: it has the pid, the parent, the children, the exit status, the resource limits and
// the signals sent to it as a whole. Its life:
//
//   alive ──(last thread exits)──> exited, a zombie ──(parent waits, or ignores SIGCHLD)──> reaped
//     └──(stop signal)──> stopped ──(SIGCONT)──> alive
//
// Invariant: a group is in `parent.children` until it is reaped; its pid stays taken until then.

import type { OpenFile } from '../fs/types.ts';
import type { IntervalTimers } from './interval-timers.ts';
import type { Limits } from './limits.ts';
import type { PosixTimer } from './posix-timers.ts';
import type { ProcessGroup, Session } from './session.ts';
import { PendingSignals } from './signals/state.ts';
import type { Task } from './task.ts';
import { WaitQueue } from './wait.ts';

/** What getrusage(2) counts; times in ns. */
export interface Usage {
  userTime: number;
  systemTime: number;
  minorFaults: number;
  majorFaults: number;
  voluntarySwitches: number;
  involuntarySwitches: number;
  /** 512-byte blocks, as ru_inblock and ru_oublock. */
  blocksIn: number;
  blocksOut: number;
  /** Largest resident set, in KiB. */
  maxResident: number;
}

export function newUsage(): Usage {
  return {
    userTime: 0,
    systemTime: 0,
    minorFaults: 0,
    majorFaults: 0,
    voluntarySwitches: 0,
    involuntarySwitches: 0,
    blocksIn: 0,
    blocksOut: 0,
    maxResident: 0,
  };
}

export function addUsage(sum: Usage, part: Usage): void {
  sum.userTime += part.userTime;
  sum.systemTime += part.systemTime;
  sum.minorFaults += part.minorFaults;
  sum.majorFaults += part.majorFaults;
  sum.voluntarySwitches += part.voluntarySwitches;
  sum.involuntarySwitches += part.involuntarySwitches;
  sum.blocksIn += part.blocksIn;
  sum.blocksOut += part.blocksOut;
  sum.maxResident = Math.max(sum.maxResident, part.maxResident);
}

export class ThreadGroup {
  readonly pid: number;
  /** The thread whose tid is the pid. It may exit before the others; then it stays, a zombie, until they have. */
  leader!: Task;
  /** Living threads. */
  readonly threads = new Set<Task>();
  /** null only for the first process and for what it has reaped. */
  parent: ThreadGroup | null;
  readonly children = new Set<ThreadGroup>();
  processGroup: ProcessGroup;

  readonly pending = new PendingSignals();
  limits: Limits;
  /** Sent to the parent at exit; 0: none (clone(2)). */
  exitSignal: number;
  /** exit_group, a fatal signal or execve is ending the other threads. */
  exiting = false;
  /** A signal that ends the process was sent to it: every thread's wait is over, the first one to look ends them all. 0: none. */
  fatalSignal = 0;
  /** As wait(2) reports it: exit code << 8, or the signal's number | 0x80 with a core file. */
  waitStatus = 0;
  /** Every thread has exited. */
  exited = false;
  reaped = false;

  /** All threads are (or are about to be) stopped by this signal. */
  stopped = false;
  stopSignal = 0;
  /** A stop that no WUNTRACED wait has taken yet. */
  stopUnreported = false;
  /** A continue that no WCONTINUED wait has taken yet. */
  continueUnreported = false;

  /** wait4 and waitid of this group's threads sleep here. */
  readonly childQueue = new WaitQueue();
  /** pidfd pollers; woken at exit. */
  readonly exitQueue = new WaitQueue();

  /** The first process: orphans come to it, and no signal without a handler touches it. */
  readonly isInit: boolean;
  /** The kernel's own first process of `run` mode: reaps its children by itself. */
  readonly autoReap: boolean;
  /** `run` mode's program: the host stands in for the shell that could continue it after a stop. */
  isHostJob = false;
  childSubreaper = false;
  /** PR_SET_DUMPABLE: 1 as for an ordinary program. */
  dumpable = 1;
  /** execve succeeded since fork: setpgid(2) by the parent fails with EACCES. */
  hasExecuted = false;
  oomScoreAdjust = 0;
  personality = 0;

  /** ns since boot */
  startTime = 0;
  /** Of threads that are gone, and of waited-for children. */
  readonly usage = newUsage();
  readonly childUsage = newUsage();

  intervalTimers: IntervalTimers | null = null;
  readonly posixTimers = new Map<number, PosixTimer>();
  nextPosixTimer = 0;
  /** RLIMIT_CPU: the CPU second at which the next SIGXCPU is due. */
  nextCpuLimitSecond = 0;

  /** /proc/<pid>/{exe,cmdline,environ} */
  executable: OpenFile | null = null;
  argv: readonly string[] = [];
  envp: readonly string[] = [];

  constructor(fields: {
    pid: number;
    parent: ThreadGroup | null;
    processGroup: ProcessGroup | ((group: ThreadGroup) => ProcessGroup);
    limits: Limits;
    exitSignal: number;
    isInit?: boolean;
    autoReap?: boolean;
  }) {
    this.pid = fields.pid;
    this.parent = fields.parent;
    this.limits = fields.limits;
    this.exitSignal = fields.exitSignal;
    this.isInit = fields.isInit ?? false;
    this.autoReap = fields.autoReap ?? false;
    this.processGroup = typeof fields.processGroup === 'function' ? fields.processGroup(this) : fields.processGroup;
    this.processGroup.add(this);
    this.parent?.children.add(this);
  }

  get session(): Session {
    return this.processGroup.session;
  }

  get parentPid(): number {
    return this.parent?.pid ?? 0;
  }
}
