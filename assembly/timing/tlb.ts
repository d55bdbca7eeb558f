// The modelled TLBs: what a translation costs, never what it is. Each first-level TLB has entries that cover a few aligned pages
// with a valid bit each (Rocket's sectors) and superpage entries, both fully associative with tree-PLRU, invalid first. A miss looks
// in the optional second level, else walks: the cache of upper-level entries, then reads through L1D.
// The speed TLBs hold only pages that are in here, with the PLRU update of a hit, so that the hot loop's hits need nothing else.

import * as L from '../layout.ts';
import { ACCESS_FETCH, ACCESS_READ, ACCESS_WRITE, Translate } from '../memory/translate.ts';
import { Cache } from './cache.ts';
import { Count } from './count.ts';
import { Plru } from './plru.ts';

/** Entry: tag i64, asid u32, valid pages u32, global u32, level u32. */
const ENTRY: usize = 32;
const ASID: usize = 8;
const VALID: usize = 12;
const GLOBAL: usize = 16;
const LEVEL: usize = 20;

const ITLB: usize = L.TIMING_STATE + 0x400; // 64 entries
const DTLB: usize = ITLB + 64 * ENTRY;
const WALK_CACHE: usize = DTLB + 64 * ENTRY; // 64 of: address of an upper-level entry u64
const WALK_PLRU: usize = L.TIMING_STATE + 0x10;
const L2_CLOCK: usize = L.TIMING_STATE + 0x18;

const MATCH: usize = L.TIMING_STATE + 0x30;
const FREE: usize = L.TIMING_STATE + 0x34;
/** PLRU updates by way: keep u64, set u64. */
const ITLB_TOUCH: usize = L.TIMING_STATE + 0x2000;
const DTLB_TOUCH: usize = L.TIMING_STATE + 0x2400;
const WALK_TOUCH: usize = L.TIMING_STATE + 0x2800;

const P_ENTRIES: usize = 0;
const P_SECTOR: usize = 4;
const P_SUPER: usize = 8;
const P_MISS: usize = 12;

/** Results of the last lookup: PLRU update of the entry that hit. */
const KEEP: usize = L.TIMING_STATE + 0x20;
const SET: usize = L.TIMING_STATE + 0x28;

export class Tlb {
  static reset(): void {
    memory.fill(L.TIMING_STATE + 0x10, 0, 0x3ff0);
    memory.fill(L.L2TLB, 0, 0x10000);
    store<u64>(L.ITLB_PLRU, 0);
    store<u64>(L.DTLB_PLRU, 0);
    Tlb.prepare(L.P_ITLB_ENTRIES, ITLB_TOUCH);
    Tlb.prepare(L.P_DTLB_ENTRIES, DTLB_TOUCH);
    const size = load<i32>(L.P_WALK_CACHE);
    for (let way = 0; way < size; way++) Tlb.fillTouch(WALK_TOUCH, way, size, way, 0);
  }

  @inline
  static keep(): u64 {
    return load<u64>(KEEP);
  }

  @inline
  static set(): u64 {
    return load<u64>(SET);
  }

  @inline
  private static asid(): u32 {
    return ((load<u64>(L.CSR_SATP) >> 44) as u32) & ((1 << load<u32>(L.P_ASID_BITS)) - 1);
  }

