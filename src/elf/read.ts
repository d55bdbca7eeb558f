/*
 * Reading ELF64 little-endian files. Never throws: whatever the bytes, the answer is a description or a reason.
 * `readProgram` looks only at what execve needs; `readElf` adds sections and symbols for tools. Every offset, count
 * and size is checked against the file's length before use, so time and memory are bounded by it.
 * Addresses and memory sizes are 64-bit and may be anything, hence bigint; file offsets and sizes are numbers.
 * Source: System V ABI, "Object Files".
 */

import {
  ELF_HEADER_BYTES,
  PROGRAM_HEADER_BYTES,
  RELA_BYTES,
  SECTION_HEADER_BYTES,
  SHT_NOBITS,
  SHT_NULL,
  SHT_RELA,
  SHT_SYMTAB,
  SYMBOL_BYTES,
} from './constants.ts';

export interface ElfHeader {
  readonly type: number;
  readonly machine: number;
  readonly flags: number;
  readonly entry: bigint;
  readonly programHeaderOffset: number;
  readonly programHeaderCount: number;
}

export interface ElfSegment {
  readonly type: number;
  readonly flags: number;
  /** Place in the file; `offset + fileSize` is within it. */
  readonly offset: number;
  readonly fileSize: number;
  readonly virtualAddress: bigint;
  readonly memorySize: bigint;
  readonly align: bigint;
}

export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  readonly offset: number;
  readonly size: bigint;
  readonly link: number;
  readonly info: number;
  readonly align: bigint;
  readonly entrySize: number;
  /** Contents, a view into the file; empty for SHT_NOBITS. */
  readonly data: Uint8Array;
}

export interface ElfSymbol {
  readonly name: string;
  readonly value: bigint;
  readonly size: bigint;
  /** STB_*, STT_*, STV_* */
  readonly binding: number;
  readonly type: number;
  readonly visibility: number;
  /** Index of the section, or SHN_* */
  readonly section: number;
}

export interface ElfRelocation {
  readonly offset: bigint;
  readonly type: number;
  /** Index into the symbol table. */
  readonly symbol: number;
  readonly addend: bigint;
}

export interface ElfProgram {
  readonly header: ElfHeader;
  readonly segments: readonly ElfSegment[];
}

export interface Elf extends ElfProgram {
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
}

export type ElfResult<T> = { readonly ok: true; readonly elf: T } | { readonly ok: false; readonly reason: string };

