// The in-order, single-issue pipeline. Its state between two instructions is small and relative to the next issue slot: which
// results are still outstanding and for how long, what the store buffer holds, which units are busy. States are interned, so a
// state is a number; state 0 is "nothing outstanding". One rule, `issue`, moves the state on by an instruction and says how
// long it had to wait and for what. Blocks are decoded for a given state at their entry, so that all waits inside are constants
// of the block and cost the hot loop nothing. Because the state at a cut is exact, no cut can change a cycle count.
//
// Times in the scratch area are issue slots relative to the block's entry. Sources: rocket-rtl.md, "Conclusions".

import * as I from '../generated/isa.ts';
import * as L from '../layout.ts';

/** What a stall is counted under: lanes of LANES_TIMING. */
export const WAIT_LOAD: i32 = 0;
export const WAIT_MULDIV: i32 = 1;
export const WAIT_FP: i32 = 2;
/** For an FP result, above the kind: cycles of its latency that it spends behind the write-back stage. */
const WAIT_BEYOND: i32 = 2;
export const WAIT_BRANCH: i32 = 3;

// Things with a ready time: integer registers 0-31, FP registers 32-63, then:
const MULDIV_UNIT: i32 = 64;
const DIVSQRT_UNIT: i32 = 65;
const MEMORY_UNIT: i32 = 66; // busy with an atomic
const STORE_0: i32 = 67; // slot through which the newest store stays in the store buffer
const STORE_1: i32 = 68;
/** A long result whose unit will be done then, waiting for a free write port; WAIT cell holds its register. */
const LONG: i32 = 69;
const THINGS: i32 = 70;

const READY: usize = L.PIPELINE_SCRATCH; // i32 a thing
const WAIT: usize = L.PIPELINE_SCRATCH + 0x200; // u8 a thing: kind of stall
const NOW: usize = L.PIPELINE_SCRATCH + 0x280;
const LANES: usize = L.PIPELINE_SCRATCH + 0x290; // instructions, loads, stores, branches, 4 kinds of stall
const LATEST: usize = L.PIPELINE_SCRATCH + 0x2c0; // no result is outstanding after this slot
const LAST_MEMORY: usize = L.PIPELINE_SCRATCH + 0x2c4; // slot of the last load or store
const SETTLED: usize = L.PIPELINE_SCRATCH + 0x2d0;
/** Results of `advance` and `afterLong`. */
const MEMOS: usize = L.PIPELINE_SCRATCH + 0x1000;
const MEMO_ENTRIES: u32 = 2048;
const KEY: usize = L.PIPELINE_SCRATCH + 0x400; // serialized state

/** The write-back stage is three slots behind issue. */
const WRITE_BACK: i32 = 3;

export class Pipeline {
  static reset(): void {
    memory.fill(L.PIPELINE_HASH, 0, 0x10000);
    memory.fill(MEMOS, 0, (MEMO_ENTRIES as usize) << 3);
    memory.fill(L.PIPELINE_TABLE, 0, L.PIPELINE_STATE_BYTES);
    store<u32>(L.PIPELINE_COUNT, 1);
  }

  @inline
  private static ready(thing: i32): i32 {
    return load<i32>(READY + ((thing as usize) << 2));
  }

  @inline
  private static setReady(thing: i32, time: i32, wait: i32): void {
    store<i32>(READY + ((thing as usize) << 2), time);
    store<u8>(WAIT + (thing as usize), wait);
    if (time > load<i32>(LATEST)) store<i32>(LATEST, time);
  }

  /** A buffered store is compared with loads up to slot `time`. Penalties empty the buffer, so it is not outstanding. */
  @inline
  private static setStore(thing: i32, time: i32): void {
    store<i32>(READY + ((thing as usize) << 2), time);
    store<u8>(WAIT + (thing as usize), 0);
  }

