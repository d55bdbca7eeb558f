// The hot loop's slow paths. Each gets the record, with CYCLE stored, does the record's work whole and says where to go on
// (enter.ts).

import * as I from '../generated/isa.ts';
import * as L from '../layout.ts';
import { ACCESS_READ, ACCESS_WRITE, SPEED_ADDEND, SPEED_KEEP, SPEED_SET, Translate } from '../memory/translate.ts';
import { Cache } from '../timing/cache.ts';
import { Count } from '../timing/count.ts';
import { Pipeline } from '../timing/pipeline.ts';
import { Access } from './access.ts';
import { Atomic } from './atomic.ts';
import { Blocks } from './block.ts';
import * as B from './bytecode.ts';
import { Enter } from './enter.ts';
import { Fuse } from './fuse.ts';
import { System } from './system.ts';
import { Transfer } from './transfer.ts';

export class Slow {
  /** Size in bytes of a load's or store's access. */
  private static bytes(opcode: i32): u32 {
    switch (opcode) {
      case I.OP_LB:
      case I.OP_LBU:
      case I.OP_SB:
        return 1;
      case I.OP_LH:
      case I.OP_LHU:
      case I.OP_SH:
        return 2;
      case I.OP_LW:
      case I.OP_LWU:
      case I.OP_SW:
      case I.OP_FLW:
      case I.OP_FSW:
        return 4;
    }
    return 8;
  }

  @inline
  private static isFloat(opcode: i32): bool {
    return opcode == I.OP_FLW || opcode == I.OP_FLD || opcode == I.OP_FSW || opcode == I.OP_FSD;
  }

  static load(record: usize, address: i64): usize {
    const opcode = Fuse.own(load<u16>(record));
    const float = Slow.isFloat(opcode);
    if (float && !load<u32>(L.FP_STATUS)) return Enter.illegal(record);
    const bytes = Slow.bytes(opcode);
    const entry = Translate.speedEntry(0, address);
    if ((address & (-4096 | ((bytes - 1) as i64))) == load<i64>(entry)) {
      // The translation is known; the line is not in L1D, or its hit needs bookkeeping.
      const place = (address as usize) + load<usize>(entry, SPEED_ADDEND);
      Slow.dataMiss(entry, place, false);
      Slow.finishLoad(record, opcode, Slow.readPlace(place, bytes));
      return Slow.finish(record);
    }
    if (!Access.prepare(address, bytes, ACCESS_READ)) return Slow.fault(record);
    if (Access.isDevice(load<u64>(L.ACCESS_FIRST))) return Slow.loadDevice(record, opcode, bytes, address);
    Slow.finishLoad(record, opcode, Access.read(bytes, address));
    return Slow.finish(record);
  }

  private static finishLoad(record: usize, opcode: i32, value: u64): void {
    const register = load<u16>(record, B.RECORD_A) as usize;
    switch (opcode) {
      case I.OP_LB:
        value = value as i8 as i64 as u64;
        break;
      case I.OP_LH:
        value = value as i16 as i64 as u64;
        break;
      case I.OP_LW:
        value = value as i32 as i64 as u64;
        break;
      case I.OP_FLW:
        value |= 0xffff_ffff_0000_0000;
        break;
    }
    if (Slow.isFloat(opcode)) {
      store<u32>(L.FP_STATUS, 3);
      store<u64>(register, value, L.F);
    } else {
      store<u64>(register, value, L.X);
    }
  }

  /** A device may look at the clock: the block is left so that CYCLE is exact. */
  private static loadDevice(record: usize, opcode: i32, bytes: u32, address: i64): usize {
    const site = load<u32>(record, B.RECORD_SITE);
    const penalty = Access.penalty();
    const position = Enter.settle(record);
    Slow.finishLoad(record, opcode, Access.read(bytes, address));
    return Slow.leave(Enter.nextPc(site, position, true), penalty);
  }

  /** After settling: goes on in sequence, `penalty` cycles later, or stops if the access asked for it. */
  private static leave(pc: i64, penalty: i32): usize {
    store<i64>(L.CYCLE, load<i64>(L.CYCLE) + (penalty as i64));
    const pipeline = load<i32>(L.P_TIMING) ? Pipeline.advance(load<u32>(L.PIPELINE), penalty) : 0;
    if (load<i32>(L.STOP_REASON)) {
      store<i64>(L.PC, pc);
      store<u32>(L.PIPELINE, pipeline);
      return Enter.stop(load<i32>(L.STOP_REASON), false);
    }
    return Enter.resume(Enter.at(pc, pipeline, true));
  }

