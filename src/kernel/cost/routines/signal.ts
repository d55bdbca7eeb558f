// Routines of kernel/signal.c and arch/riscv/kernel/signal.c. Derived from signal.kill_self_handler_return (5,695.5: kill,
// delivery, frame, handler, rt_sigreturn: two system call entries of about 380 each) and sigaction (906.2).

import { routines } from '../routine.ts';

export const signalRoutines = routines({
  // kill(2): find the process, check the permission.
  kill: 420,
  send_signal: 900,
  sigqueue_alloc: 160,
  signal_wake_up: 80,
  dequeue_signal: 330,
  // get_signal and the handler's frame: setup_rt_frame, save_fp_state, 1,088 bytes stored.
  setup_rt_frame: 1150,
  rt_sigreturn: 900,
  do_group_exit: 300,
  do_signal_stop: 320,
  rt_sigaction: 374,
  rt_sigprocmask: 260,
  rt_sigpending: 120,
  rt_sigsuspend: 200,
  rt_sigtimedwait: 360,
  rt_sigqueueinfo: 380,
  sigaltstack: 160,
});
