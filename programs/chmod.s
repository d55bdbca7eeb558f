# chmod: changes the permissions of files.
# Usage: chmod MODE FILE...   MODE is octal, or like u+x, go-w, a=r, joined by commas

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"

    program_name chmod

# main: s0 mode   s1 next operand   s2 status   s3 operand
function main
    enter   4, STAT_BYTES
    li      t0, 3
    bge     a0, t0, 1f
    ld      a1, 8(a1)
    load_string a0, "missing operand after '%s'"
    bnez    a1, 10f
    load_string a0, "missing operand"
10: call    warnx
    li      a0, 1
    call    usage_error
1:  ld      s0, 8(a1)
    addi    s1, a1, 16
    li      s2, 0
2:  ld      s3, 0(s1)
    beqz    s3, 9f
    addi    s1, s1, 8
    mv      a0, s3
    mv      a1, sp
    call    stat
    bltz    a0, 4f
    mv      a0, s0
    lw      a1, STAT_MODE(sp)
    call    parse_mode
    bltz    a0, 5f
    mv      a1, a0
    mv      a0, s3
    call    chmod
    bgez    a0, 2b
    call    strerror
    mv      a2, a0
    mv      a1, s3
    load_string a0, "changing permissions of '%s': %s"
    j       6f
4:  call    strerror
    mv      a2, a0
    mv      a1, s3
    load_string a0, "cannot access '%s': %s"
6:  call    warnx
    li      s2, 1
    j       2b
5:  load_string a0, "invalid mode: '%s'"
    mv      a1, s0
    call    warnx
    li      a0, 1
    call    usage_error
9:  mv      a0, s2
    leave

# parse_mode(a0 = text, a1 = old mode): the new one, or -1
#   t0 place   t1 who: a mask of bits   t2 what   t3 operator   a1 mode
function parse_mode
    lbu     t0, 0(a0)
    addi    t0, t0, -'0'
    li      t1, 8
    bgeu    t0, t1, 1f
    enter
    li      a1, 8
    call    strtoul
    lbu     t0, 0(a1)
    beqz    t0, 2f
    li      a0, -1
2:  leave
1:  mv      t0, a0
    li      t4, 07777
    and     a1, a1, t4
.Lmode_clause:
    li      t1, 0
3:  lbu     t5, 0(t0)
    addi    t0, t0, 1
    li      t4, 04700
    li      t6, 'u'
    beq     t5, t6, 4f
    li      t4, 02070
    li      t6, 'g'
    beq     t5, t6, 4f
    li      t4, 01007
    li      t6, 'o'
    beq     t5, t6, 4f
    li      t4, 07777
    li      t6, 'a'
    bne     t5, t6, 5f
4:  or      t1, t1, t4
    j       3b
5:  bnez    t1, 6f
    li      t1, 07777                   # nobody named: all
6:  mv      t3, t5
    li      t6, '+'
    beq     t3, t6, 7f
    li      t6, '-'
    beq     t3, t6, 7f
    li      t6, '='
    bne     t3, t6, 12f
7:  li      t2, 0
8:  lbu     t5, 0(t0)
    li      t4, 0444
    li      t6, 'r'
    beq     t5, t6, 9f
    li      t4, 0222
    li      t6, 'w'
    beq     t5, t6, 9f
    li      t4, 0111
    li      t6, 'x'
    beq     t5, t6, 9f
    li      t4, 06000
    li      t6, 's'
    beq     t5, t6, 9f
    li      t4, 01000
    li      t6, 't'
    bne     t5, t6, 10f
9:  or      t2, t2, t4
    addi    t0, t0, 1
    j       8b
10: and     t2, t2, t1
    li      t6, '-'
    not     t4, t2
    beq     t3, t6, 11f
    li      t6, '='
    or      a1, a1, t2
    bne     t3, t6, 13f
    not     t4, t1
    or      t4, t4, t2
11: and     a1, a1, t4
13: lbu     t5, 0(t0)
    addi    t0, t0, 1
    li      t6, ','
    beq     t5, t6, .Lmode_clause
    mv      a0, a1
    beqz    t5, 14f
12: li      a0, -1
14: ret
