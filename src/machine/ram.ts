// The bytes of guest RAM by guest physical address. A view, not a copy: the hart sees every write at once. Whoever writes
// bytes that may be decoded code calls `noteWrite` afterwards; data structures of the kernel's need not.

import { RAM, RAM_BASE } from './layout.ts';

export class Ram {
  readonly base = RAM_BASE;
  readonly size: number;
  /** RAM alone: offset = physical address - base. */
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #invalidate: (physicalPage: number) => void;
  readonly #codePages: Uint32Array;

  /** `codePages` holds a word for each page of RAM, zero when nothing of the page is decoded. */
  constructor(memory: ArrayBuffer, size: number, codePages: Uint32Array, invalidate: (physicalPage: number) => void) {
    this.size = size;
    this.bytes = new Uint8Array(memory, RAM, size);
    this.#view = new DataView(memory, RAM, size);
    this.#codePages = codePages;
    this.#invalidate = invalidate;
  }

  u8(physical: number): number {
    return this.#view.getUint8(physical - RAM_BASE);
  }

  u16(physical: number): number {
    return this.#view.getUint16(physical - RAM_BASE, true);
  }

  u32(physical: number): number {
    return this.#view.getUint32(physical - RAM_BASE, true);
  }

  i32(physical: number): number {
    return this.#view.getInt32(physical - RAM_BASE, true);
  }

  u64(physical: number): bigint {
    return this.#view.getBigUint64(physical - RAM_BASE, true);
  }

  /** A 64-bit integer in two's complement as a JS number: exact below 2^53 in magnitude. */
  f64number(physical: number): number {
    const offset = physical - RAM_BASE;
    return this.#view.getInt32(offset + 4, true) * 0x1_0000_0000 + this.#view.getUint32(offset, true);
  }

  setU8(physical: number, value: number): void {
    this.#view.setUint8(physical - RAM_BASE, value);
  }

  setU16(physical: number, value: number): void {
    this.#view.setUint16(physical - RAM_BASE, value, true);
  }

  setU32(physical: number, value: number): void {
    this.#view.setUint32(physical - RAM_BASE, value, true);
  }

  setU64(physical: number, value: bigint): void {
    this.#view.setBigUint64(physical - RAM_BASE, BigInt.asUintN(64, value), true);
  }

  /** Stores an integer number as 64 bits in two's complement. */
  setNumber(physical: number, value: number): void {
    const offset = physical - RAM_BASE;
    this.#view.setUint32(offset, value, true);
    this.#view.setInt32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
  }

  /** A view of `bytes` bytes of RAM. */
  slice(physical: number, bytes: number): Uint8Array {
    return this.bytes.subarray(physical - RAM_BASE, physical - RAM_BASE + bytes);
  }

  fill(physical: number, bytes: number, value: number): void {
    this.bytes.fill(value, physical - RAM_BASE, physical - RAM_BASE + bytes);
    this.noteWrite(physical, bytes);
  }

  copy(destination: number, source: number, bytes: number): void {
    this.bytes.copyWithin(destination - RAM_BASE, source - RAM_BASE, source - RAM_BASE + bytes);
    this.noteWrite(destination, bytes);
  }

  /** The host wrote these bytes: drops what was decoded from their pages. Cheap when nothing was. */
  noteWrite(physical: number, bytes: number): void {
    if (bytes <= 0) return;
    const last = (physical - RAM_BASE + bytes - 1) >>> 12;
    for (let page = (physical - RAM_BASE) >>> 12; page <= last; page++) {
      if (this.#codePages[page] !== 0) this.#invalidate(RAM_BASE + page * 4096);
    }
  }
}
