// `cyclix experiment list` and `cyclix experiment NAME`: runs a measured experiment and writes its report.

import { closeSync, openSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { parseChanges } from '../experiments/configuration.ts';
import type { ExperimentOptions, Result } from '../experiments/experiment.ts';
import { experiments } from '../experiments/registry.ts';
import { renderCsv, renderJson } from '../experiments/report/csv.ts';
import { renderReport } from '../experiments/report/html.ts';
import { runExperiment } from '../experiments/run.ts';
import { resolvedParameters } from '../machine/preset.ts';
import { resolvePreset } from '../system/machine-configuration.ts';
import { version } from '../version.ts';
import { hostErrorText, UsageError } from './fail.ts';
import { writeFully } from './host-streams.ts';
import { parseCount } from './options.ts';

interface Flags {
  preset: string;
  set: string[];
  points?: number;
  quick?: boolean;
  json?: boolean;
  csv?: string;
  html?: string;
  jobs: number;
}

export function experimentCommand(): Command {
  return new Command('experiment')
    .description('run a measured experiment: table, plots, and claims that can fail')
    .argument('<NAME>', "an experiment's name, or `list`")
    .option('--preset <NAME|FILE.json>', 'machine preset', 'rocket')
    .option(
      '--set <PARAMETER=VALUE>',
      'change one parameter of the machine (repeatable)',
      (text: string, previous: string[]) => [...previous, text],
      [],
    )
    .option('--points <N>', 'at most N values of the main factor', parseCount('--points'))
    .option('--quick', 'fewer points: a first look in under 30 seconds')
    .option('--json', 'write the result as JSON to standard output')
    .option('--csv <FILE>', 'write the table as CSV')
    .option('--html <FILE>', 'write the report page')
    .option('--jobs <N>', 'worker threads', parseCount('--jobs'), availableParallelism())
    .addHelpText(
      'after',
      '\nExample:\n  cyclix experiment context-switch --quick --html context-switch.html\n  cyclix experiment context-switch --set l1d.sizeBytes=32KiB',
    )
    .action(async (name: string, flags: Flags) => {
      if (name === 'list') {
        const width = Math.max(...experiments.map((experiment) => experiment.name.length));
        writeFully(
          1,
          experiments.map((experiment) => `${experiment.name.padEnd(width)}  ${experiment.title}\n`).join(''),
        );
        return;
      }
      await run(name, flags);
    });
}

async function run(name: string, flags: Flags): Promise<void> {
  const experiment = experiments.find((candidate) => candidate.name === name);
  if (experiment === undefined)
    throw new UsageError(
      `no experiment '${name}': expected one of ${experiments.map((candidate) => candidate.name).join(', ')}`,
    );
  if (flags.points === 0) throw new UsageError('--points 0: expected at least 1');
  if (flags.jobs === 0) throw new UsageError('--jobs 0: expected at least 1');
  let changes: Readonly<Record<string, string>>;
  try {
    changes = parseChanges(flags.set);
    resolvePreset({ preset: flags.preset, changes });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const options: ExperimentOptions = {
    preset: flags.preset,
    changes,
    quick: flags.quick === true,
    ...(flags.points === undefined ? {} : { points: flags.points }),
  };
  // A machine that is fine may have ablations that are not, as half of the smallest cache.
  for (const point of experiment.points(options)) {
    try {
      resolvePreset(point.machine);
    } catch (error) {
      throw new UsageError(`${name}: ${point.label}: ${(error as Error).message}`);
    }
  }
  // Before minutes of measuring, not after them.
  for (const path of [flags.csv, flags.html]) if (path !== undefined) checkWritable(path);
  const started = Date.now();
  const terminal = process.stderr.isTTY === true;
  let result: Result;
  try {
    result = await runExperiment(experiment, options, {
      jobs: flags.jobs,
      version,
      onProgress: (finished, total, label) => {
        if (terminal) process.stderr.write(`\r\x1b[K${name}: ${finished}/${total} ${label}`);
      },
    });
  } catch (error) {
    if (terminal) process.stderr.write('\r\x1b[K');
    throw new UsageError(`${name}: ${(error as Error).message}`, 1);
  }
  if (terminal) process.stderr.write('\r\x1b[K');
  process.stderr.write(
    `${name}: ${result.measurements.length} runs in ${((Date.now() - started) / 1000).toFixed(1)} s\n`,
  );
  if (flags.csv !== undefined) writeFileSync(flags.csv, renderCsv(result.rows));
  if (flags.html !== undefined) {
    const parameters = resolvedParameters(resolvePreset({ preset: flags.preset, changes }));
    writeFileSync(flags.html, renderReport(result, { version, parameters, command: reproduction(name, flags) }));
  }
  writeFully(1, flags.json === true ? renderJson(result, version) : renderText(result));
}

/** Throws UsageError when `path` cannot be written; creates the file. */
function checkWritable(path: string): void {
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    throw new UsageError(`${path}: ${hostErrorText(error)}`);
  }
}

function reproduction(name: string, flags: Flags): string {
  const parts = [
    'cyclix experiment',
    name,
    `--preset ${flags.preset}`,
    ...flags.set.map((setting) => `--set ${setting}`),
  ];
  if (flags.points !== undefined) parts.push(`--points ${flags.points}`);
  if (flags.quick === true) parts.push('--quick');
  return [...parts, `--html ${name}.html`].join(' ');
}

/** The table and the verdicts, for a terminal. */
function renderText(result: Result): string {
  const columns = [...new Set(result.rows.flatMap((row) => Object.keys(row)))];
  const cells = result.rows.map((row) => columns.map((name) => formatCell(row[name])));
  const widths = columns.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padStart(widths[i]!))
      .join('  ')
      .trimEnd();
  const claims = result.verdicts.map(
    ({ claim, verdict }) =>
      `${verdict.holds === null ? '  -  ' : verdict.holds ? 'holds' : 'FAILS'}  ${claim.name}: ${claim.statement}\n       ${verdict.evidence}`,
  );
  const held = result.verdicts.filter(({ verdict }) => verdict.holds === true).length;
  const evaluated = result.verdicts.filter(({ verdict }) => verdict.holds !== null).length;
  return [
    result.experiment.title,
    '',
    line(columns),
    ...cells.map(line),
    '',
    ...claims,
    '',
    `${held} of ${evaluated} claims hold${evaluated < result.verdicts.length ? `, ${result.verdicts.length - evaluated} need more points` : ''}`,
    '',
  ].join('\n');
}

function formatCell(value: number | string | undefined): string {
  if (value === undefined) return '-';
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 3 : 1);
}
