// What the programs of programs/ must print, as a table that any runner can use: a command, its surroundings, and where the
// expected output comes from. It is the host's own tool of that name under LC_ALL=C TZ=UTC (the shell's is dash), or, where no tool
// does the same, a value computed here from the definition.

export interface ProgramCase {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Standard input; none: empty. */
  readonly input?: string;
  /** Expected output of both streams, in order; none: what `tool` prints. */
  readonly expected?: string;
  /** Expected status, with `expected`. Default 0. */
  readonly status?: number;
  /** The host's tool; default: the one of the program's name. */
  readonly tool?: string;
  /** Where the case makes sense; default: everywhere. */
  readonly only?: 'host';
}

const words = 'the quick brown Fox jumps over a lazy dog 12 7 x'.split(' ');

/** A text of pseudo-random lines, the same at every run. */
function text(lines: number, seed: number): string {
  let state = seed;
  const next = (limit: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * limit);
  };
  return Array.from({ length: lines }, () =>
    Array.from({ length: next(7) }, () => words[next(words.length)]).join(next(5) === 0 ? '\t' : ' '),
  )
    .map((line) => `${line}\n`)
    .join('');
}

/** Files in the working directory of every case. */
export const files: Readonly<Record<string, string>> = {
  'a.txt': text(40, 1),
  'b.txt': text(25, 2),
  'big.txt': text(3000, 3),
  'numbers.txt': '10\n9\n-3\n100\n9\n0\n\nx\n',
  'last-line.txt': 'one\ntwo\nno newline',
  'empty.txt': '',
  '.hidden': 'hidden\n',
  'dir/inner.txt': 'inner\n',
  'dir/deep/deeper.txt': 'deeper\n',
  'lib.sh': 'from_library() { echo "library got $1"; }\nlibrary_variable=set\n',
};

/** One case for each command line; words are separated by spaces. */
function tool(program: string, ...lines: string[]): ProgramCase[] {
  return lines.map((line) => ({
    name: `${program} ${line}`.trim(),
    program,
    args: line === '' ? [] : line.split(' '),
  }));
}

function piped(program: string, input: string, ...lines: string[]): ProgramCase[] {
  return tool(program, ...lines).map((entry) => ({ ...entry, name: `${entry.name} < input`, input }));
}

function shell(name: string, script: string, input?: string): ProgramCase {
  return {
    name: `sh: ${name}`,
    program: 'sh',
    args: ['-c', script],
    tool: 'dash',
    ...(input === undefined ? {} : { input }),
  };
}

function computed(program: string, args: readonly string[], expected: string, status = 0): ProgramCase {
  return { name: [program, ...args].join(' '), program, args, expected, status };
}

