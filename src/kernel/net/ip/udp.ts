// UDP (RFC 768, RFC 1122 section 4.1): endpoints, their demultiplexing by port and address, and ICMP errors for connected ones.
// A receive queue is bounded by its socket's receive buffer, counted with overhead; what does not fit is dropped.

import {
  EACCES,
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAGAIN,
  EDESTADDRREQ,
  EFAULT,
  EINVAL,
  EMSGSIZE,
  ENOBUFS,
  ENOTCONN,
  EPIPE,
} from '../../errno.ts';
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
} from '../../process/wait.ts';
import type { NetworkStack } from '../stack.ts';
import { isMulticast } from './address.ts';
import { finishSum, pseudoHeaderSum, sumWords, writeTransportChecksum } from './checksum.ts';
import type { ByteSink, ByteSource, Endpoint } from './environment.ts';
import { ArrayCursor, NetworkWork } from './environment.ts';
import type { TransportError } from './icmp.ts';
import { CODE_PORT_UNREACHABLE, TYPE_UNREACHABLE } from './icmp.ts';
import { PROTOCOL_UDP } from './ipv4.ts';
import type { PacketBuffer } from './packet.ts';
import { PacketQueue, read16, read32, write16 } from './packet.ts';
import type { ResolvedRoute } from './route.ts';

export const UDP_HEADER_BYTES = 8;
/** 65,535 less the IPv4 and UDP headers. */
export const MAX_UDP_PAYLOAD = 65507;

/** shutdown(2)'s directions, as bits. */
export const RECEIVE_SHUTDOWN = 1;
export const SEND_SHUTDOWN = 2;

/** What `receiveFrom` took: `bytes` were copied of a datagram of `length`. */
export interface ReceivedDatagram {
  readonly bytes: number;
  readonly length: number;
  readonly address: number;
  readonly port: number;
}

export class UdpEndpoint implements Endpoint {
  readonly stack: NetworkStack;
  owner: unknown = null;
  localAddress = 0;
  localPort = 0;
  /** The peer of a connected socket; port 0 when it is not connected. */
  remoteAddress = 0;
  remotePort = 0;
  reuseAddress = false;
  reusePort = false;
  broadcast = false;
  timeToLive: number;
  typeOfService = 0;
  /** IP_MTU_DISCOVER is IP_PMTUDISC_DO. */
  dontFragment = false;
  receiveBuffer: number;
  sendBuffer: number;
  readonly queue = new PacketQueue();
  /** True bytes held by the receive queue. */
  queuedBytes = 0;
  drops = 0;
  shutdownFlags = 0;
  pendingError = 0;
  closed = false;
  #route: ResolvedRoute | null = null;
  #routeGeneration = 0;

  constructor(stack: NetworkStack) {
    this.stack = stack;
    this.timeToLive = stack.settings.ipDefaultTtl;
    this.receiveBuffer = stack.settings.rmemDefault;
    this.sendBuffer = stack.settings.wmemDefault;
  }

  get connected(): boolean {
    return this.remotePort !== 0;
  }

  /** bind(2): 0, -EINVAL, -EADDRNOTAVAIL or -EADDRINUSE. Port 0 asks for an ephemeral one. */
  bind(address: number, port: number): number {
    if (this.localPort !== 0) return -EINVAL;
    const { stack } = this;
    if (address !== 0 && !stack.isLocal(address) && !stack.isBroadcast(address) && !isMulticast(address)) {
      return -EADDRNOTAVAIL;
    }
    return stack.udp.bind(this, address, port);
  }

  /** connect(2): sets the peer; 0 or an error of routing. */
  connect(address: number, port: number): number {
    const { stack } = this;
    if (port === 0) return -EINVAL;
    if (stack.isBroadcast(address) && !this.broadcast) return -EACCES;
    const route = stack.resolveRoute(address, this.localAddress);
    if (typeof route === 'number') return route;
    if (this.localPort === 0) {
      const bound = stack.udp.bind(this, 0, 0);
      if (bound !== 0) return bound;
    }
    if (this.localAddress === 0) this.localAddress = route.source;
    this.remoteAddress = address === 0 ? route.nextHop : address;
    this.remotePort = port;
    this.#route = null;
    return 0;
  }

  /** connect(2) with AF_UNSPEC. */
  disconnect(): void {
    this.remoteAddress = 0;
    this.remotePort = 0;
    this.#route = null;
  }

