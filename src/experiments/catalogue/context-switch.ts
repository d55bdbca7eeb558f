// E1: what a context switch costs, directly and through the caches, after Li, Ding and Shen (2007), with ablations that show
// that it is the caches: the curve's knees move with the caches' sizes and vanish without caches and TLB.

import type { Experiment, ExperimentOptions, Point, Row } from '../experiment.ts';
import { column, knee, maximum, mean, sortedBy } from '../statistics.ts';
import { bytesLabel, idealMachine, machine, missing, numberOf, presetOf, shown, thin, where } from './common.ts';

const strides = [8, 16, 32, 64, 128] as const;
const source = 'Li, Ding, Shen: Quantifying the Cost of Context Switch, ExpCS 2007';

/** Second levels that the machine gets for the second knee: their arrays stay small enough to walk many times. */
const secondLevels = [128 * 1024, 256 * 1024] as const;

interface Levels {
  readonly l1: number;
  readonly last: number;
}

function levels(options: ExperimentOptions): Levels {
  const preset = presetOf(options);
  const l1 = preset.l1d?.sizeBytes ?? 16384;
  return { l1, last: preset.l2?.sizeBytes ?? l1 };
}

/** Array sizes from 0 to four times the last level, dense around half and one of each level. */
function sizes({ l1, last }: Levels, options: ExperimentOptions): number[] {
  const set = new Set<number>([
    0,
    l1 / 16,
    l1 / 8,
    l1 / 4,
    (3 * l1) / 8,
    l1 / 2,
    (5 * l1) / 8,
    (3 * l1) / 4,
    l1,
    (3 * l1) / 2,
    2 * l1,
    4 * l1,
  ]);
  for (let size = 4 * l1; size <= 4 * last; size *= 2) set.add(size).add((3 * size) / 4);
  const all = [...set].sort((a, b) => a - b);
  return thin(all, options.points ?? (options.quick ? 8 : undefined));
}

/** Dense around half and one of a level of `bytes`. */
function around(bytes: number): number[] {
  return [bytes / 4, (3 * bytes) / 8, bytes / 2, (5 * bytes) / 8, (3 * bytes) / 4, bytes, 2 * bytes, 4 * bytes];
}

/** Rounds of a walk over `bytes`: enough to average, few enough that large arrays do not take minutes. */
function roundsFor(bytes: number, options: ExperimentOptions): number {
  const most = options.quick ? 40 : 120;
  return Math.max(8, Math.min(most, Math.round((most * 65536) / Math.max(bytes, 1))));
}

function point(
  mode: string,
  bytes: number,
  stride: number,
  variant: string,
  configuration: Point['machine'],
  options: ExperimentOptions,
): Point {
  return {
    label: `${variant} ${mode} A=${bytesLabel(bytes)} S=${stride}`,
    program: 'ctx_array',
    arguments: ['-m', mode, '-a', String(bytes), '-s', String(stride), '-n', String(roundsFor(bytes, options))],
    machine: configuration,
    factors: { variant, mode, A: bytes, S: stride },
  };
}

