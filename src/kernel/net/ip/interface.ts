// A network interface as the stack sees it: a name, addresses, counters, and a way to hand a frame to a device. The device
// (a virtio driver, the end of a simulated link) supplies `send`; frames come back through `NetworkStack.input`.

import type { MacAddress } from './address.ts';
import { prefixMask } from './address.ts';
import type { PacketBuffer } from './packet.ts';

/** Interface flags, netdevice(7). */
export const IFF_UP = 0x1;
export const IFF_BROADCAST = 0x2;
export const IFF_LOOPBACK = 0x8;
export const IFF_RUNNING = 0x40;
export const IFF_NOARP = 0x80;
export const IFF_PROMISC = 0x100;
export const IFF_MULTICAST = 0x1000;

export interface InterfaceAddress {
  readonly address: number;
  readonly prefixLength: number;
}

/** The columns of /proc/net/dev that the stack counts. */
export interface InterfaceStatistics {
  receivedBytes: number;
  receivedPackets: number;
  receiveErrors: number;
  receiveDropped: number;
  sentBytes: number;
  sentPackets: number;
  sendErrors: number;
  sendDropped: number;
}

export interface InterfaceOptions {
  readonly name: string;
  readonly mac: MacAddress;
  readonly mtu?: number;
  readonly flags?: number;
  readonly addresses?: readonly InterfaceAddress[];
  /** The device completes transport checksums itself, so the stack leaves them partial. */
  readonly checksumOffload?: boolean;
  /**
   * Takes a whole Ethernet frame, the window of `packet`, and owns the packet's reference from then on: it must give it
   * back with `NetworkStack.release`. Returns false if it has no room; then the stack drops the packet.
   */
  readonly transmit: (packet: PacketBuffer) => boolean;
}

export class NetworkInterface {
  readonly name: string;
  readonly mac: MacAddress;
  readonly transmit: (packet: PacketBuffer) => boolean;
  /** Index as if_nametoindex(3) gives it; set when the interface is added to a stack. */
  index = 0;
  mtu: number;
  flags: number;
  checksumOffload: boolean;
  addresses: readonly InterfaceAddress[];
  readonly statistics: InterfaceStatistics = {
    receivedBytes: 0,
    receivedPackets: 0,
    receiveErrors: 0,
    receiveDropped: 0,
    sentBytes: 0,
    sentPackets: 0,
    sendErrors: 0,
    sendDropped: 0,
  };

  constructor(options: InterfaceOptions) {
    this.name = options.name;
    this.mac = options.mac;
    this.mtu = options.mtu ?? 1500;
    this.flags = options.flags ?? IFF_UP | IFF_RUNNING | IFF_BROADCAST | IFF_MULTICAST;
    this.addresses = options.addresses ?? [];
    this.checksumOffload = options.checksumOffload ?? false;
    this.transmit = options.transmit;
  }

  get isUp(): boolean {
    return (this.flags & IFF_UP) !== 0;
  }

  get isLoopback(): boolean {
    return (this.flags & IFF_LOOPBACK) !== 0;
  }

  hasAddress(address: number): boolean {
    for (const entry of this.addresses) if (entry.address === address) return true;
    return false;
  }

  /** Whether `address` is the directed broadcast address of one of the interface's networks. */
  isBroadcast(address: number): boolean {
    for (const entry of this.addresses) {
      if (entry.prefixLength < 31 && address === (entry.address | ~prefixMask(entry.prefixLength)) >>> 0) return true;
    }
    return false;
  }
}
