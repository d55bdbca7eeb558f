// Another version of Node gives the same cycles. CYCLIX_OTHER_NODE names its executable (the gate installs the newest from npm);
// the test runs the built commands, so it needs `npm run build`, which `npm test` has done.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const other = process.env['CYCLIX_OTHER_NODE'] ?? '';
const main = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

function counters(node: string, args: readonly string[]): string {
  const { stderr, status } = spawnSync(node, [main, 'perf', 'stat', '-j', ...args], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  expect(status).toBe(0);
  return stderr;
}

describe.skipIf(!existsSync(other) || !existsSync(main))('another Node', () => {
  for (const program of [
    ['programs/lat_ctx.s', '4'],
    ['programs/sieve.s'],
    ['programs/sh.s', '-c', 'ls -la / | sort | head -n 3; forkls'],
  ]) {
    test(`${program.join(' ')}: every counter is the same`, { timeout: 300_000 }, () => {
      expect(execFileSync(other, ['--version'], { encoding: 'utf8' })).not.toBe(`${process.version}\n`);
      const here = counters(process.execPath, program);
      expect(here).toContain('"event":"cycles');
      expect(counters(other, program)).toBe(here);
    });
  }
});