  /** The multiplier or divider has its result at slot `time`; it waits for the port as long as it takes. */
  private static setLong(time: i32, register: i32): void {
    store<i32>(READY + (LONG << 2), time);
    store<u8>(WAIT + LONG, register);
    store<i32>(LATEST, i32.MAX_VALUE);
  }

  /** Starts a block in `state`, at slot 0. */
  static begin(state: u32): void {
    memory.fill(READY, 0x80, THINGS << 2); // long ago
    store<i32>(NOW, 0);
    store<i32>(LATEST, 0);
    store<i32>(LAST_MEMORY, -1000);
    v128.store(LANES, i32x4.splat(0));
    v128.store(LANES, i32x4.splat(0), 16);
    const record = L.PIPELINE_TABLE + (state as usize) * L.PIPELINE_STATE_BYTES;
    const count = load<u32>(record);
    for (let index: u32 = 0; index < count; index++) {
      const word = load<u32>(record + 4 + ((index as usize) << 2));
      const thing = (word & 0xff) as i32;
      const time = (((word >> 8) & 0xffff) as i32) - 256;
      if (thing == LONG) Pipeline.setLong(time, (word >> 24) as i32);
      else if (thing >= STORE_0) Pipeline.setStore(thing, time);
      else Pipeline.setReady(thing, time, (word >> 24) as i32);
    }
  }

  /** Issue slots used so far: cycles since the block's entry. */
  @inline
  static now(): i32 {
    return load<i32>(NOW);
  }

  /** `state` after a fence that found a load or store on its way: the next one waits for it. */
  static afterFence(state: u32, cycles: i32): u32 {
    Pipeline.begin(state);
    Pipeline.setReady(MEMORY_UNIT, max(Pipeline.ready(MEMORY_UNIT), cycles), WAIT_LOAD);
    return Pipeline.state();
  }

  /** Slots by which a fence in the next one comes too early: the last load or store is still on its way. */
  static fenceStall(): i32 {
    return max(0, load<i32>(L.P_FENCE_AFTER_MEMORY) - (load<i32>(NOW) - 1 - load<i32>(LAST_MEMORY)));
  }

  /** Whether a result is still outstanding at the next slot: then a penalty there changes later stalls. */
  @inline
  static pending(): bool {
    return load<i32>(LATEST) > load<i32>(NOW);
  }

  /** Keeps the lanes and time of a block that was settled, for who wants to repeat it. */
  static rememberSettled(): void {
    v128.store(SETTLED, v128.load(LANES));
    v128.store(SETTLED, v128.load(LANES, 16), 16);
    store<i32>(SETTLED, load<i32>(NOW), 32);
  }

  /** Two vectors of lanes, then the time. */
  @inline
  static settled(): usize {
    return SETTLED;
  }

  /** The slot by which everything issued so far is ready. */
  @inline
  static latest(): i32 {
    return load<i32>(LATEST);
  }

  /** The instruction takes one cycle and depends on nothing: the preset models no timing. */
  static count(opcode: i32): void {
    const timing = I.Isa.timingClass(opcode);
    if (timing == I.TIMING_LOAD || timing == I.TIMING_LOAD_FP || timing == I.TIMING_LOAD_RESERVED) Pipeline.lane(1, 1);
    else if (timing == I.TIMING_STORE || timing == I.TIMING_STORE_FP || timing == I.TIMING_STORE_CONDITIONAL)
      Pipeline.lane(2, 1);
    else if (timing >= I.TIMING_BRANCH && timing <= I.TIMING_JUMP_REGISTER) Pipeline.lane(3, 1);
    else if (timing == I.TIMING_AMO) {
      Pipeline.lane(1, 1);
      Pipeline.lane(2, 1);
    }
    store<i32>(NOW, load<i32>(NOW) + 1);
    Pipeline.lane(0, 1);
  }

