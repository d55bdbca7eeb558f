/*
 * Disassembler with the output of `objdump -d` (GNU binutils 2.40): its aliases, its numbers (decimal immediates,
 * hexadecimal shift amounts and upper immediates), its `# address` notes.
 *
 * The notes need memory: an auipc or lui leaves its value with its register, and the next instruction that uses
 * that register as a base names the sum and forgets the value. So a Disassembler has state and takes instructions in order.
 */

import { findCompressed } from '../isa/compressed.ts';
import { CSR_NAMES } from '../isa/csrs.ts';
import { findInstruction } from '../isa/decode.ts';
import { extractImmediate, extractRegister } from '../isa/fields.ts';
import type { Instruction } from '../isa/instruction.ts';
import { FLOAT_ABI_NAMES, INTEGER_ABI_NAMES, ROUNDING_MODES } from '../isa/registers.ts';
import { COMPRESSED_ALIASES } from './disassemble-compressed.ts';

export interface DisassembleOptions {
  /** How a code or data address is shown; `0x1f` if absent. */
  readonly showAddress?: (address: bigint) => string;
  /** Value of __global_pointer$, for notes on loads relative to gp. */
  readonly globalPointer?: bigint;
}

const GP = 3;
const TP = 4;

/** Bytes of the instruction that begins with this half word (The RISC-V ISA Manual, volume I, "Instruction lengths"). */
export function instructionLength(half: number): number {
  if ((half & 0x3) !== 0x3) return 2;
  if ((half & 0x1f) !== 0x1f) return 4;
  if ((half & 0x3f) === 0x1f) return 6;
  if ((half & 0x7f) === 0x3f) return 8;
  const extra = (half >> 12) & 7;
  return extra === 7 ? 2 : 10 + 2 * extra;
}

const x = (register: number) => INTEGER_ABI_NAMES[register]!;
const f = (register: number) => FLOAT_ABI_NAMES[register]!;

/** What an alias or a formatter needs of an instruction. */
interface Parts {
  readonly word: number;
  readonly pc: bigint;
  readonly rd: number;
  readonly rs1: number;
  readonly rs2: number;
  readonly csr: number;
}

type Alias = (parts: Parts, state: Disassembler) => string | undefined;

const csrName = (number: number) => CSR_NAMES.get(number) ?? `0x${number.toString(16)}`;

function branchAlias(mnemonic: string, zeroSecond: string, zeroFirst?: string): Alias {
  return ({ word, pc, rs1, rs2 }, state) => {
    const target = () => state.showTarget(pc, extractImmediate(word, 'B'));
    if (zeroFirst !== undefined && rs1 === 0 && (mnemonic === 'bge' || rs2 !== 0))
      return `${zeroFirst}\t${x(rs2)},${target()}`;
    return rs2 === 0 ? `${zeroSecond}\t${x(rs1)},${target()}` : undefined;
  };
}

/** `addi` prints as `add`, `slli` as `sll`: the three-operand alias stands before the instruction in GNU's table. */
function immediateAlias(shown: string): Alias {
  return ({ word, rd, rs1 }, state) => {
    const immediate = extractImmediate(word, 'I');
    if (shown === 'add' || shown === 'addw') state.noteImmediate(rs1, immediate, shown === 'addw');
    return `${shown}\t${x(rd)},${x(rs1)},${immediate}`;
  };
}

function shiftAlias(shown: string, layout: 'shamt5' | 'shamt6'): Alias {
  return ({ word, rd, rs1 }) => `${shown}\t${x(rd)},${x(rs1)},0x${extractImmediate(word, layout).toString(16)}`;
}

function csrAlias(mnemonic: string, withoutDestination: string): Alias {
  return ({ rd, rs1, csr }) => {
    const name = csrName(csr);
    if (mnemonic === 'csrrs' && rs1 === 0) {
      const short = READS.get(csr);
      return short === undefined ? `csrr\t${x(rd)},${name}` : `${short}\t${x(rd)}`;
    }
    const short = mnemonic === 'csrrw' ? WRITES[csr - 1] : undefined;
    if (short !== undefined) return rd === 0 ? `${short}\t${x(rs1)}` : `${short}\t${x(rd)},${x(rs1)}`;
    if (rd === 0) return `${withoutDestination}\t${name},${x(rs1)}`;
    return undefined;
  };
}

