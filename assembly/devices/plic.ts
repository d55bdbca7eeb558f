// PLIC (RISC-V PLIC specification 1.0.0) with one context that matters, the hart's supervisor mode (context 1 on QEMU's virt), and
// sources 1-31, level-triggered. State: priority u32 x 32 at +0x80, level +0, pending +4, enabled +8, threshold +12, claimed +16.

import { SEIP } from '../hart/trap.ts';
import * as L from '../layout.ts';

const LEVEL: usize = L.PLIC_STATE;
const PENDING: usize = L.PLIC_STATE + 4;
const ENABLED: usize = L.PLIC_STATE + 8;
const THRESHOLD: usize = L.PLIC_STATE + 12;
const CLAIMED: usize = L.PLIC_STATE + 16;
const PRIORITY: usize = L.PLIC_STATE + 0x80;

export class Plic {
  static setLevel(source: u32, level: bool): void {
    if (source == 0 || source > 31) return;
    const bit: u32 = 1 << source;
    store<u32>(LEVEL, level ? load<u32>(LEVEL) | bit : load<u32>(LEVEL) & ~bit);
    Plic.update();
  }

  private static update(): void {
    store<u32>(PENDING, (load<u32>(PENDING) | load<u32>(LEVEL)) & ~load<u32>(CLAIMED));
    store<u32>(PENDING, load<u32>(PENDING) & load<u32>(LEVEL));
    const sip = load<u64>(L.CSR_SIP) & ~SEIP;
    store<u64>(L.CSR_SIP, Plic.best() ? sip | SEIP : sip);
  }

  /** The pending, enabled source of the highest priority above the threshold; the lowest number among equals. */
  private static best(): u32 {
    const candidates = load<u32>(PENDING) & load<u32>(ENABLED);
    let best: u32 = 0;
    let priority = load<u32>(THRESHOLD);
    for (let source: u32 = 1; source < 32; source++) {
      if (!((candidates >> source) & 1)) continue;
      const own = load<u32>(PRIORITY + ((source as usize) << 2));
      if (own <= priority) continue;
      priority = own;
      best = source;
    }
    return best;
  }

  static load(offset: u32): u32 {
    if (offset < 0x80) return load<u32>(PRIORITY + (offset as usize));
    if (offset == 0x1000) return load<u32>(PENDING);
    if (offset == 0x2080) return load<u32>(ENABLED);
    if (offset == 0x201000) return load<u32>(THRESHOLD);
    if (offset == 0x201004) {
      const source = Plic.best();
      if (source) store<u32>(CLAIMED, load<u32>(CLAIMED) | (1 << source));
      Plic.update();
      return source;
    }
    return 0;
  }

  static store(offset: u32, value: u32): void {
    if (offset < 0x80) store<u32>(PRIORITY + (offset as usize), value & 7);
    else if (offset == 0x2080) store<u32>(ENABLED, value & ~1);
    else if (offset == 0x201000) store<u32>(THRESHOLD, value & 7);
    else if (offset == 0x201004 && value < 32) store<u32>(CLAIMED, load<u32>(CLAIMED) & ~(1 << value));
    Plic.update();
  }
}
