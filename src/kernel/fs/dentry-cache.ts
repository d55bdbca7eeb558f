// The dentry cache: names that were looked up, found or not, so that a path walk asks no file system twice.
//
// Invariants: a dentry is in its parent's `children` or deleted; a directory with cached children is not evicted; nor is one
// that somebody pins (open files, working directories, mounts). Bound: `limit` dentries; the oldest unused one goes first.

import type { Kernel } from '../kernel.ts';
import { isDirectory } from './constants.ts';
import { allocateObject, freeObject } from './objects.ts';
import type { Dentry, Inode, Mount } from './types.ts';

export class DentryCache {
  readonly #kernel: Kernel;
  readonly #limit: number;
  /** Leaves that nobody pins, oldest first. */
  readonly #unused = new Set<Dentry>();
  #count = 0;

  constructor(kernel: Kernel, limit = Math.min(65_536, Math.max(1024, kernel.frames.frameCount >> 2))) {
    this.#kernel = kernel;
    this.#limit = limit;
  }

  get count(): number {
    return this.#count;
  }

  /** The root dentry of a mount. */
  createRoot(mount: Mount, inode: Inode): Dentry {
    return this.#create('/', null, inode, mount);
  }

  /** Caches a name (negative when `inode` is null) below a directory. */
  add(parent: Dentry, name: string, inode: Inode | null): Dentry {
    if (this.#count >= this.#limit) this.#evict();
    const dentry = this.#create(name, parent, inode, parent.mount);
    parent.children ??= new Map();
    parent.children.set(name, dentry);
    this.#unused.delete(parent);
    this.#unused.add(dentry);
    return dentry;
  }

  /** A dentry that the cache does not keep: for file systems whose names come and go by themselves. */
  addUncached(parent: Dentry, name: string, inode: Inode): Dentry {
    return {
      name,
      parent,
      inode,
      mount: parent.mount,
      address: parent.address,
      children: null,
      pins: 0,
      covered: null,
      deleted: false,
    };
  }

  pin(dentry: Dentry): void {
    dentry.pins += 1;
    dentry.mount.uses += 1;
    this.#unused.delete(dentry);
  }

  unpin(dentry: Dentry): void {
    dentry.pins -= 1;
    dentry.mount.uses -= 1;
    if (dentry.pins === 0) this.#settle(dentry);
  }

  /** The name is gone (unlink, rmdir, or a rename's target): the dentry lives on only for those who pin it. */
  remove(dentry: Dentry): void {
    dentry.deleted = true;
    this.forget(dentry);
  }

  /** Drops a cached name without saying that the file is gone. */
  forget(dentry: Dentry): void {
    const parent = dentry.parent;
    if (parent?.children?.get(dentry.name) === dentry) {
      parent.children.delete(dentry.name);
      this.#settle(parent);
      this.#free(dentry);
    }
    if (dentry.children !== null) for (const child of [...dentry.children.values()]) this.forget(child);
  }

  /** rename: the same dentry under a new parent and name; what the new name was is removed first. */
  move(dentry: Dentry, parent: Dentry, name: string): void {
    const replaced = parent.children?.get(name);
    if (replaced !== undefined && replaced !== dentry) this.remove(replaced);
    const old = dentry.parent;
    if (old !== null) {
      old.children?.delete(dentry.name);
      this.#settle(old);
    }
    dentry.name = name;
    dentry.parent = parent;
    parent.children ??= new Map();
    parent.children.set(name, dentry);
    this.#unused.delete(parent);
  }

  /** renameat2(RENAME_EXCHANGE) */
  exchange(a: Dentry, b: Dentry): void {
    const { parent, name } = a;
    a.parent!.children!.delete(a.name);
    b.parent!.children!.delete(b.name);
    a.parent = b.parent;
    a.name = b.name;
    b.parent = parent;
    b.name = name;
    a.parent!.children!.set(a.name, a);
    b.parent!.children!.set(b.name, b);
  }

  #create(name: string, parent: Dentry | null, inode: Inode | null, mount: Mount): Dentry {
    this.#count += 1;
    return {
      name,
      parent,
      inode,
      mount,
      address: allocateObject(this.#kernel, 'dentry'),
      children: inode !== null && isDirectory(inode.mode) ? new Map() : null,
      pins: 0,
      covered: null,
      deleted: false,
    };
  }

  /** Back among the unused, if it is a leaf that the cache still holds. */
  #settle(dentry: Dentry): void {
    if (dentry.pins > 0 || dentry.parent === null || (dentry.children?.size ?? 0) > 0) return;
    if (dentry.parent.children?.get(dentry.name) === dentry) this.#unused.add(dentry);
  }

  #evict(): void {
    for (const dentry of this.#unused) {
      this.forget(dentry);
      return;
    }
  }

  #free(dentry: Dentry): void {
    this.#unused.delete(dentry);
    this.#count -= 1;
    freeObject(this.#kernel, dentry.address);
  }
}
