// System V IPC objects (sysvipc(7)): segments, semaphore sets and message queues are found by a key, used by an identifier,
// and stay until somebody removes them. This file has what the three have in common: ids, keys, ownership, permissions.
//
// An identifier is a sequence number times 32,768 plus a slot, so that an id of a removed object is not soon the id of another.
// Bound: a number of objects for each kind (ENOSPC).

import { ipcRoutines } from '../cost/routines/ipc.ts';
import { EACCES, EEXIST, EIDRM, EINVAL, ENOENT, ENOSPC, EPERM } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { CAP_IPC_OWNER, CAP_SYS_ADMIN } from '../process/credentials.ts';
import type { Task } from '../process/task.ts';

export const IPC_PRIVATE = 0;
export const IPC_CREAT = 0o1000;
export const IPC_EXCL = 0o2000;
export const IPC_NOWAIT = 0o4000;
export const IPC_RMID = 0;
export const IPC_SET = 1;
export const IPC_STAT = 2;
export const IPC_INFO = 3;

const SLOTS = 32_768;

/** struct ipc_perm: who made it, who owns it, who may do what. */
export interface IpcObject {
  readonly id: number;
  key: number;
  uid: number;
  gid: number;
  readonly creatorUid: number;
  readonly creatorGid: number;
  mode: number;
  /** IPC_RMID was called: waiters give up with EIDRM. */
  removed: boolean;
}

export type IpcOwnership = Pick<
  IpcObject,
  'id' | 'key' | 'uid' | 'gid' | 'creatorUid' | 'creatorGid' | 'mode' | 'removed'
>;

export class IpcTable<T extends IpcObject> {
  readonly maximum: number;
  readonly #slots: (T | null)[] = [];
  readonly #keys = new Map<number, T>();
  #sequence = 0;

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  /** In order of slots. */
  *[Symbol.iterator](): Generator<T> {
    for (const object of this.#slots) if (object != null) yield object;
  }

  /** The highest slot in use, as IPC_INFO returns it; 0 when there are none. */
  get highestSlot(): number {
    return Math.max(
      0,
      this.#slots.findLastIndex((object) => object != null),
    );
  }

  /**
   * shmget, semget, msgget: the object of this key, or a new one by `create`. `check` refuses one that exists but does not fit
   * the request (-EINVAL). The id, or -ENOENT, -EEXIST, -EACCES, -ENOSPC.
   */
  get(
    kernel: Kernel,
    task: Task,
    key: number,
    flags: number,
    check: (object: T) => number,
    create: (ownership: IpcOwnership) => T | number,
  ): number {
    kernel.cost.execute(ipcRoutines.ipc_get);
    const existing = key === IPC_PRIVATE ? undefined : this.#keys.get(key);
    if (existing !== undefined) {
      if ((flags & IPC_CREAT) !== 0 && (flags & IPC_EXCL) !== 0) return -EEXIST;
      const unfit = check(existing);
      if (unfit !== 0) return unfit;
      return mayUse(kernel, task, existing, flags & 0o777) ? existing.id : -EACCES;
    }
    if (key !== IPC_PRIVATE && (flags & IPC_CREAT) === 0) return -ENOENT;
    kernel.cost.execute(ipcRoutines.ipc_new);
    let slot = this.#slots.indexOf(null);
    if (slot < 0) slot = this.#slots.length;
    if (slot >= this.maximum) return -ENOSPC;
    const { euid, egid } = task.credentials;
    const made = create({
      id: this.#sequence * SLOTS + slot,
      key,
      uid: euid,
      gid: egid,
      creatorUid: euid,
      creatorGid: egid,
      mode: flags & 0o777,
      removed: false,
    });
    if (typeof made === 'number') return made;
    this.#slots[slot] = made;
    if (key !== IPC_PRIVATE) this.#keys.set(key, made);
    this.#sequence = (this.#sequence + 1) % 65_536;
    return made.id;
  }

  /** The object of this id; -EINVAL: there is none, -EIDRM: there was. */
  find(kernel: Kernel, id: number): T | number {
    kernel.cost.execute(ipcRoutines.ipc_lookup);
    if (!(id >= 0)) return -EINVAL;
    const object = this.#slots[id % SLOTS];
    if (object == null) return -EINVAL;
    return object.id === id ? object : -EIDRM;
  }

  /** Forgets the object; its key names nothing any more. */
  remove(object: T): void {
    this.forgetKey(object);
    if (this.#slots[object.id % SLOTS] === object) this.#slots[object.id % SLOTS] = null;
  }

  forgetKey(object: T): void {
    if (this.#keys.get(object.key) === object) this.#keys.delete(object.key);
    object.key = IPC_PRIVATE;
  }
}

/** `wanted` has permission bits in any of the three triples: those that are not granted to the caller refuse (ipcperms). */
export function mayUse(kernel: Kernel, task: Task, object: IpcObject, wanted: number): boolean {
  kernel.cost.execute(ipcRoutines.ipc_perms);
  const asked = ((wanted >> 6) | (wanted >> 3) | wanted) & 7;
  const { credentials } = task;
  let granted = object.mode;
  if (credentials.euid === object.creatorUid || credentials.euid === object.uid) granted >>= 6;
  else if (
    [object.creatorGid, object.gid].some((gid) => gid === credentials.egid || credentials.groups.includes(gid))
  ) {
    granted >>= 3;
  }
  return (asked & ~granted & 7) === 0 || credentials.capable(CAP_IPC_OWNER);
}

/** IPC_SET and IPC_RMID: the creator, the owner, or CAP_SYS_ADMIN. 0 or -EPERM. */
export function checkOwner(task: Task, object: IpcObject): number {
  const { credentials } = task;
  if (credentials.euid === object.creatorUid || credentials.euid === object.uid) return 0;
  return credentials.capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

/** struct ipc64_perm, 48 bytes, at the start of every *_ds structure. */
export function writePermissions(view: DataView, object: IpcObject, modeBits = 0): void {
  view.setInt32(0, object.key, true);
  view.setUint32(4, object.uid, true);
  view.setUint32(8, object.gid, true);
  view.setUint32(12, object.creatorUid, true);
  view.setUint32(16, object.creatorGid, true);
  view.setUint32(20, object.mode | modeBits, true);
  view.setUint16(24, Math.floor(object.id / SLOTS), true);
}

/** IPC_SET: owner and permission bits from a *_ds structure. */
export function readPermissions(view: DataView, object: IpcObject): void {
  object.uid = view.getUint32(4, true);
  object.gid = view.getUint32(8, true);
  object.mode = (object.mode & ~0o777) | (view.getUint32(20, true) & 0o777);
}
