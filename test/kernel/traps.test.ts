import { describe, expect, it } from 'vitest';
import { machineIsBuilt, runSource } from './guest.ts';

/** A wait status of a program that a signal ended; the core flag may be set. */
const signalOf = (status: number) => status & 0x7f;
const exitOf = (status: number) => (status & 0x7f) === 0 && status >> 8;

const SIGILL = 4;
const SIGTRAP = 5;
const SIGBUS = 7;
const SIGSEGV = 11;

const exit = `
    li a7, 94
    ecall
`;

describe.skipIf(!machineIsBuilt)('a trap of ring 3', () => {
  it.each([
    ['a load from address 0', 'ld a0, 0(zero)', SIGSEGV],
    ['a load where nothing is mapped', 'li t0, 0x123456789\n ld a0, 0(t0)', SIGSEGV],
    ['a store to the program text', 'la t0, _start\n sd a0, 0(t0)', SIGSEGV],
    ['a load from the kernel half', 'li t0, 0xffffffd600000000\n ld a0, 0(t0)', SIGSEGV],
    ['a load from the gate', 'li t0, 0xffffffce00110000\n ld a0, 0(t0)', SIGSEGV],
    ['a load from an address that Sv39 does not have', 'li t0, 0x1234567890123456\n ld a0, 0(t0)', SIGSEGV],
    ['a jump to data', '.data\n here: .word 0x13\n .text\n la t0, here\n jr t0', SIGSEGV],
    ['a jump to address 0', 'jr zero', SIGSEGV],
    ['an instruction of all zeros', '.half 0', SIGILL],
    ['sret in ring 3', 'sret', SIGILL],
    ['a supervisor CSR', 'csrr a0, sepc', SIGILL],
    ['wfi in ring 3', 'wfi', SIGILL],
    ['ebreak', 'ebreak', SIGTRAP],
    ['a page past the end of a file', 'j past_end', SIGBUS],
  ])('that is %s ends the program with its signal', async (_what, code, signal) => {
    const source = `
    .globl _start
_start:
    ${code}
${exit}
past_end:                       # openat("/data"), mmap 2 pages of it, load from the second
    li a0, -100
    la a1, path
    li a2, 0
    li a7, 56
    ecall
    mv a4, a0
    li a0, 0
    li a1, 8192
    li a2, 1
    li a3, 2
    li a5, 0
    li a7, 222
    ecall
    li t0, 4096
    add t0, t0, a0
    ld a1, 0(a0)
    ld a1, 0(t0)
    .section .rodata
path: .asciz "/data"
    `;
    const { status } = await runSource(source, { files: { '/data': 'some bytes' } });
    expect(signalOf(status)).toBe(signal);
  });

  it('gives every register back as it was, and a0 alone changed by a system call', async () => {
    const registers = ['ra', 'gp', 'tp', ...range('t', 0, 6), ...range('s', 0, 11), ...range('a', 1, 6)];
    const source = `
    .globl _start
_start:
    li a7, 172
${registers.map((name, index) => `    li ${name}, ${0x1234_5678_9abc_0000n + BigInt(index)}`).join('\n')}
    ecall
${registers.map((name, index) => `    li a7, ${0x1234_5678_9abc_0000n + BigInt(index)}\n    bne ${name}, a7, wrong`).join('\n')}
    addi a0, a0, 40             # pid 2
${exit}
wrong:
    li a0, 1
${exit}
    `;
    const { status } = await runSource(source);
    expect(exitOf(status)).toBe(42);
  });

  it('grows the stack to its limit and not further', async () => {
    const touch = (bytes: number) => `
    .globl _start
_start:
    li t0, ${bytes}
    sub t1, sp, t0
    sd zero, 0(t1)
    li a0, 0
${exit}`;
    expect(exitOf((await runSource(touch(8_000_000))).status)).toBe(0);
    expect(signalOf((await runSource(touch(8_500_000))).status)).toBe(SIGSEGV);
  });

  it('keeps the FP registers of two programs apart', async () => {
    // Parent and child fill the registers with different bits, yield to each other, and look again.
    const source = `
    .globl _start
_start:
    li s0, 1000
    li a0, 17
    li a1, 0
    li a7, 220
    ecall                       # clone(SIGCHLD)
    seqz s1, a0
    mv s2, a0
    addi s0, s0, 7
    add s0, s0, s1
${range('f', 0, 31)
  .map((name, index) => `    addi t0, s0, ${index}\n    fmv.d.x ${name}, t0`)
  .join('\n')}
    csrw fflags, s1
    li s3, 50
1:  li a7, 124
    ecall                       # sched_yield
${range('f', 0, 31)
  .map((name, index) => `    fmv.x.d t1, ${name}\n    addi t0, s0, ${index}\n    bne t0, t1, wrong`)
  .join('\n')}
    csrr t0, fflags
    bne t0, s1, wrong
    addi s3, s3, -1
    bnez s3, 1b
    li a0, 0
    bnez s1, leave
    mv a0, s2
    addi sp, sp, -16
    mv a1, sp
    li a2, 0
    li a3, 0
    li a7, 260
    ecall                       # wait4
    lw a0, 0(sp)
leave:
${exit}
wrong:
    li a0, 99
${exit}
    `;
    const { status, guest } = await runSource(source);
    expect(exitOf(status)).toBe(0);
    expect(guest.kernel.scheduler.switches).toBeGreaterThan(50);
  });
});

function range(letter: string, from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${letter}${from + index}`);
}
