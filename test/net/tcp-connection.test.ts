// The connection's states, RFC 9293 section 3.3.2, 3.5 and 3.6, and what the calls answer in them (Linux's errno values).

import { describe, expect, it } from 'vitest';
import {
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAGAIN,
  EALREADY,
  ECONNREFUSED,
  ECONNRESET,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  ENETUNREACH,
  ENOTCONN,
  EPIPE,
  ETIMEDOUT,
} from '../../src/kernel/errno.ts';
import { parseAddress } from '../../src/kernel/net/ip/address.ts';
import type { TcpEndpoint } from '../../src/kernel/net/tcp/endpoint.ts';
import {
  CLOSE_WAIT,
  CLOSED,
  CLOSING,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  LISTEN,
  SYN_SENT,
} from '../../src/kernel/net/tcp/states.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM } from '../../src/kernel/process/wait.ts';
import { CLIENT_ADDRESS, MILLISECOND, readText, SECOND, SERVER_ADDRESS, text, World } from './world.ts';

const IN = POLLIN | POLLRDNORM;
const OUT = POLLOUT | POLLWRNORM;
const buffer = new Uint8Array(1000);

function read(endpoint: TcpEndpoint): number {
  return endpoint.receive(buffer, buffer.length);
}

describe('opening', () => {
  it('goes CLOSED, SYN-SENT, ESTABLISHED; the other side LISTEN, ESTABLISHED', () => {
    const world = new World();
    const listener = world.listen();
    expect(listener.state).toBe(LISTEN);
    const client = world.client.stack.tcp.socket();
    expect(client.state).toBe(CLOSED);
    expect(client.poll()).toBe(POLLHUP | OUT);
    expect(client.connect(SERVER_ADDRESS, 80)).toBe(-EINPROGRESS);
    expect(client.state).toBe(SYN_SENT);
    expect(client.poll()).toBe(0);
    expect(client.connect(SERVER_ADDRESS, 80)).toBe(-EALREADY);
    expect(client.send(text('x'), 1)).toBe(-EAGAIN);
    expect(read(client)).toBe(-EAGAIN);
    world.run(10 * MILLISECOND);
    expect(client.state).toBe(ESTABLISHED);
    expect(client.poll()).toBe(OUT);
    expect(client.connect(SERVER_ADDRESS, 80)).toBe(0);
    expect(client.connect(SERVER_ADDRESS, 80)).toBe(-EISCONN);
    expect(listener.poll()).toBe(IN);
    const server = listener.accept() as TcpEndpoint;
    expect(server.state).toBe(ESTABLISHED);
    expect([server.remoteAddress, server.remotePort]).toEqual([CLIENT_ADDRESS, client.localPort]);
    expect([client.remoteAddress, client.remotePort, client.localAddress]).toEqual([
      SERVER_ADDRESS,
      80,
      CLIENT_ADDRESS,
    ]);
    expect(listener.accept()).toBe(-EAGAIN);
    expect(listener.poll()).toBe(0);
  });

  it('is refused by a port where nobody listens: POLLIN, POLLOUT, POLLERR, POLLHUP, and the error once', () => {
    const world = new World();
    const client = world.connect(81);
    world.run(10 * MILLISECOND);
    expect(client.state).toBe(CLOSED);
    expect(client.poll()).toBe(IN | OUT | POLLERR | POLLHUP | POLLRDHUP);
    expect(client.connect(SERVER_ADDRESS, 81)).toBe(-ECONNREFUSED);
    expect(client.takeError()).toBe(0);
    // Linux lets the socket try again.
    world.listen(81);
    expect(client.connect(SERVER_ADDRESS, 81)).toBe(-EINPROGRESS);
    world.run(10 * MILLISECOND);
    expect(client.connect(SERVER_ADDRESS, 81)).toBe(0);
  });

  it('gives up a host that is silent after six retries, 127 s: ETIMEDOUT', () => {
    const world = new World();
    world.client.stack.arp.set(
      world.client.networkInterface,
      SERVER_ADDRESS,
      Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56),
    );
    const client = world.client.stack.tcp.socket();
    world.link.connected = false;
    const begin = world.now;
    client.connect(SERVER_ADDRESS, 80);
    world.run(300 * SECOND, () => client.state === CLOSED);
    expect(Math.round((world.now - begin) / SECOND)).toBe(127);
    expect(client.takeError()).toBe(ETIMEDOUT);
  });

  it('fails without a route, to a broadcast address, and from an address that is not ours', () => {
    const world = new World();
    const socket = (): TcpEndpoint => world.client.stack.tcp.socket();
    expect(socket().connect(parseAddress('192.0.2.1'), 80)).toBe(-ENETUNREACH);
    expect(socket().connect(parseAddress('10.0.2.255'), 80)).toBe(-ENETUNREACH);
    expect(socket().bind(parseAddress('10.0.2.99'), 80)).toBe(-EADDRNOTAVAIL);
  });

  it('tells a host that does not answer ARP as EHOSTUNREACH', () => {
    const world = new World();
    const client = world.client.stack.tcp.socket();
    client.connect(parseAddress('10.0.2.77'), 80);
    world.run(10 * SECOND, () => client.state === CLOSED);
    expect(client.takeError()).toBe(113);
  });

  it('works when both sides open at once (RFC 9293 figure 8)', () => {
    const world = new World({ latency: 5 * MILLISECOND });
    world.pair(99);
    const a = world.client.stack.tcp.socket();
    const b = world.server.stack.tcp.socket();
    expect(a.bind(0, 7001)).toBe(0);
    expect(b.bind(0, 7002)).toBe(0);
    a.connect(SERVER_ADDRESS, 7002);
    b.connect(CLIENT_ADDRESS, 7001);
    world.run(100 * MILLISECOND);
    expect([a.state, b.state]).toEqual([ESTABLISHED, ESTABLISHED]);
    a.send(text('hello'), 5);
    b.send(text('there'), 5);
    world.run(100 * MILLISECOND);
    expect([readText(a), readText(b)]).toEqual(['there', 'hello']);
  });

  it('may connect to itself through a simultaneous open on one port', () => {
    const world = new World();
    const { stack } = world.client;
    const endpoint = stack.tcp.socket();
    expect(endpoint.bind(0x7f000001, 5000)).toBe(0);
    endpoint.connect(0x7f000001, 5000);
    expect(endpoint.state).toBe(ESTABLISHED);
    endpoint.send(text('me'), 2);
    expect(readText(endpoint)).toBe('me');
  });
});

