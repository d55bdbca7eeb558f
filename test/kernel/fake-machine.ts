// A machine without a hart for unit tests of the kernel: RAM, a clock, and charges that are only counted. What it cannot do is
// run: tests call the kernel's functions directly.

import { Cost } from '../../src/kernel/cost/cost.ts';
import { TextLayout } from '../../src/kernel/cost/layout.ts';
import { EventStream } from '../../src/kernel/events.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import type { AddressSpace } from '../../src/kernel/memory/address-space.ts';
import { AddressSpaceIds } from '../../src/kernel/memory/asids.ts';
import { FrameAllocator } from '../../src/kernel/memory/frames.ts';
import { FRAMES_START, RAM_BASE, TEXT_BYTES } from '../../src/kernel/memory/layout.ts';
import { Slabs } from '../../src/kernel/memory/slabs.ts';
import { RAM } from '../../src/machine/layout.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { loadPreset } from '../../src/machine/preset.ts';
import { Ram } from '../../src/machine/ram.ts';

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

/** As much of a kernel as memory management uses, on a fake machine: no files, no tasks. */
export function createMemoryKernel(options: { ramBytes?: number; preset?: string; kpti?: boolean } = {}): {
  kernel: Kernel;
  fake: FakeMachine;
} {
  const fake = createFakeMachine(options.ramBytes, options.preset);
  const { machine } = fake;
  const frames = new FrameAllocator(FRAMES_START, RAM_BASE + machine.ram.size);
  const kpti = options.kpti ?? false;
  const kernel = {
    machine,
    frames,
    slabs: new Slabs(frames),
    cost: new Cost(machine, new TextLayout(RAM_BASE, TEXT_BYTES)),
    events: new EventStream(),
    asids: new AddressSpaceIds(machine.preset.asidBits, kpti),
    addressSpaces: new Set(),
    options: { kpti, randomizeLayout: false },
    scheduler: { current: null, needReschedule: false },
    rootTable: frames.allocateReserved(),
    zeroPage: frames.allocateReserved(),
    activeSpace: null,
    retireTables: (space: AddressSpace) => space.tables.destroy(),
    outOfMemory: () => false,
    random: (bytes: number) => new Uint8Array(bytes),
  } as unknown as Kernel;
  machine.ram.fill(kernel.rootTable, 4096, 0);
  machine.ram.fill(kernel.zeroPage, 4096, 0);
  return { kernel, fake };
}