const textTools: ProgramCase[] = [
  ...tool(
    'cat',
    'a.txt',
    'a.txt b.txt',
    'missing a.txt',
    'dir',
    'empty.txt',
    'last-line.txt',
    '-Q',
    '-- a.txt',
    'a.txt -u',
  ),
  ...piped('cat', 'from input\n', '', '-', 'a.txt - b.txt'),
  ...tool('echo', '', 'a b', '-n a', '-e a\\tb\\n\\101\\\\', '-nx', '-ne a\\cb', '-E a\\n', '-- a', '-e -n'),
  ...tool(
    'wc',
    'a.txt',
    'a.txt b.txt',
    '-l a.txt',
    '-w a.txt',
    '-c a.txt',
    '-lc a.txt big.txt',
    'missing a.txt',
    'dir',
    '-l a.txt b.txt',
    'empty.txt',
    '-Z',
  ),
  ...piped('wc', 'a b\nc', '', '-l', '-', '- a.txt'),
  ...tool(
    'head',
    'a.txt',
    '-n 3 a.txt',
    '-3 a.txt',
    '-n 0 a.txt',
    '-c 20 a.txt',
    '-n 2 a.txt b.txt',
    'missing',
    '-q -n 1 a.txt b.txt',
    'a.txt -n 1',
    '-n x a.txt',
    '-n100 a.txt',
    'dir',
  ),
  ...piped('head', 'a\nb\nc\n', '-n 2', '-n 1 - a.txt'),
  ...tool(
    'tail',
    'a.txt',
    '-n 3 a.txt',
    '-n +38 a.txt',
    '-c 7 a.txt',
    '-c +10 b.txt',
    '-n 0 a.txt',
    '-n 2 a.txt b.txt',
    'missing',
    'last-line.txt',
    '-n 1 last-line.txt',
    'empty.txt',
  ),
  ...piped('tail', text(100, 5), '', '-n 2', '-n +99'),
  ...tool(
    'grep',
    'quick a.txt',
    '-v the a.txt',
    '-c fox big.txt',
    '-ci fox a.txt',
    '-n dog a.txt b.txt',
    '-i FOX a.txt',
    '-l dog a.txt b.txt empty.txt',
    '-h dog a.txt b.txt',
    '-F a.x a.txt',
    '^the a.txt',
    'dog$ a.txt',
    '^$ a.txt',
    'q.*k a.txt',
    '[0-9][0-9]* a.txt',
    '[^a-z] a.txt',
    '-e lazy a.txt',
    '-q dog a.txt',
    '-q zebra a.txt',
    'zebra a.txt',
    'dog missing a.txt',
    '-s dog missing',
    '',
    'x dir',
    '-Q9',
    'newline last-line.txt',
  ),
  ...piped('grep', 'one\ntwo\nthree\n', 't', '-v t', '-c e', '-H t'),
  ...tool('sort', 'a.txt', '-r b.txt', '-u a.txt', '-n numbers.txt', '-nr numbers.txt', 'a.txt b.txt', 'big.txt'),
  ...piped('sort', 'b\na\nc', '', '-r'),
  ...piped('uniq', 'a\na\nb\na\nc\nc\nc\n', '', '-c', '-d', '-u'),
  ...piped(
    'tr',
    'Hello, World 123\naabbcc\n',
    'a-z A-Z',
    '-d l',
    '-s a-c',
    '-c a-zA-Z _',
    '-cd 0-9',
    '[:upper:] [:lower:]',
    'abc x',
    '-d \\n',
    '-s l x',
  ),
  ...piped('tee', 'x\ny\n', '', 'new.txt', '-a new.txt'),
  ...tool('seq', '5', '3 6', '1 3 10', '5 -2 -4', '0', ''),
  ...tool('basename', '/a/b', '/a/b.c .c', '/', 'a//', '.c .c', ''),
  ...tool('dirname', '/a/b', 'a', '/a', '//', 'a//b//', '/a/b c/d', ''),
];

