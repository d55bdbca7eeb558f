// From the gate to whoever is to handle the trap, and back to ring 3.
//
//   entry.s -> gate -> handleTrap -> system call | page fault | other exception | interrupt
//                                 -> returnToUser: who goes on (process/run.ts), which frame, which timer -> entry.s `resume`
//
// Exceptions that are not the kernel's become the signals that Linux's arch/riscv/kernel/traps.c and mm/fault.c send.

import { trapCosts } from './cost/routines/trap.ts';
import type { Kernel } from './kernel.ts';
import type { Access } from './memory/fault.ts';
import { HART_AREA, HART_NEXT_FRAME, USER_END } from './memory/layout.ts';
import { FRAME_CAUSE, TrapFrame } from './memory/trap-frame.ts';
import { deliverFault } from './process/fault-signals.ts';
import { selectNext } from './process/run.ts';
import { SIGBUS, SIGILL, SIGSEGV, SIGTRAP } from './process/signals/numbers.ts';
import type { Task } from './process/task.ts';
import { enterSyscall } from './syscalls/dispatch.ts';

// scause (RISC-V privileged specification, table 4.2).
const ECALL_FROM_USER = 8;
const FETCH_PAGE_FAULT = 12;
const LOAD_PAGE_FAULT = 13;
const STORE_PAGE_FAULT = 15;
const INTERRUPT_TIMER = 5;
const INTERRUPT_EXTERNAL = 9;

// si_code (sigaction(2)).
const SEGV_MAPERR = 1;
const SEGV_ACCERR = 2;
const BUS_ADRALN = 1;
const BUS_ADRERR = 2;
const ILL_ILLOPC = 1;
const TRAP_BRKPT = 1;

/** Exceptions that end in a signal at once: by cause, with what si_addr is. */
const exceptionSignals: readonly (readonly [signal: number, code: number, address: 'pc' | 'value'] | undefined)[] = [
  [SIGBUS, BUS_ADRALN, 'value'], // 0 instruction address misaligned
  [SIGSEGV, SEGV_ACCERR, 'value'], // 1 instruction access fault
  [SIGILL, ILL_ILLOPC, 'pc'], // 2 illegal instruction
  [SIGTRAP, TRAP_BRKPT, 'pc'], // 3 breakpoint
  [SIGBUS, BUS_ADRALN, 'value'], // 4 load address misaligned
  [SIGSEGV, SEGV_ACCERR, 'value'], // 5 load access fault
  [SIGBUS, BUS_ADRALN, 'value'], // 6 store address misaligned
  [SIGSEGV, SEGV_ACCERR, 'value'], // 7 store access fault
];

const CSR_SIP = 0x144;
const SIP_EXTERNAL = 1n << 9n;

/** PLIC: claim and complete of the hart's supervisor context. */
const PLIC_CLAIM = 0x0c20_1004;

/** Bytes of the kernel stack, below the trap frame, that the C functions of a short system call use; estimated. */
const STACK_BYTES = 192;

/** The current task's program has trapped and its registers are in its frame. */
export function handleTrap(kernel: Kernel): void {
  const { machine, cost, scheduler } = kernel;
  if (machine.gateValue !== 0) kernel.panic('trap in ring 0');
  const task = scheduler.current;
  if (task === null) kernel.panic('trap without a current task');
  const { frame } = task;
  const { ram } = machine;
  const cause = ram.u32(frame + FRAME_CAUSE);
  const interrupt = ram.i32(frame + FRAME_CAUSE + 4) < 0;
  cost.touch(frame - STACK_BYTES, STACK_BYTES, 'write');
  if (!interrupt && cause === ECALL_FROM_USER) {
    cost.execute(trapCosts.syscall_enter);
    enterSyscall(kernel, task);
    cost.execute(trapCosts.syscall_exit);
  } else if (interrupt) {
    if (kernel.events.active) {
      kernel.events.emit({ type: 'interrupt', cycle: machine.cycle, hart: 0, task: task.tid, cause });
    }
    if (cause === INTERRUPT_TIMER || cause === INTERRUPT_EXTERNAL) handleInterrupt(kernel, false);
    else kernel.panic(`unexpected interrupt ${cause}`);
  } else {
    cost.execute(trapCosts.exception_enter);
    handleException(kernel, task, cause);
    cost.execute(trapCosts.exception_exit);
  }
  returnToUser(kernel);
}

