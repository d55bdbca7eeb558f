// Below TCP: UDP, ICMP, ARP, IPv4 fragments, routes, and the stack's behaviour at its bounds.

import { describe, expect, it } from 'vitest';
import {
  EACCES,
  EADDRINUSE,
  EAGAIN,
  ECONNREFUSED,
  EDESTADDRREQ,
  EMSGSIZE,
  ENETUNREACH,
  EPIPE,
} from '../../src/kernel/errno.ts';
import { parseAddress } from '../../src/kernel/net/ip/address.ts';
import { checksum } from '../../src/kernel/net/ip/checksum.ts';
import { seededRandom } from '../../src/kernel/net/ip/environment.ts';
import { NetworkInterface } from '../../src/kernel/net/ip/interface.ts';
import { read16, read32, write16, write32 } from '../../src/kernel/net/ip/packet.ts';
import type { ReceivedDatagram, UdpEndpoint } from '../../src/kernel/net/ip/udp.ts';
import { NetworkStack } from '../../src/kernel/net/stack.ts';
import { POLLERR, POLLIN } from '../../src/kernel/process/wait.ts';
import { CLIENT_ADDRESS, MILLISECOND, patternByte, SECOND, SERVER_ADDRESS, text, World } from './world.ts';

const buffer = new Uint8Array(65536);

function receive(endpoint: UdpEndpoint): string | number {
  const result = endpoint.receiveFrom(buffer, buffer.length);
  return typeof result === 'number' ? result : new TextDecoder().decode(buffer.subarray(0, result.bytes));
}

function bound(world: World, port: number): UdpEndpoint {
  const endpoint = world.server.stack.udp.socket();
  expect(endpoint.bind(0, port)).toBe(0);
  return endpoint;
}

describe('UDP', () => {
  it('carries datagrams with their bounds and their sender', () => {
    const world = new World();
    const server = bound(world, 53);
    const client = world.client.stack.udp.socket();
    expect(client.sendTo(text('one'), 3, SERVER_ADDRESS, 53)).toBe(3);
    expect(client.sendTo(text('three'), 5, SERVER_ADDRESS, 53)).toBe(5);
    expect(client.sendTo(text(''), 0, SERVER_ADDRESS, 53)).toBe(0);
    world.run(10 * MILLISECOND);
    const first = server.receiveFrom(buffer, 2, true) as ReceivedDatagram;
    expect(first).toEqual({ bytes: 2, length: 3, address: CLIENT_ADDRESS, port: client.localPort });
    expect([receive(server), receive(server), receive(server), receive(server)]).toEqual(['one', 'three', '', -EAGAIN]);
    expect(server.sendTo(text('back'), 4, CLIENT_ADDRESS, client.localPort)).toBe(4);
    world.run(10 * MILLISECOND);
    expect(receive(client)).toBe('back');
  });

  it('tells a connected socket of a closed port: ECONNREFUSED, and only it', () => {
    const world = new World();
    const connected = world.client.stack.udp.socket();
    const loose = world.client.stack.udp.socket();
    expect(connected.connect(SERVER_ADDRESS, 9)).toBe(0);
    expect(connected.sendTo(text('x'), 1)).toBe(1);
    expect(loose.sendTo(text('x'), 1, SERVER_ADDRESS, 9)).toBe(1);
    world.run(10 * MILLISECOND);
    expect(connected.poll() & (POLLERR | POLLIN)).toBe(POLLERR);
    expect(receive(connected)).toBe(-ECONNREFUSED);
    expect(receive(connected)).toBe(-EAGAIN);
    expect(receive(loose)).toBe(-EAGAIN);
  });

  it('a connected socket hears its peer alone', () => {
    const world = new World();
    const server = bound(world, 53);
    const other = bound(world, 54);
    const client = world.client.stack.udp.socket();
    client.connect(SERVER_ADDRESS, 53);
    server.sendTo(text('yes'), 3, CLIENT_ADDRESS, client.localPort);
    other.sendTo(text('no'), 2, CLIENT_ADDRESS, client.localPort);
    world.run(10 * MILLISECOND);
    expect([receive(client), receive(client)]).toEqual(['yes', -EAGAIN]);
  });

  it('answers the errors of sendto(2)', () => {
    const world = new World();
    const socket = world.client.stack.udp.socket();
    expect(socket.sendTo(text('x'), 1)).toBe(-EDESTADDRREQ);
    expect(socket.sendTo(buffer, 65508, SERVER_ADDRESS, 1)).toBe(-EMSGSIZE);
    expect(socket.sendTo(text('x'), 1, parseAddress('192.0.2.1'), 1)).toBe(-ENETUNREACH);
    expect(socket.sendTo(text('x'), 1, parseAddress('10.0.2.255'), 1)).toBe(-EACCES);
    socket.broadcast = true;
    expect(socket.sendTo(text('x'), 1, parseAddress('10.0.2.255'), 1)).toBe(1);
    socket.shutdown(2);
    expect(socket.sendTo(text('x'), 1, SERVER_ADDRESS, 1)).toBe(-EPIPE);
    bound(world, 53);
    expect(world.server.stack.udp.socket().bind(SERVER_ADDRESS, 53)).toBe(-EADDRINUSE);
  });

  it('drops what its receive buffer cannot hold', () => {
    const world = new World({ bandwidth: Infinity });
    const server = bound(world, 53);
    const client = world.client.stack.udp.socket();
    client.connect(SERVER_ADDRESS, 53);
    for (let i = 0; i < 2000; i += 1) {
      client.sendTo(buffer, 1000);
      if (i % 50 === 0) world.run(MILLISECOND);
    }
    world.run(10 * MILLISECOND);
    expect(server.queuedBytes).toBeLessThanOrEqual(server.receiveBuffer);
    expect(server.drops).toBeGreaterThan(1000);
    server.close();
    expect(world.buffersInUse).toBe(0);
  });

  it('reaches a broadcast address on the link', () => {
    const world = new World();
    const server = bound(world, 67);
    const client = world.client.stack.udp.socket();
    client.broadcast = true;
    client.sendTo(text('all'), 3, 0xffffffff, 67);
    client.sendTo(text('net'), 3, parseAddress('10.0.2.255'), 67);
    world.run(10 * MILLISECOND);
    expect([receive(server), receive(server)]).toEqual(['all', 'net']);
  });

  it('spreads flows over a SO_REUSEPORT group', () => {
    const world = new World();
    const group = [0, 1].map(() => {
      const endpoint = world.server.stack.udp.socket();
      endpoint.reusePort = true;
      expect(endpoint.bind(0, 53)).toBe(0);
      return endpoint;
    });
    for (let i = 0; i < 40; i += 1) world.client.stack.udp.socket().sendTo(text('x'), 1, SERVER_ADDRESS, 53);
    world.run(10 * MILLISECOND);
    const counts = group.map((endpoint) => endpoint.queue.length);
    expect(counts[0]! + counts[1]!).toBe(40);
    expect(Math.min(...counts)).toBeGreaterThan(5);
  });
});