  /** `state` right after a long operation issued, its latency now known. */
  static afterLong(state: u32, register: i32, latency: i32): u32 {
    const key = 0x8000_0000 | state | (register << 14) | ((latency & 0xff) << 19);
    const memo = Pipeline.memo(key);
    if (latency < 256 && load<u32>(memo) == key) return load<u32>(memo, 4);
    Pipeline.begin(state);
    Pipeline.finishLong(register, latency);
    const after = Pipeline.state();
    store<u32>(memo, key);
    store<u32>(memo, after, 4);
    return after;
  }

  /** `state` right after a store-conditional that did its store. */
  static afterStoreConditional(state: u32): u32 {
    Pipeline.begin(state);
    Pipeline.finishStoreConditional();
    return Pipeline.state();
  }

  @inline
  static lanes(): usize {
    return LANES;
  }

  @inline
  private static lane(index: i32, amount: i32): void {
    const cell = LANES + ((index as usize) << 2);
    store<i32>(cell, load<i32>(cell) + amount);
  }

  /** The state at the next slot, interned. */
  static state(): u32 {
    const now = load<i32>(NOW);
    let count: u32 = 0;
    if (load<i32>(LATEST) > now || Pipeline.ready(STORE_0) >= now) {
      for (let thing = 0; thing < THINGS; thing++) {
        const time = Pipeline.ready(thing);
        // A store stays through its slot; a long result that is done still waits for the port.
        const live = thing == LONG ? time > -1000000 : thing == STORE_0 || thing == STORE_1 ? time >= now : time > now;
        if (!live) continue;
        let relative = time - now;
        if (relative < -200) relative = -200;
        store<u32>(
          KEY + 4 + ((count as usize) << 2),
          (thing as u32) | ((relative + 256) << 8) | ((load<u8>(WAIT + (thing as usize)) as u32) << 24),
        );
        count++;
      }
    }
    store<u32>(KEY, count);
    return Pipeline.intern();
  }

  /** The state `cycles` later, nothing having issued: the store buffer drains, a waiting long result gets its port. */
  static advance(state: u32, cycles: i32): u32 {
    if (!state || cycles <= 0) return state;
    const key = state | (min(cycles, 0x7fff) << 16);
    const memo = Pipeline.memo(key);
    if (cycles < 0x7fff && load<u32>(memo) == key) return load<u32>(memo, 4);
    const later = Pipeline.advanceAnew(state, cycles);
    store<u32>(memo, key);
    store<u32>(memo, later, 4);
    return later;
  }

  /** Where the result of a state and what happens to it is remembered: key, state. */
  @inline
  private static memo(key: u32): usize {
    return MEMOS + ((((key ^ (key >> 13)) & (MEMO_ENTRIES - 1)) as usize) << 3);
  }

  private static advanceAnew(state: u32, cycles: i32): u32 {
    Pipeline.begin(state);
    store<i32>(NOW, cycles);
    Pipeline.freeSlot(0, cycles - 1);
    for (let thing = STORE_0; thing <= STORE_1; thing++) store<i32>(READY + ((thing as usize) << 2), -1000000000);
    return Pipeline.state();
  }

  private static intern(): u32 {
    const count = load<u32>(KEY);
    if (!count) return 0;
    let hash: u32 = 2166136261;
    for (let index: u32 = 1; index <= count; index++)
      hash = (hash ^ load<u32>(KEY + ((index as usize) << 2))) * 16777619;
    hash ^= hash >> 15;
    const bytes = (count + 1) << 2;
    let slot = hash & 0x3fff;
    while (true) {
      const cell = L.PIPELINE_HASH + ((slot as usize) << 2);
      const state = load<u32>(cell);
      if (!state) break;
      if (memory.compare(L.PIPELINE_TABLE + (state as usize) * L.PIPELINE_STATE_BYTES, KEY, bytes) == 0) return state;
      slot = (slot + 1) & 0x3fff;
    }
    const state = load<u32>(L.PIPELINE_COUNT);
    store<u32>(L.PIPELINE_COUNT, state + 1);
    store<u32>(L.PIPELINE_HASH + ((slot as usize) << 2), state);
    memory.copy(L.PIPELINE_TABLE + (state as usize) * L.PIPELINE_STATE_BYTES, KEY, bytes);
    return state;
  }

