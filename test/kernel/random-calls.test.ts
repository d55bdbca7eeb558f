import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasCompiler } from '../support/oracles.ts';
import { compileProgram, Guest, machineIsBuilt } from './guest.ts';

/** About 440 calls a child: CYCLIX_RANDOM_CHILDREN=2500 makes a million. CYCLIX_SEED repeats a run. */
const children = Number(process.env['CYCLIX_RANDOM_CHILDREN'] ?? 150);
const seed = Number(process.env['CYCLIX_SEED'] ?? Date.now() % 1_000_000_000);

describe.skipIf(!machineIsBuilt || !hasCompiler)('random system calls from ring 3', () => {
  it(`never make the kernel panic or leak (seed ${seed}, ${children} children)`, { timeout: 600_000 }, async () => {
    const guest = await Guest.boot({
      machine: { preset: 'ideal' },
      files: { '/bin/random-calls': compileProgram(join(import.meta.dirname, 'random-calls.c')) },
    });
    const { frames, slabs } = guest.kernel;
    let calls = 0;
    guest.kernel.events.listen((event) => {
      if (event.type === 'syscallEnter') calls += 1;
    });
    expect(guest.run('/bin/random-calls', ['random-calls', String(seed), '2', '2000'])).toBe(0);
    slabs.shrink();
    const before = frames.freeFrames;
    expect(guest.run('/bin/random-calls', ['random-calls', String(seed), String(children), '2000'])).toBe(0);
    expect(calls).toBeGreaterThan(children * 100);
    // Names and files that the calls made in the file systems stay: a frame for a few of them.
    slabs.shrink();
    expect(before - frames.freeFrames).toBeLessThan(200 + children);
  });
});
