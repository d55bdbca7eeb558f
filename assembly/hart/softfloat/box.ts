// binary32 values in 64-bit registers: NaN boxing (RISC-V unprivileged manual, section 21.2), and the exact binary64
// of a binary32 for `Arithmetic`.

export class Box {
  /** A binary32 as an f register holds it: upper half all ones. */
  @inline
  static box(bits: u32): u64 {
    return 0xffff_ffff_0000_0000 | (bits as u64);
  }

  /** The binary32 in an f register; the canonical NaN unless it is properly boxed. */
  @inline
  static unbox(register: u64): u32 {
    return register >= 0xffff_ffff_0000_0000 ? (register as u32) : 0x7fc0_0000;
  }

  /** The same value in binary64; a NaN keeps its payload and stays signaling or quiet. */
  @inline
  static widen(bits: u32): u64 {
    if ((bits & 0x7fff_ffff) <= 0x7f80_0000) return reinterpret<u64>(reinterpret<f32>(bits) as f64);
    return ((bits as u64 & 0x8000_0000) << 32) | 0x7ff0_0000_0000_0000 | ((bits as u64 & 0x007f_ffff) << 29);
  }
}
