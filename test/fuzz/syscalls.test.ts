// A million random system calls from ring 3 (CYCLIX_FULL=1; a part of them by default): always an errno or a signal, never an
// exception in the host, and the kernel still runs programs afterwards.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { assembleFiles } from '../../src/cli/assemble-files.ts';
import { System } from '../../src/system/system.ts';

const total = process.env['CYCLIX_FULL'] === '1' ? 1_000_000 : 100_000;
const callsARun = 25_000;
const firstSeed = Number(process.env['CYCLIX_SEED'] ?? Date.now() % 1_000_000);

describe('random system calls', () => {
  test(`${total} calls never panic the kernel (seed ${firstSeed})`, { timeout: 1_200_000 }, async () => {
    console.log(`random system calls: CYCLIX_SEED=${firstSeed}`);
    const image = assembleFiles([join(import.meta.dirname, 'random_syscalls.s')]);
    let made = 0;
    let runs = 0;
    for (let seed = firstSeed; made < total; seed += 1, runs += 1) {
      let output = '';
      const system = await System.create({
        preset: 'ideal',
        memoryBytes: 64 * 2 ** 20,
        host: {
          bootTime: 0,
          read: () => null,
          write: (stream, bytes) => void (stream === 1 && (output += Buffer.from(bytes).toString('latin1'))),
        },
        files: { '/bin/random_syscalls': { bytes: image, mode: 0o755 } },
      });
      system.start('/bin/random_syscalls', { argv: ['random_syscalls', String(seed * 7919 + 1), String(callsARun)] });
      const outcome = system.run(20e9);
      if (outcome.reason === 'panic') throw new Error(`seed ${seed}: ${outcome.message}`);
      const counted = /^calls (\d+)$/m.exec(output);
      // A child may have killed the supervisor or made the machine sleep for ever: what was made before still counts.
      made += counted === null ? 1000 : Number(counted[1]);
      expect(runs).toBeLessThan(total / 500);
    }
    console.log(`random system calls: ${made} calls in ${runs} runs`);
  });
});
