// Two hosts on a link, and what tests do with them.

import { parseAddress } from '../../src/kernel/net/ip/address.ts';
import type { NetworkSettings } from '../../src/kernel/net/ip/settings.ts';
import type { TcpEndpoint } from '../../src/kernel/net/tcp/endpoint.ts';
import { Host } from '../../src/net/host.ts';
import { Link, type LinkOptions } from '../../src/net/link.ts';
import { Wire } from '../../src/net/wire.ts';

export const MILLISECOND = 1_000_000;
export const SECOND = 1_000_000_000;
export const SERVER_ADDRESS = parseAddress('10.0.2.15');
export const CLIENT_ADDRESS = parseAddress('10.0.2.2');

export interface WorldOptions extends LinkOptions {
  readonly settings?: Partial<NetworkSettings>;
  readonly clientSettings?: Partial<NetworkSettings>;
  readonly onReady?: (endpoint: unknown, events: number) => void;
}

export class World {
  readonly link: Link;
  readonly client: Host;
  readonly server: Host;
  readonly wire = new Wire();
  now = 0;

  constructor(options: WorldOptions = {}) {
    const seed = options.seed ?? 1;
    this.link = new Link(options);
    const onReady = options.onReady;
    const common = onReady === undefined ? {} : { onReady };
    this.client = new Host({
      port: this.link.a,
      address: CLIENT_ADDRESS,
      mac: Uint8Array.of(0x52, 0x55, 10, 0, 2, 2),
      seed: seed * 2 + 1,
      settings: { ...options.settings, ...options.clientSettings },
      ...common,
    });
    this.server = new Host({
      port: this.link.b,
      address: SERVER_ADDRESS,
      mac: Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56),
      seed: seed * 2 + 2,
      ...(options.settings === undefined ? {} : { settings: options.settings }),
      ...common,
    });
    this.wire.addLink(this.link);
    this.wire.add(this.client);
    this.wire.add(this.server);
  }

  /** Runs for `duration` nanoseconds, or until `done`. */
  run(duration: number, done?: () => boolean): void {
    const limit = this.now + duration;
    this.now = Math.max(this.wire.runUntil(limit, done), this.now);
    this.client.setTime(this.now);
    this.server.setTime(this.now);
  }

  listen(port = 80, backlog = 128): TcpEndpoint {
    const listener = this.server.stack.tcp.socket();
    expectZero(listener.bind(0, port));
    expectZero(listener.listen(backlog));
    return listener;
  }

  connect(port = 80): TcpEndpoint {
    const endpoint = this.client.stack.tcp.socket();
    endpoint.connect(SERVER_ADDRESS, port);
    return endpoint;
  }

  /** A connection, established and accepted. */
  pair(port = 80): { client: TcpEndpoint; server: TcpEndpoint; listener: TcpEndpoint } {
    const listener = this.listen(port);
    const client = this.connect(port);
    let server: TcpEndpoint | number = -1;
    this.run(60 * SECOND, () => {
      server = listener.accept();
      return typeof server !== 'number';
    });
    if (typeof server === 'number') throw new Error(`not accepted: ${server}`);
    return { client, server, listener };
  }

  /** Closes a connection's memory accounts: after it every buffer must be free. */
  get buffersInUse(): number {
    return this.client.stack.buffersInUse + this.server.stack.buffersInUse;
  }
}

/** Runs transfers until all are finished; their steps happen every millisecond of guest time. */
export function runTransfers(world: World, transfers: readonly Transfer[], limit: number): void {
  const end = world.now + limit;
  while (world.now < end && transfers.some((transfer) => !transfer.finished)) {
    for (const transfer of transfers) transfer.step();
    world.run(MILLISECOND);
  }
}

function expectZero(value: number): void {
  if (value !== 0) throw new Error(`expected 0, got ${value}`);
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** Everything that can be read now, as text. */
export function readText(endpoint: TcpEndpoint): string {
  const buffer = new Uint8Array(65536);
  let result = '';
  for (;;) {
    const bytes = endpoint.receive(buffer, buffer.length);
    if (bytes <= 0) return result;
    result += new TextDecoder().decode(buffer.subarray(0, bytes));
  }
}

/** The byte at `position` of a test stream. */
export function patternByte(position: number, seed: number): number {
  return Math.imul(position + seed * 7919, 0x9e3779b1) >>> 24;
}

/** Sends `total` bytes of the pattern as room allows, and checks what comes. */
export class Transfer {
  sent = 0;
  received = 0;
  finished = false;
  wrong = -1;
  readonly #buffer = new Uint8Array(16384);
  readonly from: TcpEndpoint;
  readonly to: TcpEndpoint;
  readonly total: number;
  readonly seed: number;

  constructor(from: TcpEndpoint, to: TcpEndpoint, total: number, seed: number) {
    this.from = from;
    this.to = to;
    this.total = total;
    this.seed = seed;
  }

  step(): void {
    while (this.sent < this.total) {
      const bytes = Math.min(this.#buffer.length, this.total - this.sent);
      for (let i = 0; i < bytes; i += 1) this.#buffer[i] = patternByte(this.sent + i, this.seed);
      const result = this.from.send(this.#buffer.subarray(0, bytes), bytes);
      if (result <= 0) break;
      this.sent += result;
      if (this.sent === this.total) this.from.shutdown(2);
    }
    for (;;) {
      const bytes = this.to.receive(this.#buffer, this.#buffer.length);
      if (bytes === 0) this.finished = true;
      if (bytes <= 0) return;
      for (let i = 0; i < bytes; i += 1) {
        if (this.#buffer[i] !== patternByte(this.received + i, this.seed) && this.wrong < 0)
          this.wrong = this.received + i;
      }
      this.received += bytes;
    }
  }
}
