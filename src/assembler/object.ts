/*
 * What one source becomes before it is linked: sections made of fragments, symbols, fixups.
 *
 * A fragment is a run of bytes of known size, then at most one tail whose size is known only after layout (a branch
 * that may have to grow, an alignment, `.org`, …). Places are (fragment, offset) pairs, so a label stays right
 * while layout moves fragments. This is how GNU as sees a section; its branch lengths are reproduced from it.
 */

import { SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_NOBITS, SHT_PROGBITS, STT_NOTYPE } from '../elf/constants.ts';
import type { Expression } from './expressions.ts';
import type { Statement } from './statements.ts';

/** Where in the source a thing came from, for diagnostics after layout. */
export interface SourcePlace {
  readonly statement: Statement;
  readonly column: number;
}

/**
 * What to do with an expression once addresses are known. Names are those of the psABI's relocations; `I12`, `S12` and
 * the like are constants that had a forward reference and never become relocations.
 */
export type FixupKind =
  | ('8' | '16' | '32' | '64' | 'BRANCH' | 'JAL' | 'RVC_BRANCH' | 'RVC_JUMP' | 'CALL_PLT')
  | ('HI20' | 'LO12_I' | 'LO12_S' | 'PCREL_HI20' | 'PCREL_LO12_I' | 'PCREL_LO12_S' | 'GOT_HI20')
  | ('TPREL_HI20' | 'TPREL_LO12_I' | 'TPREL_LO12_S' | 'TPREL_ADD' | 'I12' | 'S12' | 'U20');

export interface Fixup {
  readonly fragment: Fragment;
  readonly offset: number;
  readonly kind: FixupKind;
  readonly expression: Expression;
  readonly place: SourcePlace;
}

export type Tail =
  | {
      readonly kind: 'branch';
      /** The 32-bit form without its offset, and the 16-bit one where operands and options allow it. */
      readonly word: number;
      readonly half: number | undefined;
      readonly target: AssemblySymbol | undefined;
      readonly addend: bigint;
      readonly place: SourcePlace;
    }
  | {
      readonly kind: 'align';
      readonly bytes: number;
      /** Bytes to repeat, or no-operations. */
      readonly fill: readonly number[] | 'code';
      /** More padding than this is skipped. */
      readonly limit: number;
    }
  | { readonly kind: 'org'; readonly target: Expression; readonly fill: number; readonly place: SourcePlace }
  | { readonly kind: 'space'; readonly count: Expression; readonly fill: number; readonly place: SourcePlace }
  | { readonly kind: 'leb128'; readonly value: Expression; readonly signed: boolean; readonly place: SourcePlace };

export class Fragment {
  readonly section: Section;
  /** Bytes `start` to `start + size` of the section's buffer. */
  readonly start: number;
  size = 0;
  tail: Tail | undefined;
  /** Set by layout: offset in the section, and the length of the tail. */
  address = 0;
  tailLength = 0;

  constructor(section: Section, start: number) {
    this.section = section;
    this.start = start;
  }
}

export class Section {
  readonly name: string;
  type: number;
  flags: number;
  entrySize = 0;
  align = 1;
  readonly fragments: Fragment[] = [];
  readonly fixups: Fixup[] = [];
  /** Raw bytes of all fragments' fixed parts; unused for SHT_NOBITS. */
  buffer = new Uint8Array(256);
  length = 0;
  /** Set by layout. */
  size = 0;
  data = new Uint8Array(0);
  readonly relocations: Relocation[] = [];
  current: Fragment;

  constructor(name: string, type: number, flags: number) {
    this.name = name;
    this.type = type;
    this.flags = flags;
    this.current = new Fragment(this, 0);
    this.fragments.push(this.current);
  }

  /** Room for `count` more bytes; the index of the first. They are zero. */
  extend(count: number): number {
    const start = this.length;
    this.length += count;
    this.current.size += count;
    if (this.type !== SHT_NOBITS && this.length > this.buffer.length) {
      const grown = new Uint8Array(Math.max(this.length, this.buffer.length * 2));
      grown.set(this.buffer);
      this.buffer = grown;
    }
    return start;
  }

