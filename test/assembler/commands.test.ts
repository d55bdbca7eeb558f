import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { asmCommand } from '../../src/cli/asm.ts';
import { objdumpCommand } from '../../src/cli/objdump.ts';
import { ET_REL } from '../../src/elf/constants.ts';
import { readElf } from '../../src/elf/read.ts';
import { inTemporaryFolder, writeSource } from './gnu.ts';

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly error: string;
}

function run(name: 'asm' | 'objdump', ...args: string[]): Outcome {
  let stdout = '';
  let stderr = '';
  let error = '';
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text;
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += text;
    return true;
  });
  const command = name === 'asm' ? asmCommand() : objdumpCommand();
  command.exitOverride();
  try {
    command.parse(args, { from: 'user' });
  } catch (problem) {
    error = (problem as Error).message;
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
  return { stdout, stderr, error };
}

afterEach(() => {
  process.exitCode = undefined;
});

const HELLO = '        .globl _start\n_start: li a0, 5\n        .include "part.inc"\n';

describe('cyclix asm', () => {
  test('writes an executable, with -c an object, and finds includes in -I', () => {
    inTemporaryFolder((folder) => {
      const source = writeSource(folder, 'hello.s', HELLO);
      const parts = join(folder, 'hello');
      expect(run('asm', '-o', parts, source).stderr).toContain('hello.s:3:18: error: cannot find the file `part.inc`');
      expect(process.exitCode).toBe(1);
      expect(existsSync(parts)).toBe(false);
      writeSource(folder, 'part.inc', '        ecall\n');
      expect(run('asm', '-o', parts, source)).toEqual({ stdout: '', stderr: '', error: '' });
      expect(readElf(readFileSync(parts))).toMatchObject({ ok: true });
      expect(run('asm', '-c', '-march=rv64imac', '-o', `${parts}.o`, source).error).toBe('');
      expect(readElf(readFileSync(`${parts}.o`))).toMatchObject({
        ok: true,
        elf: { header: { type: ET_REL, flags: 1 } },
      });
    });
  });

  test.each([
    [['--frob', 'x.s'], "error: unknown option '--frob'"],
    [['/nonexistent.s'], '/nonexistent.s: No such file or directory'],
    [['-march=rv32i', 'x.s'], "unknown architecture 'rv32i': expected one such as rv64gc"],
    [[], "error: missing required argument 'FILE.s'"],
  ])('%j: one line', (args, message) => {
    expect(run('asm', ...args).error).toBe(message);
  });

  test('--help has an example', () => {
    expect(run('asm', '--help').stdout).toContain('Example:\n  cyclix asm -o hello');
  });
});

describe('cyclix objdump', () => {
  test('prints headers, symbols and code', () => {
    inTemporaryFolder((folder) => {
      const source = writeSource(folder, 'hello.s', '        .globl _start\n_start: li a0, 5\n        ecall\n');
      const program = join(folder, 'hello');
      run('asm', '-o', program, source);
      const { stdout } = run('objdump', '-d', '-t', '-h', program);
      expect(stdout).toContain(`${program}:     file format elf64-littleriscv\n\nSections:\nIdx Name`);
      expect(stdout).toMatch(/ g {7}\.text\t0{16} _start\n/);
      expect(stdout).toMatch(/<_start>:\n {3}100b0:\t4515 {16}\tli\ta0,5\n {3}100b2:\t00000073 {10}\tecall\n/);
    });
  });

  test('refuses other machines and what is no ELF file, in one line', () => {
    inTemporaryFolder((folder) => {
      const other = join(folder, 'other');
      const text = writeSource(folder, 'text', 'hello\n'.repeat(20));
      expect(run('objdump', text).error).toBe(`${text}: not an ELF file: wrong magic number`);
      const source = writeSource(folder, 'hello.s', '.globl _start\n_start: nop\n');
      run('asm', '-o', other, source);
      const bytes = readFileSync(other);
      bytes.writeUInt16LE(62, 18);
      const patched = join(folder, 'patched');
      writeFileSync(patched, bytes);
      expect(run('objdump', patched).error).toBe(`${patched}: ELF machine 62 is not RISC-V (243)`);
    });
  });

  test('--help has an example', () => {
    expect(run('objdump', '--help').stdout).toContain('Example:\n  cyclix asm');
  });
});
