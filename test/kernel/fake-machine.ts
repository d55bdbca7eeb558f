// A machine without a hart for unit tests of the kernel: RAM, a clock, and charges that are only counted. What it cannot do is
// run: tests call the kernel's functions directly.

import type { Machine } from '../../src/machine/machine.ts';
import { loadPreset } from '../../src/machine/preset.ts';
import { Ram } from '../../src/machine/ram.ts';
import { RAM } from '../../src/machine/layout.ts';

export interface FakeMachine {
  readonly machine: Machine;
  /** Instructions and bytes that were charged. */
  readonly charged: { instructions: number; touchedBytes: number; flushes: string[] };
  /** Moves the clock, cycles. */
  advance(cycles: number): void;
}

export function createFakeMachine(ramBytes = 32 * 1024 * 1024, preset = 'rocket'): FakeMachine {
  const memory = new ArrayBuffer(RAM + ramBytes);
  const ram = new Ram(memory, ramBytes, new Uint32Array(ramBytes / 4096), () => {});
  const charged = { instructions: 0, touchedBytes: 0, flushes: [] as string[] };
  const registers = new Map<string, bigint>();
  const parameters = loadPreset(preset);
  let cycle = 0;
  const machine = {
    preset: parameters,
    ram,
    hart: {
      privilege: 1,
      pc: 0n,
      pcNumber: 0,
      x: (index: number) => registers.get(`x${index}`) ?? 0n,
      setX: (index: number, value: bigint) => registers.set(`x${index}`, value),
      f: (index: number) => registers.get(`f${index}`) ?? 0n,
      setF: (index: number, value: bigint) => registers.set(`f${index}`, value),
      csr: (number: number) => registers.get(`csr${number}`) ?? 0n,
      setCsr: (number: number, value: bigint) => registers.set(`csr${number}`, value),
    },
    counters: { get: () => 0, read: () => ({}) },
    plic: { pending: 0, setLevel() {} },
    uart: { receive: () => 0, transmitted: () => new Uint8Array(0) },
    virtio: [],
    get cycle() {
      return cycle;
    },
    instret: 0,
    gateValue: 0,
    run: () => 'gate',
    advanceTo(to: number) {
      cycle = to;
    },
    time: () => Math.floor((cycle * parameters.timebaseHz) / parameters.clockHz),
    mmio: { load: () => 0, store() {} },
    chargeExecute(_text: number, _bytes: number, instructions: number) {
      charged.instructions += instructions;
    },
    chargeTouch(_physical: number, bytes: number) {
      charged.touchedBytes += bytes;
    },
    chargeTouchUser(_virtual: number, _physical: number, bytes: number) {
      charged.touchedBytes += bytes;
    },
    setDirectMap() {},
    invalidateDecoded() {},
    flushTlb(kind: string, asid = 0, virtual = 0) {
      charged.flushes.push(`${kind} ${asid} ${virtual}`);
    },
    setInterrupt() {},
    uartReceive: () => true,
  };
  return {
    machine: machine as unknown as Machine,
    charged,
    advance(cycles) {
      cycle += cycles;
    },
  };
}
