/*
 * Pseudo-instructions: aliases (one instruction, operands fixed or swapped) and the ones that become several.
 * Source: RISC-V Assembly Programmer's Manual, "Pseudoinstructions"; where it leaves a choice, GNU as 2.40's.
 * Importing this module adds them to the mnemonics.
 */

import type { Instruction } from '../isa/instruction.ts';
import { StatementError } from './diagnostics.ts';
import {
  type Compression,
  constantNow,
  type EncodeContext,
  emitInstruction,
  type Fields,
  type Immediate,
  splitConstant,
} from './encode.ts';
import { addForm, addInstructionForm, instruction, type Matched, type Pattern } from './mnemonics.ts';

type Alias = readonly [
  mnemonic: string,
  patterns: readonly Pattern[],
  row: string,
  fixed?: Fields,
  compression?: Compression,
];

const CYCLE = 0xc00;

const ALIASES: readonly Alias[] = [
  ['nop', [], 'addi', { rd: 0, rs1: 0, immediate: 0 }],
  ['mv', ['rd', 'rs1'], 'addi', { immediate: 0 }, ['c.mv']],
  ['move', ['rd', 'rs1'], 'addi', { immediate: 0 }, ['c.mv']],
  ['not', ['rd', 'rs1'], 'xori', { immediate: -1 }],
  ['neg', ['rd', 'rs2'], 'sub', { rs1: 0 }],
  ['negw', ['rd', 'rs2'], 'subw', { rs1: 0 }],
  ['sext.w', ['rd', 'rs1'], 'addiw', { immediate: 0 }],
  ['zext.b', ['rd', 'rs1'], 'andi', { immediate: 255 }],
  ['seqz', ['rd', 'rs1'], 'sltiu', { immediate: 1 }],
  ['snez', ['rd', 'rs2'], 'sltu', { rs1: 0 }],
  ['sltz', ['rd', 'rs1'], 'slt', { rs2: 0 }],
  ['sgtz', ['rd', 'rs2'], 'slt', { rs1: 0 }],
  ['sgt', ['rd', 'rs2', 'rs1'], 'slt'],
  ['sgtu', ['rd', 'rs2', 'rs1'], 'sltu'],
  // Three-operand arithmetic with an immediate as its last operand.
  ['add', ['rd', 'rs1', 'imm'], 'addi', {}, ['c.addi', 'c.addi4spn', 'c.addi16sp']],
  ['addw', ['rd', 'rs1', 'imm'], 'addiw'],
  ['and', ['rd', 'rs1', 'imm'], 'andi'],
  ['or', ['rd', 'rs1', 'imm'], 'ori'],
  ['xor', ['rd', 'rs1', 'imm'], 'xori'],
  ['slt', ['rd', 'rs1', 'imm'], 'slti'],
  ['sltu', ['rd', 'rs1', 'imm'], 'sltiu'],
  ['sll', ['rd', 'rs1', 'shamt'], 'slli'],
  ['srl', ['rd', 'rs1', 'shamt'], 'srli'],
  ['sra', ['rd', 'rs1', 'shamt'], 'srai'],
  ['sllw', ['rd', 'rs1', 'shamt'], 'slliw'],
  ['srlw', ['rd', 'rs1', 'shamt'], 'srliw'],
  ['sraw', ['rd', 'rs1', 'shamt'], 'sraiw'],
  ['add', ['rd', 'rs1', 'rs2', '%tprel_add'], 'add'],
  // Branches and jumps.
  ['beqz', ['rs1', 'target'], 'beq', { rs2: 0 }],
  ['bnez', ['rs1', 'target'], 'bne', { rs2: 0 }],
  ['blez', ['rs2', 'target'], 'bge', { rs1: 0 }],
  ['bgez', ['rs1', 'target'], 'bge', { rs2: 0 }],
  ['bltz', ['rs1', 'target'], 'blt', { rs2: 0 }],
  ['bgtz', ['rs2', 'target'], 'blt', { rs1: 0 }],
  ['bgt', ['rs2', 'rs1', 'target'], 'blt'],
  ['ble', ['rs2', 'rs1', 'target'], 'bge'],
  ['bgtu', ['rs2', 'rs1', 'target'], 'bltu'],
  ['bleu', ['rs2', 'rs1', 'target'], 'bgeu'],
  ['j', ['target'], 'jal', { rd: 0 }],
  ['jal', ['target'], 'jal', { rd: 1 }],
  // System.
  ['syscall', [], 'ecall'],
  ['scall', [], 'ecall'],
  ['sbreak', [], 'ebreak'],
  ['fence', [], 'fence', { pred: 15, succ: 15 }],
  ['sfence.vma', [], 'sfence.vma', { rs1: 0, rs2: 0 }],
  ['sfence.vma', ['rs1'], 'sfence.vma', { rs2: 0 }],
  // Control and status registers.
  ['csrr', ['rd', 'csr'], 'csrrs', { rs1: 0 }],
  ['csrw', ['csr', 'rs1'], 'csrrw', { rd: 0 }],
  ['csrs', ['csr', 'rs1'], 'csrrs', { rd: 0 }],
  ['csrc', ['csr', 'rs1'], 'csrrc', { rd: 0 }],
  ['csrw', ['csr', 'zimm'], 'csrrwi', { rd: 0 }],
  ['csrs', ['csr', 'zimm'], 'csrrsi', { rd: 0 }],
  ['csrc', ['csr', 'zimm'], 'csrrci', { rd: 0 }],
  ['csrwi', ['csr', 'zimm'], 'csrrwi', { rd: 0 }],
  ['csrsi', ['csr', 'zimm'], 'csrrsi', { rd: 0 }],
  ['csrci', ['csr', 'zimm'], 'csrrci', { rd: 0 }],
  ['csrrw', ['rd', 'csr', 'zimm'], 'csrrwi'],
  ['csrrs', ['rd', 'csr', 'zimm'], 'csrrsi'],
  ['csrrc', ['rd', 'csr', 'zimm'], 'csrrci'],
  ['rdcycle', ['rd'], 'csrrs', { rs1: 0, csr: CYCLE }],
  ['rdtime', ['rd'], 'csrrs', { rs1: 0, csr: CYCLE + 1 }],
  ['rdinstret', ['rd'], 'csrrs', { rs1: 0, csr: CYCLE + 2 }],
  ['frflags', ['rd'], 'csrrs', { rs1: 0, csr: 1 }],
  ['frrm', ['rd'], 'csrrs', { rs1: 0, csr: 2 }],
  ['frcsr', ['rd'], 'csrrs', { rs1: 0, csr: 3 }],
  ['frsr', ['rd'], 'csrrs', { rs1: 0, csr: 3 }],
  ['fsflags', ['rs1'], 'csrrw', { rd: 0, csr: 1 }],
  ['fsflags', ['rd', 'rs1'], 'csrrw', { csr: 1 }],
  ['fsrm', ['rs1'], 'csrrw', { rd: 0, csr: 2 }],
  ['fsrm', ['rd', 'rs1'], 'csrrw', { csr: 2 }],
  ['fscsr', ['rs1'], 'csrrw', { rd: 0, csr: 3 }],
  ['fscsr', ['rd', 'rs1'], 'csrrw', { csr: 3 }],
  ['fssr', ['rs1'], 'csrrw', { rd: 0, csr: 3 }],
  ['fssr', ['rd', 'rs1'], 'csrrw', { csr: 3 }],
  ['fsflagsi', ['zimm'], 'csrrwi', { rd: 0, csr: 1 }],
  ['fsflagsi', ['rd', 'zimm'], 'csrrwi', { csr: 1 }],
  ['fsrmi', ['zimm'], 'csrrwi', { rd: 0, csr: 2 }],
  ['fsrmi', ['rd', 'zimm'], 'csrrwi', { csr: 2 }],
  // Floating point.
  ...(['s', 'd'] as const).flatMap((width): Alias[] => [
    [`fmv.${width}`, ['frd', 'frs1=frs2'], `fsgnj.${width}`],
    [`fneg.${width}`, ['frd', 'frs1=frs2'], `fsgnjn.${width}`],
    [`fabs.${width}`, ['frd', 'frs1=frs2'], `fsgnjx.${width}`],
    [`fgt.${width}`, ['rd', 'frs2', 'frs1'], `flt.${width}`],
    [`fge.${width}`, ['rd', 'frs2', 'frs1'], `fle.${width}`],
  ]),
  ['fmv.x.s', ['rd', 'frs1'], 'fmv.x.w'],
  ['fmv.s.x', ['frd', 'rs1'], 'fmv.w.x'],
];

