// ARP (RFC 826) and the neighbour cache (RFC 4861's states, as Linux uses them for IPv4).
//
// An entry is incomplete (asked for, packets wait), reachable, stale (usable, to be confirmed when used), delayed (used, to be
// confirmed soon), probed (usable, being asked) or permanent. Bounds: `neighbourTableSize` entries, the oldest that is not permanent leaves first;
// `neighbourQueue` waiting packets per entry, the oldest is dropped first.

import type { NetworkStack } from '../stack.ts';
import type { MacAddress } from './address.ts';
import { BROADCAST_MAC, ZERO_MAC } from './address.ts';
import { NetworkWork } from './environment.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, macEquals, pushEthernetHeader } from './ethernet.ts';
import type { NetworkInterface } from './interface.ts';
import type { PacketBuffer } from './packet.ts';
import { PacketQueue, read16, read32, write16, write32 } from './packet.ts';
import { NANOSECONDS_PER_SECOND } from './settings.ts';
import type { Timer, TimerOwner } from './timer-queue.ts';

const ARP_BYTES = 28;
const OPERATION_REQUEST = 1;
const OPERATION_REPLY = 2;

export type NeighbourState = 'incomplete' | 'reachable' | 'stale' | 'delay' | 'probe' | 'permanent';

/** delay_first_probe_time of Linux: a stale entry in use is asked after this. */
const DELAY_FIRST_PROBE = 5 * NANOSECONDS_PER_SECOND;

export class Neighbour implements TimerOwner {
  readonly table: ArpTable;
  readonly networkInterface: NetworkInterface;
  readonly address: number;
  mac: MacAddress = ZERO_MAC;
  state: NeighbourState = 'incomplete';
  confirmedAt = 0;
  probes = 0;
  readonly waiting = new PacketQueue();
  readonly timer: Timer;

  constructor(table: ArpTable, networkInterface: NetworkInterface, address: number) {
    this.table = table;
    this.networkInterface = networkInterface;
    this.address = address;
    this.timer = table.stack.timers.create(this, 0);
  }

  onTimer(_kind: number, _now: number): void {
    this.table.onNeighbourTimer(this);
  }
}

export class ArpTable {
  readonly stack: NetworkStack;
  /** By interface index and address; in order of creation. */
  readonly #neighbours = new Map<number, Neighbour>();

  constructor(stack: NetworkStack) {
    this.stack = stack;
  }

  get neighbours(): Iterable<Neighbour> {
    return this.#neighbours.values();
  }

  get size(): number {
    return this.#neighbours.size;
  }

  /**
   * Sends an IPv4 packet to a neighbour: at once if its MAC is known, else after it answered. Owns the packet. A neighbour that
   * never answers gives EHOSTUNREACH to the packets' sockets.
   */
  output(networkInterface: NetworkInterface, nextHop: number, packet: PacketBuffer): void {
    const { stack } = this;
    stack.charge(NetworkWork.arpLookup, 1, null);
    let neighbour = this.#neighbours.get(key(networkInterface, nextHop));
    if (neighbour === undefined) {
      neighbour = this.#create(networkInterface, nextHop);
      this.#solicit(neighbour);
    }
    if (neighbour.state === 'incomplete') {
      if (neighbour.waiting.length >= stack.settings.neighbourQueue) stack.release(neighbour.waiting.shift()!);
      neighbour.waiting.push(packet);
      return;
    }
    if (
      neighbour.state === 'stale' ||
      (neighbour.state === 'reachable' &&
        stack.clock.now() - neighbour.confirmedAt > stack.settings.neighbourReachableTime)
    ) {
      neighbour.state = 'delay';
      stack.timers.arm(neighbour.timer, stack.clock.now() + DELAY_FIRST_PROBE);
    }
    pushEthernetHeader(packet, neighbour.mac, networkInterface.mac, ETHERTYPE_IPV4);
    stack.transmit(networkInterface, packet);
  }

  /** An ARP packet came in; `packet.start` is behind the Ethernet header. */
  input(networkInterface: NetworkInterface, packet: PacketBuffer): void {
    const { stack } = this;
    stack.charge(NetworkWork.arpPacket, 1, packet);
    const { data, start } = packet;
    if (
      packet.length >= ARP_BYTES &&
      read16(data, start) === 1 &&
      read16(data, start + 2) === ETHERTYPE_IPV4 &&
      data[start + 4] === 6 &&
      data[start + 5] === 4
    ) {
      const operation = read16(data, start + 6);
      const mac = data.slice(start + 8, start + 14);
      const sender = read32(data, start + 14);
      const target = read32(data, start + 24);
      const forUs = networkInterface.hasAddress(target);
      // A MAC with the group bit, or our own address as sender, teaches nothing (RFC 1812 section 3.3.2).
      if ((mac[0]! & 1) === 0 && sender !== 0 && !networkInterface.hasAddress(sender)) {
        const known = this.#neighbours.get(key(networkInterface, sender));
        if (known !== undefined) this.#confirm(known, mac, operation === OPERATION_REPLY);
        else if (forUs && operation === OPERATION_REQUEST) {
          this.#confirm(this.#create(networkInterface, sender), mac, false);
        }
      }
      if (operation === OPERATION_REQUEST && forUs && (mac[0]! & 1) === 0) {
        this.#send(networkInterface, OPERATION_REPLY, target, mac, sender, mac);
      }
    }
    stack.release(packet);
  }

