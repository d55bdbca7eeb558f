// inotify(7): an instance has watches on inodes and a queue of events to read. Bounds as Linux's defaults: QUEUE_MAX events (then one
// overflow event), WATCHES_MAX watches in all (ENOSPC).

import { fsRoutines } from '../cost/routines/fs.ts';
import { EAGAIN, EFAULT, EINVAL, ENOSPC, ENOTTY } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { POLLIN, POLLRDNORM, WaitQueue } from '../process/wait.ts';
import type { SyscallResult } from '../syscalls/result.ts';
import type { IoTarget } from './io.ts';
import { IN_ALL_EVENTS, IN_IGNORED, IN_MASK_ADD, IN_ONESHOT, IN_Q_OVERFLOW } from './notify.ts';
import { allocateObject, freeObject } from './objects.ts';
import { encode } from './text.ts';
import type { FileOperations, Inode, InodeWatch, OpenFile } from './types.ts';

const QUEUE_MAX = 16_384;
const WATCHES_MAX = 65_536;
/** struct inotify_event without its name. */
const HEADER_BYTES = 16;
const FIONREAD = 0x541b;

class Watch implements InodeWatch {
  readonly descriptor: number;
  readonly inode: Inode;
  mask: number;
  readonly #instance: Inotify;

  constructor(instance: Inotify, descriptor: number, inode: Inode, mask: number) {
    this.#instance = instance;
    this.descriptor = descriptor;
    this.inode = inode;
    this.mask = mask;
  }

  notify(kernel: Kernel, mask: number, cookie: number, name: string): void {
    if ((mask & this.mask & IN_ALL_EVENTS) === 0) return;
    this.#instance.queueEvent(kernel, this.descriptor, mask, cookie, name);
    if ((this.mask & IN_ONESHOT) !== 0) this.#instance.removeWatch(kernel, this);
  }

  inodeGone(kernel: Kernel): void {
    this.#instance.removeWatch(kernel, this);
  }
}

export class Inotify implements FileOperations {
  readonly queue = new WaitQueue();
  readonly address: number;
  readonly #watches = new Map<number, Watch>();
  #events: Uint8Array[] = [];
  #queuedBytes = 0;
  #nextDescriptor = 1;

  constructor(kernel: Kernel) {
    this.address = allocateObject(kernel, 'inotify');
  }

  /** A watch descriptor (the same for an inode that is watched already), or -ENOSPC. */
  watch(kernel: Kernel, inode: Inode, mask: number): number {
    for (const watch of this.#watches.values()) {
      if (watch.inode !== inode) continue;
      watch.mask = (mask & IN_MASK_ADD) !== 0 ? watch.mask | mask : mask;
      return watch.descriptor;
    }
    if (kernel.vfs.inotifyWatches >= WATCHES_MAX) return -ENOSPC;
    kernel.vfs.inotifyWatches += 1;
    const watch = new Watch(this, this.#nextDescriptor++, inode, mask);
    this.#watches.set(watch.descriptor, watch);
    inode.watches ??= new Set();
    inode.watches.add(watch);
    return watch.descriptor;
  }

  /** 0 or -EINVAL. */
  remove(kernel: Kernel, descriptor: number): number {
    const watch = this.#watches.get(descriptor);
    if (watch === undefined) return -EINVAL;
    this.removeWatch(kernel, watch);
    return 0;
  }

  removeWatch(kernel: Kernel, watch: Watch): void {
    if (!this.#watches.delete(watch.descriptor)) return;
    watch.inode.watches?.delete(watch);
    if (watch.inode.watches?.size === 0) watch.inode.watches = null;
    kernel.vfs.inotifyWatches -= 1;
    this.queueEvent(kernel, watch.descriptor, IN_IGNORED, 0, '');
  }

  queueEvent(kernel: Kernel, descriptor: number, mask: number, cookie: number, name: string): void {
    kernel.cost.execute(fsRoutines.inotify_event);
    if (this.#events.length >= QUEUE_MAX) return;
    const overflow = this.#events.length === QUEUE_MAX - 1;
    const text = encode(overflow ? '' : name);
    const nameBytes = text.length === 0 ? 0 : Math.ceil((text.length + 1) / HEADER_BYTES) * HEADER_BYTES;
    const event = new Uint8Array(HEADER_BYTES + nameBytes);
    const view = new DataView(event.buffer);
    view.setInt32(0, overflow ? -1 : descriptor, true);
    view.setUint32(4, overflow ? IN_Q_OVERFLOW : mask >>> 0, true);
    view.setUint32(8, cookie, true);
    view.setUint32(12, nameBytes, true);
    event.set(text, HEADER_BYTES);
    const last = this.#events.at(-1);
    // An event that equals the last one in the queue is not queued again (inotify(7)).
    if (last !== undefined && last.length === event.length && last.every((byte, index) => byte === event[index]))
      return;
    this.#events.push(event);
    this.#queuedBytes += event.length;
    this.queue.wake(kernel, POLLIN | POLLRDNORM);
  }

  read(_kernel: Kernel, _file: OpenFile, target: IoTarget): number {
    const first = this.#events[0];
    if (first === undefined) return -EAGAIN;
    if (first.length > target.remaining) return -EINVAL;
    let done = 0;
    while (this.#events.length > 0 && this.#events[0]!.length <= target.remaining) {
      const event = this.#events.shift()!;
      this.#queuedBytes -= event.length;
      done += target.putBytes(event);
    }
    return done;
  }

  poll(): number {
    return this.#events.length > 0 ? POLLIN | POLLRDNORM : 0;
  }

  ioctl(_kernel: Kernel, _file: OpenFile, task: Task, request: number, argument: number): SyscallResult {
    if (request >>> 0 !== FIONREAD) return -ENOTTY;
    return task.memory!.writeU32(argument, this.#queuedBytes) ? 0 : -EFAULT;
  }

  release(kernel: Kernel): void {
    for (const watch of this.#watches.values()) {
      watch.inode.watches?.delete(watch);
      kernel.vfs.inotifyWatches -= 1;
    }
    this.#watches.clear();
    freeObject(kernel, this.address);
  }

  describe(): string {
    let lines = '';
    for (const { descriptor, inode, mask } of this.#watches.values()) {
      const hex = (value: number): string => (value >>> 0).toString(16);
      lines += `inotify wd:${hex(descriptor)} ino:${hex(inode.number)} sdev:${hex(inode.fileSystem.device)} mask:${hex(mask)} ignored_mask:0 \n`;
    }
    return lines;
  }
}
