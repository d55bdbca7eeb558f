/*
 * The shape of a row in the instruction table: what `instructions.ts` (32-bit) and `compressed.ts` (16-bit) list.
 * The table is the single source of encodings for the assembler, the disassembler, the machine's decoder
 * (generated from it) and the tests' corpora.
 */

import type { ImmediateName, RegisterField } from './fields.ts';

export type Extension = 'I' | 'M' | 'A' | 'F' | 'D' | 'C' | 'Zicsr' | 'Zifencei' | 'privileged';

/** Formats of the manual, with the shifts, AMO, CSR, fence and operand-less SYSTEM encodings told apart. */
export type Format =
  | ('R' | 'R4' | 'I' | 'load' | 'S' | 'B' | 'U' | 'J' | 'shift' | 'shiftWord' | 'AMO' | 'CSR' | 'CSRI')
  | ('fence' | 'fenceI' | 'system' | 'sfence' | 'Rrm' | 'unary' | 'unaryrm');

export type CompressedFormat = 'CR' | 'CI' | 'CSS' | 'CIW' | 'CL' | 'CS' | 'CA' | 'CB' | 'CJ';

/**
 * Operands as they stand in assembly. Register fields by their names, with `f` before those that name a
 * floating-point register; `offset(rs1)` is a load's or store's address, `(rs1)` an atomic's; `target` a branch or
 * jump target; `imm` whatever the row's immediate layout holds; `imm20` the upper immediate, written shifted down;
 * `rm` the optional rounding mode; `sp` the literal stack pointer of the C extension.
 */
export type Operand =
  | RegisterField
  | ('frd' | 'frs1' | 'frs2' | 'frs3' | "frd'" | "frs2'" | 'c.frd' | 'c.frs2')
  | ('imm' | 'imm20' | 'shamt' | 'offset(rs1)' | '(rs1)' | 'target' | 'csr' | 'zimm' | 'pred' | 'succ' | 'rm')
  | ("offset(rs1')" | 'offset(sp)' | 'sp');

/**
 * What the timing model asks about an instruction: which unit executes it. S and D are single and double precision.
 * The model maps each class to latencies by preset.
 */
export const TIMING_CLASSES = [
  'alu',
  'mul',
  'mulHigh',
  'mulWord',
  'div',
  'divWord',
  'load',
  'loadFp',
  'store',
  'storeFp',
  'branch',
  'jump',
  'jumpRegister',
  'loadReserved',
  'storeConditional',
  'amo',
  'csr',
  'fence',
  'fenceI',
  'environment',
  'trapReturn',
  'waitForInterrupt',
  'sfence',
  'fpAddS',
  'fpAddD',
  'fpMulS',
  'fpMulD',
  'fpMulAddS',
  'fpMulAddD',
  'fpDivideS',
  'fpDivideD',
  'fpSqrtS',
  'fpSqrtD',
  'fpSignS',
  'fpSignD',
  'fpMinMaxS',
  'fpMinMaxD',
  'fpCompareS',
  'fpCompareD',
  'fpClassify',
  'fpConvertIntToFp',
  'fpConvertFpToInt',
  'fpConvertFpToFp',
  'fpMoveToInt',
  'fpMoveFromInt',
] as const;

export type TimingClass = (typeof TIMING_CLASSES)[number];

export interface Instruction {
  readonly mnemonic: string;
  readonly extension: Extension;
  /** `(word & mask) === match`, both unsigned, decides that a word is this instruction. */
  readonly match: number;
  readonly mask: number;
  readonly format: Format;
  /** In assembly order. */
  readonly operands: readonly Operand[];
  readonly immediate?: ImmediateName;
  readonly timing: TimingClass;
}

/** A register of the 32-bit instruction: a field of the 16-bit one, or a fixed register number. */
export type ExpandedRegister = RegisterField | number;

export interface CompressedInstruction {
  readonly mnemonic: string;
  readonly extension: 'C';
  readonly match: number;
  readonly mask: number;
  readonly format: CompressedFormat;
  readonly operands: readonly Operand[];
  /** Layout of the 16-bit immediate; absent when the instruction has none. */
  readonly immediate?: ImmediateName;
  /** Mnemonic of the 32-bit instruction with the same effect, and where its register fields come from. */
  readonly expands: string;
  readonly rd?: ExpandedRegister;
  readonly rs1?: ExpandedRegister;
  readonly rs2?: ExpandedRegister;
  /** Encodings that are reserved, or belong to another row: the field must not have this value. */
  readonly forbidden: readonly (readonly [field: RegisterField | 'imm', value: number])[];
  /** Encodings that are hints: executed as they expand (to no effect), but not what GNU as chooses. */
  readonly hints: readonly (readonly [field: RegisterField | 'imm', value: number])[];
}
