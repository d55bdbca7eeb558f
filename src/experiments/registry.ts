// Every experiment, in the order that `cyclix experiment list` shows. To add one: write a file in catalogue/, name it here.

import { contextSwitch } from './catalogue/context-switch.ts';
import { epollVsThreads } from './catalogue/epoll-vs-threads.ts';
import { readiness } from './catalogue/readiness.ts';
import { syscallCost } from './catalogue/syscall-cost.ts';
import { tickAndQuantum } from './catalogue/tick-and-quantum.ts';
import { tlbAndRings } from './catalogue/tlb-and-rings.ts';
import type { Experiment } from './experiment.ts';

export const experiments: readonly Experiment[] = [
  syscallCost,
  contextSwitch,
  readiness,
  epollVsThreads,
  tlbAndRings,
  tickAndQuantum,
];