const fileTools: ProgramCase[] = [
  ...tool(
    'ls',
    '',
    '-a',
    '-A',
    '-1',
    '-r',
    'dir',
    'a.txt dir',
    'dir dir/deep',
    '-d dir',
    '-a dir',
    'missing',
    'missing a.txt',
    '-d .',
    '-ar',
  ),
  { name: 'ls -la', program: 'ls', args: ['-la'], only: 'host' },
  { name: 'ls -lai .. dir', program: 'ls', args: ['-lai', '..', 'dir'], only: 'host' },
  { name: 'ls -l /dev', program: 'ls', args: ['-l', '/dev'], only: 'host' },
  { name: 'ls -lt', program: 'ls', args: ['-lt'], only: 'host' },
  ...tool('mkdir', 'new', 'new/inner', '-p new/inner/most dir', 'dir', 'a.txt/x', '-p a.txt', ''),
  ...tool('rmdir', 'dir', 'missing', 'a.txt', ''),
  ...tool('rm', 'a.txt', 'missing', '-f missing a.txt', 'dir', '-r dir', '-rf missing dir', '', '-f'),
  ...tool('cp', 'a.txt copy', 'a.txt dir', 'missing x', 'dir x', 'a.txt', '', 'a.txt b.txt dir', 'a.txt missing/x'),
  ...tool('mv', 'a.txt moved', 'a.txt dir', 'missing x', 'a.txt', '', 'dir renamed', 'a.txt b.txt dir'),
  ...tool(
    'ln',
    'a.txt hard',
    '-s a.txt soft',
    'a.txt b.txt',
    '-sf a.txt b.txt',
    '-s nowhere dangling',
    'a.txt b.txt dir',
  ),
  ...tool('touch', 'new', 'a.txt', '-c new', 'missing/x', ''),
  ...tool('chmod', '600 a.txt', 'u+x,go-r a.txt', 'missing', '644 missing'),
  ...tool(
    'test',
    'a = a',
    'a != a',
    '1 -lt 2',
    '2 -lt 1',
    '5 -ge 5',
    '-f a.txt',
    '-d dir',
    '-e missing',
    '-s empty.txt',
    '! -f a.txt',
    '-n x -a -d dir',
    '-z x -o 1 -eq 1',
    '( 1 -eq 2 ) -o x',
    '',
  ),
  ...tool('env', '-i A=1 B=2', '-i A=1 echo hello', '-i X=1 -u X echo', '-i'),
  ...tool('true', '', 'ignored'),
  ...tool('false', ''),
  ...tool('sleep', '0', '0.01', '0 0.01s', 'x', ''),
  ...tool('uname', '-s', '-o', '-so'),
  ...tool('date', '-u +%%%n'),
  ...tool('sync', ''),
  ...tool('sha256', 'a.txt', 'big.txt', 'empty.txt').map((entry) => ({ ...entry, tool: 'sha256sum' })),
];

