// L1I, L1D and the optional L2. Truth is in the tag arrays; the presence maps (a byte for each 32 bytes of RAM) let the hot loop
// see a hit with one load whatever the associativity. A map byte: FAST, the hit changes nothing; DIRTY; PRESENT.
// Random replacement is Rocket's: a 16-bit Fibonacci LFSR that steps at each refill, its low bits choose the way, no preference
// for invalid ways (rocket-rtl.md, "Core"). Addresses are offsets in RAM.

import * as L from '../layout.ts';
import { Count } from './count.ts';

export const FAST: u32 = 1;
export const DIRTY: u32 = 2;
export const PRESENT: u32 = 4;

const RANDOM: i32 = 0;
const FIFO: i32 = 1;

/** Cells of TIMING_STATE. */
const LFSR_FETCH: usize = L.TIMING_STATE;
const LFSR_DATA: usize = L.TIMING_STATE + 4;
const LFSR_L2: usize = L.TIMING_STATE + 8;
const CLOCK: usize = L.TIMING_STATE + 12; // ages for fifo and lru

const P_SETS: usize = 0;
const P_WAYS: usize = 4;
const P_SHIFT: usize = 8;
const P_REPLACEMENT: usize = 12;

export class Cache {
  static reset(): void {
    memory.fill(L.L1I_TAGS, 0, L.L2TLB - L.L1I_TAGS);
    store<u32>(LFSR_FETCH, 1);
    store<u32>(LFSR_DATA, 1);
    store<u32>(LFSR_L2, 1);
    store<u32>(CLOCK, 0);
  }

  /** After a snapshot's tags were put back: the maps follow from them, but for DIRTY, which snapshots keep in the age words' top bit. */
  static rebuildMaps(): void {
    const bytes = load<u32>(L.P_RAM_BYTES) >> L.MAP_SHIFT;
    memory.fill(L.L1I_MAP, 0, bytes);
    memory.fill(L.L1D_MAP, 0, bytes);
    Cache.rebuild(L.P_L1I_SETS, L.L1I_TAGS, L.L1I_AGE, L.L1I_MAP);
    Cache.rebuild(L.P_L1D_SETS, L.L1D_TAGS, L.L1D_AGE, L.L1D_MAP);
  }

  private static rebuild(parameters: usize, tags: usize, ages: usize, map: usize): void {
    const lines = load<i32>(parameters, P_SETS) * load<i32>(parameters, P_WAYS);
    for (let index = 0; index < lines; index++) {
      const tag = load<u32>(tags + (index << 2));
      if (!tag) continue;
      const bits = load<u32>(ages + (index << 2)) >> 29;
      Cache.mark(map, (tag - 1) & 0x1fff_ffff, load<u32>(parameters, P_SHIFT), bits);
    }
  }

  /** For a snapshot: map bits of each resident line go to the top of its age word. */
  static saveMaps(): void {
    Cache.save(L.P_L1I_SETS, L.L1I_TAGS, L.L1I_AGE, L.L1I_MAP);
    Cache.save(L.P_L1D_SETS, L.L1D_TAGS, L.L1D_AGE, L.L1D_MAP);
  }

  private static save(parameters: usize, tags: usize, ages: usize, map: usize): void {
    const lines = load<i32>(parameters, P_SETS) * load<i32>(parameters, P_WAYS);
    const shift = load<u32>(parameters, P_SHIFT);
    for (let index = 0; index < lines; index++) {
      const tag = load<u32>(tags + (index << 2));
      if (!tag) continue;
      const bits = load<u8>(map + ((((tag - 1) << shift) >>> L.MAP_SHIFT) as usize)) as u32;
      const age = ages + (index << 2);
      store<u32>(age, (load<u32>(age) & 0x1fff_ffff) | (bits << 29));
    }
  }

  private static mark(map: usize, line: u32, shift: u32, bits: u32): void {
    const first = map + (((line << shift) >>> L.MAP_SHIFT) as usize);
    if (shift == 6) store<u16>(first, bits | (bits << 8));
    else memory.fill(first, bits as u8, (1 as usize) << (shift - L.MAP_SHIFT));
  }

  private static step(lfsr: usize): u32 {
    const state = load<u32>(lfsr);
    const bit = ((state >> 15) ^ (state >> 13) ^ (state >> 12) ^ (state >> 10)) & 1;
    store<u32>(lfsr, ((state << 1) | bit) & 0xffff);
    return state;
  }

  /** The slot (index in tags) that a refill of `line` takes. */
  private static victim(parameters: usize, ages: usize, lfsr: usize, line: u32): i32 {
    const ways = load<i32>(parameters, P_WAYS);
    const first = (line & (load<u32>(parameters, P_SETS) - 1)) * ways;
    if (load<i32>(parameters, P_REPLACEMENT) == RANDOM) return first + ((Cache.step(lfsr) % ways) as i32);
    let oldest = first;
    let age: u32 = 0xffff_ffff;
    for (let way = 0; way < ways; way++) {
      const candidate = load<u32>(ages + ((first + way) << 2)) & 0x1fff_ffff;
      if (candidate >= age) continue;
      age = candidate;
      oldest = first + way;
    }
    return oldest;
  }

  private static stamp(age: usize): void {
    const clock = load<u32>(CLOCK) + 1;
    store<u32>(CLOCK, clock & 0x1fff_ffff);
    store<u32>(age, clock);
  }

