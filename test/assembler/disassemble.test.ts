import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Disassembler } from '../../src/assembler/disassemble.ts';
import { INSTRUCTIONS } from '../../src/isa/instructions.ts';
import { seededRandom } from '../random.ts';
import { HAS_GNU, inTemporaryFolder, PREFIX } from './gnu.ts';

/*
 * Compared with `objdump -D -b binary -m riscv:rv64` of binutils 2.40, which without an architecture attribute
 * assumes rv64gc: the very extensions of the table, so there are no exceptions among 16- and 32-bit encodings.
 * Words whose low five bits are all ones begin longer instructions (48 bits and more) and are no 32-bit words.
 */

/** The gate runs everything; at the desk a tenth is enough. */
const FULL = process.env['CYCLIX_FULL'] === '1' || process.env['CI'] !== undefined;
const RANDOM_WORDS = FULL ? 1_000_000 : 100_000;

interface Line {
  readonly address: number;
  readonly word: number;
  readonly text: string;
}

function objdump(bytes: Uint8Array): Line[] {
  return inTemporaryFolder((folder) => {
    const path = join(folder, 'code.bin');
    writeFileSync(path, bytes);
    const result = spawnSync(`${PREFIX}objdump`, ['-D', '-z', '-b', 'binary', '-m', 'riscv:rv64', path], {
      encoding: 'latin1',
      maxBuffer: 1 << 30,
    });
    const lines: Line[] = [];
    for (const line of result.stdout.split('\n')) {
      const match = /^\s*([0-9a-f]+):\t([0-9a-f]+)\s*\t(.*)$/.exec(line);
      if (match === null) continue;
      lines.push({
        address: Number.parseInt(match[1]!, 16),
        word: Number.parseInt(match[2]!, 16),
        text: match[3]!.trimEnd(),
      });
    }
    return lines;
  });
}

/** How many lines there were, and the first few on which the two disagree. */
function compare(bytes: Uint8Array): { count: number; differences: object[] } {
  const disassembler = new Disassembler();
  const differences: object[] = [];
  const lines = objdump(bytes);
  for (const { address, word, text } of lines) {
    const ours = disassembler.disassemble(word, BigInt(address));
    if (ours !== text && differences.length < 10) differences.push({ word: word.toString(16), ours, objdump: text });
  }
  return { count: lines.length, differences };
}

function words(values: readonly number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, index) => {
    bytes.setUint32(index * 4, value, true);
  });
  return new Uint8Array(bytes.buffer);
}

describe.skipIf(!HAS_GNU)('disassembly is objdump’s, to the character', () => {
  test('all 49,152 16-bit encodings', () => {
    const bytes = new DataView(new ArrayBuffer(49152 * 2));
    let at = 0;
    for (let half = 0; half < 0x10000; half++) {
      if ((half & 3) === 3) continue;
      bytes.setUint16(at, half, true);
      at += 2;
    }
    expect(compare(new Uint8Array(bytes.buffer))).toEqual({ count: 49152, differences: [] });
  });

  test(`${RANDOM_WORDS.toLocaleString('en')} random 32-bit words`, { timeout: 120_000 }, () => {
    const random = seededRandom('random words');
    const values = Array.from({ length: RANDOM_WORDS }, () => {
      let word = random.u32() | 3;
      while ((word & 0x1f) === 0x1f) word = random.u32() | 3;
      return word >>> 0;
    });
    expect(compare(words(values))).toEqual({ count: RANDOM_WORDS, differences: [] });
  });

  test('every instruction of the table, with the operands at which aliases begin', { timeout: 60_000 }, () => {
    const random = seededRandom('words of every instruction');
    const values: number[] = [];
    for (const { match, mask } of INSTRUCTIONS) {
      for (let i = 0; i < 300; i++) {
        // Registers x0 and x1, immediates 0 and -1: where objdump prefers another name.
        const fields = [random.u32(), random.u32() & 0xff0fff7f & random.u32(), 0, 0xffffffff, 0x00100080, 0x0ff00000];
        values.push((match | (random.pick(fields) & random.pick([0xffffffff, random.u32()]) & ~mask)) >>> 0);
      }
    }
    for (let high = 0; high < 4096; high++) {
      values.push(((high << 20) | 0x73) >>> 0, ((high << 20) | 0x28073) >>> 0, ((high << 20) | 0x0f) >>> 0);
      for (let funct3 = 1; funct3 < 8; funct3++) {
        values.push(
          ((high << 20) | (funct3 << 12) | (random.pick([0, 5]) << 15) | (random.pick([0, 5]) << 7) | 0x73) >>> 0,
        );
      }
    }
    expect(compare(words(values))).toEqual({ count: values.length, differences: [] });
  });
});
