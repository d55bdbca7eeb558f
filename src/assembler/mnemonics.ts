/*
 * Everything that can stand where a mnemonic stands: the forms of real instructions (from the table), of aliases that are
 * one instruction with some operands fixed, and of pseudo-instructions (`pseudo.ts`). A statement takes the first form of
 * its mnemonic whose operand patterns match; if none does, the error speaks of the form that came furthest.
 */

import { COMPRESSED } from '../isa/compressed.ts';
import { CSR_NUMBERS } from '../isa/csrs.ts';
import { type RegisterField, registerFits } from '../isa/fields.ts';
import type { CompressedInstruction, Extension, Instruction, Operand } from '../isa/instruction.ts';
import { INSTRUCTION_BY_MNEMONIC, INSTRUCTIONS } from '../isa/instructions.ts';
import { ROUNDING_MODES } from '../isa/registers.ts';
import { StatementError } from './diagnostics.ts';
import {
  type Compression,
  type EncodeContext,
  emitCompressed,
  emitInstruction,
  type Fields,
  type Immediate,
} from './encode.ts';
import type { ParsedOperand } from './operands.ts';

/** Patterns beyond the table's operands: what only aliases and pseudo-instructions use. */
export type Pattern =
  | Operand
  /** One floating-point register that is both sources. */
  | 'frs1=frs2'
  /** An expression without base or operator: a value for li, a symbol for la. */
  | 'value'
  | 'symbol'
  | '%tprel_add';

export interface Matched {
  readonly fields: Fields;
  readonly registers: Map<RegisterField, number>;
  readonly operands: readonly ParsedOperand[];
}

export interface Form {
  readonly patterns: readonly Pattern[];
  readonly extension: Extension;
  readonly emit: (context: EncodeContext, matched: Matched) => void;
}

const PATTERN_NAMES: Partial<Record<Pattern, string>> = {
  "rd'": 'an integer register from x8 to x15 (s0, s1, a0 to a5)',
  "rs1'": 'an integer register from x8 to x15 (s0, s1, a0 to a5)',
  "rs2'": 'an integer register from x8 to x15 (s0, s1, a0 to a5)',
  "frd'": 'a floating-point register from f8 to f15',
  "frs2'": 'a floating-point register from f8 to f15',
  imm: 'an immediate value',
  imm20: 'an upper immediate (0 to 0xfffff, %hi or %pcrel_hi)',
  shamt: 'a shift amount',
  'offset(rs1)': 'an address: offset(register)',
  "offset(rs1')": 'an address: offset(register), the register from x8 to x15',
  'offset(sp)': 'an address: offset(sp)',
  '(rs1)': 'an address: (register)',
  target: 'a label',
  csr: 'a CSR name or a number from 0 to 4095',
  zimm: 'a value from 0 to 31',
  pred: 'some of the letters iorw',
  succ: 'some of the letters iorw',
  rm: 'a rounding mode (rne, rtz, rdn, rup, rmm, dyn)',
  sp: 'sp',
  value: 'a value',
  symbol: 'a symbol',
  '%tprel_add': '%tprel_add(symbol)',
};

function describePattern(pattern: Pattern): string {
  const known = PATTERN_NAMES[pattern];
  if (known !== undefined) return known;
  return isFloat(pattern) ? 'a floating-point register' : 'an integer register';
}

function isFloat(pattern: Pattern): boolean {
  return /^(c\.)?frd|^(c\.)?frs/.test(pattern);
}

const SHORT_NAMES: Partial<Record<Pattern, string>> = {
  'frs1=frs2': 'frs1',
  imm20: 'imm',
  zimm: 'imm',
  value: 'imm',
  target: 'label',
  'offset(rs1)': 'offset(rs1)',
};

function showForm(mnemonic: string, form: Form): string {
  const operands = form.patterns.map((pattern) => SHORT_NAMES[pattern] ?? pattern.replace(/^c\./, ''));
  return operands.length === 0 ? `\`${mnemonic}\` without operands` : `\`${mnemonic} ${operands.join(', ')}\``;
}

/** The plain name of an expression that is only that. */
function plainName(operand: ParsedOperand): string | undefined {
  if (operand.kind !== 'expression' || operand.base !== undefined || operand.operator !== undefined) return undefined;
  return operand.expression.kind === 'name' ? operand.expression.name : undefined;
}

function fenceSet(operand: ParsedOperand): number | undefined {
  const name = plainName(operand);
  if (name === undefined || !/^i?o?r?w?$/.test(name)) return undefined;
  return [...name].reduce((set, letter) => set | { i: 8, o: 4, r: 2, w: 1 }[letter]!, 0);
}

