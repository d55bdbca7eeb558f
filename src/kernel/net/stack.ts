// The network stack: interfaces below, TCP and UDP endpoints above. Pure and synchronous: a call does its work, together with
// everything that loopback makes of it, and returns. Time passes only through `onTimer`; packets arrive only through `input`.
//
//   endpoints (tcp/, ip/udp.ts)
//   IPv4, ICMP, routes (ip/)
//   ARP, Ethernet (ip/)
//   interfaces: loopback here; others transmit into a device
//
// Work on loopback is queued and done when the outermost call leaves (`leave`), as Linux does it in a softirq: no endpoint is
// ever entered twice.

import { ENETUNREACH } from '../errno.ts';
import type { MacAddress } from './ip/address.ts';
import {
  BROADCAST_ADDRESS,
  BROADCAST_MAC,
  inPrefix,
  isLoopback,
  isMulticast,
  LOOPBACK_ADDRESS,
  ZERO_MAC,
} from './ip/address.ts';
import { ArpTable } from './ip/arp.ts';
import { writeTransportChecksum } from './ip/checksum.ts';
import { NetworkCounters } from './ip/counters.ts';
import type { BufferMemory, Clock, NetworkHooks, NetworkWorkPart, Random } from './ip/environment.ts';
import { copyBytes, NetworkWork } from './ip/environment.ts';
import { ETHERNET_HEADER_BYTES, ETHERTYPE_ARP, ETHERTYPE_IPV4, macEquals } from './ip/ethernet.ts';
import { Icmp } from './ip/icmp.ts';
import { IFF_LOOPBACK, IFF_PROMISC, IFF_RUNNING, IFF_UP, NetworkInterface } from './ip/interface.ts';
import { Ipv4, PROTOCOL_UDP } from './ip/ipv4.ts';
import { HEADROOM, HostBuffers, PacketBuffer, PacketMemory, PacketQueue, read16, read32 } from './ip/packet.ts';
import type { ResolvedRoute } from './ip/route.ts';
import { RoutingTable } from './ip/route.ts';
import type { NetworkSettings } from './ip/settings.ts';
import { defaultSettings } from './ip/settings.ts';
import type { Timer } from './ip/timer-queue.ts';
import { TimerQueue } from './ip/timer-queue.ts';
import { UdpProtocol } from './ip/udp.ts';
import { TcpProtocol } from './tcp/protocol.ts';

/** Linux's MTU of `lo`. */
const LOOPBACK_MTU = 65536;
/** Smallest MTU that every host must take (RFC 791); the floor for path MTU discovery is Linux's ipv4/route/min_pmtu. */
const MIN_PATH_MTU = 552;
const ROUTE_CACHE_ENTRIES = 1024;
const MAX_INTERFACES = 64;

export interface NetworkStackOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly hooks?: NetworkHooks;
  readonly settings?: Partial<NetworkSettings>;
}

export class NetworkStack {
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: NetworkSettings;
  readonly counters = new NetworkCounters();
  readonly timers = new TimerQueue();
  readonly routes = new RoutingTable();
  readonly interfaces: NetworkInterface[] = [];
  readonly loopback: NetworkInterface;
  readonly arp: ArpTable;
  readonly ip: Ipv4;
  readonly icmp: Icmp;
  readonly udp: UdpProtocol;
  readonly tcp: TcpProtocol;
  readonly hooks: NetworkHooks;
  /** Goes up whenever addresses or routes change; endpoints drop the routes that they hold. */
  routeGeneration = 1;
  /** Packet buffers in use: what was allocated and not yet released. */
  buffersInUse = 0;
  readonly #hostBuffers = new HostBuffers();
  readonly #loopbackQueue = new PacketQueue();
  readonly #routeCache = new Map<number, ResolvedRoute>();
  #depth = 0;
  #interfacesAdded = 0;

