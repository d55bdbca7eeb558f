/*
 * From matched operands to bytes in the current section: fields into the word, constants checked against their
 * ranges, symbols into fixups, branches into fragments that may grow, compressed forms where options allow.
 */

import {
  IMMEDIATES,
  type ImmediateLayout,
  type ImmediateName,
  immediateFits,
  insertImmediate,
  insertRegister,
  type RegisterField,
} from '../isa/fields.ts';
import type { CompressedInstruction, Extension, Instruction } from '../isa/instruction.ts';
import { compress, compressBranch } from './compress.ts';
import { StatementError } from './diagnostics.ts';
import type { Expression } from './expressions.ts';
import type { AssemblySymbol, FixupKind, Section, SourcePlace } from './object.ts';
import type { RelocationOperator } from './operands.ts';
import type { Evaluation } from './values.ts';

/** What encoding needs of the assembler. */
export interface EncodeContext {
  readonly section: Section;
  /** `.option rvc` is on. */
  readonly compressed: boolean;
  /** `.option pic` is on: `la` goes through the GOT. */
  readonly pic: boolean;
  has(extension: Extension): boolean;
  evaluate(expression: Expression): Evaluation;
  bind(expression: Expression): Expression;
  place(column: number): SourcePlace;
  /** A new label at the current place, for pairs of auipc and its low part. */
  hiddenLabel(): AssemblySymbol;
}

/** An immediate as written: expression, relocation operator, where it stands. */
export interface Immediate {
  readonly expression: Expression;
  readonly operator: RelocationOperator | undefined;
  readonly column: number;
}

/** Whether a compressed form may be chosen, or which of them. */
export type Compression = boolean | readonly string[];

export interface Fields {
  rd?: number;
  rs1?: number;
  rs2?: number;
  rs3?: number;
  rm?: number;
  csr?: number;
  pred?: number;
  succ?: number;
  /** A value, or what was written. */
  immediate?: number | Immediate;
  /** `%tprel_add(symbol)`, the fourth operand of add. */
  annotation?: Immediate;
}

/** A 32-bit word with no open field, as its 16-bit form if GNU as would choose it. */
function emitWord(context: EncodeContext, word: number, row: Instruction, compression: Compression = true): void {
  const half =
    compression !== false && context.compressed
      ? compress(word >>> 0, row, compression === true ? undefined : compression)
      : undefined;
  if (half === undefined) context.section.emit32(word);
  else context.section.emit16(half);
}

/** The value if it is known now; undefined if it depends on a symbol or a later definition. */
export function constantNow(context: EncodeContext, immediate: Immediate): bigint | undefined {
  const result = context.evaluate(immediate.expression);
  if (!result.ok) throw new StatementError(result.reason, immediate.column);
  const { constant, plus, minus } = result.value;
  return plus === undefined && minus === undefined ? constant : undefined;
}

/** Range of an immediate in words: `expected a multiple of 4 from 0 to 124`. */
function describeRange(name: ImmediateName): string {
  const { width, signed, pieces }: ImmediateLayout = IMMEDIATES[name];
  const step = 2 ** Math.min(...pieces.map(([, to]) => to));
  const low = signed ? -(2 ** (width - 1)) : 0;
  const high = (signed ? 2 ** (width - 1) : 2 ** width) - step;
  return `expected ${step > 1 ? `a multiple of ${step}` : 'a value'} from ${low} to ${high}`;
}

function checkedConstant(value: bigint, name: ImmediateName, column: number, what: string): number {
  const number = Number(value);
  if (value < -(1n << 31n) || value >= 1n << 31n || !immediateFits(number, name)) {
    throw new StatementError(`${what} ${value} does not fit: ${describeRange(name)}`, column);
  }
  return number;
}

/** lui and auipc: the upper 20 bits, written shifted down, 0 to 0xfffff. */
function upperImmediate(value: bigint, column: number): number {
  if (value < 0n || value > 0xfffffn) {
    throw new StatementError(`upper immediate ${value} does not fit: expected a value from 0 to 0xfffff`, column);
  }
  return Number(value) << 12;
}

