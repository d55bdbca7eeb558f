import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { assembleExecutable, assembleObject } from '../../src/assembler/assemble.ts';
import { codeListing } from '../../src/assembler/objdump-code.ts';
import { sectionTable, symbolTable } from '../../src/assembler/objdump-tables.ts';
import { EM_RISCV, ET_EXEC, ET_REL, PF_R, PF_W, PF_X, PT_GNU_STACK, PT_LOAD } from '../../src/elf/constants.ts';
import { type Elf, readElf, readProgram, readRelocations } from '../../src/elf/read.ts';
import { seededRandom } from '../random.ts';

const SOURCE = {
  name: 'test/assembler/directives.s',
  text: readFileSync('test/assembler/directives.s', 'utf8'),
};

function assembled(): Uint8Array {
  const result = assembleExecutable([SOURCE]);
  if (!result.ok) throw new Error('does not assemble');
  return result.elf;
}

function object(): Uint8Array {
  const result = assembleObject(SOURCE);
  if (!result.ok) throw new Error('does not assemble');
  return result.elf;
}

function read(bytes: Uint8Array): Elf {
  const result = readElf(bytes);
  if (!result.ok) throw new Error(result.reason);
  return result.elf;
}

describe('an executable', () => {
  test('has code that is not writable, constants that are neither, and data that is not executable', () => {
    const elf = read(assembled());
    expect(elf.header.type).toBe(ET_EXEC);
    expect(elf.header.machine).toBe(EM_RISCV);
    const loads = elf.segments.filter(({ type }) => type === PT_LOAD);
    expect(loads.map(({ flags }) => flags)).toEqual([PF_R | PF_X, PF_R, PF_R | PF_W]);
    expect(elf.segments.find(({ type }) => type === PT_GNU_STACK)?.flags).toBe(PF_R | PF_W);
    expect(loads[0]!.virtualAddress).toBe(0x10000n);
    for (const { offset, virtualAddress } of loads) expect(BigInt(offset) % 4096n).toBe(virtualAddress % 4096n);
    const start = elf.symbols.find(({ name }) => name === '_start');
    expect(elf.header.entry).toBe(start?.value);
  });

  test('put at an address of the upper half keeps it', () => {
    const textBase = 0xffffffd600000000n;
    const result = assembleExecutable(
      [{ name: 'ring0.s', text: '.globl _start\n_start: la a0, _start\nbnez a0, _start\n' }],
      { textBase },
    );
    if (!result.ok) throw new Error('does not assemble');
    expect(result.symbols.get('_start')).toBe(textBase);
    expect(read(result.elf).header.entry).toBe(textBase);
    expect(result.sections[0]).toMatchObject({ name: '.text', address: textBase, size: 10 });
  });

  test('an object has relocations that name its symbols', () => {
    const elf = read(object());
    expect(elf.header.type).toBe(ET_REL);
    const relocations = elf.sections.flatMap((section) => readRelocations(section));
    expect(relocations.length).toBeGreaterThan(20);
    for (const { symbol } of relocations) expect(elf.symbols[symbol]).toBeDefined();
  });
});

describe('what is no ELF file', () => {
  test.each([
    ['nothing', new Uint8Array(0), 'shorter than an ELF header'],
    ['text', new TextEncoder().encode('#!/bin/sh\n'.repeat(10)), 'wrong magic number'],
    ['a 32-bit file', patched(4, 1), 'not a 64-bit ELF file'],
    ['a big-endian file', patched(5, 2), 'not a little-endian ELF file'],
    ['headers beyond the end', patched(39, 0x7f), 'program headers lie outside the file'],
    ['headers of another size', patched(54, 57), 'program headers of 57 bytes'],
    ['a segment beyond the end', patched(64 + 32 + 6, 1), 'segment 0 lies outside the file'],
  ])('%s', (_, bytes, reason) => {
    const result = readProgram(bytes);
    expect(result.ok ? '' : result.reason).toContain(reason);
  });

  function patched(offset: number, value: number): Uint8Array {
    const bytes = assembled().slice();
    bytes[offset] = value;
    return bytes;
  }

  test('10,000 corrupted files are read or refused, never more', { timeout: 60_000 }, () => {
    const random = seededRandom('corrupted ELF files');
    const originals = [assembled(), object()];
    let readable = 0;
    for (let index = 0; index < 10_000; index++) {
      let bytes = random.pick(originals).slice();
      if (random.below(4) === 0) bytes = bytes.slice(0, random.below(bytes.length));
      const headerBytes = random.below(2) === 0 ? 64 + 56 * 4 : bytes.length;
      for (let changes = 1 + random.below(8); changes > 0 && bytes.length > 0; changes--) {
        // Section headers stand at the end; half of the changes fall into one header or the other.
        const fromEnd = random.below(2) === 0;
        const at = random.below(Math.min(headerBytes, bytes.length));
        bytes[fromEnd ? bytes.length - 1 - at : at] = random.pick([0, 1, 0xff, 0x7f, 0x80, random.below(256)]);
      }
      readProgram(bytes);
      const result = readElf(bytes);
      if (!result.ok) continue;
      readable++;
      for (const section of result.elf.sections) readRelocations(section);
      if (index % 20 === 0) {
        sectionTable(result.elf);
        symbolTable(result.elf);
        codeListing(result.elf);
      }
    }
    expect(readable).toBeGreaterThan(100);
  });
});
