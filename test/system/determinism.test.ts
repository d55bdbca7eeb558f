// What must never change a cycle: repetition, slicing, flushed speed structures, observers (DESIGN sections 3, 4, 7).

import { describe, expect, test } from 'vitest';
import { type CapturedOptions, runCaptured } from '../support/run-captured.ts';

const programs: readonly CapturedOptions[] = [
  { name: 'sh', args: ['-c', 'cat /etc/passwd | grep root | wc; ls -la / > /tmp/x; head -n 2 /tmp/x | cat'] },
  { name: 'forkls' },
  { name: 'lat_ctx', args: ['-n', '20', '3'] },
  { name: 'readiness', args: ['-m', 'lt', '-n', '20', '-i', '3'] },
  { name: 'sieve' },
];

for (const program of programs) {
  const title = [program.name, ...(program.args ?? [])].join(' ');
  describe(title, () => {
    for (const preset of ['rocket', 'ideal']) {
      const run = (
        options: Partial<CapturedOptions> = {},
      ): Promise<{ output: string; cycles: number; instructions: number }> =>
        runCaptured({ ...program, preset, ...options }).then(({ output, cycles, instructions }) => ({
          output,
          cycles,
          instructions,
        }));

      test(`the same cycles on ${preset}, however it is run`, { timeout: 600_000 }, async () => {
        const reference = await run();
        expect(reference.cycles).toBeGreaterThan(1000);
        expect(await run(), 'again').toEqual(reference);
        for (const slice of [1000, 100_000]) expect(await run({ slice }), `slices of ${slice}`).toEqual(reference);
        expect(await run({ slice: 20_000, debug: { flushSpeedTlbs: true } }), 'speed TLBs flushed').toEqual(reference);
        expect(await run({ slice: 20_000, debug: { flushDecoded: true } }), 'decoded pages flushed').toEqual(reference);
        let events = 0;
        expect(await run({ listener: () => void (events += 1) }), 'an observer').toEqual(reference);
        expect(events).toBeGreaterThan(5);
      });
    }
  });
}