export const contextSwitch: Experiment = {
  name: 'context-switch',
  title: 'What a context switch costs',
  question: 'How much of a context switch is the switch itself, and how much is what it does to the caches?',
  method:
    'Two processes (or threads, or processes pinned to the hart) pass a token through two pipes; after each receipt the receiver walks an array of its own of A bytes with stride S. ' +
    'The same sends, receipts and walks in one process without switches are subtracted; what remains is the cost of one switch. A = 0 gives the direct cost. ' +
    'The same is run on the machine with half and twice the L1 data cache, with second-level caches of two sizes, and on an ideal machine without caches and TLB.',
  references: [source, 'McVoy, Staelin: lmbench: Portable Tools for Performance Analysis, USENIX 1996 (lat_ctx)'],

  points(options) {
    const range = levels(options);
    const all = sizes(range, options);
    const points: Point[] = [];
    const modes = options.quick ? ['processes', 'threads', 'single'] : ['processes', 'threads', 'pinned', 'single'];
    for (const stride of options.quick ? [64] : strides) {
      for (const bytes of all)
        for (const mode of modes) points.push(point(mode, bytes, stride, 'base', machine(options), options));
    }
    const ablations: [string, Point['machine']][] = [
      ['l1d half', machine(options, { 'l1d.sizeBytes': String(range.l1 / 2) })],
      ['l1d double', machine(options, { 'l1d.sizeBytes': String(range.l1 * 2) })],
      ['ideal', idealMachine()],
    ];
    for (const [variant, configuration] of ablations) {
      for (const bytes of all)
        for (const mode of ['processes', 'single'])
          points.push(point(mode, bytes, 64, variant, configuration, options));
    }
    if (!options.quick) {
      const beyondFirst = [...new Set([0, ...secondLevels.flatMap(around)])].filter(
        (size) => size === 0 || size >= 2 * range.l1,
      );
      for (const bytes of secondLevels) {
        const configuration = machine(options, { 'l2.sizeBytes': String(bytes) });
        for (const size of thin(
          beyondFirst.sort((a, b) => a - b),
          options.points,
        ))
          for (const mode of ['processes', 'single'])
            points.push(point(mode, size, 64, secondLevelVariant(bytes), configuration, options));
      }
    }
    // lmbench's ring: processes x bytes.
    for (const processes of options.quick ? [2, 8] : [2, 4, 8, 16, 32, 64, 96]) {
      for (const bytes of options.quick ? [0, 4096] : [0, 4096, 16384, 65536]) {
        points.push({
          label: `lat_ctx ${processes} x ${bytesLabel(bytes)}`,
          program: 'lat_ctx',
          arguments: ['-s', String(bytes), '-n', String(options.quick ? 10 : 20), String(processes)],
          machine: machine(options),
          factors: { variant: 'lat_ctx', processes, A: bytes },
        });
      }
    }
    return points;
  },

  rows(measurements) {
    const rows: Row[] = [];
    const cyclesOf = (match: Readonly<Record<string, number | string>>): number =>
      measurements.find((one) => Object.entries(match).every(([key, value]) => one.point.factors[key] === value))
        ?.values['cycles_per_switch'] ?? Number.NaN;
    for (const { point: one, values } of measurements) {
      const { variant, mode, A, S, processes } = one.factors as Record<string, string | number>;
      if (variant === 'lat_ctx') {
        rows.push({
          variant: 'lat_ctx',
          mode: `${processes} processes`,
          processes: processes!,
          A: A!,
          cost: values['cycles_per_switch'] ?? Number.NaN,
        });
      } else if (mode !== 'single') {
        const switched = values['cycles_per_switch'] ?? Number.NaN;
        const single = cyclesOf({ variant: variant!, mode: 'single', A: A!, S: S! });
        rows.push({
          variant: variant!,
          mode: mode!,
          processes: 2,
          A: A!,
          S: S!,
          switched,
          single,
          cost: switched - single,
        });
      }
    }
    return rows;
  },

  plots(rows, options) {
    const { l1, last } = levels(options);
    const marks = [
      { x: l1 / 2, label: 'L1/2' },
      { x: l1, label: 'L1' },
      ...(last > l1
        ? [
            { x: last / 2, label: 'L2/2' },
            { x: last, label: 'L2' },
          ]
        : []),
    ];
    const base = where(rows, { variant: 'base', mode: 'processes' });
    return [
      {
        title: 'Cost of a switch by working set and stride (processes)',
        x: 'A',
        y: 'cost',
        xLabel: 'array A, bytes',
        yLabel: 'cycles per switch',
        xScale: 'log2',
        series: 'S',
        rows: base,
        marks,
      },
      {
        title: 'The knee follows the cache (S = 64)',
        x: 'A',
        y: 'cost',
        xLabel: 'array A, bytes',
        yLabel: 'cycles per switch',
        xScale: 'log2',
        series: 'variant',
        rows: rows.filter(
          (row) => row['S'] === 64 && row['mode'] === 'processes' && !String(row['variant']).startsWith('L2'),
        ),
        marks,
      },
      {
        title: 'A second level makes a second knee (S = 64)',
        x: 'A',
        y: 'cost',
        xLabel: 'array A, bytes',
        yLabel: 'cycles per switch',
        xScale: 'log2',
        series: 'variant',
        rows: rows.filter((row) => String(row['variant']).startsWith('L2')),
        marks: secondLevels.map((bytes) => ({ x: bytes / 2, label: `${bytesLabel(bytes)}/2` })),
      },
      {
        title: 'Processes, threads and pinned processes (S = 64)',
        x: 'A',
        y: 'cost',
        xLabel: 'array A, bytes',
        yLabel: 'cycles per switch',
        xScale: 'log2',
        series: 'mode',
        rows: where(rows, { variant: 'base', S: 64 }),
        marks,
      },
      {
        title: "lmbench's ring",
        x: 'processes',
        y: 'cost',
        xLabel: 'processes',
        yLabel: 'cycles per switch',
        xScale: 'log2',
        series: 'A',
        rows: where(rows, { variant: 'lat_ctx' }),
      },
    ];
  },

  claims: [
    {
      name: 'flat-in-l1',
      statement:
        'The cost is flat while the two arrays fit the first-level cache together with what the kernel touches at a switch.',
      source,
      tolerance:
        'for S = 64 and 2A ≤ L1/2 (the kernel needs room too), the cost rises by less than 15 % of the whole rise.',
      check(rows, options) {
        const curve = baseCurve(rows);
        const { l1 } = levels(options);
        const inside = curve.filter((row) => 2 * Number(row['A']) <= l1 / 2);
        if (inside.length < 2) return missing('an array below L1/4');
        const costs = column(curve, 'cost');
        const rise = maximum(costs) - costs[0]!;
        const spread = maximum(column(inside, 'cost')) - costs[0]!;
        return {
          holds: spread < 0.15 * rise,
          evidence: `From A = 0 to ${bytesLabel(Number(inside.at(-1)!['A']))}: +${shown(spread)} cycles of a rise of ${shown(rise)} in all (${shown((100 * spread) / rise)} %).`,
        };
      },
    },
    {
      name: 'flat-up-to-l1',
      statement: 'The cost is flat while 2A fits the first-level cache.',
      source,
      tolerance: 'for S = 64 and 2A ≤ L1, the cost rises by less than 15 % of the whole rise.',
      check(rows, options) {
        const curve = baseCurve(rows);
        const inside = curve.filter((row) => 2 * Number(row['A']) <= levels(options).l1);
        if (inside.length < 2 || Number(inside.at(-1)!['A']) === 0) return missing('an array within L1/2');
        const costs = column(curve, 'cost');
        const rise = maximum(costs) - costs[0]!;
        const within = maximum(column(inside, 'cost')) - costs[0]!;
        return {
          holds: within < 0.15 * rise,
          evidence: `From A = 0 to ${bytesLabel(Number(inside.at(-1)!['A']))}: +${shown(within)} cycles of a rise of ${shown(rise)} in all (${shown((100 * within) / rise)} %).`,
        };
      },
    },
    {
      name: 'rise-near-half',
      statement: 'The rise begins when the two working sets no longer fit: near half of each cache’s size.',
      source,
      tolerance: 'the knee (10 % of the rise above the start) of the S = 64 curve lies between L1/4 and L1.',
      check(rows, options) {
        const { l1 } = levels(options);
        const curve = firstLevel(baseCurve(rows), options);
        if (curve.length < 5) return missing('the curve around the first level');
        const at = kneeOf(curve);
        if (at === null) return { holds: false, evidence: 'The curve has no knee.' };
        return {
          holds: at >= l1 / 4 && at <= l1,
          evidence: `The knee is at A = ${bytesLabel(at)}; L1 is ${bytesLabel(l1)}.`,
        };
      },
    },
    {
      name: 'plateau-past-last-level',
      statement: 'Past the last level the cost no longer grows, or falls: the data would miss anyway.',
      source,
      tolerance: 'the cost at 4 × the last level is at most 1.1 × the peak before it, or lower.',
      check(rows, options) {
        const { last } = levels(options);
        const curve = baseCurve(rows);
        const end = curve.at(-1);
        if (end === undefined || Number(end['A']) < 4 * last) return missing('A = 4 × the last level');
        if (!curve.some((row) => Number(row['A']) >= last / 2 && Number(row['A']) <= 2 * last))
          return missing('A about the last level');
        const peak = maximum(column(curve.slice(0, -1), 'cost'));
        return {
          holds: Number(end['cost']) <= 1.1 * peak,
          evidence: `At A = ${bytesLabel(Number(end['A']))}: ${shown(Number(end['cost']))} cycles; the peak before it: ${shown(peak)}.`,
        };
      },
    },
    {
      name: 'grows-with-stride',
      statement: 'For the same array the cost of a switch grows with the stride up to the line size.',
      source,
      tolerance:
        'at A = L1 each of the costs for S = 8, 16, 32, 64 is more than the one before, and S = 64 at least 1.1 × S = 8.',
      check(rows, options) {
        const at = byStride(rows, options).slice(0, 4);
        if (at.some((cost) => Number.isNaN(cost))) return missing('every stride at A = L1');
        return {
          holds: at.every((cost, i) => i === 0 || cost > at[i - 1]!) && at[3]! >= 1.1 * at[0]!,
          evidence: `Costs for S = 8 … 64: ${at.map(shown).join(', ')}.`,
        };
      },
    },
    {
      name: 'lines-decide',
      statement:
        'What a switch loses is lines: strides up to the line size touch the same lines and cost the same, twice the line size half of them.',
      source: 'the model of a cache without prefetching',
      tolerance:
        'at A = L1 the costs for S = 8 … 64 differ by less than 20 %, and beyond the direct cost S = 128 costs between 0.4 and 0.65 of S = 64.',
      check(rows, options) {
        const at = byStride(rows, options);
        const direct = numberOf(baseCurve(rows)[0], 'cost');
        if (at.some((cost) => Number.isNaN(cost)) || Number.isNaN(direct)) return missing('every stride at A = L1');
        const within = at.slice(0, 4);
        const differ = (maximum(within) - Math.min(...within)) / mean(within);
        const ratio = (at[4]! - direct) / (at[3]! - direct);
        return {
          holds: differ < 0.2 && ratio >= 0.4 && ratio <= 0.65,
          evidence: `Costs for S = 8 … 128: ${at.map(shown).join(', ')}; direct ${shown(direct)}; S = 128 loses ${shown(ratio)} of S = 64.`,
        };
      },
    },
    {
      name: 'relative-cost-grows-with-stride',
      statement: 'Relative to the work, the cost grows with the stride up to the line size.',
      source,
      tolerance: 'cost divided by the elements walked rises from each stride to the next, for S = 8 … 64 at A = L1.',
      check(rows, options) {
        const { l1 } = levels(options);
        const at = byStride(rows, options)
          .slice(0, 4)
          .map((cost, i) => cost / (l1 / strides[i]!));
        if (at.some((cost) => Number.isNaN(cost))) return missing('every stride at A = L1');
        return {
          holds: at.every((cost, i) => i === 0 || cost > at[i - 1]!),
          evidence: `Cycles per element for S = 8, 16, 32, 64: ${at.map(shown).join(', ')}.`,
        };
      },
    },
    {
      name: 'direct-below-total',
      statement: 'The direct cost is far below the peak of the total cost.',
      source,
      tolerance: 'cost at A = 0 is at most half of the peak.',
      check(rows) {
        const curve = baseCurve(rows);
        const direct = numberOf(curve[0], 'cost');
        const peak = maximum(column(curve, 'cost'));
        if (curve.length < 3) return missing('the curve');
        return { holds: direct <= peak / 2, evidence: `Direct ${shown(direct)} cycles, peak ${shown(peak)}.` };
      },
    },
    {
      name: 'knee-moves-with-cache',
      statement: 'It is the cache: with half or twice the L1 data cache the knee moves to half or twice the size.',
      source: 'ablation',
      tolerance: 'knee(half) < knee(base) < knee(double), each by a factor between 1.3 and 3.',
      check(rows, options) {
        const curves = ['l1d half', 'base', 'l1d double'].map((variant) => firstLevel(curveOf(rows, variant), options));
        if (curves.some((curve) => curve.length < 5)) return missing('half and twice the cache around its size');
        const [half, base, double] = curves.map(kneeOf) as [number | null, number | null, number | null];
        if (half === null || base === null || double === null)
          return { holds: false, evidence: `Knees: half ${half}, base ${base}, double ${double}.` };
        const down = base / half;
        const up = double / base;
        return {
          holds: down >= 1.3 && down <= 3 && up >= 1.3 && up <= 3,
          evidence: `Knees at A = ${bytesLabel(half)}, ${bytesLabel(base)}, ${bytesLabel(double)}.`,
        };
      },
    },
    {
      name: 'second-knee',
      statement: 'With a second-level cache the cost rises again near half of its size, and this knee moves with it.',
      source: 'ablation',
      tolerance:
        'for each L2 size the knee of the curve from A = 2 × L1 to its peak (10 % of that rise) lies between L2/4 and L2, and the larger L2’s knee is 1.3 to 3 times the smaller’s.',
      check(rows, options) {
        const { l1 } = levels(options);
        const knees = secondLevels.map((bytes) => {
          const curve = curveOf(rows, secondLevelVariant(bytes)).filter((row) => Number(row['A']) >= 2 * l1);
          return curve.length < 5 ? undefined : kneeOf(curve);
        });
        const [small, large] = knees;
        if (small === undefined || large === undefined) return missing('the second-level caches');
        if (small === null || large === null)
          return { holds: false, evidence: 'One of the curves does not rise again.' };
        const near = knees.every((at, i) => at! >= secondLevels[i]! / 4 && at! <= secondLevels[i]!);
        return {
          holds: near && large / small >= 1.3 && large / small <= 3,
          evidence: `Knees at A = ${bytesLabel(small)} with ${bytesLabel(secondLevels[0])} of L2, ${bytesLabel(large)} with ${bytesLabel(secondLevels[1])}.`,
        };
      },
    },
    {
      name: 'threads-direct-cost',
      statement:
        'Between threads of one process a switch costs no more than between processes: the address space stays.',
      source,
      tolerance: 'S = 64: at every A the cost between threads is at most 1.02 × that between processes.',
      check(rows) {
        const threads = sortedBy(where(rows, { variant: 'base', mode: 'threads', S: 64 }), 'A');
        const pairs = threads.map((row): [number, number] => [
          Number(row['cost']),
          numberOf(where(rows, { variant: 'base', mode: 'processes', S: 64, A: row['A']! })[0], 'cost'),
        ]);
        if (pairs.length === 0 || pairs.some(([, cost]) => Number.isNaN(cost))) return missing('threads');
        return {
          holds: pairs.every(([one, other]) => one <= 1.02 * other),
          evidence: `A = 0: threads ${shown(pairs[0]![0])}, processes ${shown(pairs[0]![1])} cycles; largest ratio ${maximum(pairs.map(([one, other]) => one / other)).toFixed(3)}.`,
        };
      },
    },
    {
      name: 'pinning-changes-nothing',
      statement: 'On one hart, pinning the two processes to it changes nothing: there is nowhere to migrate to.',
      source: 'the machine has one hart',
      tolerance: 'S = 64: the cost between pinned processes is within 5 % of that between processes at every A.',
      check(rows) {
        const pinned = where(rows, { variant: 'base', mode: 'pinned', S: 64 });
        const ratios = pinned.map(
          (row) =>
            Number(row['cost']) /
            numberOf(where(rows, { variant: 'base', mode: 'processes', S: 64, A: row['A']! })[0], 'cost'),
        );
        if (ratios.length === 0 || ratios.some(Number.isNaN)) return missing('pinned processes');
        return {
          holds: ratios.every((ratio) => Math.abs(ratio - 1) <= 0.05),
          evidence: `pinned / not pinned: ${Math.min(...ratios).toFixed(3)} to ${maximum(ratios).toFixed(3)}.`,
        };
      },
    },
    {
      name: 'no-rise-when-ideal',
      statement: 'Without caches and TLB to miss in, the working set does not matter: no rise.',
      source: 'ablation',
      tolerance: 'on the ideal machine the cost varies by less than 2 % of the base machine’s rise.',
      check(rows) {
        const ideal = column(curveOf(rows, 'ideal'), 'cost');
        const base = column(baseCurve(rows), 'cost');
        if (ideal.length < 2) return missing('the ideal machine');
        const variation = maximum(ideal) - Math.min(...ideal);
        const rise = maximum(base) - base[0]!;
        return {
          holds: variation < 0.02 * rise,
          evidence: `Ideal: ${shown(Math.min(...ideal))} to ${shown(maximum(ideal))} cycles; the base machine rises by ${shown(rise)}.`,
        };
      },
    },
  ],
};

function secondLevelVariant(bytes: number): string {
  return `L2 ${bytesLabel(bytes)}`;
}

/** The cost for each stride, processes, A = L1; NaN where it was not measured. */
function byStride(rows: readonly Row[], options: ExperimentOptions): number[] {
  const { l1 } = levels(options);
  return strides.map((stride) =>
    numberOf(where(rows, { variant: 'base', mode: 'processes', A: l1, S: stride })[0], 'cost'),
  );
}

function curveOf(rows: readonly Row[], variant: string): Row[] {
  return sortedBy(where(rows, { variant, mode: 'processes', S: 64 }), 'A');
}

/** The part of a curve that the first level shapes: up to four times its size, where a second level takes over. */
function firstLevel(curve: readonly Row[], options: ExperimentOptions): Row[] {
  const { l1 } = levels(options);
  return curve.filter((row) => Number(row['A']) <= 4 * l1);
}

function baseCurve(rows: readonly Row[]): Row[] {
  return curveOf(rows, 'base');
}

function kneeOf(curve: readonly Row[]): number | null {
  return knee(column(curve, 'A'), column(curve, 'cost'), 0.1, 50);
}
