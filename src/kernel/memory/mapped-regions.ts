// The regions of an address space and the pages that are there for them: adding, removing, splitting, joining, protecting and
// moving. What address-space.ts builds on; policy (limits, where to map) is in mapping.ts, pages come by fault.ts.
//
// Invariants: every present page table entry lies in a region and holds one reference to its frame (unless it is special).
// Page tables are changed first, the TLB is flushed after.

import { memoryCosts } from '../cost/routines/memory.ts';
import { ENOMEM } from '../errno.ts';
import { releaseFile, retainFile } from '../fs/open-file.ts';
import type { Kernel } from '../kernel.ts';
import { PAGE_SIZE, USER_END } from './layout.ts';
import {
  type PageTables,
  PTE_ANONYMOUS,
  PTE_R,
  PTE_SPECIAL,
  PTE_V,
  PTE_W,
  PTE_X,
  permissionBits,
  ptePhysical,
} from './page-tables.ts';
import { MAXIMUM_REGIONS, PROT_WRITE, Region, type RegionFields, RegionList } from './region.ts';
import { Translation } from './translation.ts';
import { UserAccess } from './user-access.ts';

export interface ResidentPages {
  anonymous: number;
  file: number;
  shared: number;
}

export abstract class MappedRegions extends UserAccess {
  readonly tables: PageTables;
  readonly translation: Translation;
  readonly regions = new RegionList();

  readonly resident: ResidentPages = { anonymous: 0, file: 0, shared: 0 };
  /** Most pages ever resident: VmHWM. */
  residentPeak = 0;
  /** Bytes of all regions: VmSize, RLIMIT_AS. */
  totalBytes = 0;
  totalPeak = 0;
  lockedBytes = 0;
  dataBytes = 0;

  constructor(kernel: Kernel, tables: PageTables) {
    super(kernel);
    this.tables = tables;
    this.translation = new Translation(kernel, this);
  }

  /**
   * Adds a region, after unmapping what was there. The caller has checked the range. Takes its own reference to the file or
   * pages. 0, or -ENOMEM (no memory, too many regions, RLIMIT_AS).
   */
  map(fields: RegionFields): number {
    const unmapped = this.unmap(fields.start, fields.end);
    if (unmapped < 0) return unmapped;
    this.kernel.cost.execute(memoryCosts.mmap_region);
    const region = new Region(fields);
    const index = this.regions.indexAfter(region.start);
    const before = this.regions.at(index - 1);
    if (before?.continues(region) === true && !region.growsDown) {
      before.end = region.end;
      this.#count(region, 1);
      this.kernel.cost.touch(before.address, 64, 'write');
      this.#mergeAt(index);
      return 0;
    }
    if (!this.addRegion(region)) return -ENOMEM;
    this.#mergeAt(index + 1);
    return 0;
  }

