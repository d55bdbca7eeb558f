// The same static C program under QEMU on the host's Linux and under Cyclix: same output, same status. One vitest case each.

import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { hasCompiler, hasQemu } from '../support/oracles.ts';
import { runCaptured } from '../support/run-captured.ts';
import { differences } from './differences.ts';

const directory = join(import.meta.dirname, 'cases');
const families = readdirSync(directory)
  .filter((name) => name.endsWith('.c'))
  .map((name) => basename(name, '.c'))
  .sort();
const scratch = mkdtempSync(join(tmpdir(), 'cyclix-conformance-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Sub-programs that a case executes itself do nothing without its environment; they are cases of their own too. */
function build(family: string): string {
  const output = join(scratch, family);
  if (!existsSync(output)) {
    execFileSync('riscv64-linux-gnu-gcc', [
      '-O1',
      '-w',
      '-static',
      '-pthread',
      '-o',
      output,
      join(directory, '..', 'main.c'),
      join(directory, `${family}.c`),
    ]);
  }
  return output;
}

/** Output goes to a file, as under Cyclix it goes to a device: a pipe or socket would answer socket calls itself. */
function underQemu(program: string, family: string, name: string): { output: string; status: number } {
  const cwd = join(scratch, 'work');
  rmSync(cwd, { recursive: true, force: true });
  mkdirSync(cwd);
  const log = join(scratch, 'output');
  const descriptor = openSync(log, 'w+');
  const emulator = execFileSync('which', ['qemu-riscv64-static'], { encoding: 'utf8' }).trim();
  const result = spawnSync(emulator, ['-0', family, program, name], {
    cwd,
    env: { PATH: '/bin:/usr/bin', EMULATOR: emulator, SELF: program },
    timeout: 30_000,
    stdio: ['ignore', descriptor, descriptor],
  });
  closeSync(descriptor);
  return { output: readFileSync(log, 'latin1'), status: result.status ?? 128 };
}

describe.skipIf(!hasQemu || !hasCompiler)('C programs behave as on Linux', () => {
  for (const family of families) {
    const program = hasQemu && hasCompiler ? build(family) : '';
    const names =
      program === '' ? [] : execFileSync('qemu-riscv64-static', [program], { encoding: 'utf8' }).trim().split('\n');
    const image = program === '' ? new Uint8Array() : readFileSync(program);
    describe(family, () => {
      for (const name of names) {
        const difference = differences[`${family}/${name}`];
        test(name, { timeout: 120_000 }, async () => {
          const wanted = underQemu(program, family, name);
          const got = await runCaptured({ image, name: family, args: [name], cwd: '/work' });
          const expected = difference === undefined ? wanted.output : difference.adapt(wanted.output);
          expect({ output: got.output, status: got.status }).toEqual({ output: expected, status: wanted.status });
        });
      }
    });
  }
});
