import { describe, expect, test } from 'vitest';
import { signalName } from '../../../src/kernel/process/signals/numbers.ts';
import type { Task } from '../../../src/kernel/process/task.ts';
import { Harness, MEMORY, STACK } from './harness.ts';

const SYS = {
  kill: 129,
  tgkill: 131,
  sigaltstack: 132,
  sigsuspend: 133,
  sigaction: 134,
  sigprocmask: 135,
  sigpending: 136,
  sigtimedwait: 137,
  sigqueueinfo: 138,
  sigreturn: 139,
};
const SIGUSR1 = 10;
const SIGCHLD = 17;
const SIGCONT = 18;
const SIGSTOP = 19;
const HANDLER = 0x2_0000;
const SCRATCH = MEMORY + 0x800;
const SA_RESTART = 0x1000_0000;
const SA_ONSTACK = 0x0800_0000;

function setHandler(harness: Harness, signal: number, handler: number, flags = 0, mask = 0n): void {
  const memory = harness.kernel.scheduler.current!.memory!;
  memory.writeLong(SCRATCH, handler);
  memory.writeU64(SCRATCH + 8, BigInt(flags >>> 0));
  memory.writeU64(SCRATCH + 16, mask);
  expect(harness.call(SYS.sigaction, signal, SCRATCH, 0, 8)).toBe(0);
}

function block(harness: Harness, how: number, mask: bigint): void {
  harness.kernel.scheduler.current!.memory!.writeU64(SCRATCH, mask);
  expect(harness.call(SYS.sigprocmask, how, SCRATCH, 0, 8)).toBe(0);
}

function bit(signal: number): bigint {
  return 1n << BigInt(signal - 1);
}

function sleepArguments(task: Task, seconds: number, nanoseconds = 0): number {
  task.memory!.writeLong(SCRATCH + 64, seconds);
  task.memory!.writeLong(SCRATCH + 72, nanoseconds);
  return SCRATCH + 64;
}

describe('handlers', () => {
  test('a handler gets signal, siginfo and ucontext; rt_sigreturn brings every register back', () => {
    const harness = new Harness();
    const { main } = harness;
    const { ram } = harness.kernel.machine;
    setHandler(harness, SIGUSR1, HANDLER);
    for (let index = 5; index < 32; index++)
      if (index < 10 || index > 17) ram.setU64(main.frame + 8 * index, BigInt(index) << 40n);
    const before = Array.from({ length: 32 }, (_, index) => ram.u64(main.frame + 8 * index));
    expect(harness.call(SYS.kill, main.pid, SIGUSR1)).toBe(0);
    const afterCall = Array.from({ length: 32 }, (_, index) => ram.u64(main.frame + 8 * index));
    harness.resume();
    const frame = harness.register(main, 2);
    expect(harness.pc(main)).toBe(HANDLER);
    expect(harness.register(main, 10)).toBe(SIGUSR1);
    expect(harness.register(main, 11)).toBe(frame);
    expect(harness.register(main, 12)).toBe(frame + 128);
    expect(frame % 16).toBe(0);
    const info = main.memory!.readStruct(frame, 24)!;
    expect([info.getInt32(0, true), info.getInt32(8, true), info.getInt32(16, true)]).toEqual([SIGUSR1, 0, main.pid]);
    expect(main.signals.blocked).toBe(bit(SIGUSR1));
    harness.call(SYS.sigreturn);
    const after = Array.from({ length: 32 }, (_, index) => ram.u64(main.frame + 8 * index));
    expect(after).toEqual(afterCall);
    expect(after.slice(18)).toEqual(before.slice(18));
    expect(main.signals.blocked).toBe(0n);
  });

  test('a blocked signal is delivered when it is unblocked; a standard one once, real-time ones in order', () => {
    const harness = new Harness();
    const { main } = harness;
    for (const signal of [SIGUSR1, 40, 41]) setHandler(harness, signal, HANDLER + signal);
    block(harness, 0, bit(SIGUSR1) | bit(40) | bit(41));
    for (const [signal, value] of [
      [41, 1],
      [40, 2],
      [40, 3],
      [SIGUSR1, 0],
      [SIGUSR1, 0],
    ] as const) {
      const memory = main.memory!;
      memory.writeStruct(SCRATCH + 128, 128, (view) => {
        view.setInt32(0, signal, true);
        view.setInt32(8, -1, true);
        view.setInt32(24, value, true);
      });
      expect(harness.call(SYS.sigqueueinfo, main.pid, signal, SCRATCH + 128)).toBe(0);
    }
    harness.call(SYS.sigpending, SCRATCH, 8);
    expect(main.memory!.readU64(SCRATCH)).toBe(bit(SIGUSR1) | bit(40) | bit(41));
    const taken: [number, number][] = [];
    for (let round = 0; round < 5; round++) {
      main.memory!.writeU64(SCRATCH, bit(SIGUSR1) | bit(40) | bit(41));
      const signal = harness.call(SYS.sigtimedwait, SCRATCH, SCRATCH + 128, sleepArguments(main, 0), 8)!;
      if (signal < 0) break;
      taken.push([signal, main.memory!.readU32(SCRATCH + 152)!]);
    }
    expect(taken).toEqual([
      [SIGUSR1, 0],
      [40, 2],
      [40, 3],
      [41, 1],
    ]);
  });

  test('SA_ONSTACK runs on the alternate stack, SA_RESETHAND and SA_NODEFER do what they say', () => {
    const harness = new Harness();
    const { main } = harness;
    const memory = main.memory!;
    memory.writeLong(SCRATCH, MEMORY + 0x2000);
    memory.writeLong(SCRATCH + 8, 0);
    memory.writeLong(SCRATCH + 16, 0x1000);
    expect(harness.call(SYS.sigaltstack, SCRATCH, 0)).toBe(0);
    setHandler(harness, SIGUSR1, HANDLER, SA_ONSTACK | 0x8000_0000 | 0x4000_0000);
    harness.call(SYS.kill, main.pid, SIGUSR1);
    harness.resume();
    const stackPointer = harness.register(main, 2);
    expect(stackPointer).toBeGreaterThan(MEMORY + 0x2000);
    expect(stackPointer).toBeLessThan(MEMORY + 0x3000);
    expect(main.signals.blocked).toBe(0n);
    expect(main.signals.handlers.get(SIGUSR1).handler).toBe(0);
    expect(harness.call(SYS.sigaltstack, SCRATCH, 0)).toBe(-1);
    expect(harness.call(SYS.sigaltstack, 0, SCRATCH)).toBe(0);
    expect(memory.readU32(SCRATCH + 8)).toBe(1);
  });

  test('a handler whose stack is bad ends the process with SIGSEGV', () => {
    const harness = new Harness();
    const child = harness.fork();
    harness.run(child);
    setHandler(harness, SIGUSR1, HANDLER);
    harness.kernel.machine.ram.setU64(child.frame + 16, 0x10n);
    harness.call(SYS.kill, child.pid, SIGUSR1);
    expect(harness.resume()).toBe(harness.main);
    expect(child.group.waitStatus).toBe(11);
  });
});

