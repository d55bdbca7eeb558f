// An address space: what a program can see. Regions say what should be where; the page tables say what is there now; faults
// (fault.ts) carry the one into the other. Threads and CLONE_VM share an address space by reference.
//
// Invariants: every present page table entry lies in a region and holds one reference to its frame (unless it is special);
// no entry is writable whose frame somebody else may see as private. Page tables are changed first, the TLB is flushed after,
// and frames are reused only then.

import { memoryCosts } from '../cost/routines/memory.ts';
import type { OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import { type Limits, RLIMIT_STACK } from '../process/limits.ts';
import { type Access, type FaultResult, handleFault } from './fault.ts';
import { PAGE_SIZE, USER_END } from './layout.ts';
import { MappedRegions } from './mapped-regions.ts';
import { PageTables, PTE_A, PTE_D, PTE_R, PTE_SPECIAL, PTE_V, PTE_W, ptePhysical } from './page-tables.ts';
import type { Region } from './region.ts';

/** Gap kept free below a growing stack: stack_guard_gap. */
export const STACK_GUARD_BYTES = 256 * PAGE_SIZE;
/** mmap_min_addr: nothing is mapped below, so that null pointers fault. */
export const LOWEST_ADDRESS = 0x10000;

const MINIMUM_GAP = 128 * 1024 * 1024;
const MAXIMUM_GAP = Math.floor((USER_END / 6) * 5);

export class AddressSpace extends MappedRegions {
  /** Resource limits in force: those of the process, which shares the object. */
  limits: Limits;
  #references = 1;

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

  minorFaults = 0;
  majorFaults = 0;

  /** Guest physical address of the mm_struct, for charging. */
  readonly address: number;

  private constructor(kernel: Kernel, tables: PageTables, limits: Limits, address: number) {
    super(kernel, tables);
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
      this.zap(region, region.start, region.end);
      this.dropRegion(region);
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
      if (!child.addRegion(copy)) {
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
