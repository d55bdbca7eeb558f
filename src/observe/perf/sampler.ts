// `perf record`: looks where the hart is every `period` cycles. Cycles in which it idles do not count, as in perf.
//
// Code that the hart executes (ring 3, and entry.s in ring 0) is sampled by its program counter. The machine stops at taken
// control transfers only, so near a sample point it is run from one to the next, and the straight run of instructions in which
// the point lies takes the sample: no skid. Kernel routines, which are charged and not executed, take the points that their
// charge crosses; what is touched between two routines counts to the later one.
//
// Invariant: as many samples as there are whole periods in the cycles since `start`.

import type { Routine } from '../../kernel/cost/routine.ts';
import { trapCosts } from '../../kernel/cost/routines/trap.ts';
import type { KernelEvent } from '../../kernel/events.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { FRAME_CAUSE, TrapFrame } from '../../kernel/memory/trap-frame.ts';
import { syscallRow } from '../../kernel/syscalls/table.ts';
import type { RunObserver, StopReason } from '../../machine/machine.ts';
import { Executables } from './executables.ts';
import type { Profile } from './profile.ts';

/** Of a stack: the ring-0 frame below the command. */
export const kernelObject = '[kernel]';
/** Command name of the hart when no task is on it, as in perf. */
const idleCommand = 'swapper';

/** Cycles before a sample point from which the machine goes block by block. */
const approach = 300;
const SYSCALL_NUMBER = 17;
const firstPageFault = 12;

export class Sampler implements RunObserver {
  readonly #kernel: Kernel;
  readonly #profile: Profile;
  readonly #period: number;
  readonly #executables: Executables;
  /** Clock value of the next sample point. */
  #next: number;
  #task = 0;
  readonly #commands = new Map<number, string>([[0, idleCommand]]);
  /** What each task is in the kernel for: a system call's name, [page fault], [interrupt]. */
  readonly #reasons = new Map<number, string>();
  #routine = 'schedule';
  readonly #stopListening: () => void;

  /** Samples from now on, into `profile`. One sampler a machine. */
  constructor(kernel: Kernel, profile: Profile, period: number) {
    this.#kernel = kernel;
    this.#profile = profile;
    this.#period = period;
    this.#executables = new Executables(kernel.machine.ram);
    this.#next = kernel.machine.cycle + period;
    this.#task = kernel.scheduler.current?.tid ?? 0;
    kernel.machine.observer = this;
    kernel.cost.onExecute = this.#executed;
    this.#stopListening = kernel.events.listen(this.#listen);
  }

  /** No more samples. */
  stop(): void {
    this.#takeKernel();
    this.#kernel.machine.observer = null;
    this.#kernel.cost.onExecute = null;
    this.#stopListening();
  }

  run(
    step: (maxInstructions: number, untilCycle: number) => StopReason,
    maxInstructions: number,
    untilCycle: number,
  ): StopReason {
    const { machine } = this.#kernel;
    const end = machine.instret + maxInstructions;
    this.#takeKernel();
    for (;;) {
      const left = end - machine.instret;
      if (left <= 0) return 'slice';
      const near = this.#next - approach;
      const reason = machine.cycle < near ? step(left, Math.min(near, untilCycle)) : this.#block(step, untilCycle);
      if (this.#next <= machine.cycle) this.#take(this.#place());
      if (reason === 'cycles' ? machine.cycle >= untilCycle : reason !== 'slice') return reason;
    }
  }

  idle(cycle: number): void {
    this.#takeKernel();
    this.#next += Math.max(0, cycle - this.#kernel.machine.cycle);
  }

  /** To the next taken control transfer; a sample point on the way is this block's. */
  #block(step: (maxInstructions: number, untilCycle: number) => StopReason, untilCycle: number): StopReason {
    const { machine } = this.#kernel;
    const pc = machine.hart.pcNumber;
    const ring = machine.hart.privilege;
    const reason = step(1, untilCycle);
    if (this.#next <= machine.cycle) this.#take(this.#place(pc, ring));
    return reason;
  }

  readonly #executed = (routine: Routine): void => {
    const { ram } = this.#kernel.machine;
    const frame = this.#kernel.scheduler.current?.frame;
    if (frame !== undefined) {
      if (routine === trapCosts.syscall_enter) {
        const number = TrapFrame.register(ram, frame, SYSCALL_NUMBER);
        this.#reasons.set(this.#task, syscallRow(number)?.name ?? `syscall_${number}`);
      } else if (routine === trapCosts.exception_enter) {
        this.#reasons.set(this.#task, ram.u32(frame + FRAME_CAUSE) >= firstPageFault ? '[page fault]' : '[exception]');
      }
    }
    if (routine === trapCosts.interrupt_enter) this.#reasons.set(this.#task, '[interrupt]');
    this.#routine = routine.name;
    this.#takeKernel();
  };

  readonly #listen = (event: KernelEvent): void => {
    if (event.type === 'switch') this.#task = event.to;
    else if (event.type === 'fork') this.#reasons.set(event.child, this.#reasons.get(event.task) ?? '[fork]');
    else if (event.type === 'exit') this.#command();
  };

  #command(): string {
    const known = this.#kernel.tasks.get(this.#task)?.comm;
    if (known !== undefined) this.#commands.set(this.#task, known);
    return known ?? this.#commands.get(this.#task) ?? `:${this.#task}`;
  }

  /** Where the hart is, or was with this program counter. */
  #place(pc = this.#kernel.machine.hart.pcNumber, ring = this.#kernel.machine.hart.privilege): readonly string[] {
    if (ring === 1) return [this.#command(), kernelObject, this.#entrySymbol(pc)];
    const space = this.#kernel.tasks.get(this.#task)?.memory;
    if (space === undefined || space === null) return [this.#command(), '[unknown]', '[unknown]'];
    const { object, symbol } = this.#executables.find(space, pc);
    return [this.#command(), object, symbol];
  }

  /** The global label of entry.s at or before an address. */
  #entrySymbol(pc: number): string {
    const { trap, resume, switchAddressSpace } = this.#kernel.entryPoints;
    if (pc >= switchAddressSpace) return 'switch_address_space';
    if (pc >= resume) return 'resume';
    return pc >= trap ? 'trap_entry' : '[unknown]';
  }

  /** The points that have passed since the last look belong to the routine that was charged last. */
  #takeKernel(): void {
    if (this.#next > this.#kernel.machine.cycle) return;
    const reason = this.#task === 0 ? '[idle]' : (this.#reasons.get(this.#task) ?? '[start]');
    this.#take([this.#command(), kernelObject, reason, this.#routine]);
  }

  #take(stack: readonly string[]): void {
    const { cycle } = this.#kernel.machine;
    const points = Math.floor((cycle - this.#next) / this.#period) + 1;
    this.#profile.add(stack, points * this.#period, points);
    this.#next += points * this.#period;
  }
}
