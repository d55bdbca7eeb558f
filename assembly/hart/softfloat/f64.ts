// The D extension's operations on binary64 bit patterns: result returned, flags accrued. Each tries the host's operation
// and falls back to `Arithmetic`.
//
// Why the fast paths are exact. WebAssembly's f64 operations are IEEE 754 with round-to-nearest-even; only its NaNs are
// not ours. With rm = RNE a finite, non-NaN host result is therefore the right result, and OF, DZ, NV are not raised
// (a finite result means finite operands, but for x / infinity, which is 0 and excluded by the range test below). UF and NX remain:
// - add, sub: a sum of binary64 numbers is a multiple of 2^-1074, so a sum that is below 2^-1022 is exact: never UF.
//   NX: the error term of Knuth's TwoSum is exact (no overflow: |result| < 2^1023) and is zero iff the sum is exact.
// - mul, div: |result| > 2^-1022 means that the exact value, rounded with unbounded exponent, was not below 2^-1022 either:
//   not tiny, no UF. The product is exact iff its odd significand fits 53 bits. The quotient is exact iff quotient times
//   divisor is exactly the dividend.
// - sqrt of a normal number is normal: no UF. Exact iff its square is exactly the operand.
// When NX has already accrued, only the range test is left. For madd see there.

import { Arithmetic, DOUBLE } from './arithmetic.ts';
import { Binary64, CANONICAL_NAN64, SIGN64 } from './binary64.ts';
import { Flags } from './flags.ts';
import { NV, NX, RNE } from './rounding.ts';

const MINIMUM_NORMAL: f64 = 2.2250738585072014e-308; // 2^-1022
const MAXIMUM: f64 = f64.MAX_VALUE;
const TWO_TO_53: u64 = 0x20_0000_0000_0000;
const TWO_TO_MINUS_900: f64 = 1.1830521861667747e-271;
const TWO_TO_1023: f64 = 8.98846567431158e307;

export class F64 {
  @inline
  static add(a: u64, b: u64, rm: i32): u64 {
    if (rm == RNE) {
      const x = reinterpret<f64>(a);
      const y = reinterpret<f64>(b);
      const sum = x + y;
      if (abs(sum) < TWO_TO_1023) {
        if (!Flags.inexact()) {
          const part = sum - x;
          if (x - (sum - part) + (y - part) != 0) Flags.raise(NX);
        }
        return reinterpret<u64>(sum);
      }
    }
    return Arithmetic.add(a, b, rm, DOUBLE);
  }

  @inline
  static sub(a: u64, b: u64, rm: i32): u64 {
    return F64.add(a, b ^ SIGN64, rm);
  }

  @inline
  static mul(a: u64, b: u64, rm: i32): u64 {
    if (rm == RNE) {
      const product = reinterpret<f64>(a) * reinterpret<f64>(b);
      const magnitude = abs(product);
      if (magnitude > MINIMUM_NORMAL && magnitude <= MAXIMUM) {
        if (!Flags.inexact() && !F64.productIsExact(a, b)) Flags.raise(NX);
        return reinterpret<u64>(product);
      }
    }
    return Arithmetic.multiply(a, b, rm, DOUBLE);
  }

  @inline
  static div(a: u64, b: u64, rm: i32): u64 {
    if (rm == RNE) {
      const dividend = reinterpret<f64>(a);
      const divisor = reinterpret<f64>(b);
      const quotient = dividend / divisor;
      const magnitude = abs(quotient);
      if (magnitude > MINIMUM_NORMAL && magnitude <= MAXIMUM) {
        const bits = reinterpret<u64>(quotient);
        if (Flags.inexact()) return bits;
        if (abs(dividend) >= MINIMUM_NORMAL) {
          if (!F64.productIsExact(bits, b) || quotient * divisor != dividend) Flags.raise(NX);
          return bits;
        }
      }
    }
    return Arithmetic.divide(a, b, rm, DOUBLE);
  }

  @inline
  static sqrt(a: u64, rm: i32): u64 {
    if (rm == RNE) {
      const radicand = reinterpret<f64>(a);
      if (radicand >= MINIMUM_NORMAL && radicand <= MAXIMUM) {
        const root = sqrt(radicand);
        const bits = reinterpret<u64>(root);
        if (!Flags.inexact() && (!F64.productIsExact(bits, bits) || root * root != radicand)) Flags.raise(NX);
        return bits;
      }
    }
    return Arithmetic.squareRoot(a, rm, DOUBLE);
  }

