// Writes a preset into the machine's parameter cells (layout.ts, P_*). The only place that knows which field goes where.

import * as layout from './layout.ts';
import type { CacheParameters, Preset, Replacement } from './preset.ts';

const REPLACEMENTS: Record<Replacement, number> = { random: 0, fifo: 1, lru: 2 };

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

export function writeParameters(memory: ArrayBuffer, preset: Preset, ramBytes: number): void {
  const cells = new Int32Array(memory);
  const set = (address: number, value: number | boolean): void => {
    cells[address >> 2] = Number(value);
  };
  const cache = (base: number, parameters: CacheParameters): void => {
    set(base, parameters.sizeBytes / (parameters.ways * parameters.lineBytes));
    set(base + 4, parameters.ways);
    set(base + 8, Math.log2(parameters.lineBytes));
    set(base + 12, REPLACEMENTS[parameters.replacement]);
  };
  const { pipeline, fp, flush, branch } = preset;

  set(layout.P_TIMING, preset.timing);
  set(layout.P_RAM_BYTES, ramBytes);
  const divisor = greatestCommonDivisor(preset.clockHz, preset.timebaseHz);
  set(layout.P_TIME_DIVIDEND, preset.timebaseHz / divisor);
  set(layout.P_TIME_DIVISOR, preset.clockHz / divisor);

  cache(layout.P_L1I_SETS, preset.l1i);
  set(layout.P_L1I_MISS, preset.l1i.missCycles);
  cache(layout.P_L1D_SETS, preset.l1d);
  set(layout.P_L1D_MISS, preset.l1d.missCycles);
  set(layout.P_L1D_DIRTY, preset.l1d.dirtyCycles);
  set(layout.P_L2_SETS, 0);
  if (preset.l2 !== null) {
    cache(layout.P_L2_SETS, preset.l2);
    set(layout.P_L2_HIT, preset.l2.hitCycles);
    set(layout.P_L2_DIRTY, preset.l2.dirtyCycles);
  }
  set(layout.P_DRAM, preset.dram.latencyCycles + (preset.l2?.missCycles ?? 0));
  set(layout.P_UNCACHED, preset.uncachedCycles);

  for (const [base, tlb] of [
    [layout.P_ITLB_ENTRIES, preset.itlb],
    [layout.P_DTLB_ENTRIES, preset.dtlb],
  ] as const) {
    set(base, tlb.entries);
    set(base + 4, Math.log2(tlb.pagesPerEntry));
    set(base + 8, tlb.superpageEntries);
    set(base + 12, tlb.missCycles);
  }
  set(layout.P_L2TLB_SETS, preset.l2tlb === null ? 0 : preset.l2tlb.entries / preset.l2tlb.ways);
  set(layout.P_L2TLB_WAYS, preset.l2tlb?.ways ?? 0);
  set(layout.P_L2TLB_HIT, preset.l2tlb?.hitCycles ?? 0);
  set(layout.P_WALK_CACHE, preset.walker.cacheEntries);
  set(layout.P_WALK_STEP, preset.walker.stepCycles);
  set(layout.P_WALK_SHORTER, preset.walker.superpageSavesCycles);
  set(layout.P_ASID_BITS, preset.asidBits);

  set(layout.P_BTB_ENTRIES, branch.btbEntries);
  set(layout.P_BTB_PAGES, branch.btbPages);
  set(layout.P_BHT_ENTRIES, branch.bhtEntries);
  set(layout.P_BHT_COUNTER_BITS, branch.bhtCounterBits);
  set(layout.P_BHT_HISTORY_LENGTH, branch.bhtHistoryLength);
  set(layout.P_BHT_HISTORY_BITS, branch.bhtHistoryBits);
  set(layout.P_RAS_ENTRIES, branch.rasEntries);
  set(layout.P_MISPREDICT, branch.mispredictCycles);
  set(layout.P_FETCH_REDIRECT, branch.fetchRedirectCycles);
  set(layout.P_STRADDLE, branch.straddleCycles);

  set(layout.P_LOAD, pipeline.loadUseCycles);
  set(layout.P_LOAD_SUBWORD, pipeline.subwordLoadUseCycles);
  set(layout.P_LOAD_FP, pipeline.fpLoadUseCycles);
  set(layout.P_CSR, pipeline.csrUseCycles);
  set(layout.P_MUL_ITERATIVE, pipeline.mulIterative);
  set(layout.P_MUL, pipeline.mulCycles);
  set(layout.P_MUL_BITS, pipeline.mulBitsPerCycle);
  set(layout.P_DIV, pipeline.divCycles);
  set(layout.P_DIV_BITS, pipeline.divBitsPerCycle);
  set(layout.P_AMO, pipeline.amoUseCycles);
  set(layout.P_AMO_BUSY, pipeline.amoBusyCycles);
  set(layout.P_STORE_CONDITIONAL, pipeline.storeConditionalUseCycles);
  set(layout.P_STORE_LOAD_REPLAY, pipeline.storeLoadReplayCycles);
  set(layout.P_FENCE_AFTER_MEMORY, pipeline.fenceAfterMemoryCycles);
  set(layout.P_MISALIGNED, pipeline.misalignedCycles);
  set(layout.P_FP_ALIAS, pipeline.fpRegisterAlias);
  set(layout.P_WRITE_PORT, pipeline.sharedWritePort);
  set(layout.P_FENCE_I, flush.fenceICycles);
  set(layout.P_CSR_FLUSH, flush.csrCycles);
  set(layout.P_SFENCE, flush.sfenceCycles);
  set(layout.P_TRAP, flush.trapCycles);
  set(layout.P_TRAP_RETURN, flush.trapReturnCycles);

  set(layout.P_FP_ADD_S, fp.addSingleCycles);
  set(layout.P_FP_ADD_D, fp.addDoubleCycles);
  set(layout.P_FP_MUL_S, fp.mulSingleCycles);
  set(layout.P_FP_MUL_D, fp.mulDoubleCycles);
  set(layout.P_FP_MULADD_S, fp.mulAddSingleCycles);
  set(layout.P_FP_MULADD_D, fp.mulAddDoubleCycles);
  set(layout.P_FP_DIV_S, fp.divideSingleCycles);
  set(layout.P_FP_DIV_D, fp.divideDoubleCycles);
  set(layout.P_FP_SQRT_S, fp.sqrtSingleCycles);
  set(layout.P_FP_SQRT_D, fp.sqrtDoubleCycles);
  set(layout.P_FP_SHORT, fp.shortCycles);
  set(layout.P_FP_TO_INT, fp.toIntegerCycles);
}
