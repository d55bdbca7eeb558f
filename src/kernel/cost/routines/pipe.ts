// What pipes execute. Fitted to bench/calibration/linux-6.12-riscv64-instructions.csv:
//   pipe.write_read_same.1: two calls' entry and exit, descriptor look-up and VFS part, the rest is pipe_write + pipe_read
//   pipe_close 12,150 = pipe2 + two closes, the second of which frees the ring

import { routines } from '../routine.ts';

export const pipeRoutines = routines({
  pipe_create: 5200,
  pipe_free: 1500,
  pipe_release: 520,
  pipe_read: 640,
  pipe_write: 700,
  pipe_buffer: { instructions: 110, textBytes: 320 },
  pipe_poll: 60,
  fifo_open: 900,
  pipe_resize: 1800,
});
