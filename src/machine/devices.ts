// The far ends of the devices: what a person, a wire or a disk does to the machine from outside. Each act takes effect at the
// cycle at which it is done, the machine's current one; whoever records a run records that cycle.

import { PLIC_STATE, UART_STATE, UART_TX_RING, UART_TX_RING_BYTES, VIRTIO_STATE } from './layout.ts';

/** What the devices need of the machine. */
export interface DeviceAccess {
  /** One received byte; false when the receive FIFO is full. */
  uartReceive(byte: number): boolean;
  setInterrupt(source: number, level: boolean): void;
  time(): number;
  readonly stimecmp: bigint;
}

/** 16550: 16-byte receive FIFO, transmitted bytes collected in a ring until the host takes them. */
export class Uart {
  static readonly interrupt = 10;
  readonly #memory: ArrayBuffer;
  readonly #view: DataView;
  readonly #access: DeviceAccess;

  constructor(memory: ArrayBuffer, access: DeviceAccess) {
    this.#memory = memory;
    this.#view = new DataView(memory);
    this.#access = access;
  }

  /** Bytes arrive on the line now. Returns how many the FIFO took; the sender keeps the rest. */
  receive(bytes: Uint8Array): number {
    let count = 0;
    for (const byte of bytes) {
      if (!this.#access.uartReceive(byte)) break;
      count++;
    }
    return count;
  }

  /** What was transmitted since the last call. */
  transmitted(): Uint8Array {
    const head = this.#view.getUint32(UART_STATE + 8, true);
    const tail = this.#view.getUint32(UART_STATE + 12, true);
    const bytes = new Uint8Array(tail - head);
    const ring = new Uint8Array(this.#memory, UART_TX_RING, UART_TX_RING_BYTES);
    for (let index = 0; index < bytes.length; index++) bytes[index] = ring[(head + index) % UART_TX_RING_BYTES]!;
    this.#view.setUint32(UART_STATE + 8, 0, true);
    this.#view.setUint32(UART_STATE + 12, 0, true);
    return bytes;
  }
}

/** PLIC: one context, the hart's supervisor mode. */
export class Plic {
  readonly #view: DataView;
  readonly #access: DeviceAccess;

  constructor(memory: ArrayBuffer, access: DeviceAccess) {
    this.#view = new DataView(memory);
    this.#access = access;
  }

  /** A device outside the machine drives its interrupt line. */
  setLevel(source: number, level: boolean): void {
    this.#access.setInterrupt(source, level);
  }

  /** Pending bits of sources 0-31. */
  get pending(): number {
    return this.#view.getUint32(PLIC_STATE + 4, true);
  }
}

/** The timer: time runs at the preset's timebase. */
export class Clint {
  readonly #access: DeviceAccess;

  constructor(access: DeviceAccess) {
    this.#access = access;
  }

  /** mtime in ticks of the timebase. */
  get time(): number {
    return this.#access.time();
  }

  /** The supervisor timer's compare value (Sstc). */
  get timecmp(): bigint {
    return this.#access.stimecmp;
  }
}

/**
 * The far end of one virtio-mmio transport (VIRTIO 1.2, section 4.2): the register file lies in linear memory; the device is
 * whoever calls these. The guest's notify writes set a bit of `notified` that the device takes between runs.
 */
export class VirtioTransport {
  readonly index: number;
  readonly #view: DataView;
  readonly #base: number;
  readonly #access: DeviceAccess;

  constructor(memory: ArrayBuffer, index: number, access: DeviceAccess) {
    this.index = index;
    this.#view = new DataView(memory);
    this.#base = VIRTIO_STATE + 0x100 * index;
    this.#access = access;
  }

  /** Plugs a device in: its type (VIRTIO 1.2 chapter 5), feature bits, configuration space and queue size. */
  plug(deviceId: number, features: bigint, configuration: Uint8Array, queueSize: number): void {
    this.#view.setUint32(this.#base, deviceId, true);
    this.#view.setBigUint64(this.#base + 8, features, true);
    this.#view.setUint32(this.#base + 4, queueSize, true);
    new Uint8Array(this.#view.buffer, this.#base + 0xc0, 64).set(configuration.subarray(0, 64));
  }

  get status(): number {
    return this.#view.getUint32(this.#base + 0x18, true);
  }

  get driverFeatures(): bigint {
    return this.#view.getBigUint64(this.#base + 0x10, true);
  }

  /** Bit q: queue q was notified since the last call. */
  takeNotified(): number {
    const bits = this.#view.getUint32(this.#base + 0x1c, true);
    this.#view.setUint32(this.#base + 0x1c, 0, true);
    return bits;
  }

  /** Addresses of queue 0-3 as the driver set them; size 0 while it is not ready. */
  queue(index: number): { size: number; descriptors: number; available: number; used: number } {
    const base = this.#base + 0x40 + 0x20 * index;
    const address = (at: number): number => Number(this.#view.getBigUint64(at, true));
    const ready = this.#view.getUint32(base + 4, true) !== 0;
    return {
      size: ready ? this.#view.getUint32(base, true) : 0,
      descriptors: address(base + 8),
      available: address(base + 16),
      used: address(base + 24),
    };
  }

  /** The device used buffers (reason 1) or changed its configuration (2): raises the interrupt. */
  interrupt(reason: 1 | 2): void {
    const bits = this.#view.getUint32(this.#base + 0x20, true) | reason;
    this.#view.setUint32(this.#base + 0x20, bits, true);
    this.#access.setInterrupt(1 + this.index, true);
  }
}