const shellCases: ProgramCase[] = [
  shell('words and quotes', `echo a  b 'c  $x' "d  \\"q\\"" e\\ f '' "" ; echo 'it'"'"'s' \\$x`),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's syntax
  shell('variables', 'x=5; y="a  b"; echo $x ${x}y "$y" $y; z=$x$y; echo "$z"; unset x; echo "[$x]"; echo $undefined.'),
  shell(
    'parameter expansion',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's syntax
    'p=/a/b/c.tar.gz; echo ${p##*/} ${p#*/} ${p%%.*} ${p%.*} ${#p} ${u:-default} ${p:+set} ${u=now} $u ${e-x}',
  ),
  shell(
    'arithmetic',
    'i=7; echo $((i*3+2)) $((i%4)) $(((1+2)*3)) $((1<<4|1)) $((i>5)) $((-i)) $((!0)) $((0x10+010)) $((i=3)) $i $((2*i*i-1))',
  ),
  shell('pipelines of four programs', 'cat a.txt b.txt | grep o | sort -r | head -n 5'),
  shell(
    'pipelines and statuses',
    'true | false; echo $?; false | true; echo $?; ! true; echo $?; exit 3 | cat; echo $?',
  ),
  shell(
    'redirections',
    'echo one > f; echo two >> f; cat < f; wc -l < f; echo err 1>&2 2>/dev/null; cat missing 2>&1 | wc -l; cat f 2>&1 >/dev/null; { echo a; echo b; } > g; cat g; > h; test -f h; echo $?',
  ),
  shell(
    'and, or, lists',
    'true && echo a; false && echo b; false || echo c; true || echo d; false && echo e || echo f; true; echo $?',
  ),
  shell(
    'if',
    'if true; then echo a; fi; if false; then echo b; else echo c; fi; if false; then echo d; elif test 1 = 1; then echo e; else echo f; fi; if false; then :; fi; echo $?',
  ),
  shell(
    'while and until',
    'i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo $i; done; until [ $i -eq 0 ]; do i=$((i-1)); done; echo $i; while false; do :; done; echo $?',
  ),
  shell(
    'for',
    'for x in a "b c" d; do echo "<$x>"; done; for f in *.txt; do echo $f; done; set -- p q; for y; do echo $y; done; for z in; do echo never; done; echo end',
  ),
  shell(
    'break and continue',
    'for i in 1 2 3 4; do if [ $i = 2 ]; then continue; fi; if [ $i = 4 ]; then break; fi; echo $i; done; for i in 1 2; do for j in 1 2; do break 2; done; echo never; done; echo end',
  ),
  shell(
    'case',
    'for w in apple bob x1 ""; do case $w in a*) echo A;; b?b|c) echo B;; [x-z][0-9]) echo X;; *) echo other;; esac; done',
  ),
  shell(
    'functions',
    'f() { echo "$1 of $#"; return 4; echo never; }; f a b; echo $?; g() { f "$@"; }; g "x y"; r() { if [ $1 -gt 0 ]; then echo $1; r $(($1-1)); fi; }; r 3',
  ),
  shell('subshells', 'x=1; (x=2; cd dir; echo $x; pwd | grep -c dir; exit 5); echo $? $x; (echo a; (echo b)) | cat'),
  shell(
    'command substitution',
    'echo $(echo a; echo b) "$(echo a; echo b)"; x=$(cat missing 2>/dev/null); echo $? "[$x]"; echo `echo old \\`echo nested\\``; echo "$(printf "a\\n\\n\\n")x"; for f in $(ls dir); do echo $f; done',
  ),
  shell(
    'patterns',
    'echo *.txt; echo d*/*; echo [ab].txt; echo [!a]*.txt; echo nothing*here; echo "*.txt" \\*.txt; echo .h*; echo dir/*/d*.txt; x="*.txt"; echo $x "$x"',
  ),
  shell(
    'positional parameters',
    'set -- a "b c" d; echo $# "$1" "$2"; shift; echo "$@"; for x in "$@"; do echo "[$x]"; done; for x in $@; do echo "($x)"; done; echo "$*"; set --; echo $#; for x in "$@"; do echo never; done',
  ),
  {
    name: 'sh: -c with name and arguments',
    program: 'sh',
    args: ['-c', 'echo $0 $1 $2 $#', 'name', 'x', 'y z'],
    tool: 'dash',
  },
  shell(
    'here and there',
    'cd dir; pwd | grep -c "dir$"; cd ..; cd dir/deep; ls; cd ../..; cd - >/dev/null; ls; cd missing 2>/dev/null || echo failed',
  ),
  shell(
    'export and environment',
    'A=1; export A; B=2; sh -c "echo [\\$A][\\$B]"; C=3 sh -c "echo \\$C"; echo "[$C]"; export D=4; sh -c "echo \\$D"',
  ),
  shell('read', 'while read a b; do echo "$b-$a"; done; echo end', 'one two three\n  four   five  \nsix\n'),
  shell('read with IFS', 'IFS=:; read a b c; echo "$a|$b|$c"; read -r l; echo "$l"', 'x:y:z:w\nback\\slash\n'),
  shell('IFS splitting', 'IFS=:; x=a:b::c; for w in $x; do echo "[$w]"; done; echo "$x"'),
  shell(
    'eval and dot',
    "eval 'x=1; echo $x'; y='echo hi'; eval $y; . ./lib.sh; from_library arg; echo $library_variable; eval 'if true; then echo multi; fi'",
  ),
  shell(
    'background and wait',
    'sleep 0.01 & wait; echo a; (exit 7) & wait $!; echo $?; { sleep 0.02; echo late; } & echo early; wait',
  ),
  shell(
    'exit statuses',
    'sh -c "exit 300"; echo $?; sh -c "exit 5"; echo $?; { sh -c "kill -9 \\$\\$"; } 2>/dev/null; echo $?; (exit 2) || echo $?; cat missing 2>/dev/null; echo $?',
  ),
  shell(
    'exec',
    'exec 3>out; echo to three >&3; exec 3>&-; cat out; exec 4<a.txt; head -n 1 <&4; exec echo replaced; echo never',
  ),
  shell('set -e', 'set -e; false || true; if false; then :; fi; ! true; echo on; (false; echo never); echo never'),
  shell('comments and lines', '# a comment\necho a # another\necho b\\\nc\necho "# not one"\n\n\necho x#y'),
  shell('negation and grouping', '{ false; } || { echo a; echo b; } | cat; ! false && echo yes'),
  shell(
    'nesting',
    'for i in 1 2; do if [ $i = 1 ]; then while :; do case $i in 1) echo one; break;; esac; done; else (for j in a b; do echo $i$j; done) | sort -r; fi; done',
  ),
  shell('tilde', 'HOME=/somewhere; echo ~ ~/x "~" a~'),
  shell(
    'printf',
    'printf "%s-%d|%5s|%-5s|%05d|%x|%o|%c\\n" a 1 b c 3 255 8 xyz; printf "%s\\n" 1 2 3; printf "%b\\n" "a\\tb"; printf "100%%\\n"; printf "\\101\\n"',
  ),
  shell('umask', 'umask 077; umask; > private; ls -l private | head -c 10; echo'),
  shell('ulimit', 'ulimit -n 50; ulimit -n; sh -c "ulimit -n"'),
  shell('a program that reads the rest', 'read first; echo "first: $first"; cat', 'line 1\nline 2\nline 3\n'),
  shell(
    'test in all forms',
    '[ -f a.txt ] && [ -d dir ] && [ ! -e missing ] && [ -s a.txt ] && [ ! -s empty.txt ] && [ "a b" = "a b" ] && [ -n x ] && [ -z "" ] && [ 3 -ne 4 ] && echo all; [ ]; echo $?; [ a ]; echo $?',
  ),
  {
    name: 'sh: here-documents',
    program: 'sh',
    args: [],
    tool: 'dash',
    input: [
      'x=5',
      'cat <<EOF',
      'plain $x "quoted" \'single\' \\$x \\\\ \\" $((x+1)) `echo old` $(echo "a  b") joined\\',
      'line',
      'EOF',
      "cat <<'EOF' | tr a-z A-Z",
      'no $x \'it\' "q" \\n',
      'EOF',
      'if true; then',
      '\tcat <<-END',
      '\t\tstripped',
      '\tEND',
      'fi',
      'cat <<A; cat <<B',
      'first',
      'A',
      'second',
      'B',
      'while read l; do echo "[$l]"; done <<X',
      '1',
      '2',
      'X',
      'for i in 1 2; do cat <<E; done',
      'i=$i',
      'E',
      'y=$(cat <<E',
      'captured $x',
      'E',
      ')',
      'echo "$y" $((1<<4)) "<<no" # <<no',
      'cat <<E',
      'the end is missing',
      '',
    ].join('\n'),
  },
  shell(
    'a writer without a reader ends',
    'while :; do echo y; done | head -n 2; x=$(while :; do echo z; done | head -n 1); echo $x; seq 100000 | head -n 1',
  ),
  shell(
    'unwinding through eval, dot and functions',
    'for i in 1 2 3; do eval "if [ $i = 2 ]; then break; fi"; echo $i; done; f() { eval "return 3"; echo no; }; f; echo $?; echo "return 4; echo no" > r.sh; . ./r.sh; echo $?',
  ),
  {
    name: 'sh: a script from standard input',
    program: 'sh',
    args: [],
    tool: 'dash',
    input: 'echo a\nif true\nthen\n  echo b\nfi\nx=1; echo $x\nexit 4\necho never\n',
  },
  { name: 'sh: a script file with arguments', program: 'sh', args: ['lib.sh', 'x'], tool: 'dash' },
  computed('sh', ['-c', 'no-such-command; echo $?'], 'sh: no-such-command: command not found\n127\n'),
  computed(
    'sh',
    ['-c', 'f() { :; }; type f cd; command -v cd nope; echo $?; command echo hi'],
    'f is a shell function\ncd is a shell builtin\ncd\n127\nhi\n',
  ),
  computed('sh', ['-c', './a.txt; echo $?'], 'sh: ./a.txt: Permission denied\n126\n'),
  computed('sh', ['-c', 'cat < missing; echo $?'], 'sh: missing: No such file or directory\n1\n'),
  computed('sh', ['-c', 'if true'], 'sh: syntax error: unexpected end of file\n', 2),
  computed('sh', ['-c', 'fi'], "sh: syntax error: 'fi' unexpected\n", 2),
  computed('sh', ['missing.sh'], 'sh: missing.sh: No such file or directory\n', 127),
  computed(
    'sh',
    ['-c', 'sh -c "kill -SEGV \\$\\$"; echo $?; sh -c "kill \\$\\$"; echo $?'],
    'Segmentation fault\n139\nTerminated\n143\n',
  ),
];

