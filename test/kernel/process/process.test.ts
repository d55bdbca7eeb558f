import { describe, expect, test } from 'vitest';
import { BOOT_TIME, Harness, MEMORY } from './harness.ts';

const SCRATCH = MEMORY + 0x800;

function writeLongs(harness: Harness, values: readonly number[]): void {
  for (const [index, value] of values.entries()) harness.main.memory!.writeLong(SCRATCH + 8 * index, value);
}

describe('exit and wait', () => {
  test('the exit code arrives; the zombie keeps its pid until then', () => {
    const harness = new Harness();
    const child = harness.fork();
    harness.run(child);
    harness.call(93, 300);
    expect(harness.resume()).toBe(harness.main);
    expect(child.state).toBe('zombie');
    expect(harness.kernel.tasks.get(child.tid)).toBe(child);
    expect(harness.call(260, -1, SCRATCH, 0, SCRATCH + 16)).toBe(child.pid);
    expect(harness.main.memory!.readU32(SCRATCH)).toBe((300 & 0xff) << 8);
    expect(harness.kernel.tasks.get(child.tid)).toBeUndefined();
    expect(harness.call(260, -1, SCRATCH, 0, 0)).toBe(-10);
  });

  test('wait4 sleeps until a child exits; WNOHANG does not', () => {
    const harness = new Harness();
    const child = harness.fork();
    harness.run(harness.main);
    expect(harness.call(260, -1, 0, 1, 0)).toBe(0);
    expect(harness.call(260, child.pid, SCRATCH, 0, 0)).toBeNull();
    expect(harness.resume()).toBe(child);
    harness.call(94, 7);
    expect(harness.resume()).toBe(harness.main);
    expect(harness.result(harness.main)).toBe(child.pid);
    expect(harness.main.memory!.readU32(SCRATCH)).toBe(7 << 8);
  });

  test('waitid fills in a siginfo; WNOWAIT leaves the zombie', () => {
    const harness = new Harness();
    const child = harness.fork();
    harness.run(child);
    harness.call(93, 5);
    harness.resume();
    for (const options of [4 | 0x0100_0000, 4]) {
      expect(harness.call(95, 1, child.pid, SCRATCH, options, 0)).toBe(0);
      const view = harness.main.memory!.readStruct(SCRATCH, 28)!;
      expect([0, 8, 16, 24].map((offset) => view.getInt32(offset, true))).toEqual([17, 1, child.pid, 5]);
    }
    expect(harness.call(95, 1, child.pid, SCRATCH, 4, 0)).toBe(-10);
  });

  test('orphans go to the reaper, which waits for them by itself', () => {
    const harness = new Harness();
    const child = harness.fork();
    harness.run(child);
    const grandchild = harness.fork();
    harness.run(child);
    harness.call(93, 0);
    harness.run(grandchild);
    expect(harness.call(173)).toBe(1);
    harness.call(93, 0);
    harness.resume();
    expect(harness.kernel.tasks.get(grandchild.tid)).toBeUndefined();
  });

  test('orphans go to the nearest subreaper', () => {
    const harness = new Harness();
    expect(harness.call(167, 36, 1)).toBe(0);
    const child = harness.fork();
    harness.run(child);
    const grandchild = harness.fork();
    harness.run(child);
    harness.call(93, 0);
    harness.run(grandchild);
    expect(harness.call(173)).toBe(harness.main.pid);
  });

  test('many zombies, then all waited for: nothing is left', () => {
    const harness = new Harness();
    const free = harness.kernel.frames.freeFrames;
    const pids: number[] = [];
    for (let count = 0; count < 200; count++) {
      const child = harness.fork();
      harness.run(child);
      harness.call(93, count);
      harness.resume();
      pids.push(child.pid);
    }
    const waited = pids.map(() => harness.call(260, -1, 0, 0, 0));
    expect(waited).toEqual(pids);
    harness.resume();
    expect(harness.kernel.tasks.size).toBe(2);
    harness.kernel.slabs.shrink();
    expect(free - harness.kernel.frames.freeFrames).toBeLessThan(16);
  });
});