describe('fragments', () => {
  const payload = Uint8Array.from({ length: 60000 }, (_, i) => patternByte(i, 5));

  it('a datagram larger than the MTU is cut and put together, in any order, with duplicates', () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const world = new World({ seed, reorder: 0.5, duplicate: 0.2, reorderDelay: 3 * MILLISECOND });
      const server = bound(world, 53);
      const client = world.client.stack.udp.socket();
      expect(client.sendTo(payload, payload.length, SERVER_ADDRESS, 53)).toBe(60000);
      world.run(100 * MILLISECOND);
      const result = server.receiveFrom(buffer, buffer.length) as ReceivedDatagram;
      expect(result.length).toBe(60000);
      expect(Buffer.compare(buffer.subarray(0, 60000), payload)).toBe(0);
      server.close();
      // Duplicates that came after completion wait for their fellows in vain.
      world.run(31 * SECOND);
      expect(world.buffersInUse).toBe(0);
    }
  });

  it('a datagram with a piece missing is given up after 30 s', () => {
    const world = new World({ loss: 0.1, seed: 3 });
    const server = bound(world, 53);
    const client = world.client.stack.udp.socket();
    world.run(SECOND);
    for (let i = 0; i < 5; i += 1) {
      client.sendTo(payload, payload.length, SERVER_ADDRESS, 53);
      world.run(SECOND);
    }
    expect(receive(server)).toBe(-EAGAIN);
    expect(world.server.stack.ip.reassembly.bytes).toBeGreaterThan(0);
    world.run(31 * SECOND);
    expect(world.server.stack.ip.reassembly.bytes).toBe(0);
    expect(world.server.stack.counters.ip.ReasmTimeout).toBe(5);
    expect(world.buffersInUse).toBe(0);
  });

  it('are bounded in memory, whoever sends them', () => {
    const world = new World();
    const random = seededRandom(5);
    const frame = new Uint8Array(14 + 20 + 1400);
    frame.set([0x52, 0x54, 0, 0x12, 0x34, 0x56, 0x52, 0x55, 10, 0, 2, 2, 8, 0, 0x45]);
    for (let i = 0; i < 20000; i += 1) {
      write16(frame, 16, 1420);
      write16(frame, 18, random());
      write16(frame, 20, 0x2000 | (random() % 100));
      frame[22] = 64;
      frame[23] = 17;
      write16(frame, 24, 0);
      write32(frame, 26, CLIENT_ADDRESS);
      write32(frame, 30, SERVER_ADDRESS);
      write16(frame, 24, checksum(frame, 14, 20));
      world.server.stack.inputFrame(world.server.networkInterface, frame);
    }
    const { reassembly } = world.server.stack.ip;
    expect(reassembly.bytes).toBeLessThanOrEqual(world.server.stack.settings.ipFragmentHighThreshold);
    expect(reassembly.queues).toBeLessThanOrEqual(world.server.stack.settings.ipFragmentQueues);
    world.run(31 * SECOND);
    expect(world.buffersInUse).toBe(0);
  });
});

