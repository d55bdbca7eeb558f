// --publish and --pcap: what connects a run with the world outside.

import { closeSync, openSync, writeSync } from 'node:fs';
import type { RunOutcome } from '../kernel/kernel.ts';
import { HostGateway } from '../net/host-gateway.ts';
import { InputBell, runLive } from '../net/live.ts';
import { PcapngWriter } from '../net/pcapng.ts';
import { type Publication, publishPort } from '../net/publish-node.ts';
import type { System } from '../system/system.ts';
import { attachNetwork } from '../system/wired.ts';
import { hostErrorText, UsageError } from './fail.ts';
import type { PortMapping } from './options.ts';

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

/** Runs a system whose ports are published on the host's loopback (net/live.ts says how the two clocks go together). */
export async function runPublished(
  system: System,
  ports: readonly PortMapping[],
  maxCycles?: number,
): Promise<RunOutcome> {
  const { wire, port } = attachNetwork(system.kernel);
  const bell = new InputBell();
  const gateway = new HostGateway({ port, onInput: bell.notify });
  wire.add(gateway);
  const publications: Publication[] = [];
  try {
    for (const { host, guest } of ports) {
      const publication = await publishPort(gateway, { hostPort: host, guestPort: guest });
      publications.push(publication);
      process.stderr.write(`cyclix: 127.0.0.1:${publication.hostPort} -> guest port ${guest}\n`);
    }
    return await runLive(system.kernel, gateway, bell, maxCycles === undefined ? {} : { maxCycles });
  } catch (error) {
    if ((error as { code?: string }).code === 'EADDRINUSE') throw new UsageError(`--publish: ${hostErrorText(error)}`);
    throw error;
  } finally {
    gateway.close();
    await Promise.all(publications.map((publication) => publication.close()));
  }
}
