/*
 * Writing ELF64 little-endian files for RISC-V. The caller lays out segments and sections (addresses and file
 * offsets); this module adds .symtab, .strtab, .shstrtab and the headers.
 * Source: System V ABI, "Object Files".
 */

import {
  ELF_HEADER_BYTES,
  EM_RISCV,
  PROGRAM_HEADER_BYTES,
  RELA_BYTES,
  SECTION_HEADER_BYTES,
  SHF_INFO_LINK,
  SHT_NOBITS,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  STB_LOCAL,
  SYMBOL_BYTES,
} from './constants.ts';
import type { ElfSegment } from './read.ts';

export interface OutputSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: bigint;
  readonly align: number;
  readonly entrySize: number;
  /** File contents; for SHT_NOBITS only `size` counts. */
  readonly data: Uint8Array;
  readonly size: number;
  /** Fixed place in the file (an executable's), or undefined: after what precedes, aligned. */
  readonly offset?: number;
  readonly relocations?: readonly OutputRelocation[];
}

export interface OutputSymbol {
  readonly name: string;
  readonly value: bigint;
  readonly size: bigint;
  readonly binding: number;
  readonly type: number;
  readonly visibility: number;
  /** Position in `sections` plus one, or SHN_* */
  readonly section: number;
}

export interface OutputRelocation {
  readonly offset: number;
  readonly type: number;
  /** Position in `symbols`, or undefined for none. */
  readonly symbol: number | undefined;
  readonly addend: bigint;
}

export interface OutputFile {
  readonly type: number;
  readonly flags: number;
  readonly entry: bigint;
  readonly segments: readonly ElfSegment[];
  readonly sections: readonly OutputSection[];
  readonly symbols: readonly OutputSymbol[];
}

class StringTable {
  private bytes: number[] = [0];
  private offsets = new Map<string, number>([['', 0]]);

