// Every 16-bit encoding, and 32-bit words at and around the encodings of the instruction table, are illegal on the machine
// exactly when they are to QEMU. Left out: jumps and branches to anywhere (all their encodings are legal, and they may
// loop), the SYSTEM opcode beyond the user-level CSRs (QEMU's user mode is not a whole hart), and the vector extension's
// whole-register loads and stores, which QEMU 7.2 executes even on a hart without that extension.

import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { INSTRUCTIONS } from '../../src/isa/instructions.ts';
import { Random } from '../softfloat/random.ts';
import { askLegality, buildLegalityOracle, legalityOracleAvailable, machineLegality } from './legality.ts';

const directory = fileURLToPath(new URL('../../build/test', import.meta.url));
const seed = Number(process.env['CYCLIX_SEED'] ?? randomInt(2 ** 31));
const randomWords = process.env['CYCLIX_FULL'] ? 1_000_000 : 60_000;

const userCsrs = [1, 2, 3, 0xc00, 0xc01, 0xc02];

/** The word with what might run away or what is out of scope replaced. */
function tamed(word: number, random: Random): number {
  switch (word & 0x7f) {
    case 0x6f:
      return 0x13;
    case 0x63:
      return (word & 0x01fff07f) | (4 << 7); // to the next word
    case 0x07:
    case 0x27:
      return [0, 5, 6, 7].includes((word >>> 12) & 7) && ((word >>> 20) & 31) === 8 ? 0x13 : word;
    case 0x73: {
      const csr = random.pick(userCsrs);
      const kind = (word >>> 12) & 7;
      return kind === 0 || kind === 4 ? 0x13 : ((word & 0x000fffff) | (csr << 20)) >>> 0;
    }
  }
  return word;
}

async function expectSameVerdicts(words: Uint32Array): Promise<void> {
  const expected = askLegality(buildLegalityOracle(directory), words);
  const actual = await machineLegality(words);
  expect(expected.length).toBe(words.length);
  const differing: string[] = [];
  words.forEach((word, index) => {
    if (expected[index] !== actual[index])
      differing.push(`${word.toString(16)}: ${expected[index] ? 'legal' : 'illegal'} to QEMU`);
  });
  expect(differing).toEqual([]);
}

describe.skipIf(!legalityOracleAvailable)('legal encodings', () => {
  it('are the same 16-bit ones as QEMU’s', { timeout: 120_000 }, async () => {
    const halves: number[] = [];
    for (let half = 0; half < 65536; half++) {
      const quadrant = half & 3;
      const isJump = quadrant === 1 && [5, 6, 7].includes(half >> 13);
      if (quadrant !== 3 && !isJump) halves.push(half);
    }
    await expectSameVerdicts(Uint32Array.from(halves));
  });

  it(`are the same 32-bit ones as QEMU’s, seed ${seed}`, { timeout: 300_000 }, async () => {
    const random = new Random(seed);
    const words = new Uint32Array(randomWords);
    for (let i = 0; i < words.length; i++) {
      const row = random.pick(INSTRUCTIONS);
      let word = (row.match | (random.bits() & ~row.mask)) >>> 0;
      for (let flips = random.below(3); flips > 0; flips--) word = (word ^ (1 << (2 + random.below(30)))) >>> 0;
      words[i] = tamed(word, random);
    }
    await expectSameVerdicts(words);
  });
});