  /** A fetch of the line at `offset` that is not FAST in the map. Returns the penalty in cycles. */
  static fetch(offset: u32): i32 {
    const shift = load<u32>(L.P_L1I_LINE_SHIFT);
    const line = offset >> shift;
    const bits = load<u8>(L.L1I_MAP + (offset >> L.MAP_SHIFT)) as u32;
    if (bits & PRESENT) {
      Cache.touch(L.P_L1I_SETS, L.L1I_TAGS, L.L1I_AGE, line);
      return 0;
    }
    Count.add(L.COUNT_L1I_MISSES, 1);
    const slot = Cache.victim(L.P_L1I_SETS, L.L1I_AGE, LFSR_FETCH, line) << 2;
    const old = load<u32>(L.L1I_TAGS + slot);
    if (old) Cache.mark(L.L1I_MAP, old - 1, shift, 0);
    store<u32>(L.L1I_TAGS + slot, line + 1);
    Cache.stamp(L.L1I_AGE + slot);
    Cache.mark(L.L1I_MAP, line, shift, Cache.fresh(L.P_L1I_REPLACEMENT));
    return load<i32>(L.P_L1I_MISS) + Cache.below(line << shift, false);
  }

  /** PRESENT, and FAST where hits need no bookkeeping. */
  @inline
  private static fresh(replacement: usize): u32 {
    return load<i32>(replacement) <= FIFO ? PRESENT | FAST : PRESENT;
  }

  /** LRU: the line becomes the youngest of its set. */
  private static touch(parameters: usize, tags: usize, ages: usize, line: u32): void {
    const ways = load<i32>(parameters, P_WAYS);
    const first = (line & (load<u32>(parameters, P_SETS) - 1)) * ways;
    for (let way = 0; way < ways; way++) {
      if (load<u32>(tags + ((first + way) << 2)) == line + 1) Cache.stamp(ages + ((first + way) << 2));
    }
  }

  /** A data access that the hot loop could not do alone: absent, or present but clean and written, or LRU. Returns the penalty. */
  static data(offset: u32, write: bool): i32 {
    const shift = load<u32>(L.P_L1D_LINE_SHIFT);
    const line = offset >> shift;
    const bits = load<u8>(L.L1D_MAP + (offset >> L.MAP_SHIFT)) as u32;
    if (bits & PRESENT) {
      if (write && !(bits & DIRTY)) Cache.mark(L.L1D_MAP, line, shift, bits | DIRTY);
      if (!(bits & FAST)) Cache.touch(L.P_L1D_SETS, L.L1D_TAGS, L.L1D_AGE, line);
      return 0;
    }
    Count.add(write ? L.COUNT_L1D_STORE_MISSES : L.COUNT_L1D_LOAD_MISSES, 1);
    const slot = Cache.victim(L.P_L1D_SETS, L.L1D_AGE, LFSR_DATA, line) << 2;
    const old = load<u32>(L.L1D_TAGS + slot);
    let penalty = load<i32>(L.P_L1D_MISS) + Cache.below(line << shift, false);
    if (old) {
      const oldOffset = (old - 1) << shift;
      if (load<u8>(L.L1D_MAP + (oldOffset >> L.MAP_SHIFT)) & DIRTY) {
        Count.add(L.COUNT_L1D_WRITEBACKS, 1);
        penalty += load<i32>(L.P_L1D_DIRTY);
        Cache.below(oldOffset, true);
      }
      Cache.mark(L.L1D_MAP, old - 1, shift, 0);
    }
    store<u32>(L.L1D_TAGS + slot, line + 1);
    Cache.stamp(L.L1D_AGE + slot);
    Cache.mark(L.L1D_MAP, line, shift, Cache.fresh(L.P_L1D_REPLACEMENT) | (write ? DIRTY : 0));
    return penalty;
  }

  /** L2 and DRAM. A write-back allocates in L2 but nobody waits for it. */
  private static below(offset: u32, write: bool): i32 {
    if (!load<i32>(L.P_L2_SETS)) return write ? 0 : load<i32>(L.P_DRAM);
    const ways = load<i32>(L.P_L2_WAYS);
    const line = offset >> load<u32>(L.P_L2_LINE_SHIFT);
    const first = (line & (load<u32>(L.P_L2_SETS) - 1)) * ways;
    if (!write) Count.add(L.COUNT_L2_LOADS, 1);
    const dirty: u32 = write ? 0x8000_0000 : 0;
    for (let way = 0; way < ways; way++) {
      const slot = (first + way) << 2;
      const tag = load<u32>(L.L2_TAGS + slot);
      if ((tag & 0x7fff_ffff) != line + 1) continue;
      store<u32>(L.L2_TAGS + slot, tag | dirty);
      if (load<i32>(L.P_L2_REPLACEMENT) > FIFO) Cache.stamp(L.L2_AGE + slot);
      return load<i32>(L.P_L2_HIT);
    }
    if (!write) Count.add(L.COUNT_L2_MISSES, 1);
    const slot = Cache.victim(L.P_L2_SETS, L.L2_AGE, LFSR_L2, line) << 2;
    let penalty = load<i32>(L.P_L2_HIT) + load<i32>(L.P_DRAM);
    if (load<u32>(L.L2_TAGS + slot) & 0x8000_0000) penalty += load<i32>(L.P_L2_DIRTY);
    store<u32>(L.L2_TAGS + slot, (line + 1) | dirty);
    Cache.stamp(L.L2_AGE + slot);
    return penalty;
  }

  /** fence.i: all of L1I is dropped. */
  static invalidateFetch(): void {
    const lines = load<i32>(L.P_L1I_SETS) * load<i32>(L.P_L1I_WAYS);
    const shift = load<u32>(L.P_L1I_LINE_SHIFT);
    for (let index = 0; index < lines; index++) {
      const tag = load<u32>(L.L1I_TAGS + (index << 2));
      if (!tag) continue;
      Cache.mark(L.L1I_MAP, tag - 1, shift, 0);
      store<u32>(L.L1I_TAGS + (index << 2), 0);
    }
  }
}
