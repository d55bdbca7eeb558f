/*
 * The operands of an instruction statement, read without knowing the instruction: registers, expressions, relocation
 * operators, addresses. Which of them an instruction accepts is decided by the patterns in `mnemonics.ts`.
 */

import { FLOAT_REGISTERS, INTEGER_REGISTERS } from '../isa/registers.ts';
import { Cursor, type Expression, type ExpressionScope } from './expressions.ts';

/** `%hi(…)` and its kin. */
const RELOCATION_OPERATORS = [
  'hi',
  'lo',
  'pcrel_hi',
  'pcrel_lo',
  'got_pcrel_hi',
  'tprel_hi',
  'tprel_lo',
  'tprel_add',
] as const;

export type RelocationOperator = (typeof RELOCATION_OPERATORS)[number];

export type ParsedOperand =
  | { readonly kind: 'register'; readonly register: number; readonly column: number }
  | { readonly kind: 'float'; readonly register: number; readonly column: number }
  | {
      readonly kind: 'expression';
      readonly expression: Expression;
      readonly operator: RelocationOperator | undefined;
      /** The base register of `offset(base)`; undefined for a bare expression. */
      readonly base: number | undefined;
      readonly column: number;
    };

const ZERO: Expression = { kind: 'constant', value: 0n };
const BASE = /^\(\s*([a-z][a-z0-9]*)\s*\)/;
const PLAIN_NAME = /^[a-z][a-z0-9]*/;

function acceptBase(cursor: Cursor): number | undefined {
  cursor.skipSpace();
  if (cursor.text.charCodeAt(cursor.at) !== 40) return undefined;
  const match = BASE.exec(cursor.text.slice(cursor.at));
  const register = match === null ? undefined : INTEGER_REGISTERS.get(match[1]!);
  if (register !== undefined) cursor.at += match![0].length;
  return register;
}

function acceptRegister(cursor: Cursor): ParsedOperand | undefined {
  cursor.skipSpace();
  const column = cursor.at;
  const code = cursor.text.charCodeAt(column);
  // Not a comparison that NaN, beyond the end, would pass.
  if (!(code >= 97 && code <= 122)) return undefined;
  const name = PLAIN_NAME.exec(cursor.text.slice(column, column + 8))![0];
  const integer = INTEGER_REGISTERS.get(name);
  const float = integer === undefined ? FLOAT_REGISTERS.get(name) : undefined;
  if (integer === undefined && float === undefined) return undefined;
  const next = cursor.text[column + name.length] ?? '';
  if (/[\w.$]/.test(next)) return undefined;
  cursor.at = column + name.length;
  if (integer !== undefined) return { kind: 'register', register: integer, column };
  return { kind: 'float', register: float!, column };
}

function parseOperand(cursor: Cursor, scope: ExpressionScope): ParsedOperand {
  const register = acceptRegister(cursor);
  if (register !== undefined) return register;
  cursor.skipSpace();
  const column = cursor.at;
  const direct = acceptBase(cursor);
  if (direct !== undefined) {
    return { kind: 'expression', expression: ZERO, operator: undefined, base: direct, column };
  }
  let operator: RelocationOperator | undefined;
  let expression: Expression;
  if (cursor.peek() === '%') {
    cursor.at++;
    const start = cursor.at;
    const name = cursor.acceptName() ?? '';
    operator = RELOCATION_OPERATORS.find((known) => known === name);
    if (operator === undefined) {
      throw cursor.error(
        `unknown relocation operator \`%${name}\`; expected one of %${RELOCATION_OPERATORS.join(', %')}`,
        start - 1,
      );
    }
    cursor.expect('(', `after \`%${name}\``);
    expression = cursor.parseExpression(scope);
    cursor.expect(')', `to close \`%${name}(\``);
  } else {
    expression = cursor.parseExpression(scope);
  }
  const base = acceptBase(cursor);
  if (base === undefined && cursor.peek() === '(') {
    throw cursor.error(
      `expected an integer register in the brackets${new Cursor(cursor.text, cursor.at + 1).found()}`,
      cursor.at + 1,
    );
  }
  // PLT calls are written `call f@plt`; the linker treats them as plain calls.
  if (cursor.peek() === '@' && cursor.text.slice(cursor.at, cursor.at + 4).toLowerCase() === '@plt') cursor.at += 4;
  return { kind: 'expression', expression, operator, base, column };
}

/** All operands of the statement from `at` on. */
export function parseOperands(text: string, at: number, scope: ExpressionScope): ParsedOperand[] {
  const cursor = new Cursor(text, at);
  const operands: ParsedOperand[] = [];
  if (cursor.atEnd()) return operands;
  do {
    operands.push(parseOperand(cursor, scope));
  } while (cursor.accept(','));
  if (!cursor.atEnd()) throw cursor.error(`expected \`,\` or the end of the statement${cursor.found()}`);
  return operands;
}
