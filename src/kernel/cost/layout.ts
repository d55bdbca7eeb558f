// Kernel text has a layout: each routine gets a place when it is first used, its size following from its instruction
// count, so that cache and ITLB pollution by the kernel emerges. First use is deterministic, so the layout is too.

import { type Routine, routines } from './routine.ts';

const bulk = routines({
  // Linux's memcpy, copy_{from,to}_user and clear_page move 64 bytes with 8 ld + 8 sd + 3 loop instructions; per byte here.
  memcpy: { instructions: 19 / 64, textBytes: 128 },
  // pwrite.tmpfs.4096 takes 1,235 more than pwrite.tmpfs.1: 0.30 a byte; pread.tmpfs.65536 has its pages' part besides.
  copy_user: { instructions: 19 / 64, textBytes: 192 },
  // read.devzero.4096 takes 1,535 more than read.devzero.1.
  clear_user: { instructions: 24 / 64, textBytes: 128 },
  clear_page: { instructions: 11 / 64, textBytes: 64 },
});

/**
 * Text that one executed instruction stands for, where a routine does not say: about 3 bytes of a kernel with compressed
 * instructions, a third of which is executed again (loops, helpers called twice). Estimated.
 */
const BYTES_PER_INSTRUCTION = 2;

export interface TextPlace {
  readonly address: number;
  readonly bytes: number;
}

export class TextLayout {
  readonly copyRoutine = bulk.memcpy;
  readonly userCopyRoutine = bulk.copy_user;
  readonly zeroRoutine = bulk.clear_page;
  readonly userZeroRoutine = bulk.clear_user;
  readonly #end: number;
  #next: number;
  readonly #places = new Map<Routine, TextPlace>();

  /** Kernel text occupies [start, start + bytes) of guest physical memory. */
  constructor(start: number, bytes: number) {
    this.#next = start;
    this.#end = start + bytes;
  }

  place(routine: Routine): TextPlace {
    let place = this.#places.get(routine);
    if (place === undefined) {
      const bytes = routine.textBytes ?? Math.max(64, Math.ceil(routine.instructions * BYTES_PER_INSTRUCTION));
      const size = Math.ceil(bytes / 64) * 64;
      if (this.#next + size > this.#end) throw new Error(`kernel text is full: no place for ${routine.name}`);
      place = { address: this.#next, bytes };
      this.#next += size;
      this.#places.set(routine, place);
    }
    return place;
  }

  /** Every placed routine, in address order: symbols for profiles. */
  symbols(): { name: string; address: number; bytes: number }[] {
    return [...this.#places].map(([routine, place]) => ({ name: routine.name, ...place }));
  }
}
