// Routines of fork, exec, exit and wait. Derived from fork_exit_wait.static_small (263,465), fork_exec_exit_wait.static (682,314.5) and
// pthread_create_join (47,297): what is left after page tables, page faults and page copies, which memory/ charges.

import { routines } from '../routine.ts';

export const processRoutines = routines({
  // syscall.getpid 440.8 - syscall.invalid 382.9, and the dispatcher's share of an unknown number.
  getpid: 70,
  getid: 70,
  set_credentials: 900,
  // copy_process without its parts: dup_task_struct, sched_fork, copy_thread, wake_up_new_task.
  copy_process: { instructions: 17_000, textBytes: 9216 },
  copy_files: 900,
  copy_fs: 300,
  copy_sighand: 400,
  alloc_pid: 700,
  ret_from_fork: 220,
  do_exit: { instructions: 10_200, textBytes: 6144 },
  exit_notify: 1400,
  release_task: 5700,
  reparent_child: 120,
  do_wait: 320,
  wait_consider_task: 60,
  wait_report: 520,
  do_execveat: { instructions: 9500, textBytes: 6144 },
  begin_new_exec: 3000,
  zap_thread: 400,
  set_tid_address: 24,
  set_robust_list: 24,
  setpgid: 260,
  getpgid: 60,
  setsid: 500,
  prctl: 120,
  prlimit: 260,
  getrusage: 420,
  times: 320,
  uname: 180,
  sysinfo: 520,
  // getrandom.16 takes 3,035.9 of which 380 + 60 are entry and call; one ChaCha20 block of 64 bytes is about 1,100.
  getrandom: 1555,
  chacha_block: 1100,
  getcpu: 60,
  membarrier: 120,
  hwprobe: 160,
  hwprobe_pair: 30,
  personality: 16,
  small: 60,
  pidfd: 600,
  process_vm_page: 300,
  invalid: 4,
});