  constructor(options: NetworkStackOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.hooks = options.hooks ?? {};
    this.settings = { ...defaultSettings, ...options.settings };
    this.arp = new ArpTable(this);
    this.ip = new Ipv4(this);
    this.icmp = new Icmp(this);
    this.udp = new UdpProtocol(this);
    this.tcp = new TcpProtocol(this);
    this.loopback = new NetworkInterface({
      name: 'lo',
      mac: ZERO_MAC,
      mtu: LOOPBACK_MTU,
      flags: IFF_UP | IFF_RUNNING | IFF_LOOPBACK,
      addresses: [{ address: LOOPBACK_ADDRESS, prefixLength: 8 }],
      checksumOffload: true,
      transmit: (packet) => this.#loop(packet),
    });
    this.addInterface(this.loopback);
  }

  // --- the world around -----------------------------------------------------------------------------------------

  charge(part: NetworkWorkPart, units: number, subject: object | null): void {
    if (this.hooks.charge !== undefined) this.hooks.charge(part, units, subject);
  }

  /** A new packet with `HEADROOM` bytes in front and room for `bytes`; its window is empty. Null when memory is out. */
  allocate(bytes: number): PacketBuffer | null {
    const memory = this.hooks.newBuffer
      ? this.hooks.newBuffer(HEADROOM + bytes)
      : this.#hostBuffers.newBuffer(HEADROOM + bytes);
    if (memory === null) return null;
    this.charge(NetworkWork.bufferAllocate, 1, null);
    this.buffersInUse += 1;
    return new PacketBuffer(new PacketMemory(memory), HEADROOM, HEADROOM);
  }

  /** A packet over memory that a driver owns until now, with the frame in [start, end). It is freed by `freeBuffer`. */
  adopt(memory: BufferMemory, start: number, end: number): PacketBuffer {
    this.buffersInUse += 1;
    return new PacketBuffer(new PacketMemory(memory), start, end);
  }

  /** Gives a packet's reference back. */
  release(packet: PacketBuffer): void {
    if (packet.released) return;
    packet.released = true;
    const { storage } = packet;
    storage.references -= 1;
    if (storage.references > 0) return;
    this.charge(NetworkWork.bufferFree, 1, null);
    this.buffersInUse -= 1;
    if (this.hooks.freeBuffer) this.hooks.freeBuffer(storage.memory);
    else if (storage.memory.address === 0) this.#hostBuffers.freeBuffer(storage.memory);
  }

  // --- interfaces and routes -------------------------------------------------------------------------------------

  /** Adds an interface, with the route to each of its networks. */
  addInterface(networkInterface: NetworkInterface): void {
    if (this.interfaces.length >= MAX_INTERFACES) throw new RangeError('too many network interfaces');
    this.#interfacesAdded += 1;
    networkInterface.index = this.#interfacesAdded;
    this.interfaces.push(networkInterface);
    for (const { address, prefixLength } of networkInterface.addresses) {
      this.#addNetworkRoute(networkInterface, address, prefixLength);
    }
    this.routesChanged();
  }

  /** Gives an interface another address, with the route to its network. */
  addAddress(networkInterface: NetworkInterface, address: number, prefixLength: number): void {
    if (networkInterface.hasAddress(address)) return;
    networkInterface.addresses = [...networkInterface.addresses, { address, prefixLength }];
    this.#addNetworkRoute(networkInterface, address, prefixLength);
    this.routesChanged();
  }

  /** Adds a route through a gateway; prefix length 0 is the default route. False if there is one already. */
  addGateway(
    destination: number,
    prefixLength: number,
    gateway: number,
    networkInterface: NetworkInterface,
    metric = 0,
  ): boolean {
    const added = this.routes.add({ destination, prefixLength, gateway, networkInterface, metric, source: 0 });
    this.routesChanged();
    return added;
  }

  /** Must be called after a change of addresses, routes or interface flags. */
  routesChanged(): void {
    this.routeGeneration += 1;
    this.#routeCache.clear();
  }

  interfaceByName(name: string): NetworkInterface | null {
    return this.interfaces.find((candidate) => candidate.name === name) ?? null;
  }

  isLocal(address: number): boolean {
    if (isLoopback(address)) return true;
    for (const networkInterface of this.interfaces) if (networkInterface.hasAddress(address)) return true;
    return false;
  }

  isBroadcast(address: number): boolean {
    if (address === BROADCAST_ADDRESS) return true;
    for (const networkInterface of this.interfaces) if (networkInterface.isBroadcast(address)) return true;
    return false;
  }

