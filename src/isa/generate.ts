/*
 * Writes assembly/generated/isa.ts, the machine's view of the instruction table: opcode constants, the 32-bit
 * decoder, the expansion of 16-bit instructions, formats, immediates and timing classes, all as AssemblyScript
 * switches (no static data, so that nothing has to be placed in the machine's memory map).
 *
 * Run after compilation, from the project's root: node dist/isa/generate.js
 *
 * What is emitted, for the group of rows with major opcode 0x33:
 *
 *   case 0x33:
 *     switch ((word >>> 12) & 7) {
 *       case 0:
 *         switch (word >>> 25) {
 *           case 0x0: return OP_ADD;
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { COMPRESSED } from './compressed.ts';
import { IMMEDIATES, type ImmediateLayout, type ImmediateName, REGISTER_FIELDS } from './fields.ts';
import { type CompressedInstruction, type ExpandedRegister, type Instruction, TIMING_CLASSES } from './instruction.ts';
import { INSTRUCTION_BY_MNEMONIC, INSTRUCTIONS } from './instructions.ts';

/** Formats as the decoder needs them: which immediate and which registers. */
const IMMEDIATE_KINDS: readonly ImmediateName[] = ['I', 'S', 'B', 'U', 'J', 'shamt5', 'shamt6'];

/** Fields that tell instructions apart, the coarsest first: [bit, number of bits]. */
const DISCRIMINATORS: readonly (readonly [number, number])[] = [
  [0, 7],
  [12, 3],
  [25, 2],
  [25, 7],
  [27, 5],
  [26, 6],
  [20, 5],
];

function constantName(prefix: string, name: string): string {
  const words = name.replace(/([a-z])([A-Z])/g, '$1_$2').replace(/\./g, '_');
  return `${prefix}_${words.toUpperCase()}`;
}

const opcodeName = (mnemonic: string) => constantName('OP', mnemonic);
const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;

function fieldExpression(shift: number, bits: number): string {
  const shifted = shift === 0 ? 'word' : `(word >>> ${shift})`;
  return shift + bits === 32 ? `word >>> ${shift}` : `${shifted} & ${hex(2 ** bits - 1)}`;
}

/** A switch tree that ends in one row a leaf; `decided` are the bits already tested on the way. */
function decodeTree(rows: readonly Instruction[], decided: number, indent: string): string {
  if (rows.length === 1) {
    const [row] = rows as [Instruction];
    const rest = row.mask & ~decided;
    const result = opcodeName(row.mnemonic);
    if (rest === 0) return `${indent}return ${result};\n`;
    return `${indent}return (word & ${hex(rest)}) == ${hex(row.match & rest)} ? ${result} : OP_ILLEGAL;\n`;
  }
  for (const [shift, bits] of DISCRIMINATORS) {
    const fieldMask = (2 ** bits - 1) * 2 ** shift;
    if (rows.some((row) => (row.mask & fieldMask) >>> 0 !== fieldMask)) continue;
    const groups = new Map<number, Instruction[]>();
    for (const row of rows) {
      const value = (row.match & fieldMask) >>> shift;
      groups.set(value, [...(groups.get(value) ?? []), row]);
    }
    if (groups.size === 1) continue;
    let text = `${indent}switch (${fieldExpression(shift, bits)}) {\n`;
    for (const [value, group] of [...groups].sort(([a], [b]) => a - b)) {
      text += `${indent}  case ${hex(value)}:\n`;
      text += decodeTree(group, decided | fieldMask, `${indent}    `);
    }
    return `${text}${indent}}\n${indent}return OP_ILLEGAL;\n`;
  }
  throw new Error(`no field tells apart ${rows.map((row) => row.mnemonic).join(', ')}`);
}

/** AssemblyScript for an immediate's value, taken out of `source` and, if signed, sign-extended. */
function immediateExpression(name: ImmediateName, source: string): string {
  const { width, signed, pieces }: ImmediateLayout = IMMEDIATES[name];
  const parts = pieces.map(([from, to, count]) => `(((${source} >>> ${from}) & ${hex(2 ** count - 1)}) << ${to})`);
  const value = parts.join(' | ');
  if (!signed) return `<i32>(${value})`;
  return width === 32 ? `<i32>(${value})` : `(<i32>(${value}) << ${32 - width}) >> ${32 - width}`;
}

/** AssemblyScript that scatters the i32 `value` into the 32-bit instruction's immediate. */
function scatterExpression(name: ImmediateName): string {
  return IMMEDIATES[name].pieces
    .map(([from, to, count]) => `(((<u32>value >>> ${to}) & ${hex(2 ** count - 1)}) << ${from})`)
    .join(' | ');
}

function registerExpression(source: ExpandedRegister, position: number): string {
  if (typeof source === 'number') return hex(source * 2 ** position);
  const { shift, bits, base } = REGISTER_FIELDS[source];
  const value = `((half >>> ${shift}) & ${hex(2 ** bits - 1)})`;
  return base === 0 ? `(${value} << ${position})` : `((${value} + ${base}) << ${position})`;
}

