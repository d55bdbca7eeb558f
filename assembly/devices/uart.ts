// 16550A UART (National Semiconductor PC16550D data sheet): 16-byte receive FIFO, a transmitter that is always ready, interrupts
// for received data and for an empty transmitter. The far end is the host: machine/devices.ts.

import * as L from '../layout.ts';
import { Plic } from './plic.ts';

const FIFO_HEAD: usize = L.UART_STATE;
const FIFO_COUNT: usize = L.UART_STATE + 4;
const TX_HEAD: usize = L.UART_STATE + 8; // taken by the host
const TX_TAIL: usize = L.UART_STATE + 12;
const IER: usize = L.UART_STATE + 16;
const LCR: usize = L.UART_STATE + 17;
const MCR: usize = L.UART_STATE + 18;
const SCR: usize = L.UART_STATE + 19;
const DIVISOR: usize = L.UART_STATE + 20; // u16
const FCR: usize = L.UART_STATE + 22;
/** The transmitter-empty interrupt is pending until IIR is read or a byte is written. */
const TX_EMPTY: usize = L.UART_STATE + 23;
const OVERRUN: usize = L.UART_STATE + 24;
const FIFO: usize = L.UART_STATE + 0x40;
const FIFO_BYTES: u32 = 16;
const SOURCE: u32 = 10;

export class Uart {
  static receive(byte: u32): bool {
    const count = load<u32>(FIFO_COUNT);
    if (count == FIFO_BYTES) return false;
    store<u8>(FIFO + (((load<u32>(FIFO_HEAD) + count) & (FIFO_BYTES - 1)) as usize), byte);
    store<u32>(FIFO_COUNT, count + 1);
    Uart.update();
    return true;
  }

  /** 0: the host should take what was transmitted. */
  static transmitRoom(): u32 {
    return L.UART_TX_RING_BYTES - (load<u32>(TX_TAIL) - load<u32>(TX_HEAD));
  }

  private static interruptId(): u32 {
    const enabled = load<u8>(IER) as u32;
    if (enabled & 1 && load<u32>(FIFO_COUNT)) return 4;
    if (enabled & 2 && load<u8>(TX_EMPTY)) return 2;
    return 1;
  }

  private static update(): void {
    Plic.setLevel(SOURCE, Uart.interruptId() != 1);
  }

  static load(offset: u32): u32 {
    const divisor = (load<u8>(LCR) & 0x80) != 0;
    switch (offset) {
      case 0: {
        if (divisor) return load<u16>(DIVISOR) & 0xff;
        const count = load<u32>(FIFO_COUNT);
        if (!count) return 0;
        const head = load<u32>(FIFO_HEAD);
        const byte = load<u8>(FIFO + (head as usize)) as u32;
        store<u32>(FIFO_HEAD, (head + 1) & (FIFO_BYTES - 1));
        store<u32>(FIFO_COUNT, count - 1);
        Uart.update();
        return byte;
      }
      case 1:
        return divisor ? load<u16>(DIVISOR) >> 8 : load<u8>(IER);
      case 2: {
        const id = Uart.interruptId();
        if (id == 2) {
          store<u8>(TX_EMPTY, 0);
          Uart.update();
        }
        return id | (load<u8>(FCR) & 1 ? 0xc0 : 0);
      }
      case 3:
        return load<u8>(LCR);
      case 4:
        return load<u8>(MCR);
      case 5:
        return 0x60 | (load<u32>(FIFO_COUNT) ? 1 : 0);
      case 6:
        return 0xb0; // carrier, data set ready, clear to send
      default:
        return load<u8>(SCR);
    }
  }

  static store(offset: u32, value: u32): void {
    const divisor = (load<u8>(LCR) & 0x80) != 0;
    switch (offset) {
      case 0: {
        if (divisor) {
          store<u16>(DIVISOR, (load<u16>(DIVISOR) & 0xff00) | (value & 0xff));
          return;
        }
        // A ring that the host does not empty loses the newest bytes.
        if (Uart.transmitRoom()) {
          const tail = load<u32>(TX_TAIL);
          store<u8>(L.UART_TX_RING + ((tail % L.UART_TX_RING_BYTES) as usize), value);
          store<u32>(TX_TAIL, tail + 1);
          if (Uart.transmitRoom() < (L.UART_TX_RING_BYTES as u32) / 2) store<i64>(L.DEADLINE, 0);
        }
        store<u8>(TX_EMPTY, 1);
        break;
      }
      case 1: {
        if (divisor) {
          store<u16>(DIVISOR, (load<u16>(DIVISOR) & 0xff) | ((value & 0xff) << 8));
          return;
        }
        if (value & 2 && !(load<u8>(IER) & 2)) store<u8>(TX_EMPTY, 1);
        store<u8>(IER, value & 15);
        break;
      }
      case 2: {
        store<u8>(FCR, value);
        if (value & 2) store<u32>(FIFO_COUNT, 0);
        break;
      }
      case 3:
        store<u8>(LCR, value);
        break;
      case 4:
        store<u8>(MCR, value);
        break;
      case 7:
        store<u8>(SCR, value);
        break;
    }
    Uart.update();
  }
}
