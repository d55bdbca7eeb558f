// E5: what the timer tick costs by its rate, and what the length of the quantum does to throughput and latency.

import type { Experiment, Point, Row } from '../experiment.ts';
import { column, linearFit, sortedBy } from '../statistics.ts';
import { idealMachine, machine, missing, shown, thin, where } from './common.ts';

const source =
  'Tsafrir: The Context-Switch Overhead Inflicted by Hardware Interrupts (and the Enigma of Do-Nothing Loops), ExpCS 2007';
const rates = [100, 250, 500, 1000, 2000, 5000, 10_000];
const quanta = [250, 500, 1000, 2000, 4000, 8000, 16_000];

export const tickAndQuantum: Experiment = {
  name: 'tick-and-quantum',
  title: 'Tick and quantum',
  question: 'What does the timer tick cost, and how do throughput and latency depend on the quantum?',
  method:
    'Tick: one process does a fixed amount of work over an array of half the L1 data cache, with tick rates from 100 to 10,000 Hz. Quantum: four such processes share the processor, with quanta from 0.25 to 16 ms at 4,000 ticks a second; and once more while a fifth sleeps 2 ms at a time and notes how late it wakes (its wake-ups end quanta early, so throughput is measured without it).',
  references: [source],

  points(options) {
    const walks = options.quick ? 20_000 : 100_000;
    const points: Point[] = [];
    for (const hz of thin(rates, options.points ?? (options.quick ? 4 : undefined))) {
      for (const [variant, configuration] of [
        ['base', machine(options, {}, { hz })],
        ['ideal', idealMachine({ hz })],
      ] as const) {
        points.push({
          label: `${variant} ${hz} Hz`,
          program: 'tick',
          arguments: ['-k', '1', '-a', '8k', '-w', String(walks)],
          machine: configuration,
          factors: { part: 'tick', variant, hz },
        });
      }
    }
    for (const quantum of thin(quanta, options.points ?? (options.quick ? 3 : undefined))) {
      for (const part of ['quantum', 'sleeper']) {
        points.push({
          label: `${part} ${quantum} us`,
          program: 'tick',
          arguments: [...['-k', '4', '-a', '8k', '-w', String(walks)], ...(part === 'sleeper' ? ['-s', '2000'] : [])],
          machine: machine(options, {}, { hz: 4000, quantumMicroseconds: quantum }),
          factors: { part, variant: 'base', quantum },
        });
      }
    }
    return points;
  },

  rows(measurements) {
    const slowest = (variant: string): number => {
      const ticks = measurements.filter(
        ({ point }) => point.factors['part'] === 'tick' && point.factors['variant'] === variant,
      );
      return ticks[0]?.values['cycles'] ?? Number.NaN;
    };
    return measurements.map(({ point, values }): Row => {
      const cycles = values['cycles'] ?? Number.NaN;
      if (point.factors['part'] === 'tick')
        return {
          ...point.factors,
          cycles,
          'overhead %': 100 * (cycles / slowest(String(point.factors['variant'])) - 1),
        };
      if (point.factors['part'] === 'quantum') return { ...point.factors, cycles };
      return {
        ...point.factors,
        cycles,
        'lateness mean us': values['lateness_mean_us'] ?? Number.NaN,
        'lateness longest us': values['lateness_longest_us'] ?? Number.NaN,
      };
    });
  },

  plots(rows) {
    return [
      {
        title: 'Overhead of the tick',
        x: 'hz',
        y: 'overhead %',
        xLabel: 'ticks a second',
        yLabel: '% over the lowest rate',
        series: 'variant',
        rows: where(rows, { part: 'tick' }),
      },
      {
        title: 'Cycles for the work of four processes',
        x: 'quantum',
        y: 'cycles',
        xLabel: 'quantum, µs',
        yLabel: 'cycles',
        xScale: 'log10',
        series: 'part',
        rows: where(rows, { part: 'quantum' }),
      },
      {
        title: 'How late a sleeper wakes',
        x: 'quantum',
        y: 'lateness mean us',
        xLabel: 'quantum, µs',
        yLabel: 'µs, mean',
        xScale: 'log10',
        series: 'part',
        rows: where(rows, { part: 'sleeper' }),
      },
    ];
  },

  claims: [
    {
      name: 'linear-in-rate',
      statement: 'The overhead of the tick is linear in its rate.',
      source,
      tolerance: 'R² > 0.99 of cycles against the rate, and a positive slope.',
      check(rows) {
        const curve = sortedBy(where(rows, { part: 'tick', variant: 'base' }), 'hz');
        if (curve.length < 3) return missing('three rates');
        const fit = linearFit(column(curve, 'hz'), column(curve, 'cycles'));
        return {
          holds: fit.r2 > 0.99 && fit.slope > 0,
          evidence: `${shown((100 * fit.slope * 1000) / fit.intercept)} % for each 1,000 Hz, R² = ${fit.r2.toFixed(5)}.`,
        };
      },
    },
    {
      name: 'indirect-cost',
      statement: 'A part of the tick’s cost is indirect: caches and predictor that the handler has disturbed.',
      source,
      tolerance: 'on the ideal machine a tick costs fewer cycles than on the base machine.',
      check(rows) {
        const slope = (variant: string): number => {
          const curve = where(rows, { part: 'tick', variant });
          return curve.length < 2 ? Number.NaN : linearFit(column(curve, 'hz'), column(curve, 'cycles')).slope;
        };
        const [base, ideal] = [slope('base'), slope('ideal')];
        if (Number.isNaN(base) || Number.isNaN(ideal)) return missing('both machines');
        return {
          holds: base > ideal,
          evidence: `Extra cycles for one more tick a second over the run: ${shown(base)} on the base machine, ${shown(ideal)} on the ideal one.`,
        };
      },
    },
    {
      name: 'short-quanta-cost',
      statement: 'Shorter quanta cost throughput: more switches, each with a cold cache.',
      source,
      tolerance: 'the shortest quantum takes more cycles for the work than the longest.',
      check(rows) {
        const curve = sortedBy(where(rows, { part: 'quantum' }), 'quantum');
        if (curve.length < 2) return missing('two quanta');
        const [first, last] = [Number(curve[0]!['cycles']), Number(curve.at(-1)!['cycles'])];
        return {
          holds: first > last,
          evidence: `${curve[0]!['quantum']} µs: ${shown(first)} cycles; ${curve.at(-1)!['quantum']} µs: ${shown(last)} (+${shown(100 * (first / last - 1))} %).`,
        };
      },
    },
    {
      name: 'long-quanta-delay',
      statement: 'Longer quanta lengthen the time that a task waits for the processor after it wakes.',
      source: 'Silberschatz, Galvin, Gagne: Operating System Concepts, section 5.3.3 (round robin)',
      tolerance: 'the mean lateness of the sleeper at the longest quantum is at least twice that at the shortest.',
      check(rows) {
        const curve = sortedBy(where(rows, { part: 'sleeper' }), 'quantum');
        if (curve.length < 2) return missing('two quanta with a sleeper');
        const [first, last] = [Number(curve[0]!['lateness mean us']), Number(curve.at(-1)!['lateness mean us'])];
        return {
          holds: last >= 2 * first,
          evidence: `Mean lateness: ${shown(first)} µs with quanta of ${curve[0]!['quantum']} µs, ${shown(last)} µs with ${curve.at(-1)!['quantum']} µs.`,
        };
      },
    },
    {
      name: 'wakeup-preempts',
      statement: 'A task that has slept does not wait for the others’ quanta to end: it preempts.',
      source:
        'Linux, Documentation/scheduler/sched-eevdf.rst; Stoica, Abdel-Wahab: Earliest Eligible Virtual Deadline First, 1995',
      tolerance: 'the mean lateness of the sleeper at the longest quantum is below a tenth of that quantum.',
      check(rows) {
        const last = sortedBy(where(rows, { part: 'sleeper' }), 'quantum').at(-1);
        if (last === undefined) return missing('a sleeper');
        return {
          holds: Number(last['lateness mean us']) < Number(last['quantum']) / 10,
          evidence: `${shown(Number(last['lateness mean us']))} µs late on average, quanta of ${last['quantum']} µs.`,
        };
      },
    },
  ],
};
