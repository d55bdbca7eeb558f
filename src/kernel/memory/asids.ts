// Address space identifiers: which page table tree a TLB entry belongs to (RISC-V privileged specification, 4.1.11). Given out
// in generations, as Linux's arch/riscv/mm/context.c does: when the numbers are used up a new generation begins, the TLB is
// flushed whole, and every address space gets a new number when it is next switched to. A hart without ASIDs flushes at
// every change of satp instead.

import type { Kernel } from '../kernel.ts';

export class AddressSpaceIds {
  /** Implemented ASID bits of satp; 0: none. */
  readonly bits: number;
  generation = 1;
  #next: number;

  /** Two numbers for each address space: with `kpti` ring 3's page table has the odd one. */
  readonly #step: number;

  constructor(bits: number, kpti: boolean) {
    this.bits = bits;
    this.#step = kpti ? 2 : 1;
    this.#next = this.#step;
  }

  /** A number for an address space that has none of this generation. 0 when the hart has no ASIDs. */
  allocate(kernel: Kernel): number {
    if (this.bits === 0) return 0;
    if (this.#next + this.#step > 2 ** this.bits) {
      this.generation += 1;
      this.#next = this.#step;
      kernel.machine.flushTlb('all');
    }
    const asid = this.#next;
    this.#next += this.#step;
    return asid;
  }
}
