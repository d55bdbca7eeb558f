// The programs of programs/ against the host's own tools: assembled by GNU as and run by QEMU, and assembled by our assembler and
// run by Cyclix. Both run the same table of cases.

import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBinutils, hasQemu } from '../support/oracles.ts';
import { cases } from './cases.ts';
import {
  assembleWithGnu,
  expectation,
  hasDash,
  hasTool,
  programSources,
  temporaryFolder,
  underCyclix,
  underQemu,
} from './run-case.ts';

const scratch = temporaryFolder();
const programs = join(scratch, 'bin');
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

// Their messages and layouts change from version to version: these are the ones the programs follow.
const hasTools = hasTool('ls', 'GNU coreutils) 9.1') && hasTool('grep', 'GNU grep) 3.8') && hasDash;
// ls -l of the host's files shows owners by name: ours knows root's alone.
const isRoot = process.getuid?.() === 0;
const runnable = cases.filter(
  ({ expected, only }) => expected !== undefined || (hasTools && (only !== 'host' || isRoot)),
);

if (!hasTools) console.log('left out: comparisons of the programs with GNU coreutils 9.1, GNU grep 3.8 and dash');

describe.skipIf(!hasBinutils || !hasQemu)('under QEMU', () => {
  beforeAll(() => {
    mkdirSync(programs);
    for (const source of programSources()) assembleWithGnu(source, join(programs, basename(source, '.s')));
  });

  test.each(runnable)('$name', (entry) => {
    const wanted = expectation(entry, scratch);
    expect(underQemu(entry, programs, scratch)).toEqual(wanted);
  });
});

describe('under Cyclix', () => {
  test.each(runnable.filter(({ only }) => only !== 'host'))('$name', async (entry) => {
    const wanted = expectation(entry, scratch);
    expect(await underCyclix(entry)).toEqual(wanted);
  });
});
