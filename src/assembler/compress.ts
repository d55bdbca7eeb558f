/*
 * Which 16-bit form GNU as chooses for a 32-bit instruction: the first row of the compressed table that expands to
 * it and is no hint. Three choices do not follow from expansion: commutative operations match with their sources
 * swapped, `addi rd, rs, 0` becomes c.mv, and jumps through registers are compressed only where they are written as
 * `jr`, `jalr rs` or `ret` (decided by the caller).
 */

import { COMPRESSED, COMPRESSED_BY_MNEMONIC, findCompressed, isHint } from '../isa/compressed.ts';
import {
  extractImmediate,
  extractRegister,
  immediateFits,
  insertImmediate,
  insertRegister,
  registerFits,
} from '../isa/fields.ts';
import type { CompressedInstruction, Instruction } from '../isa/instruction.ts';

const BY_EXPANSION = new Map<string, CompressedInstruction[]>();
for (const row of COMPRESSED) BY_EXPANSION.set(row.expands, [...(BY_EXPANSION.get(row.expands) ?? []), row]);

const COMMUTATIVE = new Set(['add', 'addw', 'and', 'or', 'xor']);
const ADD_IMMEDIATE = COMPRESSED_BY_MNEMONIC.get('c.addi')!;
const MOVE = COMPRESSED_BY_MNEMONIC.get('c.mv')!;

const REGISTER_ORDER = ['rd', 'rs1', 'rs2'] as const;

/** The half word of `row` with the fields of the 32-bit `word`, or undefined if they do not fit. */
function tryRow(
  row: CompressedInstruction,
  word: number,
  instruction: Instruction,
  ignoreOffset: boolean,
): number | undefined {
  let half = row.match;
  const sources = [row.rd, row.rs1, row.rs2];
  for (let index = 0; index < 3; index++) {
    const source = sources[index];
    if (source === undefined) continue;
    const register = extractRegister(word, REGISTER_ORDER[index]!);
    if (typeof source === 'number') {
      if (source !== register) return undefined;
      continue;
    }
    if (!registerFits(register, source)) return undefined;
    // A field that stands for two registers needs them to be the same.
    if (sources.indexOf(source) < index && extractRegister(half, source) !== register) return undefined;
    half |= insertRegister(register, source);
  }
  if (!ignoreOffset && instruction.immediate !== undefined) {
    const value = extractImmediate(word, instruction.immediate);
    if (row.immediate === undefined) {
      if (value !== 0) return undefined;
    } else {
      if (!immediateFits(value, row.immediate)) return undefined;
      half |= insertImmediate(value, row.immediate);
    }
  }
  if (findCompressed(half) !== row || isHint(half, row)) return undefined;
  return half;
}

/** `only` limits the choice, for aliases that GNU as compresses to fewer forms than the instruction itself. */
export function compress(word: number, instruction: Instruction, only?: readonly string[]): number | undefined {
  const rows = BY_EXPANSION.get(instruction.mnemonic);
  if (rows === undefined) return undefined;
  for (const row of rows) {
    if (only !== undefined && !only.includes(row.mnemonic)) continue;
    const half = tryRow(row, word, instruction, false);
    if (half !== undefined) return half;
  }
  const rd = extractRegister(word, 'rd');
  const rs1 = extractRegister(word, 'rs1');
  if (COMMUTATIVE.has(instruction.mnemonic)) {
    const rs2 = extractRegister(word, 'rs2');
    if (rd === rs2 && rs1 !== rs2) {
      const swapped = (word & ~((31 << 15) | (31 << 20))) | (rs2 << 15) | (rs1 << 20);
      return compress(swapped >>> 0, instruction, only);
    }
  }
  if (only !== undefined && !only.includes('c.mv')) {
    // `add rd, rd, 0`, unlike addi, becomes the hint c.addi rd, 0.
    const isAddOfZero = only.includes('c.addi') && extractImmediate(word, 'I') === 0 && rd === rs1 && rd !== 0;
    return isAddOfZero ? ADD_IMMEDIATE.match | insertRegister(rd, 'c.rd') : undefined;
  }
  if (instruction.mnemonic === 'addi' && extractImmediate(word, 'I') === 0 && rd !== 0 && rs1 !== 0) {
    return MOVE.match | insertRegister(rd, 'c.rd') | insertRegister(rs1, 'c.rs2');
  }
  return undefined;
}

/** The 16-bit form of a branch or jump whose offset is not known yet. */
export function compressBranch(word: number, instruction: Instruction): number | undefined {
  for (const row of BY_EXPANSION.get(instruction.mnemonic) ?? []) {
    const half = tryRow(row, word, instruction, true);
    if (half !== undefined) return half;
  }
  return undefined;
}
