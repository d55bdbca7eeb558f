// npm run bench: guest instructions per host second, timing on (preset rocket) and off (ideal), and the ratio to
// qemu-riscv64-static in the same run, where it is installed. The C programs of this folder where the cross compiler is, else
// compute programs of programs/. They run on the bare machine; `calls`, which is nothing but system calls, on the real kernel.
// A ratio is taken from the fastest of a few runs on either side, as the others only show what else the host was doing.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bench } from 'tinybench';
import { assembleFiles } from '../../src/cli/assemble-files.ts';
import { Machine } from '../../src/machine/machine.ts';
import { loadProgram, runProgram } from '../timing/bare-loader.ts';
import { runOnKernel } from './kernel.ts';

const C_PROGRAMS = ['sieve', 'sort', 'crc', 'fib', 'interpreter', 'matmul', 'nbody', 'hash', 'text', 'calls'];
const ASSEMBLY_PROGRAMS = ['sieve', 'qsort', 'crc32', 'fib', 'interp', 'matmul', 'nqueens', 'sha256', 'collatz'];
const FLAGS = '-O2 -march=rv64gc -mabi=lp64d -static -nostdlib -ffreestanding -fno-math-errno -fno-stack-protector';
const KERNEL_PROGRAM = 'calls';
const RUNS = 3;

function runs(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

const hasCompiler = runs('riscv64-linux-gnu-gcc', '--version');
const hasQemu = runs('qemu-riscv64-static', '--version');
const work = mkdtempSync(join(tmpdir(), 'cyclix-speed-'));

function build(name: string): string {
  const output = join(work, name);
  const source = join('bench', 'speed', `${name}.c`);
  const args = [...FLAGS.split(' '), '-fno-tree-loop-distribute-patterns', '-o', output, source];
  const { status, stderr } = spawnSync('riscv64-linux-gnu-gcc', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return output;
}

function assemble(name: string): string {
  const output = join(work, name);
  writeFileSync(output, assembleFiles([join('programs', `${name}.s`)], ['programs', 'programs/lib']), { mode: 0o755 });
  return output;
}

/** Seconds of the fastest of RUNS runs, start of the process included. */
function qemuSeconds(elf: string): { seconds: number; output: string } {
  let seconds = Infinity;
  let output = '';
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    output = spawnSync('qemu-riscv64-static', [elf], { encoding: 'latin1' }).stdout;
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return { seconds, output };
}

interface Figure {
  readonly mips: number;
  readonly instructions: number;
  readonly output: string;
}

async function measure(name: string, elf: Uint8Array, preset: string): Promise<Figure> {
  let instructions = 0;
  let output = '';
  let prepared: (() => { output: string; instructions: number }) | null = null;
  const bench = new Bench({ iterations: RUNS, time: 0, warmup: false });
  bench.add(
    name,
    () => {
      ({ output, instructions } = prepared!());
    },
    {
      beforeEach: async () => {
        if (name === KERNEL_PROGRAM) {
          prepared = await runOnKernel(elf, name, preset);
          return;
        }
        const loaded = loadProgram(await Machine.create({ preset, ramBytes: 64 * 1024 * 1024 }), elf, [name]);
        prepared = () => {
          const result = runProgram(loaded);
          if (result.trap !== null) throw new Error(`${name}: ${result.trap}`);
          return { output: result.output, instructions: loaded.machine.instret };
        };
      },
    },
  );
  await bench.run();
  const result = bench.tasks[0]!.result;
  if (!('latency' in result)) throw new Error(`${name}: ${'error' in result ? String(result.error) : result.state}`);
  return { mips: instructions / (result.latency.min * 1000), instructions, output };
}

const geometricMean = (values: readonly number[]) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

const only = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));
const names = (hasCompiler ? C_PROGRAMS : ASSEMBLY_PROGRAMS).filter((name) => only.length === 0 || only.includes(name));
const ratios = { ideal: [] as number[], rocket: [] as number[] };
console.log('program          instructions   timing off    timing on   QEMU user      off/QEMU  on/QEMU');
for (const name of names) {
  const path = hasCompiler ? build(name) : assemble(name);
  const elf = readFileSync(path);
  const off = await measure(name, elf, 'ideal');
  const on = await measure(name, elf, 'rocket');
  if (off.output !== on.output) throw new Error(`${name}: timing changed the output`);
  let line = `${name.padEnd(14)} ${(off.instructions / 1e6).toFixed(0).padStart(12)} M`;
  line += `${off.mips.toFixed(1).padStart(9)} MIPS${on.mips.toFixed(1).padStart(8)} MIPS`;
  if (hasQemu) {
    const { seconds, output } = qemuSeconds(path);
    if (output !== off.output) throw new Error(`${name}: QEMU prints ${output}, Cyclix ${off.output}`);
    // System calls execute kernel instructions on Cyclix and none in QEMU's user mode: time against time.
    const offRatio = (seconds * off.mips * 1e6) / off.instructions;
    const onRatio = (seconds * on.mips * 1e6) / on.instructions;
    ratios.ideal.push(offRatio);
    ratios.rocket.push(onRatio);
    line += `${(off.instructions / seconds / 1e6).toFixed(0).padStart(7)} MIPS`;
    line += `${offRatio.toFixed(3).padStart(13)}${onRatio.toFixed(3).padStart(9)}`;
  }
  console.log(line);
}
rmSync(work, { recursive: true });
if (hasQemu && ratios.ideal.length > 0) {
  const [off, on] = [geometricMean(ratios.ideal), geometricMean(ratios.rocket)];
  console.log(
    `geometric mean of the ratios to QEMU's user mode: timing off ${off.toFixed(3)}, timing on ${on.toFixed(3)}`,
  );
} else if (!hasQemu) {
  console.log('qemu-riscv64-static is not installed: no ratios');
}
