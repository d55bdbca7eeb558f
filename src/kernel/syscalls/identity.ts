// User and group ids, supplementary groups, capabilities: credentials(7), capabilities(7).

import { processRoutines as routine } from '../cost/routines/process.ts';
import { EFAULT, EINVAL, EPERM, ESRCH } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import {
  ALL_CAPABILITIES,
  CAP_SETGID,
  CAP_SETPCAP,
  CAP_SETUID,
  type Credentials,
  NGROUPS_MAX,
} from '../process/credentials.ts';
import type { Task } from '../process/task.ts';
import { int, outStruct, pointer, uid } from './arguments.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

/** uid_t -1: leave as it is. */
const KEEP = 0xffff_ffff;

/** Makes these the task's credentials, and keeps the per-user task count right. */
function assume(kernel: Kernel, task: Task, credentials: Credentials): number {
  kernel.cost.execute(routine.set_credentials);
  const old = task.credentials;
  kernel.tasks.userChanged(old.uid, credentials.uid);
  task.credentials = credentials;
  // commit_creds: what may look at the process changes with its ids.
  if (old.euid !== credentials.euid || old.egid !== credentials.egid) {
    task.group.dumpable = 0;
    task.parentDeathSignal = 0;
  }
  return 0;
}

function setuid(kernel: Kernel, task: Task, id: number): SyscallResult {
  id >>>= 0;
  if (id === KEEP) return -EINVAL;
  const { credentials } = task;
  if (credentials.capable(CAP_SETUID)) {
    return assume(kernel, task, credentials.withUserIds({ uid: id, euid: id, suid: id }));
  }
  if (id !== credentials.uid && id !== credentials.suid) return -EPERM;
  return assume(kernel, task, credentials.withUserIds({ euid: id }));
}

function setreuid(kernel: Kernel, task: Task, real: number, effective: number): SyscallResult {
  real >>>= 0;
  effective >>>= 0;
  const old = task.credentials;
  const free = old.capable(CAP_SETUID);
  if (real !== KEEP && !free && real !== old.uid && real !== old.euid) return -EPERM;
  if (effective !== KEEP && !free && effective !== old.uid && effective !== old.euid && effective !== old.suid) {
    return -EPERM;
  }
  const uidNew = real === KEEP ? old.uid : real;
  const euid = effective === KEEP ? old.euid : effective;
  const saved = real !== KEEP || (effective !== KEEP && effective !== old.uid) ? euid : old.suid;
  return assume(kernel, task, old.withUserIds({ uid: uidNew, euid, suid: saved }));
}

function setresuid(kernel: Kernel, task: Task, real: number, effective: number, saved: number): SyscallResult {
  const old = task.credentials;
  const allowed = (id: number): boolean =>
    id === KEEP || old.capable(CAP_SETUID) || id === old.uid || id === old.euid || id === old.suid;
  real >>>= 0;
  effective >>>= 0;
  saved >>>= 0;
  if (!allowed(real) || !allowed(effective) || !allowed(saved)) return -EPERM;
  return assume(
    kernel,
    task,
    old.withUserIds({
      ...(real === KEEP ? {} : { uid: real }),
      ...(effective === KEEP ? {} : { euid: effective }),
      ...(saved === KEEP ? {} : { suid: saved }),
    }),
  );
}

function setgid(kernel: Kernel, task: Task, id: number): SyscallResult {
  id >>>= 0;
  if (id === KEEP) return -EINVAL;
  const old = task.credentials;
  if (old.capable(CAP_SETGID)) return assume(kernel, task, old.with({ gid: id, egid: id, sgid: id, fsgid: id }));
  if (id !== old.gid && id !== old.sgid) return -EPERM;
  return assume(kernel, task, old.with({ egid: id, fsgid: id }));
}

function setregid(kernel: Kernel, task: Task, real: number, effective: number): SyscallResult {
  real >>>= 0;
  effective >>>= 0;
  const old = task.credentials;
  const free = old.capable(CAP_SETGID);
  if (real !== KEEP && !free && real !== old.gid && real !== old.egid) return -EPERM;
  if (effective !== KEEP && !free && effective !== old.gid && effective !== old.egid && effective !== old.sgid) {
    return -EPERM;
  }
  const gid = real === KEEP ? old.gid : real;
  const egid = effective === KEEP ? old.egid : effective;
  const sgid = real !== KEEP || (effective !== KEEP && effective !== old.gid) ? egid : old.sgid;
  return assume(kernel, task, old.with({ gid, egid, sgid, fsgid: egid }));
}

