// The Internet checksum (RFC 1071; incremental update RFC 1624). Sums are carried as plain numbers and folded at the end;
// 2^31 bytes of 16-bit words still fit a safe integer.

import { read16, write16 } from './packet.ts';

/** The one's-complement sum of big-endian 16-bit words, not yet folded, added to `sum`. An odd last byte is padded with zero. */
export function sumWords(data: Uint8Array, start: number, bytes: number, sum: number): number {
  const end = start + (bytes & ~1);
  let high = 0;
  let low = 0;
  let i = start;
  // The high and low bytes are summed apart: 2^23 words of them fit 31 bits, so the loop stays in small integers.
  for (const fast = end - 6; i < fast; i += 8) {
    high += data[i]! + data[i + 2]! + data[i + 4]! + data[i + 6]!;
    low += data[i + 1]! + data[i + 3]! + data[i + 5]! + data[i + 7]!;
  }
  for (; i < end; i += 2) {
    high += data[i]!;
    low += data[i + 1]!;
  }
  if ((bytes & 1) !== 0) high += data[end]!;
  return sum + high * 256 + low;
}

/** Folds a sum to 16 bits and complements it. */
export function finishSum(sum: number): number {
  while (sum > 0xffff) sum = Math.floor(sum / 0x10000) + (sum % 0x10000);
  return ~sum & 0xffff;
}

/** The checksum of `bytes` bytes: over data that holds its own correct checksum this is 0. */
export function checksum(data: Uint8Array, start: number, bytes: number): number {
  return finishSum(sumWords(data, start, bytes, 0));
}

/** The sum of the pseudo header of TCP and UDP (RFC 9293 section 3.1, RFC 768). */
export function pseudoHeaderSum(source: number, destination: number, protocol: number, bytes: number): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + bytes;
}

/** Writes the transport checksum of the segment at `start`; `field` is the checksum field's offset within it. */
export function writeTransportChecksum(
  data: Uint8Array,
  start: number,
  bytes: number,
  field: number,
  source: number,
  destination: number,
  protocol: number,
): void {
  write16(data, start + field, 0);
  let value = finishSum(sumWords(data, start, bytes, pseudoHeaderSum(source, destination, protocol, bytes)));
  // RFC 768: a computed zero is sent as all ones, since zero means "none".
  if (value === 0 && protocol === 17) value = 0xffff;
  write16(data, start + field, value);
}

/** RFC 1624 equation 3: the checksum after one 16-bit word changed from `before` to `after`. */
export function updateChecksum(data: Uint8Array, field: number, before: number, after: number): void {
  write16(data, field, finishSum((~read16(data, field) & 0xffff) + (~before & 0xffff) + after));
}
