/*
 * The meaning of an expression: a constant, plus at most one symbol, minus at most one symbol. Asked twice: while
 * assembling, when only distances inside one fragment are known, and after layout, when every distance inside a
 * section is.
 */

import { applyBinary, applyUnary, type Expression } from './expressions.ts';
import type { AssemblySymbol } from './object.ts';

export interface Value {
  readonly constant: bigint;
  readonly plus: AssemblySymbol | undefined;
  readonly minus: AssemblySymbol | undefined;
}

export type Evaluation = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly reason: string };

const constant = (value: bigint): Evaluation => ({
  ok: true,
  value: { constant: BigInt.asIntN(64, value), plus: undefined, minus: undefined },
});

export interface Evaluator {
  /** The symbol of a name, created if it is new. */
  symbol(name: string): AssemblySymbol;
  /** True once layout has given fragments their addresses. */
  readonly laidOut: boolean;
}

/** Bytes from b to a, if both are places whose distance is known by now. */
function distance(a: AssemblySymbol, b: AssemblySymbol, laidOut: boolean): bigint | undefined {
  if (a === b) return 0n;
  if (a.fragment === undefined || b.fragment === undefined) return undefined;
  if (a.fragment === b.fragment) return BigInt(a.offset - b.offset);
  if (!laidOut || a.fragment.section !== b.fragment.section) return undefined;
  return BigInt(a.fragment.address + a.offset - b.fragment.address - b.offset);
}

/** Symbols defined through each other can multiply the work; no sensible source comes near this. */
const MAX_STEPS = 20_000;
let steps = 0;

export function evaluate(expression: Expression, context: Evaluator): Evaluation {
  if (expression.kind === 'constant') return constant(expression.value);
  steps = 0;
  return walk(expression, context);
}

function walk(expression: Expression, context: Evaluator): Evaluation {
  if (++steps > MAX_STEPS) return { ok: false, reason: 'this expression is too complex' };
  switch (expression.kind) {
    case 'constant':
      return constant(expression.value);
    case 'name':
      return evaluateSymbol(context.symbol(expression.name), context);
    case 'symbol':
      return evaluateSymbol(expression.symbol, context);
    case 'unary': {
      const operand = walk(expression.operand, context);
      if (!operand.ok) return operand;
      const { constant: value, plus, minus } = operand.value;
      if (expression.operator === '+') return operand;
      if (expression.operator === '-') {
        return { ok: true, value: { constant: BigInt.asIntN(64, -value), plus: minus, minus: plus } };
      }
      if (plus !== undefined || minus !== undefined) return notConstant(operand.value, expression.operator);
      return constant(applyUnary(expression.operator, value));
    }
    case 'binary':
      return evaluateBinary(expression, context);
  }
}

function evaluateSymbol(symbol: AssemblySymbol, context: Evaluator): Evaluation {
  if (symbol.value === undefined) return { ok: true, value: { constant: 0n, plus: symbol, minus: undefined } };
  if (symbol.evaluating) return { ok: false, reason: `\`${symbol.name}\` is defined in terms of itself` };
  symbol.evaluating = true;
  const result = walk(symbol.value, context);
  symbol.evaluating = false;
  return result;
}

function evaluateBinary(expression: Extract<Expression, { kind: 'binary' }>, context: Evaluator): Evaluation {
  const left = walk(expression.left, context);
  if (!left.ok) return left;
  const right = walk(expression.right, context);
  if (!right.ok) return right;
  const a = left.value;
  const b = right.value;
  const { operator } = expression;
  if (operator === '+') return sum(a, b, context.laidOut);
  const isConstant = (value: Value) => value.plus === undefined && value.minus === undefined;
  if (isConstant(a) && isConstant(b)) {
    const value = applyBinary(operator, a.constant, b.constant);
    return value === undefined ? { ok: false, reason: 'division by zero' } : constant(value);
  }
  const difference = sum(a, { constant: -b.constant, plus: b.minus, minus: b.plus }, context.laidOut);
  if (operator === '-') return difference;
  // Two places in one section compare by their distance.
  if (/^([<>]=?|[!=]=)$/.test(operator) && difference.ok && isConstant(difference.value)) {
    return constant(applyBinary(operator, difference.value.constant, 0n)!);
  }
  return notConstant(isConstant(a) ? b : a, operator);
}

function sum(a: Value, b: Value, laidOut: boolean): Evaluation {
  let value = a.constant + b.constant;
  const plus = [a.plus, b.plus].filter((symbol) => symbol !== undefined);
  const minus = [a.minus, b.minus].filter((symbol) => symbol !== undefined);
  for (let i = plus.length - 1; i >= 0; i--) {
    for (let j = 0; j < minus.length; j++) {
      const known = distance(plus[i]!, minus[j]!, laidOut);
      if (known === undefined) continue;
      value += known;
      plus.splice(i, 1);
      minus.splice(j, 1);
      break;
    }
  }
  if (plus.length > 1 || minus.length > 1) {
    const names = (plus.length > 1 ? plus : minus).map((symbol) => `\`${symbol.name}\``).join(' and ');
    return { ok: false, reason: `cannot combine the addresses of ${names}: expected one symbol and a constant` };
  }
  return { ok: true, value: { constant: BigInt.asIntN(64, value), plus: plus[0], minus: minus[0] } };
}

function notConstant(value: Value, operator: string): Evaluation {
  const name = (value.plus ?? value.minus)?.name ?? '';
  return {
    ok: false,
    reason: `operator \`${operator}\` needs constants, and \`${name}\` is not one here`,
  };
}

/** The expression with names replaced by symbols as they are now, so that a later `.set` does not change it. */
export function bind(expression: Expression, context: Evaluator): Expression {
  switch (expression.kind) {
    case 'constant':
    case 'symbol':
      return expression;
    case 'name': {
      const symbol = context.symbol(expression.name);
      return symbol.value ?? { kind: 'symbol', symbol };
    }
    case 'unary':
      return { ...expression, operand: bind(expression.operand, context) };
    case 'binary':
      return { ...expression, left: bind(expression.left, context), right: bind(expression.right, context) };
  }
}

/** True if the expression has more than `limit` nodes. */
export function isLargerThan(expression: Expression, limit: number): boolean {
  let left = limit;
  const visit = (node: Expression): void => {
    if (--left < 0) return;
    if (node.kind === 'unary') visit(node.operand);
    else if (node.kind === 'binary') {
      visit(node.left);
      visit(node.right);
    }
  };
  visit(expression);
  return left < 0;
}
