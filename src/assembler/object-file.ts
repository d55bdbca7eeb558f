/*
 * Writes an object module as a relocatable ELF file (`cyclix asm -c`), for other linkers and for readelf and objdump.
 */

import { ET_REL, SHN_ABS, SHN_COMMON, SHN_UNDEF, STB_GLOBAL, STB_LOCAL, STB_WEAK, STT_FILE } from '../elf/constants.ts';
import { type OutputSymbol, writeElf } from '../elf/write.ts';
import { addressOf } from './layout.ts';
import type { AssemblySymbol, ObjectModule } from './object.ts';
import { isGlobal, isTemporary, sectionOf, sizeOf } from './symbols.ts';
import { evaluate } from './values.ts';

export function writeObject(module: ObjectModule): Uint8Array {
  const kept = module.symbols.filter(
    (symbol) =>
      symbol.needed || symbol.type === STT_FILE || (!isTemporary(symbol) && symbol.isDefined) || isGlobal(symbol),
  );
  const positions = new Map(kept.map((symbol, position) => [symbol, position]));
  // Labels that only relocations know (of numeric labels and `.`) get a symbol when one needs them.
  for (const section of module.sections) {
    for (const { symbol } of section.relocations) {
      if (symbol === undefined || positions.has(symbol)) continue;
      positions.set(symbol, kept.length);
      kept.push(symbol);
    }
  }
  const symbols = kept.map((symbol) => objectSymbol(module, symbol));
  return writeElf({
    type: ET_REL,
    flags: module.flags,
    entry: 0n,
    segments: [],
    sections: module.sections.map((section) => ({
      name: section.name,
      type: section.type,
      flags: section.flags,
      address: 0n,
      align: section.align,
      entrySize: section.entrySize,
      data: section.data,
      size: section.size,
      relocations: section.relocations.map(({ offset, type, symbol, addend }) => ({
        offset,
        type,
        symbol: symbol === undefined ? undefined : positions.get(symbol)!,
        addend,
      })),
    })),
    symbols,
  });
}

function objectSymbol(module: ObjectModule, symbol: AssemblySymbol): OutputSymbol {
  const { type, visibility } = symbol;
  const base = { type, visibility, size: sizeOf(symbol) };
  if (type === STT_FILE) return { ...base, name: symbol.name, value: 0n, binding: STB_LOCAL, section: SHN_ABS };
  const section = sectionOf(symbol);
  const index = section === undefined ? SHN_UNDEF : module.sections.indexOf(section) + 1;
  // An undefined symbol is global whatever was said of it.
  const local = symbol.isDefined && !isGlobal(symbol) && symbol.common === undefined;
  const binding = local ? STB_LOCAL : symbol.binding === 'weak' ? STB_WEAK : STB_GLOBAL;
  const name = /^\d|^\.$/.test(symbol.name) ? '.L0 ' : symbol.name;
  if (symbol.common !== undefined) {
    return { ...base, name, value: BigInt(symbol.common.align), binding, section: SHN_COMMON };
  }
  if (symbol.fragment !== undefined) {
    return { ...base, name, value: BigInt(addressOf(symbol)), binding, section: index };
  }
  if (symbol.value === undefined) return { ...base, name, value: 0n, binding, section: SHN_UNDEF };
  const result = evaluate(symbol.value, { symbol: () => symbol, laidOut: true });
  const { constant, plus } = result.ok ? result.value : { constant: 0n, plus: undefined };
  if (plus === undefined) return { ...base, name, value: constant, binding, section: SHN_ABS };
  return { ...base, name, value: constant + BigInt(addressOf(plus)), binding, section: index };
}
