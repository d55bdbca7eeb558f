// `cyclix boot`: init and an interactive shell on the terminal. The terminal is in raw mode while the guest runs, its line
// discipline is the guest's; raw mode ends on every way out. While nobody runs, guest time goes as the host's does (net/live.ts).

import { isatty } from 'node:tty';
import { Command } from 'commander';
import type { Uart } from '../machine/devices.ts';
import { InputBell, type LiveInput, runLive } from '../net/live.ts';
import { UsageError } from './fail.ts';
import { writeFully } from './host-streams.ts';
import { addMachineOptions, type MachineFlags } from './options.ts';
import { createSystem, statusOf } from './session.ts';

/** ctrl-A x ends the machine, as in QEMU's -nographic. */
const escapeKey = 0x01;

interface Flags extends MachineFlags {
  init: string;
}

export function bootCommand(): Command {
  const command = new Command('boot')
    .description('boot to an interactive shell on this terminal (ctrl-A x ends the machine)')
    .option('--init <PATH>', 'the first program', '/bin/init');
  return addMachineOptions(command)
    .addHelpText('after', '\nExample:\n  cyclix boot\n  cyclix boot --root ./my-files')
    .action(async (flags: Flags) => {
      process.exitCode = await boot(flags);
    });
}

async function boot(flags: Flags): Promise<number> {
  const system = await createSystem(flags);
  const { kernel, machine } = system;
  const task = kernel.start(
    flags.init,
    [flags.init],
    ['PATH=/bin:/usr/bin', 'HOME=/root', 'USER=root', `TERM=${process.env['TERM'] ?? 'vt100'}`, ...flags.env],
    { asInit: true },
  );
  if (typeof task === 'number') throw new UsageError(`cannot execute ${flags.init}`, 126);

  const bell = new InputBell();
  const end = new AbortController();
  const keyboard = new Keyboard(machine.uart);
  const onData = (data: Buffer): void => {
    for (const byte of data) if (keyboard.type(byte) === 'end') end.abort();
    bell.notify();
  };
  const onEnd = (): void => {
    keyboard.closed = true;
    bell.notify();
  };
  const restore = terminalRawMode();
  process.stdin.on('data', onData).on('end', onEnd).on('error', onEnd);
  process.stdin.resume();
  try {
    const outcome = await runLive(kernel, keyboard, bell, {
      signal: end.signal,
      ...(flags.maxCycles === undefined ? {} : { maxCycles: flags.maxCycles }),
      onPiece: ({ reason }) => {
        const output = machine.uart.transmitted();
        if (output.length > 0) writeFully(1, process.stdin.isTTY ? withoutReturns(output) : output);
        // Everybody waits for keys that will never come.
        if (reason === 'waiting' && keyboard.closed && !keyboard.hasInput) end.abort();
      },
    });
    return statusOf(outcome);
  } finally {
    restore();
    process.stdin.off('data', onData).off('end', onEnd).off('error', onEnd).pause();
  }
}

/** The guest's line discipline ends lines with CR LF already; Node's raw mode adds another CR on the way to the terminal. */
function withoutReturns(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte, index) => byte !== 0x0d || bytes[index + 1] !== 0x0a);
}

/** Keys that were typed and not yet taken by the UART; bounded, the newest are dropped. */
class Keyboard implements LiveInput {
  readonly #keys: number[] = [];
  readonly #uart: Uart;
  #escaped = false;
  /** No more keys will come. */
  closed = false;

  constructor(uart: Uart) {
    this.#uart = uart;
  }

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

  get hasInput(): boolean {
    return this.#keys.length > 0;
  }

  /** As many as the UART's FIFO takes. */
  pump(): void {
    while (this.#keys.length > 0 && this.#uart.receive(Uint8Array.of(this.#keys[0]!)) === 1) this.#keys.shift();
  }
}

/** Raw mode for a terminal on stdin; returns what ends it. It also ends when the process dies by a signal or an exception. */
function terminalRawMode(): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  stdin.setRawMode(true);
  const restore = (): void => {
    if (isatty(0)) stdin.setRawMode(false);
    else dieOfHangUp();
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

/** The terminal is gone: there is nothing to restore, and Node aborts when it tries to at its exit. */
function dieOfHangUp(): void {
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}
