/*
 * After layout: writes fragments into the section's final bytes and turns fixups into applied constants or
 * relocations. Which relocations there are is the psABI's business; the linker applies them with `apply.ts`.
 */

import { R_RISCV, SHT_NOBITS } from '../elf/constants.ts';
import { applyField, type FieldKind, rangeOf } from './apply.ts';
import type { Assembler } from './assembler.ts';
import { addressOf, encodeLeb128 } from './layout.ts';
import type { AssemblySymbol, Fixup, FixupKind, Fragment, Section, SourcePlace, Tail } from './object.ts';
import { evaluate, type Value } from './values.ts';

const MASK_BRANCH_SENSE = 1 << 12;

export function resolveFixups(assembler: Assembler, sections: readonly Section[]): void {
  for (const section of sections) {
    if (section.type === SHT_NOBITS) {
      if (section.fixups.length > 0) {
        assembler.reportPlace(section.fixups[0]!.place, `section ${section.name} has no contents: expected only zeros`);
      }
      continue;
    }
    section.data = new Uint8Array(section.size);
    for (const fragment of section.fragments) {
      section.data.set(section.buffer.subarray(fragment.start, fragment.start + fragment.size), fragment.address);
      if (fragment.tail !== undefined) writeTail(assembler, section, fragment, fragment.tail);
    }
    for (const fixup of section.fixups) resolveFixup(assembler, section, fixup);
    section.relocations.sort((a, b) => a.offset - b.offset);
  }
}

function writeTail(assembler: Assembler, section: Section, fragment: Fragment, tail: Tail): void {
  const at = fragment.address + fragment.size;
  const { data } = section;
  const view = new DataView(data.buffer);
  switch (tail.kind) {
    case 'align':
      fillAlignment(data, at, fragment.tailLength, tail.fill);
      return;
    case 'org':
    case 'space':
      data.fill(tail.fill, at, at + fragment.tailLength);
      return;
    case 'leb128': {
      const result = evaluate(tail.value, assembler);
      const bytes = encodeLeb128(result.ok ? result.value.constant : 0n, tail.signed);
      // Layout never shrinks these; padding keeps the value.
      while (bytes.length < fragment.tailLength) {
        bytes[bytes.length - 1]! |= 0x80;
        bytes.push(tail.signed && result.ok && result.value.constant < 0n ? 0x7f : 0);
      }
      data.set(bytes, at);
      return;
    }
    case 'branch': {
      const jump = (tail.word & 0x7f) === 0x6f;
      const relocate = (offset: number, kind: 'BRANCH' | 'JAL' | 'RVC_BRANCH' | 'RVC_JUMP') => {
        const { target, addend, place } = tail;
        addRelocation(section, R_RISCV[kind], offset, target, addend, place);
      };
      switch (fragment.tailLength) {
        case 2:
          view.setUint16(at, tail.half!, true);
          relocate(at, jump ? 'RVC_JUMP' : 'RVC_BRANCH');
          return;
        case 4:
          view.setUint32(at, tail.word, true);
          relocate(at, jump ? 'JAL' : 'BRANCH');
          return;
        case 6:
          // c.beqz and c.bnez differ in bit 13.
          view.setUint16(at, tail.half! ^ 0x2000, true);
          applyField(data, at, 'RVC_BRANCH', 6n);
          view.setUint32(at + 2, 0x6f, true);
          relocate(at + 2, 'JAL');
          return;
        default:
          view.setUint32(at, tail.word ^ MASK_BRANCH_SENSE, true);
          applyField(data, at, 'BRANCH', 8n);
          view.setUint32(at + 4, 0x6f, true);
          relocate(at + 4, 'JAL');
      }
    }
  }
}

/** Bytes of padding: zero and c.nop up to a multiple of four, then nop; or a pattern. */
function fillAlignment(data: Uint8Array, at: number, count: number, fill: readonly number[] | 'code'): void {
  const end = at + count;
  if (fill !== 'code') {
    // What does not fill a whole pattern is zero and comes first, as in GNU as.
    at += count % fill.length;
    for (let i = 0; at < end; i++, at++) data[at] = fill[i % fill.length]!;
    return;
  }
  if (count % 2 === 1) at++;
  if ((end - at) % 4 === 2) {
    data[at] = 0x01;
    at += 2;
  }
  for (; at < end; at += 4) data[at] = 0x13;
}

