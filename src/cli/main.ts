#!/usr/bin/env node
// The `cyclix` command. Exit status: the guest's for commands that run one, 2 for wrong usage, 1 for other failures.

import { Command, CommanderError } from 'commander';
import { version } from '../version.ts';
import { asmCommand } from './asm.ts';
import { bootCommand } from './boot.ts';
import { experimentCommand } from './experiment.ts';
import { UsageError, usageStatus } from './fail.ts';
import { objdumpCommand } from './objdump.ts';
import { perfCommand } from './perf.ts';
import { runCommand } from './run.ts';
import { straceCommand } from './strace.ts';

const program = new Command('cyclix')
  .description('A computer you can take apart: a cycle-level RISC-V machine and a Unix kernel on it.')
  .version(version)
  .enablePositionalOptions()
  .showSuggestionAfterError();

for (const command of [
  runCommand(),
  straceCommand(),
  perfCommand(),
  bootCommand(),
  experimentCommand(),
  asmCommand(),
  objdumpCommand(),
])
  program.addCommand(command);

/** Errors of commander become one line and status 2; help and version keep 0. */
function prepare(command: Command): void {
  command.exitOverride();
  command.configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'cyclix: ')) });
  for (const child of command.commands) prepare(child);
}
prepare(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : usageStatus;
  else if (error instanceof UsageError) {
    process.stderr.write(`${error.message.includes('\n') ? '' : 'cyclix: '}${error.message}\n`);
    process.exitCode = error.status;
  } else {
    process.stderr.write(`cyclix: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  }
}
