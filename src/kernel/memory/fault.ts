// Page faults: what a region promises becomes a page table entry (Linux's mm/memory.c, handle_mm_fault). Called for the hart's
// faults and for the kernel's own accesses to user memory, with the same meaning.
//
//   no entry, private anonymous   read: the zero page, shared and read-only; write: a cleared frame
//   no entry, private file        read: the file's page, read-only; write: a copy of it
//   no entry, shared              the object's page; writable once written, so that the file knows
//   entry without W, written      shared: tell the file, allow; private: copy, or take over when nobody else has the frame
//   below a growing region        the region grows, if limits and the gap allow
//
// Every change of an entry is followed by sfence.vma for its page, as Linux's update_mmu_cache does on this architecture.

import { memoryCosts } from '../cost/routines/memory.ts';
import type { Kernel } from '../kernel.ts';
import { RLIMIT_AS, RLIMIT_STACK } from '../process/limits.ts';
import { type AddressSpace, STACK_GUARD_BYTES } from './address-space.ts';
import { PAGE_SIZE } from './layout.ts';
import {
  makePte,
  PTE_A,
  PTE_ANONYMOUS,
  PTE_D,
  PTE_SPECIAL,
  PTE_U,
  PTE_V,
  PTE_W,
  permissionBits,
  ptePhysical,
} from './page-tables.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE, type Region } from './region.ts';

export type Access = 'read' | 'write' | 'execute';

/** segv-maperr: nothing is mapped there. segv-accerr: the region forbids it. bus: past the end of the file. oom: retry after freeing. */
export type FaultResult = 'handled' | 'segv-maperr' | 'segv-accerr' | 'bus' | 'oom';

/** fault_around_bytes: a read fault on a file maps what is cached in the aligned 64 KiB around it. */
const FAULT_AROUND_PAGES = 16;

