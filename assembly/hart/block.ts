// Decoding: machine code of one physical page, from one entry on, becomes a block of bytecode. Blocks are found by physical
// address, pipeline state at entry, ring and way of entry, and link to each other directly. A block goes on through conditional
// branches and ends at jumps, system instructions, the page's end or MAXIMUM instructions. Where a block ends never shows in a
// cycle count (timing/pipeline.ts). A store into a page drops the page's blocks: their first records become BC_STALE, so that
// links to them need not be found.

import * as I from '../generated/isa.ts';
import * as L from '../layout.ts';
import { Translate } from '../memory/translate.ts';
import { Pipeline } from '../timing/pipeline.ts';
import { Predictor } from '../timing/predictor.ts';
import * as B from './bytecode.ts';
import { Fuse } from './fuse.ts';

const MAXIMUM: i32 = 64;
const MAXIMUM_CYCLES: i32 = 4000;
/** More than any block takes. */
const ROOM: usize = 65536;

/** The instruction being decoded. */
const WORD: usize = L.PIPELINE_SCRATCH + 0x800;
const RAW: usize = L.PIPELINE_SCRATCH + 0x804;
const LENGTH: usize = L.PIPELINE_SCRATCH + 0x808;
/** The next free byte of the block being built, and the block. */
const CURSOR: usize = L.PIPELINE_SCRATCH + 0x80c;
const BLOCK: usize = L.PIPELINE_SCRATCH + 0x810;
/** The record emitted before, 0 when it cannot be the first of a pair. */
const PREVIOUS: usize = L.PIPELINE_SCRATCH + 0x814;

export class Blocks {
  static reset(): void {
    memory.fill(L.BLOCK_HASH, 0, L.BLOCK_BUCKETS * 4);
    memory.fill(L.CODE_PAGES, 0, (load<u32>(L.P_RAM_BYTES) >> 12) << 2);
    store<usize>(L.BLOCK_NEXT, L.BLOCKS);
    store<u32>(L.BLOCK_GENERATION, load<u32>(L.BLOCK_GENERATION) + 1);
    memory.fill(L.CUTS, 0, L.CUT_ENTRIES * 64);
  }

  /** Empties the pool when it, or the table of pipeline states, is nearly full. Returns `pipeline` under its new number. */
  @inline
  static makeRoom(pipeline: u32): u32 {
    if (load<usize>(L.BLOCK_NEXT) + ROOM < (L.BLOCKS_END as usize) && !Pipeline.full()) return pipeline;
    Blocks.reset();
    return Pipeline.restart(pipeline);
  }

  @inline
  private static bucket(offset: u32, key: u32): usize {
    return L.BLOCK_HASH + (((((offset >> 1) ^ (key * 0x9e5)) as usize) & (L.BLOCK_BUCKETS - 1)) << 2);
  }

  /** The block at RAM offset `offset` for `key`, decoded if need be. `upper`: second half of an instruction at the page's end. */
  static get(offset: u32, key: u32, upper: u32): usize {
    const bucket = Blocks.bucket(offset, key);
    let block = load<usize>(bucket);
    while (block) {
      if (load<u32>(block, B.BLOCK_PHYSICAL) == offset && load<u32>(block, B.BLOCK_KEY) == key) {
        if (load<u32>(block, B.BLOCK_UPPER) == upper) return block;
        Blocks.retire(block);
        break;
      }
      block = load<usize>(block, B.BLOCK_CHAIN);
    }
    return Blocks.decode(offset, key, upper);
  }

  /** No lookup finds the block again, and links to it find out that it is stale. */
  private static retire(block: usize): void {
    store<u16>(block + B.BLOCK_HEADER, B.BC_STALE);
    store<u32>(block, 0xffff_ffff, B.BLOCK_PHYSICAL);
  }

  /** The bytes of this page of RAM change: what was decoded from them goes. */
  static dropPage(page: u32): void {
    const cell = L.CODE_PAGES + ((page as usize) << 2);
    let block = load<usize>(cell);
    while (block) {
      Blocks.retire(block);
      block = load<usize>(block, B.BLOCK_PAGE_CHAIN);
    }
    store<usize>(cell, 0);
  }

  @inline
  static isCode(page: u32): bool {
    return load<usize>(L.CODE_PAGES + ((page as usize) << 2)) != 0;
  }

