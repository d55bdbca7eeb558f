// The machine: instantiates build/machine.wasm over one linear memory and gives typed access to it. Nothing of the state is
// here, all of it is in that memory (layout.ts). The layers above see the machine only through this folder.

import { type CounterReader, MemoryCounters } from './counters.ts';
import { Clint, type DeviceAccess, Plic, Uart, VirtioTransport } from './devices.ts';
import { Hart } from './hart.ts';
import * as layout from './layout.ts';
import { loadMachineModule } from './module.ts';
import { writeParameters } from './parameters.ts';
import { loadPreset, type Preset } from './preset.ts';
import { Ram } from './ram.ts';
import { packState, unpackState } from './state.ts';

/** idle: WFI with nothing pending. cycles: `untilCycle` was reached. */
export type StopReason = 'slice' | 'gate' | 'idle' | 'cycles';

export interface MachineOptions {
  preset?: Preset | string;
  /** 256 MiB if not given; a multiple of 4096, at most 2 GiB. */
  ramBytes?: number;
  /** A compiled machine.wasm; otherwise the package's own is loaded. */
  wasm?: WebAssembly.Module;
  /** false: the preset's timing is left out, one cycle an instruction. */
  timing?: boolean;
  /** Drop speed structures at every run(): must never change a cycle. */
  debug?: { flushSpeedTlbs?: boolean; flushDecoded?: boolean };
}

/** Takes over how far each run goes, to look at the hart in between (a sampling profiler). It must not change what is run. */
export interface RunObserver {
  /** In place of `Machine.run`: calls `step`, which is that run, until it has reached what was asked for. */
  run(
    step: (maxInstructions: number, untilCycle: number) => StopReason,
    maxInstructions: number,
    untilCycle: number,
  ): StopReason;
  /** The clock is about to jump to `cycle`: nothing runs. */
  idle(cycle: number): void;
}

/** The functions of machine.wasm. Addresses and cycles are f64: exact below 2^53, and cheaper than BigInt at the border. */
interface Exports {
  reset(): void;
  configure(): void;
  run(maxInstructions: number, untilCycle: number): number;
  drainCounters(): void;
  readCsr(number: number): bigint;
  writeCsr(number: number, value: bigint): void;
  setPrivilege(ring: number): void;
  setPc(value: bigint): void;
  advanceTo(cycle: number): void;
  mmioLoad(address: number, bytes: number): number;
  mmioStore(address: number, bytes: number, value: number): void;
  chargeExecute(text: number, bytes: number, instructions: number): void;
  chargeTouch(physical: number, bytes: number, write: number): void;
  chargeTouchUser(virtual: number, physical: number, bytes: number, write: number): void;
  invalidateDecoded(physicalPage: number): void;
  flushTlb(kind: number, asid: number, virtual: number): void;
  beforeSave(): void;
  restored(): void;
  uartReceive(byte: number): number;
  setInterrupt(source: number, level: number): void;
  time(): number;
}

const STOP_REASONS: readonly StopReason[] = ['slice', 'slice', 'gate', 'idle', 'cycles'];
const PAGE = 65536;

export class Machine implements DeviceAccess {
  readonly preset: Preset;
  readonly ram: Ram;
  readonly hart: Hart;
  readonly counters: CounterReader;
  readonly uart: Uart;
  readonly plic: Plic;
  readonly clint: Clint;
  /** virtio-mmio transports 0-7, interrupts 1-8. */
  readonly virtio: readonly VirtioTransport[];
  /** Device access by ring-0 drivers, charged as uncached. */
  readonly mmio: {
    load(address: number, bytes: 1 | 2 | 4 | 8): number;
    store(address: number, bytes: 1 | 2 | 4 | 8, value: number): void;
  };
  /** Null costs a comparison at each run. */
  observer: RunObserver | null = null;
  readonly #memory: ArrayBuffer;
  readonly #view: DataView;
  readonly #exports: Exports;

  private constructor(preset: Preset, ramBytes: number, memory: ArrayBuffer, exports: Exports) {
    this.preset = preset;
    this.#memory = memory;
    this.#view = new DataView(memory);
    this.#exports = exports;
    const codePages = new Uint32Array(memory, layout.CODE_PAGES, ramBytes / 4096);
    this.ram = new Ram(memory, ramBytes, codePages, (page) => exports.invalidateDecoded(page));
    this.hart = new Hart(memory, exports);
    this.counters = new MemoryCounters(memory, () => exports.drainCounters());
    this.uart = new Uart(memory, this);
    this.plic = new Plic(memory, this);
    this.clint = new Clint(this);
    this.virtio = Array.from({ length: 8 }, (_, index) => new VirtioTransport(memory, index, this));
    this.mmio = {
      load: (address, bytes) => exports.mmioLoad(address, bytes),
      store: (address, bytes, value) => exports.mmioStore(address, bytes, value),
    };
  }

