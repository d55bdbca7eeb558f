// Frames made by hand, and frames made wrong.

import { checksum, writeTransportChecksum } from '../../src/kernel/net/ip/checksum.ts';
import { read16, read32, write16, write32 } from '../../src/kernel/net/ip/packet.ts';
import { SERVER_ADDRESS } from './world.ts';

export interface Segment {
  readonly source: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly flags: number;
  readonly window?: number;
}

/** A TCP segment without options in an Ethernet frame for the server, checksums right. */
export function segmentFrame(segment: Segment): Uint8Array {
  const bytes = new Uint8Array(54);
  bytes.set([0x52, 0x54, 0, 0x12, 0x34, 0x56, 0x52, 0x55, 10, 0, 2, 2, 8, 0, 0x45]);
  write16(bytes, 16, 40);
  bytes[22] = 64;
  bytes[23] = 6;
  write32(bytes, 26, segment.source);
  write32(bytes, 30, SERVER_ADDRESS);
  write16(bytes, 24, checksum(bytes, 14, 20));
  write16(bytes, 34, segment.sourcePort);
  write16(bytes, 36, segment.destinationPort);
  write32(bytes, 38, segment.sequence ?? 0);
  write32(bytes, 42, segment.acknowledgement ?? 0);
  bytes[46] = 0x50;
  bytes[47] = segment.flags;
  write16(bytes, 48, segment.window ?? 65535);
  writeTransportChecksum(bytes, 34, 20, 16, segment.source, SERVER_ADDRESS, 6);
  return bytes;
}

/** Changes a frame: flipped bits, cut, grown or spliced; half of the time with its checksums made right again. */
export function mutate(original: Uint8Array, random: () => number): Uint8Array {
  let bytes = original.slice();
  for (let changes = 1 + (random() % 4); changes > 0; changes -= 1) {
    const at = random() % bytes.length;
    switch (random() % 6) {
      case 0:
        bytes[at]! ^= 1 << (random() % 8);
        break;
      case 1:
        bytes[at] = random();
        break;
      case 2:
        if (random() % 8 === 0) bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, at), random() & 255, ...bytes.subarray(at)]);
        break;
      case 4:
        // The transport header, where the state machine is.
        if (bytes.length > 54) bytes[34 + (random() % 20)] = random();
        break;
      default:
        if (bytes.length > 54) bytes[47] = random() & 0x3f;
    }
    if (bytes.length === 0) return bytes;
  }
  if (random() % 2 === 0) repair(bytes);
  return bytes;
}

function repair(bytes: Uint8Array): void {
  if (bytes.length < 42 || read16(bytes, 12) !== 0x0800) return;
  const headerBytes = (bytes[14]! & 15) * 4;
  if (headerBytes < 20 || bytes.length < 14 + headerBytes + 8) return;
  const total = Math.min(read16(bytes, 16), bytes.length - 14);
  write16(bytes, 16, total);
  write16(bytes, 24, 0);
  write16(bytes, 24, checksum(bytes, 14, headerBytes));
  const payload = total - headerBytes;
  const protocol = bytes[23]!;
  if ((protocol === 6 && payload < 20) || (protocol === 17 && payload < 8) || payload <= 0) return;
  if (protocol !== 6 && protocol !== 17) return;
  const field = protocol === 6 ? 16 : 6;
  writeTransportChecksum(bytes, 14 + headerBytes, payload, field, read32(bytes, 26), read32(bytes, 30), protocol);
}
