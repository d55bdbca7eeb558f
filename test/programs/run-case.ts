// Runs cases of the table: on the host under qemu-riscv64-static, by the host's own tools, and under Cyclix.

import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCaptured } from '../support/run-captured.ts';
import { files, type ProgramCase } from './cases.ts';

export interface Outcome {
  readonly output: string;
  readonly status: number;
}

const environment = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** The GNU tools' flags for programs/; every program is one translation unit. */
export function assembleWithGnu(source: string, output: string): void {
  const object = `${output}.o`;
  execFileSync('riscv64-linux-gnu-as', [
    '-march=rv64imac_zicsr_zifencei',
    '-mno-relax',
    '-I',
    'programs',
    '-o',
    object,
    source,
  ]);
  execFileSync('riscv64-linux-gnu-ld', ['--no-relax', '-o', output, object]);
}

export function programSources(): string[] {
  return readdirSync('programs')
    .filter((name) => name.endsWith('.s'))
    .map((name) => join('programs', name))
    .sort();
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'cyclix-programs-'));
}

/** A folder with the cases' files, new for every run: cases change it. */
function workingFolder(parent: string): string {
  const folder = join(parent, 'work');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** Both output streams go to one file, so that their order is kept. */
function onHost(
  command: string,
  argv0: string,
  args: readonly string[],
  input: string | undefined,
  scratch: string,
): Outcome {
  const cwd = workingFolder(scratch);
  const log = join(scratch, 'output');
  const descriptor = openSync(log, 'w+');
  const result = spawnSync(command, args, {
    cwd,
    argv0,
    env: environment,
    timeout: 30_000,
    input: input ?? '',
    stdio: ['pipe', descriptor, descriptor],
  });
  closeSync(descriptor);
  return { output: readFileSync(log, 'latin1'), status: result.status ?? 128 };
}

export function byTool(entry: ProgramCase, scratch: string): Outcome {
  const tool = entry.tool ?? entry.program;
  return onHost(tool, tool === 'dash' ? 'sh' : tool, entry.args, entry.input, scratch);
}

export function underQemu(entry: ProgramCase, programs: string, scratch: string): Outcome {
  const args = ['-0', entry.program, join(programs, entry.program), ...entry.args];
  return onHost('qemu-riscv64-static', 'qemu-riscv64-static', args, entry.input, scratch);
}

export async function underCyclix(entry: ProgramCase): Promise<Outcome> {
  const installed = Object.entries(files).map(
    ([name, text]) => [`/scratch/${name}`, { bytes: Buffer.from(text) }] as const,
  );
  const { output, status } = await runCaptured({
    name: entry.program,
    args: entry.args,
    cwd: '/scratch',
    input: entry.input ?? '',
    files: Object.fromEntries(installed),
  });
  return { output, status };
}

/** What the case must give: its own expectation, or the host tool's answer. */
export function expectation(entry: ProgramCase, scratch: string): Outcome {
  if (entry.expected !== undefined) return { output: entry.expected, status: entry.status ?? 0 };
  return byTool(entry, scratch);
}

export function hasTool(name: string, text: string): boolean {
  const result = spawnSync(name, ['--version'], { encoding: 'utf8' });
  return result.status === 0 && result.stdout.includes(text);
}

export const hasDash = spawnSync('dash', ['-c', ':']).status === 0;
