// Sv39 page tables in guest RAM (RISC-V privileged specification, 4.3 and 4.4): three levels of 512 eight-byte entries. The hart
// walks what this file writes.
//
// A tree has the program's half to itself; the upper 256 root entries are the kernel's, copied at creation and the same in
// every tree. An entry with V = 0 that is not zero still owns its frame: a page of a PROT_NONE region (Linux's _PAGE_PROT_NONE).
// Physical addresses stay below 6 GiB, so an entry's high word is always zero and one 32-bit word holds it.

import type { Ram } from '../../machine/ram.ts';
import type { FrameAllocator } from './frames.ts';
import { PAGE_SIZE } from './layout.ts';

export const PTE_V = 1 << 0;
export const PTE_R = 1 << 1;
export const PTE_W = 1 << 2;
export const PTE_X = 1 << 3;
export const PTE_U = 1 << 4;
export const PTE_G = 1 << 5;
export const PTE_A = 1 << 6;
export const PTE_D = 1 << 7;
/** Software bit: the frame is nobody's in particular (zero page, vDSO) and its references are not counted. */
export const PTE_SPECIAL = 1 << 8;
/** Software bit: an anonymous page, private to the programs that got it by fork. */
export const PTE_ANONYMOUS = 1 << 9;
const PTE_FLAGS = 0x3ff;

const TABLE_BYTES = PAGE_SIZE;
const ENTRIES = 512;
const USER_ROOT_ENTRIES = 256;

export function ptePhysical(pte: number): number {
  return (pte >>> 10) * PAGE_SIZE;
}

export function makePte(physical: number, flags: number): number {
  return (physical / PAGE_SIZE) * 1024 + flags;
}

export function pteFlags(pte: number): number {
  return pte & PTE_FLAGS;
}

export class PageTables {
  readonly root: number;
  /** With `kpti`: a second root with the same program's half, in force in ring 3; else the same as `root`. */
  readonly userRoot: number;
  readonly #ram: Ram;
  readonly #frames: FrameAllocator;
  /** Tables below the root: /proc/<pid>/status VmPTE. */
  tables = 0;

  private constructor(ram: Ram, frames: FrameAllocator, root: number, userRoot: number) {
    this.#ram = ram;
    this.#frames = frames;
    this.root = root;
    this.userRoot = userRoot;
  }

  /**
   * An empty tree with the upper half of `kernelRoot`; null when memory is exhausted. `twoRoots`: with a second root for
   * ring 3. That one keeps the kernel's half (entry.s and the trap frames lie all over the direct map): it costs what
   * kernel page-table isolation costs, it does not isolate.
   */
  static create(ram: Ram, frames: FrameAllocator, kernelRoot: number, twoRoots: boolean): PageTables | null {
    const root = newRoot(ram, frames, kernelRoot);
    if (root === 0) return null;
    if (!twoRoots) return new PageTables(ram, frames, root, root);
    const userRoot = newRoot(ram, frames, kernelRoot);
    if (userRoot !== 0) return new PageTables(ram, frames, root, userRoot);
    frames.release(root);
    return null;
  }

  /** Physical address of the leaf entry for this page, or 0 when its table does not exist. */
  find(page: number): number {
    const ram = this.#ram;
    const upper = ram.u32(this.root + (page >>> 18) * 8);
    if (upper === 0) return 0;
    const middle = ram.u32(ptePhysical(upper) + ((page >>> 9) & 511) * 8);
    if (middle === 0) return 0;
    return ptePhysical(middle) + (page & 511) * 8;
  }

  /** As `find`, making the tables that are missing; 0 when memory is exhausted. */
  ensure(page: number): number {
    const rootIndex = (page >>> 18) * 8;
    const upper = this.#table(this.root + rootIndex);
    if (upper === 0) return 0;
    if (this.userRoot !== this.root) this.#ram.setU32(this.userRoot + rootIndex, makePte(upper, PTE_V));
    const leaf = this.#table(upper + ((page >>> 9) & 511) * 8);
    return leaf === 0 ? 0 : leaf + (page & 511) * 8;
  }

