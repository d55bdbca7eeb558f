// The hot loop: one switch over the record's opcode, compiled to one br_table. It is written once and compiled twice: `Timed` with
// the preset's timing, `Plain` for one cycle an instruction. `base` is the cycle count without the waits and issue slots of the
// block being executed; these are constants of the block and come in at its exits. So an instruction that hits everywhere and is
// not a transfer costs no work for timing but what loads and stores do.
// Everything that leaves memory behind goes through Slow: it stores CYCLE, and the loop resumes at SYNC_RECORD.

import * as I from '../generated/isa.ts';
import * as L from '../layout.ts';
import { SPEED_ADDEND, SPEED_KEEP, SPEED_SET } from '../memory/translate.ts';
import { HISTORY, Predictor } from '../timing/predictor.ts';
import * as B from './bytecode.ts';
import { Float } from './float.ts';
import { Long } from './long.ts';
import { Predict } from './predict.ts';
import { Slow } from './slow.ts';

/** Type arguments of the loop; only their sizes matter. */
export class Timed {
  size: i32;
}
export class Plain {}

export class Execute {
  /** The integer register that a record's field names. */
  @inline
  private static x(ip: usize, field: usize): i64 {
    return load<i64>(load<u16>(ip + field) as usize, L.X);
  }

  @inline
  private static setX(ip: usize, value: i64): void {
    store<i64>(load<u16>(ip, B.RECORD_A) as usize, value, L.X);
  }

  @inline
  private static immediate(ip: usize): i64 {
    return load<i16>(ip, B.RECORD_C) as i64;
  }

  @inline
  private static shift(ip: usize): i64 {
    return load<u16>(ip, B.RECORD_C) as i64;
  }

  @inline
  private static speedIndex(address: i64): usize {
    return ((((address as u64) >> 12) as usize) & (L.SPEED_TLB_ENTRIES - 1)) << 5;
  }

  /** Where the bytes of `address` are in linear memory. */
  @inline
  private static host(entry: usize, address: i64): usize {
    return (address as usize) + load<usize>(entry, SPEED_ADDEND);
  }

  /** Whether the line is in L1D and its hit changes nothing. */
  @inline
  private static cached<T>(entry: usize, address: i64): bool {
    if (offsetof<T>())
      return (load<u8>(Execute.host(entry, address) >> L.MAP_SHIFT, L.L1D_MAP - (L.RAM >> L.MAP_SHIFT)) & 1) != 0;
    return true;
  }

  @inline
  private static cachedDirty<T>(entry: usize, address: i64): bool {
    if (offsetof<T>())
      return (load<u8>(Execute.host(entry, address) >> L.MAP_SHIFT, L.L1D_MAP - (L.RAM >> L.MAP_SHIFT)) & 3) == 3;
    return true;
  }

  /** The modelled DTLB's PLRU after a hit. */
  @inline
  private static touchTlb(entry: usize): void {
    store<u64>(L.DTLB_PLRU, (load<u64>(L.DTLB_PLRU) & load<u64>(entry, SPEED_KEEP)) | load<u64>(entry, SPEED_SET));
  }

  /** The store buffer: what later loads are compared with. */
  @inline
  private static noteStore(address: i64, bytes: u32): void {
    store<u32>(L.STORE_ADDRESS_1, load<u32>(L.STORE_ADDRESS_0));
    store<u32>(L.STORE_ADDRESS_0, ((address as u32) & 0xfff) | (bytes << 12));
  }