  /** Too many states: whoever decodes next must empty the table together with the blocks. */
  @inline
  static full(): bool {
    return load<u32>(L.PIPELINE_COUNT) > 12000;
  }

  /** Empties the table but for `state`, whose new number is returned. */
  static restart(state: u32): u32 {
    Pipeline.save(state);
    Pipeline.reset();
    return Pipeline.restore();
  }

  static save(state: u32): void {
    memory.copy(L.PIPELINE_SAVED, L.PIPELINE_TABLE + (state as usize) * L.PIPELINE_STATE_BYTES, L.PIPELINE_STATE_BYTES);
  }

  static restore(): u32 {
    memory.copy(KEY, L.PIPELINE_SAVED, L.PIPELINE_STATE_BYTES);
    return Pipeline.intern();
  }

  /** Issue slots [from, to] go by without an integer result: a finished long result takes the first that fits. */
  private static freeSlot(from: i32, to: i32): void {
    const done = Pipeline.ready(LONG);
    if (done < -1000000) return;
    const slot = max(from, done - WRITE_BACK);
    if (slot > to) return;
    const register = load<u8>(WAIT + LONG) as i32;
    store<i32>(READY + (LONG << 2), -1000000000);
    store<i32>(LATEST, slot + WRITE_BACK);
    for (let thing = 0; thing < STORE_0; thing++) store<i32>(LATEST, max(load<i32>(LATEST), Pipeline.ready(thing)));
    Pipeline.setReady(MULDIV_UNIT, slot + WRITE_BACK, WAIT_MULDIV);
    if (register) Pipeline.setReady(register, slot + WRITE_BACK, WAIT_MULDIV);
  }

  /** The next instruction needs `thing`: its issue moves to when that is ready. */
  private static need(thing: i32): void {
    const now = load<i32>(NOW);
    const time = Pipeline.ready(thing);
    if (time <= now) return;
    Pipeline.lane(4 + ((load<u8>(WAIT + (thing as usize)) as i32) & 3), time - now);
    Pipeline.freeSlot(now, time - 1);
    store<i32>(NOW, time);
  }

  @inline
  private static needRegister(register: i32): void {
    if (!register) return;
    if (Pipeline.ready(LONG) > -1000000 && (load<u8>(WAIT + LONG) as i32) == register) Pipeline.needLong();
    Pipeline.need(register);
  }

  /** Waits for the unit and the write port: bubbles make the port free. */
  private static needLong(): void {
    const now = load<i32>(NOW);
    const done = Pipeline.ready(LONG);
    if (done < -1000000) return;
    Pipeline.freeSlot(now, max(now, done - WRITE_BACK));
    Pipeline.need(MULDIV_UNIT);
  }

  /** Stall cycles before the block's first instruction that the fetch stage causes. */
  static fetchStall(cycles: i32): void {
    Pipeline.lane(4 + WAIT_BRANCH, cycles);
    Pipeline.freeSlot(load<i32>(NOW), load<i32>(NOW) + cycles - 1);
    store<i32>(NOW, load<i32>(NOW) + cycles);
  }

  /** Result of a long operation whose latency is known only after it ran: `latency` from its issue slot, one before now. */
  static finishLong(register: i32, latency: i32): void {
    const issued = load<i32>(NOW) - 1;
    if (load<i32>(L.P_WRITE_PORT)) {
      Pipeline.setLong(issued + latency, register);
    } else {
      Pipeline.setReady(MULDIV_UNIT, issued + latency, WAIT_MULDIV);
      if (register) Pipeline.setReady(register, issued + latency, WAIT_MULDIV);
    }
  }

