// The host gateway, with sockets that are made up and with real ones: another program's client (curl) against a simulated server.

import { execFile, execFileSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { TcpEndpoint } from '../../src/kernel/net/tcp/endpoint.ts';
import { ESTABLISHED } from '../../src/kernel/net/tcp/states.ts';
import { GUEST_ADDRESS, GUEST_MAC, Host } from '../../src/net/host.ts';
import { HostGateway, type HostSocket, type HostSocketEvents } from '../../src/net/host-gateway.ts';
import { Link } from '../../src/net/link.ts';
import { type Publication, parsePublish, publishPort } from '../../src/net/publish-node.ts';
import { Wire } from '../../src/net/wire.ts';
import { HttpServer } from './http-server.ts';
import { MILLISECOND, patternByte, SECOND, text } from './world.ts';

/** A host socket that notes what is done to it. */
class FakeSocket implements HostSocket {
  readonly written: number[] = [];
  ended = false;
  destroyed = false;
  paused = false;
  blocked = false;

  write(bytes: Uint8Array): boolean {
    for (const byte of bytes) this.written.push(byte);
    return !this.blocked;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  get text(): string {
    return new TextDecoder().decode(Uint8Array.from(this.written));
  }
}

class Bench {
  readonly link = new Link({ latency: 20_000 });
  readonly wire = new Wire();
  readonly gateway = new HostGateway({ port: this.link.a, maxConnections: 10 });
  readonly guest = new Host({ port: this.link.b, address: GUEST_ADDRESS, mac: GUEST_MAC });
  readonly listener = this.guest.stack.tcp.socket();
  now = 0;

  constructor() {
    this.wire.addLink(this.link);
    this.wire.add(this.gateway);
    this.wire.add(this.guest);
    this.listener.bind(0, 80);
    this.listener.listen(16);
  }

  run(duration: number): void {
    const limit = this.now + duration;
    this.gateway.pump(this.now);
    this.wire.runUntil(limit);
    this.now = limit;
    this.guest.setTime(limit);
  }

  open(port = 80): { socket: FakeSocket; events: HostSocketEvents; server: TcpEndpoint | number } {
    const socket = new FakeSocket();
    const events = this.gateway.accept(socket, port)!;
    this.run(10 * MILLISECOND);
    return { socket, events, server: this.listener.accept() };
  }
}

function opened(bench: Bench): { socket: FakeSocket; events: HostSocketEvents; server: TcpEndpoint } {
  const { socket, events, server } = bench.open();
  if (typeof server === 'number') throw new Error(`not accepted: ${server}`);
  return { socket, events, server };
}

const buffer = new Uint8Array(65536);

describe('the host gateway', () => {
  it('carries bytes both ways and a half close each', () => {
    const bench = new Bench();
    const { socket, events, server } = opened(bench);
    events.data(text('request'));
    events.ended();
    bench.run(10 * MILLISECOND);
    expect(server.receive(buffer, 100)).toBe(7);
    expect(server.receive(buffer, 100)).toBe(0);
    expect(socket.ended).toBe(false);
    server.send(text('response'), 8);
    server.close();
    bench.run(10 * MILLISECOND);
    expect(socket.text).toBe('response');
    expect(socket.ended).toBe(true);
    expect(socket.destroyed).toBe(false);
    expect(bench.gateway.connections).toBe(0);
    bench.run(100 * SECOND);
    expect(bench.gateway.host.stack.buffersInUse + bench.guest.stack.buffersInUse).toBe(0);
  });

  it('the guest may end first', () => {
    const bench = new Bench();
    const { socket, events, server } = opened(bench);
    server.shutdown(2);
    bench.run(100 * MILLISECOND);
    expect(socket.ended).toBe(true);
    events.data(text('more'));
    events.ended();
    bench.run(100 * MILLISECOND);
    expect(server.receive(buffer, 100)).toBe(4);
    expect(server.receive(buffer, 100)).toBe(0);
    expect(bench.gateway.connections).toBe(0);
  });

  it('a reset from the guest destroys the socket, a socket that fails resets the guest', () => {
    const bench = new Bench();
    const first = opened(bench);
    first.server.linger = 0;
    first.server.close();
    bench.run(10 * MILLISECOND);
    expect(first.socket.destroyed).toBe(true);
    const second = opened(bench);
    second.events.closed();
    bench.run(10 * MILLISECOND);
    expect(second.server.takeError()).toBe(104);
    expect(bench.gateway.connections).toBe(0);
  });

  it('a port where nobody listens destroys the socket', () => {
    const bench = new Bench();
    const { socket } = bench.open(81);
    expect(socket.destroyed).toBe(true);
    expect(bench.gateway.connections).toBe(0);
  });

  it('pauses a host that sends faster than the guest reads, and loses nothing', () => {
    const bench = new Bench();
    const { socket, events, server } = opened(bench);
    const total = 20 << 20;
    let sent = 0;
    while (!socket.paused) {
      events.data(Uint8Array.from({ length: 65536 }, (_, i) => patternByte(sent + i, 1)));
      sent += 65536;
      bench.run(MILLISECOND);
      expect(sent).toBeLessThan(total);
    }
    expect(sent).toBeLessThan(2 << 20);
    let received = 0;
    let wrong = 0;
    for (let i = 0; i < 2000 && received < sent; i += 1) {
      const bytes = server.receive(buffer, buffer.length);
      for (let j = 0; j < bytes; j += 1) if (buffer[j] !== patternByte(received + j, 1)) wrong += 1;
      if (bytes > 0) received += bytes;
      bench.run(MILLISECOND);
    }
    expect([received, wrong]).toEqual([sent, 0]);
    expect(socket.paused).toBe(false);
  });

  it('a host that does not read stops the guest, until it drains', () => {
    const bench = new Bench();
    const { socket, events, server } = opened(bench);
    socket.blocked = true;
    let sent = 0;
    for (let i = 0; i < 1000; i += 1) {
      const result = server.send(buffer, buffer.length);
      if (result > 0) sent += result;
      bench.run(MILLISECOND);
    }
    expect(server.send(buffer, 1)).toBe(-11);
    expect(socket.written.length).toBeLessThan(100_000);
    expect(server.state).toBe(ESTABLISHED);
    socket.blocked = false;
    events.drained();
    bench.run(10 * SECOND);
    expect(socket.written.length).toBe(sent);
  });

  it('refuses connections beyond its bound', () => {
    const bench = new Bench();
    const sockets = Array.from({ length: 12 }, () => {
      const socket = new FakeSocket();
      bench.gateway.accept(socket, 80);
      return socket;
    });
    expect(sockets.map((socket) => socket.destroyed)).toEqual([...Array(10).fill(false), true, true]);
    bench.run(10 * MILLISECOND);
    bench.gateway.close();
    expect(bench.gateway.connections).toBe(0);
    expect(sockets.every((socket) => socket.destroyed)).toBe(true);
  });
});

describe('--publish', () => {
  it('parses its argument', () => {
    expect(parsePublish('8080:80')).toEqual({ hostPort: 8080, guestPort: 80 });
    expect(parsePublish('0.0.0.0:8080:80')).toEqual({ hostPort: 8080, guestPort: 80, hostAddress: '0.0.0.0' });
    for (const wrong of ['80', 'a:b', '8080:0', '70000:80', '1:2:3:4', '']) {
      expect(() => parsePublish(wrong)).toThrow(RangeError);
    }
  });
});

const hasCurl = ((): boolean => {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('a published port', () => {
  const cleanUp: (() => void)[] = [];
  afterEach(() => {
    for (const action of cleanUp.splice(0)) action();
  });

  /** A simulated web server behind a real port; guest time runs as fast as events come. */
  async function serve(bodyBytes: number): Promise<{ publication: Publication; server: HttpServer }> {
    const link = new Link({ latency: 20_000 });
    const wire = new Wire();
    const server = new HttpServer(link.b, bodyBytes);
    let now = 0;
    let scheduled = false;
    const turn = (): void => {
      scheduled = false;
      gateway.pump(now);
      now = Math.max(now, wire.runUntil(now + 20 * MILLISECOND));
    };
    const gateway = new HostGateway({
      port: link.a,
      onInput: () => {
        if (!scheduled) setImmediate(turn);
        scheduled = true;
      },
    });
    wire.addLink(link);
    wire.add(gateway);
    wire.add(server.host);
    const ticker = setInterval(turn, 5);
    const publication = await publishPort(gateway, { hostPort: 0, guestPort: 80 });
    cleanUp.push(() => {
      clearInterval(ticker);
      gateway.close();
      void publication.close();
    });
    return { publication, server };
  }

  function run(command: string, args: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile(command, args, { maxBuffer: 1 << 26 }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    });
  }

  it.skipIf(!hasCurl)('is read by curl: small and large, several on one connection', async () => {
    const { publication, server } = await serve(200_000);
    const url = `http://127.0.0.1:${publication.hostPort}/`;
    expect(await run('curl', ['-sS', '--max-time', '30', url])).toBe('b'.repeat(200_000));
    const three = await run('curl', [
      '-sS',
      '--max-time',
      '30',
      '-w',
      '%{num_connects}\n',
      '-o',
      '/dev/null',
      url,
      '-o',
      '/dev/null',
      url,
      '-o',
      '/dev/null',
      url,
    ]);
    expect(three.trim().split('\n')).toEqual(['1', '0', '0']);
    expect(server.served).toBe(4);
  });

  it('carries a client that hangs up in the middle', async () => {
    const { publication, server } = await serve(5_000_000);
    const socket: Socket = connect(publication.hostPort, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise<void>((resolve) => socket.once('data', () => resolve()));
    socket.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.open).toBe(0);
  });
});
