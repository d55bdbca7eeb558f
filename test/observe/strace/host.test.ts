// The same programs under the host's strace and under Cyclix: the same lines.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { machineIsBuilt } from '../../kernel/guest.ts';
import { hasCompiler } from '../../support/oracles.ts';
import { byProcess, fromBegin, normalizeLine } from './normalize.ts';
import { compileFor, guestTrace, hasHostCompiler, hasStrace, hostTrace } from './trace.ts';

describe.skipIf(!(machineIsBuilt && hasStrace && hasCompiler && hasHostCompiler))("the host's strace", () => {
  let folder = '';
  const images = new Map<string, Uint8Array>();

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cyclix-strace-'));
    for (const name of ['calls', 'follow']) {
      compileFor('gcc', `test/observe/strace/${name}.c`, join(folder, name));
      compileFor('riscv64-linux-gnu-gcc', `test/observe/strace/${name}.c`, join(folder, `${name}.riscv64`));
      images.set(name, readFileSync(join(folder, `${name}.riscv64`)));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const group of ['files', 'memory', 'times', 'sockets', 'polling', 'signals', 'futexes', 'processes', 'others']) {
    test(`${group}: line by line`, async () => {
      const host = fromBegin(hostTrace(join(folder, 'calls'), [group], []));
      const { trace } = await guestTrace(['calls', group], {}, images.get('calls')!);
      expect(fromBegin(trace).map(normalizeLine)).toEqual(host.map(normalizeLine));
      expect(host.length).toBeGreaterThan(5);
    });
  }

  test('results stand in the same column', async () => {
    const long = (line: string) => line.indexOf(' = ');
    const plain = (lines: string[]) => lines.filter((line) => /^(write|lseek|fcntl|dup)\(/.test(line));
    for (const flags of [[], ['-a', '60']]) {
      const host = plain(fromBegin(hostTrace(join(folder, 'calls'), ['files'], flags)));
      const column = flags.length === 0 ? {} : { column: 60 };
      const { trace } = await guestTrace(['calls', 'files'], column, images.get('calls')!);
      expect(plain(fromBegin(trace)).map(long)).toEqual(host.map(long));
    }
  });

  test('-f: each process has the same calls, cut or not', async () => {
    const host = hostTrace(join(folder, 'follow'), [], ['-f']);
    const guest = await guestTrace(['follow'], { follow: true }, images.get('follow')!);
    expect(guest.trace).toContain('<unfinished ...>');
    expect(guest.trace).toContain(' resumed>');
    expect(guest.notes).toMatch(/^strace: Process \d+ attached\nstrace: Process \d+ attached\n$/);
    // Whether a child dies before or after its parent waits is the host's own matter.
    const calls = (trace: string) => byProcess(fromBegin(trace)).map((lines) => lines.sort());
    expect(calls(guest.trace)).toEqual(calls(host));
  });

  test('without -f only the first process is traced', async () => {
    const host = hostTrace(join(folder, 'follow'), [], []);
    const guest = await guestTrace(['follow'], {}, images.get('follow')!);
    expect(guest.notes).toBe('');
    const sorted = (trace: string) => fromBegin(trace).map(normalizeLine).sort();
    expect(sorted(guest.trace)).toEqual(sorted(host));
  });

  test('-e trace=… keeps the calls, the signals and the end', async () => {
    const host = hostTrace(join(folder, 'calls'), ['signals'], ['-e', 'trace=kill,tgkill']);
    const wanted = new Set(['kill', 'tgkill']);
    const { trace } = await guestTrace(
      ['calls', 'signals'],
      { filter: (name) => wanted.has(name) },
      images.get('calls')!,
    );
    const lines = (text: string) => text.split('\n').map(normalizeLine);
    expect(lines(trace)).toEqual(lines(host));
  });

  test('-c: the same table with the same counts', async () => {
    const names = ['dup', 'dup3', 'lseek', 'pread64', 'pipe2', 'unlinkat'];
    const host = hostTrace(join(folder, 'calls'), ['files'], ['-c', '-e', `trace=${names.join(',')}`]);
    const { trace } = await guestTrace(
      ['calls', 'files'],
      { summary: 'only', filter: (name) => names.includes(name) },
      images.get('calls')!,
    );
    // Times differ, and so does the order, which is theirs.
    const shape = (text: string) =>
      text
        .split('\n')
        .map((line) => (/^[ \d]/.test(line) ? line.slice(31) : line))
        .sort();
    expect(shape(trace)).toEqual(shape(host));
  });

  test.each([
    ['-T', { times: true }],
    ['-t', { stamp: 'seconds' }],
    ['-tt', { stamp: 'microseconds' }],
    ['-r', { stamp: 'relative' }],
    ['-s8', { stringLimit: 8 }],
  ] as const)('%s: the same form', async (flag, options) => {
    const host = hostTrace(join(folder, 'calls'), ['files'], [flag]);
    const { trace } = await guestTrace(['calls', 'files'], options, images.get('calls')!);
    const writes = (text: string) =>
      text
        .split('\n')
        .filter((line) => line.includes('write('))
        .map((line) => normalizeLine(line).replace(/\d+[.:][\d:.]+/g, (digits) => digits.replace(/\d/g, '9')));
    expect(writes(trace)).toEqual(writes(host));
  });
});
