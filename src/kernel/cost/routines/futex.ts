// Routines of kernel/futex. Derived from futex.pingpong.threads_roundtrip (9,991.8: two waits, two wakes, two switches).

import { routines } from '../routine.ts';

export const futexRoutines = routines({
  get_futex_key: 90,
  hash_bucket_lock: 60,
  futex_wait: 240,
  futex_wait_queue: 150,
  futex_wake: 140,
  wake_one: 140,
  scan_waiter: 14,
  requeue_one: 120,
  wake_op: 160,
  lock_pi: 520,
  unlock_pi: 420,
  boost: 180,
  robust_entry: 110,
});