function smallConstant(context: EncodeContext, operand: ParsedOperand, limit: bigint): number | undefined {
  if (operand.kind !== 'expression' || operand.base !== undefined || operand.operator !== undefined) return undefined;
  const result = context.evaluate(operand.expression);
  if (!result.ok || result.value.plus !== undefined || result.value.minus !== undefined) return undefined;
  const value = result.value.constant;
  return value >= 0n && value < limit ? Number(value) : undefined;
}

function csrNumber(context: EncodeContext, operand: ParsedOperand): number | undefined {
  const name = plainName(operand);
  const number = name === undefined ? undefined : CSR_NUMBERS.get(name);
  if (number !== undefined) return number;
  return smallConstant(context, operand, 4096n);
}

function asImmediate(operand: Extract<ParsedOperand, { kind: 'expression' }>): Immediate {
  const { expression, operator, column } = operand;
  return { expression, operator, column };
}

/** Puts the operand into the fields if the pattern accepts it. */
function matchOperand(context: EncodeContext, pattern: Pattern, operand: ParsedOperand, matched: Matched): boolean {
  const { fields, registers } = matched;
  switch (pattern) {
    case 'imm':
    case 'shamt':
    case 'imm20':
      if (operand.kind !== 'expression' || operand.base !== undefined) return false;
      fields.immediate = asImmediate(operand);
      return true;
    case 'offset(rs1)':
      if (operand.kind !== 'expression' || operand.base === undefined) return false;
      fields.rs1 = operand.base;
      fields.immediate = asImmediate(operand);
      return true;
    case "offset(rs1')":
      if (operand.kind !== 'expression' || operand.base === undefined || !registerFits(operand.base, "rs1'"))
        return false;
      registers.set("rs1'", operand.base);
      fields.immediate = asImmediate(operand);
      return true;
    case 'offset(sp)':
      if (operand.kind !== 'expression' || operand.base !== 2) return false;
      fields.immediate = asImmediate(operand);
      return true;
    case '(rs1)':
      if (operand.kind !== 'expression' || operand.base === undefined) return false;
      if (operand.expression.kind !== 'constant' || operand.expression.value !== 0n) return false;
      fields.rs1 = operand.base;
      return true;
    case 'target':
    case 'symbol':
    case 'value':
      if (operand.kind !== 'expression' || operand.base !== undefined || operand.operator !== undefined) return false;
      fields.immediate = asImmediate(operand);
      return true;
    case '%tprel_add':
      if (operand.kind !== 'expression' || operand.operator !== 'tprel_add') return false;
      fields.annotation = asImmediate(operand);
      return true;
    case 'csr': {
      const number = csrNumber(context, operand);
      if (number === undefined) return false;
      fields.csr = number;
      return true;
    }
    case 'zimm': {
      const value = smallConstant(context, operand, 32n);
      if (value === undefined) return false;
      fields.rs1 = value;
      return true;
    }
    case 'pred':
    case 'succ': {
      const set = fenceSet(operand);
      if (set === undefined) return false;
      fields[pattern] = set;
      return true;
    }
    case 'rm': {
      const mode = ROUNDING_MODES.indexOf(plainName(operand) ?? '');
      if (mode < 0) return false;
      fields.rm = mode;
      return true;
    }
    case 'sp':
      return operand.kind === 'register' && operand.register === 2;
    case 'frs1=frs2':
      if (operand.kind !== 'float') return false;
      fields.rs1 = operand.register;
      fields.rs2 = operand.register;
      return true;
  }
  const float = isFloat(pattern);
  if (operand.kind !== (float ? 'float' : 'register')) return false;
  const field = (float ? pattern.replace('fr', 'r') : pattern) as RegisterField;
  if (!registerFits(operand.register, field)) return false;
  if (field === 'rd' || field === 'rs1' || field === 'rs2' || field === 'rs3') fields[field] = operand.register;
  else registers.set(field, operand.register);
  return true;
}

