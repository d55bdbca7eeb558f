// The platform-level interrupt controller as QEMU's virt board has it (RISC-V PLIC specification 1.0.0, memory map): a driver asks
// for its source here, which sets the source's priority and its enable bit for the hart's supervisor context.

import type { Kernel } from '../kernel.ts';

const PLIC_BASE = 0x0c00_0000;
/** Enable bits and threshold of context 1, hart 0 in supervisor mode. */
const ENABLE = PLIC_BASE + 0x2080;
const THRESHOLD = PLIC_BASE + 0x20_1000;

/** `handler` runs at each interrupt of this source (1-31), between claim and complete. */
export function requestInterrupt(kernel: Kernel, source: number, handler: (kernel: Kernel) => void): void {
  const { mmio } = kernel.machine;
  mmio.store(PLIC_BASE + 4 * source, 4, 1);
  mmio.store(ENABLE, 4, (mmio.load(ENABLE, 4) | (1 << source)) >>> 0);
  mmio.store(THRESHOLD, 4, 0);
  kernel.interruptHandlers.set(source, handler);
}