  /** The route to `destination`, or -ENETUNREACH. `source` is the address that the packet will carry, 0 if open. */
  resolveRoute(destination: number, source: number): ResolvedRoute | number {
    const cached = this.#routeCache.get(destination);
    if (cached !== undefined && (source === 0 || source === cached.source)) return cached;
    this.charge(NetworkWork.routeLookup, 1, null);
    const route = this.#lookupRoute(destination, source);
    if (route === null) return -ENETUNREACH;
    if (cached !== undefined) route.mtu = Math.min(route.mtu, cached.mtu);
    else {
      if (this.#routeCache.size >= ROUTE_CACHE_ENTRIES) {
        const oldest = this.#routeCache.keys().next();
        if (oldest.done !== true) this.#routeCache.delete(oldest.value);
      }
      this.#routeCache.set(destination, route);
    }
    return route;
  }

  /** RFC 1191: the path to `destination` takes packets of at most `mtu` bytes. */
  lowerPathMtu(destination: number, mtu: number): void {
    const route = this.resolveRoute(destination, 0);
    if (typeof route !== 'number') route.mtu = Math.min(route.mtu, Math.max(mtu, MIN_PATH_MTU));
  }

  /** The MAC address for a broadcast or multicast destination (RFC 1112 section 6.4). */
  groupMac(address: number): MacAddress {
    if (!isMulticast(address)) return BROADCAST_MAC;
    return Uint8Array.of(0x01, 0x00, 0x5e, (address >>> 16) & 0x7f, (address >>> 8) & 0xff, address & 0xff);
  }

  // --- frames and time ---------------------------------------------------------------------------------------------

  /** A frame came in by a device: the window of `packet`. Owns the packet. */
  input(networkInterface: NetworkInterface, packet: PacketBuffer): void {
    this.enter();
    this.#receive(networkInterface, packet);
    this.leave();
  }

  /** As `input`, with a copy of the frame's bytes. */
  inputFrame(networkInterface: NetworkInterface, frame: Uint8Array): void {
    const packet = this.allocate(frame.length);
    if (packet === null) {
      networkInterface.statistics.receiveDropped += 1;
      return;
    }
    copyBytes(packet.data, packet.start, frame, 0, frame.length);
    packet.end = packet.start + frame.length;
    this.input(networkInterface, packet);
  }

  /** Hands a complete frame to an interface. Owns the packet. */
  transmit(networkInterface: NetworkInterface, packet: PacketBuffer): void {
    const { statistics } = networkInterface;
    if (!networkInterface.isUp) {
      statistics.sendDropped += 1;
      this.release(packet);
      return;
    }
    this.charge(NetworkWork.linkOutput, 1, packet);
    if (!networkInterface.checksumOffload) this.completeChecksum(packet);
    if (this.hooks.event !== undefined) {
      // A capture shows what will be on the wire; that somebody looks must not change what the receiver has to do.
      const { checksumPartial } = packet;
      this.completeChecksum(packet);
      packet.checksumPartial = checksumPartial;
      this.hooks.event(networkInterface, 'out', packet.view());
    }
    const bytes = packet.length;
    if (networkInterface.transmit(packet)) {
      statistics.sentPackets += 1;
      statistics.sentBytes += bytes;
    } else {
      statistics.sendDropped += 1;
      this.release(packet);
    }
  }

  /** Fills in the transport checksum that was left to the device. `packet.network` is the IPv4 header. */
  completeChecksum(packet: PacketBuffer): void {
    if (!packet.checksumPartial) return;
    const { data, network } = packet;
    const transport = network + (data[network]! & 15) * 4;
    const protocol = data[network + 9]!;
    const field = protocol === PROTOCOL_UDP ? 6 : 16;
    const bytes = network + read16(data, network + 2) - transport;
    const source = read32(data, network + 12);
    const destination = read32(data, network + 16);
    writeTransportChecksum(data, transport, bytes, field, source, destination, protocol);
    packet.checksumPartial = false;
  }

  /** When `onTimer` must be called next: guest nanoseconds, Infinity if nothing waits. */
  nextDeadline(): number {
    return this.timers.next();
  }