  /**
   * Sends one datagram of `length` bytes, to (address, port) or, when port is 0, to the connected peer.
   * Returns the bytes sent, or -EDESTADDRREQ, -EMSGSIZE, -EACCES, -EPIPE, -ENOBUFS, -EFAULT, an error of routing, or the pending error.
   */
  sendTo(source: ByteSource | Uint8Array, length: number, address = 0, port = 0): number {
    const { stack } = this;
    if (length > MAX_UDP_PAYLOAD) return -EMSGSIZE;
    if (port === 0) {
      if (!this.connected) return address !== 0 ? -EINVAL : -EDESTADDRREQ;
      address = this.remoteAddress;
      port = this.remotePort;
    }
    if (this.pendingError !== 0) return -this.takeError();
    if ((this.shutdownFlags & SEND_SHUTDOWN) !== 0) return -EPIPE;
    stack.charge(NetworkWork.udpSend, 1, this);
    const route = this.#routeTo(address);
    if (typeof route === 'number') return route;
    if (address === 0) address = route.nextHop;
    if (route.broadcast && !isMulticast(address) && !this.broadcast) return -EACCES;
    if (this.localPort === 0) {
      const bound = stack.udp.bind(this, 0, 0);
      if (bound !== 0) return bound;
    }
    const packet = stack.allocate(UDP_HEADER_BYTES + length);
    if (packet === null) return -ENOBUFS;
    const { data, start } = packet;
    const input = source instanceof Uint8Array ? new ArrayCursor(source) : source;
    if (length > 0 && input.take(packet.storage.memory, start + UDP_HEADER_BYTES, length) < length) {
      stack.release(packet);
      return -EFAULT;
    }
    const total = UDP_HEADER_BYTES + length;
    packet.end = start + total;
    write16(data, start, this.localPort);
    write16(data, start + 2, port);
    write16(data, start + 4, total);
    const from = this.localAddress !== 0 ? this.localAddress : route.source;
    if (route.networkInterface.checksumOffload && total + 20 <= route.mtu) {
      write16(data, start + 6, 0);
      packet.checksumPartial = true;
    } else {
      stack.charge(NetworkWork.checksumBytes, total, packet);
      writeTransportChecksum(data, start, total, 6, from, address, PROTOCOL_UDP);
    }
    stack.enter();
    const ttl = isMulticast(address) ? 1 : this.timeToLive;
    const sent = stack.ip.output(
      packet,
      route,
      from,
      address,
      PROTOCOL_UDP,
      ttl,
      this.typeOfService,
      this.dontFragment && !route.local,
    );
    if (sent === 0) stack.counters.udp.OutDatagrams += 1;
    stack.leave();
    return sent < 0 ? sent : length;
  }

  /**
   * Takes the next datagram, at most `length` bytes of it; with `peek` it stays. Returns what was taken, or 0 after
   * shutdown, or -EAGAIN, -EFAULT, or the pending error.
   */
  receiveFrom(sink: ByteSink | Uint8Array, length: number, peek = false): ReceivedDatagram | number {
    if (this.pendingError !== 0) return -this.takeError();
    const packet = this.queue.head;
    if (packet === null) return (this.shutdownFlags & RECEIVE_SHUTDOWN) !== 0 ? 0 : -EAGAIN;
    this.stack.charge(NetworkWork.udpReceive, 1, this);
    const output = sink instanceof Uint8Array ? new ArrayCursor(sink) : sink;
    const bytes = Math.min(length, packet.length);
    const copied = bytes === 0 ? 0 : output.put(packet.storage.memory, packet.start, bytes);
    const result = { bytes, length: packet.length, address: packet.sourceAddress, port: packet.sourcePort };
    if (!peek) {
      this.queue.remove(packet);
      this.queuedBytes -= packet.trueSize;
      this.stack.release(packet);
    }
    return copied < bytes ? -EFAULT : result;
  }

  /** Bytes of the next datagram (FIONREAD), 0 if there is none. */
  get nextLength(): number {
    return this.queue.head?.length ?? 0;
  }

  /** As Linux's datagram_poll. */
  poll(): number {
    let mask = POLLOUT | POLLWRNORM | POLLWRBAND;
    if (this.pendingError !== 0) mask |= POLLERR;
    if ((this.shutdownFlags & RECEIVE_SHUTDOWN) !== 0) mask |= POLLRDHUP | POLLIN | POLLRDNORM;
    if (this.shutdownFlags === (RECEIVE_SHUTDOWN | SEND_SHUTDOWN)) mask |= POLLHUP;
    if (this.queue.head !== null) mask |= POLLIN | POLLRDNORM;
    return mask;
  }

