// Getting into the bytecode at an address, and out of it again: the seam between the hot loop and everything slow. A slow path
// leaves CYCLE, VIRTUAL_PAGE and NEXT_RECORD behind and returns SYNC_RECORD; executing that record reloads the loop's locals.

import * as L from '../layout.ts';
import {
  ACCESS_FETCH,
  CAUSE_FETCH_ACCESS,
  SPEED_ADDEND,
  SPEED_KEEP,
  SPEED_SET,
  Translate,
} from '../memory/translate.ts';
import { Cache, FAST } from '../timing/cache.ts';
import { Count } from '../timing/count.ts';
import { Pipeline } from '../timing/pipeline.ts';
import { Predictor } from '../timing/predictor.ts';
import { Tlb } from '../timing/tlb.ts';
import { Blocks } from './block.ts';
import * as B from './bytecode.ts';
import { Transfer } from './transfer.ts';
import { Trap } from './trap.ts';

export class Enter {
  /** A record that leaves the loop. */
  static readonly LEAVE_RECORD: usize = L.SYNC_RECORD + 4;

  /** After a trap, which is a control transfer: time to look up, and reason to stop? */
  private static stopped(): bool {
    if (load<i64>(L.CYCLE) < load<i64>(L.DEADLINE)) return false;
    const reason = Transfer.lookUp();
    if (!reason) return false;
    store<i32>(L.STOP_REASON, reason);
    store<i32>(L.SEQUENTIAL, 0);
    return true;
  }

  /**
   * The record at `pc`, entered in pipeline state `pipeline`, in sequence or by a control transfer. A fetch that faults is
   * taken as a trap first. Sets VIRTUAL_PAGE.
   */
  static at(pc: i64, pipeline: u32, sequential: bool): usize {
    while (true) {
      const offset = Enter.translate(pc, pc, pipeline);
      if (offset == u32.MAX_VALUE) {
        if (Enter.stopped()) return Enter.LEAVE_RECORD;
        pc = load<i64>(L.PC);
        pipeline = load<u32>(L.PIPELINE);
        sequential = false;
        continue;
      }
      pipeline = load<u32>(L.PIPELINE);
      let upper: u32 = 0;
      if ((offset & 0xfff) == 0xffe && (load<u16>((offset as usize) + L.RAM) & 3) == 3) {
        const second = Enter.translate(pc + 2, pc, pipeline);
        if (second == u32.MAX_VALUE) {
          if (Enter.stopped()) return Enter.LEAVE_RECORD;
          pc = load<i64>(L.PC);
          pipeline = load<u32>(L.PIPELINE);
          sequential = false;
          continue;
        }
        pipeline = load<u32>(L.PIPELINE);
        if (load<i32>(L.P_TIMING)) pipeline = Enter.fetchLine(second, pipeline);
        upper = (load<u16>((second as usize) + L.RAM) as u32) | 0x10000;
      }
      pipeline = Blocks.makeRoom(pipeline);
      if (load<i64>(L.VIRTUAL_PAGE) != (pc & ~0xfff)) {
        store<i64>(L.VIRTUAL_PAGE, pc & ~0xfff);
        store<u32>(L.PREDICT_PAGE, Predictor.indexPart((pc as u32) & ~0xfff));
      }
      const key = (pipeline << 2) | (load<u32>(L.PRIVILEGE) << 1) | (sequential ? 1 : 0);
      return Blocks.get(offset, key, upper) + B.BLOCK_HEADER;
    }
  }