describe('ICMP', () => {
  function ping(world: World, to: number, bytes: number): void {
    const frame = new Uint8Array(14 + 28 + bytes);
    frame.set([0x52, 0x54, 0, 0x12, 0x34, 0x56, 0x52, 0x55, 10, 0, 2, 2, 8, 0, 0x45]);
    write16(frame, 16, 28 + bytes);
    frame[22] = 64;
    frame[23] = 1;
    write32(frame, 26, CLIENT_ADDRESS);
    write32(frame, 30, to);
    write16(frame, 24, checksum(frame, 14, 20));
    frame[34] = 8;
    write32(frame, 38, 0x12340001);
    for (let i = 0; i < bytes; i += 1) frame[42 + i] = i;
    write16(frame, 36, checksum(frame, 34, 8 + bytes));
    world.server.stack.inputFrame(world.server.networkInterface, frame);
  }

  it('answers an echo request with the same bytes', () => {
    const world = new World();
    const seen: Uint8Array[] = [];
    const forward = world.link.a.onFrame!;
    world.link.a.onFrame = (frame, now) => {
      if (frame[23] === 1) seen.push(frame);
      forward(frame, now);
    };
    ping(world, SERVER_ADDRESS, 56);
    world.run(10 * MILLISECOND);
    expect(seen.length).toBe(1);
    const reply = seen[0]!;
    expect([reply[34], reply[35], read32(reply, 38)]).toEqual([0, 0, 0x12340001]);
    expect(checksum(reply, 34, reply.length - 34)).toBe(0);
    expect(Array.from(reply.subarray(42))).toEqual(Array.from({ length: 56 }, (_, i) => i));
  });

  it('does not answer more than the limit allows', () => {
    const world = new World({ bandwidth: Infinity });
    for (let i = 0; i < 1000; i += 1) ping(world, SERVER_ADDRESS, 8);
    expect(world.server.stack.counters.icmp.OutEchoReps).toBe(50);
    world.run(SECOND);
    ping(world, SERVER_ADDRESS, 8);
    expect(world.server.stack.counters.icmp.OutEchoReps).toBe(51);
  });
});

describe('ARP', () => {
  it('resolves once, keeps packets meanwhile, and drops the oldest beyond its bound', () => {
    const world = new World();
    const server = bound(world, 53);
    const client = world.client.stack.udp.socket();
    client.connect(SERVER_ADDRESS, 53);
    for (let i = 0; i < 150; i += 1) client.sendTo(text('x'), 1);
    world.run(10 * MILLISECOND);
    expect(server.queue.length).toBe(101);
    expect([...world.client.stack.arp.neighbours].map((entry) => entry.state)).toEqual(['reachable']);
  });

  it('is bounded: a scan of a large network leaves a full table, not more', () => {
    const world = new World();
    const { stack } = world.client;
    stack.addAddress(world.client.networkInterface, parseAddress('172.16.0.1'), 16);
    const socket = stack.udp.socket();
    for (let i = 2; i < 5000; i += 1) socket.sendTo(text('x'), 1, parseAddress('172.16.0.0') + i, 9);
    expect(stack.arp.size).toBe(stack.settings.neighbourTableSize);
    world.run(10 * SECOND);
    expect(stack.arp.size).toBe(0);
    expect(world.buffersInUse).toBe(0);
  });
});