  static store(record: usize, address: i64): usize {
    const opcode = Fuse.own(load<u16>(record));
    const float = Slow.isFloat(opcode);
    if (float && !load<u32>(L.FP_STATUS)) return Enter.illegal(record);
    const bytes = Slow.bytes(opcode);
    const register = load<u16>(record, B.RECORD_A) as usize;
    const value = float ? load<u64>(register, L.F) : load<u64>(register, L.X);
    const entry = Translate.speedEntry(L.SPEED_WRITE, address);
    if ((address & (-4096 | ((bytes - 1) as i64))) == load<i64>(entry)) {
      const place = (address as usize) + load<usize>(entry, SPEED_ADDEND);
      Slow.dataMiss(entry, place, true);
      Slow.writePlace(place, bytes, value);
      Slow.bufferStore(address, bytes);
      if (!Access.penalty()) return Enter.resume(record + 16);
      return Slow.finish(record);
    }
    if (!Access.prepare(address, bytes, ACCESS_WRITE)) return Slow.fault(record);
    const device = Access.isDevice(load<u64>(L.ACCESS_FIRST));
    if (!device && !Access.hitsCode()) {
      Access.write(bytes, address, value);
      Slow.bufferStore(address, bytes);
      if (!Access.penalty()) return Enter.resume(record + 16);
      return Slow.finish(record);
    }
    // The block itself may be what is overwritten: it is settled before its bytes change.
    const site = load<u32>(record, B.RECORD_SITE);
    const penalty = Access.penalty();
    const position = Enter.settle(record);
    if (!device) Access.dropCode();
    Access.write(bytes, address, value);
    Slow.bufferStore(address, bytes);
    return Slow.leave(Enter.nextPc(site, position, true), penalty);
  }

  private static dataMiss(entry: usize, place: usize, write: bool): void {
    Access.begin();
    if (!load<i32>(L.P_TIMING)) return;
    store<u64>(L.DTLB_PLRU, (load<u64>(L.DTLB_PLRU) & load<u64>(entry, SPEED_KEEP)) | load<u64>(entry, SPEED_SET));
    const penalty = Cache.data((place - L.RAM) as u32, write);
    if (penalty) Count.add(L.COUNT_DATA_MISS, penalty);
    store<i32>(L.RESULT, penalty);
  }

  /** Aligned bytes in linear memory. */
  private static readPlace(place: usize, bytes: u32): u64 {
    if (bytes == 8) return load<u64>(place);
    if (bytes == 4) return load<u32>(place);
    return bytes == 2 ? load<u16>(place) : load<u8>(place);
  }

  private static writePlace(place: usize, bytes: u32, value: u64): void {
    if (bytes == 8) store<u64>(place, value);
    else if (bytes == 4) store<u32>(place, value as u32);
    else if (bytes == 2) store<u16>(place, value as u16);
    else store<u8>(place, value as u8);
  }

  @inline
  private static bufferStore(address: i64, bytes: u32): void {
    store<u32>(L.STORE_ADDRESS_1, load<u32>(L.STORE_ADDRESS_0));
    store<u32>(L.STORE_ADDRESS_0, ((address as u32) & 0xfff) | (bytes << 12));
  }

  /** A load or store is done: what it cost beyond a hit. */
  private static finish(record: usize): usize {
    const penalty = Access.penalty();
    if (!penalty) return Enter.resume(record + 16);
    store<i64>(L.CYCLE, load<i64>(L.CYCLE) + (penalty as i64));
    return Enter.penalized(record, 16, penalty, true);
  }

  /** The access of `record` faulted; what its translation cost so far is spent. */
  private static fault(record: usize): usize {
    store<i64>(L.CYCLE, load<i64>(L.CYCLE) + (Access.penalty() as i64));
    return Enter.trap(record, load<i64>(L.FAULT_CAUSE), load<i64>(L.FAULT_VALUE));
  }

  static atomic(record: usize): usize {
    Access.begin();
    const opcode = load<u16>(record, B.RECORD_A) as i32;
    const block = load<usize>(record, B.RECORD_BLOCK);
    const site = load<u32>(record, B.RECORD_SITE);
    // Code on the same page is dropped by the write; the block must be settled with the old bytes. Rare: settle first then.
    if (!Atomic.execute(opcode, load<u32>(record, 16))) return Slow.fault(record);
    const penalty = Access.penalty();
    if (load<u32>(block, B.BLOCK_PHYSICAL) == 0xffff_ffff) {
      // The block's own page was written: only the atomic's own bytes changed, which are data.
      store<u32>(block, (Slow.physicalPage() & ~0xfff) | load<u32>(block, B.BLOCK_START), B.BLOCK_PHYSICAL);
      const position = Blocks.settle(block, ((site >> 12) & 0x7ff) as i32, true);
      store<u32>(block, 0xffff_ffff, B.BLOCK_PHYSICAL);
      return Slow.leave(Enter.nextPc(site, position, true), penalty);
    }
    if (!penalty) return Enter.resume(record + 24);
    store<i64>(L.CYCLE, load<i64>(L.CYCLE) + (penalty as i64));
    return Enter.penalized(record, 24, penalty, true);
  }

