// TCP as a whole: who owns which port, which endpoint a segment belongs to, and what answers a segment that belongs to none.

import { EADDRINUSE, EADDRNOTAVAIL, EINVAL } from '../../errno.ts';
import { finishSum, pseudoHeaderSum, sumWords } from '../ip/checksum.ts';
import { NetworkWork } from '../ip/environment.ts';
import type { TransportError } from '../ip/icmp.ts';
import { PROTOCOL_TCP } from '../ip/ipv4.ts';
import type { PacketBuffer } from '../ip/packet.ts';
import { read32 } from '../ip/packet.ts';
import { NANOSECONDS_PER_MILLISECOND, NANOSECONDS_PER_SECOND } from '../ip/settings.ts';
import type { NetworkStack } from '../stack.ts';
import { ConnectionTable, KIND_CONNECTION, KIND_REQUEST, KIND_TIME_WAIT } from './connection-table.ts';
import { sendWithoutEndpoint } from './control.ts';
import { TcpEndpoint } from './endpoint.ts';
import { TupleHash } from './hash.ts';
import { receiveSegment } from './input.ts';
import type { Request } from './listener.ts';
import { acceptRequestSegment, listenerSegment } from './listener.ts';
import { synchroniseMss, updateRoute } from './output.ts';
import { ACK, after, before, RST, TcpHeader } from './segment.ts';
import { CLOSE_WAIT, CLOSED, ESTABLISHED, LISTEN, SYN_RECEIVED, SYN_SENT, stateNames } from './states.ts';
import type { TimeWait } from './time-wait.ts';
import { reuseTimeWait, timeWaitSegment } from './time-wait.ts';
import { stopTimers } from './timers.ts';

/** Who holds a port: an endpoint that was bound, listens or is connected from it, or what TIME-WAIT left of one. */
export interface PortOwner {
  readonly localAddress: number;
  localPort: number;
  bound: boolean;
  portLocked: boolean;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly state: number;
}

export class TcpProtocol {
  readonly stack: NetworkStack;
  readonly table: ConnectionTable;
  readonly hash: TupleHash;
  readonly header = new TcpHeader();
  readonly #ports = new Map<number, Set<PortOwner>>();
  readonly #listeners = new Map<number, TcpEndpoint[]>();
  /** True bytes in all send and receive queues. */
  memory = 0;
  orphans = 0;
  timeWaits = 0;
  requests = 0;
  #challengeAcks = 0;
  #challengeSecond = -1;

  constructor(stack: NetworkStack) {
    this.stack = stack;
    this.hash = new TupleHash(stack.random(), stack.random());
    this.table = new ConnectionTable(this.hash);
  }

  socket(): TcpEndpoint {
    return new TcpEndpoint(this.stack);
  }

