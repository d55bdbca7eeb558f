// --publish and --pcap: what connects a run with the world outside.

import { closeSync, openSync, writeSync } from 'node:fs';
import type { RunOutcome } from '../kernel/kernel.ts';
import { HostGateway } from '../net/host-gateway.ts';
import { PcapngWriter } from '../net/pcapng.ts';
import { type Publication, publishPort } from '../net/publish-node.ts';
import type { System } from '../system/system.ts';
import { attachNetwork } from '../system/wired.ts';
import { hostErrorText, UsageError } from './fail.ts';
import type { PortMapping } from './options.ts';

/** Instructions between two looks at the host's sockets. */
const sliceInstructions = 300_000;
/** How long an idle machine sleeps on the host before it looks at its clock again, ms. */
const idleMilliseconds = 10;

/** Writes every frame on the guest's interfaces to a pcapng file; returns what ends it. */
export function capturePackets({ kernel }: System, path: string): () => void {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'w');
  } catch (error) {
    throw new UsageError(`${path}: ${hostErrorText(error)}`);
  }
  const writer = new PcapngWriter((bytes) => writeSync(descriptor, bytes));
  const numbers = new Map<string, number>();
  kernel.network.capture((name, direction, frame) => {
    let number = numbers.get(name);
    if (number === undefined) {
      number = writer.addInterface({ name });
      numbers.set(name, number);
    }
    writer.packet(number, kernel.now(), frame, direction);
  });
  return () => closeSync(descriptor);
}

/**
 * Runs a system whose ports are published on the host's loopback. An idle guest's clock follows the host's (it must not run ahead
 * of the people at the other end); a busy guest takes the host time that it takes.
 */
export async function runPublished(
  system: System,
  ports: readonly PortMapping[],
  maxCycles: number,
): Promise<RunOutcome> {
  const { kernel, machine } = system;
  const { wire, port } = attachNetwork(kernel);
  let wake: () => void = () => {};
  const gateway = new HostGateway({ port, onInput: () => wake() });
  wire.add(gateway);
  const publications: Publication[] = [];
  try {
    for (const { host, guest } of ports)
      publications.push(await publishPort(gateway, { hostPort: host, guestPort: guest }));
    for (const [index, publication] of publications.entries()) {
      process.stderr.write(`cyclix: 127.0.0.1:${publication.hostPort} -> guest port ${ports[index]!.guest}\n`);
    }
    const started = performance.now() - (machine.cycle / machine.preset.clockHz) * 1000;
    for (;;) {
      if (gateway.hasInput) gateway.pump(kernel.now());
      const hostCycle = Math.floor(((performance.now() - started) / 1000) * machine.preset.clockHz);
      const outcome = kernel.run({ maxInstructions: sliceInstructions, untilCycle: Math.min(maxCycles, hostCycle) });
      if (outcome.reason === 'slice') await new Promise((resolve) => setImmediate(resolve));
      else if (outcome.reason === 'waiting' || (outcome.reason === 'cycles' && machine.cycle < maxCycles)) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, outcome.reason === 'waiting' ? 1000 : idleMilliseconds);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        wake = () => {};
      } else return outcome;
    }
  } catch (error) {
    if ((error as { code?: string }).code === 'EADDRINUSE') throw new UsageError(`--publish: ${hostErrorText(error)}`);
    throw error;
  } finally {
    await Promise.all(
      publications.map((publication) =>
        Promise.race([publication.close(), new Promise((resolve) => setTimeout(resolve, 200))]),
      ),
    );
    gateway.close();
  }
}
