# strings: copies, compares, measures and searches strings in a loop of N (20,000) turns, byte by byte: the mix of loads, stores and
# short branches that much of everyday code is.
# Usage: strings [N]

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/operand.s"

    program_name strings
    variable first, 128
    variable second, 128

    .section .rodata
text:
    .asciz  "The quick brown fox jumps over the lazy dog, and the dog does not mind"
word:
    .asciz  "lazy"
    .text

# main: s0 turns   s1 checksum   s2 place
function main
    enter   3
    li      a2, 20000
    call    number_operand
    mv      s0, a0
    li      s1, 0
1:  la      a0, first
    la      a1, text
    call    strcpy
    la      a0, second
    la      a1, first
    call    strcpy
    andi    t0, s0, 63                  # make them differ at a place that moves
    la      t1, second
    add     t0, t0, t1
    lbu     t2, 0(t0)
    xori    t2, t2, 0x20
    sb      t2, 0(t0)
    la      a0, first
    la      a1, second
    call    strcmp
    add     s1, s1, a0
    la      a0, second
    call    strlen
    add     s1, s1, a0
    la      s2, first                   # search the word at every place
2:  lbu     t0, 0(s2)
    beqz    t0, 3f
    mv      a0, s2
    la      a1, word
    li      a2, 4
    call    strncmp
    addi    s2, s2, 1
    bnez    a0, 2b
    la      t0, first
    sub     t0, s2, t0
    add     s1, s1, t0
3:  slli    t0, s1, 5                   # mix
    xor     s1, s1, t0
    addi    s0, s0, -1
    bnez    s0, 1b
    load_string a0, "checksum %016x\n"
    mv      a1, s1
    call    printf
    li      a0, 0
    leave