function setresgid(kernel: Kernel, task: Task, real: number, effective: number, saved: number): SyscallResult {
  const old = task.credentials;
  const allowed = (id: number): boolean =>
    id === KEEP || old.capable(CAP_SETGID) || id === old.gid || id === old.egid || id === old.sgid;
  real >>>= 0;
  effective >>>= 0;
  saved >>>= 0;
  if (!allowed(real) || !allowed(effective) || !allowed(saved)) return -EPERM;
  const egid = effective === KEEP ? old.egid : effective;
  return assume(
    kernel,
    task,
    old.with({
      gid: real === KEEP ? old.gid : real,
      egid,
      sgid: saved === KEEP ? old.sgid : saved,
      fsgid: egid,
    }),
  );
}

/** Returns the old id, whether or not it changed (setfsuid(2)). */
function setfsuid(_kernel: Kernel, task: Task, id: number): SyscallResult {
  id >>>= 0;
  const old = task.credentials;
  const before = old.fsuid | 0;
  if (id === old.uid || id === old.euid || id === old.suid || id === old.fsuid || old.capable(CAP_SETUID)) {
    if (id !== KEEP) task.credentials = old.with({ fsuid: id });
  }
  return before >>> 0;
}

function setfsgid(_kernel: Kernel, task: Task, id: number): SyscallResult {
  id >>>= 0;
  const old = task.credentials;
  const before = old.fsgid;
  if (id === old.gid || id === old.egid || id === old.sgid || id === old.fsgid || old.capable(CAP_SETGID)) {
    if (id !== KEEP) task.credentials = old.with({ fsgid: id });
  }
  return before;
}

function writeThree(task: Task, addresses: readonly number[], values: readonly number[]): number {
  for (let index = 0; index < 3; index++) {
    if (!(task.memory?.writeU32(addresses[index]!, values[index]!) ?? false)) return -EFAULT;
  }
  return 0;
}

function getgroups(_kernel: Kernel, task: Task, count: number, address: number): SyscallResult {
  count |= 0;
  const { groups } = task.credentials;
  if (count < 0) return -EINVAL;
  if (count === 0) return groups.length;
  if (count < groups.length) return -EINVAL;
  const written =
    groups.length === 0 ||
    task.memory!.writeStruct(address, 4 * groups.length, (view) => {
      groups.forEach((gid, index) => {
        view.setUint32(4 * index, gid, true);
      });
    });
  return written ? groups.length : -EFAULT;
}

function setgroups(_kernel: Kernel, task: Task, count: number, address: number): SyscallResult {
  count |= 0;
  if (!task.credentials.capable(CAP_SETGID)) return -EPERM;
  if (count < 0 || count > NGROUPS_MAX) return -EINVAL;
  const groups: number[] = [];
  if (count > 0) {
    const view = task.memory!.readStruct(address, 4 * count);
    if (view === null) return -EFAULT;
    for (let index = 0; index < count; index++) {
      const gid = view.getUint32(4 * index, true);
      if (gid === KEEP) return -EINVAL;
      groups.push(gid);
    }
  }
  task.credentials = task.credentials.with({ groups: groups.sort((a, b) => a - b) });
  return 0;
}

// --- capabilities ----------------------------------------------------------------------------------------------------

const CAPABILITY_VERSION_1 = 0x1998_0330;
const CAPABILITY_VERSION_2 = 0x2007_1026;
const CAPABILITY_VERSION_3 = 0x2008_0522;

/** The number of 32-bit word triples of the header's version; 0: unknown (the header then gets ours). */
function capabilityWords(version: number): number {
  if (version === CAPABILITY_VERSION_1) return 1;
  return version === CAPABILITY_VERSION_2 || version === CAPABILITY_VERSION_3 ? 2 : 0;
}

function capget(kernel: Kernel, task: Task, header: number, data: number): SyscallResult {
  const view = task.memory?.readStruct(header, 8) ?? null;
  if (view === null) return -EFAULT;
  const words = capabilityWords(view.getUint32(0, true));
  if (words === 0) {
    if (!task.memory!.writeU32(header, CAPABILITY_VERSION_3)) return -EFAULT;
    return data === 0 ? 0 : -EINVAL;
  }
  const target = view.getInt32(4, true);
  if (target < 0) return -EINVAL;
  const credentials = target === 0 ? task.credentials : kernel.tasks.get(target)?.credentials;
  if (credentials === undefined) return -ESRCH;
  if (data === 0) return 0;
  const written = task.memory!.writeStruct(data, 12 * words, (out) => {
    for (let word = 0; word < words; word++) {
      const shift = BigInt(32 * word);
      [credentials.effective, credentials.permitted, credentials.inheritable].forEach((set, index) => {
        out.setUint32(12 * word + 4 * index, Number((set >> shift) & 0xffff_ffffn), true);
      });
    }
  });
  return written ? 0 : -EFAULT;
}