  /** Runs from NEXT_RECORD until something stops the machine. */
  static loop<T>(): void {
    let ip = load<usize>(L.NEXT_RECORD);
    let base = load<i64>(L.CYCLE);
    let page = load<i64>(L.VIRTUAL_PAGE);
    let tlb = load<usize>(L.TLB_BASE);
    let missed = false; // the branch being taken was predicted not taken
    let history = load<u32>(HISTORY); // of branch outcomes; in memory only while the loop is left
    // What was touched last in the TLB's and the BTB's PLRU: touching it again changes nothing. 0 after anything slow.
    let lastPage: usize = 0;
    let lastTransfer: usize = 0;
    while (true) {
      switch (load<u16>(ip) as i32) {
        case B.BC_LI:
          Execute.setX(ip, load<i32>(ip, B.RECORD_WORD) as i64);
          ip += 8;
          continue;
        case B.BC_MV:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B));
          ip += 8;
          continue;
        case I.OP_AUIPC:
          Execute.setX(ip, page + (load<i32>(ip, B.RECORD_WORD) as i64));
          ip += 8;
          continue;
        case I.OP_ADD:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.x(ip, B.RECORD_C));
          ip += 8;
          continue;
        case I.OP_SUB:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) - Execute.x(ip, B.RECORD_C));
          ip += 8;
          continue;
        case I.OP_SLL:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) << (Execute.x(ip, B.RECORD_C) & 63));
          ip += 8;
          continue;
        case I.OP_SLT:
          Execute.setX(ip, i64(Execute.x(ip, B.RECORD_B) < Execute.x(ip, B.RECORD_C)));
          ip += 8;
          continue;
        case I.OP_SLTU:
          Execute.setX(ip, i64((Execute.x(ip, B.RECORD_B) as u64) < (Execute.x(ip, B.RECORD_C) as u64)));
          ip += 8;
          continue;
        case I.OP_XOR:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) ^ Execute.x(ip, B.RECORD_C));
          ip += 8;
          continue;
        case I.OP_SRL:
          Execute.setX(ip, ((Execute.x(ip, B.RECORD_B) as u64) >> (Execute.x(ip, B.RECORD_C) & 63)) as i64);
          ip += 8;
          continue;
        case I.OP_SRA:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) >> (Execute.x(ip, B.RECORD_C) & 63));
          ip += 8;
          continue;
        case I.OP_OR:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) | Execute.x(ip, B.RECORD_C));
          ip += 8;
          continue;
        case I.OP_AND:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) & Execute.x(ip, B.RECORD_C));
          ip += 8;
          continue;
        case I.OP_ADDW:
          Execute.setX(ip, ((Execute.x(ip, B.RECORD_B) as i32) + (Execute.x(ip, B.RECORD_C) as i32)) as i64);
          ip += 8;
          continue;
        case I.OP_SUBW:
          Execute.setX(ip, ((Execute.x(ip, B.RECORD_B) as i32) - (Execute.x(ip, B.RECORD_C) as i32)) as i64);
          ip += 8;
          continue;
        case I.OP_SLLW:
          Execute.setX(ip, ((Execute.x(ip, B.RECORD_B) as i32) << ((Execute.x(ip, B.RECORD_C) as i32) & 31)) as i64);
          ip += 8;
          continue;
        case I.OP_SRLW:
          Execute.setX(
            ip,
            ((Execute.x(ip, B.RECORD_B) as u32) >> ((Execute.x(ip, B.RECORD_C) as u32) & 31)) as i32 as i64,
          );
          ip += 8;
          continue;
        case I.OP_SRAW:
          Execute.setX(ip, ((Execute.x(ip, B.RECORD_B) as i32) >> ((Execute.x(ip, B.RECORD_C) as i32) & 31)) as i64);
          ip += 8;
          continue;
        case I.OP_ADDI:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.immediate(ip));
          ip += 8;
          continue;
        case I.OP_SLTI:
          Execute.setX(ip, i64(Execute.x(ip, B.RECORD_B) < Execute.immediate(ip)));
          ip += 8;
          continue;
        case I.OP_SLTIU:
          Execute.setX(ip, i64((Execute.x(ip, B.RECORD_B) as u64) < (Execute.immediate(ip) as u64)));
          ip += 8;
          continue;
        case I.OP_XORI:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) ^ Execute.immediate(ip));
          ip += 8;
          continue;
        case I.OP_ORI:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) | Execute.immediate(ip));
          ip += 8;
          continue;
        case I.OP_ANDI:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) & Execute.immediate(ip));
          ip += 8;
          continue;
        case I.OP_SLLI:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) << Execute.shift(ip));
          ip += 8;
          continue;
        case I.OP_SRLI:
          Execute.setX(ip, ((Execute.x(ip, B.RECORD_B) as u64) >> (Execute.shift(ip) as u64)) as i64);
          ip += 8;
          continue;
        case I.OP_SRAI:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) >> Execute.shift(ip));
          ip += 8;
          continue;
        case I.OP_ADDIW:
          Execute.setX(ip, ((Execute.x(ip, B.RECORD_B) as i32) + (Execute.immediate(ip) as i32)) as i64);
          ip += 8;
          continue;
        case I.OP_SLLIW:
          Execute.setX(ip, ((Execute.x(ip, B.RECORD_B) as i32) << (Execute.shift(ip) as i32)) as i64);
          ip += 8;
          continue;
        case I.OP_SRLIW:
          Execute.setX(ip, ((Execute.x(ip, B.RECORD_B) as u32) >> (Execute.shift(ip) as u32)) as i32 as i64);
          ip += 8;
          continue;
        case I.OP_SRAIW:
          Execute.setX(ip, ((Execute.x(ip, B.RECORD_B) as i32) >> (Execute.shift(ip) as i32)) as i64);
          ip += 8;
          continue;
        case I.OP_MUL:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) * Execute.x(ip, B.RECORD_C));
          ip += 8;
          continue;
        case I.OP_MULW:
          Execute.setX(ip, ((Execute.x(ip, B.RECORD_B) as i32) * (Execute.x(ip, B.RECORD_C) as i32)) as i64);
          ip += 8;
          continue;
        case B.BC_ADDI_ADDI:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.immediate(ip));
          Execute.setX(ip + 8, Execute.x(ip + 8, B.RECORD_B) + Execute.immediate(ip + 8));
          ip += 16;
          continue;
        case B.BC_ADDI_ADD:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.immediate(ip));
          Execute.setX(ip + 8, Execute.x(ip + 8, B.RECORD_B) + Execute.x(ip + 8, B.RECORD_C));
          ip += 16;
          continue;
        case B.BC_ADD_ADDI:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.x(ip, B.RECORD_C));
          Execute.setX(ip + 8, Execute.x(ip + 8, B.RECORD_B) + Execute.immediate(ip + 8));
          ip += 16;
          continue;
        case B.BC_ADD_ADD:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.x(ip, B.RECORD_C));
          Execute.setX(ip + 8, Execute.x(ip + 8, B.RECORD_B) + Execute.x(ip + 8, B.RECORD_C));
          ip += 16;
          continue;
        case B.BC_SLLI_ADD:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) << Execute.shift(ip));
          Execute.setX(ip + 8, Execute.x(ip + 8, B.RECORD_B) + Execute.x(ip + 8, B.RECORD_C));
          ip += 16;
          continue;
        case B.BC_SLLI_XOR:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) << Execute.shift(ip));
          Execute.setX(ip + 8, Execute.x(ip + 8, B.RECORD_B) ^ Execute.x(ip + 8, B.RECORD_C));
          ip += 16;
          continue;
        case B.BC_SRLI_XOR:
          Execute.setX(ip, ((Execute.x(ip, B.RECORD_B) as u64) >> (Execute.shift(ip) as u64)) as i64);
          Execute.setX(ip + 8, Execute.x(ip + 8, B.RECORD_B) ^ Execute.x(ip + 8, B.RECORD_C));
          ip += 16;
          continue;
        case B.BC_XOR_ANDI:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) ^ Execute.x(ip, B.RECORD_C));
          Execute.setX(ip + 8, Execute.x(ip + 8, B.RECORD_B) & Execute.immediate(ip + 8));
          ip += 16;
          continue;
        case B.BC_ANDI_SLLI:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) & Execute.immediate(ip));
          Execute.setX(ip + 8, Execute.x(ip + 8, B.RECORD_B) << Execute.shift(ip + 8));
          ip += 16;
          continue;
        case B.BC_SLLI_SRLI:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) << Execute.shift(ip));
          Execute.setX(ip + 8, ((Execute.x(ip + 8, B.RECORD_B) as u64) >> (Execute.shift(ip + 8) as u64)) as i64);
          ip += 16;
          continue;
        case B.BC_ADDIW_ANDI:
          Execute.setX(ip, ((Execute.x(ip, B.RECORD_B) as i32) + (Execute.immediate(ip) as i32)) as i64);
          Execute.setX(ip + 8, Execute.x(ip + 8, B.RECORD_B) & Execute.immediate(ip + 8));
          ip += 16;
          continue;
        case B.BC_MV_MV:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B));
          Execute.setX(ip + 8, Execute.x(ip + 8, B.RECORD_B));
          ip += 16;
          continue;
        case B.BC_LI_MV:
          Execute.setX(ip, load<i32>(ip, B.RECORD_WORD) as i64);
          Execute.setX(ip + 8, Execute.x(ip + 8, B.RECORD_B));
          ip += 16;
          continue;
        case B.BC_ADDI_MV:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.immediate(ip));
          Execute.setX(ip + 8, Execute.x(ip + 8, B.RECORD_B));
          ip += 16;
          continue;
        case B.BC_ADDI_ADDIW:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.immediate(ip));
          Execute.setX(ip + 8, ((Execute.x(ip + 8, B.RECORD_B) as i32) + (Execute.immediate(ip + 8) as i32)) as i64);
          ip += 16;
          continue;
        case I.OP_MULH:
        case I.OP_MULHSU:
        case I.OP_MULHU:
        case I.OP_DIV:
        case I.OP_DIVU:
        case I.OP_REM:
        case I.OP_REMU:
        case I.OP_DIVW:
        case I.OP_DIVUW:
        case I.OP_REMW:
        case I.OP_REMUW:
          Execute.setX(
            ip,
            Long.compute(load<u16>(ip), Execute.x(ip, B.RECORD_B) as u64, Execute.x(ip, B.RECORD_C) as u64) as i64,
          );
          ip += 8;
          continue;
        case I.OP_LB: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address);
          if ((address & -4096) == load<i64>(entry) && Execute.cached<T>(entry, address)) {
            if (offsetof<T>() && entry != lastPage) {
              Execute.touchTlb(entry);
              lastPage = entry;
            }
            Execute.setX(ip, load<i8>(Execute.host(entry, address)) as i64);
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.load(ip, address);
          continue;
        }
        case I.OP_LH: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address);
          if ((address & -4095) == load<i64>(entry) && Execute.cached<T>(entry, address)) {
            if (offsetof<T>() && entry != lastPage) {
              Execute.touchTlb(entry);
              lastPage = entry;
            }
            Execute.setX(ip, load<i16>(Execute.host(entry, address)) as i64);
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.load(ip, address);
          continue;
        }
        case B.BC_ADD_LW:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.x(ip, B.RECORD_C));
          ip += 8;
        // falls through
        case I.OP_LW: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address);
          if ((address & -4093) == load<i64>(entry) && Execute.cached<T>(entry, address)) {
            if (offsetof<T>() && entry != lastPage) {
              Execute.touchTlb(entry);
              lastPage = entry;
            }
            Execute.setX(ip, load<i32>(Execute.host(entry, address)) as i64);
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.load(ip, address);
          continue;
        }
        case B.BC_LD_LD: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address);
          if (!((address & -4089) == load<i64>(entry) && Execute.cached<T>(entry, address))) {
            store<i64>(L.CYCLE, base);
            ip = Slow.load(ip, address);
            continue;
          }
          if (offsetof<T>() && entry != lastPage) {
            Execute.touchTlb(entry);
            lastPage = entry;
          }
          Execute.setX(ip, load<i64>(Execute.host(entry, address)) as i64);
          ip += 16;
        }
        // falls through
        case I.OP_LD: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address);
          if ((address & -4089) == load<i64>(entry) && Execute.cached<T>(entry, address)) {
            if (offsetof<T>() && entry != lastPage) {
              Execute.touchTlb(entry);
              lastPage = entry;
            }
            Execute.setX(ip, load<i64>(Execute.host(entry, address)) as i64);
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.load(ip, address);
          continue;
        }
        case B.BC_ADD_LD: {
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.x(ip, B.RECORD_C));
          ip += 8;
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address);
          if ((address & -4089) == load<i64>(entry) && Execute.cached<T>(entry, address)) {
            if (offsetof<T>() && entry != lastPage) {
              Execute.touchTlb(entry);
              lastPage = entry;
            }
            Execute.setX(ip, load<i64>(Execute.host(entry, address)) as i64);
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.load(ip, address);
          continue;
        }
        case B.BC_ADD_LBU:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.x(ip, B.RECORD_C));
          ip += 8;
        // falls through
        case I.OP_LBU: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address);
          if ((address & -4096) == load<i64>(entry) && Execute.cached<T>(entry, address)) {
            if (offsetof<T>() && entry != lastPage) {
              Execute.touchTlb(entry);
              lastPage = entry;
            }
            Execute.setX(ip, load<u8>(Execute.host(entry, address)) as i64);
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.load(ip, address);
          continue;
        }
        case B.BC_ADD_LHU:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.x(ip, B.RECORD_C));
          ip += 8;
        // falls through
        case I.OP_LHU: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address);
          if ((address & -4095) == load<i64>(entry) && Execute.cached<T>(entry, address)) {
            if (offsetof<T>() && entry != lastPage) {
              Execute.touchTlb(entry);
              lastPage = entry;
            }
            Execute.setX(ip, load<u16>(Execute.host(entry, address)) as i64);
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.load(ip, address);
          continue;
        }
        case B.BC_ADD_LWU:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.x(ip, B.RECORD_C));
          ip += 8;
        // falls through
        case I.OP_LWU: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address);
          if ((address & -4093) == load<i64>(entry) && Execute.cached<T>(entry, address)) {
            if (offsetof<T>() && entry != lastPage) {
              Execute.touchTlb(entry);
              lastPage = entry;
            }
            Execute.setX(ip, load<u32>(Execute.host(entry, address)) as i64);
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.load(ip, address);
          continue;
        }
        case I.OP_FLW: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address);
          if (
            (address & -4093) == load<i64>(entry) &&
            Execute.cached<T>(entry, address) &&
            load<u32>(L.FP_STATUS) == 3
          ) {
            if (offsetof<T>() && entry != lastPage) {
              Execute.touchTlb(entry);
              lastPage = entry;
            }
            store<u64>(
              (load<u16>(ip, B.RECORD_A) as usize) + L.F,
              0xffff_ffff_0000_0000 | (load<u32>(Execute.host(entry, address)) as u64),
            );
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.load(ip, address);
          continue;
        }
        case B.BC_FLD_FLD: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address);
          if (
            !((address & -4089) == load<i64>(entry) && Execute.cached<T>(entry, address) && load<u32>(L.FP_STATUS) == 3)
          ) {
            store<i64>(L.CYCLE, base);
            ip = Slow.load(ip, address);
            continue;
          }
          if (offsetof<T>() && entry != lastPage) {
            Execute.touchTlb(entry);
            lastPage = entry;
          }
          store<u64>((load<u16>(ip, B.RECORD_A) as usize) + L.F, load<i64>(Execute.host(entry, address)) as u64);
          ip += 16;
        }
        // falls through
        case I.OP_FLD: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address);
          if (
            (address & -4089) == load<i64>(entry) &&
            Execute.cached<T>(entry, address) &&
            load<u32>(L.FP_STATUS) == 3
          ) {
            if (offsetof<T>() && entry != lastPage) {
              Execute.touchTlb(entry);
              lastPage = entry;
            }
            store<u64>((load<u16>(ip, B.RECORD_A) as usize) + L.F, load<i64>(Execute.host(entry, address)) as u64);
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.load(ip, address);
          continue;
        }
        case B.BC_ANDI_SB:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) & Execute.immediate(ip));
          ip += 8;
        // falls through
        case I.OP_SB: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address) + L.SPEED_WRITE;
          if ((address & -4096) == load<i64>(entry) && Execute.cachedDirty<T>(entry, address)) {
            if (offsetof<T>()) {
              if (entry != lastPage) {
                Execute.touchTlb(entry);
                lastPage = entry;
              }
              Execute.noteStore(address, 1);
            }
            store<u8>(Execute.host(entry, address), load<u8>(load<u16>(ip, B.RECORD_A) as usize, L.X));
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.store(ip, address);
          continue;
        }
        case I.OP_SH: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address) + L.SPEED_WRITE;
          if ((address & -4095) == load<i64>(entry) && Execute.cachedDirty<T>(entry, address)) {
            if (offsetof<T>()) {
              if (entry != lastPage) {
                Execute.touchTlb(entry);
                lastPage = entry;
              }
              Execute.noteStore(address, 2);
            }
            store<u16>(Execute.host(entry, address), load<u16>(load<u16>(ip, B.RECORD_A) as usize, L.X));
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.store(ip, address);
          continue;
        }
        case B.BC_ADDI_SW:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.immediate(ip));
          ip += 8;
        // falls through
        case I.OP_SW: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address) + L.SPEED_WRITE;
          if ((address & -4093) == load<i64>(entry) && Execute.cachedDirty<T>(entry, address)) {
            if (offsetof<T>()) {
              if (entry != lastPage) {
                Execute.touchTlb(entry);
                lastPage = entry;
              }
              Execute.noteStore(address, 4);
            }
            store<u32>(Execute.host(entry, address), load<u32>(load<u16>(ip, B.RECORD_A) as usize, L.X));
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.store(ip, address);
          continue;
        }
        case B.BC_SD_SD: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address) + L.SPEED_WRITE;
          if (!((address & -4089) == load<i64>(entry) && Execute.cachedDirty<T>(entry, address))) {
            store<i64>(L.CYCLE, base);
            ip = Slow.store(ip, address);
            continue;
          }
          if (offsetof<T>()) {
            if (entry != lastPage) {
              Execute.touchTlb(entry);
              lastPage = entry;
            }
            Execute.noteStore(address, 8);
          }
          store<u64>(Execute.host(entry, address), load<u64>(load<u16>(ip, B.RECORD_A) as usize, L.X));
          ip += 16;
        }
        // falls through
        case I.OP_SD: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address) + L.SPEED_WRITE;
          if ((address & -4089) == load<i64>(entry) && Execute.cachedDirty<T>(entry, address)) {
            if (offsetof<T>()) {
              if (entry != lastPage) {
                Execute.touchTlb(entry);
                lastPage = entry;
              }
              Execute.noteStore(address, 8);
            }
            store<u64>(Execute.host(entry, address), load<u64>(load<u16>(ip, B.RECORD_A) as usize, L.X));
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.store(ip, address);
          continue;
        }
        case I.OP_FSW: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address) + L.SPEED_WRITE;
          if (
            (address & -4093) == load<i64>(entry) &&
            Execute.cachedDirty<T>(entry, address) &&
            load<u32>(L.FP_STATUS) != 0
          ) {
            if (offsetof<T>()) {
              if (entry != lastPage) {
                Execute.touchTlb(entry);
                lastPage = entry;
              }
              Execute.noteStore(address, 4);
            }
            store<u32>(Execute.host(entry, address), load<u32>(load<u16>(ip, B.RECORD_A) as usize, L.F));
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.store(ip, address);
          continue;
        }
        case I.OP_FSD: {
          const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
          const entry = tlb + Execute.speedIndex(address) + L.SPEED_WRITE;
          if (
            (address & -4089) == load<i64>(entry) &&
            Execute.cachedDirty<T>(entry, address) &&
            load<u32>(L.FP_STATUS) != 0
          ) {
            if (offsetof<T>()) {
              if (entry != lastPage) {
                Execute.touchTlb(entry);
                lastPage = entry;
              }
              Execute.noteStore(address, 8);
            }
            store<u64>(Execute.host(entry, address), load<u64>(load<u16>(ip, B.RECORD_A) as usize, L.F));
            ip += 16;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.store(ip, address);
          continue;
        }
        case B.BC_ADDI_BEQ:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.immediate(ip));
          ip += 8;
        // falls through
        case I.OP_BEQ:
          if (Execute.x(ip, B.RECORD_B) == Execute.x(ip, B.RECORD_C)) {
            if (offsetof<T>()) {
              missed = !Predict.direction(ip, 1, history);
              history = Predict.after(history, 1);
            }
            break;
          }
          if (offsetof<T>()) {
            const right = Predict.direction(ip, 0, history);
            history = Predict.after(history, 0);
            if (!right) {
              if (!(load<u32>(ip, B.RECORD_SITE) & B.SITE_PENDING)) {
                base += load<u32>(L.P_MISPREDICT) as i64;
                Predict.fellThrough();
                ip += B.EXIT_BYTES;
                continue;
              }
              store<i64>(L.CYCLE, base);
              ip = Slow.mispredictedNotTaken(ip);
              continue;
            }
          }
          ip += B.EXIT_BYTES;
          continue;
        case B.BC_ADDI_BNE:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.immediate(ip));
          ip += 8;
        // falls through
        case I.OP_BNE:
          if (Execute.x(ip, B.RECORD_B) != Execute.x(ip, B.RECORD_C)) {
            if (offsetof<T>()) {
              missed = !Predict.direction(ip, 1, history);
              history = Predict.after(history, 1);
            }
            break;
          }
          if (offsetof<T>()) {
            const right = Predict.direction(ip, 0, history);
            history = Predict.after(history, 0);
            if (!right) {
              if (!(load<u32>(ip, B.RECORD_SITE) & B.SITE_PENDING)) {
                base += load<u32>(L.P_MISPREDICT) as i64;
                Predict.fellThrough();
                ip += B.EXIT_BYTES;
                continue;
              }
              store<i64>(L.CYCLE, base);
              ip = Slow.mispredictedNotTaken(ip);
              continue;
            }
          }
          ip += B.EXIT_BYTES;
          continue;
        case B.BC_ADDI_BLT:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.immediate(ip));
          ip += 8;
        // falls through
        case I.OP_BLT:
          if (Execute.x(ip, B.RECORD_B) < Execute.x(ip, B.RECORD_C)) {
            if (offsetof<T>()) {
              missed = !Predict.direction(ip, 1, history);
              history = Predict.after(history, 1);
            }
            break;
          }
          if (offsetof<T>()) {
            const right = Predict.direction(ip, 0, history);
            history = Predict.after(history, 0);
            if (!right) {
              if (!(load<u32>(ip, B.RECORD_SITE) & B.SITE_PENDING)) {
                base += load<u32>(L.P_MISPREDICT) as i64;
                Predict.fellThrough();
                ip += B.EXIT_BYTES;
                continue;
              }
              store<i64>(L.CYCLE, base);
              ip = Slow.mispredictedNotTaken(ip);
              continue;
            }
          }
          ip += B.EXIT_BYTES;
          continue;
        case B.BC_ADDI_BGE:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.immediate(ip));
          ip += 8;
        // falls through
        case I.OP_BGE:
          if (Execute.x(ip, B.RECORD_B) >= Execute.x(ip, B.RECORD_C)) {
            if (offsetof<T>()) {
              missed = !Predict.direction(ip, 1, history);
              history = Predict.after(history, 1);
            }
            break;
          }
          if (offsetof<T>()) {
            const right = Predict.direction(ip, 0, history);
            history = Predict.after(history, 0);
            if (!right) {
              if (!(load<u32>(ip, B.RECORD_SITE) & B.SITE_PENDING)) {
                base += load<u32>(L.P_MISPREDICT) as i64;
                Predict.fellThrough();
                ip += B.EXIT_BYTES;
                continue;
              }
              store<i64>(L.CYCLE, base);
              ip = Slow.mispredictedNotTaken(ip);
              continue;
            }
          }
          ip += B.EXIT_BYTES;
          continue;
        case B.BC_ADD_BLTU:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.x(ip, B.RECORD_C));
          ip += 8;
        // falls through
        case I.OP_BLTU:
          if ((Execute.x(ip, B.RECORD_B) as u64) < (Execute.x(ip, B.RECORD_C) as u64)) {
            if (offsetof<T>()) {
              missed = !Predict.direction(ip, 1, history);
              history = Predict.after(history, 1);
            }
            break;
          }
          if (offsetof<T>()) {
            const right = Predict.direction(ip, 0, history);
            history = Predict.after(history, 0);
            if (!right) {
              if (!(load<u32>(ip, B.RECORD_SITE) & B.SITE_PENDING)) {
                base += load<u32>(L.P_MISPREDICT) as i64;
                Predict.fellThrough();
                ip += B.EXIT_BYTES;
                continue;
              }
              store<i64>(L.CYCLE, base);
              ip = Slow.mispredictedNotTaken(ip);
              continue;
            }
          }
          ip += B.EXIT_BYTES;
          continue;
        case B.BC_ADDI_BGEU:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.immediate(ip));
          ip += 8;
        // falls through
        case I.OP_BGEU:
          if ((Execute.x(ip, B.RECORD_B) as u64) >= (Execute.x(ip, B.RECORD_C) as u64)) {
            if (offsetof<T>()) {
              missed = !Predict.direction(ip, 1, history);
              history = Predict.after(history, 1);
            }
            break;
          }
          if (offsetof<T>()) {
            const right = Predict.direction(ip, 0, history);
            history = Predict.after(history, 0);
            if (!right) {
              if (!(load<u32>(ip, B.RECORD_SITE) & B.SITE_PENDING)) {
                base += load<u32>(L.P_MISPREDICT) as i64;
                Predict.fellThrough();
                ip += B.EXIT_BYTES;
                continue;
              }
              store<i64>(L.CYCLE, base);
              ip = Slow.mispredictedNotTaken(ip);
              continue;
            }
          }
          ip += B.EXIT_BYTES;
          continue;
        case B.BC_FLOAT:
          if (Float.execute(load<u16>(ip, B.RECORD_A), load<u32>(ip, 16))) {
            ip += 24;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.illegal(ip);
          continue;
        case B.BC_AMO:
          store<i64>(L.CYCLE, base);
          ip = Slow.atomic(ip);
          continue;
        case B.BC_FETCH:
          if (offsetof<T>()) {
            store<u32>(L.FETCHES, load<u32>(L.FETCHES) + 1);
            if (load<u8>((load<u32>(ip, B.RECORD_WORD) >> L.MAP_SHIFT) as usize, L.L1I_MAP) & 1) {
              ip += 16;
              continue;
            }
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.fetchLine(ip);
          continue;
        case B.BC_STORE_CHECK: {
          if (offsetof<T>()) {
            const address = Execute.x(ip, B.RECORD_B) + Execute.immediate(ip);
            const near0 = ((address as u32) ^ load<u32>(L.STORE_ADDRESS_0)) & 0xff8;
            const near1 = ((address as u32) ^ load<u32>(L.STORE_ADDRESS_1)) & 0xff8;
            if (near0 == 0 || near1 == 0) {
              store<i64>(L.CYCLE, base);
              ip = Slow.storeCheck(ip, address as u32);
              continue;
            }
          }
          ip += 16;
          continue;
        }
        case B.BC_MULDIV: {
          const a = Execute.x(ip, B.RECORD_B) as u64;
          const b = Execute.x(ip, B.RECORD_C) as u64;
          const opcode = load<i32>(ip, B.EXIT_EXTRA);
          const latency = Long.latency(opcode, a, b);
          Execute.setX(ip, Long.compute(opcode, a, b) as i64);
          base += load<u32>(ip, B.EXIT_CYCLES) as i64;
          Execute.account<T>(ip);
          const link = load<usize>(ip + (min<u32>(latency, load<u32>(ip, B.EXIT_EXTRA + 8) - 1) << 2), B.EXIT_BYTES);
          if (link) {
            ip = link;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.long(ip, latency);
          continue;
        }
        case B.BC_NEXT_FENCE:
          store<i64>(L.CYCLE, base + (load<u32>(ip, B.EXIT_CYCLES) as i64));
          Execute.account<T>(ip);
          ip = Slow.nextFence(ip);
          continue;
        case B.BC_NEXT: {
          base += load<u32>(ip, B.EXIT_CYCLES) as i64;
          Execute.account<T>(ip);
          const link = load<usize>(ip, B.EXIT_LINK);
          if (link) {
            ip = link;
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.next(ip);
          continue;
        }
        case B.BC_ADDI_J:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.immediate(ip));
          ip += 8;
        // falls through
        case B.BC_J:
          missed = false;
          break;
        case I.OP_JAL: {
          const link = page + (load<i32>(ip, B.EXIT_EXTRA) as i64);
          Execute.setX(ip, link);
          if (offsetof<T>()) {
            if (load<u16>(ip, B.RECORD_B)) Predictor.push(link);
            missed = false;
          }
          break;
        }
        case B.BC_ADDI_JALR:
          Execute.setX(ip, Execute.x(ip, B.RECORD_B) + Execute.immediate(ip));
          ip += 8;
        // falls through
        case I.OP_JALR: {
          const target = (Execute.x(ip, B.RECORD_B) + Execute.immediate(ip)) & ~1;
          Execute.setX(ip, page + (load<i32>(ip, B.EXIT_DISPLACEMENT) as i64));
          base += load<u32>(ip, B.EXIT_CYCLES) as i64;
          Execute.account<T>(ip);
          let penalty = 0;
          if (offsetof<T>()) {
            penalty = Predict.jumpRegister(ip, page, target);
            base += penalty as i64;
            lastTransfer = 0;
          }
          const link = penalty && load<u32>(ip, B.EXIT_PIPELINE) ? 0 : Execute.far<T>(ip, target, tlb);
          if (link && base < load<i64>(L.DEADLINE)) {
            page = Execute.turn<T>(tlb, target, page);
            ip = link;
            if (offsetof<T>()) ip += Execute.fetched(ip);
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.far(ip, target, penalty);
          continue;
        }
        case B.BC_JAL_FAR: {
          const link = page + (load<i32>(ip, B.EXIT_EXTRA) as i64);
          Execute.setX(ip, link);
          if (offsetof<T>()) {
            if (load<u16>(ip, B.RECORD_B)) Predictor.push(link);
          }
        }
        // falls through
        case B.BC_J_FAR: {
          const target = page + (load<i32>(ip, B.EXIT_DISPLACEMENT) as i64);
          base += load<u32>(ip, B.EXIT_CYCLES) as i64;
          Execute.account<T>(ip);
          let penalty = 0;
          if (offsetof<T>()) {
            if (!Predict.known(ip, page)) penalty = Predict.unknown(ip, page);
            base += penalty as i64;
            lastTransfer = 0;
          }
          const link = penalty && load<u32>(ip, B.EXIT_PIPELINE) ? 0 : Execute.far<T>(ip, target, tlb);
          if (link && base < load<i64>(L.DEADLINE)) {
            page = Execute.turn<T>(tlb, target, page);
            ip = link;
            if (offsetof<T>()) ip += Execute.fetched(ip);
            continue;
          }
          store<i64>(L.CYCLE, base);
          ip = Slow.far(ip, target, penalty);
          continue;
        }
        case B.BC_SYSTEM:
          store<i64>(L.CYCLE, base + (load<u32>(ip, B.EXIT_CYCLES) as i64));
          Execute.account<T>(ip);
          ip = Slow.system(ip);
          continue;
        case B.BC_ILLEGAL:
          store<i64>(L.CYCLE, base);
          ip = Slow.illegal(ip);
          continue;
        case B.BC_STALE:
          store<i64>(L.CYCLE, base);
          ip = Slow.stale(ip);
          continue;
        case B.BC_SYNC:
          base = load<i64>(L.CYCLE);
          page = load<i64>(L.VIRTUAL_PAGE);
          tlb = load<usize>(L.TLB_BASE);
          ip = load<usize>(L.NEXT_RECORD);
          lastPage = 0;
          lastTransfer = 0;
          continue;
        case B.BC_LEAVE:
          store<u32>(HISTORY, history);
          return;
        default:
          unreachable();
      }
      // A transfer that is taken, to a target known when the block was decoded.
      base += load<u32>(ip, B.EXIT_CYCLES) as i64;
      Execute.account<T>(ip);
      if (offsetof<T>()) {
        let penalty = 0;
        if (missed) {
          penalty = Predict.mispredicted(ip, page);
          lastTransfer = 0;
        } else if (ip != lastTransfer) {
          if (!Predict.known(ip, page)) penalty = Predict.unknown(ip, page);
          lastTransfer = ip;
        }
        if (penalty) {
          base += penalty as i64;
          if (load<u32>(ip, B.EXIT_PIPELINE)) {
            store<i64>(L.CYCLE, base);
            ip = Slow.taken(ip, penalty);
            continue;
          }
        }
      }
      const link = load<usize>(ip, B.EXIT_LINK);
      if (link && base < load<i64>(L.DEADLINE)) {
        ip = link;
        if (offsetof<T>()) ip += Execute.fetched(ip);
        continue;
      }
      store<i64>(L.CYCLE, base);
      ip = Slow.taken(ip, 0);
    }
  }

  /**
   * Where this exit went last, if that is where `target` is now: its page is in the fetch TLB and the block is of that physical
   * address. Else 0.
   */
  @inline
  private static far<T>(ip: usize, target: i64, tlb: usize): usize {
    const link = load<usize>(ip, B.EXIT_LINK);
    if (!link) return 0;
    const entry = tlb + Execute.speedIndex(target) + L.SPEED_FETCH;
    if (load<i64>(entry) != (target & ~0xfff)) return 0;
    const offset = Execute.host(entry, target) - L.RAM;
    return load<u32>(link - B.BLOCK_HEADER, B.BLOCK_PHYSICAL) == offset ? link : 0;
  }

  /** Execution turns to the page of `target`, which is in the fetch TLB: the modelled ITLB's PLRU and what is kept of the page. */
  @inline
  private static turn<T>(tlb: usize, target: i64, page: i64): i64 {
    const next = target & ~0xfff;
    if (next == page) return page;
    if (offsetof<T>()) {
      const entry = tlb + Execute.speedIndex(target) + L.SPEED_FETCH;
      store<u64>(L.ITLB_PLRU, (load<u64>(L.ITLB_PLRU) & load<u64>(entry, SPEED_KEEP)) | load<u64>(entry, SPEED_SET));
      store<u32>(L.PREDICT_PAGE, Predictor.indexPart(next as u32));
    }
    store<i64>(L.VIRTUAL_PAGE, next);
    return next;
  }

  /** A block entered by a transfer begins with BC_FETCH: its size if the line is there, then it is done; else 0. */
  @inline
  private static fetched(ip: usize): usize {
    if (load<u16>(ip) != B.BC_FETCH) return 0;
    if (!(load<u8>((load<u32>(ip, B.RECORD_WORD) >> L.MAP_SHIFT) as usize, L.L1I_MAP) & 1)) return 0;
    store<u32>(L.FETCHES, load<u32>(L.FETCHES) + 1);
    return 16;
  }

  /** What the block has done when it is left at this exit. */
  @inline
  private static account<T>(ip: usize): void {
    v128.store(L.LANES, i32x4.add(v128.load(L.LANES), v128.load(ip, B.EXIT_LANES)));
    if (offsetof<T>())
      v128.store(L.LANES_TIMING, i32x4.add(v128.load(L.LANES_TIMING), v128.load(ip, B.EXIT_LANES_TIMING)));
  }
}
