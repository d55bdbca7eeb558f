// `cyclix objdump FILE`: what is in a riscv64 ELF file, as GNU objdump prints it.

import { Command } from 'commander';
import { codeListing } from '../assembler/objdump-code.ts';
import { sectionTable, symbolTable } from '../assembler/objdump-tables.ts';
import { EM_RISCV } from '../elf/constants.ts';
import { readElf } from '../elf/read.ts';
import { UsageError } from './fail.ts';
import { readHostFile } from './program-file.ts';

interface ObjdumpFlags {
  readonly disassemble?: boolean;
  readonly syms?: boolean;
  readonly sectionHeaders?: boolean;
}

export function objdumpCommand(): Command {
  return (
    new Command('objdump')
      .description('show the sections, symbols and code of a riscv64 ELF file')
      .argument('<FILE>', 'an executable or object file')
      .option('-d, --disassemble', 'disassemble the sections that hold code (the default)')
      .option('-t, --syms', 'print the symbol table')
      .option('-h, --section-headers', 'print the section headers')
      // -h is a flag of its own here, as it is for GNU objdump.
      .helpOption('--help', 'display help for command')
      .addHelpText('after', '\nExample:\n  cyclix asm -o hello programs/hello.s && cyclix objdump -d hello')
      .action((file: string, flags: ObjdumpFlags) => {
        const result = readElf(readHostFile(file));
        if (!result.ok) throw new UsageError(`${file}: ${result.reason}`);
        const { elf } = result;
        if (elf.header.machine !== EM_RISCV) {
          throw new UsageError(`${file}: ELF machine ${elf.header.machine} is not RISC-V (${EM_RISCV})`);
        }
        let text = `\n${file}:     file format elf64-littleriscv\n\n`;
        if (flags.sectionHeaders) text += sectionTable(elf);
        if (flags.syms) text += symbolTable(elf);
        if (flags.disassemble || !(flags.syms || flags.sectionHeaders)) text += codeListing(elf);
        process.stdout.write(text);
      })
  );
}
