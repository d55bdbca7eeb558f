// The frame on the program's stack that a signal handler runs on and rt_sigreturn(2) returns through: struct rt_sigframe of
// arch/riscv/kernel/signal.c. The program may read and change it; rt_sigreturn trusts nothing in it but the register values.
//
//   0    siginfo_t                       128 bytes
//   128  uc_flags, uc_link               8 + 8
//   144  uc_stack: ss_sp, ss_flags, ss_size
//   168  uc_sigmask                      8, then 120 unused
//   304  sc_regs: pc, x1 … x31           32 × 8     (struct sigcontext is aligned to 16 bytes)
//   560  f0 … f31, fcsr                  32 × 8 + 4
//   1076 reserved, then the extension header { magic, size }: all zero, no vector state
//   1088 end

import { signalRoutines } from '../../cost/routines/signal.ts';
import type { SignalInfo } from '../../events.ts';
import type { Kernel } from '../../kernel.ts';
import { FRAME_STATUS, SSTATUS_FS, SSTATUS_FS_CLEAN, TrapFrame } from '../../memory/trap-frame.ts';
import { vdsoSignalReturn } from '../../memory/vdso.ts';
import type { Task } from '../task.ts';
import { SI_TIMER, SIGBUS, SIGCHLD, SIGFPE, SIGILL, SIGIO, SIGSEGV, SIGSYS, SIGTRAP, UNBLOCKABLE } from './numbers.ts';
import {
  type AlternateStack,
  MINSIGSTKSZ,
  SA_ONSTACK,
  type SignalAction,
  SS_AUTODISARM,
  SS_DISABLE,
  SS_ONSTACK,
} from './state.ts';

const CONTEXT = 128;
const STACK = 144;
const SIGMASK = 168;
const REGISTERS = 304;
const FLOAT = 560;
const RESERVED = 1076;
export const SIGNAL_FRAME_BYTES = 1088;
export const SIGINFO_BYTES = 128;

/** The stack pointer lies in the alternate stack (on_sig_stack; never with SS_AUTODISARM). */
export function onAlternateStack(stack: AlternateStack, pointer: number): boolean {
  if ((stack.flags & SS_AUTODISARM) !== 0) return false;
  return pointer > stack.address && pointer - stack.address <= stack.size;
}

/** ss_flags as sigaltstack(2) reports them. */
export function alternateStackFlags(stack: AlternateStack, pointer: number): number {
  if (stack.size === 0) return SS_DISABLE;
  return onAlternateStack(stack, pointer) ? SS_ONSTACK : 0;
}

/**
 * Puts the frame on the program's stack and points the registers at the handler: a0 signal, a1 siginfo, a2 ucontext, ra
 * the vDSO's rt_sigreturn. False: the stack cannot be written.
 */
export function pushSignalFrame(
  kernel: Kernel,
  task: Task,
  info: SignalInfo,
  action: SignalAction,
  savedMask: bigint,
): boolean {
  const { memory, frame, signals } = task;
  if (memory === null) return false;
  const { ram } = kernel.machine;
  kernel.cost.execute(signalRoutines.setup_rt_frame);
  const stackPointer = TrapFrame.register(ram, frame, 2);
  const alternate = signals.alternateStack;
  let top = stackPointer;
  const onStack = onAlternateStack(alternate, stackPointer);
  if ((action.flags & SA_ONSTACK) !== 0 && !onStack && alternate.size > 0) top = alternate.address + alternate.size;
  const base = Math.floor((top - SIGNAL_FRAME_BYTES) / 16) * 16;
  // get_sigframe: a frame that would leave the alternate stack it is on is not written.
  if (onStack && !onAlternateStack(alternate, base)) return false;

  TrapFrame.saveFloat(kernel, frame);
  const bytes = new Uint8Array(SIGNAL_FRAME_BYTES);
  const view = new DataView(bytes.buffer);
  encodeSignalInfo(bytes, info);
  view.setBigUint64(STACK, BigInt.asUintN(64, BigInt(alternate.address)), true);
  view.setUint32(STACK + 8, alternate.size === 0 ? SS_DISABLE : alternateStackFlags(alternate, stackPointer), true);
  view.setBigUint64(STACK + 16, BigInt(alternate.size), true);
  view.setBigUint64(SIGMASK, savedMask, true);
  view.setBigUint64(REGISTERS, BigInt.asUintN(64, BigInt(TrapFrame.pc(ram, frame))), true);
  for (let i = 1; i < 32; i++) view.setBigUint64(REGISTERS + 8 * i, TrapFrame.registerBits(ram, frame, i), true);
  for (let i = 0; i < 32; i++) view.setBigUint64(FLOAT + 8 * i, TrapFrame.float(ram, frame, i), true);
  view.setUint32(FLOAT + 256, TrapFrame.fcsr(ram, frame), true);
  if (!memory.write(base, bytes)) return false;

  if ((alternate.flags & SS_AUTODISARM) !== 0) signals.alternateStack = { address: 0, size: 0, flags: SS_DISABLE };
  TrapFrame.setPc(ram, frame, action.handler);
  TrapFrame.setRegister(ram, frame, 1, vdsoSignalReturn(memory));
  TrapFrame.setRegister(ram, frame, 2, base);
  TrapFrame.setRegister(ram, frame, 10, info.signal);
  TrapFrame.setRegister(ram, frame, 11, base);
  TrapFrame.setRegister(ram, frame, 12, base + CONTEXT);
  return true;
}

