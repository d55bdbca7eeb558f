// The F and D instructions but loads and stores: operands from the register file, softfloat, result back. A 32-bit value in an f
// register is NaN-boxed; everything else in it reads as the canonical NaN.

import * as I from '../generated/isa.ts';
import * as L from '../layout.ts';
import { Box } from './softfloat/box.ts';
import { Convert } from './softfloat/convert.ts';
import { F32 } from './softfloat/f32.ts';
import { F64 } from './softfloat/f64.ts';

const SIGN32: u32 = 0x8000_0000;
const SIGN64: u64 = 0x8000_0000_0000_0000;

export class Float {
  @inline
  private static d(register: u32): u64 {
    return load<u64>(L.F + ((register as usize) << 3));
  }

  @inline
  private static s(register: u32): u32 {
    return Box.unbox(load<u64>(L.F + ((register as usize) << 3)));
  }

  @inline
  private static x(register: u32): u64 {
    return load<u64>(L.X + ((register as usize) << 3));
  }

  @inline
  private static setD(register: u32, value: u64): void {
    store<u64>(L.F + ((register as usize) << 3), value);
  }

  @inline
  private static setS(register: u32, value: u32): void {
    store<u64>(L.F + ((register as usize) << 3), Box.box(value));
  }

  @inline
  private static setX(register: u32, value: u64): void {
    if (register) store<u64>(L.X + ((register as usize) << 3), value);
  }

  /** Whether the row has a rounding mode field. */
  @inline
  private static rounds(timing: i32): bool {
    return (
      (timing >= I.TIMING_FP_ADD_S && timing <= I.TIMING_FP_SQRT_D) ||
      (timing >= I.TIMING_FP_CONVERT_INT_TO_FP && timing <= I.TIMING_FP_CONVERT_FP_TO_FP)
    );
  }

