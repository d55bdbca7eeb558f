// /dev: a tmpfs of device nodes, and the drivers of the memory devices (null(4), random(4), full(4)) and terminals behind them.

import { fsRoutines } from '../cost/routines/fs.ts';
import { rtcOperations } from '../drivers/rtc.ts';
import { Tty } from '../drivers/tty.ts';
import { UartDriver } from '../drivers/uart.ts';
import { EAGAIN, EFAULT, EINVAL, ENOSPC, ENXIO } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { WaitQueue } from '../process/wait.ts';
import { makeDevice, S_IFCHR } from './constants.ts';
import { openMultiplexer } from './pty.ts';
import { encode } from './text.ts';
import { TmpFileSystem } from './tmpfs.ts';
import type { FileOperations } from './types.ts';
import type { CharacterDevice } from './vfs.ts';

/** Bytes that one attempt makes on the host's side. */
const CHUNK = 4096;

const discard: FileOperations['write'] = (kernel, _file, source) => {
  kernel.cost.execute(fsRoutines.write_null);
  const bytes = source.remaining;
  source.discard();
  return bytes;
};

const nullOperations: FileOperations = {
  seekable: true,
  read: () => 0,
  write: discard,
  seek: (_kernel, file) => (file.offset = 0),
};

const readZeros: FileOperations['read'] = (kernel, _file, target) => {
  kernel.cost.execute(fsRoutines.read_zero);
  const wanted = target.remaining;
  const moved = target.putZeros(wanted);
  return moved === 0 && wanted > 0 ? -EFAULT : moved;
};

const zeroOperations: FileOperations = {
  seekable: true,
  read: readZeros,
  write: discard,
  seek: (_kernel, file) => (file.offset = 0),
};

const fullOperations: FileOperations = {
  seekable: true,
  read: readZeros,
  write: () => -ENOSPC,
  seek: (_kernel, file) => (file.offset = 0),
};

const randomOperations: FileOperations = {
  read(kernel, _file, target) {
    let done = 0;
    while (target.remaining > 0) {
      const step = Math.min(target.remaining, CHUNK);
      const moved = target.putBytes(kernel.random(step));
      done += moved;
      if (moved < step) return done > 0 ? done : -EFAULT;
    }
    return done;
  },
  write: discard,
};

/** The kernel's log: the newest KMSG_LIMIT messages; reads give one record each, in dmesg's /dev/kmsg format. */
const KMSG_LIMIT = 1024;

export class KernelLog {
  readonly #records: {
    readonly sequence: number;
    readonly time: number;
    readonly priority: number;
    readonly text: string;
  }[] = [];
  readonly queue = new WaitQueue();
  #next = 0;

  /** Appends a message; `priority` is the syslog level 0-7. */
  print(kernel: Kernel, text: string, priority = 6): void {
    this.#records.push({ sequence: this.#next++, time: kernel.now(), priority, text });
    if (this.#records.length > KMSG_LIMIT) this.#records.shift();
    this.queue.wake(kernel);
  }

  /** Every message as dmesg prints it. */
  lines(): string[] {
    return this.#records.map(({ time, text }) => `[${(time / 1e9).toFixed(6).padStart(12)}] ${text}`);
  }

  /** The record with this sequence number or the next that is still there. */
  record(sequence: number): { readonly line: string; readonly next: number } | null {
    const record = this.#records.find((candidate) => candidate.sequence >= sequence);
    if (record === undefined) return null;
    const { priority, time, text } = record;
    const line = `${priority},${record.sequence},${Math.floor(time / 1000)},-;${text}\n`;
    return { line, next: record.sequence + 1 };
  }
}

function kmsgOperations(log: KernelLog): FileOperations {
  return {
    queue: log.queue,
    read(_kernel, file, target) {
      const record = log.record(file.offset);
      if (record === null) return -EAGAIN;
      const bytes = encode(record.line);
      if (bytes.length > target.remaining) return -EINVAL;
      const moved = target.putBytes(bytes);
      if (moved < bytes.length) return -EFAULT;
      file.offset = record.next;
      return moved;
    },
    write(kernel, _file, source) {
      const bytes = new Uint8Array(Math.min(source.remaining, 1024));
      const taken = source.takeBytes(bytes);
      log.print(
        kernel,
        new TextDecoder()
          .decode(bytes.subarray(0, taken))
          .replace(/^<\d+>/, '')
          .trimEnd(),
      );
      source.discard();
      return taken;
    },
  };
}

function simple(name: string, operations: FileOperations): CharacterDevice {
  return { name, open: () => operations };
}

function terminal(tty: Tty): CharacterDevice {
  return {
    name: tty.name,
    open(_kernel, _inode, file, task) {
      tty.opened(task, file);
      return tty;
    },
  };
}

/** Registers the drivers and makes the file system with their nodes. */
export function createDevfs(kernel: Kernel, device: number): TmpFileSystem {
  const { vfs } = kernel;
  const fileSystem = new TmpFileSystem(kernel, { device, type: 'devtmpfs', mode: 0o755 });
  const { operations } = fileSystem.root;
  const add = (name: string, major: number, minor: number, mode: number, driver: CharacterDevice): void => {
    const number = makeDevice(major, minor);
    vfs.characterDevices.set(number, driver);
    operations.create!(kernel, fileSystem.root, name, S_IFCHR | mode, number, null);
  };

  add('null', 1, 3, 0o666, simple('null', nullOperations));
  add('zero', 1, 5, 0o666, simple('zero', zeroOperations));
  add('full', 1, 7, 0o666, simple('full', fullOperations));
  add('random', 1, 8, 0o666, simple('random', randomOperations));
  add('urandom', 1, 9, 0o666, simple('urandom', randomOperations));
  add('kmsg', 1, 11, 0o644, simple('kmsg', kmsgOperations(vfs.log)));
  add('rtc0', 252, 0, 0o600, simple('rtc0', rtcOperations));

  const uart = new UartDriver();
  const tty = new Tty(kernel, 'ttyS0', makeDevice(4, 64), uart);
  uart.receiver = (bytes) => tty.receive(bytes);
  vfs.uart = uart;
  vfs.ttys.set('ttyS0', tty);
  add('ttyS0', 4, 64, 0o620, terminal(tty));
  add('console', 5, 1, 0o600, {
    name: 'console',
    open: (_kernel, _inode, file) => {
      // Opening the console never makes it the controlling terminal.
      file.noControllingTerminal = true;
      return tty;
    },
  });
  add('tty', 5, 0, 0o666, {
    name: 'tty',
    open(_kernel, _inode, _file, task) {
      const controlling = task?.group.session.tty ?? null;
      return controlling instanceof Tty ? controlling : -ENXIO;
    },
  });
  add('ptmx', 5, 2, 0o666, { name: 'ptmx', open: openMultiplexer });

  for (const [name, target] of [
    ['fd', '/proc/self/fd'],
    ['stdin', '/proc/self/fd/0'],
    ['stdout', '/proc/self/fd/1'],
    ['stderr', '/proc/self/fd/2'],
    ['rtc', 'rtc0'],
  ] as const) {
    operations.symlink!(kernel, fileSystem.root, name, target, null);
  }
  operations.mkdir!(kernel, fileSystem.root, 'shm', 0o1777, null);
  operations.mkdir!(kernel, fileSystem.root, 'pts', 0o755, null);
  return fileSystem;
}
