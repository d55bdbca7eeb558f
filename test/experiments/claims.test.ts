// Every claim can fail: on rows that agree with the literature each claim holds, and for each there is a change of the rows that
// contradicts it, after which it must say no. The rows here are made up; what was measured stands in docs/experiments.md.

import { describe, expect, test } from 'vitest';
import type { Experiment, ExperimentOptions, Row } from '../../src/experiments/experiment.ts';
import { experiments } from '../../src/experiments/registry.ts';

type MutableRow = Record<string, number | string>;
interface Contradiction {
  readonly rows: readonly Row[];
  /** Claim → what to do to the rows so that they contradict it. */
  readonly changes: Readonly<Record<string, (rows: MutableRow[]) => void>>;
  readonly options?: Partial<ExperimentOptions>;
}

const options: ExperimentOptions = { preset: 'rocket', changes: {}, quick: false };
const l1 = 16384;

function change(match: (row: MutableRow) => boolean, column: string, to: (value: number, row: MutableRow) => number) {
  return (rows: MutableRow[]): void => {
    const matching = rows.filter(match);
    expect(matching.length).toBeGreaterThan(0);
    for (const row of matching) row[column] = to(Number(row[column]), row);
  };
}

function is(values: Readonly<Record<string, number | string>>): (row: MutableRow) => boolean {
  return (row) => Object.entries(values).every(([name, value]) => row[name] === value);
}

/** Flat up to half of a level, a peak at the level, half of the peak beyond twice of it. */
function switchCost(bytes: number, level: number, direct: number, peak: number): number {
  if (bytes <= level / 2) return direct;
  if (bytes <= level) return direct + ((bytes - level / 2) / (level / 2)) * (peak - direct);
  return bytes <= 2 * level ? peak : peak / 2;
}

function contextSwitchRows(): Row[] {
  const sizes = [0, 4, 6, 8, 10, 12, 16, 24, 32, 64].map((kibibytes) => kibibytes * 1024);
  const factor = new Map([
    [8, 1],
    [16, 1.04],
    [32, 1.08],
    [64, 1.12],
  ]);
  const rows: Row[] = [];
  const add = (variant: string, mode: string, A: number, S: number, cost: number): void => {
    rows.push({ variant, mode, A, S, cost });
  };
  for (const A of sizes) {
    const cost = switchCost(A, l1, 5000, 21000);
    for (const [S, times] of factor) add('base', 'processes', A, S, A === 0 ? cost : cost * times);
    add('base', 'processes', A, 128, 5000 + 0.5 * (cost * 1.12 - 5000));
    for (const mode of ['threads', 'pinned']) add('base', mode, A, 64, A === 0 ? cost : cost * 1.12);
    add('l1d half', 'processes', A, 64, switchCost(A, l1 / 2, 5000, 13000));
    add('l1d double', 'processes', A, 64, switchCost(A, 2 * l1, 5000, 36000));
    add('ideal', 'processes', A, 64, 4000);
  }
  for (const level of [128, 256])
    for (const size of [0, 32, 48, 64, 80, 96, 128, 160, 192, 256, 512, 1024])
      add(`L2 ${level}Ki`, 'processes', size * 1024, 64, switchCost(size, level, 8000, 200_000));
  return rows;
}

const counts = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

function readinessRows(): Row[] {
  const rows: Row[] = [];
  const add = (variant: string, method: string, N: number, share: string, cycles: number): void => {
    rows.push({ variant, method, N, a: share === 'one' ? 1 : N, share, cycles });
  };
  for (const N of counts) {
    const scan = 1000 + (N <= 50 ? 200 * N : 10_000 + 350 * (N - 50));
    for (const method of ['poll', 'select']) add('base', method, N, 'one', scan);
    for (const method of ['lt', 'et']) add('base', method, N, 'one', 1200);
    add('base', 'oneshot', N, 'one', 2800);
    add('base', 'poll', N, 'all', scan);
    add('base', 'oneshot', N, 'all', 2800 * N);
    add('ideal', 'poll', N, 'one', 1000 + 170 * N);
    const beyond = N <= 50 ? 200 * N : N <= 2000 ? 10_000 + 230 * (N - 50) : 458_500 + 340 * (N - 2000);
    add('with L2 512Ki', 'poll', N, 'one', 1000 + beyond);
  }
  return rows;
}