  /** sc.d did its store: the data cache is as busy as with an atomic. */
  static finishStoreConditional(): void {
    Pipeline.setReady(MEMORY_UNIT, load<i32>(NOW) - 1 + load<i32>(L.P_AMO_BUSY), WAIT_LOAD);
  }

  /**
   * The hazards of one instruction and its own latency. `opcode` and `word` are the instruction's; bits of the result:
   * 1 and 2: a load that may read the newest, or the older, of the buffered stores.
   */
  static issue(opcode: i32, word: u32): i32 {
    const timing = I.Isa.timingClass(opcode);
    const rd = ((word >> 7) & 31) as i32;
    const rs1 = ((word >> 15) & 31) as i32;
    const rs2 = ((word >> 20) & 31) as i32;
    const start = load<i32>(NOW);
    let stores = 0;
    let writesInteger = true;

    if (timing >= I.TIMING_FP_ADD_S || timing == I.TIMING_LOAD_FP || timing == I.TIMING_STORE_FP) {
      return Pipeline.issueFloat(timing, word, rd, rs1, rs2);
    }
    if (load<i32>(L.P_FP_ALIAS)) Pipeline.alias(timing, opcode, rd, rs1, rs2);

    switch (timing) {
      case I.TIMING_ALU: {
        const kind = I.Isa.immediateKind(opcode);
        if (kind != I.IMMEDIATE_U) Pipeline.needRegister(rs1);
        if (kind == I.IMMEDIATE_NONE) Pipeline.needRegister(rs2);
        Pipeline.needRegister(rd);
        break;
      }
      case I.TIMING_MUL:
      case I.TIMING_MUL_HIGH:
      case I.TIMING_MUL_WORD:
      case I.TIMING_DIV:
      case I.TIMING_DIV_WORD: {
        Pipeline.needRegister(rs1);
        Pipeline.needRegister(rs2);
        Pipeline.needRegister(rd);
        const multiply = timing < I.TIMING_DIV;
        if (!multiply || load<i32>(L.P_MUL_ITERATIVE)) {
          Pipeline.needLong();
          Pipeline.need(MULDIV_UNIT);
        } else if (rd) {
          Pipeline.setReady(rd, load<i32>(NOW) + load<i32>(L.P_MUL), WAIT_MULDIV);
        }
        break;
      }
      case I.TIMING_LOAD:
      case I.TIMING_LOAD_RESERVED: {
        Pipeline.needRegister(rs1);
        Pipeline.needRegister(rd);
        stores = Pipeline.memoryAccess(true);
        Pipeline.lane(1, 1);
        const narrow = opcode == I.OP_LB || opcode == I.OP_LBU || opcode == I.OP_LH || opcode == I.OP_LHU;
        const latency = load<i32>(narrow ? L.P_LOAD_SUBWORD : L.P_LOAD);
        if (rd) Pipeline.setReady(rd, load<i32>(NOW) + latency, WAIT_LOAD);
        break;
      }
      case I.TIMING_STORE: {
        Pipeline.needRegister(rs1);
        Pipeline.needRegister(rs2);
        Pipeline.memoryAccess(false);
        Pipeline.storeBuffered();
        Pipeline.lane(2, 1);
        writesInteger = false;
        break;
      }
      case I.TIMING_STORE_CONDITIONAL: {
        Pipeline.needRegister(rs1);
        Pipeline.needRegister(rs2);
        Pipeline.needRegister(rd);
        Pipeline.memoryAccess(true);
        Pipeline.lane(2, 1);
        const latency = load<i32>(L.P_STORE_CONDITIONAL);
        if (rd) Pipeline.setReady(rd, load<i32>(NOW) + latency, WAIT_LOAD);
        break;
      }
      case I.TIMING_AMO: {
        Pipeline.needRegister(rs1);
        Pipeline.needRegister(rs2);
        Pipeline.needRegister(rd);
        Pipeline.memoryAccess(true);
        Pipeline.lane(1, 1);
        Pipeline.lane(2, 1);
        if (rd) Pipeline.setReady(rd, load<i32>(NOW) + load<i32>(L.P_AMO), WAIT_LOAD);
        Pipeline.setReady(MEMORY_UNIT, load<i32>(NOW) + load<i32>(L.P_AMO_BUSY), WAIT_LOAD);
        break;
      }
      case I.TIMING_BRANCH: {
        Pipeline.needRegister(rs1);
        Pipeline.needRegister(rs2);
        Pipeline.lane(3, 1);
        writesInteger = false;
        break;
      }
      case I.TIMING_JUMP: {
        Pipeline.needRegister(rd);
        Pipeline.lane(3, 1);
        break;
      }
      case I.TIMING_JUMP_REGISTER: {
        Pipeline.needRegister(rs1);
        Pipeline.needRegister(rd);
        Pipeline.lane(3, 1);
        break;
      }
      case I.TIMING_CSR: {
        if (opcode <= I.OP_CSRRC) Pipeline.needRegister(rs1);
        Pipeline.needRegister(rd);
        if (rd) Pipeline.setReady(rd, load<i32>(NOW) + load<i32>(L.P_CSR), WAIT_LOAD);
        break;
      }
      case I.TIMING_FENCE: {
        Pipeline.need(MEMORY_UNIT);
        writesInteger = false;
        break;
      }
      case I.TIMING_SFENCE: {
        Pipeline.needRegister(rs1);
        Pipeline.needRegister(rs2);
        writesInteger = false;
        break;
      }
      default:
        writesInteger = false;
    }
    const slot = load<i32>(NOW);
    if (!writesInteger) Pipeline.freeSlot(slot, slot);
    store<i32>(NOW, slot + 1);
    Pipeline.lane(0, 1);
    return stores;
  }