for (const [mnemonic, patterns, row, fixed, compression] of ALIASES) {
  addInstructionForm(mnemonic, patterns, instruction(row), fixed ?? {}, compression);
}

const JALR = instruction('jalr');
const JUMP_TO: readonly Alias[] = [
  ['jr', ['rs1'], 'jalr', { rd: 0, immediate: 0 }],
  ['jalr', ['rs1'], 'jalr', { rd: 1, immediate: 0 }],
  ['ret', [], 'jalr', { rd: 0, rs1: 1, immediate: 0 }],
];
const JUMP_TO_UNCOMPRESSED: readonly Alias[] = [
  ['jr', ['rs1', 'imm'], 'jalr', { rd: 0 }],
  ['jr', ['offset(rs1)'], 'jalr', { rd: 0 }],
  ['jalr', ['rs1', 'imm'], 'jalr', { rd: 1 }],
  ['jalr', ['offset(rs1)'], 'jalr', { rd: 1 }],
  ['jalr', ['rd', 'rs1'], 'jalr', { immediate: 0 }],
  ['jalr', ['rd', 'rs1', 'imm'], 'jalr'],
];
for (const [mnemonic, patterns, , fixed] of JUMP_TO) addInstructionForm(mnemonic, patterns, JALR, fixed);
for (const [mnemonic, patterns, , fixed] of JUMP_TO_UNCOMPRESSED) {
  addInstructionForm(mnemonic, patterns, JALR, fixed ?? {}, false);
}

