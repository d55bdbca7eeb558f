// The system call table: every family's rows in one dense array, indexed by number (Linux's asm-generic ones, riscv64).

import { attributeSyscalls } from './attributes.ts';
import { descriptorSyscalls } from './descriptors.ts';
import { directorySyscalls } from './directory.ts';
import { epollSyscalls } from './epoll.ts';
import { eventfdSyscalls } from './eventfd.ts';
import { fileSyscalls } from './file.ts';
import { futexSyscalls } from './futex.ts';
import { identitySyscalls } from './identity.ts';
import { inotifySyscalls } from './inotify.ts';
import { jobControlSyscalls } from './job-control.ts';
import { limitSyscalls } from './limits.ts';
import { memorySyscalls } from './memory.ts';
import { mountSyscalls } from './mount.ts';
import { otherProcessSyscalls } from './other-processes.ts';
import { pipeSyscalls } from './pipe.ts';
import { pollSyscalls } from './poll.ts';
import { prctlSyscalls } from './prctl.ts';
import { processSyscalls } from './process.ts';
import { readWriteSyscalls } from './read-write.ts';
import type { SyscallRow } from './row.ts';
import { schedulingSyscalls } from './scheduling.ts';
import { signalSyscalls } from './signal.ts';
import { signalfdSyscalls } from './signalfd.ts';
import { socketSyscalls } from './socket.ts';
import { socketMessageSyscalls } from './socket-messages.ts';
import { socketOptionSyscalls } from './socket-options.ts';
import { spliceSyscalls } from './splice.ts';
import { systemSyscalls } from './system.ts';
import { messageSyscalls } from './sysv-messages.ts';
import { semaphoreSyscalls } from './sysv-semaphores.ts';
import { sharedMemorySyscalls } from './sysv-shared-memory.ts';
import { timeSyscalls } from './time.ts';
import { timerfdSyscalls } from './timerfd.ts';
import { timerSyscalls } from './timers.ts';
import { waitSyscalls } from './wait.ts';
import { xattrSyscalls } from './xattr.ts';

/** The first number past the last that Linux 6.12 knows: lsm_list_modules is 461, mseal 462. */
export const SYSCALL_LIMIT = 463;

const families: readonly (readonly SyscallRow[])[] = [
  processSyscalls,
  waitSyscalls,
  jobControlSyscalls,
  limitSyscalls,
  prctlSyscalls,
  otherProcessSyscalls,
  signalSyscalls,
  timeSyscalls,
  timerSyscalls,
  schedulingSyscalls,
  identitySyscalls,
  futexSyscalls,
  systemSyscalls,
  sharedMemorySyscalls,
  semaphoreSyscalls,
  messageSyscalls,
  socketSyscalls,
  socketMessageSyscalls,
  socketOptionSyscalls,
  memorySyscalls,
  fileSyscalls,
  readWriteSyscalls,
  attributeSyscalls,
  directorySyscalls,
  xattrSyscalls,
  timerfdSyscalls,
  spliceSyscalls,
  signalfdSyscalls,
  pollSyscalls,
  pipeSyscalls,
  mountSyscalls,
  inotifySyscalls,
  eventfdSyscalls,
  epollSyscalls,
  descriptorSyscalls,
];

function assemble(): (SyscallRow | null)[] {
  const table: (SyscallRow | null)[] = new Array(SYSCALL_LIMIT).fill(null);
  for (const row of families.flat()) {
    if (table[row.number] !== null) throw new Error(`two rows for system call ${row.number} (${row.name})`);
    table[row.number] = row;
  }
  return table;
}

export const syscallTable: readonly (SyscallRow | null)[] = assemble();

export const syscallRows: readonly SyscallRow[] = syscallTable.filter((row) => row !== null);

/** The row of this number; undefined: the kernel does not know the call. */
export function syscallRow(number: number): SyscallRow | undefined {
  return syscallTable[number] ?? undefined;
}
