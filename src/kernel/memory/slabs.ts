// Slab caches: the guest addresses of kernel objects. The objects themselves live in TypeScript; their addresses give them a
// place in the machine's caches and TLBs, so that a scan of a thousand of them pollutes what it would pollute in a real kernel.
//
// A cache has objects of one size in slabs of 2^order frames. A slab whose objects are all free goes back to the frame
// allocator, except the last one of its cache, which `shrink` gives back when memory is short.

import type { FrameAllocator } from './frames.ts';
import { PAGE_SIZE } from './layout.ts';

/**
 * Object sizes in bytes, as /proc/slabinfo shows them for Linux 6.12 on 64-bit machines (riscv64's own where it differs are
 * estimated). Sizes that are not here are asked of kmalloc's classes.
 */
export const slabBytes = {
  task_struct: 3392,
  thread_stack: 16384,
  signal_cache: 1088,
  sighand_cache: 2112,
  mm_struct: 1344,
  vm_area_struct: 168,
  anon_vma: 104,
  files_cache: 704,
  fs_cache: 64,
  cred_jar: 184,
  pid: 144,
  filp: 192,
  dentry: 192,
  inode_cache: 632,
  shmem_inode_cache: 760,
  proc_inode_cache: 712,
  sock_inode_cache: 832,
  pipe_inode_info: 192,
  eventpoll_epi: 128,
  eventpoll_pwq: 64,
  eventfd_ctx: 64,
  timerfd_ctx: 256,
  signalfd_ctx: 8,
  posix_timers_cache: 272,
  sigqueue: 80,
  TCP: 2368,
  UDP: 1216,
  UNIX: 1024,
  request_sock_TCP: 304,
  tw_sock_TCP: 248,
  skbuff_head_cache: 232,
  file_lock_cache: 216,
} as const;

export type SlabName = keyof typeof slabBytes;

/** kmalloc's size classes. */
const KMALLOC_CLASSES = [
  8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288, 1048576,
  2097152, 4194304,
];

class Slab {
  readonly cache: SlabCache;
  readonly address: number;
  /** Offsets (object indices) that are free; last freed, first reused, as SLUB does. */
  readonly free: number[] = [];

  constructor(cache: SlabCache, address: number) {
    this.cache = cache;
    this.address = address;
    for (let index = cache.objectsPerSlab - 1; index >= 0; index -= 1) this.free.push(index);
  }
}

export class SlabCache {
  readonly name: string;
  readonly objectBytes: number;
  readonly order: number;
  readonly objectsPerSlab: number;
  /** Slabs that have a free object, the most recently freed into last. */
  readonly partial: Slab[] = [];
  slabs = 0;
  objects = 0;

  /** kmalloc: what sockets and the like keep their data in. */
  readonly buffers: boolean;

  constructor(name: string, bytes: number) {
    this.name = name;
    this.buffers = name.startsWith('kmalloc-');
    this.objectBytes = Math.ceil(bytes / 8) * 8;
    // SLUB's rule of thumb: raise the order until at most a sixteenth is wasted, up to 8 pages.
    let order = 0;
    while (PAGE_SIZE << order < this.objectBytes) order += 1;
    while (order < 3 && ((PAGE_SIZE << order) % this.objectBytes) * 16 > PAGE_SIZE << order) order += 1;
    this.order = order;
    this.objectsPerSlab = Math.floor((PAGE_SIZE << order) / this.objectBytes);
  }
}

export class Slabs {
  readonly #frames: FrameAllocator;
  readonly #caches = new Map<string, SlabCache>();
  /** By the slab's page number(s): every page of a slab points to it. */
  readonly #slabOfPage = new Map<number, Slab>();

  constructor(frames: FrameAllocator) {
    this.#frames = frames;
  }

  /** The guest physical address of a new object of this cache; 0 when memory is exhausted (ENOMEM). */
  allocate(name: SlabName): number {
    return this.#allocate(this.#caches.get(name) ?? this.#create(name, slabBytes[name]));
  }

  /** kmalloc: an object of the smallest class that holds `bytes` (at most 4 MiB); 0 when memory is exhausted. */
  allocateBytes(bytes: number): number {
    const size = KMALLOC_CLASSES.find((candidate) => candidate >= bytes);
    if (size === undefined) return 0;
    const name = `kmalloc-${size}`;
    return this.#allocate(this.#caches.get(name) ?? this.#create(name, size));
  }

  /** Gives an object back. Address 0 is ignored. */
  free(address: number): void {
    if (address === 0) return;
    const slab = this.#slabOfPage.get(Math.floor(address / PAGE_SIZE));
    if (slab === undefined) throw new Error(`0x${address.toString(16)} is not a slab object`);
    const { cache } = slab;
    if (slab.free.length === 0) cache.partial.push(slab);
    slab.free.push(Math.floor((address - slab.address) / cache.objectBytes));
    cache.objects -= 1;
    if (slab.free.length === cache.objectsPerSlab && cache.partial.length > 1) this.#destroy(slab);
  }

  /** Gives empty slabs back to the frame allocator; whether there were any. */
  shrink(): boolean {
    let freed = false;
    for (const cache of this.#caches.values()) {
      for (const slab of [...cache.partial]) {
        if (slab.free.length !== cache.objectsPerSlab) continue;
        this.#destroy(slab);
        freed = true;
      }
    }
    return freed;
  }

  /** Frames held by slabs, and those of them that `shrink` would free: /proc/meminfo's Slab and SReclaimable. */
  frameCounts(): { total: number; reclaimable: number } {
    let total = 0;
    let reclaimable = 0;
    for (const cache of this.#caches.values()) {
      total += cache.slabs << cache.order;
      for (const slab of cache.partial) if (slab.free.length === cache.objectsPerSlab) reclaimable += 1 << cache.order;
    }
    return { total, reclaimable };
  }

  /** Every cache: /proc/slabinfo. */
  caches(): readonly SlabCache[] {
    return [...this.#caches.values()];
  }

  #create(name: string, bytes: number): SlabCache {
    const cache = new SlabCache(name, bytes);
    this.#caches.set(name, cache);
    return cache;
  }

  #allocate(cache: SlabCache): number {
    let slab = cache.partial.at(-1);
    if (slab === undefined) {
      const address = cache.buffers ? this.#frames.allocateBuffer(cache.order) : this.#frames.allocate(cache.order);
      if (address === 0) return 0;
      slab = new Slab(cache, address);
      cache.slabs += 1;
      cache.partial.push(slab);
      const page = address / PAGE_SIZE;
      for (let index = 0; index < 1 << cache.order; index += 1) this.#slabOfPage.set(page + index, slab);
    }
    const index = slab.free.pop()!;
    if (slab.free.length === 0) cache.partial.pop();
    cache.objects += 1;
    return slab.address + index * cache.objectBytes;
  }

  #destroy(slab: Slab): void {
    const { cache } = slab;
    cache.partial.splice(cache.partial.indexOf(slab), 1);
    cache.slabs -= 1;
    const page = slab.address / PAGE_SIZE;
    for (let index = 0; index < 1 << cache.order; index += 1) this.#slabOfPage.delete(page + index);
    this.#frames.free(slab.address, cache.order);
  }
}
