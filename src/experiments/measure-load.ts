// A point with a server: the load generator sits at the far end of the machine's wire and measures in guest time.

import { LoadGenerator } from '../net/load-generator.ts';
import type { StatListener } from '../observe/perf/listener.ts';
import type { System } from '../system/system.ts';
import type { LoadSpecification } from './load.ts';
import { difference } from './measure.ts';

export function measureUnderLoad(
  _system: System,
  _load: LoadSpecification,
  _counts: StatListener,
): { values: Record<string, number>; counters: Record<string, number> } {
  void LoadGenerator;
  void difference;
  throw new Error('the load generator is not attached yet');
}
