# tr: replaces or deletes bytes of its input: a table of 256 entries, looked up for each byte.
# Usage: tr [-cs] SET1 SET2, tr -d [-c] SET1, tr -s [-c] SET1   Sets: bytes, ranges a-z, \n \t \\ \0OO, [:lower:] and such

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"

    program_name tr
    .equ    CHUNK, 16384
    variable buffer, CHUNK
    variable flags, 128
    variable set1, 1024                 # bytes of the sets, in order, 2 bytes each …
    variable set1_count
    variable set2, 1024
    variable set2_count
    variable member, 256                # 1: the byte is in SET1
    variable squeeze, 256               # 1: of such bytes in a row one is kept
    variable image, 256                 # what the byte becomes

# main: s0 argc   s1 argv
function main
    enter   2
    mv      s0, a0
    mv      s1, a1
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "+cds"
    call    getopt
    bltz    a0, 2f
    la      t0, flags
    add     t0, t0, a0
    li      t1, 1
    sb      t1, 0(t0)
    li      t0, '?'
    bne     a0, t0, 1b
    li      a0, 1
    call    usage_error
2:  ld      t0, optind
    sub     s0, s0, t0                  # operands
    slli    t0, t0, 3
    add     s1, s1, t0
    bnez    s0, 3f
    load_string a0, "missing operand"
    call    warnx
    li      a0, 1
    call    usage_error
3:  ld      a0, 0(s1)
    la      a1, set1
    call    parse_set
    sd      a0, set1_count, t6
    li      t0, 2
    blt     s0, t0, 4f
    ld      a0, 8(s1)
    la      a1, set2
    call    parse_set
    sd      a0, set2_count, t6
4:  la      t0, flags
    lbu     t0, 'd'(t0)
    bnez    t0, 5f
    li      t0, 2
    bge     s0, t0, 5f
    la      t0, flags
    lbu     t0, 's'(t0)
    bnez    t0, 5f
    load_string a0, "missing operand after '%s'"
    ld      a1, 0(s1)
    call    warnx
    li      a0, 1
    call    usage_error
5:  call    make_tables
    call    translate
    leave

# parse_set(a0 = text, a1 = array): how many bytes the set has
#   s0 text   s1 array   s2 count   s3 byte
function parse_set
    enter   4
    mv      s0, a0
    mv      s1, a1
    li      s2, 0
1:  lbu     t0, 0(s0)
    beqz    t0, 9f
    li      t1, '['
    bne     t0, t1, 2f
    lbu     t1, 1(s0)
    li      t2, ':'
    bne     t1, t2, 2f
    mv      a0, s0
    call    add_class
    bnez    a0, 1b
2:  call    set_byte
    mv      s3, a0
    lbu     t0, 0(s0)
    li      t1, '-'
    bne     t0, t1, 4f
    lbu     t0, 1(s0)
    beqz    t0, 4f
    addi    s0, s0, 1
    call    set_byte
3:  bgtu    s3, a0, 1b                  # a range
    slli    t0, s2, 1
    add     t0, t0, s1
    sh      s3, 0(t0)
    addi    s2, s2, 1
    addi    s3, s3, 1
    j       3b
4:  mv      a0, s3
    j       3b
9:  mv      a0, s2
    leave
set_byte:                               # the byte at s0, escapes decoded; s0 moves behind it
    lbu     a0, 0(s0)
    addi    s0, s0, 1
    li      t1, '\\'
    bne     a0, t1, 4f
    lbu     t0, 0(s0)
    beqz    t0, 4f
    addi    s0, s0, 1
    mv      a0, t0
    addi    t1, t0, -'0'
    li      t2, 8
    bltu    t1, t2, 2f
    la      t1, escapes
1:  lbu     t2, 0(t1)
    beqz    t2, 4f
    lbu     t3, 1(t1)
    addi    t1, t1, 2
    bne     t2, t0, 1b
    mv      a0, t3
    ret
2:  mv      a0, t1                      # up to three octal digits
    li      t3, 2
3:  lbu     t0, 0(s0)
    addi    t0, t0, -'0'
    bgeu    t0, t2, 4f
    slli    a0, a0, 3
    add     a0, a0, t0
    addi    s0, s0, 1
    addi    t3, t3, -1
    bnez    t3, 3b
4:  ret

# add_class(s0 at "[:"): adds the ranges of a class, moves s0 behind it; 1, or 0 if there is no such class
function add_class
    enter   1
    la      a7, classes
1:  lbu     t0, 0(a7)
    beqz    t0, 8f
    mv      a0, s0
    mv      a1, a7
    li      a2, 9
    call    memcmp
    beqz    a0, 2f
    addi    a7, a7, 16
    j       1b
2:  addi    a7, a7, 9
    li      t5, 3
