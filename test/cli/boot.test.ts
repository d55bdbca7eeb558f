// `cyclix boot` on a terminal, as somebody at its keyboard sees it (terminal.py makes the terminal).

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { cyclix, isBuilt, main } from './cyclix.ts';

type Step = { expect: string } | { send: string } | { pause: number } | { signal: number } | { hangup: true };

interface Session {
  readonly output: string;
  readonly status: number | null;
  /** What was waited for in vain. */
  readonly missing: string | null;
  readonly before: { readonly raw: boolean };
  readonly during: { readonly raw: boolean };
  readonly after: object | null;
}

const hasTerminals = spawnSync('python3', ['-c', 'import pty, termios'], { stdio: 'ignore' }).status === 0;

function boot(steps: readonly Step[]): Session {
  const script = fileURLToPath(new URL('terminal.py', import.meta.url));
  const command = [script, JSON.stringify(steps), process.execPath, main, 'boot'];
  const { stdout, stderr } = spawnSync('python3', command, { encoding: 'utf8', timeout: 50_000 });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Session;
}

const prompt: Step = { expect: '$ ' };
/** Long enough for the shell to have started what was typed before. */
const moment: Step = { pause: 1 };

describe.skipIf(!(isBuilt && hasTerminals))('boot on a terminal', () => {
  test('a prompt, a command, exit: the terminal is as it was', () => {
    const { output, status, missing, before, during, after } = boot([
      prompt,
      { send: 'echo $((6*7)) he""llo\r' },
      { expect: 'hello\r\n' },
      prompt,
      { send: 'exit\r' },
    ]);
    expect({ missing, status }).toEqual({ missing: null, status: 0 });
    expect(output).not.toContain('\r\r\n');
    expect(during.raw).toBe(true);
    expect(after).toEqual(before);
  });

  test('^C ends, ^Z stops, jobs knows, ^D is the end of file', () => {
    const { missing, status, before, after } = boot([
      prompt,
      { send: 'sleep 100\r' },
      moment,
      { send: '\x03' },
      { expect: '^C' },
      prompt,
      { send: 'sleep 200\r' },
      moment,
      { send: '\x1a' },
      { expect: 'Stopped' },
      prompt,
      { send: 'jobs\r' },
      { expect: 'sleep 200' },
      prompt,
      { send: 'cat\r' },
      { send: 'abc\r' },
      { expect: 'abc\r\nabc\r\n' },
      { send: '\x04' },
      prompt,
      { send: 'exit\r' },
    ]);
    expect({ missing, status }).toEqual({ missing: null, status: 0 });
    expect(after).toEqual(before);
  });

  test('a program that runs for ever ends with ^C, one that dies leaves the shell', () => {
    const { missing, status } = boot([
      prompt,
      { send: 'spin\r' },
      moment,
      { send: '\x03' },
      prompt,
      { send: 'segfault\r' },
      { expect: 'Segmentation fault' },
      prompt,
      { send: 'echo $?\r' },
      { expect: '139' },
      prompt,
      { send: '\x04' },
    ]);
    expect({ missing, status }).toEqual({ missing: null, status: 0 });
  });

  test('ctrl-A x and signals end the machine and restore the terminal', () => {
    for (const [step, status] of [
      [{ send: '\x01x' }, 0],
      [{ signal: 15 }, 143],
      [{ signal: 1 }, 129],
    ] as const) {
      const session = boot([prompt, step]);
      expect(session.status).toBe(status);
      expect(session.after).toEqual(session.before);
    }
  });

  test('a terminal that goes away ends the process', () => {
    expect(boot([prompt, { hangup: true }]).status).toBe(-1);
    expect(boot([prompt, { send: 'spin\r' }, moment, { hangup: true }]).status).toBe(-1);
  });
});

describe.skipIf(!isBuilt)('boot without a terminal', () => {
  test('reads commands from a pipe and ends with it', () => {
    const { status, stdout } = cyclix(['boot'], { input: 'echo pi""ped\n' });
    expect(status).toBe(0);
    expect(stdout).toContain('piped\r\n');
  });
});