  /**
   * The entry that translates `address`, or 0. Leaves KEEP and SET; after a miss, MATCH and FREE: the way whose tag is right but
   * not the page, the first way that is empty, -1: none.
   */
  private static find(fetch: bool, address: i64): usize {
    const parameters = fetch ? L.P_ITLB_ENTRIES : L.P_DTLB_ENTRIES;
    const base = fetch ? ITLB : DTLB;
    const entries = load<i32>(parameters, P_ENTRIES);
    const sector = load<u32>(parameters, P_SECTOR);
    const asid = Tlb.asid();
    const page = address >> 12;
    const tag = page >> sector;
    const bit: u32 = 1 << ((page as u32) & ((1 << sector) - 1));
    let match = -1;
    let free = -1;
    let entry = base;
    for (let way = 0; way < entries; way++) {
      const valid = load<u32>(entry, VALID);
      if (!valid) {
        if (free < 0) free = way;
      } else if (load<i64>(entry) == tag) {
        const own = load<u32>(entry, ASID) == asid;
        if (valid & bit && (own || load<u32>(entry, GLOBAL) & bit)) {
          Tlb.touched(fetch, way);
          return entry;
        }
        if (own) match = way;
      }
      entry += ENTRY;
    }
    const ways = entries + load<i32>(parameters, P_SUPER);
    for (let way = entries; way < ways; way++) {
      if (load<u32>(entry, VALID) && load<i64>(entry) == page >> (9 * load<u32>(entry, LEVEL))) {
        if (load<u32>(entry, ASID) == asid || load<u32>(entry, GLOBAL)) {
          Tlb.touched(fetch, way);
          return entry;
        }
      }
      entry += ENTRY;
    }
    store<i32>(MATCH, match);
    store<i32>(FREE, free);
    return 0;
  }

  /** KEEP and SET of a way; superpage ways are counted behind the others. */
  @inline
  private static touched(fetch: bool, way: i32): void {
    const touch = (fetch ? ITLB_TOUCH : DTLB_TOUCH) + ((way as usize) << 4);
    store<u64>(KEEP, load<u64>(touch));
    store<u64>(SET, load<u64>(touch, 8));
  }

  private static prepare(parameters: usize, table: usize): void {
    const entries = load<i32>(parameters, P_ENTRIES);
    const ways = entries + load<i32>(parameters, P_SUPER);
    for (let way = 0; way < ways; way++) {
      const superpage = way >= entries;
      const size = superpage ? ways - entries : entries;
      const number = superpage ? way - entries : way;
      Tlb.fillTouch(table, way, size, number, superpage ? entries - 1 : 0);
    }
  }

  private static fillTouch(table: usize, way: i32, ways: i32, number: i32, base: i32): void {
    store<u64>(table + ((way as usize) << 4), Plru.keep(ways, number, base));
    store<u64>(table + ((way as usize) << 4), Plru.set(ways, number, base), 8);
  }

  /**
   * An access to `address`, right after Translate.walk found its translation. Brings the TLB up to date and returns the cycles
   * that a miss costs, 0 for a hit. Counts them under tlb. KEEP and SET are left for a speed TLB entry.
   */
  static access(address: i64, access: i32): i32 {
    if (load<i32>(L.WALK_LEVEL) < 0) {
      store<u64>(KEEP, u64.MAX_VALUE);
      store<u64>(SET, 0);
      return 0;
    }
    const fetch = access == ACCESS_FETCH;
    const plru: usize = fetch ? L.ITLB_PLRU : L.DTLB_PLRU;
    let penalty = 0;
    if (!Tlb.find(fetch, address)) {
      Count.add(
        fetch ? L.COUNT_ITLB_MISSES : access == ACCESS_READ ? L.COUNT_DTLB_LOAD_MISSES : L.COUNT_DTLB_STORE_MISSES,
        1,
      );
      penalty = Tlb.secondLevel(address, load<i32>(fetch ? L.P_ITLB_MISS : L.P_DTLB_MISS));
      Count.add(L.COUNT_TLB, penalty);
      Tlb.refill(fetch, address);
    }
    store<u64>(plru, (load<u64>(plru) & load<u64>(KEEP)) | load<u64>(SET));
    return penalty;
  }