describe('clone', () => {
  test('flags that make no sense together are EINVAL', () => {
    const harness = new Harness();
    expect(harness.call(220, 0x1_0000)).toBe(-22); // THREAD without SIGHAND
    expect(harness.call(220, 0x800)).toBe(-22); // SIGHAND without VM
    expect(harness.call(220, 0x2000_0000)).toBe(-22); // NEWPID
  });

  test('a vfork parent sleeps until the child exits', () => {
    const harness = new Harness();
    expect(harness.call(220, 0x4111)).toBeNull();
    expect(harness.main.state).toBe('uninterruptible');
    const child = harness.resume()!;
    expect(child).not.toBe(harness.main);
    harness.call(93, 0);
    expect(harness.resume()).toBe(harness.main);
    expect(harness.result(harness.main)).toBe(child.pid);
  });

  test('a thread shares pid and memory, gets stack, tls and tid words; its exit clears the word and wakes', () => {
    const harness = new Harness();
    const { main } = harness;
    const thread = harness.thread();
    expect(thread.group).toBe(main.group);
    expect(main.memory!.readU32(MEMORY + 0x100)).toBe(thread.tid);
    main.memory!.writeU32(MEMORY + 0x104, thread.tid);
    harness.run(main);
    harness.call(98, MEMORY + 0x104, 0, thread.tid, 0, 0, 0);
    expect(main.state).toBe('sleeping');
    expect(harness.resume()).toBe(thread);
    expect(harness.call(172)).toBe(main.pid);
    expect(harness.call(178)).toBe(thread.tid);
    harness.call(93, 0);
    expect(harness.resume()).toBe(main);
    expect(harness.result(main)).toBe(0);
    expect(main.memory!.readU32(MEMORY + 0x104)).toBe(0);
    expect(harness.kernel.tasks.get(thread.tid)).toBeUndefined();
  });

  test('RLIMIT_NPROC bites for a user without privileges, threads-max for everybody', () => {
    const harness = new Harness(20);
    const child = harness.fork();
    harness.run(child);
    const memory = child.memory!;
    memory.writeLong(SCRATCH, 3);
    memory.writeLong(SCRATCH + 8, 3);
    expect(harness.call(261, 0, 6, SCRATCH, 0)).toBe(0);
    expect(harness.call(146, 1000)).toBe(0);
    harness.fork();
    harness.run(child);
    harness.fork();
    harness.run(child);
    expect(harness.call(220, 17)).toBe(-11);
    harness.run(harness.main);
    let made = 0;
    while (harness.call(220, 17)! > 0) {
      made += 1;
      harness.run(harness.main);
    }
    expect(harness.result(harness.main)).toBe(-11);
    expect(made).toBe(15);
  });

  test('clone3 as pthread_create calls it', () => {
    const harness = new Harness();
    const { main } = harness;
    main.memory!.writeStruct(SCRATCH, 88, (view) => {
      view.setBigUint64(0, 0x3d0f00n, true);
      view.setBigUint64(16, BigInt(MEMORY + 0x104), true);
      view.setBigUint64(24, BigInt(MEMORY + 0x100), true);
      view.setBigUint64(40, BigInt(MEMORY + 0x4000), true);
      view.setBigUint64(48, 0x2000n, true);
      view.setBigUint64(56, 0x1234n, true);
    });
    const tid = harness.call(435, SCRATCH, 88)!;
    const thread = harness.kernel.tasks.get(tid)!;
    expect(harness.register(thread, 2)).toBe(MEMORY + 0x6000);
    expect(harness.register(thread, 4)).toBe(0x1234);
    expect(harness.call(435, SCRATCH, 63)).toBe(-22);
    expect(harness.call(435, SCRATCH, 5000)).toBe(-7);
  });
});

