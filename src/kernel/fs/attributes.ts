// Attributes of inodes as programs see and change them: struct stat and statx, chmod, chown, utimensat, truncate.

import { fsRoutines } from '../cost/routines/fs.ts';
import { EACCES, EFBIG, EINVAL, EISDIR, EPERM, EROFS, ETXTBSY } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { CAP_CHOWN, CAP_FSETID } from '../process/credentials.ts';
import { RLIMIT_FSIZE } from '../process/limits.ts';
import { SIGXFSZ } from '../process/signals/numbers.ts';
import { sendSignal } from '../process/signals/send.ts';
import type { Task } from '../process/task.ts';
import {
  isDirectory,
  isRegular,
  MAY_WRITE,
  majorOf,
  minorOf,
  OFFSET_MAX,
  PAGE_SIZE,
  S_ISGID,
  S_ISUID,
} from './constants.ts';
import { IN_ATTRIB, IN_MODIFY, notifyFile } from './notify.ts';
import { checkOwner, checkPermission } from './permission.ts';
import { isReadOnly } from './tree.ts';
import type { Dentry, Inode, Mount } from './types.ts';

export const STAT_BYTES = 128;
export const STATX_BYTES = 256;
const STATX_BASIC_STATS = 0x7ff;
const STATX_BTIME = 0x800;
const STATX_MNT_ID = 0x1000;
const STATX_ATTR_MOUNT_ROOT = 0x2000;

type TimeName = 'atime' | 'mtime' | 'ctime' | 'birth';

