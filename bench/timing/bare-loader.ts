// Runs a static RV64 program on the bare machine, without the kernel: its own page tables (Sv39, 4 KiB pages), and a ring-0 handler
// of four instructions that hands every trap to the host through the gate. Serves write, exit and a few calls that start-up code
// makes. For benches and tests that must not depend on the kernel.

import type { Machine } from '../../src/machine/machine.ts';

const PAGE = 4096;
const PTE = { V: 1, R: 2, W: 4, X: 8, U: 16, A: 64, D: 128 };
const USER_RWX = PTE.V | PTE.R | PTE.W | PTE.X | PTE.U | PTE.A | PTE.D;

/** csrrw t0,sscratch,t0; sd zero,0(t0); csrrw t0,sscratch,t0; sret. sscratch holds the gate's address. */
const HANDLER = [0x140292f3, 0x0002b023, 0x140292f3, 0x10200073];
const HANDLER_ADDRESS = -(2 ** 31); // 0xffff_ffff_8000_0000
const GATE_ADDRESS = HANDLER_ADDRESS + PAGE;
const GATE_PHYSICAL = 0x0011_0000;
export const STACK_TOP = 0x3f_0000_0000;
const STACK_BYTES = 1 << 20;

export interface BareResult {
  output: string;
  /** Exit status, or null if the program trapped. */
  status: number | null;
  trap: string | null;
}

/** Page tables built in guest RAM by the host. */
export class AddressSpace {
  readonly machine: Machine;
  #next: number;
  readonly root: number;

  /** Frames are taken from `firstFrame` upwards, one after the other. */
  constructor(machine: Machine, firstFrame: number) {
    this.machine = machine;
    this.#next = firstFrame;
    this.root = this.allocate();
  }

  allocate(): number {
    const frame = this.#next;
    this.#next += PAGE;
    if (this.#next > this.machine.ram.base + this.machine.ram.size) throw new Error('out of guest memory');
    this.machine.ram.fill(frame, PAGE, 0);
    return frame;
  }

  /** The physical address of the level-0 entry for a virtual address, tables made as needed. */
  entry(virtual: number, leafLevel = 0): number {
    let table = this.root;
    for (let level = 2; ; level--) {
      const index = Number((BigInt.asUintN(64, BigInt(virtual)) >> BigInt(12 + 9 * level)) & 511n);
      const slot = table + 8 * index;
      if (level === leafLevel) return slot;
      let entry = this.machine.ram.f64number(slot);
      if (entry === 0) {
        entry = (this.allocate() / PAGE) * 1024 + PTE.V;
        this.machine.ram.setNumber(slot, entry);
      }
      table = Math.floor(entry / 1024) * PAGE;
    }
  }

  map(virtual: number, physical: number, flags: number, level = 0): void {
    this.machine.ram.setNumber(this.entry(virtual, level), (physical / PAGE) * 1024 + flags);
  }

  /** The frame behind a mapped user page, or a new one. */
  page(virtual: number): number {
    const slot = this.entry(virtual);
    const entry = this.machine.ram.f64number(slot);
    if (entry !== 0) return Math.floor(entry / 1024) * PAGE;
    const frame = this.allocate();
    this.machine.ram.setNumber(slot, (frame / PAGE) * 1024 + USER_RWX);
    return frame;
  }

  write(virtual: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const offset = (virtual + done) % PAGE;
      const count = Math.min(PAGE - offset, bytes.length - done);
      const frame = this.page(virtual + done - offset);
      this.machine.ram.slice(frame + offset, count).set(bytes.subarray(done, done + count));
      done += count;
    }
  }

  read(virtual: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let done = 0; done < count; ) {
      const offset = (virtual + done) % PAGE;
      const size = Math.min(PAGE - offset, count - done);
      bytes.set(this.machine.ram.slice(this.page(virtual + done - offset) + offset, size), done);
      done += size;
    }
    return bytes;
  }
}

export interface BareProgram {
  readonly machine: Machine;
  readonly space: AddressSpace;
  output: string;
  brk: number;
}

