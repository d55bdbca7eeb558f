# interp: an interpreter for a tiny stack-less bytecode, running a program of two nested loops. Each instruction ends in an indirect
# jump through a table: the branch target buffer's hardest case.
# Usage: interp [N]   N (300): turns of the outer loop

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/operand.s"

    program_name interp

# An instruction has four bytes: operation, and up to three operands: registers r0 .. r15, or a signed byte.
    .equ    HALT, 0                     # halt
    .equ    LOAD, 1                     # load   a, value
    .equ    ADD, 2                      # add    a, b, c        a = b + c
    .equ    MULTIPLY, 3                 # mul    a, b, c        a = b * c
    .equ    XOR, 4                      # xor    a, b, c
    .equ    SHIFT, 5                    # shift  a, b, value    a = b >> value
    .equ    DECREMENT, 6                # dec    a
    .equ    JUMP_NOT_ZERO, 7            # jnz    a, offset      in instructions, from this one

    variable registers, 16 * 8

    .section .rodata
program:                                # r1: outer turns, set by main; r0: result
    .byte   LOAD, 0, 1, 0
    .byte   LOAD, 3, 31, 0
    .byte   LOAD, 2, 100, 0             # outer: inner turns
    .byte   MULTIPLY, 0, 0, 3           # inner: r0 = r0 * 31 + r2, mixed
    .byte   ADD, 0, 0, 2
    .byte   SHIFT, 4, 0, 7
    .byte   XOR, 0, 0, 4
    .byte   DECREMENT, 2, 0, 0
    .byte   JUMP_NOT_ZERO, 2, -5, 0
    .byte   DECREMENT, 1, 0, 0
    .byte   JUMP_NOT_ZERO, 1, -8, 0
    .byte   HALT, 0, 0, 0
    .balign 8
operations:
    .quad   halt, load, add, multiply, exclusive_or, shift, decrement, jump_not_zero
    .text

# main: s0 program counter   s1 table of operations   s2 registers   s3 instructions interpreted   t0, t1, t2 operand bytes
function main
    enter   5
    li      a2, 300
    call    number_operand
    mv      s4, a0
    la      s0, program
    la      s1, operations
    la      s2, registers
    li      s3, 0
    sd      a0, 8(s2)
    j       dispatch

# operand REGISTER: the address of the register that its byte names
    .macro address register
    slli    \register, \register, 3
    add     \register, \register, s2
    .endm
# source REGISTER: its value
    .macro source register
    address \register
    ld      \register, 0(\register)
    .endm

next:
    addi    s0, s0, 4
dispatch:
    lbu     t3, 0(s0)
    lbu     t0, 1(s0)
    lbu     t1, 2(s0)
    lbu     t2, 3(s0)
    addi    s3, s3, 1
    slli    t3, t3, 3
    add     t3, t3, s1
    ld      t3, 0(t3)
    jr      t3
load:
    address t0
    sd      t1, 0(t0)
    j       next
add:
    address t0
    source  t1
    source  t2
    add     t1, t1, t2
    sd      t1, 0(t0)
    j       next
multiply:
    address t0
    source  t1
    source  t2
    mul     t1, t1, t2
    sd      t1, 0(t0)
    j       next
exclusive_or:
    address t0
    source  t1
    source  t2
    xor     t1, t1, t2
    sd      t1, 0(t0)
    j       next
shift:
    address t0
    source  t1
    srl     t1, t1, t2
    sd      t1, 0(t0)
    j       next
decrement:
    address t0
    ld      t1, 0(t0)
    addi    t1, t1, -1
    sd      t1, 0(t0)
    j       next
jump_not_zero:
    source  t0
    beqz    t0, next
    lb      t1, 2(s0)
    slli    t1, t1, 2
    add     s0, s0, t1
    j       dispatch
halt:
    load_string a0, "%u turns, %u instructions: checksum %016x\n"
    mv      a1, s4
    mv      a2, s3
    ld      a3, 0(s2)
    call    printf
    li      a0, 0
    leave
