// IPv4 and Ethernet addresses: an IPv4 address is an unsigned 32-bit number in host order, a MAC address six bytes.

export const ANY_ADDRESS = 0;
export const BROADCAST_ADDRESS = 0xffffffff;
export const LOOPBACK_ADDRESS = 0x7f000001;

export type MacAddress = Uint8Array;

export const BROADCAST_MAC: MacAddress = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
export const ZERO_MAC: MacAddress = new Uint8Array(6);

/** `10.0.2.15` -> 0x0a00020f; throws RangeError on anything but four decimal numbers below 256. */
export function parseAddress(text: string): number {
  const parts = text.split('.');
  if (parts.length !== 4) throw new RangeError(`not an IPv4 address: ${text}`);
  let value = 0;
  for (const part of parts) {
    const number = /^\d{1,3}$/.test(part) ? Number(part) : 256;
    if (number > 255) throw new RangeError(`not an IPv4 address: ${text}`);
    value = value * 256 + number;
  }
  return value;
}

export function formatAddress(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

export function parseMac(text: string): MacAddress {
  const parts = text.split(':');
  if (parts.length !== 6 || parts.some((part) => !/^[0-9a-f]{2}$/i.test(part))) {
    throw new RangeError(`not a MAC address: ${text}`);
  }
  return Uint8Array.from(parts, (part) => Number.parseInt(part, 16));
}

export function formatMac(mac: MacAddress): string {
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** 24 -> 0xffffff00. */
export function prefixMask(length: number): number {
  return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
}

export function inPrefix(address: number, network: number, prefixLength: number): boolean {
  return ((address ^ network) & prefixMask(prefixLength)) === 0;
}

/** 224.0.0.0/4. */
export function isMulticast(address: number): boolean {
  return address >>> 28 === 14;
}

/** 127.0.0.0/8. */
export function isLoopback(address: number): boolean {
  return address >>> 24 === 127;
}
