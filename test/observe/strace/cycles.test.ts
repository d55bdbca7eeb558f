// Watching changes nothing: the same cycles, counters and output with a tracer and without, however the run is cut.

import { describe, expect, test } from 'vitest';
import { machineIsBuilt } from '../../kernel/guest.ts';
import { observed } from '../observed.ts';
import { guestTrace } from './trace.ts';

const programs: readonly (readonly string[])[] = [
  ['ls', '-la', '/bin'],
  ['forkls'],
  ['sh', '-c', 'ls /bin | sort | wc -l; sleep 1; segfault; cat /proc/self/status'],
];

describe.skipIf(!machineIsBuilt)('strace', () => {
  test.each(programs.map((argv) => [argv.join(' '), argv] as const))('%s', async (_name, argv) => {
    const plain = await observed(argv, () => null);
    for (const options of [{}, { follow: true, times: true }, { summary: 'only' }] as const) {
      const traced = await guestTrace(argv, options);
      expect(traced.cycles).toBe(plain.cycles);
      expect(traced.output).toBe(plain.output);
    }
  });
});

describe.skipIf(!machineIsBuilt)('looking at an idle machine', () => {
  test('a run that is cut by the clock, asleep or not, executes the same', async () => {
    const argv = ['sleep', '0.05'];
    const whole = await observed(argv, () => null);
    for (const step of [99_991, 1_000_000]) {
      const { system } = await observed(argv, ({ kernel, machine }) => {
        let outcome = kernel.run({ untilCycle: machine.cycle + step });
        while (outcome.reason === 'cycles') outcome = kernel.run({ untilCycle: machine.cycle + step });
        return outcome;
      });
      expect(system.machine.counters.read()).toEqual(whole.system.machine.counters.read());
      expect(system.machine.cycle).toBe(whole.cycles);
    }
  });
});
