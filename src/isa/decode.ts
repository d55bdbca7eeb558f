/*
 * Which row of the instruction table a 32-bit word belongs to, for host-side tools (disassembler, tests).
 * The machine has its own decoder, generated from the same rows.
 */

import type { Instruction } from './instruction.ts';
import { INSTRUCTIONS } from './instructions.ts';

const BY_MAJOR_OPCODE: readonly (readonly Instruction[])[] = Array.from({ length: 128 }, (_, opcode) =>
  INSTRUCTIONS.filter((row) => (row.match & 0x7f) === opcode),
);

export function findInstruction(word: number): Instruction | undefined {
  return BY_MAJOR_OPCODE[word & 0x7f]!.find((row) => (word & row.mask) >>> 0 === row.match);
}
