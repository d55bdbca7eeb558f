import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasCompiler } from '../support/oracles.ts';
import { Guest, machineIsBuilt } from './guest.ts';

/** The cross compiler's C library, in the folder where Debian puts it. */
const libraries = '/usr/riscv64-linux-gnu/lib/';
const names = ['ld-linux-riscv64-lp64d.so.1', 'libc.so.6'];
const available = hasCompiler && names.every((name) => existsSync(libraries + name));

const source = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int counter[3000] = {1};
static int *pointer = &counter[0];
int main(int argc, char **argv) {
  char *p = malloc(1 << 20);
  memset(p, 1, 1 << 20);
  printf("%d %s %d %.3f %s\\n", argc, argv[0], *pointer + p[70000] + counter[2999], 3.14159, getenv("PATH"));
  return 3;
}`;

describe.skipIf(!machineIsBuilt || !available)('a dynamically linked program', () => {
  it.each([false, true])('is loaded with its interpreter and library (random layout: %s)', async (randomizeLayout) => {
    const scratch = mkdtempSync(join(tmpdir(), 'cyclix-'));
    try {
      writeFileSync(join(scratch, 'program.c'), source);
      execFileSync('riscv64-linux-gnu-gcc', ['-O1', '-o', join(scratch, 'program'), join(scratch, 'program.c')]);
      const files: Record<string, Uint8Array> = { '/bin/program': readFileSync(join(scratch, 'program')) };
      for (const name of names) files[`/lib/${name}`] = readFileSync(libraries + name);
      const guest = await Guest.boot({ kernel: { randomizeLayout }, files });
      expect(guest.run('/bin/program')).toBe(3 << 8);
      expect(guest.stdout).toBe('1 /bin/program 2 3.142 /bin\n');
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });

  it('without its interpreter is not there (ENOENT)', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'cyclix-'));
    try {
      writeFileSync(join(scratch, 'program.c'), source);
      execFileSync('riscv64-linux-gnu-gcc', ['-o', join(scratch, 'program'), join(scratch, 'program.c')]);
      const guest = await Guest.boot({ files: { '/bin/program': readFileSync(join(scratch, 'program')) } });
      expect(guest.kernel.start('/bin/program', ['program'], [])).toBe(-2);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
});
