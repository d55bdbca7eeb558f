import { describe, expect, it } from 'vitest';
import { AddressSpace } from '../../bench/timing/bare-loader.ts';
import { loadBare, runBare, toGate } from './support.ts';

const FLAGS = { read: 0x43, write: 0xc7, execute: 0xcf, global: 0x20 };

describe.each(['rocket', 'ideal'])('self-modifying code, %s', (preset) => {
  it('a store to the next instruction takes effect at once', async () => {
    const { machine } = await runBare(
      `
    la   t0, patched
    li   t1, 0x00200513          # addi a0, zero, 2
    sw   t1, 0(t0)
patched:
    li   a0, 1
    stop`,
      { preset },
    );
    expect(machine.hart.x(10)).toBe(2n);
  });

  it('a loop that rewrites its own body each round', async () => {
    const { machine } = await runBare(
      `
    la   t0, body
    li   t1, 0x00050513          # addi a0, a0, 0
    li   t2, 100000              # addi's immediate goes up by one each round
    li   t3, 1 << 20
    li   t4, 50
loop:
    add  t1, t1, t3
    sw   t1, 0(t0)
    fence.i
body:
    nop
    addi t4, t4, -1
    bnez t4, loop
    stop`,
      { preset },
    );
    expect(machine.hart.x(10)).toBe(BigInt((50 * 51) / 2));
  });

  it('code written by the host is seen', async () => {
    const { machine, at } = await loadBare('again: li a0, 1\nstop\nj again', { preset });
    toGate(machine);
    const place = Number(at('again'));
    machine.ram.setU32(place, 0x00700513);
    machine.ram.noteWrite(place, 4);
    toGate(machine);
    expect(machine.hart.x(10)).toBe(7n);
  });
});

describe('atomics', () => {
  it('sc succeeds after lr, fails without, fails on another address', async () => {
    const { machine } = await runBare(`
    la   a0, cell
    li   a1, 5
    lr.d a2, (a0)
    sc.d s0, a1, (a0)
    sc.d s1, a1, (a0)
    lr.d a2, (a0)
    addi a3, a0, 8
    sc.d s2, a1, (a3)
    ld   s3, 0(a0)
    stop
    .p2align 3
cell: .dword 1, 2`);
    const { hart } = machine;
    expect([hart.x(8), hart.x(9), hart.x(18), hart.x(19)]).toEqual([0n, 1n, 1n, 5n]);
  });

  it('amo operations return the old value, sign-extended', async () => {
    const { machine } = await runBare(`
    la   a0, cell
    li   a1, -3
    amoadd.w  s0, a1, (a0)
    amoswap.w s1, a1, (a0)
    amomaxu.w s2, zero, (a0)
    amomin.w  s3, zero, (a0)
    lwu  s4, 0(a0)
    stop
    .p2align 3
cell: .word 0x80000001, 0`);
    const { hart } = machine;
    expect(hart.x(8)).toBe(0xffff_ffff_8000_0001n);
    expect(hart.x(9)).toBe(0x7fff_fffen);
    expect(hart.x(18)).toBe(0xffff_ffff_ffff_fffdn);
    expect(hart.x(19)).toBe(0xffff_ffff_ffff_fffdn);
    expect(hart.x(20)).toBe(0xffff_fffdn);
  });
});

