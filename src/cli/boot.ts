// `cyclix boot`: init and an interactive shell on the terminal. The terminal is in raw mode while the guest runs, its line
// discipline is the guest's; raw mode ends on every way out.

import { Command } from 'commander';
import { parseChanges } from '../experiments/configuration.ts';
import { PresetError } from '../machine/preset.ts';
import { defaultBootTime, System } from '../system/system.ts';
import { UsageError } from './fail.ts';
import { NodeHost, writeFully } from './host-streams.ts';
import { addMachineOptions, type MachineFlags, parseCount } from './options.ts';
import { statusOf } from './session.ts';

/** Instructions between two looks at the keyboard. */
const sliceInstructions = 1_000_000;
/** ctrl-A x ends the machine, as in QEMU's -nographic. */
const escapeKey = 0x01;

interface Flags extends MachineFlags {
  init: string;
  escape?: number;
}

export function bootCommand(): Command {
  const command = new Command('boot')
    .description('boot to an interactive shell on this terminal (ctrl-A x ends the machine)')
    .option('--init <PATH>', 'the first program', '/bin/init')
    .option('--slice <N>', 'instructions between two looks at the keyboard', parseCount('--slice'), sliceInstructions);
  return addMachineOptions(command)
    .addHelpText('after', '\nExample:\n  cyclix boot\n  cyclix boot --root ./my-files')
    .action(async (flags: Flags & { slice: number }) => {
      process.exitCode = await boot(flags);
    });
}

async function boot(flags: Flags & { slice: number }): Promise<number> {
  let system: System;
  try {
    system = await System.create({
      preset: flags.preset,
      changes: parseChanges(flags.set),
      memoryBytes: flags.memory,
      host: new NodeHost({ bootTime: defaultBootTime }),
      kernel: { seed: flags.seed, ...(flags.hz === undefined ? {} : { hz: flags.hz }) },
      ...(flags.root === undefined ? {} : { root: flags.root }),
    });
  } catch (error) {
    if (error instanceof PresetError) throw new UsageError(error.message);
    throw error;
  }
  const { kernel, machine } = system;
  const task = kernel.start(
    flags.init,
    [flags.init],
    ['PATH=/bin:/usr/bin', 'HOME=/root', 'USER=root', `TERM=${process.env['TERM'] ?? 'vt100'}`],
    { asInit: true },
  );
  if (typeof task === 'number') throw new UsageError(`cannot execute ${flags.init}`, 126);

  const keyboard = new Keyboard();
  const stop = terminalRawMode();
  let wake: (() => void) | null = null;
  let ended = false;
  const onData = (data: Buffer): void => {
    for (const byte of data) if (keyboard.type(byte) === 'end') ended = true;
    wake?.();
  };
  const onEnd = (): void => {
    keyboard.closed = true;
    wake?.();
  };
  process.stdin.on('data', onData).on('end', onEnd);
  process.stdin.resume();
  try {
    for (;;) {
      if (ended) return 0;
      while (keyboard.next !== undefined && machine.uart.receive(Uint8Array.of(keyboard.next)) === 1) keyboard.take();
      const outcome = kernel.run({
        maxInstructions: flags.slice,
        ...(flags.maxCycles === undefined ? {} : { untilCycle: flags.maxCycles }),
      });
      const output = machine.uart.transmitted();
      if (output.length > 0) writeFully(1, process.stdin.isTTY ? withoutReturns(output) : output);
      if (outcome.reason === 'waiting') {
        if (keyboard.next === undefined) {
          if (keyboard.closed) return 0;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          wake = null;
        }
      } else if (outcome.reason === 'slice') await new Promise((resolve) => setImmediate(resolve));
      else return statusOf(outcome);
    }
  } finally {
    stop();
    process.stdin.off('data', onData).off('end', onEnd).pause();
  }
}

/** The guest's line discipline ends lines with CR LF already; Node's raw mode adds another CR on the way to the terminal. */
function withoutReturns(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte, index) => byte !== 0x0d || bytes[index + 1] !== 0x0a);
}

/** Keys that were typed and not yet taken by the UART; bounded, the newest are dropped. */
class Keyboard {
  readonly #keys: number[] = [];
  #escaped = false;
  closed = false;

  type(byte: number): 'end' | 'key' {
    if (this.#escaped) {
      this.#escaped = false;
      if (byte === 0x78) return 'end';
      if (byte !== escapeKey) return 'key';
    } else if (byte === escapeKey) {
      this.#escaped = true;
      return 'key';
    }
    if (this.#keys.length < 65_536) this.#keys.push(byte);
    return 'key';
  }

  get next(): number | undefined {
    return this.#keys[0];
  }

  take(): void {
    this.#keys.shift();
  }
}

/** Raw mode for a terminal on stdin; returns what ends it. It also ends when the process dies by a signal or an exception. */
function terminalRawMode(): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  stdin.setRawMode(true);
  const restore = (): void => {
    if (stdin.isTTY) stdin.setRawMode(false);
  };
  process.once('exit', restore);
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
    process.once(signal, () => {
      restore();
      process.exit(128 + { SIGTERM: 15, SIGHUP: 1, SIGINT: 2 }[signal]);
    });
  }
  return restore;
}
