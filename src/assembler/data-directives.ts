/*
 * Directives that put bytes into the current section: integers, floating-point numbers, strings, runs of one value, files,
 * and raw instruction words.
 */

import { SHT_NOBITS } from '../elf/constants.ts';
import { INTEGER_REGISTERS } from '../isa/registers.ts';
import { rangeOf } from './apply.ts';
import type { Assembler } from './assembler.ts';
import { StatementError } from './diagnostics.ts';
import { constantExpression, type Directive } from './directive.ts';

const MAX_RUN_BYTES = 64 * 1024 * 1024;
const MAX_BSS_BYTES = 256 * 1024 * 1024;

/** `.byte`, `.half`, `.word`, `.dword` and their synonyms; `size` in bytes. */
function integers(size: 1 | 2 | 4 | 8): Directive {
  const kind = `${size * 8}` as '8' | '16' | '32' | '64';
  return (assembler, cursor) => {
    if (cursor.atEnd()) return;
    do {
      cursor.skipSpace();
      const column = cursor.at;
      const expression = cursor.parseExpression(assembler);
      const result = assembler.evaluate(expression);
      if (!result.ok) throw new StatementError(result.reason, column);
      const { constant, plus, minus } = result.value;
      const { section } = assembler;
      if (plus === undefined && minus === undefined) {
        const problem = rangeOf(kind, constant);
        if (problem !== undefined) throw new StatementError(problem, column);
        if (section.type === SHT_NOBITS && constant !== 0n) throw onlyZeros(assembler, column);
        section.emitInteger(constant, size);
      } else {
        section.addFixup(kind, assembler.bind(expression), assembler.place(column));
        section.emitInteger(0n, size);
      }
    } while (cursor.accept(','));
    cursor.expectEnd();
  };
}

function onlyZeros(assembler: Assembler, column: number): StatementError {
  return new StatementError(`section ${assembler.section.name} has no contents: expected only zeros`, column);
}

/** IEEE 754 numbers, `.float` and `.double`. */
function floats(size: 4 | 8): Directive {
  return (assembler, cursor) => {
    do {
      cursor.skipSpace();
      const column = cursor.at;
      const match = /^(?:0[dfeDFE])?([+-]?(?:inf(?:inity)?|nan|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?))/i.exec(
        cursor.text.slice(column),
      );
      if (match === null) throw cursor.error(`expected a floating-point number${cursor.found()}`);
      cursor.at += match[0].length;
      const text = match[1]!.toLowerCase();
      const sign = text.startsWith('-') ? -1 : 1;
      let value = Number(text);
      if (text.includes('inf')) value = sign * Number.POSITIVE_INFINITY;
      const bytes = new DataView(new ArrayBuffer(8));
      if (size === 4) bytes.setFloat32(0, value, true);
      else bytes.setFloat64(0, value, true);
      // GNU as writes NaNs with every bit of the fraction set.
      if (text.includes('nan')) bytes.setBigUint64(0, size === 4 ? 0x7fffffffn : 0x7fffffffffffffffn, true);
      if (text.includes('nan') && sign < 0) bytes.setUint8(size - 1, 0xff);
      assembler.section.emitBytes(new Uint8Array(bytes.buffer, 0, size));
    } while (cursor.accept(','));
    cursor.expectEnd();
  };
}

function strings(terminated: boolean): Directive {
  return (assembler, cursor) => {
    if (cursor.atEnd()) return;
    do {
      const column = cursor.at;
      const bytes = cursor.readString();
      // Strings that only white space separates are one.
      while (cursor.peek() === '"') for (const byte of cursor.readString()) bytes.push(byte);
      if (terminated) bytes.push(0);
      if (assembler.section.type === SHT_NOBITS) throw onlyZeros(assembler, column);
      assembler.section.emitBytes(bytes);
    } while (cursor.accept(','));
    cursor.expectEnd();
  };
}

