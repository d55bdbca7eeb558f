/*
 * Expressions of GNU as: syntax tree and parser. Precedence is GNU's own (its manual, "Infix Operators"), not C's:
 * `*  /  %  <<  >>` bind tightest, then `|  &  ^  !`, then `+  -`, then comparisons, then `&&`, then `||`.
 * Values are 64-bit and wrap. Names stay names here; `values.ts` gives them a meaning.
 */

import { utf8 } from '../elf/write.ts';
import { StatementError } from './diagnostics.ts';
import type { AssemblySymbol } from './object.ts';

export type UnaryOperator = '-' | '~' | '!' | '+';
export type BinaryOperator =
  | ('*' | '/' | '%' | '<<' | '>>' | '|' | '&' | '^' | '!' | '+' | '-')
  | ('==' | '!=' | '<' | '<=' | '>' | '>=' | '&&' | '||');

export type Expression =
  | { readonly kind: 'constant'; readonly value: bigint }
  | { readonly kind: 'name'; readonly name: string; readonly column: number }
  | { readonly kind: 'symbol'; readonly symbol: AssemblySymbol }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly column: number;
    };

/** What the parser must ask of its surroundings: the place of `.` and of `1f`, `1b`. */
export interface ExpressionScope {
  here(): AssemblySymbol;
  /** Undefined if `1b` has no label before it. */
  numericLabel(number: number, direction: 'f' | 'b'): AssemblySymbol | undefined;
}

const PRECEDENCE: Record<BinaryOperator, number> = {
  '*': 8,
  '/': 8,
  '%': 8,
  '<<': 8,
  '>>': 8,
  '|': 7,
  '!': 7,
  '^': 7,
  '&': 7,
  '+': 5,
  '-': 5,
  '==': 4,
  '!=': 4,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '&&': 3,
  '||': 2,
};

const MAX_DEPTH = 200;
const MAX_OPERATORS = 1000;

const isDigit = (code: number) => code >= 48 && code <= 57;
/** Letters, `_`, `.`, `$` and everything beyond ASCII begin a name; digits continue it. */
const isNameStart = (code: number) =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === 46 || code === 36 || code > 127;
const isNamePart = (code: number) => isNameStart(code) || isDigit(code);

/** A reading position in one statement. */
export class Cursor {
  readonly text: string;
  at: number;
  private depth = 0;
  private operators = 0;

  constructor(text: string, at = 0) {
    this.text = text;
    this.at = at;
  }

  skipSpace(): void {
    const { text } = this;
    let { at } = this;
    let code = text.charCodeAt(at);
    while (code === 32 || code === 9) code = text.charCodeAt(++at);
    this.at = at;
  }

  /** True at the end of the statement, white space skipped. */
  atEnd(): boolean {
    const { text } = this;
    while (this.at < text.length && text.charCodeAt(this.at) <= 32) this.at++;
    return this.at >= text.length;
  }

  peek(): string {
    this.skipSpace();
    return this.text[this.at] ?? '';
  }

  /** Takes `symbol` if it comes next. */
  accept(symbol: string): boolean {
    this.skipSpace();
    if (!this.text.startsWith(symbol, this.at)) return false;
    this.at += symbol.length;
    return true;
  }

  expect(symbol: string, after: string): void {
    if (!this.accept(symbol)) this.fail(`expected \`${symbol}\` ${after}${this.found()}`);
  }

  expectEnd(): void {
    if (!this.atEnd()) this.fail(`expected the end of the statement${this.found()}`);
  }

  /** Takes a name if one comes next: `foo`, `.L1`, `"any name"`. */
  acceptName(): string | undefined {
    this.skipSpace();
    if (this.peek() === '"') {
      const start = this.at;
      const text = this.readText();
      if (text.length === 0) this.fail('a symbol name cannot be empty', start);
      return text;
    }
    const start = this.at;
    if (!isNameStart(this.text.charCodeAt(start))) return undefined;
    let end = start + 1;
    while (end < this.text.length && isNamePart(this.text.charCodeAt(end))) end++;
    this.at = end;
    return this.text.slice(start, end);
  }

  expectName(what: string): string {
    const name = this.acceptName();
    if (name === undefined) this.fail(`expected ${what}${this.found()}`);
    return name;
  }

  rest(): string {
    this.skipSpace();
    const rest = this.text.slice(this.at).trimEnd();
    this.at = this.text.length;
    return rest;
  }

  fail(message: string, column = this.at): never {
    throw this.error(message, column);
  }

  error(message: string, column = this.at): StatementError {
    return new StatementError(message, column);
  }

  /** `, found …` for messages. */
  found(): string {
    if (this.atEnd()) return ', found the end of the line';
    const rest = this.text.slice(this.at);
    const token = /^([\w.$]+|"[^"]*"|.)/.exec(rest)?.[0] ?? rest;
    return `, found \`${token.slice(0, 40)}\``;
  }

