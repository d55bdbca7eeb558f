// The report on a difference names the program, round, block and register of the log's byte.

import { describe, expect, it } from 'vitest';
import { scratchBytes } from './block.ts';
import { describeDifference, firstDifference } from './compare.ts';
import { generateBatch, recordBytes } from './program.ts';

describe('comparison of lockstep logs', () => {
  const batch = generateBatch({
    seed: 7,
    programs: 3,
    blocks: 4,
    instructionsPerBlock: 20,
    rounds: 2,
    selfModifying: false,
  });
  const roundBytes = 4 * recordBytes + scratchBytes;
  const expected = new Uint8Array(batch.logBytes);

  function report(offset: number): string {
    const actual = expected.slice();
    actual[offset] = 1;
    expect(firstDifference(expected, actual)).toBe(offset);
    return describeDifference(batch, 'no-such-file', expected, actual, offset);
  }

  it('finds no difference between equal logs', () => {
    expect(firstDifference(expected, expected.slice())).toBe(-1);
  });

  it('names block and register', () => {
    const text = report(2 * 2 * roundBytes + roundBytes + 3 * recordBytes + 41 * 8);
    expect(text).toContain('program 2, round 1, block 3');
    expect(text).toContain('f9: QEMU 0000000000000000, Cyclix 0000000000000001');
  });

  it('names the place in scratch memory', () => {
    expect(report(2 * roundBytes + 4 * recordBytes + 100)).toContain('program 1, round 0: scratch memory');
  });

  it('takes a log that ends early for a difference at its end', () => {
    expect(firstDifference(expected, expected.subarray(0, 10))).toBe(10);
  });
});
