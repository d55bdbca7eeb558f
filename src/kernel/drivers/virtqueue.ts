// A split virtqueue (VIRTIO 1.2, section 2.7) from the driver's side: descriptor table, available ring and used ring lie in guest
// RAM. Invariant: every descriptor is in the free list or belongs to a chain that the device has not returned.

import type { Kernel } from '../kernel.ts';

const DESCRIPTOR_BYTES = 16;
const VIRTQ_DESC_F_NEXT = 1;
const VIRTQ_DESC_F_WRITE = 2;

export interface QueueBuffer {
  readonly address: number;
  readonly bytes: number;
  /** The device writes it (else it reads it). */
  readonly writable: boolean;
}

export class Virtqueue<Token> {
  readonly size: number;
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
  readonly #kernel: Kernel;
  readonly #free: number[] = [];
  readonly #tokens: (Token | null)[];
  readonly #chainLengths: number[];
  readonly #next: number[];
  #availableIndex = 0;
  #usedIndex = 0;

  /** Throws Error when there is no memory: drivers start at boot. */
  constructor(kernel: Kernel, size: number) {
    this.#kernel = kernel;
    this.size = size;
    const allocate = (bytes: number): number => {
      const address = kernel.slabs.allocateBytes(bytes);
      if (address === 0) throw new Error('no memory for a virtqueue');
      kernel.machine.ram.fill(address, bytes, 0);
      return address;
    };
    this.descriptors = allocate(size * DESCRIPTOR_BYTES);
    this.available = allocate(6 + 2 * size);
    this.used = allocate(6 + 8 * size);
    this.#tokens = new Array<Token | null>(size).fill(null);
    this.#chainLengths = new Array<number>(size).fill(0);
    this.#next = new Array<number>(size).fill(0);
    for (let index = size - 1; index >= 0; index--) this.#free.push(index);
  }

  get freeDescriptors(): number {
    return this.#free.length;
  }

  /** Offers a chain of buffers; false when there are not enough descriptors. */
  add(buffers: readonly QueueBuffer[], token: Token): boolean {
    if (buffers.length > this.#free.length) return false;
    const { ram } = this.#kernel.machine;
    const { cost } = this.#kernel;
    const indices = buffers.map(() => this.#free.pop()!);
    buffers.forEach((buffer, position) => {
      const index = indices[position]!;
      const at = this.descriptors + index * DESCRIPTOR_BYTES;
      const last = position === buffers.length - 1;
      const next = last ? 0 : indices[position + 1]!;
      ram.setNumber(at, buffer.address);
      ram.setU32(at + 8, buffer.bytes);
      ram.setU16(at + 12, (last ? 0 : VIRTQ_DESC_F_NEXT) | (buffer.writable ? VIRTQ_DESC_F_WRITE : 0));
      ram.setU16(at + 14, next);
      this.#next[index] = next;
      cost.touch(at, DESCRIPTOR_BYTES, 'write');
    });
    const head = indices[0]!;
    this.#tokens[head] = token;
    this.#chainLengths[head] = buffers.length;
    const slot = this.available + 4 + 2 * (this.#availableIndex % this.size);
    ram.setU16(slot, head);
    cost.touch(slot, 2, 'write');
    this.#availableIndex = (this.#availableIndex + 1) & 0xffff;
    ram.setU16(this.available + 2, this.#availableIndex);
    cost.touch(this.available, 4, 'write');
    return true;
  }

  /** The next chain that the device has returned, with the bytes that it wrote; null when there is none. */
  take(): { readonly token: Token; readonly bytes: number } | null {
    const { ram } = this.#kernel.machine;
    this.#kernel.cost.touch(this.used, 4);
    if (ram.u16(this.used + 2) === this.#usedIndex) return null;
    const at = this.used + 4 + 8 * (this.#usedIndex % this.size);
    this.#kernel.cost.touch(at, 8);
    this.#usedIndex = (this.#usedIndex + 1) & 0xffff;
    const head = ram.u32(at) % this.size;
    const token = this.#tokens[head] ?? null;
    if (token === null) return null; // a device that returns what it was not given
    this.#tokens[head] = null;
    for (let index = head, left = this.#chainLengths[head]!; left > 0; left--) {
      this.#free.push(index);
      index = this.#next[index]!;
    }
    return { token, bytes: ram.u32(at + 4) };
  }
}