3:  lbu     t0, 0(a7)                   # up to three ranges
    lbu     t1, 1(a7)
    addi    a7, a7, 2
    beqz    t1, 5f
4:  slli    t2, s2, 1
    add     t2, t2, s1
    sh      t0, 0(t2)
    addi    s2, s2, 1
    addi    t0, t0, 1
    bleu    t0, t1, 4b
    addi    t5, t5, -1
    bnez    t5, 3b
5:  unwind
    addi    s0, s0, 9
    li      a0, 1
    ret
8:  li      a0, 0
    leave

# make_tables(): from the sets
function make_tables
    la      t0, member
    la      t1, set1
    ld      t2, set1_count
    li      t6, 1
1:  beqz    t2, 2f
    lhu     t3, 0(t1)
    add     t3, t3, t0
    sb      t6, 0(t3)
    addi    t1, t1, 2
    addi    t2, t2, -1
    j       1b
2:  la      t1, flags
    lbu     t1, 'c'(t1)
    beqz    t1, 4f
    li      t2, 0                       # the complement: SET1 becomes all other bytes, in order
    la      t3, set1
    li      a3, 0
3:  add     t4, t0, t2
    lbu     t5, 0(t4)
    xori    t5, t5, 1
    sb      t5, 0(t4)
    beqz    t5, 5f
    sh      t2, 0(t3)
    addi    t3, t3, 2
    addi    a3, a3, 1
5:  addi    t2, t2, 1
    li      t4, 256
    bltu    t2, t4, 3b
    sd      a3, set1_count, t6
    li      t6, 1
4:  la      t0, image
    li      t1, 0
    li      t3, 256
6:  add     t2, t0, t1
    sb      t1, 0(t2)
    addi    t1, t1, 1
    bne     t1, t3, 6b
    ld      t1, set2_count
    beqz    t1, 9f
    la      t2, flags
    lbu     t2, 'd'(t2)
    bnez    t2, 9f
    la      t2, set1
    ld      t3, set1_count
    la      t4, set2
7:  beqz    t3, 9f
    lhu     t5, 0(t2)
    add     t5, t5, t0
    lhu     a0, 0(t4)
    sb      a0, 0(t5)
    addi    t2, t2, 2
    addi    t3, t3, -1
    addi    t1, t1, -1
    beqz    t1, 8f                      # the last byte of SET2 serves the rest
    addi    t4, t4, 2
    j       7b
8:  li      t1, 1
    j       7b
9:  la      t0, flags                   # -s: by the last set given
    lbu     t0, 's'(t0)
    beqz    t0, 13f
    la      t0, squeeze
    la      t1, set2
    ld      t2, set2_count
    bnez    t2, 11f
    la      t1, set1
    ld      t2, set1_count
11: beqz    t2, 13f
    lhu     t3, 0(t1)
    add     t3, t3, t0
    sb      t6, 0(t3)
    addi    t1, t1, 2
    addi    t2, t2, -1
    j       11b
13: ret

# translate(): standard input to standard output; the status
#   s0 delete   s1 place   s2 end   s3 byte written before
function translate
    enter   4
    la      t0, flags
    lbu     s0, 'd'(t0)
    li      s3, -1
1:  li      a0, 0
    la      a1, buffer
    li      a2, CHUNK
    call    read
    beqz    a0, 5f
    bltz    a0, 4f
    la      s1, buffer
    add     s2, s1, a0
2:  lbu     t0, 0(s1)
    addi    s1, s1, 1
    la      t1, member
    add     t1, t1, t0
    lbu     t1, 0(t1)
    and     t1, t1, s0
    bnez    t1, 3f
    la      t1, image
    add     t1, t1, t0
    lbu     a0, 0(t1)
    la      t1, squeeze
    add     t1, t1, a0
    lbu     t1, 0(t1)
    beqz    t1, 6f
    beq     a0, s3, 3f
6:  mv      s3, a0
    call    putchar
3:  bltu    s1, s2, 2b
    j       1b
4:  mv      a1, a0
    load_string a0, "read error"
    call    warn
    li      a0, 1
    leave
5:  li      a0, 0
    leave

    .section .rodata
escapes:
    .asciz  "n\nt\tr\ra\7b\10f\14v\13"
classes:                                # 9 bytes, then three ranges, padded to 16
    .ascii  "[:lower:]az\0\0\0\0\0"
    .ascii  "[:upper:]AZ\0\0\0\0\0"
    .ascii  "[:digit:]09\0\0\0\0\0"
    .ascii  "[:alpha:]AZaz\0\0\0"
    .ascii  "[:alnum:]09AZaz\0"
    .ascii  "[:space:]\t\r  \0\0\0"
    .ascii  "[:blank:]\t\t  \0\0\0"
    .byte   0
    .text
