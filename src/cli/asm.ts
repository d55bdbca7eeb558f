// `cyclix asm FILE.s…`: assembles and links a static executable, or with -c writes one relocatable object.

import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Command } from 'commander';
import { parseArchitecture } from '../assembler/architecture.ts';
import { assembleExecutable, assembleObject, formatDiagnostics } from '../assembler/assemble.ts';
import { assemblerOptions } from './assemble-files.ts';
import { hostErrorText, UsageError } from './fail.ts';
import { readHostFile } from './program-file.ts';

interface AsmFlags {
  readonly output?: string;
  readonly compile?: boolean;
  readonly include?: readonly string[];
  readonly march: string;
}

const collect = (value: string, before: readonly string[] = []) => [...before, value];

function architecture(value: string): string {
  const march = value.replace(/^arch=/, '');
  if (parseArchitecture(march) === undefined) {
    throw new UsageError(`unknown architecture '${march}': expected one such as rv64gc`);
  }
  return march;
}

export function asmCommand(): Command {
  return (
    new Command('asm')
      .description('assemble sources in GNU as syntax and link them into a static riscv64 executable')
      .argument('<FILE.s...>', 'sources, linked in this order')
      .option('-o, --output <FILE>', 'where to write; default a.out, or the name of the source with .o')
      .option('-c, --compile', 'write a relocatable object instead; takes one source')
      .option('-I, --include <DIR>', 'also look here for .include and .incbin (repeatable)', collect)
      // `-march=ARCH`, as compilers write it, reaches commander as -m with the value `arch=ARCH`.
      .option('-m, --march <ARCH>', 'instruction set: -march=rv64imac_zicsr_zifencei', architecture, 'rv64gc')
      .addHelpText('after', '\nExample:\n  cyclix asm -o hello programs/hello.s && cyclix run hello')
      .action((files: string[], flags: AsmFlags) => {
        const sources = files.map((name) => ({ name, text: new TextDecoder().decode(readHostFile(name)) }));
        const options = { ...assemblerOptions(flags.include ?? []), march: flags.march };
        if (flags.compile && sources.length > 1)
          throw new UsageError('asm -c takes one source: expected a single FILE.s');
        const result = flags.compile ? assembleObject(sources[0]!, options) : assembleExecutable(sources, options);
        if (!result.ok) {
          process.stderr.write(formatDiagnostics(result.diagnostics));
          process.exitCode = 1;
          return;
        }
        if (result.warnings.length > 0) process.stderr.write(formatDiagnostics(result.warnings));
        const output = flags.output ?? (flags.compile ? `${basename(files[0]!).replace(/\.[sS]$/, '')}.o` : 'a.out');
        try {
          writeFileSync(output, result.elf, { mode: flags.compile ? 0o666 : 0o777 });
        } catch (error) {
          throw new UsageError(`${output}: ${hostErrorText(error)}`);
        }
      })
  );
}