describe('closing', () => {
  it('in turn: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT; CLOSE-WAIT, LAST-ACK', () => {
    const world = new World({ latency: MILLISECOND });
    const { client, server } = world.pair();
    client.shutdown(2);
    expect(client.state).toBe(FIN_WAIT_1);
    // The FIN's acknowledgement may wait 40 ms for an answer to go with.
    world.run(50 * MILLISECOND);
    expect([client.state, server.state]).toEqual([FIN_WAIT_2, CLOSE_WAIT]);
    expect(server.poll()).toBe(IN | OUT | POLLRDHUP);
    expect(read(server)).toBe(0);
    // Half closed: the other direction still works.
    expect(server.send(text('still'), 5)).toBe(5);
    world.run(10 * MILLISECOND);
    expect(readText(client)).toBe('still');
    expect(client.send(text('x'), 1)).toBe(-EPIPE);
    server.close();
    expect(server.state).toBe(LAST_ACK);
    world.run(10 * MILLISECOND);
    expect([client.state, server.state]).toEqual([CLOSED, CLOSED]);
    expect(world.client.stack.tcp.timeWaits).toBe(1);
    expect(client.poll()).toBe(IN | OUT | POLLRDHUP | POLLHUP);
    expect(read(client)).toBe(0);
    client.close();
    world.run(59 * SECOND);
    expect(world.client.stack.tcp.timeWaits).toBe(1);
    world.run(2 * SECOND);
    expect(world.client.stack.tcp.timeWaits).toBe(0);
    expect(world.buffersInUse).toBe(0);
  });

  it('from both sides at once: CLOSING, then TIME-WAIT on both', () => {
    const world = new World({ latency: 5 * MILLISECOND });
    const { client, server } = world.pair();
    world.run(100 * MILLISECOND);
    client.close();
    server.close();
    world.run(6 * MILLISECOND);
    expect([client.state, server.state]).toEqual([CLOSING, CLOSING]);
    world.run(20 * MILLISECOND);
    expect([world.client.stack.tcp.timeWaits, world.server.stack.tcp.timeWaits]).toEqual([1, 1]);
    expect(world.client.stack.tcp.orphans + world.server.stack.tcp.orphans).toBe(0);
  });

  it('resets when data is left unread (RFC 2525 section 2.17): the peer reads ECONNRESET', () => {
    const world = new World();
    const { client, server } = world.pair();
    client.send(text('unread'), 6);
    world.run(10 * MILLISECOND);
    server.close();
    world.run(10 * MILLISECOND);
    expect(client.state).toBe(CLOSED);
    expect(client.poll()).toBe(IN | OUT | POLLERR | POLLHUP | POLLRDHUP);
    expect(client.send(text('x'), 1)).toBe(-ECONNRESET);
    expect(client.send(text('x'), 1)).toBe(-EPIPE);
    expect(read(client)).toBe(0);
    expect(world.client.stack.tcp.timeWaits + world.server.stack.tcp.timeWaits).toBe(0);
  });

  it('resets with SO_LINGER 0', () => {
    const world = new World();
    const { client, server } = world.pair();
    client.linger = 0;
    client.close();
    world.run(10 * MILLISECOND);
    expect(read(server)).toBe(-ECONNRESET);
    expect(read(server)).toBe(0);
    expect(server.state).toBe(CLOSED);
    expect(world.client.stack.tcp.timeWaits).toBe(0);
  });

  it('answers data for a program that is gone with a reset', () => {
    const world = new World();
    const { client, server } = world.pair();
    client.close();
    world.run(10 * MILLISECOND);
    expect(server.send(text('late'), 4)).toBe(4);
    world.run(10 * MILLISECOND);
    expect(server.state).toBe(CLOSED);
    // RFC 9293: the reset of a connection in CLOSE-WAIT is EPIPE on Linux.
    expect(server.send(text('x'), 1)).toBe(-EPIPE);
  });

  it('sends what was written before the FIN', () => {
    const world = new World({ bandwidth: 1e6 });
    const { client, server } = world.pair();
    const sent = client.send(new Uint8Array(20000).fill(7), 20000);
    client.close();
    let received = 0;
    world.run(10 * SECOND, () => {
      const bytes = read(server);
      if (bytes > 0) received += bytes;
      return bytes === 0;
    });
    expect(sent).toBe(20000);
    expect(received).toBe(20000);
  });

  it('ends an orphan in FIN-WAIT-2 after tcp_fin_timeout', () => {
    const world = new World();
    const { client } = world.pair();
    client.close();
    world.run(SECOND);
    expect(client.state).toBe(FIN_WAIT_2);
    world.run(60 * SECOND);
    expect(client.state).toBe(CLOSED);
    expect(world.client.stack.tcp.orphans).toBe(0);
  });

  it('lets a listener go with its queue: whoever waited is reset', () => {
    const world = new World();
    const listener = world.listen();
    const clients = [world.connect(), world.connect()];
    world.run(10 * MILLISECOND);
    listener.close();
    world.run(10 * MILLISECOND);
    expect(clients.map((client) => client.takeError())).toEqual([ECONNRESET, ECONNRESET]);
    expect(world.server.stack.tcp.table.size).toBe(0);
    expect(world.server.stack.tcp.portsInUse).toBe(0);
    expect(world.buffersInUse).toBe(0);
  });

  it('answers ENOTCONN where nothing is connected', () => {
    const world = new World();
    const socket = world.client.stack.tcp.socket();
    expect(read(socket)).toBe(-ENOTCONN);
    expect(socket.shutdown(2)).toBe(-ENOTCONN);
    expect(socket.send(text('x'), 1)).toBe(-EPIPE);
    expect(socket.accept()).toBe(-EINVAL);
    expect(read(world.listen())).toBe(-ENOTCONN);
  });
});

