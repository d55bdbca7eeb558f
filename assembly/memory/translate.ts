// Sv39 (privileged manual, section 12.4), as the memory system does it: walk, permissions, A and D set by hardware. No time here;
// timing/tlb.ts asks for the entries that a walk reads. Also the speed TLBs: direct-mapped arrays that only make the host fast.
// A page is in one only if an access of that kind needs nothing but the addition: RAM, allowed, and, to be written,
// dirty already and free of decoded code.

import * as L from '../layout.ts';

export const ACCESS_READ: i32 = 0;
export const ACCESS_WRITE: i32 = 1;
export const ACCESS_FETCH: i32 = 2;

export const CAUSE_FETCH_ACCESS: i64 = 1;
export const CAUSE_ILLEGAL: i64 = 2;
export const CAUSE_BREAKPOINT: i64 = 3;
export const CAUSE_LOAD_MISALIGNED: i64 = 4;
export const CAUSE_LOAD_ACCESS: i64 = 5;
export const CAUSE_STORE_MISALIGNED: i64 = 6;
export const CAUSE_STORE_ACCESS: i64 = 7;
export const CAUSE_ECALL_USER: i64 = 8;
export const CAUSE_ECALL_SUPERVISOR: i64 = 9;
export const CAUSE_FETCH_PAGE: i64 = 12;
export const CAUSE_LOAD_PAGE: i64 = 13;
export const CAUSE_STORE_PAGE: i64 = 15;

const PTE_V: u64 = 1;
const PTE_R: u64 = 2;
const PTE_W: u64 = 4;
const PTE_X: u64 = 8;
const PTE_U: u64 = 16;
const PTE_G: u64 = 32;
const PTE_A: u64 = 64;
const PTE_D: u64 = 128;
/** Reserved, PBMT and N bits: none is implemented. */
const PTE_RESERVED: u64 = 0xffc0_0000_0000_0000;

export const STATUS_SIE: u64 = 1 << 1;
export const STATUS_SPIE: u64 = 1 << 5;
export const STATUS_SPP: u64 = 1 << 8;
export const STATUS_SUM: u64 = 1 << 18;
export const STATUS_MXR: u64 = 1 << 19;

export const SPEED_ADDEND: usize = 8;
export const SPEED_KEEP: usize = 16;
export const SPEED_SET: usize = 24;

export class Translate {
  @inline
  static fault(access: i32, pageFault: bool, address: i64): u64 {
    let cause: i64;
    if (access == ACCESS_READ) cause = pageFault ? CAUSE_LOAD_PAGE : CAUSE_LOAD_ACCESS;
    else if (access == ACCESS_WRITE) cause = pageFault ? CAUSE_STORE_PAGE : CAUSE_STORE_ACCESS;
    else cause = pageFault ? CAUSE_FETCH_PAGE : CAUSE_FETCH_ACCESS;
    store<i64>(L.FAULT_CAUSE, cause);
    store<i64>(L.FAULT_VALUE, address);
    return u64.MAX_VALUE;
  }

  @inline
  static paged(): bool {
    return load<u64>(L.CSR_SATP) >> 60 == 8;
  }

  @inline
  static inRam(physical: u64, bytes: u64): bool {
    return physical - (L.RAM_BASE as u64) <= (load<u32>(L.P_RAM_BYTES) as u64) - bytes;
  }

  /**
   * The physical address of `address`, or all ones with FAULT_CAUSE and FAULT_VALUE set. Leaves WALK_LEVEL (-1: not paged),
   * WALK_ENTRY and WALK_ADDRESSES behind.
   */
  static walk(address: i64, access: i32, ring: u32): u64 {
    if (!Translate.paged()) {
      store<i32>(L.WALK_LEVEL, -1);
      store<u64>(L.WALK_ENTRY, PTE_D);
      return address as u64;
    }
    if ((address << 25) >> 25 != address) return Translate.fault(access, true, address);
    let table = (load<u64>(L.CSR_SATP) & 0xfff_ffff_ffff) << 12;
    let level = 2;
    let slot: u64;
    let entry: u64;
    while (true) {
      slot = table + ((((address as u64) >> (12 + 9 * level)) & 511) << 3);
      if (!Translate.inRam(slot, 8)) return Translate.fault(access, false, address);
      store<u64>(L.WALK_ADDRESSES + ((2 - level) << 3), slot);
      entry = load<u64>((slot - (L.RAM_BASE as u64)) as usize, L.RAM);
      if (!(entry & PTE_V) || entry & PTE_RESERVED || (entry & (PTE_R | PTE_W)) == PTE_W) {
        return Translate.fault(access, true, address);
      }
      if (entry & (PTE_R | PTE_X)) break;
      if (entry & (PTE_U | PTE_A | PTE_D) || level == 0) return Translate.fault(access, true, address);
      table = ((entry >> 10) & 0xfff_ffff_ffff) << 12;
      level--;
    }
    if (!Translate.allowed(entry, access, ring)) return Translate.fault(access, true, address);
    const base = ((entry >> 10) & 0xfff_ffff_ffff) << 12;
    const offsetMask = ((1 as u64) << (12 + 9 * level)) - 1;
    if (base & offsetMask) return Translate.fault(access, true, address); // misaligned superpage
    const used = entry | PTE_A | (access == ACCESS_WRITE ? PTE_D : 0);
    if (used != entry) {
      store<u64>((slot - (L.RAM_BASE as u64)) as usize, used, L.RAM);
      entry = used;
    }
    store<i32>(L.WALK_LEVEL, level);
    store<u64>(L.WALK_ENTRY, entry);
    return base | ((address as u64) & offsetMask);
  }

