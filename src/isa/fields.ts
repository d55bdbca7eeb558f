/*
 * Where the immediates of RISC-V instructions lie in the word.
 *
 * One layout is a list of pieces; each piece moves `count` bits from bit `from` of the instruction to bit
 * `to` of the value. Assembler, disassembler, decoder generator and relocations all read this table, so that no
 * bit position is written twice. Source: The RISC-V Instruction Set Manual, volume I, sections 2.3 (immediate
 * variants) and 28 ("C" extension, instruction listings).
 */

export interface ImmediateLayout {
  /** Bits of the value counted from bit 0; the low bits that no piece covers are zero. */
  readonly width: number;
  readonly signed: boolean;
  /** [bit in the instruction, bit in the value, number of bits] */
  readonly pieces: readonly (readonly [from: number, to: number, count: number])[];
}

function layout(width: number, signed: boolean, ...pieces: [number, number, number][]): ImmediateLayout {
  return { width, signed, pieces };
}

export const IMMEDIATES = {
  I: layout(12, true, [20, 0, 12]),
  S: layout(12, true, [25, 5, 7], [7, 0, 5]),
  B: layout(13, true, [31, 12, 1], [7, 11, 1], [25, 5, 6], [8, 1, 4]),
  U: layout(32, true, [12, 12, 20]),
  J: layout(21, true, [31, 20, 1], [12, 12, 8], [20, 11, 1], [21, 1, 10]),
  shamt5: layout(5, false, [20, 0, 5]),
  shamt6: layout(6, false, [20, 0, 6]),
  CI: layout(6, true, [12, 5, 1], [2, 0, 5]),
  'CI.lui': layout(18, true, [12, 17, 1], [2, 12, 5]),
  'CI.shamt': layout(6, false, [12, 5, 1], [2, 0, 5]),
  'CI.addi16sp': layout(10, true, [12, 9, 1], [3, 7, 2], [5, 6, 1], [2, 5, 1], [6, 4, 1]),
  'CI.lwsp': layout(8, false, [2, 6, 2], [12, 5, 1], [4, 2, 3]),
  'CI.ldsp': layout(9, false, [2, 6, 3], [12, 5, 1], [5, 3, 2]),
  'CSS.swsp': layout(8, false, [7, 6, 2], [9, 2, 4]),
  'CSS.sdsp': layout(9, false, [7, 6, 3], [10, 3, 3]),
  CIW: layout(10, false, [7, 6, 4], [11, 4, 2], [5, 3, 1], [6, 2, 1]),
  'CL.w': layout(7, false, [5, 6, 1], [10, 3, 3], [6, 2, 1]),
  'CL.d': layout(8, false, [5, 6, 2], [10, 3, 3]),
  CB: layout(9, true, [12, 8, 1], [5, 6, 2], [2, 5, 1], [10, 3, 2], [3, 1, 2]),
  CJ: layout(12, true, [12, 11, 1], [8, 10, 1], [9, 8, 2], [6, 7, 1], [7, 6, 1], [2, 5, 1], [11, 4, 1], [3, 1, 3]),
} as const satisfies Record<string, ImmediateLayout>;

export type ImmediateName = keyof typeof IMMEDIATES;

/** The immediate's value: sign-extended to 32 bits where the layout is signed, else zero-extended. */
export function extractImmediate(word: number, name: ImmediateName): number {
  const { width, signed, pieces } = IMMEDIATES[name] as ImmediateLayout;
  let value = 0;
  for (const [from, to, count] of pieces) value |= ((word >>> from) & ((1 << count) - 1)) << to;
  return signed ? (value << (32 - width)) >> (32 - width) : value;
}

/** The instruction bits that hold `value`; bits of the value outside the layout are dropped (see `immediateFits`). */
export function insertImmediate(value: number, name: ImmediateName): number {
  let word = 0;
  for (const [from, to, count] of IMMEDIATES[name].pieces) word |= ((value >> to) & ((1 << count) - 1)) << from;
  return word;
}

/** True if `value` survives insertion and extraction: in range, and its uncovered low bits zero. */
export function immediateFits(value: number, name: ImmediateName): boolean {
  return extractImmediate(insertImmediate(value, name), name) === value;
}

/** Register fields. The primed names are the three-bit fields of the C extension, which reach x8 to x15. */
export const REGISTER_FIELDS = {
  rd: { shift: 7, bits: 5, base: 0 },
  rs1: { shift: 15, bits: 5, base: 0 },
  rs2: { shift: 20, bits: 5, base: 0 },
  rs3: { shift: 27, bits: 5, base: 0 },
  'c.rd': { shift: 7, bits: 5, base: 0 },
  'c.rs2': { shift: 2, bits: 5, base: 0 },
  "rd'": { shift: 2, bits: 3, base: 8 },
  "rs1'": { shift: 7, bits: 3, base: 8 },
  "rs2'": { shift: 2, bits: 3, base: 8 },
} as const satisfies Record<string, { shift: number; bits: number; base: number }>;

export type RegisterField = keyof typeof REGISTER_FIELDS;

export function extractRegister(word: number, field: RegisterField): number {
  const { shift, bits, base } = REGISTER_FIELDS[field];
  return ((word >>> shift) & ((1 << bits) - 1)) + base;
}

export function insertRegister(register: number, field: RegisterField): number {
  const { shift, bits, base } = REGISTER_FIELDS[field];
  return ((register - base) & ((1 << bits) - 1)) << shift;
}

export function registerFits(register: number, field: RegisterField): boolean {
  const { bits, base } = REGISTER_FIELDS[field];
  return register >= base && register < base + (1 << bits);
}
