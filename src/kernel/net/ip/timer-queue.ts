// Explicit timers: a binary heap ordered by (deadline, identity). Nothing runs by itself; the owner of the stack asks for
// `next()` and calls `run(now)`.
//
// A timer that is put off or cancelled stays where it is in the heap and is moved only when it reaches the top: a
// connection pushes its retransmission timer forward with every acknowledgement, and that must cost nothing.
// Invariant: a timer's place in the heap is by `#keys`, which is never later than its deadline.

export interface TimerOwner {
  onTimer(kind: number, now: number): void;
}

export class Timer {
  readonly owner: TimerOwner;
  readonly kind: number;
  readonly identity: number;
  /** When it goes off, guest nanoseconds; Infinity when not armed. */
  deadline = Infinity;
  heapIndex = -1;
  heapKey = Infinity;

  constructor(owner: TimerOwner, kind: number, identity: number) {
    this.owner = owner;
    this.kind = kind;
    this.identity = identity;
  }

  get armed(): boolean {
    return this.deadline !== Infinity;
  }

  cancel(): void {
    this.deadline = Infinity;
  }
}

export class TimerQueue {
  readonly #heap: Timer[] = [];
  #created = 0;

  create(owner: TimerOwner, kind: number): Timer {
    this.#created += 1;
    return new Timer(owner, kind, this.#created);
  }

  /** Timers held, armed or not yet swept. */
  get size(): number {
    return this.#heap.length;
  }

  arm(timer: Timer, deadline: number): void {
    timer.deadline = deadline;
    if (timer.heapIndex < 0) {
      timer.heapKey = deadline;
      timer.heapIndex = this.#heap.length;
      this.#heap.push(timer);
      this.#up(timer.heapIndex);
    } else if (deadline < timer.heapKey) {
      timer.heapKey = deadline;
      this.#up(timer.heapIndex);
    }
  }

  /** Takes a timer out of the heap for good, so that its owner can be collected. */
  destroy(timer: Timer): void {
    timer.deadline = Infinity;
    if (timer.heapIndex >= 0) this.#remove(timer.heapIndex);
  }

  /** The earliest deadline, or Infinity. */
  next(): number {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined) return Infinity;
      if (top.deadline === top.heapKey) return top.deadline;
      this.#settle(top);
    }
  }

  /** Runs every timer that is due at `now`, in order of deadline; timers armed meanwhile for a past time run too. */
  run(now: number, onFire: (timer: Timer) => void): void {
    while (this.next() <= now) {
      const timer = this.#heap[0]!;
      this.#remove(0);
      timer.deadline = Infinity;
      onFire(timer);
      timer.owner.onTimer(timer.kind, now);
    }
  }

  #settle(timer: Timer): void {
    if (timer.deadline === Infinity) {
      this.#remove(timer.heapIndex);
    } else {
      timer.heapKey = timer.deadline;
      this.#down(timer.heapIndex);
    }
  }

  #remove(index: number): void {
    const heap = this.#heap;
    const timer = heap[index]!;
    const last = heap.pop()!;
    timer.heapIndex = -1;
    timer.heapKey = Infinity;
    if (last === timer) return;
    heap[index] = last;
    last.heapIndex = index;
    this.#up(index);
    this.#down(last.heapIndex);
  }

  #before(a: Timer, b: Timer): boolean {
    return a.heapKey < b.heapKey || (a.heapKey === b.heapKey && a.identity < b.identity);
  }

  #up(index: number): void {
    const heap = this.#heap;
    const timer = heap[index]!;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const other = heap[parent]!;
      if (!this.#before(timer, other)) break;
      heap[index] = other;
      other.heapIndex = index;
      index = parent;
    }
    heap[index] = timer;
    timer.heapIndex = index;
  }

  #down(index: number): void {
    const heap = this.#heap;
    const timer = heap[index]!;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#before(heap[child + 1]!, heap[child]!)) child += 1;
      const other = heap[child]!;
      if (!this.#before(other, timer)) break;
      heap[index] = other;
      other.heapIndex = index;
      index = child;
    }
    heap[index] = timer;
    timer.heapIndex = index;
  }
}
