// Whatever a program puts into its registers, the file calls return a value, an errno, or put the task to sleep: never an exception, and
// nothing leaks. test/fuzz does the same through the hart; this is much faster for each call.

import { expect, test } from 'vitest';
import { attributeSyscalls } from '../../../src/kernel/syscalls/attributes.ts';
import type { ArgumentDecoder } from '../../../src/kernel/syscalls/decoders.ts';
import { descriptorSyscalls } from '../../../src/kernel/syscalls/descriptors.ts';
import { directorySyscalls } from '../../../src/kernel/syscalls/directory.ts';
import { epollSyscalls } from '../../../src/kernel/syscalls/epoll.ts';
import { eventfdSyscalls } from '../../../src/kernel/syscalls/eventfd.ts';
import { fileSyscalls } from '../../../src/kernel/syscalls/file.ts';
import { inotifySyscalls } from '../../../src/kernel/syscalls/inotify.ts';
import { mountSyscalls } from '../../../src/kernel/syscalls/mount.ts';
import { pipeSyscalls } from '../../../src/kernel/syscalls/pipe.ts';
import { pollSyscalls } from '../../../src/kernel/syscalls/poll.ts';
import { readWriteSyscalls } from '../../../src/kernel/syscalls/read-write.ts';
import { BLOCKED } from '../../../src/kernel/syscalls/result.ts';
import { signalfdSyscalls } from '../../../src/kernel/syscalls/signalfd.ts';
import { spliceSyscalls } from '../../../src/kernel/syscalls/splice.ts';
import { timerfdSyscalls } from '../../../src/kernel/syscalls/timerfd.ts';
import { xattrSyscalls } from '../../../src/kernel/syscalls/xattr.ts';
import { type Random, seededRandom } from '../../random.ts';
import { machineIsBuilt } from '../guest.ts';
import { System } from './system.ts';

const CALLS = 60_000;

const rows = [
  ...descriptorSyscalls,
  ...directorySyscalls,
  ...epollSyscalls,
  ...eventfdSyscalls,
  ...fileSyscalls,
  ...readWriteSyscalls,
  ...attributeSyscalls,
  ...inotifySyscalls,
  ...mountSyscalls,
  ...pipeSyscalls,
  ...pollSyscalls,
  ...signalfdSyscalls,
  ...spliceSyscalls,
  ...timerfdSyscalls,
  ...xattrSyscalls,
];

const paths = [
  '/tmp/a',
  '/tmp/b',
  '/tmp/d',
  '/tmp/d/e',
  '/tmp/d/../a',
  '/tmp/l',
  '/proc/self/fd/3',
  '/proc/self/stat',
  '/proc/self/maps',
  '/proc/1/status',
  '/dev/null',
  '/dev/zero',
  '/dev/full',
  '/dev/ptmx',
  '/dev/pts/0',
  '/dev/tty',
  '/dev/ttyS0',
  '/dev/kmsg',
  '/sys/devices/system/cpu/online',
  '/',
  '.',
  '..',
  '',
  'x',
  '/proc/self/mem',
  '/proc/sys/kernel/hostname',
  '/proc/self/fdinfo/4',
  '/etc/passwd',
  '/tmp/a/',
  '//tmp//a',
  '/proc/self/cwd/tmp/a',
  '/proc/self/exe',
  '/tmp/fifo',
  `/${'n'.repeat(256)}`,
];

function interestingValue(random: Random, system: System, addresses: readonly number[]): number {
  switch (random.below(14)) {
    case 0:
      return 0;
    case 1:
      return -1;
    case 2:
    case 3:
    case 4:
      return random.below(24);
    case 5:
      return -random.below(128);
    case 6:
      return system.scratch + random.below(0x10_0000);
    case 7:
      return system.scratch + 0x10_0000 - random.below(64);
    case 8:
      return 2 ** random.below(63);
    case 9:
      return -(2 ** random.below(63));
    case 10:
      return 0x7fff_ffff + random.below(3);
    case 11:
      return random.below(2 ** 24);
    default:
      return addresses[random.below(addresses.length)]!;
  }
}

