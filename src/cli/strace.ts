// `cyclix strace`: strace(1)'s flags and formats, on guest time.

import { closeSync, openSync } from 'node:fs';
import { Command } from 'commander';
import { syscallRows } from '../kernel/syscalls/table.ts';
import { attachTracer } from '../observe/strace/attach.ts';
import { FilterError, parseTraceFilter } from '../observe/strace/filter.ts';
import type { TracerOptions } from '../observe/strace/tracer.ts';
import { hostErrorText, UsageError } from './fail.ts';
import { writeFully } from './host-streams.ts';
import { addProgramOptions, type ProgramFlags, parseCount } from './options.ts';
import { openSession, runToEnd } from './session.ts';

interface Flags extends ProgramFlags {
  followForks?: boolean;
  summaryOnly?: boolean;
  summary?: boolean;
  trace?: string;
  output?: string;
  syscallTimes?: boolean;
  absoluteTimestamps?: number;
  relativeTimestamps?: boolean;
  stringLimit: number;
  quiet?: number;
  columns: number;
}

/** How often a flag was given. */
function count(_: string, previous: number): number {
  return previous + 1;
}

export function straceCommand(): Command {
  const command = new Command('strace')
    .description('run a program and print its system calls as strace does; times are guest time')
    .argument('<FILE>', 'program.s, program.c or an executable')
    .argument('[args...]', "the program's arguments")
    .option('-f, --follow-forks', 'trace children and threads')
    .option('-c, --summary-only', 'count calls, errors and time; print only the table')
    .option('-C, --summary', 'print the calls and the table')
    .option('-e, --trace <SET>', 'only these calls: trace=open,read or trace=%file or trace=!write')
    .option('-o, --output <FILE>', 'write the trace to FILE')
    .option('-T, --syscall-times', 'print the time spent in each call')
    .option('-t, --absolute-timestamps', 'print the time of each call (-tt: with microseconds)', count, 0)
    .option('-r, --relative-timestamps', 'print the time since the call before')
    .option('-s, --string-limit <N>', 'print at most N bytes of strings', parseCount('-s'), 32)
    .option('-q, --quiet', 'no messages about attaching (-qq: nor about exiting)', count, 0)
    .option('-a, --columns <N>', 'column of the results', parseCount('-a'), 40);
  return addProgramOptions(command)
    .addHelpText('after', '\nExample:\n  cyclix strace -f programs/forkls.s\n  cyclix strace -c programs/ls.s -la /')
    .action(async (file: string, args: string[], flags: Flags) => {
      process.exitCode = await strace(file, args, flags);
    });
}

/** By how often -t was given. */
function stampOf(times: number): TracerOptions['stamp'] {
  if (times === 0) return 'none';
  return times === 1 ? 'seconds' : 'microseconds';
}

async function strace(file: string, args: readonly string[], flags: Flags): Promise<number> {
  const names = new Set(syscallRows.map((row) => row.name));
  let filter: ((name: string) => boolean) | undefined;
  try {
    filter = flags.trace === undefined ? undefined : parseTraceFilter(flags.trace, (name) => names.has(name));
  } catch (error) {
    if (error instanceof FilterError) throw new UsageError(error.message);
    throw error;
  }
  let output = 2;
  try {
    if (flags.output !== undefined) output = openSync(flags.output, 'w');
  } catch (error) {
    throw new UsageError(`${flags.output}: ${hostErrorText(error)}`);
  }
  const session = await openSession(file, args, flags);
  const { task, argv, environmentCount } = session;
  const stamps = flags.absoluteTimestamps ?? 0;
  const tracer = attachTracer(
    session.system.kernel,
    { task, path: `/bin/${task.comm}`, argv, environmentCount },
    {
      follow: flags.followForks === true,
      summary: flags.summaryOnly === true ? 'only' : flags.summary === true ? 'both' : 'none',
      times: flags.syscallTimes === true,
      stamp: flags.relativeTimestamps === true ? 'relative' : stampOf(stamps),
      stringLimit: flags.stringLimit,
      quiet: flags.quiet ?? 0,
      column: flags.columns,
      toFile: flags.output !== undefined,
      ...(filter === undefined ? {} : { filter }),
    },
    (text) => writeFully(output, text),
    (text) => writeFully(2, text),
  );
  const status = await runToEnd(session, flags);
  tracer.finish();
  if (output !== 2) closeSync(output);
  return status;
}
