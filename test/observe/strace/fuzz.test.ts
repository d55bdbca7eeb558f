// Every row of the system call table prints, whatever its arguments are and whether or not memory can be read.

import { describe, expect, test } from 'vitest';
import type { KernelEvent } from '../../../src/kernel/events.ts';
import { syscallRow, syscallRows } from '../../../src/kernel/syscalls/table.ts';
import type { Peek } from '../../../src/observe/strace/memory.ts';
import { Tracer } from '../../../src/observe/strace/tracer.ts';
import { type Random, seededRandom } from '../../random.ts';
import { traceToFile } from './trace.ts';

const memories: readonly (readonly [string, (random: Random) => Peek])[] = [
  ['unreadable', () => ({ peek: () => null })],
  ['zeros', () => ({ peek: (_at, bytes) => new Uint8Array(bytes) })],
  ['ones', () => ({ peek: (_at, bytes) => new Uint8Array(bytes).fill(0xff) })],
  ['noise', (random) => ({ peek: (_at, bytes) => noise(random, bytes) })],
  [
    'small numbers',
    (random) => ({ peek: (_at, bytes) => noise(random, bytes).map((byte, i) => (i % 8 === 0 ? byte % 20 : 0)) }),
  ],
  ['now and then', (random) => ({ peek: (_at, bytes) => (random.below(2) === 0 ? null : noise(random, bytes)) })],
];

function noise(random: Random, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, () => random.below(256));
}

/** Numbers as programs pass them, rightly or wrongly. */
function argument(random: Random): number {
  switch (random.below(8)) {
    case 0:
      return 0;
    case 1:
      return -1;
    case 2:
      return random.below(64);
    case 3:
      return -random.below(4096);
    case 4:
      return 2 ** random.below(53);
    case 5:
      return -(2 ** random.below(63));
    case 6:
      return 0x3f_ffff_f000 - 8 * random.below(1000);
    default:
      return random.below(2 ** 31);
  }
}

describe.each(memories)('memory: %s', (_name, memoryOf) => {
  test('every call prints one line', () => {
    const random = seededRandom('strace arguments');
    let text = '';
    const peek = memoryOf(random);
    const tracer = new Tracer(
      traceToFile,
      {
        clockHz: 1e9,
        environmentCount: 0,
        environmentAddress: 0,
        row: syscallRow,
        memoryOf: () => peek,
        stackPointerOf: () => 0x3f_ffff_0000,
      },
      (piece) => {
        text += piece;
      },
    );
    tracer.attach(2);
    let cycle = 0;
    for (const { number, name } of [...syscallRows, { number: 9999, name: 'syscall_0x270f' }]) {
      for (let i = 0; i < 15; i++) {
        const args = Array.from({ length: 6 }, () => argument(random));
        const base = { hart: 0, task: 2, number, args } as const;
        const result = random.below(3) === 0 ? -1 - random.below(600) : argument(random);
        const events: KernelEvent[] = [
          { ...base, type: 'syscallEnter', cycle: cycle++ },
          { ...base, type: 'syscallExit', cycle: cycle++, result, restarted: result <= -512 && result >= -516 },
        ];
        text = '';
        for (const event of events) tracer.listener(event);
        tracer.listener({
          type: 'signal',
          cycle,
          hart: 0,
          task: 2,
          signal: 10,
          code: 0,
          stage: 'delivered',
          info: { signal: 10, code: 0 },
        });
        const lines = text.split('\n');
        expect(lines.length, `${name}: ${text}`).toBe(3);
        expect(lines[0]!.startsWith(`${name}(`), lines[0]).toBe(true);
        expect(lines[0]!, name).toMatch(/\) += (\?|-?\d|0x|NULL)/);
        expect(lines[0]!, name).not.toMatch(/undefined|NaN|\[object/);
        // Three paths (mount) of PATH_MAX bytes, each an octal escape, are the most.
        expect(lines[0]!.length, name).toBeLessThan(3 * 4 * 4096 + 1000);
      }
    }
  });
});
