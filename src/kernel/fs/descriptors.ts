// A descriptor table (struct files_struct): small integers to open file descriptions, shared by clone(CLONE_FILES).
// The lowest free number at or above a minimum is given out, below RLIMIT_NOFILE: EMFILE beyond it.
//
// Each slot has a guest address (8 bytes, in the table's array), so that a scan over descriptors touches what it would.

import { EMFILE } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { RLIMIT_NOFILE } from '../process/limits.ts';
import type { Task } from '../process/task.ts';
import { releasePosixLocks } from './locks.ts';
import { allocateObject, freeObject } from './objects.ts';
import { releaseFile, retainFile } from './open-file.ts';
import type { OpenFile } from './types.ts';

/** files_struct embeds this many slots (NR_OPEN_DEFAULT); beyond them the array takes pages of its own. */
const EMBEDDED_SLOTS = 64;
const SLOTS_PER_PAGE = 512;

export class DescriptorTable {
  readonly #files: (OpenFile | null)[] = [];
  readonly #closeOnExec: boolean[] = [];
  /** No descriptor below this one is free. */
  #lowestFree = 0;
  #pages: number[] = [];
  #count = 0;
  references = 1;
  readonly address: number;

  constructor(kernel: Kernel) {
    this.address = allocateObject(kernel, 'files');
  }

  static create(kernel: Kernel): DescriptorTable {
    return new DescriptorTable(kernel);
  }

  /** Open descriptors. */
  get count(): number {
    return this.#count;
  }

  /** One more than the largest number ever used: the length of the slot array. */
  get length(): number {
    return this.#files.length;
  }

  get(fd: number): OpenFile | null {
    return this.#files[fd] ?? null;
  }

  /** The guest physical address of a slot, for charging. */
  slotAddress(fd: number): number {
    if (fd < EMBEDDED_SLOTS) return this.address + 192 + fd * 8;
    const page = this.#pages[Math.floor(fd / SLOTS_PER_PAGE)];
    return page === undefined ? this.address : page + (fd % SLOTS_PER_PAGE) * 8;
  }

  isCloseOnExec(fd: number): boolean {
    return this.#closeOnExec[fd] === true;
  }

  setCloseOnExec(fd: number, value: boolean): void {
    if (this.#files[fd] != null) this.#closeOnExec[fd] = value;
  }

  /** The lowest free descriptor at or above `minimum`; -EMFILE at the task's RLIMIT_NOFILE. */
  free(task: Task | null, minimum = 0): number {
    let fd = Math.max(minimum, this.#lowestFree);
    while (this.#files[fd] != null) fd += 1;
    if (minimum <= this.#lowestFree) this.#lowestFree = fd;
    const limit = task === null ? 1024 : task.group.limits.soft(RLIMIT_NOFILE);
    return fd >= limit ? -EMFILE : fd;
  }

  /**
   * Gives the file a new descriptor and takes over the caller's reference; when the table is full the reference is dropped.
   * Returns the descriptor or -EMFILE.
   */
  add(kernel: Kernel, task: Task | null, file: OpenFile, closeOnExec = false, minimum = 0): number {
    const fd = this.free(task, minimum);
    if (fd < 0 || !this.#grow(kernel, fd)) {
      releaseFile(kernel, file);
      return -EMFILE;
    }
    this.#put(fd, file, closeOnExec);
    return fd;
  }

  /** Puts a file (taking over the reference) at a free descriptor; false: no memory for the array. */
  install(kernel: Kernel, fd: number, file: OpenFile, closeOnExec = false): boolean {
    if (!this.#grow(kernel, fd)) return false;
    this.#put(fd, file, closeOnExec);
    return true;
  }

  /** Takes the file out without releasing it; null when the descriptor is not open. */
  remove(fd: number): OpenFile | null {
    const file = this.#files[fd] ?? null;
    if (file === null) return null;
    this.#files[fd] = null;
    this.#closeOnExec[fd] = false;
    this.#count -= 1;
    if (fd < this.#lowestFree) this.#lowestFree = fd;
    return file;
  }

  /** close(2): drops the POSIX locks that this table holds on the file (fcntl(2)), then the reference. */
  close(kernel: Kernel, fd: number): boolean {
    const file = this.remove(fd);
    if (file === null) return false;
    if (file.inode.locks !== null) releasePosixLocks(kernel, file.inode, this);
    releaseFile(kernel, file);
    return true;
  }

  *entries(): Generator<[fd: number, file: OpenFile]> {
    for (let fd = 0; fd < this.#files.length; fd++) {
      const file = this.#files[fd];
      if (file != null) yield [fd, file];
    }
  }

  /** A copy for fork, every file retained. */
  fork(kernel: Kernel): DescriptorTable {
    const copy = new DescriptorTable(kernel);
    for (let fd = 0; fd < this.#files.length; fd++) {
      const file = this.#files[fd];
      if (file == null || !copy.#grow(kernel, fd)) continue;
      copy.#put(fd, retainFile(file), this.#closeOnExec[fd]!);
    }
    copy.#lowestFree = this.#lowestFree;
    return copy;
  }

  /** execve: closes what is marked FD_CLOEXEC. */
  closeMarked(kernel: Kernel): void {
    for (let fd = 0; fd < this.#files.length; fd++) {
      if (this.#files[fd] != null && this.#closeOnExec[fd]) this.close(kernel, fd);
    }
  }

  retain(): this {
    this.references += 1;
    return this;
  }

  /** The last reference closes everything. */
  release(kernel: Kernel): void {
    this.references -= 1;
    if (this.references > 0) return;
    for (let fd = 0; fd < this.#files.length; fd++) this.close(kernel, fd);
    for (const page of this.#pages) if (page !== undefined) kernel.frames.release(page);
    this.#pages = [];
    freeObject(kernel, this.address);
  }

  #put(fd: number, file: OpenFile, closeOnExec: boolean): void {
    while (this.#files.length < fd) {
      this.#files.push(null);
      this.#closeOnExec.push(false);
    }
    this.#files[fd] = file;
    this.#closeOnExec[fd] = closeOnExec;
    this.#count += 1;
  }

  #grow(kernel: Kernel, fd: number): boolean {
    if (fd < EMBEDDED_SLOTS) return true;
    const index = Math.floor(fd / SLOTS_PER_PAGE);
    while (this.#pages.length <= index) {
      const page = kernel.frames.allocate();
      if (page <= 0) return false;
      this.#pages.push(page);
    }
    return true;
  }
}
