// `perf stat`: the machine's counters over a program's life, in perf's own format. The lines that perf does not have (how
// the cycles split) come below a rule of their own, and add up to the total exactly.

import type { TaskCounters } from './per-task.ts';

export interface StatInput {
  readonly command: string;
  readonly counters: Readonly<Record<string, number>>;
  readonly clockHz: number;
  readonly contextSwitches: number;
  readonly pageFaults: number;
  readonly majorFaults: number;
  readonly systemCalls: number;
  readonly threadsAndProcesses: number;
}

/** Where cycles go; each is a counter `<name>:u` and `<name>:k`. */
export const cycleParts = [
  'issue',
  'load-use',
  'muldiv',
  'fp',
  'branch',
  'fetch-miss',
  'data-miss',
  'tlb',
  'trap',
] as const;

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function rate(count: number, seconds: number): string {
  if (seconds === 0) return '0.000 /sec';
  const perSecond = count / seconds;
  if (perSecond >= 1e9) return `${(perSecond / 1e9).toFixed(3)} G/sec`;
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(3)} M/sec`;
  if (perSecond >= 1e3) return `${(perSecond / 1e3).toFixed(3)} K/sec`;
  return `${perSecond.toFixed(3)} /sec`;
}

function percent(part: number, whole: number): string {
  return `${(whole === 0 ? 0 : (100 * part) / whole).toFixed(2).padStart(6)}%`;
}

interface Line {
  readonly value: string;
  readonly name: string;
  readonly note?: string;
}

/** `--per-task`: for each task its cycles, instructions and parts; those of all tasks add up to the totals of `formatStat`. */
export function formatPerTask(command: string, tasks: readonly TaskCounters[]): string {
  const lines: string[] = [];
  for (const { tid, command: name, counters } of tasks) {
    const prefix = `${name.padStart(16)}-${String(tid).padEnd(8)}`;
    const cycles = counters.cycles;
    const add = (event: string, value: number, note?: string): void => {
      lines.push(prefix + formatLine({ value: grouped(value), name: event, ...(note === undefined ? {} : { note }) }));
    };
    add('cycles', cycles, `${grouped(counters['cycles:u'])} user, ${grouped(counters['cycles:k'])} kernel`);
    if (counters['idle-cycles'] > 0) add('idle-cycles', counters['idle-cycles']);
    add(
      'instructions',
      counters.instructions,
      `${(cycles === 0 ? 0 : counters.instructions / cycles).toFixed(2).padStart(7)}  insn per cycle`,
    );
    for (const part of cycleParts)
      add(`cycles.${part}`, counters[part], `${percent(counters[part], cycles)} of its cycles`);
    lines.push('');
  }
  return ['', ` Performance counter stats for '${command}', by task:`, '', ...lines, ''].join('\n');
}

function formatLine({ value, name, note }: Line): string {
  const left = `${value.padStart(18)}      ${name}`;
  return note === undefined ? left : `${left.padEnd(49)} # ${note}`;
}