  *listeners(): Iterable<TcpEndpoint> {
    for (const port of [...this.#listeners.keys()].sort((a, b) => a - b)) yield* this.#listeners.get(port)!;
  }

  /** Ports that somebody holds. */
  get portsInUse(): number {
    return this.#ports.size;
  }

  // --- ports ---------------------------------------------------------------------------------------------------------

  bind(endpoint: TcpEndpoint, address: number, port: number): number {
    if (port < 0 || port > 65535) return -EINVAL;
    const chosen = port === 0 ? this.#ephemeralForBind(endpoint, address) : port;
    if (chosen === 0 || (port !== 0 && this.#conflicts(endpoint, address, port))) return -EADDRINUSE;
    endpoint.localAddress = address;
    endpoint.portLocked = true;
    this.#own(endpoint, chosen);
    return 0;
  }

  /** Gives a connecting endpoint its names: 0, -EADDRNOTAVAIL when no port is left, -EADDRINUSE when the pair is taken. */
  bindForConnect(endpoint: TcpEndpoint, source: number, remote: number, remotePort: number): number {
    let port = endpoint.localPort;
    if (endpoint.bound) {
      if (!this.#pairFree(source, port, remote, remotePort)) return -EADDRNOTAVAIL;
    } else {
      port = this.#ephemeralForConnect(endpoint, source, remote, remotePort);
      if (port === 0) return -EADDRNOTAVAIL;
      this.#own(endpoint, port);
    }
    endpoint.localAddress = source;
    endpoint.remoteAddress = remote;
    endpoint.remotePort = remotePort;
    this.table.add(endpoint);
    return 0;
  }

  /** A connection that came by a listener holds the listener's port too. */
  inheritPort(child: PortOwner, port: number): void {
    this.#own(child, port);
  }

  unbind(owner: PortOwner): void {
    if (!owner.bound) return;
    owner.bound = false;
    owner.portLocked = false;
    const owners = this.#ports.get(owner.localPort);
    if (owners === undefined) return;
    owners.delete(owner);
    if (owners.size === 0) this.#ports.delete(owner.localPort);
  }

  /** Whether `endpoint`, bound already, may listen on its port: another listener there must share it. */
  mayListen(endpoint: TcpEndpoint): boolean {
    for (const other of this.#listeners.get(endpoint.localPort) ?? []) {
      if (other === endpoint || !overlaps(other.localAddress, endpoint.localAddress)) continue;
      if (!(other.reusePort && endpoint.reusePort)) return false;
    }
    return true;
  }

  addListener(endpoint: TcpEndpoint): void {
    const sharing = this.#listeners.get(endpoint.localPort);
    if (sharing === undefined) this.#listeners.set(endpoint.localPort, [endpoint]);
    else sharing.push(endpoint);
  }

  removeListener(endpoint: TcpEndpoint): void {
    const sharing = this.#listeners.get(endpoint.localPort);
    const at = sharing?.indexOf(endpoint) ?? -1;
    if (sharing === undefined || at < 0) return;
    sharing.splice(at, 1);
    if (sharing.length === 0) this.#listeners.delete(endpoint.localPort);
  }

  // --- segments --------------------------------------------------------------------------------------------------------

  /** A segment came in, `packet.start` at its TCP header. Owns the packet. */
  input(packet: PacketBuffer): void {
    const { stack, header } = this;
    const { data, start, network } = packet;
    const bytes = packet.length;
    stack.counters.tcp.InSegs += 1;
    if (!header.parse(data, start, bytes)) {
      stack.counters.tcp.InErrs += 1;
      stack.release(packet);
      return;
    }
    header.sourceAddress = read32(data, network + 12);
    header.destinationAddress = read32(data, network + 16);
    if (!packet.checksumPartial) {
      stack.charge(NetworkWork.checksumBytes, bytes, packet);
      const sum = pseudoHeaderSum(header.sourceAddress, header.destinationAddress, PROTOCOL_TCP, bytes);
      if (finishSum(sumWords(data, start, bytes, sum)) !== 0) {
        stack.counters.tcp.InErrs += 1;
        stack.counters.tcp.InCsumErrors += 1;
        stack.release(packet);
        return;
      }
    }
    packet.transport = start;
    packet.start = start + header.headerBytes;
    packet.sequence = header.sequence;
    packet.endSequence = header.endSequence;
    packet.flags = header.flags;
    stack.charge(NetworkWork.tcpLookup, 1, packet);
    const entry = this.table.find(
      header.destinationAddress,
      header.destinationPort,
      header.sourceAddress,
      header.sourcePort,
    );
    if (entry !== null) {
      if (entry.entryKind === KIND_CONNECTION) {
        receiveSegment(entry as TcpEndpoint, packet, header);
        return;
      }
      if (entry.entryKind === KIND_REQUEST) {
        acceptRequestSegment(entry as Request, packet, header);
        return;
      }
      if (!reuseTimeWait(entry as TimeWait, header)) {
        timeWaitSegment(entry as TimeWait, packet, header);
        return;
      }
    }
    const listener = this.#findListener(header);
    if (listener !== null) listenerSegment(listener, packet, header);
    else {
      this.resetReply(header);
      stack.release(packet);
    }
  }

  /** RFC 9293 section 3.5.2: the reset that answers a segment which belongs to no connection. */
  resetReply(header: TcpHeader): void {
    if ((header.flags & RST) !== 0) return;
    const isAck = (header.flags & ACK) !== 0;
    const { stack } = this;
    stack.counters.tcp.OutRsts += 1;
    sendWithoutEndpoint(
      stack,
      header,
      isAck ? header.acknowledgement : 0,
      isAck ? 0 : header.endSequence,
      isAck ? RST : RST | ACK,
      0,
      false,
      0,
      0,
    );
  }

  /** An ICMP error about a segment that was sent from here (RFC 5461, Linux's tcp_v4_err). */
  error(error: TransportError): void {
    const entry = this.table.find(error.localAddress, error.localPort, error.remoteAddress, error.remotePort);
    if (entry === null || entry.entryKind === KIND_TIME_WAIT) return;
    if (entry.entryKind === KIND_REQUEST) return;
    const endpoint = entry as TcpEndpoint;
    const { sequence } = error;
    if (endpoint.state !== SYN_SENT || sequence !== endpoint.initialSendSequence) {
      // RFC 5927 section 4.1: what is quoted must be in flight.
      if (before(sequence, endpoint.sendUnacknowledged) || after(sequence, endpoint.sendNext)) return;
    }
    if (error.mtu > 0) {
      endpoint.route = null;
      updateRoute(endpoint);
      synchroniseMss(endpoint);
      return;
    }
    if (endpoint.state === SYN_SENT || endpoint.state === SYN_RECEIVED) endpoint.fail(error.errno);
    else endpoint.softError = error.errno;
  }

  #findListener(header: TcpHeader): TcpEndpoint | null {
    const sharing = this.#listeners.get(header.destinationPort);
    if (sharing === undefined) return null;
    const exact = sharing.filter((candidate) => candidate.localAddress === header.destinationAddress);
    const matching = exact.length > 0 ? exact : sharing.filter((candidate) => candidate.localAddress === 0);
    if (matching.length <= 1) return matching[0] ?? null;
    const { sourceAddress, destinationAddress, sourcePort, destinationPort } = header;
    const hash = this.hash.hash(destinationAddress, sourceAddress, destinationPort, sourcePort) >>> 0;
    return matching[hash % matching.length]!;
  }

  // --- states and numbers -------------------------------------------------------------------------------------------------

  setState(endpoint: TcpEndpoint, state: number): void {
    const counted = (value: number): boolean => value === ESTABLISHED || value === CLOSE_WAIT;
    if (counted(state) && !counted(endpoint.state)) this.stack.counters.tcp.CurrEstab += 1;
    else if (!counted(state) && counted(endpoint.state)) this.stack.counters.tcp.CurrEstab -= 1;
    endpoint.state = state;
  }

  /** Takes an endpoint out of the tables and stops its timers; its queues stay. */
  setClosed(endpoint: TcpEndpoint): void {
    const { state } = endpoint;
    if (state === SYN_SENT || state === SYN_RECEIVED) this.stack.counters.tcp.AttemptFails += 1;
    if (state !== CLOSED && state !== LISTEN && state !== SYN_SENT && endpoint.orphan) this.orphans -= 1;
    if (state === LISTEN) this.removeListener(endpoint);
    this.table.remove(endpoint);
    stopTimers(endpoint);
    this.setState(endpoint, CLOSED);
    if (!endpoint.portLocked && state !== LISTEN && endpoint.bound) this.unbind(endpoint);
  }

  /** RFC 6528: a clock of 64 ns ticks (as Linux's) plus a keyed hash of the names. */
  initialSequence(entry: {
    localAddress: number;
    localPort: number;
    remoteAddress: number;
    remotePort: number;
  }): number {
    const ticks = Math.floor(this.stack.clock.now() / 64) % 2 ** 32;
    return (this.hash.hash(entry.localAddress, entry.remoteAddress, entry.localPort, ~entry.remotePort) + ticks) | 0;
  }

  timestampOffset(entry: { localAddress: number; remoteAddress: number }): number {
    return this.hash.hash(entry.localAddress, entry.remoteAddress, 0x7473, 0);
  }

  /** The timestamp clock of RFC 7323: milliseconds. */
  timestampNow(): number {
    return Math.floor(this.stack.clock.now() / NANOSECONDS_PER_MILLISECOND) | 0;
  }

  /** RFC 5961 section 7: challenge acknowledgements are limited for the whole host. */
  mayChallenge(): boolean {
    const second = Math.floor(this.stack.clock.now() / NANOSECONDS_PER_SECOND);
    if (second !== this.#challengeSecond) {
      this.#challengeSecond = second;
      this.#challengeAcks = 0;
    }
    if (this.#challengeAcks >= this.stack.settings.tcpChallengeAckLimit) return false;
    this.#challengeAcks += 1;
    return true;
  }

  #own(owner: PortOwner, port: number): void {
    owner.localPort = port;
    owner.bound = true;
    const owners = this.#ports.get(port);
    if (owners === undefined) this.#ports.set(port, new Set([owner]));
    else owners.add(owner);
  }

  /** inet_csk_bind_conflict: two may share a port if both allow address reuse and neither listens, or both allow port reuse. */
  #conflicts(endpoint: TcpEndpoint, address: number, port: number): boolean {
    for (const other of this.#ports.get(port) ?? []) {
      if (other === endpoint || !overlaps(other.localAddress, address)) continue;
      if (endpoint.reuseAddress && other.reuseAddress && other.state !== LISTEN) continue;
      if (endpoint.reusePort && other.reusePort) continue;
      return true;
    }
    return false;
  }

  #pairFree(source: number, port: number, remote: number, remotePort: number): boolean {
    const entry = this.table.find(source, port, remote, remotePort);
    if (entry === null) return true;
    // RFC 6191: with timestamps a pair in TIME-WAIT may be used again (tcp_tw_reuse).
    if (entry.entryKind !== KIND_TIME_WAIT || !this.stack.settings.tcpTimeWaitReuse) return false;
    return (entry as TimeWait).recycle();
  }

  #ephemeralForBind(endpoint: TcpEndpoint, address: number): number {
    const [low, high] = this.stack.settings.ipLocalPortRange;
    const count = high - low + 1;
    const first = this.stack.random() % count;
    let found = 0;
    let looked = 0;
    for (; looked < count && found === 0; looked += 1) {
      const port = low + ((first + looked) % count);
      if (!this.#ports.has(port) || !this.#conflicts(endpoint, address, port)) found = port;
    }
    this.stack.charge(NetworkWork.portSearch, looked, endpoint);
    return found;
  }

  /** RFC 6056 algorithm 3: the search starts at a place that depends on the peer. */
  #ephemeralForConnect(endpoint: TcpEndpoint, source: number, remote: number, remotePort: number): number {
    const [low, high] = this.stack.settings.ipLocalPortRange;
    const count = high - low + 1;
    const first = (this.hash.hash(source, remote, remotePort, 0x706f7274) + this.stack.random()) >>> 0;
    let found = 0;
    let looked = 0;
    for (; looked < count && found === 0; looked += 1) {
      const port = low + ((first + looked) % count);
      const owners = this.#ports.get(port);
      if (owners !== undefined && [...owners].some((owner) => owner.portLocked)) continue;
      if (this.#pairFree(source, port, remote, remotePort)) found = port;
    }
    this.stack.charge(NetworkWork.portSearch, looked, endpoint);
    return found;
  }
}

function overlaps(a: number, b: number): boolean {
  return a === 0 || b === 0 || a === b;
}

/** The state's name as ss(8) and netstat(8) give it. */
export function stateName(state: number): string {
  return stateNames[state] ?? String(state);
}
