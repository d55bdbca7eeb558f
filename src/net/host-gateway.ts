// The host as the guest's neighbour (10.0.2.2): for each connection that someone made to a published port of the host it opens
// one to the guest, and moves bytes both ways. Back-pressure, half close and reset pass through.
//
// What comes from the host (bytes, ends, errors) is only noted when it comes; `pump(now)` brings it in at a time that the machine
// chooses, so that a run can be recorded and replayed. Bounds: `maxConnections`, and per connection the bytes held for the guest.

import { EAGAIN } from '../kernel/errno.ts';
import type { NetworkSettings } from '../kernel/net/ip/settings.ts';
import { TcpEndpoint } from '../kernel/net/tcp/endpoint.ts';
import { SEND_SHUTDOWN } from '../kernel/net/tcp/variables.ts';
import { GATEWAY_ADDRESS, GATEWAY_MAC, GUEST_ADDRESS, Host, type WireParticipant } from './host.ts';
import type { LinkPort } from './link.ts';

/** The host's side of a connection, as node:net's Socket with allowHalfOpen. */
export interface HostSocket {
  /** Sends bytes; false asks to wait for `drained`. The bytes are the socket's from then on. */
  write(bytes: Uint8Array): boolean;
  /** Sends what was written, then a FIN. */
  end(): void;
  /** Ends at once, with a reset where the host can. */
  destroy(): void;
  pause(): void;
  resume(): void;
}

/** What the owner of a `HostSocket` tells about it. */
export interface HostSocketEvents {
  data(bytes: Uint8Array): void;
  drained(): void;
  /** The peer sends no more. */
  ended(): void;
  /** The connection is gone, or failed. */
  closed(): void;
}

export interface HostGatewayOptions {
  readonly port: LinkPort;
  readonly guestAddress?: number;
  readonly seed?: number;
  readonly maxConnections?: number;
  readonly settings?: Partial<NetworkSettings>;
  /** Something came from the host: `pump` should be called soon. */
  readonly onInput?: () => void;
}

/** Bytes held for the guest on one connection before the host's socket is paused. */
const HIGH_WATER = 256 * 1024;
const CHUNK_BYTES = 65536;

export class HostGateway implements WireParticipant {
  readonly host: Host;
  readonly guestAddress: number;
  readonly #options: HostGatewayOptions;
  readonly #connections = new Set<PublishedConnection>();
  /** Connections with something from the host to bring in, in order of arrival. */
  readonly #inbox = new Set<PublishedConnection>();

