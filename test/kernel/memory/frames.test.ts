import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameAllocator } from '../../../src/kernel/memory/frames.ts';

const BASE = 0x8040_1000;
const FRAMES = 2000;

describe('the page frame allocator', () => {
  it('hands out blocks that are aligned, in range and disjoint, and takes everything back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ order: fc.nat(4), free: fc.boolean(), pick: fc.nat() }), { maxLength: 400 }),
        (steps) => {
          const allocator = new FrameAllocator(BASE, BASE + FRAMES * 4096);
          const before = allocator.freeBlocks();
          const owned = new Set<number>();
          const blocks: { physical: number; order: number }[] = [];
          for (const step of steps) {
            if (step.free && blocks.length > 0) {
              const [block] = blocks.splice(step.pick % blocks.length, 1);
              for (let index = 0; index < 1 << block!.order; index += 1) owned.delete(block!.physical + index * 4096);
              allocator.free(block!.physical, block!.order);
              continue;
            }
            const physical = allocator.allocate(step.order);
            if (physical === 0) continue;
            expect(physical % (4096 << step.order)).toBe(0);
            for (let index = 0; index < 1 << step.order; index += 1) {
              const frame = physical + index * 4096;
              expect(frame >= BASE && frame < BASE + FRAMES * 4096).toBe(true);
              expect(owned.has(frame)).toBe(false);
              owned.add(frame);
            }
            blocks.push({ physical, order: step.order });
            expect(allocator.freeFrames).toBe(FRAMES - owned.size);
          }
          for (const block of blocks) allocator.free(block.physical, block.order);
          expect(allocator.freeFrames).toBe(FRAMES);
          expect(allocator.freeBlocks()).toEqual(before);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps the reserve for the kernel and reclaims before it fails', () => {
    const allocator = new FrameAllocator(BASE, BASE + FRAMES * 4096);
    let count = 0;
    const taken: number[] = [];
    for (;;) {
      const physical = allocator.allocate();
      if (physical === 0) break;
      taken.push(physical);
      count += 1;
    }
    expect(count).toBe(FRAMES - allocator.reserve);
    expect(allocator.allocateReserved()).not.toBe(0);
    allocator.reclaim = () => {
      const last = taken.pop();
      if (last !== undefined) allocator.release(last);
      return last !== undefined;
    };
    expect(allocator.allocate()).not.toBe(0);
  });

  it('leaves a sixteenth of memory to programs when buffers grow', () => {
    const allocator = new FrameAllocator(BASE, BASE + FRAMES * 4096);
    while (allocator.allocateBuffer() !== 0);
    expect(allocator.freeFrames).toBe(allocator.reserve + (FRAMES >> 4));
    expect(allocator.allocate()).not.toBe(0);
  });

  it('frees a frame with its last reference', () => {
    const allocator = new FrameAllocator(BASE, BASE + FRAMES * 4096);
    const physical = allocator.allocate();
    allocator.reference(physical);
    allocator.release(physical);
    expect(allocator.freeFrames).toBe(FRAMES - 1);
    allocator.release(physical);
    expect(allocator.freeFrames).toBe(FRAMES);
    expect(() => allocator.release(physical)).toThrow();
  });
});
