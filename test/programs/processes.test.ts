// Programs whose subject is the kernel: processes, signals, time, the process table. Under Cyclix; what the output is to be follows
// from what the programs say they do.

import { describe, expect, test } from 'vitest';
import { runCaptured } from '../support/run-captured.ts';

const run = (name: string, ...args: string[]): ReturnType<typeof runCaptured> => runCaptured({ name, args });
const shell = (script: string): ReturnType<typeof runCaptured> => run('sh', '-c', script);
const values = (output: string): Record<string, number> =>
  Object.fromEntries(
    output
      .trim()
      .split('\n')
      .map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]),
  );

describe('programs about processes', () => {
  test('forkls lists the directory in a child and prints its exit code', async () => {
    const { output, status } = await run('forkls');
    expect(output).toMatch(/^total \d+\ndrwxr-xr-x .* \.\ndrwxr-xr-x .* \.\.\n/);
    expect(output).toMatch(/^drwxr-xr-x +\d+ root root +\d+ .* bin$/m);
    expect(output).toMatch(/^child \d+ exited with code 0\n$/m);
    expect(status).toBe(0);
  });

  test('zombie shows its ended child as Z until it reaps it', async () => {
    const { output } = await run('zombie');
    const pid = /^child (\d+) has ended/.exec(output)?.[1];
    expect(output).toMatch(new RegExp(`^ +${pid} \\S+ +Z +0:00 \\[zombie\\] <defunct>$`, 'm'));
    expect(output).toContain(`reaped ${pid}, exit code 7\n`);
  });

  test('a segmentation fault is told by the shell, which goes on', async () => {
    const { output, status } = await shell('segfault; echo $?; echo on');
    expect(output).toBe('Segmentation fault\n139\non\n');
    expect(status).toBe(0);
    expect((await run('segfault')).status).toBe(139);
  });

  test('ps shows pid, state and command of every process', async () => {
    const { output } = await shell('sleep 5 & ps; kill %1');
    const lines = output.split('\n');
    expect(lines[0]).toBe('    PID TTY      STAT   TIME COMMAND');
    expect(output).toMatch(/^ +\d+ \? +S +0:00 sleep 5$/m);
    expect(output).toMatch(/^ +\d+ \? +R +0:00 ps$/m);
  });

  test('ps -f adds the parent', async () => {
    const { output } = await shell('echo $$; ps -f');
    const shellPid = output.split('\n')[0];
    expect(output).toMatch(new RegExp(`^ +\\d+ +${shellPid} \\? +R +0:00 ps -f$`, 'm'));
  });

  test('spin ends by a signal alone', async () => {
    const { output } = await shell('spin & sleep 0.01; kill $!; wait $!; echo $?');
    expect(output).toBe('143\n');
  });

  test('the shell reads /proc through a pipe', async () => {
    const { output } = await shell('cat /proc/self/status | grep Pid');
    expect(output).toMatch(/^Pid:\t\d+\nPPid:\t\d+\nTracerPid:\t0\n$/);
  });

  test('init reaps orphans and ends with its shell', async () => {
    const { output } = await run('init', '/bin/sh', '-c', '(sleep 0.01 &); sleep 0.05; ps; exit 3');
    expect(output).not.toContain('<defunct>');
  });

  test('time, free, uptime and mount read what the kernel tells', async () => {
    const { output } = await shell('time sleep 0.25; free; uptime; mount');
    expect(output).toMatch(/^real 0\.25\d+$/m);
    expect(output).toMatch(/^Mem: +\d+ +\d+ +\d+ /m);
    expect(output).toMatch(/^ up +0:00, {2}load average: /m);
    expect(output).toMatch(/^proc on \/proc type proc \(/m);
  });

  test('limits of descriptors and processes end in messages, and the shell goes on', async () => {
    const { output } = await shell('ulimit -n 4; cat < /etc/hostname > /dev/null | cat; echo $?');
    expect(output.trimEnd().split('\n').at(-1)).toMatch(/^\d+$/);
  });
});

describe('programs that measure', () => {
  test('lat_syscall prints cycles and instructions of a null call', async () => {
    const { output } = await runCaptured({ name: 'lat_syscall', args: ['-n', '200'], preset: 'rocket' });
    const { calls, cycles_per_call, instructions_per_call } = values(output);
    expect(calls).toBe(200);
    expect(instructions_per_call).toBeGreaterThan(50);
    expect(cycles_per_call).toBeGreaterThan(instructions_per_call as number);
  });

  test('lat_ctx costs more with more memory touched', async () => {
    const measure = async (...args: string[]): Promise<number> =>
      values((await runCaptured({ name: 'lat_ctx', args: ['-n', '50', ...args], preset: 'rocket' })).output)[
        'cycles_per_switch'
      ] as number;
    expect(await measure('-s', '16k', '4')).toBeGreaterThan(await measure('4'));
  });

  test('thread_demo loses no addition under a mutex or by an atomic instruction', async () => {
    const { output } = await run('thread_demo', '-t', '8', '-n', '500');
    expect(output).toContain('own counts: 4000\nmutex: 4000\natomic: 4000\n');
  });

  test('futex_pingpong hands over', async () => {
    const { cycles_per_switch } = values((await run('futex_pingpong', '-n', '50')).output);
    expect(cycles_per_switch).toBeGreaterThan(0);
  });
});

describe('programs on the network', () => {
  test.each(['epoll', 'threads', 'pool', 'fork'])(
    'httpd_%s serves wget, many at once, and ends by a signal',
    async (kind) => {
      const { output } = await shell(
        `httpd_${kind} -w 4 & sleep 0.02; wget -q -O - http://127.0.0.1:8080/ | wc -c; wget http://localhost:8080/missing; echo $?;
       for i in 1 2 3 4 5 6 7 8; do wget -q -O /dev/null http://127.0.0.1:8080/ && echo ok & done; sleep 0.2; kill %1; wait %1; echo $?`,
      );
      expect(output).toBe(`144\nwget: server returned error: HTTP/1.1 404 Not Found\n8\n${'ok\n'.repeat(8)}143\n`);
    },
  );

  test('a server sends files below its folder, and nothing else', async () => {
    const { output } = await shell(
      'mkdir /tmp/w; seq 20000 > /tmp/w/big.txt; httpd_epoll /tmp/w & sleep 0.02; wget -q -O - http://127.0.0.1:8080/big.txt | sha256 /dev/stdin; sha256 /tmp/w/big.txt; wget http://127.0.0.1:8080/../init; echo $?; kill %1',
    );
    const lines = output.split('\n');
    expect(lines[0]?.split(' ')[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(lines[0]?.split(' ')[0]).toBe(lines[1]?.split(' ')[0]);
    expect(lines.slice(2)).toEqual(['wget: server returned error: HTTP/1.1 404 Not Found', '8', '']);
  });

  test('nc and echo_server carry bytes both ways', async () => {
    const { output } = await shell(
      'echo_server & sleep 0.01; seq 3000 | nc 127.0.0.1 7007 | wc; (echo from | nc -l 9000) & sleep 0.01; echo to | nc localhost 9000; kill %1; wait; nc 127.0.0.1 1; echo $?',
    );
    expect(output).toContain('   3000    3000   13893\n');
    expect(output).toContain('from\n');
    expect(output).toContain('to\n');
    expect(output).toContain('nc: 127.0.0.1: Connection refused\n1\n');
  });
});