  /**
   * a * b + c. fmsub, fnmsub and fnmadd are this with the sign bit of a or c (or both) flipped by the caller.
   *
   * The host has no fused operation; the fast path puts one together from exact pieces, rounding to nearest:
   *   product + productError = a * b    sum + sumError = product + c    (both exactly)
   *   rest = sumError + productError    result = sum + rest             (both rounded)
   *   lost = rest - (result - sum)                                      (exactly, as |rest| <= |sum| / 8)
   * Rounding `rest` can only mislead the second rounding if it moves sum + rest onto or off a midpoint of two neighbouring
   * numbers. Midpoint - sum is representable (both are multiples of half a unit of the result, and it is small), and
   * rounding is monotonic, so it may move onto a midpoint, never across one; then `lost` is a power of two. Such cases, and
   * those whose exactness this does not tell, go to `Arithmetic`.
   */
  static madd(a: u64, b: u64, c: u64, rm: i32): u64 {
    if (rm == RNE) {
      const product = reinterpret<f64>(a) * reinterpret<f64>(b);
      const addend = reinterpret<f64>(c);
      const sum = product + addend;
      const normal = Binary64.exponentField(a) != 0 && Binary64.exponentField(b) != 0;
      if (normal && abs(product) > TWO_TO_MINUS_900 && abs(sum) < TWO_TO_1023) {
        const part = sum - product;
        const sumError = product - (sum - part) + (addend - part);
        const rest = sumError + F64.productError(a, b, reinterpret<u64>(product));
        if (rest == 0) return reinterpret<u64>(sum);
        const result = sum + rest;
        const lost = sum - result + rest;
        const magnitude = abs(result);
        const decided = reinterpret<u64>(lost) << 12 != 0 || (lost == 0 && Flags.inexact());
        if (decided && abs(rest) * 8 <= abs(sum) && magnitude > MINIMUM_NORMAL && magnitude <= MAXIMUM) {
          if (lost != 0) Flags.raise(NX);
          return reinterpret<u64>(result);
        }
      }
    }
    return Arithmetic.multiplyAdd(a, b, c, rm, DOUBLE);
  }

  /**
   * a * b - product, exactly, for normal a and b and their rounded product above 2^-900. In integers: the error is below
   * half a unit of the product, 2^53, so that wrap-around 64-bit arithmetic on the significands gives it.
   */
  @inline
  private static productError(a: u64, b: u64, product: u64): f64 {
    const fields = Binary64.exponentField(a) + Binary64.exponentField(b);
    const exact = (Binary64.significand(a) >> 10) * (Binary64.significand(b) >> 10);
    const shift = Binary64.exponentField(product) - fields + 1075;
    const error = (exact - ((Binary64.significand(product) >> 10) << shift)) as i64;
    // A unit of `exact` is 2^(fields - 2150).
    const unit = (((fields - 1127) as u64) << 52) | ((a ^ b) & SIGN64);
    return (error as f64) * reinterpret<f64>(unit);
  }

  /** Whether the product of two non-zero finite numbers needs no more than 53 significant bits. */
  private static productIsExact(a: u64, b: u64): bool {
    const left = Binary64.oddSignificand(a);
    const right = Binary64.oddSignificand(b);
    // m bits times n bits are m + n - 1 or m + n bits; the product below is computed only if it cannot wrap.
    return clz(left) + clz(right) >= 128 - 54 && left * right < TWO_TO_53;
  }

  /** minimumNumber of IEEE 754-2019: a NaN loses against a number, -0 is below +0; NV for a signaling NaN only. */
  static min(a: u64, b: u64): u64 {
    return F64.minOrMax(a, b, F64.key(a) < F64.key(b));
  }

  /** maximumNumber of IEEE 754-2019. */
  static max(a: u64, b: u64): u64 {
    return F64.minOrMax(a, b, F64.key(a) > F64.key(b));
  }

  /** Integers in the order of the numbers, -0 directly below +0. */
  @inline
  private static key(bits: u64): i64 {
    return (bits as i64) < 0 ? (~(bits ^ SIGN64) as i64) : (bits as i64);
  }

  @inline
  private static minOrMax(a: u64, b: u64, first: bool): u64 {
    if (Binary64.isSignaling(a) || Binary64.isSignaling(b)) Flags.raise(NV);
    if (Binary64.isNaN(a)) return Binary64.isNaN(b) ? CANONICAL_NAN64 : b;
    if (Binary64.isNaN(b)) return a;
    return first ? a : b;
  }

  /** Quiet: NV for a signaling NaN only. */
  @inline
  static eq(a: u64, b: u64): bool {
    if (Binary64.isSignaling(a) || Binary64.isSignaling(b)) Flags.raise(NV);
    return reinterpret<f64>(a) == reinterpret<f64>(b);
  }

  /** Signaling: NV for any NaN. */
  @inline
  static lt(a: u64, b: u64): bool {
    if (Binary64.isNaN(a) || Binary64.isNaN(b)) Flags.raise(NV);
    return reinterpret<f64>(a) < reinterpret<f64>(b);
  }

  /** Signaling: NV for any NaN. */
  @inline
  static le(a: u64, b: u64): bool {
    if (Binary64.isNaN(a) || Binary64.isNaN(b)) Flags.raise(NV);
    return reinterpret<f64>(a) <= reinterpret<f64>(b);
  }

  /** The fclass.d mask: one bit set, numbered -inf, -normal, -subnormal, -0, +0, +subnormal, +normal, +inf, sNaN, qNaN. */
  static classify(a: u64): u64 {
    if (Binary64.isNaN(a)) return Binary64.isSignaling(a) ? 1 << 8 : 1 << 9;
    const negative = (a & SIGN64) != 0;
    if (Binary64.isInfinite(a)) return negative ? 1 << 0 : 1 << 7;
    if (Binary64.exponentField(a)) return negative ? 1 << 1 : 1 << 6;
    if (Binary64.isZero(a)) return negative ? 1 << 3 : 1 << 4;
    return negative ? 1 << 2 : 1 << 5;
  }
}
