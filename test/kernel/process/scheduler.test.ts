import { describe, expect, test } from 'vitest';
import type { Task } from '../../../src/kernel/process/task.ts';
import { Harness } from './harness.ts';

const MILLISECOND = 1_000_000;

/** CPU time of each task after `milliseconds` in which all only compute. */
function shares(harness: Harness, tasks: readonly Task[], milliseconds: number): number[] {
  const used = new Map<Task, number>(tasks.map((task) => [task, 0]));
  for (let time = 0; time < milliseconds; time++) {
    const current = harness.resume()!;
    harness.pass(MILLISECOND);
    used.set(current, (used.get(current) ?? 0) + 1);
  }
  return tasks.map((task) => used.get(task)!);
}

describe('fair class', () => {
  test('tasks of the same nice value get the same share', () => {
    const harness = new Harness();
    const tasks = [harness.main, harness.fork(), harness.fork()];
    const [a, b, c] = shares(harness, tasks, 3000);
    for (const share of [a, b, c]) expect(Math.abs(share! - 1000)).toBeLessThan(20);
  });

  test('nice 5 against nice 0 gets 335 of 1359 parts', () => {
    const harness = new Harness();
    const child = harness.fork();
    expect(harness.call(140, 0, child.tid, 5)).toBe(0);
    const [parent, nicer] = shares(harness, [harness.main, child], 4000);
    expect(nicer! / (parent! + nicer!)).toBeCloseTo(335 / (335 + 1024), 1);
  });

  test('a task that slept preempts one that computes', () => {
    const harness = new Harness();
    const child = harness.fork();
    harness.run(child);
    harness.call(101, writeTime(harness, child, 0, 10 * MILLISECOND));
    expect(harness.resume()).toBe(harness.main);
    harness.pass(9 * MILLISECOND);
    expect(harness.resume()).toBe(harness.main);
    harness.pass(2 * MILLISECOND);
    expect(harness.resume()).toBe(child);
    expect(harness.result(child)).toBe(0);
  });

  test('sched_yield lets the other one run, every time', () => {
    const harness = new Harness();
    const child = harness.fork();
    harness.run(harness.main);
    for (let round = 0; round < 10; round++) {
      harness.call(124);
      expect(harness.resume()).toBe(child);
      harness.pass(1000);
      harness.call(124);
      expect(harness.resume()).toBe(harness.main);
      harness.pass(1000);
    }
  });
});

describe('real-time classes', () => {
  test('FIFO runs until it sleeps; of two priorities the higher one', () => {
    const harness = new Harness();
    const low = harness.fork();
    const high = harness.fork();
    setPolicy(harness, low, 1, 10);
    expect(harness.resume()).toBe(low);
    harness.run(low);
    setPolicy(harness, high, 1, 20);
    expect(harness.resume()).toBe(high);
    harness.pass(1000 * MILLISECOND);
    expect(harness.resume()).toBe(high);
    harness.call(93, 0);
    expect(harness.resume()).toBe(low);
  });

  test('RR takes turns of 100 ms within a priority', () => {
    const harness = new Harness();
    const other = harness.fork();
    setPolicy(harness, other, 2, 10);
    harness.run(other);
    setPolicy(harness, harness.main, 2, 10);
    const turns: Task[] = [];
    for (let time = 0; time < 400; time++) {
      const current = harness.resume()!;
      if (turns.at(-1) !== current) turns.push(current);
      harness.pass(MILLISECOND);
    }
    expect(turns).toEqual([other, harness.main, other, harness.main]);
  });

  test('FIFO of the same priority does not take turns', () => {
    const harness = new Harness();
    const other = harness.fork();
    setPolicy(harness, other, 1, 10);
    harness.run(other);
    setPolicy(harness, harness.main, 1, 10);
    for (let time = 0; time < 300; time++) {
      expect(harness.resume()).toBe(other);
      harness.pass(MILLISECOND);
    }
  });
});

test('getpriority returns 20 - nice, setpriority checks who', () => {
  const harness = new Harness();
  expect(harness.call(140, 0, 0, 7)).toBe(0);
  expect(harness.call(141, 0, 0)).toBe(13);
  expect(harness.call(140, 0, 0, 100)).toBe(0);
  expect(harness.call(141, 0, 0)).toBe(1);
  expect(harness.call(140, 3, 0, 0)).toBe(-22);
  expect(harness.call(140, 0, 12345, 0)).toBe(-3);
});

function writeTime(harness: Harness, task: Task, seconds: number, nanoseconds: number): number {
  const address = 0x1000_0800;
  task.memory!.writeLong(address, seconds);
  task.memory!.writeLong(address + 8, nanoseconds);
  void harness;
  return address;
}

function setPolicy(harness: Harness, task: Task, policy: number, priority: number): void {
  harness.kernel.scheduler.current!.memory!.writeU32(0x1000_0900, priority);
  expect(harness.call(119, task.tid, policy, 0x1000_0900)).toBe(0);
}
