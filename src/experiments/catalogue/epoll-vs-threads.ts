// E3: an event loop against a thread per connection against a pool, under the load generator, from one client to thousands.

import type { Experiment, Point, Row } from '../experiment.ts';
import { column, maximum, sortedBy } from '../statistics.ts';
import { idealMachine, machine, missing, numberOf, shown, thin, where } from './common.ts';

const servers = ['httpd_epoll', 'httpd_threads', 'httpd_pool'] as const;
const seda = 'Welsh, Culler, Brewer: SEDA: An Architecture for Well-Conditioned, Scalable Internet Services, SOSP 2001';
const pariag = 'Pariag et al.: Comparing the Performance of Web Server Architectures, EuroSys 2007';
const counts = [1, 4, 16, 64, 256, 1024, 4096];
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

function point(
  server: string,
  clients: number,
  scenario: Scenario,
  variant: string,
  configuration: Point['machine'],
  quick: boolean,
): Point {
  const idle = Math.round(clients * scenario.idleShare);
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
      // Setting a connection up, with its thread, takes about 0.25 ms of one hart; a request about 0.1 ms: so the warm-up sees
      // every connection made, and each client is served some four times.
      warmupMilliseconds: Math.max(quick ? 5 : 10, Math.round(clients * 0.3)),
      measureMilliseconds: Math.max(quick ? 10 : 30, Math.round(clients * 0.4)),
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
    const clients = thin(options.quick ? [1, 16, 64] : counts, options.points);
    const points: Point[] = [];
    for (const scenario of options.quick ? scenarios.slice(0, 2) : scenarios) {
      for (const server of servers)
        for (const n of clients) points.push(point(server, n, scenario, 'base', machine(options), options.quick));
    }
    const ablation = scenarios[1]!;
    for (const [variant, configuration] of [
      [
        'l1 and tlb double',
        machine(options, { 'l1d.sizeBytes': '32KiB', 'l1i.sizeBytes': '32KiB', 'dtlb.entries': '16' }),
      ],
      ['ideal', idealMachine()],
    ] as const) {
      for (const server of ['httpd_epoll', 'httpd_threads'])
        for (const n of clients) points.push(point(server, n, ablation, variant, configuration, options.quick));
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
        title: 'Cycles a request: the machine makes the knee (4 KiB work)',
        x: 'clients',
        y: 'cycles/request',
        xLabel: 'connections',
        yLabel: 'cycles',
        xScale: 'log2',
        series: ['server', 'variant'],
        rows: rows.filter((row) => row['scenario'] === '4 KiB work' && row['server'] !== 'httpd_pool'),
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
        const [epoll, threads] = throughput(rows, 'base', 'no work', clients);
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
        const [epoll, threads] = throughput(rows, 'base', 'no work', clients);
        return {
          holds: epoll > threads,
          evidence: `${clients} clients: epoll ${shown(epoll)}, threads ${shown(threads)} requests/s (epoll ${shown(100 * (epoll / threads - 1))} % ahead).`,
        };
      },
    },
    {
      name: 'threads-have-a-knee',
      statement:
        'The threads’ cost a request rises where connections × (stack + task + work) pass the caches and the TLB’s reach.',
      source: seda,
      tolerance:
        'cycles a request of threads, 4 KiB work: the largest number of clients costs at least 10 % more than the smallest at which every thread stays busy (16 or the next), and more than epoll’s rise.',
      check(rows) {
        const [epoll, threads] = [rise(rows, 'base', 'httpd_epoll'), rise(rows, 'base', 'httpd_threads')];
        if (epoll === null || threads === null) return missing('enough client counts');
        return {
          holds: threads >= 0.1 && threads > epoll,
          evidence: `Rise of cycles a request: threads ${shown(100 * threads)} %, epoll ${shown(100 * epoll)} %.`,
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
        return {
          holds: growth('httpd_threads') > growth('httpd_epoll'),
          evidence: `p99 grows ${shown(growth('httpd_threads'))} × for threads, ${shown(growth('httpd_epoll'))} × for epoll.`,
        };
      },
    },
    {
      name: 'no-knee-when-ideal',
      statement: 'It is the memory hierarchy: with ideal caches and TLB the threads’ knee is gone.',
      source: 'ablation',
      tolerance:
        'on the ideal machine the rise of the threads’ cycles a request is less than a third of the base machine’s.',
      check(rows) {
        const [base, ideal] = [rise(rows, 'base', 'httpd_threads'), rise(rows, 'ideal', 'httpd_threads')];
        if (base === null || ideal === null) return missing('enough client counts');
        return {
          holds: ideal < base / 3,
          evidence: `Rise: base ${shown(100 * base)} %, ideal ${shown(100 * ideal)} %.`,
        };
      },
    },
    {
      name: 'knee-moves-with-size',
      statement: 'With twice the caches and TLB the rise comes later.',
      source: 'ablation',
      tolerance:
        'at the first number of clients from 16 on, the larger machine has risen less of its way than the base machine.',
      check(rows) {
        const early = (variant: string): number | null => {
          const curve = cycles(rows, variant, 'httpd_threads');
          if (curve.length < 3) return null;
          const whole = maximum(curve) - curve[0]!;
          return whole <= 0 ? 0 : (curve[Math.floor(curve.length / 2)]! - curve[0]!) / whole;
        };
        const [base, double] = [early('base'), early('l1 and tlb double')];
        if (base === null || double === null) return missing('enough client counts');
        return {
          holds: double < base,
          evidence: `Half way up the range of clients, the base machine has risen ${shown(100 * base)} % of its way, the larger one ${shown(100 * double)} %.`,
        };
      },
    },
  ],
};

function clientsOf(rows: readonly Row[]): number[] {
  return [...new Set(column(sortedBy(where(rows, { variant: 'base', server: 'httpd_epoll' }), 'clients'), 'clients'))];
}

function smallest(rows: readonly Row[]): number {
  return clientsOf(rows)[0] ?? Number.NaN;
}

function largest(rows: readonly Row[]): number {
  return clientsOf(rows).at(-1) ?? Number.NaN;
}

function throughput(rows: readonly Row[], variant: string, scenario: string, clients: number): [number, number] {
  const of = (server: string): number => numberOf(where(rows, { variant, scenario, server, clients })[0], 'requests/s');
  return [of('httpd_epoll'), of('httpd_threads')];
}

/** Cycles a request of the 4 KiB scenario, from 16 clients (or the next) on. */
function cycles(rows: readonly Row[], variant: string, server: string): number[] {
  const curve = sortedBy(where(rows, { variant, server, scenario: '4 KiB work' }), 'clients');
  const busy = curve.filter((row) => Number(row['clients']) >= 16);
  return column(busy.length >= 2 ? busy : curve, 'cycles/request');
}

function rise(rows: readonly Row[], variant: string, server: string): number | null {
  const curve = cycles(rows, variant, server);
  return curve.length < 2 ? null : curve.at(-1)! / curve[0]! - 1;
}
