// Random programs of RV64GC on QEMU and on the machine: the same registers after every block, the same memory after every
// round. Seeds are fresh and printed; CYCLIX_SEED repeats a run. The long run (100,000,000 instructions):
//   npm run lockstep -- --instructions 100000000

import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { executions, runLockstep } from './lockstep.ts';
import { generateBatch } from './program.ts';
import { qemuAvailable } from './qemu.ts';

const directory = fileURLToPath(new URL('../../build/test', import.meta.url));
const seed = Number(process.env['CYCLIX_SEED'] ?? randomInt(2 ** 31));

describe('generator of random programs', () => {
  it('makes the same bytes from the same seed', () => {
    const options = { seed, programs: 2, blocks: 3, instructionsPerBlock: 50, rounds: 2, selfModifying: true };
    expect(generateBatch(options).elf).toEqual(generateBatch(options).elf);
    expect(generateBatch({ ...options, seed: seed + 1 }).elf).not.toEqual(generateBatch(options).elf);
  });
});

describe.skipIf(!qemuAvailable)('lockstep with QEMU', () => {
  it(`agrees on 2,000 random programs of 1,000 instructions, seed ${seed}`, { timeout: 300_000 }, async () => {
    for (let part = 0; part < 4; part++) {
      const options = { programs: 500, blocks: 10, instructionsPerBlock: 100, rounds: 1, selfModifying: true };
      const { difference } = await runLockstep({ ...options, seed: seed + part }, directory, executions[part % 4]!);
      expect(difference).toBeUndefined();
    }
  });

  it(`agrees on 5,000,000 instructions of fewer programs, many rounds each, seed ${seed}`, {
    timeout: 300_000,
  }, async () => {
    let executed = 0;
    for (let part = 0; executed < 5_000_000; part++) {
      const options = { programs: 20, blocks: 10, instructionsPerBlock: 100, rounds: 15, selfModifying: true };
      const batch = { ...options, seed: seed + 1000 + part };
      const { generated, difference } = await runLockstep(batch, directory, executions[part % 4]!);
      expect(difference).toBeUndefined();
      executed += generated;
    }
  });
});
