// The whole way: a server program on the machine, the kernel's sockets and driver, the wire, and the load generator at its far end.

import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/kernel/kernel.ts';
import { LoadGenerator, type LoadOptions, type LoadReport } from '../../src/net/load-generator.ts';
import { PcapngWriter } from '../../src/net/pcapng.ts';
import { System } from '../../src/system/system.ts';
import { attachNetwork } from '../../src/system/wired.ts';
import { hasTshark, TROUBLE, tshark, WRONG } from './tshark.ts';
import { MILLISECOND } from './world.ts';

const host: Host = { bootTime: 1_700_000_000_000, read: () => null, write: () => {} };

async function serve(
  program: string,
  load: Omit<LoadOptions, 'port'>,
  withCapture = false,
): Promise<{ report: LoadReport; cycles: number; capture: Uint8Array; milliseconds: number; instructions: number }> {
  const system = await System.create({ preset: 'ideal', changes: {}, host, memoryBytes: 512 << 20 });
  const { kernel, machine } = system;
  const { wire, port } = attachNetwork(kernel);
  const blocks: Uint8Array[] = [];
  if (withCapture) {
    const writer = new PcapngWriter((bytes) => blocks.push(bytes));
    const number = writer.addInterface({ name: 'eth0' });
    kernel.network.capture((name, direction, frame) => {
      if (name === 'eth0') writer.packet(number, kernel.now(), frame, direction);
    });
  }
  system.start(`/bin/${program}`, { argv: [program, '-p', '8080'], cwd: '/' });
  const run = (done: () => boolean): void => {
    for (let i = 0; i < 100_000 && !done(); i += 1) {
      const until = machine.cycle + machine.preset.clockHz / 1000;
      const outcome = kernel.run({ untilCycle: until });
      if (outcome.reason === 'waiting') machine.advanceTo(until);
      else if (outcome.reason !== 'cycles') throw new Error(`the server ended: ${JSON.stringify(outcome)}`);
    }
  };
  run(() => [...kernel.network.stack.tcp.listeners()].length > 0);
  const generator = new LoadGenerator({ ...load, port, serverPort: 8080 });
  wire.add(generator);
  generator.start(kernel.now());
  const begin = performance.now();
  run(() => generator.finished);
  const milliseconds = performance.now() - begin;
  const instructions = machine.counters.read()['instructions'] ?? 0;
  return {
    report: generator.report(),
    cycles: machine.cycle,
    capture: Buffer.concat(blocks),
    milliseconds,
    instructions,
  };
}

const noErrors = { connect: 0, reset: 0, closed: 0, malformed: 0, timeout: 0, status: 0, dropped: 0 };

describe('a server on the machine', () => {
  for (const program of ['httpd_epoll', 'httpd_threads', 'httpd_pool', 'httpd_fork']) {
    it(`${program}: 50 clients, no failed request, the same each time`, { timeout: 300_000 }, async () => {
      const load = { clients: 50, rampUp: 10 * MILLISECOND, warmUp: 20 * MILLISECOND, duration: 30 * MILLISECOND };
      const first = await serve(program, load);
      expect(first.report.errors).toEqual(noErrors);
      expect(first.report.retransmissions).toBe(0);
      expect(first.report.requests).toBeGreaterThan(100);
      const second = await serve(program, load);
      expect(second.cycles).toBe(first.cycles);
      expect(JSON.stringify(second.report)).toBe(JSON.stringify(first.report));
    });
  }

  it.skipIf(!hasTshark)(
    'a capture of it: nothing malformed, no bad checksum, no retransmission; and it changes no cycle',
    { timeout: 300_000 },
    async () => {
      const load = { clients: 20, requestsPerConnection: 10, duration: 30 * MILLISECOND };
      const { capture, cycles, report } = await serve('httpd_epoll', load, true);
      expect(report.errors).toEqual(noErrors);
      expect(tshark(capture, 'http.response.code == 200').length).toBeGreaterThan(50);
      expect(tshark(capture, WRONG)).toEqual([]);
      expect(tshark(capture, TROUBLE)).toEqual([]);
      expect((await serve('httpd_epoll', load)).cycles).toBe(cycles);
    },
  );
});