describe.each(['rocket', 'ideal'])('misaligned access, %s', (preset) => {
  const setUp = async (second: boolean) => {
    const bare = await loadBare(
      `
    la   t0, handler
    csrw stvec, t0
    csrw satp, s2
    sfence.vma
    ld   a1, 0(a0)
    sd   a2, 0(a0)
    ld   a3, 0(a0)
    stop
    .p2align 2
handler:
    csrr s4, scause
    csrr s6, stval
    stop`,
      { preset },
    );
    const space = new AddressSpace(bare.machine, 0x8080_0000);
    space.map(0x8000_0000, 0x8000_0000, FLAGS.execute, 1);
    space.map(0x11_0000, 0x11_0000, FLAGS.write);
    space.map(0x4000_0000, 0x8060_0000, FLAGS.write);
    if (second) space.map(0x4000_1000, 0x8070_0000, FLAGS.write);
    const { hart, ram } = bare.machine;
    ram.setU64(0x8060_0ff8, 0x0807_0605_0403_0201n);
    ram.setU64(0x8070_0000, 0x100f_0e0d_0c0b_0a09n);
    hart.setX(10, 0x4000_0ffdn);
    hart.setX(12, 0x1122_3344_5566_7788n);
    hart.setX(18, (8n << 60n) | BigInt(space.root / 4096));
    toGate(bare.machine);
    return bare.machine;
  };

  it('spans two pages that are not neighbours in memory', async () => {
    const machine = await setUp(true);
    expect(machine.hart.x(11)).toBe(0x0d0c_0b0a_0908_0706n);
    expect(machine.hart.x(13)).toBe(0x1122_3344_5566_7788n);
    expect(machine.ram.u64(0x8070_0000)).toBe(0x100f_0e11_2233_4455n);
  });

  it('faults with the address of the second page', async () => {
    const machine = await setUp(false);
    expect(machine.hart.x(20)).toBe(13n);
    expect(machine.hart.x(22)).toBe(0x4000_1000n);
  });
});

describe('address spaces', () => {
  it('ASIDs keep translations apart, global pages are shared', async () => {
    const bare = await loadBare(
      `
    csrw satp, s2
    ld   s4, 0(a0)
    csrw satp, s3
    ld   s5, 0(a0)
    csrw satp, s2
    ld   s6, 0(a0)
    stop`,
      { preset: 'c906' },
    );
    const { machine } = bare;
    const spaces = [1, 2].map((number) => {
      const space = new AddressSpace(machine, 0x8080_0000 + number * 0x10_0000);
      space.map(0x8000_0000, 0x8000_0000, FLAGS.execute | FLAGS.global, 1);
      space.map(0x11_0000, 0x11_0000, FLAGS.write | FLAGS.global);
      space.map(0x4000_0000, 0x8060_0000 + number * 4096, FLAGS.write);
      machine.ram.setU64(0x8060_0000 + number * 4096, BigInt(number));
      return (8n << 60n) | (BigInt(number) << 44n) | BigInt(space.root / 4096);
    });
    machine.hart.setX(10, 0x4000_0000n);
    machine.hart.setX(18, spaces[0]!);
    machine.hart.setX(19, spaces[1]!);
    toGate(machine);
    expect([machine.hart.x(20), machine.hart.x(21), machine.hart.x(22)]).toEqual([1n, 2n, 1n]);
    // The second visit to the first space finds its translation in the TLB.
    expect(machine.counters.get('dTLB-load-misses')).toBe(2);
  });
});

