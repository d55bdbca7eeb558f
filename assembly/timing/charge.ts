// Work of ring 0 that TypeScript does: charged here as if the hart had executed it, through the same caches and TLBs, to the same
// counters. Instructions issue one a cycle; what misses comes on top (DESIGN, section 6).

import * as L from '../layout.ts';
import { ACCESS_FETCH, ACCESS_READ, ACCESS_WRITE, Translate } from '../memory/translate.ts';
import { Cache, DIRTY, FAST } from './cache.ts';
import { Count } from './count.ts';
import { Pipeline } from './pipeline.ts';
import { Tlb } from './tlb.ts';

export class Charge {
  /** Counters go to ring 0 whatever ring the hart is in. */
  private static begin(): usize {
    Count.drain();
    const bank = load<usize>(L.COUNTER_BANK);
    store<usize>(L.COUNTER_BANK, L.COUNTERS + L.COUNTER_BANK_BYTES);
    return bank;
  }

  private static end(bank: usize, spent: i64): void {
    const cycle = load<i64>(L.CYCLE) + spent;
    store<i64>(L.CYCLE, cycle);
    store<i64>(L.CYCLE_MARK, cycle);
    Count.add(L.COUNT_CYCLES, spent);
    store<usize>(L.COUNTER_BANK, bank);
    store<u32>(L.PIPELINE, Pipeline.advance(load<u32>(L.PIPELINE), spent as i32));
  }

  /** The TLB's part of an access by a kernel address. */
  private static translate(physical: i64, access: i32): i32 {
    if (!load<i32>(L.P_TIMING) || !load<i32>(L.P_DIRECT_MAP_VALID)) return 0;
    return Charge.translateVirtual(physical + (load<f64>(L.P_DIRECT_MAP) as i64), access, 1);
  }

  private static translateVirtual(address: i64, access: i32, ring: u32): i32 {
    // A read: the charge must not set D bits, and it must work for kernel text that is mapped without X.
    const status = load<u64>(L.CSR_STATUS);
    const cause = load<i64>(L.FAULT_CAUSE);
    const value = load<i64>(L.FAULT_VALUE);
    const found = Translate.walk(address, ACCESS_READ, ring) != u64.MAX_VALUE;
    store<u64>(L.CSR_STATUS, status);
    store<i64>(L.FAULT_CAUSE, cause);
    store<i64>(L.FAULT_VALUE, value);
    return found ? Tlb.access(address, access) : 0;
  }

  private static data(physical: i64, write: bool): i32 {
    const offset = (physical - (L.RAM_BASE as i64)) as u32;
    Count.add(write ? L.COUNT_L1D_STORES : L.COUNT_L1D_LOADS, 1);
    if (!load<i32>(L.P_TIMING)) return 0;
    const bits = load<u8>(L.L1D_MAP + (offset >> L.MAP_SHIFT)) as u32;
    if (bits & FAST && (!write || bits & DIRTY)) return 0;
    const penalty = Cache.data(offset, write);
    Count.add(L.COUNT_DATA_MISS, penalty);
    return penalty;
  }

  static execute(text: i64, bytes: i32, instructions: i32): void {
    const bank = Charge.begin();
    let spent: i64 = instructions;
    if (load<i32>(L.P_TIMING) && bytes > 0) {
      const line: i64 = (1 as i64) << (load<u32>(L.P_L1I_LINE_SHIFT) as i64);
      let page: i64 = -1;
      for (let at = text & ~(line - 1); at < text + (bytes as i64); at += line) {
        if ((at & ~0xfff) != page) {
          page = at & ~0xfff;
          spent += Charge.translate(at, ACCESS_FETCH);
        }
        const offset = (at - (L.RAM_BASE as i64)) as u32;
        Count.add(L.COUNT_L1I_LOADS, 1);
        if (load<u8>(L.L1I_MAP + (offset >> L.MAP_SHIFT)) & FAST) continue;
        const penalty = Cache.fetch(offset);
        Count.add(L.COUNT_FETCH_MISS, penalty);
        spent += penalty;
      }
    }
    Count.add(L.COUNT_INSTRUCTIONS, instructions);
    Count.add(L.COUNT_ISSUE, instructions);
    store<i64>(L.INSTRET, load<i64>(L.INSTRET) + (instructions as i64));
    Charge.end(bank, spent);
  }

  static touch(physical: i64, bytes: i32, write: bool): void {
    const bank = Charge.begin();
    let spent: i64 = 0;
    const line: i64 = (1 as i64) << (load<u32>(L.P_L1D_LINE_SHIFT) as i64);
    let page: i64 = -1;
    for (let at = physical & ~(line - 1); at < physical + (bytes as i64); at += line) {
      if ((at & ~0xfff) != page) {
        page = at & ~0xfff;
        spent += Charge.translate(at, write ? ACCESS_WRITE : ACCESS_READ);
      }
      spent += Charge.data(at, write);
    }
    Charge.end(bank, spent);
  }

  static touchUser(virtual: i64, physical: i64, bytes: i32, write: bool): void {
    const bank = Charge.begin();
    let spent: i64 = 0;
    if (load<i32>(L.P_TIMING)) spent += Charge.translateVirtual(virtual, write ? ACCESS_WRITE : ACCESS_READ, 0);
    const line: i64 = (1 as i64) << (load<u32>(L.P_L1D_LINE_SHIFT) as i64);
    for (let at = physical & ~(line - 1); at < physical + (bytes as i64); at += line) spent += Charge.data(at, write);
    Charge.end(bank, spent);
  }

  static uncached(): void {
    const bank = Charge.begin();
    const cycles = load<i32>(L.P_TIMING) ? load<i32>(L.P_UNCACHED) : 0;
    Count.add(L.COUNT_DATA_MISS, cycles);
    Charge.end(bank, cycles);
  }

  static flushTlb(kind: i32, asid: u32, virtual: i64): void {
    const bank = Charge.begin();
    Tlb.flush(kind == 2, virtual, kind != 0, asid);
    const cycles = load<i32>(L.P_TIMING) ? load<i32>(L.P_SFENCE) : 0;
    Count.add(L.COUNT_TRAP, cycles);
    Count.add(L.COUNT_INSTRUCTIONS, 1);
    Count.add(L.COUNT_ISSUE, 1);
    store<i64>(L.INSTRET, load<i64>(L.INSTRET) + 1);
    Charge.end(bank, cycles + 1);
  }
}
