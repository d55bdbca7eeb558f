import { expect, test } from 'vitest';
import { type HeapItem, IndexedHeap } from '../../../src/kernel/process/indexed-heap.ts';
import { seededRandom } from '../../random.ts';

interface Item extends HeapItem {
  readonly order: number;
}

test('the first item is the least of those that are in, whatever was taken out', () => {
  const random = seededRandom('heap');
  const heap = new IndexedHeap<Item>((a, b) => a.order < b.order);
  const inside = new Set<Item>();
  for (let step = 0; step < 5000; step++) {
    if (inside.size === 0 || random.below(5) < 3) {
      const item = { order: random.u32() * 8192 + step, heapIndex: -1 };
      heap.push(item);
      inside.add(item);
    } else {
      const item = random.below(2) === 0 ? heap.first! : random.pick([...inside]);
      heap.remove(item);
      inside.delete(item);
      expect(item.heapIndex).toBe(-1);
    }
    expect(heap.size).toBe(inside.size);
    const least = Math.min(...[...inside].map((item) => item.order));
    expect(heap.first?.order ?? Number.POSITIVE_INFINITY).toBe(least);
  }
});