  /** Reads the instruction at `position`; false if its second half lies beyond the page and `upper` is not for it. */
  private static fetch(position: u32, first: bool, upper: u32): bool {
    const half = load<u16>((position as usize) + L.RAM) as u32;
    if ((half & 3) != 3) {
      store<u32>(RAW, half);
      store<u32>(WORD, I.Isa.expandCompressed(half));
      store<u32>(LENGTH, 2);
      return true;
    }
    let high: u32;
    if ((position & 0xfff) == 0xffe) {
      if (!first) return false;
      high = upper & 0xffff;
    } else {
      high = load<u16>((position as usize) + L.RAM + 2);
    }
    store<u32>(RAW, half | (high << 16));
    store<u32>(WORD, half | (high << 16));
    store<u32>(LENGTH, 4);
    return true;
  }

  @inline
  private static opcode(): i32 {
    const word = load<u32>(WORD);
    return word ? I.Isa.decode(word) : I.OP_ILLEGAL;
  }

  /** Begins the pipeline as a block with this key does. */
  private static beginPipeline(position: u32, key: u32): void {
    Pipeline.begin(key >> 2);
    if (!load<i32>(L.P_TIMING) || key & 1) return;
    const straddles = (position & 3) == 2 && (load<u16>((position as usize) + L.RAM) & 3) == 3;
    const stall = load<i32>(L.P_STRADDLE);
    if (straddles && stall) Pipeline.fetchStall(stall);
  }

  /**
   * The part of a block before its instruction `index`, or, if `through`, up to and with it, has been executed: accounts for it.
   * CYCLE, LANES and PIPELINE are then exact. Returns the RAM offset of the instruction after that part.
   */
  static settle(block: usize, index: i32, through: bool): u32 {
    const key = load<u32>(block, B.BLOCK_KEY);
    let position = load<u32>(block, B.BLOCK_PHYSICAL);
    const timed = load<i32>(L.P_TIMING) != 0;
    Blocks.beginPipeline(position, key);
    const count = through ? index + 1 : index;
    for (let done = 0; done < count; done++) {
      Blocks.fetch(position, done == 0, load<u32>(block, B.BLOCK_UPPER));
      const opcode = Blocks.opcode();
      if (timed) Pipeline.issue(opcode, load<u32>(WORD));
      else Pipeline.count(opcode);
      position += load<u32>(LENGTH);
    }
    const lanes = Pipeline.lanes();
    Pipeline.rememberSettled();
    v128.store(L.LANES, i32x4.add(v128.load(L.LANES), v128.load(lanes)));
    v128.store(L.LANES_TIMING, i32x4.add(v128.load(L.LANES_TIMING), v128.load(lanes, 16)));
    store<i64>(L.CYCLE, load<i64>(L.CYCLE) + (Pipeline.now() as i64));
    store<u32>(L.PIPELINE, timed ? Pipeline.state() : 0);
    return position;
  }

  /** The bits of the instruction at a site: for stval. */
  static raw(block: usize, site: u32): u32 {
    const position = (load<u32>(block, B.BLOCK_PHYSICAL) & ~0xfff) + ((site & 0x7ff) << 1);
    Blocks.fetch(position, true, load<u32>(block, B.BLOCK_UPPER));
    return load<u32>(RAW);
  }

  /** The expanded word of the instruction at a site. */
  static word(block: usize, site: u32): u32 {
    Blocks.raw(block, site);
    return load<u32>(WORD);
  }

  // --- building -----------------------------------------------------------------------------------------------------------

  /** Fuses the record just begun with the one before it, which must end where this one starts. */
  private static fuse(record: usize, opcode: i32): void {
    const previous = load<usize>(PREVIOUS);
    let pair = 0;
    if (previous) {
      const first = load<u16>(previous) as i32;
      const bytes: usize = first == I.OP_LD || first == I.OP_SD || first == I.OP_FLD ? 16 : 8;
      if (previous + bytes == record) pair = Fuse.pair(first, opcode);
    }
    if (pair) store<u16>(previous, pair);
    store<usize>(PREVIOUS, pair ? 0 : record);
  }

  @inline
  private static emit(opcode: i32, a: u32, b: u32, c: u32): usize {
    const record = load<usize>(CURSOR);
    store<u16>(record, opcode);
    Blocks.fuse(record, opcode);
    store<u16>(record, a, B.RECORD_A);
    store<u16>(record, b, B.RECORD_B);
    store<u16>(record, c, B.RECORD_C);
    store<usize>(CURSOR, record + 8);
    return record;
  }