  /** Throws PresetError, RangeError for the RAM's size. */
  static async create(options: MachineOptions = {}): Promise<Machine> {
    const preset = loadPreset(options.preset ?? 'rocket');
    if (options.timing === false) preset.timing = false;
    const ramBytes = options.ramBytes ?? 256 * 1024 * 1024;
    if (!(ramBytes % 4096 === 0 && ramBytes >= 65536 && ramBytes <= 2 ** 31)) {
      throw new RangeError(`RAM of ${ramBytes} bytes: expected a multiple of 4096 between 64 KiB and 2 GiB`);
    }
    const module = options.wasm ?? (await loadMachineModule());
    const memory = new WebAssembly.Memory({ initial: Math.ceil((layout.RAM + ramBytes) / PAGE) });
    const abort = (_message: number, _file: number, line: number, column: number): never => {
      throw new Error(`the machine aborted at ${line}:${column}`);
    };
    const instance = await WebAssembly.instantiate(module, { env: { memory, abort } });
    const exports = instance.exports as unknown as Exports;
    writeParameters(memory.buffer, preset, ramBytes);
    const machine = new Machine(preset, ramBytes, memory.buffer, exports);
    machine.#view.setInt32(layout.P_DEBUG_FLUSH_TLBS, options.debug?.flushSpeedTlbs ? 1 : 0, true);
    machine.#view.setInt32(layout.P_DEBUG_FLUSH_DECODED, options.debug?.flushDecoded ? 1 : 0, true);
    exports.configure();
    exports.reset();
    return machine;
  }

  #number(address: number): number {
    return this.#view.getInt32(address + 4, true) * 0x1_0000_0000 + this.#view.getUint32(address, true);
  }

  /** The clock. */
  get cycle(): number {
    return this.#number(layout.CYCLE);
  }

  /** Instructions retired in both rings. */
  get instret(): number {
    return this.#number(layout.INSTRET);
  }

  /** The value last written to the gate. */
  get gateValue(): number {
    return this.#number(layout.GATE_VALUE);
  }

  set gateValue(value: number) {
    this.#view.setBigInt64(layout.GATE_VALUE, BigInt(value), true);
  }

  get stimecmp(): bigint {
    return this.#view.getBigUint64(layout.CSR_STIMECMP, true);
  }

  /**
   * Runs until the gate is written, the hart idles, or, looked up at taken control transfers only, `maxInstructions` have
   * retired or the clock has reached `untilCycle`.
   */
  run(maxInstructions: number, untilCycle = Number.MAX_SAFE_INTEGER): StopReason {
    if (this.observer !== null) return this.observer.run(this.#step, maxInstructions, untilCycle);
    return this.#step(maxInstructions, untilCycle);
  }

  readonly #step = (maxInstructions: number, untilCycle: number): StopReason =>
    STOP_REASONS[
      this.#exports.run(
        Math.min(maxInstructions, Number.MAX_SAFE_INTEGER),
        Math.min(untilCycle, Number.MAX_SAFE_INTEGER),
      )
    ] ?? 'slice';

  /** The clock jumps forward to `cycle` while nothing runs. */
  advanceTo(cycle: number): void {
    this.observer?.idle(cycle);
    this.#exports.advanceTo(cycle);
  }

  /** A ring-0 routine: fetches the lines of [textPhysical, +textBytes) once each and retires `instructions`. */
  chargeExecute(textPhysical: number, textBytes: number, instructions: number): void {
    this.#exports.chargeExecute(textPhysical, textBytes, instructions);
  }

  /** Ring 0 touches a kernel object through the direct map, line by line. */
  chargeTouch(physical: number, bytes: number, write: boolean): void {
    this.#exports.chargeTouch(physical, bytes, write ? 1 : 0);
  }

  /** Ring 0 touches user memory within one page: DTLB by the user address in the current satp, L1D by the physical one. */
  chargeTouchUser(virtual: number, physical: number, bytes: number, write: boolean): void {
    this.#exports.chargeTouchUser(virtual, physical, bytes, write ? 1 : 0);
  }

  /** Where ring 0 sees physical memory: used by the TLB model of the charge calls. */
  setDirectMap(virtualMinusPhysical: number): void {
    this.#view.setFloat64(layout.P_DIRECT_MAP, virtualMinusPhysical, true);
    this.#view.setInt32(layout.P_DIRECT_MAP_VALID, 1, true);
  }

  invalidateDecoded(physicalPage: number): void {
    this.#exports.invalidateDecoded(physicalPage);
  }

  /** sfence.vma by ring 0 after it changed page tables, charged like the instruction. */
  flushTlb(kind: 'all' | 'asid' | 'address', asid = 0, virtual = 0): void {
    this.#exports.flushTlb(kind === 'all' ? 0 : kind === 'asid' ? 1 : 2, asid, virtual);
  }

  /** One received byte on the UART; false when its FIFO is full. */
  uartReceive(byte: number): boolean {
    return this.#exports.uartReceive(byte) !== 0;
  }

  setInterrupt(source: number, level: boolean): void {
    this.#exports.setInterrupt(source, level ? 1 : 0);
  }

  /** Ticks of the timebase. */
  time(): number {
    return this.#exports.time();
  }

  /** Everything that a later run depends on; the preset and RAM size are the caller's to remember. */
  saveState(): Uint8Array {
    this.#exports.beforeSave();
    return packState(this.#memory, this.ram.size);
  }

  /** Into a machine of the same preset and RAM size. Throws RangeError for anything else. */
  restoreState(state: Uint8Array): void {
    unpackState(this.#memory, this.ram.size, state);
    this.#exports.restored();
  }
}
