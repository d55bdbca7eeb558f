// Counters in linear memory. The hot loop counts in lanes; everything slow counts here at once, in the current ring's bank.

import * as L from '../layout.ts';

export class Count {
  @inline
  static add(counter: usize, amount: i64): void {
    const cell = load<usize>(L.COUNTER_BANK) + counter;
    store<i64>(cell, load<i64>(cell) + amount);
  }

  /** Moves what the loop holds in lanes, and the cycles since the last time, into the current ring's bank. */
  static drain(): void {
    const instructions = load<u32>(L.LANES) as i64;
    Count.add(L.COUNT_INSTRUCTIONS, instructions);
    store<i64>(L.INSTRET, load<i64>(L.INSTRET) + instructions);
    Count.add(L.COUNT_ISSUE, instructions);
    Count.add(L.COUNT_L1D_LOADS, load<u32>(L.LANES, 4));
    Count.add(L.COUNT_L1D_STORES, load<u32>(L.LANES, 8));
    Count.add(L.COUNT_BRANCHES, load<u32>(L.LANES, 12));
    Count.add(L.COUNT_LOAD_USE, load<u32>(L.LANES_TIMING));
    Count.add(L.COUNT_MULDIV, load<u32>(L.LANES_TIMING, 4));
    Count.add(L.COUNT_FP, load<u32>(L.LANES_TIMING, 8));
    Count.add(L.COUNT_BRANCH, load<u32>(L.LANES_TIMING, 12));
    Count.add(L.COUNT_L1I_LOADS, load<u32>(L.FETCHES));
    store<u32>(L.FETCHES, 0);
    v128.store(L.LANES, i32x4.splat(0));
    v128.store(L.LANES_TIMING, i32x4.splat(0));
    const cycle = load<i64>(L.CYCLE);
    Count.add(L.COUNT_CYCLES, cycle - load<i64>(L.CYCLE_MARK));
    store<i64>(L.CYCLE_MARK, cycle);
  }

  /** Cycles pass in the slow path, for the reason that `counter` names. */
  @inline
  static spend(counter: usize, cycles: i32): void {
    Count.add(counter, cycles);
    store<i64>(L.CYCLE, load<i64>(L.CYCLE) + (cycles as i64));
  }
}
