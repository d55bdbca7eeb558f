/*
 * The 32-bit instructions: RV64IMAFD, Zicsr, Zifencei and the privileged ones. One row an instruction; the index of
 * a row is its opcode in the machine's bytecode. Zicntr adds no encoding: rdcycle, rdtime and rdinstret are csrrs.
 * Source: The RISC-V Instruction Set Manual, volume I, "RV32/64G Instruction Set Listings", and volume II.
 */

import type { ImmediateName } from './fields.ts';
import type { Extension, Format, Instruction, Operand, TimingClass } from './instruction.ts';

interface FormatShape {
  readonly mask: number;
  readonly operands: readonly Operand[];
  readonly immediate?: ImmediateName;
}

const FORMATS: Record<Format, FormatShape> = {
  R: { mask: 0xfe00707f, operands: ['rd', 'rs1', 'rs2'] },
  R4: { mask: 0x0600007f, operands: ['frd', 'frs1', 'frs2', 'frs3', 'rm'] },
  I: { mask: 0x0000707f, operands: ['rd', 'rs1', 'imm'], immediate: 'I' },
  load: { mask: 0x0000707f, operands: ['rd', 'offset(rs1)'], immediate: 'I' },
  S: { mask: 0x0000707f, operands: ['rs2', 'offset(rs1)'], immediate: 'S' },
  B: { mask: 0x0000707f, operands: ['rs1', 'rs2', 'target'], immediate: 'B' },
  U: { mask: 0x0000007f, operands: ['rd', 'imm20'], immediate: 'U' },
  J: { mask: 0x0000007f, operands: ['rd', 'target'], immediate: 'J' },
  shift: { mask: 0xfc00707f, operands: ['rd', 'rs1', 'shamt'], immediate: 'shamt6' },
  shiftWord: { mask: 0xfe00707f, operands: ['rd', 'rs1', 'shamt'], immediate: 'shamt5' },
  AMO: { mask: 0xf800707f, operands: ['rd', 'rs2', '(rs1)'] },
  CSR: { mask: 0x0000707f, operands: ['rd', 'csr', 'rs1'] },
  CSRI: { mask: 0x0000707f, operands: ['rd', 'csr', 'zimm'] },
  fence: { mask: 0x0000707f, operands: ['pred', 'succ'] },
  fenceI: { mask: 0x0000707f, operands: [] },
  system: { mask: 0xffffffff, operands: [] },
  sfence: { mask: 0xfe007fff, operands: ['rs1', 'rs2'] },
  Rrm: { mask: 0xfe00007f, operands: ['frd', 'frs1', 'frs2', 'rm'] },
  unaryrm: { mask: 0xfff0007f, operands: ['frd', 'frs1', 'rm'] },
  unary: { mask: 0xfff0707f, operands: ['frd', 'frs1'] },
};

function row(
  extension: Extension,
  format: Format,
  mnemonic: string,
  match: number,
  timing: TimingClass,
  operands?: readonly Operand[],
): Instruction {
  const shape = FORMATS[format];
  return { mnemonic, extension, format, match, timing, ...shape, operands: operands ?? shape.operands };
}

