// System calls of memory: brk(2), mmap(2), munmap, mprotect, mremap(2), madvise(2), mincore(2), msync(2), mlock(2) and relatives.
// They check arguments; memory/mapping.ts does the work.

import { memoryCosts } from '../cost/routines/memory.ts';
import {
  EACCES,
  EAGAIN,
  EBADF,
  EBUSY,
  EFAULT,
  EINVAL,
  ENODEV,
  ENOMEM,
  EOPNOTSUPP,
  EOVERFLOW,
  EPERM,
} from '../errno.ts';
import { O_ACCMODE, O_PATH, O_RDWR, O_WRONLY } from '../fs/constants.ts';
import type { OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import { PAGE_SIZE, USER_END } from '../memory/layout.ts';
import {
  lockAll,
  lockRange,
  mapRegion,
  populate,
  protectRange,
  remapRegion,
  setBreak,
  unmapRange,
} from '../memory/mapping.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../memory/region.ts';
import { SharedPages } from '../memory/shared-pages.ts';
import { RLIMIT_MEMLOCK } from '../process/limits.ts';
import type { Task } from '../process/task.ts';
import * as flags from './flags/memory.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

const PROTECTION_BITS = PROT_READ | PROT_WRITE | PROT_EXEC;
/** PROT_SEM is accepted and means nothing; PROT_GROWSDOWN reaches down to the region's start (mprotect only). */
const PROT_SEM = 8;
const PROT_GROWSDOWN = 0x0100_0000;
const PROT_GROWSUP = 0x0200_0000;

const SHARED_FLAGS_KNOWN = 0x1f_ffff;
/** /dev/zero, null(4): mapping it is mapping nothing. */
const DEV_ZERO = (1 << 8) | 5;

function brk(kernel: Kernel, task: Task, address: number): SyscallResult {
  return setBreak(kernel, task.memory!, address);
}

function mmap(
  kernel: Kernel,
  task: Task,
  address: number,
  length: number,
  protection: number,
  flagBits: number,
  fd: number,
  offset: number,
): SyscallResult {
  const space = task.memory!;
  if (offset % PAGE_SIZE !== 0) return -EINVAL;
  let file: OpenFile | null = null;
  if ((flagBits & flags.MAP_ANONYMOUS) === 0) {
    file = task.files.get(fd | 0);
    if (file === null || (file.flags & O_PATH) !== 0) return -EBADF;
  }
  if (!(length > 0)) return length === 0 ? -EINVAL : -ENOMEM;
  const bytes = Math.ceil(length / PAGE_SIZE) * PAGE_SIZE;
  if (bytes > USER_END) return -ENOMEM;
  if (file !== null && offset + bytes > Number.MAX_SAFE_INTEGER) return -EOVERFLOW;

  const type = flagBits & flags.MAP_TYPE;
  const shared = type === flags.MAP_SHARED || type === flags.MAP_SHARED_VALIDATE;
  if (!shared && type !== flags.MAP_PRIVATE) return -EINVAL;
  if (type === flags.MAP_SHARED_VALIDATE) {
    if (file === null) return -EINVAL;
    if ((flagBits & ~SHARED_FLAGS_KNOWN) !== 0 || (flagBits & flags.MAP_SYNC) !== 0) return -EOPNOTSUPP;
  }
  if ((flagBits & flags.MAP_HUGETLB) !== 0) return file === null ? -ENOMEM : -EINVAL; // no huge pages are set aside
  if ((flagBits & flags.MAP_GROWSDOWN) !== 0 && (shared || file !== null)) return -EINVAL;
  if ((flagBits & flags.MAP_LOCKED) !== 0 && space.limits.soft(RLIMIT_MEMLOCK) === 0) return -EPERM;

  let mayWrite = true;
  let pages: SharedPages | null = null;
  if (file !== null) {
    const mode = file.flags & O_ACCMODE;
    if (mode === O_WRONLY) return -EACCES;
    if (shared && mode !== O_RDWR) {
      if ((protection & PROT_WRITE) !== 0) return -EACCES;
      mayWrite = false;
    }
    if (file.operations.page === undefined) {
      if (file.inode.rdev !== DEV_ZERO) return -ENODEV;
      file = null;
    }
  }
  if (file === null && shared) {
    pages = new SharedPages(bytes / PAGE_SIZE);
  }
  const start = mapRegion(kernel, space, {
    address,
    bytes,
    protection: protection & PROTECTION_BITS,
    shared,
    file,
    pages,
    offset: file === null ? 0 : offset,
    fixed: (flagBits & flags.MAP_FIXED) !== 0,
    noReplace: (flagBits & flags.MAP_FIXED_NOREPLACE) !== 0,
    growsDown: (flagBits & flags.MAP_GROWSDOWN) !== 0,
    locked: (flagBits & flags.MAP_LOCKED) !== 0,
    noReserve: (flagBits & flags.MAP_NORESERVE) !== 0,
    mayWrite,
  });
  pages?.release(kernel); // the region has its own reference
  if (start < 0) return start;
  const wantsPages = (flagBits & (flags.MAP_POPULATE | flags.MAP_NONBLOCK)) === flags.MAP_POPULATE;
  if (wantsPages || (flagBits & flags.MAP_LOCKED) !== 0 || space.lockFuture) {
    populate(kernel, space, start, start + bytes, false); // mmap does not fail when this does
  }
  return start;
}

function munmap(kernel: Kernel, task: Task, address: number, length: number): SyscallResult {
  if (!isRange(address, length) || length === 0) return -EINVAL;
  return unmapRange(kernel, task.memory!, address, pages(length));
}

function mprotect(kernel: Kernel, task: Task, address: number, length: number, protection: number): SyscallResult {
  const space = task.memory!;
  const grows = protection & (PROT_GROWSDOWN | PROT_GROWSUP);
  if (grows === (PROT_GROWSDOWN | PROT_GROWSUP) || address % PAGE_SIZE !== 0) return -EINVAL;
  if (length === 0) return 0;
  if (!(address >= 0 && length > 0 && address + length <= USER_END)) return -ENOMEM;
  const wanted = protection & ~(PROT_GROWSDOWN | PROT_GROWSUP);
  if ((wanted & ~(PROTECTION_BITS | PROT_SEM)) !== 0) return -EINVAL;
  let start = address;
  if (grows !== 0) {
    const region = space.regions.find(address);
    if (region === null) return -ENOMEM;
    if (grows === PROT_GROWSUP || !region.growsDown) return -EINVAL;
    start = region.start;
  }
  return protectRange(kernel, space, start, address + pages(length), wanted & PROTECTION_BITS);
}

function mremap(
  kernel: Kernel,
  task: Task,
  address: number,
  oldLength: number,
  newLength: number,
  flagBits: number,
  newAddress: number,
): SyscallResult {
  const known = flags.MREMAP_MAYMOVE | flags.MREMAP_FIXED | flags.MREMAP_DONTUNMAP;
  if ((flagBits & ~known) !== 0) return -EINVAL;
  const mayMove = (flagBits & flags.MREMAP_MAYMOVE) !== 0;
  const fixed = (flagBits & flags.MREMAP_FIXED) !== 0;
  const keepOld = (flagBits & flags.MREMAP_DONTUNMAP) !== 0;
  if ((fixed || keepOld) && !mayMove) return -EINVAL;
  if (address % PAGE_SIZE !== 0 || !(address >= 0) || oldLength < 0) return -EINVAL;
  const oldBytes = pages(oldLength);
  const newBytes = pages(newLength);
  if (!(newLength > 0) || newBytes > USER_END || (keepOld && oldBytes !== newBytes)) return -EINVAL;
  if (address + oldBytes > USER_END) return -EFAULT;
  if (fixed) {
    if (newAddress % PAGE_SIZE !== 0 || !(newAddress >= 0 && newAddress + newBytes <= USER_END)) return -EINVAL;
    if (newAddress < address + oldBytes && address < newAddress + newBytes) return -EINVAL;
  }
  kernel.cost.execute(memoryCosts.do_mmap);
  return remapRegion(kernel, task.memory!, {
    start: address,
    oldBytes,
    newBytes,
    mayMove,
    target: fixed ? newAddress : null,
    keepOld,
  });
}

function madvise(kernel: Kernel, task: Task, address: number, length: number, advice: number): SyscallResult {
  if (!flags.adviceNames.some(([value]) => value === advice)) return -EINVAL;
  if (address % PAGE_SIZE !== 0 || !(length >= 0) || !(address >= 0)) return -EINVAL;
  const end = address + pages(length);
  if (end > USER_END) return -EINVAL;
  if (length === 0) return 0;
  const space = task.memory!;
  let covered = address;
  let hole = false;
  for (const region of space.regions.overlapping(address, end)) {
    kernel.cost.execute(memoryCosts.madvise_walk);
    if (region.start > covered) hole = true;
    const from = Math.max(address, region.start);
    covered = Math.min(end, region.end);
    const result = advise(kernel, task, advice, from, covered);
    if (result < 0) return result;
  }
  if (
    advice === flags.MADV_DONTFORK ||
    advice === flags.MADV_DOFORK ||
    advice === flags.MADV_WIPEONFORK ||
    advice === flags.MADV_KEEPONFORK
  ) {
    space.merge(address, end);
  }
  return hole || covered < end ? -ENOMEM : 0;
}

/** One region's part of the range. */
function advise(kernel: Kernel, task: Task, advice: number, start: number, end: number): number {
  const space = task.memory!;
  const region = space.regions.find(start)!;
  switch (advice) {
    case flags.MADV_DONTNEED:
    case flags.MADV_FREE:
      if (region.locked) return -EINVAL;
      if (advice === flags.MADV_FREE && (!region.anonymous || region.shared)) return -EINVAL;
      space.discard(start, end); // a freed page may be taken at any time: here, at once
      return 0;
    case flags.MADV_REMOVE:
      if (!region.shared || region.locked || region.file?.operations.allocate === undefined) return -EINVAL;
      // fallocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)
      return region.file.operations.allocate(kernel, region.file, 3, region.offset + start - region.start, end - start);
    case flags.MADV_DONTFORK:
    case flags.MADV_DOFORK:
    case flags.MADV_WIPEONFORK:
    case flags.MADV_KEEPONFORK: {
      if (advice === flags.MADV_WIPEONFORK && (!region.anonymous || region.shared)) return -EINVAL;
      const regions = space.isolate(start, end);
      if (regions === null) return -EAGAIN;
      for (const part of regions) {
        if (advice === flags.MADV_DONTFORK || advice === flags.MADV_DOFORK)
          part.dontFork = advice === flags.MADV_DONTFORK;
        else part.wipeOnFork = advice === flags.MADV_WIPEONFORK;
      }
      return 0;
    }
    case flags.MADV_POPULATE_READ:
    case flags.MADV_POPULATE_WRITE:
      return populate(kernel, space, start, end, advice === flags.MADV_POPULATE_WRITE);
    default:
      return 0; // advice about read-ahead, huge pages, merging and dumps: nothing here depends on it
  }
}

function mincore(kernel: Kernel, task: Task, address: number, length: number, vector: number): SyscallResult {
  if (address % PAGE_SIZE !== 0) return -EINVAL;
  if (!(address >= 0 && length >= 0 && address + length <= USER_END)) return -ENOMEM;
  const space = task.memory!;
  const count = Math.ceil(length / PAGE_SIZE);
  // As many pages at a time as answers fit in one page (do_mincore).
  for (let done = 0; done < count; ) {
    const chunk = new Uint8Array(Math.min(PAGE_SIZE, count - done));
    for (let index = 0; index < chunk.length; index += 1) {
      const resident = isResident(kernel, space, address + (done + index) * PAGE_SIZE);
      if (resident === null) return -ENOMEM;
      chunk[index] = resident ? 1 : 0;
    }
    if (!space.write(vector + done, chunk)) return -EFAULT;
    done += chunk.length;
  }
  return 0;
}

/** Whether the page at this address is in memory; null when nothing is mapped there. */
function isResident(kernel: Kernel, space: AddressSpace, address: number): boolean | null {
  kernel.cost.execute(memoryCosts.mincore_page);
  const region = space.regions.find(address);
  if (region === null) return null;
  if (space.tables.get(address / PAGE_SIZE) !== 0) return true;
  const index = (region.offset + address - region.start) / PAGE_SIZE;
  return region.file !== null && (region.file.operations.cachedPage?.(kernel, region.file, index) ?? 0) > 0;
}

function msync(kernel: Kernel, task: Task, address: number, length: number, flagBits: number): SyscallResult {
  if ((flagBits & ~(flags.MS_ASYNC | flags.MS_INVALIDATE | flags.MS_SYNC)) !== 0 || address % PAGE_SIZE !== 0)
    return -EINVAL;
  if ((flagBits & flags.MS_ASYNC) !== 0 && (flagBits & flags.MS_SYNC) !== 0) return -EINVAL;
  const end = address + pages(length);
  if (!(address >= 0 && length >= 0 && end <= USER_END)) return -ENOMEM;
  const space = task.memory!;
  let covered = address;
  let hole = false;
  for (const region of space.regions.overlapping(address, end)) {
    kernel.cost.execute(memoryCosts.msync_walk);
    if (region.start > covered) hole = true;
    covered = Math.min(end, region.end);
    if ((flagBits & flags.MS_INVALIDATE) !== 0 && region.locked) return -EBUSY;
    if ((flagBits & flags.MS_SYNC) !== 0 && region.shared && region.file?.operations.sync !== undefined) {
      const result = region.file.operations.sync(kernel, region.file, true);
      if (result < 0) return result;
    }
  }
  return hole || covered < end ? -ENOMEM : 0;
}

function lockPages(
  kernel: Kernel,
  task: Task,
  address: number,
  length: number,
  locked: boolean,
  onFault: boolean,
): SyscallResult {
  const start = Math.floor(address / PAGE_SIZE) * PAGE_SIZE;
  const end = Math.ceil((address + length) / PAGE_SIZE) * PAGE_SIZE;
  if (!(length >= 0 && start >= 0)) return -EINVAL;
  if (end > USER_END) return -ENOMEM;
  return length === 0 ? 0 : lockRange(kernel, task.memory!, start, end, locked, onFault);
}

function mlock(kernel: Kernel, task: Task, address: number, length: number): SyscallResult {
  return lockPages(kernel, task, address, length, true, false);
}

function mlock2(kernel: Kernel, task: Task, address: number, length: number, flagBits: number): SyscallResult {
  if ((flagBits & ~flags.MLOCK_ONFAULT) !== 0) return -EINVAL;
  return lockPages(kernel, task, address, length, true, (flagBits & flags.MLOCK_ONFAULT) !== 0);
}

function munlock(kernel: Kernel, task: Task, address: number, length: number): SyscallResult {
  return lockPages(kernel, task, address, length, false, false);
}

function mlockall(kernel: Kernel, task: Task, flagBits: number): SyscallResult {
  const known = flags.MCL_CURRENT | flags.MCL_FUTURE | flags.MCL_ONFAULT;
  if (flagBits === 0 || (flagBits & ~known) !== 0 || flagBits === flags.MCL_ONFAULT) return -EINVAL;
  const space = task.memory!;
  if (space.limits.soft(RLIMIT_MEMLOCK) === 0) return -EPERM;
  const onFault = (flagBits & flags.MCL_ONFAULT) !== 0;
  if ((flagBits & flags.MCL_CURRENT) !== 0) {
    const result = lockAll(kernel, space, true, onFault);
    if (result < 0) return result;
  }
  space.lockFuture = (flagBits & flags.MCL_FUTURE) !== 0;
  return 0;
}

function munlockall(kernel: Kernel, task: Task): SyscallResult {
  task.memory!.lockFuture = false;
  return lockAll(kernel, task.memory!, false, false);
}

/** Whole pages that hold `length` bytes. */
function pages(length: number): number {
  return Math.ceil(length / PAGE_SIZE) * PAGE_SIZE;
}

function isRange(address: number, length: number): boolean {
  return address % PAGE_SIZE === 0 && address >= 0 && length >= 0 && address + pages(length) <= USER_END;
}

const protectionDecoder = { kind: 'flags', flags: flags.protectionFlags, zero: 'PROT_NONE' } as const;

export const memorySyscalls: readonly SyscallRow[] = [
  {
    number: 214,
    name: 'brk',
    arguments: [{ kind: 'pointer' }],
    result: 'pointer',
    handler: brk,
    cost: memoryCosts.sys_memory,
  },
  {
    number: 215,
    name: 'munmap',
    arguments: [{ kind: 'pointer' }, { kind: 'size' }],
    handler: munmap,
    cost: memoryCosts.sys_memory,
  },
  {
    number: 216,
    name: 'mremap',
    arguments: [
      { kind: 'pointer' },
      { kind: 'size' },
      { kind: 'size' },
      { kind: 'flags', flags: flags.remapFlags },
      { kind: 'pointer' },
    ],
    result: 'pointer',
    handler: mremap,
    cost: memoryCosts.sys_memory,
  },
  {
    number: 222,
    name: 'mmap',
    arguments: [
      { kind: 'pointer' },
      { kind: 'size' },
      protectionDecoder,
      { kind: 'flags', flags: flags.mapFlags },
      { kind: 'fd' },
      { kind: 'hex' },
    ],
    result: 'pointer',
    handler: mmap,
    cost: memoryCosts.sys_memory,
  },
  {
    number: 226,
    name: 'mprotect',
    arguments: [{ kind: 'pointer' }, { kind: 'size' }, protectionDecoder],
    handler: mprotect,
    cost: memoryCosts.sys_memory,
  },
  {
    number: 227,
    name: 'msync',
    arguments: [{ kind: 'pointer' }, { kind: 'size' }, { kind: 'flags', flags: flags.syncFlags }],
    handler: msync,
    cost: memoryCosts.sys_memory,
  },
  {
    number: 228,
    name: 'mlock',
    arguments: [{ kind: 'pointer' }, { kind: 'size' }],
    handler: mlock,
    cost: memoryCosts.sys_memory,
  },
  {
    number: 229,
    name: 'munlock',
    arguments: [{ kind: 'pointer' }, { kind: 'size' }],
    handler: munlock,
    cost: memoryCosts.sys_memory,
  },
  {
    number: 230,
    name: 'mlockall',
    arguments: [{ kind: 'flags', flags: flags.lockAllFlags }],
    handler: mlockall,
    cost: memoryCosts.sys_memory,
  },
  { number: 231, name: 'munlockall', arguments: [], handler: munlockall, cost: memoryCosts.sys_memory },
  {
    number: 232,
    name: 'mincore',
    arguments: [{ kind: 'pointer' }, { kind: 'size' }, { kind: 'pointer' }],
    handler: mincore,
    cost: memoryCosts.sys_memory,
  },
  {
    number: 233,
    name: 'madvise',
    arguments: [
      { kind: 'pointer' },
      { kind: 'size' },
      { kind: 'enumeration', values: flags.adviceNames, fallback: 'MADV_???' },
    ],
    handler: madvise,
    cost: memoryCosts.sys_memory,
    support: { partial: 'advice about read-ahead, huge pages, merging and core files is accepted and has no effect' },
  },
  {
    number: 284,
    name: 'mlock2',
    arguments: [{ kind: 'pointer' }, { kind: 'size' }, { kind: 'flags', flags: flags.lockFlags }],
    handler: mlock2,
    cost: memoryCosts.sys_memory,
  },
];