describe('ports', () => {
  it('are not shared without SO_REUSEADDR or SO_REUSEPORT', () => {
    const world = new World();
    const { tcp } = world.server.stack;
    const first = tcp.socket();
    expect(first.bind(0, 80)).toBe(0);
    expect(first.bind(0, 81)).toBe(-EINVAL);
    expect(tcp.socket().bind(SERVER_ADDRESS, 80)).toBe(-EADDRINUSE);
    const other = tcp.socket();
    other.reuseAddress = true;
    expect(other.bind(0, 80)).toBe(-EADDRINUSE);
    first.reuseAddress = true;
    expect(other.bind(0, 80)).toBe(0);
    expect(first.listen(5)).toBe(0);
    expect(other.listen(5)).toBe(-EADDRINUSE);
  });

  it('different addresses may have the same port', () => {
    const { tcp } = new World().server.stack;
    expect(tcp.socket().bind(SERVER_ADDRESS, 80)).toBe(0);
    expect(tcp.socket().bind(0x7f000001, 80)).toBe(0);
    expect(tcp.socket().bind(0, 80)).toBe(-EADDRINUSE);
  });

  it('in TIME-WAIT need SO_REUSEADDR to be bound again', () => {
    const world = new World();
    const { client, server, listener } = world.pair();
    server.close();
    world.run(10 * MILLISECOND);
    client.close();
    listener.close();
    world.run(10 * MILLISECOND);
    expect(world.server.stack.tcp.timeWaits).toBe(1);
    expect(world.server.stack.tcp.socket().bind(0, 80)).toBe(-EADDRINUSE);
    const again = world.server.stack.tcp.socket();
    again.reuseAddress = true;
    // The record keeps the flag of the connection, which had none.
    expect(again.bind(0, 80)).toBe(-EADDRINUSE);
    world.run(61 * SECOND);
    expect(again.bind(0, 80)).toBe(0);
  });

  it('of a reuse group share the connections', () => {
    const world = new World();
    const group = [0, 1, 2, 3].map(() => {
      const listener = world.server.stack.tcp.socket();
      listener.reusePort = true;
      expect(listener.bind(0, 80)).toBe(0);
      expect(listener.listen(100)).toBe(0);
      return listener;
    });
    for (let i = 0; i < 100; i += 1) world.connect();
    world.run(100 * MILLISECOND);
    const counts = group.map((listener) => listener.listener!.acceptQueue.length);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100);
    for (const count of counts) expect(count).toBeGreaterThan(5);
  });

  it('run out with EADDRNOTAVAIL for a connect and EADDRINUSE for a bind', () => {
    const world = new World({ settings: { ipLocalPortRange: [40000, 40003] } });
    world.listen();
    const clients = [0, 1, 2, 3].map(() => world.connect());
    expect(new Set(clients.map((client) => client.localPort))).toEqual(new Set([40000, 40001, 40002, 40003]));
    expect(world.client.stack.tcp.socket().connect(SERVER_ADDRESS, 80)).toBe(-EADDRNOTAVAIL);
    // Another destination is another pair.
    expect(world.client.stack.tcp.socket().connect(SERVER_ADDRESS, 81)).toBe(-EINPROGRESS);
    expect(world.client.stack.tcp.socket().bind(0, 0)).toBe(-EADDRINUSE);
  });
});