describe('interrupts', () => {
  const PROGRAM = `
    la   t0, handler
    csrw stvec, t0
    csrw sie, s2
    csrsi sstatus, 2
loop:
    addi a0, a0, 1
    j    loop
    .p2align 2
handler:
    csrr s4, scause
    csrr s5, sepc
    csrr s6, cycle
    stop`;

  it.each(['rocket', 'ideal'])(
    'the timer interrupts at the first transfer at or after stimecmp, %s',
    async (preset) => {
      const { machine } = await loadBare(PROGRAM, { preset });
      machine.hart.setX(18, 1n << 5n);
      machine.hart.setCsr(0x14d, 100n);
      toGate(machine);
      expect(machine.hart.x(20)).toBe((1n << 63n) | 5n);
      expect(machine.hart.csr(0xc01) >= 100n).toBe(true);
      const due = 100 * (machine.preset.clockHz / machine.preset.timebaseHz);
      expect(Number(machine.hart.x(22)) - due).toBeLessThan(200);
    },
  );

  it('the point of interruption does not depend on slices', async () => {
    const results = [];
    for (const slice of [7, 1000, 1_000_000]) {
      const { machine } = await loadBare(PROGRAM);
      machine.hart.setX(18, 1n << 5n);
      machine.hart.setCsr(0x14d, 73n);
      toGate(machine, slice, 100_000);
      results.push([machine.hart.x(10), machine.hart.x(21), machine.cycle]);
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it('a byte on the UART comes through the PLIC', async () => {
    const { machine } = await loadBare(`
    la   t0, handler
    csrw stvec, t0
    li   t0, 0x0c000000
    li   t1, 1
    sw   t1, 40(t0)              # priority of source 10
    li   t2, 1 << 10
    li   t3, 0x0c002080
    sw   t2, 0(t3)               # enabled for the supervisor
    li   t4, 0x10000000
    sb   t1, 1(t4)               # received data interrupt
    li   t5, 1 << 9
    csrw sie, t5
    csrsi sstatus, 2
wait:
    wfi
    j    wait
    .p2align 2
handler:
    csrr s4, scause
    li   t0, 0x0c201004
    lw   s5, 0(t0)               # claim
    lbu  s6, 0(t4)
    sw   s5, 0(t0)               # complete
    csrr s7, sip
    stop`);
    expect(machine.run(1000)).toBe('idle');
    expect(machine.uart.receive(new TextEncoder().encode('A'))).toBe(1);
    toGate(machine);
    const { hart } = machine;
    expect([hart.x(20), hart.x(21), hart.x(22), hart.x(23)]).toEqual([(1n << 63n) | 9n, 10n, 65n, 0n]);
  });

  it('the UART transmits to the host', async () => {
    const { machine } = await runBare(`
    li   t0, 0x10000000
    li   t1, 'h'
    sb   t1, 0(t0)
    li   t1, 'i'
    sb   t1, 0(t0)
    lbu  a0, 5(t0)
    stop`);
    expect(new TextDecoder().decode(machine.uart.transmitted())).toBe('hi');
    expect(machine.hart.x(10)).toBe(0x60n);
  });

  it('the clock jumps while nothing runs', async () => {
    const { machine } = await loadBare('wfi\nstop');
    expect(machine.run(1000)).toBe('idle');
    const before = machine.cycle;
    machine.advanceTo(before + 5000);
    toGate(machine);
    expect(machine.counters.get('idle-cycles')).toBe(5000);
    expect(machine.counters.get('cycles') + 5000).toBe(machine.cycle);
  });
});

describe('virtio-mmio transport', () => {
  it('identifies itself, negotiates, and passes notifications and interrupts', async () => {
    const { machine } = await loadBare(`
    li   t0, 0x10001000
    lw   s2, 0(t0)
    lw   s3, 8(t0)
    li   t1, 1
    sw   t1, 0x14(t0)
    lw   s4, 0x10(t0)            # features 32-63
    sw   zero, 0x30(t0)
    lw   s5, 0x34(t0)
    li   t1, 8
    sw   t1, 0x38(t0)
    li   t1, 0x80200000
    sw   t1, 0x80(t0)
    li   t1, 1
    sw   t1, 0x44(t0)
    sw   zero, 0x50(t0)          # notify queue 0
    stop
    lw   s6, 0x60(t0)
    sw   s6, 0x64(t0)
    lw   s7, 0x60(t0)
    stop`);
    const device = machine.virtio[0]!;
    device.plug(2, 1n << 32n, new Uint8Array(8), 16);
    toGate(machine);
    const { hart } = machine;
    expect([hart.x(18), hart.x(19), hart.x(20), hart.x(21)]).toEqual([0x7472_6976n, 2n, 1n, 16n]);
    expect(device.takeNotified()).toBe(1);
    expect(device.queue(0)).toEqual({ size: 8, descriptors: 0x8020_0000, available: 0, used: 0 });
    device.interrupt(1);
    expect(machine.plic.pending).toBe(2);
    toGate(machine);
    expect([hart.x(22), hart.x(23)]).toEqual([1n, 0n]);
  });
});

describe('running', () => {
  it('a host that never empties the UART loses bytes, not time', async () => {
    const { machine } = await loadBare(`
    li   t0, 0x10000000
    li   t1, 30000
1:  sb   t1, 0(t0)
    addi t1, t1, -1
    bnez t1, 1b
    stop`);
    toGate(machine, 1_000_000, 40_000);
    expect(machine.uart.transmitted().length).toBe(0x2000);
  });

  it('until a cycle: stops at the first transfer at or after it', async () => {
    const { machine } = await loadBare('1: j 1b');
    expect(machine.run(Infinity, 5000)).toBe('cycles');
    expect(machine.cycle).toBeGreaterThanOrEqual(5000);
    expect(machine.cycle).toBeLessThan(5100);
    expect(machine.run(Infinity, 5000)).toBe('cycles');
  });
});
