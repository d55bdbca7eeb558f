// epoll(7): watches many files and remembers which of them became ready, so that a wait costs by what is ready and not by what is
// watched. Mirrors fs/eventpoll.c.
//
// An item stands in its file's wait queue. When the file's state changes, the item goes to the ready list (once), and whoever waits
// for the epoll is woken. A wait takes items from the list, asks each file what is ready now, and reports it; a level-triggered
// item that was ready goes back to the end of the list, an edge-triggered one does not, a one-shot one is disarmed.
//
// Invariants: an item is in `items` under (file, descriptor) and in `file.watchers`; it leaves all lists when the file's last
// reference goes or the epoll is closed. Bound: `maximumItems` items in all epolls (ENOSPC, as fs.epoll.max_user_watches).

import { pollRoutines } from '../cost/routines/poll.ts';
import { EEXIST, EINVAL, ELOOP, ENOENT, ENOMEM, ENOSPC } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDNORM,
  POLLWRNORM,
  WaitEntry,
  type Waiter,
  WaitQueue,
} from '../process/wait.ts';
import { allocateObject, freeObject } from './objects.ts';
import type { FileOperations, FileWatcher, OpenFile } from './types.ts';

export const EPOLLIN = 0x001;
export const EPOLLEXCLUSIVE = 0x1000_0000;
export const EPOLLWAKEUP = 0x2000_0000;
export const EPOLLONESHOT = 0x4000_0000;
export const EPOLLET = 0x8000_0000;
const PRIVATE_BITS = EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET;
/** What may accompany EPOLLEXCLUSIVE (EPOLLEXCLUSIVE_OK_BITS). */
const EXCLUSIVE_ALLOWED =
  EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLET | POLLERR | POLLHUP | POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
/** Epolls that watch epolls: at most this deep (EP_MAX_NESTS). */
const NESTS_MAX = 4;

/** fs.epoll.max_user_watches: items of all epolls. One for each page of memory, so that they take at most a twentieth of it. */
export function maximumItems(kernel: Kernel): number {
  return kernel.frames.frameCount;
}

export interface EpollEvent {
  readonly events: number;
  readonly data: bigint;
}

/** What is ready on a file now; files without `poll` are always readable and writable. */
export function pollFile(kernel: Kernel, file: OpenFile): number {
  const { operations } = file;
  if (operations.poll === undefined) {
    kernel.cost.execute(pollRoutines.default_poll);
    return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
  }
  return operations.poll(kernel, file);
}

class EpollItem implements Waiter, FileWatcher {
  readonly epoll: Epoll;
  readonly file: OpenFile;
  readonly descriptor: number;
  readonly address: number;
  /** EPOLL* bits asked for, private ones included; without event bits it is disarmed. */
  events: number;
  data: bigint;
  ready = false;
  entry: WaitEntry | null = null;

  constructor(epoll: Epoll, file: OpenFile, descriptor: number, event: EpollEvent, address: number) {
    this.epoll = epoll;
    this.file = file;
    this.descriptor = descriptor;
    this.events = event.events;
    this.data = event.data;
    this.address = address;
  }

  get mask(): number {
    return this.events & ~PRIVATE_BITS;
  }

  /** The file's state changed (ep_poll_callback). */
  wake(kernel: Kernel, events: number): boolean {
    kernel.cost.execute(pollRoutines.epoll_callback);
    kernel.cost.touch(this.address, 128, 'write');
    const { mask } = this;
    if (mask === 0 || (events & mask) === 0) return false;
    return this.epoll.itemReady(kernel, this);
  }

  fileClosed(kernel: Kernel): void {
    this.epoll.removeItem(kernel, this);
  }
}

export class Epoll implements FileOperations {
  /** Waiters for events: tasks in epoll_wait, and those that poll the epoll itself. */
  readonly queue = new WaitQueue();
  readonly address: number;
  readonly #items = new Map<OpenFile, Map<number, EpollItem>>();
  /** Items whose file may be ready, in the order they became so. */
  readonly #ready = new Set<EpollItem>();
  #count = 0;