  /** Sets a permanent entry (arp -s), or with null deletes one. */
  set(networkInterface: NetworkInterface, address: number, mac: MacAddress | null): void {
    const known = this.#neighbours.get(key(networkInterface, address));
    if (mac === null) {
      if (known !== undefined) this.#delete(known);
      return;
    }
    const neighbour = known ?? this.#create(networkInterface, address);
    this.#confirm(neighbour, mac, true);
    neighbour.state = 'permanent';
    neighbour.timer.cancel();
  }

  onNeighbourTimer(neighbour: Neighbour): void {
    if (neighbour.state === 'delay') {
      neighbour.state = 'probe';
      neighbour.probes = 0;
    } else if (neighbour.state !== 'incomplete' && neighbour.state !== 'probe') return;
    if (neighbour.probes < this.stack.settings.neighbourProbes) {
      this.#solicit(neighbour);
      return;
    }
    this.#delete(neighbour);
    let packet = neighbour.waiting.shift();
    while (packet !== null) {
      this.stack.icmp.localUnreachable(packet);
      packet = neighbour.waiting.shift();
    }
  }

  removeInterface(networkInterface: NetworkInterface): void {
    for (const neighbour of [...this.#neighbours.values()]) {
      if (neighbour.networkInterface === networkInterface) this.#delete(neighbour, true);
    }
  }

  #create(networkInterface: NetworkInterface, address: number): Neighbour {
    if (this.#neighbours.size >= this.stack.settings.neighbourTableSize) {
      for (const old of this.#neighbours.values()) {
        if (old.state === 'permanent') continue;
        this.#delete(old, true);
        break;
      }
    }
    const neighbour = new Neighbour(this, networkInterface, address);
    this.#neighbours.set(key(networkInterface, address), neighbour);
    return neighbour;
  }

  #delete(neighbour: Neighbour, drop = false): void {
    this.#neighbours.delete(key(neighbour.networkInterface, neighbour.address));
    this.stack.timers.destroy(neighbour.timer);
    if (!drop) return;
    for (let packet = neighbour.waiting.shift(); packet !== null; packet = neighbour.waiting.shift()) {
      this.stack.release(packet);
    }
  }

  #confirm(neighbour: Neighbour, mac: MacAddress, solicited: boolean): void {
    if (neighbour.state === 'permanent') return;
    // What we did not ask for proves nothing of a neighbour that has not changed.
    if (!solicited && neighbour.state !== 'incomplete' && macEquals(mac, 0, neighbour.mac)) return;
    const wasIncomplete = neighbour.state === 'incomplete';
    neighbour.mac = mac;
    neighbour.state = solicited ? 'reachable' : 'stale';
    neighbour.probes = 0;
    neighbour.confirmedAt = this.stack.clock.now();
    neighbour.timer.cancel();
    if (!wasIncomplete) return;
    for (let packet = neighbour.waiting.shift(); packet !== null; packet = neighbour.waiting.shift()) {
      pushEthernetHeader(packet, mac, neighbour.networkInterface.mac, ETHERTYPE_IPV4);
      this.stack.transmit(neighbour.networkInterface, packet);
    }
  }

  #solicit(neighbour: Neighbour): void {
    const { stack } = this;
    neighbour.probes += 1;
    stack.timers.arm(neighbour.timer, stack.clock.now() + stack.settings.neighbourRetransmitTime);
    const source = neighbour.networkInterface.addresses[0]?.address ?? 0;
    const to = neighbour.state === 'probe' ? neighbour.mac : BROADCAST_MAC;
    this.#send(neighbour.networkInterface, OPERATION_REQUEST, source, ZERO_MAC, neighbour.address, to);
  }

  #send(
    networkInterface: NetworkInterface,
    operation: number,
    source: number,
    targetMac: MacAddress,
    target: number,
    destination: MacAddress,
  ): void {
    const { stack } = this;
    const packet = stack.allocate(ARP_BYTES);
    if (packet === null) return;
    stack.charge(NetworkWork.arpPacket, 1, packet);
    const { data, start } = packet;
    write16(data, start, 1);
    write16(data, start + 2, ETHERTYPE_IPV4);
    data[start + 4] = 6;
    data[start + 5] = 4;
    write16(data, start + 6, operation);
    data.set(networkInterface.mac, start + 8);
    write32(data, start + 14, source);
    data.set(targetMac, start + 18);
    write32(data, start + 24, target);
    packet.end = start + ARP_BYTES;
    pushEthernetHeader(packet, destination, networkInterface.mac, ETHERTYPE_ARP);
    stack.transmit(networkInterface, packet);
  }
}

function key(networkInterface: NetworkInterface, address: number): number {
  return networkInterface.index * 2 ** 32 + address;
}