describe('process groups and sessions', () => {
  test('setpgid, getpgid, getsid, setsid', () => {
    const harness = new Harness();
    const { main } = harness;
    const child = harness.fork();
    harness.run(main);
    expect(harness.call(155, child.pid)).toBe(main.pid);
    expect(harness.call(154, child.pid, 0)).toBe(0);
    expect(harness.call(155, child.pid)).toBe(child.pid);
    expect(harness.call(154, 0, child.pid)).toBe(-1); // a session leader
    expect(harness.call(157)).toBe(-1);
    harness.run(child);
    expect(harness.call(157)).toBe(-1); // leads a process group
    expect(harness.call(154, 0, main.pid)).toBe(0);
    expect(harness.call(157)).toBe(child.pid);
    expect(harness.call(156, 0)).toBe(child.pid);
    expect(harness.call(156, main.pid)).toBe(main.pid);
  });

  test('an orphaned stopped process group gets SIGHUP and SIGCONT', () => {
    const harness = new Harness();
    const shell = harness.fork();
    harness.run(shell);
    const job = harness.fork();
    harness.run(shell);
    expect(harness.call(154, job.pid, job.pid)).toBe(0);
    harness.call(129, job.pid, 19);
    harness.call(260, -1, SCRATCH, 2, 0);
    harness.resume();
    expect(job.state).toBe('stopped');
    harness.run(shell);
    harness.call(93, 0);
    harness.resume();
    harness.run(harness.main);
    harness.call(124);
    harness.resume();
    expect(job.group.exited).toBe(true);
    expect(job.group.waitStatus).toBe(1);
  });
});

describe('limits and identity', () => {
  test('prlimit64 reads and sets; raising the hard limit needs privilege', () => {
    const harness = new Harness();
    const { main } = harness;
    expect(harness.call(261, 0, 7, 0, SCRATCH)).toBe(0);
    expect([main.memory!.readLong(SCRATCH), main.memory!.readLong(SCRATCH + 8)]).toEqual([1024, 1_048_576]);
    expect(harness.call(261, 0, 3, 0, SCRATCH)).toBe(0);
    expect(main.memory!.readU64(SCRATCH + 8)).toBe(0xffff_ffff_ffff_ffffn);
    expect(harness.call(261, 0, 16, 0, SCRATCH)).toBe(-22);
    expect(harness.call(146, 1000)).toBe(0);
    main.memory!.writeLong(SCRATCH, 100);
    main.memory!.writeLong(SCRATCH + 8, 200);
    expect(harness.call(261, 0, 7, SCRATCH, 0)).toBe(0);
    main.memory!.writeLong(SCRATCH + 8, 300);
    expect(harness.call(261, 0, 7, SCRATCH, 0)).toBe(-1);
    main.memory!.writeLong(SCRATCH, 400);
    expect(harness.call(261, 0, 7, SCRATCH, 0)).toBe(-22);
  });

  test('RLIMIT_CPU: SIGXCPU at the soft limit, SIGKILL at the hard one', () => {
    const harness = new Harness();
    const { kernel } = harness;
    let cycles = 0;
    Object.assign(kernel.machine.counters, {
      get: (name: string) => (name === 'cycles:u' ? (cycles = kernel.machine.cycle) : 0),
    });
    const child = harness.fork();
    harness.run(child);
    child.memory!.writeLong(SCRATCH, 2);
    child.memory!.writeLong(SCRATCH + 8, 3);
    harness.call(261, 0, 0, SCRATCH, 0);
    child.signals.handlers.set(24, { handler: 1, flags: 0, mask: 0n });
    harness.run(harness.main);
    harness.call(260, -1, SCRATCH, 0, 0);
    for (let time = 0; time < 4000 && !child.group.exited; time++) {
      harness.resume();
      harness.pass(1_000_000);
    }
    expect(child.group.waitStatus).toBe(9);
    expect(cycles).toBeGreaterThan(2_990_000_000);
  });

  test('setuid drops capabilities; setresuid keeps a saved id to return to', () => {
    const harness = new Harness();
    expect(harness.call(147, 1000, 1000, 0)).toBe(0);
    expect(harness.main.credentials.capable(21)).toBe(false);
    expect(harness.call(161, SCRATCH, 4)).toBe(-1);
    expect(harness.call(147, -1, 0, -1)).toBe(0);
    expect(harness.main.credentials.capable(21)).toBe(true);
    expect(harness.call(146, 1000)).toBe(0);
    expect(harness.call(146, 0)).toBe(-1);
    expect([174, 175].map((number) => harness.call(number))).toEqual([1000, 1000]);
  });
});

