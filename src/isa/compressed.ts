/*
 * The 16-bit instructions of RV64DC. Each row names the 32-bit instruction it stands for and where that one's
 * fields come from; `expand` and the assembler's choice of a compressed form both follow from these rows.
 * Where two rows match one encoding, the earlier is meant: c.nop before c.addi, c.ebreak before c.jalr before c.add.
 * Source: The RISC-V Instruction Set Manual, volume I, "C" extension, instruction listings.
 */

import {
  extractImmediate,
  extractRegister,
  type ImmediateName,
  insertImmediate,
  type RegisterField,
} from './fields.ts';
import type { CompressedFormat, CompressedInstruction, ExpandedRegister, Operand } from './instruction.ts';
import { INSTRUCTION_BY_MNEMONIC } from './instructions.ts';

interface Mapping {
  readonly expands: string;
  readonly immediate?: ImmediateName;
  readonly rd?: ExpandedRegister;
  readonly rs1?: ExpandedRegister;
  readonly rs2?: ExpandedRegister;
  readonly forbidden?: readonly (readonly [RegisterField | 'imm', number])[];
  readonly hints?: readonly (readonly [RegisterField | 'imm', number])[];
}

function row(
  format: CompressedFormat,
  mnemonic: string,
  match: number,
  mask: number,
  operands: readonly Operand[],
  mapping: Mapping,
): CompressedInstruction {
  return { mnemonic, extension: 'C', format, match, mask, operands, forbidden: [], hints: [], ...mapping };
}

/** Arithmetic on two of the eight popular registers: funct6, funct2 and the 32-bit instruction. */
function arithmetic(mnemonic: string, match: number): CompressedInstruction {
  const expands = mnemonic.slice(2);
  return row('CA', mnemonic, match, 0xfc63, ["rs1'", "rs2'"], { expands, rd: "rs1'", rs1: "rs1'", rs2: "rs2'" });
}