function serverRows(): Row[] {
  const rows: Row[] = [];
  for (const clients of [1, 2, 4, 8, 16, 64, 4096]) {
    const many = Math.log2(clients) / 12;
    const add = (variant: string, server: string, scenario: string, cells: Row): void => {
      rows.push({ variant, server, scenario, clients, ...cells });
    };
    add('base', 'httpd_epoll', 'no work', { 'requests/s': 6000 * (1 + 2 * many), 'p99 us': 100 * clients });
    add('base', 'httpd_threads', 'no work', { 'requests/s': 6000 * (1 + many), 'p99 us': 100 * clients ** 1.5 });
    const stalls = (knee: number): number => (clients >= knee ? 10_000 : 1000);
    const add4 = (variant: string, server: string, cycles: number, stall: number): void =>
      add(variant, server, '4 KiB work', {
        'cycles/request': cycles,
        'data stalls/request': stall,
        'L1D misses/request': 100,
      });
    add4('base', 'httpd_epoll', 60_000, 5000);
    add4('base', 'httpd_threads', 70_000 + stalls(2), stalls(2));
    add4('l1 and tlb double', 'httpd_threads', 60_000 + stalls(4), stalls(4));
    add4('ideal', 'httpd_threads', 25_000, 0);
  }
  return rows;
}

function tlbRows(): Row[] {
  const rows: Row[] = [];
  for (const p of [0, 1, 2, 4, 8, 16, 24, 32, 64, 128]) {
    const lost = 20 * Math.min(p, 16);
    for (const [variant, cycles, call] of [
      ['asid', 7000 + 50 * p, 500 + 5 * p],
      ['flush', 7400 + 50 * p + lost, 500 + 5 * p],
      ['kpti', 8400 + 50 * p + 2 * lost, 800 + 5 * p + lost],
    ] as const) {
      rows.push({ variant, mode: 'processes', p, cycles });
      rows.push({ variant, mode: 'call', p, cycles: call });
    }
  }
  return rows;
}

function tickRows(): Row[] {
  const rows: Row[] = [];
  for (const hz of [100, 1000, 10_000]) {
    rows.push({ part: 'tick', variant: 'base', hz, cycles: 53_000_000 + 150 * hz });
    rows.push({ part: 'tick', variant: 'ideal', hz, cycles: 52_000_000 + 100 * hz });
  }
  for (const quantum of [250, 2000, 16_000]) {
    rows.push({ part: 'quantum', variant: 'base', quantum, cycles: 216_000_000 + 1e9 / quantum });
    rows.push({ part: 'sleeper', variant: 'base', quantum, cycles: 0, 'lateness mean us': 8 + quantum / 100 });
  }
  return rows;
}

function syscallRows(): Row[] {
  const costs = { null: 500, read: 900, write: 850, stat: 5000, open: 10_000, fork: 300_000, exec: 600_000 };
  const rows: Row[] = Object.entries(costs).map(([operation, cycles]) => ({ preset: 'rocket', operation, cycles }));
  for (let piece = 1; piece <= 24; piece++) {
    rows.push({ preset: 'rocket', operation: 'recovery', piece, cycles: piece < 4 ? 5000 - 1000 * (piece - 1) : 2000 });
    rows.push({ preset: 'ideal', operation: 'recovery', piece, cycles: 2000 });
  }
  return rows;
}