function limitOf(assembler: Assembler): number {
  return assembler.section.type === SHT_NOBITS ? MAX_BSS_BYTES : MAX_RUN_BYTES;
}

/** `count` bytes of one value; `count` may have to wait for layout. */
const space: Directive = (assembler, cursor) => {
  cursor.skipSpace();
  const column = cursor.at;
  const expression = cursor.parseExpression(assembler);
  const fill = cursor.accept(',') ? constantExpression(assembler, cursor, 'the fill') : 0n;
  cursor.expectEnd();
  const { section } = assembler;
  const result = assembler.evaluate(expression);
  if (!result.ok) throw new StatementError(result.reason, column);
  const { constant: count, plus, minus } = result.value;
  const byte = Number(fill & 0xffn);
  if (section.type === SHT_NOBITS && byte !== 0) throw onlyZeros(assembler, column);
  if (plus !== undefined || minus !== undefined) {
    const place = assembler.place(column);
    section.addTail({ kind: 'space', count: assembler.bind(expression), fill: byte, place });
    return;
  }
  if (count < 0n || count > BigInt(limitOf(assembler) - section.length)) {
    throw new StatementError(
      `cannot reserve ${count} bytes: expected 0 to ${limitOf(assembler) / 1048576} MiB`,
      column,
    );
  }
  const at = section.extend(Number(count));
  if (byte !== 0) section.buffer.fill(byte, at, at + Number(count));
};

/** `.fill count[, size[, value]]` */
const fill: Directive = (assembler, cursor) => {
  const column = cursor.at;
  const count = constantExpression(assembler, cursor, 'the count');
  let size = 1n;
  let value = 0n;
  if (cursor.accept(',')) {
    if (cursor.peek() !== ',') size = constantExpression(assembler, cursor, 'the size');
    if (cursor.accept(',')) value = constantExpression(assembler, cursor, 'the value');
  }
  cursor.expectEnd();
  if (size < 0n) throw new StatementError(`size ${size} is negative: expected 0 to 8`, column);
  if (size > 8n) size = 8n;
  const { section } = assembler;
  const total = count * size;
  if (count < 0n || total > BigInt(limitOf(assembler) - section.length)) {
    throw new StatementError(
      `cannot fill ${count} times ${size} bytes: expected 0 to ${limitOf(assembler) / 1048576} MiB`,
      column,
    );
  }
  if (section.type === SHT_NOBITS && value !== 0n) throw onlyZeros(assembler, column);
  if (section.type === SHT_NOBITS || value === 0n) {
    section.extend(Number(total));
    return;
  }
  // Only the low four bytes of the value are repeated; what is beyond them is zero (GNU as manual, ".fill").
  const bytes = Array.from({ length: Number(size) }, (_, i) => (i < 4 ? Number((value >> BigInt(8 * i)) & 0xffn) : 0));
  const at = section.extend(Number(total));
  for (let i = 0; i < Number(total); i++) section.buffer[at + i] = bytes[i % bytes.length]!;
};

const org: Directive = (assembler, cursor) => {
  cursor.skipSpace();
  const column = cursor.at;
  const target = cursor.parseExpression(assembler);
  const byte = cursor.accept(',') ? constantExpression(assembler, cursor, 'the fill') : 0n;
  cursor.expectEnd();
  assembler.advanceTo(target, Number(byte & 0xffn), column);
};

function leb128(signed: boolean): Directive {
  return (assembler, cursor) => {
    do {
      cursor.skipSpace();
      const column = cursor.at;
      const value = assembler.bind(cursor.parseExpression(assembler));
      assembler.section.addTail({ kind: 'leb128', value, signed, place: assembler.place(column) });
    } while (cursor.accept(','));
    cursor.expectEnd();
  };
}

