/*
 * `objdump -d`: the code sections of an ELF file, disassembled between symbols, in GNU's layout.
 */

import {
  ET_REL,
  SHF_EXECINSTR,
  SHN_COMMON,
  SHN_LORESERVE,
  SHN_UNDEF,
  SHT_NOBITS,
  STB_GLOBAL,
  STB_WEAK,
  STT_FILE,
  STT_FUNC,
  STT_OBJECT,
  STT_SECTION,
} from '../elf/constants.ts';
import type { Elf, ElfSection, ElfSymbol } from '../elf/read.ts';
import { Disassembler, instructionLength } from './disassemble.ts';
import { hex16, isSpecialSymbol } from './objdump-tables.ts';

/** Runs of zeros from this length on, or shorter than the second at the end, are shown as `...`. */
const SKIPPED_ZEROS = 8;
const SKIPPED_ZEROS_AT_END = 3;

function isPlace({ name, type, section }: ElfSymbol): boolean {
  if (name === '' || type === STT_FILE || type === STT_SECTION) return false;
  return section !== SHN_UNDEF && section !== SHN_COMMON;
}

/** Symbols that can name a place, in the order in which objdump prefers them at one address. */
function usefulSymbols(elf: Elf): ElfSymbol[] {
  const useful = elf.symbols.filter((symbol) => isPlace(symbol) && !isSpecialSymbol(symbol));
  const preference = (symbol: ElfSymbol) => [
    symbol.type === STT_FUNC ? 0 : 1,
    symbol.type === STT_OBJECT ? 0 : 1,
    symbol.binding === STB_GLOBAL ? 0 : symbol.binding === STB_WEAK ? 1 : 2,
    -Number(symbol.size),
    symbol.name.startsWith('.') ? 1 : 0,
  ];
  return useful.sort((a, b) => {
    if (a.value !== b.value) return a.value < b.value ? -1 : 1;
    if (a.section !== b.section) return b.section - a.section;
    const first = preference(a);
    const second = preference(b);
    const at = first.findIndex((value, index) => value !== second[index]);
    if (at >= 0) return first[at]! - second[at]!;
    return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
  });
}

/** Index of the first symbol at the greatest address that is not above `address`; 0 if all are above. */
function nearest(symbols: readonly ElfSymbol[], address: bigint): number {
  let low = 0;
  let high = symbols.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (symbols[middle]!.value <= address) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return 0;
  let index = low - 1;
  while (index > 0 && symbols[index - 1]!.value === symbols[index]!.value) index--;
  return index;
}

function nameWithOffset(name: string, start: bigint, address: bigint): string {
  if (address === start) return `<${name}>`;
  if (address > start) return `<${name}+0x${(address - start).toString(16)}>`;
  return `<${name}-0x${(start - address).toString(16)}>`;
}

class CodeListing {
  private readonly elf: Elf;
  private readonly symbols: readonly ElfSymbol[];
  private readonly disassembler: Disassembler;
  private section: ElfSection | undefined;
  private text = '';

  constructor(elf: Elf) {
    this.elf = elf;
    this.symbols = usefulSymbols(elf);
    const globalPointer = elf.symbols.find(({ name }) => name === '__global_pointer$')?.value;
    this.disassembler = new Disassembler({
      showAddress: (address) => this.showAddress(address),
      ...(globalPointer === undefined ? {} : { globalPointer }),
    });
  }

  list(): string {
    this.elf.sections.forEach((section, index) => {
      if ((section.flags & BigInt(SHF_EXECINSTR)) === 0n || section.type === SHT_NOBITS || section.data.length === 0)
        return;
      this.text += `\nDisassembly of section ${section.name}:\n`;
      this.listSection(section, index);
    });
    return this.text;
  }

  /** In an object file all sections begin at 0, so only the section's own symbols can be meant. */
  private candidates(sectionIndex: number): readonly ElfSymbol[] {
    if (this.elf.header.type !== ET_REL) return this.symbols;
    const own = this.symbols.filter(({ section }) => section === sectionIndex);
    return own.length > 0 ? own : this.symbols;
  }

