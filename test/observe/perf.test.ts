// perf record and perf stat: profiles and shares that add up to the machine's counters, and observing that changes no cycle.

import { describe, expect, test } from 'vitest';
import { CYCLE_PARTS } from '../../src/machine/counters.ts';
import { StatListener } from '../../src/observe/perf/listener.ts';
import { PerTaskCounters } from '../../src/observe/perf/per-task.ts';
import { collapsed, Profile, parseCollapsed, pprof, speedscope } from '../../src/observe/perf/profile.ts';
import { formatReport } from '../../src/observe/perf/report.ts';
import { kernelObject, Sampler } from '../../src/observe/perf/sampler.ts';
import { assembleProgram, machineIsBuilt } from '../kernel/guest.ts';
import { observed } from './observed.ts';

const workloads: readonly (readonly string[])[] = [
  ['ls', '-la', '/bin'],
  ['forkls'],
  ['lat_ctx'],
  ['sh', '-c', 'ls /bin | grep s | wc -l; sleep 1; segfault'],
];

function sampling(period: number) {
  return (system: Parameters<Parameters<typeof observed>[1]>[0]) => {
    const profile = new Profile();
    const start = system.machine.counters.read();
    return { profile, start, sampler: new Sampler(system.kernel, profile, period) };
  };
}

describe.skipIf(!machineIsBuilt)('perf record', () => {
  for (const argv of workloads) {
    test(`${argv.join(' ')}: the samples are the cycles divided by the period, and no cycle changes`, async () => {
      const plain = await observed(argv, (system) => system.machine.counters.read());
      for (const period of [97, 10_007]) {
        const { observer, system, cycles, output } = await observed(argv, sampling(period));
        observer.sampler.stop();
        const after = system.machine.counters.read();
        expect(cycles).toBe(plain.cycles);
        expect(output).toBe(plain.output);
        expect(after).toEqual(plain.system.machine.counters.read());
        const busy = after.cycles - observer.start.cycles;
        const samples = observer.profile.samples.reduce((sum, sample) => sum + sample.samples, 0);
        expect(samples).toBe(Math.floor(busy / period));
        expect(observer.profile.totalCycles).toBe(samples * period);
      }
    });
  }

  test("ring 3's share of the samples is its share of the cycles", async () => {
    const { observer, system } = await observed(['ls', '-la', '/bin'], sampling(101));
    observer.sampler.stop();
    const after = system.machine.counters.read();
    const cyclesOf = (ring: 'u' | 'k') => after[`cycles:${ring}`] - observer.start[`cycles:${ring}`];
    let user = 0;
    for (const { stack, cycles } of observer.profile.samples) if (stack[1] !== kernelObject) user += cycles;
    const total = cyclesOf('u') + cyclesOf('k');
    expect(Math.abs(user - cyclesOf('u')) / total).toBeLessThan(0.01);
  });

  test('a function takes the share of the cycles that it runs, whoever calls it', async () => {
    const image = assembleProgram(`
      .globl _start, three, one
    _start:
      li   s0, 2000
    again:
      call three
      call one
      addi s0, s0, -1
      bnez s0, again
      li   a0, 0
      li   a7, 93
      ecall
    three:
      li   t0, 300
    1:addi t0, t0, -1
      bnez t0, 1b
      ret
    one:
      li   t0, 100
    1:addi t0, t0, -1
      bnez t0, 1b
      ret
    `);
    const { observer } = await observed(['loops'], sampling(1009), { image, preset: 'ideal' });
    observer.sampler.stop();
    const cyclesOf = (symbol: string) =>
      observer.profile.samples.find(({ stack }) => stack.join('/') === `loops/loops/${symbol}`)?.cycles ?? 0;
    // One cycle an instruction: 2 + 2 × 300 and 2 + 2 × 100 a call.
    expect(cyclesOf('three')).toBeGreaterThan(0.99 * 2000 * 602);
    expect(cyclesOf('three')).toBeLessThan(1.01 * 2000 * 602);
    expect(cyclesOf('one')).toBeGreaterThan(0.97 * 2000 * 202);
    expect(cyclesOf('one')).toBeLessThan(1.03 * 2000 * 202);
  });

  test('stacks name command, file and symbol, and in ring 0 the call and the routine', async () => {
    const { observer } = await observed(['forkls'], sampling(101));
    observer.sampler.stop();
    const stacks = observer.profile.samples.map(({ stack }) => stack.join(';'));
    expect(stacks).toContain('ls;ls;vfprintf'); // the child, after execve
    expect(stacks.some((stack) => /^forkls;\[kernel\];clone;/.test(stack))).toBe(true);
    expect(stacks.some((stack) => /^ls;\[kernel\];newfstatat;path_init$/.test(stack))).toBe(true);
    expect(stacks.some((stack) => /^ls;\[kernel\];\[page fault\];handle_mm_fault$/.test(stack))).toBe(true);
    expect(stacks).toContain('ls;[kernel];trap_entry');
    expect(stacks.some((stack) => stack.includes('[unknown]'))).toBe(false);
  });

  test('every format holds every sample', async () => {
    const { observer } = await observed(['ls', '/'], sampling(1009));
    observer.sampler.stop();
    const { profile } = observer;
    expect(parseCollapsed(collapsed(profile)).totalCycles).toBe(profile.totalCycles);
    const scope = JSON.parse(speedscope(profile, 'ls')) as {
      shared: { frames: { name: string }[] };
      profiles: { samples: number[][]; weights: number[]; endValue: number }[];
    };
    const [only] = scope.profiles;
    expect(only!.weights.reduce((sum, weight) => sum + weight, 0)).toBe(profile.totalCycles);
    expect(only!.samples.map((stack) => stack.map((frame) => scope.shared.frames[frame]!.name))).toEqual(
      profile.samples.map(({ stack }) => stack),
    );
    expect([...pprof(profile, 1009).subarray(0, 2)]).toEqual([0x1f, 0x8b]); // gzip
    const shares = [...formatReport(profile, ['comm', 'dso', 'sym']).matchAll(/^ +([\d.]+)%/gm)].map(([, share]) =>
      Number(share),
    );
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(100, 0);
  });
});

