// E4: what the TLB costs at switches and traps: address-space identifiers, a full flush at each switch, a second page table at
// each trap.

import type { Experiment, ExperimentOptions, Point, Row } from '../experiment.ts';
import { column, maximum, sortedBy } from '../statistics.ts';
import { machine, missing, numberOf, presetOf, shown, thin, where } from './common.ts';

const variants = ['asid', 'flush', 'kpti'] as const;
/** A page and a line: the touched lines spread over the cache's sets. */
const stride = 4096 + 64;
const source =
  'Gruss et al.: KASLR is Dead: Long Live KASLR, ESSoS 2017; RISC-V privileged manual, section 4.1.11 (satp.ASID)';

/** Pages that the largest TLB holds: the second level where there is one. */
function reach(options: ExperimentOptions): number {
  const { dtlb, l2tlb } = presetOf(options);
  return Math.max(dtlb.entries * dtlb.pagesPerEntry, l2tlb?.entries ?? 0);
}

function configuration(options: ExperimentOptions, variant: string): Point['machine'] {
  if (variant === 'asid') return machine(options, { asidBits: '16' });
  return machine(options, { asidBits: '0' }, variant === 'kpti' ? { kpti: true } : {});
}

export const tlbAndRings: Experiment = {
  name: 'tlb-and-rings',
  title: 'TLB and rings',
  question: 'What does it cost to lose the TLB at a context switch, or at every trap?',
  method:
    'The switch ring of two processes, and the null system call, each with p pages touched between (one line of each page). With address-space identifiers, with a full flush at each switch, and with a second page table (and a flush, as there are no identifiers) at each trap, as kernel page-table isolation has it.',
  references: [source],

  points(options) {
    const limit = reach(options);
    const values = [1, 2, 4, 8, limit / 2, (3 * limit) / 4, limit, 2 * limit, 4 * limit]
      .filter((value, i, list) => Number.isInteger(value) && list.indexOf(value) === i)
      .sort((a, b) => a - b);
    const pages = [0, ...thin(values, options.points ?? (options.quick ? 5 : undefined))];
    const points: Point[] = [];
    for (const variant of variants) {
      for (const p of pages) {
        for (const mode of ['processes', 'call', 'single']) {
          points.push({
            label: `${variant} ${mode} p=${p}`,
            program: 'ctx_array',
            arguments: ['-m', mode, '-a', String(p * stride), '-s', String(stride), '-n', options.quick ? '40' : '150'],
            machine: configuration(options, variant),
            factors: { variant, mode, p },
          });
        }
      }
    }
    return points;
  },

  rows(measurements) {
    return measurements.map(
      ({ point, values, counters }): Row => ({
        ...point.factors,
        cycles: values['cycles_per_switch'] ?? Number.NaN,
        'dTLB misses': (counters['dTLB-load-misses'] ?? 0) + (counters['dTLB-store-misses'] ?? 0),
        'page walks': counters['page-walks'] ?? 0,
      }),
    );
  },

  plots(rows, options) {
    const marks = [{ x: reach(options), label: 'TLB reach' }];
    const named = rows.map((row) => ({
      ...row,
      kind: row['mode'] === 'processes' ? 'switch' : row['mode'] === 'call' ? 'null call' : 'no switch',
    }));
    return [
      {
        title: 'A switch, with p pages touched between',
        x: 'p',
        y: 'cycles',
        xLabel: 'pages touched',
        yLabel: 'cycles per switch',
        xScale: 'log2',
        series: 'variant',
        rows: where(named, { mode: 'processes' }),
        marks,
      },
      {
        title: 'A null call, with p pages touched between',
        x: 'p',
        y: 'cycles',
        xLabel: 'pages touched',
        yLabel: 'cycles per call',
        xScale: 'log2',
        series: 'variant',
        rows: where(named, { mode: 'call' }),
        marks,
      },
    ];
  },

  claims: [
    {
      name: 'asid-flush-kpti',
      statement:
        'Identifiers cost no more than a flush at each switch, and that no more than a second page table at each trap.',
      source,
      tolerance:
        'cycles(asid) ≤ cycles(flush) ≤ cycles(kpti), at every p of the switch ring, with 1 % for cache placement.',
      check(rows) {
        const pages = pagesOf(rows);
        if (pages.length === 0) return missing('the switch ring');
        const broken = pages.filter(
          (p) =>
            !(
              cyclesOf(rows, 'asid', p) <= 1.01 * cyclesOf(rows, 'flush', p) &&
              cyclesOf(rows, 'flush', p) <= 1.01 * cyclesOf(rows, 'kpti', p)
            ),
        );
        const p = pages.at(-1)!;
        return {
          holds: broken.length === 0,
          evidence: `At p = ${p}: ${variants.map((variant) => `${variant} ${shown(cyclesOf(rows, variant, p))}`).join(', ')} cycles${broken.length === 0 ? '' : `; broken at p = ${broken.join(', ')}`}.`,
        };
      },
    },
    {
      name: 'gap-grows-to-tlb-size',
      statement: 'The gap between flush and identifiers grows with the pages touched and saturates at the TLB’s size.',
      source,
      tolerance:
        'the gap at the largest p up to half of the TLB’s reach (both working sets fit) exceeds that at p = 1, and the gap at the largest p is at most 1.05 times the largest one up to the reach.',
      check(rows, options) {
        const pages = pagesOf(rows);
        const gap = (p: number): number => cyclesOf(rows, 'flush', p) - cyclesOf(rows, 'asid', p);
        const limit = reach(options);
        const inside = pages.filter((p) => p >= 1 && p <= limit);
        const half = inside.findLast((p) => p <= limit / 2);
        const last = pages.at(-1);
        if (half === undefined || half <= 1 || last === undefined || last <= limit)
          return missing('p within half of the TLB and beyond it');
        return {
          holds: gap(half) > gap(inside[0]!) && gap(last) <= 1.05 * maximum(inside.map(gap)),
          evidence: `Gap by p: ${pages.map((p) => `${p}: ${shown(gap(p))}`).join(', ')}.`,
        };
      },
    },
    {
      name: 'tiny-sets-cost-nothing',
      statement: 'For tiny working sets the flush costs about nothing beyond refilling the few entries in use.',
      source,
      tolerance: 'at p = 0 the gap between flush and identifiers is below 10 % of the switch.',
      check(rows) {
        const asid = cyclesOf(rows, 'asid', 0);
        const flush = cyclesOf(rows, 'flush', 0);
        if (Number.isNaN(asid) || Number.isNaN(flush)) return missing('p = 0');
        return {
          holds: flush - asid < 0.1 * asid,
          evidence: `p = 0: ${shown(asid)} with identifiers, ${shown(flush)} with a flush (+${shown((100 * (flush - asid)) / asid)} %).`,
        };
      },
    },
    {
      name: 'kpti-taxes-null-call',
      statement: 'A second page table at each trap makes every system call pay, in proportion to the pages in use.',
      source,
      tolerance:
        'the null call with kpti costs more than without at every p, and the difference is larger at p = reach/2 than at p = 0.',
      check(rows, options) {
        const pages = pagesOf(rows);
        const call = (variant: string, p: number): number =>
          numberOf(where(rows, { variant, mode: 'call', p })[0], 'cycles');
        const differences = pages.map((p) => call('kpti', p) - call('flush', p));
        const at = pages.findLastIndex((p) => p <= reach(options) / 2);
        if (at < 1) return missing('p within half of the TLB');
        return {
          holds: differences.every((difference) => difference > 0) && differences[at]! > differences[0]!,
          evidence: `kpti − flush by p: ${pages.map((p, i) => `${p}: ${shown(differences[i]!)}`).join(', ')} cycles.`,
        };
      },
    },
  ],
};

function pagesOf(rows: readonly Row[]): number[] {
  return [...new Set(column(sortedBy(rows, 'p'), 'p'))];
}

function cyclesOf(rows: readonly Row[], variant: string, p: number): number {
  return numberOf(where(rows, { variant, mode: 'processes', p })[0], 'cycles');
}