  /** SO_ERROR: the pending error as a positive errno, 0 if none; taking it clears it. */
  takeError(): number {
    const error = this.pendingError;
    this.pendingError = 0;
    return error;
  }

  /** shutdown(2); `how` is RECEIVE_SHUTDOWN, SEND_SHUTDOWN or both. */
  shutdown(how: number): number {
    this.shutdownFlags |= how;
    this.wake(POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
    return this.connected ? 0 : -ENOTCONN;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.stack.udp.unbind(this);
    for (let packet = this.queue.shift(); packet !== null; packet = this.queue.shift()) this.stack.release(packet);
    this.queuedBytes = 0;
  }

  wake(events: number): void {
    if (this.stack.hooks.wake !== undefined && !this.closed) this.stack.hooks.wake(this, events);
  }

  #routeTo(address: number): ResolvedRoute | number {
    const { stack } = this;
    if (this.#route !== null && this.#routeGeneration === stack.routeGeneration && address === this.remoteAddress) {
      return this.#route;
    }
    const route = stack.resolveRoute(address, this.localAddress);
    if (typeof route !== 'number' && this.connected && address === this.remoteAddress) {
      this.#route = route;
      this.#routeGeneration = stack.routeGeneration;
    }
    return route;
  }
}

export class UdpProtocol {
  readonly #stack: NetworkStack;
  readonly #ports = new Map<number, UdpEndpoint[]>();

  constructor(stack: NetworkStack) {
    this.#stack = stack;
  }

