// IEEE 754 arithmetic in integers, exact in every rounding mode: the "formatOf" operations of clause 5.4.1. Operands are
// always binary64 bit patterns (every binary32 number is one, see Box.widen), the result is rounded once, directly to
// the destination format. So there is one adder, one multiplier and so on for both F and D.
// Each operation forms the exact result, or one that lies strictly between the same two neighbouring values at a finer
// precision ("sticky"), and hands it to `round`, the only place that rounds. Tininess is detected after rounding, NaN
// results are canonical (RISC-V unprivileged manual, sections 20.3 and 20.5). No state but the accrued flags.

import { Binary64, CANONICAL_NAN64, INFINITY64, SIGN64 } from './binary64.ts';
import { Flags } from './flags.ts';
import { DZ, NV, NX, OF, RDN, RMM, RNE, RUP, UF } from './rounding.ts';
import { Wide } from './wide.ts';

/** Destination format: result bits in the lower half, upper half zero. */
export const SINGLE: bool = false;
export const DOUBLE: bool = true;

const LEADING: u64 = 1 << 62;

export class Arithmetic {
  /**
   * significand * 2^(exponent - 62) rounded to the format. The significand is in [2^62, 2^63), bit 0 sticky.
   * Raises NX, UF, OF.
   */
  static round(negative: bool, exponent: i32, significand: u64, rm: i32, double: bool): u64 {
    const spare: u64 = double ? 10 : 39;
    const fractionBits: u64 = double ? 52 : 23;
    const minimum = double ? -1022 : -126;
    const specialField: u64 = double ? 0x7ff : 0xff;
    const mask = ((1 as u64) << spare) - 1;
    const half = (1 as u64) << (spare - 1);
    const sign = u64(negative) << (double ? 63 : 31);

    let increment: u64 = 0;
    if (rm == RNE || rm == RMM) increment = half;
    else if (rm == (negative ? RDN : RUP)) increment = mask;

    let tiny = false;
    let field: u64 = 0;
    if (exponent < minimum) {
      tiny = exponent < minimum - 1 || significand + increment < LEADING << 1;
      significand = Wide.shiftRightJam(significand, minimum - exponent);
    } else {
      field = (exponent - minimum) as u64;
    }

    const lost = significand & mask;
    let kept = (significand + increment) >> spare;
    if (rm == RNE && lost == half) kept &= ~1;
    // The leading one is added to the field, as is a carry out of the fraction.
    const magnitude = (field << fractionBits) + kept;
    if (magnitude >= specialField << fractionBits) {
      Flags.raise(OF | NX);
      return sign | ((specialField << fractionBits) - u64(increment == 0));
    }
    if (lost) Flags.raise(tiny ? UF | NX : NX);
    return sign | magnitude;
  }

  @inline
  static nan(double: bool): u64 {
    return double ? CANONICAL_NAN64 : 0x7fc0_0000;
  }

  @inline
  static invalid(double: bool): u64 {
    Flags.raise(NV);
    return Arithmetic.nan(double);
  }

  @inline
  static infinity(negative: bool, double: bool): u64 {
    return double ? (u64(negative) << 63) | INFINITY64 : (u64(negative) << 31) | 0x7f80_0000;
  }

  @inline
  static zero(negative: bool, double: bool): u64 {
    return u64(negative) << (double ? 63 : 31);
  }

  /** Any binary64 value converted to the format. */
  static convert(a: u64, rm: i32, double: bool): u64 {
    const negative = (a & SIGN64) != 0;
    if (Binary64.isNaN(a)) return Binary64.isSignaling(a) ? Arithmetic.invalid(double) : Arithmetic.nan(double);
    if (Binary64.isInfinite(a)) return Arithmetic.infinity(negative, double);
    if (Binary64.isZero(a)) return Arithmetic.zero(negative, double);
    return Arithmetic.round(negative, Binary64.exponent(a), Binary64.significand(a), rm, double);
  }

  /** magnitude, negated if `negative`, converted to the format. */
  static fromInteger(negative: bool, magnitude: u64, rm: i32, double: bool): u64 {
    if (magnitude == 0) return 0;
    const shift = clz(magnitude) as i32;
    if (shift == 0) return Arithmetic.round(negative, 63, Wide.shiftRightJam(magnitude, 1), rm, double);
    return Arithmetic.round(negative, 63 - shift, magnitude << (shift - 1), rm, double);
  }

