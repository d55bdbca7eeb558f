// IPv4 (RFC 791, RFC 1122 section 3): headers in and out, delivery to the transports, forwarding, fragmentation.

import { EMSGSIZE, ENOBUFS } from '../../errno.ts';
import type { NetworkStack } from '../stack.ts';
import { BROADCAST_ADDRESS, isLoopback, isMulticast } from './address.ts';
import { checksum, updateChecksum } from './checksum.ts';
import { copyBytes, NetworkWork } from './environment.ts';
import { ETHERTYPE_IPV4, pushEthernetHeader } from './ethernet.ts';
import {
  CODE_FRAGMENTATION_NEEDED,
  CODE_HOST_UNREACHABLE,
  CODE_PROTOCOL_UNREACHABLE,
  TYPE_TIME_EXCEEDED,
  TYPE_UNREACHABLE,
} from './icmp.ts';
import type { NetworkInterface } from './interface.ts';
import type { PacketBuffer } from './packet.ts';
import { read16, read32, write16, write32 } from './packet.ts';
import { Reassembly } from './reassembly.ts';
import type { ResolvedRoute } from './route.ts';

export const IPV4_HEADER_BYTES = 20;
export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const MAX_IP_BYTES = 65535;

export const FLAG_DONT_FRAGMENT = 0x4000;
export const FLAG_MORE_FRAGMENTS = 0x2000;
export const FRAGMENT_OFFSET_MASK = 0x1fff;

export class Ipv4 {
  readonly #stack: NetworkStack;
  readonly #reassembly: Reassembly;
  #identification: number;

  constructor(stack: NetworkStack) {
    this.#stack = stack;
    this.#reassembly = new Reassembly(stack);
    this.#identification = stack.random() & 0xffff;
  }

  get reassembly(): Reassembly {
    return this.#reassembly;
  }

  /**
   * Sends a transport segment: the window of `packet`, with at least 34 bytes of room in front. Owns the packet.
   * Returns 0, or -EMSGSIZE if it is larger than the path allows and may not be fragmented.
   */
  output(
    packet: PacketBuffer,
    route: ResolvedRoute,
    source: number,
    destination: number,
    protocol: number,
    timeToLive: number,
    typeOfService: number,
    dontFragment: boolean,
  ): number {
    const stack = this.#stack;
    stack.charge(NetworkWork.ipOutput, 1, packet);
    const { data } = packet;
    const start = packet.start - IPV4_HEADER_BYTES;
    const total = packet.end - start;
    stack.counters.ip.OutRequests += 1;
    if (total > MAX_IP_BYTES || (total > route.mtu && dontFragment)) {
      stack.release(packet);
      return -EMSGSIZE;
    }
    this.#identification = (this.#identification + 1) & 0xffff;
    data[start] = 0x45;
    data[start + 1] = typeOfService;
    write16(data, start + 2, total);
    write16(data, start + 4, this.#identification);
    write16(data, start + 6, dontFragment ? FLAG_DONT_FRAGMENT : 0);
    data[start + 8] = timeToLive;
    data[start + 9] = protocol;
    write16(data, start + 10, 0);
    write32(data, start + 12, source);
    write32(data, start + 16, destination);
    write16(data, start + 10, checksum(data, start, IPV4_HEADER_BYTES));
    packet.start = start;
    packet.network = start;
    stack.counters.ipExtension.OutOctets += total;
    if (total > route.mtu) return this.#fragment(packet, route);
    this.#toLink(packet, route);
    return 0;
  }

  /** An IPv4 packet came in; `packet.start` is behind the link header. Owns the packet. */
  input(networkInterface: NetworkInterface, packet: PacketBuffer): void {
    const stack = this.#stack;
    const counters = stack.counters.ip;
    stack.charge(NetworkWork.ipInput, 1, packet);
    counters.InReceives += 1;
    const { data, start } = packet;
    const length = packet.length;
    const headerBytes = (data[start]! & 15) * 4;
    if (length < IPV4_HEADER_BYTES || data[start]! >> 4 !== 4 || headerBytes < 20 || headerBytes > length) {
      counters.InHdrErrors += 1;
      stack.release(packet);
      return;
    }
    if (checksum(data, start, headerBytes) !== 0) {
      counters.InHdrErrors += 1;
      stack.counters.ipExtension.InCsumErrors += 1;
      stack.release(packet);
      return;
    }
    const total = read16(data, start + 2);
    if (total > length || total < headerBytes) {
      if (total > length) stack.counters.ipExtension.InTruncatedPkts += 1;
      else counters.InHdrErrors += 1;
      stack.release(packet);
      return;
    }
    stack.counters.ipExtension.InOctets += total;
    packet.end = start + total;
    packet.network = start;
    packet.networkInterface = networkInterface;
    const source = read32(data, start + 12);
    const destination = read32(data, start + 16);
    // RFC 1122 section 3.2.1.3: what may never be a source, or never be seen outside a host.
    const outside = !networkInterface.isLoopback;
    if (
      source === BROADCAST_ADDRESS ||
      isMulticast(source) ||
      (outside && (isLoopback(source) || isLoopback(destination) || stack.isLocal(source)))
    ) {
      counters.InAddrErrors += 1;
      stack.release(packet);
      return;
    }
    const group = destination === BROADCAST_ADDRESS || isMulticast(destination) || stack.isBroadcast(destination);
    if (!group && !stack.isLocal(destination)) {
      this.#forward(networkInterface, packet, destination);
      return;
    }
    if (group) stack.counters.ipExtension.InBcastPkts += 1;
    if ((read16(data, start + 6) & (FLAG_MORE_FRAGMENTS | FRAGMENT_OFFSET_MASK)) !== 0) {
      const whole = this.#reassembly.add(packet);
      if (whole !== null) this.#deliver(whole, group);
      return;
    }
    this.#deliver(packet, group);
  }

  #deliver(packet: PacketBuffer, group: boolean): void {
    const stack = this.#stack;
    const { data, network } = packet;
    const protocol = data[network + 9]!;
    packet.transport = network + (data[network]! & 15) * 4;
    packet.start = packet.transport;
    stack.counters.ip.InDelivers += 1;
    switch (protocol) {
      case PROTOCOL_TCP:
        if (group) stack.release(packet);
        else stack.tcp.input(packet);
        return;
      case PROTOCOL_UDP:
        stack.udp.input(packet, group);
        return;
      case PROTOCOL_ICMP:
        stack.icmp.input(packet, group);
        return;
      default:
        stack.counters.ip.InUnknownProtos += 1;
        if (!group) stack.icmp.sendError(packet, TYPE_UNREACHABLE, CODE_PROTOCOL_UNREACHABLE, 0);
        stack.release(packet);
    }
  }

