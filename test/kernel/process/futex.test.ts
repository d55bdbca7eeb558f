import { describe, expect, test } from 'vitest';
import type { Task } from '../../../src/kernel/process/task.ts';
import { Harness, MEMORY } from './harness.ts';

const WORD = MEMORY + 0x100;
const OTHER = MEMORY + 0x200;
const SCRATCH = MEMORY + 0x800;
const PRIVATE = 128;
const WAITERS = 0x8000_0000;

/** Makes `count` threads that all wait on WORD, in order. */
function waiters(harness: Harness, count: number): Task[] {
  const threads: Task[] = [];
  for (let index = 0; index < count; index++) {
    harness.run(harness.main);
    const thread = harness.thread();
    harness.run(thread);
    harness.main.memory!.writeU32(WORD, 0);
    expect(harness.call(98, WORD, PRIVATE, 0, 0, 0, 0)).toBeNull();
    threads.push(thread);
    harness.resume();
  }
  harness.run(harness.main);
  return threads;
}

describe('wait and wake', () => {
  test('WAIT fails with EAGAIN when the word has another value, EFAULT and EINVAL for bad addresses', () => {
    const harness = new Harness();
    harness.main.memory!.writeU32(WORD, 1);
    expect(harness.call(98, WORD, PRIVATE, 0, 0, 0, 0)).toBe(-11);
    expect(harness.call(98, WORD + 1, PRIVATE, 0, 0, 0, 0)).toBe(-22);
    expect(harness.call(98, 8, PRIVATE, 0, 0, 0, 0)).toBe(-14);
    expect(harness.call(98, WORD, 77, 0, 0, 0, 0)).toBe(-38);
  });

  test('WAKE wakes in order, as many as asked', () => {
    const harness = new Harness();
    const threads = waiters(harness, 3);
    expect(harness.call(98, WORD, 1 | PRIVATE, 2, 0, 0, 0)).toBe(2);
    expect(threads.map((thread) => thread.state)).toEqual(['running', 'running', 'sleeping']);
    expect(harness.call(98, WORD, 1 | PRIVATE, 10, 0, 0, 0)).toBe(1);
    expect(harness.call(98, WORD, 1 | PRIVATE, 10, 0, 0, 0)).toBe(0);
    for (const thread of threads) {
      harness.run(thread);
      expect(harness.result(thread)).toBe(0);
    }
  });

  test('a relative timeout ends in ETIMEDOUT', () => {
    const harness = new Harness();
    const { main } = harness;
    main.memory!.writeLong(SCRATCH, 0);
    main.memory!.writeLong(SCRATCH + 8, 1_000_000);
    harness.call(98, WORD, PRIVATE, 0, SCRATCH, 0, 0);
    harness.resume();
    harness.pass(2_000_000);
    expect(harness.resume()).toBe(main);
    expect(harness.result(main)).toBe(-110);
  });

  test('bitsets choose who wakes', () => {
    const harness = new Harness();
    const threads: Task[] = [];
    for (const bits of [1, 2, 4]) {
      harness.run(harness.main);
      const thread = harness.thread();
      harness.run(thread);
      harness.main.memory!.writeU32(WORD, 0);
      harness.call(98, WORD, 9 | PRIVATE, 0, 0, 0, bits);
      threads.push(thread);
      harness.resume();
    }
    harness.run(harness.main);
    expect(harness.call(98, WORD, 10 | PRIVATE, 10, 0, 0, 6)).toBe(2);
    expect(threads.map((thread) => thread.state)).toEqual(['sleeping', 'running', 'running']);
    expect(harness.call(98, WORD, 10 | PRIVATE, 10, 0, 0, 0)).toBe(-22);
  });

  test('CMP_REQUEUE wakes one, moves the rest, counts both; WAKE_OP changes the other word', () => {
    const harness = new Harness();
    const threads = waiters(harness, 3);
    expect(harness.call(98, WORD, 4 | PRIVATE, 1, 10, OTHER, 5)).toBe(-11);
    expect(harness.call(98, WORD, 4 | PRIVATE, 1, 10, OTHER, 0)).toBe(3);
    expect(threads.map((thread) => thread.state)).toEqual(['running', 'sleeping', 'sleeping']);
    expect(harness.call(98, WORD, 1 | PRIVATE, 10, 0, 0, 0)).toBe(0);
    // FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)
    expect(harness.call(98, WORD, 5 | PRIVATE, 1, 1, OTHER, (1 << 28) | (3 << 12))).toBe(1);
    expect(harness.main.memory!.readU32(OTHER)).toBe(3);
  });

  test('a waiter that is killed leaves no trace', () => {
    const harness = new Harness();
    const child = harness.fork();
    harness.run(child);
    harness.call(98, WORD, PRIVATE, 0, 0, 0, 0);
    harness.resume();
    harness.run(harness.main);
    harness.call(129, child.pid, 9);
    harness.call(260, -1, 0, 0, 0);
    harness.resume();
    expect(harness.kernel.futexes.find({ space: child, address: WORD })).toBeUndefined();
    expect(child.futex).toBeNull();
  });
});

