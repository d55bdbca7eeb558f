// The accrued exception flags (fflags): one 32-bit cell of hart state in linear memory. Sticky: operations only add
// to it, CSR writes replace it. The cell's address stands here and nowhere else in softfloat.

import { NX } from './rounding.ts';

const FFLAGS_ADDRESS: usize = 0x40;

export class Flags {
  /** The accrued flags, bits NX to NV. */
  @inline
  static get(): u32 {
    return load<u32>(FFLAGS_ADDRESS);
  }

  @inline
  static set(flags: u32): void {
    store<u32>(FFLAGS_ADDRESS, flags);
  }

  @inline
  static raise(flags: u32): void {
    store<u32>(FFLAGS_ADDRESS, load<u32>(FFLAGS_ADDRESS) | flags);
  }

  /** True once NX has accrued: then an operation need not find out whether its own result is exact. */
  @inline
  static inexact(): bool {
    return (load<u32>(FFLAGS_ADDRESS) & NX) != 0;
  }
}
