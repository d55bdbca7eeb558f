// A binary heap whose items know their place, so that any of them can be taken out: the run queue and the kernel's timers.

export interface HeapItem {
  /** Place in the heap, -1 when in none. Kept by the heap. */
  heapIndex: number;
}

export class IndexedHeap<T extends HeapItem> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  /** `before` is a strict order without ties, so that runs repeat. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The first item; undefined when empty. */
  get first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#up(this.#items.length - 1, item);
  }

  /** Takes an item out that is in the heap. */
  remove(item: T): void {
    const items = this.#items;
    const index = item.heapIndex;
    item.heapIndex = -1;
    const last = items.pop()!;
    if (index === items.length) return;
    this.#up(index, last);
    this.#down(last.heapIndex, last);
  }

  #up(index: number, item: T): void {
    const items = this.#items;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = items[parentIndex]!;
      if (!this.#before(item, parent)) break;
      items[index] = parent;
      parent.heapIndex = index;
      index = parentIndex;
    }
    items[index] = item;
    item.heapIndex = index;
  }

  #down(index: number, item: T): void {
    const items = this.#items;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= items.length) break;
      if (childIndex + 1 < items.length && this.#before(items[childIndex + 1]!, items[childIndex]!)) childIndex += 1;
      const child = items[childIndex]!;
      if (!this.#before(child, item)) break;
      items[index] = child;
      child.heapIndex = index;
      index = childIndex;
    }
    items[index] = item;
    item.heapIndex = index;
  }
}
