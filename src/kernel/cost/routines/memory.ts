// What memory management executes, in parts (Linux 6.12 riscv64; rows of bench/calibration/linux-6.12-riscv64-instructions.csv
// that a part was taken from stand beside it; parts that no row isolates are estimated from the length of the Linux function).

import { routines } from '../routine.ts';

export const memoryCosts = routines({
  // FP context: 32 loads or stores, fcsr, two changes of sstatus.
  fstate_save: 40,
  fstate_restore: 40,
});
