// Machine code as it is being written: a growing list of 16-bit units, instructions encoded from the table in src/isa/.
// Position-independent by construction (all control flow is relative), so that pieces can be made first and placed later.

import { COMPRESSED_BY_MNEMONIC } from '../../src/isa/compressed.ts';
import { insertImmediate, insertRegister } from '../../src/isa/fields.ts';
import type { CompressedInstruction, Instruction } from '../../src/isa/instruction.ts';
import { INSTRUCTION_BY_MNEMONIC } from '../../src/isa/instructions.ts';

export interface Fields {
  rd?: number;
  rs1?: number;
  rs2?: number;
  rs3?: number;
  imm?: number;
  rm?: number;
  csr?: number;
  aqrl?: number;
}

export function encode(row: Instruction, fields: Fields): number {
  let word = row.match | ((fields.rd ?? 0) << 7) | ((fields.rs1 ?? 0) << 15) | ((fields.rs2 ?? 0) << 20);
  word |= ((fields.rs3 ?? 0) << 27) | ((fields.rm ?? 0) << 12) | ((fields.csr ?? 0) << 20) | ((fields.aqrl ?? 0) << 25);
  if (row.immediate !== undefined) word |= insertImmediate(fields.imm ?? 0, row.immediate);
  return word >>> 0;
}

export class Code {
  readonly halves: number[] = [];
  /** Instructions written. */
  count = 0;

  get bytes(): number {
    return this.halves.length * 2;
  }

  word(word: number): void {
    this.halves.push(word & 0xffff, word >>> 16);
    this.count++;
  }

  half(half: number): void {
    this.halves.push(half);
    this.count++;
  }

  append(other: Code): void {
    for (const half of other.halves) this.halves.push(half);
    this.count += other.count;
  }

  emit(mnemonic: string, fields: Fields): void {
    const row = INSTRUCTION_BY_MNEMONIC.get(mnemonic);
    if (row === undefined) throw new Error(`no instruction ${mnemonic}`);
    this.word(encode(row, fields));
  }

  /** A 16-bit instruction with an immediate and the register of its `rs1'` or `c.rd` field. */
  compressed(mnemonic: string, register: number | undefined, imm?: number): void {
    const row: CompressedInstruction = COMPRESSED_BY_MNEMONIC.get(mnemonic)!;
    let half = row.match;
    if (register !== undefined) half |= insertRegister(register, row.operands.includes("rs1'") ? "rs1'" : 'c.rd');
    if (imm !== undefined) half |= insertImmediate(imm, row.immediate!);
    this.half(half);
  }

  /** rd = value, any 32-bit signed value: lui and addiw. */
  constant(rd: number, value: number): void {
    const low = (value << 20) >> 20;
    this.emit('lui', { rd, imm: (value - low) | 0 });
    this.emit('addiw', { rd, rs1: rd, imm: low });
  }
}