  /** RAM offset of the page that the last access wrote. */
  private static physicalPage(): u32 {
    return ((load<u64>(L.ACCESS_FIRST) - (L.RAM_BASE as u64)) as u32) & ~0xfff;
  }

  static illegal(record: usize): usize {
    return Enter.illegal(record);
  }

  static fetchLine(record: usize): usize {
    const penalty = Cache.fetch(load<u32>(record, B.RECORD_WORD));
    if (!penalty) return Enter.resume(record + 16);
    Count.spend(L.COUNT_FETCH_MISS, penalty);
    const site = load<u32>(record, B.RECORD_SITE);
    // The block for the changed state fetches the same line again, which is no second fetch.
    if (site & B.SITE_PENDING) store<u32>(L.FETCHES, load<u32>(L.FETCHES) - 1);
    return Enter.penalized(record, 16, penalty, false);
  }

  /** A load near a buffered store: replayed if their bytes overlap. */
  static storeCheck(record: usize, address: u32): usize {
    const bytes = load<u8>(record, B.RECORD_A) as u32;
    const stores = load<u8>(record, B.RECORD_A + 1);
    const overlaps =
      ((stores & 1) != 0 && Slow.overlaps(address, bytes, load<u32>(L.STORE_ADDRESS_0))) ||
      ((stores & 2) != 0 && Slow.overlaps(address, bytes, load<u32>(L.STORE_ADDRESS_1)));
    if (!overlaps) return Enter.resume(record + 16);
    const penalty = load<i32>(L.P_STORE_LOAD_REPLAY);
    Count.spend(L.COUNT_LOAD_USE, penalty);
    return Enter.penalized(record, 16, penalty, false);
  }

  private static overlaps(address: u32, bytes: u32, buffered: u32): bool {
    const storeBytes = buffered >> 12;
    if (storeBytes > 8) return false;
    if ((address ^ buffered) & 0xff8) return false;
    const a = address & 7;
    const b = buffered & 7;
    return a < b + storeBytes && b < a + bytes;
  }

  static mispredictedNotTaken(record: usize): usize {
    const penalty = load<i32>(L.P_MISPREDICT);
    Count.add(L.COUNT_BRANCH_MISSES, 1);
    Count.spend(L.COUNT_BRANCH, penalty);
    return Enter.penalized(record, B.EXIT_BYTES, penalty, true);
  }

  static long(record: usize, latency: i32): usize {
    const state = Pipeline.afterLong(load<u32>(record, B.EXIT_PIPELINE), load<i32>(record, B.EXIT_EXTRA + 4), latency);
    const pc = load<i64>(L.VIRTUAL_PAGE) + (load<i32>(record, B.EXIT_DISPLACEMENT) as i64);
    const page = load<i64>(L.VIRTUAL_PAGE);
    const generation = load<u32>(L.BLOCK_GENERATION);
    const target = Enter.at(pc, state, true);
    const links = load<u32>(record, B.EXIT_EXTRA + 8);
    const linkable =
      (latency as u32) < links - 1 &&
      target >= (L.BLOCKS as usize) &&
      load<u32>(target - B.BLOCK_HEADER, B.BLOCK_UPPER) == 0;
    if (linkable && load<i64>(L.VIRTUAL_PAGE) == page && generation == load<u32>(L.BLOCK_GENERATION)) {
      store<usize>(record + ((latency as usize) << 2), target, B.EXIT_BYTES);
    }
    return Enter.resume(target);
  }

  /** A fence at the next address waits for the last load or store of this block. */
  static nextFence(record: usize): usize {
    const pc = load<i64>(L.VIRTUAL_PAGE) + (load<i32>(record, B.EXIT_DISPLACEMENT) as i64);
    store<i64>(L.FENCE_PC, pc);
    store<u32>(L.FENCE_STALL, load<u32>(record, B.EXIT_EXTRA));
    return Enter.resume(Enter.at(pc, load<u32>(record, B.EXIT_PIPELINE), true));
  }

  static next(record: usize): usize {
    return Transfer.next(record);
  }

  static taken(record: usize, penalty: i32): usize {
    return Transfer.taken(record, penalty);
  }

  /** A transfer to any page, its cycles and `penalty` spent. */
  static far(record: usize, target: i64, penalty: i32): usize {
    const pipeline = load<u32>(record, B.EXIT_PIPELINE);
    const clean = !pipeline || !penalty;
    return Transfer.far(target, clean ? pipeline : Pipeline.advance(pipeline, penalty), clean ? record : 0);
  }

  static system(record: usize): usize {
    return System.execute(record);
  }

  /** The block was dropped while something still links to it. */
  static stale(record: usize): usize {
    const block = record - B.BLOCK_HEADER;
    const key = load<u32>(block, B.BLOCK_KEY);
    const pc = load<i64>(L.VIRTUAL_PAGE) + (load<u32>(block, B.BLOCK_START) as i64);
    return Enter.resume(Enter.at(pc, key >> 2, (key & 1) != 0));
  }
}
