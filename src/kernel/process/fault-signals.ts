// Signals for what the program's own instructions did: page faults, illegal instructions, breakpoints. traps.ts calls these.

import type { Kernel } from '../kernel.ts';
import { forceSignal } from './signals/send.ts';
import type { Task } from './task.ts';

/** Forces `signal` (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP) with si_code and si_addr; it is delivered on the way back. */
export function deliverFault(kernel: Kernel, task: Task, signal: number, code: number, address: number): void {
  forceSignal(kernel, task, { signal, code, address });
}