  /** The interlock of FP results compares register numbers only: an integer operand of the same number waits too. */
  private static alias(timing: i32, opcode: i32, rd: i32, rs1: i32, rs2: i32): void {
    const kind = I.Isa.immediateKind(opcode);
    const hasRd = timing != I.TIMING_STORE && timing != I.TIMING_BRANCH && timing < I.TIMING_FENCE;
    const hasRs1 = kind != I.IMMEDIATE_U && kind != I.IMMEDIATE_J && timing < I.TIMING_CSR;
    const hasRs2 = hasRs1 && (kind == I.IMMEDIATE_NONE || kind == I.IMMEDIATE_S || kind == I.IMMEDIATE_B);
    if (hasRs1) Pipeline.needAlias(32 + rs1);
    if (hasRs2) Pipeline.needAlias(32 + rs2);
    if (hasRd) Pipeline.needAlias(32 + rd);
  }

  /** The false match lasts while the FP instruction is in the pipeline; behind write-back a scoreboard takes over, for FP only. */
  private static needAlias(thing: i32): void {
    const now = load<i32>(NOW);
    const wait = load<u8>(WAIT + (thing as usize)) as i32;
    const time = Pipeline.ready(thing) - (wait >> WAIT_BEYOND);
    if (time <= now) return;
    Pipeline.lane(4 + (wait & 3), time - now);
    Pipeline.freeSlot(now, time - 1);
    store<i32>(NOW, time);
  }

  private static setFloat(register: i32, latency: i32): void {
    const beyond = min(63, max(0, latency - WRITE_BACK - 1));
    Pipeline.setReady(32 + register, load<i32>(NOW) + latency, WAIT_FP | (beyond << WAIT_BEYOND));
  }

