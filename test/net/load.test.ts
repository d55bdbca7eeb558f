import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/kernel/net/ip/environment.ts';
import { exponential, naturalLogarithm } from '../../src/net/distribution.ts';
import { Histogram } from '../../src/net/histogram.ts';
import { ResponseParser } from '../../src/net/http-response.ts';
import { Link, type LinkOptions } from '../../src/net/link.ts';
import { LoadGenerator, type LoadOptions, type LoadReport } from '../../src/net/load-generator.ts';
import { Wire } from '../../src/net/wire.ts';
import { HttpServer } from './http-server.ts';
import { MILLISECOND, SECOND, text } from './world.ts';

function load(
  options: Omit<LoadOptions, 'port'>,
  link: LinkOptions = {},
  bodyBytes = 1000,
): { report: LoadReport; server: HttpServer; generator: LoadGenerator } {
  const cable = new Link({ latency: 50_000, bandwidth: 10e9, queueBytes: 64 << 20, ...link });
  const wire = new Wire();
  const generator = new LoadGenerator({ ...options, port: cable.a });
  const server = new HttpServer(cable.b, bodyBytes);
  wire.addLink(cable);
  wire.add(generator);
  wire.add(server.host);
  generator.start(1000);
  wire.runUntil(1000 * SECOND, () => generator.finished);
  return { report: generator.report(), server, generator };
}

const noErrors = { connect: 0, reset: 0, closed: 0, malformed: 0, timeout: 0, status: 0, dropped: 0 };

describe('the load generator', () => {
  it('closed loop: clients send, wait and send again; throughput is clients over latency', () => {
    const { report, server } = load({ clients: 50, duration: 20 * MILLISECOND, warmUp: 5 * MILLISECOND });
    expect(report.errors).toEqual(noErrors);
    expect(report.connections).toEqual({ opened: 50, established: 50, openAtEnd: 50, closedByServer: 0 });
    expect(server.served).toBeGreaterThanOrEqual(report.requests);
    expect(report.responseBytes).toBe(report.requests * 1000);
    // Little's law.
    expect((report.requestsPerSecond * report.latency.mean) / SECOND).toBeCloseTo(50, 0);
    expect(report.latency.minimum).toBeGreaterThan(100_000);
    expect(report.latency.p50).toBeLessThanOrEqual(report.latency.p99);
    expect(report.retransmissions).toBe(0);
  });

  it('thinks: the rate falls to clients over (latency + think time)', () => {
    const { report } = load({ clients: 100, thinkTime: 20 * MILLISECOND, duration: SECOND, warmUp: 100 * MILLISECOND });
    expect(report.errors).toEqual(noErrors);
    expect(report.requestsPerSecond).toBeGreaterThan(100 / 0.0215);
    expect(report.requestsPerSecond).toBeLessThan(100 / 0.0185);
  });

  it('open loop: arrivals are Poisson at the asked rate whatever the server does', () => {
    const { report } = load({ clients: 200, rate: 5000, duration: SECOND, warmUp: 50 * MILLISECOND });
    expect(report.loop).toBe('open');
    expect(report.errors).toEqual(noErrors);
    expect(Math.abs(report.requests - 5000)).toBeLessThan(300);
  });

  it('holds 4,096 connections, 90 % of them idle', () => {
    const { report, server } = load({
      clients: 410,
      idleClients: 3686,
      thinkTime: 10 * MILLISECOND,
      duration: 100 * MILLISECOND,
      rampUp: 100 * MILLISECOND,
      warmUp: 150 * MILLISECOND,
    });
    expect(report.errors).toEqual(noErrors);
    expect(report.connections.openAtEnd).toBe(4096);
    expect(server.open).toBe(4096);
  });

  it('a connection per request: each is opened and closed', () => {
    const { report } = load({ clients: 20, requestsPerConnection: 1, duration: 30 * MILLISECOND });
    expect(report.errors).toEqual(noErrors);
    expect(report.connections.opened).toBeGreaterThanOrEqual(report.requests);
    expect(report.connectLatency.count).toBeGreaterThanOrEqual(report.requests);
  });

  it('sends bodies and takes large responses', () => {
    const { report } = load({ clients: 10, bodyBytes: 20_000, duration: 20 * MILLISECOND }, {}, 100_000);
    expect(report.errors).toEqual(noErrors);
    expect(report.responseBytes).toBe(report.requests * 100_000);
  });

  it('works over a lossy wire', () => {
    const { report } = load({ clients: 10, duration: SECOND }, { loss: 0.01, reorder: 0.01, duplicate: 0.01, seed: 3 });
    expect(report.errors).toEqual(noErrors);
    expect(report.retransmissions).toBeGreaterThan(0);
    expect(report.requests).toBeGreaterThan(1000);
  });

  it('counts a server that is not there', () => {
    const { report } = load({ clients: 10, duration: 100 * MILLISECOND, serverPort: 81 });
    expect(report.requests).toBe(0);
    expect(report.errors.connect).toBeGreaterThan(10);
  });

  it('is deterministic: the same options, the same report; another seed, another', () => {
    const options = { clients: 64, thinkTime: MILLISECOND, duration: 100 * MILLISECOND, rampUp: 10 * MILLISECOND };
    const bad = { loss: 0.005, seed: 9 };
    const once = JSON.stringify(load({ ...options, seed: 4 }, bad).report);
    expect(JSON.stringify(load({ ...options, seed: 4 }, bad).report)).toBe(once);
    expect(JSON.stringify(load({ ...options, seed: 5 }, bad).report)).not.toBe(once);
  });
});

