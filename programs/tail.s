# tail: prints the last lines (or bytes) of its input.
# Usage: tail [-n [+]LINES | -c [+]BYTES | -LINES] [FILE]   Default: 10 lines. With '+': from that line or byte on.
# The whole input is kept in memory, which grows as needed: a pipe cannot be read backwards.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"

    program_name tail

# main: s0 argc   s1 argv   s2 count   s3 1: bytes   s4 1: from the beginning   s5 status   s6 several files
function main
    enter   8
    mv      s0, a0
    mv      s1, a1
    li      s2, 10
    li      s3, 0
    li      s4, 0
    li      s5, 0
    li      t0, 2
    blt     a0, t0, 1f
    ld      t0, 8(a1)                   # -LINES
    lbu     t1, 0(t0)
    li      t2, '-'
    bne     t1, t2, 1f
    addi    a0, t0, 1
    call    parse_number
    beqz    a1, 1f
    mv      s2, a0
    li      t1, 2
    sd      t1, optind, t6
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "n:c:"
    call    getopt
    bltz    a0, 4f
    li      t0, '?'
    bne     a0, t0, 2f
    li      a0, 1
    call    usage_error
2:  addi    s3, a0, -'c'
    seqz    s3, s3
    ld      a0, optarg
    lbu     t0, 0(a0)
    addi    t0, t0, -'+'
    seqz    s4, t0
    call    parse_number
    mv      s2, a0
    bgez    s2, 3f
    neg     s2, s2
3:  bnez    a1, 1b
    load_string a0, "invalid number: '%s'"
    ld      a1, optarg
    call    warnx
    li      a0, 1
    call    exit
4:  ld      t0, optind
    slli    t1, t0, 3
    add     s1, s1, t1
    sub     t0, s0, t0
    slti    s6, t0, 2
    xori    s6, s6, 1
    bgtz    t0, 5f
    load_string a0, "-"
    call    print_end
    j       9f
5:  li      s7, 0
6:  ld      a0, 0(s1)
    beqz    a0, 9f
    beqz    s6, 8f
    beqz    s7, 7f
    li      a0, '\n'
    call    putchar
7:  load_string a0, "==> %s <==\n"
    ld      a1, 0(s1)
    call    printf
8:  li      s7, 1
    ld      a0, 0(s1)
    addi    s1, s1, 8
    call    print_end
    j       6b
9:  mv      a0, s5
    leave

# print_end(a0 = name): part of main: uses its s2 .. s4, and sets s5 to 1 after a message
#   0(sp) name   8(sp) fd   16(sp) buffer   24(sp) bytes   32(sp) capacity
print_end:
    addi    sp, sp, -48
    sd      ra, 40(sp)
    sd      a0, 0(sp)
    sd      zero, 8(sp)
    sd      zero, 16(sp)
    sd      zero, 24(sp)
    sd      zero, 32(sp)
    load_string a1, "-"
    call    strcmp
    beqz    a0, 1f
    ld      a0, 0(sp)
    li      a1, O_RDONLY
    call    open
    sd      a0, 8(sp)
    bgez    a0, 1f
    call    strerror
    mv      a2, a0
    ld      a1, 0(sp)
    load_string a0, "cannot open '%s' for reading: %s"
    call    warnx
    li      s5, 1
    j       9f
1:  ld      t0, 24(sp)
    ld      t1, 32(sp)
    bltu    t0, t1, 2f
    slli    t1, t1, 1
    bnez    t1, 3f
    li      t1, 65536 - 16
3:  sd      t1, 32(sp)
    ld      a0, 16(sp)
    mv      a1, t1
    call    realloc
    sd      a0, 16(sp)
2:  ld      a0, 8(sp)
    ld      a1, 16(sp)
    ld      t0, 24(sp)
    ld      a2, 32(sp)
    sub     a2, a2, t0
    add     a1, a1, t0
    call    read
    blez    a0, 4f
    ld      t0, 24(sp)
    add     t0, t0, a0
    sd      t0, 24(sp)
    j       1b
4:  beqz    a0, 5f
    call    strerror
    mv      a2, a0
    ld      a1, 0(sp)
    load_string a0, "error reading '%s': %s"
    call    warnx
    li      s5, 1
5:  ld      t0, 16(sp)                  # t0 .. t1: all; t2: where to begin
    ld      t1, 24(sp)
    add     t1, t1, t0
    li      t5, '\n'
    beqz    s4, 7f
    mv      t2, t0                      # +COUNT: skip COUNT - 1
    addi    t3, s2, -1
    bnez    s3, 6f
10: blez    t3, 8f
    beq     t2, t1, 8f
    lbu     t4, 0(t2)
    addi    t2, t2, 1
    bne     t4, t5, 10b
    addi    t3, t3, -1
    j       10b
6:  blez    t3, 8f
    add     t2, t0, t3
    bleu    t2, t1, 8f
    mv      t2, t1
    j       8f
7:  mv      t2, t1
    bnez    s3, 12f
    mv      t3, s2                      # backwards over COUNT newlines, not counting one at the very end
    beqz    t3, 8f
    beq     t2, t0, 8f
    addi    t2, t2, -1
11: beq     t2, t0, 8f
    lbu     t4, -1(t2)
    addi    t2, t2, -1
    bne     t4, t5, 11b
    addi    t3, t3, -1
    bnez    t3, 11b
    addi    t2, t2, 1
    j       8f
12: sub     t2, t1, s2
    bgeu    t2, t0, 8f
    mv      t2, t0
8:  la      a0, stdout
    mv      a1, t2
    sub     a2, t1, t2
    call    fwrite
    ld      a0, 16(sp)
    call    free
9:  ld      ra, 40(sp)
    addi    sp, sp, 48
    ret
