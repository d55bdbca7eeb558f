// What mmap(2), munmap, mremap, mprotect, brk, mlock and madvise do to an address space. The system calls (syscalls/memory.ts)
// unpack arguments and call these; SysV shared memory and others may too. All return a value >= 0 or -errno.

import { memoryCosts } from '../cost/routines/memory.ts';
import { EACCES, EAGAIN, EEXIST, EFAULT, EINVAL, ENOMEM, EPERM } from '../errno.ts';
import type { OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import { RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK } from '../process/limits.ts';
import { type AddressSpace, LOWEST_ADDRESS, STACK_GUARD_BYTES } from './address-space.ts';
import { PAGE_SIZE, USER_END } from './layout.ts';
import { MAXIMUM_REGIONS, PROT_WRITE, type Region } from './region.ts';
import type { SharedPages } from './shared-pages.ts';

export interface MapRequest {
  /** Hint, or with `fixed` the place. */
  readonly address: number;
  readonly bytes: number;
  readonly protection: number;
  readonly shared: boolean;
  readonly file: OpenFile | null;
  readonly pages: SharedPages | null;
  readonly offset: number;
  readonly fixed: boolean;
  /** MAP_FIXED_NOREPLACE: EEXIST instead of unmapping what is there. */
  readonly noReplace: boolean;
  readonly growsDown: boolean;
  readonly locked: boolean;
  readonly noReserve: boolean;
  readonly mayWrite: boolean;
}

/** Finds a place and maps; the address. Arguments that need no address space to judge have been checked. */
export function mapRegion(kernel: Kernel, space: AddressSpace, request: MapRequest): number {
  const { bytes } = request;
  kernel.cost.execute(memoryCosts.do_mmap);
  const start = choosePlace(space, request);
  if (start < 0) return start;
  if (request.noReplace && space.regions.overlaps(start, start + bytes)) return -EEXIST;
  if (space.regions.count >= MAXIMUM_REGIONS) return -ENOMEM;
  const privateWritable = !request.shared && (request.protection & PROT_WRITE) !== 0;
  if (!mayExpand(kernel, space, bytes, privateWritable && !request.noReserve)) return -ENOMEM;
  if (privateWritable && space.dataBytes + bytes > space.limits.soft(RLIMIT_DATA)) return -ENOMEM;
  const locked = request.locked || space.lockFuture;
  if (locked && !mayLock(space, bytes)) return -EAGAIN;
  const mapped = space.map({
    start,
    end: start + bytes,
    protection: request.protection,
    shared: request.shared,
    file: request.file,
    pages: request.pages,
    offset: request.offset,
    growsDown: request.growsDown,
    locked,
    mayWrite: request.mayWrite,
  });
  return mapped < 0 ? mapped : start;
}

function choosePlace(space: AddressSpace, request: MapRequest): number {
  const { bytes, address } = request;
  if (bytes > USER_END) return -ENOMEM;
  if (request.fixed || request.noReplace) {
    if (address % PAGE_SIZE !== 0) return -EINVAL;
    if (!(address >= 0 && address + bytes <= USER_END)) return -ENOMEM;
    return address < LOWEST_ADDRESS ? -EPERM : address;
  }
  // Hints are only hints (Go asks for addresses past the end).
  const hint = Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;
  if (hint >= LOWEST_ADDRESS && hint + bytes <= USER_END && !space.regions.overlaps(hint, hint + bytes)) {
    const above = space.regions.at(space.regions.indexAfter(hint));
    if (above === undefined || !above.growsDown || hint + bytes + STACK_GUARD_BYTES <= above.start) return hint;
  }
  const { regions } = space;
  return (
    regions.holeBelow(bytes, LOWEST_ADDRESS, space.mmapBase, STACK_GUARD_BYTES) ??
    regions.holeAbove(bytes, space.mmapBase, USER_END, STACK_GUARD_BYTES) ??
    -ENOMEM
  );
}

/** RLIMIT_AS, and the obvious overcommit that Linux's heuristic refuses: more at once than there is memory. */
function mayExpand(kernel: Kernel, space: AddressSpace, bytes: number, accounted: boolean): boolean {
  if (space.totalBytes + bytes > space.limits.soft(RLIMIT_AS)) return false;
  return !accounted || bytes <= kernel.frames.frameCount * PAGE_SIZE;
}

function mayLock(space: AddressSpace, bytes: number): boolean {
  return space.lockedBytes + bytes <= space.limits.soft(RLIMIT_MEMLOCK);
}

/** Faults every page of the range in, as far as that goes: MAP_POPULATE, mlock. -ENOMEM or -EFAULT of the first failure. */
export function populate(kernel: Kernel, space: AddressSpace, start: number, end: number, write: boolean): number {
  for (let address = start; address < end; address += PAGE_SIZE) {
    const region = space.regions.find(address);
    if (region === null) return -ENOMEM;
    const wantWrite = write || ((region.protection & PROT_WRITE) !== 0 && !region.shared);
    if (region.protection === 0) return -EFAULT;
    if (space.translate(address, wantWrite ? 'write' : 'read') === 0)
      return kernel.frames.freeFrames === 0 ? -ENOMEM : -EFAULT;
  }
  return 0;
}

/** brk(2): the new program break, or the old one when it cannot be moved there. */
export function setBreak(kernel: Kernel, space: AddressSpace, requested: number): number {
  kernel.cost.execute(memoryCosts.do_brk);
  const { heapStart, heapEnd } = space;
  if (!(requested >= heapStart && requested < USER_END)) return heapEnd;
  const oldEnd = pageCeiling(heapEnd);
  const newEnd = pageCeiling(requested);
  if (newEnd < oldEnd) {
    if (space.unmap(newEnd, oldEnd) < 0) return heapEnd;
  } else if (newEnd > oldEnd) {
    const bytes = newEnd - oldEnd;
    const next = space.regions.at(space.regions.indexAfter(oldEnd));
    const limit = next === undefined ? USER_END : next.start - (next.growsDown ? STACK_GUARD_BYTES : 0);
    if (newEnd > limit) return heapEnd;
    const data = requested - heapStart + (space.dataEnd - space.dataStart);
    if (data > space.limits.soft(RLIMIT_DATA) || !mayExpand(kernel, space, bytes, true)) return heapEnd;
    if (space.lockFuture && !mayLock(space, bytes)) return heapEnd;
    const mapped = space.map({ start: oldEnd, end: newEnd, protection: 3, name: '[heap]', locked: space.lockFuture });
    if (mapped < 0) return heapEnd;
  }
  space.heapEnd = requested;
  return requested;
}

/** munmap(2) of a page-aligned range. */
export function unmapRange(kernel: Kernel, space: AddressSpace, start: number, bytes: number): number {
  kernel.cost.execute(memoryCosts.do_munmap);
  return space.unmap(start, start + bytes);
}

/** mprotect(2): -ENOMEM for a hole (what lies before it is changed), -EACCES for writing to what may only be read. */
export function protectRange(
  kernel: Kernel,
  space: AddressSpace,
  start: number,
  end: number,
  protection: number,
): number {
  const covered = coverage(space, start, end);
  if (covered <= start) return -ENOMEM;
  for (const region of space.regions.overlapping(start, covered)) {
    if ((protection & PROT_WRITE) !== 0 && !region.mayWrite) return -EACCES;
  }
  const regions = space.isolate(start, covered);
  if (regions === null) return -ENOMEM;
  for (const region of regions) if (region.protection !== protection) space.protect(region, protection);
  space.merge(start, covered);
  kernel.cost.touch(space.address, 64, 'write');
  return covered < end ? -ENOMEM : 0;
}

/** End of the part of [start, end) that is mapped without a hole from its start on. */
function coverage(space: AddressSpace, start: number, end: number): number {
  let covered = start;
  for (const region of space.regions.overlapping(start, end)) {
    if (region.start > covered) break;
    covered = Math.min(end, region.end);
  }
  return covered;
}

export interface RemapRequest {
  readonly start: number;
  readonly oldBytes: number;
  readonly newBytes: number;
  readonly mayMove: boolean;
  /** MREMAP_FIXED: the new place; null: anywhere. */
  readonly target: number | null;
  /** MREMAP_DONTUNMAP: the old place stays mapped, empty. */
  readonly keepOld: boolean;
}

/** mremap(2): the address afterwards. Sizes are whole pages. */
export function remapRegion(kernel: Kernel, space: AddressSpace, request: RemapRequest): number {
  const { start, newBytes, target } = request;
  let { oldBytes } = request;
  const region = space.regions.find(start);
  if (region === null) return -EFAULT;
  if (oldBytes === 0) {
    // A second mapping of the same shared pages.
    if (!region.shared) return -EINVAL;
    return duplicate(kernel, space, region, start, newBytes, target);
  }
  if (target === null && newBytes < oldBytes) {
    const unmapped = space.unmap(start + newBytes, start + oldBytes);
    if (unmapped < 0) return unmapped;
    return start;
  }
  if (start + oldBytes > region.end) return -EFAULT;
  if (target === null && newBytes === oldBytes && !request.keepOld) return start;
  if (newBytes > oldBytes) {
    const more = newBytes - oldBytes;
    if (region.locked && !mayLock(space, more)) return -EAGAIN;
    if (!mayExpand(kernel, space, more, region.isData)) return -ENOMEM;
    const end = start + oldBytes;
    const free = end + more <= USER_END && !space.regions.overlaps(end, end + more);
    if (target === null && region.end === end && free && !request.keepOld) {
      const grown = space.map({
        ...region.part(region.start, region.end),
        start: end,
        end: end + more,
        offset: grownOffset(region, end),
      });
      return grown < 0 ? grown : start;
    }
  }
  if (!request.mayMove) return -ENOMEM;
  if (target !== null && newBytes < oldBytes) {
    const unmapped = space.unmap(start + newBytes, start + oldBytes);
    if (unmapped < 0) return unmapped;
    oldBytes = newBytes;
  }
  return moveRegion(space, { ...request, oldBytes });
}

function grownOffset(region: Region, end: number): number {
  return region.anonymous ? 0 : region.offset + (end - region.start);
}

function duplicate(
  kernel: Kernel,
  space: AddressSpace,
  region: Region,
  start: number,
  bytes: number,
  target: number | null,
): number {
  const place = target ?? space.regions.holeBelow(bytes, LOWEST_ADDRESS, space.mmapBase, STACK_GUARD_BYTES);
  if (place === null || !mayExpand(kernel, space, bytes, false)) return -ENOMEM;
  const mapped = space.map({
    ...region.part(region.start, region.end),
    start: place,
    end: place + bytes,
    offset: grownOffset(region, start),
  });
  return mapped < 0 ? mapped : place;
}

function moveRegion(space: AddressSpace, request: RemapRequest): number {
  const { start, oldBytes, newBytes, target } = request;
  const place = target ?? space.regions.holeBelow(newBytes, LOWEST_ADDRESS, space.mmapBase, STACK_GUARD_BYTES);
  if (place === null) return -ENOMEM;
  if (target !== null) {
    const unmapped = space.unmap(target, target + newBytes);
    if (unmapped < 0) return unmapped;
  }
  if (space.isolate(start, start + oldBytes) === null) return -ENOMEM;
  const region = space.regions.find(start)!;
  const mapped = space.map({ ...region.part(region.start, region.end), start: place, end: place + newBytes });
  if (mapped < 0) return mapped;
  const moved = space.regions.find(place)!;
  moved.hasAnonymous ||= region.hasAnonymous;
  if (!space.movePages(start, place, oldBytes)) return -ENOMEM;
  if (!request.keepOld) {
    const unmapped = space.unmap(start, start + oldBytes);
    if (unmapped < 0) return unmapped;
  }
  return place;
}

/** mlock, munlock: whole pages of [start, end). */
export function lockRange(
  kernel: Kernel,
  space: AddressSpace,
  start: number,
  end: number,
  locked: boolean,
  onFault: boolean,
): number {
  kernel.cost.execute(memoryCosts.mlock_walk);
  if (coverage(space, start, end) < end) return -ENOMEM;
  if (locked) {
    let more = 0;
    for (const region of space.regions.overlapping(start, end)) {
      if (!region.locked) more += Math.min(end, region.end) - Math.max(start, region.start);
    }
    if (space.limits.soft(RLIMIT_MEMLOCK) === 0) return -EPERM;
    if (!mayLock(space, more)) return -ENOMEM;
  }
  const regions = space.isolate(start, end);
  if (regions === null) return -ENOMEM;
  for (const region of regions) setLocked(space, region, locked);
  space.merge(start, end);
  if (locked && !onFault) {
    const populated = populate(kernel, space, start, end, false);
    if (populated < 0 && populated !== -EFAULT) return populated;
  }
  return 0;
}

/** mlockall(MCL_CURRENT), munlockall. */
export function lockAll(kernel: Kernel, space: AddressSpace, locked: boolean, onFault: boolean): number {
  kernel.cost.execute(memoryCosts.mlock_walk, space.regions.count);
  if (locked && space.totalBytes > space.limits.soft(RLIMIT_MEMLOCK)) return -ENOMEM;
  for (const region of [...space.regions]) {
    setLocked(space, region, locked);
    if (locked && !onFault && region.protection !== 0) populate(kernel, space, region.start, region.end, false);
  }
  return 0;
}

function setLocked(space: AddressSpace, region: Region, locked: boolean): void {
  if (region.locked === locked) return;
  region.locked = locked;
  space.lockedBytes += locked ? region.bytes : -region.bytes;
}

function pageCeiling(address: number): number {
  return Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;
}