/** A value that the argument's decoder says makes sense: most calls then get past their first check. */
function fittingValue(random: Random, system: System, addresses: readonly number[], decoder: ArgumentDecoder): number {
  switch (decoder.kind) {
    case 'fd':
    case 'dirfd':
      return decoder.kind === 'dirfd' && random.below(2) === 0 ? -100 : random.below(24);
    case 'path':
    case 'string':
      return addresses[random.below(addresses.length)]!;
    case 'flags': {
      let bits = 0;
      for (let left = random.below(3); left > 0; left--) bits |= random.pick(decoder.flags)[0];
      return bits;
    }
    case 'enumeration':
      return random.pick(decoder.values)[0];
    case 'octal':
      return random.below(0o10000) | (random.below(4) << 12);
    case 'size':
      return random.pick([1, 8, 24, 128, 256, 4096, 5000, 0x1_0000]);
    case 'int':
    case 'unsigned':
      return random.below(5);
    case 'offset':
      return random.pick([0, 1, 4095, 4096, 0x1_0000, 2 ** 32, 2 ** 40]);
    case 'ioctl':
      return random.pick([
        0x5401, 0x5402, 0x5404, 0x540e, 0x540f, 0x5410, 0x5412, 0x5413, 0x541b, 0x5421, 0x5422, 0x80045430, 0x40045431,
      ]);
    default:
      return random.below(8) === 0 ? 0 : system.scratch + 0x8000 + 8 * random.below(0x1_0000);
  }
}

/** Rarely: they take away what the others need. */
const destructive = new Set(['close_range', 'chroot', 'umount2', 'fchmod', 'fchown', 'close']);

test.skipIf(!machineIsBuilt)(
  `${CALLS} random file calls never throw, and closing everything gives all memory back`,
  { timeout: 240_000 },
  async () => {
    const random = seededRandom('random file calls');
    const system = await System.boot();
    const { task, kernel } = system;
    // Where paths lie; the allocator of scratch memory is not used afterwards.
    const addresses = paths.map((path) => system.put(path));
    const counts = new Map<string, number>();
    for (let count = 0; count < CALLS; count++) {
      if (count % 5 === 0) {
        task.memory!.writeLong(
          system.scratch + 0x8000 + 8 * random.below(0x1_0000),
          interestingValue(random, system, addresses),
        );
      }
      const row = rows[random.below(rows.length)]!;
      if (count % 50 === 0) {
        // What the calls themselves destroyed: the paths, the root; and descriptors that nobody finds.
        paths.forEach((path, index) => {
          task.memory!.write(addresses[index]!, new TextEncoder().encode(`${path}\0`));
        });
        task.fs.setRoot(kernel, kernel.vfs.root);
        for (let fd = 24; fd < task.files.length; fd++) task.files.close(kernel, fd);
      }
      if (destructive.has(row.name) && random.below(20) !== 0) continue;
      const args = Array.from({ length: 6 }, (_, index) => {
        const decoder = row.arguments[index];
        return decoder === undefined || random.below(5) === 0
          ? interestingValue(random, system, addresses)
          : fittingValue(random, system, addresses, decoder);
      });
      let result: number;
      try {
        task.syscall = row.number;
        result = row.handler(kernel, task, args[0]!, args[1]!, args[2]!, args[3]!, args[4]!, args[5]!);
      } catch (error) {
        throw new Error(`seed ${random.seed}, call ${count}: ${row.name}(${args.join(', ')})`, { cause: error });
      }
      if (!Number.isSafeInteger(result) || (result < -4095 && result > BLOCKED)) {
        throw new Error(`seed ${random.seed}, call ${count}: ${row.name}(${args.join(', ')}) = ${result}`);
      }
      counts.set(row.name, (counts.get(row.name) ?? 0) + (result >= 0 ? 1 : 0));
      if (result === BLOCKED) system.abandon();
      task.syscall = -1;
      task.resume = null;
      task.signals.pending.remove(~0n);
      task.group.pending.remove(~0n);
      task.group.fatalSignal = 0;
      if (task.signals.savedMask !== null) {
        task.signals.blocked = task.signals.savedMask;
        task.signals.savedMask = null;
      }
    }
    const succeeded = [...counts].filter(([, successes]) => successes > 0).length;
    expect(succeeded).toBeGreaterThan(50);
    task.files.release(kernel);
    expect(kernel.vfs.epollItems).toBe(0);
    expect(kernel.vfs.inotifyWatches).toBe(0);
    // The program itself and /bin/still's mapping keep theirs.
    expect(kernel.vfs.openFiles).toBeLessThanOrEqual(4);
  },
);
