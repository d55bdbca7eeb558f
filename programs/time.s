# time: runs a command and tells how long it took: in real time, and of the processor in ring 3 and in ring 0 (wait4's rusage).
# Usage: time COMMAND [ARGUMENT]...

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/environment.s"

    program_name time

# main: s0 argv of the command   s1 pid   s2 microseconds at the start
#   0(sp) struct timespec   16(sp) wait status   32(sp) struct rusage: user time, system time, …
    .equ    STATUS, 16
    .equ    RUSAGE, 32
function main
    enter   3, RUSAGE + 144
    addi    s0, a1, 8
    ld      t0, 0(s0)
    bnez    t0, 1f
    load_string a0, "usage: time COMMAND [ARGUMENT]..."
    call    warnx
    li      a0, 125
    leave
1:  mv      a0, sp
    call    microseconds
    mv      s2, a0
    call    fork
    mv      s1, a0
    bnez    a0, 2f
    ld      a0, 0(s0)
    mv      a1, s0
    call    execvp
    mv      s1, a0
    mv      a1, a0
    ld      a0, 0(s0)
    call    warn
    li      a0, 127
    call    _exit
2:  mv      a0, s1
    addi    a1, sp, STATUS
    li      a2, 0
    addi    a3, sp, RUSAGE
    call    wait4
    li      t0, -EINTR
    beq     a0, t0, 2b
    mv      a0, sp
    call    microseconds
    sub     a1, a0, s2
    load_string a0, "real"
    call    print_time
    ld      a1, RUSAGE(sp)
    ld      t0, RUSAGE+8(sp)
    li      t1, 1000000
    mul     a1, a1, t1
    add     a1, a1, t0
    load_string a0, "user"
    call    print_time
    ld      a1, RUSAGE+16(sp)
    ld      t0, RUSAGE+24(sp)
    li      t1, 1000000
    mul     a1, a1, t1
    add     a1, a1, t0
    load_string a0, "sys"
    call    print_time
    lw      a0, STATUS(sp)
    andi    t0, a0, 0x7f
    srli    a0, a0, 8
    andi    a0, a0, 0xff
    beqz    t0, 3f
    addi    a0, t0, 128
3:  leave

# microseconds(a0 = room for a struct timespec): CLOCK_MONOTONIC
function microseconds
    enter   1
    mv      s0, a0
    mv      a1, a0
    li      a0, CLOCK_MONOTONIC
    call    clock_gettime
    ld      a0, 0(s0)
    li      t0, 1000000
    mul     a0, a0, t0
    ld      t1, 8(s0)
    li      t0, 1000
    divu    t1, t1, t0
    add     a0, a0, t1
    leave

# print_time(a0 = what, a1 = microseconds): "real 1.234567" on stderr
function print_time
    mv      a2, a0
    li      t0, 1000000
    remu    a4, a1, t0
    divu    a3, a1, t0
    la      a0, stderr
    load_string a1, "%s %u.%06u\n"
    j       fprintf
