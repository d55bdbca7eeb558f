// Hostile and broken peers: other connections keep working, memory stays bounded, nothing throws.

import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from '../../src/kernel/net/ip/address.ts';
import { seededRandom } from '../../src/kernel/net/ip/environment.ts';
import type { TcpEndpoint } from '../../src/kernel/net/tcp/endpoint.ts';
import { ACK, RST, SYN } from '../../src/kernel/net/tcp/segment.ts';
import { ESTABLISHED } from '../../src/kernel/net/tcp/states.ts';
import { mutate, type Segment, segmentFrame } from './frames.ts';
import {
  CLIENT_ADDRESS,
  MILLISECOND,
  readText,
  runTransfers,
  SECOND,
  SERVER_ADDRESS,
  Transfer,
  text,
  World,
} from './world.ts';

function inject(world: World, segment: Segment): void {
  world.server.stack.inputFrame(world.server.networkInterface, segmentFrame(segment));
}

describe('a SYN flood', () => {
  it('of 100,000 from forged addresses leaves memory bounded and lets others connect meanwhile', () => {
    const world = new World({ latency: 100_000, maxFrames: 1000 });
    const { client, server, listener } = world.pair();
    const random = seededRandom(7);
    let connected = 0;
    let most = 0;
    for (let i = 0; i < 100_000; i += 1) {
      const source = (parseAddress('10.0.2.0') + (random() % 200) + 20) >>> 0;
      inject(world, {
        source,
        sourcePort: 1024 + (random() % 60000),
        destinationPort: 80,
        sequence: random(),
        flags: SYN,
      });
      if (i % 100 === 0) world.run(100_000);
      if (i % 10_000 === 5000) {
        const other = world.connect();
        world.run(20 * MILLISECOND);
        expect(other.state).toBe(ESTABLISHED);
        other.send(text('hello'), 5);
        world.run(20 * MILLISECOND);
        const accepted = listener.accept() as TcpEndpoint;
        expect(readText(accepted)).toBe('hello');
        accepted.close();
        other.close();
        connected += 1;
      }
      most = Math.max(most, world.server.stack.tcp.table.size);
    }
    expect(connected).toBe(10);
    expect(most).toBeLessThan(200);
    expect(world.server.stack.buffersInUse).toBeLessThan(world.server.stack.settings.neighbourTableSize * 102);
    expect(world.server.stack.timers.size).toBeLessThan(2000);
    expect(world.server.stack.counters.tcpExtension.SyncookiesSent).toBeGreaterThan(90_000);
    client.send(text('alive'), 5);
    world.run(100 * MILLISECOND);
    expect(readText(server)).toBe('alive');
    world.run(200 * SECOND);
    expect(world.server.stack.tcp.requests).toBe(0);
  });

  it('a cookie restores MSS, window scale, SACK and timestamps; a transfer works', () => {
    const world = new World({ latency: MILLISECOND });
    const listener = world.listen(80, 1);
    for (let port = 1; port <= 4; port += 1) {
      inject(world, { source: parseAddress('10.0.2.200'), sourcePort: port, destinationPort: 80, flags: SYN });
    }
    const client = world.connect();
    world.run(20 * MILLISECOND);
    expect(world.server.stack.counters.tcpExtension.SyncookiesRecv).toBe(1);
    const server = listener.accept() as TcpEndpoint;
    expect(server.sackEnabled && server.timestampsEnabled).toBe(true);
    expect([server.mss, server.sendWindowScale]).toEqual([client.mss, client.receiveWindowScale]);
    const transfer = new Transfer(server, client, 1 << 20, 3);
    runTransfers(world, [transfer], 60 * SECOND);
    expect([transfer.received, transfer.wrong]).toEqual([1 << 20, -1]);
  });

  it('a forged cookie is refused', () => {
    const world = new World();
    const listener = world.listen(80, 1);
    for (let port = 1; port <= 4; port += 1) {
      inject(world, { source: parseAddress('10.0.2.200'), sourcePort: port, destinationPort: 80, flags: SYN });
    }
    const random = seededRandom(3);
    for (let i = 0; i < 1000; i += 1) {
      inject(world, {
        source: CLIENT_ADDRESS,
        sourcePort: 5000 + i,
        destinationPort: 80,
        sequence: 1,
        acknowledgement: random(),
        flags: ACK,
      });
    }
    expect(listener.listener!.acceptQueue.length).toBe(0);
  });
});