function addRelocation(
  section: Section,
  type: number,
  offset: number,
  symbol: AssemblySymbol | undefined,
  addend: bigint,
  place: SourcePlace,
): void {
  if (symbol !== undefined) symbol.needed = true;
  section.relocations.push({ offset, type, symbol, addend, place });
}

/** Fixups whose constant is put in place at once; the others need an address whatever the expression is. */
const FIELD_OF: Partial<Record<FixupKind, FieldKind>> = {
  '8': '8',
  '16': '16',
  '32': '32',
  '64': '64',
  HI20: 'HI20',
  LO12_I: 'LO12_I',
  LO12_S: 'LO12_S',
  I12: 'LO12_I',
  S12: 'LO12_S',
  U20: 'HI20',
};

function resolveFixup(assembler: Assembler, section: Section, fixup: Fixup): void {
  const { kind, place } = fixup;
  const offset = fixup.fragment.address + fixup.offset;
  const result = evaluate(fixup.expression, assembler);
  if (!result.ok) {
    assembler.reportPlace(place, result.reason);
    return;
  }
  const { constant, plus, minus } = result.value;
  const field = FIELD_OF[kind];
  if (plus === undefined && minus === undefined && field !== undefined) {
    resolveConstant(assembler, section, fixup, offset, field, constant);
    return;
  }
  if (kind === 'I12' || kind === 'S12' || kind === 'U20') {
    assembler.reportPlace(place, `expected a constant; \`${(plus ?? minus)!.name}\` is an address or undefined`);
    return;
  }
  if (minus !== undefined) {
    resolveDifference(assembler, section, fixup, offset, result.value);
    return;
  }
  if (kind === '8' || kind === '16') {
    assembler.reportPlace(place, `an address does not fit in ${kind} bits: expected a constant`);
    return;
  }
  addRelocation(section, R_RISCV[kind], offset, plus, constant, place);
}

function resolveConstant(
  assembler: Assembler,
  section: Section,
  { kind, place }: Fixup,
  offset: number,
  field: FieldKind,
  value: bigint,
): void {
  if (kind === 'U20') {
    if (value < 0n || value > 0xfffffn) {
      assembler.reportPlace(place, `upper immediate ${value} does not fit: expected a value from 0 to 0xfffff`);
      return;
    }
    value <<= 12n;
  }
  // %lo of a constant is its low part; a plain immediate has to fit.
  const problem = kind === 'LO12_I' || kind === 'LO12_S' || kind === 'U20' ? undefined : rangeOf(field, value);
  if (problem !== undefined) assembler.reportPlace(place, problem);
  else applyField(section.data, offset, field, value);
}

/** `a - b` with b in another place than layout can tell: the psABI's pair of an addition and a subtraction. */
function resolveDifference(
  assembler: Assembler,
  section: Section,
  { kind, place }: Fixup,
  offset: number,
  { constant, plus, minus }: Value,
): void {
  if (kind !== '8' && kind !== '16' && kind !== '32' && kind !== '64') {
    assembler.reportPlace(
      place,
      'a difference of symbols in different sections does not fit here: expected one symbol',
    );
    return;
  }
  const here = minus!.fragment?.section === section ? addressOf(minus!) - offset : undefined;
  if (kind === '32' && here !== undefined && plus !== undefined) {
    addRelocation(section, R_RISCV['32_PCREL'], offset, plus, constant - BigInt(here), place);
    return;
  }
  if (plus === undefined) {
    assembler.reportPlace(place, `the negative of \`${minus!.name}\` cannot be relocated: expected a difference`);
    return;
  }
  addRelocation(section, R_RISCV[`ADD${kind}`], offset, plus, constant, place);
  addRelocation(section, R_RISCV[`SUB${kind}`], offset, minus, 0n, place);
}