const READS = new Map([
  [1, 'frflags'],
  [2, 'frrm'],
  [3, 'frcsr'],
  [0xc00, 'rdcycle'],
  [0xc01, 'rdtime'],
  [0xc02, 'rdinstret'],
]);
const WRITES = ['fsflags', 'fsrm', 'fscsr'];

function csrImmediateAlias(shown: string, withoutDestination: string): Alias {
  return ({ rd, rs1, csr }) => {
    const short = shown === 'csrrw' ? ['fsflagsi', 'fsrmi'][csr - 1] : undefined;
    if (short !== undefined) return `${short}\t${x(rd)},${rs1}`;
    if (rd === 0) return `${withoutDestination}\t${csrName(csr)},${rs1}`;
    return `${shown}\t${x(rd)},${csrName(csr)},${rs1}`;
  };
}

function signAlias(shown: string): Alias {
  return ({ rd, rs1, rs2 }) => (rs1 === rs2 ? `${shown}\t${f(rd)},${f(rs1)}` : undefined);
}

function fenceSet(bits: number): string {
  const letters = ['w', 'r', 'o', 'i'].map((letter, bit) => ((bits >> bit) & 1 ? letter : '')).reverse();
  return letters.join('') || 'unknown';
}

/** Conversions that are exact: objdump knows them only with a rounding mode of 0. */
const exactOnly: Alias = ({ word }, state) => ((word >> 12) & 7 ? state.unknown(word) : undefined);

const ALIASES = new Map<string, Alias>([
  [
    'addi',
    (parts, state) => {
      const { word, rd, rs1 } = parts;
      const immediate = extractImmediate(word, 'I');
      if (word === 0x13) return 'nop';
      if (rs1 === 0) return `li\t${x(rd)},${immediate}`;
      if (immediate === 0) {
        return `mv\t${x(rd)},${x(rs1)}`;
      }
      return immediateAlias('add')(parts, state);
    },
  ],
  [
    'addiw',
    (parts, state) => {
      const { word, rd, rs1 } = parts;
      if (extractImmediate(word, 'I') === 0) return `sext.w\t${x(rd)},${x(rs1)}`;
      return immediateAlias('addw')(parts, state);
    },
  ],
  [
    'andi',
    (parts, state) => {
      if (extractImmediate(parts.word, 'I') === 255) return `zext.b\t${x(parts.rd)},${x(parts.rs1)}`;
      return immediateAlias('and')(parts, state);
    },
  ],
  [
    'xori',
    (parts, state) => {
      if (extractImmediate(parts.word, 'I') === -1) return `not\t${x(parts.rd)},${x(parts.rs1)}`;
      return immediateAlias('xor')(parts, state);
    },
  ],
  ['ori', immediateAlias('or')],
  ['sltiu', ({ word, rd, rs1 }) => (extractImmediate(word, 'I') === 1 ? `seqz\t${x(rd)},${x(rs1)}` : undefined)],
  ['slli', shiftAlias('sll', 'shamt6')],
  ['srli', shiftAlias('srl', 'shamt6')],
  ['srai', shiftAlias('sra', 'shamt6')],
  ['slliw', shiftAlias('sllw', 'shamt5')],
  ['srliw', shiftAlias('srlw', 'shamt5')],
  ['sraiw', shiftAlias('sraw', 'shamt5')],
  ['sub', ({ rd, rs1, rs2 }) => (rs1 === 0 ? `neg\t${x(rd)},${x(rs2)}` : undefined)],
  ['subw', ({ rd, rs1, rs2 }) => (rs1 === 0 ? `negw\t${x(rd)},${x(rs2)}` : undefined)],
  ['sltu', ({ rd, rs1, rs2 }) => (rs1 === 0 ? `snez\t${x(rd)},${x(rs2)}` : undefined)],
  [
    'slt',
    ({ rd, rs1, rs2 }) => {
      if (rs2 === 0) return `sltz\t${x(rd)},${x(rs1)}`;
      return rs1 === 0 ? `sgtz\t${x(rd)},${x(rs2)}` : undefined;
    },
  ],
  ['beq', branchAlias('beq', 'beqz')],
  ['bne', branchAlias('bne', 'bnez')],
  ['blt', branchAlias('blt', 'bltz', 'bgtz')],
  ['bge', branchAlias('bge', 'bgez', 'blez')],
  [
    'jal',
    ({ word, pc, rd }, state) => {
      const target = state.showTarget(pc, extractImmediate(word, 'J'));
      if (rd === 0) return `j\t${target}`;
      return rd === 1 ? `jal\t${target}` : undefined;
    },
  ],
  [
    'jalr',
    ({ word, rd, rs1 }, state) => {
      const immediate = extractImmediate(word, 'I');
      if (rd === 0 && rs1 === 1 && immediate === 0) return 'ret';
      state.noteAddress(rs1, immediate);
      // objdump looks at offset and register one after the other, and by the second the value is forgotten.
      if (immediate !== 0) state.noteAddress(rs1, immediate);
      const where = immediate === 0 ? x(rs1) : `${immediate}(${x(rs1)})`;
      if (rd === 0) return `jr\t${where}`;
      return rd === 1 ? `jalr\t${where}` : `jalr\t${x(rd)},${where}`;
    },
  ],
  [
    'fence',
    ({ word }, state) => {
      if ((word & 0xf00fff80) !== 0 && word >>> 0 !== 0x8330000f) return state.unknown(word);
      if (word >>> 0 === 0x8330000f) return 'fence.tso';
      const pred = (word >>> 24) & 15;
      const succ = (word >>> 20) & 15;
      return pred === 15 && succ === 15 ? 'fence' : `fence\t${fenceSet(pred)},${fenceSet(succ)}`;
    },
  ],
  ['fence.i', ({ word }, state) => (word === 0x100f ? undefined : state.unknown(word))],
  [
    'sfence.vma',
    ({ rs1, rs2 }) => {
      if (rs2 !== 0) return undefined;
      return rs1 === 0 ? 'sfence.vma' : `sfence.vma\t${x(rs1)}`;
    },
  ],
  ['csrrw', (parts, state) => (parts.word >>> 0 === 0xc0001073 ? 'unimp' : csrAlias('csrrw', 'csrw')(parts, state))],
  ['csrrs', csrAlias('csrrs', 'csrs')],
  ['csrrc', csrAlias('csrrc', 'csrc')],
  ['csrrwi', csrImmediateAlias('csrrw', 'csrw')],
  ['csrrsi', csrImmediateAlias('csrrs', 'csrs')],
  ['csrrci', csrImmediateAlias('csrrc', 'csrc')],
  ...['s', 'd'].flatMap((width): [string, Alias][] => [
    [`fsgnj.${width}`, signAlias(`fmv.${width}`)],
    [`fsgnjn.${width}`, signAlias(`fneg.${width}`)],
    [`fsgnjx.${width}`, signAlias(`fabs.${width}`)],
  ]),
  ['fcvt.d.s', exactOnly],
  ['fcvt.d.w', exactOnly],
  ['fcvt.d.wu', exactOnly],
]);