  /** Waits for the data cache; for a load, says which buffered stores it must be compared with. */
  private static memoryAccess(read: bool): i32 {
    Pipeline.need(MEMORY_UNIT);
    const now = load<i32>(NOW);
    const newest = Pipeline.ready(STORE_0);
    const older = Pipeline.ready(STORE_1);
    let stores = 0;
    if (read) {
      // A store drains in the first slot, from its third on, that has no load in it.
      if (newest >= now) stores |= 1;
      if (older >= now) stores |= 2;
      if (older == now) Pipeline.setStore(STORE_1, now + 1);
      if (newest == now) Pipeline.setStore(STORE_0, now + 1);
    }
    store<i32>(LAST_MEMORY, now);
    return stores;
  }

  private static storeBuffered(): void {
    if (!load<i32>(L.P_STORE_LOAD_REPLAY)) return;
    const now = load<i32>(NOW);
    const previous = Pipeline.ready(STORE_0);
    Pipeline.setStore(STORE_1, previous >= now ? previous : -1000000000);
    Pipeline.setStore(STORE_0, now + 2);
  }

  private static issueFloat(timing: i32, word: u32, rd: i32, rs1: i32, rs2: i32): i32 {
    const rs3 = (word >> 27) as i32;
    let stores = 0;
    let writesInteger = false;
    if (timing == I.TIMING_LOAD_FP) {
      Pipeline.needRegister(rs1);
      Pipeline.need(32 + rd);
      stores = Pipeline.memoryAccess(true);
      Pipeline.lane(1, 1);
      Pipeline.setFloat(rd, load<i32>(L.P_LOAD_FP));
    } else if (timing == I.TIMING_STORE_FP) {
      Pipeline.needRegister(rs1);
      Pipeline.need(32 + rs2);
      Pipeline.memoryAccess(false);
      Pipeline.storeBuffered();
      Pipeline.lane(2, 1);
    } else if (timing == I.TIMING_FP_CONVERT_INT_TO_FP || timing == I.TIMING_FP_MOVE_FROM_INT) {
      Pipeline.needRegister(rs1);
      Pipeline.need(32 + rd);
      Pipeline.setFloat(rd, load<i32>(L.P_FP_SHORT));
    } else {
      Pipeline.need(32 + rs1);
      const unary =
        timing == I.TIMING_FP_SQRT_S ||
        timing == I.TIMING_FP_SQRT_D ||
        timing == I.TIMING_FP_CLASSIFY ||
        timing == I.TIMING_FP_CONVERT_FP_TO_FP ||
        timing == I.TIMING_FP_CONVERT_FP_TO_INT ||
        timing == I.TIMING_FP_MOVE_TO_INT;
      if (!unary) Pipeline.need(32 + rs2);
      if (timing == I.TIMING_FP_MUL_ADD_S || timing == I.TIMING_FP_MUL_ADD_D) Pipeline.need(32 + rs3);
      const toInteger =
        timing == I.TIMING_FP_COMPARE_S ||
        timing == I.TIMING_FP_COMPARE_D ||
        timing == I.TIMING_FP_CLASSIFY ||
        timing == I.TIMING_FP_CONVERT_FP_TO_INT ||
        timing == I.TIMING_FP_MOVE_TO_INT;
      if (toInteger) {
        Pipeline.needRegister(rd);
        if (rd) Pipeline.setReady(rd, load<i32>(NOW) + load<i32>(L.P_FP_TO_INT), WAIT_FP);
        writesInteger = true;
      } else {
        Pipeline.need(32 + rd);
        const iterative = timing >= I.TIMING_FP_DIVIDE_S && timing <= I.TIMING_FP_SQRT_D;
        if (iterative) Pipeline.need(DIVSQRT_UNIT);
        const latency = Pipeline.floatLatency(timing);
        Pipeline.setFloat(rd, latency);
        if (iterative) Pipeline.setReady(DIVSQRT_UNIT, load<i32>(NOW) + latency, WAIT_FP);
      }
    }
    const slot = load<i32>(NOW);
    if (!writesInteger) Pipeline.freeSlot(slot, slot);
    store<i32>(NOW, slot + 1);
    Pipeline.lane(0, 1);
    return stores;
  }

