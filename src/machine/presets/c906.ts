// Like a T-Head C906: RV64GC, five to eight stages, in order, single issue, ASIDs. Ways, line size, replacement of the
// caches and the shape of the TLBs are T-Head's own description of the C906 (two-way and four-way FIFO caches with 64-byte lines,
// 10-entry fully associative micro TLBs, a shared 4-way TLB); sizes are the Allwinner D1's. Everything marked `estimated`, and every
// latency, has no published number.

import type { Preset } from '../preset.ts';

export const c906: Preset = {
  name: 'c906',
  description: 'in-order core with 32 KiB caches, 16-bit ASIDs and a larger TLB, like the T-Head C906',
  source: 'structure: T-Head, C906 overview; sizes: Allwinner D1; latencies: estimated',
  timing: true,
  clockHz: 1_000_000_000, // D1: 1 GHz
  timebaseHz: 24_000_000, // D1: 24 MHz crystal
  pipeline: {
    loadUseCycles: 3, // estimated
    subwordLoadUseCycles: 3, // estimated
    fpLoadUseCycles: 4, // estimated
    csrUseCycles: 3, // estimated
    mulIterative: false,
    mulCycles: 4, // estimated
    mulBitsPerCycle: 64,
    divCycles: 4, // estimated
    divBitsPerCycle: 2, // estimated
    amoUseCycles: 10, // estimated
    amoBusyCycles: 8, // estimated
    storeConditionalUseCycles: 4, // estimated
    storeLoadReplayCycles: 0, // estimated: the store buffer forwards
    fenceAfterMemoryCycles: 2, // estimated
    misalignedCycles: 1, // handled in hardware; estimated
    sharedWritePort: false,
    fpRegisterAlias: false,
  },
  fp: {
    addSingleCycles: 4, // estimated, as all of these
    addDoubleCycles: 4,
    mulSingleCycles: 4,
    mulDoubleCycles: 4,
    mulAddSingleCycles: 5,
    mulAddDoubleCycles: 5,
    divideSingleCycles: 13,
    divideDoubleCycles: 20,
    sqrtSingleCycles: 13,
    sqrtDoubleCycles: 20,
    shortCycles: 3,
    toIntegerCycles: 3,
  },
  flush: { csrCycles: 6, fenceICycles: 20, sfenceCycles: 10, trapCycles: 6, trapReturnCycles: 6 }, // estimated
  branch: {
    mispredictCycles: 6, // estimated
    fetchRedirectCycles: 1, // estimated
    straddleCycles: 0, // estimated
    btbEntries: 16, // estimated
    btbPages: 16, // full targets
    bhtEntries: 8192, // estimated
    bhtCounterBits: 2,
    bhtHistoryLength: 8, // estimated
    bhtHistoryBits: 8, // estimated
    rasEntries: 4, // estimated
  },
  l1i: { sizeBytes: 32768, ways: 2, lineBytes: 64, replacement: 'fifo', missCycles: 15, dirtyCycles: 0 },
  l1d: { sizeBytes: 32768, ways: 4, lineBytes: 64, replacement: 'fifo', missCycles: 12, dirtyCycles: 16 },
  l2: null, // the D1 has none
  dram: { latencyCycles: 90 }, // estimated
  uncachedCycles: 40, // estimated
  itlb: { entries: 10, pagesPerEntry: 1, superpageEntries: 4, missCycles: 4 }, // 10-entry micro TLB; superpages estimated
  dtlb: { entries: 10, pagesPerEntry: 1, superpageEntries: 4, missCycles: 4 },
  l2tlb: { entries: 128, ways: 4, hitCycles: 3 }, // 4-way; size and latency estimated
  walker: { cacheEntries: 0, stepCycles: 6, superpageSavesCycles: 1 }, // estimated
  asidBits: 16,
};
