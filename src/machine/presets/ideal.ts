// One cycle an instruction, nothing modelled: the machine's fast mode. The cache, TLB and predictor parameters are not read;
// they are the rocket preset's, so that `timing=true` on top of it gives something sensible.

import type { Preset } from '../preset.ts';
import { rocket } from './rocket.ts';

export const ideal: Preset = {
  ...rocket,
  name: 'ideal',
  description: 'one cycle an instruction: no caches, no TLB, no hazards',
  source: 'by definition',
  timing: false,
  asidBits: 16,
};
