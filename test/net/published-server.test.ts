// Other people's clients against the servers on the machine, through a published port.

import { execFile, execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/kernel/kernel.ts';
import { HostGateway } from '../../src/net/host-gateway.ts';
import { InputBell, runLive } from '../../src/net/live.ts';
import { PcapngWriter } from '../../src/net/pcapng.ts';
import { publishPort } from '../../src/net/publish-node.ts';
import { System } from '../../src/system/system.ts';
import { attachNetwork } from '../../src/system/wired.ts';
import { hasTshark, TROUBLE, tshark, WRONG } from './tshark.ts';

function installed(command: string, option: string): boolean {
  try {
    execFileSync(command, [option], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const hasClients = installed('curl', '--version') && installed('ab', '-V');
const host: Host = { bootTime: 1_700_000_000_000, read: () => null, write: () => {} };

function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stdout}\n${stderr}`)) : resolve(stdout),
    );
  });
}

/** Runs a server with its port published, hands the port to `clients`, and returns the capture. */
async function published(program: string, clients: (port: number) => Promise<void>): Promise<Uint8Array> {
  const system = await System.create({ preset: 'ideal', changes: {}, host });
  const { kernel } = system;
  const { wire, port } = attachNetwork(kernel);
  const blocks: Uint8Array[] = [];
  const writer = new PcapngWriter((bytes) => blocks.push(bytes));
  const number = writer.addInterface({ name: 'eth0' });
  kernel.network.capture((name, direction, frame) => {
    if (name === 'eth0') writer.packet(number, kernel.now(), frame, direction);
  });
  const bell = new InputBell();
  const gateway = new HostGateway({ port, onInput: bell.notify });
  wire.add(gateway);
  system.start(`/bin/${program}`, { argv: [program, '-p', '80'], cwd: '/' });
  const publication = await publishPort(gateway, { hostPort: 0, guestPort: 80 });
  const stop = new AbortController();
  const ended = runLive(kernel, gateway, bell, { signal: stop.signal });
  try {
    await clients(publication.hostPort);
  } finally {
    stop.abort();
    bell.notify();
    gateway.close();
    await publication.close();
  }
  expect(await ended).toEqual({ reason: 'slice' });
  return Buffer.concat(blocks);
}

describe.skipIf(!hasClients)('through a published port', () => {
  for (const program of ['httpd_epoll', 'httpd_threads', 'httpd_pool', 'httpd_fork']) {
    it(`curl and ab -n 5000 -c 50 -k against ${program}: no failed request`, { timeout: 600_000 }, async () => {
      const capture = await published(program, async (port) => {
        const url = `http://127.0.0.1:${port}/`;
        expect(await run('curl', ['-sS', '--max-time', '60', '-o', '/dev/null', '-w', '%{http_code}', url])).toBe(
          '200',
        );
        const report = await run('ab', ['-n', '5000', '-c', '50', '-k', '-s', '120', url]);
        expect(report).toMatch(/Complete requests: +5000\n/);
        expect(report).toMatch(/Failed requests: +0\n/);
        expect(report).not.toMatch(/Non-2xx/);
      });
      if (!hasTshark) return;
      expect(tshark(capture, WRONG)).toEqual([]);
      expect(tshark(capture, TROUBLE)).toEqual([]);
    });
  }
});