function expansion(row: CompressedInstruction): string {
  const target = INSTRUCTION_BY_MNEMONIC.get(row.expands)!;
  const fixed = [hex(target.match)];
  for (const [source, position] of [
    [row.rd, 7],
    [row.rs1, 15],
    [row.rs2, 20],
  ] as const) {
    if (source !== undefined && source !== 0) fixed.push(registerExpression(source, position));
  }
  const conditions = [`(half & ${hex(row.mask)}) == ${hex(row.match)}`];
  for (const [field, value] of row.forbidden) {
    const actual =
      field === 'imm'
        ? hex(IMMEDIATES[row.immediate!].pieces.reduce((mask, [from, , count]) => mask | ((2 ** count - 1) << from), 0))
        : hex((2 ** REGISTER_FIELDS[field].bits - 1) << REGISTER_FIELDS[field].shift);
    if (value !== 0) throw new Error(`${row.mnemonic}: only zero fields can be forbidden`);
    conditions.push(`(half & ${actual}) != 0`);
  }
  let body = `      // ${row.mnemonic}\n      if (${conditions.join(' && ')}) {\n`;
  if (row.immediate !== undefined) {
    body += `        const value: i32 = ${immediateExpression(row.immediate, 'half')};\n`;
    fixed.push(`(${scatterExpression(target.immediate!)})`);
  }
  return `${body}        return ${fixed.join(' | ')};\n      }\n`;
}

function expandFunction(): string {
  let text = '  static expandCompressed(half: u32): u32 {\n';
  text += '    switch (((half & 3) << 3) | ((half >>> 13) & 7)) {\n';
  const groups = new Map<number, CompressedInstruction[]>();
  for (const row of COMPRESSED) {
    const key = ((row.match & 3) << 3) | ((row.match >>> 13) & 7);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  for (const [key, rows] of groups) {
    text += `    case ${hex(key)}: {\n${rows.map(expansion).join('')}      return 0;\n    }\n`;
  }
  return `${text}    }\n    return 0;\n  }\n`;
}

/** `static name(op: i32): i32` as one dense switch from opcode to a constant. */
function classify(name: string, comment: string, keyOf: (row: Instruction) => string, otherwise: string): string {
  const groups = new Map<string, number[]>();
  INSTRUCTIONS.forEach((row, index) => {
    const key = keyOf(row);
    groups.set(key, [...(groups.get(key) ?? []), index]);
  });
  let text = `  /** ${comment} */\n  static ${name}(op: i32): i32 {\n    switch (op) {\n`;
  for (const [key, opcodes] of groups) {
    if (key === otherwise) continue;
    for (const opcode of opcodes) text += `      case ${opcodeName(INSTRUCTIONS[opcode]!.mnemonic)}:\n`;
    text += `        return ${key};\n`;
  }
  return `${text}    }\n    return ${otherwise};\n  }\n\n`;
}

function immediateKind(row: Instruction): string {
  return row.immediate === undefined ? 'IMMEDIATE_NONE' : constantName('IMMEDIATE', row.immediate);
}

export function generateMachineIsa(): string {
  let text = '// Generated by src/isa/generate.ts from the instruction table. Do not edit.\n\n';
  text += '/** Opcodes: one number per 32-bit instruction; 16-bit ones are expanded first. */\n';
  INSTRUCTIONS.forEach((row, index) => {
    text += `export const ${opcodeName(row.mnemonic)}: i32 = ${index};\n`;
  });
  text += `/** Number of opcodes; numbers from here on are free for the machine's own bytecode. */\n`;
  text += `export const OP_COUNT: i32 = ${INSTRUCTIONS.length};\n`;
  text += 'export const OP_ILLEGAL: i32 = -1;\n\n/** Timing classes. */\n';
  TIMING_CLASSES.forEach((name, index) => {
    text += `export const ${constantName('TIMING', name)}: i32 = ${index};\n`;
  });
  text += `export const TIMING_COUNT: i32 = ${TIMING_CLASSES.length};\n\n/** Layouts of immediates. */\n`;
  text += 'export const IMMEDIATE_NONE: i32 = 0;\n';
  IMMEDIATE_KINDS.forEach((name, index) => {
    text += `export const ${constantName('IMMEDIATE', name)}: i32 = ${index + 1};\n`;
  });
  text += '\nexport class Isa {\n';
  text +=
    '  /**\n   * The opcode of a 32-bit instruction word, or OP_ILLEGAL. Reserved rounding modes are not looked at.\n   */\n';
  text += `  static decode(word: u32): i32 {\n${decodeTree(INSTRUCTIONS, 0, '    ')}  }\n\n`;
  text += '  /** The 32-bit word with the same effect as the 16-bit instruction, or 0 if it is reserved. */\n';
  text += `${expandFunction()}\n`;
  text += classify('timingClass', 'TIMING_* of an opcode.', (row) => constantName('TIMING', row.timing), 'TIMING_ALU');
  text += classify('immediateKind', 'IMMEDIATE_* of an opcode.', immediateKind, 'IMMEDIATE_NONE');
  text += '  /** The sign-extended immediate of a word whose layout is `kind`; 0 for IMMEDIATE_NONE. */\n';
  text += '  static immediate(word: u32, kind: i32): i32 {\n    switch (kind) {\n';
  for (const name of IMMEDIATE_KINDS) {
    text += `      case ${constantName('IMMEDIATE', name)}:\n        return ${immediateExpression(name, 'word')};\n`;
  }
  return `${text}    }\n    return 0;\n  }\n}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync('assembly/generated', { recursive: true });
  writeFileSync('assembly/generated/isa.ts', generateMachineIsa());
}
