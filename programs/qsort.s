# qsort: sorts N (100,000) pseudo-random 64-bit integers by quicksort, checks the order, and prints a checksum. Branches that no
# predictor can know.
# Usage: qsort [N]

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/operand.s"

    program_name qsort

# main: s0 N   s1 numbers
function main
    enter   2
    li      a2, 100000
    call    number_operand
    mv      s0, a0
    slli    a0, a0, 3
    call    malloc
    mv      s1, a0
    li      t0, 1                       # x = x * 6364136223846793005 + 1442695040888963407 (Knuth's MMIX generator)
    li      t1, 6364136223846793005
    li      t2, 1442695040888963407
    mv      t3, s1
    slli    t4, s0, 3
    add     t4, t4, s1
1:  mul     t0, t0, t1
    add     t0, t0, t2
    sd      t0, 0(t3)
    addi    t3, t3, 8
    bltu    t3, t4, 1b

    mv      a0, s1
    addi    a1, t4, -8
    call    quicksort

    li      t0, 0                       # checksum: sum of index * number; and the order
    li      a2, 0
    mv      t1, s1
2:  ld      t2, 0(t1)
    addi    t0, t0, 1
    mul     t3, t2, t0
    add     a2, a2, t3
    addi    t1, t1, 8
    beq     t0, s0, 3f
    ld      t4, 0(t1)
    ble     t2, t4, 2b
    load_string a0, "not sorted"
    call    warnx
    li      a0, 1
    leave
3:  load_string a0, "%u numbers: checksum %016x\n"
    mv      a1, s0
    call    printf
    li      a0, 0
    leave

# quicksort(a0 = first, a1 = last): Hoare's partition around the middle element; the smaller part by recursion, the larger in the loop
#   s0 first   s1 last   s2 behind the left part   s3 before the right part
function quicksort
    enter   4
    mv      s0, a0
    mv      s1, a1
1:  bgeu    s0, s1, 9f
    sub     t0, s1, s0
    srli    t0, t0, 4
    slli    t0, t0, 3
    add     t0, t0, s0
    ld      t0, 0(t0)                   # pivot
    mv      s2, s0
    mv      s3, s1
2:  ld      t1, 0(s2)
    bge     t1, t0, 3f
    addi    s2, s2, 8
    j       2b
3:  ld      t2, 0(s3)
    ble     t2, t0, 4f
    addi    s3, s3, -8
    j       3b
4:  bgtu    s2, s3, 5f
    sd      t2, 0(s2)
    sd      t1, 0(s3)
    addi    s2, s2, 8
    addi    s3, s3, -8
    bleu    s2, s3, 2b
5:  sub     t0, s3, s0
    sub     t1, s1, s2
    blt     t0, t1, 6f
    mv      a0, s2
    mv      a1, s1
    mv      s1, s3
    call    quicksort
    j       1b
6:  mv      a0, s0
    mv      a1, s3
    mv      s0, s2
    call    quicksort
    j       1b
9:  leave