describe('the backlog', () => {
  it('holds backlog + 1 connections; a client beyond stays in SYN-SENT and gets in when there is room', () => {
    const world = new World();
    const listener = world.listen(80, 2);
    const clients = [0, 1, 2, 3].map(() => {
      const client = world.connect();
      world.run(100 * MILLISECOND);
      return client;
    });
    expect(listener.listener!.acceptQueue.length).toBe(3);
    expect(clients.map((client) => client.state)).toEqual([ESTABLISHED, ESTABLISHED, ESTABLISHED, SYN_SENT]);
    expect(world.server.stack.counters.tcpExtension.ListenOverflows).toBe(1);
    expect(listener.accept()).not.toBeTypeOf('number');
    world.run(5 * SECOND);
    expect(clients.every((client) => client.state === ESTABLISHED)).toBe(true);
    expect(listener.listener!.acceptQueue.length).toBe(3);
  });

  it('with TCP_DEFER_ACCEPT a connection is accepted when its data comes', () => {
    const world = new World();
    const listener = world.listen();
    listener.deferAccept = 5;
    const client = world.connect();
    world.run(100 * MILLISECOND);
    expect(client.state).toBe(ESTABLISHED);
    expect(listener.accept()).toBe(-EAGAIN);
    client.send(text('now'), 3);
    world.run(100 * MILLISECOND);
    expect(readText(listener.accept() as TcpEndpoint)).toBe('now');
  });
});
