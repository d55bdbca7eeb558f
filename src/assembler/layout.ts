/*
 * Settles the size of every fragment's tail, then its address. Branches start from GNU as's first guess and grow or
 * shrink in its order of passes until nothing changes, so that the lengths come out the same:
 * a conditional branch is 2 bytes (c.beqz, c.bnez), 4, or, out of reach of 4 KiB, inverted over a jump (6 or 8);
 * a jump is 2 (c.j) or 4.
 */

import type { Assembler } from './assembler.ts';
import type { Expression } from './expressions.ts';
import type { AssemblySymbol, Fragment, Section, SourcePlace, Tail } from './object.ts';
import { evaluate } from './values.ts';

const MAX_SECTION_BYTES = 256 * 1024 * 1024;
const MAX_PASSES = 1000;

type BranchTail = Extract<Tail, { kind: 'branch' }>;

function within(offset: number, reach: number): boolean {
  return offset >= -reach && offset < reach;
}

const isJump = (tail: BranchTail) => (tail.word & 0x7f) === 0x6f;

/** Length of a branch, from where its target stands at this moment of the layout. */
function branchLength(tail: BranchTail, fragment: Fragment): number {
  const jump = isJump(tail);
  const { target } = tail;
  if (target?.fragment === undefined || target.binding === 'weak' || target.fragment.section !== fragment.section) {
    return jump ? 4 : 8;
  }
  const offset = target.fragment.address + target.offset + Number(tail.addend) - fragment.address - fragment.size;
  if (tail.half !== undefined && within(offset, jump ? 2048 : 256)) return 2;
  if (jump || within(offset, 4096)) return 4;
  return tail.half !== undefined ? 6 : 8;
}

function alignment(tail: Extract<Tail, { kind: 'align' }>, end: number): number {
  const padding = (tail.bytes - (end % tail.bytes)) % tail.bytes;
  return padding > tail.limit ? 0 : padding;
}

class Layout {
  private readonly assembler: Assembler;

  constructor(assembler: Assembler) {
    this.assembler = assembler;
  }

  /** First addresses; tails that need symbols count as empty, branches by what is known of symbols ahead. */
  firstGuess(section: Section): void {
    let address = 0;
    for (const fragment of section.fragments) {
      fragment.address = address;
      address += fragment.size;
      const { tail } = fragment;
      if (tail === undefined) continue;
      if (tail.kind === 'branch') fragment.tailLength = branchLength(tail, fragment);
      else if (tail.kind === 'align') fragment.tailLength = alignment(tail, address);
      else fragment.tailLength = tail.kind === 'leb128' ? 1 : 0;
      address += fragment.tailLength;
    }
  }

  /** One pass over a section; true if any tail changed its length. */
  pass(section: Section): boolean {
    let stretch = 0;
    let changed = false;
    for (const fragment of section.fragments) {
      fragment.address += stretch;
      const { tail } = fragment;
      if (tail === undefined) continue;
      const length = this.tailLength(tail, fragment);
      if (length !== fragment.tailLength) {
        changed = true;
        stretch += length - fragment.tailLength;
        fragment.tailLength = length;
      }
    }
    return changed;
  }

  private tailLength(tail: Tail, fragment: Fragment): number {
    const end = fragment.address + fragment.size;
    switch (tail.kind) {
      case 'branch':
        return branchLength(tail, fragment);
      case 'align':
        return alignment(tail, end);
      case 'org': {
        const target = this.place(tail.target, fragment.section, tail.place);
        return target === undefined ? 0 : Math.max(0, target - end);
      }
      case 'space': {
        const count = this.constant(tail.count, tail.place);
        return count === undefined ? 0 : Math.max(0, Number(count));
      }
      case 'leb128': {
        const value = this.constant(tail.value, tail.place);
        return value === undefined ? 1 : Math.max(fragment.tailLength, encodeLeb128(value, tail.signed).length);
      }
    }
  }

  private readonly failed = new Set<SourcePlace>();

  private fail(place: SourcePlace, message: string): undefined {
    if (!this.failed.has(place)) {
      this.failed.add(place);
      this.assembler.reportPlace(place, message);
    }
    return undefined;
  }

  private constant(expression: Expression, place: SourcePlace): bigint | undefined {
    const result = evaluate(expression, { symbol: (name) => this.assembler.symbol(name), laidOut: true });
    if (!result.ok) return this.fail(place, result.reason);
    const { constant, plus, minus } = result.value;
    if (plus !== undefined || minus !== undefined) {
      return this.fail(place, `expected a constant; \`${(plus ?? minus)!.name}\` is not known while assembling`);
    }
    return constant;
  }

  /** An offset in `section`: a plain number, or a symbol of that section. */
  private place(expression: Expression, section: Section, place: SourcePlace): number | undefined {
    const result = evaluate(expression, { symbol: (name) => this.assembler.symbol(name), laidOut: true });
    if (!result.ok) return this.fail(place, result.reason);
    const { constant, plus, minus } = result.value;
    if (minus !== undefined) return this.fail(place, 'expected an address in this section');
    if (plus === undefined) return Number(constant);
    if (plus.fragment?.section !== section)
      return this.fail(place, `\`${plus.name}\` is not in section ${section.name}`);
    return plus.fragment.address + plus.offset + Number(constant);
  }

  checkOrigins(section: Section): void {
    for (const fragment of section.fragments) {
      const { tail } = fragment;
      const end = fragment.address + fragment.size;
      if (tail?.kind === 'org') {
        const target = this.place(tail.target, section, tail.place);
        if (target !== undefined && target < end) {
          this.fail(tail.place, `cannot move backwards, from offset ${end} to ${target}`);
        }
      } else if (tail?.kind === 'space') {
        const count = this.constant(tail.count, tail.place);
        if (count !== undefined && count < 0n) this.fail(tail.place, `cannot reserve ${count} bytes`);
      }
    }
  }
}

export function layOut(assembler: Assembler): void {
  const layout = new Layout(assembler);
  const { sections } = assembler;
  for (const section of sections) layout.firstGuess(section);
  for (let passes = 0; ; passes++) {
    let changed = false;
    for (const section of sections) {
      // A section is brought to rest before the next is looked at.
      for (let rounds = 0; rounds < MAX_PASSES && layout.pass(section); rounds++) changed = true;
      const last = section.fragments.at(-1)!;
      section.size = last.address + last.size + last.tailLength;
      if (!(section.size <= MAX_SECTION_BYTES)) {
        assembler.report(`section ${section.name} is larger than ${MAX_SECTION_BYTES / 1048576} MiB`, 0);
        return;
      }
    }
    if (!changed || passes >= MAX_PASSES) break;
  }
  for (const section of sections) layout.checkOrigins(section);
}

/** Offset of a placed symbol in its section. */
export function addressOf(symbol: AssemblySymbol): number {
  return symbol.fragment === undefined ? 0 : symbol.fragment.address + symbol.offset;
}

/** DWARF's variable-length integers (DWARF 5, section 7.6). */
export function encodeLeb128(value: bigint, signed: boolean): number[] {
  const bytes: number[] = [];
  let rest = signed ? value : BigInt.asUintN(64, value);
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = signed ? (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0) : rest === 0n;
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}
