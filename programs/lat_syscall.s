# lat_syscall: what the smallest system call costs. getppid does next to nothing in the kernel, so the loop measures the
# way into ring 0 and back: trap, registers saved, dispatch, registers restored, sret.
# Usage: lat_syscall [-n CALLS]   Prints cycles and instructions per call, by rdcycle and rdinstret.
# The loop's own four instructions are measured as well, without a call, and subtracted.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/measure.s"

    program_name lat_syscall
    .equ    SYS_getppid, 173

# main: s0 calls   s1, s2 cycles and instructions of the loop with calls   s3, s4 without
function main
    enter   8
    mv      s5, a0
    mv      s6, a1
    li      s0, 10000
1:  mv      a0, s5
    mv      a1, s6
    load_string a2, "n:"
    call    getopt
    bltz    a0, 3f
    li      t0, 'n'
    bne     a0, t0, 2f
    la      t0, optarg
    ld      a0, 0(t0)
    call    parse_number
    mv      s0, a0
    blez    s0, 2f
    bnez    a1, 1b
2:  li      a0, 1
    call    usage_error
3:  li      a0, 100                     # warm caches, TLBs and branch predictor
    call    loop_with_call
    mv      a0, s0
    call    loop_with_call
    mv      s1, a0
    mv      s2, a1
    li      a0, 100
    call    loop_without
    mv      a0, s0
    call    loop_without
    sub     s1, s1, a0
    sub     s2, s2, a1
    load_string a0, "calls"
    mv      a1, s0
    call    print_value
    load_string a0, "cycles_per_call"
    mv      a1, s1
    mv      a2, s0
    call    print_ratio
    load_string a0, "instructions_per_call"
    mv      a1, s2
    mv      a2, s0
    call    print_ratio
    li      a0, 0
    leave

# loop_with_call(a0 = turns), loop_without(a0 = turns): a0 = cycles, a1 = instructions
    .macro timed_loop body
    mv      t4, a0
    rdcycle t5
    rdinstret t6
1:  li      a7, SYS_getppid
    \body
    addi    t4, t4, -1
    bnez    t4, 1b
    rdinstret a1
    rdcycle a0
    sub     a0, a0, t5
    sub     a1, a1, t6
    ret
    .endm

function loop_with_call
    timed_loop ecall
function loop_without
    timed_loop