// The compute programs: results from their definitions.
const mask = (1n << 64n) - 1n;
const hex = (value: bigint, digits: number): string => (value & mask).toString(16).padStart(digits, '0');

function matrixChecksum(n: number): string {
  const size = BigInt(n);
  let sum = 0n;
  for (let row = 0n; row < size; row++)
    for (let column = 0n; column < size; column++) {
      let element = 0n;
      for (let k = 0n; k < size; k++) element += (3n * (row * size + k) + 1n) * ((k * size + column) ^ 5n);
      sum += element * (row * size + column + 1n);
    }
  return hex(sum, 16);
}

function sortedChecksum(n: number): string {
  let x = 1n;
  const numbers = Array.from({ length: n }, () => {
    x = (x * 6364136223846793005n + 1442695040888963407n) & mask;
    return BigInt.asIntN(64, x);
  }).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return hex(
    numbers.reduce((sum, value, index) => sum + value * BigInt(index + 1), 0n),
    16,
  );
}

function crc32(data: string): string {
  let remainder = 0xffffffff;
  for (const byte of Buffer.from(data)) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  }
  return (~remainder >>> 0).toString(16).padStart(8, '0');
}

function longestCollatz(limit: number): string {
  let best = [1, 0];
  for (let n = 1; n < limit; n++) {
    let steps = 0;
    for (let value = n; value !== 1; steps++) value = value % 2 === 0 ? value / 2 : 3 * value + 1;
    if (steps > (best[1] as number)) best = [n, steps];
  }
  return `${best[0]} takes ${best[1]} steps\n`;
}

