// The binary64 encoding: tests on bit patterns, and a finite number taken apart into exponent and significand.
// A non-zero finite number is significand * 2^(exponent - 62) with the significand in [2^62, 2^63): the leading one at
// bit 62, ten spare bits below a binary64 fraction for rounding and sticky, one above for the carry of an addition.

export const SIGN64: u64 = 0x8000_0000_0000_0000;
export const INFINITY64: u64 = 0x7ff0_0000_0000_0000;
/** The only NaN that an operation of RISC-V returns. */
export const CANONICAL_NAN64: u64 = 0x7ff8_0000_0000_0000;
const QUIET64: u64 = 0x0008_0000_0000_0000;
const FRACTION64: u64 = 0x000f_ffff_ffff_ffff;
const HIDDEN64: u64 = 0x0010_0000_0000_0000;

export class Binary64 {
  @inline
  static isNaN(bits: u64): bool {
    return (bits & ~SIGN64) > INFINITY64;
  }

  @inline
  static isSignaling(bits: u64): bool {
    return Binary64.isNaN(bits) && !(bits & QUIET64);
  }

  @inline
  static isInfinite(bits: u64): bool {
    return (bits & ~SIGN64) == INFINITY64;
  }

  @inline
  static isZero(bits: u64): bool {
    return (bits & ~SIGN64) == 0;
  }

  /** Infinite or NaN. */
  @inline
  static isSpecial(bits: u64): bool {
    return (bits & INFINITY64) == INFINITY64;
  }

  @inline
  static exponentField(bits: u64): i32 {
    return (bits >> 52) as i32 & 0x7ff;
  }

  /** Unbiased exponent of a non-zero finite number, as if it were normal. */
  @inline
  static exponent(bits: u64): i32 {
    const field = Binary64.exponentField(bits);
    return field ? field - 1023 : -1011 - (clz(bits & FRACTION64) as i32);
  }

  /** Significand of a non-zero finite number, leading one at bit 62. */
  @inline
  static significand(bits: u64): u64 {
    const fraction = bits & FRACTION64;
    return bits & INFINITY64 ? (fraction | HIDDEN64) << 10 : fraction << (clz(fraction) - 1);
  }

  /** The significand as an odd integer: how many bits it really needs. */
  @inline
  static oddSignificand(bits: u64): u64 {
    const significand = Binary64.significand(bits);
    return significand >> ctz(significand);
  }
}
