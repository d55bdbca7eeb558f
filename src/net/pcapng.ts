// Writes captures in the pcapng format (draft-ietf-opsawg-pcapng): one section, one block per interface, one enhanced packet block
// per frame, time in nanoseconds. Produces bytes; where they go is the caller's business. The same packets give the same bytes.

const BLOCK_SECTION = 0x0a0d0d0a;
const BLOCK_INTERFACE = 1;
const BLOCK_PACKET = 6;
const BYTE_ORDER = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
const OPTION_END = 0;
const OPTION_NAME = 2;
const OPTION_TIME_RESOLUTION = 9;
/** epb_flags. */
const OPTION_FLAGS = 2;
const OPTION_USER_APPLICATION = 4;

export interface CaptureInterface {
  readonly name: string;
  /** Longest frame kept, bytes; 0 for no limit. */
  readonly snapLength?: number;
}

export class PcapngWriter {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #snapLengths: number[] = [];

  /** Begins a capture; `write` is called with each block. */
  constructor(write: (bytes: Uint8Array) => void, application = 'cyclix') {
    this.#write = write;
    const body = new BlockBody();
    body.word(BYTE_ORDER);
    body.half(1);
    body.half(0);
    // Section length: unknown.
    body.word(0xffffffff);
    body.word(0xffffffff);
    body.option(OPTION_USER_APPLICATION, new TextEncoder().encode(application));
    body.option(OPTION_END, new Uint8Array());
    write(body.block(BLOCK_SECTION));
  }

  /** Adds an interface; returns its number, for `packet`. */
  addInterface({ name, snapLength = 0 }: CaptureInterface): number {
    const body = new BlockBody();
    body.half(LINKTYPE_ETHERNET);
    body.half(0);
    body.word(snapLength);
    body.option(OPTION_NAME, new TextEncoder().encode(name));
    body.option(OPTION_TIME_RESOLUTION, Uint8Array.of(9));
    body.option(OPTION_END, new Uint8Array());
    this.#write(body.block(BLOCK_INTERFACE));
    return this.#snapLengths.push(snapLength) - 1;
  }

  /** Adds a frame seen at `time` (guest nanoseconds) going in or out of the interface. */
  packet(interfaceNumber: number, time: number, frame: Uint8Array, direction: 'in' | 'out'): void {
    const limit = this.#snapLengths[interfaceNumber];
    if (limit === undefined) throw new RangeError(`no capture interface ${interfaceNumber}`);
    const kept = limit > 0 && frame.length > limit ? frame.subarray(0, limit) : frame;
    const body = new BlockBody(kept.length + 64);
    body.word(interfaceNumber);
    body.word(Math.floor(time / 2 ** 32));
    body.word(time % 2 ** 32);
    body.word(kept.length);
    body.word(frame.length);
    body.padded(kept);
    body.option(OPTION_FLAGS, Uint8Array.of(direction === 'in' ? 1 : 2, 0, 0, 0));
    body.option(OPTION_END, new Uint8Array());
    this.#write(body.block(BLOCK_PACKET));
  }
}

/** A block's body while it is put together: little-endian, 12 bytes kept for type and lengths. */
class BlockBody {
  #bytes: Uint8Array;
  #view: DataView;
  #at = 8;

  constructor(capacity = 128) {
    this.#bytes = new Uint8Array(capacity + 12);
    this.#view = new DataView(this.#bytes.buffer);
  }

  half(value: number): void {
    this.#reserve(2);
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
  }

  word(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  /** Bytes, filled up to a multiple of four. */
  padded(bytes: Uint8Array): void {
    const length = (bytes.length + 3) & ~3;
    this.#reserve(length);
    this.#bytes.set(bytes, this.#at);
    this.#at += length;
  }

  option(code: number, value: Uint8Array): void {
    this.half(code);
    this.half(value.length);
    this.padded(value);
  }

  /** The whole block, with its type and its length before and behind. */
  block(type: number): Uint8Array {
    this.#reserve(4);
    const total = this.#at + 4;
    this.#view.setUint32(0, type, true);
    this.#view.setUint32(4, total, true);
    this.#view.setUint32(this.#at, total, true);
    return this.#bytes.slice(0, total);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes + 4 <= this.#bytes.length) return;
    const grown = new Uint8Array((this.#bytes.length + bytes) * 2);
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
