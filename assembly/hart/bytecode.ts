// The bytecode: numbers and shapes of the records that the hot loop executes. A record starts with a u16 opcode. Numbers below
// OP_COUNT are the instruction table's; the rest follow here.
//
//   8 bytes    [op][rd][rs1][rs2 or imm16]              register operands are byte offsets from X
//   16 bytes   ... [block u32][site u32]                a record that can trap, miss or be left: loads, stores, FP, checks
//   80 bytes   exits: [op][a][b][c][block][site][lanes 16][lanes 16][link][displacement][pipeline][cycles][extra 16]
//
// site: instruction's halfword in its page (11 bits), index in the block (bits 12-23), PENDING. Lanes are what the block has
// done when it is left here: instructions, loads, stores, branches; stall cycles load-use, muldiv, fp, branch.

import { OP_COUNT } from '../generated/isa.ts';

export const RECORD_A: usize = 2;
export const RECORD_B: usize = 4;
export const RECORD_C: usize = 6;
export const RECORD_WORD: usize = 4; // i32 over B and C
export const RECORD_BLOCK: usize = 8;
export const RECORD_SITE: usize = 12;
export const EXIT_LANES: usize = 16;
export const EXIT_LANES_TIMING: usize = 32;
export const EXIT_LINK: usize = 48; // record to go to, 0: not yet known
export const EXIT_DISPLACEMENT: usize = 52; // target, or return address, relative to the page
export const EXIT_PIPELINE: usize = 56;
export const EXIT_CYCLES: usize = 60;
export const EXIT_EXTRA: usize = 64;
/** Branches and jumps: part of the direction table's index, and the BTB way where the entry last was. */
export const EXIT_DIRECTION: usize = 72;
export const EXIT_WAY: usize = 76;
export const EXIT_BYTES: usize = 80;

/** Results are outstanding when this record executes: a penalty here changes the stalls that follow. */
export const SITE_PENDING: u32 = 0x8000_0000;

export const BC_LI: i32 = OP_COUNT; // rd = imm32
export const BC_MV: i32 = OP_COUNT + 1;
export const BC_NEXT: i32 = OP_COUNT + 2; // end of block, in sequence
export const BC_FETCH: i32 = OP_COUNT + 3; // [op][..][map index u32][block][site]
export const BC_STORE_CHECK: i32 = OP_COUNT + 4; // [op][size u8, stores u8][rs1][imm][block][site]
export const BC_LEAVE: i32 = OP_COUNT + 5; // leave the loop
export const BC_STALE: i32 = OP_COUNT + 6;
export const BC_SYNC: i32 = OP_COUNT + 7;
export const BC_ILLEGAL: i32 = OP_COUNT + 8; // exit; extra: instruction bits
export const BC_SYSTEM: i32 = OP_COUNT + 9; // exit; a: opcode, extra: instruction word
export const BC_FLOAT: i32 = OP_COUNT + 10; // 24 bytes: [op][opcode][..][block][site][word]
export const BC_AMO: i32 = OP_COUNT + 11; // 24 bytes: as BC_FLOAT
export const BC_MULDIV: i32 = OP_COUNT + 12; // exit with a latency that depends on the operands; a: opcode
export const BC_J: i32 = OP_COUNT + 13; // jal x0
export const BC_NEXT_FENCE: i32 = OP_COUNT + 14; // as BC_NEXT; extra: cycles that a fence there waits
/**
 * Fused pairs: the first record of two that follow each other directly carries the pair's opcode, the second stays as it is. One
 * dispatch less. Chosen by how often pairs are executed in compiled programs.
 */
export const BC_ADDI_BNE: i32 = OP_COUNT + 15;
export const BC_ADDI_BEQ: i32 = OP_COUNT + 16;
export const BC_ADD_BLTU: i32 = OP_COUNT + 17;
export const BC_ADDI_BGEU: i32 = OP_COUNT + 18;
export const BC_ADDI_BLT: i32 = OP_COUNT + 19;
export const BC_ADDI_BGE: i32 = OP_COUNT + 20;
export const BC_ADD_LW: i32 = OP_COUNT + 21;
export const BC_ADD_LD: i32 = OP_COUNT + 22;
export const BC_ADD_LBU: i32 = OP_COUNT + 23;
export const BC_ADD_LWU: i32 = OP_COUNT + 24;
export const BC_ADD_LHU: i32 = OP_COUNT + 25;
export const BC_SD_SD: i32 = OP_COUNT + 26;
export const BC_LD_LD: i32 = OP_COUNT + 27;
export const BC_FLD_FLD: i32 = OP_COUNT + 28;
export const BC_ADDI_J: i32 = OP_COUNT + 29;
export const BC_ADDI_JALR: i32 = OP_COUNT + 30;
export const BC_ANDI_SB: i32 = OP_COUNT + 31;
export const BC_ADDI_SW: i32 = OP_COUNT + 32;
export const BC_ADDI_ADDI: i32 = OP_COUNT + 33;
export const BC_ADDI_ADD: i32 = OP_COUNT + 34;
export const BC_ADD_ADDI: i32 = OP_COUNT + 35;
export const BC_ADD_ADD: i32 = OP_COUNT + 36;
export const BC_SLLI_ADD: i32 = OP_COUNT + 37;
export const BC_SLLI_XOR: i32 = OP_COUNT + 38;
export const BC_SRLI_XOR: i32 = OP_COUNT + 39;
export const BC_XOR_ANDI: i32 = OP_COUNT + 40;
export const BC_ANDI_SLLI: i32 = OP_COUNT + 41;
export const BC_SLLI_SRLI: i32 = OP_COUNT + 42;
export const BC_ADDIW_ANDI: i32 = OP_COUNT + 43;
export const BC_MV_MV: i32 = OP_COUNT + 44;
export const BC_LI_MV: i32 = OP_COUNT + 45;
export const BC_ADDI_MV: i32 = OP_COUNT + 46;
export const BC_ADDI_ADDIW: i32 = OP_COUNT + 47;
/** j and jal to another page. */
export const BC_J_FAR: i32 = OP_COUNT + 48;
export const BC_JAL_FAR: i32 = OP_COUNT + 49;
export const BC_COUNT: i32 = OP_COUNT + 50;

export const BLOCK_PHYSICAL: usize = 0; // RAM offset of the first instruction
export const BLOCK_KEY: usize = 4; // pipeline << 2 | ring << 1 | sequential
export const BLOCK_CHAIN: usize = 8; // next in the hash bucket
export const BLOCK_PAGE_CHAIN: usize = 12; // next of the same page
export const BLOCK_INSTRUCTIONS: usize = 16;
/** Upper half of the first instruction when it straddles the page's end, else 0. */
export const BLOCK_UPPER: usize = 20;
/** Offset of the first instruction in its page. */
export const BLOCK_START: usize = 24;
export const BLOCK_HEADER: usize = 32;
