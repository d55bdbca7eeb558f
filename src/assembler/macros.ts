/*
 * Macros of GNU as: parameter lists, arguments of a call, substitution of `\name`, `\()`, `\@`.
 * `.irp` and `.irpc` are macros of one parameter. Works on text; `input.ts` collects bodies and feeds expansions back.
 */

import { Cursor } from './expressions.ts';
import type { Statement } from './statements.ts';

export interface MacroParameter {
  readonly name: string;
  readonly fallback: string;
  readonly kind: 'optional' | 'required' | 'rest';
}

export interface Macro {
  readonly name: string;
  readonly parameters: readonly MacroParameter[];
  readonly body: readonly Statement[];
}

/** `.macro`'s operands: a name, then parameters `p`, `p=default`, `p:req`, `p:vararg`. */
export function parseMacroHeader(cursor: Cursor): { name: string; parameters: MacroParameter[] } {
  const name = cursor.expectName('the name of the macro');
  const parameters: MacroParameter[] = [];
  cursor.accept(',');
  while (!cursor.atEnd()) {
    const at = cursor.at;
    const parameter = cursor.expectName('the name of a parameter');
    if (parameters.some((other) => other.name === parameter))
      throw cursor.error(`parameter \`${parameter}\` is named twice`, at);
    if (parameters.at(-1)?.kind === 'rest') throw cursor.error('nothing can follow a `:vararg` parameter', at);
    let kind: MacroParameter['kind'] = 'optional';
    if (cursor.accept(':')) {
      const qualifier = cursor.expectName('`req` or `vararg` after `:`');
      if (qualifier === 'req') kind = 'required';
      else if (qualifier === 'vararg') kind = 'rest';
      else throw cursor.error(`expected \`req\` or \`vararg\` after \`:\`, found \`${qualifier}\``);
    }
    const fallback = cursor.accept('=') ? readArgument(cursor) : '';
    parameters.push({ name: parameter, fallback, kind });
    cursor.accept(',');
  }
  return { name, parameters };
}

const NAME_CHARACTER = /[\w.$\\]/;

/**
 * White space as GNU's scrubber leaves it: a single blank where it stands between two name-like characters or before
 * a string, none elsewhere, so that `a + b` is one argument and `a b` two.
 */
function scrub(text: string): string {
  let result = '';
  let at = 0;
  while (at < text.length) {
    const character = text[at]!;
    if (character === '"') {
      const end = text.indexOf('"', at + 1);
      let close = end;
      while (close > 0 && text[close - 1] === '\\') close = text.indexOf('"', close + 1);
      const stop = close < 0 ? text.length : close + 1;
      result += text.slice(at, stop);
      at = stop;
    } else if (character === ' ' || character === '\t') {
      let next = at;
      while (text[next] === ' ' || text[next] === '\t') next++;
      const before = result.at(-1);
      const after = text[next];
      const keeps = (edge: string | undefined) => edge !== undefined && (NAME_CHARACTER.test(edge) || edge === '"');
      if (keeps(before) && keeps(after)) result += ' ';
      else if (before === ')' && keeps(after)) result += ' ';
      at = next;
    } else {
      result += character;
      at++;
    }
  }
  return result;
}

/** One argument up to a comma or blank outside brackets; quotes around a whole argument are taken off. */
function readArgument(cursor: Cursor): string {
  cursor.skipSpace();
  const { text } = cursor;
  if (text[cursor.at] === '"') return readQuoted(cursor);
  let argument = '';
  let depth = 0;
  while (cursor.at < text.length) {
    const character = text[cursor.at]!;
    if (character === ',' || (depth === 0 && (character === ' ' || character === '\t'))) break;
    if (character === '"' || character === "'") {
      const end = text.indexOf(character, cursor.at + 1);
      const stop = end < 0 ? text.length : end + 1;
      argument += text.slice(cursor.at, stop);
      cursor.at = stop;
      continue;
    }
    if (character === '(' || character === '[') depth++;
    if ((character === ')' || character === ']') && depth > 0) depth--;
    argument += character;
    cursor.at++;
  }
  return argument.trim();
}

/** The text between quotes; `""` inside stands for one quote, a backslash stays with what it escapes. */
function readQuoted(cursor: Cursor): string {
  const { text } = cursor;
  const start = cursor.at++;
  let argument = '';
  for (;;) {
    if (cursor.at >= text.length) throw cursor.error('this string has no closing quote', start);
    const character = text[cursor.at++]!;
    if (character === '\\' && cursor.at < text.length) {
      argument += character + text[cursor.at++];
    } else if (character === '"') {
      if (text[cursor.at] !== '"') return argument;
      argument += '"';
      cursor.at++;
    } else {
      argument += character;
    }
  }
}

/** The arguments of a call, by parameter name. `operands` is what follows the macro's name in the statement. */
export function bindArguments(macro: Macro, statement: Statement, operandsAt: number): Map<string, string> {
  const cursor = new Cursor(scrub(statement.text.slice(operandsAt)));
  const fail = (message: string): never => new Cursor(statement.text, operandsAt).fail(message);
  const values = new Map<string, string>();
  let position = 0;
  while (!cursor.atEnd()) {
    const keyword = /^([A-Za-z_.$][\w.$]*)=(?!=)/.exec(cursor.text.slice(cursor.at));
    const named = keyword === null ? undefined : macro.parameters.find((parameter) => parameter.name === keyword[1]);
    if (named !== undefined) {
      cursor.at += keyword![0].length;
      values.set(named.name, named.kind === 'rest' ? cursor.rest() : readArgument(cursor));
    } else {
      const parameter = macro.parameters[position];
      if (parameter === undefined) {
        return fail(`too many arguments: macro \`${macro.name}\` takes ${macro.parameters.length}`);
      }
      position++;
      const value = parameter.kind === 'rest' ? cursor.rest() : readArgument(cursor);
      if (value !== '') values.set(parameter.name, value);
    }
    cursor.accept(',');
  }
  for (const { name, fallback, kind } of macro.parameters) {
    if (values.has(name)) continue;
    if (kind === 'required') return fail(`macro \`${macro.name}\` needs a value for \`${name}\``);
    values.set(name, fallback);
  }
  return values;
}

/** The values of `.irp`: comma- or blank-separated. */
export function readValues(text: string): string[] {
  const cursor = new Cursor(scrub(text));
  const values: string[] = [];
  while (!cursor.atEnd()) {
    values.push(readArgument(cursor));
    if (cursor.accept(',') && cursor.atEnd()) values.push('');
  }
  return values.length === 0 ? [''] : values;
}

/** Replaces `\name` by its value, `\()` by nothing and `\@` by the number of the expansion. */
export function substitute(text: string, values: ReadonlyMap<string, string>, expansion: number): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(\(\)|@|&|[A-Za-z_.$][\w.$]*)/g, (whole, name: string) => {
    if (name === '()') return '';
    if (name === '@') return String(expansion);
    return values.get(name) ?? whole;
  });
}
