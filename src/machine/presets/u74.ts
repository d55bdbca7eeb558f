// Like a SiFive U74 (FU740, JH7110): RV64GC, eight stages, in order. The core issues two instructions a cycle; this model issues
// one, so its throughput is at most half: for the memory system, not for the pipeline. Sizes are those of SiFive,
// "U74-MC Core Complex Manual" and "FU740-C000 Manual"; everything marked `estimated` has no published number.

import type { Preset } from '../preset.ts';

export const u74: Preset = {
  name: 'u74',
  description: 'in-order core with 32 KiB caches, 2 MiB L2 and 40-entry TLBs, like the SiFive U74 (single issue)',
  source: 'sizes: SiFive manuals; latencies: manual where given, else estimated',
  timing: true,
  clockHz: 1_200_000_000, // FU740: 1.2 GHz
  timebaseHz: 1_000_000, // FU740: 1 MHz RTC
  pipeline: {
    loadUseCycles: 3, // manual: load-to-use 3
    subwordLoadUseCycles: 3, // manual
    fpLoadUseCycles: 4, // estimated
    csrUseCycles: 3, // manual
    mulIterative: false,
    mulCycles: 3, // manual
    mulBitsPerCycle: 64,
    divCycles: 6, // manual: 6 to 68
    divBitsPerCycle: 1,
    amoUseCycles: 10, // estimated
    amoBusyCycles: 8, // estimated
    storeConditionalUseCycles: 4, // estimated
    storeLoadReplayCycles: 5, // estimated: as Rocket
    fenceAfterMemoryCycles: 2, // estimated
    misalignedCycles: 10, // estimated: the core traps
    sharedWritePort: false,
    fpRegisterAlias: false,
  },
  fp: {
    addSingleCycles: 5, // manual: FP latencies table
    addDoubleCycles: 7,
    mulSingleCycles: 5,
    mulDoubleCycles: 7,
    mulAddSingleCycles: 5,
    mulAddDoubleCycles: 7,
    divideSingleCycles: 27, // manual: 9 to 36
    divideDoubleCycles: 58, // manual: 9 to 58
    sqrtSingleCycles: 28, // manual: 9 to 28
    sqrtDoubleCycles: 57, // manual: 9 to 57
    shortCycles: 3,
    toIntegerCycles: 4,
  },
  flush: { csrCycles: 7, fenceICycles: 10, sfenceCycles: 7, trapCycles: 8, trapReturnCycles: 7 }, // estimated
  branch: {
    mispredictCycles: 6, // manual: 4 to 6
    fetchRedirectCycles: 1, // estimated
    straddleCycles: 0, // estimated
    btbEntries: 32, // manual: 32-entry BTB with its own targets
    btbPages: 32,
    bhtEntries: 2048, // manual: 3.6 KiB BHT; estimated as 2 Ki counters
    bhtCounterBits: 2,
    bhtHistoryLength: 12, // estimated
    bhtHistoryBits: 11, // estimated
    rasEntries: 6, // manual
  },
  l1i: { sizeBytes: 32768, ways: 2, lineBytes: 64, replacement: 'random', missCycles: 8, dirtyCycles: 0 },
  l1d: { sizeBytes: 32768, ways: 4, lineBytes: 64, replacement: 'random', missCycles: 8, dirtyCycles: 8 },
  l2: {
    sizeBytes: 2097152,
    ways: 16,
    lineBytes: 64,
    replacement: 'random',
    missCycles: 10,
    dirtyCycles: 10,
    hitCycles: 13,
  },
  dram: { latencyCycles: 120 }, // estimated
  uncachedCycles: 60, // estimated
  itlb: { entries: 40, pagesPerEntry: 1, superpageEntries: 4, missCycles: 4 }, // manual: 40 entries, fully associative
  dtlb: { entries: 40, pagesPerEntry: 1, superpageEntries: 4, missCycles: 4 },
  l2tlb: { entries: 512, ways: 1, hitCycles: 3 }, // manual: 512 entries, direct-mapped
  walker: { cacheEntries: 8, stepCycles: 4, superpageSavesCycles: 1 }, // estimated
  asidBits: 0, // FU740: none
};
