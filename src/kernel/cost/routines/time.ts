// Routines of kernel/time: hrtimers, the tick, clocks. Linux 6.12 riscv64 (bench/calibration/linux-6.12-riscv64-instructions.csv).

import { routines } from '../routine.ts';

export const timerRoutines = routines({
  hrtimer_start: 180,
  hrtimer_cancel: 120,
  hrtimer_expire: 260,
  // tick_sched_handle: update_process_times, scheduler_tick, run_local_timers.
  tick: 1400,
});

export const clockRoutines = routines({
  // clock_gettime.syscall 726 - getppid 441 + getppid's own few: posix_clocks, ktime_get_ts64, put_timespec64.
  clock_gettime: 348,
  clock_getres: 60,
  clock_settime: 600,
  gettimeofday: 240,
  nanosleep: 420,
  timer_create: 700,
  timer_settime: 420,
  timer_gettime: 260,
  timer_delete: 400,
  setitimer: 380,
  getitimer: 240,
  adjtimex: 500,
});