function fail(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit file offset or size as a number; NaN, which fails every bound check, if it lies beyond 2^53. */
function fileNumber(data: DataView, at: number): number {
  const value = data.getBigUint64(at, true);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.NaN : Number(value);
}

function within(offset: number, size: number, length: number): boolean {
  return offset >= 0 && size >= 0 && offset + size <= length;
}

/** Header and segments. The caller judges type and machine. `bytes` may be a prefix of a file of `fileBytes` bytes that holds the headers. */
export function readProgram(bytes: Uint8Array, fileBytes = bytes.length): ElfResult<ElfProgram> {
  if (bytes.length < ELF_HEADER_BYTES) return fail('not an ELF file: shorter than an ELF header');
  if (bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    return fail('not an ELF file: wrong magic number');
  }
  if (bytes[4] !== 2) return fail('not a 64-bit ELF file');
  if (bytes[5] !== 1) return fail('not a little-endian ELF file');
  if (bytes[6] !== 1) return fail(`unknown ELF version ${bytes[6]}`);
  const data = view(bytes);
  const header: ElfHeader = {
    type: data.getUint16(16, true),
    machine: data.getUint16(18, true),
    entry: data.getBigUint64(24, true),
    flags: data.getUint32(48, true),
    programHeaderOffset: fileNumber(data, 32),
    programHeaderCount: data.getUint16(56, true),
  };
  const { programHeaderOffset, programHeaderCount } = header;
  if (programHeaderCount > 0) {
    const entrySize = data.getUint16(54, true);
    if (entrySize !== PROGRAM_HEADER_BYTES) return fail(`program headers of ${entrySize} bytes instead of 56`);
    if (!within(programHeaderOffset, programHeaderCount * PROGRAM_HEADER_BYTES, bytes.length)) {
      return fail('program headers lie outside the file');
    }
  }
  const segments: ElfSegment[] = [];
  for (let index = 0; index < programHeaderCount; index++) {
    const at = programHeaderOffset + index * PROGRAM_HEADER_BYTES;
    const segment: ElfSegment = {
      type: data.getUint32(at, true),
      flags: data.getUint32(at + 4, true),
      offset: fileNumber(data, at + 8),
      virtualAddress: data.getBigUint64(at + 16, true),
      fileSize: fileNumber(data, at + 32),
      memorySize: data.getBigUint64(at + 40, true),
      align: data.getBigUint64(at + 48, true),
    };
    if (!within(segment.offset, segment.fileSize, fileBytes)) return fail(`segment ${index} lies outside the file`);
    segments.push(segment);
  }
  return { ok: true, elf: { header, segments } };
}

function readString(table: Uint8Array, offset: number): string {
  if (offset >= table.length) return '';
  const end = table.indexOf(0, offset);
  let text = '';
  // Names are bounded so that overlapping strings in a corrupt table cannot multiply into unbounded work.
  const last = Math.min(end < 0 ? table.length : end, offset + 4096);
  for (let at = offset; at < last; at++) text += String.fromCharCode(table[at]!);
  return text;
}

function readSections(bytes: Uint8Array): ElfResult<ElfSection[]> {
  const data = view(bytes);
  const offset = fileNumber(data, 40);
  const count = data.getUint16(60, true);
  const nameIndex = data.getUint16(62, true);
  if (count === 0) return { ok: true, elf: [] };
  if (data.getUint16(58, true) !== SECTION_HEADER_BYTES) return fail('section headers are not of 64 bytes');
  if (!within(offset, count * SECTION_HEADER_BYTES, bytes.length)) return fail('section headers lie outside the file');
  const sections: (Omit<ElfSection, 'name'> & { nameOffset: number })[] = [];
  for (let index = 0; index < count; index++) {
    const at = offset + index * SECTION_HEADER_BYTES;
    const type = data.getUint32(at + 4, true);
    const start = fileNumber(data, at + 24);
    const size = fileNumber(data, at + 32);
    const empty = type === SHT_NOBITS || type === SHT_NULL;
    if (!empty && !within(start, size, bytes.length)) return fail(`section ${index} lies outside the file`);
    sections.push({
      nameOffset: data.getUint32(at, true),
      type,
      flags: data.getBigUint64(at + 8, true),
      address: data.getBigUint64(at + 16, true),
      offset: start,
      size: data.getBigUint64(at + 32, true),
      link: data.getUint32(at + 40, true),
      info: data.getUint32(at + 44, true),
      align: data.getBigUint64(at + 48, true),
      entrySize: fileNumber(data, at + 56),
      data: empty ? bytes.subarray(0, 0) : bytes.subarray(start, start + size),
    });
  }
  const names = sections[nameIndex]?.data ?? bytes.subarray(0, 0);
  return {
    ok: true,
    elf: sections.map(({ nameOffset, ...rest }) => ({ ...rest, name: readString(names, nameOffset) })),
  };
}

/** The symbols of the first section of this type: SHT_SYMTAB, or SHT_DYNSYM, which stripped libraries keep. */
export function readSymbols(sections: readonly ElfSection[], type: number): ElfSymbol[] {
  const table = sections.find((section) => section.type === type);
  if (table === undefined) return [];
  const names = sections[table.link]?.data ?? new Uint8Array(0);
  const data = view(table.data);
  const symbols: ElfSymbol[] = [];
  for (let at = 0; at + SYMBOL_BYTES <= table.data.length; at += SYMBOL_BYTES) {
    const info = data.getUint8(at + 4);
    symbols.push({
      name: readString(names, data.getUint32(at, true)),
      binding: info >> 4,
      type: info & 15,
      visibility: data.getUint8(at + 5) & 3,
      section: data.getUint16(at + 6, true),
      value: data.getBigUint64(at + 8, true),
      size: data.getBigUint64(at + 16, true),
    });
  }
  return symbols;
}

/** The relocations of a SHT_RELA section; other sections have none. */
export function readRelocations(section: ElfSection): ElfRelocation[] {
  if (section.type !== SHT_RELA) return [];
  const data = view(section.data);
  const relocations: ElfRelocation[] = [];
  for (let at = 0; at + RELA_BYTES <= section.data.length; at += RELA_BYTES) {
    relocations.push({
      offset: data.getBigUint64(at, true),
      type: data.getUint32(at + 8, true),
      symbol: data.getUint32(at + 12, true),
      addend: data.getBigInt64(at + 16, true),
    });
  }
  return relocations;
}

/** Everything: header, segments, sections and the symbol table. */
export function readElf(bytes: Uint8Array): ElfResult<Elf> {
  const program = readProgram(bytes);
  if (!program.ok) return program;
  const sections = readSections(bytes);
  if (!sections.ok) return sections;
  return { ok: true, elf: { ...program.elf, sections: sections.elf, symbols: readSymbols(sections.elf, SHT_SYMTAB) } };
}
