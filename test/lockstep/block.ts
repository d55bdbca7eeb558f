// Random blocks of RV64GC: straight-line code, forward branches, counted loops and local calls, nested; loads, stores and
// atomics on the scratch window; fcsr; 16-bit forms. A block neither traps nor runs away, whatever its registers hold:
// - control flow is structured: a branch skips whole items, a loop's counter is reserved within its body;
// - addresses derive from base registers that the block sets up and reserves, or are masked;
// - frm holds a reserved value at most until the next instruction, which restores a valid one.
// An SC either follows its LR directly (up to register arithmetic), or has no reservation: it must fail.

import { COMPRESSED } from '../../src/isa/compressed.ts';
import {
  extractImmediate,
  IMMEDIATES,
  insertImmediate,
  insertRegister,
  type RegisterField,
} from '../../src/isa/fields.ts';
import type { CompressedInstruction, Instruction } from '../../src/isa/instruction.ts';
import { INSTRUCTION_BY_MNEMONIC, INSTRUCTIONS } from '../../src/isa/instructions.ts';
import type { Random } from '../softfloat/random.ts';
import { Code, encode, type Fields } from './code.ts';

/** Bytes of the scratch window. It lies across a page boundary. */
export const scratchBytes = 2048;

const memoryBytes: Record<string, number> = { b: 1, h: 2, w: 4, d: 8 };

function accessBytes(mnemonic: string): number {
  const letter = /^(?:c\.)?f?[ls]([bhwd])u?(?:sp)?$/.exec(mnemonic)?.[1];
  if (letter === undefined) throw new Error(`${mnemonic} is no load or store`);
  return memoryBytes[letter]!;
}

const byExtension = (extension: Instruction['extension']) => INSTRUCTIONS.filter((row) => row.extension === extension);
const memoryFormats = ['load', 'S', 'AMO'];
const loadsAndStores = INSTRUCTIONS.filter(
  (row) => row.format === 'S' || (row.format === 'load' && row.mnemonic !== 'jalr'),
);
const arithmeticFormats = ['R', 'I', 'U', 'shift', 'shiftWord'];
const arithmetic = byExtension('I').filter((row) => arithmeticFormats.includes(row.format));
const multiply = byExtension('M');
const floating = [...byExtension('F'), ...byExtension('D')].filter((row) => !memoryFormats.includes(row.format));
const pairs = [...arithmetic.filter((row) => row.format === 'R'), ...multiply, ...multiply];
const branches = INSTRUCTIONS.filter((row) => row.format === 'B');
const amos = byExtension('A').filter((row) => row.mnemonic.startsWith('amo'));
const compressedMemory = COMPRESSED.filter((row) => row.operands.some((operand) => operand.startsWith('offset')));
const compressedArithmetic = COMPRESSED.filter(
  (row) =>
    !compressedMemory.includes(row) && !row.operands.includes('target') && !/^c\.(jr|jalr|ebreak)$/.test(row.mnemonic),
);

const fflags = 1;
const frm = 2;
const fcsr = 3;

interface Base {
  register: number;
  /** Where in the scratch window it points. */
  offset: number;
}

export class BlockGenerator {
  private readonly random: Random;
  private readonly scratch: number;
  /** Registers that may be read but not written. */
  private readonly reserved: Set<number>;
  private readonly selfModifying: boolean;
  private bases: Base[] = [];

  /**
   * `scratch`: address of the scratch window, below 2^31. `frame`: the register that stays reserved throughout.
   * `selfModifying`: whether blocks may rewrite their own instructions.
   */
  constructor(random: Random, scratch: number, frame: number, selfModifying: boolean) {
    this.random = random;
    this.scratch = scratch;
    this.reserved = new Set([frame]);
    this.selfModifying = selfModifying;
  }

  /** A block of about `instructions` instructions (static count). */
  block(instructions: number): Code {
    const code = new Code();
    this.bases = [];
    // One base for the sp-relative forms, one for the three-bit register fields, one anywhere.
    for (const candidates of [[2], [8, 9, 10, 11, 12, 13, 14, 15], this.writable()]) {
      const free = candidates.filter((register) => !this.reserved.has(register));
      if (free.length === 0) continue;
      const register = this.random.pick(free);
      const offset = this.bases.length === 2 ? 0 : this.random.below(scratchBytes / 8 - 64) * 8;
      this.bases.push({ register, offset });
      this.reserved.add(register);
      code.constant(register, this.scratch + offset);
    }
    if (this.selfModifying && this.random.below(48) === 0) this.rewrite(code);
    code.append(this.items(instructions - code.count, 2));
    for (const { register } of this.bases) this.reserved.delete(register);
    return code;
  }

