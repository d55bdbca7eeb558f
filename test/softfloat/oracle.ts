// The oracle: a RISC-V program, generated from the operation list, that executes each case's instruction under
// qemu-riscv64-static with the case's fcsr and answers with the destination register and fflags.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Operation, operations } from './operations.ts';

const compiler = 'riscv64-linux-gnu-gcc';
const emulator = 'qemu-riscv64-static';

function runs(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

export const oracleAvailable = runs(compiler) && runs(emulator);

function instruction({ mnemonic, operands, source, result, rounds }: Operation): string {
  const destination = result === 'integer' ? '%0' : 'ft3';
  const sources = source === 'integer' ? ['%1'] : ['ft0', 'ft1', 'ft2'].slice(0, operands);
  const text = `${mnemonic} ${[destination, ...sources].join(', ')}${rounds ? ', dyn' : ''}`;
  const loads = source === 'integer' ? [] : ['fmv.d.x ft0, %1', 'fmv.d.x ft1, %2', 'fmv.d.x ft2, %3'];
  const store = result === 'integer' ? [] : ['fmv.x.d %0, ft3'];
  return [...loads, 'fscsr %4', text, ...store].join('\\n');
}

function program(): string {
  const cases = operations.map(
    (operation, number) =>
      `    case ${number}: asm volatile("${instruction(operation)}" : "=&r"(value) : "r"(in[i].a), "r"(in[i].b), "r"(in[i].c), "r"((unsigned long)in[i].fcsr) : "ft0", "ft1", "ft2", "ft3"); break;`,
  );
  return `#include <stdint.h>
#include <unistd.h>
struct in { uint32_t operation, fcsr; uint64_t a, b, c; } in[4096];
struct out { uint64_t value, flags; } out[4096];
static size_t fill(void) {
  size_t have = 0;
  while (have < sizeof in) {
    ssize_t n = read(0, (char *)in + have, sizeof in - have);
    if (n <= 0) break;
    have += n;
  }
  return have / sizeof in[0];
}
int main(void) {
  for (size_t count; (count = fill());) {
    for (size_t i = 0; i < count; i++) {
      uint64_t value = 0, flags;
      switch (in[i].operation) {
${cases.join('\n')}
      default: return 3;
      }
      asm volatile("frflags %0" : "=r"(flags));
      out[i].value = value;
      out[i].flags = flags;
    }
    size_t bytes = count * sizeof out[0];
    for (size_t done = 0; done < bytes;) {
      ssize_t n = write(1, (char *)out + done, bytes - done);
      if (n <= 0) return 4;
      done += n;
    }
  }
  return 0;
}
`;
}

/** Builds the program in `directory`; returns the path of the static ELF. */
export function buildOracle(directory: string): string {
  mkdirSync(directory, { recursive: true });
  const source = join(directory, 'softfloat-oracle.c');
  const output = join(directory, 'softfloat-oracle');
  writeFileSync(source, program());
  const { status, stderr } = spawnSync(compiler, ['-static', '-O2', '-o', output, source], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cannot build the oracle: ${stderr}`);
  return output;
}

/** Results (16 bytes each: value, fflags) of the cases (32 bytes each). */
export function askOracle(program: string, cases: Uint8Array): Uint8Array {
  const result = spawnSync(emulator, [program], { input: cases, maxBuffer: cases.length });
  if (result.status !== 0) throw new Error(`${emulator} ended with status ${result.status}: ${result.stderr}`);
  return result.stdout;
}