  add(text: string): number {
    const known = this.offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.bytes.length;
    for (const byte of utf8(text)) this.bytes.push(byte);
    this.bytes.push(0);
    this.offsets.set(text, offset);
    return offset;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

/** UTF-8 encoding of a string (this module uses neither Node's nor the browser's libraries). */
export function utf8(text: string): number[] {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return bytes;
}

export function alignUp(value: number, align: number): number {
  return align <= 1 ? value : Math.ceil(value / align) * align;
}

interface Header {
  name: number;
  type: number;
  flags: number;
  address: bigint;
  offset: number;
  size: number;
  link: number;
  info: number;
  align: number;
  entrySize: number;
  data: Uint8Array;
}

export function writeElf(file: OutputFile): Uint8Array {
  const names = new StringTable();
  const symbolNames = new StringTable();
  const headers: Header[] = [];
  let offset = ELF_HEADER_BYTES + file.segments.length * PROGRAM_HEADER_BYTES;

  const place = (header: Omit<Header, 'offset'>, fixed?: number) => {
    offset = fixed ?? alignUp(offset, header.align);
    headers.push({ ...header, offset });
    if (header.type !== SHT_NOBITS) offset += header.data.length;
  };

  for (const section of file.sections) {
    const { type, flags, address, size, align, entrySize, data } = section;
    place(
      { name: names.add(section.name), type, flags, address, size, link: 0, info: 0, align, entrySize, data },
      section.offset,
    );
  }

  // Local symbols first, as the format demands; the map takes the caller's positions to the table's.
  const order = file.symbols
    .map((symbol, position) => ({ symbol, position }))
    .sort((a, b) => Number(a.symbol.binding !== STB_LOCAL) - Number(b.symbol.binding !== STB_LOCAL));
  const tableIndex = new Map(order.map(({ position }, index) => [position, index + 1]));
  const localCount = 1 + order.filter(({ symbol }) => symbol.binding === STB_LOCAL).length;
  const symbolTableIndex = file.sections.length + 1 + file.sections.filter(hasRelocations).length;

  file.sections.forEach((section, index) => {
    if (!hasRelocations(section)) return;
    const data = new Uint8Array(section.relocations.length * RELA_BYTES);
    const view = new DataView(data.buffer);
    section.relocations.forEach((relocation, at) => {
      const symbol = relocation.symbol === undefined ? 0 : tableIndex.get(relocation.symbol)!;
      view.setBigUint64(at * RELA_BYTES, BigInt(relocation.offset), true);
      view.setUint32(at * RELA_BYTES + 8, relocation.type, true);
      view.setUint32(at * RELA_BYTES + 12, symbol, true);
      view.setBigInt64(at * RELA_BYTES + 16, relocation.addend, true);
    });
    place({
      name: names.add(`.rela${section.name}`),
      type: SHT_RELA,
      flags: SHF_INFO_LINK,
      address: 0n,
      size: data.length,
      link: symbolTableIndex,
      info: index + 1,
      align: 8,
      entrySize: RELA_BYTES,
      data,
    });
  });

  const table = new Uint8Array((order.length + 1) * SYMBOL_BYTES);
  const view = new DataView(table.buffer);
  order.forEach(({ symbol }, index) => {
    const at = (index + 1) * SYMBOL_BYTES;
    view.setUint32(at, symbolNames.add(symbol.name), true);
    view.setUint8(at + 4, (symbol.binding << 4) | symbol.type);
    view.setUint8(at + 5, symbol.visibility);
    view.setUint16(at + 6, symbol.section, true);
    view.setBigUint64(at + 8, BigInt.asUintN(64, symbol.value), true);
    view.setBigUint64(at + 16, BigInt.asUintN(64, symbol.size), true);
  });
  const plain = { flags: 0, address: 0n, entrySize: 0, link: 0, info: 0 };
  const sized = (data: Uint8Array) => ({ data, size: data.length });
  place({
    ...plain,
    ...sized(table),
    name: names.add('.symtab'),
    type: SHT_SYMTAB,
    link: symbolTableIndex + 1,
    info: localCount,
    align: 8,
    entrySize: SYMBOL_BYTES,
  });
  place({ ...plain, ...sized(symbolNames.finish()), name: names.add('.strtab'), type: SHT_STRTAB, align: 1 });
  const sectionNameOffset = names.add('.shstrtab');
  place({ ...plain, ...sized(names.finish()), name: sectionNameOffset, type: SHT_STRTAB, align: 1 });
  return emit(file, headers, alignUp(offset, 8));
}

function hasRelocations(
  section: OutputSection,
): section is OutputSection & { readonly relocations: readonly OutputRelocation[] } {
  return section.relocations !== undefined && section.relocations.length > 0;
}

function emit(file: OutputFile, headers: readonly Header[], headerOffset: number): Uint8Array {
  const bytes = new Uint8Array(headerOffset + (headers.length + 1) * SECTION_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, file.type, true);
  view.setUint16(18, EM_RISCV, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt.asUintN(64, file.entry), true);
  view.setBigUint64(32, file.segments.length > 0 ? BigInt(ELF_HEADER_BYTES) : 0n, true);
  view.setBigUint64(40, BigInt(headerOffset), true);
  view.setUint32(48, file.flags, true);
  view.setUint16(52, ELF_HEADER_BYTES, true);
  view.setUint16(54, file.segments.length > 0 ? PROGRAM_HEADER_BYTES : 0, true);
  view.setUint16(56, file.segments.length, true);
  view.setUint16(58, SECTION_HEADER_BYTES, true);
  view.setUint16(60, headers.length + 1, true);
  view.setUint16(62, headers.length, true);
  file.segments.forEach((segment, index) => {
    const at = ELF_HEADER_BYTES + index * PROGRAM_HEADER_BYTES;
    view.setUint32(at, segment.type, true);
    view.setUint32(at + 4, segment.flags, true);
    view.setBigUint64(at + 8, BigInt(segment.offset), true);
    view.setBigUint64(at + 16, segment.virtualAddress, true);
    view.setBigUint64(at + 24, segment.virtualAddress, true);
    view.setBigUint64(at + 32, BigInt(segment.fileSize), true);
    view.setBigUint64(at + 40, segment.memorySize, true);
    view.setBigUint64(at + 48, segment.align, true);
  });
  headers.forEach((header, index) => {
    if (header.type !== SHT_NOBITS) bytes.set(header.data, header.offset);
    const at = headerOffset + (index + 1) * SECTION_HEADER_BYTES;
    view.setUint32(at, header.name, true);
    view.setUint32(at + 4, header.type, true);
    view.setBigUint64(at + 8, BigInt(header.flags), true);
    view.setBigUint64(at + 16, BigInt.asUintN(64, header.address), true);
    view.setBigUint64(at + 24, BigInt(header.offset), true);
    view.setBigUint64(at + 32, BigInt(header.size), true);
    view.setUint32(at + 40, header.link, true);
    view.setUint32(at + 44, header.info, true);
    view.setBigUint64(at + 48, BigInt(header.align), true);
    view.setBigUint64(at + 56, BigInt(header.entrySize), true);
  });
  return bytes;
}
