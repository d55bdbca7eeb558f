// `cyclix perf stat`: perf's format on the machine's counters.

import { closeSync, openSync, writeSync } from 'node:fs';
import { Command } from 'commander';
import { StatListener } from '../observe/perf/listener.ts';
import { PerTaskCounters } from '../observe/perf/per-task.ts';
import { formatPerTask, formatStat, formatStatJson, formatStatSeparated } from '../observe/perf/stat.ts';
import { hostErrorText, UsageError } from './fail.ts';
import { writeFully } from './host-streams.ts';
import { addProgramOptions, type ProgramFlags } from './options.ts';
import { openSession, runToEnd } from './session.ts';

interface StatFlags extends ProgramFlags {
  json?: boolean;
  fieldSeparator?: string;
  output?: string;
  perTask?: boolean;
}

export function statCommand(): Command {
  const command = new Command('stat')
    .description('run a program and print counters, and how its cycles split')
    .argument('<FILE>', 'program.s, program.c or an executable')
    .argument('[args...]', "the program's arguments")
    .option('-j, --json', 'one JSON object a line')
    .option('-x, --field-separator <SEP>', 'values separated by SEP')
    .option('--per-task', 'counters of each task instead of their sum')
    .option('-o, --output <FILE>', 'write to FILE instead of standard error');
  return addProgramOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  cyclix perf stat programs/lat_ctx.s\n  cyclix perf stat --preset ideal programs/lat_syscall.s',
    )
    .action(async (file: string, args: string[], flags: StatFlags) => {
      process.exitCode = await stat(file, args, flags);
    });
}

async function stat(file: string, args: readonly string[], flags: StatFlags): Promise<number> {
  let output = 2;
  try {
    if (flags.output !== undefined) output = openSync(flags.output, 'w');
  } catch (error) {
    throw new UsageError(`${flags.output}: ${hostErrorText(error)}`);
  }
  const session = await openSession(file, args, flags);
  const { machine, kernel } = session.system;
  const before = machine.counters.read();
  const listener = new StatListener();
  kernel.events.listen(listener.listen);
  const perTask = flags.perTask === true ? new PerTaskCounters(kernel) : null;
  const status = await runToEnd(session, flags);
  const after = machine.counters.read();
  const counters = Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - (before[name as keyof typeof before] ?? 0)]),
  );
  const input = { command: [file, ...args].join(' '), counters, clockHz: machine.preset.clockHz, ...listener.totals() };
  const text =
    perTask !== null
      ? formatPerTask(input.command, perTask.read())
      : flags.json === true
        ? formatStatJson(input)
        : flags.fieldSeparator !== undefined
          ? formatStatSeparated(input, flags.fieldSeparator)
          : formatStat(input);
  if (output === 2) writeFully(2, text);
  else {
    writeSync(output, text);
    closeSync(output);
  }
  return status;
}