function interpreted(turns: number): string {
  let result = 1n;
  let count = 2n;
  for (let outer = 0; outer < turns; outer++) {
    count += 1n;
    for (let inner = 100n; inner > 0n; inner--) {
      result = (result * 31n + inner) & mask;
      result ^= result >> 7n;
      count += 6n;
    }
    count += 2n;
  }
  return `${turns} turns, ${count + 1n} instructions: checksum ${hex(result, 16)}\n`;
}

const computeCases: ProgramCase[] = [
  // The counts of primes and of queens: OEIS A006880, A000170.
  computed('sieve', ['1000'], '168 primes below 1000\n'),
  computed('sieve', ['100000'], '9592 primes below 100000\n'),
  computed('sieve', ['0'], "sieve: '0': expected a number greater than 0\n", 2),
  computed('nqueens', ['6'], '6 queens: 4 solutions\n'),
  computed('nqueens', ['8'], '8 queens: 92 solutions\n'),
  computed('fib', ['20'], 'fib(20) = 6765\n'),
  computed('matmul', ['20'], `20 x 20: checksum ${matrixChecksum(20)}\n`),
  computed('qsort', ['5000'], `5000 numbers: checksum ${sortedChecksum(5000)}\n`),
  computed('collatz', ['3000'], longestCollatz(3000)),
  computed('interp', ['20'], interpreted(20)),
  ...['a.txt', 'big.txt', 'empty.txt'].map((name) => computed('crc32', [name], `${crc32(files[name] as string)}\n`)),
  computed('hello', [], 'Hello from ring 3!\n'),
];

export const cases: readonly ProgramCase[] = [...textTools, ...fileTools, ...shellCases, ...computeCases];