describe('times', () => {
  it('the logarithm agrees with the host to 1e-14', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1e12, noNaN: true }), (value) => {
        expect(Math.abs(naturalLogarithm(value) - Math.log(value))).toBeLessThan(1e-13);
      }),
    );
  });

  it('exponential times have their mean', () => {
    const random = seededRandom(1);
    let sum = 0;
    for (let i = 0; i < 100_000; i += 1) sum += exponential(random, 1_000_000);
    expect(Math.abs(sum / 100_000 - 1_000_000)).toBeLessThan(10_000);
  });

  it('percentiles are exact to 0.1 %', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(2 ** 31 - 1), { minLength: 1, maxLength: 500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, fraction) => {
          const histogram = new Histogram();
          for (const value of values) histogram.record(value);
          const exact = [...values].sort((a, b) => a - b)[Math.max(Math.ceil(fraction * values.length), 1) - 1]!;
          const got = histogram.percentile(fraction);
          expect(got).toBeGreaterThanOrEqual(exact);
          expect(got).toBeLessThanOrEqual(exact * 1.001 + 1);
        },
      ),
    );
  });
});

describe('the response parser', () => {
  const cases: readonly [string, string, number][] = [
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 5],
    [
      'chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=1\r\n world\r\n0\r\nT: x\r\n\r\n',
      11,
    ],
    ['no body', 'HTTP/1.1 204 No Content\r\n\r\n', 0],
    ['bare line feeds', 'HTTP/1.0 200 OK\nContent-Length: 2\n\nok', 2],
  ];
  for (const [name, response, body] of cases) {
    it(`finds the end of a response with ${name}, however it is cut`, () => {
      const bytes = text(response);
      for (let cut = 1; cut <= bytes.length; cut += 1) {
        const parser = new ResponseParser();
        let taken = 0;
        for (let at = 0; at < bytes.length; at += cut)
          taken += parser.take(bytes, at, Math.min(at + cut, bytes.length)) - at;
        expect([parser.state, parser.bodyBytes, taken]).toEqual(['done', body, bytes.length]);
      }
    });
  }

  it('reads until the connection closes when nothing else says', () => {
    const parser = new ResponseParser();
    const bytes = text('HTTP/1.0 200 OK\r\n\r\nhello');
    parser.take(bytes, 0, bytes.length);
    expect(parser.state).toBe('untilClose');
    expect(parser.close()).toBe(true);
  });

  it('refuses what is no response', () => {
    const parser = new ResponseParser();
    const bytes = text('SSH-2.0-OpenSSH\r\n\r\n');
    parser.take(bytes, 0, bytes.length);
    expect(parser.state).toBe('bad');
  });
});
