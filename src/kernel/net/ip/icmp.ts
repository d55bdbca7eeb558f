// ICMP (RFC 792, RFC 1122 section 3.2.2): answers echo requests, sends errors at a bounded rate, and brings errors that come in to
// the sockets they concern.

import {
  ECONNREFUSED,
  EHOSTDOWN,
  EHOSTUNREACH,
  EMSGSIZE,
  ENETUNREACH,
  ENOPROTOOPT,
  EOPNOTSUPP,
  EPROTO,
} from '../../errno.ts';
import type { NetworkStack } from '../stack.ts';
import { checksum } from './checksum.ts';
import { copyBytes, NetworkWork } from './environment.ts';
import { FRAGMENT_OFFSET_MASK, IPV4_HEADER_BYTES, PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from './ipv4.ts';
import type { PacketBuffer } from './packet.ts';
import { read16, read32, write16, write32 } from './packet.ts';
import { NANOSECONDS_PER_SECOND } from './settings.ts';

export const TYPE_ECHO_REPLY = 0;
export const TYPE_UNREACHABLE = 3;
export const TYPE_ECHO = 8;
export const TYPE_TIME_EXCEEDED = 11;
export const TYPE_PARAMETER_PROBLEM = 12;
export const CODE_HOST_UNREACHABLE = 1;
export const CODE_PROTOCOL_UNREACHABLE = 2;
export const CODE_PORT_UNREACHABLE = 3;
export const CODE_FRAGMENTATION_NEEDED = 4;

const ICMP_HEADER_BYTES = 8;
/** RFC 1812 section 4.3.2.3: an error carries as much of the packet as fits 576 bytes. */
const MAX_ERROR_BYTES = 576;
const ENONET = 64;

/** Errno and whether it is fatal, by code of "destination unreachable" (icmp_err_convert of Linux's net/ipv4/icmp.c). */
const unreachableErrors: readonly (readonly [number, boolean])[] = [
  [ENETUNREACH, false],
  [EHOSTUNREACH, false],
  [ENOPROTOOPT, true],
  [ECONNREFUSED, true],
  [EMSGSIZE, false],
  [EOPNOTSUPP, false],
  [ENETUNREACH, true],
  [EHOSTDOWN, true],
  [ENONET, true],
  [ENETUNREACH, true],
  [EHOSTUNREACH, true],
  [ENETUNREACH, false],
  [EHOSTUNREACH, false],
  [EHOSTUNREACH, true],
  [EHOSTUNREACH, true],
  [EHOSTUNREACH, true],
];

/** An error about a packet that this host sent. Addresses and ports are the sender's view. */
export interface TransportError {
  readonly localAddress: number;
  readonly localPort: number;
  readonly remoteAddress: number;
  readonly remotePort: number;
  readonly errno: number;
  readonly fatal: boolean;
  /** The path's MTU when the error is "fragmentation needed", else 0. */
  readonly mtu: number;
  /** The sequence number quoted (TCP), signed. */
  readonly sequence: number;
}

export class Icmp {
  readonly #stack: NetworkStack;
  #tokens: number;
  #tokensAt = 0;

  constructor(stack: NetworkStack) {
    this.#stack = stack;
    this.#tokens = stack.settings.icmpMessagesBurst;
  }

  /** An ICMP message came in, `packet.start` at its header. Owns the packet. */
  input(packet: PacketBuffer, group: boolean): void {
    const stack = this.#stack;
    const counters = stack.counters.icmp;
    const { data, start } = packet;
    stack.charge(NetworkWork.icmpPacket, 1, packet);
    stack.charge(NetworkWork.checksumBytes, packet.length, packet);
    counters.InMsgs += 1;
    if (packet.length < ICMP_HEADER_BYTES || checksum(data, start, packet.length) !== 0) {
      counters.InErrors += 1;
      if (packet.length >= ICMP_HEADER_BYTES) counters.InCsumErrors += 1;
      stack.release(packet);
      return;
    }
    switch (data[start]!) {
      case TYPE_ECHO:
        counters.InEchos += 1;
        // RFC 1122 section 3.2.2.6 lets a host ignore an echo request to a broadcast address; Linux does.
        if (!group) this.#reply(packet);
        break;
      case TYPE_ECHO_REPLY:
        counters.InEchoReps += 1;
        break;
      case TYPE_UNREACHABLE:
      case TYPE_TIME_EXCEEDED:
      case TYPE_PARAMETER_PROBLEM:
        this.#error(packet);
        break;
      default:
        break;
    }
    stack.release(packet);
  }

  /**
   * Answers a packet with an error (type, code, and the MTU of "fragmentation needed"), unless RFC 1122 section 3.2.2 forbids it
   * or the rate is exceeded. Does not own the packet; `packet.network` is its IPv4 header.
   */
  sendError(packet: PacketBuffer, type: number, code: number, mtu: number): void {
    const stack = this.#stack;
    const { data, network } = packet;
    const source = read32(data, network + 12);
    const destination = read32(data, network + 16);
    if ((read16(data, network + 6) & FRAGMENT_OFFSET_MASK) !== 0 || source === 0) return;
    if (data[network + 9] === PROTOCOL_ICMP) {
      const inner = data[network + (data[network]! & 15) * 4]!;
      if (inner !== TYPE_ECHO && inner !== TYPE_ECHO_REPLY) return;
    }
    if (!this.#allow()) {
      stack.counters.icmp.OutRateLimitGlobal += 1;
      return;
    }
    const bytes = Math.min(packet.end - network, MAX_ERROR_BYTES - IPV4_HEADER_BYTES - ICMP_HEADER_BYTES);
    const from = stack.isLocal(destination) ? destination : 0;
    if (type === TYPE_UNREACHABLE) stack.counters.icmp.OutDestUnreachs += 1;
    else stack.counters.icmp.OutTimeExcds += 1;
    this.#send(source, from, type, code, mtu, data, network, bytes);
  }

  /** A packet of this host could not be sent for want of an answer to ARP: tell its socket. Owns the packet. */
  localUnreachable(packet: PacketBuffer): void {
    this.#dispatch(packet.data, packet.network, packet.end, EHOSTUNREACH, false, 0);
    this.#stack.release(packet);
  }

  #error(packet: PacketBuffer): void {
    const counters = this.#stack.counters.icmp;
    const { data, start } = packet;
    const type = data[start]!;
    const code = data[start + 1]!;
    if (type === TYPE_UNREACHABLE) {
      counters.InDestUnreachs += 1;
      const entry = unreachableErrors[code];
      if (entry === undefined) return;
      const mtu = code === CODE_FRAGMENTATION_NEEDED ? read16(data, start + 6) : 0;
      this.#dispatch(data, start + ICMP_HEADER_BYTES, packet.end, entry[0], entry[1], mtu);
    } else if (type === TYPE_TIME_EXCEEDED) {
      counters.InTimeExcds += 1;
      this.#dispatch(data, start + ICMP_HEADER_BYTES, packet.end, EHOSTUNREACH, false, 0);
    } else {
      this.#dispatch(data, start + ICMP_HEADER_BYTES, packet.end, EPROTO, true, 0);
    }
  }

  /** Finds the socket that sent the quoted packet (its IPv4 header at `at`) and tells it. */
  #dispatch(data: Uint8Array, at: number, end: number, errno: number, fatal: boolean, mtu: number): void {
    if (end - at < IPV4_HEADER_BYTES || data[at]! >> 4 !== 4) return;
    const transport = at + (data[at]! & 15) * 4;
    if (transport < at + IPV4_HEADER_BYTES || end - transport < 8) return;
    if ((read16(data, at + 6) & FRAGMENT_OFFSET_MASK) !== 0) return;
    const error: TransportError = {
      localAddress: read32(data, at + 12),
      localPort: read16(data, transport),
      remoteAddress: read32(data, at + 16),
      remotePort: read16(data, transport + 2),
      errno,
      fatal,
      mtu,
      sequence: read32(data, transport + 4) | 0,
    };
    if (!this.#stack.isLocal(error.localAddress)) return;
    if (mtu > 0) this.#stack.lowerPathMtu(error.remoteAddress, mtu);
    if (data[at + 9] === PROTOCOL_TCP) this.#stack.tcp.error(error);
    else if (data[at + 9] === PROTOCOL_UDP) this.#stack.udp.error(error);
  }

  #reply(request: PacketBuffer): void {
    const { data, start, network } = request;
    if (!this.#allow()) return;
    this.#stack.counters.icmp.OutEchoReps += 1;
    const source = read32(data, network + 12);
    const destination = read32(data, network + 16);
    const rest = read32(data, start + 4);
    this.#send(source, destination, TYPE_ECHO_REPLY, 0, rest, data, start + 8, request.end - start - 8);
  }

  #send(
    to: number,
    from: number,
    type: number,
    code: number,
    rest: number,
    body: Uint8Array,
    offset: number,
    bytes: number,
  ): void {
    const stack = this.#stack;
    const route = stack.resolveRoute(to, from);
    if (typeof route === 'number') return;
    const packet = stack.allocate(ICMP_HEADER_BYTES + bytes);
    if (packet === null) return;
    stack.charge(NetworkWork.icmpPacket, 1, packet);
    stack.charge(NetworkWork.checksumBytes, ICMP_HEADER_BYTES + bytes, packet);
    stack.counters.icmp.OutMsgs += 1;
    const { data, start } = packet;
    data[start] = type;
    data[start + 1] = code;
    write16(data, start + 2, 0);
    write32(data, start + 4, rest);
    copyBytes(data, start + ICMP_HEADER_BYTES, body, offset, bytes);
    packet.end = start + ICMP_HEADER_BYTES + bytes;
    write16(data, start + 2, checksum(data, start, packet.length));
    stack.ip.output(
      packet,
      route,
      from === 0 ? route.source : from,
      to,
      PROTOCOL_ICMP,
      stack.settings.ipDefaultTtl,
      0,
      false,
    );
  }

  /** A token bucket over all targets, as icmp_global_allow of Linux. */
  #allow(): boolean {
    const { icmpMessagesPerSecond, icmpMessagesBurst } = this.#stack.settings;
    const now = this.#stack.clock.now();
    const earned = Math.floor(((now - this.#tokensAt) * icmpMessagesPerSecond) / NANOSECONDS_PER_SECOND);
    if (earned > 0) {
      this.#tokens = Math.min(icmpMessagesBurst, this.#tokens + earned);
      this.#tokensAt = now;
    }
    if (this.#tokens <= 0) return false;
    this.#tokens -= 1;
    return true;
  }
}
