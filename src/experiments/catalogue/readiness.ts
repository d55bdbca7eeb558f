// E2: select, poll and epoll by the number of descriptors watched and active.

import type { Experiment, Point, Row } from '../experiment.ts';
import { column, linearFit, maximum, sortedBy } from '../statistics.ts';
import { idealMachine, machine, missing, numberOf, presetOf, shown, thin, where } from './common.ts';

const methods = ['select', 'poll', 'lt', 'et', 'oneshot'] as const;
const kerrisk = 'Kerrisk: The Linux Programming Interface, section 63.4.5';
const gammo =
  'Gammo, Brecht, Shukla, Pariag: Comparing and Evaluating epoll, select, and poll Event Mechanisms, OLS 2004';
/** struct file, pipe_inode_info, inode and wait entry that a scan touches of each descriptor, about this many bytes (Linux 6.12 slabs). */
const touchedBytes = 320;

/** For machines without a second level: one that a thousand descriptors fit and ten thousand do not. */
const secondLevelBytes = 512 * 1024;
const l2Variant = 'with L2 512Ki';

const counts = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

export const readiness: Experiment = {
  name: 'readiness',
  title: 'Which descriptors are ready?',
  question:
    'How does the cost of select, poll and epoll grow with the descriptors watched, and with those that are active?',
  method:
    'N pipes are watched, a of them have a byte to read. Only the call is timed, with what the interface demands around it: select builds its bitmap anew, one-shot epoll re-arms each event by epoll_ctl; for edge-triggered epoll the active pipes get a new edge before each call.',
  references: [kerrisk, gammo, 'Provos, Mathewson: libevent, test/bench.c'],

  points(options) {
    const values = thin(options.quick ? [10, 20, 100, 300, 1000] : counts, options.points);
    const points: Point[] = [];
    const add = (
      method: string,
      n: number,
      active: number,
      share: string,
      variant: string,
      configuration: Point['machine'],
    ): void => {
      points.push({
        label: `${variant} ${method} N=${n} a=${active}`,
        program: 'readiness',
        arguments: ['-m', method, '-n', String(n), '-a', String(active), '-i', String(n >= 1000 ? 4 : 12)],
        machine: configuration,
        factors: { variant, method, N: n, a: active, share },
      });
    };
    const large = { memoryBytes: 512 * 2 ** 20 };
    for (const method of methods) for (const n of values) add(method, n, 1, 'one', 'base', machine(options, {}, large));
    for (const method of ['poll', 'lt', 'oneshot'])
      for (const n of values.filter((value) => value > 1))
        add(method, n, n, 'all', 'base', machine(options, {}, large));
    for (const method of ['poll', 'lt']) for (const n of values) add(method, n, 1, 'one', 'ideal', idealMachine(large));
    if (presetOf(options).l2 === null) {
      const withL2 = machine(options, { 'l2.sizeBytes': String(secondLevelBytes) }, large);
      for (const n of values) add('poll', n, 1, 'one', l2Variant, withL2);
    }
    return points;
  },

  rows(measurements) {
    return measurements.map(
      ({ point, values }): Row => ({
        ...point.factors,
        cycles: values['cycles_per_call'] ?? Number.NaN,
        'cycles/event': values['cycles_per_event'] ?? Number.NaN,
        events: values['events_per_call'] ?? Number.NaN,
        'cycles/descriptor': (values['cycles_per_call'] ?? Number.NaN) / Number(point.factors['N']),
      }),
    );
  },

  plots(rows) {
    return [
      {
        title: 'One active descriptor',
        x: 'N',
        y: 'cycles',
        xLabel: 'descriptors watched',
        yLabel: 'cycles per call',
        xScale: 'log10',
        yScale: 'log10',
        series: 'method',
        rows: where(rows, { variant: 'base', share: 'one' }),
      },
      {
        title: 'poll: cycles a descriptor, one active',
        x: 'N',
        y: 'cycles/descriptor',
        xLabel: 'descriptors watched',
        yLabel: 'cycles per call and descriptor',
        xScale: 'log10',
        series: 'variant',
        rows: where(rows, { method: 'poll', share: 'one' }),
      },
      {
        title: 'All descriptors active',
        x: 'N',
        y: 'cycles/event',
        xLabel: 'descriptors watched',
        yLabel: 'cycles per event',
        xScale: 'log10',
        series: 'method',
        rows: where(rows, { variant: 'base', share: 'all' }),
      },
    ];
  },

  claims: [
    ...(['poll', 'select'] as const).map((method) => ({
      name: `${method}-linear`,
      statement: `${method} is linear in the number of descriptors watched.`,
      source: kerrisk,
      tolerance:
        'R² > 0.99 of cycles against N over the points within one cache regime (the scanned objects exceed the L1 data cache, or all fit).',
      check(rows: readonly Row[], options: Parameters<Experiment['points']>[0]) {
        const curve = sortedBy(where(rows, { variant: 'base', method, share: 'one' }), 'N');
        const limit = (presetOf(options).l1d?.sizeBytes ?? 16384) / touchedBytes;
        const beyond = curve.filter((row) => Number(row['N']) > limit);
        const used = beyond.length >= 3 ? beyond : curve.filter((row) => Number(row['N']) <= limit);
        if (used.length < 3) return missing('three values of N in one cache regime');
        const fit = linearFit(column(used, 'N'), column(used, 'cycles'));
        return {
          holds: fit.r2 > 0.99 && fit.slope > 0,
          evidence: `${used.length} points from N = ${used[0]!['N']}: ${shown(fit.slope)} cycles a descriptor, R² = ${fit.r2.toFixed(5)}.`,
        };
      },
    })),
    {
      name: 'scan-steeper-out-of-cache',
      statement: 'The scan is steeper once the scanned kernel objects exceed the first-level cache.',
      source: gammo,
      tolerance:
        'cycles per descriptor between the two largest N exceed those between the two smallest (both within the cache) by more than 20 %, and on the ideal machine they differ by less than 5 %.',
      check(rows, options) {
        const inCache = (presetOf(options).l1d?.sizeBytes ?? 16384) / touchedBytes;
        const second = Number(sortedBy(where(rows, { variant: 'base', method: 'poll', share: 'one' }), 'N')[1]?.['N']);
        if (!(second <= inCache)) return missing('two values of N whose objects fit the first-level cache');
        const slopes = (variant: string): [number, number] => {
          const curve = sortedBy(where(rows, { variant, method: 'poll', share: 'one' }), 'N');
          const slope = (a: Row, b: Row): number =>
            (Number(b['cycles']) - Number(a['cycles'])) / (Number(b['N']) - Number(a['N']));
          return curve.length < 3
            ? [Number.NaN, Number.NaN]
            : [slope(curve[0]!, curve[1]!), slope(curve.at(-2)!, curve.at(-1)!)];
        };
        const [small, large] = slopes('base');
        const [idealSmall, idealLarge] = slopes('ideal');
        if ([small, large, idealSmall, idealLarge].some(Number.isNaN)) return missing('three values of N');
        return {
          holds: large > 1.2 * small && Math.abs(idealLarge / idealSmall - 1) < 0.05,
          evidence: `Cycles a descriptor: ${shown(small)} → ${shown(large)}; ideal machine: ${shown(idealSmall)} → ${shown(idealLarge)}.`,
        };
      },
    },
    {
      name: 'scan-steeper-out-of-l2',
      statement: 'With a second-level cache the scan has a third regime: steeper again once the objects exceed it.',
      source: gammo,
      tolerance:
        'on the machine with an L2: the cycles per descriptor between the largest two N are at least 1.1 times those between N = 200 and 1,000 (out of L1, in L2), and those at least 1.05 times those between the smallest two (in L1).',
      check(rows, options) {
        const variant = presetOf(options).l2 === null ? l2Variant : 'base';
        const curve = sortedBy(where(rows, { variant, method: 'poll', share: 'one' }), 'N');
        const at = (n: number): Row | undefined => curve.find((row) => row['N'] === n);
        const slope = (a: Row | undefined, b: Row | undefined): number =>
          (numberOf(b, 'cycles') - numberOf(a, 'cycles')) / (numberOf(b, 'N') - numberOf(a, 'N'));
        const l2 = presetOf(options).l2?.sizeBytes ?? secondLevelBytes;
        if (numberOf(curve.at(-2), 'N') * touchedBytes < l2) return missing('two values of N beyond the second level');
        const [first, middle, last] = [
          slope(curve[0], curve[1]),
          slope(at(200), at(1000)),
          slope(curve.at(-2), curve.at(-1)),
        ];
        if (Number.isNaN(first + middle + last)) return missing('N = 200 and 1,000');
        return {
          holds: last >= 1.1 * middle && middle >= 1.05 * first,
          evidence: `Cycles a descriptor: ${shown(first)} in L1, ${shown(middle)} in L2, ${shown(last)} beyond.`,
        };
      },
    },
    {
      name: 'epoll-constant',
      statement: 'epoll_wait with one active descriptor costs the same however many are watched.',
      source: kerrisk,
      tolerance: 'within 1.5 × from the smallest to the largest N.',
      check(rows) {
        const curve = sortedBy(where(rows, { variant: 'base', method: 'lt', share: 'one' }), 'N');
        const costs = column(curve, 'cycles');
        if (costs.length < 2) return missing('two values of N');
        const ratio = maximum(costs) / Math.min(...costs);
        return {
          holds: ratio <= 1.5,
          evidence: `N = ${curve[0]!['N']} to ${curve.at(-1)!['N']}: ${costs.map(shown).join(', ')} cycles; ratio ${ratio.toFixed(2)}.`,
        };
      },
    },
    {
      name: 'advantage-gone-when-all-active',
      statement: 'When every descriptor is active and each event costs an epoll_ctl, epoll has no advantage over poll.',
      source: gammo,
      tolerance:
        'at the largest N with all active, one-shot epoll costs at least as many cycles an event as poll; with one active it costs less than a tenth.',
      check(rows) {
        const n = maximum(column(where(rows, { variant: 'base', share: 'all' }), 'N'));
        const all = (method: string): number =>
          numberOf(where(rows, { variant: 'base', share: 'all', method, N: n })[0], 'cycles');
        const one = (method: string): number =>
          numberOf(where(rows, { variant: 'base', share: 'one', method, N: n })[0], 'cycles');
        if ([all('poll'), all('oneshot'), one('poll'), one('oneshot')].some(Number.isNaN))
          return missing('all-active runs');
        return {
          holds: all('oneshot') >= all('poll') && one('oneshot') < one('poll') / 10,
          evidence: `N = ${n}, all active: poll ${shown(all('poll') / n)}, one-shot epoll ${shown(all('oneshot') / n)} cycles an event; one active: poll ${shown(one('poll'))}, one-shot ${shown(one('oneshot'))} cycles a call.`,
        };
      },
    },
  ],
};
