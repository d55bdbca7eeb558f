// A kernel with tasks but without a hart: tests play the programs. `call` does what an ecall would, `resume` what the way back to
// ring 3 would; the clock moves when a test says so.

import { FileSystemContext } from '../../../src/kernel/fs/context.ts';
import { DescriptorTable } from '../../../src/kernel/fs/descriptors.ts';
import { IpcState } from '../../../src/kernel/ipc/state.ts';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { AddressSpace } from '../../../src/kernel/memory/address-space.ts';
import { TrapFrame } from '../../../src/kernel/memory/trap-frame.ts';
import { block } from '../../../src/kernel/process/block.ts';
import { Credentials } from '../../../src/kernel/process/credentials.ts';
import { FutexTable } from '../../../src/kernel/process/futex-table.ts';
import { Limits } from '../../../src/kernel/process/limits.ts';
import { selectNext } from '../../../src/kernel/process/run.ts';
import { Scheduler } from '../../../src/kernel/process/scheduler.ts';
import { SchedulingEntity } from '../../../src/kernel/process/scheduling-entity.ts';
import { ProcessGroup, Session } from '../../../src/kernel/process/session.ts';
import { SignalHandlers, SignalState } from '../../../src/kernel/process/signals/state.ts';
import { SystemState } from '../../../src/kernel/process/system-state.ts';
import { Task } from '../../../src/kernel/process/task.ts';
import { TaskTable } from '../../../src/kernel/process/task-table.ts';
import { ThreadGroup } from '../../../src/kernel/process/thread-group.ts';
import { KernelTimers } from '../../../src/kernel/process/timers.ts';
import { enterSyscall } from '../../../src/kernel/syscalls/dispatch.ts';
import { createMemoryKernel, type FakeMachine } from '../fake-machine.ts';

/** Where every program of a test has 64 KiB of memory, and its stack pointer inside it. */
export const MEMORY = 0x1000_0000;
export const STACK = MEMORY + 0xf000;
/** CLOCK_REALTIME at boot; the nearest double is a multiple of 256 ns. */
export const BOOT_TIME = 1_700_000_000 * 1e9 + 123_456_768;

/** The `rocket` preset has 1 GHz: a cycle is a nanosecond. */
export class Harness {
  readonly kernel: Kernel;
  readonly fake: FakeMachine;
  /** The first program: pid 2, child of the reaper. */
  readonly main: Task;

  constructor(maximumTasks = 1000, ramMebibytes = 64) {
    const { kernel, fake } = createMemoryKernel({ ramBytes: ramMebibytes * 1024 * 1024 });
    this.fake = fake;
    this.kernel = kernel;
    Object.assign(kernel, {
      tasks: new TaskTable(maximumTasks),
      scheduler: new Scheduler(1e9),
      timers: new KernelTimers(),
      futexes: new FutexTable(),
      system: new SystemState(),
      ipc: new IpcState(),
      vdso: { signalReturn: 0x800, updateTime() {} },
      host: { bootTime: BOOT_TIME, read: () => null, write() {} },
      vfs: {
        dentries: { pin() {}, unpin() {} },
        root: {},
        openFiles: 0,
        openAnonymous: () => -24,
      },
      now: () => kernel.machine.time() * 100,
      realTime: () => BOOT_TIME + kernel.machine.time() * 100,
      switchTo() {},
      activate() {},
      block: (...args: Parameters<typeof block> extends [Kernel, ...infer Rest] ? Rest : never) =>
        block(kernel, ...args),
    });
    const reaper = this.#create(null, true);
    reaper.state = 'sleeping';
    kernel.tasks.init = reaper.group;
    this.main = this.#create(reaper.group, false);
    kernel.scheduler.enqueue(kernel, this.main, 'fork');
    this.resume();
  }

