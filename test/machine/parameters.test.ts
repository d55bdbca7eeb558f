// Changing one parameter moves what it should and nothing else. Each case names the counters that must go up or down and those that
// may follow; every other counter, and everything that the program computes, must stay as it was.

import { describe, expect, it } from 'vitest';
import { loadPreset, setParameter } from '../../src/machine/preset.ts';
import { type Outcome, runMixture } from './mixture.ts';

interface Case {
  readonly set: string;
  readonly up?: readonly string[];
  readonly down?: readonly string[];
  /** May move either way: what follows from the change by the model's own rules. */
  readonly may?: readonly string[];
}

/** Stalls wait for each other in an in-order pipeline: a longer one hides part of those that follow it. */
const STALLS = ['load-use', 'muldiv', 'fp'];
/** Walks read page table entries through L1D. */
const WALK = [
  'tlb',
  'page-walks',
  'L1-dcache-load-misses',
  'L1-dcache-store-misses',
  'L1-dcache-writebacks',
  'data-miss',
];
const L1D = ['L1-dcache-load-misses', 'L1-dcache-store-misses', 'L1-dcache-writebacks', 'data-miss', 'tlb'];

const CASES: readonly Case[] = [
  { set: 'pipeline.loadUse=6', up: ['load-use'], may: STALLS },
  { set: 'pipeline.subwordLoadUse=7', up: ['load-use'], may: STALLS },
  { set: 'pipeline.fpLoadUse=9', up: ['fp'], may: STALLS },
  { set: 'pipeline.mul=9', up: ['muldiv'], may: STALLS },
  { set: 'pipeline.mulBitsPerCycle=4', up: ['muldiv'], may: STALLS },
  { set: 'pipeline.div=20', up: ['muldiv'], may: STALLS },
  { set: 'pipeline.divBitsPerCycle=2', down: ['muldiv'], may: STALLS },
  { set: 'pipeline.amoUse=30', up: ['load-use'], may: STALLS },
  { set: 'pipeline.storeLoadReplay=11', up: ['load-use'], may: STALLS },
  { set: 'pipeline.misaligned=40', up: ['data-miss'], may: STALLS },
  { set: 'fp.divideDouble=90', up: ['fp'], may: STALLS },
  { set: 'fp.sqrtDouble=90', up: ['fp'], may: STALLS },
  { set: 'fp.mulAddDouble=12', up: ['fp'], may: STALLS },
  { set: 'fp.short=8', up: ['fp'], may: STALLS },
  { set: 'fp.toInteger=8', up: ['fp'], may: STALLS },
  { set: 'flush.fenceI=50', up: ['trap'], may: STALLS },
  { set: 'flush.trap=50', up: ['trap'], may: STALLS },
  { set: 'flush.trapReturn=50', up: ['trap'], may: STALLS },
  { set: 'branch.mispredict=9', up: ['branch'], may: STALLS },
  { set: 'branch.straddle=7', up: ['branch'], may: STALLS },
  { set: 'branch.fetchRedirect=2', up: ['branch'], may: STALLS },
  { set: 'branch.btbEntries=2', up: ['branch'], may: ['branch-misses', ...STALLS] },
  { set: 'branch.rasEntries=0', up: ['branch-misses', 'branch'], may: STALLS },
  { set: 'branch.bhtEntries=16', may: ['branch-misses', 'branch', ...STALLS] },
  { set: 'branch.bhtCounterBits=2', may: ['branch-misses', 'branch', ...STALLS] },
  { set: 'dram.latency=90', up: ['data-miss', 'fetch-miss'], may: ['tlb', ...STALLS] },
  { set: 'l1i.miss=40', up: ['fetch-miss'], may: STALLS },
  { set: 'l1d.miss=40', up: ['data-miss'], may: ['tlb', ...STALLS] },
  { set: 'l1d.dirty=90', up: ['data-miss'], may: ['tlb', ...STALLS] },
  { set: 'l1d.size=64KiB', down: ['L1-dcache-load-misses', 'data-miss'], may: [...L1D, ...STALLS] },
  { set: 'l1d.ways=1', may: [...L1D, ...STALLS], up: ['L1-dcache-load-misses'] },
  { set: 'l1i.size=512', up: ['L1-icache-load-misses', 'fetch-miss'], may: STALLS },
  { set: 'dtlb.entries=32', down: ['dTLB-load-misses', 'tlb'], may: [...WALK, 'dTLB-store-misses', ...STALLS] },
  { set: 'dtlb.miss=60', up: ['tlb'], may: STALLS },
  { set: 'itlb.entries=1', up: ['iTLB-load-misses', 'tlb'], may: [...WALK, ...STALLS] },
  { set: 'itlb.miss=60', up: ['tlb'], may: STALLS },
  { set: 'walker.cacheEntries=0', up: ['tlb'], may: [...L1D, ...STALLS] },
  {
    set: 'l2.hit=5',
    may: ['data-miss', 'fetch-miss', 'tlb', 'LLC-loads', 'LLC-load-misses', ...STALLS],
    up: ['LLC-loads'],
  },
];

/** s8 holds the clock. */
const CLOCK_REGISTER = 24;

describe('one parameter', () => {
  const reference = runMixture({ preset: 'rocket' });

  it.each(CASES)('$set', async ({ set, up = [], down = [], may = [] }) => {
    const before = await reference;
    const after: Outcome = await runMixture({ preset: setParameter(loadPreset('rocket'), set) });
    expect(after.result).toEqual(before.result);
    expect(after.registers.filter((_, index) => index !== CLOCK_REGISTER)).toEqual(
      before.registers.filter((_, index) => index !== CLOCK_REGISTER),
    );
    const change = (name: string): number => after.counters[name]! - before.counters[name]!;
    expect(after.cycle).not.toBe(before.cycle);
    for (const name of up) expect(change(name), `${name} with ${set}`).toBeGreaterThan(0);
    for (const name of down) expect(change(name), `${name} with ${set}`).toBeLessThan(0);
    const free = new Set(['cycles', ...up, ...down, ...may]);
    const moved = Object.keys(before.counters).filter((name) => !free.has(name.split(':')[0]!) && change(name) !== 0);
    expect(moved, `moved with ${set}`).toEqual([]);
  });
});
