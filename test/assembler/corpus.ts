/*
 * Random source lines over every instruction of the table and every pseudo-instruction, for comparison with GNU as.
 * Operands lean towards the registers and immediates at which compressed forms and ranges begin and end.
 */

import { COMPRESSED } from '../../src/isa/compressed.ts';
import { CSR_NAMES } from '../../src/isa/csrs.ts';
import { extractImmediate, IMMEDIATES, type ImmediateName } from '../../src/isa/fields.ts';
import type { CompressedInstruction, Instruction, Operand } from '../../src/isa/instruction.ts';
import { INSTRUCTIONS } from '../../src/isa/instructions.ts';
import { FLOAT_ABI_NAMES, INTEGER_ABI_NAMES } from '../../src/isa/registers.ts';
import type { Random } from '../random.ts';

/** Pseudo-instructions by shape; operands as in the letters below. */
const PSEUDO = `
  nop | mv d,s | move d,s | not d,s | neg d,s | negw d,s | sext.b d,s | sext.h d,s | sext.w d,s
  zext.b d,s | zext.h d,s | zext.w d,s | seqz d,s | snez d,s | sltz d,s | sgtz d,s | sgt d,s,s | sgtu d,s,s
  li d,L | li d,i | add d,s,i | addw d,s,i | and d,s,i | or d,s,i | xor d,s,i | slt d,s,i | sltu d,s,i
  sll d,s,h | srl d,s,h | sra d,s,h | sllw d,s,H | srlw d,s,H | sraw d,s,H
  beqz s,T | bnez s,T | blez s,T | bgez s,T | bltz s,T | bgtz s,T | bgt s,s,T | ble s,s,T | bgtu s,s,T | bleu s,s,T
  j T | jal T | jr s | jr i(s) | jr s,i | jalr s | jalr d,s | jalr d,s,i | jalr i(s) | jalr s,i | ret
  call T | call d,T | tail T | jump T,s | la d,T | lla d,T | la d,D | lla d,D+8
  lb d,D | lbu d,D | lh d,D | lhu d,D | lw d,D | lwu d,D | ld d,D | sb s,D,q | sh s,D,q | sw s,D,q | sd s,D,q
  flw f,D,q | fld f,D,q | fsw f,D,q | fsd f,D,q
  lui d,%hi(D) | addi d,s,%lo(D) | lw d,%lo(D)(s) | sd s,%lo(D+4)(s) | fld f,%lo(D)(s) | fsw f,%lo(D)(s)
  fence | fence.tso | sfence.vma | sfence.vma s | unimp | scall | sbreak
  csrr d,c | csrw c,s | csrs c,s | csrc c,s | csrwi c,z | csrsi c,z | csrci c,z | csrw c,z | csrs c,z | csrc c,z
  csrrw d,c,z | csrrs d,c,z | csrrc d,c,z | rdcycle d | rdtime d | rdinstret d
  frcsr d | fscsr s | fscsr d,s | frrm d | fsrm s | fsrm d,s | fsrmi z | fsrmi d,z | frflags d | fsflags s | fsflags d,s
  fsflagsi z | fsflagsi d,z | frsr d | fssr s | fssr d,s
  fmv.s f,f | fneg.s f,f | fabs.s f,f | fmv.d f,f | fneg.d f,f | fabs.d f,f
  fgt.s d,f,f | fge.s d,f,f | fgt.d d,f,f | fge.d d,f,f | fmv.x.s d,f | fmv.s.x f,s | uret | dret | lw d,(s) | sd s,(s)
`
  .split(/[|\n]/)
  .map((text) => text.trim())
  .filter((text) => text !== '');

export interface CorpusContext {
  readonly random: Random;
  /** Labels in .text and in .data that lines may name. */
  readonly codeLabels: readonly string[];
  readonly dataLabels: readonly string[];
}

export function integerRegister({ random }: CorpusContext): string {
  const number =
    random.below(3) === 0
      ? random.pick([0, 1, 2, 8, 9, 15, 31])
      : random.below(2) === 0
        ? 8 + random.below(8)
        : random.below(32);
  return random.below(8) === 0 ? `x${number}` : INTEGER_ABI_NAMES[number]!;
}

