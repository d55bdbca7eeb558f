// `cyclix perf report`: the flat table of a profile that `perf record` wrote as collapsed stacks.

import { Command } from 'commander';
import { parseCollapsed } from '../observe/perf/profile.ts';
import { formatReport, type ReportColumn, reportColumns } from '../observe/perf/report.ts';
import { UsageError } from './fail.ts';
import { writeFully } from './host-streams.ts';
import { readHostFile } from './program-file.ts';

interface ReportFlags {
  input: string;
  sort: ReportColumn[];
}

const columnNames = Object.keys(reportColumns) as ReportColumn[];

function parseColumns(text: string): ReportColumn[] {
  return text.split(',').map((name) => {
    const column = columnNames.find((known) => known === name);
    if (column === undefined)
      throw new UsageError(`invalid --sort '${name}': expected some of ${columnNames.join(',')}`);
    return column;
  });
}

export function reportCommand(): Command {
  return new Command('report')
    .description('print a recorded profile as a table, hottest first')
    .option('-i, --input <FILE>', 'collapsed stacks', 'perf.collapsed')
    .option('-s, --sort <COLUMNS>', `columns: ${columnNames.join(',')}`, parseColumns, ['comm', 'dso', 'sym'])
    .addHelpText(
      'after',
      '\nExample:\n  cyclix perf record programs/ls.s -la / && cyclix perf report\n  cyclix perf report --sort comm,syscall',
    )
    .action((flags: ReportFlags) => {
      const text = new TextDecoder().decode(readHostFile(flags.input));
      let profile: ReturnType<typeof parseCollapsed>;
      try {
        profile = parseCollapsed(text);
      } catch (error) {
        throw new UsageError(`${flags.input}: ${(error as Error).message}`);
      }
      writeFully(1, formatReport(profile, flags.sort));
    });
}