  /** Does what is due at `now`. Calling it early or twice does no harm. */
  onTimer(now: number): void {
    if (this.timers.next() > now) return;
    this.enter();
    this.timers.run(now, this.#chargeTimer);
    this.leave();
  }

  /** Brackets every entry from outside; loopback's packets are delivered when the outermost bracket closes. */
  enter(): void {
    this.#depth += 1;
  }

  leave(): void {
    if (this.#depth === 1) {
      for (let packet = this.#loopbackQueue.shift(); packet !== null; packet = this.#loopbackQueue.shift()) {
        this.charge(NetworkWork.loopback, 1, packet);
        this.#receive(this.loopback, packet);
      }
    }
    this.#depth -= 1;
  }

  readonly #chargeTimer = (_timer: Timer): void => {
    this.charge(NetworkWork.timer, 1, null);
  };

  #receive(networkInterface: NetworkInterface, packet: PacketBuffer): void {
    const { statistics } = networkInterface;
    const { data, start } = packet;
    this.charge(NetworkWork.linkInput, 1, packet);
    statistics.receivedPackets += 1;
    statistics.receivedBytes += packet.length;
    if (!networkInterface.isUp || packet.length < ETHERNET_HEADER_BYTES) {
      if (networkInterface.isUp) statistics.receiveErrors += 1;
      this.release(packet);
      return;
    }
    if (!networkInterface.isLoopback) {
      if (this.hooks.event !== undefined) this.hooks.event(networkInterface, 'in', packet.view());
      const forUs = (data[start]! & 1) !== 0 || macEquals(data, start, networkInterface.mac);
      if (!forUs && (networkInterface.flags & IFF_PROMISC) === 0) {
        this.release(packet);
        return;
      }
    }
    const type = read16(data, start + 12);
    packet.start += ETHERNET_HEADER_BYTES;
    if (type === ETHERTYPE_IPV4) this.ip.input(networkInterface, packet);
    else if (type === ETHERTYPE_ARP && !networkInterface.isLoopback) this.arp.input(networkInterface, packet);
    else {
      statistics.receiveDropped += 1;
      this.release(packet);
    }
  }

  #loop(packet: PacketBuffer): boolean {
    if (this.#loopbackQueue.length >= this.settings.netdevMaxBacklog) return false;
    this.#loopbackQueue.push(packet);
    return true;
  }

  #addNetworkRoute(networkInterface: NetworkInterface, address: number, prefixLength: number): void {
    if (networkInterface.isLoopback || prefixLength === 32) return;
    const mask = (0xffffffff << (32 - prefixLength)) >>> 0;
    this.routes.add({
      destination: (address & mask) >>> 0,
      prefixLength,
      gateway: 0,
      networkInterface,
      metric: 0,
      source: address,
    });
  }

  #lookupRoute(destination: number, source: number): ResolvedRoute | null {
    if (destination === 0) destination = LOOPBACK_ADDRESS;
    if (this.isLocal(destination)) {
      const { loopback } = this;
      if (!loopback.isUp) return null;
      return {
        networkInterface: loopback,
        nextHop: destination,
        source: source === 0 ? destination : source,
        broadcast: false,
        local: true,
        mtu: loopback.mtu,
      };
    }
    const route = this.routes.lookup(destination);
    const networkInterface =
      route?.networkInterface ??
      (destination === BROADCAST_ADDRESS || isMulticast(destination)
        ? this.interfaces.find((candidate) => candidate.isUp && !candidate.isLoopback)
        : undefined);
    if (networkInterface === undefined) return null;
    const nextHop = route !== null && route.gateway !== 0 ? route.gateway : destination;
    const own =
      networkInterface.addresses.find((entry) => inPrefix(nextHop, entry.address, entry.prefixLength)) ??
      networkInterface.addresses[0];
    return {
      networkInterface,
      nextHop,
      source: source !== 0 ? source : route !== null && route.source !== 0 ? route.source : (own?.address ?? 0),
      broadcast: isMulticast(destination) || this.isBroadcast(destination),
      local: false,
      mtu: networkInterface.mtu,
    };
  }
}
