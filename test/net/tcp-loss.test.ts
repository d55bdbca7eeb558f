// Bad networks: everything sent arrives once and in order, whatever the wire does.

import { describe, expect, it } from 'vitest';
import { CLOSED, ESTABLISHED } from '../../src/kernel/net/tcp/states.ts';
import { MILLISECOND, runTransfers, SECOND, Transfer, World } from './world.ts';

const MEBIBYTE = 1 << 20;

function bothWays(world: World, bytes: number, limit: number): Transfer[] {
  const { client, server } = world.pair();
  const transfers = [new Transfer(client, server, bytes, 1), new Transfer(server, client, bytes, 2)];
  runTransfers(world, transfers, limit);
  return transfers;
}

function expectIntact(transfers: readonly Transfer[], bytes: number): void {
  for (const transfer of transfers) {
    expect(transfer.wrong).toBe(-1);
    expect(transfer.received).toBe(bytes);
    expect(transfer.finished).toBe(true);
  }
}

describe('10 MiB both ways over 5 % loss, reordering and duplicates', () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    it(`is intact with seed ${seed}`, () => {
      const world = new World({
        latency: 2 * MILLISECOND,
        bandwidth: 1e9,
        loss: 0.05,
        reorder: 0.05,
        duplicate: 0.03,
        reorderDelay: 5 * MILLISECOND,
        seed,
      });
      const transfers = bothWays(world, 10 * MEBIBYTE, 600 * SECOND);
      expectIntact(transfers, 10 * MEBIBYTE);
      for (const { from } of transfers) from.close();
      world.run(200 * SECOND);
      expect(world.buffersInUse).toBe(0);
      expect(world.client.stack.tcp.memory + world.server.stack.tcp.memory).toBe(0);
    });
  }
});

describe('other options', () => {
  const bad = { latency: 2 * MILLISECOND, loss: 0.03, reorder: 0.03, duplicate: 0.03, reorderDelay: 5 * MILLISECOND };
  const cases = {
    'without SACK': { tcpSack: false },
    'without timestamps': { tcpTimestamps: false },
    'without window scaling': { tcpWindowScaling: false },
    'without any option': { tcpSack: false, tcpTimestamps: false, tcpWindowScaling: false },
    'with NewReno': { tcpCongestionControl: 'reno' },
    'without the tail loss probe': { tcpEarlyRetransmitProbe: false },
    'with small buffers': { tcpRmem: [4096, 8192, 8192], tcpWmem: [4096, 8192, 8192] },
  } as const;
  for (const [name, settings] of Object.entries(cases)) {
    it(`1 MiB both ways ${name}`, () => {
      for (let seed = 1; seed <= 5; seed += 1) {
        const world = new World({ ...bad, seed, settings });
        expectIntact(bothWays(world, MEBIBYTE, 600 * SECOND), MEBIBYTE);
      }
    });
  }

  it('between sides that differ', () => {
    const world = new World({
      ...bad,
      clientSettings: { tcpSack: false, tcpTimestamps: false, tcpWindowScaling: false },
    });
    expectIntact(bothWays(world, MEBIBYTE, 600 * SECOND), MEBIBYTE);
  });
});

describe('a good network', () => {
  it('fills the link: 100 Mbit/s over 20 ms, without a retransmission', () => {
    const world = new World({ latency: 10 * MILLISECOND, bandwidth: 100e6, queueBytes: 4 * MEBIBYTE });
    const { client, server } = world.pair();
    const bytes = 20 * MEBIBYTE;
    const transfer = new Transfer(client, server, bytes, 1);
    const begin = world.now;
    runTransfers(world, [transfer], 60 * SECOND);
    expectIntact([transfer], bytes);
    const rate = (bytes * 8) / ((world.now - begin) / SECOND);
    expect(rate).toBeGreaterThan(60e6);
    expect(client.totalRetransmits).toBe(0);
  });

  it('shares a full queue: losses are repaired without a timeout', () => {
    const world = new World({ latency: 5 * MILLISECOND, bandwidth: 50e6, queueBytes: 64 * 1024 });
    const { client, server } = world.pair();
    const transfer = new Transfer(client, server, 20 * MEBIBYTE, 1);
    const begin = world.now;
    runTransfers(world, [transfer], 60 * SECOND);
    expectIntact([transfer], 20 * MEBIBYTE);
    expect(client.totalRetransmits).toBeGreaterThan(0);
    expect(world.client.stack.counters.tcpExtension.TCPTimeouts).toBe(0);
    expect((20 * MEBIBYTE * 8) / ((world.now - begin) / SECOND)).toBeGreaterThan(40e6);
  });
});

describe('an outage', () => {
  it('of 10 s is survived, in the middle of a transfer both ways', () => {
    const world = new World({ latency: 2 * MILLISECOND, bandwidth: 20e6 });
    const { client, server } = world.pair();
    const transfers = [new Transfer(client, server, MEBIBYTE, 1), new Transfer(server, client, MEBIBYTE, 2)];
    for (let i = 0; i < 100; i += 1) {
      for (const transfer of transfers) transfer.step();
      world.run(MILLISECOND);
    }
    world.link.connected = false;
    world.run(10 * SECOND);
    world.link.connected = true;
    expect([client.state, server.state]).toEqual([ESTABLISHED, ESTABLISHED]);
    runTransfers(world, transfers, 60 * SECOND);
    expectIntact(transfers, MEBIBYTE);
  });

  it('without end is given up after 924.6 s (tcp_retries2 = 15): ETIMEDOUT', () => {
    const world = new World();
    const { client } = world.pair();
    world.link.connected = false;
    const begin = world.now;
    client.send(new Uint8Array(1000), 1000);
    world.run(2000 * SECOND, () => client.state === CLOSED);
    // ARP finds the peer gone on the way: the soft error names it, as on Linux.
    expect([110, 113]).toContain(client.takeError());
    const seconds = (world.now - begin) / SECOND;
    expect(seconds).toBeGreaterThan(924.6);
    expect(seconds).toBeLessThan(924.6 + 121);
  });
});
