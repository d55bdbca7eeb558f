// The out-of-memory killer (Linux's mm/oom_kill.c): when no frame can be had, the process with the most pages dies, so that
// the others can go on. Badness is resident pages and page tables, plus oom_score_adj thousandths of memory.

import type { Kernel } from '../kernel.ts';
import { SI_KERNEL, SIGKILL } from '../process/signals/numbers.ts';
import { sendSignal } from '../process/signals/send.ts';
import type { ThreadGroup } from '../process/thread-group.ts';
import type { AddressSpace } from './address-space.ts';

/** Never chosen. */
const OOM_SCORE_ADJUST_MIN = -1000;

/**
 * Kills one process. True: memory will be free once it has run to its end, and the caller should let others run and repeat
 * its access. False: the caller is the one that dies, or nobody can.
 */
export function killForMemory(kernel: Kernel, space: AddressSpace): boolean {
  let victim: ThreadGroup | null = null;
  let worst = -Infinity;
  for (const group of kernel.tasks.groups()) {
    const memory = memoryOf(group);
    if (memory === null || group.exited || (group.isInit && !group.exiting)) continue;
    if (group.exiting) {
      kernel.scheduler.needReschedule = true;
      return memory !== space;
    }
    if (group.oomScoreAdjust === OOM_SCORE_ADJUST_MIN) continue;
    const badness =
      memory.residentPages + memory.tables.tables + (group.oomScoreAdjust * kernel.frames.frameCount) / 1000;
    if (badness > worst) {
      worst = badness;
      victim = group;
    }
  }
  if (victim === null) return false;
  const dying = memoryOf(victim);
  sendSignal(kernel, victim, { signal: SIGKILL, code: SI_KERNEL });
  kernel.scheduler.needReschedule = true;
  return dying !== space;
}

function memoryOf(group: ThreadGroup): AddressSpace | null {
  for (const task of group.threads) if (task.memory !== null) return task.memory;
  return null;
}