describe('interrupted calls', () => {
  test('nanosleep ends with EINTR after a handler and writes the time left', () => {
    const harness = new Harness();
    const child = harness.fork();
    harness.run(child);
    setHandler(harness, SIGUSR1, HANDLER, SA_RESTART);
    harness.call(101, sleepArguments(child, 10), SCRATCH + 96);
    expect(harness.resume()).toBe(harness.main);
    harness.pass(3_000_000_000);
    harness.call(SYS.kill, child.pid, SIGUSR1);
    harness.run(child);
    expect(harness.pc(child)).toBe(HANDLER);
    harness.call(SYS.sigreturn);
    expect(harness.result(child)).toBe(-4);
    expect(child.memory!.readLong(SCRATCH + 96)).toBe(7);
  });

  test('a stopped and continued sleep goes on to its first deadline (restart_syscall)', () => {
    const harness = new Harness();
    const child = harness.fork();
    harness.run(child);
    const pc = harness.pc(child);
    harness.call(101, sleepArguments(child, 10), SCRATCH + 96);
    harness.resume();
    harness.pass(3_000_000_000);
    harness.call(SYS.kill, child.pid, SIGSTOP);
    harness.resume();
    expect(child.state).toBe('stopped');
    harness.call(SYS.kill, child.pid, SIGCONT);
    harness.run(child);
    expect(harness.pc(child)).toBe(pc);
    expect(harness.register(child, 17)).toBe(128);
    harness.call(128, SCRATCH + 64, SCRATCH + 96);
    expect(child.state).toBe('sleeping');
    harness.resume();
    harness.pass(6_900_000_000);
    expect(child.state).toBe('sleeping');
    harness.pass(200_000_000);
    harness.run(child);
    expect(harness.result(child)).toBe(0);
  });

  test('wait4 is made again after a handler with SA_RESTART, and fails with EINTR without', () => {
    for (const flags of [SA_RESTART, 0]) {
      const harness = new Harness();
      const child = harness.fork();
      harness.run(harness.main);
      setHandler(harness, SIGUSR1, HANDLER, flags);
      const pc = harness.pc(harness.main);
      harness.call(260, -1, 0, 0, 0);
      expect(harness.resume()).toBe(child);
      harness.call(SYS.kill, harness.main.pid, SIGUSR1);
      harness.run(harness.main);
      expect(harness.pc(harness.main)).toBe(HANDLER);
      harness.call(SYS.sigreturn);
      if (flags === 0) expect([harness.result(harness.main), harness.pc(harness.main)]).toEqual([-4, pc + 4]);
      else expect([harness.result(harness.main), harness.pc(harness.main)]).toEqual([-1, pc]);
    }
  });

  test('rt_sigsuspend runs with its mask, the handler with it too, and the old mask comes back', () => {
    const harness = new Harness();
    const child = harness.fork();
    harness.run(child);
    setHandler(harness, SIGUSR1, HANDLER);
    block(harness, 0, bit(SIGUSR1));
    child.memory!.writeU64(SCRATCH, 0n);
    harness.call(SYS.sigsuspend, SCRATCH, 8);
    expect(child.state).toBe('sleeping');
    harness.resume();
    harness.call(SYS.kill, child.pid, SIGUSR1);
    harness.run(child);
    expect(harness.pc(child)).toBe(HANDLER);
    harness.call(SYS.sigreturn);
    expect(harness.result(child)).toBe(-4);
    expect(child.signals.blocked).toBe(bit(SIGUSR1));
  });
});