describe('a port scan', () => {
  it('of all ports is answered with resets and leaves nothing behind', () => {
    const world = new World({ latency: 1000, bandwidth: Infinity });
    const { client, server } = world.pair();
    const { tcp } = world.server.stack;
    const before = tcp.table.size;
    for (const flags of [SYN, 0, 1, ACK, 0x29]) {
      for (let port = 1; port <= 65535; port += 1) {
        inject(world, { source: CLIENT_ADDRESS, sourcePort: 60000, destinationPort: port, flags });
        if (port % 500 === 0) world.run(10_000);
      }
      world.run(SECOND);
    }
    expect(tcp.table.size - before).toBeLessThanOrEqual(1);
    world.run(200 * SECOND);
    expect(tcp.table.size).toBe(before);
    client.send(text('alive'), 5);
    world.run(100 * MILLISECOND);
    expect(readText(server)).toBe('alive');
    expect(world.server.stack.counters.tcp.OutRsts).toBeGreaterThan(65000);
  });
});

describe('a slow reader', () => {
  it('costs no more than its buffers, and does not slow others', () => {
    const world = new World({ latency: 100_000 });
    const listener = world.listen();
    const slow = Array.from({ length: 50 }, () => world.connect());
    const fast = world.connect();
    world.run(100 * MILLISECOND);
    const servers = Array.from({ length: 51 }, () => listener.accept() as TcpEndpoint);
    const fastServer = servers.find((server) => server.remotePort === fast.localPort)!;
    const chunk = new Uint8Array(65536);
    for (let i = 0; i < 100; i += 1) {
      for (const server of servers) if (server !== fastServer) server.send(chunk, chunk.length);
      world.run(10 * MILLISECOND);
    }
    for (const endpoint of slow) {
      expect(endpoint.receiveQueueBytes).toBeLessThan(endpoint.receiveBuffer + 4096);
    }
    for (const server of servers) expect(server.sendQueueBytes).toBeLessThan(server.sendBuffer + 4096);
    const transfer = new Transfer(fastServer, fast, 1 << 20, 1);
    const begin = world.now;
    runTransfers(world, [transfer], 10 * SECOND);
    expect(transfer.received).toBe(1 << 20);
    expect(world.now - begin).toBeLessThan(SECOND);
  });
});

describe('blind attacks (RFC 5961)', () => {
  it('a reset in the window but not at its edge is challenged, an exact one resets', () => {
    const world = new World();
    const { client, server } = world.pair();
    world.run(SECOND);
    const names = { source: CLIENT_ADDRESS, sourcePort: client.localPort, destinationPort: 80 };
    inject(world, { ...names, sequence: (server.receiveNext + 1000) >>> 0, flags: RST });
    world.run(10 * MILLISECOND);
    expect(server.state).toBe(ESTABLISHED);
    expect(world.server.stack.counters.tcpExtension.TCPChallengeACK).toBe(1);
    inject(world, { ...names, sequence: (server.receiveNext - 1000) >>> 0, flags: RST });
    expect(server.state).toBe(ESTABLISHED);
    inject(world, { ...names, sequence: server.receiveNext >>> 0, flags: RST });
    expect(server.state).not.toBe(ESTABLISHED);
  });

  it('a SYN in the window is challenged', () => {
    const world = new World();
    const { client, server } = world.pair();
    world.run(SECOND);
    inject(world, {
      source: CLIENT_ADDRESS,
      sourcePort: client.localPort,
      destinationPort: 80,
      sequence: (server.receiveNext + 10) >>> 0,
      flags: SYN,
    });
    world.run(10 * MILLISECOND);
    expect([client.state, server.state]).toEqual([ESTABLISHED, ESTABLISHED]);
    expect(world.server.stack.counters.tcpExtension.TCPSYNChallenge).toBe(1);
  });

  it('data with an acknowledgement of what was never sent is dropped', () => {
    const world = new World();
    const { client, server } = world.pair();
    world.run(SECOND);
    inject(world, {
      source: CLIENT_ADDRESS,
      sourcePort: client.localPort,
      destinationPort: 80,
      sequence: server.receiveNext >>> 0,
      acknowledgement: (server.sendNext + 5000) >>> 0,
      flags: ACK,
    });
    expect(server.sendUnacknowledged).toBe(server.sendNext);
  });
});

