// E3: an event loop against a thread per connection against a pool, under the load generator, from one client to thousands.

import type { Experiment, Point, Row } from '../experiment.ts';
import { column, knee, largestRise, sortedBy } from '../statistics.ts';
import { bytesLabel, idealMachine, machine, missing, numberOf, presetOf, shown, thin, where } from './common.ts';

const servers = ['httpd_epoll', 'httpd_threads', 'httpd_pool'] as const;
const seda = 'Welsh, Culler, Brewer: SEDA: An Architecture for Well-Conditioned, Scalable Internet Services, SOSP 2001';
const pariag = 'Pariag et al.: Comparing the Performance of Web Server Architectures, EuroSys 2007';
const counts = [1, 4, 16, 64, 256, 1024, 4096];
/** For the knee: a connection with 4 KiB of work needs about half of a 16 KiB cache, so the knee is among the first few. */
const kneeCounts = [1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 256, 1024, 4096];
const quickCounts = [1, 2, 4, 8, 16, 64];
const port = 8080;

interface Scenario {
  readonly name: string;
  readonly workKib: number;
  /** Of all connections, so many stay silent. */
  readonly idleShare: number;
}

const scenarios: readonly Scenario[] = [
  { name: 'no work', workKib: 0, idleShare: 0 },
  { name: '4 KiB work', workKib: 4, idleShare: 0 },
  { name: '64 KiB work', workKib: 64, idleShare: 0 },
  { name: '90 % idle', workKib: 0, idleShare: 0.9 },
];
/** The scenario whose knee the ablations move. */
const ablated = scenarios[1]!;
const doubledVariant = 'l1 and tlb double';
const stalls = 'data stalls/request';

function point(
  server: string,
  clients: number,
  scenario: Scenario,
  variant: string,
  configuration: Point['machine'],
  quick: boolean,
): Point {
  const idle = Math.round(clients * scenario.idleShare);
  const large = scenario.workKib > 16;
  const connecting = Math.max(1, Math.round(clients * (large ? 0.6 : 0.3)));
  return {
    label: `${variant} ${server} ${scenario.name} clients=${clients}`,
    program: server,
    arguments: ['-p', String(port), '-w', String(scenario.workKib), ...(server === 'httpd_pool' ? ['-t', '16'] : [])],
    machine: { ...configuration, memoryBytes: 1024 * 2 ** 20 },
    load: {
      port,
      clients: Math.max(1, clients - idle),
      mode: 'closed',
      thinkMicroseconds: 0,
      idleConnections: idle,
      path: '/',
      // Setting a connection up, with its thread, takes about 0.25 ms of one hart; a request about 0.1 ms. All connections
      // stand before the first request (a server that accepts in one thread gets but a fair share of the processor beside its
      // busy threads, and would accept the last of thousands after minutes). 64 KiB of work take 0.25 ms, and as much again for the
      // page faults of the first request, which stay out of the window. The window serves each client some four times.
      connectMilliseconds: connecting,
      warmupMilliseconds: 2 * connecting + (quick ? 5 : 10),
      measureMilliseconds: Math.max(quick ? 15 : 30, Math.round(clients * (large ? 1 : 0.4))),
      seed: 1,
    },
    factors: { variant, server, scenario: scenario.name, clients, work: scenario.workKib },
  };
}

