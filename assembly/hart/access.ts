// Loads and stores that the hot loop cannot do alone: a page not in the speed TLB, a line not in L1D, a misaligned address, a
// device, a page with decoded code. They do the whole access and its time. A fault leaves FAULT_CAUSE and FAULT_VALUE.

import { Bus } from '../devices/bus.ts';
import * as L from '../layout.ts';
import { ACCESS_READ, ACCESS_WRITE, Translate } from '../memory/translate.ts';
import { Cache } from '../timing/cache.ts';
import { Count } from '../timing/count.ts';
import { Tlb } from '../timing/tlb.ts';
import { Blocks } from './block.ts';

/** Cycles of the last access beyond those of a hit. */
const PENALTY: usize = L.RESULT;

export class Access {
  @inline
  static penalty(): i32 {
    return load<i32>(PENALTY);
  }

  /** Translates; fills the speed TLB; pays for the TLB and, if `touch`, the cache. All ones on a fault. */
  static translate(address: i64, access: i32, bytes: u32): u64 {
    const physical = Translate.walk(address, access, load<u32>(L.PRIVILEGE));
    if (physical == u64.MAX_VALUE) return physical;
    const ram = Translate.inRam(physical, bytes as u64);
    if (!ram && !Bus.exists(physical)) return Translate.fault(access, false, address);
    let keep = u64.MAX_VALUE;
    let set: u64 = 0;
    if (load<i32>(L.P_TIMING)) {
      const dirty = Translate.dirty();
      store<i32>(PENALTY, load<i32>(PENALTY) + Tlb.access(address, access));
      keep = Tlb.keep();
      set = Tlb.set();
      if (!ram) {
        Count.add(L.COUNT_DATA_MISS, load<i32>(L.P_UNCACHED));
        store<i32>(PENALTY, load<i32>(PENALTY) + load<i32>(L.P_UNCACHED));
      } else {
        const offset = (physical - (L.RAM_BASE as u64)) as u32;
        const penalty = Cache.data(offset, access == ACCESS_WRITE);
        Count.add(L.COUNT_DATA_MISS, penalty);
        store<i32>(PENALTY, load<i32>(PENALTY) + penalty);
      }
      if (ram) Access.enterSpeed(address, physical, access, keep, set, dirty);
    } else if (ram) Access.enterSpeed(address, physical, access, keep, set, Translate.dirty());
    return physical;
  }

  @inline
  private static enterSpeed(address: i64, physical: u64, access: i32, keep: u64, set: u64, dirty: bool): void {
    if (access == ACCESS_READ) Translate.enter(0, address, physical, keep, set);
    else if (dirty && !Blocks.isCode(((physical - (L.RAM_BASE as u64)) >> 12) as u32)) {
      Translate.enter(L.SPEED_WRITE, address, physical, keep, set);
    }
  }

  /** Whether the physical address belongs to a device. */
  @inline
  static isDevice(physical: u64): bool {
    return !Translate.inRam(physical, 1);
  }

  static readPhysical(physical: u64, bytes: u32): u64 {
    if (Access.isDevice(physical)) return Bus.load(physical, bytes);
    const cell = (physical - (L.RAM_BASE as u64)) as usize;
    switch (bytes) {
      case 1:
        return load<u8>(cell, L.RAM);
      case 2:
        return load<u16>(cell, L.RAM);
      case 4:
        return load<u32>(cell, L.RAM);
    }
    return load<u64>(cell, L.RAM);
  }

  /** The bytes must not be code: the caller has dropped the page. */
  static writePhysical(physical: u64, bytes: u32, value: u64): void {
    if (Access.isDevice(physical)) {
      Bus.store(physical, value);
      return;
    }
    const cell = (physical - (L.RAM_BASE as u64)) as usize;
    switch (bytes) {
      case 1:
        store<u8>(cell, value as u8, L.RAM);
        return;
      case 2:
        store<u16>(cell, value as u16, L.RAM);
        return;
      case 4:
        store<u32>(cell, value as u32, L.RAM);
        return;
    }
    store<u64>(cell, value, L.RAM);
  }

  @inline
  static begin(): void {
    store<i32>(PENALTY, 0);
    store<i64>(L.FAULT_CAUSE, -1);
  }

  @inline
  static faulted(): bool {
    return load<i64>(L.FAULT_CAUSE) >= 0;
  }