  static add(a: u64, b: u64, rm: i32, double: bool): u64 {
    if (Binary64.isSpecial(a) || Binary64.isSpecial(b)) {
      if (Binary64.isSignaling(a) || Binary64.isSignaling(b)) return Arithmetic.invalid(double);
      if (Binary64.isNaN(a) || Binary64.isNaN(b)) return Arithmetic.nan(double);
      if (!Binary64.isInfinite(b)) return Arithmetic.infinity((a & SIGN64) != 0, double);
      if (Binary64.isInfinite(a) && a != b) return Arithmetic.invalid(double);
      return Arithmetic.infinity((b & SIGN64) != 0, double);
    }
    if (Binary64.isZero(a)) {
      if (Binary64.isZero(b)) return Arithmetic.zero(a == b ? a != 0 : rm == RDN, double);
      return Arithmetic.convert(b, rm, double);
    }
    if (Binary64.isZero(b)) return Arithmetic.convert(a, rm, double);

    if ((a & ~SIGN64) < (b & ~SIGN64)) {
      const swap = a;
      a = b;
      b = swap;
    }
    const negative = (a & SIGN64) != 0;
    let exponent = Binary64.exponent(a);
    const larger = Binary64.significand(a);
    const smaller = Wide.shiftRightJam(Binary64.significand(b), exponent - Binary64.exponent(b));
    if (((a ^ b) & SIGN64) == 0) {
      const sum = larger + smaller;
      if (sum < LEADING << 1) return Arithmetic.round(negative, exponent, sum, rm, double);
      return Arithmetic.round(negative, exponent + 1, Wide.shiftRightJam(sum, 1), rm, double);
    }
    // Bits are lost from `smaller` only if it is more than 10 binades below; then at most one bit cancels.
    const difference = larger - smaller;
    if (difference == 0) return Arithmetic.zero(rm == RDN, double);
    const shift = (clz(difference) as i32) - 1;
    return Arithmetic.round(negative, exponent - shift, difference << shift, rm, double);
  }

  static multiply(a: u64, b: u64, rm: i32, double: bool): u64 {
    const negative = ((a ^ b) & SIGN64) != 0;
    if (Binary64.isSpecial(a) || Binary64.isSpecial(b)) {
      if (Binary64.isSignaling(a) || Binary64.isSignaling(b)) return Arithmetic.invalid(double);
      if (Binary64.isNaN(a) || Binary64.isNaN(b)) return Arithmetic.nan(double);
      if (Binary64.isZero(a) || Binary64.isZero(b)) return Arithmetic.invalid(double);
      return Arithmetic.infinity(negative, double);
    }
    if (Binary64.isZero(a) || Binary64.isZero(b)) return Arithmetic.zero(negative, double);
    // Leading ones at bit 63: the product of [2^126, 2^128) has its leading one at bit 62 or 63 of the upper half.
    const left = Binary64.significand(a) << 1;
    const right = Binary64.significand(b) << 1;
    let high = Wide.multiplyHigh(left, right) | u64(left * right != 0);
    let exponent = Binary64.exponent(a) + Binary64.exponent(b);
    if (high >= LEADING << 1) {
      high = Wide.shiftRightJam(high, 1);
      exponent++;
    }
    return Arithmetic.round(negative, exponent, high, rm, double);
  }

  /**
   * The host's quotient of the two significands (integers of 53 bits, exact as f64) is right to half a unit, so the
   * remainder is below 2^53 in magnitude and 64-bit wrap-around arithmetic gives it exactly. Its sign says on which side of
   * the 53-bit quotient the true one lies, which is all that rounding needs.
   */
  static divide(a: u64, b: u64, rm: i32, double: bool): u64 {
    const negative = ((a ^ b) & SIGN64) != 0;
    if (Binary64.isSpecial(a) || Binary64.isSpecial(b)) {
      if (Binary64.isSignaling(a) || Binary64.isSignaling(b)) return Arithmetic.invalid(double);
      if (Binary64.isNaN(a) || Binary64.isNaN(b)) return Arithmetic.nan(double);
      if (Binary64.isInfinite(b)) {
        return Binary64.isInfinite(a) ? Arithmetic.invalid(double) : Arithmetic.zero(negative, double);
      }
      return Arithmetic.infinity(negative, double);
    }
    if (Binary64.isZero(b)) {
      if (Binary64.isZero(a)) return Arithmetic.invalid(double);
      Flags.raise(DZ);
      return Arithmetic.infinity(negative, double);
    }
    if (Binary64.isZero(a)) return Arithmetic.zero(negative, double);

    const dividend = Binary64.significand(a) >> 10;
    const divisor = Binary64.significand(b) >> 10;
    const quotient = reinterpret<u64>((dividend as f64) / (divisor as f64));
    // quotient is in (1/2, 2): its value is significand * 2^(scale - 62), scale -1 or 0.
    const scale = Binary64.exponent(quotient);
    const significand = Binary64.significand(quotient);
    const remainder = ((dividend << (52 - scale)) - (significand >> 10) * divisor) as i64;
    return Arithmetic.roundNear(
      negative,
      Binary64.exponent(a) - Binary64.exponent(b) + scale,
      significand,
      remainder,
      rm,
      double,
    );
  }

  /** As `divide`: the host's root is right to half a unit, and the sign of the remainder a - root^2 completes it. */
  static squareRoot(a: u64, rm: i32, double: bool): u64 {
    if (Binary64.isNaN(a)) return Binary64.isSignaling(a) ? Arithmetic.invalid(double) : Arithmetic.nan(double);
    const negative = (a & SIGN64) != 0;
    if (Binary64.isZero(a)) return Arithmetic.zero(negative, double);
    if (negative) return Arithmetic.invalid(double);
    if (Binary64.isInfinite(a)) return Arithmetic.infinity(false, double);

    // radicand * 2^(even exponent), radicand an integer in [2^52, 2^54): the root is in [2^26, 2^27).
    const exponent = Binary64.exponent(a);
    const odd = exponent & 1;
    const radicand = Binary64.significand(a) >> (10 - odd);
    const root = Binary64.significand(reinterpret<u64>(sqrt(radicand as f64)));
    // (root >> 10)^2 is the root squared, scaled by 2^52.
    const remainder = ((radicand << 52) - (root >> 10) * (root >> 10)) as i64;
    return Arithmetic.roundNear(false, (exponent - odd) >> 1, root, remainder, rm, double);
  }

