// Regions: what is mapped where (Linux's vm_area_struct), in a list sorted by address. A region says what a page *should* be;
// page table entries follow at faults.
//
// Invariant: regions of a list do not overlap, are page-aligned and not empty; neighbours that could be one region are one.

import type { OpenFile } from '../fs/types.ts';
import type { SharedPages } from './shared-pages.ts';

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;

/** max_map_count of Linux: mmap(2) fails with ENOMEM past it. */
export const MAXIMUM_REGIONS = 65_530;

/** What a region maps. */
export interface RegionFields {
  /** Virtual byte addresses, page-aligned; `end` is past the last byte. */
  readonly start: number;
  readonly end: number;
  readonly protection: number;
  readonly shared?: boolean;
  /** Pages come from a file's `page` operation; the region holds a reference to the open file description. */
  readonly file?: OpenFile | null;
  /** Pages come from here: shared anonymous memory, the vDSO. */
  readonly pages?: SharedPages | null;
  /** Byte offset in `file` or `pages` of `start`. */
  readonly offset?: number;
  readonly growsDown?: boolean;
  readonly locked?: boolean;
  /** As /proc/<pid>/maps shows it: [heap], [stack], [vdso]. */
  readonly name?: string;
  /** mprotect(2) may add PROT_WRITE: false for a shared mapping of a file that was opened for reading. */
  readonly mayWrite?: boolean;
  readonly dontFork?: boolean;
  readonly wipeOnFork?: boolean;
}

export class Region {
  start: number;
  end: number;
  protection: number;
  readonly shared: boolean;
  readonly file: OpenFile | null;
  readonly pages: SharedPages | null;
  offset: number;
  readonly growsDown: boolean;
  locked: boolean;
  readonly name: string;
  readonly mayWrite: boolean;
  dontFork: boolean;
  wipeOnFork: boolean;
  /** It has had anonymous pages, so that fork must copy its page table entries (Linux: it has an anon_vma). */
  hasAnonymous = false;
  /** Guest physical address of the vm_area_struct, for charging. */
  address = 0;

  constructor(fields: RegionFields) {
    this.start = fields.start;
    this.end = fields.end;
    this.protection = fields.protection;
    this.shared = fields.shared ?? false;
    this.file = fields.file ?? null;
    this.pages = fields.pages ?? null;
    this.offset = fields.offset ?? 0;
    this.growsDown = fields.growsDown ?? false;
    this.locked = fields.locked ?? false;
    this.name = fields.name ?? '';
    this.mayWrite = fields.mayWrite ?? true;
    this.dontFork = fields.dontFork ?? false;
    this.wipeOnFork = fields.wipeOnFork ?? false;
  }

  get bytes(): number {
    return this.end - this.start;
  }

  /** Private and from no object: its pages are zero until written. */
  get anonymous(): boolean {
    return this.file === null && this.pages === null;
  }

  /** A page of the program's own that RLIMIT_DATA and the overcommit check count. */
  get isData(): boolean {
    return !this.shared && (this.protection & PROT_WRITE) !== 0 && !this.growsDown;
  }

  /** The part [start, end) of this region as a region of its own; the address of its object is the caller's to set. */
  part(start: number, end: number): Region {
    const part = new Region({
      ...this,
      start,
      end,
      offset: this.anonymous ? 0 : this.offset + (start - this.start),
    });
    part.hasAnonymous = this.hasAnonymous;
    return part;
  }

  /** `next` starts where this ends and differs in nothing else: both can be one region. */
  continues(next: Region): boolean {
    return (
      this.end === next.start &&
      this.protection === next.protection &&
      this.shared === next.shared &&
      this.file === next.file &&
      this.pages === next.pages &&
      (this.anonymous || this.offset + this.bytes === next.offset) &&
      this.growsDown === next.growsDown &&
      this.locked === next.locked &&
      this.name === next.name &&
      this.mayWrite === next.mayWrite &&
      this.dontFork === next.dontFork &&
      this.wipeOnFork === next.wipeOnFork
    );
  }
}

export class RegionList {
  readonly #regions: Region[] = [];
  /** The region that `find` returned last: most faults are near the one before. */
  #last: Region | null = null;

  get count(): number {
    return this.#regions.length;
  }

  [Symbol.iterator](): IterableIterator<Region> {
    return this.#regions.values();
  }

  at(index: number): Region | undefined {
    return this.#regions[index];
  }

  /** The region that holds this address. */
  find(address: number): Region | null {
    const last = this.#last;
    if (last !== null && address >= last.start && address < last.end) return last;
    const region = this.#regions[this.indexAfter(address)];
    if (region === undefined || address < region.start) return null;
    this.#last = region;
    return region;
  }

  /** Index of the first region that ends after this address (count if there is none). */
  indexAfter(address: number): number {
    let low = 0;
    let high = this.#regions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#regions[middle]!.end <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Regions that overlap [start, end), in order. */
  overlapping(start: number, end: number): Region[] {
    const found: Region[] = [];
    for (let index = this.indexAfter(start); index < this.#regions.length; index += 1) {
      const region = this.#regions[index]!;
      if (region.start >= end) break;
      found.push(region);
    }
    return found;
  }

  /** Whether anything is mapped in [start, end). */
  overlaps(start: number, end: number): boolean {
    const region = this.#regions[this.indexAfter(start)];
    return region !== undefined && region.start < end;
  }

  insert(region: Region): void {
    this.#regions.splice(this.indexAfter(region.start), 0, region);
  }

  remove(region: Region): void {
    if (this.#last === region) this.#last = null;
    this.#regions.splice(this.#regions.indexOf(region), 1);
  }

  /**
   * Highest hole of `bytes` bytes that ends at or below `ceiling` and starts at or above `floor` (mmap's top-down search);
   * null if there is none. A growing stack keeps `guardGap` bytes free below it.
   */
  holeBelow(bytes: number, floor: number, ceiling: number, guardGap: number): number | null {
    let end = ceiling;
    for (let index = this.indexAfter(ceiling - 1); index >= 0; index -= 1) {
      const above = this.#regions[index];
      if (above !== undefined && above.start < ceiling)
        end = Math.min(end, above.start - (above.growsDown ? guardGap : 0));
      else if (above?.growsDown === true) end = Math.min(end, above.start - guardGap);
      const below = index > 0 ? this.#regions[index - 1]!.end : 0;
      const start = Math.max(below, floor);
      if (end - start >= bytes) return end - bytes;
      if (end <= floor) return null;
    }
    return null;
  }

  /** Lowest hole at or above `floor` (the search when nothing is left below). */
  holeAbove(bytes: number, floor: number, ceiling: number, guardGap: number): number | null {
    let start = floor;
    for (let index = this.indexAfter(floor); index <= this.#regions.length; index += 1) {
      const above = this.#regions[index];
      const end = Math.min(ceiling, above === undefined ? ceiling : above.start - (above.growsDown ? guardGap : 0));
      if (end - start >= bytes) return start;
      if (above === undefined) return null;
      start = Math.max(start, above.end);
    }
    return null;
  }
}