  #create(parent: ThreadGroup | null, autoReap: boolean): Task {
    const { kernel } = this;
    const pid = kernel.tasks.allocatePid();
    const limits = Limits.initial(kernel.tasks.maximum);
    const group = new ThreadGroup({
      pid,
      parent,
      processGroup: (self) => {
        const session = new Session(parent === null ? null : self);
        const processGroup = new ProcessGroup(session.id, session);
        if (parent !== null) kernel.tasks.addProcessGroup(processGroup);
        return processGroup;
      },
      limits,
      exitSignal: 17,
      isInit: parent === null,
      autoReap,
    });
    const memory = AddressSpace.create(kernel, limits)!;
    memory.map({ start: MEMORY, end: MEMORY + 0x10000, protection: 3 });
    const frame = TrapFrame.allocate(kernel);
    TrapFrame.start(kernel, frame, 0x10000, STACK);
    const task = new Task({
      tid: pid,
      group,
      comm: `test${pid}`,
      memory,
      files: DescriptorTable.create(kernel),
      fs: FileSystemContext.create(kernel),
      credentials: Credentials.root(),
      signals: new SignalState(new SignalHandlers()),
      scheduling: new SchedulingEntity(),
      frame,
      address: kernel.slabs.allocate('task_struct'),
    });
    group.leader = task;
    group.threads.add(task);
    kernel.tasks.add(task);
    return task;
  }

  /** The current task makes a system call. Returns a0 when it is over, null while the task sleeps or is gone. */
  call(number: number, ...args: number[]): number | null {
    const task = this.kernel.scheduler.current!;
    const { ram } = this.kernel.machine;
    TrapFrame.setRegister(ram, task.frame, 17, number);
    for (let index = 0; index < 6; index++) TrapFrame.setRegister(ram, task.frame, 10 + index, args[index] ?? 0);
    enterSyscall(this.kernel, task);
    if (task.syscall >= 0 || task.state !== 'running') return null;
    return this.result(task);
  }

  result(task: Task): number {
    return TrapFrame.register(this.kernel.machine.ram, task.frame, 10);
  }

  register(task: Task, index: number): number {
    return TrapFrame.register(this.kernel.machine.ram, task.frame, index);
  }

  pc(task: Task): number {
    return TrapFrame.pc(this.kernel.machine.ram, task.frame);
  }

  /** The way back to ring 3: who runs now. */
  resume(): Task | null {
    return selectNext(this.kernel);
  }

  /** Makes this runnable task the current one, whatever the scheduler would say. */
  run(task: Task): void {
    const { scheduler } = this.kernel;
    for (let tries = 0; scheduler.current !== task; tries++) {
      if (tries > 1000) throw new Error(`task ${task.tid} (${task.state}) does not get to run`);
      if (scheduler.current !== null) {
        scheduler.current.scheduling.virtualRuntime = task.scheduling.virtualRuntime + 1e6;
        scheduler.yield(this.kernel, scheduler.current);
        scheduler.needReschedule = true;
      }
      this.resume();
    }
  }

  /** Lets time pass; timers that are due expire. */
  pass(nanoseconds: number): void {
    const end = this.kernel.machine.cycle + nanoseconds;
    for (;;) {
      const next = this.kernel.timers.next();
      if (next > end) break;
      this.fake.advance(Math.max(0, Math.ceil(next / 100) * 100 - this.kernel.machine.cycle));
      this.kernel.timers.expire(this.kernel);
    }
    this.fake.advance(end - this.kernel.machine.cycle);
  }

  /** fork: the child's task. */
  fork(flags = 17): Task {
    const pid = this.call(220, flags)!;
    if (pid <= 0) throw new Error(`clone: ${pid}`);
    return this.kernel.tasks.get(pid)!;
  }

  /** A thread of the current task's process, with the flags that pthread_create passes. */
  thread(): Task {
    const tid = this.call(220, 0x3d0f00, STACK - 0x4000, MEMORY + 0x100, 0, MEMORY + 0x104)!;
    if (tid <= 0) throw new Error(`clone: ${tid}`);
    return this.kernel.tasks.get(tid)!;
  }
}
