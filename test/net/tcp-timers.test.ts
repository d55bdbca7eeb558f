// What happens with time alone: keep-alive, zero windows, Nagle against delayed acknowledgements, retransmission timeouts.

import { describe, expect, it } from 'vitest';
import { EAGAIN, ETIMEDOUT } from '../../src/kernel/errno.ts';
import { CLOSED, ESTABLISHED } from '../../src/kernel/net/tcp/states.ts';
import { POLLOUT } from '../../src/kernel/process/wait.ts';
import { MILLISECOND, readText, SECOND, text, World } from './world.ts';

describe('keep-alive', () => {
  it('finds a peer that is gone: after KEEPIDLE, KEEPCNT probes KEEPINTVL apart, ETIMEDOUT', () => {
    const world = new World();
    const { client } = world.pair();
    client.setKeepAlive(true);
    client.setKeepIdle(10 * SECOND);
    client.keepInterval = 2 * SECOND;
    client.keepCount = 3;
    world.run(SECOND);
    world.link.connected = false;
    const begin = world.now;
    world.run(100 * SECOND, () => client.state === CLOSED);
    const seconds = (world.now - begin) / SECOND;
    expect(seconds).toBeGreaterThan(10 + 3 * 2 - 2);
    expect(seconds).toBeLessThan(10 + 3 * 2 + 1);
    expect([ETIMEDOUT, 113]).toContain(client.takeError());
  });

  it('keeps a connection whose peer answers, without end', () => {
    const world = new World();
    const { client, server } = world.pair();
    client.setKeepAlive(true);
    client.setKeepIdle(SECOND);
    client.keepInterval = SECOND;
    client.keepCount = 2;
    world.run(100 * SECOND);
    expect(client.state).toBe(ESTABLISHED);
    expect(server.segmentsIn).toBeGreaterThan(90);
    expect(world.client.stack.counters.tcpExtension.TCPKeepAlive).toBeGreaterThan(90);
  });

  it('finds a half-open peer: one that restarted answers the probe with a reset', () => {
    const world = new World();
    const { client, server } = world.pair();
    client.setKeepAlive(true);
    client.setKeepIdle(5 * SECOND);
    // The server forgets the connection without a word, as after a crash.
    world.server.stack.tcp.setClosed(server);
    world.run(4 * SECOND);
    expect(client.state).toBe(ESTABLISHED);
    world.run(2 * SECOND);
    expect(client.state).toBe(CLOSED);
    expect(client.takeError()).toBe(104);
  });

  it('TCP_USER_TIMEOUT bounds how long data may stay unacknowledged', () => {
    const world = new World();
    const { client } = world.pair();
    client.userTimeout = 5 * SECOND;
    world.link.connected = false;
    client.send(text('x'), 1);
    const begin = world.now;
    world.run(100 * SECOND, () => client.state === CLOSED);
    expect((world.now - begin) / SECOND).toBeGreaterThanOrEqual(5);
    expect((world.now - begin) / SECOND).toBeLessThan(13);
  });
});

describe('a closed window', () => {
  it('stops the sender, is probed with growing gaps, and opens again without loss', () => {
    const world = new World();
    const { client, server } = world.pair();
    server.setReceiveBuffer(4096);
    const chunk = new Uint8Array(8192).fill(65);
    let written = 0;
    for (let i = 0; i < 300; i += 1) {
      const sent = client.send(chunk, chunk.length);
      if (sent > 0) written += sent;
      world.run(10 * MILLISECOND);
    }
    expect(client.send(chunk, 1)).toBe(-EAGAIN);
    expect(client.poll() & POLLOUT).toBe(0);
    expect(server.receiveQueueBytes).toBeLessThan(server.receiveBuffer * 3);
    const before = client.segmentsOut;
    world.run(100 * SECOND);
    const probes = client.segmentsOut - before;
    expect(probes).toBeGreaterThan(3);
    expect(probes).toBeLessThan(20);
    expect(client.state).toBe(ESTABLISHED);
    let received = 0;
    world.run(300 * SECOND, () => {
      const got = readText(server).length;
      received += got;
      return received >= written;
    });
    expect(received).toBe(written);
    expect(client.poll() & POLLOUT).toBe(POLLOUT);
  });

  it('that the peer never opens keeps the connection as long as probes are answered', () => {
    const world = new World();
    const { client, server } = world.pair();
    server.setReceiveBuffer(4096);
    for (let i = 0; i < 100; i += 1) {
      client.send(new Uint8Array(8192), 8192);
      world.run(10 * MILLISECOND);
    }
    world.run(3600 * SECOND);
    expect([client.state, server.state]).toEqual([ESTABLISHED, ESTABLISHED]);
  });

  it('is not opened by crumbs: the reader who takes single bytes causes no small segments (RFC 1122 4.2.3.3)', () => {
    const world = new World();
    const { client, server } = world.pair();
    server.setReceiveBuffer(8192);
    for (let i = 0; i < 50; i += 1) {
      client.send(new Uint8Array(4096), 4096);
      world.run(10 * MILLISECOND);
    }
    const before = server.segmentsIn;
    const one = new Uint8Array(1);
    for (let i = 0; i < 200; i += 1) {
      server.receive(one, 1);
      world.run(MILLISECOND);
    }
    expect(server.segmentsIn - before).toBeLessThan(10);
  });
});

