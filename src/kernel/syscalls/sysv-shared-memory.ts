// System V shared memory: shmget(2), shmop(2), shmctl(2).

import { ipcRoutines as routine } from '../cost/routines/ipc.ts';
import { EACCES, EFAULT, EIDRM, EINVAL } from '../errno.ts';
import {
  checkOwner,
  IPC_INFO,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  mayUse,
  readPermissions,
  writePermissions,
} from '../ipc/objects.ts';
import { SharedSegment } from '../ipc/shared-memory.ts';
import type { Kernel } from '../kernel.ts';
import { mapRegion, unmapRange } from '../memory/mapping.ts';
import type { Task } from '../process/task.ts';
import { enumeration, flags, hex, int, pointer, size } from './arguments.ts';
import { attachFlags, controlCommands, ipcGetFlags } from './flags/ipc.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';
import { realTimeNow } from './time-values.ts';

const PAGE = 4096;
/** The largest segment: SHMMAX would allow 2^64, the address space allows this. */
const LARGEST = 2 ** 38;
const SHM_RDONLY = 0o10000;
const SHM_RND = 0o20000;
const SHM_REMAP = 0o40000;
const SHM_EXEC = 0o100000;
const SHM_LOCK = 11;
const SHM_UNLOCK = 12;
/** shm_perm.mode: removed, waits for its last detach. */
const SHM_DEST = 0o1000;

function shmget(kernel: Kernel, task: Task, key: number, bytes: number, flagBits: number): SyscallResult {
  return kernel.ipc.segments.get(
    kernel,
    task,
    key | 0,
    flagBits | 0,
    (segment) => (bytes > segment.bytes ? -EINVAL : 0),
    (ownership) => {
      if (!(bytes >= 1 && bytes <= LARGEST)) return -EINVAL;
      return new SharedSegment(ownership, bytes, task.pid, realTimeNow(kernel).seconds);
    },
  );
}

function findSegment(kernel: Kernel, id: number): SharedSegment | number {
  const segment = kernel.ipc.segments.find(kernel, id);
  if (typeof segment === 'number') return segment;
  if (segment.removed && segment.attached(kernel) === 0) {
    forget(kernel, segment);
    return -EINVAL;
  }
  return segment;
}

/** The segment's id is no more; its pages go with their last mapping. */
function forget(kernel: Kernel, segment: SharedSegment): void {
  kernel.ipc.segments.remove(segment);
  segment.pages.release(kernel);
}

function shmat(kernel: Kernel, task: Task, id: number, address: number, flagBits: number): SyscallResult {
  flagBits |= 0;
  if ((id | 0) < 0) return -EINVAL;
  if (address !== 0 && address % PAGE !== 0) {
    if ((flagBits & SHM_RND) === 0) return -EINVAL;
    address = Math.floor(address / PAGE) * PAGE;
    if (address === 0 && (flagBits & SHM_REMAP) !== 0) return -EINVAL;
  } else if (address === 0 && (flagBits & SHM_REMAP) !== 0) {
    return -EINVAL;
  }
  const segment = findSegment(kernel, id | 0);
  if (typeof segment === 'number') return segment;
  const readOnly = (flagBits & SHM_RDONLY) !== 0;
  const execute = (flagBits & SHM_EXEC) !== 0;
  if (!mayUse(kernel, task, segment, (readOnly ? 0o444 : 0o666) | (execute ? 0o111 : 0))) return -EACCES;
  const space = task.memory!;
  const bytes = Math.ceil(segment.bytes / PAGE) * PAGE;
  const remap = (flagBits & SHM_REMAP) !== 0;
  if (address !== 0 && !remap && space.regions.overlaps(address, address + bytes)) return -EINVAL;
  kernel.cost.execute(routine.shm_attach);
  const mapped = mapRegion(kernel, space, {
    address,
    bytes,
    protection: 1 | (readOnly ? 0 : 2) | (execute ? 4 : 0),
    shared: true,
    file: null,
    pages: segment.pages,
    offset: 0,
    fixed: address !== 0,
    noReplace: false,
    growsDown: false,
    locked: false,
    noReserve: false,
    mayWrite: !readOnly,
  });
  if (mapped < 0) return mapped;
  segment.attachTime = realTimeNow(kernel).seconds;
  segment.lastPid = task.pid;
  return mapped;
}