/** Timers that are due and devices that are pending; `idle`: the hart was doing nothing, perhaps for many ticks. */
export function handleInterrupt(kernel: Kernel, idle: boolean): void {
  const { cost } = kernel;
  cost.execute(trapCosts.interrupt_enter);
  const timer = kernel.timers.next() <= kernel.now();
  if (timer || idle) {
    cost.execute(trapCosts.update_vsyscall);
    kernel.vdso.updateTime(kernel);
  }
  if (externalPending(kernel)) handleDevices(kernel);
  if (timer) {
    cost.execute(trapCosts.timer_interrupt);
    count(kernel, 'timer');
    kernel.timers.expire(kernel);
  }
  cost.execute(trapCosts.interrupt_exit);
}

/** The interrupt controller has a source that is pending, enabled and above the threshold. */
export function externalPending(kernel: Kernel): boolean {
  return (kernel.machine.hart.csr(CSR_SIP) & SIP_EXTERNAL) !== 0n;
}

function handleDevices(kernel: Kernel): void {
  const { mmio } = kernel.machine;
  for (;;) {
    kernel.cost.execute(trapCosts.plic_claim);
    const source = mmio.load(PLIC_CLAIM, 4);
    if (source === 0) return;
    count(kernel, source);
    kernel.interruptHandlers.get(source)?.(kernel);
    mmio.store(PLIC_CLAIM, 4, source);
  }
}

function count(kernel: Kernel, source: number | 'timer'): void {
  kernel.interruptCounts.set(source, (kernel.interruptCounts.get(source) ?? 0) + 1);
}

/** Decides who goes on and leaves its frame for entry.s; with nobody to run, `scheduler.current` is null afterwards. */
export function returnToUser(kernel: Kernel): void {
  const task = selectNext(kernel);
  if (task === null) return;
  kernel.machine.ram.setNumber(HART_AREA + HART_NEXT_FRAME, kernel.virtualOf(task.frame));
  kernel.programTimer();
}

function handleException(kernel: Kernel, task: Task, cause: number): void {
  const { ram } = kernel.machine;
  const pc = TrapFrame.pc(ram, task.frame);
  const value = TrapFrame.badAddress(ram, task.frame);
  if (kernel.events.active) {
    kernel.events.emit({ type: 'trap', cycle: kernel.machine.cycle, hart: 0, task: task.tid, cause, pc, value });
  }
  if (cause === LOAD_PAGE_FAULT) pageFault(kernel, task, value, 'read');
  else if (cause === STORE_PAGE_FAULT) pageFault(kernel, task, value, 'write');
  else if (cause === FETCH_PAGE_FAULT) pageFault(kernel, task, value, 'execute');
  else {
    const entry = exceptionSignals[cause];
    if (entry === undefined) kernel.panic(`unexpected exception ${cause} at 0x${pc.toString(16)}`);
    const [signal, code, address] = entry;
    deliverFault(kernel, task, signal, code, address === 'pc' ? pc : value);
  }
}

function pageFault(kernel: Kernel, task: Task, address: number, access: Access): void {
  const space = task.memory!;
  // The kernel's half and addresses that Sv39 does not have are simply not mapped for a program.
  const inside = address >= 0 && address < USER_END;
  const result = inside ? space.handleFault(address, access) : 'segv-maperr';
  if (result === 'handled') return;
  // Out of memory: the instruction is repeated; by then somebody has died, perhaps this task.
  if (result === 'oom') kernel.outOfMemory(space);
  else if (result === 'bus') deliverFault(kernel, task, SIGBUS, BUS_ADRERR, address);
  else deliverFault(kernel, task, SIGSEGV, result === 'segv-accerr' ? SEGV_ACCERR : SEGV_MAPERR, address);
}