describe('routing', () => {
  /** Two networks joined by a router. */
  function router(forward: boolean): { send: (ttl: number) => number; arrived: Uint8Array[]; returned: Uint8Array[] } {
    const arrived: Uint8Array[] = [];
    const returned: Uint8Array[] = [];
    const stack = new NetworkStack({
      clock: { now: () => 1 },
      random: seededRandom(1),
      settings: { ipForward: forward },
    });
    const make = (name: string, address: string, log: Uint8Array[]): NetworkInterface => {
      const networkInterface = new NetworkInterface({
        name,
        mac: Uint8Array.of(2, 0, 0, 0, 0, name === 'eth0' ? 1 : 2),
        addresses: [{ address: parseAddress(address), prefixLength: 24 }],
        transmit: (packet) => {
          log.push(packet.view().slice());
          stack.release(packet);
          return true;
        },
      });
      stack.addInterface(networkInterface);
      return networkInterface;
    };
    const near = make('eth0', '10.0.0.1', returned);
    const far = make('eth1', '10.0.1.1', arrived);
    stack.arp.set(near, parseAddress('10.0.0.2'), Uint8Array.of(2, 0, 0, 0, 0, 9));
    stack.arp.set(far, parseAddress('10.0.1.2'), Uint8Array.of(2, 0, 0, 0, 0, 8));
    const send = (ttl: number): number => {
      const frame = new Uint8Array(14 + 28);
      frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45]);
      write16(frame, 16, 28);
      frame[22] = ttl;
      frame[23] = 17;
      write32(frame, 26, parseAddress('10.0.0.2'));
      write32(frame, 30, parseAddress('10.0.1.2'));
      write16(frame, 24, checksum(frame, 14, 20));
      write16(frame, 38, 8);
      stack.inputFrame(near, frame);
      return stack.buffersInUse;
    };
    return { send, arrived, returned };
  }

  it('forwards with the time to live counted down and the checksum right', () => {
    const { send, arrived } = router(true);
    expect(send(64)).toBe(0);
    expect(arrived.length).toBe(1);
    expect(arrived[0]![22]).toBe(63);
    expect(checksum(arrived[0]!, 14, 20)).toBe(0);
    expect(Array.from(arrived[0]!.subarray(0, 6))).toEqual([2, 0, 0, 0, 0, 8]);
  });

  it('reports a time to live that ran out', () => {
    const { send, arrived, returned } = router(true);
    send(1);
    expect(arrived.length).toBe(0);
    expect([returned[0]![34], read16(returned[0]!, 12)]).toEqual([11, 0x0800]);
  });

  it('does nothing of the kind on a host', () => {
    const { send, arrived, returned } = router(false);
    expect(send(64)).toBe(0);
    expect([arrived.length, returned.length]).toEqual([0, 0]);
  });

  it('prefers the longest prefix, then the lowest metric', () => {
    const world = new World();
    const { stack, networkInterface } = world.client;
    stack.addGateway(0, 0, parseAddress('10.0.2.1'), networkInterface);
    stack.addGateway(parseAddress('192.168.0.0'), 16, parseAddress('10.0.2.3'), networkInterface, 5);
    stack.addGateway(parseAddress('192.168.0.0'), 16, parseAddress('10.0.2.4'), networkInterface, 2);
    stack.addGateway(parseAddress('192.168.7.0'), 24, parseAddress('10.0.2.5'), networkInterface);
    const hop = (address: string): number => {
      const route = stack.resolveRoute(parseAddress(address), 0);
      return typeof route === 'number' ? route : route.nextHop & 255;
    };
    expect([hop('192.168.7.1'), hop('192.168.8.1'), hop('8.8.8.8'), hop('10.0.2.77')]).toEqual([5, 4, 1, 77]);
  });
});

describe('path MTU', () => {
  it('"fragmentation needed" lowers the segment size, and the transfer goes on', () => {
    const world = new World();
    const { client, server } = world.pair();
    // A router in between that takes 1,000 bytes: it drops what is larger and says so.
    const forward = world.link.b.onFrame!;
    let largest = 0;
    world.link.b.onFrame = (frame, now) => {
      if (frame.length - 14 <= 1000) {
        largest = Math.max(largest, frame.length - 14);
        forward(frame, now);
        return;
      }
      const reply = new Uint8Array(14 + 20 + 8 + 28);
      reply.set([0x52, 0x55, 10, 0, 2, 2, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 0, 0x45]);
      write16(reply, 16, 56);
      reply[22] = 64;
      reply[23] = 1;
      write32(reply, 26, SERVER_ADDRESS);
      write32(reply, 30, CLIENT_ADDRESS);
      write16(reply, 24, checksum(reply, 14, 20));
      reply[34] = 3;
      reply[35] = 4;
      write16(reply, 40, 1000);
      reply.set(frame.subarray(14, 42), 42);
      write16(reply, 36, checksum(reply, 34, 36));
      world.client.stack.inputFrame(world.client.networkInterface, reply);
    };
    expect(client.send(new Uint8Array(50000), 30000)).toBe(30000);
    let received = 0;
    world.run(30 * SECOND, () => {
      const bytes = server.receive(buffer, buffer.length);
      if (bytes > 0) received += bytes;
      return received === 30000;
    });
    expect(received).toBe(30000);
    expect(client.mss).toBe(1000 - 40 - 12);
    expect(largest).toBeGreaterThan(900);
  });
});
