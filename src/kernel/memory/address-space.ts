// An address space: what a program can see. Regions say what should be where; the page tables say what is there now; faults
// (fault.ts) carry the one into the other. Threads and CLONE_VM share an address space by reference.
//
// Invariants: every present page table entry lies in a region and holds one reference to its frame (unless it is special);
// no entry is writable whose frame somebody else may see as private. Page tables are changed first, the TLB is flushed after,
// and frames are reused only then.

import { memoryCosts } from '../cost/routines/memory.ts';
import { ENOMEM } from '../errno.ts';
import { releaseFile, retainFile } from '../fs/open-file.ts';
import type { OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import { type Limits, RLIMIT_STACK } from '../process/limits.ts';
import { type Access, type FaultResult, handleFault } from './fault.ts';
import { PAGE_SIZE, USER_END } from './layout.ts';
import {
  PageTables,
  PTE_A,
  PTE_ANONYMOUS,
  PTE_D,
  PTE_R,
  PTE_SPECIAL,
  PTE_V,
  PTE_W,
  ptePhysical,
} from './page-tables.ts';
import { MAXIMUM_REGIONS, PROT_WRITE, Region, type RegionFields, RegionList } from './region.ts';
import { UserAccess } from './user-access.ts';

/** Above this many pages one flush of the whole address space is cheaper (tlb_flush_all_threshold of arch/riscv/mm/tlbflush.c). */
const FLUSH_ALL_PAGES = 64;

/** Gap kept free below a growing stack: stack_guard_gap. */
export const STACK_GUARD_BYTES = 256 * PAGE_SIZE;
/** mmap_min_addr: nothing is mapped below, so that null pointers fault. */
export const LOWEST_ADDRESS = 0x10000;

const MINIMUM_GAP = 128 * 1024 * 1024;
const MAXIMUM_GAP = Math.floor((USER_END / 6) * 5);

export interface ResidentPages {
  anonymous: number;
  file: number;
  shared: number;
}

export class AddressSpace extends UserAccess {
  readonly tables: PageTables;
  readonly regions = new RegionList();
  /** Resource limits in force: those of the process, which shares the object. */
  limits: Limits;
  #references = 1;
  /** Address space identifier, of this generation only (asids.ts). */
  #asid = 0;
  #asidGeneration = 0;

  /** The program break, brk(2): [heapStart, heapEnd) in bytes. */
  heapStart = 0;
  heapEnd = 0;
  /** mmap searches downwards from here. */
  mmapBase = 0;
  stackTop = USER_END;
  /** Start of the vDSO image, 0 if there is none. */
  vdso = 0;
  /** What execve put on the stack: /proc/<pid>/{cmdline,environ,auxv}. */
  argumentStart = 0;
  argumentEnd = 0;
  environmentStart = 0;
  environmentEnd = 0;
  auxiliaryVector: Uint8Array = new Uint8Array(0);
  codeStart = 0;
  codeEnd = 0;
  dataStart = 0;
  dataEnd = 0;
  /** Future mappings are locked too: mlockall(MCL_FUTURE). */
  lockFuture = false;

  readonly resident: ResidentPages = { anonymous: 0, file: 0, shared: 0 };
  /** Most pages ever resident: VmHWM. */
  residentPeak = 0;
  /** Bytes of all regions: VmSize, RLIMIT_AS. */
  totalBytes = 0;
  totalPeak = 0;
  lockedBytes = 0;
  dataBytes = 0;
  minorFaults = 0;
  majorFaults = 0;

  /** Guest physical address of the mm_struct, for charging. */
  readonly address: number;

  private constructor(kernel: Kernel, tables: PageTables, limits: Limits, address: number) {
    super(kernel);
    this.tables = tables;
    this.limits = limits;
    this.address = address;
    this.resetLayout();
    kernel.addressSpaces.add(this);
  }

  /** An empty address space; null when memory is exhausted. */
  static create(kernel: Kernel, limits: Limits): AddressSpace | null {
    kernel.cost.execute(memoryCosts.mm_alloc);
    const address = kernel.slabs.allocate('mm_struct');
    if (address === 0) return null;
    const tables = PageTables.create(kernel.machine.ram, kernel.frames, kernel.rootTable, kernel.options.kpti);
    if (tables === null) {
      kernel.slabs.free(address);
      return null;
    }
    kernel.cost.touch(tables.root, PAGE_SIZE, 'write');
    kernel.cost.touch(address, 512, 'write');
    return new AddressSpace(kernel, tables, limits, address);
  }

  /** mmap's base below the room that the stack may grow into (arch_pick_mmap_layout of mm/util.c). */
  resetLayout(): void {
    const stackLimit = this.limits.soft(RLIMIT_STACK);
    const gap = Math.min(Math.max(stackLimit + STACK_GUARD_BYTES, MINIMUM_GAP), MAXIMUM_GAP);
    this.mmapBase = Math.floor((USER_END - gap) / PAGE_SIZE) * PAGE_SIZE;
    if (this.kernel.options.randomizeLayout) {
      const words = new DataView(this.kernel.random(8).buffer);
      // mmap_rnd_bits = 18 and a stack shift of up to 8 MiB, riscv64 Sv39's defaults.
      this.mmapBase -= (words.getUint32(0, true) & 0x3ffff) * PAGE_SIZE;
      this.stackTop = USER_END - (words.getUint32(4, true) & 0x7ff) * PAGE_SIZE;
    }
  }

  // --- life -----------------------------------------------------------------------------------------------------------

  retain(): this {
    this.#references += 1;
    return this;
  }

  /** Users: tasks, and whoever looks at it from outside (ptrace, /proc). */
  get references(): number {
    return this.#references;
  }

  /** One user less; the last one unmaps everything. */
  release(): void {
    this.#references -= 1;
    if (this.#references > 0) return;
    const { kernel } = this;
    kernel.cost.execute(memoryCosts.exit_mmap);
    this.unmapAll();
    kernel.retireTables(this);
    kernel.slabs.free(this.address);
    kernel.addressSpaces.delete(this);
  }

  /** Where in the vDSO signal handlers return to (vdso.ts). */
  get signalReturnOffset(): number {
    return this.kernel.vdso.signalReturn;
  }

  /** Removes every region (exec reuses nothing of the old program). */
  unmapAll(): void {
    for (const region of [...this.regions]) {
      this.kernel.cost.execute(memoryCosts.exit_region);
      this.#zap(region, region.start, region.end);
      this.#dropRegion(region);
    }
    this.kernel.cost.execute(memoryCosts.free_table, this.tables.freeTables(0, USER_END / PAGE_SIZE));
    this.flush(0, Infinity);
  }

  /** The child's copy of fork(2): private pages shared copy-on-write. null when memory is exhausted. */
  fork(limits: Limits): AddressSpace | null {
    const { kernel } = this;
    kernel.cost.execute(memoryCosts.dup_mm);
    const child = AddressSpace.create(kernel, limits);
    if (child === null) return null;
    child.heapStart = this.heapStart;
    child.heapEnd = this.heapEnd;
    child.mmapBase = this.mmapBase;
    child.stackTop = this.stackTop;
    child.vdso = this.vdso;
    child.argumentStart = this.argumentStart;
    child.argumentEnd = this.argumentEnd;
    child.environmentStart = this.environmentStart;
    child.environmentEnd = this.environmentEnd;
    child.auxiliaryVector = this.auxiliaryVector;
    child.codeStart = this.codeStart;
    child.codeEnd = this.codeEnd;
    child.dataStart = this.dataStart;
    child.dataEnd = this.dataEnd;
    let protectedPages = false;
    for (const region of this.regions) {
      if (region.dontFork) continue;
      kernel.cost.execute(memoryCosts.dup_region);
      kernel.cost.touch(region.address, 168, 'read');
      const copy = region.part(region.start, region.end);
      copy.locked = false; // mlock(2): locks are not inherited
      if (!child.#addRegion(copy)) {
        child.release();
        if (protectedPages) this.flush(0, Infinity);
        return null;
      }
      if (region.wipeOnFork) {
        copy.hasAnonymous = false;
        continue;
      }
      // Pages that come from an object fault in again; only a region with pages of its own is copied (vma_needs_copy).
      if (!region.hasAnonymous) continue;
      if (!this.#shareWith(child, region)) {
        child.release();
        this.flush(0, Infinity);
        return null;
      }
      protectedPages = true;
    }
    if (protectedPages) this.flush(0, Infinity);
    return child;
  }

  /** Both get every present page of a private region, read-only. */
  #shareWith(child: AddressSpace, region: Region): boolean {
    const { frames, cost } = this.kernel;
    let pages = 0;
    let complete = true;
    this.tables.forEach(region.start / PAGE_SIZE, region.end / PAGE_SIZE, (page, entry, pte) => {
      const childEntry = child.entry(page);
      if (childEntry === 0) {
        complete = false;
        return false;
      }
      const shared = pte & ~PTE_W;
      if (shared !== pte) this.tables.write(entry, shared);
      child.tables.write(childEntry, shared);
      cost.touch(entry, 8, 'write');
      cost.touch(childEntry, 8, 'write');
      if ((pte & PTE_SPECIAL) === 0) {
        frames.reference(ptePhysical(pte));
        child.countPage(region, pte, 1);
      }
      pages += 1;
      return undefined;
    });
    cost.execute(memoryCosts.copy_pte, pages);
    return complete;
  }

  // --- regions ----------------------------------------------------------------------------------------------------------

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
    if (!this.#addRegion(region)) return -ENOMEM;
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
      this.#zap(region, region.start, region.end);
      this.#dropRegion(region);
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
      this.#zap(region, Math.max(start, region.start), Math.min(end, region.end));
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
      const kept = pte & ~(PTE_V | PTE_R | PTE_W | 0x8);
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
    else if (region.file !== null && !region.shared) resident.file += change;
    else if (region.file !== null) resident.file += change;
    else resident.shared += change;
    if (change > 0) this.residentPeak = Math.max(this.residentPeak, this.residentPages);
  }

  get residentPages(): number {
    return this.resident.anonymous + this.resident.file + this.resident.shared;
  }

  // --- the hart ----------------------------------------------------------------------------------------------------------

  /**
   * The fault that the hart (or a copy to or from user memory) took: makes the page so that the access can be repeated, or
   * says why not.
   */
  handleFault(virtual: number, access: Access): FaultResult {
    return handleFault(this.kernel, this, virtual, access);
  }

  translate(virtual: number, access: 'read' | 'write'): number {
    if (!(virtual >= 0 && virtual < USER_END)) return 0;
    const needed = access === 'write' ? PTE_V | PTE_W | PTE_D : PTE_V | PTE_R | PTE_A;
    const page = Math.floor(virtual / PAGE_SIZE);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const pte = this.tables.get(page);
      if ((pte & needed) === needed) return ptePhysical(pte) + (virtual % PAGE_SIZE);
      const result = this.handleFault(virtual, access);
      if (result === 'oom') {
        if (!this.kernel.outOfMemory(this)) return 0;
        continue;
      }
      if (result !== 'handled') return 0;
    }
    return 0;
  }

  /** Low and high word of the satp that selects this tree: Sv39, ASID, root. */
  satpLow(root: number = this.tables.root): number {
    return root / PAGE_SIZE;
  }

  satpHigh(asid: number): number {
    return (0x8000_0000 | (asid << 12)) >>> 0;
  }

  /** This generation's address space identifier; 0 when the hart has none. */
  asid(): number {
    const { asids } = this.kernel;
    if (asids.bits === 0) return 0;
    if (this.#asidGeneration !== asids.generation) {
      this.#asid = asids.allocate(this.kernel);
      this.#asidGeneration = asids.generation;
    }
    return this.#asid;
  }

  /** sfence.vma for [start, end) after its entries have changed. Without ASIDs only the active address space is in the TLB. */
  flush(start: number, end: number): void {
    const { machine, asids, activeSpace } = this.kernel;
    if (asids.bits === 0) {
      if (activeSpace !== this) return;
    } else if (this.#asidGeneration !== asids.generation) {
      return; // nothing of it was ever cached under a number of this generation
    }
    const pages = Math.ceil((end - start) / PAGE_SIZE);
    if (pages > FLUSH_ALL_PAGES) {
      if (asids.bits === 0) machine.flushTlb('all');
      else {
        machine.flushTlb('asid', this.#asid);
        if (this.kernel.options.kpti) machine.flushTlb('asid', this.#asid + 1);
      }
      return;
    }
    for (let index = 0; index < pages; index += 1) {
      machine.flushTlb('address', this.#asid, start + index * PAGE_SIZE);
      if (asids.bits !== 0 && this.kernel.options.kpti) {
        machine.flushTlb('address', this.#asid + 1, start + index * PAGE_SIZE);
      }
    }
  }

  // --- inside ------------------------------------------------------------------------------------------------------------

  /** Unmaps the present pages of [start, end), which lie in `region`; the caller flushes. */
  #zap(region: Region, start: number, end: number): void {
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
  #addRegion(region: Region): boolean {
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

  #dropRegion(region: Region): void {
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
    if (this.#addRegion(upper)) return true;
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

/** Page table permission bits for a protection; PROT_WRITE implies reading (RISC-V has no write-only pages). */
export function permissionBits(protection: number): number {
  let bits = 0;
  if ((protection & 1) !== 0) bits |= PTE_R;
  if ((protection & 2) !== 0) bits |= PTE_R | PTE_W;
  if ((protection & 4) !== 0) bits |= 0x8;
  return bits;
}

/** Unmaps from every address space the pages of a file from page `fromPage` on: truncate(2) and hole punching. */
export function unmapFilePages(kernel: Kernel, file: OpenFile['inode'], fromPage: number, toPage = Infinity): void {
  for (const space of kernel.addressSpaces) {
    for (const region of space.regions) {
      if (region.file?.inode !== file) continue;
      const first = region.start + Math.max(0, fromPage * PAGE_SIZE - region.offset);
      const end = Math.min(region.end, region.start + toPage * PAGE_SIZE - region.offset);
      if (first < end) space.discard(first, end);
    }
  }
}
