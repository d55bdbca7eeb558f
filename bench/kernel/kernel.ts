// `npm run bench:kernel`: what kernel operations cost in instructions, on Linux 6.12 riscv64 and here. Builds
// bench/calibration/kcost.c for Cyclix, runs it on the preset rocket, and prints both figures and the error of each row.
//   --json      machine-readable      --check     exit 1 when the errors are above the limits in limits.json
//   --preset P  another machine (instructions do not change, cycles do)

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Host } from '../../src/kernel/kernel.ts';
import { defaultBootTime, System } from '../../src/system/system.ts';

interface Row {
  readonly operation: string;
  readonly linux: number;
  readonly cyclix: number;
  readonly cycles: number;
  readonly error: number;
}

const directory = join(import.meta.dirname, '..', 'calibration');

function build(): Uint8Array {
  const source = join(directory, 'kcost.c');
  const output = join('build', 'bench', 'kcost');
  mkdirSync(join('build', 'bench'), { recursive: true });
  if (!existsSync(output) || statSync(output).mtimeMs < statSync(source).mtimeMs) {
    execFileSync('riscv64-linux-gnu-gcc', ['-O2', '-static', '-pthread', '-DCYCLIX', '-w', '-o', output, source], {
      stdio: 'inherit',
    });
  }
  return readFileSync(output);
}

function linuxFigures(): Map<string, number> {
  const lines = readFileSync(join(directory, 'linux-6.12-riscv64-instructions.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  return new Map(lines.map((line) => [line.split(',')[0]!, Number(line.split(',')[1])]));
}

export async function runKcost(
  preset: string,
  onLine?: (line: string) => void,
): Promise<{ operation: string; instructions: number; cycles: number }[]> {
  let pending = '';
  const found: { operation: string; instructions: number; cycles: number }[] = [];
  const host: Host = {
    bootTime: defaultBootTime,
    read: () => null,
    write: (_stream, bytes) => {
      pending += Buffer.from(bytes).toString('latin1');
      const lines = pending.split('\n');
      pending = lines.pop()!;
      for (const line of lines) {
        onLine?.(line);
        const match = /^KCOST (\S+) ([\d.]+) ([\d.]+)$/.exec(line);
        if (match !== null)
          found.push({ operation: match[1]!, instructions: Number(match[2]), cycles: Number(match[3]) });
      }
    },
  };
  const system = await System.create({
    preset,
    memoryBytes: 512 * 2 ** 20,
    host,
    files: { '/bin/kcost': { bytes: build(), mode: 0o755 } },
  });
  system.start('/bin/kcost', { argv: ['kcost'] });
  const outcome = system.run();
  if (outcome.reason !== 'exited' || outcome.waitStatus !== 0)
    throw new Error(`kcost ended with ${JSON.stringify(outcome)}`);
  return found;
}

async function main(): Promise<void> {
  const flags = new Command('bench:kernel')
    .option('--json', 'machine-readable')
    .option('--check', 'exit 1 above the limits: mean 5 %, any row 12 %')
    .option('--preset <NAME>', 'machine preset', 'rocket')
    .parse()
    .opts<{ json?: boolean; check?: boolean; preset: string }>();
  const linux = linuxFigures();
  const started = performance.now();
  const figures = await runKcost(flags.preset, (line) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  const rows: Row[] = [];
  for (const [operation, count] of linux) {
    const here = figures.find((figure) => figure.operation === operation);
    if (here === undefined) throw new Error(`kcost did not report ${operation}`);
    rows.push({
      operation,
      linux: count,
      cyclix: here.instructions,
      cycles: here.cycles,
      error: here.instructions / count - 1,
    });
  }
  const errors = rows.map((row) => Math.abs(row.error));
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const worst = Math.max(...errors);
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ rows, mean, worst })}\n`);
  else {
    process.stdout.write(
      `${'operation'.padEnd(38)} ${'Linux 6.12'.padStart(11)} ${'Cyclix'.padStart(11)} ${'error'.padStart(8)} ${'cycles'.padStart(12)}\n`,
    );
    for (const { operation, linux: count, cyclix, error, cycles } of rows) {
      process.stdout.write(
        `${operation.padEnd(38)} ${count.toFixed(1).padStart(11)} ${cyclix.toFixed(1).padStart(11)} ${`${(100 * error).toFixed(1)} %`.padStart(8)} ${cycles.toFixed(1).padStart(12)}\n`,
      );
    }
    process.stdout.write(
      `\nmean absolute error ${(100 * mean).toFixed(2)} %, worst ${(100 * worst).toFixed(1)} %, ${rows.length} rows, ${((performance.now() - started) / 1000).toFixed(0)} s\n`,
    );
  }
  if (flags.check === true && (mean > 0.05 || worst > 0.12)) process.exitCode = 1;
}

await main();
