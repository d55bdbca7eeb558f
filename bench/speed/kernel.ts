// A program on the real kernel, for the system-call-heavy part of the speed bench.

import type { Host } from '../../src/kernel/kernel.ts';
import { defaultBootTime, System } from '../../src/system/system.ts';

/** Boots and loads now; the returned function runs the program to its end. */
export async function runOnKernel(elf: Uint8Array, name: string, preset: string) {
  let output = '';
  const host: Host = {
    bootTime: defaultBootTime,
    read: () => null,
    write: (_stream, bytes) => {
      output += Buffer.from(bytes).toString('latin1');
    },
  };
  const path = `/bin/${name}`;
  const system = await System.create({ host, preset, changes: {}, files: { [path]: { bytes: elf, mode: 0o755 } } });
  system.start(path, { argv: [name], cwd: '/' });
  return (): { output: string; instructions: number } => {
    for (;;) {
      const outcome = system.kernel.run({});
      if (outcome.reason === 'slice') continue;
      if (outcome.reason !== 'exited') throw new Error(`${name} ended with ${outcome.reason}`);
      return { output, instructions: system.machine.counters.get('instructions') };
    }
  };
}
