// The A extension. A misaligned address is a trap (the manual leaves it to us, Rocket and Linux expect it), as is one of a device.
// The reservation is a physical address and lasts until the next sc, sret or write of satp.

import * as I from '../generated/isa.ts';
import * as L from '../layout.ts';
import {
  ACCESS_READ,
  ACCESS_WRITE,
  CAUSE_LOAD_MISALIGNED,
  CAUSE_STORE_MISALIGNED,
  Translate,
} from '../memory/translate.ts';
import { Access } from './access.ts';

export class Atomic {
  /** lr and amo*. Returns false with FAULT_CAUSE and FAULT_VALUE set if it traps. */
  static execute(opcode: i32, word: u32): bool {
    const address = load<i64>(L.X + (((word >> 15) & 31) << 3));
    const bytes: u32 = word & 0x1000 ? 8 : 4;
    const reserve = opcode == I.OP_LR_W || opcode == I.OP_LR_D;
    if (!Atomic.prepare(address, bytes, reserve ? ACCESS_READ : ACCESS_WRITE)) return false;
    const physical = load<u64>(L.ACCESS_FIRST);
    let old = Access.readPhysical(physical, bytes);
    if (bytes == 4) old = old as i32 as i64 as u64;
    if (reserve) store<u64>(L.RESERVATION_ADDRESS, physical);
    else {
      const operand = load<u64>(L.X + (((word >> 20) & 31) << 3));
      const value = bytes == 4 ? Atomic.word(opcode, old as i32, operand as i32) : Atomic.double(opcode, old, operand);
      if (Access.hitsCode()) Access.dropCode();
      Access.writePhysical(physical, bytes, value);
    }
    const rd = (word >> 7) & 31;
    if (rd) store<u64>(L.X + (rd << 3), old);
    return true;
  }

  private static prepare(address: i64, bytes: u32, access: i32): bool {
    if ((address as u32) & (bytes - 1)) {
      store<i64>(L.FAULT_CAUSE, access == ACCESS_READ ? CAUSE_LOAD_MISALIGNED : CAUSE_STORE_MISALIGNED);
      store<i64>(L.FAULT_VALUE, address);
      return false;
    }
    if (!Access.prepare(address, bytes, access)) return false;
    if (!Access.isDevice(load<u64>(L.ACCESS_FIRST))) return true;
    Translate.fault(access, false, address);
    return false;
  }

  /** sc: 1 did the store, 0 did not, -1 traps. */
  static storeConditional(word: u32): i32 {
    const address = load<i64>(L.X + (((word >> 15) & 31) << 3));
    const bytes: u32 = word & 0x1000 ? 8 : 4;
    if (!Atomic.prepare(address, bytes, ACCESS_WRITE)) return -1;
    const physical = load<u64>(L.ACCESS_FIRST);
    const held = load<u64>(L.RESERVATION_ADDRESS) == physical;
    store<u64>(L.RESERVATION_ADDRESS, u64.MAX_VALUE);
    if (held) {
      if (Access.hitsCode()) Access.dropCode();
      Access.writePhysical(physical, bytes, load<u64>(L.X + (((word >> 20) & 31) << 3)));
    }
    const rd = (word >> 7) & 31;
    if (rd) store<u64>(L.X + (rd << 3), held ? 0 : 1);
    return held ? 1 : 0;
  }

  private static word(opcode: i32, old: i32, operand: i32): u64 {
    switch (opcode) {
      case I.OP_AMOADD_W:
        return (old + operand) as u64;
      case I.OP_AMOXOR_W:
        return (old ^ operand) as u64;
      case I.OP_AMOAND_W:
        return (old & operand) as u64;
      case I.OP_AMOOR_W:
        return (old | operand) as u64;
      case I.OP_AMOMIN_W:
        return min<i32>(old, operand) as u64;
      case I.OP_AMOMAX_W:
        return max<i32>(old, operand) as u64;
      case I.OP_AMOMINU_W:
        return min<u32>(old, operand) as u64;
      case I.OP_AMOMAXU_W:
        return max<u32>(old, operand) as u64;
    }
    return operand as u64;
  }

  private static double(opcode: i32, old: u64, operand: u64): u64 {
    switch (opcode) {
      case I.OP_AMOADD_D:
        return old + operand;
      case I.OP_AMOXOR_D:
        return old ^ operand;
      case I.OP_AMOAND_D:
        return old & operand;
      case I.OP_AMOOR_D:
        return old | operand;
      case I.OP_AMOMIN_D:
        return (old as i64) < (operand as i64) ? old : operand;
      case I.OP_AMOMAX_D:
        return (old as i64) > (operand as i64) ? old : operand;
      case I.OP_AMOMINU_D:
        return old < operand ? old : operand;
      case I.OP_AMOMAXU_D:
        return old > operand ? old : operand;
    }
    return operand;
  }
}
