/*
 * Directives that choose where what follows goes: sections, their flags, and padding to an alignment.
 */

import {
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_GROUP,
  SHF_MERGE,
  SHF_STRINGS,
  SHF_TLS,
  SHF_WRITE,
  SHT_FINI_ARRAY,
  SHT_INIT_ARRAY,
  SHT_NOBITS,
  SHT_NOTE,
  SHT_PREINIT_ARRAY,
  SHT_PROGBITS,
} from '../elf/constants.ts';
import type { Assembler } from './assembler.ts';
import { constantExpression, type Directive } from './directive.ts';
import type { Cursor } from './expressions.ts';
import type { Section } from './object.ts';

const FLAG_LETTERS: Record<string, number> = {
  a: SHF_ALLOC,
  w: SHF_WRITE,
  x: SHF_EXECINSTR,
  M: SHF_MERGE,
  S: SHF_STRINGS,
  G: SHF_GROUP,
  T: SHF_TLS,
  e: 0,
  o: 0,
  R: 0,
};

const TYPES: Record<string, number> = {
  progbits: SHT_PROGBITS,
  nobits: SHT_NOBITS,
  note: SHT_NOTE,
  init_array: SHT_INIT_ARRAY,
  fini_array: SHT_FINI_ARRAY,
  preinit_array: SHT_PREINIT_ARRAY,
};

const MAX_SECTIONS = 1000;

function sectionName(cursor: Cursor): string {
  if (cursor.peek() === '"') return cursor.expectName('a section name');
  const match = /^[^\s,"]+/.exec(cursor.text.slice(cursor.at));
  if (match === null) throw cursor.error(`expected a section name${cursor.found()}`);
  cursor.at += match[0].length;
  return match[0];
}

/** `.section NAME[, "flags"[, @type[, entry size]]]` */
function parseSection(assembler: Assembler, cursor: Cursor): Section {
  const name = sectionName(cursor);
  let flags: number | undefined;
  let type: number | undefined;
  let entrySize = 0;
  if (cursor.accept(',')) {
    cursor.skipSpace();
    if (cursor.peek() === '"') {
      const at = cursor.at;
      flags = 0;
      for (const byte of cursor.readString()) {
        const flag = FLAG_LETTERS[String.fromCharCode(byte)];
        if (flag === undefined) {
          throw cursor.error(
            `unknown section flag \`${String.fromCharCode(byte)}\`; expected some of a w x M S G T`,
            at,
          );
        }
        flags |= flag;
      }
      cursor.accept(',');
    }
    const mark = cursor.peek();
    if (mark === '@' || mark === '%') {
      cursor.at++;
      const at = cursor.at;
      const word = cursor.expectName('progbits, nobits or note');
      type = TYPES[word];
      if (type === undefined)
        throw cursor.error(`unknown section type \`${word}\`; expected progbits, nobits or note`, at);
    }
    if (cursor.accept(',')) {
      if (((flags ?? 0) & SHF_MERGE) !== 0) entrySize = Number(constantExpression(assembler, cursor, 'the entry size'));
      // A group's name and linkage say which copies the linker may drop; with whole programs there is one copy.
      cursor.rest();
    }
  }
  cursor.expectEnd();
  if (assembler.sections.length >= MAX_SECTIONS) throw cursor.error(`more than ${MAX_SECTIONS} sections`);
  const section = assembler.findSection(name, type, flags);
  if (entrySize > 0) section.entrySize = entrySize;
  return section;
}

const section: Directive = (assembler, cursor) => assembler.enterSection(parseSection(assembler, cursor));

function enter(name: string): Directive {
  return (assembler, cursor) => {
    if (!cursor.atEnd()) {
      const subsection = constantExpression(assembler, cursor, 'the subsection');
      if (subsection !== 0n) throw cursor.error('subsections are not supported: expected 0 or nothing');
      cursor.expectEnd();
    }
    assembler.enterSection(assembler.findSection(name));
  };
}

const pushSection: Directive = (assembler, cursor) => {
  if (assembler.sectionStack.length >= 1000) throw cursor.error('`.pushsection` is nested more than 1000 deep');
  const next = parseSection(assembler, cursor);
  assembler.sectionStack.push({ section: assembler.section, previous: assembler.previousSection });
  assembler.enterSection(next);
};

const popSection: Directive = (assembler, cursor) => {
  cursor.expectEnd();
  const saved = assembler.sectionStack.pop();
  if (saved === undefined) throw cursor.error('`.popsection` without `.pushsection`', 0);
  assembler.section = saved.section;
  assembler.previousSection = saved.previous;
};

const previous: Directive = (assembler, cursor) => {
  cursor.expectEnd();
  assembler.enterSection(assembler.previousSection);
};

/** `.align n` and `.p2align n` count powers of two, `.balign n` bytes. Width of the fill pattern in bytes. */
function align(isPower: boolean, patternBytes: number): Directive {
  return (assembler, cursor) => {
    const at = cursor.at;
    const amount = cursor.atEnd() ? 0n : constantExpression(assembler, cursor, 'the alignment');
    const maximum = isPower ? 16n : 65536n;
    if (amount < 0n || amount > maximum)
      throw cursor.error(`alignment ${amount} is out of range: expected 0 to ${maximum}`, at);
    if (!isPower && (amount & (amount - 1n)) !== 0n)
      throw cursor.error(`alignment ${amount} is not a power of two`, at);
    const bytes = isPower ? 2 ** Number(amount) : Math.max(1, Number(amount));
    let fill: bigint | undefined;
    let limit: number | undefined;
    if (cursor.accept(',')) {
      if (cursor.peek() !== ',' && !cursor.atEnd()) fill = constantExpression(assembler, cursor, 'the fill');
      if (cursor.accept(',')) limit = Number(constantExpression(assembler, cursor, 'the limit'));
    }
    cursor.expectEnd();
    const target = assembler.section;
    const isCode = target.isCode && (fill === undefined || fill === 0n);
    if (bytes > target.align) target.align = bytes;
    if (bytes === 1) return;
    // Code stays aligned to its instructions' size by itself.
    if (isCode && bytes <= (assembler.compressed ? 2 : 4)) return;
    const pattern = Array.from({ length: patternBytes }, (_, i) => Number(((fill ?? 0n) >> BigInt(8 * i)) & 0xffn));
    target.addTail({ kind: 'align', bytes, fill: isCode ? 'code' : pattern, limit: limit ?? bytes });
  };
}

export const SECTION_DIRECTIVES: readonly (readonly [string, Directive])[] = [
  ['.section', section],
  ['.text', enter('.text')],
  ['.data', enter('.data')],
  ['.bss', enter('.bss')],
  ['.rodata', enter('.rodata')],
  ['.sdata', enter('.sdata')],
  ['.sbss', enter('.sbss')],
  ['.pushsection', pushSection],
  ['.popsection', popSection],
  ['.previous', previous],
  ['.align', align(true, 1)],
  ['.p2align', align(true, 1)],
  ['.p2alignw', align(true, 2)],
  ['.p2alignl', align(true, 4)],
  ['.balign', align(false, 1)],
  ['.balignw', align(false, 2)],
  ['.balignl', align(false, 4)],
];
