// Like a SiFive U74 (FU740, JH7110): RV64GC, eight stages, in order. The core issues two instructions a cycle; this model issues
// one, so its throughput is at most half: for the memory system, not for the pipeline. Sizes
// of caches and first-level TLBs are those that Linux's device tree of the FU740 states (arch/riscv/boot/dts/sifive/fu740-c000.dtsi);
// everything else is `estimated`, most of it after what SiFive says of the U7 series.

import type { Preset } from '../preset.ts';

export const u74: Preset = {
  name: 'u74',
  description: 'in-order core with 32 KiB caches, 2 MiB L2 and 40-entry TLBs, like the SiFive U74 (single issue)',
  source: 'sizes: device tree of the FU740 (Linux); the rest estimated',
  timing: true,
  clockHz: 1_200_000_000, // FU740: 1.2 GHz
  timebaseHz: 1_000_000, // FU740: 1 MHz RTC
  pipeline: {
    loadUseCycles: 3, // estimated
    subwordLoadUseCycles: 3, // estimated
    fpLoadUseCycles: 4, // estimated
    csrUseCycles: 3, // estimated
    mulIterative: false,
    mulCycles: 3, // estimated
    mulBitsPerCycle: 64,
    divCycles: 6, // estimated
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
    addSingleCycles: 5, // estimated
    addDoubleCycles: 7,
    mulSingleCycles: 5,
    mulDoubleCycles: 7,
    mulAddSingleCycles: 5,
    mulAddDoubleCycles: 7,
    divideSingleCycles: 27, // estimated
    divideDoubleCycles: 58, // estimated
    sqrtSingleCycles: 28, // estimated
    sqrtDoubleCycles: 57, // estimated
    shortCycles: 3,
    toIntegerCycles: 4,
  },
  flush: { csrCycles: 7, fenceICycles: 10, sfenceCycles: 7, trapCycles: 8, trapReturnCycles: 7 }, // estimated
  branch: {
    mispredictCycles: 6, // estimated
    fetchRedirectCycles: 1, // estimated
    straddleCycles: 0, // estimated
    btbEntries: 32, // estimated
    btbPages: 32,
    bhtEntries: 2048, // estimated
    bhtCounterBits: 2,
    bhtHistoryLength: 12, // estimated
    bhtHistoryBits: 11, // estimated
    rasEntries: 6, // estimated
  },
  l1i: { sizeBytes: 32768, ways: 4, lineBytes: 64, replacement: 'random', missCycles: 8, dirtyCycles: 0 }, // 128 sets; cycles estimated
  l1d: { sizeBytes: 32768, ways: 8, lineBytes: 64, replacement: 'random', missCycles: 8, dirtyCycles: 8 }, // 64 sets; cycles estimated
  // 2048 sets; cycles estimated
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
  itlb: { entries: 40, pagesPerEntry: 1, superpageEntries: 4, missCycles: 4 }, // 40 entries in one set; the rest estimated
  dtlb: { entries: 40, pagesPerEntry: 1, superpageEntries: 4, missCycles: 4 },
  l2tlb: { entries: 512, ways: 1, hitCycles: 3 }, // estimated
  walker: { cacheEntries: 8, stepCycles: 4, superpageSavesCycles: 1 }, // estimated
  asidBits: 0, // FU740: none
};
