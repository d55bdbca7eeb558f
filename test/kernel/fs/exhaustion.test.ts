// When files take all they may: the right errno, everything else goes on, and closing gives it back.

import { expect, test } from 'vitest';
import * as errno from '../../../src/kernel/errno.ts';
import { machineIsBuilt } from '../guest.ts';
import { System } from './system.ts';

const MEBIBYTE = 2 ** 20;

test.skipIf(!machineIsBuilt)('pipes until the system has no more files', { timeout: 60_000 }, async () => {
  const system = await System.boot({ machine: { ramBytes: 16 * MEBIBYTE } });
  const { kernel, task } = system;
  task.group.limits.set(7, { soft: 1_000_000, hard: 1_000_000 });
  const first = system.open('/etc/hostname');
  const before = kernel.frames.freeFrames;
  const pair = system.allocate(8);
  let pipes = 0;
  let result: number;
  for (;;) {
    result = system.call('pipe2', pair, 0);
    if (result < 0) break;
    pipes += 1;
    const writer = system.view(pair, 8).getInt32(4, true);
    // Each holds as much data as it can get.
    if (system.call('fcntl', writer, 4, 0o4000) === 0) system.call('write', writer, system.scratch, 4096);
  }
  expect([-errno.ENFILE, -errno.ENOMEM, -errno.EMFILE]).toContain(result);
  expect(pipes).toBeGreaterThan(500);
  expect(system.read(first)).toBe('cyclix\n');
  expect(system.open('/etc/hosts')).toBeLessThan(0);
  for (let fd = first + 1; fd < task.files.length; fd++) system.call('close', fd);
  expect(system.readFile('/etc/hostname')).toBe('cyclix\n');
  // The descriptor table keeps its pages; slabs keep one empty slab a cache.
  expect(before - kernel.frames.freeFrames).toBeLessThan(48);
});

test.skipIf(!machineIsBuilt)(
  'a file that fills memory: ENOSPC or ENOMEM, and unlinking it gives memory back',
  { timeout: 60_000 },
  async () => {
    const system = await System.boot({ machine: { ramBytes: 16 * MEBIBYTE } });
    const before = system.kernel.frames.freeFrames;
    const fds: number[] = [];
    for (const path of ['/fill', '/tmp/fill', '/dev/shm/fill']) {
      const fd = system.open(path, 0o102);
      fds.push(fd);
      let result: number;
      do result = system.call('write', fd, system.scratch, 65_536);
      while (result > 0);
      expect([-errno.ENOSPC, -errno.ENOMEM]).toContain(result);
      expect(system.call('unlinkat', -100, path, 0)).toBe(0);
    }
    expect(system.kernel.frames.freeFrames).toBeLessThan(before / 4);
    for (const fd of fds) system.call('close', fd);
    expect(before - system.kernel.frames.freeFrames).toBeLessThan(48);
  },
);