export const epollVsThreads: Experiment = {
  name: 'epoll-vs-threads',
  title: 'epoll against a thread per connection',
  question: 'When does an event loop beat a thread per connection, by how much, and why?',
  method:
    'The servers of programs/ share everything but their concurrency: an epoll loop, a thread per connection, a pool of 16 threads. A load generator outside the machine’s time keeps so many clients on persistent connections, each asking again as soon as it is answered. Some scenarios touch memory for each request; in one, nine of ten connections are silent.',
  references: [seda, pariag],

  points(options) {
    const clients = (scenario: Scenario): number[] =>
      thin(options.quick ? quickCounts : scenario === ablated ? kneeCounts : counts, options.points);
    const points: Point[] = [];
    for (const scenario of options.quick ? scenarios.slice(0, 2) : scenarios) {
      for (const server of servers)
        for (const n of clients(scenario))
          points.push(point(server, n, scenario, 'base', machine(options), options.quick));
    }
    const { l1d, l1i, dtlb, itlb } = presetOf(options);
    // The model's TLBs have at most 64 entries, superpages included.
    const twice = (tlb: typeof dtlb): string => String(Math.min(2 * tlb.entries, 64 - tlb.superpageEntries));
    const doubled = {
      'l1d.sizeBytes': String(2 * l1d.sizeBytes),
      'l1i.sizeBytes': String(2 * l1i.sizeBytes),
      'dtlb.entries': twice(dtlb),
      'itlb.entries': twice(itlb),
    };
    for (const [variant, configuration] of [
      [doubledVariant, machine(options, doubled)],
      ['ideal', idealMachine()],
    ] as const) {
      for (const server of ['httpd_epoll', 'httpd_threads'])
        for (const n of clients(ablated)) points.push(point(server, n, ablated, variant, configuration, options.quick));
    }
    return points;
  },

  rows(measurements) {
    return measurements.map(({ point: { factors }, values, counters }): Row => {
      const requests = values['requests'] ?? 0;
      const per = (value: number): number => (requests === 0 ? Number.NaN : value / requests);
      return {
        ...factors,
        'requests/s': values['throughput'] ?? Number.NaN,
        'p50 us': values['latency_p50_us'] ?? Number.NaN,
        'p99 us': values['latency_p99_us'] ?? Number.NaN,
        'p99.9 us': values['latency_p999_us'] ?? Number.NaN,
        errors: values['errors'] ?? Number.NaN,
        'cycles/request': per((counters['cycles:u'] ?? 0) + (counters['cycles:k'] ?? 0)),
        'kernel cycles/request': per(counters['cycles:k'] ?? 0),
        'issue/request': per(both(counters, 'issue')),
        'fetch stalls/request': per(both(counters, 'fetch-miss')),
        [stalls]: per(both(counters, 'data-miss') + both(counters, 'tlb')),
        'trap/request': per(both(counters, 'trap')),
        'switches/request': per(values['context_switches'] ?? 0),
        'calls/request': per(values['system_calls'] ?? 0),
        'L1D misses/request': per((counters['L1-dcache-load-misses'] ?? 0) + (counters['L1-dcache-store-misses'] ?? 0)),
        'L1I misses/request': per(counters['L1-icache-load-misses'] ?? 0),
        'TLB misses/request': per(
          (counters['dTLB-load-misses'] ?? 0) +
            (counters['dTLB-store-misses'] ?? 0) +
            (counters['iTLB-load-misses'] ?? 0),
        ),
        'KiB/connection': (values['memory_bytes'] ?? Number.NaN) / 1024 / Math.max(1, Number(factors['clients'])),
      };
    });
  },

  plots(rows) {
    const base = where(rows, { variant: 'base' });
    const names = [...new Set(base.map((row) => String(row['scenario'])))];
    return [
      ...names.map((name) => ({
        title: `Throughput, ${name}`,
        x: 'clients',
        y: 'requests/s',
        xLabel: 'connections',
        yLabel: 'requests a second of guest time',
        xScale: 'log2' as const,
        series: 'server',
        rows: where(base, { scenario: name }),
      })),
      {
        title: 'Tail latency, no work',
        x: 'clients',
        y: 'p99 us',
        xLabel: 'connections',
        yLabel: 'p99, µs',
        xScale: 'log2',
        yScale: 'log10',
        series: 'server',
        rows: where(base, { scenario: names[0] ?? '' }),
      },
      {
        title: 'Cycles a request (4 KiB work)',
        x: 'clients',
        y: 'cycles/request',
        xLabel: 'connections',
        yLabel: 'cycles',
        xScale: 'log2',
        series: ['server', 'variant'],
        rows: rows.filter((row) => row['scenario'] === ablated.name && row['server'] !== 'httpd_pool'),
      },
      {
        title: 'Cycles a request that wait for data or the TLB: the cache makes the knee (4 KiB work)',
        x: 'clients',
        y: stalls,
        xLabel: 'connections',
        yLabel: 'cycles',
        xScale: 'log2',
        series: ['server', 'variant'],
        rows: rows.filter((row) => row['scenario'] === ablated.name && row['server'] !== 'httpd_pool'),
      },
    ];
  },

  claims: [
    {
      name: 'equal-at-low-concurrency',
      statement: 'With few connections the architectures perform alike.',
      source: pariag,
      tolerance: 'throughput of threads within 10 % of epoll at the smallest number of clients, no work.',
      check(rows) {
        const clients = smallest(rows);
        const [epoll, threads] = throughput(rows, 'no work', clients);
        if (Number.isNaN(epoll) || Number.isNaN(threads)) return missing('a pair of servers');
        return {
          holds: Math.abs(threads / epoll - 1) <= 0.1,
          evidence: `${clients} client(s): epoll ${shown(epoll)}, threads ${shown(threads)} requests/s (${shown(100 * (threads / epoll - 1))} %).`,
        };
      },
    },
    {
      name: 'epoll-ahead-at-saturation',
      statement: 'At saturation the event loop is ahead.',
      source: seda,
      tolerance: 'at the largest number of clients epoll serves more requests a second than threads, no work.',
      check(rows) {
        const clients = largest(rows);
        const [epoll, threads] = throughput(rows, 'no work', clients);
        if (Number.isNaN(epoll) || Number.isNaN(threads)) return missing('a pair of servers');
        return {
          holds: epoll > threads,
          evidence: `${clients} clients: epoll ${shown(epoll)}, threads ${shown(threads)} requests/s (epoll ${shown(100 * (epoll / threads - 1))} % ahead).`,
        };
      },
    },
    {
      name: 'threads-have-a-knee',
      statement: 'The threads’ cost a request rises with the connections, more than the event loop’s.',
      source: seda,
      tolerance:
        'cycles a request, 4 KiB work: from some number of clients to some larger one they rise by at least 10 % for threads, and by more than for epoll.',
      check(rows) {
        const epoll = rise(rows, 'base', 'httpd_epoll');
        const threads = rise(rows, 'base', 'httpd_threads');
        if (epoll === null || threads === null) return missing('enough client counts');
        return {
          holds: threads >= 0.1 && threads > epoll,
          evidence: `Largest rise of cycles a request: threads ${shown(100 * threads)} %, epoll ${shown(100 * epoll)} %.`,
        };
      },
    },
    {
      name: 'knee-where-sets-pass-the-cache',
      statement: 'The knee stands where connections × (stack + task + work) pass the cache.',
      source: seda,
      tolerance:
        'threads, 4 KiB work: the number of clients at which data stalls have risen half of their way, times the bytes that a request misses at the most clients (L1D misses × line), is between half and twice the L1 data cache.',
      check(rows, options) {
        const at = stallKnee(rows, 'base');
        if (at === undefined) return missing('enough client counts');
        if (at === null) return { holds: false, evidence: 'The data stalls do not rise.' };
        const { l1d } = presetOf(options);
        const last = curveOf(rows, 'base', 'httpd_threads').at(-1);
        const bytes = numberOf(last, 'L1D misses/request') * l1d.lineBytes;
        return {
          holds: at * bytes >= l1d.sizeBytes / 2 && at * bytes <= 2 * l1d.sizeBytes,
          evidence: `Knee at ${at} clients; a connection’s set is ${shown(bytes)} bytes; together ${shown(at * bytes)} of a cache of ${bytesLabel(l1d.sizeBytes)}.`,
        };
      },
    },
    {
      name: 'tail-grows-faster-for-threads',
      statement: 'Tail latency grows faster with connections for threads.',
      source: seda,
      tolerance:
        'p99 at the largest number of clients divided by p99 at the smallest is larger for threads than for epoll, no work.',
      check(rows) {
        const p99 = (server: string, clients: number): number =>
          numberOf(where(rows, { variant: 'base', scenario: 'no work', server, clients })[0], 'p99 us');
        const growth = (server: string): number => p99(server, largest(rows)) / p99(server, smallest(rows));
        const [epoll, threads] = [growth('httpd_epoll'), growth('httpd_threads')];
        if (Number.isNaN(epoll) || Number.isNaN(threads)) return missing('a pair of servers');
        return {
          holds: threads > epoll,
          evidence: `p99 grows ${shown(threads)} × for threads, ${shown(epoll)} × for epoll.`,
        };
      },
    },
    {
      name: 'no-knee-when-ideal',
      statement: 'It is the memory hierarchy: with ideal caches and TLB the threads’ knee is gone.',
      source: 'ablation',
      tolerance:
        'threads, 4 KiB work: the largest rise of cycles a request on the ideal machine is less than a third of the base machine’s.',
      check(rows) {
        const base = rise(rows, 'base', 'httpd_threads');
        const ideal = rise(rows, 'ideal', 'httpd_threads');
        if (base === null || ideal === null) return missing('enough client counts');
        if (base < 0.1) return missing('a knee on the base machine');
        return {
          holds: ideal < base / 3,
          evidence: `Largest rise: base ${shown(100 * base)} %, ideal ${shown(100 * ideal)} %.`,
        };
      },
    },
    {
      name: 'knee-moves-with-size',
      statement: 'With twice the caches and TLB the knee comes at more connections.',
      source: 'ablation',
      tolerance:
        'threads, 4 KiB work: the number of clients at which data stalls have risen half of their way is 1.3 to 3 times that of the base machine.',
      check(rows) {
        const base = stallKnee(rows, 'base');
        const double = stallKnee(rows, doubledVariant);
        if (base === undefined || double === undefined) return missing('enough client counts');
        if (base === null || double === null) return { holds: false, evidence: 'One of the curves does not rise.' };
        return {
          holds: double / base >= 1.3 && double / base <= 3,
          evidence: `Knee at ${base} clients on the base machine, at ${double} with twice the caches and TLB.`,
        };
      },
    },
  ],
};

