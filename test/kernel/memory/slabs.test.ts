import { describe, expect, it } from 'vitest';
import { FrameAllocator } from '../../../src/kernel/memory/frames.ts';
import { type SlabName, Slabs, slabBytes } from '../../../src/kernel/memory/slabs.ts';

const BASE = 0x8040_1000;

describe('slab caches', () => {
  it('give disjoint objects of the right size and return every frame', () => {
    const frames = new FrameAllocator(BASE, BASE + 4000 * 4096);
    const free = frames.freeFrames;
    const slabs = new Slabs(frames);
    const objects: { address: number; bytes: number }[] = [];
    for (const name of Object.keys(slabBytes) as SlabName[]) {
      for (let index = 0; index < 40; index += 1)
        objects.push({ address: slabs.allocate(name), bytes: slabBytes[name] });
    }
    for (const bytes of [1, 100, 1000, 5000, 100_000]) objects.push({ address: slabs.allocateBytes(bytes), bytes });
    objects.sort((a, b) => a.address - b.address);
    for (const [index, object] of objects.entries()) {
      expect(object.address).toBeGreaterThan(0);
      const next = objects[index + 1];
      if (next !== undefined) expect(object.address + object.bytes).toBeLessThanOrEqual(next.address);
    }
    for (const { address } of objects) slabs.free(address);
    const { total, reclaimable } = slabs.frameCounts();
    expect(reclaimable).toBe(total);
    expect(frames.freeFrames).toBe(free - total);
    expect(slabs.shrink()).toBe(true);
    expect(frames.freeFrames).toBe(free);
  });

  it('reuse the object that was freed last', () => {
    const slabs = new Slabs(new FrameAllocator(BASE, BASE + 1000 * 4096));
    const first = slabs.allocate('filp');
    slabs.allocate('filp');
    slabs.free(first);
    expect(slabs.allocate('filp')).toBe(first);
  });

  it('fail with 0 when memory is exhausted', () => {
    const slabs = new Slabs(new FrameAllocator(BASE, BASE + 8 * 4096));
    let count = 0;
    while (slabs.allocate('thread_stack') !== 0) count += 1;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThanOrEqual(2);
  });
});
