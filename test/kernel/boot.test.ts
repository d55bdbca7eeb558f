import { describe, expect, it } from 'vitest';
import { assembleFile, assembleProgram, Guest, type GuestOptions, machineIsBuilt, runSource } from './guest.ts';

/**
 * Forks eight children one after the other; each writes to memory that it shares copy-on-write, maps and unmaps some of its
 * own, and execs /bin/true. Exit status 0 when the parent's memory is as it was.
 */
const forking = `
    .globl _start
_start:
    li s0, 8
    la s1, value
again:
    li a0, 17
    li a1, 0
    li a7, 220
    ecall                       # clone(SIGCHLD)
    beqz a0, child
    mv s2, a0
    li a1, 0
    li a2, 0
    li a3, 0
    li a7, 260
    ecall                       # wait4
    bne a0, s2, wrong
    lw t0, 0(s1)
    li t1, 5
    bne t0, t1, wrong
    addi s0, s0, -1
    bnez s0, again
    li a0, 0
    li a7, 94
    ecall
child:
    sw s0, 0(s1)
    sd s0, -64(sp)
    li a0, 0
    li a1, 0x40000
    li a2, 3
    li a3, 0x22
    li a4, -1
    li a5, 0
    li a7, 222
    ecall                       # mmap
    sd s0, 0(a0)
    li t0, 0x20000
    add t0, t0, a0
    sd s0, 0(t0)
    lw t0, 0(s1)
    bne t0, s0, wrong
    la a0, path
    la a1, argv
    li a2, 0
    li a7, 221
    ecall                       # execve
wrong:
    li a0, 1
    li a7, 94
    ecall
    .data
    .balign 8
argv: .dword path, 0
value: .word 5
path: .asciz "/bin/true"
`;

async function bootForking(options: GuestOptions = {}): Promise<Guest> {
  return Guest.boot({
    ...options,
    files: { '/bin/test': assembleProgram(forking), '/bin/true': assembleFile('true.s') },
  });
}

describe.skipIf(!machineIsBuilt)('the kernel on the machine', () => {
  it('runs a program to its exit', async () => {
    const { status } = await runSource('.globl _start\n_start: li a0, 7\n li a7, 94\n ecall');
    expect(status).toBe(7 << 8);
  });

  it('gives a program its arguments, environment and auxiliary vector', async () => {
    // Exit status: argc, plus 16 if argv[1] is "x", plus 32 if AT_PAGESZ is 4096.
    const { guest } = await runSource('.globl _start\n_start: li a7, 94\n ecall');
    const program = assembleProgram(`
    .globl _start
_start:
    ld s0, 0(sp)
    ld t0, 16(sp)
    lbu t1, 0(t0)
    addi t1, t1, -120
    bnez t1, 1f
    addi s0, s0, 16
1:  addi t2, sp, 8
2:  ld t0, 0(t2)
    addi t2, t2, 8
    bnez t0, 2b                 # past argv
3:  ld t0, 0(t2)
    addi t2, t2, 8
    bnez t0, 3b                 # past envp
4:  ld t0, 0(t2)
    ld t1, 8(t2)
    addi t2, t2, 16
    beqz t0, 5f
    addi t0, t0, -6
    bnez t0, 4b
    srli t1, t1, 7
    add s0, s0, t1              # 4096 >> 7 = 32
    j 4b
5:  mv a0, s0
    li a7, 94
    ecall
    `);
    guest.kernel.vfs.install('/bin/arguments', program, 0o755);
    expect(guest.run('/bin/arguments', ['arguments', 'x', 'y'])).toBe((3 + 16 + 32) << 8);
  });

  it('leaks no frame: free memory after many programs is what it was after the first', async () => {
    const guest = await bootForking();
    const free: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      expect(guest.run('/bin/test')).toBe(0);
      guest.kernel.slabs.shrink();
      free.push(guest.kernel.frames.freeFrames);
    }
    expect(free[2]).toBe(free[1]);
    expect(free[3]).toBe(free[1]);
    expect(guest.kernel.addressSpaces.size).toBe(0);
  });

  it.each([
    ['with ASIDs', { machine: { preset: 'c906' } }],
    ['with a second page table in ring 3', { kernel: { kpti: true } }],
    ['with a second page table and ASIDs', { machine: { preset: 'c906' }, kernel: { kpti: true } }],
    ['with 10,000 ticks a second', { kernel: { hz: 10_000 } }],
    ['with a randomized layout', { kernel: { randomizeLayout: true } }],
    ['without timing', { machine: { preset: 'ideal' } }],
  ] satisfies [string, GuestOptions][])('behaves the same %s', async (_what, options) => {
    const guest = await bootForking(options);
    expect(guest.run('/bin/test')).toBe(0);
  });

  it('takes the same cycles twice, and however the run is sliced', async () => {
    const cycles = new Set<number>();
    for (const slice of [Infinity, Infinity, 100_000, 1000]) {
      const guest = await bootForking();
      expect(guest.run('/bin/test', ['test'], slice)).toBe(0);
      cycles.add(guest.machine.cycle);
    }
    expect(cycles.size).toBe(1);
  });

  it('takes the same cycles with the speed structures dropped at every slice, and with a listener', async () => {
    const cycles = new Set<number>();
    for (const debug of [{}, { flushSpeedTlbs: true }, { flushDecoded: true }]) {
      const guest = await bootForking({ machine: { debug } });
      guest.run('/bin/test', ['test'], 10_000);
      cycles.add(guest.machine.cycle);
    }
    const guest = await bootForking();
    let events = 0;
    guest.kernel.events.listen(() => {
      events += 1;
    });
    guest.run('/bin/test');
    cycles.add(guest.machine.cycle);
    expect(cycles.size).toBe(1);
    expect(events).toBeGreaterThan(100);
  });

  it('makes flushing cost where the hart has no ASIDs, and a second page table cost more', async () => {
    const cyclesOf = async (options: GuestOptions) => {
      const guest = await bootForking(options);
      guest.run('/bin/test');
      return guest.machine.cycle;
    };
    expect(await cyclesOf({ kernel: { kpti: true } })).toBeGreaterThan(await cyclesOf({}));
  });

  it('jumps over idle time', async () => {
    const { guest } = await runSource(`
    .globl _start
_start:
    la a0, time
    li a1, 0
    li a7, 101
    ecall                       # nanosleep
    li a7, 94
    ecall
    .data
    .balign 8
time: .dword 100, 0
    `);
    expect(guest.kernel.now()).toBeGreaterThanOrEqual(100e9);
    expect(guest.machine.counters.get('instructions')).toBeLessThan(1_000_000);
  });

  it('says that it waits when nothing can wake anyone', async () => {
    const guest = await Guest.boot({
      files: {
        '/bin/test': assembleProgram(
          '.globl _start\n_start: li a0, 0\n li a1, 0\n li a2, 0\n li a3, 0\n li a4, 0\n li a7, 73\n ecall',
        ),
      },
    });
    guest.kernel.start('/bin/test', ['test'], []);
    expect(guest.kernel.run().reason).toBe('waiting'); // ppoll(NULL, 0, NULL)
  });
});