  /** The entry for this page, 0 if there is none. */
  get(page: number): number {
    const entry = this.find(page);
    return entry === 0 ? 0 : this.#ram.u32(entry);
  }

  read(entry: number): number {
    return this.#ram.u32(entry);
  }

  write(entry: number, pte: number): void {
    this.#ram.setU32(entry, pte);
  }

  /**
   * Calls `visit` with each page of [start, end) whose entry is not zero, in order. Steps over missing tables, so that a
   * sparse range costs by what is mapped. `visit` returns false to stop.
   */
  forEach(start: number, end: number, visit: (page: number, entry: number, pte: number) => boolean | undefined): void {
    const ram = this.#ram;
    for (let page = start; page < end; ) {
      const upper = ram.u32(this.root + (page >>> 18) * 8);
      if (upper === 0) {
        page = ((page >>> 18) + 1) << 18;
        continue;
      }
      const middle = ram.u32(ptePhysical(upper) + ((page >>> 9) & 511) * 8);
      const tableEnd = Math.min(end, ((page >>> 9) + 1) << 9);
      if (middle === 0) {
        page = tableEnd;
        continue;
      }
      const table = ptePhysical(middle);
      for (; page < tableEnd; page += 1) {
        const entry = table + (page & 511) * 8;
        const pte = ram.u32(entry);
        if (pte !== 0 && visit(page, entry, pte) === false) return;
      }
    }
  }

  /**
   * Frees the tables that only served pages of [floor, ceiling), all of whose entries are zero by now: the unmapped range
   * and the hole around it (Linux's free_pgtables). Returns how many.
   */
  freeTables(floor: number, ceiling: number): number {
    const ram = this.#ram;
    let freed = 0;
    for (let index = floor >>> 18; index < USER_ROOT_ENTRIES && index << 18 < ceiling; index += 1) {
      const upperEntry = this.root + index * 8;
      const upper = ram.u32(upperEntry);
      if (upper === 0) continue;
      const table = ptePhysical(upper);
      const first = index << 18;
      const from = first >= floor ? 0 : Math.ceil((floor - first) / ENTRIES);
      const to = Math.min(ENTRIES, Math.floor((ceiling - first) / ENTRIES));
      for (let inner = from; inner < to; inner += 1) {
        const middle = ram.u32(table + inner * 8);
        if (middle === 0) continue;
        ram.setU32(table + inner * 8, 0);
        this.#frames.release(ptePhysical(middle));
        freed += 1;
      }
      if (from === 0 && to === ENTRIES) {
        ram.setU32(upperEntry, 0);
        ram.setU32(this.userRoot + index * 8, 0);
        this.#frames.release(table);
        freed += 1;
      }
    }
    this.tables -= freed;
    return freed;
  }

  /** Frees the roots. Every page must be unmapped and every table freed before. */
  destroy(): void {
    this.#frames.release(this.root);
    if (this.userRoot !== this.root) this.#frames.release(this.userRoot);
  }

  #table(entry: number): number {
    const pte = this.#ram.u32(entry);
    if (pte !== 0) return ptePhysical(pte);
    const table = this.#frames.allocateReserved();
    if (table === 0) return 0;
    this.#ram.fill(table, TABLE_BYTES, 0);
    this.#ram.setU32(entry, makePte(table, PTE_V));
    this.tables += 1;
    return table;
  }
}

function newRoot(ram: Ram, frames: FrameAllocator, kernelRoot: number): number {
  const root = frames.allocateReserved();
  if (root === 0) return 0;
  ram.fill(root, TABLE_BYTES / 2, 0);
  ram.copy(root + TABLE_BYTES / 2, kernelRoot + TABLE_BYTES / 2, TABLE_BYTES / 2);
  return root;
}

/** Page table permission bits for a protection; PROT_WRITE implies reading (RISC-V has no write-only pages). */
export function permissionBits(protection: number): number {
  let bits = 0;
  if ((protection & 1) !== 0) bits |= PTE_R;
  if ((protection & 2) !== 0) bits |= PTE_R | PTE_W;
  if ((protection & 4) !== 0) bits |= PTE_X;
  return bits;
}