describe.skipIf(!machineIsBuilt)('perf stat', () => {
  for (const argv of workloads) {
    test(`${argv.join(' ')}: the parts add up to the cycles, the tasks' to the machine's`, async () => {
      const plain = await observed(argv, () => null);
      const { observer, system, cycles } = await observed(argv, (running) => ({
        start: running.machine.counters.read(),
        tasks: new PerTaskCounters(running.kernel),
      }));
      expect(cycles).toBe(plain.cycles);
      const tasks = observer.tasks.read();
      const after = system.machine.counters.read();
      for (const name of Object.keys(after) as (keyof typeof after)[]) {
        const share = tasks.reduce((sum, task) => sum + task.counters[name]!, 0);
        expect(share, name).toBe(after[name]! - observer.start[name]!);
      }
      for (const { counters } of tasks) {
        for (const ring of ['u', 'k'] as const) {
          const parts = CYCLE_PARTS.reduce((sum, part) => sum + counters[`${part}:${ring}`], 0);
          expect(parts).toBe(counters[`cycles:${ring}`]);
        }
      }
      const total = tasks.reduce((sum, task) => sum + task.counters.cycles + task.counters['idle-cycles'], 0);
      expect(total).toBe(cycles - (observer.start.cycles + observer.start['idle-cycles']));
    });
  }

  test('software events are counted once each', async () => {
    const { observer, system } = await observed(['forkls'], (started) => {
      const listener = new StatListener();
      started.kernel.events.listen(listener.listen);
      return listener;
    });
    const totals = observer.totals();
    expect(totals.threadsAndProcesses).toBe(2);
    expect(totals.contextSwitches).toBeGreaterThanOrEqual(3);
    // Every fault of ring 3 that was a trap, and those that the kernel's own accesses to user memory met.
    const traps = system.machine.counters.read();
    expect(totals.pageFaults).toBeGreaterThanOrEqual(traps['trap-12']! + traps['trap-13']! + traps['trap-15']!);
    expect(totals.majorFaults).toBe(0);
  });
});