describe('robust lists', () => {
  test('locks of a thread that exits are marked and their waiters wake', () => {
    const harness = new Harness();
    const { main } = harness;
    const memory = main.memory!;
    const holder = harness.thread();
    harness.run(holder);
    const head = MEMORY + 0x300;
    const entry = MEMORY + 0x340;
    const lock = entry + 16;
    memory.writeLong(head, entry);
    memory.writeLong(head + 8, 16);
    memory.writeLong(head + 16, 0);
    memory.writeLong(entry, head);
    memory.writeU32(lock, (holder.tid | WAITERS) >>> 0);
    expect(harness.call(99, head, 24)).toBe(0);
    expect(harness.call(99, head, 23)).toBe(-22);
    harness.run(main);
    harness.call(98, lock, PRIVATE, holder.tid | WAITERS, 0, 0, 0);
    harness.run(holder);
    harness.call(93, 0);
    expect(harness.resume()).toBe(main);
    expect(memory.readU32(lock)).toBe(0xc000_0000);
  });

  test('a list that runs in circles ends', () => {
    const harness = new Harness();
    const child = harness.fork();
    harness.run(child);
    const memory = child.memory!;
    memory.writeLong(MEMORY + 0x300, MEMORY + 0x340);
    memory.writeLong(MEMORY + 0x308, 16);
    memory.writeLong(MEMORY + 0x340, MEMORY + 0x340);
    harness.call(99, MEMORY + 0x300, 24);
    harness.call(93, 0);
    expect(harness.resume()).toBe(harness.main);
  });
});

describe('priority inheritance', () => {
  test("the owner gets the waiter's priority, the unlock hands the lock over", () => {
    const harness = new Harness();
    const { main } = harness;
    const memory = main.memory!;
    expect(harness.call(98, WORD, 6 | PRIVATE, 0, 0, 0, 0)).toBe(0);
    expect(memory.readU32(WORD)).toBe(main.tid);
    expect(harness.call(98, WORD, 6 | PRIVATE, 0, 0, 0, 0)).toBe(-35);
    const waiter = harness.thread();
    memory.writeU32(SCRATCH, 50);
    expect(harness.call(119, waiter.tid, 1, SCRATCH)).toBe(0);
    memory.writeU32(WORD, main.tid);
    expect(harness.resume()).toBe(waiter);
    expect(harness.call(98, WORD, 6 | PRIVATE, 0, 0, 0, 0)).toBeNull();
    expect(memory.readU32(WORD)).toBe((main.tid | WAITERS) >>> 0);
    expect(main.scheduling.realTime).toBe(50);
    expect(harness.resume()).toBe(main);
    expect(harness.call(98, WORD, 7 | PRIVATE, 0, 0, 0, 0)).toBe(0);
    expect(main.scheduling.realTime).toBe(0);
    expect(memory.readU32(WORD)).toBe(waiter.tid);
    expect(harness.resume()).toBe(waiter);
    expect(harness.result(waiter)).toBe(0);
    expect(harness.call(98, WORD, 7 | PRIVATE, 0, 0, 0, 0)).toBe(0);
    expect(memory.readU32(WORD)).toBe(0);
    harness.run(waiter);
    expect(harness.call(98, WORD, 7 | PRIVATE, 0, 0, 0, 0)).toBe(-1);
  });

  test('TRYLOCK does not wait, a lock whose owner does not exist is ESRCH', () => {
    const harness = new Harness();
    harness.main.memory!.writeU32(WORD, 12_345);
    expect(harness.call(98, WORD, 8 | PRIVATE, 0, 0, 0, 0)).toBe(-11);
    expect(harness.call(98, WORD, 6 | PRIVATE, 0, 0, 0, 0)).toBe(-3);
  });
});
