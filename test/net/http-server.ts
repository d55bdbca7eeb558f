// A small HTTP server on a simulated host: what the load generator is tried on. Answers each request with `bodyBytes` of body.

import type { Endpoint } from '../../src/kernel/net/ip/environment.ts';
import { TcpEndpoint } from '../../src/kernel/net/tcp/endpoint.ts';
import { GUEST_ADDRESS, GUEST_MAC, Host } from '../../src/net/host.ts';
import type { LinkPort } from '../../src/net/link.ts';

class Connection {
  request = '';
  /** Bytes of the current request's body that are still to come. */
  bodyLeft = 0;
  outgoing: Uint8Array[] = [];
  closing = false;
}

export class HttpServer {
  readonly host: Host;
  readonly listener: TcpEndpoint;
  served = 0;
  open = 0;
  readonly #response: Uint8Array;
  readonly #buffer = new Uint8Array(16384);

  constructor(port: LinkPort, bodyBytes: number, backlog = 4096) {
    this.host = new Host({
      port,
      address: GUEST_ADDRESS,
      mac: GUEST_MAC,
      seed: 77,
      onReady: (endpoint) => this.#ready(endpoint),
    });
    this.#response = new TextEncoder().encode(
      `HTTP/1.1 200 OK\r\nContent-Length: ${bodyBytes}\r\nConnection: keep-alive\r\n\r\n${'b'.repeat(bodyBytes)}`,
    );
    this.listener = this.host.stack.tcp.socket();
    this.listener.bind(0, 80);
    this.listener.listen(backlog);
  }

  #ready(endpoint: Endpoint): void {
    if (endpoint === this.listener) {
      for (;;) {
        const child = this.listener.accept();
        if (typeof child === 'number') return;
        child.owner = new Connection();
        this.open += 1;
        this.#serve(child);
      }
    }
    if (endpoint instanceof TcpEndpoint && endpoint.owner instanceof Connection) this.#serve(endpoint);
  }

  #serve(endpoint: TcpEndpoint): void {
    const connection = endpoint.owner as Connection;
    for (;;) {
      const bytes = endpoint.receive(this.#buffer, this.#buffer.length);
      if (bytes === 0) connection.closing = true;
      if (bytes < 0 && bytes !== -11) connection.closing = true;
      if (bytes <= 0) break;
      this.#take(connection, this.#buffer.subarray(0, bytes));
    }
    while (connection.outgoing.length > 0) {
      const next = connection.outgoing[0]!;
      const sent = endpoint.send(next, next.length);
      if (sent <= 0) {
        if (sent !== -11) connection.outgoing.length = 0;
        break;
      }
      if (sent === next.length) connection.outgoing.shift();
      else connection.outgoing[0] = next.subarray(sent);
    }
    if (connection.closing && connection.outgoing.length === 0) {
      endpoint.close();
      this.open -= 1;
    }
  }

  #take(connection: Connection, bytes: Uint8Array): void {
    const skipped = Math.min(connection.bodyLeft, bytes.length);
    connection.bodyLeft -= skipped;
    if (skipped > 0 && connection.bodyLeft === 0) this.#answer(connection);
    if (skipped === bytes.length) return;
    connection.request += String.fromCharCode(...bytes.subarray(skipped));
    for (let end = connection.request.indexOf('\r\n\r\n'); end >= 0; end = connection.request.indexOf('\r\n\r\n')) {
      const head = connection.request.slice(0, end);
      const body = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      const rest = connection.request.slice(end + 4);
      connection.request = rest.slice(body);
      connection.bodyLeft = Math.max(body - rest.length, 0);
      const old = head.includes('HTTP/1.0') && !/connection: keep-alive/i.test(head);
      if (old || /connection: close/i.test(head)) connection.closing = true;
      if (connection.bodyLeft > 0) return;
      this.#answer(connection);
    }
  }

  #answer(connection: Connection): void {
    connection.outgoing.push(this.#response);
    this.served += 1;
  }
}
