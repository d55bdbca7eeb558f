// Runs an experiment: points → measurements → rows → verdicts.

import type { Experiment, ExperimentOptions, Result } from './experiment.ts';
import { measureAll, type PoolOptions } from './pool.ts';

export async function runExperiment(
  experiment: Experiment,
  options: ExperimentOptions,
  pool: PoolOptions,
): Promise<Result> {
  const points = experiment.points(options);
  const labels = new Set(points.map((point) => point.label));
  if (labels.size !== points.length) throw new Error(`experiment ${experiment.name} has two points of one label`);
  const measurements = await measureAll(points, pool);
  const rows = experiment.rows(measurements);
  const verdicts = experiment.claims.map((claim) => ({ claim, verdict: claim.check(rows, options) }));
  return { experiment, options, measurements, rows, verdicts };
}
