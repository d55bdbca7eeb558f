import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasCompiler } from '../support/oracles.ts';
import { compileProgram, Guest, machineIsBuilt } from './guest.ts';

describe.skipIf(!machineIsBuilt || !hasCompiler)('the vDSO', () => {
  it.each(['rocket', 'c906'])(
    'tells the same time as the system calls on %s, also after sleeping and clock_settime',
    async (preset) => {
      const guest = await Guest.boot({
        machine: { preset },
        files: { '/bin/clocks': compileProgram(join(import.meta.dirname, 'clocks.c')) },
      });
      expect(guest.run('/bin/clocks')).toBe(0);
      expect(guest.stdout).toBe('seconds apart: 0\nafter clock_settime: 1000000000\n');
    },
  );
});