  private writable(): number[] {
    const registers: number[] = [];
    for (let register = 1; register < 32; register++) if (!this.reserved.has(register)) registers.push(register);
    return registers;
  }

  /** A destination: now and then x0, else any register that is not reserved. */
  private destination(): number {
    return this.random.below(24) === 0 ? 0 : this.temporary();
  }

  private temporary(): number {
    return this.random.pick(this.writable());
  }

  private any(): number {
    return this.random.below(32);
  }

  private items(instructions: number, depth: number): Code {
    const code = new Code();
    while (code.count < instructions) {
      const left = instructions - code.count;
      const choice = this.random.below(100);
      if (choice < 22) this.fill(code, this.random.pick(arithmetic));
      else if (choice < 28) this.fill(code, this.random.pick(multiply));
      else if (choice < 29) this.corner(code);
      else if (choice < 52) this.fill(code, this.random.pick(floating));
      else if (choice < 65) this.compressed(code, this.random.pick(compressedArithmetic));
      else if (choice < 73) this.loadOrStore(code);
      else if (choice < 78) this.compressedLoadOrStore(code);
      else if (choice < 80) this.maskedAddress(code);
      else if (choice < 83) this.atomic(code);
      else if (choice < 84) this.reservation(code);
      else if (choice < 87) this.csr(code);
      else if (choice < 88) this.fence(code);
      else if (depth === 0 || left < 4) this.fill(code, this.random.pick(arithmetic));
      else if (choice < 94) this.branch(code, Math.min(left - 1, 1 + this.random.below(8)), depth);
      else if (choice < 96) this.jump(code, Math.min(left - 1, 1 + this.random.below(6)), depth);
      else if (choice < 98) this.loop(code, Math.min(left, 4 + this.random.below(24)), depth);
      else this.call(code, Math.min(left, 3 + this.random.below(12)), depth);
    }
    return code;
  }

  /** An instruction on registers and immediates only. */
  private fill(code: Code, row: Instruction): void {
    const fields: Fields = {};
    for (const operand of row.operands) {
      switch (operand) {
        case 'rd':
          fields.rd = this.destination();
          break;
        case 'frd':
          fields.rd = this.any();
          break;
        case 'rs1':
        case 'frs1':
          fields.rs1 = this.any();
          break;
        case 'rs2':
        case 'frs2':
          fields.rs2 = this.any();
          break;
        case 'frs3':
          fields.rs3 = this.any();
          break;
        case 'rm':
          fields.rm = this.random.below(2) ? 7 : this.random.below(5);
          break;
        case 'imm':
        case 'shamt':
          fields.imm = this.immediate(row.immediate!);
          break;
        case 'imm20':
          fields.imm = this.immediate('U');
          break;
        default:
          throw new Error(`${row.mnemonic}: operand ${operand}`);
      }
    }
    code.word(encode(row, fields));
  }

  /** An operation on two values that overflow, division and sign extension are sensitive to. */
  private corner(code: Code): void {
    const [rs1, rs2] = [this.temporary(), this.temporary()];
    this.cornerValue(code, rs1);
    this.cornerValue(code, rs2);
    code.word(encode(this.random.pick(pairs), { rd: this.destination(), rs1, rs2 }));
  }

  /** 0, 1, -1, or the least or greatest value of a signed or unsigned word or doubleword. */
  private cornerValue(code: Code, rd: number): void {
    const random = this.random;
    code.emit('addi', { rd, rs1: 0, imm: random.pick([0, 1, -1, -1]) });
    if (random.below(2)) code.emit('slli', { rd, rs1: rd, imm: random.pick([31, 63]) });
    else if (random.below(3) === 0) code.emit('srli', { rd, rs1: rd, imm: random.pick([1, 32, 33]) });
    if (random.below(2)) code.emit('addiw', { rd, rs1: rd, imm: 0 });
  }

  /** Any value of the layout; often near 0 or an end of the range. */
  private immediate(name: keyof typeof IMMEDIATES): number {
    const random = this.random;
    const { width } = IMMEDIATES[name];
    let value = random.bits() | 0;
    if (random.below(3) === 0) value = random.pick([0, 1, -1, 2 ** (width - 1), 2 ** (width - 1) - 1, -2]);
    return extractImmediate(insertImmediate(value, name), name);
  }

  private compressed(code: Code, row: CompressedInstruction): void {
    for (let attempt = 0; attempt < 64; attempt++) {
      const half = row.match | (this.random.bits() & ~row.mask & 0xffff);
      const writes = row.operands[0] as RegisterField | 'sp' | undefined;
      const destination = writes === undefined ? 0 : writes === 'sp' ? 2 : this.registerIn(half, writes);
      if (this.reserved.has(destination)) continue;
      const forbidden = row.forbidden.some(([field, value]) =>
        field === 'imm' ? extractImmediate(half, row.immediate!) === value : this.registerIn(half, field) === value,
      );
      // c.lui to x2 is the code point of c.addi16sp, which has its own row.
      if (forbidden || (row.mnemonic === 'c.lui' && destination === 2)) continue;
      code.half(half);
      return;
    }
  }