function floatRegister({ random }: CorpusContext): string {
  const number = random.below(2) === 0 ? 8 + random.below(8) : random.below(32);
  return random.below(8) === 0 ? `f${number}` : FLOAT_ABI_NAMES[number]!;
}

/** A value of the layout, often one at which a compressed form begins or ends. */
function immediateOf({ random }: CorpusContext, name: ImmediateName): number {
  const { width, signed } = IMMEDIATES[name];
  const low = signed ? -(2 ** (width - 1)) : 0;
  const high = (signed ? 2 ** (width - 1) : 2 ** width) - 1;
  const interesting = [
    0, 1, -1, 4, 8, 16, 31, 32, -32, -33, 63, 64, 124, 128, 248, 252, 256, 496, -512, 504, 508, 512, 1020, 2047, -2048,
  ];
  const value = random.below(3) > 0 ? random.pick(interesting) : low + random.below(high - low + 1);
  return Math.min(high, Math.max(low, value));
}

function written({ random }: CorpusContext, value: number | bigint): string {
  if (value < 0) return `${value}`;
  return random.below(3) === 0 ? `0x${value.toString(16)}` : `${value}`;
}

function longConstant({ random }: CorpusContext): bigint {
  const kind = random.below(7);
  const wide = BigInt.asIntN(64, random.u64() >> BigInt(random.below(64)));
  if (kind === 0) return BigInt.asIntN(64, 1n << BigInt(random.below(64)));
  if (kind === 1) return BigInt.asIntN(64, (1n << BigInt(random.below(64))) - 1n);
  if (kind === 2) return BigInt.asIntN(64, -(1n << BigInt(random.below(64))));
  if (kind === 3) return BigInt.asIntN(32, random.u64());
  if (kind === 4) return BigInt.asIntN(64, (random.u64() & 0xfffn) << BigInt(random.below(52)));
  return kind === 5 ? -wide : wide;
}

function base(context: CorpusContext): string {
  return context.random.below(3) === 0 ? 'sp' : integerRegister(context);
}

const FENCE_SETS = ['i', 'o', 'r', 'w', 'rw', 'io', 'iorw', 'or', 'iw'];

function operandText(context: CorpusContext, operand: Operand, immediate: ImmediateName | undefined): string {
  const { random } = context;
  switch (operand) {
    case 'imm':
    case 'shamt':
      return written(context, immediateOf(context, immediate!));
    case 'imm20':
      return written(
        context,
        random.below(2) === 0 ? random.pick([0, 1, 31, 32, 0xfffe0, 0xfffff, 0xfffdf]) : random.below(0x100000),
      );
    case 'offset(rs1)':
      return `${written(context, immediateOf(context, immediate!))}(${base(context)})`;
    case '(rs1)':
      return `${random.below(4) === 0 ? '0' : ''}(${integerRegister(context)})`;
    case 'target':
      return random.pick(context.codeLabels);
    case 'csr':
      return random.below(8) === 0 ? written(context, random.below(4096)) : random.pick([...CSR_NAMES.values()]);
    case 'zimm':
      return written(context, random.below(32));
    case 'pred':
    case 'succ':
      return random.pick(FENCE_SETS);
    case 'rm':
      return random.pick(['rne', 'rtz', 'rdn', 'rup', 'rmm', 'dyn']);
  }
  return operand.startsWith('f') ? floatRegister(context) : integerRegister(context);
}