  private static refill(fetch: bool, address: i64): void {
    const parameters = fetch ? L.P_ITLB_ENTRIES : L.P_DTLB_ENTRIES;
    const base = fetch ? ITLB : DTLB;
    const plru: usize = fetch ? L.ITLB_PLRU : L.DTLB_PLRU;
    const entries = load<i32>(parameters, P_ENTRIES);
    const superpages = load<i32>(parameters, P_SUPER);
    const level = load<i32>(L.WALK_LEVEL);
    const page = address >> 12;
    const asid = Tlb.asid();
    if (level > 0) {
      const way = Tlb.free(base + (entries as usize) * ENTRY, superpages, load<u64>(plru), entries - 1);
      const entry = base + ((entries + way) as usize) * ENTRY;
      if (load<u32>(entry, VALID)) Translate.flushSpeed();
      store<i64>(entry, page >> (9 * level));
      store<u32>(entry, asid, ASID);
      store<u32>(entry, 1, VALID);
      store<u32>(entry, Translate.global() ? 1 : 0, GLOBAL);
      store<u32>(entry, level, LEVEL);
      Tlb.touched(fetch, entries + way);
      return;
    }
    const sector = load<u32>(parameters, P_SECTOR);
    const bit: u32 = 1 << ((page as u32) & ((1 << sector) - 1));
    const tag = page >> sector;
    let way = load<i32>(MATCH);
    if (way < 0) {
      way = load<i32>(FREE);
      if (way < 0) way = Plru.victim(load<u64>(plru), entries, 0);
      const entry = base + (way as usize) * ENTRY;
      Tlb.evict(entry, fetch, sector);
      store<i64>(entry, tag);
      store<u32>(entry, asid, ASID);
      store<u32>(entry, 0, VALID);
      store<u32>(entry, 0, GLOBAL);
    }
    const entry = base + (way as usize) * ENTRY;
    store<u32>(entry, load<u32>(entry, VALID) | bit, VALID);
    const global = load<u32>(entry, GLOBAL) & ~bit;
    store<u32>(entry, Translate.global() ? global | bit : global, GLOBAL);
    Tlb.touched(fetch, way);
  }

  /** The first invalid way, else the PLRU's. */
  private static free(base: usize, ways: i32, plru: u64, plruBase: i32): i32 {
    for (let way = 0; way < ways; way++) {
      if (!load<u32>(base + (way as usize) * ENTRY, VALID)) return way;
    }
    return Plru.victim(plru, ways, plruBase);
  }

  /** Its pages leave the speed TLBs. */
  private static evict(entry: usize, fetch: bool, sector: u32): void {
    const valid = load<u32>(entry, VALID);
    if (!valid) return;
    const first = load<i64>(entry) << sector;
    for (let index: u32 = 0; index < (1 as u32) << sector; index++) {
      if ((valid >> index) & 1) Translate.dropSpeed((first + (index as i64)) << 12, fetch);
    }
  }

  private static secondLevel(address: i64, missCycles: i32): i32 {
    const sets = load<i32>(L.P_L2TLB_SETS);
    if (!sets || load<i32>(L.WALK_LEVEL) > 0) return missCycles + Tlb.walkCycles();
    const ways = load<i32>(L.P_L2TLB_WAYS);
    const page = address >> 12;
    const key = ((page as u32) << 4) ^ Tlb.asid() ^ 0x8000_0000;
    const first = L.L2TLB + ((((page as u32) & (sets - 1)) * ways) << 4);
    const clock = load<u32>(L2_CLOCK) + 1;
    store<u32>(L2_CLOCK, clock);
    let oldest = first;
    for (let way = 0; way < ways; way++) {
      const entry = first + (way << 4);
      if (load<u32>(entry) == key && load<u32>(entry, 8) == ((page >> 28) as u32)) {
        store<u32>(entry, clock, 4);
        return missCycles + load<i32>(L.P_L2TLB_HIT);
      }
      if (load<u32>(entry, 4) < load<u32>(oldest, 4)) oldest = entry;
    }
    store<u32>(oldest, key);
    store<u32>(oldest, clock, 4);
    store<u32>(oldest, (page >> 28) as u32, 8);
    return missCycles + load<i32>(L.P_L2TLB_HIT) + Tlb.walkCycles();
  }

