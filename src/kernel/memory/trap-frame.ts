// The trap frame: a program's registers while it is in ring 0, in guest RAM at the top of the task's kernel stack, where
// entry.s stores and loads them. Its first 288 bytes are Linux's struct pt_regs (arch/riscv/include/asm/ptrace.h): epc, then
// x1 … x31, status, badaddr, cause, orig_a0; the FP registers and fcsr follow.
//
// FP invariant: the hart's FP registers belong to the frame in HART_CURRENT_FRAME. A frame's FP part is up to date unless the
// frame is that one and its saved status says FS = Dirty; entry.s saves and loads FP registers at a switch by FS, and
// `saveFloat`/`loadFloat` do the same when the TypeScript kernel needs or changes them (signals, exec, clone).

import type { Ram } from '../../machine/ram.ts';
import { memoryCosts } from '../cost/routines/memory.ts';
import type { Kernel } from '../kernel.ts';
import { BOOT_FRAME, HART_AREA, HART_CURRENT_FRAME, VIRTUAL_MINUS_PHYSICAL } from './layout.ts';
import { slabBytes } from './slabs.ts';

export const FRAME_PC = 0;
export const FRAME_STATUS = 256;
export const FRAME_BADADDR = 264;
export const FRAME_CAUSE = 272;
export const FRAME_ORIG_A0 = 280;
export const FRAME_FP = 288;
export const FRAME_FCSR = 544;
export const FRAME_BYTES = 560;

// sstatus (RISC-V privileged specification, 4.1.1).
export const SSTATUS_SPIE = 1 << 5;
export const SSTATUS_SPP = 1 << 8;
export const SSTATUS_FS = 3 << 13;
export const SSTATUS_FS_INITIAL = 1 << 13;
export const SSTATUS_FS_CLEAN = 2 << 13;
export const SSTATUS_FS_DIRTY = 3 << 13;

const FCSR = 0x003;
const TWO_32 = 2 ** 32;