/** Instructions of other privilege architectures that objdump knows and the table does not. */
const EXTRA_WORDS = new Map([
  [0x00200073, 'uret'],
  [0x20200073, 'hret'],
  [0x7b200073, 'dret'],
  [0x10400073, 'sfence.vm'],
]);

export class Disassembler {
  /** Values that lui and auipc left, by register. */
  private readonly high = new Map<number, bigint>();
  private readonly options: DisassembleOptions;
  private note: bigint | undefined;

  constructor(options: DisassembleOptions = {}) {
    this.options = options;
  }

  /**
   * The text of the instruction at `pc`, mnemonic and operands separated by a tab. `word` holds 16 or 32 bits, as its
   * low bits say (see `instructionLength`).
   */
  disassemble(word: number, pc: bigint): string {
    this.note = undefined;
    const text = (word & 3) === 3 ? this.full(word >>> 0, pc) : this.compressed(word & 0xffff, pc);
    return this.note === undefined ? text : `${text} # ${this.showAddress(this.note)}`;
  }

  unknown(word: number): string {
    if ((word & 3) !== 3) return `.2byte\t0x${(word & 0xffff).toString(16)}`;
    return `.4byte\t0x${(word >>> 0).toString(16)}`;
  }

  showAddress(address: bigint): string {
    const wrapped = BigInt.asUintN(64, address);
    return this.options.showAddress?.(wrapped) ?? `0x${wrapped.toString(16)}`;
  }

  showTarget(pc: bigint, offset: number): string {
    return this.showAddress(pc + BigInt(offset));
  }

  remember(register: number, value: bigint): void {
    this.high.set(register, value);
  }

