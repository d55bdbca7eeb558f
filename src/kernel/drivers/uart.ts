// Driver of the 16550 UART at 0x1000_0000, interrupt 10 (QEMU virt's; National Semiconductor PC16550D data sheet). Bytes received
// go to its terminal; the terminal's output goes out through the transmit holding register. All registers are reached as the
// machine's instructions would: by charged, uncached accesses.

import { ttyRoutines } from '../cost/routines/tty.ts';
import type { Kernel } from '../kernel.ts';
import type { TtyLine } from './tty.ts';

export const UART_BASE = 0x1000_0000;
export const UART_INTERRUPT = 10;

const RECEIVE = 0;
const TRANSMIT = 0;
const INTERRUPT_ENABLE = 1;
const FIFO_CONTROL = 2;
const LINE_CONTROL = 3;
const LINE_STATUS = 5;

const IER_RECEIVED = 0x01;
const FCR_ENABLE_AND_CLEAR = 0x07;
const LCR_8N1 = 0x03;
const LSR_DATA_READY = 0x01;
/** Bytes that fit into the transmit FIFO when it is empty. */
const FIFO_BYTES = 16;

export class UartDriver implements TtyLine {
  readonly hungUp = false;
  /** Where received bytes go. */
  receiver: ((bytes: Uint8Array) => void) | null = null;
  /**
   * Takes what was transmitted from the device, after each write. Without one the bytes stay in the device until the host
   * asks for them.
   */
  sink: ((bytes: Uint8Array) => void) | null = null;

  /** 8 data bits, no parity, FIFOs on, interrupt on received data. */
  initialise(kernel: Kernel): void {
    this.#store(kernel, LINE_CONTROL, LCR_8N1);
    this.#store(kernel, FIFO_CONTROL, FCR_ENABLE_AND_CLEAR);
    this.#store(kernel, INTERRUPT_ENABLE, IER_RECEIVED);
  }

  /** The PLIC delivered interrupt 10: empties the receive FIFO. */
  interrupt(kernel: Kernel): void {
    kernel.cost.execute(ttyRoutines.serial8250_interrupt);
    const bytes: number[] = [];
    while (bytes.length < 256 && (this.#load(kernel, LINE_STATUS) & LSR_DATA_READY) !== 0) {
      bytes.push(this.#load(kernel, RECEIVE));
    }
    if (bytes.length > 0) this.receiver?.(Uint8Array.from(bytes));
  }

  transmit(kernel: Kernel, bytes: Uint8Array): number {
    for (let index = 0; index < bytes.length; index++) {
      if (index % FIFO_BYTES === 0) this.#load(kernel, LINE_STATUS);
      kernel.cost.execute(ttyRoutines.serial8250_transmit);
      this.#store(kernel, TRANSMIT, bytes[index]!);
    }
    if (this.sink !== null) this.sink(kernel.machine.uart.transmitted());
    return bytes.length;
  }

  #load(kernel: Kernel, register: number): number {
    return kernel.machine.mmio.load(UART_BASE + register, 1);
  }

  #store(kernel: Kernel, register: number, value: number): void {
    kernel.machine.mmio.store(UART_BASE + register, 1, value);
  }
}
