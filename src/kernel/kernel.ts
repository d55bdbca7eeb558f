// The kernel: everything it knows, in one object. There is no state outside it, so several machines can run side by side.
// It sees the machine through src/machine/ only and imports no Node module: it runs unchanged in a browser.
//
// `run` is the outermost loop. The hart executes until it traps; entry.s stores the registers and writes the gate;
// traps.ts does what the trap asks for and decides who goes on. When nobody can, the clock jumps to the next event.

import type { Machine, StopReason } from '../machine/machine.ts';
import { bootImage, type KernelSources } from './boot.ts';
import { Cost } from './cost/cost.ts';
import { TextLayout } from './cost/layout.ts';
import { EventStream } from './events.ts';
import { Vfs } from './fs/vfs.ts';
import { IpcState } from './ipc/state.ts';
import type { AddressSpace } from './memory/address-space.ts';
import { AddressSpaceIds } from './memory/asids.ts';
import { FrameAllocator } from './memory/frames.ts';
import {
  ENTRY_BYTES,
  FRAMES_START,
  HART_AREA,
  HART_NEXT_SATP,
  HART_USER_SATP,
  RAM_BASE,
  TEXT_BYTES,
  VIRTUAL_MINUS_PHYSICAL,
} from './memory/layout.ts';
import { killForMemory } from './memory/out-of-memory.ts';
import type { PageTables } from './memory/page-tables.ts';
import { Slabs } from './memory/slabs.ts';
import type { VdsoImage } from './memory/vdso.ts';
import { Network } from './net/network.ts';
import { type BlockOptions, block } from './process/block.ts';
import { FutexTable } from './process/futex-table.ts';
import { Scheduler } from './process/scheduler.ts';
import { type StartOptions, startFirstProgram } from './process/start.ts';
import { SystemState } from './process/system-state.ts';
import type { ResumeState, Task } from './process/task.ts';
import { TaskTable } from './process/task-table.ts';
import type { ThreadGroup } from './process/thread-group.ts';
import { KernelTimers } from './process/timers.ts';
import type { WaitQueue } from './process/wait.ts';
import { RandomSource } from './random.ts';
import type { SyscallResult } from './syscalls/result.ts';
import { externalPending, handleInterrupt, handleTrap, returnToUser } from './traps.ts';

/** What the world outside gives the machine: the guest's three standard streams. Synchronous. */
export interface Host {
  /** Bytes for the guest's standard input: null at end of file, 'later' when nothing is there now (then `Kernel.run` may return 'waiting'). */
  read(stream: 0, limit: number): Uint8Array | null | 'later';
  write(stream: 1 | 2, bytes: Uint8Array): void;
  /** CLOCK_REALTIME at boot, ns since the epoch; a fixed number keeps runs identical. */
  readonly bootTime: number;
}

export interface KernelOptions {
  /** Timer ticks a second: CONFIG_HZ. Default 250. */
  readonly hz?: number;
  /** A fair task runs this long before the tick preempts it, ns. Default 750,000 (process/scheduler.ts). */
  readonly quantumNs?: number;
  /** Of everything random: getrandom(2), AT_RANDOM, layout. Default 1. */
  readonly seed?: number;
  /** A second page table that is in force in ring 3 only, switched at every trap, as kernels do against Meltdown. */
  readonly kpti?: boolean;
  /** Randomize stack, mmap base and program base (ASLR). Default off, so that addresses repeat. */
  readonly randomizeLayout?: boolean;
  readonly hostname?: string;
  /** threads-max. Default: as many as half of memory holds stacks of. */
  readonly maximumTasks?: number;
}

/** Something outside that makes events happen at guest times: a link, a load generator, a disk. */
export interface EventSource {
  /** ns since boot of its next event; Infinity when it has none of its own accord. */
  nextEvent(): number;
  /** Does what is due at `kernel.now()`: device state, interrupts, wake-ups. */
  advance(kernel: Kernel): void;
}

/** What `run` came back for. */
export type RunOutcome =
  /** The main program ended; `waitStatus` as wait(2) reports it. */
  | { readonly reason: 'exited'; readonly waitStatus: number }
  /** `maxInstructions` are used up; call again. */
  | { readonly reason: 'slice' }
  /** `untilCycle` was reached. */
  | { readonly reason: 'cycles' }
  /** Every task sleeps and no timer is armed: only input from outside (a key, a packet, standard input) can go on. */
  | { readonly reason: 'waiting' }
  /** reboot(2), or init has exited. */
  | { readonly reason: 'shutdown'; readonly kind: 'halt' | 'poweroff' | 'restart' }
  /** A bug of the kernel's. */
  | { readonly reason: 'panic'; readonly message: string };

