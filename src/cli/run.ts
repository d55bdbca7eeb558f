// `cyclix run FILE [args…]`: runs a program; its streams and exit status are ours.

import { Command } from 'commander';
import { addProgramOptions, type ProgramFlags } from './options.ts';
import { openSession, runToEnd } from './session.ts';

export function runCommand(): Command {
  const command = new Command('run')
    .description('run a program: assembly source, C source or a riscv64 ELF executable')
    .argument('<FILE>', 'program.s, program.c or an executable')
    .argument('[args...]', "the program's arguments");
  return addProgramOptions(command)
    .addHelpText(
      'after',
      "\nExample:\n  cyclix run --file /etc/hosts:/etc/hosts programs/cat.s /etc/hosts\n  cyclix run programs/sh.s -c 'ls -la / | head -n 3'",
    )
    .action(async (file: string, args: string[], flags: ProgramFlags) => {
      const session = await openSession(file, args, flags);
      process.exitCode = await runToEnd(session, flags);
    });
}
