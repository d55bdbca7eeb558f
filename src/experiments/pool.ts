// Runs points side by side in worker threads. Results come back in the points' order, whatever finished first, so that
// nothing depends on the number of workers.

import { Worker } from 'node:worker_threads';
import type { Measurement, Point } from './experiment.ts';

export interface PoolOptions {
  readonly jobs: number;
  readonly version: string;
  readonly onProgress?: (finished: number, total: number, label: string) => void;
}

interface Reply {
  readonly index: number;
  readonly measurement?: Measurement;
  readonly error?: string;
}

/** Measures every point; rejects with the first point's error in the points' order. */
export async function measureAll(points: readonly Point[], options: PoolOptions): Promise<Measurement[]> {
  const results: (Measurement | undefined)[] = points.map(() => undefined);
  const errors: (string | undefined)[] = points.map(() => undefined);
  // Long points first would be better balanced, but their length is not known: the order of the points is kept.
  let next = 0;
  let finished = 0;
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const script = new URL(`./worker.${extension}`, import.meta.url);
  const runWorker = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(script, { workerData: { version: options.version } });
      const send = (): void => {
        if (next >= points.length || errors.some((error) => error !== undefined)) {
          void worker.terminate().then(() => resolve());
          return;
        }
        const index = next++;
        worker.postMessage({ index, point: points[index] });
      };
      worker.on('message', (reply: Reply) => {
        finished += 1;
        results[reply.index] = reply.measurement;
        errors[reply.index] = reply.error;
        options.onProgress?.(finished, points.length, points[reply.index]!.label);
        send();
      });
      worker.on('error', reject);
      send();
    });
  await Promise.all(Array.from({ length: Math.max(1, Math.min(options.jobs, points.length)) }, runWorker));
  const failed = errors.findIndex((error) => error !== undefined);
  if (failed >= 0) throw new Error(`${points[failed]!.label}: ${errors[failed]}`);
  return results as Measurement[];
}