/** A counter of ring 3 and ring 0 together. */
function both(counters: Readonly<Record<string, number>>, name: string): number {
  return (counters[`${name}:u`] ?? 0) + (counters[`${name}:k`] ?? 0);
}

function clientsOf(rows: readonly Row[]): number[] {
  const match = { variant: 'base', scenario: 'no work', server: 'httpd_epoll' };
  return column(sortedBy(where(rows, match), 'clients'), 'clients');
}

function smallest(rows: readonly Row[]): number {
  return clientsOf(rows)[0] ?? Number.NaN;
}

function largest(rows: readonly Row[]): number {
  return clientsOf(rows).at(-1) ?? Number.NaN;
}

function throughput(rows: readonly Row[], scenario: string, clients: number): [number, number] {
  const of = (server: string): number =>
    numberOf(where(rows, { variant: 'base', scenario, server, clients })[0], 'requests/s');
  return [of('httpd_epoll'), of('httpd_threads')];
}

function curveOf(rows: readonly Row[], variant: string, server: string): Row[] {
  return sortedBy(where(rows, { variant, server, scenario: ablated.name }), 'clients');
}

function rise(rows: readonly Row[], variant: string, server: string): number | null {
  const curve = curveOf(rows, variant, server);
  return curve.length < 3 ? null : largestRise(column(curve, 'cycles/request'));
}

/** Clients at which the threads' data stalls have risen half of their way; null: no rise; undefined: too few points. */
function stallKnee(rows: readonly Row[], variant: string): number | null | undefined {
  const curve = curveOf(rows, variant, 'httpd_threads');
  return curve.length < 4 ? undefined : knee(column(curve, 'clients'), column(curve, stalls), 0.5);
}
