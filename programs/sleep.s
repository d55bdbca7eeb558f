# sleep: waits for a number of seconds, which may have a fraction and a unit: s, m, h or d. Several add up.
# Usage: sleep NUMBER[SUFFIX]...

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"

    program_name sleep
    .equ    SECOND, 1000000000          # in ns

# main: s0 next argument   s1 sum in ns; struct timespec, and what is left of it, are at 0(sp)
function main
    enter   2, 16
    addi    s0, a1, 8
    li      s1, 0
    li      t0, 2
    bge     a0, t0, 1f
    load_string a0, "missing operand"
    call    warnx
    li      a0, 1
    call    usage_error
1:  ld      a0, 0(s0)
    beqz    a0, 2f
    call    parse_interval
    add     s1, s1, a0
    addi    s0, s0, 8
    bnez    a1, 1b
    load_string a0, "invalid time interval '%s'"
    ld      a1, -8(s0)
    call    warnx
    li      a0, 1
    call    usage_error
2:  li      t0, SECOND
    divu    t1, s1, t0
    remu    t2, s1, t0
    sd      t1, 0(sp)
    sd      t2, 8(sp)
3:  mv      a0, sp                      # a signal handler's return ends it early: sleep the rest
    mv      a1, sp
    call    nanosleep
    li      t0, -EINTR
    beq     a0, t0, 3b
    li      a0, 0
    leave

# parse_interval(a0 = text): a0 = ns, a1 = 1, or a1 = 0 if it is none
#   s0 text   s1 ns
function parse_interval
    enter   2
    mv      s0, a0
    li      a1, 10
    call    strtoul
    li      t0, SECOND
    mul     s1, a0, t0
    sub     t3, a1, s0                  # digits seen
    lbu     t1, 0(a1)
    li      t2, '.'
    bne     t1, t2, 2f
    addi    a1, a1, 1
    li      t4, 10
1:  lbu     t1, 0(a1)
    addi    t1, t1, -'0'
    bgeu    t1, t4, 2f
    divu    t0, t0, t4
    mul     t1, t1, t0
    add     s1, s1, t1
    addi    a1, a1, 1
    addi    t3, t3, 1
    j       1b
2:  mv      a0, s1
    beqz    t3, 4f
    lbu     t1, 0(a1)
    beqz    t1, 3f
    lbu     t2, 1(a1)
    bnez    t2, 4f
    li      t0, 1
    li      t2, 's'
    beq     t1, t2, 5f
    li      t0, 60
    li      t2, 'm'
    beq     t1, t2, 5f
    li      t0, 3600
    li      t2, 'h'
    beq     t1, t2, 5f
    li      t0, 86400
    li      t2, 'd'
    bne     t1, t2, 4f
5:  mul     a0, a0, t0
3:  li      a1, 1
    leave
4:  li      a1, 0
    leave