export interface RunOptions {
  readonly maxInstructions?: number;
  readonly untilCycle?: number;
}

/** Thrown by `panic`, caught by `run`. */
class KernelPanic extends Error {}

/** V8 optimises a long-running loop only when it is entered again (DESIGN, section 3). */
const SLICE_INSTRUCTIONS = 1_000_000;

const CSR_STIMECMP = 0x14d;

export class Kernel {
  readonly machine: Machine;
  readonly host: Host;
  readonly options: Required<KernelOptions>;
  readonly cost: Cost;
  readonly text: TextLayout;
  readonly events = new EventStream();
  readonly frames: FrameAllocator;
  readonly slabs: Slabs;
  readonly asids: AddressSpaceIds;
  readonly addressSpaces = new Set<AddressSpace>();
  readonly tasks: TaskTable;
  readonly scheduler: Scheduler;
  readonly timers = new KernelTimers();
  readonly futexes = new FutexTable();
  readonly system = new SystemState();
  readonly ipc = new IpcState();
  readonly vfs: Vfs;
  readonly network: Network;
  readonly eventSources: EventSource[] = [];
  /** Drivers by PLIC interrupt source. */
  readonly interruptHandlers = new Map<number, (kernel: Kernel) => void>();
  /** Interrupts taken, by PLIC source; timer interrupts under 'timer': /proc/interrupts. */
  readonly interruptCounts = new Map<number | 'timer', number>();

  /** The root table whose upper half every address space shares. */
  rootTable = 0;
  /** A page of zeros, mapped read-only wherever nothing was written yet. */
  zeroPage = 0;
  vdso!: VdsoImage;
  /** Where boot and the satp switch enter entry.s; virtual addresses. */
  entryPoints = { trap: 0, resume: 0, switchAddressSpace: 0 };
  /** The address space that satp selects; null: the kernel's own tables. */
  activeSpace: AddressSpace | null = null;
  #activeAsid = -1;
  #retired: PageTables | null = null;
  /** What stimecmp is set to, ticks of the timebase. */
  #programmedTick = Infinity;
  /** Program whose end ends `run`. */
  mainGroup: ThreadGroup | null = null;
  readonly #random: RandomSource;
  readonly #nanosecondsPerTick: number;
  #panicMessage: string | null = null;
  /** `run` returned for its cycle limit from an idle hart: unless somebody was woken since, the scheduler has nothing new to find. */
  #idleAtLimit = false;

  private constructor(machine: Machine, host: Host, options: KernelOptions) {
    this.machine = machine;
    this.host = host;
    const ramEnd = RAM_BASE + machine.ram.size;
    this.options = {
      hz: options.hz ?? 250,
      quantumNs: options.quantumNs ?? 750_000,
      seed: options.seed ?? 1,
      kpti: options.kpti ?? false,
      randomizeLayout: options.randomizeLayout ?? false,
      hostname: options.hostname ?? 'cyclix',
      // A task's kernel stack is 16 KiB. Linux lets them have an eighth of memory (fork_init), which is 2,048 tasks on 256 MiB;
      // half of it here, so that 4,000 threads run.
      maximumTasks: options.maximumTasks ?? Math.max(64, Math.floor(machine.ram.size / (2 * 16384))),
    };
    this.#random = new RandomSource(this.options.seed);
    this.#nanosecondsPerTick = 1e9 / machine.preset.timebaseHz;
    this.text = new TextLayout(RAM_BASE + ENTRY_BYTES, TEXT_BYTES - ENTRY_BYTES);
    this.cost = new Cost(machine, this.text);
    this.frames = new FrameAllocator(FRAMES_START, ramEnd);
    this.slabs = new Slabs(this.frames);
    this.frames.reclaim = () => this.slabs.shrink();
    this.asids = new AddressSpaceIds(machine.preset.asidBits, this.options.kpti);
    this.tasks = new TaskTable(this.options.maximumTasks);
    this.scheduler = new Scheduler(machine.preset.clockHz);
    this.scheduler.options.tickNanoseconds = Math.round(1e9 / this.options.hz);
    this.scheduler.options.sliceNanoseconds = this.options.quantumNs;
    this.system.hostname = this.options.hostname;
    this.vfs = new Vfs(this);
    this.network = new Network(this);
  }

