// The shape of a row of the system call table: number, name, argument decoders, handler, cost, restart rule, support.
// strace prints from the decoders, docs/compatibility.md is generated from `support`, the dispatcher runs `handler`.

import type { Routine } from '../cost/routine.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import type { ArgumentDecoder, ResultDecoder } from './decoders.ts';
import type { RestartRule, SyscallResult } from './result.ts';

/**
 * Arguments are a0…a5 as signed 64-bit integers in JS numbers: exact within ±2^53, which covers every address, descriptor,
 * flag and size. Integers that the ABI declares `int` arrive sign-extended as the caller left them: narrow with `| 0`.
 */
export type SyscallHandler = (
  kernel: Kernel,
  task: Task,
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  a4: number,
  a5: number,
) => SyscallResult;

export interface SyscallRow {
  readonly number: number;
  readonly name: string;
  /** One decoder an argument, in order; strace prints from them. */
  readonly arguments: readonly ArgumentDecoder[];
  readonly result?: ResultDecoder;
  readonly handler: SyscallHandler;
  /** Charged once at each run of the handler, before it: argument checks and fixed work. Per-unit work is charged inside. */
  readonly cost: Routine;
  readonly restart?: RestartRule;
  /** Default 'full'. A string says what is missing. */
  readonly support?: 'full' | { readonly partial: string };
}
