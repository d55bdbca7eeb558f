import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { assembleExecutable, formatDiagnostics, type SourceText } from '../../src/assembler/assemble.ts';
import { inTemporaryFolder } from './gnu.ts';

const QEMU = 'qemu-riscv64-static';
const HAS_QEMU = spawnSync(QEMU, ['--version']).status === 0;
if (!HAS_QEMU) console.log(`left out: running assembled programs under ${QEMU} (not installed)`);

function run(sources: readonly SourceText[]): { status: number | null; output: string } {
  const result = assembleExecutable(sources);
  if (!result.ok) throw new Error(formatDiagnostics(result.diagnostics));
  return inTemporaryFolder((folder) => {
    const path = join(folder, 'program');
    writeFileSync(path, result.elf, { mode: 0o755 });
    const { status, stdout } = spawnSync(QEMU, [path], { encoding: 'utf8' });
    return { status, output: stdout };
  });
}

describe.skipIf(!HAS_QEMU)('an assembled executable runs under QEMU', () => {
  test('code, constants, data and .bss from two sources', () => {
    const main = {
      name: 'main.s',
      text: `        .globl _start
_start: la      a0, greeting
        call    print
        # .data is writable and keeps its contents; .bss is writable and zero.
        la      t0, number
        lw      t1, 0(t0)
        lw      t2, zeros
        add     t1, t1, t2
        sw      t1, zeros, t3
        lw      a0, zeros
        lw      t1, shared
        add     a0, a0, t1
        li      a7, 93
        syscall
        .section .rodata
greeting: .asciz "hello from two sources\\n"
        .data
number: .word   40
        .bss
zeros:  .zero   64
        .comm   shared, 4, 4
`,
    };
    const library = {
      name: 'print.s',
      text: `        .globl print
# Writes the string at a0 to standard output.
print:  mv      a1, a0
1:      lbu     t0, 0(a0)
        beqz    t0, 1f
        addi    a0, a0, 1
        j       1b
1:      sub     a2, a0, a1
        li      a0, 1
        li      a7, 64
        ecall
        la      t0, shared
        li      t1, 2
        sw      t1, 0(t0)
        ret
        .comm   shared, 4, 4
`,
    };
    expect(run([main, library])).toEqual({ status: 42, output: 'hello from two sources\n' });
  });

  test('code cannot be written', () => {
    const result = run([{ name: 'write.s', text: '.globl _start\n_start: la a0, _start\nsw zero, 0(a0)\n' }]);
    expect(result.status).not.toBe(0);
  });
});
