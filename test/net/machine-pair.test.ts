// Two machines on one wire, programs and kernels and all.

import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/kernel/kernel.ts';
import { parseAddress } from '../../src/kernel/net/ip/address.ts';
import type { LinkOptions } from '../../src/net/link.ts';
import { MachinePair, type PairedMachine } from '../../src/net/machine-pair.ts';
import { System } from '../../src/system/system.ts';
import { MILLISECOND, patternByte, SECOND } from './world.ts';

/** Keeps what the machine received (standard output) and whether it has ended (standard error). */
class Output implements Host {
  readonly bootTime = 1_700_000_000_000;
  readonly received: Buffer[] = [];
  messages = '';

  read(): null {
    return null;
  }

  write(stream: 1 | 2, bytes: Uint8Array): void {
    if (stream === 1) this.received.push(Buffer.from(bytes));
    else this.messages += new TextDecoder().decode(bytes);
  }
}

async function machine(
  name: string,
  seed: number,
  data: Uint8Array,
  command: string,
): Promise<PairedMachine & { output: Output }> {
  const output = new Output();
  const system = await System.create({
    preset: 'ideal',
    changes: {},
    host: output,
    kernel: { seed },
    files: { '/data': { bytes: data, mode: 0o644 } },
  });
  system.start('/bin/sh', { argv: ['sh', '-c', `${command} < /data; echo ended >&2; sleep 100000`], cwd: '/' });
  const last = name === 'first' ? 1 : 2;
  return {
    kernel: system.kernel,
    address: parseAddress(`10.0.2.${last}`),
    mac: Uint8Array.of(2, 0, 0, 0, 0, last),
    output,
  };
}

interface Exchange {
  /** What each machine received equals what the other had. */
  readonly intact: readonly boolean[];
  readonly cycles: readonly number[];
  readonly retransmissions: number;
}

/** Both send `bytes` through nc at the same time. */
async function exchange(bytes: number, options: LinkOptions): Promise<Exchange> {
  const data = [1, 2].map((seed) => Uint8Array.from({ length: bytes }, (_, i) => patternByte(i, seed)));
  const first = await machine('first', 1, data[0]!, 'nc -l 9000');
  const second = await machine('second', 2, data[1]!, 'sleep 1; nc 10.0.2.1 9000');
  const pair = new MachinePair(first, second, options);
  pair.run(600 * SECOND, () => first.output.messages.includes('ended') && second.output.messages.includes('ended'));
  const intact = [first, second].map(({ output }, i) => Buffer.concat(output.received).equals(data[1 - i]!));
  const retransmissions = [first, second].reduce(
    (sum, { kernel }) => sum + kernel.network.stack.counters.tcp.RetransSegs,
    0,
  );
  return { intact, cycles: [first.kernel.machine.cycle, second.kernel.machine.cycle], retransmissions };
}

function expectExchanged({ intact }: Exchange): void {
  expect(intact).toEqual([true, true]);
}

const bad: LinkOptions = {
  latency: 2 * MILLISECOND,
  loss: 0.05,
  reorder: 0.05,
  duplicate: 0.03,
  reorderDelay: 5 * MILLISECOND,
};

describe('two machines', () => {
  it('exchange 1 MiB both ways over a good wire, without a retransmission', { timeout: 300_000 }, async () => {
    const result = await exchange(1 << 20, { latency: MILLISECOND, queueBytes: 16 << 20 });
    expectExchanged(result);
    expect(result.retransmissions).toBe(0);
  });

  // CYCLIX_FULL=1: 50 seeds; tcp-loss.test.ts always does them between two stacks.
  it.each(Array.from({ length: process.env['CYCLIX_FULL'] === '1' ? 50 : 2 }, (_, i) => i + 1))(
    'exchange 10 MiB both ways over loss (one frame in 20), reordering and duplicates, seed %i',
    { timeout: 600_000 },
    async (seed) => {
      const result = await exchange(10 << 20, { ...bad, seed });
      expectExchanged(result);
      expect(result.retransmissions).toBeGreaterThan(100);
    },
  );

  it('do so to the same cycle each time', { timeout: 300_000 }, async () => {
    const once = await exchange(100_000, { ...bad, seed: 7 });
    expectExchanged(once);
    expect(await exchange(100_000, { ...bad, seed: 7 })).toEqual(once);
  });
});
