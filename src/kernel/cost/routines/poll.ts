// What the readiness calls execute. Fitted to bench/calibration/linux-6.12-riscv64-instructions.csv, entry and exit (about 380)
// being charged elsewhere:
//   poll.n1 1,025 (about 75 of them in the C library) and 170 for each descriptor more        select.n1 about 1,700, about 175 for each bit more
//   epoll_wait, nothing ready 356; each event 473 more    epoll_ctl_add 2,150 to 2,540
//   eventfd.write_read 1,281 for two calls

import { routines } from '../routine.ts';

export const pollRoutines = routines({
  do_poll: 779,
  do_poll_descriptor: { instructions: 50, textBytes: 420 },
  do_select: 1395,
  do_select_descriptor: { instructions: 56, textBytes: 480 },
  do_select_word: { instructions: 12, textBytes: 160 },
  poll_wait: 130,
  default_poll: 12,

  epoll_create: 5600,
  epoll_ctl: 460,
  epoll_add: 1710,
  epoll_modify: 520,
  epoll_remove: 1100,
  epoll_wait: 243,
  epoll_event: { instructions: 410, textBytes: 1400 },
  epoll_wait_sleep: 420,
  epoll_callback: 330,

  eventfd_create: 5200,
  eventfd_read: 290,
  eventfd_write: 305,
  timerfd_create: 5600,
  timerfd_set: 900,
  timerfd_read: 360,
  signalfd_create: 5200,
  signalfd_read: 800,
});