describe('timers', () => {
  test('setitimer sends SIGALRM again and again; getitimer says what is left', () => {
    const harness = new Harness();
    const { main } = harness;
    writeLongs(harness, [0, 500_000, 1, 0]);
    expect(harness.call(103, 0, SCRATCH, 0)).toBe(0);
    main.signals.handlers.set(14, { handler: 0x2_0000, flags: 0x4000_0000, mask: 0n });
    harness.pass(400_000_000);
    expect(harness.call(102, 0, SCRATCH)).toBe(0);
    expect([2, 3].map((index) => main.memory!.readLong(SCRATCH + 8 * index))).toEqual([0, 600_000]);
    let fired = 0;
    for (let time = 0; time < 200; time++) {
      harness.pass(10_000_000);
      harness.resume();
      if (harness.pc(main) === 0x2_0000) {
        fired += 1;
        harness.call(139);
      }
    }
    expect(fired).toBe(3);
  });

  test('a POSIX timer counts the periods that its signal waited', () => {
    const harness = new Harness();
    const { main } = harness;
    const { memory } = main;
    memory!.writeU64(SCRATCH, 1n << 33n);
    harness.call(135, 0, SCRATCH, 0, 8);
    memory!.writeStruct(SCRATCH + 64, 64, (view) => {
      view.setBigUint64(0, 77n, true);
      view.setInt32(8, 34, true);
    });
    expect(harness.call(107, 1, SCRATCH + 64, SCRATCH)).toBe(0);
    const id = memory!.readU32(SCRATCH)!;
    writeLongs(harness, [0, 10_000_000, 0, 10_000_000]);
    expect(harness.call(110, id, 0, SCRATCH, 0)).toBe(0);
    harness.pass(55_000_000);
    memory!.writeU64(SCRATCH, 1n << 33n);
    expect(harness.call(137, SCRATCH, SCRATCH + 128, 0, 8)).toBe(34);
    const info = memory!.readStruct(SCRATCH + 128, 32)!;
    expect([info.getInt32(8, true), info.getInt32(16, true), info.getInt32(20, true), info.getInt32(24, true)]).toEqual(
      [-2, id, 4, 77],
    );
    expect(harness.call(109, id)).toBe(4);
    expect(harness.call(111, id)).toBe(0);
    expect(harness.call(111, id)).toBe(-22);
  });

  test('an absolute clock_nanosleep on CLOCK_REALTIME wakes at that time; clock_gettime has every nanosecond digit', () => {
    const harness = new Harness();
    const { main } = harness;
    harness.call(113, 0, SCRATCH);
    expect(main.memory!.readLong(SCRATCH)).toBe(1_700_000_000);
    const base = main.memory!.readLong(SCRATCH + 8)!;
    expect(base).toBe(Number(BigInt(BOOT_TIME) % 1_000_000_000n));
    main.memory!.writeLong(SCRATCH, 1_700_000_002);
    harness.call(115, 0, 1, SCRATCH, 0);
    expect(main.state).toBe('sleeping');
    harness.resume();
    harness.pass(2_000_000_000 - 200);
    expect(main.state).toBe('sleeping');
    harness.pass(400);
    harness.resume();
    expect(harness.result(main)).toBe(0);
  });
});
