// Conversions between formats, and between floating point and integers.
//
// To an integer: the host's nearest, trunc, floor and ceil are exact in binary64 (which holds every binary32), so the
// operand is first rounded to an integral value in its own format; the result is invalid if that value is out of the
// type's range, else inexact if it differs from the operand. Out of range, infinities and NaN saturate as in the RISC-V
// unprivileged manual, section 20.7 (table "Domains of float-to-integer conversions"): NaN as +infinity.
// Only NV is raised then, never NX.

import { Arithmetic, DOUBLE, SINGLE } from './arithmetic.ts';
import { Box } from './box.ts';
import { F32 } from './f32.ts';
import { Flags } from './flags.ts';
import { NV, NX, RDN, RMM, RNE, RTZ, RUP } from './rounding.ts';

const TWO_TO_63: f64 = 4294967296.0 * 2147483648.0;
const TWO_TO_64: f64 = 4294967296.0 * 4294967296.0;
const MINIMUM_NORMAL32: f64 = 1.1754943508222875e-38; // 2^-126
const MAXIMUM32: f64 = f32.MAX_VALUE;

export class Convert {
  /** Rounded to an integral value; x - trunc(x) is exact. */
  @inline
  private static integral(x: f64, rm: i32): f64 {
    if (rm == RTZ) return trunc(x);
    if (rm == RNE) return nearest(x);
    if (rm == RDN) return floor(x);
    if (rm == RUP) return ceil(x);
    const whole = trunc(x);
    return abs(x - whole) >= 0.5 ? whole + copysign<f64>(1, x) : whole;
  }

  @inline
  private static noteInexact(x: f64, whole: f64): void {
    if (whole != x) Flags.raise(NX);
  }

  /** fcvt.w.d; the 32-bit result sign-extended. */
  static f64ToI32(a: u64, rm: i32): i64 {
    const x = reinterpret<f64>(a);
    const whole = Convert.integral(x, rm);
    if (whole >= -2147483648.0 && whole <= 2147483647.0) {
      Convert.noteInexact(x, whole);
      return whole as i32 as i64;
    }
    Flags.raise(NV);
    return whole < 0 ? i32.MIN_VALUE : i32.MAX_VALUE;
  }

  /** fcvt.wu.d; the 32-bit result sign-extended, as the manual asks for unsigned words too. */
  static f64ToU32(a: u64, rm: i32): i64 {
    const x = reinterpret<f64>(a);
    const whole = Convert.integral(x, rm);
    if (whole >= 0 && whole <= 4294967295.0) {
      Convert.noteInexact(x, whole);
      return whole as u32 as i32 as i64;
    }
    Flags.raise(NV);
    return whole < 0 ? 0 : -1;
  }

  /** fcvt.l.d */
  static f64ToI64(a: u64, rm: i32): i64 {
    const x = reinterpret<f64>(a);
    const whole = Convert.integral(x, rm);
    if (whole >= -TWO_TO_63 && whole < TWO_TO_63) {
      Convert.noteInexact(x, whole);
      return whole as i64;
    }
    Flags.raise(NV);
    return whole < 0 ? i64.MIN_VALUE : i64.MAX_VALUE;
  }

  /** fcvt.lu.d */
  static f64ToU64(a: u64, rm: i32): u64 {
    const x = reinterpret<f64>(a);
    const whole = Convert.integral(x, rm);
    if (whole >= 0 && whole < TWO_TO_64) {
      Convert.noteInexact(x, whole);
      return whole as u64;
    }
    Flags.raise(NV);
    return whole < 0 ? 0 : u64.MAX_VALUE;
  }

  /** fcvt.w.s */
  @inline
  static f32ToI32(a: u32, rm: i32): i64 {
    return Convert.f64ToI32(Box.widen(a), rm);
  }

  /** fcvt.wu.s */
  @inline
  static f32ToU32(a: u32, rm: i32): i64 {
    return Convert.f64ToU32(Box.widen(a), rm);
  }

  /** fcvt.l.s */
  @inline
  static f32ToI64(a: u32, rm: i32): i64 {
    return Convert.f64ToI64(Box.widen(a), rm);
  }

  /** fcvt.lu.s */
  @inline
  static f32ToU64(a: u32, rm: i32): u64 {
    return Convert.f64ToU64(Box.widen(a), rm);
  }

  /** fcvt.d.w: always exact. */
  @inline
  static i32ToF64(a: i32): u64 {
    return reinterpret<u64>(a as f64);
  }

  /** fcvt.d.wu: always exact. */
  @inline
  static u32ToF64(a: u32): u64 {
    return reinterpret<u64>(a as f64);
  }

  /** fcvt.d.l; fast when the magnitude needs no more than 53 bits, which makes it exact in any rounding mode. */
  static i64ToF64(a: i64, rm: i32): u64 {
    const magnitude = (a < 0 ? 0 - a : a) as u64;
    if (magnitude >> 53 == 0) return reinterpret<u64>(a as f64);
    return Arithmetic.fromInteger(a < 0, magnitude, rm, DOUBLE);
  }

  /** fcvt.d.lu */
  static u64ToF64(a: u64, rm: i32): u64 {
    if (a >> 53 == 0) return reinterpret<u64>(a as f64);
    return Arithmetic.fromInteger(false, a, rm, DOUBLE);
  }

  /** fcvt.s.w */
  static i32ToF32(a: i32, rm: i32): u32 {
    return Convert.i64ToF32(a as i64, rm);
  }

  /** fcvt.s.wu */
  static u32ToF32(a: u32, rm: i32): u32 {
    return Convert.u64ToF32(a as u64, rm);
  }

  /** fcvt.s.l; fast when the magnitude needs no more than 24 bits. */
  static i64ToF32(a: i64, rm: i32): u32 {
    const magnitude = (a < 0 ? 0 - a : a) as u64;
    if (magnitude >> 24 == 0) return reinterpret<u32>(a as f32);
    return Arithmetic.fromInteger(a < 0, magnitude, rm, SINGLE) as u32;
  }

  /** fcvt.s.lu */
  static u64ToF32(a: u64, rm: i32): u32 {
    if (a >> 24 == 0) return reinterpret<u32>(a as f32);
    return Arithmetic.fromInteger(false, a, rm, SINGLE) as u32;
  }

  /** fcvt.d.s: exact; a NaN becomes the canonical one. */
  @inline
  static f32ToF64(a: u32): u64 {
    if (F32.isNaN(a)) return Arithmetic.convert(Box.widen(a), RMM, DOUBLE);
    return reinterpret<u64>(reinterpret<f32>(a) as f64);
  }

  /** fcvt.s.d; the host's rounding serves when the result is normal (see f64.ts). */
  @inline
  static f64ToF32(a: u64, rm: i32): u32 {
    if (rm == RNE) {
      const wide = reinterpret<f64>(a);
      const narrow = wide as f32;
      const magnitude = abs(narrow as f64);
      if (magnitude > MINIMUM_NORMAL32 && magnitude <= MAXIMUM32) {
        if ((narrow as f64) != wide) Flags.raise(NX);
        return reinterpret<u32>(narrow);
      }
    }
    return Arithmetic.convert(a, rm, SINGLE) as u32;
  }
}