  /** The reads of the walk just done: upper levels from the walk cache or L1D, the leaf from L1D. */
  private static walkCycles(): i32 {
    Count.add(L.COUNT_WALKS, 1);
    const leaf = 2 - load<i32>(L.WALK_LEVEL);
    const size = load<i32>(L.P_WALK_CACHE);
    let cycles = 0;
    // The walker starts below the deepest upper-level entry that the walk cache holds.
    for (let step = 0; step < leaf; step++) {
      const address = load<u64>(L.WALK_ADDRESSES + (step << 3));
      let hit = false;
      for (let way = 0; way < size; way++) {
        if (load<u64>(WALK_CACHE + (way << 3)) != address) continue;
        Tlb.touchWalkCache(way);
        hit = true;
        break;
      }
      if (hit) continue;
      cycles += load<i32>(L.P_WALK_STEP) + Cache.data((address - (L.RAM_BASE as u64)) as u32, false);
      if (!size) continue;
      let way = -1;
      for (let index = 0; index < size; index++) {
        if (!load<u64>(WALK_CACHE + (index << 3))) {
          way = index;
          break;
        }
      }
      if (way < 0) way = Plru.victim(load<u64>(WALK_PLRU), size, 0);
      store<u64>(WALK_CACHE + (way << 3), address); // a refill is no use: only hits move the PLRU
    }
    // A superpage's walk is a step shorter.
    if (leaf < 2) cycles -= load<i32>(L.P_WALK_SHORTER);
    return cycles + Cache.data((load<u64>(L.WALK_ADDRESSES + (leaf << 3)) - (L.RAM_BASE as u64)) as u32, false);
  }

  @inline
  private static touchWalkCache(way: i32): void {
    const touch = WALK_TOUCH + ((way as usize) << 4);
    store<u64>(WALK_PLRU, (load<u64>(WALK_PLRU) & load<u64>(touch)) | load<u64>(touch, 8));
  }

  /** sfence.vma: of everything, of one address, of one address space's non-global pages, or both. */
  static flush(byAddress: bool, address: i64, byAsid: bool, asid: u32): void {
    Translate.flushSpeed();
    asid &= (1 << load<u32>(L.P_ASID_BITS)) - 1;
    if (!load<u32>(L.P_ASID_BITS)) byAsid = false;
    Tlb.flushLevel(L.P_ITLB_ENTRIES, ITLB, byAddress, address, byAsid, asid);
    Tlb.flushLevel(L.P_DTLB_ENTRIES, DTLB, byAddress, address, byAsid, asid);
    memory.fill(L.L2TLB, 0, (load<i32>(L.P_L2TLB_SETS) * load<i32>(L.P_L2TLB_WAYS)) << 4);
    if (!byAddress) memory.fill(WALK_CACHE, 0, 512);
  }

  private static flushLevel(
    parameters: usize,
    base: usize,
    byAddress: bool,
    address: i64,
    byAsid: bool,
    asid: u32,
  ): void {
    const entries = load<i32>(parameters, P_ENTRIES);
    const sector = load<u32>(parameters, P_SECTOR);
    const page = address >> 12;
    for (let way = 0; way < entries; way++) {
      const entry = base + (way as usize) * ENTRY;
      let drop = load<u32>(entry, VALID);
      if (byAddress)
        drop = load<i64>(entry) == page >> sector ? drop & (1 << ((page as u32) & ((1 << sector) - 1))) : 0;
      if (byAsid) drop = load<u32>(entry, ASID) == asid ? drop & ~load<u32>(entry, GLOBAL) : 0;
      store<u32>(entry, load<u32>(entry, VALID) & ~drop, VALID);
    }
    const superpages = load<i32>(parameters, P_SUPER);
    for (let way = 0; way < superpages; way++) {
      const entry = base + ((entries + way) as usize) * ENTRY;
      if (byAddress && load<i64>(entry) != page >> (9 * load<u32>(entry, LEVEL))) continue;
      if (byAsid && (load<u32>(entry, ASID) != asid || load<u32>(entry, GLOBAL))) continue;
      store<u32>(entry, 0, VALID);
    }
  }
}