describe('sides that disagree', () => {
  it('do not answer each other for ever: in TIME-WAIT, and while connected', () => {
    const world = new World({ latency: 20_000, bandwidth: Infinity });
    const { client, server } = world.pair();
    const names = { source: CLIENT_ADDRESS, sourcePort: client.localPort, destinationPort: 80 };
    client.close();
    server.close();
    world.run(SECOND);
    expect([world.client.stack.tcp.timeWaits, world.server.stack.tcp.timeWaits]).toEqual([1, 1]);
    const count = (): number => world.link.a.statistics.sentFrames + world.link.b.statistics.sentFrames;
    let before = count();
    inject(world, { ...names, sequence: 12345, acknowledgement: 54321, flags: ACK });
    world.run(SECOND);
    expect(count() - before).toBeLessThan(8);
    const other = world.pair(81);
    world.run(SECOND);
    before = count();
    other.client.receiveNext = (other.client.receiveNext + 100_000) | 0;
    other.client.windowBase = other.client.receiveNext;
    other.server.receiveNext = (other.server.receiveNext - 100_000) | 0;
    other.server.windowBase = other.server.receiveNext;
    other.server.send(text('x'), 1);
    other.client.send(text('x'), 1);
    world.run(10 * SECOND);
    expect(count() - before).toBeLessThan(120);
  });
});

describe('mutated packets', () => {
  it('100,000 of them never throw, and leave memory bounded', () => {
    const random = seededRandom(99);
    const world = new World({ latency: 200_000, bandwidth: Infinity });
    // Frames of real traffic are kept, changed, and sent to either side at any time.
    const kept: Uint8Array[] = [];
    for (const port of [world.link.a, world.link.b]) {
      const forward = port.onFrame!;
      port.onFrame = (bytes, now) => {
        if (kept.length < 400) kept.push(bytes.slice());
        else kept[random() % kept.length] = bytes.slice();
        forward(bytes, now);
      };
    }
    const listener = world.listen(80, 16);
    const datagrams = world.server.stack.udp.socket();
    datagrams.bind(0, 53);
    const sender = world.client.stack.udp.socket();
    sender.connect(SERVER_ADDRESS, 53);
    const endpoints: TcpEndpoint[] = [];
    const scratch = new Uint8Array(4096);
    let injected = 0;
    for (let round = 0; injected < 100_000; round += 1) {
      if (endpoints.length < 20) endpoints.push(world.connect());
      const accepted = listener.accept();
      if (typeof accepted !== 'number') endpoints.push(accepted);
      for (const endpoint of endpoints) {
        endpoint.send(scratch, 1 + (random() % 3000));
        endpoint.receive(scratch, scratch.length);
      }
      sender.sendTo(scratch, random() % 4000);
      datagrams.receiveFrom(scratch, scratch.length);
      if (round % 50 === 49) endpoints.splice(random() % endpoints.length, 1)[0]!.close();
      world.run(MILLISECOND);
      for (let i = 0; i < 40 && kept.length > 0; i += 1) {
        const victim = random() % 2 === 0 ? world.server : world.client;
        victim.stack.inputFrame(victim.networkInterface, mutate(kept[random() % kept.length]!, random));
        injected += 1;
      }
    }
    for (const { stack } of [world.client, world.server]) {
      expect(stack.tcp.table.size).toBeLessThan(1000);
      expect(stack.arp.size).toBeLessThanOrEqual(stack.settings.neighbourTableSize);
      expect(stack.ip.reassembly.bytes).toBeLessThanOrEqual(stack.settings.ipFragmentHighThreshold);
    }
    for (const endpoint of [...endpoints, listener]) endpoint.close();
    sender.close();
    datagrams.close();
    world.run(2000 * SECOND);
    expect(world.client.stack.tcp.memory + world.server.stack.tcp.memory).toBe(0);
    expect(world.buffersInUse).toBe(0);
    expect(world.client.stack.tcp.table.size + world.server.stack.tcp.table.size).toBe(0);
    expect(world.client.stack.tcp.orphans + world.server.stack.tcp.orphans).toBe(0);
  });
});

describe('addresses', () => {
  it('print as they parse', () => {
    expect(formatAddress(parseAddress('192.168.100.7'))).toBe('192.168.100.7');
    expect(() => parseAddress('1.2.3')).toThrow(RangeError);
  });
});