  @inline
  private static misaligned(): void {
    if (!load<i32>(L.P_TIMING)) return;
    Count.add(L.COUNT_DATA_MISS, load<i32>(L.P_MISALIGNED));
    store<i32>(PENALTY, load<i32>(PENALTY) + load<i32>(L.P_MISALIGNED));
  }

  /** Translates an access of `bytes` that may be misaligned. False on a fault. Fills ACCESS_FIRST and ACCESS_SECOND (0: one page). */
  static prepare(address: i64, bytes: u32, access: i32): bool {
    Access.begin();
    store<u64>(L.ACCESS_SECOND, 0);
    const low = (address as u32) & 0xfff;
    if (!(low & (bytes - 1))) {
      store<u64>(L.ACCESS_FIRST, Access.translate(address, access, bytes));
      return !Access.faulted();
    }
    Access.misaligned();
    const line = 1 << load<u32>(L.P_L1D_LINE_SHIFT);
    const crossesPage = low + bytes > 4096;
    const crossesLine = (low & (line - 1)) + bytes > (line as u32);
    store<u64>(L.ACCESS_FIRST, Access.translate(address, access, crossesPage ? 4096 - low : bytes));
    if (Access.faulted()) return false;
    if (Access.isDevice(load<u64>(L.ACCESS_FIRST))) {
      Translate.fault(access, false, address);
      return false;
    }
    if (crossesPage) {
      const next = (address & ~0xfff) + 0x1000;
      store<u64>(L.ACCESS_SECOND, Access.translate(next, access, low + bytes - 4096));
      if (!Access.faulted() && Access.isDevice(load<u64>(L.ACCESS_SECOND))) Translate.fault(access, false, next);
      return !Access.faulted();
    }
    if (crossesLine && load<i32>(L.P_TIMING)) {
      const last = ((load<u64>(L.ACCESS_FIRST) - (L.RAM_BASE as u64)) as u32) + bytes - 1;
      const penalty = Cache.data(last, access == ACCESS_WRITE);
      Count.add(L.COUNT_DATA_MISS, penalty);
      store<i32>(PENALTY, load<i32>(PENALTY) + penalty);
    }
    return true;
  }

  static read(bytes: u32, address: i64): u64 {
    const second = load<u64>(L.ACCESS_SECOND);
    if (!second) return Access.readPhysical(load<u64>(L.ACCESS_FIRST), bytes);
    const split: u32 = 4096 - ((address as u32) & 0xfff);
    let value: u64 = 0;
    for (let index: u32 = 0; index < bytes; index++) {
      const place = index < split ? load<u64>(L.ACCESS_FIRST) + (index as u64) : second + ((index - split) as u64);
      value |= Access.readPhysical(place, 1) << (index << 3);
    }
    return value;
  }

  static write(bytes: u32, address: i64, value: u64): void {
    const second = load<u64>(L.ACCESS_SECOND);
    if (!second) {
      Access.writePhysical(load<u64>(L.ACCESS_FIRST), bytes, value);
      return;
    }
    const split: u32 = 4096 - ((address as u32) & 0xfff);
    for (let index: u32 = 0; index < bytes; index++) {
      const place = index < split ? load<u64>(L.ACCESS_FIRST) + (index as u64) : second + ((index - split) as u64);
      Access.writePhysical(place, 1, value >> (index << 3));
    }
  }

  /** Whether the prepared store hits a page with decoded code. */
  static hitsCode(): bool {
    return Access.pageIsCode(load<u64>(L.ACCESS_FIRST)) || Access.pageIsCode(load<u64>(L.ACCESS_SECOND));
  }

  @inline
  private static pageIsCode(physical: u64): bool {
    return Translate.inRam(physical, 1) && Blocks.isCode(((physical - (L.RAM_BASE as u64)) >> 12) as u32);
  }

  static dropCode(): void {
    const first = load<u64>(L.ACCESS_FIRST);
    const second = load<u64>(L.ACCESS_SECOND);
    if (Access.pageIsCode(first)) Blocks.dropPage(((first - (L.RAM_BASE as u64)) >> 12) as u32);
    if (Access.pageIsCode(second)) Blocks.dropPage(((second - (L.RAM_BASE as u64)) >> 12) as u32);
  }

  /** A reservation on bytes that are stored to by this hart stays; it is lost only to others, and to sc. */
  @inline
  static reserve(physical: u64): void {
    store<u64>(L.RESERVATION_ADDRESS, physical);
  }
}
