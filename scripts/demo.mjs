// The main job, after a build: what Cyclix does, on the terminal. Every line of output comes from the machine.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const hosts = process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';

mkdirSync('build/reports', { recursive: true });

function show(title, args, { mayFail = false } = {}) {
  process.stdout.write(
    `\n\x1b[1m# ${title}\x1b[0m\n$ cyclix ${args.map((arg) => (/^[\w./:=-]+$/.test(arg) ? arg : `'${arg}'`)).join(' ')}\n`,
  );
  const { status, signal } = spawnSync(process.execPath, ['dist/cli/main.js', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0 && !mayFail) {
    process.stderr.write(`cyclix ${args[0]} ended with ${signal ?? status}\n`);
    process.exit(status ?? 1);
  }
}

show('A pipeline in the shell, over a real file of this host', [
  'run',
  '--file',
  `${hosts}:/etc/hosts`,
  'programs/sh.s',
  '-c',
  'cat /etc/hosts | grep local | wc; ps',
]);
show('fork, execve, wait: every system call, as strace shows it', ['strace', '-f', 'programs/forkls.s']);
show('What a context switch costs, and where the cycles went', ['perf', 'stat', 'programs/lat_ctx.s']);

/** Runs a quick experiment: its verdicts here, everything else on its page. */
function experiment(name) {
  const page = `build/reports/${name}.html`;
  const args = ['experiment', name, '--quick', '--html', page];
  process.stdout.write(`\n\x1b[1m# Experiment: ${name}\x1b[0m\n$ cyclix ${args.join(' ')}\n`);
  const { status, stdout } = spawnSync(process.execPath, ['dist/cli/main.js', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
  const lines = stdout.split('\n');
  const verdicts = lines.findIndex((line) => /^(holds|FAILS| {2}- {2})/.test(line));
  process.stdout.write(
    `${lines.slice(Math.max(0, verdicts)).join('\n')}The page with the plots: ${join(root, page)}\n`,
  );
}

experiment('context-switch');
experiment('epoll-vs-threads');