export const COMPRESSED: readonly CompressedInstruction[] = [
  // Quadrant 0
  row('CIW', 'c.addi4spn', 0x0000, 0xe003, ["rd'", 'sp', 'imm'], {
    expands: 'addi',
    immediate: 'CIW',
    rd: "rd'",
    rs1: 2,
    forbidden: [['imm', 0]],
  }),
  row('CL', 'c.fld', 0x2000, 0xe003, ["frd'", "offset(rs1')"], {
    expands: 'fld',
    immediate: 'CL.d',
    rd: "rd'",
    rs1: "rs1'",
  }),
  row('CL', 'c.lw', 0x4000, 0xe003, ["rd'", "offset(rs1')"], {
    expands: 'lw',
    immediate: 'CL.w',
    rd: "rd'",
    rs1: "rs1'",
  }),
  row('CL', 'c.ld', 0x6000, 0xe003, ["rd'", "offset(rs1')"], {
    expands: 'ld',
    immediate: 'CL.d',
    rd: "rd'",
    rs1: "rs1'",
  }),
  row('CS', 'c.fsd', 0xa000, 0xe003, ["frs2'", "offset(rs1')"], {
    expands: 'fsd',
    immediate: 'CL.d',
    rs1: "rs1'",
    rs2: "rs2'",
  }),
  row('CS', 'c.sw', 0xc000, 0xe003, ["rs2'", "offset(rs1')"], {
    expands: 'sw',
    immediate: 'CL.w',
    rs1: "rs1'",
    rs2: "rs2'",
  }),
  row('CS', 'c.sd', 0xe000, 0xe003, ["rs2'", "offset(rs1')"], {
    expands: 'sd',
    immediate: 'CL.d',
    rs1: "rs1'",
    rs2: "rs2'",
  }),
  // Quadrant 1
  row('CI', 'c.nop', 0x0001, 0xffff, [], { expands: 'addi', rd: 0, rs1: 0 }),
  row('CI', 'c.addi', 0x0001, 0xe003, ['c.rd', 'imm'], {
    expands: 'addi',
    immediate: 'CI',
    rd: 'c.rd',
    rs1: 'c.rd',
    hints: [
      ['c.rd', 0],
      ['imm', 0],
    ],
  }),
  row('CI', 'c.addiw', 0x2001, 0xe003, ['c.rd', 'imm'], {
    expands: 'addiw',
    immediate: 'CI',
    rd: 'c.rd',
    rs1: 'c.rd',
    forbidden: [['c.rd', 0]],
  }),
  row('CI', 'c.li', 0x4001, 0xe003, ['c.rd', 'imm'], {
    expands: 'addi',
    immediate: 'CI',
    rd: 'c.rd',
    rs1: 0,
    hints: [['c.rd', 0]],
  }),
  row('CI', 'c.addi16sp', 0x6101, 0xef83, ['sp', 'imm'], {
    expands: 'addi',
    immediate: 'CI.addi16sp',
    rd: 2,
    rs1: 2,
    forbidden: [['imm', 0]],
  }),
  row('CI', 'c.lui', 0x6001, 0xe003, ['c.rd', 'imm20'], {
    expands: 'lui',
    immediate: 'CI.lui',
    rd: 'c.rd',
    forbidden: [['imm', 0]],
    hints: [['c.rd', 0]],
  }),
  row('CB', 'c.srli', 0x8001, 0xec03, ["rs1'", 'shamt'], {
    expands: 'srli',
    immediate: 'CI.shamt',
    rd: "rs1'",
    rs1: "rs1'",
    hints: [['imm', 0]],
  }),
  row('CB', 'c.srai', 0x8401, 0xec03, ["rs1'", 'shamt'], {
    expands: 'srai',
    immediate: 'CI.shamt',
    rd: "rs1'",
    rs1: "rs1'",
    hints: [['imm', 0]],
  }),
  row('CB', 'c.andi', 0x8801, 0xec03, ["rs1'", 'imm'], {
    expands: 'andi',
    immediate: 'CI',
    rd: "rs1'",
    rs1: "rs1'",
  }),
  arithmetic('c.sub', 0x8c01),
  arithmetic('c.xor', 0x8c21),
  arithmetic('c.or', 0x8c41),
  arithmetic('c.and', 0x8c61),
  arithmetic('c.subw', 0x9c01),
  arithmetic('c.addw', 0x9c21),
  row('CJ', 'c.j', 0xa001, 0xe003, ['target'], { expands: 'jal', immediate: 'CJ', rd: 0 }),
  row('CB', 'c.beqz', 0xc001, 0xe003, ["rs1'", 'target'], {
    expands: 'beq',
    immediate: 'CB',
    rs1: "rs1'",
    rs2: 0,
  }),
  row('CB', 'c.bnez', 0xe001, 0xe003, ["rs1'", 'target'], {
    expands: 'bne',
    immediate: 'CB',
    rs1: "rs1'",
    rs2: 0,
  }),
  // Quadrant 2
  row('CI', 'c.slli', 0x0002, 0xe003, ['c.rd', 'shamt'], {
    expands: 'slli',
    immediate: 'CI.shamt',
    rd: 'c.rd',
    rs1: 'c.rd',
    hints: [
      ['c.rd', 0],
      ['imm', 0],
    ],
  }),
  row('CI', 'c.fldsp', 0x2002, 0xe003, ['c.frd', 'offset(sp)'], {
    expands: 'fld',
    immediate: 'CI.ldsp',
    rd: 'c.rd',
    rs1: 2,
  }),
  row('CI', 'c.lwsp', 0x4002, 0xe003, ['c.rd', 'offset(sp)'], {
    expands: 'lw',
    immediate: 'CI.lwsp',
    rd: 'c.rd',
    rs1: 2,
    forbidden: [['c.rd', 0]],
  }),
  row('CI', 'c.ldsp', 0x6002, 0xe003, ['c.rd', 'offset(sp)'], {
    expands: 'ld',
    immediate: 'CI.ldsp',
    rd: 'c.rd',
    rs1: 2,
    forbidden: [['c.rd', 0]],
  }),
  row('CR', 'c.jr', 0x8002, 0xf07f, ['c.rd'], {
    expands: 'jalr',
    rd: 0,
    rs1: 'c.rd',
    forbidden: [['c.rd', 0]],
  }),
  row('CR', 'c.mv', 0x8002, 0xf003, ['c.rd', 'c.rs2'], {
    expands: 'add',
    rd: 'c.rd',
    rs1: 0,
    rs2: 'c.rs2',
    forbidden: [['c.rs2', 0]],
    hints: [['c.rd', 0]],
  }),
  row('CR', 'c.ebreak', 0x9002, 0xffff, [], { expands: 'ebreak' }),
  row('CR', 'c.jalr', 0x9002, 0xf07f, ['c.rd'], {
    expands: 'jalr',
    rd: 1,
    rs1: 'c.rd',
    forbidden: [['c.rd', 0]],
  }),
  row('CR', 'c.add', 0x9002, 0xf003, ['c.rd', 'c.rs2'], {
    expands: 'add',
    rd: 'c.rd',
    rs1: 'c.rd',
    rs2: 'c.rs2',
    forbidden: [['c.rs2', 0]],
    hints: [['c.rd', 0]],
  }),
  row('CSS', 'c.fsdsp', 0xa002, 0xe003, ['c.frs2', 'offset(sp)'], {
    expands: 'fsd',
    immediate: 'CSS.sdsp',
    rs1: 2,
    rs2: 'c.rs2',
  }),
  row('CSS', 'c.swsp', 0xc002, 0xe003, ['c.rs2', 'offset(sp)'], {
    expands: 'sw',
    immediate: 'CSS.swsp',
    rs1: 2,
    rs2: 'c.rs2',
  }),
  row('CSS', 'c.sdsp', 0xe002, 0xe003, ['c.rs2', 'offset(sp)'], {
    expands: 'sd',
    immediate: 'CSS.sdsp',
    rs1: 2,
    rs2: 'c.rs2',
  }),
];