  private static floatLatency(timing: i32): i32 {
    switch (timing) {
      case I.TIMING_FP_ADD_S:
        return load<i32>(L.P_FP_ADD_S);
      case I.TIMING_FP_ADD_D:
        return load<i32>(L.P_FP_ADD_D);
      case I.TIMING_FP_MUL_S:
        return load<i32>(L.P_FP_MUL_S);
      case I.TIMING_FP_MUL_D:
        return load<i32>(L.P_FP_MUL_D);
      case I.TIMING_FP_MUL_ADD_S:
        return load<i32>(L.P_FP_MULADD_S);
      case I.TIMING_FP_MUL_ADD_D:
        return load<i32>(L.P_FP_MULADD_D);
      case I.TIMING_FP_DIVIDE_S:
        return load<i32>(L.P_FP_DIV_S);
      case I.TIMING_FP_DIVIDE_D:
        return load<i32>(L.P_FP_DIV_D);
      case I.TIMING_FP_SQRT_S:
        return load<i32>(L.P_FP_SQRT_S);
      case I.TIMING_FP_SQRT_D:
        return load<i32>(L.P_FP_SQRT_D);
    }
    return load<i32>(L.P_FP_SHORT);
  }

  /** Latency of a multiplication or division on these operands, from issue to the issue of a user. */
  static longLatency(opcode: i32, a: u64, b: u64): i32 {
    switch (opcode) {
      case I.OP_MUL:
        return Pipeline.multiplyLatency(a, 64);
      case I.OP_MULW:
        return Pipeline.multiplyLatency(a & 0xffff_ffff, 32);
      case I.OP_MULH:
      case I.OP_MULHSU:
      case I.OP_MULHU:
        return load<i32>(L.P_MUL) + 64 / load<i32>(L.P_MUL_BITS);
      case I.OP_DIVU:
      case I.OP_REMU:
        return Pipeline.divideLatency(a, b, false, false, opcode == I.OP_REMU);
      case I.OP_DIVUW:
      case I.OP_REMUW:
        return Pipeline.divideLatency(a & 0xffff_ffff, b & 0xffff_ffff, false, false, opcode == I.OP_REMUW);
      case I.OP_DIVW:
      case I.OP_REMW:
        a = a as i32 as i64 as u64;
        b = b as i32 as i64 as u64;
        break;
    }
    const remainder = opcode == I.OP_REM || opcode == I.OP_REMW;
    return Pipeline.divideLatency(a, b, (a as i64) < 0, (b as i64) < 0, remainder);
  }

  /** Eight bits of rs1 a cycle; stops early, after two cycles at the soonest, when the rest is zero. */
  private static multiplyLatency(a: u64, width: i32): i32 {
    const bits = load<i32>(L.P_MUL_BITS);
    const significant = max(1, (64 - (clz(a) as i32) + bits - 1) / bits);
    return load<i32>(L.P_MUL) + min(width / bits, significant + 1);
  }

  /** A bit a cycle; leading quotient bits that are zero are skipped in one; a cycle each to negate inputs and result. */
  private static divideLatency(a: u64, b: u64, aNegative: bool, bNegative: bool, remainder: bool): i32 {
    if (aNegative) a = 0 - a;
    if (bNegative) b = 0 - b;
    let latency = load<i32>(L.P_DIV);
    const skip = (63 - Pipeline.highestBit(a) + Pipeline.highestBit(b)) & 63;
    const steps = skip && b ? 64 - skip : 63;
    latency += (steps + load<i32>(L.P_DIV_BITS) - 1) / load<i32>(L.P_DIV_BITS);
    if (aNegative || bNegative) latency++;
    if (remainder ? aNegative : aNegative != bNegative) latency++;
    return latency;
  }

  @inline
  private static highestBit(value: u64): i32 {
    return value ? 63 - (clz(value) as i32) : 0;
  }
}
