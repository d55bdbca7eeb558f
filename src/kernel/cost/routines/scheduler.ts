// Routines of kernel/sched. Derived from bench/calibration/linux-6.12-riscv64-instructions.csv: sched_yield.2procs (6,003 for a pair of
// yields with two switches), pipe.pingpong.procs (13,706 for two writes, two reads, two switches and two wake-ups).

import { routines } from '../routine.ts';

export const schedulerRoutines = routines({
  try_to_wake_up: 420,
  enqueue_task: 260,
  dequeue_task: 240,
  check_preempt: 60,
  // __schedule and pick_next_task; the register switch is entry.s's, the satp switch the machine's.
  schedule: 900,
  // One level of the run queue's tree.
  rebalance_step: 14,
  update_curr: 70,
  context_switch: 750,
  // prepare_to_wait and finish_wait, once a wait.
  prepare_to_wait: 190,
  finish_wait: 110,
  // do_sched_yield, yield_task_fair.
  sched_yield: 490,
});
