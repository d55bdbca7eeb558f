// A point with a server: the load generator sits at the far end of the machine's wire and measures in guest time.

import { LoadGenerator } from '../net/load-generator.ts';
import type { StatListener } from '../observe/perf/listener.ts';
import type { System } from '../system/system.ts';
import { attachNetwork } from '../system/wired.ts';
import { difference } from './difference.ts';
import type { LoadSpecification } from './load.ts';

const millisecond = 1e6;
/** Guest time until the server must listen. */
const startLimit = 200 * millisecond;

export function measureUnderLoad(
  system: System,
  load: LoadSpecification,
  counts: StatListener,
): { values: Record<string, number>; counters: Record<string, number> } {
  const { kernel, machine } = system;
  const { wire, port } = attachNetwork(kernel);
  runUntil(system, () => listens(system, load.port), startLimit);

  const freeBefore = kernel.frames.freeFrames;
  const generator = new LoadGenerator({
    port,
    clients: load.clients,
    idleClients: load.idleConnections,
    thinkTime: load.thinkMicroseconds * 1000,
    path: load.path,
    // All connections stand before the first request, and the first requests are as far apart as the connections were.
    rampUp: load.connectMilliseconds * millisecond,
    firstRequestDelay: load.connectMilliseconds * millisecond,
    warmUp: load.warmupMilliseconds * millisecond,
    duration: load.measureMilliseconds * millisecond,
    timeout: 60e9,
    seed: load.seed,
    serverPort: load.port,
    ...(load.mode === 'open' ? { rate: load.rate ?? 1000 } : {}),
  });
  wire.add(generator);
  const start = kernel.now();
  generator.start(start);
  const measureFrom = start + load.warmupMilliseconds * millisecond;
  runUntil(system, () => kernel.now() >= measureFrom, measureFrom);
  const before = machine.counters.read();
  const countsBefore = counts.totals();
  runUntil(system, () => generator.finished, measureFrom + load.measureMilliseconds * millisecond + 10 * millisecond);
  const after = machine.counters.read();
  const countsAfter = counts.totals();
  const report = generator.report();
  return {
    values: {
      requests: report.requests,
      throughput: report.requestsPerSecond,
      latency_p50_us: report.latency.p50 / 1000,
      latency_p99_us: report.latency.p99 / 1000,
      latency_p999_us: report.latency.p999 / 1000,
      errors: Object.values(report.errors).reduce((sum, count) => sum + count, 0),
      context_switches: countsAfter.contextSwitches - countsBefore.contextSwitches,
      system_calls: countsAfter.systemCalls - countsBefore.systemCalls,
      memory_bytes: (freeBefore - kernel.frames.freeFrames) * 4096,
      connections: report.connections.openAtEnd,
    },
    counters: difference(before, after),
  };
}

function listens(system: System, port: number): boolean {
  const text = system.kernel.vfs.procNet.get('tcp')?.(system.kernel) ?? '';
  return text.includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`);
}

/** Runs in short stretches of guest time until `done`; throws Error when the limit (ns) passes or the program ends. */
function runUntil(system: System, done: () => boolean, limit: number): void {
  const { kernel, machine } = system;
  const stretch = machine.preset.clockHz / 1000; // a millisecond
  while (!done()) {
    if (kernel.now() > limit)
      throw new Error(`nothing happened until ${(limit / millisecond).toFixed(0)} ms of guest time`);
    const outcome = kernel.run({ untilCycle: machine.cycle + stretch });
    if (outcome.reason === 'cycles') continue;
    if (outcome.reason === 'waiting') {
      machine.advanceTo(machine.cycle + stretch);
      continue;
    }
    throw new Error(`the server ended: ${outcome.reason}${outcome.reason === 'panic' ? ` ${outcome.message}` : ''}`);
  }
}
