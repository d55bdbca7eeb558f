// Ethernet II framing: destination, source, type. Frames carry no check sequence; devices add and strip it.

import type { MacAddress } from './address.ts';
import type { PacketBuffer } from './packet.ts';
import { write16 } from './packet.ts';

export const ETHERNET_HEADER_BYTES = 14;
export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;

/** Puts an Ethernet header in front of the packet; there must be room. */
export function pushEthernetHeader(
  packet: PacketBuffer,
  destination: MacAddress,
  source: MacAddress,
  type: number,
): void {
  const data = packet.data;
  const at = packet.start - ETHERNET_HEADER_BYTES;
  for (let i = 0; i < 6; i += 1) {
    data[at + i] = destination[i]!;
    data[at + 6 + i] = source[i]!;
  }
  write16(data, at + 12, type);
  packet.start = at;
}

/** Whether the six bytes at `at` are `mac`. */
export function macEquals(data: Uint8Array, at: number, mac: MacAddress): boolean {
  for (let i = 0; i < 6; i += 1) if (data[at + i] !== mac[i]) return false;
  return true;
}