  /**
   * The RAM offset of code at `address`, part of the instruction at `pc`; all ones if the fetch faulted: the trap is taken then.
   * A miss of the modelled TLB is paid and moves PIPELINE on.
   */
  private static translate(address: i64, pc: i64, pipeline: u32): u32 {
    store<u32>(L.PIPELINE, pipeline);
    const entry = Translate.speedEntry(L.SPEED_FETCH, address);
    if (load<i64>(entry) == (address & ~0xfff)) {
      store<u64>(L.ITLB_PLRU, (load<u64>(L.ITLB_PLRU) & load<u64>(entry, SPEED_KEEP)) | load<u64>(entry, SPEED_SET));
      return ((address as u32) + load<u32>(entry, SPEED_ADDEND) - L.RAM) as u32;
    }
    const physical = Translate.walk(address, ACCESS_FETCH, load<u32>(L.PRIVILEGE));
    if (physical == u64.MAX_VALUE || !Translate.inRam(physical, 2)) {
      if (physical != u64.MAX_VALUE) Translate.fault(ACCESS_FETCH, false, address);
      Trap.take(load<i64>(L.FAULT_CAUSE), load<i64>(L.FAULT_VALUE), pc);
      return u32.MAX_VALUE;
    }
    let keep = u64.MAX_VALUE;
    let set: u64 = 0;
    if (load<i32>(L.P_TIMING)) {
      const penalty = Tlb.access(address, ACCESS_FETCH);
      if (penalty) {
        store<i64>(L.CYCLE, load<i64>(L.CYCLE) + (penalty as i64));
        store<u32>(L.PIPELINE, Pipeline.advance(pipeline, penalty));
      }
      keep = Tlb.keep();
      set = Tlb.set();
    }
    Translate.enter(L.SPEED_FETCH, address, physical, keep, set);
    return (physical - (L.RAM_BASE as u64)) as u32;
  }

  /** The line of a second half beyond the page's end. */
  private static fetchLine(offset: u32, pipeline: u32): u32 {
    if (load<u8>(L.L1I_MAP + (offset >> L.MAP_SHIFT)) & FAST) return pipeline;
    const penalty = Cache.fetch(offset);
    Count.spend(L.COUNT_FETCH_MISS, penalty);
    return Pipeline.advance(pipeline, penalty);
  }

  /** The loop goes on at `record`. */
  @inline
  static resume(record: usize): usize {
    store<usize>(L.NEXT_RECORD, record);
    return L.SYNC_RECORD;
  }

  /** The loop goes on at PC in PIPELINE, after a trap. */
  static transfer(): usize {
    if (Enter.stopped()) return Enter.resume(Enter.LEAVE_RECORD);
    return Enter.resume(Enter.at(load<i64>(L.PC), load<u32>(L.PIPELINE), false));
  }

  /** The loop ends for `reason`; PC and PIPELINE say where to go on. */
  static stop(reason: i32, sequential: bool): usize {
    store<i32>(L.STOP_REASON, reason);
    store<i32>(L.SEQUENTIAL, sequential ? 1 : 0);
    return Enter.resume(Enter.LEAVE_RECORD);
  }

  /** Takes an exception at the instruction of `record`, which has not been executed. */
  static trap(record: usize, cause: i64, value: i64): usize {
    const block = load<usize>(record, B.RECORD_BLOCK);
    const site = load<u32>(record, B.RECORD_SITE);
    Blocks.settle(block, ((site >> 12) & 0xfff) as i32, false);
    Trap.take(cause, value, load<i64>(L.VIRTUAL_PAGE) + (((site & 0x7ff) << 1) as i64));
    return Enter.transfer();
  }

  /** Illegal instruction: stval has its bits. */
  static illegal(record: usize): usize {
    const raw = Blocks.raw(load<usize>(record, B.RECORD_BLOCK), load<u32>(record, B.RECORD_SITE));
    return Enter.trap(record, 2, raw as i64);
  }

  /**
   * After a penalty of `cycles`, already counted and spent, at the instruction of `record`, executed or (`through` false) about
   * to be: stays in the block if nothing was outstanding, else goes on in one for the new pipeline state.
   */
  static penalized(record: usize, bytes: usize, cycles: i32, through: bool): usize {
    store<u32>(L.STORE_ADDRESS_0, 0xffff_0000);
    store<u32>(L.STORE_ADDRESS_1, 0xffff_0000);
    const site = load<u32>(record, B.RECORD_SITE);
    if (!(site & B.SITE_PENDING)) return Enter.resume(record + bytes);
    return Enter.resume(Enter.cut(record, cycles, through));
  }

