// A static executable from segments. All of them are readable and writable: self-modifying programs write to their text.

import {
  EF_RISCV_FLOAT_ABI_DOUBLE,
  EF_RISCV_RVC,
  ET_EXEC,
  PF_R,
  PF_W,
  PF_X,
  PT_LOAD,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_WRITE,
  SHT_PROGBITS,
} from '../../src/elf/constants.ts';
import type { ElfSegment } from '../../src/elf/read.ts';
import { type OutputSection, writeElf } from '../../src/elf/write.ts';

export interface Segment {
  name: string;
  /** Virtual address, page-aligned. */
  address: number;
  bytes: Uint8Array;
  /** Size in memory; what `bytes` does not cover is zero. */
  memoryBytes: number;
  executable: boolean;
}

const page = 4096;

export function writeExecutable(entry: number, segments: readonly Segment[]): Uint8Array {
  const headers: ElfSegment[] = [];
  const sections: OutputSection[] = [];
  let offset = page;
  for (const { name, address, bytes, memoryBytes, executable } of segments) {
    headers.push({
      type: PT_LOAD,
      flags: PF_R | PF_W | (executable ? PF_X : 0),
      offset,
      fileSize: bytes.length,
      virtualAddress: BigInt(address),
      memorySize: BigInt(memoryBytes),
      align: BigInt(page),
    });
    sections.push({
      name,
      type: SHT_PROGBITS,
      flags: SHF_ALLOC | SHF_WRITE | (executable ? SHF_EXECINSTR : 0),
      address: BigInt(address),
      align: page,
      entrySize: 0,
      data: bytes,
      size: bytes.length,
      offset,
    });
    offset = Math.ceil((offset + bytes.length) / page) * page;
  }
  const flags = EF_RISCV_RVC | EF_RISCV_FLOAT_ABI_DOUBLE;
  return writeElf({ type: ET_EXEC, flags, entry: BigInt(entry), segments: headers, sections, symbols: [] });
}