  constructor(options: HostGatewayOptions) {
    this.#options = options;
    this.guestAddress = options.guestAddress ?? GUEST_ADDRESS;
    this.host = new Host({
      port: options.port,
      address: GATEWAY_ADDRESS,
      mac: GATEWAY_MAC,
      seed: options.seed ?? 1,
      ...(options.settings === undefined ? {} : { settings: options.settings }),
      onReady: (endpoint) => {
        if (endpoint instanceof TcpEndpoint && endpoint.owner instanceof PublishedConnection) endpoint.owner.move();
      },
    });
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Whether `pump` has work. */
  get hasInput(): boolean {
    return this.#inbox.size > 0;
  }

  nextEvent(): number {
    return this.host.nextEvent();
  }

  advance(now: number): void {
    this.host.advance(now);
  }

  /**
   * A connection came in on the host, for `guestPort`. Returns where to report what happens to it, or null if there are too many
   * (the socket is destroyed then).
   */
  accept(socket: HostSocket, guestPort: number): HostSocketEvents | null {
    if (this.#connections.size >= (this.#options.maxConnections ?? 8192)) {
      socket.destroy();
      return null;
    }
    const connection = new PublishedConnection(this, socket, guestPort);
    this.#connections.add(connection);
    this.note(connection);
    return connection;
  }

  /** Brings in, at guest time `now`, what came from the host since the last call. */
  pump(now: number): void {
    this.host.setTime(now);
    while (this.#inbox.size > 0) {
      const batch = [...this.#inbox];
      this.#inbox.clear();
      for (const connection of batch) connection.move();
    }
    this.host.settle();
  }

  note(connection: PublishedConnection): void {
    this.#inbox.add(connection);
    this.#options.onInput?.();
  }

  forget(connection: PublishedConnection): void {
    this.#connections.delete(connection);
    this.#inbox.delete(connection);
  }

  /** Ends every connection, on both sides. */
  close(): void {
    for (const connection of [...this.#connections]) connection.abort();
    this.host.settle();
  }
}

class PublishedConnection implements HostSocketEvents {
  readonly #gateway: HostGateway;
  readonly #socket: HostSocket;
  readonly #guestPort: number;
  readonly #toGuest: Uint8Array[] = [];
  #toGuestBytes = 0;
  #endpoint: TcpEndpoint | null = null;
  #connected = false;
  #paused = false;
  #hostBlocked = false;
  #hostEnded = false;
  #hostClosed = false;
  #guestEnded = false;
  #finSent = false;
  #over = false;

  constructor(gateway: HostGateway, socket: HostSocket, guestPort: number) {
    this.#gateway = gateway;
    this.#socket = socket;
    this.#guestPort = guestPort;
  }

  // --- what the host tells; nothing is done here but to note it -----------------------------------------------------

  data(bytes: Uint8Array): void {
    if (this.#over || bytes.length === 0) return;
    this.#toGuest.push(bytes);
    this.#toGuestBytes += bytes.length;
    if (this.#toGuestBytes >= HIGH_WATER && !this.#paused) {
      this.#paused = true;
      this.#socket.pause();
    }
    this.#gateway.note(this);
  }

  drained(): void {
    this.#hostBlocked = false;
    if (!this.#over) this.#gateway.note(this);
  }

  ended(): void {
    this.#hostEnded = true;
    if (!this.#over) this.#gateway.note(this);
  }

  closed(): void {
    this.#hostClosed = true;
    if (!this.#over) this.#gateway.note(this);
  }

  // --- at guest time -----------------------------------------------------------------------------------------------

  /** Moves whatever can be moved. */
  move(): void {
    if (this.#over) return;
    if (this.#endpoint === null && !this.#open()) return;
    if (!this.#connected && !this.#finishConnect()) return;
    // A host socket that is gone although it had not ended, or could not take all, was reset.
    if (this.#hostClosed && !(this.#hostEnded && this.#guestEnded)) {
      this.abort();
      return;
    }
    this.#pushToGuest();
    if (!this.#over) this.#pullFromGuest();
    if (!this.#over && this.#finSent && this.#guestEnded) this.#end();
  }

  /** Resets both sides. */
  abort(): void {
    const endpoint = this.#endpoint;
    if (endpoint !== null) {
      endpoint.linger = 0;
      endpoint.owner = null;
      endpoint.close();
    }
    this.#socket.destroy();
    this.#finish();
  }

  #open(): boolean {
    const gateway = this.#gateway;
    if (this.#hostClosed) {
      this.#finish();
      return false;
    }
    const endpoint = gateway.host.stack.tcp.socket();
    endpoint.owner = this;
    endpoint.setNoDelay(true);
    this.#endpoint = endpoint;
    endpoint.connect(gateway.guestAddress, this.#guestPort);
    if (endpoint.phase === 'connecting') return true;
    this.abort();
    return false;
  }

  #finishConnect(): boolean {
    const endpoint = this.#endpoint!;
    const result = endpoint.connect(this.#gateway.guestAddress, this.#guestPort);
    if (result === 0) {
      this.#connected = true;
      return true;
    }
    if (endpoint.phase !== 'connecting' || this.#hostClosed) this.abort();
    return false;
  }

  #pushToGuest(): void {
    const endpoint = this.#endpoint!;
    while (this.#toGuest.length > 0) {
      const chunk = this.#toGuest[0]!;
      const sent = endpoint.send(chunk, chunk.length);
      if (sent === -EAGAIN) break;
      if (sent < 0) {
        this.abort();
        return;
      }
      this.#toGuestBytes -= sent;
      if (sent === chunk.length) this.#toGuest.shift();
      else this.#toGuest[0] = chunk.subarray(sent);
    }
    if (this.#paused && this.#toGuestBytes < HIGH_WATER / 2) {
      this.#paused = false;
      this.#socket.resume();
    }
    if (this.#hostEnded && this.#toGuest.length === 0 && !this.#finSent) {
      this.#finSent = true;
      if ((endpoint.shutdownFlags & SEND_SHUTDOWN) === 0) endpoint.shutdown(SEND_SHUTDOWN);
    }
  }

  #pullFromGuest(): void {
    const endpoint = this.#endpoint!;
    while (!this.#hostBlocked && !this.#guestEnded) {
      const size = Math.min(endpoint.available, CHUNK_BYTES);
      const buffer = new Uint8Array(Math.max(size, 1));
      const bytes = endpoint.receive(buffer, buffer.length);
      if (bytes === -EAGAIN) return;
      if (bytes < 0) {
        this.abort();
        return;
      }
      if (bytes === 0) {
        this.#guestEnded = true;
        this.#socket.end();
        return;
      }
      if (!this.#socket.write(bytes === buffer.length ? buffer : buffer.subarray(0, bytes))) this.#hostBlocked = true;
    }
  }

  /** Both directions ended in order. */
  #end(): void {
    const endpoint = this.#endpoint!;
    endpoint.owner = null;
    endpoint.close();
    this.#finish();
  }

  #finish(): void {
    this.#over = true;
    this.#toGuest.length = 0;
    this.#toGuestBytes = 0;
    this.#gateway.forget(this);
  }
}
