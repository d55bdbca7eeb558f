// One ring-3 program with a bit of everything that timing looks at: hazards, multiplier and divider, FP, stores read back, calls and
// returns across pages, indirect jumps, pages and lines beyond the TLB and the cache, misaligned access, atomics, self-modifying
// code, system calls. Its state at the end must not depend on how it was run.

import { type BareProgram, type BareResult, loadProgram, runProgram } from '../../bench/timing/bare-loader.ts';
import { Machine, type MachineOptions } from '../../src/machine/machine.ts';
import { assemble, registers } from './support.ts';

const SOURCE = `
    .globl _start
_start:
    li   s0, 60
    la   s1, arena
    li   s2, 12345
    li   s11, 0
round:
    # hazards
    ld   a0, 0(s1)
    add  a1, a0, s0
    lb   a2, 3(s1)
    add  a1, a1, a2
    mul  a3, a1, s2
    addi a4, a3, 1
    mulh a5, a3, a1
    ori  t0, s0, 1
    div  a6, a3, t0
    remu a7, a3, t0
    add  s11, s11, a6
    add  s11, s11, a7
    mul  t1, s0, s0
    mul  t2, s2, s0
    add  s11, s11, t1
    # floating point, the tail in flight at the branch
    fcvt.d.l fa0, s0
    fcvt.d.l fa1, s2
    fdiv.d fa2, fa1, fa0
    fmadd.d fa3, fa2, fa0, fa1
    fsqrt.d fa4, fa3
    fadd.s  fa5, fa5, fa5
    fsd  fa4, 64(s1)
    fld  fa6, 64(s1)
    fcvt.l.d t3, fa6
    add  s11, s11, t3
    fmul.d fa7, fa6, fa6
    # store buffer
    sd   s11, 128(s1)
    ld   t4, 128(s1)
    sw   t4, 136(s1)
    nop
    lh   t5, 138(s1)
    add  s11, s11, t5
    # misaligned, across a line
    sd   s11, 189(s1)
    ld   t6, 189(s1)
    add  s11, s11, t6
    # atomics
    addi t0, s1, 256
    amoadd.d t1, s0, (t0)
    lr.d t2, (t0)
    addi t2, t2, 3
    sc.d t3, t2, (t0)
    add  s11, s11, t3
    fence rw, rw
    # many pages and lines
    li   t0, 0
    li   t1, 72
    mv   t2, s1
pages:
    ld   t3, 0(t2)
    add  t3, t3, s0
    sd   t3, 8(t2)
    li   t4, 4096+64
    add  t2, t2, t4
    addi t0, t0, 1
    bltu t0, t1, pages
    # data-dependent branches
    li   t0, 40
    mv   t1, s2
branches:
    slli t2, t1, 13
    xor  t1, t1, t2
    srli t2, t1, 7
    xor  t1, t1, t2
    andi t2, t1, 4
    beqz t2, 1f
    addi s11, s11, 1
1:  addi t0, t0, -1
    bnez t0, branches
    mv   s2, t1
    # calls, the second function in another page
    mv   a0, s0
    call near
    call far
    add  s11, s11, a0
    # indirect jump
    andi t0, s0, 3
    slli t0, t0, 3
    la   t1, table
    add  t1, t1, t0
    ld   t1, 0(t1)
    jr   t1
case0: addi s11, s11, 5
case1: addi s11, s11, 7
case2: xori s11, s11, 9
case3:
    # code that changes
    la   t0, patch
    lw   t1, 0(t0)
    li   t2, 1 << 20
    add  t1, t1, t2
    sw   t1, 0(t0)
    fence.i
    .option push
    .option norvc
    .p2align 2
patch:
    addi s11, s11, 1
    .option pop
    # a system call every eighth round
    andi t0, s0, 7
    bnez t0, 2f
    li   a0, 1
    la   a1, message
    li   a2, 1
    li   a7, 64
    ecall
2:  addi s0, s0, -1
    bnez s0, round_again
    rdcycle s8
    rdinstret s9
    andi a0, s11, 127
    li   a7, 93
    ecall
round_again:
    j    round
    .p2align 4
near:
    addi sp, sp, -16
    sd   ra, 8(sp)
    addi a0, a0, 3
    call far
    ld   ra, 8(sp)
    addi sp, sp, 16
    ret
table: .dword case0, case1, case2, case3
message: .ascii "x"
    .p2align 12
    .space 4090
far:
    slli a0, a0, 1
    addi a0, a0, 1
    ret
    .bss
    .p2align 12
arena: .space 80 * 4160
`;

const program = assemble(SOURCE, undefined);

export interface Outcome {
  readonly result: BareResult;
  readonly registers: readonly string[];
  readonly cycle: number;
  readonly instret: number;
  readonly counters: Record<string, number>;
}

export async function loadMixture(options: MachineOptions): Promise<BareProgram> {
  const machine = await Machine.create({ ramBytes: 16 * 1024 * 1024, ...options });
  return loadProgram(machine, program.elf, ['mixture']);
}

export function finish(loaded: BareProgram, slice?: number): Outcome {
  const result = runProgram(loaded, 10_000_000, slice);
  const { machine } = loaded;
  return {
    result,
    registers: registers(machine),
    cycle: machine.cycle,
    instret: machine.instret,
    counters: machine.counters.read(),
  };
}

export async function runMixture(options: MachineOptions, slice?: number): Promise<Outcome> {
  return finish(await loadMixture(options), slice);
}
