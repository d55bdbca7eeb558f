// The same attacks on the whole machine: the kernel does not panic, its server goes on serving, and its memory comes back.

import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/kernel/kernel.ts';
import { parseAddress } from '../../src/kernel/net/ip/address.ts';
import { seededRandom } from '../../src/kernel/net/ip/environment.ts';
import { SYN } from '../../src/kernel/net/tcp/segment.ts';
import type { LinkPort } from '../../src/net/link.ts';
import { LoadGenerator } from '../../src/net/load-generator.ts';
import { System } from '../../src/system/system.ts';
import { attachNetwork } from '../../src/system/wired.ts';
import { mutate, segmentFrame } from './frames.ts';
import { MILLISECOND, SECOND } from './world.ts';

const host: Host = { bootTime: 1_700_000_000_000, read: () => null, write: () => {} };

class Victim {
  readonly port: LinkPort;
  readonly generator: LoadGenerator;
  readonly #system: System;

  static async create(): Promise<Victim> {
    return new Victim(await System.create({ preset: 'ideal', changes: {}, host }));
  }

  private constructor(system: System) {
    this.#system = system;
    const { wire, port } = attachNetwork(system.kernel, { latency: 20_000, bandwidth: Infinity });
    this.port = port;
    system.start('/bin/httpd_epoll', { argv: ['httpd_epoll', '-p', '80'], cwd: '/' });
    this.run(20 * MILLISECOND);
    this.generator = new LoadGenerator({
      port,
      clients: 8,
      requestsPerConnection: 5,
      thinkTime: 10 * MILLISECOND,
      timeout: 10 * SECOND,
      duration: 3600 * SECOND,
    });
    wire.add(this.generator);
    this.generator.start(this.now);
    this.run(100 * MILLISECOND);
  }

  get now(): number {
    return this.#system.kernel.now();
  }

  get freeFrames(): number {
    return this.#system.kernel.frames.freeFrames;
  }

  get stack(): System['kernel']['network']['stack'] {
    return this.#system.kernel.network.stack;
  }

  run(duration: number): void {
    const { kernel, machine } = this.#system;
    const end = this.now + duration;
    while (this.now < end) {
      const until = machine.cycle + Math.max(Math.ceil(((end - this.now) / SECOND) * machine.preset.clockHz), 1);
      const outcome = kernel.run({ untilCycle: until });
      if (outcome.reason === 'waiting') machine.advanceTo(until);
      else if (outcome.reason !== 'cycles') throw new Error(`ended: ${JSON.stringify(outcome)}`);
    }
  }
}

/** Sends frames at the pace the machine takes them; returns the fewest free pages seen. */
function attack(victim: Victim, count: number, make: (index: number) => Uint8Array): number {
  let fewest = victim.freeFrames;
  for (let i = 0; i < count; i += 1) {
    victim.port.send(make(i), victim.now);
    if (i % 100 === 99) {
      victim.run(2 * MILLISECOND);
      fewest = Math.min(fewest, victim.freeFrames);
    }
  }
  return fewest;
}

describe('the machine under attack', () => {
  it('serves through a SYN flood of 100,000', { timeout: 600_000 }, async () => {
    const victim = await Victim.create();
    const before = victim.freeFrames;
    const served = victim.generator.latency.count;
    const random = seededRandom(7);
    const fewest = attack(victim, 100_000, () =>
      segmentFrame({
        source: parseAddress('10.0.2.0') + 20 + (random() % 200),
        sourcePort: 1024 + (random() % 60_000),
        destinationPort: 80,
        sequence: random(),
        flags: SYN,
      }),
    );
    const { latency } = victim.generator;
    expect(latency.count - served).toBeGreaterThan(500);
    expect(victim.generator.report().errors).toEqual({
      connect: 0,
      reset: 0,
      closed: 0,
      malformed: 0,
      timeout: 0,
      status: 0,
      dropped: 0,
    });
    // At most a sixteenth of 256 MiB while it lasts, and all of it back.
    expect(before - fewest).toBeLessThan(4096);
    victim.generator.stop();
    victim.run(100 * SECOND);
    expect(victim.stack.tcp.requests).toBe(0);
    expect(before - victim.freeFrames).toBeLessThan(512);
  });

  it('takes 100,000 mutated packets and goes on serving', { timeout: 600_000 }, async () => {
    const victim = await Victim.create();
    const before = victim.freeFrames;
    const random = seededRandom(99);
    const kept: Uint8Array[] = [];
    const { send } = victim.port;
    victim.port.send = (frame, now) => {
      if (kept.length < 200) kept.push(frame.slice());
      else kept[random() % kept.length] = frame.slice();
      return send.call(victim.port, frame, now);
    };
    victim.run(50 * MILLISECOND);
    const fewest = attack(victim, 100_000, () => mutate(kept[random() % kept.length]!, random));
    expect(before - fewest).toBeLessThan(4096);
    victim.port.send = send;
    victim.run(5 * SECOND);
    const served = victim.generator.latency.count;
    victim.run(SECOND);
    expect(victim.generator.latency.count - served).toBeGreaterThan(300);
    victim.generator.stop();
    victim.run(1000 * SECOND);
    expect(before - victim.freeFrames).toBeLessThan(1024);
  });
});
