// One batch of random programs executed by QEMU and by the machine, and their logs compared.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BareProgram } from './bare.ts';
import { describeDifference, firstDifference } from './compare.ts';
import { type BatchOptions, generateBatch } from './program.ts';
import { runUnderQemu } from './qemu.ts';

/** How the machine executes; none of it may change a result. */
export interface Execution {
  timing: boolean;
  /** Instructions a slice; with `flush`, TLBs and decoded pages are dropped at every slice. */
  slice: number;
  flush: boolean;
}

/** The executions that a series of batches goes through in turn. */
export const executions: readonly Execution[] = [
  { timing: false, slice: 1_000_000, flush: false },
  { timing: true, slice: 1_000_000, flush: false },
  { timing: false, slice: 20_000, flush: true },
  { timing: true, slice: 20_000, flush: true },
];

export function describeExecution({ timing, slice, flush }: Execution): string {
  return `timing ${timing ? 'on' : 'off'}, slices of ${slice}${flush ? ', flushed' : ''}`;
}

export interface LockstepResult {
  /** Instructions executed in generated blocks. */
  generated: number;
  /** All instructions that user mode retired. */
  instructions: number;
  checkpoints: number;
  /** A report, or undefined if both agree. */
  difference: string | undefined;
}

/** Generates the batch, executes it twice. Its ELF stays in `directory` if the executions differ. */
export async function runLockstep(
  options: BatchOptions,
  directory: string,
  execution: Execution,
): Promise<LockstepResult> {
  const batch = generateBatch(options);
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `lockstep-${options.seed}.elf`);
  writeFileSync(path, batch.elf, { mode: 0o755 });
  const expected = runUnderQemu(path, batch.logBytes + 1);

  const actual = new Uint8Array(batch.logBytes);
  let written = 0;
  const take = (bytes: Uint8Array) => {
    actual.set(bytes, written);
    written += bytes.length;
  };
  const { timing, slice, flush } = execution;
  const debug = { flushSpeedTlbs: flush, flushDecoded: flush };
  const bare = await BareProgram.load(batch.elf, { ramBytes: 64 << 20, timing, debug });
  let trap: string | undefined;
  let instructions = 0;
  try {
    instructions = bare.run(take, slice).instructions;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    trap = error.message;
  }

  const rounds = options.programs * options.rounds;
  const checkpoints = rounds * options.blocks;
  const overhead = checkpoints * batch.checkpointInstructions + rounds * batch.roundInstructions;
  const offset = firstDifference(expected, actual.subarray(0, written));
  let difference: string | undefined;
  if (offset >= 0 || trap !== undefined) {
    const how = `seed ${options.seed}, ${describeExecution(execution)}, ${path}`;
    difference = [how, trap, describeDifference(batch, path, expected, actual.subarray(0, written), offset)].join('\n');
  } else {
    rmSync(path);
  }
  return { generated: instructions - overhead, instructions, checkpoints, difference };
}
