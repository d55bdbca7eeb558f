// What is wrong on a command line: one line on stderr, exit status 2, nothing on stdout.

import { describe, expect, test } from 'vitest';
import { cyclix, isBuilt } from './cyclix.ts';

const program = 'programs/true.s';

const wrong: readonly (readonly [args: readonly string[], message: string])[] = [
  [['bogus'], "unknown command 'bogus'"],
  [['run', '--bogus', program], "unknown option '--bogus'"],
  [['run'], "missing required argument 'FILE'"],
  [['run', '/no/such'], '/no/such: No such file or directory'],
  [['run', '/tmp'], '/tmp: Is a directory'],
  [['run', process.execPath], 'ELF machine'],
  [['run', '--preset', 'nope', program], "no preset is named 'nope'"],
  [['run', '--preset', '/no/x.json', program], '/no/x.json: No such file or directory'],
  [['run', '--set', 'x=1', program], 'x: no such parameter'],
  [['run', '--set', 'l1d.sizeBytes=frog', program], "expected a number, found 'frog'"],
  [['run', '--set', 'frog', program], 'frog'],
  [['run', '--file', 'abc', program], "invalid --file 'abc'"],
  [['run', '--file', '/no/such:/x', program], '/no/such: No such file or directory'],
  [['run', '--root', '/no/such', program], '/no/such: No such file or directory'],
  [['run', '--root', 'package.json', program], 'Not a directory'],
  [['run', '--memory', '3x', program], "invalid size '3x'"],
  [['run', '--memory', '1K', program], "invalid --memory '1K'"],
  [['run', '--memory', '100G', program], "invalid --memory '100G'"],
  [['run', '--max-cycles', 'x', program], "invalid --max-cycles 'x'"],
  [['run', '--hz', '0', program], "invalid --hz '0'"],
  [['run', '--env', 'x', program], "invalid --env 'x'"],
  [['run', '--cwd', '/nope', program], '--cwd /nope: No such file or directory'],
  [['run', '--publish', 'x', program], "invalid --publish 'x'"],
  [['run', '--with', '/no/x.s', program], '/no/x.s: No such file or directory'],
  [['strace', '-e', 'x=y', program], "invalid -e qualifier 'x'"],
  [['strace', '-e', 'trace=bogus', program], "invalid system call 'bogus'"],
  [['strace', '-o', '/no/x', program], '/no/x: No such file or directory'],
  [['strace', '/no/such'], '/no/such: No such file or directory'],
  [['perf', 'bogus'], "unknown command 'bogus'"],
  [['perf', 'stat', '-o', '/no/x', program], '/no/x: No such file or directory'],
  [['perf', 'stat', process.execPath], 'ELF machine'],
  [['perf', 'record', '--format', 'x', program], 'Allowed choices are collapsed, speedscope, pprof'],
  [['perf', 'record', '-c', '0', program], "invalid -c '0'"],
  [['perf', 'record', '-o', '/no/x', program], '/no/x: No such file or directory'],
  [['perf', 'report', '-i', '/no/x'], '/no/x: No such file or directory'],
  [['perf', 'report', '-i', 'package.json'], 'package.json: line 1 is not a collapsed stack'],
  [['perf', 'report', '--sort', 'x'], "invalid --sort 'x'"],
  [['boot', '--preset', 'nope'], "no preset is named 'nope'"],
  [['boot', '--set', 'x=1'], 'x: no such parameter'],
  [['boot', '--root', '/nope'], '/nope: No such file or directory'],
  [['boot', '--bogus'], "unknown option '--bogus'"],
  [['asm'], "missing required argument 'FILE.s'"],
  [['asm', '/no/such.s'], '/no/such.s: No such file or directory'],
  [['objdump', process.execPath], 'ELF machine'],
  [['objdump', 'package.json'], 'not an ELF file'],
  [['experiment', 'nope'], "no experiment 'nope'"],
];

describe.skipIf(!isBuilt)('wrong usage', () => {
  test.each(wrong.map(([args, message]) => [args.join(' '), args, message] as const))('%s', (_name, args, message) => {
    const { status, stdout, stderr } = cyclix(args);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^cyclix: [^\n]+\n$/);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  test.each([
    ['run'],
    ['strace'],
    ['perf'],
    ['perf', 'stat'],
    ['perf', 'record'],
    ['perf', 'report'],
    ['boot'],
    ['asm'],
    ['objdump'],
    ['experiment'],
  ])('%s %s --help has an example', (...command) => {
    const { status, stdout } = cyclix([...command.filter((word) => word !== undefined), '--help']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Example:\n {2}cyclix /);
  });
});