  private showAddress(address: bigint): string {
    const symbols = this.candidates(this.elf.sections.indexOf(this.section!));
    const shown = address.toString(16);
    if (symbols.length === 0) {
      const { name, address: start, size } = this.section!;
      const inside = address >= start && address < start + size;
      return inside || this.elf.header.type === ET_REL
        ? `${shown} ${nameWithOffset(name, start, address)}`
        : `0x${shown}`;
    }
    const symbol = symbols[nearest(symbols, address)]!;
    return `${shown} ${nameWithOffset(symbol.name, symbol.value, address)}`;
  }

  private listSection(section: ElfSection, index: number): void {
    this.section = section;
    const end = section.address + BigInt(section.data.length);
    const own = this.symbols.filter(
      ({ section: at, value }) => at === index && at < SHN_LORESERVE && value >= section.address && value < end,
    );
    // Leading zeros go in groups of four as long as one more follows; the others become blanks.
    const width = Math.min(16, Math.ceil((end.toString(16).length + 1) / 4) * 4);
    let address = section.address;
    while (address < end) {
      const symbol = own.length > 0 && own[0]!.value <= address ? own[nearest(own, address)] : undefined;
      const next = own.find(({ value }) => value > address)?.value ?? end;
      const name = symbol?.name ?? section.name;
      const start = symbol?.value ?? section.address;
      this.text += `\n${hex16(address)} ${nameWithOffset(name, start, address)}:\n`;
      this.listRange(section, address, next, width);
      address = next;
    }
  }

  private listRange(section: ElfSection, start: bigint, end: bigint, width: number): void {
    const { data } = section;
    let at = Number(start - section.address);
    const stop = Number(end - section.address);
    while (at < stop) {
      const skipped = zerosToSkip(data, at, stop);
      if (skipped > 0) {
        this.text += '\t...\n';
        at += skipped;
        continue;
      }
      const length = this.listInstruction(data, at, stop, section.address + BigInt(at), width);
      at += length;
    }
  }

  private listInstruction(data: Uint8Array, at: number, stop: number, address: bigint, width: number): number {
    const label = `${address.toString(16).padStart(width)}:\t`;
    const half = data[at]! | ((data[at + 1] ?? 0) << 8);
    const length = Math.min(instructionLength(half), stop - at);
    if (length === 4) {
      const word = (half | (data[at + 2]! << 16) | (data[at + 3]! << 24)) >>> 0;
      this.text += `${label}${word.toString(16).padStart(8, '0').padEnd(18)}\t${this.disassembler.disassemble(word, address)}\n`;
      return 4;
    }
    const halves: string[] = [];
    for (let i = 0; i + 1 < length; i += 2) {
      halves.push((data[at + i]! | (data[at + i + 1]! << 8)).toString(16).padStart(4, '0'));
    }
    let text: string;
    if (length === 2 && (half & 3) !== 3) {
      text = this.disassembler.disassemble(half, address);
    } else if (length === 2) {
      text = `.2byte\t0x${half.toString(16)}`;
    } else {
      const bytes = [...data.subarray(at, at + length)].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`);
      text = `.byte\t${bytes.join(', ')}`;
      if (length === 1) halves.push(data[at]!.toString(16).padStart(2, '0'));
    }
    this.text += `${label}${`${halves.join(' ')} `.padEnd(20)}\t${text}\n`;
    return length;
  }
}

function zerosToSkip(data: Uint8Array, at: number, stop: number): number {
  let end = at;
  while (end < stop && data[end] === 0) end++;
  const count = end - at;
  if (count === 0) return 0;
  if (count < SKIPPED_ZEROS && !(end === stop && count < SKIPPED_ZEROS_AT_END)) return 0;
  return end === stop ? count : count - (count % 4);
}

export function codeListing(elf: Elf): string {
  return new CodeListing(elf).list();
}
