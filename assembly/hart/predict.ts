// The hot loop's way to the branch predictor: what happened at an exit record, in the predictor's terms.

import * as I from '../generated/isa.ts';
import * as L from '../layout.ts';
import { Count } from '../timing/count.ts';
import { Predictor } from '../timing/predictor.ts';
import * as B from './bytecode.ts';

export class Predict {
  @inline
  static pc(ip: usize, page: i64): i64 {
    return page + (((load<u32>(ip, B.RECORD_SITE) & 0x7ff) << 1) as i64);
  }

  /** A conditional branch fell through: its penalty. */
  static notTaken(ip: usize, page: i64): i32 {
    return Predictor.branch(Predict.pc(ip, page), false, 0);
  }

  /** A branch was taken or a jump made: its penalty, counted. */
  static taken(ip: usize, page: i64): i32 {
    const pc = Predict.pc(ip, page);
    const target = page + (load<i32>(ip, B.EXIT_DISPLACEMENT) as i64);
    const opcode = load<u16>(ip) as i32;
    let penalty: i32;
    if (opcode == B.BC_J || opcode == I.OP_JAL) {
      const rd = load<u16>(ip, B.RECORD_B) as i32;
      const link = page + (load<i32>(ip, B.EXIT_EXTRA) as i64);
      penalty = Predictor.jump(pc, target, link, opcode == I.OP_JAL && (rd == 1 || rd == 5));
    } else {
      penalty = Predictor.branch(pc, true, target);
      if (penalty == load<i32>(L.P_MISPREDICT)) Count.add(L.COUNT_BRANCH_MISSES, 1);
    }
    if (penalty) Count.add(L.COUNT_BRANCH, penalty);
    return penalty;
  }

  static jumpRegister(ip: usize, page: i64, target: i64): i32 {
    const flags = load<u32>(ip, B.EXIT_EXTRA);
    const link = page + (load<i32>(ip, B.EXIT_DISPLACEMENT) as i64);
    const penalty = Predictor.jumpRegister(Predict.pc(ip, page), target, link, (flags & 1) != 0, (flags & 2) != 0);
    if (penalty) Count.add(L.COUNT_BRANCH, penalty);
    if (penalty == load<i32>(L.P_MISPREDICT)) Count.add(L.COUNT_BRANCH_MISSES, 1);
    return penalty;
  }
}