/** The instruction reserved to be illegal: csrrw x0, cycle, x0, or the all-zero half word. */
addForm('unimp', {
  patterns: [],
  extension: 'I',
  emit: (context) => {
    if (context.compressed) context.section.emit16(0);
    else emitInstruction(context, instruction('csrrw'), { rd: 0, rs1: 0, csr: CYCLE });
  },
});
addForm('c.unimp', { patterns: [], extension: 'C', emit: (context) => context.section.emit16(0) });
addForm('c.nop', {
  patterns: ['imm'],
  extension: 'C',
  emit: (context, { fields }) => {
    const value = constantNow(context, fields.immediate as Immediate);
    if (value === undefined || value < -32n || value > 31n) {
      throw new StatementError('expected a value from -32 to 31', (fields.immediate as Immediate).column);
    }
    context.section.emit16(1 | (Number(value & 31n) << 2) | (value < 0n ? 1 << 12 : 0));
  },
});

for (const [mnemonic, word] of [
  ['fence.tso', 0x8330000f],
  ['pause', 0x0100000f],
  ['uret', 0x00200073],
  ['dret', 0x7b200073],
] as const) {
  addForm(mnemonic, { patterns: [], extension: 'I', emit: (context) => context.section.emit32(word) });
}

/** Loads any 64-bit constant: lui and addiw for 32 bits, else the upper part first, shifted, then the low 12 bits. */
function loadConstant(context: EncodeContext, rd: number, value: bigint): void {
  value = BigInt.asIntN(64, value);
  const low = BigInt.asIntN(12, value);
  if (value !== BigInt.asIntN(32, value)) {
    let upper = BigInt.asIntN(64, value - low);
    let shift = 12n;
    while (((upper >> shift) & 1n) === 0n) shift++;
    upper >>= shift;
    loadConstant(context, rd, upper);
    emitInstruction(context, instruction('slli'), { rd, rs1: rd, immediate: Number(shift) });
    if (low !== 0n) emitInstruction(context, instruction('addi'), { rd, rs1: rd, immediate: Number(low) });
    return;
  }
  const { high } = splitConstant(value);
  const source = high === 0 ? 0 : rd;
  if (high !== 0) emitInstruction(context, instruction('lui'), { rd, immediate: high });
  // With x0 as the destination the upper part is lost, and GNU as writes the lower one whatever it is.
  if (low !== 0n || source === 0) {
    emitInstruction(context, instruction('addiw'), { rd, rs1: source, immediate: Number(low) });
  }
}

addForm('li', {
  patterns: ['rd', 'value'],
  extension: 'I',
  emit: (context, { fields }) => {
    const immediate = fields.immediate as Immediate;
    const value = constantNow(context, immediate);
    if (value === undefined) {
      throw new StatementError(
        'li needs a constant that is known here; expected a number, or `la` for an address',
        immediate.column,
      );
    }
    // One instruction where one is enough, else the general sequence.
    if (value >= -2048n && value <= 2047n) {
      emitInstruction(context, instruction('addi'), { rd: fields.rd!, rs1: 0, immediate: Number(value) }, ['c.li']);
    } else {
      loadConstant(context, fields.rd!, value);
    }
  },
});

/** auipc with the symbol's upper part, then `low` with its lower part, tied by a label on the auipc. */
function addressPair(
  context: EncodeContext,
  base: number,
  immediate: Immediate,
  throughTable: boolean,
  low: (low: Immediate) => void,
): void {
  const label = context.hiddenLabel();
  const { expression, column } = immediate;
  const operator = throughTable ? 'got_pcrel_hi' : 'pcrel_hi';
  emitInstruction(context, instruction('auipc'), { rd: base, immediate: { expression, operator, column } });
  low({ expression: { kind: 'symbol', symbol: label }, operator: 'pcrel_lo', column });
}

