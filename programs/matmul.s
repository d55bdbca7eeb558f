# matmul: multiplies two N x N matrices (96) of 64-bit integers, row by column, and prints the sum of the product's elements,
# each times its index plus one, modulo 2^64. The second matrix is read down its columns: a stride of N x 8 bytes.
# Usage: matmul [N]

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/operand.s"

    program_name matmul

# main: s0 N   s1, s2 factors   s3 product   s4 row   s5 column
function main
    enter   6
    li      a2, 96
    call    number_operand
    mv      s0, a0
    mul     s4, a0, a0
    slli    s4, s4, 3
    mv      a0, s4
    call    malloc
    mv      s1, a0
    mv      a0, s4
    call    malloc
    mv      s2, a0
    mv      a0, s4
    call    malloc
    mv      s3, a0
    mul     t0, s0, s0                  # A[i] = 3 i + 1, B[i] = i ^ 5, with i = row * N + column
    li      t1, 0
    mv      t2, s1
    mv      t3, s2
1:  slli    t4, t1, 1
    add     t4, t4, t1
    addi    t4, t4, 1
    sd      t4, 0(t2)
    xori    t4, t1, 5
    sd      t4, 0(t3)
    addi    t2, t2, 8
    addi    t3, t3, 8
    addi    t1, t1, 1
    bltu    t1, t0, 1b

    slli    t6, s0, 3                   # bytes of a row
    li      s4, 0
    mv      a3, s3
2:  li      s5, 0
3:  mul     t0, s4, t6
    add     t0, t0, s1                  # along the row of A
    slli    t1, s5, 3
    add     t1, t1, s2                  # down the column of B
    add     t2, t0, t6
    li      t3, 0
4:  ld      t4, 0(t0)
    ld      t5, 0(t1)
    mul     t4, t4, t5
    add     t3, t3, t4
    addi    t0, t0, 8
    add     t1, t1, t6
    bltu    t0, t2, 4b
    sd      t3, 0(a3)
    addi    a3, a3, 8
    addi    s5, s5, 1
    bltu    s5, s0, 3b
    addi    s4, s4, 1
    bltu    s4, s0, 2b

    mul     t0, s0, s0
    li      t1, 0
    li      a2, 0
5:  ld      t2, 0(s3)
    addi    s3, s3, 8
    addi    t1, t1, 1
    mul     t2, t2, t1
    add     a2, a2, t2
    bltu    t1, t0, 5b
    load_string a0, "%u x %u: checksum %016x\n"
    mv      a3, a2
    mv      a1, s0
    mv      a2, s0
    call    printf
    li      a0, 0
    leave
