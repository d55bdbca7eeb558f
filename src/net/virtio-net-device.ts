// The card itself, outside the machine's time: takes frames from the guest's transmit ring onto the wire, and puts frames from the
// wire into its receive ring with an interrupt. Rings are read in guest RAM (VIRTIO 1.2, section 2.7).

import type { EventSource, Kernel } from '../kernel/kernel.ts';
import type { VirtioTransport } from '../machine/devices.ts';
import type { Machine } from '../machine/machine.ts';
import type { LinkPort } from './link.ts';
import type { Wire } from './wire.ts';

const DEVICE_NETWORK = 1;
const VIRTIO_NET_F_MAC = 1n << 5n;
const VIRTIO_F_VERSION_1 = 1n << 32n;
const QUEUE_SIZE = 256;
const RECEIVE_QUEUE = 0;
const TRANSMIT_QUEUE = 1;
const HEADER_BYTES = 12;
const VIRTQ_DESC_F_NEXT = 1;
/** Frames that wait for a receive buffer of the guest's; more are dropped, as a card's FIFO does. */
const WAITING_FRAMES = 256;

export class VirtioNetDevice implements EventSource {
  dropped = 0;
  readonly #machine: Machine;
  readonly #transport: VirtioTransport;
  readonly #port: LinkPort;
  readonly #wire: Wire;
  readonly #waiting: Uint8Array[] = [];
  /** Where the device is in each queue's available ring. */
  readonly #seen = [0, 0];
  #notified = 0;

  /** Plugs a card into transport `index`; what the wire does is done when the kernel asks for events. */
  constructor(machine: Machine, index: number, mac: Uint8Array, port: LinkPort, wire: Wire) {
    this.#machine = machine;
    this.#transport = machine.virtio[index]!;
    this.#port = port;
    this.#wire = wire;
    this.#transport.plug(DEVICE_NETWORK, VIRTIO_NET_F_MAC | VIRTIO_F_VERSION_1, mac, QUEUE_SIZE);
    port.onFrame = (frame) => this.#arrive(frame);
  }

  nextEvent(): number {
    this.#notified |= this.#transport.takeNotified();
    return this.#notified !== 0 ? 0 : this.#wire.nextEvent();
  }

  advance(kernel: Kernel): void {
    const now = kernel.now();
    this.#notified |= this.#transport.takeNotified();
    if ((this.#notified & (1 << TRANSMIT_QUEUE)) !== 0) this.#transmit(now);
    const refilled = (this.#notified & (1 << RECEIVE_QUEUE)) !== 0;
    this.#notified = 0;
    if (refilled) this.#deliverWaiting();
    this.#wire.advance(now);
  }

  #transmit(now: number): void {
    const queue = this.#transport.queue(TRANSMIT_QUEUE);
    const { ram } = this.#machine;
    if (queue.size === 0) return;
    const end = ram.u16(queue.available + 2);
    while (this.#seen[TRANSMIT_QUEUE] !== end) {
      const head = ram.u16(queue.available + 4 + 2 * (this.#seen[TRANSMIT_QUEUE]! % queue.size)) % queue.size;
      this.#seen[TRANSMIT_QUEUE] = (this.#seen[TRANSMIT_QUEUE]! + 1) & 0xffff;
      const pieces: Uint8Array[] = [];
      let index = head;
      for (let steps = 0; steps < queue.size; steps++) {
        const at = queue.descriptors + 16 * index;
        pieces.push(ram.slice(ram.f64number(at), ram.u32(at + 8)));
        if ((ram.u16(at + 12) & VIRTQ_DESC_F_NEXT) === 0) break;
        index = ram.u16(at + 14) % queue.size;
      }
      this.#return(queue, head, 0);
      this.#port.send(join(pieces).subarray(HEADER_BYTES), now);
    }
  }

  #arrive(frame: Uint8Array): void {
    if (this.#waiting.length >= WAITING_FRAMES) {
      this.dropped += 1;
      return;
    }
    this.#waiting.push(frame.slice());
    this.#deliverWaiting();
  }

  #deliverWaiting(): void {
    const queue = this.#transport.queue(RECEIVE_QUEUE);
    const { ram } = this.#machine;
    let delivered = 0;
    while (queue.size > 0 && this.#waiting.length > 0 && this.#seen[RECEIVE_QUEUE] !== ram.u16(queue.available + 2)) {
      const frame = this.#waiting.shift()!;
      const head = ram.u16(queue.available + 4 + 2 * (this.#seen[RECEIVE_QUEUE]! % queue.size)) % queue.size;
      this.#seen[RECEIVE_QUEUE] = (this.#seen[RECEIVE_QUEUE]! + 1) & 0xffff;
      const at = queue.descriptors + 16 * head;
      const address = ram.f64number(at);
      const bytes = HEADER_BYTES + frame.length;
      if (ram.u32(at + 8) < bytes) {
        this.dropped += 1;
        this.#return(queue, head, 0);
        continue;
      }
      ram.fill(address, HEADER_BYTES, 0);
      ram.setU16(address + 10, 1); // num_buffers
      ram.slice(address + HEADER_BYTES, frame.length).set(frame);
      ram.noteWrite(address, bytes);
      this.#return(queue, head, bytes);
      delivered += 1;
    }
    if (delivered > 0) this.#transport.interrupt(1);
  }

  /** Puts a chain into the used ring. */
  #return(queue: { size: number; used: number }, head: number, bytes: number): void {
    const { ram } = this.#machine;
    const index = ram.u16(queue.used + 2);
    const at = queue.used + 4 + 8 * (index % queue.size);
    ram.setU32(at, head);
    ram.setU32(at + 4, bytes);
    ram.setU16(queue.used + 2, (index + 1) & 0xffff);
  }
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