describe('Nagle and delayed acknowledgements', () => {
  it('small writes gather while one is unacknowledged', () => {
    const world = new World({ latency: 5 * MILLISECOND });
    const { client, server } = world.pair();
    world.run(SECOND);
    const before = server.segmentsIn;
    for (let i = 0; i < 50; i += 1) client.send(text('x'), 1);
    world.run(SECOND);
    expect(readText(server)).toBe('x'.repeat(50));
    expect(server.segmentsIn - before).toBe(2);
  });

  it('TCP_NODELAY sends each at once', () => {
    const world = new World({ latency: 5 * MILLISECOND });
    const { client, server } = world.pair();
    client.setNoDelay(true);
    world.run(SECOND);
    const before = server.segmentsIn;
    for (let i = 0; i < 5; i += 1) client.send(text('x'), 1);
    world.run(SECOND);
    expect(server.segmentsIn - before).toBe(5);
  });

  it('TCP_CORK holds a partial segment until it is pulled', () => {
    const world = new World();
    const { client, server } = world.pair();
    world.run(SECOND);
    client.setCork(true);
    client.send(text('head'), 4);
    world.run(100 * MILLISECOND);
    expect(readText(server)).toBe('');
    client.send(text('body'), 4);
    client.setCork(false);
    world.run(100 * MILLISECOND);
    expect(readText(server)).toBe('headbody');
  });

  it('MSG_MORE holds a partial segment until the next write', () => {
    const world = new World();
    const { client, server } = world.pair();
    world.run(SECOND);
    client.send(text('head'), 4, true);
    world.run(100 * MILLISECOND);
    expect(readText(server)).toBe('');
    client.send(text('body'), 4);
    world.run(100 * MILLISECOND);
    expect(readText(server)).toBe('headbody');
  });

  it('write, write, read stalls for a delayed acknowledgement of 40 ms, and not with TCP_NODELAY', () => {
    for (const noDelay of [false, true]) {
      const world = new World({ latency: 100_000 });
      const { client, server } = world.pair();
      client.setNoDelay(noDelay);
      // An interactive exchange first: the server's acknowledgements ride on its answers.
      for (let i = 0; i < 20; i += 1) {
        client.send(text('ping'), 4);
        world.run(MILLISECOND);
        readText(server);
        server.send(text('pong'), 4);
        world.run(MILLISECOND);
        readText(client);
      }
      const begin = world.now;
      client.send(text('head'), 4);
      client.send(text('body'), 4);
      let got = '';
      world.run(SECOND, () => {
        got += readText(server);
        return got === 'headbody';
      });
      const waited = (world.now - begin) / MILLISECOND;
      if (noDelay) expect(waited).toBeLessThan(1);
      else {
        expect(waited).toBeGreaterThan(39);
        expect(waited).toBeLessThan(42);
      }
    }
  });

  it('every second full segment is acknowledged at once (RFC 5681 section 4.2)', () => {
    const world = new World({ latency: MILLISECOND });
    const { client, server } = world.pair();
    const bytes = client.mss * 200;
    let received = 0;
    const chunk = new Uint8Array(bytes);
    let sent = 0;
    while (received < bytes) {
      const result = client.send(chunk.subarray(sent), bytes - sent);
      if (result > 0) sent += result;
      world.run(MILLISECOND, () => {
        received += readText(server).length;
        return false;
      });
    }
    expect(client.segmentsIn).toBeGreaterThan(80);
    expect(client.segmentsIn).toBeLessThan(240);
  });
});

describe('the retransmission timeout', () => {
  it('starts at a second, and is at least 200 ms once a round trip was measured', () => {
    const world = new World();
    const endpoint = world.connect(80);
    expect(endpoint.rto).toBe(SECOND);
    const { client } = world.pair(81);
    expect(client.rto).toBeGreaterThanOrEqual(200 * MILLISECOND);
    expect(client.rto).toBeLessThan(202 * MILLISECOND);
  });

  it('doubles with each loss and takes no round trip from a retransmission (Karn)', () => {
    const world = new World({ settings: { tcpTimestamps: false, tcpEarlyRetransmitProbe: false } });
    const { client, server } = world.pair();
    const rtt = client.smoothedRtt;
    world.link.connected = false;
    client.send(text('x'), 1);
    const gaps: number[] = [];
    let last = world.now;
    for (let count = client.totalRetransmits; gaps.length < 5; ) {
      world.run(100 * SECOND, () => client.totalRetransmits > count);
      count = client.totalRetransmits;
      gaps.push(world.now - last);
      last = world.now;
    }
    for (let i = 1; i < gaps.length; i += 1) expect(gaps[i]! / gaps[i - 1]!).toBeCloseTo(2, 5);
    world.link.connected = true;
    world.run(20 * SECOND);
    expect(readText(server)).toBe('x');
    expect(client.smoothedRtt).toBe(rtt);
  });

  it('is seldom needed: the tail loss probe repairs lost last segments within a few round trips', () => {
    const world = new World({ latency: 5 * MILLISECOND });
    const { client, server } = world.pair();
    client.send(new Uint8Array(client.mss * 3), client.mss * 3);
    world.run(100 * MILLISECOND);
    readText(server);
    const bytes = client.mss * 5;
    client.send(new Uint8Array(bytes), bytes);
    // The last two of five are lost on the way.
    let delivered = 0;
    const forward = world.link.b.onFrame!;
    world.link.b.onFrame = (frame, now) => {
      if (frame.length > 1000) delivered += 1;
      if (delivered !== 4 && delivered !== 5) forward(frame, now);
    };
    const begin = world.now;
    let received = 0;
    world.run(SECOND, () => {
      received += readText(server).length;
      return received === bytes;
    });
    expect((world.now - begin) / MILLISECOND).toBeLessThan(100);
    expect(world.client.stack.counters.tcpExtension.TCPLossProbes).toBe(1);
    expect(world.client.stack.counters.tcpExtension.TCPTimeouts).toBe(0);
  });
});