  private registerIn(half: number, field: RegisterField): number {
    if (field === 'c.rd') return (half >> 7) & 31;
    if (field === 'c.rs2') return (half >> 2) & 31;
    return (field === "rs1'" ? (half >> 7) & 7 : (half >> 2) & 7) + 8;
  }

  /** A displacement that keeps an access of `bytes` from `base` inside the window; aligned now and then, and not. */
  private displacement(base: Base, bytes: number, limit: number): number {
    const least = Math.max(-base.offset, -2048);
    const most = Math.min(scratchBytes - bytes - base.offset, limit);
    const value = least + this.random.below(most - least + 1);
    return this.random.below(3) ? Math.max(least, value - (((value % bytes) + bytes) % bytes)) : value;
  }

  private loadOrStore(code: Code): void {
    const row = this.random.pick(loadsAndStores);
    const base = this.random.pick(this.bases);
    const imm = this.displacement(base, accessBytes(row.mnemonic), 2047);
    const register = row.operands[0] === 'rd' ? this.destination() : this.any();
    const fields: Fields = { rs1: base.register, imm };
    code.word(encode(row, row.format === 'S' ? { ...fields, rs2: register } : { ...fields, rd: register }));
  }

  private compressedLoadOrStore(code: Code): void {
    const row = this.random.pick(compressedMemory);
    const stack = row.operands.includes('offset(sp)');
    const base = this.bases.find(({ register }) => (stack ? register === 2 : register >= 8 && register < 16));
    if (base === undefined) return;
    const bytes = accessBytes(row.mnemonic);
    // Unsigned, scaled displacements, at most 504: bases leave that much room.
    const room = scratchBytes - bytes - base.offset;
    const imm = extractImmediate(
      insertImmediate(this.random.below(Math.min(room, 511) + 1), row.immediate!),
      row.immediate!,
    );
    if (imm > room) return;
    let half = row.match | insertImmediate(imm, row.immediate!);
    if (!stack) half |= insertRegister(base.register, "rs1'");
    const data = row.operands[0]!;
    const field = data.replace(/^f/, '').replace('c.fr', 'c.r') as RegisterField;
    const popular = field.endsWith("'");
    let register = popular ? 8 + this.random.below(8) : this.any();
    if (!data.includes('f') && data.includes('rd')) {
      const free = this.writable().filter((candidate) => !popular || (candidate >= 8 && candidate < 16));
      register = this.random.pick(free);
    }
    half |= insertRegister(register, field);
    code.half(half);
  }

  /** Loads or stores at an address computed from data: register & mask, plus the base at the window's start. */
  private maskedAddress(code: Code): void {
    const base = this.bases.find(({ offset }) => offset === 0);
    if (base === undefined) return;
    const row = this.random.pick(loadsAndStores);
    const address = this.temporary();
    code.emit('andi', { rd: address, rs1: this.any(), imm: this.random.pick([0x3ff, 0x3f8, 0x3fc]) });
    code.emit('add', { rd: address, rs1: address, rs2: base.register });
    const imm = this.random.below(scratchBytes / 2 - 8);
    const register = row.operands[0] === 'rd' ? this.destination() : this.any();
    code.word(
      encode(row, row.format === 'S' ? { rs1: address, rs2: register, imm } : { rs1: address, rd: register, imm }),
    );
  }

  private atomic(code: Code): void {
    const row = this.random.pick(amos);
    const base = this.random.pick(this.bases);
    const fields = { rd: this.destination(), rs1: base.register, rs2: this.any(), aqrl: this.random.below(4) };
    code.word(encode(row, fields));
  }

  private reservation(code: Code): void {
    const width = this.random.pick(['w', 'd']);
    const base = this.random.pick(this.bases);
    const aqrl = this.random.below(4);
    if (this.random.below(4)) {
      code.emit(`lr.${width}`, { rd: this.destination(), rs1: base.register, aqrl });
      for (let i = this.random.below(3); i > 0; i--) this.fill(code, this.random.pick(arithmetic));
      code.emit(`sc.${width}`, { rd: this.destination(), rs1: base.register, rs2: this.any(), aqrl });
    }
    if (this.random.below(2)) {
      // Any SC ends the reservation: the second of two always fails.
      code.emit(`sc.${width}`, { rd: this.destination(), rs1: base.register, rs2: this.any() });
      code.emit(`sc.${width}`, { rd: this.destination(), rs1: base.register, rs2: this.any() });
    }
  }

