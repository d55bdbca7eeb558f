// Softfloat against QEMU, operation by operation: result bits and accrued flags, in every rounding mode, with and without
// flags already set, with and without the host's operations. The seed is fresh and printed; CYCLIX_SEED repeats a run.
// CI: about half a million cases. All of them (issue B, ten million):
//   CYCLIX_FULL=1 npx vitest run test/softfloat

import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { CaseGenerator } from './cases.ts';
import { operations } from './operations.ts';
import { askOracle, buildOracle, oracleAvailable } from './oracle.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const casesPerBatch = 250_000;
const batches = process.env['CYCLIX_FULL'] ? 44 : 2;
const seed = Number(process.env['CYCLIX_SEED'] ?? randomInt(2 ** 32));

declare const WebAssembly: { instantiate(module: Uint8Array): Promise<{ instance: { exports: unknown } }> };

interface Softfloat {
  memory: { buffer: ArrayBuffer };
  runBatch(count: number, cases: number, results: number, withHost: number): void;
}

const casesAt = 4 << 20;
const resultsAt = 32 << 20;

function hex(bytes: Uint8Array, at: number): string {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at, true).toString(16).padStart(16, '0');
}

function describeMismatch(batch: Uint8Array, expected: Uint8Array, actual: Uint8Array, index: number): string {
  const view = new DataView(batch.buffer, batch.byteOffset);
  const operation = operations[view.getUint32(index * 32, true)]!;
  const fcsr = view.getUint32(index * 32 + 4, true);
  const operands = [8, 16, 24].slice(0, operation.operands).map((offset) => hex(batch, index * 32 + offset));
  const result = (bytes: Uint8Array) => `${hex(bytes, index * 16)} fflags ${hex(bytes, index * 16 + 8).slice(-2)}`;
  return `${operation.mnemonic} ${operands.join(' ')} fcsr ${fcsr.toString(16)}: QEMU ${result(expected)}, here ${result(actual)}`;
}

describe.skipIf(!oracleAvailable)('softfloat against QEMU', () => {
  let softfloat: Softfloat;
  let oracle: string;

  beforeAll(async () => {
    const compiler = spawnSync(
      process.execPath,
      ['node_modules/assemblyscript/bin/asc.js', '--config', 'test/softfloat/asconfig.json', '--target', 'release'],
      { cwd: root, encoding: 'utf8' },
    );
    expect(compiler.stderr.replace('Last converge was suboptimal.', '').trim()).toBe('');
    const { instance } = await WebAssembly.instantiate(readFileSync(`${root}build/test/softfloat.wasm`));
    softfloat = instance.exports as Softfloat;
    oracle = buildOracle(`${root}build/test`);
  });

  it(`agrees in ${casesPerBatch * batches} cases, seed ${seed}`, { timeout: 900_000 }, () => {
    const generator = new CaseGenerator(seed);
    const cases = new Uint8Array(softfloat.memory.buffer, casesAt, casesPerBatch * 32);
    const actual = new Uint8Array(softfloat.memory.buffer, resultsAt, casesPerBatch * 16);
    for (let batch = 0; batch < batches; batch++) {
      generator.fill(cases);
      const expected = askOracle(oracle, cases);
      expect(expected.length).toBe(actual.length);
      for (const withHost of [1, 0]) {
        softfloat.runBatch(casesPerBatch, casesAt, resultsAt, withHost);
        if (Buffer.compare(expected, actual) === 0) continue;
        const mismatches: string[] = [];
        for (let i = 0; i < casesPerBatch; i++) {
          if (Buffer.compare(expected.subarray(i * 16, i * 16 + 16), actual.subarray(i * 16, i * 16 + 16)) !== 0)
            mismatches.push(describeMismatch(cases, expected, actual, i));
        }
        const how = withHost ? 'with' : 'without';
        expect.fail(
          `seed ${seed}, ${mismatches.length} cases differ ${how} host operations:\n${mismatches.slice(0, 40).join('\n')}`,
        );
      }
    }
  });
});
