// Where two logs of a batch first differ, told in the batch's terms: program, round, block, registers, disassembly.

import { spawnSync } from 'node:child_process';
import { scratchBytes } from './block.ts';
import { type Batch, type BlockPlace, recordBytes } from './program.ts';

const registerCount = 65;

function registerName(index: number): string {
  if (index === 0) return 'block';
  if (index === 64) return 'fcsr';
  return index < 32 ? `x${index}` : `f${index - 32}`;
}

/** Index of the first byte that differs, or -1. */
export function firstDifference(expected: Uint8Array, actual: Uint8Array): number {
  if (Buffer.compare(expected, actual) === 0) return -1;
  const length = Math.min(expected.length, actual.length);
  for (let i = 0; i < length; i++) if (expected[i] !== actual[i]) return i;
  return length;
}

function disassemble(path: string, { start, end }: BlockPlace): string {
  const { stdout } = spawnSync(
    'riscv64-linux-gnu-objdump',
    ['-d', '-M', 'numeric,no-aliases', `--start-address=${start}`, `--stop-address=${end}`, path],
    { encoding: 'utf8' },
  );
  return (stdout ?? '').split('\n').slice(6).join('\n');
}

/** The report on the difference at `offset` of the logs. `path` is the batch's ELF. */
export function describeDifference(
  batch: Batch,
  path: string,
  expected: Uint8Array,
  actual: Uint8Array,
  offset: number,
): string {
  let at = 0;
  for (const [number, { rounds, blocks }] of batch.programs.entries()) {
    const roundBytes = blocks.length * recordBytes + scratchBytes;
    if (offset >= at + rounds * roundBytes) {
      at += rounds * roundBytes;
      continue;
    }
    const round = Math.floor((offset - at) / roundBytes);
    const inRound = (offset - at) % roundBytes;
    const where = `program ${number}, round ${round}`;
    const block = Math.floor(inRound / recordBytes);
    if (block >= blocks.length) {
      const byte = inRound - blocks.length * recordBytes;
      return `${where}: scratch memory differs first at offset ${byte} (0x${byte.toString(16)})`;
    }
    const place = blocks[block]!;
    const recordAt = offset - (inRound % recordBytes);
    const lines = [`${where}, block ${block} at 0x${place.start.toString(16)}:`];
    for (let register = 0; register < registerCount; register++) {
      const [want, got] = [expected, actual].map((log) => value(log, recordAt + register * 8));
      if (want !== got) lines.push(`  ${registerName(register)}: QEMU ${want}, Cyclix ${got}`);
    }
    return [...lines, disassemble(path, place)].join('\n');
  }
  return `the logs have ${expected.length} and ${actual.length} bytes`;
}

function value(log: Uint8Array, at: number): string {
  if (at + 8 > log.length) return 'nothing';
  return new DataView(log.buffer, log.byteOffset).getBigUint64(at, true).toString(16).padStart(16, '0');
}
