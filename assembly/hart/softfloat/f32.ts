// The F extension's operations on binary32 bit patterns (unboxed): result returned, flags accrued. Each tries the host's
// operation and falls back to `Arithmetic`, which takes the operands widened to binary64 and rounds once to binary32.
//
// The fast paths are exact for the reasons given in f64.ts; finding out about NX is simpler, because a product of two
// binary32 numbers is exact in binary64 (48 bits, exponents far inside the range).
// - madd: the product is exact in binary64. The sum with c is rounded to odd in binary64 (the error term of TwoSum says
//   whether and to which side it is inexact), then to binary32. Rounding to odd with 53 >= 24 + 2 bits makes the second
//   rounding right (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to
//   odd", IEEE Trans. Computers 57(4), 2008).

import { Arithmetic, SINGLE } from './arithmetic.ts';
import { Box } from './box.ts';
import { Flags } from './flags.ts';
import { NV, NX, RNE } from './rounding.ts';

const SIGN32: u32 = 0x8000_0000;
const INFINITY32: u32 = 0x7f80_0000;
const CANONICAL_NAN32: u32 = 0x7fc0_0000;
const QUIET32: u32 = 0x0040_0000;

const MINIMUM_NORMAL: f32 = 1.1754943508222875e-38; // 2^-126
const MAXIMUM: f32 = f32.MAX_VALUE;
const TWO_TO_127: f32 = 1.7014118346046923e38;

export class F32 {
  @inline
  static isNaN(bits: u32): bool {
    return (bits & ~SIGN32) > INFINITY32;
  }

  @inline
  static isSignaling(bits: u32): bool {
    return F32.isNaN(bits) && !(bits & QUIET32);
  }

  @inline
  static add(a: u32, b: u32, rm: i32): u32 {
    if (rm == RNE) {
      const x = reinterpret<f32>(a);
      const y = reinterpret<f32>(b);
      const sum = x + y;
      if (abs(sum) < TWO_TO_127) {
        if (!Flags.inexact()) {
          const part = sum - x;
          if (x - (sum - part) + (y - part) != 0) Flags.raise(NX);
        }
        return reinterpret<u32>(sum);
      }
    }
    return Arithmetic.add(Box.widen(a), Box.widen(b), rm, SINGLE) as u32;
  }

  @inline
  static sub(a: u32, b: u32, rm: i32): u32 {
    return F32.add(a, b ^ SIGN32, rm);
  }

  @inline
  static mul(a: u32, b: u32, rm: i32): u32 {
    if (rm == RNE) {
      const x = reinterpret<f32>(a);
      const y = reinterpret<f32>(b);
      const product = x * y;
      const magnitude = abs(product);
      if (magnitude > MINIMUM_NORMAL && magnitude <= MAXIMUM) {
        if (!Flags.inexact() && (x as f64) * (y as f64) != (product as f64)) Flags.raise(NX);
        return reinterpret<u32>(product);
      }
    }
    return Arithmetic.multiply(Box.widen(a), Box.widen(b), rm, SINGLE) as u32;
  }

  @inline
  static div(a: u32, b: u32, rm: i32): u32 {
    if (rm == RNE) {
      const dividend = reinterpret<f32>(a);
      const divisor = reinterpret<f32>(b);
      const quotient = dividend / divisor;
      const magnitude = abs(quotient);
      if (magnitude > MINIMUM_NORMAL && magnitude <= MAXIMUM) {
        if (!Flags.inexact() && (quotient as f64) * (divisor as f64) != (dividend as f64)) Flags.raise(NX);
        return reinterpret<u32>(quotient);
      }
    }
    return Arithmetic.divide(Box.widen(a), Box.widen(b), rm, SINGLE) as u32;
  }

  @inline
  static sqrt(a: u32, rm: i32): u32 {
    if (rm == RNE) {
      const radicand = reinterpret<f32>(a);
      if (radicand >= MINIMUM_NORMAL && radicand <= MAXIMUM) {
        const root = sqrt(radicand);
        if (!Flags.inexact() && (root as f64) * (root as f64) != (radicand as f64)) Flags.raise(NX);
        return reinterpret<u32>(root);
      }
    }
    return Arithmetic.squareRoot(Box.widen(a), rm, SINGLE) as u32;
  }

