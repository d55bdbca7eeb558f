// Pages that several address spaces map and no file has: MAP_SHARED | MAP_ANONYMOUS memory, SysV segments, the vDSO.
// Filled on demand. The object holds one reference to each of its frames; so does every page table entry that maps one.

import type { Kernel } from '../kernel.ts';
import { PAGE_SIZE } from './layout.ts';

export class SharedPages {
  readonly #frames = new Map<number, number>();
  #references = 1;
  /** -1 for no bound: pages past it raise SIGBUS. */
  readonly pageCount: number;

  constructor(pageCount: number) {
    this.pageCount = pageCount;
  }

  /** Frames that exist. */
  get resident(): number {
    return this.#frames.size;
  }

  retain(): this {
    this.#references += 1;
    return this;
  }

  release(kernel: Kernel): void {
    this.#references -= 1;
    if (this.#references > 0) return;
    for (const physical of this.#frames.values()) kernel.frames.release(physical);
    this.#frames.clear();
  }

  /** The page's physical address; made (and zeroed) if it does not exist. 0: memory exhausted. -1: past the end. */
  page(kernel: Kernel, index: number): number {
    const existing = this.#frames.get(index);
    if (existing !== undefined) return existing;
    if (this.pageCount >= 0 && index >= this.pageCount) return -1;
    const physical = kernel.frames.allocate();
    if (physical === 0) return 0;
    kernel.cost.zero(physical, PAGE_SIZE);
    this.#frames.set(index, physical);
    return physical;
  }

  /** The page if it exists, else 0. */
  existing(index: number): number {
    return this.#frames.get(index) ?? 0;
  }
}
