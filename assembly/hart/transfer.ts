// Taken control transfers that the hot loop does not follow by itself: the target is not linked yet, lies in another page, comes
// with a penalty, or it is time to look up. Only here does the machine stop for its budget or take an interrupt, so the
// program's own control flow decides where that can be.

import { Uart } from '../devices/uart.ts';
import * as L from '../layout.ts';
import { Pipeline } from '../timing/pipeline.ts';
import { Blocks } from './block.ts';
import * as B from './bytecode.ts';
import { Enter } from './enter.ts';
import { Trap } from './trap.ts';

export class Transfer {
  /** Goes to `pc` by a taken transfer, CYCLE being exact. `record`: an exit to link to the target if it can be, or 0. */
  static to(pc: i64, pipeline: u32, record: usize): usize {
    if (load<i64>(L.CYCLE) >= load<i64>(L.DEADLINE)) {
      store<i64>(L.PC, pc);
      store<u32>(L.PIPELINE, pipeline);
      let reason = Transfer.lookUp();
      // The host is to take what was transmitted before the ring is full.
      if (!reason && Uart.transmitRoom() < (L.UART_TX_RING_BYTES as u32) / 2) reason = L.STOP_SLICE;
      if (reason) return Enter.stop(reason, false);
      if (load<i64>(L.PC) != pc) return Enter.transfer();
    }
    return Transfer.arrive(pc, pipeline, record, false);
  }

  /** The same for exits that check where they go themselves (Execute.far): they link to other pages too. */
  static far(pc: i64, pipeline: u32, record: usize): usize {
    if (load<i64>(L.CYCLE) >= load<i64>(L.DEADLINE)) return Transfer.to(pc, pipeline, 0);
    return Transfer.arrive(pc, pipeline, record, true);
  }

  private static arrive(pc: i64, pipeline: u32, record: usize, anyPage: bool): usize {
    const generation = load<u32>(L.BLOCK_GENERATION);
    const page = load<i64>(L.VIRTUAL_PAGE);
    const target = Enter.at(pc, pipeline, false);
    if (!record) return Enter.resume(target);
    // Unless the entry trapped or itself cost cycles: then the block found is for another state or address.
    const samePage = (pc & ~0xfff) == page && load<i64>(L.VIRTUAL_PAGE) == page;
    const reached = anyPage && load<i64>(L.VIRTUAL_PAGE) == (pc & ~0xfff) && load<u32>(L.PIPELINE) == pipeline;
    if ((samePage || reached) && Transfer.linkable(target) && generation == load<u32>(L.BLOCK_GENERATION))
      store<usize>(record, target, B.EXIT_LINK);
    return Enter.resume(target);
  }

  /** A block whose first instruction straddles pages is looked up each time, and LEAVE is no block. */
  @inline
  static linkable(target: usize): bool {
    return target >= (L.BLOCKS as usize) && load<u32>(target - B.BLOCK_HEADER, B.BLOCK_UPPER) == 0;
  }

  /** A reason to stop at PC, or 0 after an interrupt may have been taken. */
  static lookUp(): i32 {
    if (load<i64>(L.INSTRET) + (load<u32>(L.LANES) as i64) >= load<i64>(L.INSTRET_LIMIT)) return L.STOP_SLICE;
    if (load<i64>(L.CYCLE) >= load<i64>(L.UNTIL_CYCLE)) return L.STOP_CYCLES;
    Trap.interrupt();
    Trap.rearm();
    return 0;
  }

  /** The exit `record` was taken, its cycles spent, `penalty` more to come (already spent). */
  static taken(record: usize, penalty: i32): usize {
    const pc = load<i64>(L.VIRTUAL_PAGE) + (load<i32>(record, B.EXIT_DISPLACEMENT) as i64);
    let pipeline = load<u32>(record, B.EXIT_PIPELINE);
    const clean = !pipeline || !penalty;
    if (!clean) pipeline = Pipeline.advance(pipeline, penalty);
    return Transfer.to(pc, pipeline, clean ? record : 0);
  }

  /** The end of a block, in sequence. Not a place to look up. */
  static next(record: usize): usize {
    const page = load<i64>(L.VIRTUAL_PAGE);
    const pc = page + (load<i32>(record, B.EXIT_DISPLACEMENT) as i64);
    const generation = load<u32>(L.BLOCK_GENERATION);
    const target = Enter.at(pc, load<u32>(record, B.EXIT_PIPELINE), true);
    if (Transfer.linkable(target) && load<i64>(L.VIRTUAL_PAGE) == page && generation == load<u32>(L.BLOCK_GENERATION)) {
      store<usize>(record, target, B.EXIT_LINK);
    }
    return Enter.resume(target);
  }
}
