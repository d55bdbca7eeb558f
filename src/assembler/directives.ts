/*
 * Directives about symbols, options, macros, conditions and files. Those that place data stand in
 * `data-directives.ts`, those about sections in `section-directives.ts`.
 */

import {
  STT_COMMON,
  STT_FUNC,
  STT_NOTYPE,
  STT_OBJECT,
  STT_TLS,
  STV_HIDDEN,
  STV_INTERNAL,
  STV_PROTECTED,
} from '../elf/constants.ts';
import { parseArchitecture } from './architecture.ts';
import type { Assembler } from './assembler.ts';
import { DATA_DIRECTIVES } from './data-directives.ts';
import { constantExpression, type Directive } from './directive.ts';
import type { Cursor } from './expressions.ts';
import { parseMacroHeader, readValues } from './macros.ts';
import { SECTION_DIRECTIVES } from './section-directives.ts';

/** Names separated by commas, each given to `use`. */
function forEachName(cursor: Cursor, use: (name: string) => void): void {
  do {
    use(cursor.expectName('a symbol name'));
  } while (cursor.accept(',') && !cursor.atEnd());
  cursor.expectEnd();
}

function binding(value: 'global' | 'weak' | 'local'): Directive {
  return (assembler, cursor) => {
    forEachName(cursor, (name) => {
      assembler.symbol(name).binding = value;
    });
  };
}

function visibility(value: number): Directive {
  return (assembler, cursor) => {
    forEachName(cursor, (name) => {
      assembler.symbol(name).visibility = value;
    });
  };
}

const SYMBOL_TYPES: Record<string, number> = {
  function: STT_FUNC,
  object: STT_OBJECT,
  notype: STT_NOTYPE,
  common: STT_COMMON,
  tls_object: STT_TLS,
  gnu_indirect_function: 10,
  STT_FUNC,
  STT_OBJECT,
  STT_NOTYPE,
  STT_COMMON,
  STT_TLS,
};

const type: Directive = (assembler, cursor) => {
  const name = cursor.expectName('a symbol name');
  cursor.accept(',');
  if (cursor.peek() === '@' || cursor.peek() === '%') cursor.at++;
  const at = cursor.at;
  const kind = cursor.expectName('@function or @object');
  const value = SYMBOL_TYPES[kind];
  if (value === undefined) throw cursor.error(`unknown symbol type \`${kind}\`; expected @function or @object`, at);
  cursor.expectEnd();
  assembler.symbol(name).type = value;
};

const size: Directive = (assembler, cursor) => {
  const name = cursor.expectName('a symbol name');
  cursor.expect(',', 'after the symbol name');
  const expression = assembler.bind(cursor.parseExpression(assembler));
  cursor.expectEnd();
  assembler.symbol(name).size = expression;
};

function set(once: boolean): Directive {
  return (assembler, cursor) => {
    cursor.skipSpace();
    const at = cursor.at;
    const name =
      cursor.peek() === '.' && !/[\w.$]/.test(cursor.text[at + 1] ?? '') ? '.' : cursor.expectName('a symbol name');
    if (name === '.') cursor.at = at + 1;
    cursor.expect(',', 'after the symbol name');
    assembler.defineValue(name, cursor, at, once);
  };
}

const common: Directive = (assembler, cursor, name) => {
  const symbolName = cursor.expectName('a symbol name');
  cursor.expect(',', 'after the symbol name');
  const bytes = constantExpression(assembler, cursor, 'the size');
  const align = cursor.accept(',') ? constantExpression(assembler, cursor, 'the alignment') : 1n;
  cursor.expectEnd();
  if (bytes < 0n || bytes > 1n << 28n) throw cursor.error('expected a size from 0 to 256 MiB');
  const isPower = align > 0n && (align & (align - 1n)) === 0n && align <= 1n << 16n;
  if (!isPower) throw cursor.error('expected an alignment that is a power of two, at most 65536');
  const symbol = assembler.symbol(symbolName);
  if (symbol.isDefined && symbol.common === undefined) throw cursor.error(`\`${symbolName}\` is already defined`);
  symbol.type = STT_OBJECT;
  if (name === '.lcomm' || symbol.binding === 'local') {
    const section = assembler.findSection('.bss');
    if (symbol.isDefined) return;
    if (Number(align) > section.align) section.align = Number(align);
    if (align > 1n) section.addTail({ kind: 'align', bytes: Number(align), fill: [0], limit: Number(align) });
    symbol.fragment = section.current;
    symbol.offset = section.current.size;
    symbol.size = { kind: 'constant', value: bytes };
    section.extend(Number(bytes));
  } else {
    symbol.common = { size: Number(bytes), align: Number(align) };
    symbol.binding ??= 'global';
  }
};

