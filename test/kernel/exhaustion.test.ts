import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasCompiler } from '../support/oracles.ts';
import { compileProgram, Guest, machineIsBuilt } from './guest.ts';

describe.skipIf(!machineIsBuilt || !hasCompiler)('when a resource is used up', () => {
  it('the right error or signal ends it, everybody else goes on, and the memory comes back', {
    timeout: 240_000,
  }, async () => {
    const program = compileProgram(join(import.meta.dirname, 'exhaustion.c'));
    // 256 MiB of memory: 8,192 tasks. One cycle an instruction: nothing here depends on timing.
    const guest = await Guest.boot({
      machine: { ramBytes: 256 * 2 ** 20, preset: 'ideal' },
      files: { '/bin/exhaustion': program },
    });
    expect(guest.run('/bin/exhaustion')).toBe(0);
    const back = 'memory back: yes\n';
    expect(guest.stdout).toBe(
      `memory:\nsignal 9\n${back}` +
        `memory by many:\nsome killed: yes\n${back}` +
        `fork bomb:\nfork: Resource temporarily unavailable after 199\nsignal 9\n${back}` +
        `zombies:\nfork: Resource temporarily unavailable\n${back}` +
        `threads:\n4000 threads\n${back}` +
        `descriptors:\ndup: Too many open files after 997\n${back}` +
        `files:\nwrite: No space left on device\n${back}` +
        `pipes:\npipe: Cannot allocate memory\n${back}` +
        `sockets:\n10000 sockets\n${back}`,
    );
  });
});
