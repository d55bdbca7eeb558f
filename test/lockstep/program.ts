// One ELF of many random programs, each from a fresh state of registers and memory, and the log that it writes to
// descriptor 1, from which two executions are compared.
//
// A program is a sequence of blocks, run for some rounds. Every block ends in the program's checkpoint routine, which
// - appends a record to the log: the block's end address (in the slot of x0), x1 to x31, f0 to f31, fcsr; so the first record
//   that differs names the block and shows its registers, without a second run;
// - reloads all registers with fresh operands from the pool of weighted values, chosen by a xorshift generator in memory.
// After each round the scratch window is appended as well. The log is flushed when it is nearly full, and at the end.
//
// Two registers of a program are not random: the frame register, which points to the next record and is only read by blocks,
// and the link register, which a block enters with its own start address. Both differ from program to program.

import { CaseGenerator } from '../softfloat/cases.ts';
import { Random } from '../softfloat/random.ts';
import { BlockGenerator, scratchBytes } from './block.ts';
import { Code } from './code.ts';
import { type Segment, writeExecutable } from './elf.ts';

const dataAddress = 0x400000;
const poolAddress = dataAddress + 0x1000; // 4 KiB of integers, 4 KiB of floating-point values
const templateAddress = dataAddress + 0x3000;
const scratchAddress = dataAddress + 0x5000 - scratchBytes / 2;
const dataBytes = 0x6000;
const logAddress = dataAddress + 0x10000;
const logBytes = 1 << 20;
const textAddress = 0x600000;

/** Offsets of variables in the data segment. */
const prngVariable = 0;
const roundsVariable = 8;
const logVariable = 16;

export const recordBytes = 66 * 8;
const poolBytes = 4096;

export interface BlockPlace {
  /** Address range of the block's own instructions. */
  start: number;
  end: number;
  instructions: number;
}

export interface ProgramPlace {
  rounds: number;
  blocks: BlockPlace[];
}

export interface Batch {
  elf: Uint8Array;
  programs: ProgramPlace[];
  /** Generated instructions, static count. */
  instructions: number;
  /** Instructions of one checkpoint, and of what follows a round; neither is generated code. */
  checkpointInstructions: number;
  roundInstructions: number;
  /** Bytes of the whole log. */
  logBytes: number;
}

export interface BatchOptions {
  seed: number;
  programs: number;
  blocks: number;
  instructionsPerBlock: number;
  rounds: number;
  selfModifying: boolean;
}

function data(seed: number): Uint8Array {
  const cases = new CaseGenerator(seed);
  const random = new Random(seed ^ 0x5ca1ab1e);
  const bytes = new Uint8Array(dataBytes);
  const words = new Uint32Array(bytes.buffer);
  const integers = (poolAddress - dataAddress) / 4;
  const floats = integers + poolBytes / 4;
  for (let i = 0; i < poolBytes / 4; i += 2) {
    cases.register(random.below(8) ? 'integer' : 'double', words, integers + i);
    cases.register(random.pick(['single', 'double', 'single', 'double', 'integer']), words, floats + i);
  }
  const template = (templateAddress - dataAddress) / 4;
  for (let i = 0; i < scratchBytes / 4; i += 2) {
    cases.register(random.pick(['integer', 'single', 'double']), words, template + i);
  }
  words[logVariable / 4] = logAddress;
  return bytes;
}

/** Instructions of generated programs that are not generated, to be subtracted from what an execution counts. */
interface Overhead {
  checkpoint: number;
  round: number;
}

/** Writes one program; execution falls in at its first instruction and out after its last. */
class ProgramWriter {
  private readonly random: Random;
  private readonly options: BatchOptions;
  private readonly frame: number;
  private readonly link: number;
  /** Registers for the fixed routines: none of them frame, link or an argument of write. */
  private readonly free: [number, number, number, number];
  private readonly generator: BlockGenerator;

  constructor(random: Random, options: BatchOptions) {
    this.random = random;
    this.options = options;
    const candidates: number[] = [];
    for (let register = 1; register < 32; register++)
      if (![10, 11, 12, 17].includes(register)) candidates.push(register);
    const draw = () => candidates.splice(random.below(candidates.length), 1)[0]!;
    this.frame = draw();
    this.link = draw();
    this.free = [draw(), draw(), draw(), draw()];
    this.generator = new BlockGenerator(random, scratchAddress, this.frame, options.selfModifying);
  }