const option: Directive = (assembler, cursor) => {
  cursor.skipSpace();
  const at = cursor.at;
  const name = cursor.expectName('an option');
  switch (name) {
    case 'push':
      if (assembler.optionStack.length >= 1000) throw cursor.error('`.option push` is nested more than 1000 deep', at);
      assembler.optionStack.push(assembler.current);
      break;
    case 'pop': {
      const saved = assembler.optionStack.pop();
      if (saved === undefined) throw cursor.error('`.option pop` without `.option push`', at);
      assembler.current = saved;
      break;
    }
    case 'rvc':
      assembler.setCompressed(true);
      break;
    case 'norvc':
      assembler.setCompressed(false);
      break;
    case 'pic':
    case 'nopic':
      assembler.current = { ...assembler.current, pic: name === 'pic' };
      break;
    case 'relax':
    case 'norelax':
    case 'csr-check':
    case 'no-csr-check':
      // The linker never relaxes, so both mean the same.
      break;
    case 'arch':
      optionArch(assembler, cursor);
      return;
    default:
      throw cursor.error(
        `unknown option \`${name}\`; expected push, pop, rvc, norvc, relax, norelax, pic, nopic or arch`,
        at,
      );
  }
  cursor.expectEnd();
};

/** `.option arch, +c, -c, rv64gc` */
function optionArch(assembler: Assembler, cursor: Cursor): void {
  cursor.expect(',', 'after `arch`');
  for (const item of cursor.rest().split(',')) {
    const text = item.trim();
    const change = /^([+-])([a-z][a-z0-9]*)$/.exec(text);
    if (change !== null) {
      const extensions =
        parseArchitecture(`rv64i${change[2]!.length === 1 ? change[2] : `_${change[2]}`}`) ?? new Set();
      const merged = new Set(assembler.current.extensions);
      for (const extension of extensions) {
        if (change[1] === '+') merged.add(extension);
        else if (extension.toLowerCase() === change[2]) merged.delete(extension);
      }
      assembler.current = { ...assembler.current, extensions: merged };
    } else {
      const extensions = parseArchitecture(text);
      if (extensions === undefined)
        throw cursor.error(`expected an architecture such as rv64gc, or +ext or -ext, found \`${text}\``);
      assembler.current = { ...assembler.current, extensions };
    }
  }
  assembler.setCompressed(assembler.current.extensions.has('C'));
}

const macro: Directive = (assembler, cursor) => {
  const body = () => {
    const statements = assembler.input.collectBody('.endm');
    if (statements === undefined) throw cursor.error('this `.macro` has no `.endm`', 0);
    return statements;
  };
  let header: ReturnType<typeof parseMacroHeader>;
  try {
    header = parseMacroHeader(cursor);
  } catch (error) {
    // The body belongs to the broken macro, not to the source around it.
    body();
    throw error;
  }
  assembler.macros.set(header.name, { ...header, body: body() });
};

const purgem: Directive = (assembler, cursor) => {
  forEachName(cursor, (name) => {
    if (!assembler.macros.delete(name)) throw cursor.error(`there is no macro \`${name}\``);
  });
};

function repetition(rounds: (assembler: Assembler, cursor: Cursor) => Iterable<Map<string, string>>): Directive {
  return (assembler, cursor, name) => {
    const call = assembler.statement;
    let each: Iterable<Map<string, string>> | undefined;
    let problem: unknown;
    try {
      each = rounds(assembler, cursor);
    } catch (error) {
      problem = error;
    }
    const body = assembler.input.collectBody('.endr');
    if (problem !== undefined) throw problem;
    if (body === undefined) throw cursor.error(`this \`${name}\` has no \`.endr\``, 0);
    assembler.input.pushRepetition(body, each!, call);
  };
}

function* times(count: bigint): Iterable<Map<string, string>> {
  const none = new Map<string, string>();
  for (let i = 0n; i < count; i++) yield none;
}

const rept = repetition((assembler, cursor) => {
  const count = constantExpression(assembler, cursor, 'the count');
  cursor.expectEnd();
  if (count < 0n) throw cursor.error(`cannot repeat ${count} times`);
  return times(count);
});

const irp = repetition((_, cursor) => {
  const name = cursor.expectName('the name of a parameter');
  cursor.accept(',');
  return readValues(cursor.rest()).map((value) => new Map([[name, value]]));
});

const irpc = repetition((_, cursor) => {
  const name = cursor.expectName('the name of a parameter');
  cursor.accept(',');
  const [value] = readValues(cursor.rest());
  return [...value!].map((character) => new Map([[name, character]]));
});

/** Conditions of the `.if` family by directive name. */
const CONDITIONS: Record<string, (assembler: Assembler, cursor: Cursor) => boolean> = {
  '.if': (assembler, cursor) => condition(assembler, cursor) !== 0n,
  '.ifne': (assembler, cursor) => condition(assembler, cursor) !== 0n,
  '.ifeq': (assembler, cursor) => condition(assembler, cursor) === 0n,
  '.ifge': (assembler, cursor) => condition(assembler, cursor) >= 0n,
  '.ifgt': (assembler, cursor) => condition(assembler, cursor) > 0n,
  '.ifle': (assembler, cursor) => condition(assembler, cursor) <= 0n,
  '.iflt': (assembler, cursor) => condition(assembler, cursor) < 0n,
  '.ifdef': (assembler, cursor) => isDefined(assembler, cursor),
  '.ifndef': (assembler, cursor) => !isDefined(assembler, cursor),
  '.ifnotdef': (assembler, cursor) => !isDefined(assembler, cursor),
  '.ifb': (_, cursor) => cursor.rest() === '',
  '.ifnb': (_, cursor) => cursor.rest() !== '',
  '.ifc': (_, cursor) => sameStrings(cursor),
  '.ifnc': (_, cursor) => !sameStrings(cursor),
  '.ifeqs': (_, cursor) => sameQuoted(cursor),
  '.ifnes': (_, cursor) => !sameQuoted(cursor),
};

