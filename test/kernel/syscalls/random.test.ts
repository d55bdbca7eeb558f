// Whatever a program puts into its registers, a handler returns: a value, an errno, or it puts the task to sleep or away. The
// whole system on the real machine is fuzzed by test/fuzz; this covers the families without files much faster.

import { expect, test } from 'vitest';
import { futexSyscalls } from '../../../src/kernel/syscalls/futex.ts';
import { identitySyscalls } from '../../../src/kernel/syscalls/identity.ts';
import { jobControlSyscalls } from '../../../src/kernel/syscalls/job-control.ts';
import { limitSyscalls } from '../../../src/kernel/syscalls/limits.ts';
import { otherProcessSyscalls } from '../../../src/kernel/syscalls/other-processes.ts';
import { prctlSyscalls } from '../../../src/kernel/syscalls/prctl.ts';
import { processSyscalls } from '../../../src/kernel/syscalls/process.ts';
import { schedulingSyscalls } from '../../../src/kernel/syscalls/scheduling.ts';
import { signalSyscalls } from '../../../src/kernel/syscalls/signal.ts';
import { systemSyscalls } from '../../../src/kernel/syscalls/system.ts';
import { timeSyscalls } from '../../../src/kernel/syscalls/time.ts';
import { timerSyscalls } from '../../../src/kernel/syscalls/timers.ts';
import { waitSyscalls } from '../../../src/kernel/syscalls/wait.ts';
import { type Random, seededRandom } from '../../random.ts';
import { Harness, MEMORY, STACK } from '../process/harness.ts';

/** Families that live on tasks, time and memory alone; without exec and pidfds, which need a file system, and reboot. */
const numbers = [
  ...processSyscalls,
  ...waitSyscalls,
  ...jobControlSyscalls,
  ...limitSyscalls,
  ...prctlSyscalls,
  ...otherProcessSyscalls,
  ...signalSyscalls,
  ...timeSyscalls,
  ...timerSyscalls,
  ...schedulingSyscalls,
  ...identitySyscalls,
  ...futexSyscalls,
  ...systemSyscalls,
]
  .map((row) => row.number)
  .filter((number) => ![142, 221, 281, 434].includes(number));

function interestingValue(random: Random): number {
  switch (random.below(12)) {
    case 0:
      return 0;
    case 1:
      return -1;
    case 2:
      return random.below(64);
    case 3:
      return -random.below(64);
    case 4:
      return MEMORY + 8 * random.below(0x1ff0);
    case 5:
      return MEMORY + random.below(0x10000);
    case 6:
      return MEMORY + 0x10000 - random.below(64);
    case 7:
      return 2 ** random.below(53);
    case 8:
      return -(2 ** random.below(53));
    case 9:
      return 0x7fff_ffff + random.below(3);
    case 10:
      return random.below(2 ** 31) * 2 ** 22 + random.below(2 ** 22);
    default:
      return STACK;
  }
}

test('20,000 random calls never throw and never return a number that is no result', () => {
  const random = seededRandom('random system calls');
  const { seed } = random;
  let harness = new Harness(64, 16);
  const before = new Map<number, number>();
  for (let count = 0; count < 20_000; count++) {
    const { kernel } = harness;
    let current = kernel.scheduler.current;
    if (current === null || current.state !== 'running') {
      for (let tries = 0; tries < 50 && (current = harness.resume()) === null; tries++) harness.pass(1_000_000_000);
      if (current === null) {
        harness = new Harness(64, 16);
        continue;
      }
    }
    if (current.pid === 1) throw new Error('the reaper runs');
    // Memory full of numbers that mean something as structures.
    if (count % 7 === 0) current.memory!.writeLong(MEMORY + 8 * random.below(0x1ff0), interestingValue(random));
    const number = numbers[random.below(numbers.length)]!;
    const args = Array.from({ length: 6 }, () => interestingValue(random));
    let result: number | null;
    try {
      result = harness.call(number, ...args);
    } catch (error) {
      throw new Error(`seed ${seed}, call ${count}: ${number}(${args.join(', ')})`, { cause: error });
    }
    if (result !== null && !Number.isSafeInteger(result)) throw new Error(`${number} returned ${result}`);
    if (result !== null && result < -4095 && number !== 139) throw new Error(`${number} returned ${result}`);
    before.set(number, (before.get(number) ?? 0) + 1);
    harness.resume();
    if (count % 50 === 0) harness.pass(5_000_000);
  }
  expect(before.size).toBe(numbers.length);
});
