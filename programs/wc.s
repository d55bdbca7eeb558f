# wc: counts lines, words and bytes. A state machine over bytes: a word begins where a non-space follows a space.
# Usage: wc [-lwc] [FILE]...   Columns are as wide as the largest number can be, as GNU's wc has them.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"

    program_name wc
    .equ    CHUNK, 65536
    variable buffer, CHUNK
    variable total, 24                  # lines, words, bytes
    variable show, 24                   # which of the three to print
    variable width

# main: s0 argc   s1 argv   s2 status   s3 operand   s4 operands
function main
    enter   5
    mv      s0, a0
    mv      s1, a1
    li      s2, 0
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "lwc"
    call    getopt
    bltz    a0, 3f
    la      t0, show
    li      t1, 1
    li      t2, 'l'
    beq     a0, t2, 2f
    addi    t0, t0, 8
    li      t2, 'w'
    beq     a0, t2, 2f
    addi    t0, t0, 8
    li      t2, 'c'
    beq     a0, t2, 2f
    li      a0, 1
    call    usage_error
2:  sd      t1, 0(t0)
    j       1b
3:  la      t0, show
    ld      t1, 0(t0)
    ld      t2, 8(t0)
    ld      t3, 16(t0)
    add     t1, t1, t2
    add     t1, t1, t3
    bnez    t1, 4f
    li      t1, 1                       # no option: all three
    sd      t1, 0(t0)
    sd      t1, 8(t0)
    sd      t1, 16(t0)
    li      t1, 3
4:  la      t0, optind
    ld      s3, 0(t0)
    sub     s4, s0, s3
    mv      a0, t1
    mv      a1, s4
    slli    a2, s3, 3
    add     a2, a2, s1
    call    choose_width
    bgtz    s4, 5f
    li      a0, 0
    load_string a1, "-"
    li      a2, 0
    call    count
    or      s2, s2, a0
    j       7f
5:  slli    t0, s3, 3
    add     t0, t0, s1
    ld      a0, 0(t0)
    call    count_file
    or      s2, s2, a0
    addi    s3, s3, 1
    blt     s3, s0, 5b
    li      t0, 2
    blt     s4, t0, 7f
    la      a0, total
    load_string a1, "total"
    call    print_counts
7:  mv      a0, s2
    leave

# choose_width(a0 = columns, a1 = operands, a2 = names): digits of the summed sizes of the regular files, at least 7
# if there is another kind of file, 1 if a single number of a single file is asked for
#   s0 names left   s1 name   s2 sum   s3 minimum
function choose_width
    enter   4, STAT_BYTES
    la      t0, width
    li      t1, 1
    sd      t1, 0(t0)
    li      s2, 0
    li      s3, 1
    mv      s0, a1
    mv      s1, a2
    bgtz    a1, 1f
    li      t0, 1
    beq     a0, t0, 9f
    li      a0, 0                       # standard input alone
    mv      a1, sp
    call    fstat
    li      s0, 1
    j       3f
1:  bne     a1, t1, 2f
    beq     a0, t1, 9f
2:  ld      a0, 0(s1)
    load_string a1, "-"
    call    strcmp
    mv      a1, sp
    bnez    a0, 10f
    call    fstat                       # a0 = 0: standard input
    j       11f
10: ld      a0, 0(s1)
    call    stat
11: addi    s1, s1, 8
3:  bltz    a0, 5f
    lw      t0, STAT_MODE(sp)
    li      t1, S_IFMT
    and     t0, t0, t1
    li      t1, S_IFREG
    beq     t0, t1, 4f
    li      s3, 7
    j       5f
4:  ld      t0, STAT_SIZE(sp)
    add     s2, s2, t0
5:  addi    s0, s0, -1
    bnez    s0, 2b
    li      t0, 1
    li      t1, 10
6:  bltu    s2, t1, 7f
    divu    s2, s2, t1
    addi    t0, t0, 1
    j       6b
7:  bge     t0, s3, 8f
    mv      t0, s3
8:  la      t1, width
    sd      t0, 0(t1)
9:  leave

# count_file(a0 = name): 0, or 1 after a message
function count_file
    enter   2
    mv      s0, a0
    load_string a1, "-"
    call    strcmp
    li      s1, 0
    beqz    a0, 1f
    mv      a0, s0
    li      a1, O_RDONLY
    call    open
    mv      s1, a0
    bgez    a0, 1f
    mv      a1, a0
    mv      a0, s0
    call    warn
    li      a0, 1
    j       2f
1:  mv      a0, s1
    mv      a1, s0
    li      a2, 1
    call    count
    mv      s0, a0
    beqz    s1, 3f
    mv      a0, s1
    call    close
3:  mv      a0, s0
2:  leave

# count(a0 = fd, a1 = name, a2 = print the name): 0, or 1 after a message
#   s0 fd   s1 name   s2 lines   s3 words   s4 bytes   s5 1 inside a word   s6 status   s7 name to print, or 0
function count
    enter   8, 24
    mv      s0, a0
    mv      s1, a1
    li      s2, 0
    li      s3, 0
    li      s4, 0
    li      s5, 0
    li      s6, 0
    mv      s7, zero
    beqz    a2, 1f
    mv      s7, a1
1:  mv      a0, s0
    la      a1, buffer
    li      a2, CHUNK
    call    read
    beqz    a0, 6f
    bltz    a0, 5f
    add     s4, s4, a0
    la      t0, buffer
    add     t1, t0, a0
    li      t2, '\n'
    li      t3, ' '
    li      t6, 5
2:  lbu     t4, 0(t0)
    addi    t0, t0, 1
    xor     t5, t4, t2
    seqz    t5, t5
    add     s2, s2, t5
    beq     t4, t3, 3f
    addi    t5, t4, -9                  # \t \n \v \f \r are 9..13
    bltu    t5, t6, 3f
    xori    t5, s5, 1                   # a byte of a word: the first one counts it
    add     s3, s3, t5
    li      s5, 1
    bltu    t0, t1, 2b
    j       1b
3:  li      s5, 0
    bltu    t0, t1, 2b
    j       1b
5:  mv      a1, a0
    mv      a0, s1
    call    warn
    li      s6, 1
6:  sd      s2, 0(sp)
    sd      s3, 8(sp)
    sd      s4, 16(sp)
    la      t0, total
    ld      t1, 0(t0)
    add     t1, t1, s2
    sd      t1, 0(t0)
    ld      t1, 8(t0)
    add     t1, t1, s3
    sd      t1, 8(t0)
    ld      t1, 16(t0)
    add     t1, t1, s4
    sd      t1, 16(t0)
    mv      a0, sp
    mv      a1, s7
    call    print_counts
    mv      a0, s6
    leave

# print_counts(a0 = the three numbers, a1 = name or 0)
function print_counts
    enter   4
    mv      s0, a0
    mv      s1, a1
    la      s2, show
    li      s3, 0                       # spaces before the next column
1:  ld      t0, 0(s2)
    beqz    t0, 2f
    load_string a0, "%*s%*u"
    mv      a1, s3
    load_string a2, ""
    la      t0, width
    ld      a3, 0(t0)
    ld      a4, 0(s0)
    call    printf
    li      s3, 1
2:  addi    s0, s0, 8
    addi    s2, s2, 8
    la      t0, show + 24
    bltu    s2, t0, 1b
    beqz    s1, 3f
    load_string a0, " %s"
    mv      a1, s1
    call    printf
3:  li      a0, '\n'
    call    putchar
    leave
