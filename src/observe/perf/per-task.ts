// The machine's counters for each task: what they grow by between two context switches is the task's that was on the hart. Task 0
// is the hart without a task. The shares of all tasks add up to the machine's counters exactly.

import type { KernelEvent } from '../../kernel/events.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { CounterName, Counters } from '../../machine/counters.ts';

export interface TaskCounters {
  readonly tid: number;
  /** Command name at its last switch. */
  command: string;
  readonly counters: Record<CounterName, number>;
}

export class PerTaskCounters {
  readonly #kernel: Kernel;
  readonly #tasks = new Map<number, TaskCounters>();
  #current: number;
  #last: Counters;

  /** Counts from now on. */
  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#current = kernel.scheduler.current?.tid ?? 0;
    this.#last = kernel.machine.counters.read();
    kernel.events.listen(this.#listen);
  }

  /** By tid; with what the current task has used so far. */
  read(): readonly TaskCounters[] {
    this.#charge();
    return [...this.#tasks.values()].sort((a, b) => a.tid - b.tid);
  }

  readonly #listen = (event: KernelEvent): void => {
    if (event.type !== 'switch') return;
    this.#charge();
    this.#current = event.to;
  };

  #charge(): void {
    const now = this.#kernel.machine.counters.read();
    const command = this.#current === 0 ? 'swapper' : this.#kernel.tasks.get(this.#current)?.comm;
    let task = this.#tasks.get(this.#current);
    if (task === undefined) {
      const zeros = Object.fromEntries(Object.keys(now).map((name) => [name, 0])) as Record<CounterName, number>;
      task = { tid: this.#current, command: command ?? `:${this.#current}`, counters: zeros };
      this.#tasks.set(this.#current, task);
    }
    task.command = command ?? task.command;
    const { counters } = task;
    for (const name of Object.keys(now) as CounterName[])
      counters[name] = counters[name]! + now[name]! - this.#last[name]!;
    this.#last = now;
  }
}
