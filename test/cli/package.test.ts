// The package as npm has it: one version, what its interface exports, what it carries.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as cyclix from '../../src/index.ts';

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as Record<
  string,
  unknown
>;

test('results carry the version of package.json', () => {
  expect(cyclix.version).toBe(manifest['version']);
});

test('the interface runs a program', async () => {
  let output = '';
  const host = {
    bootTime: 0,
    read: () => null,
    write: (_stream: 1 | 2, bytes: Uint8Array) => void (output += Buffer.from(bytes).toString()),
  };
  const system = await cyclix.System.create({ host, preset: 'ideal' });
  system.start('/bin/echo', { argv: ['echo', 'from', 'the', 'package'] });
  const outcome = system.run();
  expect(outcome.reason).toBe('exited');
  expect(output).toBe('from the package\n');
});

test('the lock file names no registry', () => {
  expect(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8')).not.toContain('"resolved": "http');
});