/** Register access by the frame's guest physical address. Numbers are signed 64-bit values, exact within ±2^53. */
export const TrapFrame = {
  register(ram: Ram, frame: number, index: number): number {
    return index === 0 ? 0 : ram.u32(frame + index * 8) + ram.i32(frame + index * 8 + 4) * TWO_32;
  },

  /** `value` must be an integer within ±2^53. */
  setRegister(ram: Ram, frame: number, index: number, value: number): void {
    if (index === 0) return;
    ram.setU32(frame + index * 8, value | 0);
    ram.setU32(frame + index * 8 + 4, Math.floor(value / TWO_32) | 0);
  },

  registerBits(ram: Ram, frame: number, index: number): bigint {
    return index === 0 ? 0n : ram.u64(frame + index * 8);
  },

  setRegisterBits(ram: Ram, frame: number, index: number, value: bigint): void {
    if (index !== 0) ram.setU64(frame + index * 8, BigInt.asUintN(64, value));
  },

  pc(ram: Ram, frame: number): number {
    return ram.u32(frame) + ram.i32(frame + 4) * TWO_32;
  },

  setPc(ram: Ram, frame: number, value: number): void {
    ram.setU32(frame, value | 0);
    ram.setU32(frame + 4, Math.floor(value / TWO_32) | 0);
  },

  /** The first argument as the program passed it, kept for a system call's restart. */
  originalA0(ram: Ram, frame: number): bigint {
    return ram.u64(frame + FRAME_ORIG_A0);
  },

  saveOriginalA0(ram: Ram, frame: number): void {
    ram.setU32(frame + FRAME_ORIG_A0, ram.u32(frame + 80));
    ram.setU32(frame + FRAME_ORIG_A0 + 4, ram.u32(frame + 84));
  },

  status(ram: Ram, frame: number): number {
    return ram.u32(frame + FRAME_STATUS);
  },

  cause(ram: Ram, frame: number): number {
    return ram.u32(frame + FRAME_CAUSE);
  },

  /** stval: the faulting address (or instruction); signed. */
  badAddress(ram: Ram, frame: number): number {
    return ram.u32(frame + FRAME_BADADDR) + ram.i32(frame + FRAME_BADADDR + 4) * TWO_32;
  },

  /** Registers for a program's first instruction: all zero but pc and sp, FP state initial (Linux's start_thread). */
  start(kernel: Kernel, frame: number, pc: number, stackPointer: number): void {
    const { ram } = kernel.machine;
    ram.fill(frame, FRAME_BYTES, 0);
    TrapFrame.setPc(ram, frame, pc);
    TrapFrame.setRegister(ram, frame, 2, stackPointer);
    ram.setU32(frame + FRAME_STATUS, SSTATUS_SPIE | SSTATUS_FS_INITIAL);
    TrapFrame.loadFloat(kernel, frame);
  },

  /** Brings the frame's FP part up to date (before a signal frame or a clone copies it). */
  saveFloat(kernel: Kernel, frame: number): void {
    const { ram, hart } = kernel.machine;
    if (!isCurrent(ram, frame) || (TrapFrame.status(ram, frame) & SSTATUS_FS) !== SSTATUS_FS_DIRTY) return;
    for (let index = 0; index < 32; index += 1) ram.setU64(frame + FRAME_FP + index * 8, hart.f(index));
    ram.setU32(frame + FRAME_FCSR, Number(hart.csr(FCSR) & 0xffn));
    setFloatState(ram, frame, SSTATUS_FS_CLEAN);
    kernel.cost.execute(memoryCosts.fstate_save);
    kernel.cost.touch(frame + FRAME_FP, 264, 'write');
  },

  /** Makes the hart's FP registers follow a changed FP part (after exec or sigreturn); the frame's status decides as at a switch. */
  loadFloat(kernel: Kernel, frame: number): void {
    const { ram, hart } = kernel.machine;
    if (!isCurrent(ram, frame) || (TrapFrame.status(ram, frame) & SSTATUS_FS) === 0) return;
    for (let index = 0; index < 32; index += 1) hart.setF(index, ram.u64(frame + FRAME_FP + index * 8));
    hart.setCsr(FCSR, BigInt(ram.u32(frame + FRAME_FCSR)));
    kernel.cost.execute(memoryCosts.fstate_restore);
    kernel.cost.touch(frame + FRAME_FP, 264, 'read');
  },

  /** The FP part of a frame that `saveFloat` was called on: register bits and fcsr, for rt_sigframe. */
  float(ram: Ram, frame: number, index: number): bigint {
    return ram.u64(frame + FRAME_FP + index * 8);
  },

  setFloat(ram: Ram, frame: number, index: number, value: bigint): void {
    ram.setU64(frame + FRAME_FP + index * 8, value);
  },

  fcsr(ram: Ram, frame: number): number {
    return ram.u32(frame + FRAME_FCSR);
  },

  setFcsr(ram: Ram, frame: number, value: number): void {
    ram.setU32(frame + FRAME_FCSR, value & 0xff);
  },

  /** The child's frame of a clone: all of the parent's, FP registers included. */
  copy(kernel: Kernel, destination: number, source: number): void {
    TrapFrame.saveFloat(kernel, source);
    kernel.cost.copy(destination, source, FRAME_BYTES);
  },

  /** A kernel stack with a zeroed frame at its top; the frame's physical address, or 0: out of memory. */
  allocate(kernel: Kernel): number {
    const stack = kernel.slabs.allocate('thread_stack');
    if (stack === 0) return 0;
    const frame = stack + slabBytes.thread_stack - FRAME_BYTES;
    kernel.machine.ram.fill(frame, FRAME_BYTES, 0);
    return frame;
  },

  /** Frees the kernel stack. The registers on the hart, if they are this frame's, then belong to nobody. */
  free(kernel: Kernel, frame: number): void {
    const { ram } = kernel.machine;
    if (isCurrent(ram, frame)) ram.setNumber(HART_AREA + HART_CURRENT_FRAME, kernel.virtualOf(BOOT_FRAME));
    kernel.slabs.free(frame + FRAME_BYTES - slabBytes.thread_stack);
  },
};

function isCurrent(ram: Ram, frame: number): boolean {
  // Both are direct-map addresses, so their low words decide.
  return ram.u32(HART_AREA + HART_CURRENT_FRAME) === (frame + VIRTUAL_MINUS_PHYSICAL) >>> 0;
}

function setFloatState(ram: Ram, frame: number, state: number): void {
  ram.setU32(frame + FRAME_STATUS, (TrapFrame.status(ram, frame) & ~SSTATUS_FS) | state);
}