  emit8(value: number): void {
    const at = this.extend(1);
    this.buffer[at] = value;
  }

  emit16(value: number): void {
    const at = this.extend(2);
    this.buffer[at] = value;
    this.buffer[at + 1] = value >> 8;
  }

  emit32(value: number): void {
    const at = this.extend(4);
    const { buffer } = this;
    buffer[at] = value;
    buffer[at + 1] = value >> 8;
    buffer[at + 2] = value >> 16;
    buffer[at + 3] = value >> 24;
  }

  /** `value` in `size` bytes, least significant first. */
  emitInteger(value: bigint, size: number): void {
    const at = this.extend(size);
    if (this.type === SHT_NOBITS) return;
    for (let i = 0; i < size; i++) this.buffer[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }

  emitBytes(bytes: ArrayLike<number>): void {
    const at = this.extend(bytes.length);
    if (this.type !== SHT_NOBITS) this.buffer.set(bytes, at);
  }

  addFixup(kind: FixupKind, expression: Expression, place: SourcePlace): void {
    this.fixups.push({ fragment: this.current, offset: this.current.size, kind, expression, place });
  }

  /** Ends the current fragment with `tail`. */
  addTail(tail: Tail): void {
    this.current.tail = tail;
    this.current = new Fragment(this, this.length);
    this.fragments.push(this.current);
  }

  get isCode(): boolean {
    return (this.flags & SHF_EXECINSTR) !== 0;
  }
}

export interface Relocation {
  readonly offset: number;
  /** Number of the psABI. */
  readonly type: number;
  readonly symbol: AssemblySymbol | undefined;
  readonly addend: bigint;
  readonly place: SourcePlace;
}

export class AssemblySymbol {
  readonly name: string;
  /** Where a label stands. */
  fragment: Fragment | undefined;
  offset = 0;
  /** The value of `.set`, instead of a place. */
  value: Expression | undefined;
  /** `.comm`: size and alignment. */
  common: { readonly size: number; readonly align: number } | undefined;
  binding: 'local' | 'global' | 'weak' | undefined;
  type = STT_NOTYPE;
  visibility = 0;
  size: Expression | undefined;
  /** Where it was defined, or first used. */
  place: SourcePlace | undefined;
  /** True if a relocation needs it in the object's symbol table although its name is a local label's. */
  needed = false;
  /** Guards against `a = b; b = a`. */
  evaluating = false;

  constructor(name: string) {
    this.name = name;
  }

  get isDefined(): boolean {
    return this.fragment !== undefined || this.value !== undefined || this.common !== undefined;
  }
}

/** Type and flags that GNU as gives a section by its name alone, most specific prefix first. */
const KNOWN_SECTIONS: readonly (readonly [prefix: string, type: number, flags: number])[] = [
  ['.text', SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR],
  ['.init', SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR],
  ['.fini', SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR],
  ['.rodata', SHT_PROGBITS, SHF_ALLOC],
  ['.srodata', SHT_PROGBITS, SHF_ALLOC],
  ['.data', SHT_PROGBITS, SHF_ALLOC | SHF_WRITE],
  ['.sdata', SHT_PROGBITS, SHF_ALLOC | SHF_WRITE],
  ['.bss', SHT_NOBITS, SHF_ALLOC | SHF_WRITE],
  ['.sbss', SHT_NOBITS, SHF_ALLOC | SHF_WRITE],
];

export function defaultSectionShape(name: string): { type: number; flags: number } {
  const known = KNOWN_SECTIONS.find(([prefix]) => name === prefix || name.startsWith(`${prefix}.`));
  return known === undefined ? { type: SHT_PROGBITS, flags: 0 } : { type: known[1], flags: known[2] };
}

/** A source after layout: what the linker joins and the object writer writes. */
export interface ObjectModule {
  readonly name: string;
  readonly sections: readonly Section[];
  readonly symbols: readonly AssemblySymbol[];
  readonly flags: number;
}
