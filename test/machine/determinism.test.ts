// The same program takes the same cycles however it is run: sliced, with speed structures dropped, saved and restored.

import { describe, expect, it } from 'vitest';
import { runProgram } from '../../bench/timing/bare-loader.ts';
import { finish, loadMixture, runMixture } from './mixture.ts';

describe.each(['rocket', 'ideal', 'c906', 'u74'])('determinism, preset %s', (preset) => {
  const reference = runMixture({ preset });

  it('the program runs to its end', async () => {
    const { result } = await reference;
    expect(result.trap).toBeNull();
    expect(result.output).toBe('xxxxxxx');
  });

  it('twice in a row', async () => {
    expect(await runMixture({ preset })).toEqual(await reference);
  });

  it.each([1, 17, 1000, 100_000])('in slices of %i instructions', async (slice) => {
    expect(await runMixture({ preset }, slice)).toEqual(await reference);
  });

  it('speed TLBs flushed at every slice', async () => {
    expect(await runMixture({ preset, debug: { flushSpeedTlbs: true } }, 50)).toEqual(await reference);
  });

  it('decoded code dropped at every slice', async () => {
    expect(await runMixture({ preset, debug: { flushDecoded: true } }, 50)).toEqual(await reference);
  });

  it('saved in the middle and restored into another machine', async () => {
    for (const at of [500, 5000, 20_000]) {
      const first = await loadMixture({ preset });
      runProgram(first, at, 100);
      const state = first.machine.saveState();
      const second = await loadMixture({ preset });
      second.machine.restoreState(state);
      Object.assign(second, { output: first.output });
      expect(finish(second)).toEqual(await reference);
      // Saving disturbs nothing.
      expect(finish(first)).toEqual(await reference);
    }
  });
});

it('presets agree on everything but time', async () => {
  const rocket = await runMixture({ preset: 'rocket' });
  for (const preset of ['ideal', 'c906', 'u74']) {
    const other = await runMixture({ preset });
    const timeless = (list: readonly string[]) => list.filter((_, index) => index !== 24); // s8 holds the clock
    expect(timeless(other.registers)).toEqual(timeless(rocket.registers));
    expect(other.instret).toBe(rocket.instret);
    expect(other.result).toEqual(rocket.result);
  }
});

describe('counters', () => {
  it.each(['rocket', 'ideal', 'c906', 'u74'])('the parts add up to the cycles, %s', async (preset) => {
    const { counters, cycle, instret } = await runMixture({ preset });
    const parts = ['issue', 'load-use', 'muldiv', 'fp', 'branch', 'fetch-miss', 'data-miss', 'tlb', 'trap'];
    for (const ring of ['u', 'k']) {
      const sum = parts.reduce((total, part) => total + counters[`${part}:${ring}`]!, 0);
      expect(sum).toBe(counters[`cycles:${ring}`]);
    }
    expect(counters['cycles']).toBe(cycle);
    expect(counters['instructions']).toBe(instret);
  });
});
