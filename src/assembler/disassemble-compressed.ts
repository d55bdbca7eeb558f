/*
 * How objdump shows the 16-bit instructions: as the 32-bit ones they stand for, hints under their own names.
 */

import { extractImmediate, extractRegister, type ImmediateName } from '../isa/fields.ts';
import { FLOAT_ABI_NAMES, INTEGER_ABI_NAMES } from '../isa/registers.ts';
import type { Disassembler } from './disassemble.ts';

type Show = (half: number, pc: bigint, state: Disassembler) => string;

const rd = (half: number) => INTEGER_ABI_NAMES[extractRegister(half, 'c.rd')]!;
const rs2 = (half: number) => INTEGER_ABI_NAMES[extractRegister(half, 'c.rs2')]!;
const popular = (half: number) => INTEGER_ABI_NAMES[extractRegister(half, "rs1'")]!;
const popular2 = (half: number) => INTEGER_ABI_NAMES[extractRegister(half, "rs2'")]!;
const float = (half: number, field: 'c.rd' | 'c.rs2' | "rs2'") => FLOAT_ABI_NAMES[extractRegister(half, field)]!;
const rdNumber = (half: number) => extractRegister(half, 'c.rd');

function memory(mnemonic: string, layout: ImmediateName, isFloat: boolean): Show {
  return (half) => {
    const register = isFloat ? float(half, "rs2'") : popular2(half);
    return `${mnemonic}\t${register},${extractImmediate(half, layout)}(${popular(half)})`;
  };
}

function stack(mnemonic: string, layout: ImmediateName, register: (half: number) => string): Show {
  return (half) => `${mnemonic}\t${register(half)},${extractImmediate(half, layout)}(sp)`;
}

function arithmetic(mnemonic: string): Show {
  return (half) => `${mnemonic}\t${popular(half)},${popular(half)},${popular2(half)}`;
}

function branch(mnemonic: string): Show {
  return (half, pc, state) => `${mnemonic}\t${popular(half)},${state.showTarget(pc, extractImmediate(half, 'CB'))}`;
}

function shiftRight(mnemonic: string): Show {
  return (half) => {
    const amount = extractImmediate(half, 'CI.shamt');
    if (amount === 0) return `c.${mnemonic}i64\t${popular(half)}`;
    return `${mnemonic}\t${popular(half)},${popular(half)},0x${amount.toString(16)}`;
  };
}

export const COMPRESSED_ALIASES: ReadonlyMap<string, Show> = new Map<string, Show>([
  ['c.addi4spn', (half) => `add\t${popular2(half)},sp,${extractImmediate(half, 'CIW')}`],
  ['c.fld', memory('fld', 'CL.d', true)],
  ['c.lw', memory('lw', 'CL.w', false)],
  ['c.ld', memory('ld', 'CL.d', false)],
  ['c.fsd', memory('fsd', 'CL.d', true)],
  ['c.sw', memory('sw', 'CL.w', false)],
  ['c.sd', memory('sd', 'CL.d', false)],
  ['c.nop', () => 'nop'],
  [
    'c.addi',
    (half, _, state) => {
      const immediate = extractImmediate(half, 'CI');
      if (rdNumber(half) === 0) return `c.nop\t${immediate}`;
      state.noteImmediate(rdNumber(half), immediate, false);
      return `add\t${rd(half)},${rd(half)},${immediate}`;
    },
  ],
  [
    'c.addiw',
    (half, _, state) => {
      const immediate = extractImmediate(half, 'CI');
      if (immediate === 0) return `sext.w\t${rd(half)},${rd(half)}`;
      state.noteImmediate(rdNumber(half), immediate, true);
      return `addw\t${rd(half)},${rd(half)},${immediate}`;
    },
  ],
  ['c.li', (half) => `${rdNumber(half) === 0 ? 'c.li' : 'li'}\t${rd(half)},${extractImmediate(half, 'CI')}`],
  ['c.addi16sp', (half) => `add\tsp,sp,${extractImmediate(half, 'CI.addi16sp')}`],
  [
    'c.lui',
    (half, _, state) => {
      const immediate = extractImmediate(half, 'CI.lui');
      state.remember(rdNumber(half), BigInt(immediate));
      const shown = `0x${((immediate >> 12) & 0xfffff).toString(16)}`;
      return `${rdNumber(half) === 0 ? 'c.lui' : 'lui'}\t${rd(half)},${shown}`;
    },
  ],
  ['c.srli', shiftRight('srl')],
  ['c.srai', shiftRight('sra')],
  ['c.andi', (half) => `and\t${popular(half)},${popular(half)},${extractImmediate(half, 'CI')}`],
  ['c.sub', arithmetic('sub')],
  ['c.xor', arithmetic('xor')],
  ['c.or', arithmetic('or')],
  ['c.and', arithmetic('and')],
  ['c.subw', arithmetic('subw')],
  ['c.addw', arithmetic('addw')],
  ['c.j', (half, pc, state) => `j\t${state.showTarget(pc, extractImmediate(half, 'CJ'))}`],
  ['c.beqz', branch('beqz')],
  ['c.bnez', branch('bnez')],
  [
    'c.slli',
    (half) => {
      const amount = extractImmediate(half, 'CI.shamt');
      if (amount === 0) return `c.slli64\t${rd(half)}`;
      const shift = `0x${amount.toString(16)}`;
      return rdNumber(half) === 0 ? `c.slli\t${rd(half)},${shift}` : `sll\t${rd(half)},${rd(half)},${shift}`;
    },
  ],
  ['c.fldsp', stack('fld', 'CI.ldsp', (half) => float(half, 'c.rd'))],
  ['c.lwsp', stack('lw', 'CI.lwsp', rd)],
  ['c.ldsp', stack('ld', 'CI.ldsp', rd)],
  ['c.jr', (half) => (rdNumber(half) === 1 ? 'ret' : `jr\t${rd(half)}`)],
  ['c.mv', (half) => `${rdNumber(half) === 0 ? 'c.mv' : 'mv'}\t${rd(half)},${rs2(half)}`],
  ['c.ebreak', () => 'ebreak'],
  ['c.jalr', (half) => `jalr\t${rd(half)}`],
  [
    'c.add',
    (half) => (rdNumber(half) === 0 ? `c.add\tzero,${rs2(half)}` : `add\t${rd(half)},${rd(half)},${rs2(half)}`),
  ],
  ['c.fsdsp', stack('fsd', 'CSS.sdsp', (half) => float(half, 'c.rs2'))],
  ['c.swsp', stack('sw', 'CSS.swsp', rs2)],
  ['c.sdsp', stack('sd', 'CSS.sdsp', rs2)],
]);
