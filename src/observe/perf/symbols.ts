// From an address to a name: the symbols of the executables that ran.

import type { ElfSymbol } from '../../elf/read.ts';

interface Range {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

const STT_FUNC = 2;
const STT_NOTYPE = 0;

export class SymbolTable {
  readonly #ranges: Range[];

  /** Functions and plain labels; a symbol without a size reaches to the next one. */
  constructor(symbols: readonly ElfSymbol[]) {
    const named = symbols
      .filter(
        (symbol) =>
          symbol.name !== '' &&
          !symbol.name.startsWith('$') &&
          !symbol.name.startsWith('.L') &&
          (symbol.type === STT_FUNC || symbol.type === STT_NOTYPE) &&
          symbol.section !== 0,
      )
      .map(({ name, value, size }) => ({ name, start: Number(value), bytes: Number(size) }))
      .sort((a, b) => a.start - b.start || b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
    const ranges: Range[] = [];
    let next = Number.POSITIVE_INFINITY; // the lowest address above this symbol's
    for (let i = named.length - 1; i >= 0; i--) {
      const { name, start, bytes } = named[i]!;
      if (i + 1 < named.length && named[i + 1]!.start > start) next = named[i + 1]!.start;
      ranges.push({ start, end: bytes > 0 ? start + bytes : Number.isFinite(next) ? next : start + 4096, name });
    }
    this.#ranges = ranges.reverse();
  }

  /** The symbol that holds this address, or null. */
  find(address: number): string | null {
    let low = 0;
    let high = this.#ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (this.#ranges[middle]!.start <= address) low = middle + 1;
      else high = middle - 1;
    }
    for (let i = high; i >= 0 && i > high - 8; i--) {
      const range = this.#ranges[i]!;
      if (address >= range.start && address < range.end) return range.name;
    }
    return null;
  }
}
