# nqueens: counts the ways to place N (9) queens on an N x N board so that none attacks another. Columns and diagonals are bits of
# a word: a whole row is tried with a few instructions.
# Usage: nqueens [N]

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/operand.s"

    program_name nqueens

# main: s0 N   s11 all columns
function main
    enter   12
    li      a2, 9
    call    number_operand
    mv      s0, a0
    li      s11, 1
    sll     s11, s11, a0
    addi    s11, s11, -1
    li      a0, 0
    li      a1, 0
    li      a2, 0
    call    place
    mv      a2, a0
    mv      a1, s0
    load_string a0, "%u queens: %u solutions\n"
    call    printf
    li      a0, 0
    leave

# place(a0 = columns taken, a1, a2 = columns attacked along the diagonals): ways to fill the rows that are left
#   s0 columns taken   s1, s2 diagonals   s3 free places of this row   s4 ways   s11 all columns
function place
    beq     a0, s11, 3f
    enter   5
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
    or      s3, a0, a1
    or      s3, s3, a2
    not     s3, s3
    and     s3, s3, s11
    li      s4, 0
1:  beqz    s3, 2f
    neg     t0, s3
    and     t0, t0, s3                  # the lowest free place
    xor     s3, s3, t0
    or      a0, s0, t0
    or      a1, s1, t0
    slli    a1, a1, 1
    or      a2, s2, t0
    srli    a2, a2, 1
    call    place
    add     s4, s4, a0
    j       1b
2:  mv      a0, s4
    leave
3:  li      a0, 1
    ret
