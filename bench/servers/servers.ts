// `npm run bench:servers`: 4,096 connections served by the epoll server and by the thread-per-connection server under the load
// generator. Each is run twice: the same cycles and the same report, or it fails. Prints what the clients saw and the host's speed.

import { Command } from 'commander';
import { epollVsThreads } from '../../src/experiments/catalogue/epoll-vs-threads.ts';
import { canonicalJson } from '../../src/experiments/configuration.ts';
import { measurePoint } from '../../src/experiments/measure.ts';

const flags = new Command('bench:servers')
  .option('--clients <N>', 'connections', '4096')
  .option('--preset <NAME>', 'machine preset', 'rocket')
  .parse()
  .opts<{ clients: string; preset: string }>();

const clients = Number(flags.clients);
const points = epollVsThreads
  .points({ preset: flags.preset, changes: {}, quick: false })
  .filter(
    ({ factors }) =>
      factors['variant'] === 'base' &&
      factors['scenario'] === 'no work' &&
      factors['clients'] === clients &&
      (factors['server'] === 'httpd_epoll' || factors['server'] === 'httpd_threads'),
  );
if (points.length !== 2)
  throw new Error(`no measurement with ${clients} clients: expected 1, 4, 16, 64, 256, 1024 or 4096`);

for (const point of points) {
  const started = performance.now();
  const first = await measurePoint(point, 'bench');
  const seconds = (performance.now() - started) / 1000;
  const again = await measurePoint(point, 'bench');
  const same =
    canonicalJson(first.counters) === canonicalJson(again.counters) &&
    canonicalJson(first.values) === canonicalJson(again.values);
  const { values, counters } = first;
  const instructions = counters['instructions'] ?? 0;
  process.stdout.write(
    `${String(point.factors['server']).padEnd(14)} ${values['connections']} connections, ${values['requests']} requests, ${Math.round(values['throughput'] ?? 0)} requests/s, ` +
      `p50 ${((values['latency_p50_us'] ?? 0) / 1000).toFixed(1)} ms, p99 ${((values['latency_p99_us'] ?? 0) / 1000).toFixed(1)} ms, ${values['errors']} errors; ` +
      `${(instructions / 1e6).toFixed(0)} M guest instructions measured, whole run ${seconds.toFixed(1)} s (at least ${(instructions / 1e6 / seconds).toFixed(1)} M/s); ` +
      `${same ? 'the same again, to the cycle' : 'DIFFERENT the second time'}\n`,
  );
  if (!same || values['connections'] !== clients || values['errors'] !== 0) process.exitCode = 1;
}
