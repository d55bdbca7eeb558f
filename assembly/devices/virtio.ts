// virtio-mmio transports (VIRTIO 1.2, section 4.2.2): registers only. Queues lie in guest RAM; what a device does with them is
// for the far end in TypeScript (machine/devices.ts), which is told by NOTIFIED and raises interrupts.
// State of transport n at VIRTIO_STATE + 0x100 n; the offsets are shared with machine/devices.ts.

import * as L from '../layout.ts';
import { Plic } from './plic.ts';

const DEVICE: usize = 0x00;
const QUEUE_SIZE: usize = 0x04; // largest
const FEATURES: usize = 0x08; // u64
const DRIVER_FEATURES: usize = 0x10; // u64
const STATUS: usize = 0x18;
const NOTIFIED: usize = 0x1c;
const INTERRUPTS: usize = 0x20;
const SELECT_FEATURES: usize = 0x24;
const SELECT_DRIVER_FEATURES: usize = 0x28;
const SELECT_QUEUE: usize = 0x2c;
const QUEUES: usize = 0x40; // 4 of 32 bytes: size u32, ready u32, descriptors u64, available u64, used u64
const CONFIGURATION: usize = 0xc0; // 64 bytes

export class Virtio {
  static load(address: u32, bytes: u32): u32 {
    const base = L.VIRTIO_STATE + (((address >> 12) & 7) as usize) * 0x100;
    const offset = address & 0xfff;
    if (offset >= 0x100) {
      if (offset + bytes > 0x140) return 0;
      const cell = base + CONFIGURATION + ((offset - 0x100) as usize);
      return bytes == 1 ? load<u8>(cell) : bytes == 2 ? load<u16>(cell) : load<u32>(cell);
    }
    const queue = base + QUEUES + ((load<u32>(base, SELECT_QUEUE) & 3) as usize) * 32;
    switch (offset) {
      case 0x000:
        return 0x74726976; // "virt"
      case 0x004:
        return 2;
      case 0x008:
        return load<u32>(base, DEVICE);
      case 0x00c:
        return 0x58594343;
      case 0x010: {
        const select = load<u32>(base, SELECT_FEATURES);
        return select > 1 ? 0 : load<u32>(base + FEATURES + ((select as usize) << 2));
      }
      case 0x034:
        return load<u32>(base, SELECT_QUEUE) < 4 ? load<u32>(base, QUEUE_SIZE) : 0;
      case 0x044:
        return load<u32>(queue, 4);
      case 0x060:
        return load<u32>(base, INTERRUPTS);
      case 0x070:
        return load<u32>(base, STATUS);
    }
    return 0;
  }

  static store(address: u32, value: u32): void {
    const transport = (address >> 12) & 7;
    const base = L.VIRTIO_STATE + (transport as usize) * 0x100;
    const queue = base + QUEUES + ((load<u32>(base, SELECT_QUEUE) & 3) as usize) * 32;
    switch (address & 0xfff) {
      case 0x014:
        store<u32>(base, value, SELECT_FEATURES);
        break;
      case 0x020: {
        const select = load<u32>(base, SELECT_DRIVER_FEATURES);
        if (select < 2) store<u32>(base + DRIVER_FEATURES + ((select as usize) << 2), value);
        break;
      }
      case 0x024:
        store<u32>(base, value, SELECT_DRIVER_FEATURES);
        break;
      case 0x030:
        store<u32>(base, value, SELECT_QUEUE);
        break;
      case 0x038:
        store<u32>(queue, min(value, load<u32>(base, QUEUE_SIZE)));
        break;
      case 0x044:
        store<u32>(queue, value & 1, 4);
        break;
      case 0x050:
        if (value < 32) store<u32>(base, load<u32>(base, NOTIFIED) | (1 << value), NOTIFIED);
        break;
      case 0x064: {
        const left = load<u32>(base, INTERRUPTS) & ~value;
        store<u32>(base, left, INTERRUPTS);
        if (!left) Plic.setLevel(1 + transport, false);
        break;
      }
      case 0x070: {
        store<u32>(base, value, STATUS);
        if (!value) {
          // Reset: everything but what the device is.
          memory.fill(base + DRIVER_FEATURES, 0, QUEUES + 128 - DRIVER_FEATURES);
          Plic.setLevel(1 + transport, false);
        }
        break;
      }
      case 0x080:
        store<u32>(queue, value, 8);
        break;
      case 0x084:
        store<u32>(queue, value, 12);
        break;
      case 0x090:
        store<u32>(queue, value, 16);
        break;
      case 0x094:
        store<u32>(queue, value, 20);
        break;
      case 0x0a0:
        store<u32>(queue, value, 24);
        break;
      case 0x0a4:
        store<u32>(queue, value, 28);
        break;
    }
  }
}
