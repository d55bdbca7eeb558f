// Control and status registers (privileged manual, chapters 2 and 12; Sstc). Rings 0 and 3 only: machine-level CSRs do not
// exist, and an access to a CSR that is not here is an illegal instruction.

import * as L from '../layout.ts';
import { STATUS_MXR, STATUS_SIE, STATUS_SPIE, STATUS_SPP, STATUS_SUM, Translate } from '../memory/translate.ts';
import { SEIP, SSIP, STIP, Trap } from './trap.ts';

const WRITABLE_STATUS: u64 = STATUS_SIE | STATUS_SPIE | STATUS_SPP | STATUS_SUM | STATUS_MXR;
const UXL_64: u64 = 0x2_0000_0000;

export class Csr {
  /** Whether the current ring may access the CSR; `write` if it writes. */
  static accessible(number: u32, write: bool): bool {
    const ring = load<u32>(L.PRIVILEGE);
    if (write && number >> 10 == 3) return false;
    if (((number >> 8) & 3) > ring) return false;
    switch (number) {
      case 0x001:
      case 0x002:
      case 0x003:
        return load<u32>(L.FP_STATUS) != 0;
      case 0xc00:
      case 0xc01:
      case 0xc02:
        return ring == 1 || ((load<u64>(L.CSR_SCOUNTEREN) >> (number & 3)) & 1) != 0;
      case 0x100:
      case 0x104:
      case 0x105:
      case 0x106:
      case 0x10a:
      case 0x140:
      case 0x141:
      case 0x142:
      case 0x143:
      case 0x144:
      case 0x14d:
      case 0x180:
        return true;
    }
    return false;
  }

  static read(number: u32): u64 {
    switch (number) {
      case 0x001:
        return load<u32>(L.FFLAGS);
      case 0x002:
        return load<u32>(L.FRM);
      case 0x003:
        return load<u32>(L.FFLAGS) | (load<u32>(L.FRM) << 5);
      case 0xc00:
        return load<u64>(L.CYCLE);
      case 0xc01:
        return Trap.time();
      case 0xc02:
        return load<u64>(L.INSTRET) + (load<u32>(L.LANES) as u64);
      case 0x100: {
        const fs = load<u32>(L.FP_STATUS) as u64;
        return load<u64>(L.CSR_STATUS) | (fs << 13) | UXL_64 | (fs == 3 ? (1 as u64) << 63 : 0);
      }
      case 0x104:
        return load<u64>(L.CSR_SIE);
      case 0x105:
        return load<u64>(L.CSR_STVEC);
      case 0x106:
        return load<u64>(L.CSR_SCOUNTEREN);
      case 0x10a:
        return load<u64>(L.CSR_SENVCFG);
      case 0x140:
        return load<u64>(L.CSR_SSCRATCH);
      case 0x141:
        return load<u64>(L.CSR_SEPC);
      case 0x142:
        return load<u64>(L.CSR_SCAUSE);
      case 0x143:
        return load<u64>(L.CSR_STVAL);
      case 0x144:
        return Trap.pending();
      case 0x14d:
        return load<u64>(L.CSR_STIMECMP);
      case 0x180:
        return load<u64>(L.CSR_SATP);
    }
    return 0;
  }

  /** Whether a write to it flushes the pipeline on the modelled core. */
  static flushes(number: u32): bool {
    return number == 0x100 || number == 0x180 || number <= 3;
  }

  static write(number: u32, value: u64): void {
    switch (number) {
      case 0x001:
        store<u32>(L.FFLAGS, (value as u32) & 31);
        store<u32>(L.FP_STATUS, 3);
        break;
      case 0x002:
        store<u32>(L.FRM, (value as u32) & 7);
        store<u32>(L.FP_STATUS, 3);
        break;
      case 0x003:
        store<u32>(L.FFLAGS, (value as u32) & 31);
        store<u32>(L.FRM, ((value as u32) >> 5) & 7);
        store<u32>(L.FP_STATUS, 3);
        break;
      case 0x100: {
        const old = load<u64>(L.CSR_STATUS);
        store<u64>(L.CSR_STATUS, value & WRITABLE_STATUS);
        store<u32>(L.FP_STATUS, ((value >> 13) & 3) as u32);
        if ((old ^ value) & (STATUS_SUM | STATUS_MXR)) Translate.flushSpeed();
        break;
      }
      case 0x104:
        store<u64>(L.CSR_SIE, value & (SSIP | STIP | SEIP));
        break;
      case 0x105:
        store<u64>(L.CSR_STVEC, value & ~2);
        break;
      case 0x106:
        store<u64>(L.CSR_SCOUNTEREN, value & 7);
        break;
      case 0x10a:
        store<u64>(L.CSR_SENVCFG, 0);
        break;
      case 0x140:
        store<u64>(L.CSR_SSCRATCH, value);
        break;
      case 0x141:
        store<u64>(L.CSR_SEPC, value & ~1);
        break;
      case 0x142:
        store<u64>(L.CSR_SCAUSE, value);
        break;
      case 0x143:
        store<u64>(L.CSR_STVAL, value);
        break;
      case 0x144:
        store<u64>(L.CSR_SIP, (load<u64>(L.CSR_SIP) & ~SSIP) | (value & SSIP));
        break;
      case 0x14d:
        store<u64>(L.CSR_STIMECMP, value);
        break;
      case 0x180: {
        // Only Bare and Sv39 exist; a write of another mode has no effect.
        const mode = value >> 60;
        if (mode != 0 && mode != 8) break;
        const asidMask = ((1 as u64) << (load<u32>(L.P_ASID_BITS) as u64)) - 1;
        const rootAndMode = (mode << 60) | (value & 0xfff_ffff_ffff);
        store<u64>(L.CSR_SATP, mode ? rootAndMode | (((value >> 44) & asidMask) << 44) : 0);
        Translate.flushSpeed();
        break;
      }
    }
  }
}