  /** Names the address `register + offset` if it is known, and forgets the register's value. */
  noteAddress(register: number, offset: number, isWord = false): void {
    const high = this.high.get(register);
    let address: bigint;
    if (high !== undefined) {
      address = (register === 0 ? 0n : high) + BigInt(offset);
      this.high.delete(register);
    } else if (register === GP && this.options.globalPointer !== undefined) {
      address = this.options.globalPointer + BigInt(offset);
    } else if (register === TP || register === 0) {
      address = BigInt(offset);
    } else {
      return;
    }
    this.note = isWord ? BigInt.asIntN(32, address) : address;
  }

  noteImmediate(register: number, immediate: number, isWord: boolean): void {
    if (register !== 0) this.noteAddress(register, immediate, isWord);
  }

  private full(word: number, pc: bigint): string {
    const row = findInstruction(word);
    if (row === undefined) {
      const extra = EXTRA_WORDS.get(word);
      if (extra !== undefined) return extra;
      // sfence.vm of privileged architecture 1.9 took one register.
      if ((word & 0xfff07fff) >>> 0 === 0x10400073) return `sfence.vm\t${x(extractRegister(word, 'rs1'))}`;
      return this.unknown(word);
    }
    const rd = extractRegister(word, 'rd');
    const rs1 = extractRegister(word, 'rs1');
    const rs2 = extractRegister(word, 'rs2');
    const alias = ALIASES.get(row.mnemonic)?.({ word, pc, rd, rs1, rs2, csr: word >>> 20 }, this);
    return alias ?? this.plain(row, word, pc);
  }

  private plain(row: Instruction, word: number, pc: bigint): string {
    let { mnemonic } = row;
    if (row.format === 'AMO') mnemonic += ['', '.rl', '.aq', '.aqrl'][(word >>> 25) & 3];
    const operands: string[] = [];
    for (const operand of row.operands) {
      const text = this.operand(row, operand, word, pc);
      if (text !== '') operands.push(text);
    }
    return operands.length === 0 ? mnemonic : `${mnemonic}\t${operands.join(',')}`;
  }

  private operand(row: Instruction, operand: Instruction['operands'][number], word: number, pc: bigint): string {
    switch (operand) {
      case 'rd': {
        const rd = extractRegister(word, 'rd');
        if (row.mnemonic === 'lui') this.remember(rd, BigInt(extractImmediate(word, 'U')));
        if (row.mnemonic === 'auipc') this.remember(rd, pc + BigInt(extractImmediate(word, 'U')));
        return x(rd);
      }
      case 'rs1':
      case 'rs2':
        return x(extractRegister(word, operand));
      case 'frd':
      case 'frs1':
      case 'frs2':
      case 'frs3':
        return f(extractRegister(word, operand.slice(1) as 'rd'));
      case 'imm':
        return String(extractImmediate(word, row.immediate!));
      case 'imm20':
        return `0x${(word >>> 12).toString(16)}`;
      case 'offset(rs1)': {
        const rs1 = extractRegister(word, 'rs1');
        const offset = extractImmediate(word, row.immediate!);
        this.noteAddress(rs1, offset);
        return `${offset}(${x(rs1)})`;
      }
      case '(rs1)':
        return `(${x(extractRegister(word, 'rs1'))})`;
      case 'target':
        return this.showTarget(pc, extractImmediate(word, row.immediate!));
      case 'csr':
        return csrName(word >>> 20);
      case 'rm': {
        const mode = (word >>> 12) & 7;
        if (mode === 7 || /^fcvt\.d\.(s|w|wu)$/.test(row.mnemonic)) return '';
        return ROUNDING_MODES[mode] ?? 'unknown';
      }
      default:
        throw new Error(`${row.mnemonic}: no format for operand ${operand}`);
    }
  }

  private compressed(half: number, pc: bigint): string {
    const row = findCompressed(half);
    const alias = COMPRESSED_ALIASES.get(row?.mnemonic ?? '')?.(half, pc, this);
    if (alias !== undefined) return alias;
    if (half === 0) return 'unimp';
    // Reserved, but objdump does not look at the immediate here.
    return half === 0x6101 ? 'add\tsp,sp,0' : this.unknown(half);
  }
}

/** One instruction without its neighbours. */
export function disassemble(word: number, pc: bigint, options: DisassembleOptions = {}): string {
  return new Disassembler(options).disassemble(word, pc);
}
