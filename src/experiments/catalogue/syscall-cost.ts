// E0: what single system calls cost, where the cycles go, on each preset; and how ring 3 recovers after a call.

import { cycleParts } from '../../observe/perf/stat.ts';
import type { Experiment, Point, Row } from '../experiment.ts';
import { idealMachine, machine, missing, numberOf, shown, thin, where } from './common.ts';

const operations = [
  'null',
  'read',
  'write',
  'stat',
  'open',
  'pipe',
  'signal',
  'mmap',
  'fault',
  'fork',
  'exec',
] as const;
const slow = new Set<string>(['fork', 'exec', 'fault', 'mmap']);
const flexsc =
  'Soares, Stumm: FlexSC: Flexible System Call Scheduling with Exception-Less System Calls, OSDI 2010, figure 1';
const lmbench = 'McVoy, Staelin: lmbench: Portable Tools for Performance Analysis, USENIX 1996';

export const syscallCost: Experiment = {
  name: 'syscall-cost',
  title: 'What a system call costs',
  question: 'How many cycles does each kind of system call take, and where do they go: trap, kernel path, caches, TLB?',
  method:
    'Each operation is repeated after a warm-up and timed with rdcycle from ring 3, on each preset. The split is the machine’s own: cycles by cause, ring 0 only, over the whole run. ' +
    'For the recovery curve, ring 3 repeats a fixed piece of work of 8 KiB of data after a stat(2) of a file; each repetition is timed, with the timer tick at 1 Hz.',
  references: [lmbench, flexsc],

  points(options) {
    const points: Point[] = [];
    const presets = options.quick
      ? [options.preset, 'ideal']
      : [...new Set([options.preset, 'rocket', 'c906', 'u74', 'ideal'])];
    for (const preset of presets) {
      const configuration =
        preset === 'ideal'
          ? idealMachine()
          : machine({ ...options, preset, changes: preset === options.preset ? options.changes : {} });
      for (const operation of thin(operations, options.points)) {
        const iterations = slow.has(operation) ? (options.quick ? 4 : 20) : options.quick ? 50 : 300;
        points.push({
          label: `${preset} ${operation}`,
          program: 'syscall_cost',
          arguments: ['-n', String(iterations), operation],
          machine: configuration,
          factors: { preset, operation },
        });
      }
    }
    for (const preset of [options.preset, 'ideal']) {
      points.push({
        label: `${preset} recovery`,
        program: 'syscall_cost',
        arguments: ['-n', options.quick ? '20' : '100', 'recovery'],
        // One tick a second: none falls into the run, where it would be taken for a part of the dip.
        machine: preset === 'ideal' ? idealMachine({ hz: 1 }) : machine(options, {}, { hz: 1 }),
        factors: { preset, operation: 'recovery' },
      });
    }
    return points;
  },

  rows(measurements) {
    const rows: Row[] = [];
    for (const { point, values, counters } of measurements) {
      const preset = String(point.factors['preset']);
      const operation = String(point.factors['operation']);
      if (operation === 'recovery') {
        let afterReturn = 0;
        for (let piece = 0; `piece${String(piece).padStart(2, '0')}` in values; piece++) {
          const cycles = values[`piece${String(piece).padStart(2, '0')}`]!;
          afterReturn += cycles;
          rows.push({
            preset,
            operation,
            piece: piece + 1,
            cycles,
            'cycles after return': afterReturn,
            IPC: (values['piece_instructions'] ?? Number.NaN) / cycles,
          });
        }
        continue;
      }
      const kernelCycles = counters['cycles:k'] ?? 0;
      const split = Object.fromEntries(
        cycleParts.map((part) => [
          `${part} %`,
          kernelCycles === 0 ? 0 : (100 * (counters[`${part}:k`] ?? 0)) / kernelCycles,
        ]),
      );
      rows.push({
        preset,
        operation,
        cycles: values['cycles_per_call'] ?? Number.NaN,
        instructions: values['instructions_per_call'] ?? Number.NaN,
        ...split,
      });
    }
    return rows;
  },

  plots(rows, options) {
    const table = rows
      .filter((row) => row['operation'] !== 'recovery')
      .map((row) => ({
        ...row,
        index: operations.indexOf(String(row['operation']) as (typeof operations)[number]) + 1,
      }));
    return [
      {
        title: `Cycles per operation (${operations.map((name, i) => `${i + 1} ${name}`).join(', ')})`,
        x: 'index',
        y: 'cycles',
        xLabel: 'operation',
        yLabel: 'cycles',
        yScale: 'log10',
        series: 'preset',
        rows: table,
      },
      {
        title: 'Recovery: instructions per cycle of ring 3 after a system call',
        x: 'cycles after return',
        y: 'IPC',
        xLabel: 'cycles after the return',
        yLabel: 'instructions per cycle',
        series: 'preset',
        rows: rows.filter(
          (row) => row['operation'] === 'recovery' && (row['preset'] === options.preset || row['preset'] === 'ideal'),
        ),
      },
    ];
  },

  claims: [
    {
      name: 'order-of-costs',
      statement:
        'A null call is the cheapest; reading a device costs more, a path walk more, fork and exec orders of magnitude more.',
      source: lmbench,
      tolerance: 'null < read < stat < open < fork < exec in cycles, and fork > 50 × null.',
      check(rows, options) {
        const cost = (operation: string): number =>
          numberOf(where(rows, { preset: options.preset, operation })[0], 'cycles');
        const list = ['null', 'read', 'stat', 'open', 'fork', 'exec'].map(cost);
        if (list.some(Number.isNaN)) return missing('an operation');
        return {
          holds: list.every((value, i) => i === 0 || value > list[i - 1]!) && list[4]! > 50 * list[0]!,
          evidence: `null, read, stat, open, fork, exec: ${list.map(shown).join(', ')} cycles.`,
        };
      },
    },
    {
      name: 'recovery',
      statement: 'After a system call user-mode speed dips, and recovers over the following instructions.',
      source: flexsc,
      tolerance:
        'the first repetition takes at least 5 % more cycles than the mean of the last four, and the curve falls to within 2 % of it.',
      check(rows, options) {
        const curve = where(rows, { operation: 'recovery', preset: options.preset }).map((row) =>
          Number(row['cycles']),
        );
        if (curve.length < 8) return missing('the recovery curve');
        const settled = curve.slice(-4).reduce((sum, value) => sum + value, 0) / 4;
        const back = curve.findIndex((value) => value <= settled * 1.02);
        return {
          holds: curve[0]! >= 1.05 * settled && back > 0,
          evidence: `First ${shown(curve[0]!)} cycles, settled ${shown(settled)}, within 2 % at repetition ${back + 1}.`,
        };
      },
    },
    {
      name: 'no-dip-when-ideal',
      statement: 'The dip is pollution of caches, TLB and predictor: without them there is none.',
      source: 'ablation',
      tolerance: 'on the ideal machine the first repetition is within 0.5 % of the last.',
      check(rows) {
        const curve = where(rows, { operation: 'recovery', preset: 'ideal' }).map((row) => Number(row['cycles']));
        if (curve.length < 2) return missing('the ideal machine');
        return {
          holds: Math.abs(curve[0]! / curve.at(-1)! - 1) < 0.005,
          evidence: `First ${shown(curve[0]!)}, last ${shown(curve.at(-1)!)} cycles.`,
        };
      },
    },
  ],
};
