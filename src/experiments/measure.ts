// Measures a point: a fresh machine, the program, the load, nothing else. A pure function of the point and the version.

import type { Host, KernelOptions } from '../kernel/kernel.ts';
import { StatListener } from '../observe/perf/listener.ts';
import { guestProgram } from '../system/guest-programs.ts';
import { resolvePreset } from '../system/machine-configuration.ts';
import { defaultBootTime, exitStatus, System } from '../system/system.ts';
import { pointIdentifier } from './configuration.ts';
import { difference } from './difference.ts';
import type { Measurement, Point } from './experiment.ts';
import { measureUnderLoad } from './measure-load.ts';

/** No point may run away: a hundred seconds of a 1 GHz machine. */
const defaultMaximumCycles = 100e9;

/** Collects what the program prints. */
class CapturingHost implements Host {
  readonly bootTime = defaultBootTime;
  readonly #decoder = new TextDecoder();
  output = '';
  errors = '';

  read(): null {
    return null;
  }

  write(stream: 1 | 2, bytes: Uint8Array): void {
    const text = this.#decoder.decode(bytes);
    if (stream === 1) this.output += text;
    else this.errors += text;
  }
}

export async function measurePoint(point: Point, version: string): Promise<Measurement> {
  const image = guestProgram(point.program);
  const { machine: configuration } = point;
  const preset = resolvePreset(configuration);
  const identifier = pointIdentifier({
    image,
    version,
    configuration: {
      preset,
      arguments: point.arguments,
      hz: configuration.hz,
      quantum: configuration.quantumMicroseconds,
      kpti: configuration.kpti,
      memory: configuration.memoryBytes,
      load: point.load,
    },
  });
  const host = new CapturingHost();
  const kernel: KernelOptions = {
    seed: 1,
    ...(configuration.hz === undefined ? {} : { hz: configuration.hz }),
    ...(configuration.quantumMicroseconds === undefined ? {} : { quantumNs: configuration.quantumMicroseconds * 1000 }),
    ...(configuration.kpti === undefined ? {} : { kpti: configuration.kpti }),
  };
  const system = await System.create({
    preset: configuration.preset,
    changes: configuration.changes,
    kernel,
    host,
    ...(configuration.memoryBytes === undefined ? {} : { memoryBytes: configuration.memoryBytes }),
  });
  const counts = new StatListener();
  system.kernel.events.listen(counts.listen);
  system.start(`/bin/${point.program}`, { argv: [point.program, ...point.arguments] });
  if (point.load !== undefined) return { point, identifier, ...measureUnderLoad(system, point.load, counts) };

  const before = system.machine.counters.read();
  const outcome = system.run(configuration.maxCycles ?? defaultMaximumCycles);
  const after = system.machine.counters.read();
  if (outcome.reason !== 'exited')
    throw new Error(
      `the program did not end: ${outcome.reason}${outcome.reason === 'panic' ? ` ${outcome.message}` : ''}`,
    );
  if (outcome.waitStatus !== 0) throw new Error(`exit status ${exitStatus(outcome.waitStatus)}: ${host.errors.trim()}`);
  return { point, identifier, values: parseValues(host.output), counters: difference(before, after) };
}

/** Lines `name value` of a program's output. */
export function parseValues(text: string): Record<string, number> {
  const values: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const match = /^(\w+) (-?[\d.]+)$/.exec(line);
    if (match !== null) values[match[1]!] = Number(match[2]);
  }
  return values;
}
