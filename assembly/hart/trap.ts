// Traps into ring 0 (all are delegated to it; there is no machine mode), interrupts, and when to look for them.

import * as L from '../layout.ts';
import { STATUS_SIE, STATUS_SPIE, STATUS_SPP } from '../memory/translate.ts';
import { Count } from '../timing/count.ts';
import { Pipeline } from '../timing/pipeline.ts';

const INTERRUPT: i64 = i64.MIN_VALUE;
export const SSIP: u64 = 1 << 1;
export const STIP: u64 = 1 << 5;
export const SEIP: u64 = 1 << 9;

export class Trap {
  static setRing(ring: u32): void {
    Count.drain();
    store<u32>(L.PRIVILEGE, ring);
    store<usize>(L.TLB_BASE, L.SPEED_TLB + (ring as usize) * L.SPEED_TLB_RING_BYTES);
    store<usize>(L.COUNTER_BANK, L.COUNTERS + (ring as usize) * L.COUNTER_BANK_BYTES);
  }

  /** Takes an exception, or an interrupt (INTERRUPT bit in `cause`), at `pc`. Sets PC and PIPELINE. */
  static take(cause: i64, value: i64, pc: i64): void {
    const ring = load<u32>(L.PRIVILEGE);
    const code = cause & 63;
    const counter = L.TRAP_COUNTS + (cause < 0 ? 256 : 0) + ((code as usize) << 3);
    store<u64>(counter, load<u64>(counter) + 1);
    // A trap counts against the slice, so that a handler that traps itself does not keep the host for ever.
    store<i64>(L.INSTRET_LIMIT, load<i64>(L.INSTRET_LIMIT) - 1);
    Trap.setRing(1);
    if (load<i32>(L.P_TIMING)) {
      const penalty = load<i32>(L.P_TRAP);
      Count.spend(L.COUNT_TRAP, penalty);
      store<u32>(L.PIPELINE, Pipeline.advance(load<u32>(L.PIPELINE), penalty));
    } else {
      Count.spend(L.COUNT_TRAP, 1);
    }
    store<i64>(L.CSR_SEPC, pc);
    store<i64>(L.CSR_SCAUSE, cause);
    store<i64>(L.CSR_STVAL, value);
    const status = load<u64>(L.CSR_STATUS);
    let changed = status & ~(STATUS_SIE | STATUS_SPIE | STATUS_SPP);
    if (status & STATUS_SIE) changed |= STATUS_SPIE;
    if (ring) changed |= STATUS_SPP;
    store<u64>(L.CSR_STATUS, changed);
    const vector = load<i64>(L.CSR_STVEC);
    store<i64>(L.PC, (vector & ~3) + (vector & 1 && cause < 0 ? code << 2 : 0));
    store<i32>(L.SEQUENTIAL, 0);
  }

  /** Ticks of the timebase at the current cycle. */
  static time(): u64 {
    return (load<u64>(L.CYCLE) * (load<u32>(L.P_TIME_DIVIDEND) as u64)) / (load<u32>(L.P_TIME_DIVISOR) as u64);
  }

  /** sip as it reads. */
  static pending(): u64 {
    const timer = Trap.time() >= load<u64>(L.CSR_STIMECMP);
    return load<u64>(L.CSR_SIP) | (timer ? STIP : 0);
  }

  /** Enabled and pending interrupts that would be taken now. */
  static deliverable(): u64 {
    const pending = Trap.pending() & load<u64>(L.CSR_SIE);
    if (!pending) return 0;
    if (load<u32>(L.PRIVILEGE) == 0 || load<u64>(L.CSR_STATUS) & STATUS_SIE) return pending;
    return 0;
  }

  /** Takes the most urgent deliverable interrupt, if there is one. */
  static interrupt(): bool {
    const pending = Trap.deliverable();
    if (!pending) return false;
    // Priority: external, software, timer (privileged manual, section 12.1.3).
    const code: i64 = pending & SEIP ? 9 : pending & SSIP ? 1 : 5;
    Trap.take(INTERRUPT | code, 0, load<i64>(L.PC));
    return true;
  }

  /** The first cycle at which `time` reaches stimecmp. */
  static timerCycle(): u64 {
    const compare = load<u64>(L.CSR_STIMECMP);
    const dividend = load<u32>(L.P_TIME_DIVIDEND) as u64;
    const divisor = load<u32>(L.P_TIME_DIVISOR) as u64;
    if (compare > u64.MAX_VALUE / divisor / 2) return i64.MAX_VALUE as u64;
    return (compare * divisor + dividend - 1) / dividend;
  }

  /** Recomputes DEADLINE: call after anything that it depends on has changed. */
  static rearm(): void {
    if (Trap.deliverable()) {
      store<i64>(L.DEADLINE, 0);
      return;
    }
    const cycle = load<i64>(L.CYCLE);
    // A timer that is due but masked matters only when the mask changes, which rearms.
    const timer = Trap.timerCycle() as i64;
    const event = timer > cycle ? timer : i64.MAX_VALUE;
    store<i64>(L.NEXT_EVENT, event);
    // An instruction takes at least a cycle.
    const left = load<i64>(L.INSTRET_LIMIT) - load<i64>(L.INSTRET) - (load<u32>(L.LANES) as i64);
    let deadline = min(event, load<i64>(L.UNTIL_CYCLE));
    if (left < 0x4000_0000_0000_0000) deadline = min(deadline, cycle + left);
    store<i64>(L.DEADLINE, deadline);
  }
}
