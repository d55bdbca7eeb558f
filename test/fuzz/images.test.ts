// 10,000 corrupted ELF images and random source texts (CYCLIX_FULL=1; a part by default): an errno, a signal or diagnostics,
// never an exception in the host and never a run without end.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { assembleExecutable } from '../../src/assembler/assemble.ts';
import { assembleFiles } from '../../src/cli/assemble-files.ts';
import { System } from '../../src/system/system.ts';

const total = process.env['CYCLIX_FULL'] === '1' ? 10_000 : 1_500;
const seed = Number(process.env['CYCLIX_SEED'] ?? Date.now() % 1_000_000);
const programs = join(import.meta.dirname, '../../programs');

/** xorshift32. */
function generator(start: number): (limit: number) => number {
  let state = start * 2654435761 + 1 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

describe('corrupted input', () => {
  test(`${total} corrupted ELF images (seed ${seed})`, { timeout: 600_000 }, async () => {
    console.log(`corrupted images: CYCLIX_SEED=${seed}`);
    const random = generator(seed);
    const original = assembleFiles([join(programs, 'echo.s')]);
    let executed = 0;
    let refused = 0;
    let system: System | null = null;
    for (let i = 0; i < total; i++) {
      // A fresh system now and then: each keeps what the programs before did.
      if (system === null || i % 100 === 0) {
        system = await System.create({
          preset: 'ideal',
          memoryBytes: 64 * 2 ** 20,
          host: { bootTime: 0, read: () => null, write: () => {} },
        });
      }
      const image = original.slice(0, random(8) === 0 ? random(original.length) : original.length);
      const edits = 1 + random(6);
      for (let edit = 0; edit < edits && image.length > 0; edit++)
        image[random(random(2) === 0 ? Math.min(image.length, 400) : image.length)] = random(256);
      system.kernel.vfs.install(`/bin/broken${i}`, image, 0o755);
      const task = system.kernel.start(`/bin/broken${i}`, ['broken', 'x'], ['A=b']);
      if (typeof task === 'number') {
        expect(task).toBeLessThan(0);
        refused += 1;
        continue;
      }
      executed += 1;
      const outcome = system.kernel.run({ untilCycle: system.machine.cycle + 300_000 });
      if (outcome.reason === 'panic') throw new Error(`image ${i}: ${outcome.message}`);
      if (outcome.reason !== 'exited') system = null; // it loops or sleeps: leave that machine behind
    }
    console.log(`corrupted images: ${executed} executed, ${refused} refused`);
  });

  test(`${total} mutated sources (seed ${seed})`, { timeout: 600_000 }, () => {
    const random = generator(seed + 1);
    const text = ['echo.s', 'ls.s', 'lib/start.s', 'lib/stdio.s']
      .map((name) => readFileSync(join(programs, name), 'utf8'))
      .join('\n')
      .split('\n');
    const pieces = [
      '.macro',
      '.endm',
      '.rept 9',
      '.endr',
      '.if 1',
      '.else',
      '.endif',
      '(',
      ')',
      '"',
      "'",
      ',',
      '%hi(',
      '1b',
      '1f',
      '\\()',
      '.align 40',
      '.zero -1',
      '.space 99999999999',
      '0x',
      'li a0,',
      'x99',
      ':',
      '=',
      '.include "x"',
      '.equ a, b',
      '.set b, a',
      '\u0000',
      '\u20ac',
    ];
    let accepted = 0;
    for (let i = 0; i < total; i++) {
      const start = random(text.length - 30);
      const lines = text.slice(start, start + 5 + random(25));
      for (let edit = 0; edit < 1 + random(4); edit++) {
        const at = random(lines.length);
        const line = lines[at]!;
        const column = random(line.length + 1);
        const piece = random(2) === 0 ? pieces[random(pieces.length)]! : String.fromCharCode(random(128));
        lines[at] =
          random(3) === 0
            ? line.slice(0, column)
            : line.slice(0, column) +
              piece +
              line.slice(random(2) === 0 ? column : Math.min(line.length, column + random(5)));
      }
      const result = assembleExecutable([{ name: 'fuzz.s', text: lines.join('\n') }], {});
      if (result.ok) accepted += 1;
      else {
        expect(result.diagnostics.length).toBeGreaterThan(0);
        for (const diagnostic of result.diagnostics) expect(diagnostic.line).toBeGreaterThanOrEqual(0);
      }
    }
    console.log(`mutated sources: ${accepted} accepted, ${total - accepted} with diagnostics`);
  });
});
