// Counts of the kernel's events that perf calls software events.

import type { KernelEvent } from '../../kernel/events.ts';

export class StatListener {
  #switches = 0;
  #minorFaults = 0;
  #majorFaults = 0;
  #systemCalls = 0;
  #forks = 0;

  readonly listen = (event: KernelEvent): void => {
    switch (event.type) {
      case 'switch':
        if (event.to !== 0) this.#switches += 1;
        break;
      case 'fault':
        if (event.outcome === 'major') this.#majorFaults += 1;
        else if (event.outcome === 'minor' || event.outcome === 'cow') this.#minorFaults += 1;
        break;
      case 'syscallEnter':
        this.#systemCalls += 1;
        break;
      case 'fork':
        this.#forks += 1;
        break;
    }
  };

  totals(): {
    contextSwitches: number;
    pageFaults: number;
    majorFaults: number;
    systemCalls: number;
    threadsAndProcesses: number;
  } {
    return {
      contextSwitches: this.#switches,
      pageFaults: this.#minorFaults + this.#majorFaults,
      majorFaults: this.#majorFaults,
      systemCalls: this.#systemCalls,
      threadsAndProcesses: this.#forks + 1,
    };
  }
}