  /**
   * Leaves the block after (or before) the instruction of `record` and re-enters in sequence, `cycles` later. What that comes to
   * depends on the record and `cycles` alone, so it is remembered: record, cycles, lanes, next record, cycles since the entry.
   */
  static cut(record: usize, cycles: i32, through: bool): usize {
    const cut = L.CUTS + (((((record >> 3) * 5) ^ cycles) & (L.CUT_ENTRIES - 1)) << 6);
    if (load<usize>(cut) == record && load<i32>(cut, 4) == cycles) {
      v128.store(L.LANES, i32x4.add(v128.load(L.LANES), v128.load(cut, 16)));
      v128.store(L.LANES_TIMING, i32x4.add(v128.load(L.LANES_TIMING), v128.load(cut, 32)));
      store<i64>(L.CYCLE, load<i64>(L.CYCLE) + (load<u32>(cut, 12) as i64));
      return load<usize>(cut, 8);
    }
    const generation = load<u32>(L.BLOCK_GENERATION);
    const virtualPage = load<i64>(L.VIRTUAL_PAGE);
    const target = Enter.cutAnew(record, cycles, through);
    const stays = load<i64>(L.VIRTUAL_PAGE) == virtualPage && generation == load<u32>(L.BLOCK_GENERATION);
    if (stays && target >= (L.BLOCKS as usize) && load<u32>(target - B.BLOCK_HEADER, B.BLOCK_UPPER) == 0) {
      const lanes = Pipeline.settled();
      store<usize>(cut, record);
      store<i32>(cut, cycles, 4);
      store<usize>(cut, target, 8);
      store<u32>(cut, load<u32>(lanes, 32), 12);
      v128.store(cut, v128.load(lanes), 16);
      v128.store(cut, v128.load(lanes, 16), 32);
    }
    return target;
  }

  private static cutAnew(record: usize, cycles: i32, through: bool): usize {
    const site = load<u32>(record, B.RECORD_SITE);
    const position = Blocks.settle(load<usize>(record, B.RECORD_BLOCK), ((site >> 12) & 0x7ff) as i32, through);
    const pc = Enter.nextPc(site, position, through);
    const pipeline = load<i32>(L.P_TIMING) ? Pipeline.advance(load<u32>(L.PIPELINE), cycles) : 0;
    return Enter.at(pc, pipeline, true);
  }

  /**
   * Blocks.settle up to and with the instruction of `record`, remembered as cuts are (cycles -1): the gate is written from the same
   * place each time. Returns the RAM offset behind the instruction.
   */
  static settle(record: usize): u32 {
    const cut = L.CUTS + ((((record >> 3) * 5) & (L.CUT_ENTRIES - 1)) << 6);
    if (load<usize>(cut) == record && load<i32>(cut, 4) == -1) {
      v128.store(L.LANES, i32x4.add(v128.load(L.LANES), v128.load(cut, 16)));
      v128.store(L.LANES_TIMING, i32x4.add(v128.load(L.LANES_TIMING), v128.load(cut, 32)));
      store<i64>(L.CYCLE, load<i64>(L.CYCLE) + (load<u32>(cut, 12) as i64));
      store<u32>(L.PIPELINE, load<u32>(cut, 48));
      return load<u32>(cut, 8);
    }
    const site = load<u32>(record, B.RECORD_SITE);
    const position = Blocks.settle(load<usize>(record, B.RECORD_BLOCK), ((site >> 12) & 0x7ff) as i32, true);
    const lanes = Pipeline.settled();
    store<usize>(cut, record);
    store<i32>(cut, -1, 4);
    store<u32>(cut, position, 8);
    store<u32>(cut, load<u32>(lanes, 32), 12);
    v128.store(cut, v128.load(lanes), 16);
    v128.store(cut, v128.load(lanes, 16), 32);
    store<u32>(cut, load<u32>(L.PIPELINE), 48);
    return position;
  }

  /** The virtual address of RAM offset `position` on the current page, or just after it. */
  static nextPc(site: u32, position: u32, through: bool): i64 {
    const page = load<i64>(L.VIRTUAL_PAGE);
    const here = (site & 0x7ff) << 1;
    if (!through) return page + (here as i64);
    const next = position & 0xfff;
    return page + ((next > here ? next : next + 0x1000) as i64);
  }
}