  /**
   * A kernel on a machine that has not run yet: ring-0 code in place, page tables on, file systems mounted, no program. Sources
   * that are not given are loaded from beside this module. Throws Error when entry.s does not assemble.
   */
  static async boot(
    machine: Machine,
    host: Host,
    options: KernelOptions = {},
    sources?: KernelSources,
  ): Promise<Kernel> {
    const kernel = new Kernel(machine, host, options);
    await bootImage(kernel, sources);
    kernel.vdso.updateTime(kernel);
    kernel.vfs.initialise();
    return kernel;
  }

  /**
   * Makes the first program from the file at `path` in the guest's tree: pid 2 below a kernel-internal reaper, or pid 1 with
   * `asInit`. Its task, or a negative errno.
   */
  start(path: string, argv: readonly string[], envp: readonly string[], options: StartOptions = {}): Task | number {
    const task = startFirstProgram(this, path, argv, envp, options);
    if (typeof task !== 'number') this.mainGroup = task.group;
    return task;
  }

  /** Guest time since boot in nanoseconds (CLOCK_MONOTONIC), in steps of the timebase. */
  now(): number {
    return this.machine.time() * this.#nanosecondsPerTick;
  }

  /** CLOCK_REALTIME, ns since the epoch. */
  realTime(): number {
    return this.host.bootTime + this.system.realTimeOffset + this.now();
  }

  /** Seeded; getrandom(2), AT_RANDOM, ports. */
  random(bytes: number): Uint8Array {
    return this.#random.bytes(bytes);
  }

  /** process/block.ts: puts the task to sleep on these queues until an event, the absolute deadline (ns) or a signal. */
  block(
    task: Task,
    queues: WaitQueue | readonly WaitQueue[] | null,
    deadline: number,
    resume: ResumeState | null,
    options?: BlockOptions,
  ): SyscallResult {
    return block(this, task, queues, deadline, resume, options);
  }

  /** A bug of the kernel's: `run` prints registers and stack and ends. */
  panic(message: string): never {
    throw new KernelPanic(message);
  }

  /** Memory is exhausted: ends a program; whether the caller should try again. */
  outOfMemory(space: AddressSpace): boolean {
    return killForMemory(this, space);
  }

  // --- running ---------------------------------------------------------------------------------------------------------