  /** a * b + c. fmsub, fnmsub and fnmadd are this with the sign bit of a or c (or both) flipped by the caller. */
  @inline
  static madd(a: u32, b: u32, c: u32, rm: i32): u32 {
    if (rm == RNE) {
      const product = (reinterpret<f32>(a) as f64) * (reinterpret<f32>(b) as f64);
      const addend = reinterpret<f32>(c) as f64;
      const sum = product + addend;
      const part = sum - product;
      const error = product - (sum - part) + (addend - part);
      let bits = reinterpret<u64>(sum);
      // Move an even inexact sum one unit towards the exact value: away from zero if the error has the sum's sign.
      if (error != 0 && !(bits & 1)) bits += error > 0 == sum > 0 ? 1 : -1;
      const odd = reinterpret<f64>(bits);
      const result = odd as f32;
      const magnitude = abs(result);
      if (magnitude > MINIMUM_NORMAL && magnitude <= MAXIMUM) {
        if (error != 0 || (result as f64) != odd) Flags.raise(NX);
        return reinterpret<u32>(result);
      }
    }
    return Arithmetic.multiplyAdd(Box.widen(a), Box.widen(b), Box.widen(c), rm, SINGLE) as u32;
  }

  /** minimumNumber of IEEE 754-2019: a NaN loses against a number, -0 is below +0; NV for a signaling NaN only. */
  static min(a: u32, b: u32): u32 {
    return F32.minOrMax(a, b, F32.key(a) < F32.key(b));
  }

  /** maximumNumber of IEEE 754-2019. */
  static max(a: u32, b: u32): u32 {
    return F32.minOrMax(a, b, F32.key(a) > F32.key(b));
  }

  /** Integers in the order of the numbers, -0 directly below +0. */
  @inline
  private static key(bits: u32): i32 {
    return (bits as i32) < 0 ? (~(bits ^ SIGN32) as i32) : (bits as i32);
  }

  @inline
  private static minOrMax(a: u32, b: u32, first: bool): u32 {
    if (F32.isSignaling(a) || F32.isSignaling(b)) Flags.raise(NV);
    if (F32.isNaN(a)) return F32.isNaN(b) ? CANONICAL_NAN32 : b;
    if (F32.isNaN(b)) return a;
    return first ? a : b;
  }

  /** Quiet: NV for a signaling NaN only. */
  @inline
  static eq(a: u32, b: u32): bool {
    if (F32.isSignaling(a) || F32.isSignaling(b)) Flags.raise(NV);
    return reinterpret<f32>(a) == reinterpret<f32>(b);
  }

  /** Signaling: NV for any NaN. */
  @inline
  static lt(a: u32, b: u32): bool {
    if (F32.isNaN(a) || F32.isNaN(b)) Flags.raise(NV);
    return reinterpret<f32>(a) < reinterpret<f32>(b);
  }

  /** Signaling: NV for any NaN. */
  @inline
  static le(a: u32, b: u32): bool {
    if (F32.isNaN(a) || F32.isNaN(b)) Flags.raise(NV);
    return reinterpret<f32>(a) <= reinterpret<f32>(b);
  }

  /** The fclass.s mask: one bit set, numbered -inf, -normal, -subnormal, -0, +0, +subnormal, +normal, +inf, sNaN, qNaN. */
  static classify(a: u32): u64 {
    if (F32.isNaN(a)) return F32.isSignaling(a) ? 1 << 8 : 1 << 9;
    const negative = (a & SIGN32) != 0;
    const magnitude = a & ~SIGN32;
    if (magnitude == INFINITY32) return negative ? 1 << 0 : 1 << 7;
    if (magnitude & INFINITY32) return negative ? 1 << 1 : 1 << 6;
    if (magnitude == 0) return negative ? 1 << 3 : 1 << 4;
    return negative ? 1 << 2 : 1 << 5;
  }
}
