import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { assembleExecutable, assembleObject, formatDiagnostics } from '../../src/assembler/assemble.ts';
import { codeListing } from '../../src/assembler/objdump-code.ts';
import { sectionTable, symbolTable } from '../../src/assembler/objdump-tables.ts';
import { readElf } from '../../src/elf/read.ts';
import {
  compareWithGnu,
  fileOptions,
  gnuAssemble,
  gnuLink,
  HAS_GNU,
  inTemporaryFolder,
  PREFIX,
  sectionsOf,
  writeSource,
} from './gnu.ts';

const COMPILER = 'riscv64-linux-gnu-gcc';
const DIRECTIVES = 'test/assembler/directives.s';

describe.skipIf(!HAS_GNU)('syntax of GNU as', () => {
  test('every directive, expression and macro feature gives the same bytes', () => {
    expect(compareWithGnu([DIRECTIVES], 'rv64gc')).toEqual([]);
  });

  test('without compressed instructions too', () => {
    expect(compareWithGnu([DIRECTIVES], 'rv64imafd')).toEqual([]);
  });

  test('several sources link to the same bytes as with GNU ld', () => {
    inTemporaryFolder((folder) => {
      const main = writeSource(
        folder,
        'main.s',
        `        .globl _start
_start: call    helper
        la      a0, shared
        la      a1, counter
        lw      a2, weak_one
        .section .text.cold, "ax"
        nop
        .data
        .dword  helper, shared, counter + 4
        .weak   weak_one
weak_one: .dword 1
        .comm   shared, 8, 8
`,
      );
      const helper = writeSource(
        folder,
        'helper.s',
        `        .globl helper, counter, weak_one
helper: ret
        .section .rodata.str, "aMS", @progbits, 1
        .asciz  "constant"
        .data
counter: .dword 2
weak_one: .dword 3
        .comm   shared, 64, 16
`,
      );
      expect(compareWithGnu([main, helper], 'rv64gc')).toEqual([]);
    });
  });

  test('la through the global offset table under `.option pic`', () => {
    const result = assembleExecutable([
      {
        name: 'pic.s',
        text: '.globl _start\n.option pic\n_start: la a0, value\nla a1, _start\n.data\nvalue: .dword 5\n',
      },
    ]);
    if (!result.ok) throw new Error(formatDiagnostics(result.diagnostics));
    const got = result.sections.find(({ name }) => name === '.got')!;
    const slots = new DataView(got.data.buffer, got.data.byteOffset);
    expect(slots.getBigUint64(0, true)).toBe(result.symbols.get('value'));
    expect(slots.getBigUint64(8, true)).toBe(result.symbols.get('_start'));
  });

  test('relocatable objects link with GNU ld to what GNU as gives', () => {
    inTemporaryFolder((folder) => {
      const source = { name: DIRECTIVES, text: readFileSync(DIRECTIVES, 'utf8') };
      const ours = assembleObject(source, fileOptions());
      const linked = assembleExecutable([source], fileOptions());
      if (!ours.ok || !linked.ok) throw new Error('does not assemble');
      const object = join(folder, 'ours.o');
      writeFileSync(object, ours.elf);
      gnuAssemble(DIRECTIVES, join(folder, 'gnu.o'), 'rv64gc');
      gnuLink([object], join(folder, 'ours'), linked, '_start');
      gnuLink([join(folder, 'gnu.o')], join(folder, 'gnu'), linked, '_start');
      const fromOurs = sectionsOf(readFileSync(join(folder, 'ours')));
      const fromGnu = sectionsOf(readFileSync(join(folder, 'gnu')));
      for (const name of ['.text', '.rodata', '.data']) {
        expect(Buffer.from(fromOurs.get(name)!).toString('hex'), name).toBe(
          Buffer.from(fromGnu.get(name)!).toString('hex'),
        );
      }
      // readelf complains on stderr about anything that is out of order in the file.
      const readelf = execFileSync(`${PREFIX}readelf`, ['-a', '-W', object], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      expect(readelf).toContain('R_RISCV_CALL_PLT');
      expect(readelf).not.toMatch(/[Ww]arning|[Ee]rror/);
    });
  });

  test('objdump -d, -t and -h of our executables and objects print as GNU objdump does', () => {
    inTemporaryFolder((folder) => {
      const source = { name: DIRECTIVES, text: readFileSync(DIRECTIVES, 'utf8') };
      const executable = assembleExecutable([source], fileOptions());
      const object = assembleObject(source, fileOptions());
      if (!executable.ok || !object.ok) throw new Error('does not assemble');
      for (const [name, bytes] of [
        ['program', executable.elf],
        ['object.o', object.elf],
      ] as const) {
        const path = join(folder, name);
        writeFileSync(path, bytes);
        const elf = readElf(bytes);
        if (!elf.ok) throw new Error(elf.reason);
        const gnu = (flag: string) => {
          const text = execFileSync(`${PREFIX}objdump`, [flag, path], { encoding: 'utf8' });
          return text.slice(text.indexOf('elf64-littleriscv\n\n') + 'elf64-littleriscv\n\n'.length);
        };
        expect(sectionTable(elf.elf)).toBe(gnu('-h'));
        expect(symbolTable(elf.elf)).toBe(gnu('-t'));
        expect(codeListing(elf.elf)).toBe(gnu('-d'));
      }
    });
  });

  test.skipIf(!hasCompiler())('what GCC writes for C code', () => {
    inTemporaryFolder((folder) => {
      const assembly = join(folder, 'program.s');
      const flags = ['-O2', '-S', '-ffreestanding', '-mcmodel=medany', '-fno-pic', '-fno-asynchronous-unwind-tables'];
      execFileSync(COMPILER, [...flags, '-o', assembly, 'bench/calibration/kernels/prog.c']);
      // GCC's small constants go where only GNU ld's own layout puts them, so it links both objects.
      const ours = assembleObject({ name: 'program.s', text: readFileSync(assembly, 'utf8') });
      if (!ours.ok) throw new Error(formatDiagnostics(ours.diagnostics));
      writeFileSync(join(folder, 'ours.o'), ours.elf);
      gnuAssemble(assembly, join(folder, 'gnu.o'), 'rv64gc');
      const [fromOurs, fromGnu] = ['ours', 'gnu'].map((name) => {
        const output = join(folder, name);
        const flags = ['--no-relax', '--unresolved-symbols=ignore-all', '-Ttext=0x10000', '-e', '0'];
        execFileSync(`${PREFIX}ld`, [...flags, '-o', output, `${output}.o`], { stdio: 'pipe' });
        return sectionsOf(readFileSync(output));
      });
      for (const name of ['.text', '.rodata', '.sdata']) {
        expect(fromOurs!.get(name), name).toEqual(fromGnu!.get(name));
      }
    });
  });
});

function hasCompiler(): boolean {
  return spawnSync(COMPILER, ['--version']).status === 0;
}
