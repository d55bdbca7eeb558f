// The HTTP core of the four servers, request by request, under QEMU: what RFC 9112 asks of a server and what a hostile client sends.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBinutils, hasQemu } from '../support/oracles.ts';
import { assembleWithGnu, temporaryFolder } from './run-case.ts';

const scratch = temporaryFolder();
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const big = Buffer.alloc(1_500_000, 'All work and no play makes a dull page.\n');

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).once('error', reject);
  });
}

/** Sends the request, and returns what comes until the server closes. */
async function exchange(port: number, request: string, pieces = 1): Promise<string> {
  const socket = await open(port);
  socket.setNoDelay(true);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const size = Math.ceil(request.length / pieces);
  for (let at = 0; at < request.length; at += size) {
    socket.write(request.slice(at, at + size), 'latin1');
    if (pieces > 1) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await closed;
  return Buffer.concat(chunks).toString('latin1');
}

describe.skipIf(!hasBinutils || !hasQemu).each(['epoll', 'threads', 'pool', 'fork'])('httpd_%s', (kind) => {
  let server: ChildProcess;
  let port: number;

  beforeAll(async () => {
    const program = join(scratch, `httpd_${kind}`);
    const folder = join(scratch, 'www');
    mkdirSync(join(folder, 'sub'), { recursive: true });
    writeFileSync(join(folder, 'index.html'), '<p>index</p>\n');
    writeFileSync(join(folder, 'sub', 'page.txt'), 'page\n');
    writeFileSync(join(folder, 'big'), big);
    assembleWithGnu(`programs/httpd_${kind}.s`, program);
    port = await freePort();
    server = spawn('qemu-riscv64-static', [program, '-p', String(port), '-w', '1', folder], { stdio: 'ignore' });
    for (let attempt = 0; attempt < 100; attempt++) {
      try {
        (await open(port)).destroy();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  });
  afterAll(() => {
    server.kill();
  });

  const close = 'Connection: close\r\n\r\n';
  test.each([
    ['a page', `GET / HTTP/1.1\r\n${close}`, 'HTTP/1.1 200 OK', '<p>index</p>\n'],
    ['a file below a folder', `GET /sub/page.txt?query HTTP/1.1\r\n${close}`, 'HTTP/1.1 200 OK', 'page\n'],
    ['HTTP/1.0 without keep-alive', 'GET / HTTP/1.0\r\n\r\n', 'HTTP/1.1 200 OK', '<p>index</p>\n'],
    ['HEAD', `HEAD /big HTTP/1.1\r\n${close}`, 'HTTP/1.1 200 OK', ''],
    ['empty lines before the request', `\r\n\r\nGET / HTTP/1.1\r\n${close}`, 'HTTP/1.1 200 OK', '<p>index</p>\n'],
    ['bare newlines', 'GET / HTTP/1.1\nConnection: close\n\n', 'HTTP/1.1 200 OK', '<p>index</p>\n'],
    ['a header in capitals', 'GET / HTTP/1.1\r\nCONNECTION: CLOSE\r\n\r\n', 'HTTP/1.1 200 OK', '<p>index</p>\n'],
    ['a missing file', `GET /missing HTTP/1.1\r\n${close}`, 'HTTP/1.1 404 Not Found', '404 Not Found\n'],
    ['a folder', `GET /sub HTTP/1.1\r\n${close}`, 'HTTP/1.1 404 Not Found', '404 Not Found\n'],
    ['a way out of the root', `GET /../secret HTTP/1.1\r\n${close}`, 'HTTP/1.1 404 Not Found', '404 Not Found\n'],
    ['a hidden way out', `GET /sub/../../x HTTP/1.1\r\n${close}`, 'HTTP/1.1 404 Not Found', '404 Not Found\n'],
    ['no path', 'GET\r\n\r\n', 'HTTP/1.1 400 Bad Request', '400 Bad Request\n'],
    ['no version', 'GET /\r\n\r\n', 'HTTP/1.1 400 Bad Request', '400 Bad Request\n'],
    ['an unknown version', 'GET / HTTP/2.0\r\n\r\n', 'HTTP/1.1 400 Bad Request', '400 Bad Request\n'],
    ['bytes that are no text', '\0\x01\xff\r\n\r\n', 'HTTP/1.1 400 Bad Request', '400 Bad Request\n'],
    ['a lower-case method', 'get / HTTP/1.1\r\n\r\n', 'HTTP/1.1 400 Bad Request', '400 Bad Request\n'],
    [
      'another method',
      'POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
      'HTTP/1.1 405 Method Not Allowed',
      '405 Method Not Allowed\n',
    ],
    [
      'a request that is too long',
      `GET /${'a'.repeat(4000)} HTTP/1.1\r\n\r\n`,
      'HTTP/1.1 431 Request Header Fields Too Large',
      '431 Request Header Fields Too Large\n',
    ],
  ])('%s', async (_name, request, statusLine, body) => {
    const [head = '', ...rest] = (await exchange(port, request)).split('\r\n\r\n');
    expect(head.split('\r\n')[0]).toBe(statusLine);
    expect(rest.join('\r\n\r\n')).toBe(body);
    const length = /Content-Length: (\d+)/.exec(head)?.[1];
    expect(Number(length)).toBe(request.startsWith('HEAD') ? big.length : body.length);
  });

  test('requests of one connection, sent at once, are answered in order', async () => {
    const answer = await exchange(
      port,
      `GET / HTTP/1.1\r\n\r\nGET /missing HTTP/1.1\r\n\r\nGET /sub/page.txt HTTP/1.1\r\n${close}`,
    );
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
    expect(answer.endsWith('page\n')).toBe(true);
  });

  test('a request that comes byte by byte', async () => {
    const request = `GET / HTTP/1.1\r\n${close}`;
    expect(await exchange(port, request, request.length)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*<p>index<\/p>\n$/s);
  });

  test('a file larger than every buffer arrives whole', async () => {
    const answer = await exchange(port, `GET /big HTTP/1.1\r\n${close}`);
    expect(answer.slice(answer.indexOf('\r\n\r\n') + 4) === big.toString('latin1')).toBe(true);
  });

  test('clients that leave in the middle of an answer do not harm the server', async () => {
    for (let i = 0; i < 20; i++) {
      const socket = await open(port);
      socket.on('error', () => undefined);
      socket.write('GET /big HTTP/1.1\r\n\r\nGET /big HTTP/1.1\r\n\r\n');
      await new Promise((resolve) => socket.once('data', resolve));
      socket.resetAndDestroy();
    }
    expect(await exchange(port, `GET / HTTP/1.1\r\n${close}`)).toContain('200 OK');
    expect(server.exitCode).toBeNull();
  });
});