function instructionLine(context: CorpusContext, row: Instruction): string {
  const { random } = context;
  let { mnemonic } = row;
  let { operands } = row;
  if (row.format === 'AMO') mnemonic += random.pick(['', '.aq', '.rl', '.aqrl']);
  // fcvt.d.{w,wu,s} take no rounding mode in GNU as 2.40: they are exact.
  if (operands.at(-1) === 'rm' && (random.below(2) === 0 || /^fcvt\.d\.(w|wu|s)$/.test(mnemonic)))
    operands = operands.slice(0, -1);
  const texts = operands.map((operand) => operandText(context, operand, row.immediate));
  // Two-address forms, which compress, more often than chance has them.
  if (texts.length === 3 && random.below(2) === 0) texts[random.below(4) === 0 ? 2 : 1] = texts[0]!;
  if (/\(|^t_/.test(texts[0] ?? '') || !operandsFit(operands, texts)) {
    return `${mnemonic} ${operands.map((operand) => operandText(context, operand, row.immediate)).join(', ')}`.trim();
  }
  return `${mnemonic} ${texts.join(random.below(2) === 0 ? ',' : ', ')}`.trim();
}

function operandsFit(operands: readonly Operand[], texts: readonly string[]): boolean {
  return operands.every((operand, i) => {
    const isRegister = /^[a-z]/.test(texts[i]!) && !texts[i]!.includes('(');
    if (/^f?r[ds]\d?$/.test(operand)) return isRegister && operand.startsWith('f') === FLOAT_NAMES.has(texts[i]!);
    return !INTEGER_NAMES.has(texts[i]!) && !FLOAT_NAMES.has(texts[i]!);
  });
}

const INTEGER_NAMES = new Set(INTEGER_ABI_NAMES.flatMap((name, i) => [name, `x${i}`]));
const FLOAT_NAMES = new Set(FLOAT_ABI_NAMES.flatMap((name, i) => [name, `f${i}`]));

/** A compressed instruction written as such, from a random valid encoding. */
function compressedLine(context: CorpusContext, row: CompressedInstruction): string {
  const { random } = context;
  const registerOf = (operand: Operand): string => {
    const primed = operand.includes("'");
    const number = primed ? 8 + random.below(8) : 1 + random.below(31);
    return operand.includes('fr') ? FLOAT_ABI_NAMES[number]! : INTEGER_ABI_NAMES[number]!;
  };
  const immediate = (): number => {
    for (;;) {
      const value = extractImmediate(random.u32() & 0xffff, row.immediate!);
      if (value !== 0 || row.immediate === 'CI') return value || 1;
    }
  };
  const texts = row.operands.map((operand) => {
    switch (operand) {
      case 'sp':
        return 'sp';
      case 'imm':
      case 'shamt':
        return String(immediate());
      case 'imm20':
        return String((immediate() >> 12) & 0xfffff);
      case "offset(rs1')":
        return `${immediate()}(${registerOf("rs1'")})`;
      case 'offset(sp)':
        return `${immediate()}(sp)`;
      case 'target':
        return random.pick(context.codeLabels);
      default:
        return registerOf(operand);
    }
  });
  if (row.mnemonic === 'c.lui' && texts[0] === 'sp') texts[0] = 'a0';
  return `${row.mnemonic} ${texts.join(',')}`.trim();
}

function pseudoLine(context: CorpusContext, shape: string): string {
  const { random } = context;
  const [mnemonic, operands] = shape.split(' ') as [string, string | undefined];
  if (operands === undefined) return mnemonic;
  const letters: Record<string, () => string> = {
    d: () => integerRegister(context),
    s: () => integerRegister(context),
    q: () => random.pick(['t0', 't1', 'a5']),
    f: () => floatRegister(context),
    i: () => written(context, immediateOf(context, 'I')),
    h: () => written(context, random.below(64)),
    H: () => written(context, random.below(32)),
    z: () => written(context, random.below(32)),
    c: () => random.pick([...CSR_NAMES.values()]),
    L: () => written(context, longConstant(context)),
    T: () => random.pick(context.codeLabels),
    D: () => random.pick(context.dataLabels),
  };
  const text = operands.replace(/%\w+|[dsqfihHzcLTD]/g, (letter) =>
    letter.startsWith('%') ? letter : letters[letter]!(),
  );
  return `${mnemonic} ${text}`;
}

/** One random line. Every row and every pseudo-instruction comes up: `index` runs through them. */
export function corpusLine(context: CorpusContext, index: number): string {
  const total = INSTRUCTIONS.length + COMPRESSED.length + PSEUDO.length;
  const which = index % total;
  if (which < INSTRUCTIONS.length) return instructionLine(context, INSTRUCTIONS[which]!);
  if (which < INSTRUCTIONS.length + COMPRESSED.length) {
    return compressedLine(context, COMPRESSED[which - INSTRUCTIONS.length]!);
  }
  return pseudoLine(context, PSEUDO[which - INSTRUCTIONS.length - COMPRESSED.length]!);
}
