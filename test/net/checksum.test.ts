import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checksum,
  finishSum,
  pseudoHeaderSum,
  sumWords,
  updateChecksum,
  writeTransportChecksum,
} from '../../src/kernel/net/ip/checksum.ts';
import { read16, write16 } from '../../src/kernel/net/ip/packet.ts';

/** RFC 1071 section 4.1, word by word. */
function slowChecksum(data: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < data.length; i += 2) {
    sum += (data[i]! << 8) + (data[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return ~sum & 0xffff;
}

describe('the Internet checksum', () => {
  it('gives the sum of RFC 1071 section 3', () => {
    const data = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    expect(checksum(data, 0, 8)).toBe(~0xddf2 & 0xffff);
  });

  it('gives the header checksum of the IPv4 example in RFC 1071-based texts: a header with its checksum sums to zero', () => {
    const header = Uint8Array.of(
      0x45,
      0,
      0,
      0x3c,
      0x1c,
      0x46,
      0x40,
      0,
      0x40,
      6,
      0,
      0,
      0xac,
      0x10,
      0x0a,
      0x63,
      0xac,
      0x10,
      0x0a,
      0x0c,
    );
    const value = checksum(header, 0, 20);
    expect(value).toBe(slowChecksum(header));
    write16(header, 10, value);
    expect(checksum(header, 0, 20)).toBe(0);
  });

  it('agrees with the plain algorithm on any bytes, at any offset and length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(15), (bytes, offset) => {
        const data = new Uint8Array(bytes.length + offset);
        data.set(bytes, offset);
        const expected = slowChecksum(bytes);
        const got = checksum(data, offset, bytes.length);
        // One's complement has two zeros; they mean the same.
        expect(got === expected || (got + expected === 0xffff && got * expected === 0)).toBe(true);
      }),
    );
  });

  it('updates incrementally as RFC 1624 section 4 shows', () => {
    const data = Uint8Array.of(0xdd, 0x2f);
    updateChecksum(data, 0, 0x5555, 0x3285);
    expect(read16(data, 0)).toBe(0x0000);
  });

  it('writes a transport checksum that verifies with the pseudo header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 100 }), fc.nat(), fc.nat(), (segment, from, to) => {
        writeTransportChecksum(segment, 0, segment.length, 16, from, to, 6);
        const sum = pseudoHeaderSum(from, to, 6, segment.length);
        expect(finishSum(sumWords(segment, 0, segment.length, sum))).toBe(0);
      }),
    );
  });

  it('sends a UDP checksum of zero as all ones (RFC 768)', () => {
    const datagram = new Uint8Array(10);
    write16(datagram, 4, 10);
    // Pseudo header 0, 0, 17, 10 and length 10: a payload that makes the sum 0xffff.
    write16(datagram, 8, 0xffff - 17 - 10 - 10);
    writeTransportChecksum(datagram, 0, 10, 6, 0, 0, 17);
    expect(read16(datagram, 6)).toBe(0xffff);
  });
});