  /** Runs until something that `RunOutcome` names. Never throws for what programs do; a bug of the kernel's is 'panic'. */
  run(options: RunOptions = {}): RunOutcome {
    if (this.#panicMessage !== null) return { reason: 'panic', message: this.#panicMessage };
    try {
      return this.#loop(options.maxInstructions ?? Infinity, options.untilCycle ?? Number.MAX_SAFE_INTEGER);
    } catch (error) {
      const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#panicMessage = `${this.#registers()}${trace}`;
      return { reason: 'panic', message: this.#panicMessage };
    }
  }

  #loop(maxInstructions: number, untilCycle: number): RunOutcome {
    const { machine, scheduler } = this;
    const end = machine.instret + maxInstructions;
    for (;;) {
      if (this.system.shutdown !== null) return { reason: 'shutdown', kind: this.system.shutdown };
      if (this.mainGroup?.exited === true) return { reason: 'exited', waitStatus: this.mainGroup.waitStatus };
      if (scheduler.current === null) {
        if (!this.#idleAtLimit || scheduler.runnable > 0) returnToUser(this);
        this.#idleAtLimit = false;
        if (scheduler.current === null) {
          const outcome = this.#idle(untilCycle);
          if (outcome !== null) {
            this.#idleAtLimit = outcome.reason === 'cycles';
            return outcome;
          }
          continue;
        }
      }
      const left = end - machine.instret;
      if (left <= 0) return { reason: 'slice' };
      const sourceCycle = this.#nextSourceCycle();
      const reason: StopReason = machine.run(Math.min(left, SLICE_INSTRUCTIONS), Math.min(sourceCycle, untilCycle));
      if (reason === 'gate') handleTrap(this);
      else if (reason === 'cycles') {
        if (machine.cycle >= untilCycle) return { reason: 'cycles' };
        for (const source of this.eventSources) source.advance(this);
      }
    }
  }

  /** Nothing can run: jumps to the next timer or event. An outcome when `run` has to return, null to go on. */
  #idle(untilCycle: number): RunOutcome | null {
    const { machine } = this;
    if (externalPending(this)) {
      handleInterrupt(this, true);
      return null;
    }
    let next = this.timers.next();
    for (const source of this.eventSources) next = Math.min(next, source.nextEvent());
    if (next === Infinity) return { reason: 'waiting' };
    const cycle = this.#cycleOf(next);
    if (cycle >= untilCycle) {
      machine.advanceTo(untilCycle);
      return { reason: 'cycles' };
    }
    if (cycle > machine.cycle) machine.advanceTo(cycle);
    for (const source of this.eventSources) if (source.nextEvent() <= this.now()) source.advance(this);
    handleInterrupt(this, true);
    return null;
  }

  /** First cycle at which `now()` is at least `nanoseconds`. */
  #cycleOf(nanoseconds: number): number {
    const { clockHz, timebaseHz } = this.machine.preset;
    return Math.ceil((Math.ceil(nanoseconds / this.#nanosecondsPerTick) * clockHz) / timebaseHz);
  }

  #nextSourceCycle(): number {
    let next = Infinity;
    for (const source of this.eventSources) next = Math.min(next, source.nextEvent());
    return next === Infinity ? Infinity : this.#cycleOf(next);
  }

  /** Sets the hart's comparator to the earliest timer; before every return to ring 3. */
  programTimer(): void {
    const next = this.timers.next();
    const tick = next === Infinity ? Infinity : Math.ceil(next / this.#nanosecondsPerTick);
    if (tick === this.#programmedTick) return;
    this.#programmedTick = tick;
    this.machine.hart.setCsr(CSR_STIMECMP, tick === Infinity ? 0xffff_ffff_ffff_ffffn : BigInt(tick));
  }

  // --- address spaces ------------------------------------------------------------------------------------------------------

  /** The scheduler has picked this task: its address space becomes the one that the hart translates by. */
  switchTo(task: Task): void {
    if (task.memory !== null) this.activate(task.memory);
  }

  /**
   * Loads satp with this address space by running entry.s's code for it, so that its cost is the instructions' (csrw satp, and
   * sfence.vma on a hart without ASIDs). Nothing happens when it is loaded already.
   */
  activate(space: AddressSpace): void {
    const { translation } = space;
    const asid = translation.asid();
    if (space === this.activeSpace && asid === this.#activeAsid) return;
    const { ram } = this.machine;
    ram.setU32(HART_AREA + HART_NEXT_SATP, translation.satpLow());
    ram.setU32(HART_AREA + HART_NEXT_SATP + 4, translation.satpHigh(asid));
    if (this.options.kpti) {
      ram.setU32(HART_AREA + HART_USER_SATP, translation.satpLow(space.tables.userRoot));
      ram.setU32(HART_AREA + HART_USER_SATP + 4, translation.satpHigh(asid === 0 ? 0 : asid + 1));
    }
    this.activeSpace = space;
    this.#activeAsid = asid;
    this.machine.hart.pcNumber = this.entryPoints.switchAddressSpace;
    while (this.machine.run(SLICE_INSTRUCTIONS) !== 'gate');
    this.#retired?.destroy();
    this.#retired = null;
  }

  /**
   * The address space of these tables goes away. While satp still selects them their root stays (ring 0 runs in its upper half,
   * as Linux's lazy TLB mode does) and goes with the next `activate`.
   */
  retireTables(space: AddressSpace): void {
    if (this.activeSpace !== space) {
      space.tables.destroy();
      return;
    }
    this.#retired = space.tables;
    this.activeSpace = null;
    this.#activeAsid = -1;
  }

  /** A kernel object's address as ring 0 sees it. */
  virtualOf(physical: number): number {
    return physical + VIRTUAL_MINUS_PHYSICAL;
  }

  #registers(): string {
    const { hart } = this.machine;
    const hex = (value: bigint) => value.toString(16).padStart(16, '0');
    let text = `kernel panic at cycle ${this.machine.cycle}, task ${this.scheduler.current?.tid ?? 0}\n`;
    text += `pc ${hex(hart.pc)}  sepc ${hex(hart.csr(0x141))}  scause ${hex(hart.csr(0x142))}  stval ${hex(hart.csr(0x143))}\n`;
    for (let index = 0; index < 32; index += 1) {
      text += `x${String(index).padEnd(2)} ${hex(hart.x(index))}${index % 4 === 3 ? '\n' : '  '}`;
    }
    return text;
  }
}
