// Packet buffers: what Linux calls an sk_buff. A `PacketBuffer` is a window [start, end) into `PacketMemory`, which several
// buffers may share by reference count: a segment in a send queue and its copy on the way down are two windows on the same
// bytes, so that data is copied once into the stack and once out of it, also through loopback.
//
// Invariant: headers are written in front of a window, and bytes behind it, only by one who found the memory `exclusive`; a
// segment whose memory is still shared when it must go out again is copied.

import type { BufferMemory } from './environment.ts';
import type { NetworkInterface } from './interface.ts';

/** Room in front of the payload: Ethernet 14, IPv4 20, TCP 60, and a device's own header. */
export const HEADROOM = 128;
/** What a buffer's bookkeeping is counted as beside its memory: struct sk_buff of Linux 6.12 riscv64, 256 bytes. */
export const PACKET_OVERHEAD = 256;

/** Memory of a packet with its reference count. */
export class PacketMemory {
  readonly memory: BufferMemory;
  readonly data: Uint8Array;
  references = 1;

  constructor(memory: BufferMemory) {
    this.memory = memory;
    this.data = memory.data;
  }
}

export class PacketBuffer {
  readonly storage: PacketMemory;
  readonly data: Uint8Array;
  start: number;
  end: number;
  /** Offsets in `data` of the network and the transport header, once known. */
  network = 0;
  transport = 0;
  /** The interface that the packet came in by. */
  networkInterface: NetworkInterface | null = null;
  /** The transport checksum is still to be completed (sending), or need not be checked (receiving). */
  checksumPartial = false;
  released = false;

  // Queue links.
  next: PacketBuffer | null = null;
  previous: PacketBuffer | null = null;

  // TCP's control block.
  sequence = 0;
  endSequence = 0;
  flags = 0;
  /** SACKED, LOST, RETRANSMITTED (tcp/segment.ts). */
  marks = 0;
  retransmissions = 0;
  sentAt = 0;

  // UDP's control block.
  sourceAddress = 0;
  sourcePort = 0;

  constructor(storage: PacketMemory, start: number, end: number) {
    this.storage = storage;
    this.data = storage.data;
    this.start = start;
    this.end = end;
  }

  get length(): number {
    return this.end - this.start;
  }

  get exclusive(): boolean {
    return this.storage.references === 1;
  }

  /** Bytes that the buffer is counted as in a socket's limits. */
  get trueSize(): number {
    return this.data.length + PACKET_OVERHEAD;
  }

  /** Guest physical address of the byte at offset `offset` of the memory; 0-based on the host. */
  addressOf(offset: number): number {
    return this.storage.memory.address + offset;
  }

  /** Another window on the same bytes. */
  clone(): PacketBuffer {
    this.storage.references += 1;
    const copy = new PacketBuffer(this.storage, this.start, this.end);
    copy.network = this.network;
    copy.transport = this.transport;
    copy.networkInterface = this.networkInterface;
    copy.checksumPartial = this.checksumPartial;
    return copy;
  }

  /** The bytes of the window, as a view. */
  view(): Uint8Array {
    return this.data.subarray(this.start, this.end);
  }
}

/** A first-in first-out list of packets through their own links. */
export class PacketQueue {
  head: PacketBuffer | null = null;
  tail: PacketBuffer | null = null;
  length = 0;

  push(packet: PacketBuffer): void {
    packet.previous = this.tail;
    packet.next = null;
    if (this.tail === null) this.head = packet;
    else this.tail.next = packet;
    this.tail = packet;
    this.length += 1;
  }

  shift(): PacketBuffer | null {
    const packet = this.head;
    if (packet !== null) this.remove(packet);
    return packet;
  }

  insertAfter(packet: PacketBuffer, before: PacketBuffer | null): void {
    const after = before === null ? this.head : before.next;
    packet.previous = before;
    packet.next = after;
    if (before === null) this.head = packet;
    else before.next = packet;
    if (after === null) this.tail = packet;
    else after.previous = packet;
    this.length += 1;
  }

  remove(packet: PacketBuffer): void {
    if (packet.previous === null) this.head = packet.next;
    else packet.previous.next = packet.next;
    if (packet.next === null) this.tail = packet.previous;
    else packet.next.previous = packet.previous;
    packet.next = null;
    packet.previous = null;
    this.length -= 1;
  }
}

/** Memory on the host, kept by size class so that a busy stack allocates little. Bounded: 64 blocks per class. */
export class HostBuffers {
  readonly #free = new Map<number, BufferMemory[]>();

  newBuffer(bytes: number): BufferMemory {
    let size = 512;
    while (size < bytes) size *= 2;
    const recycled = this.#free.get(size)?.pop();
    return recycled ?? { data: new Uint8Array(size), address: 0 };
  }

  freeBuffer(memory: BufferMemory): void {
    const size = memory.data.length;
    if (size < 512 || (size & (size - 1)) !== 0) return;
    let list = this.#free.get(size);
    if (list === undefined) {
      list = [];
      this.#free.set(size, list);
    }
    if (list.length < 64) list.push(memory);
  }
}

export function read16(data: Uint8Array, offset: number): number {
  return (data[offset]! << 8) | data[offset + 1]!;
}

/** The 32 bits at `offset`, unsigned. */
export function read32(data: Uint8Array, offset: number): number {
  return readSigned32(data, offset) >>> 0;
}

/** The 32 bits at `offset` as a signed integer: the form that sequence numbers are kept in. */
export function readSigned32(data: Uint8Array, offset: number): number {
  return (data[offset]! << 24) | (data[offset + 1]! << 16) | (data[offset + 2]! << 8) | data[offset + 3]!;
}

export function write16(data: Uint8Array, offset: number, value: number): void {
  data[offset] = value >>> 8;
  data[offset + 1] = value;
}

export function write32(data: Uint8Array, offset: number, value: number): void {
  data[offset] = value >>> 24;
  data[offset + 1] = value >>> 16;
  data[offset + 2] = value >>> 8;
  data[offset + 3] = value;
}