/** rt_sigreturn(2): registers, mask and alternate stack as the frame at sp says. False: it cannot be read, or is malformed. */
export function popSignalFrame(kernel: Kernel, task: Task): boolean {
  const { memory, frame, signals } = task;
  if (memory === null) return false;
  const { ram } = kernel.machine;
  const base = TrapFrame.register(ram, frame, 2);
  const bytes = memory.read(base, SIGNAL_FRAME_BYTES);
  if (bytes === null) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, SIGNAL_FRAME_BYTES);
  // restore_sigcontext: the reserved word must be zero, and the extension list must end at once.
  for (let offset = RESERVED; offset < SIGNAL_FRAME_BYTES; offset += 4)
    if (view.getUint32(offset, true) !== 0) return false;

  signals.blocked = view.getBigUint64(SIGMASK, true) & ~UNBLOCKABLE;
  TrapFrame.setPc(ram, frame, Number(view.getBigInt64(REGISTERS, true)));
  for (let i = 1; i < 32; i++) TrapFrame.setRegisterBits(ram, frame, i, view.getBigUint64(REGISTERS + 8 * i, true));
  TrapFrame.saveFloat(kernel, frame);
  for (let i = 0; i < 32; i++) TrapFrame.setFloat(ram, frame, i, view.getBigUint64(FLOAT + 8 * i, true));
  TrapFrame.setFcsr(ram, frame, view.getUint32(FLOAT + 256, true));
  ram.setU32(frame + FRAME_STATUS, (TrapFrame.status(ram, frame) & ~SSTATUS_FS) | SSTATUS_FS_CLEAN);
  TrapFrame.loadFloat(kernel, frame);

  const flags = view.getUint32(STACK + 8, true);
  const size = Number(view.getBigUint64(STACK + 16, true));
  const stackPointer = Number(view.getBigInt64(REGISTERS + 16, true));
  // restore_altstack ignores a stack that sigaltstack would refuse.
  if (!onAlternateStack(signals.alternateStack, stackPointer)) {
    if ((flags & SS_DISABLE) !== 0) signals.alternateStack = { address: 0, size: 0, flags: SS_DISABLE };
    else if (size >= MINSIGSTKSZ) {
      signals.alternateStack = {
        address: Number(view.getBigUint64(STACK, true)),
        size,
        flags: flags & SS_AUTODISARM ? SS_AUTODISARM | 0 : 0,
      };
    }
  }
  return true;
}

/** siginfo_t as the program sees it (include/uapi/asm-generic/siginfo.h): which union member follows from code and signal. */
export function encodeSignalInfo(bytes: Uint8Array, info: SignalInfo): void {
  if (info.raw !== undefined) {
    bytes.set(info.raw.subarray(0, SIGINFO_BYTES));
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, SIGINFO_BYTES);
  const { signal, code } = info;
  view.setInt32(0, signal, true);
  view.setInt32(4, info.errno ?? 0, true);
  view.setInt32(8, code, true);
  if (code === SI_TIMER) {
    view.setInt32(16, info.timer ?? 0, true);
    view.setInt32(20, info.overrun ?? 0, true);
    setValue(view, 24, info.value);
  } else if (code > 0 && isFault(signal)) {
    view.setBigUint64(16, BigInt.asUintN(64, BigInt(info.address ?? 0)), true);
  } else if (signal === SIGIO && code > 0) {
    view.setBigInt64(16, BigInt(info.band ?? 0), true);
    view.setInt32(24, info.fd ?? 0, true);
  } else if (signal === SIGSYS && code > 0) {
    view.setBigUint64(16, BigInt.asUintN(64, BigInt(info.address ?? 0)), true);
  } else {
    view.setInt32(16, info.pid ?? 0, true);
    view.setUint32(20, info.uid ?? 0, true);
    if (signal === SIGCHLD && code > 0) {
      view.setInt32(24, info.status ?? 0, true);
      view.setBigInt64(32, BigInt(info.userTicks ?? 0), true);
      view.setBigInt64(40, BigInt(info.systemTicks ?? 0), true);
    } else {
      setValue(view, 24, info.value);
    }
  }
}

function setValue(view: DataView, offset: number, value: number | bigint | undefined): void {
  view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value ?? 0)), true);
}

function isFault(signal: number): boolean {
  return signal === SIGSEGV || signal === SIGBUS || signal === SIGILL || signal === SIGFPE || signal === SIGTRAP;
}
