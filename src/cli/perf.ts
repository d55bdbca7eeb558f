// `cyclix perf`: what measures a program with the machine's counters, under perf's names.

import { Command } from 'commander';
import { recordCommand } from './perf-record.ts';
import { reportCommand } from './perf-report.ts';
import { statCommand } from './perf-stat.ts';

export function perfCommand(): Command {
  const perf = new Command('perf')
    .description("measure a program with the machine's counters")
    .enablePositionalOptions()
    .addHelpText(
      'after',
      '\nExample:\n  cyclix perf stat programs/lat_ctx.s\n  cyclix perf record programs/ls.s -la /',
    );
  perf.addCommand(statCommand());
  perf.addCommand(recordCommand());
  perf.addCommand(reportCommand());
  return perf;
}