function condition(assembler: Assembler, cursor: Cursor): bigint {
  const value = constantExpression(assembler, cursor, 'the condition');
  cursor.expectEnd();
  return value;
}

function isDefined(assembler: Assembler, cursor: Cursor): boolean {
  const name = cursor.expectName('a symbol name');
  cursor.expectEnd();
  return assembler.symbols.get(name)?.isDefined ?? false;
}

function sameStrings(cursor: Cursor): boolean {
  const text = cursor.rest();
  const match = /^('(?:[^']*)'|[^,]*),(.*)$/.exec(text);
  if (match === null) throw cursor.error('expected two strings separated by a comma');
  const clean = (part: string) => part.trim().replace(/^'(.*)'$/, '$1');
  return clean(match[1]!) === clean(match[2]!);
}

function sameQuoted(cursor: Cursor): boolean {
  const first = cursor.readString();
  cursor.expect(',', 'between the strings');
  const second = cursor.readString();
  cursor.expectEnd();
  return String(first) === String(second);
}

const include: Directive = (assembler, cursor) => {
  cursor.skipSpace();
  const at = cursor.at;
  const name = cursor.readText();
  cursor.expectEnd();
  const source = assembler.options.include?.(name, assembler.statement.file);
  if (source === undefined) throw cursor.error(`cannot find the file \`${name}\` to include`, at);
  const { statement } = assembler;
  const notes = [`included from ${statement.file}:${statement.line}`, ...statement.notes].slice(0, 8);
  assembler.input.pushFile(source.name, source.text, notes);
};

function message(severity: 'error' | 'warning'): Directive {
  return (assembler, cursor, name) => {
    const text = cursor.atEnd() ? `${name} in the source` : cursor.readText();
    if (severity === 'error') assembler.report(text, 0);
    else assembler.warn(text, 0);
  };
}

/** Accepted and without effect on what is assembled. */
const IGNORED = ['.file', '.loc', '.ident', '.addrsig', '.addrsig_sym', '.attribute', '.version', '.title', '.sbttl'];

const DIRECTIVES = new Map<string, Directive>([
  ...DATA_DIRECTIVES,
  ...SECTION_DIRECTIVES,
  ['.globl', binding('global')],
  ['.global', binding('global')],
  ['.weak', binding('weak')],
  ['.local', binding('local')],
  ['.hidden', visibility(STV_HIDDEN)],
  ['.internal', visibility(STV_INTERNAL)],
  ['.protected', visibility(STV_PROTECTED)],
  ['.extern', (_, cursor) => void cursor.rest()],
  ['.type', type],
  ['.size', size],
  ['.set', set(false)],
  ['.equ', set(false)],
  ['.equiv', set(true)],
  ['.eqv', set(true)],
  ['.comm', common],
  ['.lcomm', common],
  ['.option', option],
  ['.macro', macro],
  ['.purgem', purgem],
  ['.exitm', (assembler) => assembler.input.exitMacro()],
  ['.rept', rept],
  ['.rep', rept],
  ['.irp', irp],
  ['.irpc', irpc],
  ['.include', include],
  ['.error', message('error')],
  ['.err', message('error')],
  ['.warning', message('warning')],
  ['.print', (_, cursor) => void cursor.readString()],
  ['.end', (assembler) => assembler.stop()],
  ['.endm', (_, cursor) => cursor.fail('`.endm` without `.macro`', 0)],
  ['.endr', (_, cursor) => cursor.fail('`.endr` without `.rept`, `.irp` or `.irpc`', 0)],
  ['.else', (assembler) => assembler.input.beginElse()],
  ['.endif', (assembler) => assembler.input.endIf()],
  ['.elseif', (assembler, cursor) => assembler.input.elseIf(() => condition(assembler, cursor) !== 0n)],
  ...IGNORED.map((name): [string, Directive] => [name, (_, cursor) => void cursor.rest()]),
  ...Object.entries(CONDITIONS).map(([name, test]): [string, Directive] => [
    name,
    (assembler, cursor) => assembler.input.beginIf(assembler.statement, () => test(assembler, cursor)),
  ]),
]);

/** Runs the directive of that name; false if there is none. */
export function runDirective(assembler: Assembler, name: string, cursor: Cursor): boolean {
  const directive = DIRECTIVES.get(name) ?? (name.startsWith('.cfi_') ? DIRECTIVES.get('.ident') : undefined);
  if (directive === undefined) return false;
  directive(assembler, cursor, name);
  return true;
}
