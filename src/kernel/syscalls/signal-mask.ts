// The temporary signal mask of ppoll, pselect6 and epoll_pwait: in force while the call waits, put back when it returns, or, when a
// signal ends it, after the handler's frame was made (dispatch.ts and signals/deliver.ts do that by `savedMask`).

import { EFAULT, EINVAL } from '../errno.ts';
import { SIGKILL, SIGSTOP, signalBit } from '../process/signals/numbers.ts';
import { recalculateAttention } from '../process/signals/pending.ts';
import type { Task } from '../process/task.ts';

const SIGSET_BYTES = 8;

/** Reads the mask at `address` (0: none) and puts it in force. 0, -EINVAL for a wrong size, -EFAULT. */
export function useTemporaryMask(task: Task, address: number, bytes: number): number {
  if (address === 0) return 0;
  if (bytes !== SIGSET_BYTES) return -EINVAL;
  const mask = task.memory?.readU64(address) ?? null;
  if (mask === null) return -EFAULT;
  const { signals } = task;
  signals.savedMask = signals.blocked;
  signals.blocked = mask & ~(signalBit(SIGKILL) | signalBit(SIGSTOP));
  recalculateAttention(task);
  return 0;
}