function timeOf(inode: Inode, name: TimeName): { readonly seconds: bigint; readonly nanoseconds: number } {
  const { exactTimes } = inode;
  const exact = exactTimes !== null && (name === 'atime' || name === 'mtime') ? exactTimes[name] : null;
  const value = exact !== null && Number(exact) === inode[name] ? exact : BigInt(Math.floor(inode[name]));
  const nanoseconds = ((value % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return { seconds: (value - nanoseconds) / 1_000_000_000n, nanoseconds: Number(nanoseconds) };
}

function blocksOf(inode: Inode): number {
  const { pages } = inode as { readonly pages?: ReadonlyMap<number, number> };
  if (pages === undefined || !isRegular(inode.mode)) return 0;
  return Math.max(pages.size, 'content' in inode && inode.content !== null ? Math.ceil(inode.size / PAGE_SIZE) : 0) * 8;
}

/** struct stat of asm-generic/stat.h. */
export function writeStat(inode: Inode, view: DataView): void {
  view.setBigUint64(0, BigInt(inode.fileSystem.device), true);
  view.setBigUint64(8, BigInt(inode.number), true);
  view.setUint32(16, inode.mode, true);
  view.setUint32(20, inode.links, true);
  view.setUint32(24, inode.uid, true);
  view.setUint32(28, inode.gid, true);
  view.setBigUint64(32, BigInt(inode.rdev), true);
  view.setBigInt64(48, BigInt(inode.size), true);
  view.setInt32(56, PAGE_SIZE, true);
  view.setBigInt64(64, BigInt(blocksOf(inode)), true);
  (['atime', 'mtime', 'ctime'] as const).forEach((name, index) => {
    const { seconds, nanoseconds } = timeOf(inode, name);
    view.setBigInt64(72 + index * 16, seconds, true);
    view.setBigUint64(80 + index * 16, BigInt(nanoseconds), true);
  });
}

/** struct statx of linux/stat.h; everything it has is filled, whatever was asked. */
export function writeStatx(inode: Inode, mount: Mount | null, isMountRoot: boolean, view: DataView): void {
  const { device } = inode.fileSystem;
  view.setUint32(0, STATX_BASIC_STATS | STATX_BTIME | (mount === null ? 0 : STATX_MNT_ID), true);
  view.setUint32(4, PAGE_SIZE, true);
  view.setBigUint64(8, isMountRoot ? BigInt(STATX_ATTR_MOUNT_ROOT) : 0n, true);
  view.setUint32(16, inode.links, true);
  view.setUint32(20, inode.uid, true);
  view.setUint32(24, inode.gid, true);
  view.setUint16(28, inode.mode, true);
  view.setBigUint64(32, BigInt(inode.number), true);
  view.setBigUint64(40, BigInt(inode.size), true);
  view.setBigUint64(48, BigInt(blocksOf(inode)), true);
  view.setBigUint64(56, BigInt(STATX_ATTR_MOUNT_ROOT), true);
  (['atime', 'birth', 'ctime', 'mtime'] as const).forEach((name, index) => {
    const { seconds, nanoseconds } = timeOf(inode, name);
    view.setBigInt64(64 + index * 16, seconds, true);
    view.setUint32(72 + index * 16, nanoseconds, true);
  });
  view.setUint32(128, majorOf(inode.rdev), true);
  view.setUint32(132, minorOf(inode.rdev), true);
  view.setUint32(136, majorOf(device), true);
  view.setUint32(140, minorOf(device), true);
  view.setBigUint64(144, BigInt(mount?.id ?? 0), true);
}

function finish(kernel: Kernel, inode: Inode, dentry: Dentry | null): number {
  const failed = inode.operations.attributesChanged?.(kernel, inode) ?? 0;
  if (failed === 0) notifyFile(kernel, inode, dentry, IN_ATTRIB);
  return failed;
}

export function changeMode(kernel: Kernel, task: Task, inode: Inode, dentry: Dentry | null, mode: number): number {
  kernel.cost.execute(fsRoutines.set_attributes);
  if (dentry !== null && isReadOnly(dentry.mount)) return -EROFS;
  const denied = checkOwner(inode, task.credentials);
  if (denied !== 0) return denied;
  let bits = mode & 0o7777;
  const inGroup = task.credentials.inGroup(inode.gid) || task.credentials.capable(CAP_FSETID);
  if (!inGroup) bits &= ~S_ISGID;
  inode.mode = (inode.mode & ~0o7777) | bits;
  inode.ctime = kernel.realTime();
  return finish(kernel, inode, dentry);
}

/** -1 leaves an id as it is. */
export function changeOwner(
  kernel: Kernel,
  task: Task,
  inode: Inode,
  dentry: Dentry | null,
  uid: number,
  gid: number,
): number {
  kernel.cost.execute(fsRoutines.set_attributes);
  if (dentry !== null && isReadOnly(dentry.mount)) return -EROFS;
  const { credentials } = task;
  const newUid = (uid | 0) === -1 ? inode.uid : uid >>> 0;
  const newGid = (gid | 0) === -1 ? inode.gid : gid >>> 0;
  if (!credentials.capable(CAP_CHOWN)) {
    const owns = credentials.fsuid === inode.uid;
    if ((uid | 0) !== -1 && (!owns || newUid !== inode.uid)) return -EPERM;
    if ((gid | 0) !== -1 && (!owns || (newGid !== inode.gid && !credentials.inGroup(newGid)))) return -EPERM;
  }
  inode.uid = newUid;
  inode.gid = newGid;
  if (!isDirectory(inode.mode) && (inode.mode & 0o111) !== 0) {
    inode.mode &= ~S_ISUID;
    if ((inode.mode & 0o010) !== 0) inode.mode &= ~S_ISGID;
  }
  inode.ctime = kernel.realTime();
  return finish(kernel, inode, dentry);
}

/** Exact times in ns since the epoch; 'now'; null: as it is. */
export type NewTime = bigint | 'now' | null;

export function changeTimes(
  kernel: Kernel,
  task: Task,
  inode: Inode,
  dentry: Dentry | null,
  atime: NewTime,
  mtime: NewTime,
): number {
  kernel.cost.execute(fsRoutines.set_attributes);
  if (atime === null && mtime === null) return 0;
  if (dentry !== null && isReadOnly(dentry.mount)) return -EROFS;
  if (checkOwner(inode, task.credentials) !== 0) {
    const bothNow = atime === 'now' && mtime === 'now';
    if (!bothNow) return -EPERM;
    if (checkPermission(inode, task.credentials, MAY_WRITE) !== 0) return -EACCES;
  }
  const now = kernel.realTime();
  const set = (value: NewTime, old: number): number => (value === null ? old : value === 'now' ? now : Number(value));
  const oldExact = inode.exactTimes;
  inode.exactTimes = {
    atime: typeof atime === 'bigint' ? atime : (oldExact?.atime ?? 0n),
    mtime: typeof mtime === 'bigint' ? mtime : (oldExact?.mtime ?? 0n),
  };
  inode.atime = set(atime, inode.atime);
  inode.mtime = set(mtime, inode.mtime);
  inode.ctime = now;
  return finish(kernel, inode, dentry);
}

/** truncate(2) of an inode that may be written to. */
export function truncateInode(kernel: Kernel, task: Task, inode: Inode, dentry: Dentry | null, size: number): number {
  kernel.cost.execute(fsRoutines.set_attributes);
  if (isDirectory(inode.mode)) return -EISDIR;
  if (!isRegular(inode.mode)) return -EINVAL;
  if (inode.writers < 0) return -ETXTBSY;
  if (size > OFFSET_MAX) return -EFBIG;
  if (size > inode.size && size > task.group.limits.soft(RLIMIT_FSIZE)) {
    sendSignal(kernel, task, { signal: SIGXFSZ, code: 0 });
    return -EFBIG;
  }
  const failed = inode.operations.truncate?.(kernel, inode, size) ?? -EINVAL;
  if (failed !== 0) return failed;
  notifyFile(kernel, inode, dentry, IN_MODIFY);
  return 0;
}
