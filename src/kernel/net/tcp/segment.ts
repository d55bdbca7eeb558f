// The TCP header (RFC 9293 section 3.1) and its options: MSS (RFC 9293), window scale and timestamps (RFC 7323), selective
// acknowledgement (RFC 2018). Sequence numbers are signed 32-bit integers: a difference `(a - b) | 0` compares them.

import { read16, readSigned32, write16, write32 } from '../ip/packet.ts';

export const TCP_HEADER_BYTES = 20;
export const MAX_TCP_HEADER_BYTES = 60;
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;

/** Bytes that the timestamps option takes, with its padding (RFC 7323 appendix A). */
export const TIMESTAMP_BYTES = 12;
export const MAX_SACK_BLOCKS = 4;

const OPTION_END = 0;
const OPTION_NOP = 1;
const OPTION_MSS = 2;
const OPTION_WINDOW_SCALE = 3;
const OPTION_SACK_PERMITTED = 4;
const OPTION_SACK = 5;
const OPTION_TIMESTAMP = 8;
/** RFC 7323 section 2.3. */
export const MAX_WINDOW_SCALE = 14;

/** Marks of a segment in the retransmission queue, as Linux's TCPCB_*. */
export const SACKED = 1;
export const LOST = 2;
export const RETRANSMITTED = 4;
/** It was retransmitted at least once: no round trip can be taken from it (Karn). */
export const EVER_RETRANSMITTED = 8;

