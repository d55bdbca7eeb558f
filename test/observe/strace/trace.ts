// Traces a program on the host with its strace, and on Cyclix.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attachTracer } from '../../../src/observe/strace/attach.ts';
import type { TracerOptions } from '../../../src/observe/strace/tracer.ts';
import { defaultEnvironment } from '../../../src/system/system.ts';
import { observed } from '../observed.ts';

/** strace is there, and may trace. */
export const hasStrace = spawnSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'ignore' }).status === 0;
export const hasHostCompiler = spawnSync('gcc', ['--version'], { stdio: 'ignore' }).status === 0;

export function compileFor(compiler: 'gcc' | 'riscv64-linux-gnu-gcc', source: string, output: string): void {
  const result = spawnSync(compiler, ['-w', '-O1', '-static', '-o', output, source], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(result.stderr);
}

/** The trace that the host's strace writes to its output file. */
export function hostTrace(program: string, args: readonly string[], flags: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'cyclix-strace-'));
  try {
    const output = join(folder, 'trace');
    spawnSync('strace', [...flags, '-o', output, program, ...args], {
      cwd: folder,
      stdio: 'ignore',
      env: { ...process.env, TZ: 'UTC' },
    });
    return readFileSync(output, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const traceToFile: TracerOptions = {
  follow: false,
  summary: 'none',
  times: false,
  stamp: 'none',
  toFile: true,
};

export async function guestTrace(
  argv: readonly string[],
  options: Partial<TracerOptions> = {},
  image?: Uint8Array,
): Promise<{ trace: string; notes: string; cycles: number; output: string }> {
  let trace = '';
  let notes = '';
  const { observer, cycles, output } = await observed(
    argv,
    ({ kernel }, task) =>
      attachTracer(
        kernel,
        { task, path: `/bin/${argv[0]!}`, argv, environmentCount: defaultEnvironment.length },
        { ...traceToFile, ...options },
        (text) => {
          trace += text;
        },
        (text) => {
          notes += text;
        },
      ),
    image === undefined ? {} : { image },
  );
  observer.finish();
  return { trace, notes, cycles, output };
}