export function formatStat(input: StatInput): string {
  const counter = (name: string): number => input.counters[name] ?? 0;
  const cycles = counter('cycles:u') + counter('cycles:k');
  const instructions = counter('instructions:u') + counter('instructions:k');
  const elapsed = (cycles + counter('idle-cycles')) / input.clockHz;
  const busy = cycles / input.clockHz;
  const missLine = (name: string, misses: string, base: string, what: string): Line[] => [
    { value: grouped(counter(base)), name, note: rate(counter(base), busy) },
    {
      value: grouped(counter(misses)),
      name: misses,
      note: `${percent(counter(misses), counter(base))} of all ${what}`,
    },
  ];
  const lines: Line[] = [
    {
      value: (busy * 1000).toFixed(2),
      name: 'msec task-clock',
      note: `${(elapsed === 0 ? 0 : busy / elapsed).toFixed(3).padStart(8)} CPUs utilized`,
    },
    { value: grouped(input.contextSwitches), name: 'context-switches', note: rate(input.contextSwitches, busy) },
    { value: '0', name: 'cpu-migrations', note: '0.000 /sec' },
    { value: grouped(input.pageFaults), name: 'page-faults', note: rate(input.pageFaults, busy) },
    { value: grouped(input.systemCalls), name: 'syscalls', note: rate(input.systemCalls, busy) },
    {
      value: grouped(cycles),
      name: 'cycles',
      note: `${(busy === 0 ? 0 : cycles / busy / 1e9).toFixed(3).padStart(8)} GHz`,
    },
    {
      value: grouped(counter('cycles:u')),
      name: 'cycles:u',
      note: `${percent(counter('cycles:u'), cycles)} of all cycles`,
    },
    {
      value: grouped(counter('cycles:k')),
      name: 'cycles:k',
      note: `${percent(counter('cycles:k'), cycles)} of all cycles`,
    },
    {
      value: grouped(instructions),
      name: 'instructions',
      note: `${(cycles === 0 ? 0 : instructions / cycles).toFixed(2).padStart(7)}  insn per cycle`,
    },
    { value: grouped(counter('instructions:u')), name: 'instructions:u' },
    { value: grouped(counter('instructions:k')), name: 'instructions:k' },
    { value: grouped(counter('branches')), name: 'branches', note: rate(counter('branches'), busy) },
    {
      value: grouped(counter('branch-misses')),
      name: 'branch-misses',
      note: `${percent(counter('branch-misses'), counter('branches'))} of all branches`,
    },
    ...missLine('L1-icache-loads', 'L1-icache-load-misses', 'L1-icache-loads', 'L1-icache accesses'),
    ...missLine('L1-dcache-loads', 'L1-dcache-load-misses', 'L1-dcache-loads', 'L1-dcache loads'),
    ...missLine('L1-dcache-stores', 'L1-dcache-store-misses', 'L1-dcache-stores', 'L1-dcache stores'),
    { value: grouped(counter('dTLB-load-misses') + counter('dTLB-store-misses')), name: 'dTLB-misses' },
    { value: grouped(counter('iTLB-load-misses')), name: 'iTLB-load-misses' },
  ];
  const parts = cycleParts.map((name): Line => {
    const user = counter(`${name}:u`);
    const kernel = counter(`${name}:k`);
    return {
      value: grouped(user + kernel),
      name: `cycles.${name}`,
      note: `${percent(user + kernel, cycles)}  ${grouped(user)} user, ${grouped(kernel)} kernel`,
    };
  });
  return [
    '',
    ` Performance counter stats for '${input.command}':`,
    '',
    ...lines.map(formatLine),
    '',
    ' Where the cycles went:',
    '',
    ...parts.map(formatLine),
    '',
    `${elapsed.toFixed(9).padStart(18)} seconds time elapsed`,
    '',
    `${(counter('cycles:u') / input.clockHz).toFixed(9).padStart(18)} seconds user`,
    `${(counter('cycles:k') / input.clockHz).toFixed(9).padStart(18)} seconds sys`,
    '',
    '',
  ].join('\n');
}

/** `-j`: one JSON object a line, as perf writes them. */
export function formatStatJson(input: StatInput): string {
  const rows = Object.entries({
    ...input.counters,
    'context-switches': input.contextSwitches,
    'page-faults': input.pageFaults,
    'major-faults': input.majorFaults,
    syscalls: input.systemCalls,
  });
  return rows.map(([event, value]) => `${JSON.stringify({ 'counter-value': value.toFixed(6), event })}\n`).join('');
}

/** `-x SEP`: value, unit, event. */
export function formatStatSeparated(input: StatInput, separator: string): string {
  const rows = Object.entries({
    ...input.counters,
    'context-switches': input.contextSwitches,
    'page-faults': input.pageFaults,
    syscalls: input.systemCalls,
  });
  return rows.map(([event, value]) => `${value}${separator}${separator}${event}\n`).join('');
}
