// Running a static RISC-V executable under qemu-riscv64-static.

import { spawnSync } from 'node:child_process';

const emulator = 'qemu-riscv64-static';

export const qemuAvailable = spawnSync(emulator, ['--version'], { stdio: 'ignore' }).status === 0;

/** What the program at `path` writes to descriptor 1, at most `limit` bytes. Throws unless it exits with status 0. */
export function runUnderQemu(path: string, limit: number): Uint8Array {
  const { status, signal, stdout, stderr } = spawnSync(emulator, [path], { maxBuffer: limit });
  if (status !== 0) throw new Error(`${emulator} ${path}: ${signal ?? `status ${status}`}\n${stderr}`);
  return stdout;
}
