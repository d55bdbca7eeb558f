// The physical address space outside RAM, as on QEMU's virt board: which device an access reaches. Accesses are naturally aligned.
// `loads` and `stores` say whether there is anything at an address; without, the access is a fault.

import { Trap } from '../hart/trap.ts';
import * as L from '../layout.ts';
import { Plic } from './plic.ts';
import { Uart } from './uart.ts';
import { Virtio } from './virtio.ts';

const GATE: u64 = L.GATE_BASE as u64;
const RTC: u64 = L.RTC_BASE as u64;
const CLINT: u64 = L.CLINT_BASE as u64;
const PLIC: u64 = L.PLIC_BASE as u64;
const UART: u64 = L.UART_BASE as u64;
const VIRTIO: u64 = L.VIRTIO_BASE as u64;

export class Bus {
  static exists(address: u64): bool {
    return (
      address - GATE < 0x1000 ||
      address - RTC < 0x1000 ||
      address - CLINT < 0x10000 ||
      address - PLIC < 0x600000 ||
      address - UART < 0x100 ||
      address - VIRTIO < 0x8000
    );
  }

  static load(address: u64, bytes: u32): u64 {
    if (address - UART < 0x100) return address - UART < 8 ? Uart.load((address - UART) as u32) : 0;
    if (address - VIRTIO < 0x8000) return Virtio.load((address - VIRTIO) as u32, bytes);
    if (address - PLIC < 0x600000) return Plic.load((address - PLIC) as u32);
    if (address - CLINT < 0x10000) {
      const offset = (address - CLINT) as u32;
      if (offset == 0xbff8) return bytes == 8 ? Trap.time() : Trap.time() & 0xffff_ffff;
      if (offset == 0xbffc) return Trap.time() >> 32;
      return 0;
    }
    if (address - GATE < 0x1000) return load<u64>(L.GATE_VALUE);
    if (address - RTC < 0x1000) {
      // Goldfish RTC: ns since the epoch; TIME_LOW latches TIME_HIGH. RTC_STATE: boot time u64, latch u32.
      const offset = (address - RTC) as u32;
      if (offset == 4) return load<u32>(L.RTC_STATE, 8);
      if (offset) return 0;
      const now = load<u64>(L.RTC_STATE) + load<u64>(L.CYCLE);
      store<u32>(L.RTC_STATE, (now >> 32) as u32, 8);
      return now & 0xffff_ffff;
    }
    return 0;
  }

  static store(address: u64, value: u64): void {
    if (address - UART < 0x100) {
      if (address - UART < 8) Uart.store((address - UART) as u32, value as u32);
    } else if (address - VIRTIO < 0x8000) Virtio.store((address - VIRTIO) as u32, value as u32);
    else if (address - PLIC < 0x600000) Plic.store((address - PLIC) as u32, value as u32);
    else if (address - GATE < 0x1000) {
      store<u64>(L.GATE_VALUE, value);
      store<i32>(L.STOP_REASON, L.STOP_GATE);
    }
  }
}