const LOW_OPERATORS: Partial<Record<RelocationOperator, readonly [FixupKind, FixupKind]>> = {
  lo: ['LO12_I', 'LO12_S'],
  pcrel_lo: ['PCREL_LO12_I', 'PCREL_LO12_S'],
  tprel_lo: ['TPREL_LO12_I', 'TPREL_LO12_S'],
};

const HIGH_OPERATORS: Partial<Record<RelocationOperator, FixupKind>> = {
  hi: 'HI20',
  pcrel_hi: 'PCREL_HI20',
  got_pcrel_hi: 'GOT_HI20',
  tprel_hi: 'TPREL_HI20',
};

/** The low 12 bits of a constant, signed, and the upper part that makes up for the sign. */
export function splitConstant(value: bigint): { low: number; high: number } {
  const low = Number(BigInt.asIntN(12, value));
  const high = Number(BigInt.asIntN(32, value - BigInt(low)));
  return { low, high };
}

function fixup(context: EncodeContext, kind: FixupKind, immediate: Immediate): void {
  context.section.addFixup(kind, context.bind(immediate.expression), context.place(immediate.column));
}

function registerBits(fields: Fields): number {
  let bits = 0;
  if (fields.rd !== undefined) bits |= fields.rd << 7;
  if (fields.rs1 !== undefined) bits |= fields.rs1 << 15;
  if (fields.rs2 !== undefined) bits |= fields.rs2 << 20;
  if (fields.rs3 !== undefined) bits |= fields.rs3 << 27;
  if (fields.rm !== undefined) bits |= fields.rm << 12;
  if (fields.csr !== undefined) bits |= fields.csr << 20;
  if (fields.pred !== undefined) bits |= fields.pred << 24;
  if (fields.succ !== undefined) bits |= fields.succ << 20;
  return bits;
}

/** A 32-bit instruction of the table. */
export function emitInstruction(
  context: EncodeContext,
  row: Instruction,
  fields: Fields,
  compression: Compression = true,
): void {
  const word = row.match | registerBits(fields);
  const { immediate } = fields;
  if (fields.annotation !== undefined) {
    fixup(context, 'TPREL_ADD', fields.annotation);
    context.section.emit32(word);
    return;
  }
  if (immediate === undefined) {
    emitWord(context, word, row, compression);
    return;
  }
  const name = row.immediate!;
  if (typeof immediate === 'number') {
    emitWord(context, word | insertImmediate(immediate, name), row, compression);
    return;
  }
  switch (name) {
    case 'B':
    case 'J':
      emitBranch(
        context,
        row,
        word,
        compression !== false && context.compressed ? compressBranch(word >>> 0, row) : undefined,
        immediate,
      );
      return;
    case 'U':
      emitUpper(context, row, word, immediate, compression);
      return;
    case 'I':
    case 'S':
      emitLow(context, row, word, immediate, compression);
      return;
    default: {
      const value = constantNow(context, immediate);
      if (value === undefined) throw needsConstant('shift amount', immediate);
      emitWord(
        context,
        word | insertImmediate(checkedConstant(value, name, immediate.column, 'shift amount'), name),
        row,
        compression,
      );
    }
  }
}

function needsConstant(what: string, immediate: Immediate): StatementError {
  return new StatementError(`the ${what} must be a constant that is known here`, immediate.column);
}

function emitUpper(
  context: EncodeContext,
  row: Instruction,
  word: number,
  immediate: Immediate,
  compression: Compression,
): void {
  const value = constantNow(context, immediate);
  if (immediate.operator === undefined) {
    if (value === undefined) {
      fixup(context, 'U20', immediate);
      context.section.emit32(word);
    } else {
      emitWord(context, word | upperImmediate(value, immediate.column), row, compression);
    }
    return;
  }
  const kind = HIGH_OPERATORS[immediate.operator];
  if (kind === undefined) {
    throw new StatementError(
      `%${immediate.operator} does not fit here: expected a value, %hi or %pcrel_hi`,
      immediate.column,
    );
  }
  fixup(context, kind, immediate);
  context.section.emit32(word);
}

