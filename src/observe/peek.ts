// Reads a program's memory for an observer: by its page tables, without faulting a page in and without charging a cycle.

import type { AddressSpace } from '../kernel/memory/address-space.ts';
import { PTE_V, ptePhysical } from '../kernel/memory/page-tables.ts';
import type { Ram } from '../machine/ram.ts';
import type { Peek } from './strace/memory.ts';

const pageBytes = 4096;
const userEnd = 2 ** 38;

export class AddressSpacePeek implements Peek {
  readonly #space: AddressSpace;
  readonly #ram: Ram;

  constructor(space: AddressSpace, ram: Ram) {
    this.#space = space;
    this.#ram = ram;
  }

  peek(virtual: number, bytes: number): Uint8Array | null {
    if (!Number.isSafeInteger(virtual) || virtual < 0 || virtual + bytes > userEnd) return null;
    const result = new Uint8Array(bytes);
    for (let at = 0; at < bytes; ) {
      const page = Math.floor((virtual + at) / pageBytes);
      const pte = this.#space.tables.get(page);
      if ((pte & PTE_V) === 0) return null;
      const offset = (virtual + at) % pageBytes;
      const length = Math.min(pageBytes - offset, bytes - at);
      result.set(this.#ram.slice(ptePhysical(pte) + offset, length), at);
      at += length;
    }
    return result;
  }
}
