// The out-of-memory killer (Linux's mm/oom_kill.c): when no frame can be had, the process with the most pages dies, so that
// the others can go on. Badness is resident pages and page tables, plus oom_score_adj thousandths of memory.

import { processRoutines } from '../cost/routines/process.ts';
import type { Kernel } from '../kernel.ts';
import { exitGroup } from '../process/exit.ts';
import { SI_KERNEL, SIGKILL } from '../process/signals/numbers.ts';
import { sendSignal } from '../process/signals/send.ts';
import type { ThreadGroup } from '../process/thread-group.ts';
import type { AddressSpace } from './address-space.ts';

/** Never chosen. */
const OOM_SCORE_ADJUST_MIN = -1000;

/**
 * Kills one process. True: its memory is free already (as Linux's oom_reaper sees to), and the caller can repeat its access.
 * False: the caller is the one that dies, on its way back to ring 3, or nobody can.
 */
export function killForMemory(kernel: Kernel, space: AddressSpace): boolean {
  let victim: ThreadGroup | null = null;
  let worst = -Infinity;
  for (const group of kernel.tasks.groups()) {
    const memory = memoryOf(group);
    if (memory === null || group.exited || group.isInit) continue;
    if (group.oomScoreAdjust === OOM_SCORE_ADJUST_MIN) continue;
    const badness =
      memory.residentPages + memory.tables.tables + (group.oomScoreAdjust * kernel.frames.frameCount) / 1000;
    if (badness > worst) {
      worst = badness;
      victim = group;
    }
  }
  kernel.cost.execute(processRoutines.wait_consider_task, kernel.tasks.size);
  if (victim === null) return false;
  const [first] = victim.threads;
  if (memoryOf(victim) === space || first === undefined || victim === kernel.scheduler.current?.group) {
    sendSignal(kernel, victim, { signal: SIGKILL, code: SI_KERNEL });
    return false;
  }
  exitGroup(kernel, first, SIGKILL);
  return true;
}

function memoryOf(group: ThreadGroup): AddressSpace | null {
  if (group.leader.memory !== null) return group.leader.memory;
  for (const task of group.threads) if (task.memory !== null) return task.memory;
  return null;
}