  /** The bytes of a string literal, escapes replaced as GNU as does. */
  readString(): number[] {
    this.skipSpace();
    const start = this.at;
    if (this.text[this.at] !== '"') this.fail(`expected a string in double quotes${this.found()}`);
    this.at++;
    const bytes: number[] = [];
    for (;;) {
      if (this.at >= this.text.length) this.fail('this string has no closing quote', start);
      const code = this.text.codePointAt(this.at)!;
      if (code === 34) {
        this.at++;
        return bytes;
      }
      if (code === 92) {
        this.at++;
        bytes.push(this.readEscape());
      } else {
        this.at += code > 0xffff ? 2 : 1;
        bytes.push(...utf8(String.fromCodePoint(code)));
      }
    }
  }

  /** A string literal as text, for names and messages. */
  readText(): string {
    return new TextDecoder().decode(Uint8Array.from(this.readString()));
  }

  /** The byte after a backslash: \b \f \n \r \t \" \\, up to three octal digits, \x with hexadecimal ones. */
  private readEscape(): number {
    const character = this.text[this.at] ?? '';
    this.at++;
    switch (character) {
      case 'b':
        return 8;
      case 'f':
        return 12;
      case 'n':
        return 10;
      case 'r':
        return 13;
      case 't':
        return 9;
      case 'v':
        return 11;
      case '\\':
      case '"':
      case "'":
        return character.charCodeAt(0);
      case 'x':
      case 'X': {
        let value = 0;
        while (/[0-9a-fA-F]/.test(this.text[this.at] ?? '')) {
          value = (value * 16 + Number.parseInt(this.text[this.at++]!, 16)) & 0xff;
        }
        return value;
      }
    }
    if (!/[0-7]/.test(character)) {
      return this.fail(
        `unknown escape \`\\${character}\`; known are \\b \\f \\n \\r \\t \\\\ \\" \\ooo \\xhh`,
        this.at - 2,
      );
    }
    let value = Number(character);
    for (let digits = 1; digits < 3 && /[0-7]/.test(this.text[this.at] ?? ''); digits++) {
      value = value * 8 + Number(this.text[this.at++]);
    }
    return value & 0xff;
  }

  parseExpression(scope: ExpressionScope, minimum = 0): Expression {
    if (++this.depth > MAX_DEPTH) this.fail(`this expression is nested more than ${MAX_DEPTH} deep`);
    let left = this.parseUnary(scope);
    for (;;) {
      this.skipSpace();
      const column = this.at;
      const operator = this.peekBinary();
      if (operator === undefined) break;
      const precedence = PRECEDENCE[operator.meaning];
      if (precedence <= minimum) break;
      this.at += operator.length;
      if (++this.operators > MAX_OPERATORS) this.fail(`a statement cannot have more than ${MAX_OPERATORS} operators`);
      const right = this.parseExpression(scope, precedence);
      left = foldBinary(operator.meaning, left, right, column);
    }
    this.depth--;
    return left;
  }

  private peekBinary(): { meaning: BinaryOperator; length: number } | undefined {
    const two = this.text.slice(this.at, this.at + 2);
    switch (two) {
      case '<<':
      case '>>':
      case '==':
      case '!=':
      case '<=':
      case '>=':
      case '&&':
      case '||':
        return { meaning: two, length: 2 };
      case '<>':
        return { meaning: '!=', length: 2 };
    }
    const one = two[0];
    switch (one) {
      case '*':
      case '/':
      case '%':
      case '|':
      case '&':
      case '^':
      case '!':
      case '+':
      case '-':
      case '<':
      case '>':
        return { meaning: one, length: 1 };
    }
    return undefined;
  }

  private parseUnary(scope: ExpressionScope): Expression {
    const character = this.peek();
    if (character === '-' || character === '~' || character === '!' || character === '+') {
      if (++this.depth > MAX_DEPTH) this.fail(`this expression is nested more than ${MAX_DEPTH} deep`);
      this.at++;
      const operand = this.parseUnary(scope);
      this.depth--;
      if (operand.kind === 'constant') return { kind: 'constant', value: applyUnary(character, operand.value) };
      return { kind: 'unary', operator: character, operand };
    }
    return this.parsePrimary(scope);
  }

