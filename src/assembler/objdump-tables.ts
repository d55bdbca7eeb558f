/*
 * The tables of `objdump -h` (sections) and `objdump -t` (symbols), in GNU's layout.
 */

import {
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_TLS,
  SHF_WRITE,
  SHN_ABS,
  SHN_COMMON,
  SHN_UNDEF,
  SHT_NOBITS,
  SHT_NULL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  STB_GLOBAL,
  STB_LOCAL,
  STB_WEAK,
  STT_FILE,
  STT_FUNC,
  STT_OBJECT,
  STT_SECTION,
} from '../elf/constants.ts';
import type { Elf, ElfSection, ElfSymbol } from '../elf/read.ts';

export const hex16 = (value: bigint) => BigInt.asUintN(64, value).toString(16).padStart(16, '0');
const hex8 = (value: bigint) => value.toString(16).padStart(8, '0');

/** Sections that objdump counts as such: not the tables of the format itself. */
function listedSections(elf: Elf): ElfSection[] {
  const isTable = (type: number) => [SHT_SYMTAB, SHT_STRTAB, SHT_RELA].includes(type);
  return elf.sections.filter(
    ({ type, flags }) => type !== SHT_NULL && (!isTable(type) || (flags & BigInt(SHF_ALLOC)) !== 0n),
  );
}

function sectionFlags(elf: Elf, section: ElfSection): string {
  const flags = Number(section.flags & 0xffffn);
  const names: string[] = [];
  const hasContents = section.type !== SHT_NOBITS;
  const isAllocated = (flags & SHF_ALLOC) !== 0;
  if (hasContents) names.push('CONTENTS');
  if (isAllocated) names.push('ALLOC');
  if (isAllocated && hasContents) names.push('LOAD');
  const index = elf.sections.indexOf(section);
  if (elf.sections.some(({ type, info }) => type === SHT_RELA && info === index)) names.push('RELOC');
  if ((flags & SHF_WRITE) === 0) names.push('READONLY');
  if ((flags & SHF_EXECINSTR) !== 0) names.push('CODE');
  else if (isAllocated && hasContents) names.push('DATA');
  if (/^\.(debug|stab|zdebug)/.test(section.name)) names.push('DEBUGGING', 'OCTETS');
  if ((flags & SHF_TLS) !== 0) names.push('THREAD_LOCAL');
  return names.join(', ');
}

export function sectionTable(elf: Elf): string {
  const sections = listedSections(elf);
  const width = 13;
  let text = `Sections:\nIdx ${'Name'.padEnd(width)} Size      ${'VMA'.padEnd(18)}${'LMA'.padEnd(18)}File off  Algn\n`;
  // The load address is shown as the virtual one: no file for this machine has them differ.
  sections.forEach((section, index) => {
    const { name, size, address, offset, align } = section;
    const power = align > 1n ? align.toString(2).length - 1 : 0;
    text += `${String(index).padStart(3)} ${name.padEnd(width)} ${hex8(size)}  ${hex16(address)}  ${hex16(address)}  `;
    text += `${hex8(BigInt(offset || 0))}  2**${power}\n${' '.repeat(width + 5)}${sectionFlags(elf, section)}\n`;
  });
  return text;
}

function bindingLetter(symbol: ElfSymbol): string {
  if (symbol.section === SHN_UNDEF || symbol.section === SHN_COMMON) return ' ';
  if (symbol.binding === STB_LOCAL) return 'l';
  return symbol.binding === STB_GLOBAL ? 'g' : ' ';
}

/** Labels of the compiler and assembler and the psABI's mapping symbols, which objdump does not show. */
export function isSpecialSymbol({ name }: ElfSymbol): boolean {
  return /^(\.L|\.\.|_\.L_|L\d+[\x01\x02]|\$[xd])/.test(name);
}

function sectionName(elf: Elf, index: number): string {
  if (index === SHN_UNDEF) return '*UND*';
  if (index === SHN_ABS) return '*ABS*';
  if (index === SHN_COMMON) return '*COM*';
  return elf.sections[index]?.name ?? '*ABS*';
}

const VISIBILITIES = ['', ' .internal', ' .hidden', ' .protected'];

export function symbolTable(elf: Elf): string {
  let text = 'SYMBOL TABLE:\n';
  const symbols = elf.symbols
    .slice(1)
    .filter((symbol) => !isSpecialSymbol(symbol) && (symbol.name !== '' || symbol.type === STT_SECTION));
  if (symbols.length === 0) return `${text}no symbols\n\n\n`;
  for (const symbol of symbols) {
    const { type, binding, value, size, section, visibility } = symbol;
    const isSection = type === STT_SECTION;
    const kind = type === STT_FILE ? 'f' : type === STT_FUNC ? 'F' : type === STT_OBJECT ? 'O' : ' ';
    const flags = [
      bindingLetter(symbol),
      binding === STB_WEAK ? 'w' : ' ',
      '   ',
      isSection || type === STT_FILE ? 'd' : ' ',
      kind,
    ].join('');
    // For a common symbol the first column is its size and the second its alignment, the file's value.
    const shown = section === SHN_COMMON ? size : value;
    const second = section === SHN_COMMON ? value : size;
    const name = isSection ? sectionName(elf, section) : symbol.name;
    text += `${hex16(shown)} ${flags} ${sectionName(elf, section)}\t${hex16(second)}${VISIBILITIES[visibility] ?? ''} ${name}\n`;
  }
  return `${text}\n\n`;
}
