// What the network stack asks of the world around it: time, randomness, memory, and someone to tell.
// The stack has no clock, no random source and no global state of its own, so that the same code runs in the kernel, at the
// far end of a wire and in a second machine, and gives the same bytes each time.

import type { NetworkInterface } from './interface.ts';

/** Guest time in nanoseconds, a safe integer that never goes back. */
export interface Clock {
  now(): number;
}

/** A seeded source of uniform 32-bit unsigned integers. */
export type Random = () => number;

/**
 * The kinds of work that a kernel pays for. `charge(part, units, subject)` is called where the work is done; units are
 * packets, calls or bytes as the comment says.
 */
export const NetworkWork = {
  /** A packet buffer allocated (units: buffers). */
  bufferAllocate: 'net.buffer.allocate',
  /** A packet buffer freed (units: buffers). */
  bufferFree: 'net.buffer.free',
  /** Payload moved between packet buffers (units: bytes). */
  copyBytes: 'net.copy.bytes',
  /** Internet checksum over payload or header in software (units: bytes). */
  checksumBytes: 'net.checksum.bytes',
  /** Frame handed to an interface (units: packets). */
  linkOutput: 'net.link.output',
  /** Frame taken from an interface (units: packets). */
  linkInput: 'net.link.input',
  /** A packet passed through the loopback interface's backlog (units: packets). */
  loopback: 'net.loopback',
  /** IPv4 header built, and the packet sent down (units: packets). */
  ipOutput: 'net.ip.output',
  /** IPv4 header checked, and the packet passed up (units: packets). */
  ipInput: 'net.ip.input',
  /** A packet cut into, or put together from, fragments (units: fragments). */
  ipFragment: 'net.ip.fragment',
  /** A route looked up in the table (units: lookups). */
  routeLookup: 'net.route.lookup',
  /** A neighbour looked up (units: lookups). */
  arpLookup: 'net.arp.lookup',
  /** An ARP packet handled or made (units: packets). */
  arpPacket: 'net.arp.packet',
  /** An ICMP message handled or made (units: packets). */
  icmpPacket: 'net.icmp.packet',
  /** A port searched for (units: ports looked at). */
  portSearch: 'net.port.search',
  /** A UDP datagram sent (units: calls). */
  udpSend: 'net.udp.send',
  /** A UDP datagram received by its endpoint (units: packets). */
  udpInput: 'net.udp.input',
  /** A UDP datagram taken by the program (units: calls). */
  udpReceive: 'net.udp.receive',
  /** The connection or listener of a segment looked up (units: lookups). */
  tcpLookup: 'net.tcp.lookup',
  /** A segment that header prediction would take (units: segments). */
  tcpInputFast: 'net.tcp.input.fast',
  /** Any other segment (units: segments). */
  tcpInputSlow: 'net.tcp.input.slow',
  /** A segment freed by an acknowledgement (units: segments). */
  tcpAcked: 'net.tcp.acked',
  /** A segment with data, SYN or FIN built and sent (units: segments). */
  tcpOutput: 'net.tcp.output',
  /** A pure acknowledgement or reset built and sent (units: segments). */
  tcpAckOutput: 'net.tcp.output.ack',
  /** tcp_sendmsg: bytes put into the send queue (units: calls). */
  tcpSend: 'net.tcp.send',
  /** tcp_recvmsg: bytes taken from the receive queue (units: calls). */
  tcpReceive: 'net.tcp.receive',
  /** A segment moved in the out-of-order queue, or looked at for loss (units: segments). */
  tcpRecovery: 'net.tcp.recovery',
  /** An active open (units: calls). */
  tcpConnect: 'net.tcp.connect',
  /** A SYN taken by a listener (units: requests). */
  tcpRequest: 'net.tcp.request',
  /** A connection made from a request (units: connections). */
  tcpEstablish: 'net.tcp.establish',
  /** A connection taken from an accept queue (units: calls). */
  tcpAccept: 'net.tcp.accept',
  /** A connection closed by the program (units: calls). */
  tcpClose: 'net.tcp.close',
  /** A connection's state torn down (units: connections). */
  tcpDestroy: 'net.tcp.destroy',
  /** A timer that went off (units: timers). */
  timer: 'net.timer',
} as const;

export type NetworkWorkPart = (typeof NetworkWork)[keyof typeof NetworkWork];

/** Memory for a packet: `data` are its bytes, `address` where they lie in guest RAM (0 on the host). */
export interface BufferMemory {
  readonly data: Uint8Array;
  readonly address: number;
}

/** Anything that has readiness: a TCP or UDP endpoint. `owner` belongs to whoever made it (the kernel's socket). */
export interface Endpoint {
  owner: unknown;
  poll(): number;
}

export interface NetworkHooks {
  /** Work was done. `subject` is the endpoint or packet concerned, whose memory was touched, or null. */
  charge?(part: NetworkWorkPart, units: number, subject: object | null): void;
  /** A frame passed an interface; its checksums are complete. The listener must copy what it keeps. */
  event?(networkInterface: NetworkInterface, direction: 'in' | 'out', frame: Uint8Array): void;
  /** An endpoint's readiness changed; `events` are the POLL* bits that may have become true. Must not call the stack. */
  wake?(endpoint: Endpoint, events: number): void;
  /** Memory for `bytes` bytes of packet, physically contiguous; null when there is none. */
  newBuffer?(bytes: number): BufferMemory | null;
  freeBuffer?(memory: BufferMemory): void;
}

/** Where bytes come from: copies up to `bytes` into `memory.data` at `offset`; returns the number copied, less on EFAULT. */
export interface ByteSource {
  take(memory: BufferMemory, offset: number, bytes: number): number;
}

/** Where bytes go to: copies `bytes` from `memory.data` at `offset`; returns the number copied, less on EFAULT. */
export interface ByteSink {
  put(memory: BufferMemory, offset: number, bytes: number): number;
}

/** A cursor over a host array, as source and as sink. */
export class ArrayCursor implements ByteSource, ByteSink {
  readonly bytes: Uint8Array;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  take(memory: BufferMemory, offset: number, bytes: number): number {
    const count = Math.min(bytes, this.bytes.length - this.position);
    copyBytes(memory.data, offset, this.bytes, this.position, count);
    this.position += count;
    return count;
  }

  put(memory: BufferMemory, offset: number, bytes: number): number {
    const count = Math.min(bytes, this.bytes.length - this.position);
    copyBytes(this.bytes, this.position, memory.data, offset, count);
    this.position += count;
    return count;
  }
}

/** Copies bytes between arrays; short copies are done in a loop, which is quicker than making a view. */
export function copyBytes(to: Uint8Array, toOffset: number, from: Uint8Array, fromOffset: number, bytes: number): void {
  if (bytes <= 32) for (let i = 0; i < bytes; i += 1) to[toOffset + i] = from[fromOffset + i]!;
  else to.set(from.subarray(fromOffset, fromOffset + bytes), toOffset);
}

/** sfc32 (Chris Doty-Humphrey, PractRand): a small fast generator with 128 bits of state, from a 32-bit seed. */
export function seededRandom(seed: number): Random {
  let a = seed | 0;
  let b = 0x9e3779b9 | 0;
  let c = 0x243f6a88 | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i += 1) next();
  return next;
}