  /**
   *           initialise memory; jal over
   *   save:   store all registers; load: load them from the pool; jalr link
   *   over:   jal link, load
   *           block; sd link; jal link, save      (for each block)
   *           append scratch; flush; next round: jal over
   */
  write(text: Code): { place: ProgramPlace; overhead: Overhead } {
    const { blocks, instructionsPerBlock, rounds } = this.options;
    const save = this.saveRegisters();
    const load = this.loadRegisters();
    text.append(this.initialise());
    text.emit('jal', { rd: 0, imm: 4 + save.bytes + load.bytes });
    const saveAt = text.bytes;
    text.append(save);
    const loadAt = text.bytes;
    text.append(load);
    const over = text.bytes;
    text.emit('jal', { rd: this.link, imm: loadAt - over });
    const places: BlockPlace[] = [];
    for (let i = 0; i < blocks; i++) {
      const start = textAddress + text.bytes;
      const body = this.generator.block(instructionsPerBlock);
      text.append(body);
      places.push({ start, end: textAddress + text.bytes, instructions: body.count });
      text.emit('sd', { rs1: this.frame, rs2: this.link, imm: this.link * 8 });
      text.emit('jal', { rd: this.link, imm: saveAt - text.bytes });
    }
    const afterBlocks = text.count;
    text.append(this.appendScratch());
    this.nextRound(text, over);
    const copyLoops = (scratchBytes / 64 - 1) * instructionsPerCopy;
    return {
      place: { rounds, blocks: places },
      overhead: {
        checkpoint: save.count + load.count + 2,
        round: text.count - afterBlocks - flushInstructions + copyLoops,
      },
    };
  }

  private initialise(): Code {
    const code = new Code();
    const [from, to, end, value] = this.free;
    code.constant(from, templateAddress);
    code.constant(to, scratchAddress);
    code.constant(end, scratchAddress + scratchBytes);
    code.emit('ld', { rd: value, rs1: from });
    code.emit('sd', { rs1: to, rs2: value });
    code.emit('addi', { rd: from, rs1: from, imm: 8 });
    code.emit('addi', { rd: to, rs1: to, imm: 8 });
    code.emit('bne', { rs1: to, rs2: end, imm: -16 });
    code.constant(from, dataAddress);
    code.constant(value, this.random.bits() | 1);
    code.emit('sd', { rs1: from, rs2: value, imm: prngVariable });
    code.constant(value, this.options.rounds);
    code.emit('sd', { rs1: from, rs2: value, imm: roundsVariable });
    code.emit('ld', { rd: this.frame, rs1: from, imm: logVariable });
    return code;
  }

  private saveRegisters(): Code {
    const code = new Code();
    const frame = this.frame;
    for (let register = 1; register < 32; register++) {
      if (register !== this.link) code.emit('sd', { rs1: frame, rs2: register, imm: register * 8 });
    }
    code.emit('sd', { rs1: frame, rs2: this.link, imm: 0 });
    for (let register = 0; register < 32; register++) {
      code.emit('fsd', { rs1: frame, rs2: register, imm: (32 + register) * 8 });
    }
    code.emit('csrrs', { rd: this.free[0], csr: 3 });
    code.emit('sd', { rs1: frame, rs2: this.free[0], imm: 64 * 8 });
    code.emit('addi', { rd: frame, rs1: frame, imm: recordBytes });
    return code;
  }

  private loadRegisters(): Code {
    const code = new Code();
    const [pointer, state, scrap] = this.free;
    // xorshift64 (Marsaglia, "Xorshift RNGs", 2003): shifts 13, 7, 17.
    code.constant(pointer, dataAddress);
    code.emit('ld', { rd: state, rs1: pointer, imm: prngVariable });
    for (const [shift, distance] of [
      ['slli', 13],
      ['srli', 7],
      ['slli', 17],
    ] as const) {
      code.emit(shift, { rd: scrap, rs1: state, imm: distance });
      code.emit('xor', { rd: state, rs1: state, rs2: scrap });
    }
    code.emit('sd', { rs1: pointer, rs2: state, imm: prngVariable });
    // All flags, rounding modes 0 to 3.
    code.emit('andi', { rd: scrap, rs1: state, imm: 0x7f });
    code.emit('csrrw', { rd: 0, rs1: scrap, csr: 3 });
    this.poolPointer(code, poolAddress + poolBytes, 16);
    for (let register = 0; register < 32; register++) {
      code.emit('fld', { rd: register, rs1: pointer, imm: this.random.below(256) * 8 });
    }
    this.poolPointer(code, poolAddress, 32);
    for (let register = 1; register < 32; register++) {
      if ([this.frame, this.link, pointer].includes(register)) continue;
      code.emit('ld', { rd: register, rs1: pointer, imm: this.random.below(256) * 8 });
    }
    code.emit('ld', { rd: pointer, rs1: pointer, imm: this.random.below(256) * 8 });
    code.emit('jalr', { rd: 0, rs1: this.link, imm: 0 });
    return code;
  }

  /** pointer = somewhere in the first half of a pool, chosen by bits of the state. */
  private poolPointer(code: Code, pool: number, bit: number): void {
    const [pointer, state, scrap] = this.free;
    code.emit('srli', { rd: scrap, rs1: state, imm: bit });
    code.emit('andi', { rd: scrap, rs1: scrap, imm: 0x7f8 });
    code.constant(pointer, pool);
    code.emit('add', { rd: pointer, rs1: pointer, rs2: scrap });
  }

