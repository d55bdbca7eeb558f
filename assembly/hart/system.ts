// Instructions that end a block because they change more than registers and memory: CSRs, fences, traps and returns, wfi, sc.
// Called with the exit accounted for as if the instruction had retired; one that traps takes that back.

import * as I from '../generated/isa.ts';
import * as L from '../layout.ts';
import {
  CAUSE_BREAKPOINT,
  CAUSE_ECALL_SUPERVISOR,
  CAUSE_ECALL_USER,
  CAUSE_ILLEGAL,
  STATUS_SIE,
  STATUS_SPIE,
  STATUS_SPP,
} from '../memory/translate.ts';
import { Cache } from '../timing/cache.ts';
import { Count } from '../timing/count.ts';
import { Pipeline } from '../timing/pipeline.ts';
import { Tlb } from '../timing/tlb.ts';
import { Access } from './access.ts';
import { Atomic } from './atomic.ts';
import { Blocks } from './block.ts';
import * as B from './bytecode.ts';
import { Csr } from './csr.ts';
import { Enter } from './enter.ts';
import { Transfer } from './transfer.ts';
import { Trap } from './trap.ts';

export class System {
  @inline
  private static pc(record: usize): i64 {
    return load<i64>(L.VIRTUAL_PAGE) + (((load<u32>(record, B.RECORD_SITE) & 0x7ff) << 1) as i64);
  }

  /** The instruction traps instead of retiring: its issue slot is part of the trap. */
  private static trap(record: usize, cause: i64, value: i64): usize {
    store<u32>(L.LANES, load<u32>(L.LANES) - 1);
    store<i64>(L.CYCLE, load<i64>(L.CYCLE) - 1);
    store<u32>(L.PIPELINE, load<u32>(record, B.EXIT_PIPELINE));
    Trap.take(cause, value, System.pc(record));
    return Enter.transfer();
  }

  static illegal(record: usize): usize {
    const raw = Blocks.raw(load<usize>(record, B.RECORD_BLOCK), load<u32>(record, B.RECORD_SITE));
    return System.trap(record, CAUSE_ILLEGAL, raw as i64);
  }

  /** Goes on behind the instruction, `penalty` cycles later for the reason that `counter` names. */
  private static next(record: usize, penalty: i32, counter: usize, sequential: bool): usize {
    let pipeline = load<u32>(record, B.EXIT_PIPELINE);
    if (penalty && load<i32>(L.P_TIMING)) {
      Count.spend(counter, penalty);
      pipeline = Pipeline.advance(pipeline, penalty);
    }
    const pc = load<i64>(L.VIRTUAL_PAGE) + (load<i32>(record, B.EXIT_DISPLACEMENT) as i64);
    return Enter.resume(Enter.at(pc, pipeline, sequential));
  }

  /** As `next`, for an instruction that leaves translation and code alone: the exit links to what follows. */
  private static nextLinked(record: usize, penalty: i32): usize {
    const link = load<usize>(record, B.EXIT_LINK);
    if (!link) {
      const generation = load<u32>(L.BLOCK_GENERATION);
      const page = load<i64>(L.VIRTUAL_PAGE);
      const resumed = System.next(record, penalty, L.COUNT_TRAP, true);
      const target = load<usize>(L.NEXT_RECORD);
      if (
        generation == load<u32>(L.BLOCK_GENERATION) &&
        load<i64>(L.VIRTUAL_PAGE) == page &&
        Transfer.linkable(target)
      ) {
        store<usize>(record, target, B.EXIT_LINK);
      }
      return resumed;
    }
    if (penalty && load<i32>(L.P_TIMING)) Count.spend(L.COUNT_TRAP, penalty);
    return Enter.resume(link);
  }