  /** The same with block and site. */
  private static emitSite(opcode: i32, a: u32, b: u32, c: u32, site: u32): usize {
    const record = Blocks.emit(opcode, a, b, c);
    store<usize>(record, load<usize>(BLOCK), B.RECORD_BLOCK);
    store<u32>(record, site, B.RECORD_SITE);
    store<usize>(CURSOR, record + 16);
    return record;
  }

  /** An exit: the block's work up to here and the pipeline state that it leaves. */
  private static emitExit(opcode: i32, a: u32, b: u32, c: u32, site: u32, displacement: i32): usize {
    const record = Blocks.emitSite(opcode, a, b, c, site);
    const lanes = Pipeline.lanes();
    v128.store(record, v128.load(lanes), B.EXIT_LANES);
    v128.store(record, v128.load(lanes, 16), B.EXIT_LANES_TIMING);
    store<u32>(record, 0, B.EXIT_LINK);
    store<i32>(record, displacement, B.EXIT_DISPLACEMENT);
    store<u32>(record, load<i32>(L.P_TIMING) ? Pipeline.state() : 0, B.EXIT_PIPELINE);
    store<u32>(record, Pipeline.now(), B.EXIT_CYCLES);
    store<u64>(record, 0, B.EXIT_EXTRA);
    store<u64>(record, 0, B.EXIT_EXTRA + 8);
    store<usize>(CURSOR, record + B.EXIT_BYTES);
    return record;
  }

  private static emitNext(position: u32, index: i32, page: u32): void {
    const stall = load<i32>(L.P_TIMING) ? Pipeline.fenceStall() : 0;
    const site = ((position >> 1) & 0x7ff) | (index << 12);
    const record = Blocks.emitExit(stall ? B.BC_NEXT_FENCE : B.BC_NEXT, 0, 0, 0, site, (position - page) as i32);
    store<u32>(record, stall, B.EXIT_EXTRA);
  }

  /** Operand field: byte offset of a register. */
  @inline
  private static register(number: u32): u32 {
    return number << 3;
  }

  @inline
  private static destination(number: u32): u32 {
    return number ? number << 3 : L.X_SINK;
  }

  private static decode(offset: u32, key: u32, upper: u32): usize {
    const block = (load<usize>(L.BLOCK_NEXT) + 15) & ~15;
    const page = offset & ~0xfff;
    const timed = load<i32>(L.P_TIMING) != 0;
    const lineMask: u32 = (1 << load<u32>(L.P_L1I_LINE_SHIFT)) - 1;
    store<usize>(BLOCK, block);
    store<usize>(CURSOR, block + B.BLOCK_HEADER);
    store<usize>(PREVIOUS, 0);
    store<u32>(block, offset, B.BLOCK_PHYSICAL);
    store<u32>(block, key, B.BLOCK_KEY);
    store<u32>(block, upper, B.BLOCK_UPPER);
    store<u32>(block, offset & 0xfff, B.BLOCK_START);

    Blocks.beginPipeline(offset, key);
    let position = offset;
    let index = 0;
    while (true) {
      if (position - page >= 4096 || index == MAXIMUM || Pipeline.now() > MAXIMUM_CYCLES) {
        Blocks.emitNext(position, index, page);
        break;
      }
      if (!Blocks.fetch(position, index == 0, upper)) {
        Blocks.emitNext(position, index, page);
        break;
      }
      const opcode = Blocks.opcode();
      if (opcode == I.OP_FENCE && index > 0) {
        Blocks.emitNext(position, index, page);
        break;
      }
      const length = load<u32>(LENGTH);
      if (timed) Blocks.emitFetches(position, length, index, key, lineMask, page);
      if (Blocks.emitInstruction(opcode, position, index, page, timed)) break;
      position += length;
      index++;
    }
    store<i32>(block, index, B.BLOCK_INSTRUCTIONS);
    store<usize>(L.BLOCK_NEXT, load<usize>(CURSOR));

    const bucket = Blocks.bucket(offset, key);
    store<usize>(block, load<usize>(bucket), B.BLOCK_CHAIN);
    store<usize>(bucket, block);
    const cell = L.CODE_PAGES + (((page >> 12) << 2) as usize);
    const first = load<usize>(cell);
    if (!first) Translate.dropWrites(page);
    store<usize>(block, first, B.BLOCK_PAGE_CHAIN);
    store<usize>(cell, block);
    return block;
  }