  /** Executes; false if the instruction is illegal: FP off, or a reserved rounding mode. */
  static execute(opcode: i32, word: u32): bool {
    if (!load<u32>(L.FP_STATUS)) return false;
    let rm = ((word >> 12) & 7) as i32;
    if (Float.rounds(I.Isa.timingClass(opcode))) {
      if (rm == 7) rm = load<i32>(L.FRM);
      if (rm > 4) return false;
    }
    store<u32>(L.FP_STATUS, 3);
    const rd = (word >> 7) & 31;
    const a = (word >> 15) & 31;
    const b = (word >> 20) & 31;
    const c = word >> 27;
    switch (opcode) {
      case I.OP_FMADD_S:
        Float.setS(rd, F32.madd(Float.s(a), Float.s(b), Float.s(c), rm));
        break;
      case I.OP_FMSUB_S:
        Float.setS(rd, F32.madd(Float.s(a), Float.s(b), Float.s(c) ^ SIGN32, rm));
        break;
      case I.OP_FNMSUB_S:
        Float.setS(rd, F32.madd(Float.s(a) ^ SIGN32, Float.s(b), Float.s(c), rm));
        break;
      case I.OP_FNMADD_S:
        Float.setS(rd, F32.madd(Float.s(a) ^ SIGN32, Float.s(b), Float.s(c) ^ SIGN32, rm));
        break;
      case I.OP_FADD_S:
        Float.setS(rd, F32.add(Float.s(a), Float.s(b), rm));
        break;
      case I.OP_FSUB_S:
        Float.setS(rd, F32.sub(Float.s(a), Float.s(b), rm));
        break;
      case I.OP_FMUL_S:
        Float.setS(rd, F32.mul(Float.s(a), Float.s(b), rm));
        break;
      case I.OP_FDIV_S:
        Float.setS(rd, F32.div(Float.s(a), Float.s(b), rm));
        break;
      case I.OP_FSQRT_S:
        Float.setS(rd, F32.sqrt(Float.s(a), rm));
        break;
      case I.OP_FSGNJ_S:
        Float.setS(rd, (Float.s(a) & ~SIGN32) | (Float.s(b) & SIGN32));
        break;
      case I.OP_FSGNJN_S:
        Float.setS(rd, (Float.s(a) & ~SIGN32) | (~Float.s(b) & SIGN32));
        break;
      case I.OP_FSGNJX_S:
        Float.setS(rd, Float.s(a) ^ (Float.s(b) & SIGN32));
        break;
      case I.OP_FMIN_S:
        Float.setS(rd, F32.min(Float.s(a), Float.s(b)));
        break;
      case I.OP_FMAX_S:
        Float.setS(rd, F32.max(Float.s(a), Float.s(b)));
        break;
      case I.OP_FLE_S:
        Float.setX(rd, F32.le(Float.s(a), Float.s(b)) ? 1 : 0);
        break;
      case I.OP_FLT_S:
        Float.setX(rd, F32.lt(Float.s(a), Float.s(b)) ? 1 : 0);
        break;
      case I.OP_FEQ_S:
        Float.setX(rd, F32.eq(Float.s(a), Float.s(b)) ? 1 : 0);
        break;
      case I.OP_FCVT_W_S:
        Float.setX(rd, Convert.f32ToI32(Float.s(a), rm) as u64);
        break;
      case I.OP_FCVT_WU_S:
        Float.setX(rd, Convert.f32ToU32(Float.s(a), rm) as u64);
        break;
      case I.OP_FCVT_L_S:
        Float.setX(rd, Convert.f32ToI64(Float.s(a), rm) as u64);
        break;
      case I.OP_FCVT_LU_S:
        Float.setX(rd, Convert.f32ToU64(Float.s(a), rm));
        break;
      case I.OP_FCVT_S_W:
        Float.setS(rd, Convert.i32ToF32(Float.x(a) as i32, rm));
        break;
      case I.OP_FCVT_S_WU:
        Float.setS(rd, Convert.u32ToF32(Float.x(a) as u32, rm));
        break;
      case I.OP_FCVT_S_L:
        Float.setS(rd, Convert.i64ToF32(Float.x(a) as i64, rm));
        break;
      case I.OP_FCVT_S_LU:
        Float.setS(rd, Convert.u64ToF32(Float.x(a), rm));
        break;
      case I.OP_FMV_X_W:
        Float.setX(rd, Float.d(a) as i32 as i64 as u64);
        break;
      case I.OP_FCLASS_S:
        Float.setX(rd, F32.classify(Float.s(a)));
        break;
      case I.OP_FMV_W_X:
        Float.setS(rd, Float.x(a) as u32);
        break;
      case I.OP_FMADD_D:
        Float.setD(rd, F64.madd(Float.d(a), Float.d(b), Float.d(c), rm));
        break;
      case I.OP_FMSUB_D:
        Float.setD(rd, F64.madd(Float.d(a), Float.d(b), Float.d(c) ^ SIGN64, rm));
        break;
      case I.OP_FNMSUB_D:
        Float.setD(rd, F64.madd(Float.d(a) ^ SIGN64, Float.d(b), Float.d(c), rm));
        break;
      case I.OP_FNMADD_D:
        Float.setD(rd, F64.madd(Float.d(a) ^ SIGN64, Float.d(b), Float.d(c) ^ SIGN64, rm));
        break;
      case I.OP_FADD_D:
        Float.setD(rd, F64.add(Float.d(a), Float.d(b), rm));
        break;
      case I.OP_FSUB_D:
        Float.setD(rd, F64.sub(Float.d(a), Float.d(b), rm));
        break;
      case I.OP_FMUL_D:
        Float.setD(rd, F64.mul(Float.d(a), Float.d(b), rm));
        break;
      case I.OP_FDIV_D:
        Float.setD(rd, F64.div(Float.d(a), Float.d(b), rm));
        break;
      case I.OP_FSQRT_D:
        Float.setD(rd, F64.sqrt(Float.d(a), rm));
        break;
      case I.OP_FSGNJ_D:
        Float.setD(rd, (Float.d(a) & ~SIGN64) | (Float.d(b) & SIGN64));
        break;
      case I.OP_FSGNJN_D:
        Float.setD(rd, (Float.d(a) & ~SIGN64) | (~Float.d(b) & SIGN64));
        break;
      case I.OP_FSGNJX_D:
        Float.setD(rd, Float.d(a) ^ (Float.d(b) & SIGN64));
        break;
      case I.OP_FMIN_D:
        Float.setD(rd, F64.min(Float.d(a), Float.d(b)));
        break;
      case I.OP_FMAX_D:
        Float.setD(rd, F64.max(Float.d(a), Float.d(b)));
        break;
      case I.OP_FLE_D:
        Float.setX(rd, F64.le(Float.d(a), Float.d(b)) ? 1 : 0);
        break;
      case I.OP_FLT_D:
        Float.setX(rd, F64.lt(Float.d(a), Float.d(b)) ? 1 : 0);
        break;
      case I.OP_FEQ_D:
        Float.setX(rd, F64.eq(Float.d(a), Float.d(b)) ? 1 : 0);
        break;
      case I.OP_FCVT_W_D:
        Float.setX(rd, Convert.f64ToI32(Float.d(a), rm) as u64);
        break;
      case I.OP_FCVT_WU_D:
        Float.setX(rd, Convert.f64ToU32(Float.d(a), rm) as u64);
        break;
      case I.OP_FCVT_L_D:
        Float.setX(rd, Convert.f64ToI64(Float.d(a), rm) as u64);
        break;
      case I.OP_FCVT_LU_D:
        Float.setX(rd, Convert.f64ToU64(Float.d(a), rm));
        break;
      case I.OP_FCVT_D_W:
        Float.setD(rd, Convert.i32ToF64(Float.x(a) as i32));
        break;
      case I.OP_FCVT_D_WU:
        Float.setD(rd, Convert.u32ToF64(Float.x(a) as u32));
        break;
      case I.OP_FCVT_D_L:
        Float.setD(rd, Convert.i64ToF64(Float.x(a) as i64, rm));
        break;
      case I.OP_FCVT_D_LU:
        Float.setD(rd, Convert.u64ToF64(Float.x(a), rm));
        break;
      case I.OP_FMV_X_D:
        Float.setX(rd, Float.d(a));
        break;
      case I.OP_FCLASS_D:
        Float.setX(rd, F64.classify(Float.d(a)));
        break;
      case I.OP_FMV_D_X:
        Float.setD(rd, Float.x(a));
        break;
      case I.OP_FCVT_S_D:
        Float.setS(rd, Convert.f64ToF32(Float.d(a), rm));
        break;
      case I.OP_FCVT_D_S:
        Float.setD(rd, Convert.f32ToF64(Float.s(a)));
        break;
    }
    return true;
  }
}
