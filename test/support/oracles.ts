// Which oracles this machine has. A suite without its oracle is skipped and says so.

import { spawnSync } from 'node:child_process';

function runs(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

export const hasQemu = runs('qemu-riscv64-static', '--version');
export const hasCompiler = runs('riscv64-linux-gnu-gcc', '--version');
export const hasBinutils = runs('riscv64-linux-gnu-as', '--version');