  /** Rounds a value within half a unit of a 53-bit significand; the remainder's sign says on which side of it. */
  private static roundNear(
    negative: bool,
    exponent: i32,
    significand: u64,
    remainder: i64,
    rm: i32,
    double: bool,
  ): u64 {
    if (remainder > 0) significand |= 1;
    if (remainder < 0) {
      significand--;
      if (significand < LEADING) {
        significand = (significand << 1) | 1;
        exponent--;
      }
    }
    return Arithmetic.round(negative, exponent, significand, rm, double);
  }

  /** a * b + c, rounded once. Infinity times zero is invalid even when c is a quiet NaN (manual, section 20.6). */
  static multiplyAdd(a: u64, b: u64, c: u64, rm: i32, double: bool): u64 {
    const productNegative = ((a ^ b) & SIGN64) != 0;
    const addendNegative = (c & SIGN64) != 0;
    if (Binary64.isSpecial(a) || Binary64.isSpecial(b) || Binary64.isSpecial(c)) {
      if (Binary64.isSignaling(a) || Binary64.isSignaling(b) || Binary64.isSignaling(c))
        return Arithmetic.invalid(double);
      if (Binary64.isNaN(a) || Binary64.isNaN(b)) return Arithmetic.nan(double);
      const infiniteProduct = Binary64.isInfinite(a) || Binary64.isInfinite(b);
      if (infiniteProduct) {
        if (Binary64.isZero(a) || Binary64.isZero(b)) return Arithmetic.invalid(double);
        if (Binary64.isInfinite(c) && productNegative != addendNegative) return Arithmetic.invalid(double);
      }
      if (Binary64.isNaN(c)) return Arithmetic.nan(double);
      return Arithmetic.infinity(infiniteProduct ? productNegative : addendNegative, double);
    }
    if (Binary64.isZero(a) || Binary64.isZero(b)) {
      if (!Binary64.isZero(c)) return Arithmetic.convert(c, rm, double);
      return Arithmetic.zero(productNegative == addendNegative ? productNegative : rm == RDN, double);
    }

    // high:low is the product, exact (it has 106 bits), leading one at bit 126.
    const left = Binary64.significand(a) << 1;
    const right = Binary64.significand(b) << 1;
    let high = Wide.multiplyHigh(left, right);
    let low = left * right;
    let exponent = Binary64.exponent(a) + Binary64.exponent(b);
    if (high >= LEADING << 1) {
      low = (high << 63) | (low >> 1);
      high >>= 1;
      exponent++;
    }
    if (Binary64.isZero(c)) return Arithmetic.round(productNegative, exponent, high | u64(low != 0), rm, double);

    let addendHigh = Binary64.significand(c);
    let addendLow: u64 = 0;
    const distance = exponent - Binary64.exponent(c);
    if (distance > 0) {
      addendLow = Wide.shiftRightJamLow(addendHigh, 0, distance);
      addendHigh = Wide.shiftRightHigh(addendHigh, distance);
    } else if (distance < 0) {
      exponent -= distance;
      low = Wide.shiftRightJamLow(high, low, -distance);
      high = Wide.shiftRightHigh(high, -distance);
    }

    if (productNegative == addendNegative) {
      low += addendLow;
      high += addendHigh + u64(low < addendLow);
      high |= u64(low != 0);
      if (high >= LEADING << 1) {
        high = Wide.shiftRightJam(high, 1);
        exponent++;
      }
      return Arithmetic.round(productNegative, exponent, high, rm, double);
    }

    // Bits were lost only from a value more than 20 binades below the other; then at most one bit cancels.
    let negative = productNegative;
    if (high > addendHigh || (high == addendHigh && low >= addendLow)) {
      const borrow = u64(low < addendLow);
      low -= addendLow;
      high -= addendHigh + borrow;
    } else {
      const borrow = u64(addendLow < low);
      low = addendLow - low;
      high = addendHigh - high - borrow;
      negative = addendNegative;
    }
    if (high == 0) {
      if (low == 0) return Arithmetic.zero(rm == RDN, double);
      if (low >= LEADING << 1) return Arithmetic.round(negative, exponent - 63, Wide.shiftRightJam(low, 1), rm, double);
      const shift = clz(low) - 1;
      return Arithmetic.round(negative, exponent - 64 - (shift as i32), low << shift, rm, double);
    }
    const shift = clz(high) - 1;
    if (shift) {
      high = (high << shift) | (low >> (64 - shift));
      low <<= shift;
    }
    return Arithmetic.round(negative, exponent - (shift as i32), high | u64(low != 0), rm, double);
  }
}