  constructor(kernel: Kernel) {
    this.address = allocateObject(kernel, 'eventpoll');
  }

  /** EPOLL_CTL_ADD: 0, -EEXIST, -EINVAL (bad exclusive flags), -ELOOP (circle or too deep), -ENOSPC, -ENOMEM. */
  add(kernel: Kernel, file: OpenFile, descriptor: number, event: EpollEvent): number {
    kernel.cost.execute(pollRoutines.epoll_add);
    const inner = file.operations instanceof Epoll ? file.operations : null;
    if ((event.events & EPOLLEXCLUSIVE) !== 0) {
      if (inner !== null || (event.events & ~EXCLUSIVE_ALLOWED) !== 0) return -EINVAL;
    }
    if (inner !== null && (inner === this || inner.#reaches(this) || this.#tooDeep(inner))) return -ELOOP;
    if (this.#find(file, descriptor) !== null) return -EEXIST;
    if (kernel.vfs.epollItems >= maximumItems(kernel)) return -ENOSPC;
    const address = allocateObject(kernel, 'epitem');
    if (address === 0) return -ENOMEM;
    const item = new EpollItem(this, file, descriptor, withHangUp(event), address);
    let byDescriptor = this.#items.get(file);
    if (byDescriptor === undefined) this.#items.set(file, (byDescriptor = new Map()));
    byDescriptor.set(descriptor, item);
    this.#count += 1;
    kernel.vfs.epollItems += 1;
    file.watchers ??= new Set();
    file.watchers.add(item);
    kernel.cost.touch(address, 128, 'write');
    const { queue } = file.operations;
    if (queue !== undefined) {
      item.entry = new WaitEntry(item, (event.events & EPOLLEXCLUSIVE) !== 0);
      queue.add(item.entry);
    }
    if ((pollFile(kernel, file) & item.mask) !== 0) this.itemReady(kernel, item);
    return 0;
  }

  /** EPOLL_CTL_MOD: 0, -ENOENT, -EINVAL for an exclusive item. */
  modify(kernel: Kernel, file: OpenFile, descriptor: number, event: EpollEvent): number {
    kernel.cost.execute(pollRoutines.epoll_modify);
    const item = this.#find(file, descriptor);
    if (item === null) return -ENOENT;
    if ((item.events & EPOLLEXCLUSIVE) !== 0 || (event.events & EPOLLEXCLUSIVE) !== 0) return -EINVAL;
    item.events = withHangUp(event).events;
    item.data = event.data;
    kernel.cost.touch(item.address, 128, 'write');
    if ((pollFile(kernel, file) & item.mask) !== 0) this.itemReady(kernel, item);
    return 0;
  }

  /** EPOLL_CTL_DEL: 0 or -ENOENT. */
  remove(kernel: Kernel, file: OpenFile, descriptor: number): number {
    kernel.cost.execute(pollRoutines.epoll_remove);
    const item = this.#find(file, descriptor);
    if (item === null) return -ENOENT;
    this.removeItem(kernel, item);
    return 0;
  }

  /**
   * Takes up to `limit` events (ep_send_events). `deliver` writes one; false: EFAULT, the item stays ready. Returns how many
   * were delivered, or -1 when the first could not be.
   */
  take(kernel: Kernel, limit: number, deliver: (event: EpollEvent, index: number) => boolean): number {
    let delivered = 0;
    const again: EpollItem[] = [];
    kernel.cost.touch(this.address, 64, 'write');
    for (const item of this.#ready) {
      if (delivered >= limit) break;
      this.#ready.delete(item);
      item.ready = false;
      kernel.cost.execute(pollRoutines.epoll_event);
      kernel.cost.touch(item.address, 128, 'write');
      kernel.cost.touch(item.file.address, 64);
      const events = pollFile(kernel, item.file) & item.mask;
      if (events === 0) continue;
      if (!deliver({ events, data: item.data }, delivered)) {
        again.unshift(item);
        break;
      }
      delivered += 1;
      if ((item.events & EPOLLONESHOT) !== 0) item.events &= PRIVATE_BITS;
      else if ((item.events & EPOLLET) === 0) again.push(item);
    }
    for (const item of again) {
      if (item.ready) continue;
      item.ready = true;
      this.#ready.add(item);
    }
    if (delivered === 0 && again.length > 0) return -1;
    return delivered;
  }

  get hasReady(): boolean {
    return this.#ready.size > 0;
  }

  /** Readable when an item is ready: the list's items are asked, those that are not leave it (ep_item_poll of a nested epoll). */
  poll(kernel: Kernel): number {
    kernel.cost.touch(this.address, 64);
    for (const item of this.#ready) {
      kernel.cost.touch(item.address, 128);
      if ((pollFile(kernel, item.file) & item.mask) !== 0) return POLLIN | POLLRDNORM;
      this.#ready.delete(item);
      item.ready = false;
    }
    return 0;
  }

  release(kernel: Kernel): void {
    for (const byDescriptor of [...this.#items.values()]) {
      for (const item of [...byDescriptor.values()]) this.removeItem(kernel, item);
    }
    freeObject(kernel, this.address);
  }

  describe(): string {
    let lines = '';
    for (const byDescriptor of this.#items.values()) {
      for (const item of byDescriptor.values()) {
        const hex = (value: number | bigint): string => value.toString(16);
        const { inode } = item.file;
        lines +=
          `tfd: ${String(item.descriptor).padStart(8)} events: ${hex(item.events >>> 0).padStart(8)} ` +
          `data: ${hex(item.data).padStart(16)}  pos:${item.file.offset} ino:${hex(inode.number)} sdev:${hex(inode.fileSystem.device)}\n`;
      }
    }
    return lines;
  }

  itemReady(kernel: Kernel, item: EpollItem): boolean {
    if (!item.ready) {
      item.ready = true;
      this.#ready.add(item);
    }
    // An exclusive item makes use of the wake-up only if somebody waits here.
    const waiting = this.queue.size > 0;
    this.queue.wake(kernel, POLLIN | POLLRDNORM);
    return (item.events & EPOLLEXCLUSIVE) === 0 || waiting;
  }

  removeItem(kernel: Kernel, item: EpollItem): void {
    const byDescriptor = this.#items.get(item.file);
    if (byDescriptor?.get(item.descriptor) !== item) return;
    byDescriptor.delete(item.descriptor);
    if (byDescriptor.size === 0) this.#items.delete(item.file);
    item.entry?.remove();
    item.file.watchers?.delete(item);
    this.#ready.delete(item);
    this.#count -= 1;
    kernel.vfs.epollItems -= 1;
    freeObject(kernel, item.address);
  }

  #find(file: OpenFile, descriptor: number): EpollItem | null {
    return this.#items.get(file)?.get(descriptor) ?? null;
  }

  /** Whether `target` is watched here, directly or through others. */
  #reaches(target: Epoll): boolean {
    for (const file of this.#items.keys()) {
      const inner = file.operations;
      if (inner instanceof Epoll && (inner === target || inner.#reaches(target))) return true;
    }
    return false;
  }

  #tooDeep(inner: Epoll): boolean {
    return inner.#depthBelow() + 1 + this.#depthAbove() > NESTS_MAX;
  }

  #depthBelow(): number {
    let depth = 0;
    for (const file of this.#items.keys()) {
      if (file.operations instanceof Epoll) depth = Math.max(depth, 1 + file.operations.#depthBelow());
    }
    return depth;
  }

  #depthAbove(): number {
    let depth = 0;
    for (const watcher of this.ownFile?.watchers ?? []) {
      if (watcher instanceof EpollItem) depth = Math.max(depth, 1 + watcher.epoll.#depthAbove());
    }
    return depth;
  }

  /** The description that this is the operations of. */
  ownFile: OpenFile | null = null;
}

/** Errors and hang-ups are always reported. */
function withHangUp(event: EpollEvent): EpollEvent {
  return { events: event.events | POLLERR | POLLHUP, data: event.data };
}
