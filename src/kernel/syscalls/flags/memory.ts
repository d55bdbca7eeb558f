// Names of the memory calls' flags, in the order in which strace prints them (asm-generic/mman*.h).

import type { FlagTable } from '../decoders.ts';

export const MAP_SHARED = 0x01;
export const MAP_PRIVATE = 0x02;
export const MAP_SHARED_VALIDATE = 0x03;
export const MAP_TYPE = 0x0f;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
export const MAP_GROWSDOWN = 0x0100;
export const MAP_DENYWRITE = 0x0800;
export const MAP_EXECUTABLE = 0x1000;
export const MAP_LOCKED = 0x2000;
export const MAP_NORESERVE = 0x4000;
export const MAP_POPULATE = 0x8000;
export const MAP_NONBLOCK = 0x1_0000;
export const MAP_STACK = 0x2_0000;
export const MAP_HUGETLB = 0x4_0000;
export const MAP_SYNC = 0x8_0000;
export const MAP_FIXED_NOREPLACE = 0x10_0000;

export const protectionFlags: FlagTable = [
  [1, 'PROT_READ'],
  [2, 'PROT_WRITE'],
  [4, 'PROT_EXEC'],
  [0x0100_0000, 'PROT_GROWSDOWN'],
  [0x0200_0000, 'PROT_GROWSUP'],
];

export const mapFlags: FlagTable = [
  [MAP_SHARED_VALIDATE, 'MAP_SHARED_VALIDATE'],
  [MAP_SHARED, 'MAP_SHARED'],
  [MAP_PRIVATE, 'MAP_PRIVATE'],
  [MAP_FIXED, 'MAP_FIXED'],
  [MAP_ANONYMOUS, 'MAP_ANONYMOUS'],
  [MAP_NORESERVE, 'MAP_NORESERVE'],
  [MAP_POPULATE, 'MAP_POPULATE'],
  [MAP_NONBLOCK, 'MAP_NONBLOCK'],
  [MAP_GROWSDOWN, 'MAP_GROWSDOWN'],
  [MAP_DENYWRITE, 'MAP_DENYWRITE'],
  [MAP_EXECUTABLE, 'MAP_EXECUTABLE'],
  [MAP_LOCKED, 'MAP_LOCKED'],
  [MAP_STACK, 'MAP_STACK'],
  [MAP_HUGETLB, 'MAP_HUGETLB'],
  [MAP_SYNC, 'MAP_SYNC'],
  [MAP_FIXED_NOREPLACE, 'MAP_FIXED_NOREPLACE'],
];

export const MREMAP_MAYMOVE = 1;
export const MREMAP_FIXED = 2;
export const MREMAP_DONTUNMAP = 4;

export const remapFlags: FlagTable = [
  [MREMAP_MAYMOVE, 'MREMAP_MAYMOVE'],
  [MREMAP_FIXED, 'MREMAP_FIXED'],
  [MREMAP_DONTUNMAP, 'MREMAP_DONTUNMAP'],
];

export const MADV_NORMAL = 0;
export const MADV_RANDOM = 1;
export const MADV_SEQUENTIAL = 2;
export const MADV_WILLNEED = 3;
export const MADV_DONTNEED = 4;
export const MADV_FREE = 8;
export const MADV_REMOVE = 9;
export const MADV_DONTFORK = 10;
export const MADV_DOFORK = 11;
export const MADV_MERGEABLE = 12;
export const MADV_UNMERGEABLE = 13;
export const MADV_HUGEPAGE = 14;
export const MADV_NOHUGEPAGE = 15;
export const MADV_DONTDUMP = 16;
export const MADV_DODUMP = 17;
export const MADV_WIPEONFORK = 18;
export const MADV_KEEPONFORK = 19;
export const MADV_COLD = 20;
export const MADV_PAGEOUT = 21;
export const MADV_POPULATE_READ = 22;
export const MADV_POPULATE_WRITE = 23;

export const adviceNames: FlagTable = [
  [MADV_NORMAL, 'MADV_NORMAL'],
  [MADV_RANDOM, 'MADV_RANDOM'],
  [MADV_SEQUENTIAL, 'MADV_SEQUENTIAL'],
  [MADV_WILLNEED, 'MADV_WILLNEED'],
  [MADV_DONTNEED, 'MADV_DONTNEED'],
  [MADV_FREE, 'MADV_FREE'],
  [MADV_REMOVE, 'MADV_REMOVE'],
  [MADV_DONTFORK, 'MADV_DONTFORK'],
  [MADV_DOFORK, 'MADV_DOFORK'],
  [MADV_MERGEABLE, 'MADV_MERGEABLE'],
  [MADV_UNMERGEABLE, 'MADV_UNMERGEABLE'],
  [MADV_HUGEPAGE, 'MADV_HUGEPAGE'],
  [MADV_NOHUGEPAGE, 'MADV_NOHUGEPAGE'],
  [MADV_DONTDUMP, 'MADV_DONTDUMP'],
  [MADV_DODUMP, 'MADV_DODUMP'],
  [MADV_WIPEONFORK, 'MADV_WIPEONFORK'],
  [MADV_KEEPONFORK, 'MADV_KEEPONFORK'],
  [MADV_COLD, 'MADV_COLD'],
  [MADV_PAGEOUT, 'MADV_PAGEOUT'],
  [MADV_POPULATE_READ, 'MADV_POPULATE_READ'],
  [MADV_POPULATE_WRITE, 'MADV_POPULATE_WRITE'],
];

export const MS_ASYNC = 1;
export const MS_INVALIDATE = 2;
export const MS_SYNC = 4;

export const syncFlags: FlagTable = [
  [MS_ASYNC, 'MS_ASYNC'],
  [MS_INVALIDATE, 'MS_INVALIDATE'],
  [MS_SYNC, 'MS_SYNC'],
];

export const MCL_CURRENT = 1;
export const MCL_FUTURE = 2;
export const MCL_ONFAULT = 4;

export const lockAllFlags: FlagTable = [
  [MCL_CURRENT, 'MCL_CURRENT'],
  [MCL_FUTURE, 'MCL_FUTURE'],
  [MCL_ONFAULT, 'MCL_ONFAULT'],
];

export const MLOCK_ONFAULT = 1;

export const lockFlags: FlagTable = [[MLOCK_ONFAULT, 'MLOCK_ONFAULT']];