  socket(): UdpEndpoint {
    return new UdpEndpoint(this.#stack);
  }

  /** Bound endpoints, in order of port. */
  *endpoints(): Iterable<UdpEndpoint> {
    for (const port of [...this.#ports.keys()].sort((a, b) => a - b)) yield* this.#ports.get(port)!;
  }

  bind(endpoint: UdpEndpoint, address: number, port: number): number {
    if (port === 0) {
      port = this.#ephemeral(endpoint, address);
      if (port === 0) return -EADDRINUSE;
    } else if (this.#conflicts(endpoint, address, port)) return -EADDRINUSE;
    endpoint.localAddress = address;
    endpoint.localPort = port;
    const sharing = this.#ports.get(port);
    if (sharing === undefined) this.#ports.set(port, [endpoint]);
    else sharing.push(endpoint);
    return 0;
  }

  unbind(endpoint: UdpEndpoint): void {
    const sharing = this.#ports.get(endpoint.localPort);
    const at = sharing?.indexOf(endpoint) ?? -1;
    if (sharing === undefined || at < 0) return;
    sharing.splice(at, 1);
    if (sharing.length === 0) this.#ports.delete(endpoint.localPort);
  }

  /** A datagram came in, `packet.start` at its UDP header. Owns the packet. */
  input(packet: PacketBuffer, group: boolean): void {
    const stack = this.#stack;
    const counters = stack.counters.udp;
    const { data, start, network } = packet;
    const length = packet.length < UDP_HEADER_BYTES ? 0 : read16(data, start + 4);
    if (length < UDP_HEADER_BYTES || length > packet.length) {
      counters.InErrors += 1;
      stack.release(packet);
      return;
    }
    const source = read32(data, network + 12);
    const destination = read32(data, network + 16);
    if (!packet.checksumPartial && read16(data, start + 6) !== 0) {
      stack.charge(NetworkWork.checksumBytes, length, packet);
      const sum = pseudoHeaderSum(source, destination, PROTOCOL_UDP, length);
      if (finishSum(sumWords(data, start, length, sum)) !== 0) {
        counters.InCsumErrors += 1;
        counters.InErrors += 1;
        stack.release(packet);
        return;
      }
    }
    packet.end = start + length;
    const sourcePort = read16(data, start);
    const destinationPort = read16(data, start + 2);
    const sharing = this.#ports.get(destinationPort);
    if (group) {
      for (const endpoint of sharing ?? []) {
        if (score(endpoint, destination, source, sourcePort, true) < 0) continue;
        const copy = packet.clone();
        copy.start = start + UDP_HEADER_BYTES;
        this.#enqueue(endpoint, copy, source, sourcePort);
      }
      stack.release(packet);
      return;
    }
    const endpoint = sharing === undefined ? null : select(sharing, destination, source, sourcePort);
    if (endpoint === null) {
      counters.NoPorts += 1;
      stack.icmp.sendError(packet, TYPE_UNREACHABLE, CODE_PORT_UNREACHABLE, 0);
      stack.release(packet);
      return;
    }
    packet.start = start + UDP_HEADER_BYTES;
    this.#enqueue(endpoint, packet, source, sourcePort);
  }

  /** An ICMP error about a datagram that was sent from here: only a connected socket hears of it, and only of fatal ones. */
  error(error: TransportError): void {
    for (const endpoint of this.#ports.get(error.localPort) ?? []) {
      if (!endpoint.connected || endpoint.remotePort !== error.remotePort) continue;
      if (endpoint.remoteAddress !== error.remoteAddress || !error.fatal) continue;
      endpoint.pendingError = error.errno;
      endpoint.wake(POLLERR | POLLIN | POLLOUT);
    }
  }

  #enqueue(endpoint: UdpEndpoint, packet: PacketBuffer, source: number, sourcePort: number): void {
    const stack = this.#stack;
    stack.charge(NetworkWork.udpInput, 1, endpoint);
    if (endpoint.queuedBytes + packet.trueSize > endpoint.receiveBuffer) {
      stack.counters.udp.RcvbufErrors += 1;
      stack.counters.udp.InErrors += 1;
      endpoint.drops += 1;
      stack.release(packet);
      return;
    }
    stack.counters.udp.InDatagrams += 1;
    packet.sourceAddress = source;
    packet.sourcePort = sourcePort;
    endpoint.queue.push(packet);
    endpoint.queuedBytes += packet.trueSize;
    endpoint.wake(POLLIN | POLLRDNORM);
  }

  #conflicts(endpoint: UdpEndpoint, address: number, port: number): boolean {
    for (const other of this.#ports.get(port) ?? []) {
      if (address !== 0 && other.localAddress !== 0 && other.localAddress !== address) continue;
      if (endpoint.reuseAddress && other.reuseAddress) continue;
      if (endpoint.reusePort && other.reusePort) continue;
      return true;
    }
    return false;
  }

  #ephemeral(endpoint: UdpEndpoint, address: number): number {
    const [low, high] = this.#stack.settings.ipLocalPortRange;
    const count = high - low + 1;
    const first = this.#stack.random() % count;
    for (let i = 0; i < count; i += 1) {
      const port = low + ((first + i) % count);
      if (this.#conflicts(endpoint, address, port)) continue;
      this.#stack.charge(NetworkWork.portSearch, i + 1, endpoint);
      return port;
    }
    this.#stack.charge(NetworkWork.portSearch, count, endpoint);
    return 0;
  }
}

/** How well an endpoint fits a datagram (Linux's compute_score); negative if not at all. */
function score(endpoint: UdpEndpoint, destination: number, source: number, sourcePort: number, group: boolean): number {
  let points = 0;
  if (endpoint.localAddress !== 0) {
    if (endpoint.localAddress !== destination && !(group && !endpoint.connected)) return -1;
    points += 4;
  }
  if (endpoint.connected) {
    if (endpoint.remoteAddress !== source || endpoint.remotePort !== sourcePort) return -1;
    points += 8;
  }
  return points;
}

/** The best endpoint; among equals of a SO_REUSEPORT group, by a hash of the flow; else the one bound last. */
function select(
  sharing: readonly UdpEndpoint[],
  destination: number,
  source: number,
  sourcePort: number,
): UdpEndpoint | null {
  let best = -1;
  let chosen: UdpEndpoint[] = [];
  for (const endpoint of sharing) {
    const points = score(endpoint, destination, source, sourcePort, false);
    if (points > best) {
      best = points;
      chosen = [endpoint];
    } else if (points >= 0 && points === best) chosen.push(endpoint);
  }
  if (chosen.length <= 1) return chosen[0] ?? null;
  if (!chosen.every((endpoint) => endpoint.reusePort)) return chosen[chosen.length - 1]!;
  const hash = Math.imul(source ^ Math.imul(sourcePort, 0x9e3779b1), 0x85ebca6b) >>> 0;
  return chosen[hash % chosen.length]!;
}
