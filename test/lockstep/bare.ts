// A static executable on the machine without a kernel: user mode under Sv39, two system calls (write to descriptor 1, exit),
// served by the host through the gate. All user pages are readable, writable and executable.
//
// Physical memory: the trap handler, the page tables, then one frame for each user page, in the order of the segments.

import { readProgram } from '../../src/elf/read.ts';
import { GATE_BASE, RAM_BASE } from '../../src/machine/layout.ts';
import { Machine, type MachineOptions } from '../../src/machine/machine.ts';
import { Code } from './code.ts';

const pageBytes = 4096;
const handlerAddress = RAM_BASE;
const rootTable = RAM_BASE + pageBytes;
const firstFree = rootTable + pageBytes;

/** Page table entry bits (RISC-V privileged manual, "Sv39"). */
const valid = 0x01;
const supervisorPage = 0xcf; // D A X W R V
const userPage = 0xdf; // D A U X W R V

const csr = { sstatus: 0x100, stvec: 0x105, sscratch: 0x140, sepc: 0x141, scause: 0x142, stval: 0x143, satp: 0x180 };
/** sstatus.FS = Initial: user mode may use floating point. */
const floatingPointOn = 1n << 13n;
const causeUserCall = 8n;
const writeCall = 64n;
const exitCall = 93n;

export interface BareResult {
  status: number;
  /** Instructions that user mode retired. */
  instructions: number;
}

export class BareProgram {
  readonly machine: Machine;
  private nextFrame = firstFree;
  private readonly frames = new Map<number, number>();

  private constructor(machine: Machine) {
    this.machine = machine;
  }

  /** Loads the executable. Throws for a malformed one. */
  static async load(elf: Uint8Array, options: MachineOptions): Promise<BareProgram> {
    const program = readProgram(elf);
    if (!program.ok) throw new Error(program.reason);
    const bare = new BareProgram(await Machine.create(options));
    bare.mapFixed();
    for (const { virtualAddress, memorySize, offset, fileSize } of program.elf.segments) {
      bare.mapSegment(Number(virtualAddress), Number(memorySize), elf.subarray(offset, offset + fileSize));
    }
    bare.enter(program.elf.header.entry);
    return bare;
  }

  /**
   * Runs to exit, `slice` instructions a call of the machine; `output` gets what is written, as a view that is valid only
   * during the call. Throws on any other trap.
   */
  run(output: (bytes: Uint8Array) => void, slice = 1_000_000): BareResult {
    const { machine } = this;
    const { hart } = machine;
    for (;;) {
      const stop = machine.run(slice);
      if (stop === 'slice') continue;
      if (stop !== 'gate') throw new Error(`the machine stopped: ${stop}`);
      const cause = hart.csr(csr.scause);
      if (cause !== causeUserCall) throw new Error(this.describeTrap(cause));
      if (hart.x(17) === exitCall) {
        return { status: Number(hart.x(10)), instructions: machine.counters.get('instructions:u') };
      }
      if (hart.x(17) !== writeCall || hart.x(10) !== 1n) throw new Error(`system call ${hart.x(17)}(${hart.x(10)}, …)`);
      this.copyOut(Number(hart.x(11)), Number(hart.x(12)), output);
      hart.setX(10, hart.x(12));
      hart.setCsr(csr.sepc, hart.csr(csr.sepc) + 4n);
    }
  }

  /** The trap handler, in ring 0: tells the host, goes back. */
  private mapFixed(): void {
    const handler = new Code();
    handler.emit('csrrw', { rd: 0, rs1: 5, csr: csr.sscratch });
    handler.emit('lui', { rd: 5, imm: GATE_BASE });
    handler.emit('sw', { rs1: 5, rs2: 0, imm: 0 });
    handler.emit('csrrs', { rd: 5, rs1: 0, csr: csr.sscratch });
    handler.emit('sret', {});
    this.machine.ram.bytes.set(new Uint8Array(Uint16Array.from(handler.halves).buffer), handlerAddress - RAM_BASE);
    this.machine.ram.setNumber(rootTable + (RAM_BASE / 2 ** 30) * 8, (RAM_BASE / pageBytes) * 1024 + supervisorPage);
    this.mapPage(GATE_BASE, GATE_BASE, supervisorPage);
  }

  private mapSegment(address: number, memoryBytes: number, bytes: Uint8Array): void {
    for (let offset = 0; offset < memoryBytes; offset += pageBytes) {
      const frame = this.allocate();
      this.frames.set((address + offset) / pageBytes, frame);
      this.mapPage(address + offset, frame, userPage);
      this.machine.ram.bytes.set(bytes.subarray(offset, offset + pageBytes), frame - RAM_BASE);
    }
  }

  private allocate(): number {
    const frame = this.nextFrame;
    this.nextFrame += pageBytes;
    if (this.nextFrame > RAM_BASE + this.machine.ram.size) throw new Error('the program does not fit into RAM');
    return frame;
  }

  private mapPage(virtual: number, physical: number, flags: number): void {
    const { ram } = this.machine;
    let table = rootTable;
    for (const span of [2 ** 30, 2 ** 21]) {
      const entry = table + (Math.floor(virtual / span) % 512) * 8;
      if (ram.f64number(entry) === 0) ram.setNumber(entry, (this.allocate() / pageBytes) * 1024 + valid);
      table = Math.floor(ram.f64number(entry) / 1024) * pageBytes;
    }
    ram.setNumber(table + (Math.floor(virtual / pageBytes) % 512) * 8, (physical / pageBytes) * 1024 + flags);
  }

  private enter(entry: bigint): void {
    const { hart } = this.machine;
    hart.setCsr(csr.satp, (8n << 60n) | BigInt(rootTable / pageBytes));
    hart.setCsr(csr.stvec, BigInt(handlerAddress));
    hart.setCsr(csr.sstatus, floatingPointOn);
    hart.setCsr(csr.sepc, entry);
    hart.pc = BigInt(handlerAddress + 16); // sret
  }

  private copyOut(address: number, bytes: number, output: (bytes: Uint8Array) => void): void {
    for (let done = 0; done < bytes; ) {
      const at = address + done;
      const inPage = Math.min(bytes - done, pageBytes - (at % pageBytes));
      const frame = this.frames.get(Math.floor(at / pageBytes));
      if (frame === undefined) throw new Error(`write from unmapped address ${at.toString(16)}`);
      output(this.machine.ram.slice(frame + (at % pageBytes), inPage));
      done += inPage;
    }
  }

  private describeTrap(cause: bigint): string {
    const { hart } = this.machine;
    const hex = (value: bigint) => `0x${value.toString(16)}`;
    return `trap ${cause} at ${hex(hart.csr(csr.sepc))}, stval ${hex(hart.csr(csr.stval))}`;
  }
}
