// What a trap executes around its own work, beyond entry.s (which executes for real): the C side of Linux 6.12 riscv64's entry
// code. bench/calibration/linux-6.12-riscv64-instructions.csv: an unknown system call takes 382.9 with its loop of about 12.

import { routines } from '../routine.ts';

export const trapCosts = routines({
  syscall_enter: 128, // do_trap_ecall_u, syscall_enter_from_user_mode, the table look-up
  syscall_exit: 140, // syscall_exit_to_user_mode, its work flags
  exception_enter: 116, // irqentry_enter_from_user_mode, do_page_fault's prologue
  exception_exit: 154,
  interrupt_enter: 120, // irq_enter, handle_riscv_irq, the interrupt controller's handler
  interrupt_exit: 110, // irq_exit, softirq check
  timer_interrupt: 240, // riscv_timer_interrupt, hrtimer_interrupt's fixed part
  set_next_event: 70,
  plic_claim: 180, // claim and complete, without the device accesses
  update_vsyscall: 260,
});