  /** Removes everything in [start, end). 0, or -ENOMEM when a region would have to be split and cannot be. */
  unmap(start: number, end: number): number {
    const affected = this.regions.overlapping(start, end);
    if (affected.length === 0) return 0;
    const { cost } = this.kernel;
    const first = affected[0]!;
    const last = affected[affected.length - 1]!;
    if (first.start < start && !this.#splitAt(first, start)) return -ENOMEM;
    const lastPart = last === first && first.start < start ? this.regions.find(start)! : last;
    if (lastPart.end > end && !this.#splitAt(lastPart, end)) return -ENOMEM;
    for (const region of this.regions.overlapping(start, end)) {
      cost.execute(memoryCosts.unmap_region);
      this.zap(region, region.start, region.end);
      this.dropRegion(region);
    }
    const next = this.regions.indexAfter(start);
    const floor = (this.regions.at(next - 1)?.end ?? 0) / PAGE_SIZE;
    const ceiling = (this.regions.at(next)?.start ?? USER_END) / PAGE_SIZE;
    cost.execute(memoryCosts.free_table, this.tables.freeTables(floor, ceiling));
    this.flush(start, end);
    return 0;
  }

  /** Splits regions at the borders so that [start, end) is whole regions, for mprotect, madvise and mlock; null: no memory. */
  isolate(start: number, end: number): Region[] | null {
    for (const border of [start, end]) {
      const region = this.regions.find(border);
      if (region !== null && region.start < border && !this.#splitAt(region, border)) return null;
    }
    return this.regions.overlapping(start, end);
  }

  /** After a change: makes one region of neighbours in and around [start, end) that are alike. */
  merge(start: number, end: number): void {
    let index = Math.max(1, this.regions.indexAfter(start - 1));
    for (;;) {
      const region = this.regions.at(index);
      if (region === undefined || region.start > end) return;
      if (!this.#mergeAt(index)) index += 1;
    }
  }

  /** Moves the start of a growing stack down; the caller has checked limits and the gap. */
  growDown(region: Region, start: number): void {
    const bytes = region.start - start;
    region.start = start;
    this.totalBytes += bytes;
    this.totalPeak = Math.max(this.totalPeak, this.totalBytes);
    if (region.locked) this.lockedBytes += bytes;
    this.kernel.cost.touch(region.address, 64, 'write');
  }

  /** Throws away the pages of [start, end) and keeps the regions: madvise(MADV_DONTNEED), truncated files. */
  discard(start: number, end: number): void {
    for (const region of this.regions.overlapping(start, end)) {
      this.zap(region, Math.max(start, region.start), Math.min(end, region.end));
    }
    this.flush(start, end);
  }

  /** Changes what [start, end), whole regions, allows. Present pages follow at once. */
  protect(region: Region, protection: number): void {
    const { cost } = this.kernel;
    cost.execute(memoryCosts.mprotect_fixup);
    cost.touch(region.address, 64, 'write');
    if (region.isData) this.dataBytes -= region.bytes;
    region.protection = protection;
    if (region.isData) this.dataBytes += region.bytes;
    let pages = 0;
    const permissions = permissionBits(protection) & ~PTE_W;
    this.tables.forEach(region.start / PAGE_SIZE, region.end / PAGE_SIZE, (_page, entry, pte) => {
      // A writable page stays writable only where nothing has to happen first at a write (change_pte_range).
      const keepWrite = (protection & PROT_WRITE) !== 0 ? pte & PTE_W : 0;
      const kept = pte & ~(PTE_V | PTE_R | PTE_W | PTE_X);
      this.tables.write(entry, kept | (protection === 0 ? 0 : PTE_V | permissions | keepWrite));
      cost.touch(entry, 8, 'write');
      pages += 1;
      return undefined;
    });
    cost.execute(memoryCosts.change_pte, pages);
    this.flush(region.start, region.end);
  }

  /** Moves the pages of a region to another of the same size (mremap); both exist. false: no memory for page tables. */
  movePages(from: number, to: number, bytes: number): boolean {
    const distance = (to - from) / PAGE_SIZE;
    let moved = 0;
    let complete = true;
    this.tables.forEach(from / PAGE_SIZE, (from + bytes) / PAGE_SIZE, (page, entry, pte) => {
      const target = this.entry(page + distance);
      if (target === 0) {
        complete = false;
        return false;
      }
      this.tables.write(target, pte);
      this.tables.write(entry, 0);
      moved += 1;
      return undefined;
    });
    this.kernel.cost.execute(memoryCosts.move_page, moved);
    this.flush(from, from + bytes);
    return complete;
  }

  /** The leaf entry for this page, made if needed and charged; 0: no memory. */
  entry(page: number): number {
    const before = this.tables.tables;
    const entry = this.tables.ensure(page);
    const made = this.tables.tables - before;
    if (made > 0) {
      this.kernel.cost.execute(memoryCosts.page_table_alloc, made);
      if (entry !== 0) this.kernel.cost.touch(entry - (page & 511) * 8, PAGE_SIZE, 'write');
    }
    return entry;
  }

  /** Counts a present page in or out (`change` = ±1) by what kind it is. */
  countPage(region: Region, pte: number, change: number): void {
    const { resident } = this;
    if ((pte & PTE_ANONYMOUS) !== 0) resident.anonymous += change;
    else if (region.file !== null) resident.file += change;
    else resident.shared += change;
    if (change > 0) this.residentPeak = Math.max(this.residentPeak, this.residentPages);
  }

  get residentPages(): number {
    return this.resident.anonymous + this.resident.file + this.resident.shared;
  }

  /** sfence.vma for [start, end), bytes. */
  flush(start: number, end: number): void {
    this.translation.flush(start, end);
  }

  /** Unmaps the present pages of [start, end), which lie in `region`; the caller flushes. */
  protected zap(region: Region, start: number, end: number): void {
    const { frames, cost } = this.kernel;
    let pages = 0;
    let freed = 0;
    this.tables.forEach(start / PAGE_SIZE, end / PAGE_SIZE, (_page, entry, pte) => {
      this.tables.write(entry, 0);
      cost.touch(entry, 8, 'write');
      pages += 1;
      if ((pte & PTE_SPECIAL) !== 0) return undefined;
      const physical = ptePhysical(pte);
      this.countPage(region, pte, -1);
      if (frames.references(physical) === 1) freed += 1;
      frames.release(physical);
      return undefined;
    });
    cost.execute(memoryCosts.zap_page, pages);
    cost.execute(memoryCosts.free_page, freed);
  }

  /** Puts a new region in the list, with its object and references; false: no memory or too many. */
  protected addRegion(region: Region): boolean {
    const { kernel } = this;
    if (this.regions.count >= MAXIMUM_REGIONS) return false;
    region.address = kernel.slabs.allocate('vm_area_struct');
    if (region.address === 0) return false;
    kernel.cost.touch(region.address, 168, 'write');
    if (region.file !== null) retainFile(region.file);
    region.pages?.retain();
    this.regions.insert(region);
    this.#count(region, 1);
    return true;
  }

  protected dropRegion(region: Region): void {
    this.regions.remove(region);
    this.#count(region, -1);
    this.#freeRegion(region);
  }

  #freeRegion(region: Region): void {
    this.kernel.slabs.free(region.address);
    if (region.file !== null) releaseFile(this.kernel, region.file);
    region.pages?.release(this.kernel);
  }

  #count(region: Region, sign: number): void {
    this.totalBytes += sign * region.bytes;
    if (region.locked) this.lockedBytes += sign * region.bytes;
    if (region.isData) this.dataBytes += sign * region.bytes;
    this.totalPeak = Math.max(this.totalPeak, this.totalBytes);
  }

  /** `region` ends at `border`, a new region goes on from there. */
  #splitAt(region: Region, border: number): boolean {
    this.kernel.cost.execute(memoryCosts.vma_split);
    const upper = region.part(border, region.end);
    this.#count(region, -1);
    const end = region.end;
    region.end = border;
    this.#count(region, 1);
    if (this.addRegion(upper)) return true;
    this.#count(region, -1);
    region.end = end;
    this.#count(region, 1);
    return false;
  }

  /** Joins the region at `index` to the one before it if they are alike; whether they were. */
  #mergeAt(index: number): boolean {
    const region = this.regions.at(index);
    const before = this.regions.at(index - 1);
    if (region === undefined || before === undefined || !before.continues(region)) return false;
    this.kernel.cost.execute(memoryCosts.vma_merge);
    this.regions.remove(region);
    before.end = region.end;
    if (region.hasAnonymous) before.hasAnonymous = true;
    this.#freeRegion(region);
    return true;
  }
}