describe('default actions', () => {
  test('SIGTERM ends a sleeping process; the parent sees its number', () => {
    const harness = new Harness();
    const child = harness.fork();
    harness.run(child);
    harness.call(101, sleepArguments(child, 100), 0);
    harness.resume();
    harness.call(SYS.kill, child.pid, 15);
    harness.run(harness.main);
    harness.call(260, -1, SCRATCH, 0, 0);
    harness.resume();
    expect(harness.result(harness.main)).toBe(child.pid);
    expect(harness.main.memory!.readU32(SCRATCH)).toBe(15);
  });

  test('a stop is seen with WUNTRACED, a continue with WCONTINUED, SIGKILL ends a stopped process', () => {
    const harness = new Harness();
    const child = harness.fork();
    harness.run(harness.main);
    harness.call(SYS.kill, child.pid, SIGSTOP);
    harness.call(260, -1, SCRATCH, 2, 0);
    harness.resume();
    expect(harness.result(harness.main)).toBe(child.pid);
    expect(harness.main.memory!.readU32(SCRATCH)).toBe(0x137f);
    harness.call(SYS.kill, child.pid, SIGCONT);
    expect(harness.call(260, -1, SCRATCH, 8 | 1, 0)).toBe(child.pid);
    expect(harness.main.memory!.readU32(SCRATCH)).toBe(0xffff);
    harness.call(SYS.kill, child.pid, SIGSTOP);
    harness.call(260, -1, SCRATCH, 2, 0);
    harness.resume();
    harness.call(SYS.kill, child.pid, 9);
    harness.call(260, -1, SCRATCH, 0, 0);
    harness.resume();
    expect(harness.main.memory!.readU32(SCRATCH)).toBe(9);
  });

  test('ignored SIGCHLD: children go without being waited for', () => {
    const harness = new Harness();
    setHandler(harness, SIGCHLD, 1);
    const child = harness.fork();
    harness.run(child);
    harness.call(93, 3);
    harness.resume();
    expect(harness.kernel.tasks.get(child.tid)).toBeUndefined();
    expect(harness.call(260, -1, 0, 0, 0)).toBe(-10);
  });

  test('kill checks numbers, processes and permission', () => {
    const harness = new Harness();
    const { main } = harness;
    expect(harness.call(SYS.kill, main.pid, 65)).toBe(-22);
    expect(harness.call(SYS.kill, 99_999, 0)).toBe(-3);
    expect(harness.call(SYS.kill, main.pid, 0)).toBe(0);
    const child = harness.fork();
    harness.run(child);
    expect(harness.call(146, 1000)).toBe(0);
    expect(harness.call(SYS.kill, main.pid, 15)).toBe(-1);
    expect(harness.call(SYS.tgkill, child.pid, child.tid, 0)).toBe(0);
    expect(harness.call(SYS.tgkill, main.pid, child.tid, 0)).toBe(-3);
  });
});

describe('threads', () => {
  test('a signal to the process goes to a thread that does not block it', () => {
    const harness = new Harness();
    setHandler(harness, SIGUSR1, HANDLER);
    const thread = harness.thread();
    harness.run(harness.main);
    block(harness, 0, bit(SIGUSR1));
    harness.call(SYS.kill, harness.main.pid, SIGUSR1);
    harness.run(thread);
    expect(harness.pc(thread)).toBe(HANDLER);
  });

  test('a fatal signal to one thread ends all; exit_group too', () => {
    const harness = new Harness();
    const child = harness.fork();
    harness.run(child);
    const threads = [harness.thread(), harness.thread()];
    harness.run(threads[0]!);
    harness.call(101, sleepArguments(child, 100), 0);
    harness.resume();
    harness.run(harness.main);
    harness.call(SYS.tgkill, child.pid, threads[0]!.tid, 15);
    harness.call(260, child.pid, SCRATCH, 0, 0);
    harness.resume();
    expect(harness.result(harness.main)).toBe(child.pid);
    expect(harness.main.memory!.readU32(SCRATCH)).toBe(15);
    expect(harness.kernel.tasks.size).toBe(2);
  });
});

test('names of real-time signals as strace writes them', () => {
  expect([signalName(9), signalName(32), signalName(34), signalName(64), signalName(65)]).toEqual([
    'SIGKILL',
    'SIGRTMIN',
    'SIGRT_2',
    'SIGRT_32',
    '65',
  ]);
  expect(STACK % 16).toBe(0);
});
