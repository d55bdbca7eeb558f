# seq: prints numbers, from FIRST (1) in steps of INCREMENT (1) up to LAST.
# Usage: seq [FIRST [INCREMENT]] LAST

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"

    program_name seq

# main: s0 first, then current   s1 increment   s2 last   s3 argument   s4 arguments left
function main
    enter   5
    li      s0, 1
    li      s1, 1
    addi    s4, a0, -1
    addi    s3, a1, 8
    bnez    s4, 1f
    load_string a0, "missing operand"
    call    warnx
    li      a0, 1
    call    usage_error
1:  li      t0, 3
    bgt     s4, t0, 9f
    li      t0, 1
    beq     s4, t0, 2f
    call    number
    mv      s0, a0
    li      t0, 1
    beq     s4, t0, 2f
    call    number
    mv      s1, a0
2:  call    number
    mv      s2, a0
    beqz    s1, 8f
3:  bltz    s1, 4f
    bgt     s0, s2, 6f
    j       5f
4:  blt     s0, s2, 6f
5:  load_string a0, "%d\n"
    mv      a1, s0
    call    printf
    add     s0, s0, s1
    j       3b
6:  li      a0, 0
    leave
8:  load_string a0, "invalid Zero increment value: '0'"
    call    warnx
    li      a0, 1
    call    usage_error
9:  load_string a0, "extra operand '%s'"
    ld      a1, 24(s3)
    call    warnx
    li      a0, 1
    call    usage_error

# number(): the next argument
number:
    addi    sp, sp, -16
    sd      ra, 0(sp)
    ld      a0, 0(s3)
    addi    s3, s3, 8
    addi    s4, s4, -1
    call    parse_number
    beqz    a1, 1f
    ld      ra, 0(sp)
    addi    sp, sp, 16
    ret
1:  load_string a0, "invalid floating point argument: '%s'"
    ld      a1, -8(s3)
    call    warnx
    li      a0, 1
    call    usage_error