export function handleFault(kernel: Kernel, space: AddressSpace, virtual: number, access: Access): FaultResult {
  kernel.cost.execute(memoryCosts.handle_page_fault);
  const region = space.regions.find(virtual) ?? growStack(space, virtual);
  if (region === null) return report(kernel, virtual, access, 'segv', 'segv-maperr');
  kernel.cost.touch(region.address, 64, 'read');
  if (!allows(region.protection, access)) return report(kernel, virtual, access, 'segv', 'segv-accerr');

  kernel.cost.execute(memoryCosts.handle_mm_fault);
  const page = Math.floor(virtual / PAGE_SIZE);
  const entry = space.entry(page);
  if (entry === 0) return 'oom';
  kernel.cost.touch(entry, 8, 'write');
  const pte = space.tables.read(entry);
  let result: FaultResult;
  let outcome: 'minor' | 'cow' = 'minor';
  if (pte === 0) {
    if (region.anonymous) result = anonymousPage(kernel, space, region, entry, access);
    else result = objectPage(kernel, space, region, page, entry, access);
  } else if (access === 'write' && (pte & PTE_W) === 0) {
    outcome = region.shared ? 'minor' : 'cow';
    result = region.shared
      ? writeShared(kernel, space, region, page, entry, pte)
      : breakSharing(kernel, space, region, entry, pte);
  } else {
    // The entry allows it by now (another thread was faster, or only A or D was missing).
    space.tables.write(entry, pte | PTE_A | (access === 'write' ? PTE_D : 0));
    result = 'handled';
  }
  if (result === 'bus') return report(kernel, virtual, access, 'bus', 'bus');
  if (result !== 'handled') return result;
  space.minorFaults += 1;
  kernel.cost.execute(memoryCosts.set_pte);
  space.flush(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
  return kernel.events.active ? report(kernel, virtual, access, outcome, 'handled') : 'handled';
}

/** Linux's access_error (arch/riscv/mm/fault.c): PROT_WRITE implies reading. */
function allows(protection: number, access: Access): boolean {
  switch (access) {
    case 'read':
      return (protection & (PROT_READ | PROT_WRITE)) !== 0;
    case 'write':
      return (protection & PROT_WRITE) !== 0;
    case 'execute':
      return (protection & PROT_EXEC) !== 0;
  }
}

/** Entry for a page of this region that is there but not writable yet. */
function entryFor(region: Region, physical: number, extra: number): number {
  return makePte(physical, PTE_V | PTE_U | PTE_A | (permissionBits(region.protection) & ~PTE_W) | extra);
}

function anonymousPage(
  kernel: Kernel,
  space: AddressSpace,
  region: Region,
  entry: number,
  access: Access,
): FaultResult {
  if (access !== 'write') {
    kernel.cost.execute(memoryCosts.wp_page_reuse);
    space.tables.write(entry, entryFor(region, kernel.zeroPage, PTE_SPECIAL));
    return 'handled';
  }
  kernel.cost.execute(memoryCosts.do_anonymous_page);
  const physical = newPage(kernel);
  if (physical === 0) return 'oom';
  kernel.cost.zero(physical, PAGE_SIZE);
  installAnonymous(space, region, entry, physical);
  return 'handled';
}

/** A page of a file or of shared memory that has no entry yet. */
function objectPage(
  kernel: Kernel,
  space: AddressSpace,
  region: Region,
  page: number,
  entry: number,
  access: Access,
): FaultResult {
  kernel.cost.execute(memoryCosts.do_fault);
  const index = (region.offset + page * PAGE_SIZE - region.start) / PAGE_SIZE;
  const source = sourcePage(kernel, region, index, region.shared && access === 'write' ? 'write' : 'read');
  if (typeof source !== 'number') return source;
  if (access === 'write' && !region.shared) {
    const physical = newPage(kernel);
    if (physical === 0) return 'oom';
    kernel.cost.execute(memoryCosts.wp_page_copy);
    kernel.cost.copy(physical, source, PAGE_SIZE);
    installAnonymous(space, region, entry, physical);
    return 'handled';
  }
  const writable =
    region.shared && (access === 'write' || (region.pages !== null && (region.protection & PROT_WRITE) !== 0));
  const pte = entryFor(region, source, (writable ? PTE_W : 0) | (access === 'write' ? PTE_D : 0));
  space.tables.write(entry, pte);
  kernel.frames.reference(source);
  space.countPage(region, pte, 1);
  if (access !== 'write' && region.file !== null) mapAround(kernel, space, region, page, index);
  return 'handled';
}

/** The physical page that a region's object has at `index`. */
function sourcePage(kernel: Kernel, region: Region, index: number, access: 'read' | 'write'): number | FaultResult {
  kernel.cost.execute(memoryCosts.filemap_get_page);
  if (region.pages !== null) {
    const physical = region.pages.page(kernel, index);
    return physical > 0 ? physical : physical === 0 ? 'oom' : 'bus';
  }
  const file = region.file!;
  const physical = file.operations.page?.(kernel, file, index, access) ?? -1;
  if (physical > 0) return physical;
  return physical === 0 || physical === -12 ? 'oom' : 'bus';
}

/** Maps what the file already has in memory around a read fault (do_fault_around). */
function mapAround(kernel: Kernel, space: AddressSpace, region: Region, page: number, index: number): void {
  const file = region.file!;
  if (file.operations.cachedPage === undefined) return;
  kernel.cost.execute(memoryCosts.fault_around);
  const window = page - (page % FAULT_AROUND_PAGES);
  const first = Math.max(window, region.start / PAGE_SIZE);
  const end = Math.min(window + FAULT_AROUND_PAGES, region.end / PAGE_SIZE);
  for (let other = first; other < end; other += 1) {
    if (other === page) continue;
    const entry = space.tables.find(other); // the same leaf table: a window does not cross one
    if (entry === 0 || space.tables.read(entry) !== 0) continue;
    const physical = file.operations.cachedPage(kernel, file, index + other - page);
    if (physical <= 0) continue;
    const pte = entryFor(region, physical, 0);
    space.tables.write(entry, pte);
    kernel.frames.reference(physical);
    space.countPage(region, pte, 1);
    kernel.cost.execute(memoryCosts.fault_around_page);
    kernel.cost.touch(entry, 8, 'write');
  }
}

/** First write to a page of a shared mapping that was mapped read-only. */
function writeShared(
  kernel: Kernel,
  space: AddressSpace,
  region: Region,
  page: number,
  entry: number,
  pte: number,
): FaultResult {
  kernel.cost.execute(memoryCosts.wp_page_reuse);
  const index = (region.offset + page * PAGE_SIZE - region.start) / PAGE_SIZE;
  const source = sourcePage(kernel, region, index, 'write');
  if (typeof source !== 'number') return source;
  if (source !== ptePhysical(pte)) {
    // The file has given the page a new frame (a hole was filled).
    kernel.frames.reference(source);
    kernel.frames.release(ptePhysical(pte));
  }
  space.tables.write(entry, entryFor(region, source, PTE_W | PTE_D));
  return 'handled';
}

/** Copy-on-write: the page becomes this address space's own (do_wp_page). */
function breakSharing(kernel: Kernel, space: AddressSpace, region: Region, entry: number, pte: number): FaultResult {
  const old = ptePhysical(pte);
  const special = (pte & PTE_SPECIAL) !== 0;
  if (!special && kernel.frames.references(old) === 1) {
    kernel.cost.execute(memoryCosts.wp_page_reuse);
    space.countPage(region, pte, -1);
    installAnonymous(space, region, entry, old);
    return 'handled';
  }
  const physical = newPage(kernel);
  if (physical === 0) return 'oom';
  kernel.cost.execute(memoryCosts.wp_page_copy);
  if (old === kernel.zeroPage) kernel.cost.zero(physical, PAGE_SIZE);
  else kernel.cost.copy(physical, old, PAGE_SIZE);
  if (!special) {
    space.countPage(region, pte, -1);
    kernel.frames.release(old);
  }
  installAnonymous(space, region, entry, physical);
  return 'handled';
}

/** A writable page of the program's own. */
function installAnonymous(space: AddressSpace, region: Region, entry: number, physical: number): void {
  const pte = entryFor(region, physical, PTE_W | PTE_D | PTE_ANONYMOUS);
  space.tables.write(entry, pte);
  space.countPage(region, pte, 1);
  region.hasAnonymous = true;
}

function newPage(kernel: Kernel): number {
  kernel.cost.execute(memoryCosts.alloc_page);
  kernel.cost.execute(memoryCosts.mem_cgroup_charge);
  kernel.cost.execute(memoryCosts.folio_add_lru);
  return kernel.frames.allocate();
}

/** expand_stack: the region above a fault grows down to it, if it may. */
function growStack(space: AddressSpace, virtual: number): Region | null {
  const index = space.regions.indexAfter(virtual);
  const region = space.regions.at(index);
  if (region === undefined || !region.growsDown || region.protection === 0) return null;
  const start = Math.floor(virtual / PAGE_SIZE) * PAGE_SIZE;
  if (region.end - start > space.limits.soft(RLIMIT_STACK)) return null;
  if (space.totalBytes + region.start - start > space.limits.soft(RLIMIT_AS)) return null;
  const below = space.regions.at(index - 1);
  if (below !== undefined && !below.growsDown && below.protection !== 0 && start - below.end < STACK_GUARD_BYTES)
    return null;
  space.growDown(region, start);
  return region;
}

function report(
  kernel: Kernel,
  address: number,
  access: Access,
  outcome: 'minor' | 'major' | 'cow' | 'segv' | 'bus',
  result: FaultResult,
): FaultResult {
  if (kernel.events.active) {
    const task = kernel.scheduler.current?.tid ?? 0;
    kernel.events.emit({ type: 'fault', cycle: kernel.machine.cycle, hart: 0, task, address, access, outcome });
  }
  return result;
}