/** Assembles one instruction statement. */
export function assembleMnemonic(
  context: EncodeContext,
  mnemonic: string,
  operands: readonly ParsedOperand[],
  column: number,
  endColumn: number,
): boolean {
  const forms = FORMS.get(mnemonic);
  if (forms === undefined) return false;
  let best: { form: Form; matchedCount: number } | undefined;
  let missing: Extension | undefined;
  for (const form of forms) {
    const matched: Matched = { fields: {}, registers: new Map(), operands };
    const count = Math.min(operands.length, form.patterns.length);
    let matchedCount = 0;
    while (
      matchedCount < count &&
      matchOperand(context, form.patterns[matchedCount]!, operands[matchedCount]!, matched)
    ) {
      matchedCount++;
    }
    if (matchedCount === operands.length && matchedCount === form.patterns.length) {
      if (context.has(form.extension)) {
        try {
          form.emit(context, matched);
        } catch (error) {
          if (error instanceof StatementError && error.column === 0) throw new StatementError(error.message, column);
          throw error;
        }
        return true;
      }
      missing ??= form.extension;
    }
    const better =
      best === undefined ||
      matchedCount > best.matchedCount ||
      (matchedCount === best.matchedCount &&
        form.patterns.length === operands.length &&
        best.form.patterns.length !== operands.length);
    if (better) best = { form, matchedCount };
  }
  if (missing === 'C') {
    throw new StatementError(`\`${mnemonic}\` is a compressed instruction: expected \`.option rvc\` before it`, column);
  }
  if (missing !== undefined) {
    throw new StatementError(
      `\`${mnemonic}\` needs the extension ${missing}, which is not in the architecture in use`,
      column,
    );
  }
  throw mismatch(mnemonic, forms, best!, operands, column, endColumn);
}

function mismatch(
  mnemonic: string,
  forms: readonly Form[],
  best: { form: Form; matchedCount: number },
  operands: readonly ParsedOperand[],
  column: number,
  endColumn: number,
): StatementError {
  const { form, matchedCount } = best;
  const usage = [...new Set(forms.slice(0, 4).map((other) => showForm(mnemonic, other)))].join(' or ');
  if (matchedCount < operands.length && matchedCount < form.patterns.length) {
    const position = `operand ${matchedCount + 1} of \`${mnemonic}\``;
    const expected = describePattern(form.patterns[matchedCount]!);
    return new StatementError(`${position}: expected ${expected} (${usage})`, operands[matchedCount]!.column);
  }
  if (matchedCount < operands.length) {
    return new StatementError(`too many operands: expected ${usage}`, operands[matchedCount]?.column ?? column);
  }
  return new StatementError(`too few operands: expected ${usage}`, endColumn);
}

const FORMS = new Map<string, Form[]>();

export function addForm(mnemonic: string, form: Form): void {
  const forms = FORMS.get(mnemonic);
  if (forms === undefined) FORMS.set(mnemonic, [form]);
  else forms.push(form);
}

/** A form that is one 32-bit instruction, with `fixed` fields filled in. */
export function addInstructionForm(
  mnemonic: string,
  patterns: readonly Pattern[],
  row: Instruction,
  fixed: Fields = {},
  compression: Compression = true,
): void {
  addForm(mnemonic, {
    patterns,
    extension: row.extension,
    emit: (context, { fields }) => emitInstruction(context, row, { ...fixed, ...fields }, compression),
  });
}

export function instruction(mnemonic: string): Instruction {
  const row = INSTRUCTION_BY_MNEMONIC.get(mnemonic);
  if (row === undefined) throw new Error(`no instruction ${mnemonic}`);
  return row;
}

/** Dynamic rounding is what a missing mode means, except where the conversion is always exact. */
function defaultRoundingMode(row: Instruction): number {
  return /^fcvt\.d\.(w|wu|s)$/.test(row.mnemonic) ? 0 : 7;
}

const ORDERINGS: readonly (readonly [string, number])[] = [
  ['', 0],
  ['.aq', 2 << 25],
  ['.rl', 1 << 25],
  ['.aqrl', 3 << 25],
];

function addTableForms(row: Instruction): void {
  const { mnemonic, operands } = row;
  if (row.format === 'AMO') {
    for (const [suffix, bits] of ORDERINGS) {
      addInstructionForm(mnemonic + suffix, operands, { ...row, match: (row.match | bits) >>> 0 });
    }
    return;
  }
  // Jumps are compressed only where they are written as j, jr, ret and `jalr rs` (see `pseudo.ts`).
  const mayCompress = mnemonic !== 'jalr' && mnemonic !== 'jal';
  if (operands.at(-1) === 'rm') {
    addInstructionForm(mnemonic, operands.slice(0, -1), row, { rm: defaultRoundingMode(row) });
  }
  addInstructionForm(mnemonic, operands, row, {}, mayCompress);
}

function addCompressedForm(row: CompressedInstruction): void {
  const expanded = instruction(row.expands);
  addForm(row.mnemonic, {
    patterns: row.operands,
    extension: 'C',
    emit: (context, { fields, registers }) => {
      if (!context.has(expanded.extension)) {
        throw new StatementError(`\`${row.mnemonic}\` needs the extension ${expanded.extension}`, 0);
      }
      const immediate = typeof fields.immediate === 'object' ? fields.immediate : undefined;
      emitCompressed(context, row, registers, expanded, immediate);
    },
  });
}

for (const row of INSTRUCTIONS) addTableForms(row);
for (const row of COMPRESSED) addCompressedForm(row);
