// Entry point of the stand-alone softfloat module that test/softfloat/ compares with QEMU; no part of the machine.
// Operations are numbered as in test/softfloat/operations.ts: 23 of F, the same 23 of D, fcvt.s.d, fcvt.d.s.

import { Arithmetic, DOUBLE, SINGLE } from './arithmetic.ts';
import { SIGN64 } from './binary64.ts';
import { Box } from './box.ts';
import { Convert } from './convert.ts';
import { F32 } from './f32.ts';
import { F64 } from './f64.ts';
import { Flags } from './flags.ts';

const SIGN32: u32 = 0x8000_0000;

function single(operation: i32, x: u64, y: u64, z: u64, rm: i32): u64 {
  const a = Box.unbox(x);
  const b = Box.unbox(y);
  const c = Box.unbox(z);
  switch (operation) {
    case 0:
      return Box.box(F32.add(a, b, rm));
    case 1:
      return Box.box(F32.sub(a, b, rm));
    case 2:
      return Box.box(F32.mul(a, b, rm));
    case 3:
      return Box.box(F32.div(a, b, rm));
    case 4:
      return Box.box(F32.sqrt(a, rm));
    case 5:
      return Box.box(F32.madd(a, b, c, rm));
    case 6:
      return Box.box(F32.madd(a, b, c ^ SIGN32, rm));
    case 7:
      return Box.box(F32.madd(a ^ SIGN32, b, c, rm));
    case 8:
      return Box.box(F32.madd(a ^ SIGN32, b, c ^ SIGN32, rm));
    case 9:
      return Box.box(F32.min(a, b));
    case 10:
      return Box.box(F32.max(a, b));
    case 11:
      return F32.eq(a, b) as u64;
    case 12:
      return F32.lt(a, b) as u64;
    case 13:
      return F32.le(a, b) as u64;
    case 14:
      return F32.classify(a);
    case 15:
      return Convert.f32ToI32(a, rm) as u64;
    case 16:
      return Convert.f32ToU32(a, rm) as u64;
    case 17:
      return Convert.f32ToI64(a, rm) as u64;
    case 18:
      return Convert.f32ToU64(a, rm);
    case 19:
      return Box.box(Convert.i32ToF32(x as i32, rm));
    case 20:
      return Box.box(Convert.u32ToF32(x as u32, rm));
    case 21:
      return Box.box(Convert.i64ToF32(x as i64, rm));
    case 22:
      return Box.box(Convert.u64ToF32(x, rm));
    default:
      return unreachable();
  }
}

function double(operation: i32, a: u64, b: u64, c: u64, rm: i32): u64 {
  switch (operation) {
    case 0:
      return F64.add(a, b, rm);
    case 1:
      return F64.sub(a, b, rm);
    case 2:
      return F64.mul(a, b, rm);
    case 3:
      return F64.div(a, b, rm);
    case 4:
      return F64.sqrt(a, rm);
    case 5:
      return F64.madd(a, b, c, rm);
    case 6:
      return F64.madd(a, b, c ^ SIGN64, rm);
    case 7:
      return F64.madd(a ^ SIGN64, b, c, rm);
    case 8:
      return F64.madd(a ^ SIGN64, b, c ^ SIGN64, rm);
    case 9:
      return F64.min(a, b);
    case 10:
      return F64.max(a, b);
    case 11:
      return F64.eq(a, b) as u64;
    case 12:
      return F64.lt(a, b) as u64;
    case 13:
      return F64.le(a, b) as u64;
    case 14:
      return F64.classify(a);
    case 15:
      return Convert.f64ToI32(a, rm) as u64;
    case 16:
      return Convert.f64ToU32(a, rm) as u64;
    case 17:
      return Convert.f64ToI64(a, rm) as u64;
    case 18:
      return Convert.f64ToU64(a, rm);
    case 19:
      return Convert.i32ToF64(a as i32);
    case 20:
      return Convert.u32ToF64(a as u32);
    case 21:
      return Convert.i64ToF64(a as i64, rm);
    case 22:
      return Convert.u64ToF64(a, rm);
    case 23:
      return Box.box(Convert.f64ToF32(a, rm));
    case 24:
      return Convert.f32ToF64(Box.unbox(a));
    default:
      return unreachable();
  }
}

/** The arithmetic operations (0 to 8) in integers only, whatever the rounding mode. */
function integerOnly(operation: i32, a: u64, b: u64, c: u64, rm: i32, format: bool): u64 {
  switch (operation) {
    case 0:
      return Arithmetic.add(a, b, rm, format);
    case 1:
      return Arithmetic.add(a, b ^ SIGN64, rm, format);
    case 2:
      return Arithmetic.multiply(a, b, rm, format);
    case 3:
      return Arithmetic.divide(a, b, rm, format);
    case 4:
      return Arithmetic.squareRoot(a, rm, format);
    case 5:
      return Arithmetic.multiplyAdd(a, b, c, rm, format);
    case 6:
      return Arithmetic.multiplyAdd(a, b, c ^ SIGN64, rm, format);
    case 7:
      return Arithmetic.multiplyAdd(a ^ SIGN64, b, c, rm, format);
    case 8:
      return Arithmetic.multiplyAdd(a ^ SIGN64, b, c ^ SIGN64, rm, format);
    default:
      return unreachable();
  }
}

/**
 * Executes `count` cases of 32 bytes {u32 operation, u32 fcsr, u64 a, b, c} into results of 16 bytes {u64 value, u64 fflags}.
 * `withHost` false keeps the host's operations out of the arithmetic.
 */
export function runBatch(count: i32, cases: usize, results: usize, withHost: bool): void {
  for (let i = 0; i < count; i++) {
    const operation = load<i32>(cases);
    const fcsr = load<u32>(cases, 4);
    const a = load<u64>(cases, 8);
    const b = load<u64>(cases, 16);
    const c = load<u64>(cases, 24);
    const rm = (fcsr >> 5) as i32;
    Flags.set(fcsr & 31);
    let value: u64;
    if (operation < 23) {
      if (withHost || operation > 8) value = single(operation, a, b, c, rm);
      else {
        const x = Box.widen(Box.unbox(a));
        const y = Box.widen(Box.unbox(b));
        const z = Box.widen(Box.unbox(c));
        value = Box.box(integerOnly(operation, x, y, z, rm, SINGLE) as u32);
      }
    } else {
      if (withHost || operation > 23 + 8) value = double(operation - 23, a, b, c, rm);
      else value = integerOnly(operation - 23, a, b, c, rm, DOUBLE);
    }
    store<u64>(results, value);
    store<u64>(results, Flags.get(), 8);
    cases += 32;
    results += 16;
  }
}
