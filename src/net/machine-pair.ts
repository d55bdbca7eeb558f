// Two machines on one wire, each with its own clock, in one host thread: machine by machine, a stretch of guest time at a time that is
// no longer than the wire's latency. What one sends within a stretch reaches the other in a later one, so each sees every frame at
// its time of arrival (or, as on one machine alone, when the kernel path that it met there has ended).

import { VirtioNetDriver } from '../kernel/drivers/virtio-net.ts';
import type { Kernel, RunOutcome } from '../kernel/kernel.ts';
import type { MacAddress } from '../kernel/net/ip/address.ts';
import { NANOSECONDS_PER_SECOND } from '../kernel/net/ip/settings.ts';
import { NETWORK_PREFIX } from './host.ts';
import { Link, type LinkOptions, type LinkPort } from './link.ts';
import { VirtioNetDevice } from './virtio-net-device.ts';
import { Wire } from './wire.ts';

export interface PairedMachine {
  readonly kernel: Kernel;
  readonly address: number;
  readonly mac: MacAddress;
}

/** The latency of a pair's link when none is given, nanoseconds. */
const DEFAULT_LATENCY = 100_000;

export class MachinePair {
  readonly link: Link;
  readonly #kernels: readonly Kernel[];
  /** How each machine's main program ended, null while it runs. */
  readonly outcomes: (RunOutcome | null)[] = [null, null];
  readonly #stretch: number;
  #time: number;

  /** Plugs a card into each machine's first transport; their clocks may differ, the later one counts. */
  constructor(first: PairedMachine, second: PairedMachine, options: LinkOptions = {}) {
    const latency = options.latency ?? DEFAULT_LATENCY;
    if (latency <= 0) throw new RangeError('a pair of machines needs a wire with latency');
    this.link = new Link({ ...options, latency });
    this.#stretch = latency;
    this.#kernels = [first.kernel, second.kernel];
    plug(first, this.link.a);
    plug(second, this.link.b);
    this.#time = Math.max(first.kernel.now(), second.kernel.now());
  }

  /** Guest time that both have reached, nanoseconds. */
  get now(): number {
    return this.#time;
  }

  /** Runs both until guest time `limit`, or until both programs have ended, or `done` says so between two stretches. */
  run(limit: number, done: () => boolean = () => false): void {
    while (this.#time < limit && this.outcomes.includes(null) && !done()) {
      this.#time = Math.min(this.#time + this.#stretch, limit);
      for (const [index, kernel] of this.#kernels.entries()) {
        // A machine whose main program has ended stands still, and answers no more.
        const outcome = runUntil(kernel, this.#time);
        if (outcome !== null) this.outcomes[index] = outcome;
      }
    }
  }
}

function plug({ kernel, address, mac }: PairedMachine, port: LinkPort): void {
  const wire = new Wire();
  wire.add(port);
  kernel.eventSources.push(new VirtioNetDevice(kernel.machine, 0, mac, port, wire));
  if (VirtioNetDriver.probe(kernel, 0, 'eth0', [{ address, prefixLength: NETWORK_PREFIX }]) === null) {
    throw new Error('the network card was not found');
  }
}

/** Runs a kernel up to guest time `time`; its outcome if the main program, or the kernel, ended. */
function runUntil(kernel: Kernel, time: number): RunOutcome | null {
  const { machine } = kernel;
  while (kernel.now() < time) {
    const cycles = Math.ceil(((time - kernel.now()) / NANOSECONDS_PER_SECOND) * machine.preset.clockHz);
    const until = machine.cycle + Math.max(cycles, 1);
    const outcome = kernel.run({ untilCycle: until });
    if (outcome.reason === 'waiting') machine.advanceTo(until);
    else if (outcome.reason !== 'cycles') return outcome;
  }
  return null;
}
