// Which pairs of records are fused (bytecode.ts), and what a fused record's own opcode is.

import * as I from '../generated/isa.ts';
import * as B from './bytecode.ts';

export class Fuse {
  /** The opcode of the pair, or 0. */
  static pair(first: i32, second: i32): i32 {
    switch (first) {
      case I.OP_ADDI:
        if (second == I.OP_BNE) return B.BC_ADDI_BNE;
        if (second == I.OP_BEQ) return B.BC_ADDI_BEQ;
        if (second == I.OP_BGEU) return B.BC_ADDI_BGEU;
        if (second == I.OP_BLT) return B.BC_ADDI_BLT;
        if (second == I.OP_BGE) return B.BC_ADDI_BGE;
        if (second == B.BC_J) return B.BC_ADDI_J;
        if (second == I.OP_JALR) return B.BC_ADDI_JALR;
        if (second == I.OP_SW) return B.BC_ADDI_SW;
        if (second == I.OP_ADDI) return B.BC_ADDI_ADDI;
        if (second == I.OP_ADD) return B.BC_ADDI_ADD;
        if (second == B.BC_MV) return B.BC_ADDI_MV;
        if (second == I.OP_ADDIW) return B.BC_ADDI_ADDIW;
        break;
      case I.OP_ADD:
        if (second == I.OP_BLTU) return B.BC_ADD_BLTU;
        if (second == I.OP_LW) return B.BC_ADD_LW;
        if (second == I.OP_LD) return B.BC_ADD_LD;
        if (second == I.OP_LBU) return B.BC_ADD_LBU;
        if (second == I.OP_LWU) return B.BC_ADD_LWU;
        if (second == I.OP_LHU) return B.BC_ADD_LHU;
        if (second == I.OP_ADDI) return B.BC_ADD_ADDI;
        if (second == I.OP_ADD) return B.BC_ADD_ADD;
        break;
      case I.OP_SD:
        if (second == I.OP_SD) return B.BC_SD_SD;
        break;
      case I.OP_LD:
        if (second == I.OP_LD) return B.BC_LD_LD;
        break;
      case I.OP_FLD:
        if (second == I.OP_FLD) return B.BC_FLD_FLD;
        break;
      case I.OP_ANDI:
        if (second == I.OP_SB) return B.BC_ANDI_SB;
        if (second == I.OP_SLLI) return B.BC_ANDI_SLLI;
        break;
      case I.OP_SLLI:
        if (second == I.OP_ADD) return B.BC_SLLI_ADD;
        if (second == I.OP_XOR) return B.BC_SLLI_XOR;
        if (second == I.OP_SRLI) return B.BC_SLLI_SRLI;
        break;
      case I.OP_SRLI:
        if (second == I.OP_XOR) return B.BC_SRLI_XOR;
        break;
      case I.OP_XOR:
        if (second == I.OP_ANDI) return B.BC_XOR_ANDI;
        break;
      case I.OP_ADDIW:
        if (second == I.OP_ANDI) return B.BC_ADDIW_ANDI;
        break;
      case B.BC_MV:
        if (second == B.BC_MV) return B.BC_MV_MV;
        break;
      case B.BC_LI:
        if (second == B.BC_MV) return B.BC_LI_MV;
        break;
    }
    return 0;
  }

  /** The memory access that a record does itself: what Slow has to do. */
  static own(opcode: i32): i32 {
    switch (opcode) {
      case B.BC_LD_LD:
        return I.OP_LD;
      case B.BC_SD_SD:
        return I.OP_SD;
      case B.BC_FLD_FLD:
        return I.OP_FLD;
    }
    return opcode;
  }
}
