// A worker thread of the pool: measures the points it is sent.

import { parentPort, workerData } from 'node:worker_threads';
import type { Point } from './experiment.ts';
import { measurePoint } from './measure.ts';

const { version } = workerData as { version: string };

parentPort?.on('message', async ({ index, point }: { index: number; point: Point }) => {
  try {
    parentPort?.postMessage({ index, measurement: await measurePoint(point, version) });
  } catch (error) {
    parentPort?.postMessage({ index, error: error instanceof Error ? error.message : String(error) });
  }
});
