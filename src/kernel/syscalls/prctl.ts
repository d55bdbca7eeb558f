// prctl(2): what a process or thread may ask of and say about itself.

import { processRoutines as routine } from '../cost/routines/process.ts';
import { EFAULT, EINVAL, EPERM } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { CAP_LAST, CAP_SETPCAP } from '../process/credentials.ts';
import { commandName } from '../process/exec.ts';
import { SIGNAL_COUNT } from '../process/signals/numbers.ts';
import type { Task } from '../process/task.ts';
import { enumeration, hex } from './arguments.ts';
import { prctlOptions } from './flags/process.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

function prctl(
  _kernel: Kernel,
  task: Task,
  option: number,
  a1: number,
  a2: number,
  a3: number,
  a4: number,
): SyscallResult {
  const { group, memory } = task;
  if (memory === null) return -EFAULT;
  const store = (address: number, value: number): number => (memory.writeU32(address, value >>> 0) ? 0 : -EFAULT);
  switch (option | 0) {
    case 1: // PR_SET_PDEATHSIG
      if (!(a1 >= 0 && a1 <= SIGNAL_COUNT)) return -EINVAL;
      task.parentDeathSignal = a1;
      return 0;
    case 2:
      return store(a1, task.parentDeathSignal);
    case 3: // PR_GET_DUMPABLE
      return group.dumpable;
    case 4:
      if (a1 !== 0 && a1 !== 1) return -EINVAL;
      group.dumpable = a1;
      return 0;
    case 7: // PR_GET_KEEPCAPS
      return task.credentials.keepCapabilities ? 1 : 0;
    case 8:
      if (a1 !== 0 && a1 !== 1) return -EINVAL;
      task.credentials = task.credentials.with({ keepCapabilities: a1 === 1 });
      return 0;
    case 13: // PR_GET_TIMING
      return 0;
    case 14:
      return a1 === 0 ? 0 : -EINVAL;
    case 15: {
      // PR_SET_NAME: at most 15 bytes, the rest is cut.
      const bytes = memory.readString(a1, 4096);
      if (typeof bytes === 'number' && bytes === -EFAULT) return -EFAULT;
      task.comm =
        typeof bytes === 'number' ? task.comm : commandName(bytes.replaceAll('/', '\u2215')).replaceAll('\u2215', '/');
      return 0;
    }
    case 16: {
      const name = new Uint8Array(16);
      name.set(new TextEncoder().encode(task.comm).subarray(0, 15));
      return memory.write(a1, name) ? 0 : -EFAULT;
    }
    case 21: // PR_GET_SECCOMP
      return 0;
    case 22: // PR_SET_SECCOMP: not built in
      return -EINVAL;
    case 23: // PR_CAPBSET_READ
      if (!(a1 >= 0 && a1 <= CAP_LAST)) return -EINVAL;
      return (task.credentials.bounding & (1n << BigInt(a1))) !== 0n ? 1 : 0;
    case 24: {
      if (!task.credentials.capable(CAP_SETPCAP)) return -EPERM;
      if (!(a1 >= 0 && a1 <= CAP_LAST)) return -EINVAL;
      task.credentials = task.credentials.with({ bounding: task.credentials.bounding & ~(1n << BigInt(a1)) });
      return 0;
    }
    case 27: // PR_GET_SECUREBITS
      return task.credentials.secureBits;
    case 28:
      if (!task.credentials.capable(CAP_SETPCAP)) return -EPERM;
      if (!(a1 >= 0 && a1 <= 0xff)) return -EPERM;
      task.credentials = task.credentials.with({ secureBits: a1 });
      return 0;
    case 29: // PR_SET_TIMERSLACK: 0 and less restore the default
      task.timerSlack = a1 > 0 ? a1 : 50_000;
      return 0;
    case 30:
      return Math.min(task.timerSlack, 0x7fff_ffff);
    case 33: // PR_MCE_KILL
      return a1 === 0 || a1 === 1 ? 0 : -EINVAL;
    case 34:
      return 2; // PR_MCE_KILL_DEFAULT
    case 36: // PR_SET_CHILD_SUBREAPER
      group.childSubreaper = a1 !== 0;
      return 0;
    case 37:
      return store(a1, group.childSubreaper ? 1 : 0);
    case 38: // PR_SET_NO_NEW_PRIVS
      if (a1 !== 1 || a2 !== 0 || a3 !== 0 || a4 !== 0) return -EINVAL;
      task.credentials = task.credentials.with({ noNewPrivileges: true });
      return 0;
    case 39:
      if (a1 !== 0 || a2 !== 0 || a3 !== 0 || a4 !== 0) return -EINVAL;
      return task.credentials.noNewPrivileges ? 1 : 0;
    case 41: // PR_SET_THP_DISABLE
      return a2 !== 0 || a3 !== 0 || a4 !== 0 ? -EINVAL : 0;
    case 42:
      return a1 !== 0 || a2 !== 0 || a3 !== 0 || a4 !== 0 ? -EINVAL : 0;
    case 47: {
      // PR_CAP_AMBIENT
      const bit = a2 >= 0 && a2 <= CAP_LAST ? 1n << BigInt(a2) : 0n;
      const { credentials } = task;
      if (a1 === 4) {
        task.credentials = credentials.with({ ambient: 0n });
        return 0;
      }
      if (bit === 0n) return -EINVAL;
      if (a1 === 1) return (credentials.ambient & bit) !== 0n ? 1 : 0;
      if (a1 === 2) {
        if ((credentials.permitted & credentials.inheritable & bit) === 0n) return -EPERM;
        task.credentials = credentials.with({ ambient: credentials.ambient | bit });
        return 0;
      }
      if (a1 !== 3) return -EINVAL;
      task.credentials = credentials.with({ ambient: credentials.ambient & ~bit });
      return 0;
    }
    case 0x53564d41: // PR_SET_VMA, PR_SET_VMA_ANON_NAME: names for /proc/<pid>/maps
      return a1 === 0 ? 0 : -EINVAL;
    case 0x59616d61: // PR_SET_PTRACER: nobody can trace here anyway
      return -EINVAL;
    default:
      return -EINVAL;
  }
}

export const prctlSyscalls: readonly SyscallRow[] = [
  {
    number: 167,
    name: 'prctl',
    arguments: [enumeration(prctlOptions, 'PR_???'), hex, hex, hex, hex],
    handler: prctl,
    cost: routine.prctl,
    support: { partial: 'no seccomp filters, no PR_SET_MM, no PR_RISCV_*; names of mappings are not kept' },
  },
];
