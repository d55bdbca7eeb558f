// The accrued exception flags (fflags): one 32-bit cell of hart state in linear memory. Sticky: operations only add
// to it, CSR writes replace it.

import { FFLAGS } from '../../layout.ts';
import { NX } from './rounding.ts';

export class Flags {
  /** The accrued flags, bits NX to NV. */
  @inline
  static get(): u32 {
    return load<u32>(FFLAGS);
  }

  @inline
  static set(flags: u32): void {
    store<u32>(FFLAGS, flags);
  }

  @inline
  static raise(flags: u32): void {
    store<u32>(FFLAGS, load<u32>(FFLAGS) | flags);
  }

  /** True once NX has accrued: then an operation need not find out whether its own result is exact. */
  @inline
  static inexact(): bool {
    return (load<u32>(FFLAGS) & NX) != 0;
  }
}
