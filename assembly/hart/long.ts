// Multiplication and division: the values (unprivileged manual, chapter "M"; division by zero and overflow do not trap).

import * as I from '../generated/isa.ts';
import * as L from '../layout.ts';
import { Pipeline } from '../timing/pipeline.ts';
import { Wide } from './softfloat/wide.ts';

export class Long {
  static compute(opcode: i32, a: u64, b: u64): u64 {
    switch (opcode) {
      case I.OP_MUL:
        return a * b;
      case I.OP_MULW:
        return ((a as i32) * (b as i32)) as u64;
      case I.OP_MULHU:
        return Wide.multiplyHigh(a, b);
      case I.OP_MULH: {
        let high = Wide.multiplyHigh(a, b);
        if ((a as i64) < 0) high -= b;
        if ((b as i64) < 0) high -= a;
        return high;
      }
      case I.OP_MULHSU: {
        const high = Wide.multiplyHigh(a, b);
        return (a as i64) < 0 ? high - b : high;
      }
      case I.OP_DIV:
        if (!b) return u64.MAX_VALUE;
        if (b == u64.MAX_VALUE) return 0 - a;
        return ((a as i64) / (b as i64)) as u64;
      case I.OP_DIVU:
        return b ? a / b : u64.MAX_VALUE;
      case I.OP_REM:
        if (!b) return a;
        if (b == u64.MAX_VALUE) return 0;
        return ((a as i64) % (b as i64)) as u64;
      case I.OP_REMU:
        return b ? a % b : a;
      case I.OP_DIVW: {
        const x = a as i32;
        const y = b as i32;
        if (!y) return u64.MAX_VALUE;
        if (y == -1) return (0 - x) as i32 as i64 as u64;
        return (x / y) as u64;
      }
      case I.OP_DIVUW: {
        const y = b as u32;
        return y ? (((a as u32) / y) as i32 as i64 as u64) : u64.MAX_VALUE;
      }
      case I.OP_REMW: {
        const x = a as i32;
        const y = b as i32;
        if (!y) return x as u64;
        if (y == -1) return 0;
        return (x % y) as u64;
      }
      case I.OP_REMUW: {
        const y = b as u32;
        return (y ? (a as u32) % y : (a as u32)) as i32 as i64 as u64;
      }
    }
    return 0;
  }

  /** Issue to use on these operands. */
  static latency(opcode: i32, a: u64, b: u64): i32 {
    return Pipeline.longLatency(opcode, a, b);
  }
}