  private appendScratch(): Code {
    const code = new Code();
    const [from, end, value] = this.free;
    code.constant(from, scratchAddress);
    code.constant(end, scratchAddress + scratchBytes);
    for (let offset = 0; offset < 64; offset += 8) {
      code.emit('ld', { rd: value, rs1: from, imm: offset });
      code.emit('sd', { rs1: this.frame, rs2: value, imm: offset });
    }
    code.emit('addi', { rd: from, rs1: from, imm: 64 });
    code.emit('addi', { rd: this.frame, rs1: this.frame, imm: 64 });
    code.emit('bne', { rs1: from, rs2: end, imm: -(instructionsPerCopy - 1) * 4 });
    return code;
  }

  private nextRound(text: Code, over: number): void {
    const [pointer, rounds, limit] = this.free;
    const bytesPerRound = this.options.blocks * recordBytes + scratchBytes;
    const flush = flushLog(this.frame);
    text.constant(limit, logAddress + logBytes - bytesPerRound);
    text.emit('bltu', { rs1: this.frame, rs2: limit, imm: flush.bytes + 4 });
    text.append(flush);
    text.constant(pointer, dataAddress);
    text.emit('ld', { rd: rounds, rs1: pointer, imm: roundsVariable });
    text.emit('addi', { rd: rounds, rs1: rounds, imm: -1 });
    text.emit('sd', { rs1: pointer, rs2: rounds, imm: roundsVariable });
    text.emit('sd', { rs1: pointer, rs2: this.frame, imm: logVariable });
    text.emit('beq', { rs1: rounds, rs2: 0, imm: 8 });
    text.emit('jal', { rd: 0, imm: over - text.bytes });
  }
}

const instructionsPerCopy = 19;

/** write(1, log, frame - log) until all is written, then frame = log. A failing write ends the program with status 1. */
function flushLog(frame: number): Code {
  const code = new Code();
  code.constant(11, logAddress);
  code.emit('sub', { rd: 12, rs1: frame, rs2: 11 });
  code.emit('addi', { rd: 10, rs1: 0, imm: 1 });
  code.emit('addi', { rd: 17, rs1: 0, imm: 64 });
  code.emit('ecall', {});
  code.emit('bge', { rs1: 10, rs2: 0, imm: 16 });
  code.emit('addi', { rd: 10, rs1: 0, imm: 1 });
  code.emit('addi', { rd: 17, rs1: 0, imm: 93 });
  code.emit('ecall', {});
  code.emit('add', { rd: 11, rs1: 11, rs2: 10 });
  code.emit('sub', { rd: 12, rs1: 12, rs2: 10 });
  code.emit('bne', { rs1: 12, rs2: 0, imm: -36 });
  code.constant(frame, logAddress);
  return code;
}

const flushInstructions = flushLog(8).count;

/** Generates an ELF of `programs` random programs. The same options give the same bytes. */
export function generateBatch(options: BatchOptions): Batch {
  const random = new Random(options.seed);
  const text = new Code();
  const programs: ProgramPlace[] = [];
  let overhead: Overhead = { checkpoint: 0, round: 0 };
  for (let i = 0; i < options.programs; i++) {
    const written = new ProgramWriter(random, options).write(text);
    programs.push(written.place);
    overhead = written.overhead;
  }
  const frame = 8;
  text.constant(frame, dataAddress);
  text.emit('ld', { rd: frame, rs1: frame, imm: logVariable });
  const flush = flushLog(frame);
  text.emit('addi', { rd: 10, rs1: frame, imm: 0 });
  text.constant(11, logAddress);
  text.emit('beq', { rs1: 10, rs2: 11, imm: flush.bytes + 4 });
  text.append(flush);
  text.emit('addi', { rd: 10, rs1: 0, imm: 0 });
  text.emit('addi', { rd: 17, rs1: 0, imm: 93 });
  text.emit('ecall', {});

  const code = new Uint8Array(Uint16Array.from(text.halves).buffer);
  const segments: Segment[] = [
    {
      name: '.data',
      address: dataAddress,
      bytes: data(options.seed),
      memoryBytes: logAddress + logBytes - dataAddress,
      executable: false,
    },
    { name: '.text', address: textAddress, bytes: code, memoryBytes: code.length, executable: true },
  ];
  const blocks = programs.flatMap((program) => program.blocks);
  return {
    elf: writeExecutable(textAddress, segments),
    programs,
    instructions: blocks.reduce((sum, block) => sum + block.instructions, 0),
    checkpointInstructions: overhead.checkpoint,
    roundInstructions: overhead.round,
    logBytes: options.programs * options.rounds * (options.blocks * recordBytes + scratchBytes),
  };
}
