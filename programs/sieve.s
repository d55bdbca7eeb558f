# sieve: counts the primes below N (1,000,000) by the sieve of Eratosthenes. Byte stores with a growing stride: what caches see.
# Usage: sieve [N]

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/operand.s"

    program_name sieve

# main: s0 N   s1 flags, one byte a number: 1 once it is composite   s2 candidate   s3 primes
function main
    enter   4
    li      a2, 1000000
    call    number_operand
    mv      s0, a0
    call    malloc
    mv      s1, a0
    li      a1, 0
    mv      a2, s0
    call    memset
    li      s2, 2
    li      s3, 0
1:  bgeu    s2, s0, 4f
    add     t0, s1, s2
    lbu     t1, 0(t0)
    bnez    t1, 3f
    addi    s3, s3, 1
    mul     t2, s2, s2                  # multiples below the square have a smaller factor
    bgeu    t2, s0, 3f
    add     t0, s1, t2
    add     t3, s1, s0
    li      t4, 1
2:  sb      t4, 0(t0)
    add     t0, t0, s2
    bltu    t0, t3, 2b
3:  addi    s2, s2, 1
    j       1b
4:  load_string a0, "%u primes below %u\n"
    mv      a1, s3
    mv      a2, s0
    call    printf
    li      a0, 0
    leave
