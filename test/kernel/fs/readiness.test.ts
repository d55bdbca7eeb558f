// Pipes and readiness: pipe(7), poll(2), epoll(7), eventfd(2), timerfd_create(2). What is ready costs, not what is watched.

import { beforeEach, describe, expect, test } from 'vitest';
import * as errno from '../../../src/kernel/errno.ts';
import { O_NONBLOCK } from '../../../src/kernel/fs/constants.ts';
import { BLOCKED } from '../../../src/kernel/syscalls/result.ts';
import { machineIsBuilt } from '../guest.ts';
import { System } from './system.ts';

const EPOLLIN = 1;
const EPOLLOUT = 4;
const EPOLLERR = 8;
const EPOLLHUP = 16;
const EPOLLET = 0x8000_0000;
const EPOLLONESHOT = 0x4000_0000;

describe.skipIf(!machineIsBuilt)('readiness', () => {
  let system: System;
  beforeEach(async () => {
    system = await System.boot();
  });

  function control(epoll: number, operation: number, fd: number, events: number, data = fd): number {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, events, true);
    view.setBigUint64(8, BigInt(data), true);
    return system.call('epoll_ctl', epoll, operation, fd, bytes);
  }

  /** [events, data] of everything that is ready now. */
  function ready(epoll: number, limit = 16): [number, number][] {
    const address = system.allocate(limit * 16);
    const count = system.call('epoll_pwait', epoll, address, limit, 0, 0, 0);
    const view = system.view(address, limit * 16);
    return Array.from({ length: count }, (_, index) => [
      view.getUint32(index * 16, true),
      Number(view.getBigUint64(index * 16 + 8, true)),
    ]);
  }

  test('pipes: end of file, EPIPE, EAGAIN, capacity, atomic writes', () => {
    const [reader, writer] = system.pipe(O_NONBLOCK);
    expect(system.read(reader)).toBe(-errno.EAGAIN);
    system.write(writer, 'hello');
    expect(system.read(reader, 3)).toBe('hel');
    expect(system.read(reader, 10)).toBe('lo');
    let written = 0;
    for (;;) {
      const result = system.write(writer, 'x'.repeat(4096));
      if (result < 0) break;
      written += result;
    }
    expect(written).toBe(65_536);
    system.read(reader, 100);
    expect(system.write(writer, 'y'.repeat(4096))).toBe(-errno.EAGAIN);
    system.call('close', reader);
    expect(system.write(writer, 'z')).toBe(-errno.EPIPE);
    expect(system.task.signals.pending.has(13)).toBe(true);
  });

  test('a blocking write waits with what it has moved and goes on where it stopped', () => {
    const [reader, writer] = system.pipe();
    const bytes = new Uint8Array(70_000).map((_, index) => index % 253);
    const address = system.put(bytes);
    const row = { fd: writer, address, count: bytes.length };
    expect(system.call('write', row.fd, row.address, row.count)).toBe(BLOCKED);
    expect(system.task.resume).toEqual({ done: 65_536 });
    expect(system.task.state).toBe('sleeping');
    // Another task reads: the writer is woken and its handler runs again.
    const { resume } = system.task;
    const target = system.allocate(8192);
    system.task.resume = null;
    expect(system.call('read', reader, target, 8192)).toBe(8192);
    expect(system.task.state).toBe('running');
    system.kernel.scheduler.pick(system.kernel);
    system.task.resume = resume;
    expect(system.call('write', row.fd, row.address, row.count)).toBe(70_000);
  });

  test('level-triggered items are reported while ready, edge-triggered once for each change, one-shot once', () => {
    const [reader, writer] = system.pipe(O_NONBLOCK);
    for (const [flags, expected] of [
      [EPOLLIN, [1, 1, 1]],
      [EPOLLIN | EPOLLET, [1, 0, 1]],
      [EPOLLIN | EPOLLONESHOT, [1, 0, 0]],
    ] as const) {
      const epoll = system.call('epoll_create1', 0);
      control(epoll, 1, reader, flags);
      expect(ready(epoll)).toEqual([]);
      system.write(writer, 'a');
      const seen = [ready(epoll).length, ready(epoll).length];
      system.write(writer, 'b');
      seen.push(ready(epoll).length);
      expect(seen).toEqual(expected);
      system.read(reader);
      system.call('close', epoll);
    }
  });

  test('hang-up and error come unasked; closing a watched file ends the watch', () => {
    const [reader, writer] = system.pipe();
    const epoll = system.call('epoll_create1', 0);
    control(epoll, 1, reader, 0, 7);
    system.call('close', writer);
    expect(ready(epoll)).toEqual([[EPOLLHUP, 7]]);
    system.call('close', reader);
    expect(ready(epoll)).toEqual([]);
    const [secondReader, secondWriter] = system.pipe();
    control(epoll, 1, secondWriter, EPOLLOUT, 8);
    system.call('close', secondReader);
    expect(ready(epoll)).toEqual([[EPOLLOUT | EPOLLERR, 8]]);
    expect(system.kernel.vfs.epollItems).toBe(1);
    system.call('close', epoll);
    expect(system.kernel.vfs.epollItems).toBe(0);
  });

  test('a duplicate keeps the description, and with it the watch', () => {
    const [reader, writer] = system.pipe();
    const epoll = system.call('epoll_create1', 0);
    control(epoll, 1, reader, EPOLLIN);
    const copy = system.call('dup', reader);
    system.call('close', reader);
    system.write(writer, 'x');
    expect(ready(epoll)).toHaveLength(1);
    system.call('close', copy);
    expect(ready(epoll)).toEqual([]);
  });

  test('epolls nest; circles and towers are refused', () => {
    const [reader, writer] = system.pipe();
    const inner = system.call('epoll_create1', 0);
    const outer = system.call('epoll_create1', 0);
    control(inner, 1, reader, EPOLLIN);
    control(outer, 1, inner, EPOLLIN, 99);
    expect(ready(outer)).toEqual([]);
    system.write(writer, 'x');
    expect(ready(outer)).toEqual([[EPOLLIN, 99]]);
    system.read(reader);
    expect(ready(outer)).toEqual([]);
    expect(control(inner, 1, outer, EPOLLIN)).toBe(-errno.ELOOP);
    expect(control(inner, 1, inner, EPOLLIN)).toBe(-errno.EINVAL);
    let top = outer;
    const results: number[] = [];
    for (let level = 0; level < 6; level++) {
      const next = system.call('epoll_create1', 0);
      results.push(control(next, 1, top, EPOLLIN));
      top = next;
    }
    expect(results).toContain(-errno.ELOOP);
  });

  test('the ready list costs by what is ready, the scan by what is watched', () => {
    system.task.group.limits.set(7, { soft: 10_000, hard: 10_000 });
    const instructions = (run: () => void): number => {
      const before = system.kernel.machine.counters.get('instructions:k');
      run();
      return system.kernel.machine.counters.get('instructions:k') - before;
    };
    const costs: { epoll: number; poll: number }[] = [];
    const epoll = system.call('epoll_create1', 0);
    const readers: number[] = [];
    for (const total of [10, 1000]) {
      let last = 0;
      while (readers.length < total) {
        const [reader, writer] = system.pipe();
        readers.push(reader);
        last = writer;
        control(epoll, 1, reader, EPOLLIN);
      }
      system.write(last, 'x');
      const pollfds = new Uint8Array(total * 8);
      const view = new DataView(pollfds.buffer);
      readers.forEach((reader, index) => {
        view.setInt32(index * 8, reader, true);
        view.setInt16(index * 8 + 4, 1, true);
      });
      const address = system.put(pollfds);
      const times = system.put(new Uint8Array(16));
      const events = system.allocate(160);
      costs.push({
        epoll: instructions(() =>
          expect(system.call('epoll_pwait', epoll, events, 10, 0, 0, 0)).toBe(total === 10 ? 1 : 2),
        ),
        poll: instructions(() => system.call('ppoll', address, total, times, 0, 0)),
      });
    }
    // Two are ready the second time: the first pipe's byte was not read.
    expect(costs[1]!.epoll).toBeLessThan(2 * costs[0]!.epoll);
    expect(costs[1]!.poll / costs[0]!.poll).toBeGreaterThan(40);
  });

  test('eventfd counts, timerfd expires with the clock', () => {
    const event = system.call('eventfd2', 3, O_NONBLOCK);
    const value = system.allocate(8);
    expect(system.call('read', event, value, 8)).toBe(8);
    expect(system.view(value, 8).getBigUint64(0, true)).toBe(3n);
    expect(system.call('read', event, value, 8)).toBe(-errno.EAGAIN);
    const timer = system.call('timerfd_create', 1, O_NONBLOCK);
    const times = new Uint8Array(32);
    new DataView(times.buffer).setBigInt64(8, 1_000_000n, true);
    new DataView(times.buffer).setBigInt64(24, 1_000_000n, true);
    expect(system.call('timerfd_settime', timer, 0, times, 0)).toBe(0);
    expect(system.call('read', timer, value, 8)).toBe(-errno.EAGAIN);
    const { machine } = system.kernel;
    machine.advanceTo(machine.cycle + Math.ceil((3_500_000 * machine.preset.clockHz) / 1e9));
    system.kernel.timers.expire(system.kernel);
    expect(system.call('read', timer, value, 8)).toBe(8);
    expect(system.view(value, 8).getBigUint64(0, true)).toBe(3n);
  });
});