  static execute(record: usize): usize {
    const word = load<u32>(record, B.EXIT_EXTRA);
    const ring = load<u32>(L.PRIVILEGE);
    const opcode = load<u16>(record, B.RECORD_A) as i32;
    switch (opcode) {
      case I.OP_CSRRW:
      case I.OP_CSRRS:
      case I.OP_CSRRC:
      case I.OP_CSRRWI:
      case I.OP_CSRRSI:
      case I.OP_CSRRCI:
        return System.csr(record, opcode, word);
      case I.OP_ECALL:
        return System.trap(record, ring ? CAUSE_ECALL_SUPERVISOR : CAUSE_ECALL_USER, 0);
      case I.OP_EBREAK:
        return System.trap(record, CAUSE_BREAKPOINT, System.pc(record));
      case I.OP_FENCE: {
        const early = load<i64>(L.FENCE_PC) == System.pc(record);
        store<i64>(L.FENCE_PC, -1);
        if (!early) return System.next(record, 0, L.COUNT_LOAD_USE, true);
        const pipeline = Pipeline.afterFence(load<u32>(record, B.EXIT_PIPELINE), load<i32>(L.FENCE_STALL));
        const pc = load<i64>(L.VIRTUAL_PAGE) + (load<i32>(record, B.EXIT_DISPLACEMENT) as i64);
        return Enter.resume(Enter.at(pc, pipeline, true));
      }
      case I.OP_FENCE_I: {
        if (load<i32>(L.P_TIMING)) Cache.invalidateFetch();
        return System.next(record, load<i32>(L.P_FENCE_I), L.COUNT_TRAP, false);
      }
      case I.OP_SC_W:
      case I.OP_SC_D:
        return System.storeConditional(record, word);
    }
    if (!ring) return System.illegal(record);
    switch (opcode) {
      case I.OP_SRET: {
        const status = load<u64>(L.CSR_STATUS);
        const enabled = status & STATUS_SPIE ? STATUS_SIE : 0;
        store<u64>(L.CSR_STATUS, (status & ~(STATUS_SIE | STATUS_SPP)) | STATUS_SPIE | enabled);
        store<u64>(L.RESERVATION_ADDRESS, u64.MAX_VALUE);
        let pipeline = load<u32>(record, B.EXIT_PIPELINE);
        if (load<i32>(L.P_TIMING)) {
          const penalty = load<i32>(L.P_TRAP_RETURN);
          Count.spend(L.COUNT_TRAP, penalty);
          pipeline = Pipeline.advance(pipeline, penalty);
        }
        Trap.setRing(status & STATUS_SPP ? 1 : 0);
        Trap.rearm();
        return Transfer.to(load<i64>(L.CSR_SEPC), pipeline, 0);
      }
      case I.OP_WFI: {
        if (Trap.pending() & load<u64>(L.CSR_SIE)) return System.next(record, 0, L.COUNT_TRAP, true);
        store<i64>(L.PC, load<i64>(L.VIRTUAL_PAGE) + (load<i32>(record, B.EXIT_DISPLACEMENT) as i64));
        store<u32>(L.PIPELINE, load<u32>(record, B.EXIT_PIPELINE));
        return Enter.stop(L.STOP_IDLE, false);
      }
      case I.OP_SFENCE_VMA: {
        const rs1 = (word >> 15) & 31;
        const rs2 = (word >> 20) & 31;
        const address = load<i64>(L.X + (rs1 << 3));
        Tlb.flush(rs1 != 0, address, rs2 != 0, load<u32>(L.X + (rs2 << 3)));
        return System.next(record, load<i32>(L.P_SFENCE), L.COUNT_TRAP, true);
      }
    }
    return System.illegal(record);
  }

  private static csr(record: usize, opcode: i32, word: u32): usize {
    const number = word >> 20;
    const rd = (word >> 7) & 31;
    const rs1 = (word >> 15) & 31;
    const plainWrite = opcode == I.OP_CSRRW || opcode == I.OP_CSRRWI;
    const writes = plainWrite || rs1 != 0;
    if (!Csr.accessible(number, writes)) return System.illegal(record);
    const operand = opcode >= I.OP_CSRRWI ? (rs1 as u64) : load<u64>(L.X + (rs1 << 3));
    let old = Csr.read(number);
    if (number == 0xc02) old--; // the reader itself has not retired yet
    // SEIP belongs to the PLIC: csrrs and csrrc of sip work on the software-writable bits (manual, 12.1.3).
    if (rd) store<u64>(L.X + (rd << 3), old);
    if (!writes) return System.nextLinked(record, 0);
    let value = operand;
    if (opcode == I.OP_CSRRS || opcode == I.OP_CSRRSI) value = old | operand;
    else if (opcode == I.OP_CSRRC || opcode == I.OP_CSRRCI) value = old & ~operand;
    Csr.write(number, value);
    if (number == 0x180) store<u64>(L.RESERVATION_ADDRESS, u64.MAX_VALUE);
    if (number == 0x100 || number == 0x104 || number == 0x144 || number == 0x14d) Trap.rearm();
    const penalty = Csr.flushes(number) ? load<i32>(L.P_CSR_FLUSH) : 0;
    return number == 0x180 ? System.next(record, penalty, L.COUNT_TRAP, true) : System.nextLinked(record, penalty);
  }

  private static storeConditional(record: usize, word: u32): usize {
    Access.begin();
    const done = Atomic.storeConditional(word);
    if (done < 0) {
      store<u32>(L.LANES, load<u32>(L.LANES) - 1);
      store<u32>(L.LANES, load<u32>(L.LANES, 8) - 1, 8);
      store<i64>(L.CYCLE, load<i64>(L.CYCLE) - 1 + (Access.penalty() as i64));
      store<u32>(L.PIPELINE, load<u32>(record, B.EXIT_PIPELINE));
      Trap.take(load<i64>(L.FAULT_CAUSE), load<i64>(L.FAULT_VALUE), System.pc(record));
      return Enter.transfer();
    }
    let pipeline = load<u32>(record, B.EXIT_PIPELINE);
    if (load<i32>(L.P_TIMING)) {
      const penalty = Access.penalty();
      store<i64>(L.CYCLE, load<i64>(L.CYCLE) + (penalty as i64));
      pipeline = Pipeline.advance(pipeline, penalty);
      if (done) pipeline = Pipeline.afterStoreConditional(pipeline);
    }
    const pc = load<i64>(L.VIRTUAL_PAGE) + (load<i32>(record, B.EXIT_DISPLACEMENT) as i64);
    return Enter.resume(Enter.at(pc, pipeline, true));
  }
}