  /** Passes a packet on to another network (RFC 1812 section 5.2), if the stack is a router. */
  #forward(networkInterface: NetworkInterface, packet: PacketBuffer, destination: number): void {
    const stack = this.#stack;
    const { data, network } = packet;
    const route = stack.settings.ipForward ? stack.resolveRoute(destination, 0) : null;
    if (route === null) {
      stack.counters.ip.InAddrErrors += 1;
      stack.release(packet);
      return;
    }
    if (typeof route === 'number' || route.local || route.networkInterface === networkInterface) {
      if (typeof route === 'number') stack.icmp.sendError(packet, TYPE_UNREACHABLE, CODE_HOST_UNREACHABLE, 0);
      stack.release(packet);
      return;
    }
    if (data[network + 8]! <= 1) {
      stack.counters.ip.InHdrErrors += 1;
      stack.icmp.sendError(packet, TYPE_TIME_EXCEEDED, 0, 0);
      stack.release(packet);
      return;
    }
    const dontFragment = (read16(data, network + 6) & FLAG_DONT_FRAGMENT) !== 0;
    if (packet.length > route.mtu && dontFragment) {
      stack.icmp.sendError(packet, TYPE_UNREACHABLE, CODE_FRAGMENTATION_NEEDED, route.mtu);
      stack.release(packet);
      return;
    }
    stack.counters.ip.ForwDatagrams += 1;
    const before = read16(data, network + 8);
    data[network + 8]! -= 1;
    updateChecksum(data, network + 10, before, read16(data, network + 8));
    if (packet.length > route.mtu) this.#fragment(packet, route);
    else this.#toLink(packet, route);
  }

  #toLink(packet: PacketBuffer, route: ResolvedRoute): void {
    const stack = this.#stack;
    const { networkInterface } = route;
    if (networkInterface.isLoopback) {
      pushEthernetHeader(packet, networkInterface.mac, networkInterface.mac, ETHERTYPE_IPV4);
      stack.transmit(networkInterface, packet);
    } else if (route.broadcast) {
      pushEthernetHeader(packet, stack.groupMac(route.nextHop), networkInterface.mac, ETHERTYPE_IPV4);
      stack.transmit(networkInterface, packet);
    } else {
      stack.arp.output(networkInterface, route.nextHop, packet);
    }
  }

  /** Cuts a packet into pieces that fit the route (RFC 791 section 2.3). Owns the packet. */
  #fragment(packet: PacketBuffer, route: ResolvedRoute): number {
    const stack = this.#stack;
    const { data, network } = packet;
    const headerBytes = (data[network]! & 15) * 4;
    const payload = packet.end - network - headerBytes;
    const flagsAndOffset = read16(data, network + 6);
    const piece = (route.mtu - headerBytes) & ~7;
    stack.completeChecksum(packet);
    for (let offset = 0; offset < payload; offset += piece) {
      const bytes = Math.min(piece, payload - offset);
      const fragment = stack.allocate(headerBytes + bytes);
      if (fragment === null) {
        stack.counters.ip.FragFails += 1;
        stack.release(packet);
        return -ENOBUFS;
      }
      stack.charge(NetworkWork.ipFragment, 1, fragment);
      stack.charge(NetworkWork.copyBytes, bytes, fragment);
      const at = fragment.start;
      copyBytes(fragment.data, at, data, network, headerBytes);
      copyBytes(fragment.data, at + headerBytes, data, network + headerBytes + offset, bytes);
      fragment.end = at + headerBytes + bytes;
      fragment.network = at;
      const more = offset + bytes < payload ? FLAG_MORE_FRAGMENTS : 0;
      write16(fragment.data, at + 2, headerBytes + bytes);
      write16(fragment.data, at + 6, (flagsAndOffset + (offset >> 3)) | more);
      write16(fragment.data, at + 10, 0);
      write16(fragment.data, at + 10, checksum(fragment.data, at, headerBytes));
      stack.counters.ip.FragCreates += 1;
      this.#toLink(fragment, route);
    }
    stack.counters.ip.FragOKs += 1;
    stack.release(packet);
    return 0;
  }
}