  private static allowed(entry: u64, access: i32, ring: u32): bool {
    const user = (entry & PTE_U) != 0;
    if (access == ACCESS_FETCH) return (entry & PTE_X) != 0 && user == (ring == 0);
    const status = load<u64>(L.CSR_STATUS);
    if (ring == 0 ? !user : user && !(status & STATUS_SUM)) return false;
    if (access == ACCESS_WRITE) return (entry & PTE_W) != 0;
    return (entry & PTE_R) != 0 || ((entry & PTE_X) != 0 && (status & STATUS_MXR) != 0);
  }

  @inline
  static global(): bool {
    return (load<u64>(L.WALK_ENTRY) & PTE_G) != 0;
  }

  @inline
  static dirty(): bool {
    return (load<u64>(L.WALK_ENTRY) & PTE_D) != 0;
  }

  // --- speed TLBs ------------------------------------------------------------------------------------------------------

  @inline
  static speedEntry(array: usize, address: i64): usize {
    return load<usize>(L.TLB_BASE) + array + (((((address as u64) >> 12) as usize) & (L.SPEED_TLB_ENTRIES - 1)) << 5);
  }

  /** Enters the page of `address`; `keep` and `set` update the modelled TLB's PLRU word on a hit. */
  static enter(array: usize, address: i64, physical: u64, keep: u64, set: u64): void {
    const entry = Translate.speedEntry(array, address);
    store<i64>(entry, address & ~0xfff);
    store<usize>(entry, ((physical - (L.RAM_BASE as u64)) as usize) + L.RAM - (address as usize), SPEED_ADDEND);
    store<u64>(entry, keep, SPEED_KEEP);
    store<u64>(entry, set, SPEED_SET);
  }

  static flushSpeed(): void {
    for (let entry: usize = L.SPEED_TLB; entry < (L.SPEED_TLB_END as usize); entry += 32) store<i64>(entry, -1);
  }

  /** Drops one virtual page from the data arrays, or from the fetch arrays, of both rings. */
  static dropSpeed(page: i64, fetch: bool): void {
    const index = ((((page as u64) >> 12) as usize) & (L.SPEED_TLB_ENTRIES - 1)) << 5;
    for (let ring: usize = 0; ring < 2; ring++) {
      const base = L.SPEED_TLB + ring * L.SPEED_TLB_RING_BYTES + index;
      if (fetch) {
        if (load<i64>(base, L.SPEED_FETCH) == page) store<i64>(base, -1, L.SPEED_FETCH);
      } else {
        if (load<i64>(base) == page) store<i64>(base, -1);
        if (load<i64>(base, L.SPEED_WRITE) == page) store<i64>(base, -1, L.SPEED_WRITE);
      }
    }
  }

  /** Code of the physical page at RAM offset `page` was decoded: writes to it must be seen. */
  static dropWrites(page: u32): void {
    for (let ring: usize = 0; ring < 2; ring++) {
      const first = L.SPEED_TLB + ring * L.SPEED_TLB_RING_BYTES + L.SPEED_WRITE;
      for (let entry = first; entry < first + L.SPEED_TLB_BYTES; entry += 32) {
        const tag = load<i64>(entry);
        if (tag != -1 && (tag as usize) + load<usize>(entry, SPEED_ADDEND) - L.RAM == page) store<i64>(entry, -1);
      }
    }
  }
}
