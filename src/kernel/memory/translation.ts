// How the hart knows an address space: the satp that selects its page tables, its address space identifier, and the TLB
// flushes after its entries have changed. Without ASIDs only the active address space is in the TLB, and satp's change flushes it.

import type { Kernel } from '../kernel.ts';
import { PAGE_SIZE } from './layout.ts';
import type { PageTables } from './page-tables.ts';

/** Above this many pages one flush of the whole address space is cheaper (tlb_flush_all_threshold of arch/riscv/mm/tlbflush.c). */
const FLUSH_ALL_PAGES = 64;

export class Translation {
  readonly #kernel: Kernel;
  /** Whose translations these are: what `kernel.activeSpace` is compared with. */
  readonly #owner: { readonly tables: PageTables };
  /** Address space identifier, of this generation only (asids.ts). */
  #asid = 0;
  #asidGeneration = 0;

  constructor(kernel: Kernel, owner: { readonly tables: PageTables }) {
    this.#kernel = kernel;
    this.#owner = owner;
  }

  /** Low and high word of the satp that selects this tree: Sv39, ASID, root. */
  satpLow(root: number = this.#owner.tables.root): number {
    return root / PAGE_SIZE;
  }

  satpHigh(asid: number): number {
    return (0x8000_0000 | (asid << 12)) >>> 0;
  }

  /** This generation's address space identifier; 0 when the hart has none. */
  asid(): number {
    const { asids } = this.#kernel;
    if (asids.bits === 0) return 0;
    if (this.#asidGeneration !== asids.generation) {
      this.#asid = asids.allocate(this.#kernel);
      this.#asidGeneration = asids.generation;
    }
    return this.#asid;
  }

  /** sfence.vma for [start, end) after its entries have changed. Without ASIDs only the active address space is in the TLB. */
  flush(start: number, end: number): void {
    const { machine, asids, activeSpace } = this.#kernel;
    if (asids.bits === 0) {
      if (activeSpace !== this.#owner) return;
    } else if (this.#asidGeneration !== asids.generation) {
      return; // nothing of it was ever cached under a number of this generation
    }
    const pages = Math.ceil((end - start) / PAGE_SIZE);
    if (pages > FLUSH_ALL_PAGES) {
      if (asids.bits === 0) machine.flushTlb('all');
      else {
        machine.flushTlb('asid', this.#asid);
        if (this.#kernel.options.kpti) machine.flushTlb('asid', this.#asid + 1);
      }
      return;
    }
    for (let index = 0; index < pages; index += 1) {
      machine.flushTlb('address', this.#asid, start + index * PAGE_SIZE);
      if (asids.bits !== 0 && this.#kernel.options.kpti) {
        machine.flushTlb('address', this.#asid + 1, start + index * PAGE_SIZE);
      }
    }
  }
}
