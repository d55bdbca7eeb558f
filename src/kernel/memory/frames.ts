// The page frame allocator: a binary buddy system over guest RAM with a reference count for each frame.
//
// A frame is free, or has references >= 1: one for each page table entry that maps it and one for each kernel owner (a page
// cache, a pipe, a page table). Blocks of 2^order frames are aligned to their size; only their first frame is counted.
// The last `reserve` frames are for the kernel itself (`allocateReserved`), so that it can still make page tables and run
// exits when programs have taken everything; at that point `allocate` returns 0 and its caller says ENOMEM or kills.
// Contents of an allocated frame are whatever was there: whoever hands it to a program clears it first.

import { PAGE_SHIFT, PAGE_SIZE } from './layout.ts';

const MAX_ORDER = 10; // 4 MiB, as Linux's MAX_PAGE_ORDER
const NONE = -1;
/** `#state` of a frame that is not the head of a free block. */
const NOT_FREE = -1;

export class FrameAllocator {
  readonly base: number;
  readonly frameCount: number;
  readonly #references: Int32Array;
  /** Order of the free block that starts at this frame, or NOT_FREE. */
  readonly #state: Int8Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #heads = new Int32Array(MAX_ORDER + 1).fill(NONE);
  readonly #reserve: number;
  #free = 0;
  /** Fewest frames that were ever free. */
  lowWater: number;
  /** Called before an allocation fails; returns whether anything was freed (slab pages, clean caches). */
  reclaim: (() => boolean) | null = null;

  /** Frames of [start, end), both multiples of the page size; physical addresses. */
  constructor(start: number, end: number) {
    this.base = start;
    this.frameCount = Math.floor((end - start) / PAGE_SIZE);
    this.#references = new Int32Array(this.frameCount);
    this.#state = new Int8Array(this.frameCount).fill(NOT_FREE);
    this.#next = new Int32Array(this.frameCount).fill(NONE);
    this.#previous = new Int32Array(this.frameCount).fill(NONE);
    this.#reserve = Math.min(256, this.frameCount >> 6);
    // From the top down, so that low blocks end up first in their lists.
    for (let frame = this.frameCount; frame > 0; ) {
      let order = 0;
      while (
        order < MAX_ORDER &&
        (this.#physicalFrame(frame) & ((2 << order) - 1)) === 0 &&
        frame - (2 << order) >= 0
      ) {
        order += 1;
      }
      frame -= 1 << order;
      this.#push(frame, order);
      this.#free += 1 << order;
    }
    this.lowWater = this.#free;
  }

  get freeFrames(): number {
    return this.#free;
  }

  get reserve(): number {
    return this.#reserve;
  }

  /** A block of 2^order frames with one reference; its physical address, or 0 when memory is exhausted. */
  allocate(order = 0): number {
    if (this.#free - (1 << order) < this.#reserve) {
      while (this.reclaim?.()) if (this.#free - (1 << order) >= this.#reserve) return this.#take(order);
      return 0;
    }
    return this.#take(order);
  }

  /**
   * As `allocate`, for buffers that programs can fill without having the memory themselves: pipes, sockets. Refuses while less
   * than a sixteenth of memory is free, so that they cannot push programs out of theirs.
   */
  allocateBuffer(order = 0): number {
    const floor = this.#reserve + (this.frameCount >> 4);
    while (this.#free - (1 << order) < floor) if (!(this.reclaim?.() ?? false)) return 0;
    return this.#take(order);
  }

  /** As `allocate`, for what the kernel needs to go on: may use the reserve. */
  allocateReserved(order = 0): number {
    const block = this.#take(order);
    if (block !== 0) return block;
    while (this.reclaim?.()) {
      const again = this.#take(order);
      if (again !== 0) return again;
    }
    return 0;
  }

  /** One more owner of an allocated frame. */
  reference(physical: number): void {
    this.#references[(physical - this.base) >>> PAGE_SHIFT]! += 1;
  }

  references(physical: number): number {
    return this.#references[(physical - this.base) >>> PAGE_SHIFT] ?? 0;
  }

  /** One owner less; the last one frees the frame. For single frames. */
  release(physical: number): void {
    const frame = (physical - this.base) >>> PAGE_SHIFT;
    const left = this.#references[frame]! - 1;
    if (left < 0) throw new Error(`frame 0x${physical.toString(16)} released more often than referenced`);
    this.#references[frame] = left;
    if (left === 0) this.#give(frame, 0);
  }

  /** Frees a block that `allocate(order)` returned and nobody else references. */
  free(physical: number, order: number): void {
    const frame = (physical - this.base) >>> PAGE_SHIFT;
    if (this.#references[frame] !== 1) throw new Error(`block 0x${physical.toString(16)} freed while referenced`);
    this.#references[frame] = 0;
    this.#give(frame, order);
  }

  /** Number of free blocks of each order: /proc/buddyinfo. */
  freeBlocks(): number[] {
    const counts: number[] = [];
    for (let order = 0; order <= MAX_ORDER; order += 1) {
      let count = 0;
      for (let frame = this.#heads[order]!; frame !== NONE; frame = this.#next[frame]!) count += 1;
      counts.push(count);
    }
    return counts;
  }

  /** Buddies are computed on physical frame numbers, so that a block of 2 MiB is aligned to 2 MiB. */
  #physicalFrame(frame: number): number {
    return frame + this.base / PAGE_SIZE;
  }

  #take(order: number): number {
    let found = order;
    while (found <= MAX_ORDER && this.#heads[found] === NONE) found += 1;
    if (found > MAX_ORDER) return 0;
    const frame = this.#heads[found]!;
    this.#unlink(frame, found);
    while (found > order) {
      found -= 1;
      this.#push(frame + (1 << found), found);
    }
    this.#references[frame] = 1;
    this.#free -= 1 << order;
    if (this.#free < this.lowWater) this.lowWater = this.#free;
    return this.base + frame * PAGE_SIZE;
  }

  #give(frame: number, order: number): void {
    this.#free += 1 << order;
    const offset = this.base / PAGE_SIZE;
    while (order < MAX_ORDER) {
      const buddy = ((frame + offset) ^ (1 << order)) - offset;
      if (buddy < 0 || buddy + (1 << order) > this.frameCount || this.#state[buddy] !== order) break;
      this.#unlink(buddy, order);
      frame = Math.min(frame, buddy);
      order += 1;
    }
    this.#push(frame, order);
  }

  #push(frame: number, order: number): void {
    const head = this.#heads[order]!;
    this.#next[frame] = head;
    this.#previous[frame] = NONE;
    if (head !== NONE) this.#previous[head] = frame;
    this.#heads[order] = frame;
    this.#state[frame] = order;
  }

  #unlink(frame: number, order: number): void {
    const next = this.#next[frame]!;
    const previous = this.#previous[frame]!;
    if (previous === NONE) this.#heads[order] = next;
    else this.#next[previous] = next;
    if (next !== NONE) this.#previous[next] = previous;
    this.#state[frame] = NOT_FREE;
  }
}
