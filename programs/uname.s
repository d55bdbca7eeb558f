# uname: prints what system this is.
# Usage: uname [-asnrvmo]   s: kernel, n: host, r: release, v: version, m: machine, o: operating system, a: all

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"

    program_name uname
    .equ    FIELD, 65                   # struct utsname: six fields of this size
    variable names, 6 * FIELD
    variable flags, 128

# main: s0 argc   s1 argv   s2 letter   s3 field   s4 1 after the first
function main
    enter   5
    mv      s0, a0
    mv      s1, a1
    la      a0, names
    call    uname
    li      s2, 0
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "asnrvmo"
    call    getopt
    bltz    a0, 2f
    li      t0, '?'
    beq     a0, t0, 8f
    la      t0, flags
    add     t0, t0, a0
    li      t1, 1
    sb      t1, 0(t0)
    li      s2, 1
    j       1b
2:  bnez    s2, 3f
    li      t1, 1
    la      t0, flags
    sb      t1, 's'(t0)
3:  load_string s2, "snrvmo"
    la      s3, names
    li      s4, 0
4:  lbu     t0, 0(s2)
    beqz    t0, 7f
    la      t1, flags
    lbu     t2, 'a'(t1)
    add     t1, t1, t0
    lbu     t1, 0(t1)
    or      t1, t1, t2
    beqz    t1, 6f
    beqz    s4, 5f
    li      a0, ' '
    call    putchar
5:  li      s4, 1
    mv      a0, s3
    lbu     t0, 0(s2)
    li      t1, 'o'
    bne     t0, t1, 9f
    load_string a0, "GNU/Linux"
9:  la      a1, stdout
    call    fputs
6:  addi    s2, s2, 1
    addi    s3, s3, FIELD
    j       4b
7:  li      a0, '\n'
    call    putchar
    li      a0, 0
    leave
8:  li      a0, 1
    call    usage_error
