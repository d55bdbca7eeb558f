// The debug target (assertions, no optimisation) and the release build are the same machine, to the cycle.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runMixture } from './mixture.ts';

it('the debug build takes the same cycles', async () => {
  const work = mkdtempSync(join(tmpdir(), 'cyclix-debug-'));
  try {
    const output = join(work, 'machine.wasm');
    const compiler = 'node_modules/assemblyscript/bin/asc.js';
    const args = [
      compiler,
      '--config',
      'asconfig.json',
      '--target',
      'debug',
      '--outFile',
      output,
      '--sourceMap',
      'false',
    ];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const wasm = await WebAssembly.compile(readFileSync(output));
    for (const preset of ['rocket', 'ideal'])
      expect(await runMixture({ preset, wasm })).toEqual(await runMixture({ preset }));
  } finally {
    rmSync(work, { recursive: true });
  }
}, 120_000);