function capset(_kernel: Kernel, task: Task, header: number, data: number): SyscallResult {
  const view = task.memory?.readStruct(header, 8) ?? null;
  if (view === null) return -EFAULT;
  const words = capabilityWords(view.getUint32(0, true));
  if (words === 0) {
    return task.memory!.writeU32(header, CAPABILITY_VERSION_3) ? -EINVAL : -EFAULT;
  }
  const target = view.getInt32(4, true);
  if (target !== 0 && target !== task.tid) return -EPERM;
  const given = task.memory!.readStruct(data, 12 * words);
  if (given === null) return -EFAULT;
  const sets = [0n, 0n, 0n];
  for (let word = 0; word < words; word++) {
    for (let index = 0; index < 3; index++) {
      sets[index]! |= BigInt(given.getUint32(12 * word + 4 * index, true)) << BigInt(32 * word);
    }
  }
  const [effective, permitted, inheritable] = sets.map((set) => set & ALL_CAPABILITIES) as [bigint, bigint, bigint];
  const old = task.credentials;
  if ((permitted & ~old.permitted) !== 0n || (effective & ~permitted) !== 0n) return -EPERM;
  const inheritLimit = old.inheritable | (old.capable(CAP_SETPCAP) ? old.bounding : old.permitted);
  if ((inheritable & ~inheritLimit) !== 0n) return -EPERM;
  task.credentials = old.with({ effective, permitted, inheritable, ambient: old.ambient & permitted & inheritable });
  return 0;
}

const word = outStruct('int');

export const identitySyscalls: readonly SyscallRow[] = [
  { number: 90, name: 'capget', arguments: [pointer, pointer], handler: capget, cost: routine.small },
  { number: 91, name: 'capset', arguments: [pointer, pointer], handler: capset, cost: routine.small },
  { number: 143, name: 'setregid', arguments: [uid, uid], handler: setregid, cost: routine.getid },
  { number: 144, name: 'setgid', arguments: [uid], handler: setgid, cost: routine.getid },
  { number: 145, name: 'setreuid', arguments: [uid, uid], handler: setreuid, cost: routine.getid },
  { number: 146, name: 'setuid', arguments: [uid], handler: setuid, cost: routine.getid },
  { number: 147, name: 'setresuid', arguments: [uid, uid, uid], handler: setresuid, cost: routine.getid },
  {
    number: 148,
    name: 'getresuid',
    arguments: [word, word, word],
    handler: (_kernel, task, a, b, c) =>
      writeThree(task, [a, b, c], [task.credentials.uid, task.credentials.euid, task.credentials.suid]),
    cost: routine.small,
  },
  { number: 149, name: 'setresgid', arguments: [uid, uid, uid], handler: setresgid, cost: routine.getid },
  {
    number: 150,
    name: 'getresgid',
    arguments: [word, word, word],
    handler: (_kernel, task, a, b, c) =>
      writeThree(task, [a, b, c], [task.credentials.gid, task.credentials.egid, task.credentials.sgid]),
    cost: routine.small,
  },
  { number: 151, name: 'setfsuid', arguments: [uid], handler: setfsuid, cost: routine.small },
  { number: 152, name: 'setfsgid', arguments: [uid], handler: setfsgid, cost: routine.small },
  { number: 158, name: 'getgroups', arguments: [int, pointer], handler: getgroups, cost: routine.small },
  { number: 159, name: 'setgroups', arguments: [int, pointer], handler: setgroups, cost: routine.small },
  { number: 174, name: 'getuid', arguments: [], handler: (_kernel, task) => task.credentials.uid, cost: routine.getid },
  {
    number: 175,
    name: 'geteuid',
    arguments: [],
    handler: (_kernel, task) => task.credentials.euid,
    cost: routine.getid,
  },
  { number: 176, name: 'getgid', arguments: [], handler: (_kernel, task) => task.credentials.gid, cost: routine.getid },
  {
    number: 177,
    name: 'getegid',
    arguments: [],
    handler: (_kernel, task) => task.credentials.egid,
    cost: routine.getid,
  },
];
