# collatz: among the numbers below N (100,000), the one whose way down to 1 (n -> n / 2 if even, else 3 n + 1) has the most steps.
# No memory at all: registers and one hard branch.
# Usage: collatz [N]

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/operand.s"

    program_name collatz

# main: s0 N   s1 number   s2 the best number   s3 its steps
function main
    enter   4
    li      a2, 100000
    call    number_operand
    mv      s0, a0
    li      s1, 1
    li      s2, 1
    li      s3, 0
1:  mv      t0, s1
    li      t1, 0
    li      t2, 1
2:  beq     t0, t2, 5f
    andi    t3, t0, 1
    bnez    t3, 3f
    srli    t0, t0, 1
    j       4f
3:  slli    t3, t0, 1
    add     t0, t0, t3
    addi    t0, t0, 1
4:  addi    t1, t1, 1
    j       2b
5:  bleu    t1, s3, 6f
    mv      s3, t1
    mv      s2, s1
6:  addi    s1, s1, 1
    bltu    s1, s0, 1b
    load_string a0, "%u takes %u steps\n"
    mv      a1, s2
    mv      a2, s3
    call    printf
    li      a0, 0
    leave
