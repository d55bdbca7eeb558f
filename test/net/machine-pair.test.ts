// Two machines on one wire, programs and kernels and all.

import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/kernel/kernel.ts';
import { parseAddress } from '../../src/kernel/net/ip/address.ts';
import type { LinkOptions } from '../../src/net/link.ts';
import { MachinePair, type PairedMachine } from '../../src/net/machine-pair.ts';
import { System } from '../../src/system/system.ts';
import { MILLISECOND, patternByte, SECOND } from './world.ts';

class Output implements Host {
  readonly bootTime = 1_700_000_000_000;
  text = '';

  read(): null {
    return null;
  }

  write(_stream: 1 | 2, bytes: Uint8Array): void {
    this.text += new TextDecoder().decode(bytes);
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
  system.start('/bin/sh', { argv: ['sh', '-c', `${command}; echo ended; sleep 100000`], cwd: '/' });
  const last = name === 'first' ? 1 : 2;
  return {
    kernel: system.kernel,
    address: parseAddress(`10.0.2.${last}`),
    mac: Uint8Array.of(2, 0, 0, 0, 0, last),
    output,
  };
}

interface Exchange {
  readonly hashes: readonly string[];
  readonly cycles: readonly number[];
  readonly retransmissions: number;
}

/** Both send `bytes` through nc at the same time; returns what sha256 prints of what came. */
async function exchange(bytes: number, options: LinkOptions): Promise<Exchange> {
  const data = [1, 2].map((seed) => Uint8Array.from({ length: bytes }, (_, i) => patternByte(i, seed)));
  const transfer = (nc: string): string => `${nc} < /data > /tmp/got; sha256 /tmp/got; sha256 /data`;
  const first = await machine('first', 1, data[0]!, transfer('nc -l 9000'));
  const second = await machine('second', 2, data[1]!, `sleep 1; ${transfer('nc 10.0.2.1 9000')}`);
  const pair = new MachinePair(first, second, options);
  pair.run(600 * SECOND, () => first.output.text.includes('ended') && second.output.text.includes('ended'));
  const hashes = [first, second].map(({ output }) => output.text.replace(/ +\S+\n/g, '\n').replace('ended\n', ''));
  const retransmissions = [first, second].reduce(
    (sum, { kernel }) => sum + kernel.network.stack.counters.tcp.RetransSegs,
    0,
  );
  return { hashes, cycles: [first.kernel.machine.cycle, second.kernel.machine.cycle], retransmissions };
}

function expectExchanged({ hashes }: Exchange): void {
  const [got1, had1] = hashes[0]!.trim().split('\n');
  const [got2, had2] = hashes[1]!.trim().split('\n');
  expect(had1).toMatch(/^[0-9a-f]{64}$/);
  expect(had2).not.toBe(had1);
  expect([got1, got2]).toEqual([had2, had1]);
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

  it('exchange 10 MiB both ways over 5 % loss, reordering and duplicates', { timeout: 600_000 }, async () => {
    const result = await exchange(10 << 20, { ...bad, seed: 1 });
    expectExchanged(result);
    expect(result.retransmissions).toBeGreaterThan(100);
  });

  it('do so to the same cycle each time', { timeout: 300_000 }, async () => {
    const once = await exchange(100_000, { ...bad, seed: 7 });
    expectExchanged(once);
    expect(await exchange(100_000, { ...bad, seed: 7 })).toEqual(once);
  });
});