export function before(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

export function after(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

/** A parsed header. One object is used over and over: nothing may keep it. */
export class TcpHeader {
  sourceAddress = 0;
  destinationAddress = 0;
  sourcePort = 0;
  destinationPort = 0;
  sequence = 0;
  acknowledgement = 0;
  flags = 0;
  window = 0;
  urgent = 0;
  headerBytes = 0;
  payloadBytes = 0;
  /** Sequence number behind the segment, SYN and FIN counted. */
  endSequence = 0;
  hasTimestamp = false;
  timestamp = 0;
  timestampEcho = 0;
  /** 0 if the option is absent. */
  mss = 0;
  /** -1 if the option is absent. */
  windowScale = -1;
  sackPermitted = false;
  sackBlocks = 0;
  readonly sackStart = new Int32Array(MAX_SACK_BLOCKS);
  readonly sackEnd = new Int32Array(MAX_SACK_BLOCKS);

  /** Reads the header at `start` of a segment of `bytes` bytes; false if it is malformed. Addresses are the caller's to set. */
  parse(data: Uint8Array, start: number, bytes: number): boolean {
    if (bytes < TCP_HEADER_BYTES) return false;
    const headerBytes = (data[start + 12]! >> 4) * 4;
    if (headerBytes < TCP_HEADER_BYTES || headerBytes > bytes) return false;
    this.sourcePort = read16(data, start);
    this.destinationPort = read16(data, start + 2);
    this.sequence = readSigned32(data, start + 4);
    this.acknowledgement = readSigned32(data, start + 8);
    this.flags = data[start + 13]! & 0x3f;
    this.window = read16(data, start + 14);
    this.urgent = read16(data, start + 18);
    this.headerBytes = headerBytes;
    this.payloadBytes = bytes - headerBytes;
    const { flags } = this;
    const controls = ((flags & SYN) >> 1) + (flags & FIN);
    this.endSequence = (this.sequence + this.payloadBytes + controls) | 0;
    this.hasTimestamp = false;
    this.mss = 0;
    this.windowScale = -1;
    this.sackPermitted = false;
    this.sackBlocks = 0;
    if (headerBytes > TCP_HEADER_BYTES) this.#parseOptions(data, start + TCP_HEADER_BYTES, start + headerBytes);
    return true;
  }

  #parseOptions(data: Uint8Array, at: number, end: number): void {
    const isSyn = (this.flags & SYN) !== 0;
    // The layout that every segment of an established connection has (RFC 7323 appendix A).
    if (end - at === TIMESTAMP_BYTES && readSigned32(data, at) === 0x0101080a) {
      this.hasTimestamp = true;
      this.timestamp = readSigned32(data, at + 4);
      this.timestampEcho = readSigned32(data, at + 8);
      return;
    }
    while (at < end) {
      const kind = data[at]!;
      if (kind === OPTION_END) return;
      if (kind === OPTION_NOP) {
        at += 1;
        continue;
      }
      const length = at + 1 < end ? data[at + 1]! : 0;
      if (length < 2 || at + length > end) return;
      if (kind === OPTION_MSS && length === 4 && isSyn) this.mss = read16(data, at + 2);
      else if (kind === OPTION_WINDOW_SCALE && length === 3 && isSyn) {
        this.windowScale = Math.min(data[at + 2]!, MAX_WINDOW_SCALE);
      } else if (kind === OPTION_SACK_PERMITTED && length === 2 && isSyn) this.sackPermitted = true;
      else if (kind === OPTION_TIMESTAMP && length === 10) {
        this.hasTimestamp = true;
        this.timestamp = readSigned32(data, at + 2);
        this.timestampEcho = readSigned32(data, at + 6);
      } else if (kind === OPTION_SACK && length >= 10 && (length - 2) % 8 === 0 && !isSyn) {
        this.sackBlocks = Math.min((length - 2) / 8, MAX_SACK_BLOCKS);
        for (let i = 0; i < this.sackBlocks; i += 1) {
          this.sackStart[i] = readSigned32(data, at + 2 + i * 8);
          this.sackEnd[i] = readSigned32(data, at + 6 + i * 8);
        }
      }
      at += length;
    }
  }
}

/** Writes the fixed header at `at`; the checksum field is left 0. `headerBytes` includes the options. */
export function writeHeader(
  data: Uint8Array,
  at: number,
  sourcePort: number,
  destinationPort: number,
  sequence: number,
  acknowledgement: number,
  flags: number,
  window: number,
  headerBytes: number,
): void {
  write16(data, at, sourcePort);
  write16(data, at + 2, destinationPort);
  write32(data, at + 4, sequence);
  write32(data, at + 8, acknowledgement);
  data[at + 12] = (headerBytes >> 2) << 4;
  data[at + 13] = flags;
  write16(data, at + 14, window);
  write32(data, at + 16, 0);
}

/** Writes the timestamps option with its padding; returns the offset behind it. */
export function writeTimestamp(data: Uint8Array, at: number, value: number, echo: number): number {
  write32(data, at, 0x0101080a);
  write32(data, at + 4, value);
  write32(data, at + 8, echo);
  return at + TIMESTAMP_BYTES;
}

/** The options of a SYN: MSS, then what is wanted of SACK, timestamps and window scale, in Linux's order. */
export interface SynOptions {
  readonly mss: number;
  readonly sackPermitted: boolean;
  /** -1: no option. */
  readonly windowScale: number;
  readonly hasTimestamp: boolean;
  readonly timestamp: number;
  readonly timestampEcho: number;
}

export function writeSynOptions(data: Uint8Array, at: number, options: SynOptions): number {
  const begin = at;
  data[at] = OPTION_MSS;
  data[at + 1] = 4;
  write16(data, at + 2, options.mss);
  at += 4;
  if (options.hasTimestamp) {
    data[at] = options.sackPermitted ? OPTION_SACK_PERMITTED : OPTION_NOP;
    data[at + 1] = options.sackPermitted ? 2 : OPTION_NOP;
    data[at + 2] = OPTION_TIMESTAMP;
    data[at + 3] = 10;
    write32(data, at + 4, options.timestamp);
    write32(data, at + 8, options.timestampEcho);
    at += TIMESTAMP_BYTES;
  } else if (options.sackPermitted) {
    data[at] = OPTION_NOP;
    data[at + 1] = OPTION_NOP;
    data[at + 2] = OPTION_SACK_PERMITTED;
    data[at + 3] = 2;
    at += 4;
  }
  if (options.windowScale >= 0) {
    data[at] = OPTION_NOP;
    data[at + 1] = OPTION_WINDOW_SCALE;
    data[at + 2] = 3;
    data[at + 3] = options.windowScale;
    at += 4;
  }
  return at - begin;
}

/** Writes a SACK option of `count` blocks (start and end by turns) with two NOPs in front; returns the offset behind it. */
export function writeSack(data: Uint8Array, at: number, blocks: readonly number[], count: number): number {
  data[at] = OPTION_NOP;
  data[at + 1] = OPTION_NOP;
  data[at + 2] = OPTION_SACK;
  data[at + 3] = 2 + count * 8;
  at += 4;
  for (let i = 0; i < count * 2; i += 1) {
    write32(data, at, blocks[i]!);
    at += 4;
  }
  return at;
}
