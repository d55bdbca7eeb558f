// Each command's main job, and what its flags do.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CYCLE_PARTS } from '../../src/machine/counters.ts';
import { cyclix, isBuilt, root } from './cyclix.ts';

describe.skipIf(!isBuilt)('cyclix', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cyclix-cli-'));
    mkdirSync(join(folder, 'root', 'data'), { recursive: true });
    writeFileSync(join(folder, 'root', 'data', 'a.txt'), 'alpha\n');
    writeFileSync(join(folder, 'note.txt'), 'a note\n');
    writeFileSync(join(folder, 'part-one.s'), '.globl _start\n_start: call status\n li a7, 93\n ecall\n');
    writeFileSync(join(folder, 'part-two.s'), '.globl status\nstatus: li a0, 42\n ret\n');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const sh = (text: string, ...flags: string[]) => cyclix(['run', ...flags, 'programs/sh.s', '-c', text]);

  describe('run', () => {
    test('the streams and the status are the guest’s', () => {
      expect(cyclix(['run', 'programs/cat.s'], { input: 'one\ntwo\n' })).toEqual({
        status: 0,
        stdout: 'one\ntwo\n',
        stderr: '',
      });
      expect(cyclix(['run', 'programs/false.s']).status).toBe(1);
      const { status, stdout, stderr } = sh('echo out; echo err >&2; exit 7');
      expect({ status, stdout, stderr }).toEqual({ status: 7, stdout: 'out\n', stderr: 'err\n' });
    });

    test('a signal’s status is 128 more', () => {
      const { status, stderr } = cyclix(['run', 'programs/segfault.s']);
      expect(status).toBe(139);
      expect(stderr).toBe('Segmentation fault\n');
      expect(sh('kill -TERM $$').status).toBe(143);
      expect(sh('kill -KILL $$').status).toBe(137);
    });

    test('--max-cycles ends the run with 124', () => {
      const { status, stderr } = cyclix(['run', '--max-cycles', '2e6', 'programs/spin.s']);
      expect(status).toBe(124);
      expect(stderr).toBe('cyclix: the cycles of --max-cycles are used up\n');
    });

    test('--root, --file, --env and --cwd', () => {
      const { stdout } = sh(
        'pwd; cat a.txt; cat /etc/note; echo $COLOR',
        '--root',
        join(folder, 'root'),
        '--file',
        `${join(folder, 'note.txt')}:/etc/note`,
        '--cwd',
        '/data',
        '--env',
        'COLOR=blue',
      );
      expect(stdout).toBe('/data\nalpha\na note\nblue\n');
    });

    test('--with links another source', () => {
      expect(cyclix(['run', '--with', join(folder, 'part-two.s'), join(folder, 'part-one.s')]).status).toBe(42);
    });

    test('a host file comes out to the byte', () => {
      const { stdout } = cyclix(['run', '--file', '/etc/hosts:/etc/hosts', 'programs/cat.s', '/etc/hosts']);
      expect(stdout).toBe(readFileSync('/etc/hosts', 'utf8'));
    });

    test('what stands after FILE is the guest’s', () => {
      expect(cyclix(['run', 'programs/echo.s', '--memory', '1', '--help', '-e', '--preset=x']).stdout).toBe(
        '--memory 1 --help -e --preset=x\n',
      );
    });

    test('an error in a source says where', () => {
      writeFileSync(join(folder, 'bad.s'), '_start:\n  addi a0, a1, frog\n');
      const { status, stderr } = cyclix(['run', join(folder, 'bad.s')]);
      expect(status).not.toBe(0);
      expect(stderr).toMatch(/bad\.s:2:\d+: error: /);
    });
  });

  describe('strace', () => {
    test('prints calls on stderr, the guest’s own output on stdout', () => {
      const { status, stdout, stderr } = cyclix(['strace', 'programs/echo.s', 'hi']);
      expect(status).toBe(0);
      expect(stdout).toBe('hi\n');
      expect(stderr).toMatch(/^execve\("\/bin\/echo", \["echo", "hi"\], 0x[0-9a-f]+ \/\* 5 vars \*\/\) = 0\n/);
      expect(stderr).toContain('write(1, "hi\\n", 3)');
      expect(stderr).toMatch(/\+\+\+ exited with 0 \+\+\+\n$/);
    });

    test('-c prints the table alone, -o writes to a file, -e chooses', () => {
      const output = join(folder, 'trace');
      const { stderr } = cyclix(['strace', '-c', '-o', output, '-f', 'programs/forkls.s']);
      expect(stderr).toMatch(/^(strace: Process \d+ attached\n)*$/);
      const table = readFileSync(output, 'utf8');
      expect(table).toMatch(/^% time {5}seconds {2}usecs\/call {5}calls {4}errors syscall\n/);
      expect(table).toMatch(/ 2 +execve\n/);
      const chosen = cyclix(['strace', '-e', 'trace=write', 'programs/echo.s', 'x']).stderr;
      expect(chosen.split('\n').filter((line) => !line.startsWith('write(') && !line.startsWith('+++'))).toEqual(['']);
    });

    test('-f names who calls when there are several', () => {
      const { stderr } = cyclix(['strace', '-f', 'programs/forkls.s']);
      expect(stderr).toMatch(/strace: Process 3 attached\n/);
      expect(stderr).toMatch(/\[pid {5}3\] execve\("\/bin\/ls"/);
      expect(cyclix(['strace', 'programs/forkls.s']).stderr).not.toContain('attached');
    });

    test('the status is the guest’s', () => {
      const { status, stderr } = cyclix(['strace', 'programs/segfault.s']);
      expect(status).toBe(139);
      expect(stderr).toMatch(/--- SIGSEGV \{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=[^}]+\} ---\n/);
      expect(stderr).toContain('+++ killed by SIGSEGV +++\n');
    });
  });

  describe('perf', () => {
    const counters = (text: string): Map<string, number> =>
      new Map(
        text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { event: string; 'counter-value': string })
          .map(({ event, 'counter-value': value }) => [event, Number(value)] as const),
      );

    test('stat: the parts add up to the cycles', () => {
      const { status, stderr } = cyclix(['perf', 'stat', '-j', 'programs/sieve.s']);
      expect(status).toBe(0);
      const counted = counters(stderr);
      const parts = CYCLE_PARTS.reduce((sum, part) => sum + counted.get(part)!, 0);
      expect(parts).toBe(counted.get('cycles'));
      expect(counted.get('cycles:u')! + counted.get('cycles:k')!).toBe(counted.get('cycles'));
    });

    test('stat: perf’s own table', () => {
      const { stderr } = cyclix(['perf', 'stat', 'programs/true.s']);
      expect(stderr).toMatch(/^\n Performance counter stats for 'programs\/true\.s':\n\n +[\d.]+ {6}msec task-clock/);
      expect(stderr).toMatch(/\n +[\d,]+ {6}instructions +# +[\d.]+ {2}insn per cycle\n/);
      expect(stderr).toMatch(/\n +[\d.]+ seconds time elapsed\n/);
    });

    test('stat --per-task: the tasks add up to the whole', () => {
      const whole = cyclix(['perf', 'stat', '-j', 'programs/forkls.s']).stderr;
      const tasks = cyclix(['perf', 'stat', '--per-task', 'programs/forkls.s']).stderr;
      const cycles = [...tasks.matchAll(/^ *\S+-\d+ +([\d,]+) {6}cycles /gm)].map(([, value]) =>
        Number(value!.replaceAll(',', '')),
      );
      expect(cycles.length).toBe(3); // forkls, ls, and nobody
      expect(cycles.reduce((sum, value) => sum + value, 0)).toBe(counters(whole).get('cycles'));
    });

    test('record and report', () => {
      const source = join(root, 'programs', 'sieve.s');
      const { status, stderr } = cyclix(['perf', 'record', '-c', '997', source], { cwd: folder });
      expect(status).toBe(0);
      const samples = Number(/perf\.collapsed: (\d+) samples, one every 997 cycles/.exec(stderr)![1]);
      const report = cyclix(['perf', 'report'], { cwd: folder });
      expect(report.stdout).toContain(`# Event count (approx.): ${samples * 997}\n`);
      expect(report.stdout).toMatch(/^ +\d+\.\d\d% {2}sieve +sieve +\[\.\] \w+$/m);
      expect(report.stdout).toMatch(/^ +\d+\.\d\d% {2}sieve +\[kernel\] +\[k\] \w+$/m);
    });

    test('record: speedscope and pprof', () => {
      const source = join(root, 'programs', 'true.s');
      cyclix(['perf', 'record', '--format', 'speedscope', '-F', '1e6', source], { cwd: folder });
      expect(JSON.parse(readFileSync(join(folder, 'perf.speedscope.json'), 'utf8'))).toMatchObject({
        exporter: 'cyclix',
      });
      cyclix(['perf', 'record', '--format', 'pprof', '-o', join(folder, 'out.pb.gz'), source]);
      expect(gunzipSync(readFileSync(join(folder, 'out.pb.gz'))).length).toBeGreaterThan(50);
    });
  });

  test('asm, objdump and run', () => {
    const output = join(folder, 'hello');
    expect(cyclix(['asm', '-o', output, 'programs/hello.s'])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(cyclix(['objdump', '-d', output]).stdout).toContain('<_start>:');
    expect(cyclix(['run', output]).stdout).toBe(cyclix(['run', 'programs/hello.s']).stdout);
  });

  test('experiment list', () => {
    expect(cyclix(['experiment', 'list']).stdout).toMatch(/^syscall-cost +\S/m);
  });
});