function emitLow(
  context: EncodeContext,
  row: Instruction,
  word: number,
  immediate: Immediate,
  compression: Compression,
): void {
  const isStore = row.immediate === 'S';
  if (immediate.operator === undefined) {
    const value = constantNow(context, immediate);
    if (value === undefined) {
      fixup(context, isStore ? 'S12' : 'I12', immediate);
      context.section.emit32(word);
    } else {
      const name = row.immediate!;
      const number = checkedConstant(value, name, immediate.column, 'immediate');
      emitWord(context, word | insertImmediate(number, name), row, compression);
    }
    return;
  }
  const kinds = LOW_OPERATORS[immediate.operator];
  if (kinds === undefined) {
    throw new StatementError(
      `%${immediate.operator} does not fit here: expected a value, %lo or %pcrel_lo`,
      immediate.column,
    );
  }
  fixup(context, kinds[isStore ? 1 : 0], immediate);
  context.section.emit32(word);
}

/** A branch or jump: its length is settled by layout. */
function emitBranch(
  context: EncodeContext,
  row: Instruction,
  word: number,
  half: number | undefined,
  immediate: Immediate,
): void {
  const result = context.evaluate(context.bind(immediate.expression));
  if (!result.ok) throw new StatementError(result.reason, immediate.column);
  const { constant, plus, minus } = result.value;
  if (minus !== undefined) {
    throw new StatementError(`the target of ${row.mnemonic} must be an address: expected a label`, immediate.column);
  }
  context.section.addTail({
    kind: 'branch',
    word: word >>> 0,
    half,
    target: plus,
    addend: constant,
    place: context.place(immediate.column),
  });
}

/** A 16-bit instruction written as such. `registers` gives the value of each of its register fields. */
export function emitCompressed(
  context: EncodeContext,
  row: CompressedInstruction,
  registers: ReadonlyMap<RegisterField, number>,
  expanded: Instruction,
  immediate: Immediate | undefined,
): void {
  let half = row.match;
  for (const [field, register] of registers) half |= insertRegister(register, field);
  if (immediate === undefined) {
    if (findProblem(row, registers)) {
      throw new StatementError(`${row.mnemonic} cannot be used with x0`, 0);
    }
    context.section.emit16(half);
    return;
  }
  const name = row.immediate!;
  if (name === 'CB' || name === 'CJ') {
    const rs1 = registers.get("rs1'") ?? 0;
    emitBranch(context, expanded, expanded.match | (rs1 << 15), half, immediate);
    return;
  }
  let value = constantNow(context, immediate);
  if (value === undefined) throw needsConstant('immediate', immediate);
  if (name === 'CI.lui') {
    // Written as lui's upper immediate: 1 to 31, or 0xfffe0 to 0xfffff.
    value = value >= 0xfffe0n && value <= 0xfffffn ? (value - 0x100000n) << 12n : value << 12n;
    if (value === 0n || value < -0x20000n || value > 0x1f000n) {
      throw new StatementError(
        'upper immediate does not fit: expected 1 to 31 or 0xfffe0 to 0xfffff',
        immediate.column,
      );
    }
  }
  half |= insertImmediate(checkedConstant(value, name, immediate.column, 'immediate'), name);
  if (row.forbidden.some(([field]) => field === 'imm') && value === 0n) {
    throw new StatementError(`${row.mnemonic} cannot have an immediate of 0`, immediate.column);
  }
  if (findProblem(row, registers)) throw new StatementError(`${row.mnemonic} cannot be used with x0`, 0);
  context.section.emit16(half);
}

function findProblem(row: CompressedInstruction, registers: ReadonlyMap<RegisterField, number>): boolean {
  return row.forbidden.some(([field, value]) => field !== 'imm' && registers.get(field) === value);
}