  /** Checks that the lines of the instruction are in L1I, unless the instruction before it was in the same line. */
  private static emitFetches(position: u32, length: u32, index: i32, key: u32, lineMask: u32, page: u32): void {
    const site = ((position >> 1) & 0x7ff) | (index << 12) | (Pipeline.pending() ? B.SITE_PENDING : 0);
    const transferred = index == 0 && !(key & 1);
    if (transferred || (position & lineMask) == 0) Blocks.emitFetch(position, site);
    const last = position + length - 1;
    if (((last ^ position) & ~lineMask) != 0 && last - page < 4096) Blocks.emitFetch(last, site);
  }

  @inline
  private static emitFetch(position: u32, site: u32): void {
    const record = Blocks.emitSite(B.BC_FETCH, 0, 0, 0, site);
    store<u32>(record, position, B.RECORD_WORD);
  }

  /** True if the block ends with this instruction. */
  private static emitInstruction(opcode: i32, position: u32, index: i32, page: u32, timed: bool): bool {
    const word = load<u32>(WORD);
    const length = load<u32>(LENGTH);
    const rd = (word >> 7) & 31;
    const rs1 = (word >> 15) & 31;
    const rs2 = (word >> 20) & 31;
    let site = ((position >> 1) & 0x7ff) | (index << 12);
    if (opcode == I.OP_ILLEGAL) {
      const record = Blocks.emitExit(B.BC_ILLEGAL, 0, 0, 0, site, 0);
      store<u32>(record, load<u32>(RAW), B.EXIT_EXTRA);
      return true;
    }
    const timing = I.Isa.timingClass(opcode);
    const immediate = I.Isa.immediate(word, I.Isa.immediateKind(opcode));
    const before = Pipeline.latest();
    const checkSite = site | (Pipeline.pending() ? B.SITE_PENDING : 0);
    let stores = 0;
    if (timed) stores = Pipeline.issue(opcode, word);
    else Pipeline.count(opcode);
    // Results older than this instruction are still outstanding after it.
    if (timed && before > Pipeline.now()) site |= B.SITE_PENDING;
    const next = position + length - page;

    switch (timing) {
      case I.TIMING_ALU: {
        if (!rd) return false;
        if (opcode == I.OP_LUI || opcode == I.OP_AUIPC) {
          const value = opcode == I.OP_LUI ? immediate : immediate + ((position - page) as i32);
          const record = Blocks.emit(opcode == I.OP_LUI ? B.BC_LI : opcode, Blocks.register(rd), 0, 0);
          store<i32>(record, value, B.RECORD_WORD);
        } else if (opcode == I.OP_ADDI && !rs1) {
          const record = Blocks.emit(B.BC_LI, Blocks.register(rd), 0, 0);
          store<i32>(record, immediate, B.RECORD_WORD);
        } else if (opcode == I.OP_ADDI && !immediate) {
          Blocks.emit(B.BC_MV, Blocks.register(rd), Blocks.register(rs1), 0);
        } else if (I.Isa.immediateKind(opcode) == I.IMMEDIATE_NONE) {
          Blocks.emit(opcode, Blocks.register(rd), Blocks.register(rs1), Blocks.register(rs2));
        } else {
          Blocks.emit(opcode, Blocks.register(rd), Blocks.register(rs1), immediate & 0xffff);
        }
        return false;
      }
      case I.TIMING_MUL:
      case I.TIMING_MUL_HIGH:
      case I.TIMING_MUL_WORD:
      case I.TIMING_DIV:
      case I.TIMING_DIV_WORD: {
        const multiply = timing < I.TIMING_DIV;
        if (!timed || (multiply && !load<i32>(L.P_MUL_ITERATIVE))) {
          if (rd) Blocks.emit(opcode, Blocks.register(rd), Blocks.register(rs1), Blocks.register(rs2));
          return false;
        }
        const record = Blocks.emitExit(
          B.BC_MULDIV,
          Blocks.destination(rd),
          Blocks.register(rs1),
          Blocks.register(rs2),
          site,
          next as i32,
        );
        store<i32>(record, opcode, B.EXIT_EXTRA);
        store<u32>(record, rd, B.EXIT_EXTRA + 4);
        const links: usize = multiply ? 16 : 72;
        store<u32>(record, links as u32, B.EXIT_EXTRA + 8);
        memory.fill(record + B.EXIT_BYTES, 0, links << 2);
        store<usize>(CURSOR, record + B.EXIT_BYTES + (links << 2));
        return true;
      }
      case I.TIMING_LOAD: {
        if (stores) Blocks.emitStoreCheck(opcode, stores, rs1, immediate, checkSite);
        Blocks.emitSite(opcode, Blocks.destination(rd), Blocks.register(rs1), immediate & 0xffff, site);
        return false;
      }
      case I.TIMING_LOAD_FP: {
        if (stores) Blocks.emitStoreCheck(opcode, stores, rs1, immediate, checkSite);
        Blocks.emitSite(opcode, Blocks.register(rd), Blocks.register(rs1), immediate & 0xffff, site);
        return false;
      }
      case I.TIMING_STORE:
      case I.TIMING_STORE_FP: {
        Blocks.emitSite(opcode, Blocks.register(rs2), Blocks.register(rs1), immediate & 0xffff, site);
        return false;
      }
      case I.TIMING_BRANCH: {
        if (Pipeline.pending()) site |= B.SITE_PENDING;
        const target = ((position - page) as i32) + immediate;
        const record = Blocks.emitExit(opcode, 0, Blocks.register(rs1), Blocks.register(rs2), site, target);
        store<u32>(record, Predictor.indexPart(position - page), B.EXIT_DIRECTION);
        return false;
      }
      case I.TIMING_JUMP: {
        const target = ((position - page) as i32) + immediate;
        const far = target < 0 || target > 4095;
        const kind = rd ? (far ? B.BC_JAL_FAR : opcode) : far ? B.BC_J_FAR : B.BC_J;
        const call = rd == 1 || rd == 5 ? 1 : 0;
        const record = Blocks.emitExit(kind, Blocks.destination(rd), call, 0, site, target);
        store<i32>(record, next as i32, B.EXIT_EXTRA);
        return true;
      }
      case I.TIMING_JUMP_REGISTER: {
        const linking = rd == 1 || rd == 5;
        const returning = (rs1 == 1 || rs1 == 5) && !(linking && rd == rs1);
        const record = Blocks.emitExit(
          opcode,
          Blocks.destination(rd),
          Blocks.register(rs1),
          immediate & 0xffff,
          site,
          next as i32,
        );
        store<u32>(record, (linking ? 1 : 0) | (returning ? 2 : 0), B.EXIT_EXTRA);
        return true;
      }
      case I.TIMING_LOAD_RESERVED:
      case I.TIMING_AMO: {
        if (stores) Blocks.emitStoreCheck(opcode, stores, rs1, 0, checkSite);
        const record = Blocks.emitSite(B.BC_AMO, opcode, 0, 0, site);
        store<u32>(record, word, 16);
        store<usize>(CURSOR, record + 24);
        return false;
      }
      case I.TIMING_STORE_CONDITIONAL:
      case I.TIMING_CSR:
      case I.TIMING_FENCE:
      case I.TIMING_FENCE_I:
      case I.TIMING_ENVIRONMENT:
      case I.TIMING_TRAP_RETURN:
      case I.TIMING_WAIT_FOR_INTERRUPT:
      case I.TIMING_SFENCE: {
        const record = Blocks.emitExit(B.BC_SYSTEM, opcode, 0, 0, site, next as i32);
        store<u32>(record, word, B.EXIT_EXTRA);
        return true;
      }
    }
    // Floating point.
    const record = Blocks.emitSite(B.BC_FLOAT, opcode, 0, 0, site);
    store<u32>(record, word, 16);
    store<usize>(CURSOR, record + 24);
    return false;
  }

  private static emitStoreCheck(opcode: i32, stores: i32, rs1: u32, immediate: i32, site: u32): void {
    let size: u32 = 8;
    if (opcode == I.OP_LB || opcode == I.OP_LBU) size = 1;
    else if (opcode == I.OP_LH || opcode == I.OP_LHU) size = 2;
    else if (opcode == I.OP_LW || opcode == I.OP_LWU || opcode == I.OP_FLW) size = 4;
    Blocks.emitSite(B.BC_STORE_CHECK, size | (stores << 8), Blocks.register(rs1), immediate & 0xffff, site);
  }
}