function shmdt(kernel: Kernel, task: Task, address: number): SyscallResult {
  if (address % PAGE !== 0) return -EINVAL;
  const space = task.memory!;
  const region = space.regions.find(address);
  if (region === null || region.pages === null || region.start - region.offset !== address) return -EINVAL;
  let segment: SharedSegment | null = null;
  for (const candidate of kernel.ipc.segments) if (candidate.pages === region.pages) segment = candidate;
  if (segment === null) return -EINVAL;
  kernel.cost.execute(routine.shm_detach);
  const { pages } = segment;
  const end = address + Math.ceil(segment.bytes / PAGE) * PAGE;
  for (const part of space.regions.overlapping(address, end)) {
    if (part.pages === pages) unmapRange(kernel, space, part.start, part.bytes);
  }
  segment.detachTime = realTimeNow(kernel).seconds;
  segment.lastPid = task.pid;
  if (segment.removed && segment.attached(kernel) === 0) forget(kernel, segment);
  return 0;
}

/** struct shmid64_ds, 112 bytes. */
function writeStatus(kernel: Kernel, task: Task, segment: SharedSegment, address: number): boolean {
  return task.memory!.writeStruct(address, 112, (view) => {
    writePermissions(view, segment, segment.removed ? SHM_DEST : 0);
    view.setBigUint64(48, BigInt(segment.bytes), true);
    view.setBigInt64(56, BigInt(segment.attachTime), true);
    view.setBigInt64(64, BigInt(segment.detachTime), true);
    view.setBigInt64(72, BigInt(segment.changeTime), true);
    view.setInt32(80, segment.creatorPid, true);
    view.setInt32(84, segment.lastPid, true);
    view.setBigUint64(88, BigInt(segment.attached(kernel)), true);
  });
}

function shmctl(kernel: Kernel, task: Task, id: number, command: number, address: number): SyscallResult {
  command |= 0;
  if (command < 0 || (id | 0) < 0) return -EINVAL;
  kernel.cost.execute(routine.ipc_control);
  if (command === IPC_INFO) {
    const written = task.memory!.writeStruct(address, 72, (view) => {
      view.setBigUint64(0, BigInt(LARGEST), true); // shmmax
      view.setBigUint64(8, 1n, true); // shmmin
      view.setBigUint64(16, BigInt(kernel.ipc.segments.maximum), true); // shmmni
      view.setBigUint64(24, BigInt(kernel.ipc.segments.maximum), true); // shmseg
      view.setBigUint64(32, BigInt(LARGEST / PAGE), true); // shmall
    });
    return written ? kernel.ipc.segments.highestSlot : -EFAULT;
  }
  if (![IPC_RMID, IPC_SET, IPC_STAT, SHM_LOCK, SHM_UNLOCK].includes(command)) return -EINVAL;
  let given: DataView | null = null;
  if (command === IPC_SET) {
    given = task.memory!.readStruct(address, 112);
    if (given === null) return -EFAULT;
  }
  const segment = findSegment(kernel, id | 0);
  if (typeof segment === 'number') return segment;
  if (command === IPC_STAT) {
    if (!mayUse(kernel, task, segment, 0o444)) return -EACCES;
    return writeStatus(kernel, task, segment, address) ? 0 : -EFAULT;
  }
  const denied = checkOwner(task, segment);
  if (denied !== 0) return denied;
  if (command === IPC_SET) {
    readPermissions(given!, segment);
    segment.changeTime = realTimeNow(kernel).seconds;
  } else if (command === IPC_RMID) {
    if (segment.removed) return -EIDRM;
    segment.removed = true;
    if (segment.attached(kernel) === 0) forget(kernel, segment);
    else kernel.ipc.segments.forgetKey(segment);
  }
  return 0;
}

export const sharedMemorySyscalls: readonly SyscallRow[] = [
  { number: 194, name: 'shmget', arguments: [hex, size, flags(ipcGetFlags)], handler: shmget, cost: routine.ipc_perms },
  {
    number: 195,
    name: 'shmctl',
    arguments: [int, enumeration(controlCommands, 'SHM_???'), pointer],
    handler: shmctl,
    cost: routine.ipc_perms,
    support: { partial: 'no SHM_INFO, SHM_STAT; SHM_LOCK changes nothing' },
  },
  {
    number: 196,
    name: 'shmat',
    arguments: [int, pointer, flags(attachFlags)],
    result: 'pointer',
    handler: shmat,
    cost: routine.ipc_perms,
  },
  { number: 197, name: 'shmdt', arguments: [pointer], handler: shmdt, cost: routine.ipc_perms },
];
