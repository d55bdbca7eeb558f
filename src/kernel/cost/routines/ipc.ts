// Routines of ipc/: System V shared memory, semaphores, message queues. No calibration rows: sized by what each does beside
// calls of the same kind (a lookup under RCU, a permission check, a queue walk); estimated.

import { routines } from '../routine.ts';

export const ipcRoutines = routines({
  ipc_get: 420,
  ipc_new: 1100,
  ipc_lookup: 110,
  ipc_perms: 60,
  ipc_control: 260,
  shm_attach: 900,
  shm_detach: 500,
  sem_operation: 45,
  semop: 380,
  sem_undo: 120,
  msg_send: 520,
  msg_receive: 480,
  msg_scan: 18,
});