const BASE: Instruction[] = [
  row('I', 'U', 'lui', 0x00000037, 'alu'),
  row('I', 'U', 'auipc', 0x00000017, 'alu'),
  row('I', 'J', 'jal', 0x0000006f, 'jump'),
  row('I', 'load', 'jalr', 0x00000067, 'jumpRegister'),
  row('I', 'B', 'beq', 0x00000063, 'branch'),
  row('I', 'B', 'bne', 0x00001063, 'branch'),
  row('I', 'B', 'blt', 0x00004063, 'branch'),
  row('I', 'B', 'bge', 0x00005063, 'branch'),
  row('I', 'B', 'bltu', 0x00006063, 'branch'),
  row('I', 'B', 'bgeu', 0x00007063, 'branch'),
  row('I', 'load', 'lb', 0x00000003, 'load'),
  row('I', 'load', 'lh', 0x00001003, 'load'),
  row('I', 'load', 'lw', 0x00002003, 'load'),
  row('I', 'load', 'ld', 0x00003003, 'load'),
  row('I', 'load', 'lbu', 0x00004003, 'load'),
  row('I', 'load', 'lhu', 0x00005003, 'load'),
  row('I', 'load', 'lwu', 0x00006003, 'load'),
  row('I', 'S', 'sb', 0x00000023, 'store'),
  row('I', 'S', 'sh', 0x00001023, 'store'),
  row('I', 'S', 'sw', 0x00002023, 'store'),
  row('I', 'S', 'sd', 0x00003023, 'store'),
  row('I', 'I', 'addi', 0x00000013, 'alu'),
  row('I', 'I', 'slti', 0x00002013, 'alu'),
  row('I', 'I', 'sltiu', 0x00003013, 'alu'),
  row('I', 'I', 'xori', 0x00004013, 'alu'),
  row('I', 'I', 'ori', 0x00006013, 'alu'),
  row('I', 'I', 'andi', 0x00007013, 'alu'),
  row('I', 'shift', 'slli', 0x00001013, 'alu'),
  row('I', 'shift', 'srli', 0x00005013, 'alu'),
  row('I', 'shift', 'srai', 0x40005013, 'alu'),
  row('I', 'R', 'add', 0x00000033, 'alu'),
  row('I', 'R', 'sub', 0x40000033, 'alu'),
  row('I', 'R', 'sll', 0x00001033, 'alu'),
  row('I', 'R', 'slt', 0x00002033, 'alu'),
  row('I', 'R', 'sltu', 0x00003033, 'alu'),
  row('I', 'R', 'xor', 0x00004033, 'alu'),
  row('I', 'R', 'srl', 0x00005033, 'alu'),
  row('I', 'R', 'sra', 0x40005033, 'alu'),
  row('I', 'R', 'or', 0x00006033, 'alu'),
  row('I', 'R', 'and', 0x00007033, 'alu'),
  row('I', 'I', 'addiw', 0x0000001b, 'alu'),
  row('I', 'shiftWord', 'slliw', 0x0000101b, 'alu'),
  row('I', 'shiftWord', 'srliw', 0x0000501b, 'alu'),
  row('I', 'shiftWord', 'sraiw', 0x4000501b, 'alu'),
  row('I', 'R', 'addw', 0x0000003b, 'alu'),
  row('I', 'R', 'subw', 0x4000003b, 'alu'),
  row('I', 'R', 'sllw', 0x0000103b, 'alu'),
  row('I', 'R', 'srlw', 0x0000503b, 'alu'),
  row('I', 'R', 'sraw', 0x4000503b, 'alu'),
  row('I', 'fence', 'fence', 0x0000000f, 'fence'),
  row('I', 'system', 'ecall', 0x00000073, 'environment'),
  row('I', 'system', 'ebreak', 0x00100073, 'environment'),
  row('Zifencei', 'fenceI', 'fence.i', 0x0000100f, 'fenceI'),
  row('Zicsr', 'CSR', 'csrrw', 0x00001073, 'csr'),
  row('Zicsr', 'CSR', 'csrrs', 0x00002073, 'csr'),
  row('Zicsr', 'CSR', 'csrrc', 0x00003073, 'csr'),
  row('Zicsr', 'CSRI', 'csrrwi', 0x00005073, 'csr'),
  row('Zicsr', 'CSRI', 'csrrsi', 0x00006073, 'csr'),
  row('Zicsr', 'CSRI', 'csrrci', 0x00007073, 'csr'),
  row('privileged', 'system', 'sret', 0x10200073, 'trapReturn'),
  row('privileged', 'system', 'mret', 0x30200073, 'trapReturn'),
  row('privileged', 'system', 'wfi', 0x10500073, 'waitForInterrupt'),
  row('privileged', 'sfence', 'sfence.vma', 0x12000073, 'sfence'),
];

const MULTIPLY: Instruction[] = [
  row('M', 'R', 'mul', 0x02000033, 'mul'),
  row('M', 'R', 'mulh', 0x02001033, 'mulHigh'),
  row('M', 'R', 'mulhsu', 0x02002033, 'mulHigh'),
  row('M', 'R', 'mulhu', 0x02003033, 'mulHigh'),
  row('M', 'R', 'div', 0x02004033, 'div'),
  row('M', 'R', 'divu', 0x02005033, 'div'),
  row('M', 'R', 'rem', 0x02006033, 'div'),
  row('M', 'R', 'remu', 0x02007033, 'div'),
  row('M', 'R', 'mulw', 0x0200003b, 'mulWord'),
  row('M', 'R', 'divw', 0x0200403b, 'divWord'),
  row('M', 'R', 'divuw', 0x0200503b, 'divWord'),
  row('M', 'R', 'remw', 0x0200603b, 'divWord'),
  row('M', 'R', 'remuw', 0x0200703b, 'divWord'),
];

/** `.w` has funct3 2, `.d` 3; load-reserved has no rs2. */
const ATOMIC: Instruction[] = (['w', 'd'] as const).flatMap((width, index) => {
  const funct3 = (2 + index) << 12;
  const amo = (mnemonic: string, funct5: number, timing: TimingClass = 'amo') =>
    row('A', 'AMO', `${mnemonic}.${width}`, ((funct5 << 27) | funct3 | 0x2f) >>> 0, timing);
  return [
    { ...amo('lr', 0x02, 'loadReserved'), mask: 0xf9f0707f, operands: ['rd', '(rs1)'] as const },
    amo('sc', 0x03, 'storeConditional'),
    amo('amoswap', 0x01),
    amo('amoadd', 0x00),
    amo('amoxor', 0x04),
    amo('amoand', 0x0c),
    amo('amoor', 0x08),
    amo('amomin', 0x10),
    amo('amomax', 0x14),
    amo('amominu', 0x18),
    amo('amomaxu', 0x1c),
  ];
});