  private csr(code: Code): void {
    const random = this.random;
    const row = INSTRUCTION_BY_MNEMONIC.get(random.pick(['csrrw', 'csrrs', 'csrrc', 'csrrwi', 'csrrsi', 'csrrci']))!;
    const csr = random.pick([fflags, fflags, frm, fcsr]);
    code.word(encode(row, { rd: this.destination(), csr, rs1: this.any() }));
    if (csr !== fflags) code.emit('csrrwi', { rd: this.destination(), csr: frm, rs1: random.below(5) });
  }

  private fence(code: Code): void {
    if (this.random.below(4) === 0) code.emit('fence.i', {});
    else code.emit('fence', { imm: 0, csr: this.random.below(256) });
  }

  /** A branch over a few items. */
  private branch(code: Code, instructions: number, depth: number): void {
    const body = this.items(instructions, depth - 1);
    if (body.bytes + 2 <= 254 && this.random.below(3) === 0) {
      code.compressed(this.random.pick(['c.beqz', 'c.bnez']), 8 + this.random.below(8), body.bytes + 2);
    } else {
      const row = this.random.pick(branches);
      code.word(encode(row, { rs1: this.any(), rs2: this.any(), imm: body.bytes + 4 }));
    }
    code.append(body);
  }

  /** An unconditional jump over a few items, in one of the ways there are. */
  private jump(code: Code, instructions: number, depth: number): void {
    const body = this.items(instructions, depth - 1);
    switch (this.random.below(4)) {
      case 0:
        code.emit('jal', { rd: this.destination(), imm: body.bytes + 4 });
        break;
      case 1:
        code.compressed('c.j', undefined, body.bytes + 2);
        break;
      case 2: {
        // Bit 0 of a jalr target is cleared.
        const address = this.temporary();
        code.emit('auipc', { rd: address, imm: 0 });
        code.emit('jalr', { rd: this.destination(), rs1: address, imm: body.bytes + 8 + this.random.below(2) });
        break;
      }
      default: {
        const address = this.temporary();
        code.emit('auipc', { rd: address, imm: 0 });
        code.emit('addi', { rd: address, rs1: address, imm: body.bytes + 10 });
        code.compressed(this.reserved.has(1) || this.random.below(2) ? 'c.jr' : 'c.jalr', address);
      }
    }
    code.append(body);
  }

  /** A loop of 2 to 9 rounds. */
  private loop(code: Code, instructions: number, depth: number): void {
    const counter = this.temporary();
    this.reserved.add(counter);
    const body = this.items(instructions, depth - 1);
    this.reserved.delete(counter);
    code.emit('addi', { rd: counter, rs1: 0, imm: 2 + this.random.below(8) });
    code.append(body);
    code.emit('addi', { rd: counter, rs1: counter, imm: -1 });
    const distance = -(body.bytes + 4);
    if (counter >= 8 && counter < 16 && distance >= -256) code.compressed('c.bnez', counter, distance);
    else code.emit('bne', { rs1: counter, rs2: 0, imm: distance });
  }

  /** A local procedure and one or two calls to it. */
  private call(code: Code, instructions: number, depth: number): void {
    const link = this.temporary();
    this.reserved.add(link);
    const body = this.items(instructions, depth - 1);
    this.reserved.delete(link);
    if (this.random.below(2)) body.compressed('c.jr', link);
    else body.emit('jalr', { rd: 0, rs1: link, imm: 0 });
    code.emit('jal', { rd: 0, imm: body.bytes + 4 });
    code.append(body);
    code.emit('jal', { rd: link, imm: -body.bytes });
    if (this.random.below(2)) code.emit('jal', { rd: link, imm: -body.bytes - 4 });
  }

  /** Rewrites the immediate of an addi from data, then executes it. */
  private rewrite(code: Code): void {
    const [address, value, scrap] = [this.temporary(), this.temporary(), this.temporary()];
    if (address === value || value === scrap || address === scrap) return;
    const target = INSTRUCTION_BY_MNEMONIC.get('addi')!;
    const word = encode(target, { rd: this.temporary(), rs1: this.any(), imm: 0 });
    code.emit('andi', { rd: value, rs1: this.any(), imm: 0x7ff });
    code.emit('slli', { rd: value, rs1: value, imm: 20 });
    code.constant(scrap, word | 0);
    code.emit('or', { rd: value, rs1: value, rs2: scrap });
    code.emit('auipc', { rd: address, imm: 0 });
    code.emit('sw', { rs1: address, rs2: value, imm: 12 });
    code.emit('fence.i', {});
    code.word(word);
  }
}
