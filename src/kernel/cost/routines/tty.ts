// What terminals execute: the line discipline (drivers/tty/n_tty.c), the UART's driver (8250_port.c), ioctls. No row of
// bench/calibration/linux-6.12-riscv64-instructions.csv covers them: estimated from the length of the functions' common paths.

import { routines } from '../routine.ts';

export const ttyRoutines = routines({
  tty_open: 1900,
  tty_read: 700,
  tty_write: 800,
  n_tty_receive_character: { instructions: 120, textBytes: 900 },
  n_tty_output_character: { instructions: 60, textBytes: 500 },
  n_tty_copy_line: 220,
  tty_poll: 180,
  tty_ioctl: 320,
  serial8250_interrupt: 420,
  serial8250_transmit: { instructions: 24, textBytes: 160 },
});