/** The rows that F and D share; the format field (bits 26:25) tells single from double. */
function floating(extension: 'F' | 'D'): Instruction[] {
  const double = extension === 'D';
  const suffix = double ? 'd' : 's';
  const format = double ? 1 << 25 : 0;
  const op = (
    shape: Format,
    mnemonic: string,
    match: number,
    timing: TimingClass,
    operands?: readonly Operand[],
  ): Instruction => row(extension, shape, mnemonic, (match | format) >>> 0, timing, operands);
  const by = (single: TimingClass, other: TimingClass): TimingClass => (double ? other : single);
  const toInteger: readonly Operand[] = ['rd', 'frs1', 'rm'];
  const fromInteger: readonly Operand[] = ['frd', 'rs1', 'rm'];
  const compare: readonly Operand[] = ['rd', 'frs1', 'frs2'];
  const pair: readonly Operand[] = ['frd', 'frs1', 'frs2'];
  const memory = double ? 0x3000 : 0x2000;
  const width = double ? 'd' : 'w';
  const bits = double ? 'd' : 'w';
  return [
    row(extension, 'load', `fl${width}`, 0x07 | memory, 'loadFp', ['frd', 'offset(rs1)']),
    row(extension, 'S', `fs${width}`, 0x27 | memory, 'storeFp', ['frs2', 'offset(rs1)']),
    op('R4', `fmadd.${suffix}`, 0x43, by('fpMulAddS', 'fpMulAddD')),
    op('R4', `fmsub.${suffix}`, 0x47, by('fpMulAddS', 'fpMulAddD')),
    op('R4', `fnmsub.${suffix}`, 0x4b, by('fpMulAddS', 'fpMulAddD')),
    op('R4', `fnmadd.${suffix}`, 0x4f, by('fpMulAddS', 'fpMulAddD')),
    op('Rrm', `fadd.${suffix}`, 0x00000053, by('fpAddS', 'fpAddD')),
    op('Rrm', `fsub.${suffix}`, 0x08000053, by('fpAddS', 'fpAddD')),
    op('Rrm', `fmul.${suffix}`, 0x10000053, by('fpMulS', 'fpMulD')),
    op('Rrm', `fdiv.${suffix}`, 0x18000053, by('fpDivideS', 'fpDivideD')),
    op('unaryrm', `fsqrt.${suffix}`, 0x58000053, by('fpSqrtS', 'fpSqrtD')),
    op('R', `fsgnj.${suffix}`, 0x20000053, by('fpSignS', 'fpSignD'), pair),
    op('R', `fsgnjn.${suffix}`, 0x20001053, by('fpSignS', 'fpSignD'), pair),
    op('R', `fsgnjx.${suffix}`, 0x20002053, by('fpSignS', 'fpSignD'), pair),
    op('R', `fmin.${suffix}`, 0x28000053, by('fpMinMaxS', 'fpMinMaxD'), pair),
    op('R', `fmax.${suffix}`, 0x28001053, by('fpMinMaxS', 'fpMinMaxD'), pair),
    op('R', `fle.${suffix}`, 0xa0000053, by('fpCompareS', 'fpCompareD'), compare),
    op('R', `flt.${suffix}`, 0xa0001053, by('fpCompareS', 'fpCompareD'), compare),
    op('R', `feq.${suffix}`, 0xa0002053, by('fpCompareS', 'fpCompareD'), compare),
    op('unaryrm', `fcvt.w.${suffix}`, 0xc0000053, 'fpConvertFpToInt', toInteger),
    op('unaryrm', `fcvt.wu.${suffix}`, 0xc0100053, 'fpConvertFpToInt', toInteger),
    op('unaryrm', `fcvt.l.${suffix}`, 0xc0200053, 'fpConvertFpToInt', toInteger),
    op('unaryrm', `fcvt.lu.${suffix}`, 0xc0300053, 'fpConvertFpToInt', toInteger),
    op('unaryrm', `fcvt.${suffix}.w`, 0xd0000053, 'fpConvertIntToFp', fromInteger),
    op('unaryrm', `fcvt.${suffix}.wu`, 0xd0100053, 'fpConvertIntToFp', fromInteger),
    op('unaryrm', `fcvt.${suffix}.l`, 0xd0200053, 'fpConvertIntToFp', fromInteger),
    op('unaryrm', `fcvt.${suffix}.lu`, 0xd0300053, 'fpConvertIntToFp', fromInteger),
    op('unary', `fmv.x.${bits}`, 0xe0000053, 'fpMoveToInt', ['rd', 'frs1']),
    op('unary', `fclass.${suffix}`, 0xe0001053, 'fpClassify', ['rd', 'frs1']),
    op('unary', `fmv.${bits}.x`, 0xf0000053, 'fpMoveFromInt', ['frd', 'rs1']),
  ];
}

export const INSTRUCTIONS: readonly Instruction[] = [
  ...BASE,
  ...MULTIPLY,
  ...ATOMIC,
  ...floating('F'),
  ...floating('D'),
  row('D', 'unaryrm', 'fcvt.s.d', 0x40100053, 'fpConvertFpToFp'),
  row('D', 'unaryrm', 'fcvt.d.s', 0x42000053, 'fpConvertFpToFp'),
];

export const INSTRUCTION_BY_MNEMONIC: ReadonlyMap<string, Instruction> = new Map(
  INSTRUCTIONS.map((instruction) => [instruction.mnemonic, instruction]),
);
