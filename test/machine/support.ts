// Small programs for the machine without a kernel: assembled for the start of RAM, run in ring 0 until they write the gate.

import { assembleExecutable, formatDiagnostics } from '../../src/assembler/assemble.ts';
import { readProgram } from '../../src/elf/read.ts';
import { RAM_BASE } from '../../src/machine/layout.ts';
import { Machine, type MachineOptions } from '../../src/machine/machine.ts';

export interface Assembled {
  readonly elf: Uint8Array;
  readonly symbols: ReadonlyMap<string, bigint>;
}

export function assemble(source: string, textBase: bigint | undefined = BigInt(RAM_BASE)): Assembled {
  const options = textBase === undefined ? {} : { textBase };
  const result = assembleExecutable([{ name: 'test.s', text: source }], options);
  if (!result.ok) throw new Error(formatDiagnostics(result.diagnostics));
  return { elf: result.elf, symbols: result.symbols };
}

/** Names that every source may use. */
const PRELUDE = `
    .equ GATE, 0x110000
    .macro stop
    li   t6, GATE
    sd   zero, 0(t6)
    .endm
    .option norvc
    .globl _start
_start:
`;

export interface Bare {
  readonly machine: Machine;
  readonly symbols: ReadonlyMap<string, bigint>;
  /** A symbol's address. */
  at(symbol: string): bigint;
}

/** Loads a ring-0 program whose first instruction is the source's. */
export async function loadBare(source: string, options: MachineOptions = {}): Promise<Bare> {
  const { elf, symbols } = assemble(PRELUDE + source);
  const machine = await Machine.create({ ramBytes: 16 * 1024 * 1024, ...options });
  const program = readProgram(elf);
  if (!program.ok) throw new Error(program.reason);
  for (const segment of program.elf.segments) {
    const bytes = elf.subarray(segment.offset, segment.offset + segment.fileSize);
    machine.ram.slice(Number(segment.virtualAddress), bytes.length).set(bytes);
  }
  machine.hart.pc = program.elf.header.entry;
  const at = (symbol: string): bigint => {
    const address = symbols.get(symbol);
    if (address === undefined) throw new Error(`no symbol ${symbol}`);
    return address;
  };
  return { machine, symbols, at };
}

/** Runs to the gate; throws if it is not reached. */
export function toGate(machine: Machine, slice = 1_000_000, slices = 30): void {
  for (let index = 0; index < slices; index++) {
    const reason = machine.run(slice);
    if (reason === 'gate') return;
    if (reason !== 'slice') throw new Error(`stopped: ${reason}`);
  }
  throw new Error(`no gate after ${slices} slices; pc ${machine.hart.pc.toString(16)}`);
}

export async function runBare(source: string, options: MachineOptions = {}): Promise<Bare> {
  const bare = await loadBare(source, options);
  toGate(bare.machine);
  return bare;
}

/** Registers by number in hexadecimal, for whole-state comparisons. */
export function registers(machine: Machine): string[] {
  const list: string[] = [];
  for (let index = 0; index < 32; index++) list.push(machine.hart.x(index).toString(16));
  for (let index = 0; index < 32; index++) list.push(machine.hart.f(index).toString(16));
  return list;
}