const base = is({ variant: 'base', mode: 'processes', S: 64 });
const worlds: Readonly<Record<string, Contradiction>> = {
  'syscall-cost': {
    rows: syscallRows(),
    changes: {
      'order-of-costs': change(is({ operation: 'fork' }), 'cycles', () => 9000),
      recovery: change(is({ preset: 'rocket', operation: 'recovery' }), 'cycles', () => 2000),
      'no-dip-when-ideal': change(is({ preset: 'ideal', operation: 'recovery', piece: 1 }), 'cycles', () => 4000),
    },
  },
  'context-switch': {
    rows: contextSwitchRows(),
    changes: {
      'flat-in-l1': change(
        (row) => base(row) && row['A'] === 4096,
        'cost',
        () => 12_000,
      ),
      'flat-up-to-l1': change(
        (row) => base(row) && row['A'] === 8192,
        'cost',
        () => 12_000,
      ),
      'rise-near-half': change(
        (row) => base(row) && Number(row['A']) <= 24 * 1024,
        'cost',
        () => 5000,
      ),
      'plateau-past-last-level': change(
        (row) => base(row) && row['A'] === 64 * 1024,
        'cost',
        (cost) => 4 * cost,
      ),
      'grows-with-stride': change(is({ variant: 'base', mode: 'processes', A: l1, S: 64 }), 'cost', () => 21_000),
      'lines-decide': change(is({ variant: 'base', mode: 'processes', A: l1, S: 128 }), 'cost', () => 23_000),
      'relative-cost-grows-with-stride': change(
        (row) => base(row) && row['A'] === l1,
        'cost',
        (cost) => cost / 10,
      ),
      'direct-below-total': change(
        (row) => base(row) && row['A'] === 0,
        'cost',
        () => 20_000,
      ),
      'knee-moves-with-cache': change(is({ variant: 'l1d double' }), 'cost', (_, row) =>
        switchCost(Number(row['A']), l1, 5000, 36_000),
      ),
      'second-knee': change(is({ variant: 'L2 256Ki' }), 'cost', (_, row) =>
        switchCost(Number(row['A']), 128 * 1024, 8000, 200_000),
      ),
      'threads-direct-cost': change(is({ mode: 'threads' }), 'cost', (cost) => 1.5 * cost),
      'pinning-changes-nothing': change(is({ mode: 'pinned' }), 'cost', (cost) => 1.2 * cost),
      'no-rise-when-ideal': change(is({ variant: 'ideal' }), 'cost', (_, row) =>
        switchCost(Number(row['A']), l1, 4000, 21_000),
      ),
    },
  },
  readiness: {
    rows: readinessRows(),
    changes: {
      'poll-linear': change(
        is({ variant: 'base', method: 'poll', share: 'one' }),
        'cycles',
        (_, row) => Number(row['N']) ** 2,
      ),
      'select-linear': change(is({ method: 'select' }), 'cycles', () => 5000),
      'scan-steeper-out-of-cache': change(
        is({ variant: 'base', method: 'poll', share: 'one' }),
        'cycles',
        (_, row) => 1000 + 200 * Number(row['N']),
      ),
      'scan-steeper-out-of-l2': change(is({ variant: 'with L2 512Ki' }), 'cycles', (_, row) => 230 * Number(row['N'])),
      'epoll-constant': change(is({ method: 'lt' }), 'cycles', (_, row) => 1200 + Number(row['N'])),
      'advantage-gone-when-all-active': change(
        is({ method: 'oneshot', share: 'all' }),
        'cycles',
        (_, row) => 100 * Number(row['N']),
      ),
    },
  },
  'epoll-vs-threads': {
    rows: serverRows(),
    changes: {
      'equal-at-low-concurrency': change(is({ server: 'httpd_threads', clients: 1 }), 'requests/s', () => 3000),
      'epoll-ahead-at-saturation': change(is({ server: 'httpd_threads', clients: 4096 }), 'requests/s', () => 99_000),
      'threads-have-a-knee': change(is({ variant: 'base', server: 'httpd_threads' }), 'cycles/request', () => 70_000),
      'knee-where-sets-pass-the-cache': change(
        is({ variant: 'base', server: 'httpd_threads' }),
        'data stalls/request',
        (_, row) => (Number(row['clients']) >= 64 ? 10_000 : 1000),
      ),
      'tail-grows-faster-for-threads': change(is({ server: 'httpd_threads' }), 'p99 us', () => 100),
      'no-knee-when-ideal': change(is({ variant: 'ideal' }), 'cycles/request', (_, row) =>
        Number(row['clients']) >= 2 ? 40_000 : 25_000,
      ),
      'knee-moves-with-size': change(is({ variant: 'l1 and tlb double' }), 'data stalls/request', (_, row) =>
        Number(row['clients']) >= 2 ? 10_000 : 1000,
      ),
    },
  },
  'tlb-and-rings': {
    rows: tlbRows(),
    changes: {
      'asid-flush-kpti': change(is({ variant: 'asid', mode: 'processes', p: 8 }), 'cycles', () => 9999),
      'gap-grows-to-tlb-size': change(
        is({ variant: 'flush', mode: 'processes' }),
        'cycles',
        (_, row) => 7400 + 60 * Number(row['p']),
      ),
      'tiny-sets-cost-nothing': change(is({ variant: 'flush', mode: 'processes', p: 0 }), 'cycles', () => 8000),
      'kpti-taxes-null-call': change(is({ variant: 'kpti', mode: 'call', p: 2 }), 'cycles', () => 400),
    },
  },
  'tick-and-quantum': {
    rows: tickRows(),
    changes: {
      'linear-in-rate': change(is({ part: 'tick', variant: 'base' }), 'cycles', (_, row) =>
        Number(row['hz']) === 1000 ? 60_000_000 : 53_000_000,
      ),
      'indirect-cost': change(
        is({ part: 'tick', variant: 'ideal' }),
        'cycles',
        (_, row) => 52e6 + 300 * Number(row['hz']),
      ),
      'short-quanta-cost': change(is({ part: 'quantum' }), 'cycles', () => 216_000_000),
      'long-quanta-delay': change(is({ part: 'sleeper' }), 'lateness mean us', () => 8),
      'wakeup-preempts': change(is({ part: 'sleeper' }), 'lateness mean us', (_, row) => Number(row['quantum']) / 2),
    },
  },
};