function loadAddress(throughTable: (context: EncodeContext) => boolean) {
  return (context: EncodeContext, { fields }: Matched): void => {
    const rd = fields.rd!;
    const immediate = fields.immediate as Immediate;
    const constant = constantNow(context, immediate);
    if (constant !== undefined) {
      if (constant !== BigInt.asIntN(32, constant))
        throw new StatementError('address does not fit in 32 bits', immediate.column);
      loadConstant(context, rd, constant);
      return;
    }
    const table = throughTable(context);
    addressPair(context, rd, immediate, table, (low) => {
      emitInstruction(context, instruction(table ? 'ld' : 'addi'), { rd, rs1: rd, immediate: low });
    });
  };
}

const ADDRESS: readonly Pattern[] = ['rd', 'symbol'];
addForm('la', { patterns: ADDRESS, extension: 'I', emit: loadAddress((context) => context.pic) });
addForm('lla', { patterns: ADDRESS, extension: 'I', emit: loadAddress(() => false) });
addForm('lga', { patterns: ADDRESS, extension: 'I', emit: loadAddress(() => true) });

function addLoad(row: Instruction): void {
  if (row.timing === 'load') {
    addForm(row.mnemonic, {
      patterns: ['rd', 'symbol'],
      extension: row.extension,
      emit: (context, { fields }) => {
        const rd = fields.rd!;
        addressPair(context, rd, fields.immediate as Immediate, false, (low) => {
          emitInstruction(context, row, { rd, rs1: rd, immediate: low });
        });
      },
    });
    return;
  }
  const isStore = row.immediate === 'S';
  const data: Pattern = row.timing === 'loadFp' ? 'frd' : row.timing === 'storeFp' ? 'frs2' : 'rs2';
  addForm(row.mnemonic, {
    patterns: [data, 'symbol', 'rs1'],
    extension: row.extension,
    emit: (context, { fields }) => {
      const scratch = fields.rs1!;
      const register = isStore ? { rs2: fields.rs2! } : { rd: fields.rd! };
      addressPair(context, scratch, fields.immediate as Immediate, false, (low) => {
        emitInstruction(context, row, { ...register, rs1: scratch, immediate: low });
      });
    },
  });
}
for (const mnemonic of [
  'lb',
  'lbu',
  'lh',
  'lhu',
  'lw',
  'lwu',
  'ld',
  'sb',
  'sh',
  'sw',
  'sd',
  'flw',
  'fld',
  'fsw',
  'fsd',
]) {
  addLoad(instruction(mnemonic));
}

/** auipc and jalr with one relocation over both. */
function farJump(scratch: (fields: Fields) => number, link: (fields: Fields) => number) {
  return (context: EncodeContext, { fields }: Matched): void => {
    const { expression, column } = fields.immediate as Immediate;
    const register = scratch(fields);
    context.section.addFixup('CALL_PLT', context.bind(expression), context.place(column));
    emitInstruction(context, instruction('auipc'), { rd: register, immediate: 0 }, false);
    emitInstruction(context, JALR, { rd: link(fields), rs1: register, immediate: 0 }, false);
  };
}

const T1 = 6;
addForm('call', {
  patterns: ['symbol'],
  extension: 'I',
  emit: farJump(
    () => 1,
    () => 1,
  ),
});
addForm('call', {
  patterns: ['rd', 'symbol'],
  extension: 'I',
  emit: farJump(
    () => T1,
    ({ rd }) => rd!,
  ),
});
addForm('tail', {
  patterns: ['symbol'],
  extension: 'I',
  emit: farJump(
    () => T1,
    () => 0,
  ),
});
addForm('jump', {
  patterns: ['symbol', 'rs1'],
  extension: 'I',
  emit: farJump(
    ({ rs1 }) => rs1!,
    () => 0,
  ),
});

/** Sign or zero extension by two shifts. */
function addExtension(mnemonic: string, shiftRight: 'srai' | 'srli', bits: number): void {
  addForm(mnemonic, {
    patterns: ['rd', 'rs1'],
    extension: 'I',
    emit: (context, { fields }) => {
      const rd = fields.rd!;
      emitInstruction(context, instruction('slli'), { rd, rs1: fields.rs1!, immediate: bits });
      emitInstruction(context, instruction(shiftRight), { rd, rs1: rd, immediate: bits });
    },
  });
}
addExtension('sext.b', 'srai', 56);
addExtension('sext.h', 'srai', 48);
addExtension('zext.h', 'srli', 48);
addExtension('zext.w', 'srli', 32);