/** `.incbin "file"[, skip[, count]]` */
const incbin: Directive = (assembler, cursor) => {
  cursor.skipSpace();
  const column = cursor.at;
  const name = cursor.readText();
  let skip = 0n;
  let count: bigint | undefined;
  if (cursor.accept(',')) {
    if (cursor.peek() !== ',') skip = constantExpression(assembler, cursor, 'the number of bytes to skip');
    if (cursor.accept(',')) count = constantExpression(assembler, cursor, 'the count');
  }
  cursor.expectEnd();
  const bytes = assembler.options.incbin?.(name, assembler.statement.file);
  if (bytes === undefined) throw new StatementError(`cannot find the file \`${name}\``, column);
  const end = count === undefined ? BigInt(bytes.length) : skip + count;
  if (skip < 0n || end < skip || end > BigInt(bytes.length)) {
    throw new StatementError(`\`${name}\` has ${bytes.length} bytes: expected a part of it`, column);
  }
  assembler.section.emitBytes(bytes.subarray(Number(skip), Number(end)));
};

/** `.insn` with a raw word, or in its R, I and S forms with opcode and function fields as numbers. */
const insn: Directive = (assembler, cursor) => {
  const form = /^\s*([a-z]+[0-9]?)\b/.exec(cursor.text.slice(cursor.at))?.[1];
  const { section } = assembler;
  if (form === undefined) {
    const column = cursor.at;
    let value = constantExpression(assembler, cursor, 'the instruction');
    if (cursor.accept(',')) value = constantExpression(assembler, cursor, 'the instruction');
    cursor.expectEnd();
    if (value < 0n || value > 0xffffffffn) throw new StatementError('expected a value of at most 32 bits', column);
    if ((value & 3n) === 3n) section.emit32(Number(value));
    else section.emit16(Number(value));
    return;
  }
  cursor.skipSpace();
  const column = cursor.at;
  cursor.at += form.length;
  const number = (what: string, bits: number): number => {
    cursor.skipSpace();
    const at = cursor.at;
    const value = constantExpression(assembler, cursor, what);
    if (value < 0n || value >= 1n << BigInt(bits)) throw new StatementError(`${what} must fit in ${bits} bits`, at);
    cursor.accept(',');
    return Number(value);
  };
  const register = (): number => {
    cursor.skipSpace();
    const at = cursor.at;
    const value = INTEGER_REGISTERS.get(cursor.acceptName() ?? '');
    if (value === undefined) throw new StatementError('expected an integer register', at);
    cursor.accept(',');
    return value;
  };
  let word = number('the opcode', 7) | (number('funct3', 3) << 12);
  if (form === 'r') {
    word |= (number('funct7', 7) << 25) | (register() << 7) | (register() << 15) | (register() << 20);
  } else if (form === 'i') {
    word |= (register() << 7) | (register() << 15);
    const value = constantExpression(assembler, cursor, 'the immediate');
    if (value < -2048n || value > 2047n)
      throw new StatementError('immediate does not fit: expected -2048 to 2047', column);
    word |= Number(value) << 20;
  } else {
    throw new StatementError(`\`.insn ${form}\` is not supported: expected r, i or a number`, column);
  }
  cursor.expectEnd();
  section.emit32(word);
};

export const DATA_DIRECTIVES: readonly (readonly [string, Directive])[] = [
  ['.byte', integers(1)],
  ['.half', integers(2)],
  ['.short', integers(2)],
  ['.hword', integers(2)],
  ['.2byte', integers(2)],
  ['.word', integers(4)],
  ['.long', integers(4)],
  ['.int', integers(4)],
  ['.4byte', integers(4)],
  ['.dword', integers(8)],
  ['.quad', integers(8)],
  ['.8byte', integers(8)],
  ['.float', floats(4)],
  ['.single', floats(4)],
  ['.double', floats(8)],
  ['.ascii', strings(false)],
  ['.asciz', strings(true)],
  ['.string', strings(true)],
  ['.zero', space],
  ['.space', space],
  ['.skip', space],
  ['.fill', fill],
  ['.org', org],
  ['.uleb128', leb128(false)],
  ['.sleb128', leb128(true)],
  ['.incbin', incbin],
  ['.insn', insn],
];