/** Maps the ELF's segments and a stack with arguments; the machine stands at the entry point in ring 3. */
export function loadProgram(machine: Machine, elf: Uint8Array, args: readonly string[]): BareProgram {
  const { hart, ram } = machine;
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const space = new AddressSpace(machine, ram.base + 0x10_0000);
  let end = 0;
  const headers = Number(view.getBigUint64(32, true));
  for (let index = 0; index < view.getUint16(56, true); index++) {
    const header = headers + index * view.getUint16(54, true);
    if (view.getUint32(header, true) !== 1) continue;
    const offset = Number(view.getBigUint64(header + 8, true));
    const virtual = Number(view.getBigUint64(header + 16, true));
    const fileBytes = Number(view.getBigUint64(header + 32, true));
    const memoryBytes = Number(view.getBigUint64(header + 40, true));
    for (let at = virtual - (virtual % PAGE); at < virtual + memoryBytes; at += PAGE) space.page(at);
    space.write(virtual, elf.subarray(offset, offset + fileBytes));
    end = Math.max(end, virtual + memoryBytes);
  }
  for (let at = STACK_TOP - STACK_BYTES; at < STACK_TOP; at += PAGE) space.page(at);

  const stack: number[] = [];
  let top = STACK_TOP;
  for (const argument of args) {
    const bytes = new TextEncoder().encode(`${argument}\0`);
    top -= bytes.length;
    space.write(top, bytes);
    stack.push(top);
  }
  const words = [args.length, ...stack, 0, 0, 6, PAGE, 0, 0]; // argv, no environment, AT_PAGESZ
  top = Math.floor((top - 8 * words.length) / 16) * 16;
  const image = new DataView(new ArrayBuffer(8 * words.length));
  words.forEach((word, index) => {
    image.setBigUint64(8 * index, BigInt(word), true);
  });
  space.write(top, new Uint8Array(image.buffer));

  const handler = space.allocate();
  HANDLER.forEach((word, index) => {
    ram.setU32(handler + 4 * index, word);
  });
  ram.noteWrite(handler, 16);
  space.map(HANDLER_ADDRESS, handler, PTE.V | PTE.R | PTE.X | PTE.A | PTE.D);
  space.map(GATE_ADDRESS, GATE_PHYSICAL, PTE.V | PTE.R | PTE.W | PTE.A | PTE.D);
  hart.setCsr(0x180, (8n << 60n) | BigInt(space.root / PAGE));
  hart.setCsr(0x105, BigInt.asUintN(64, BigInt(HANDLER_ADDRESS)));
  hart.setCsr(0x140, BigInt.asUintN(64, BigInt(GATE_ADDRESS)));
  hart.setCsr(0x106, 7n);
  hart.setCsr(0x100, 1n << 13n);
  hart.setX(2, BigInt(top));
  hart.pc = view.getBigUint64(24, true);
  hart.privilege = 0;
  return { machine, space, output: '', brk: Math.ceil(end / PAGE) * PAGE };
}

/** Serves one trap that reached the gate. Returns the result if the program ended. */
function serve(program: BareProgram): BareResult | null {
  const { machine, space } = program;
  const { hart } = machine;
  const cause = Number(hart.csr(0x142));
  if (cause !== 8) {
    const at = hart.csr(0x141).toString(16);
    return {
      output: program.output,
      status: null,
      trap: `cause ${cause} at ${at}, stval ${hart.csr(0x143).toString(16)}`,
    };
  }
  const number = Number(hart.x(17));
  const argument = (index: number): number => Number(BigInt.asIntN(64, hart.x(10 + index)));
  let result = -38;
  if (number === 64) {
    program.output += new TextDecoder('latin1').decode(space.read(argument(1), argument(2)));
    result = argument(2);
  } else if (number === 93 || number === 94) {
    return { output: program.output, status: argument(0) & 255, trap: null };
  } else if (number === 214) {
    const wanted = argument(0);
    if (wanted > program.brk) {
      for (let at = program.brk; at < wanted; at += PAGE) space.page(at);
      program.brk = Math.ceil(wanted / PAGE) * PAGE;
    }
    result = wanted === 0 ? program.brk : wanted;
  }
  hart.setX(10, BigInt(result));
  hart.setCsr(0x141, hart.csr(0x141) + 4n);
  return null;
}

/** Runs to the end, or until `maxInstructions` have retired. */
export function runProgram(
  program: BareProgram,
  maxInstructions = Number.MAX_SAFE_INTEGER,
  slice = 1_000_000,
): BareResult {
  const { machine } = program;
  const limit = machine.instret + maxInstructions;
  while (machine.instret < limit) {
    const reason = machine.run(Math.min(slice, limit - machine.instret));
    if (reason !== 'gate') continue;
    const result = serve(program);
    if (result !== null) return result;
  }
  return { output: program.output, status: null, trap: 'out of instructions' };
}
