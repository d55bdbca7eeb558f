import asc from 'assemblyscript/asc';
import { beforeAll, describe, expect, test } from 'vitest';
import { expandCompressed } from '../../src/isa/compressed.ts';
import { findInstruction } from '../../src/isa/decode.ts';
import { extractImmediate } from '../../src/isa/fields.ts';
import { generateMachineIsa } from '../../src/isa/generate.ts';
import { TIMING_CLASSES } from '../../src/isa/instruction.ts';
import { INSTRUCTIONS } from '../../src/isa/instructions.ts';
import { seededRandom } from '../random.ts';

interface GeneratedIsa {
  decode(word: number): number;
  expandCompressed(half: number): number;
  timingClass(op: number): number;
  immediateOf(word: number): number;
}

let isa: GeneratedIsa;

beforeAll(async () => {
  const source = `${generateMachineIsa()}
    export function decode(word: u32): i32 { return Isa.decode(word); }
    export function expandCompressed(half: u32): u32 { return Isa.expandCompressed(half); }
    export function timingClass(op: i32): i32 { return Isa.timingClass(op); }
    export function immediateOf(word: u32): i32 { return Isa.immediate(word, Isa.immediateKind(Isa.decode(word))); }`;
  const { error, binary, stderr } = await asc.compileString(source, { runtime: 'stub', optimizeLevel: 2 });
  if (error !== null || binary === null) throw new Error(stderr.toString());
  const module = await WebAssembly.compile(new Uint8Array(binary));
  const instance = await WebAssembly.instantiate(module, {});
  isa = instance.exports as unknown as GeneratedIsa;
}, 60_000);

describe('the decoder generated for the machine', () => {
  test('finds the row of every instruction, whatever the bits outside its mask', () => {
    const random = seededRandom('generated decoder');
    INSTRUCTIONS.forEach((row, opcode) => {
      for (let i = 0; i < 200; i++) {
        const word = (row.match | (random.u32() & ~row.mask)) >>> 0;
        expect(isa.decode(word), `${row.mnemonic} ${word.toString(16)}`).toBe(opcode);
        const expected = row.immediate === undefined ? 0 : extractImmediate(word, row.immediate);
        expect(isa.immediateOf(word)).toBe(expected);
      }
      expect(TIMING_CLASSES[isa.timingClass(opcode)]).toBe(row.timing);
    });
  });

  test('says the same as a scan of the table on random words', () => {
    const random = seededRandom('generated decoder, random words');
    for (let i = 0; i < 300_000; i++) {
      const word = (random.u32() | 3) >>> 0;
      const row = findInstruction(word);
      const opcode = row === undefined ? -1 : INSTRUCTIONS.indexOf(row);
      if (isa.decode(word) !== opcode) expect(isa.decode(word), word.toString(16)).toBe(opcode);
    }
  });

  test('expands all 16-bit encodings as the table does', () => {
    for (let half = 0; half < 0x10000; half++) {
      if ((half & 3) === 3) continue;
      const expected = expandCompressed(half);
      const actual = isa.expandCompressed(half) >>> 0;
      if (actual !== expected) expect(actual.toString(16), half.toString(16)).toBe(expected.toString(16));
    }
  });

  test('no two rows match one word', () => {
    for (const a of INSTRUCTIONS) {
      const others = INSTRUCTIONS.filter((b) => b !== a && ((a.match ^ b.match) & a.mask & b.mask) === 0);
      expect(
        others.map((row) => row.mnemonic),
        a.mnemonic,
      ).toEqual([]);
    }
  });
});
