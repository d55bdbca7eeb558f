// The system call table: every family's rows in one dense array, indexed by number (Linux's asm-generic ones, riscv64).

import { directorySyscalls } from './directory.ts';
import { fileSyscalls } from './file.ts';
import { futexSyscalls } from './futex.ts';
import { identitySyscalls } from './identity.ts';
import { memorySyscalls } from './memory.ts';
import { processSyscalls } from './process.ts';
import type { SyscallRow } from './row.ts';
import { schedulingSyscalls } from './scheduling.ts';
import { signalSyscalls } from './signal.ts';
import { socketSyscalls } from './socket.ts';
import { systemSyscalls } from './system.ts';
import { timeSyscalls } from './time.ts';

/** The first number past the last that Linux 6.12 knows: lsm_list_modules is 461, mseal 462. */
export const SYSCALL_LIMIT = 463;

const families: readonly (readonly SyscallRow[])[] = [
  processSyscalls,
  signalSyscalls,
  timeSyscalls,
  schedulingSyscalls,
  identitySyscalls,
  futexSyscalls,
  systemSyscalls,
  socketSyscalls,
  memorySyscalls,
  fileSyscalls,
  directorySyscalls,
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
