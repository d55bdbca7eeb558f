// `cyclix experiment` from the command line: the same bytes whatever --jobs, and one line for what it cannot do.
// Runs the built dist/, as worker threads need it.

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { experiments } from '../../src/experiments/registry.ts';

const main = join(import.meta.dirname, '../../dist/cli/main.js');
const run = promisify(execFile);

async function cyclix(...parameters: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await run(process.execPath, [main, 'experiment', ...parameters], { maxBuffer: 2 ** 26 });
    return { status: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

describe.skipIf(!existsSync(main))('the command', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'cyclix-experiment-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test('list names every experiment', async () => {
    const { stdout } = await cyclix('list');
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(experiments.map(({ name }) => name));
  });

  test('the same bytes of JSON, CSV and HTML with one worker, with two, and again', async () => {
    const outputs: string[] = [];
    for (const jobs of ['1', '2', '2']) {
      const [csv, html] = [join(directory, 'table.csv'), join(directory, 'page.html')];
      const { status, stdout } = await cyclix(
        ...['tlb-and-rings', '--quick', '--points', '1', '--json', '--jobs', jobs, '--csv', csv, '--html', html],
      );
      expect(status).toBe(0);
      outputs.push(stdout + readFileSync(csv, 'utf8') + readFileSync(html, 'utf8'));
    }
    expect(outputs[1]).toBe(outputs[0]);
    expect(outputs[2]).toBe(outputs[0]);
    expect(JSON.parse(outputs[0]!.split('\n')[0]!)).toMatchObject({ experiment: 'tlb-and-rings', preset: 'rocket' });
  }, 300_000);

  test.each([
    [['nonsense'], /no experiment 'nonsense': expected one of .*context-switch/],
    [['context-switch', '--set', 'l1d.sizeBytes'], /--set 'l1d\.sizeBytes'/],
    [['context-switch', '--set', 'l9.sizeBytes=1'], /l9/],
    [['context-switch', '--set', 'l1d.sizeBytes=much'], /l1d\.sizeBytes/],
    [['context-switch', '--set', 'l1d.sizeBytes=256'], /l1d half .*l1d\.sizeBytes/],
    [['context-switch', '--preset', 'pentium'], /pentium/],
    [['context-switch', '--preset', '/nonexistent.json'], /\/nonexistent\.json: No such file/],
    [['context-switch', '--points', '0'], /--points/],
    [['context-switch', '--points', 'many'], /--points/],
    [['context-switch', '--jobs', 'x'], /--jobs/],
    [['context-switch', '--jobs', '0'], /--jobs/],
    [['context-switch', '--html', '/nonexistent/page.html'], /\/nonexistent\/page\.html: No such file/],
    [['context-switch', '--csv', '/nonexistent/table.csv'], /\/nonexistent\/table\.csv: No such file/],
    [['context-switch', '--nonsense'], /nonsense/],
    [[], /NAME/],
  ])('%j: one line, status 2', async (parameters, message) => {
    const { status, stdout, stderr } = await cyclix(...parameters);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^cyclix: [^\n]*\n$/);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});