describe.each(experiments.map((experiment): [string, Experiment] => [experiment.name, experiment]))(
  '%s',
  (name, experiment) => {
    const world = worlds[name]!;

    test('has a contradiction for each claim', () => {
      expect(Object.keys(world.changes).sort()).toEqual(experiment.claims.map((claim) => claim.name).sort());
    });

    test.each(experiment.claims.map((claim) => [claim.name, claim] as const))('%s', (claimName, claim) => {
      const agreed = claim.check(world.rows, options);
      expect(agreed.holds, agreed.evidence).toBe(true);
      expect(agreed.evidence).not.toMatch(/NaN|undefined|Infinity/);

      const rows = world.rows.map((row): MutableRow => ({ ...row }));
      world.changes[claimName]!(rows);
      const denied = claim.check(rows, options);
      expect(denied.holds, denied.evidence).toBe(false);
      expect(denied.evidence).not.toMatch(/NaN|undefined/);

      // Without rows there is nothing to judge, and nothing that throws.
      expect(claim.check([], options).holds).toBeNull();
      expect(claim.source).not.toBe('');
      expect(claim.tolerance).toMatch(/\.$/);
    });

    test('has points of distinct labels, and fewer of them when quick', () => {
      const labels = (quick: boolean): string[] => experiment.points({ ...options, quick }).map((point) => point.label);
      const all = labels(false);
      expect(new Set(all).size).toBe(all.length);
      expect(new Set(labels(true)).size).toBe(labels(true).length);
      expect(labels(true).length).toBeLessThan(all.length);
      expect(experiment.points({ ...options, points: 2 }).length).toBeLessThan(all.length);
    });
  },
);
