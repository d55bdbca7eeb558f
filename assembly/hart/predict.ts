// The hot loop's side of the branch predictor. What a correct prediction needs is inlined here: the direction table, the history, and
// a BTB entry that is where this exit record last saw it. The rest is timing/predictor.ts.

import * as L from '../layout.ts';
import { Count } from '../timing/count.ts';
import { BTB, BTB_ENTRY, BTB_PLRU, BTB_TOUCH, DIRECTION_TABLE, FOLDED, Predictor } from '../timing/predictor.ts';
import * as B from './bytecode.ts';

export class Predict {
  @inline
  static pc(ip: usize, page: i64): i64 {
    return page + (((load<u32>(ip, B.RECORD_SITE) & 0x7ff) << 1) as i64);
  }

  /** A conditional branch went `taken` after `history`: trains the direction table. Whether the table had said so. */
  @inline
  static direction(ip: usize, taken: u32, history: u32): bool {
    const folded = load<u16>((history as usize) << 1, FOLDED) as u32;
    const cell = DIRECTION_TABLE + ((load<u32>(ip, B.EXIT_DIRECTION) ^ load<u32>(L.PREDICT_PAGE) ^ folded) as usize);
    const counter = load<u8>(cell) as u32;
    store<u8>(cell, load<u8>(((counter << 1) | taken) as usize, L.PREDICT_NEXT));
    return counter >> 1 == taken;
  }

  /** The history after one more branch. */
  @inline
  static after(history: u32, taken: u32): u32 {
    return taken ? (history >> 1) | load<u32>(L.PREDICT_NEWEST) : history >> 1;
  }

  /** The BTB knows the transfer at this exit: its entry is touched. */
  @inline
  static known(ip: usize, page: i64): bool {
    const way = load<u32>(ip, B.EXIT_WAY) as usize;
    if (load<i64>(way * BTB_ENTRY, BTB) != Predict.pc(ip, page) >> 2) return false;
    const touch = way << 4;
    store<u64>(BTB_PLRU, (load<u64>(BTB_PLRU) & load<u64>(touch, BTB_TOUCH)) | load<u64>(touch, BTB_TOUCH + 8));
    return true;
  }

  /** A transfer that was predicted, or is a jump, and is not known at once: its penalty, counted. */
  static unknown(ip: usize, page: i64): i32 {
    const word = Predict.pc(ip, page) >> 2;
    const way = Predictor.find(word);
    if (way >= 0) {
      store<u32>(ip, way, B.EXIT_WAY);
      Predictor.touch(way);
      return 0;
    }
    const penalty = Predictor.found(word, page + (load<i32>(ip, B.EXIT_DISPLACEMENT) as i64));
    Count.add(L.COUNT_BRANCH, penalty);
    return penalty;
  }

  /** A branch fell through that was predicted taken: counts the penalty. The store buffer drains meanwhile. */
  static fellThrough(): void {
    Count.add(L.COUNT_BRANCH, load<i32>(L.P_MISPREDICT));
    Count.add(L.COUNT_BRANCH_MISSES, 1);
    store<u32>(L.STORE_ADDRESS_0, 0xffff_0000);
    store<u32>(L.STORE_ADDRESS_1, 0xffff_0000);
  }

  /** A taken branch that was predicted not taken: its penalty, counted. */
  static mispredicted(ip: usize, page: i64): i32 {
    const target = page + (load<i32>(ip, B.EXIT_DISPLACEMENT) as i64);
    const penalty = Predictor.correct(Predict.pc(ip, page) >> 2, target);
    Count.add(L.COUNT_BRANCH, penalty);
    Count.add(L.COUNT_BRANCH_MISSES, 1);
    return penalty;
  }

  static jumpRegister(ip: usize, page: i64, target: i64): i32 {
    const flags = load<u32>(ip, B.EXIT_EXTRA);
    const link = page + (load<i32>(ip, B.EXIT_DISPLACEMENT) as i64);
    const penalty = Predictor.jumpRegister(Predict.pc(ip, page), target, link, (flags & 1) != 0, (flags & 2) != 0);
    if (penalty) {
      Count.add(L.COUNT_BRANCH, penalty);
      if (penalty == load<i32>(L.P_MISPREDICT)) Count.add(L.COUNT_BRANCH_MISSES, 1);
    }
    return penalty;
  }
}