export const COMPRESSED_BY_MNEMONIC: ReadonlyMap<string, CompressedInstruction> = new Map(
  COMPRESSED.map((instruction) => [instruction.mnemonic, instruction]),
);

function hasValue(half: number, row: CompressedInstruction, field: RegisterField | 'imm', value: number): boolean {
  const actual = field === 'imm' ? extractImmediate(half, row.immediate ?? 'CI') : extractRegister(half, field);
  return actual === value;
}

/** True if one of the row's hint conditions holds for this encoding. */
export function isHint(half: number, row: CompressedInstruction): boolean {
  return row.hints.some(([field, value]) => hasValue(half, row, field, value));
}

const quadrantAndFunct3 = (half: number) => ((half & 3) << 3) | ((half >> 13) & 7);

const BY_FUNCT3: readonly (readonly CompressedInstruction[])[] = Array.from({ length: 32 }, (_, index) =>
  COMPRESSED.filter((row) => quadrantAndFunct3(row.match) === index),
);

/** The row that a 16-bit encoding belongs to, or undefined if it is reserved (all-zero included). */
export function findCompressed(half: number): CompressedInstruction | undefined {
  for (const row of BY_FUNCT3[quadrantAndFunct3(half)]!) {
    if ((half & row.mask) !== row.match) continue;
    if (!row.forbidden.some(([field, value]) => hasValue(half, row, field, value))) return row;
  }
  return undefined;
}

/** The 32-bit word with the same effect as `half`, or 0 if `half` is reserved. */
export function expandCompressed(half: number): number {
  const row = findCompressed(half);
  return row === undefined ? 0 : expandRow(half, row);
}

function expandRow(half: number, row: CompressedInstruction): number {
  const target = INSTRUCTION_BY_MNEMONIC.get(row.expands)!;
  const register = (source: ExpandedRegister | undefined) =>
    source === undefined ? 0 : typeof source === 'number' ? source : extractRegister(half, source);
  let word = target.match | (register(row.rd) << 7) | (register(row.rs1) << 15) | (register(row.rs2) << 20);
  if (row.immediate !== undefined) {
    word |= insertImmediate(extractImmediate(half, row.immediate), target.immediate!);
  }
  return word >>> 0;
}