  private parsePrimary(scope: ExpressionScope): Expression {
    this.skipSpace();
    const start = this.at;
    const code = this.text.charCodeAt(start);
    if (isDigit(code)) return this.parseNumber(scope);
    if (code === 40 || code === 91) {
      this.at++;
      const saved = this.depth;
      const inner = this.parseExpression(scope);
      this.depth = saved;
      this.expect(code === 40 ? ')' : ']', 'after the expression in brackets');
      return inner;
    }
    if (code === 39) return this.parseCharacter();
    if (code === 46 && !isNamePart(this.text.charCodeAt(start + 1))) {
      this.at++;
      return { kind: 'symbol', symbol: scope.here() };
    }
    const name = this.acceptName();
    if (name === undefined) this.fail(`expected a number, a symbol or an expression${this.found()}`);
    return { kind: 'name', name, column: start };
  }

  private parseCharacter(): Expression {
    this.at++;
    if (this.at >= this.text.length) this.fail("expected a character after `'`");
    let value: number;
    if (this.text[this.at] === '\\') {
      this.at++;
      value = this.readEscape();
    } else {
      value = this.text.codePointAt(this.at)!;
      this.at += value > 0xffff ? 2 : 1;
    }
    if (this.text[this.at] === "'") this.at++;
    return { kind: 'constant', value: BigInt(value) };
  }

  private parseNumber(scope: ExpressionScope): Expression {
    const start = this.at;
    let end = start;
    while (end < this.text.length && isNamePart(this.text.charCodeAt(end))) end++;
    const token = this.text.slice(start, end);
    this.at = end;
    if (/^\d+[fb]$/.test(token) && !/^0[bB]$/.test(token)) {
      const direction = token.endsWith('f') ? 'f' : 'b';
      const number = Number(token.slice(0, -1));
      const symbol = scope.numericLabel(number, direction);
      if (symbol === undefined) this.fail(`there is no label \`${number}:\` before this line`, start);
      return { kind: 'symbol', symbol };
    }
    if (/^0b$/i.test(token)) {
      const symbol = scope.numericLabel(0, 'b');
      if (symbol === undefined) this.fail('there is no label `0:` before this line', start);
      return { kind: 'symbol', symbol };
    }
    const value = parseInteger(token);
    if (value === undefined) {
      this.fail(`\`${token}\` is not a number; expected decimal, 0x…, 0b… or octal 0… digits`, start);
    }
    if (value >= 1n << 64n) this.fail(`${token} does not fit in 64 bits`, start);
    return { kind: 'constant', value: BigInt.asIntN(64, value) };
  }
}

/** A number as GNU as writes them: 12, 0x1f, 0b101, 017; undefined if it is none. */
function parseInteger(token: string): bigint | undefined {
  if (token.length > 80) return undefined;
  if (/^(0x[0-9a-f]+|0b[01]+|[1-9][0-9]*|0)$/i.test(token)) return BigInt(token.toLowerCase());
  if (/^0[0-7]+$/.test(token)) return BigInt(`0o${token}`);
  return undefined;
}

export function applyUnary(operator: UnaryOperator, value: bigint): bigint {
  switch (operator) {
    case '-':
      return BigInt.asIntN(64, -value);
    case '~':
      return ~value;
    case '!':
      return value === 0n ? 1n : 0n;
    case '+':
      return value;
  }
}

/** The operator on two constants; undefined for a division by zero. Comparisons give -1 for true, `&&` and `||` 1. */
export function applyBinary(operator: BinaryOperator, left: bigint, right: bigint): bigint | undefined {
  const truth = (condition: boolean) => (condition ? -1n : 0n);
  switch (operator) {
    case '+':
      return BigInt.asIntN(64, left + right);
    case '-':
      return BigInt.asIntN(64, left - right);
    case '*':
      return BigInt.asIntN(64, left * right);
    case '/':
      return right === 0n ? undefined : BigInt.asIntN(64, left / right);
    case '%':
      return right === 0n ? undefined : left % right;
    case '<<':
      return right < 0n || right > 63n ? 0n : BigInt.asIntN(64, left << right);
    case '>>':
      return right < 0n || right > 63n ? 0n : BigInt.asIntN(64, BigInt.asUintN(64, left) >> right);
    case '|':
      return left | right;
    case '&':
      return left & right;
    case '^':
      return left ^ right;
    case '!':
      return left | ~right;
    case '==':
      return truth(left === right);
    case '!=':
      return truth(left !== right);
    case '<':
      return truth(left < right);
    case '<=':
      return truth(left <= right);
    case '>':
      return truth(left > right);
    case '>=':
      return truth(left >= right);
    case '&&':
      return left !== 0n && right !== 0n ? 1n : 0n;
    case '||':
      return left !== 0n || right !== 0n ? 1n : 0n;
  }
}

function foldBinary(operator: BinaryOperator, left: Expression, right: Expression, column: number): Expression {
  if (left.kind === 'constant' && right.kind === 'constant') {
    const value = applyBinary(operator, left.value, right.value);
    if (value === undefined) throw new StatementError('division by zero', column);
    return { kind: 'constant', value };
  }
  return { kind: 'binary', operator, left, right, column };
}
