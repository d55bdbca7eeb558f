# sort: sorts the lines of its input by their bytes, or with -n by the numbers that they begin with.
# Usage: sort [-nru] [FILE]...   -r: the other way round; -u: of equal lines only the first

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/input.s"
    .include "lib/directory.s"

    program_name sort
    variable flags, 128
    variable reader, READER_BYTES
    variable lines                      # array of lines …
    variable line_count
    variable line_capacity

# main: s0 argc   s1 argv   s2 next line   s3 line before   s4 lines left
function main
    enter   5
    mv      s0, a0
    mv      s1, a1
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "nru"
    call    getopt
    bltz    a0, 2f
    la      t0, flags
    add     t0, t0, a0
    li      t1, 1
    sb      t1, 0(t0)
    li      t0, '?'
    bne     a0, t0, 1b
    li      a0, 2
    call    usage_error
2:  ld      t0, optind
    slli    t1, t0, 3
    add     s1, s1, t1
    blt     t0, s0, 3f
    load_string a0, "-"
    call    read_lines
    j       4f
3:  ld      a0, 0(s1)
    beqz    a0, 4f
    call    read_lines
    addi    s1, s1, 8
    j       3b
4:  ld      a0, lines
    ld      a1, line_count
    la      a2, compare_lines
    call    sort
    ld      s2, lines
    ld      s4, line_count
    li      s3, 0
5:  beqz    s4, 7f
    addi    s4, s4, -1
    ld      a1, 0(s2)
    addi    s2, s2, 8
    la      t0, flags
    lbu     t0, 'u'(t0)
    beqz    t0, 6f
    beqz    s3, 6f
    mv      a0, s3
    call    compare_keys
    beqz    a0, 5b
6:  ld      a0, -8(s2)
    mv      s3, a0
    call    puts
    j       5b
7:  li      a0, 0
    leave

# read_lines(a0 = name): adds its lines
function read_lines
    enter   2
    mv      s0, a0
    li      s1, 0
    load_string a1, "-"
    call    strcmp
    beqz    a0, 1f
    mv      a0, s0
    li      a1, O_RDONLY
    call    open
    mv      s1, a0
    bltz    a0, 8f
1:  la      a0, reader
    mv      a1, s1
    call    reader_open
2:  la      a0, reader
    call    read_line
    beqz    a0, 4f
    call    strndup
    mv      s1, a0
    ld      t0, line_count
    ld      t1, line_capacity
    bltu    t0, t1, 3f
    slli    t1, t1, 1
    addi    t1, t1, 1022
    sd      t1, line_capacity, t6
    ld      a0, lines
    slli    a1, t1, 3
    call    realloc
    sd      a0, lines, t6
3:  ld      t0, line_count
    ld      t1, lines
    slli    t2, t0, 3
    add     t1, t1, t2
    sd      s1, 0(t1)
    addi    t0, t0, 1
    sd      t0, line_count, t6
    j       2b
4:  la      t0, reader
    ld      a1, READER_ERROR(t0)
    bnez    a1, 9f
    ld      a0, READER_FD(t0)
    beqz    a0, 5f
    call    close
5:  leave
8:  call    strerror
    mv      a2, a0
    mv      a1, s0
    load_string a0, "cannot read: %s: %s"
    call    warnx
    li      a0, 2
    call    exit
9:  mv      a0, a1
    call    strerror
    mv      a2, a0
    mv      a1, s0
    load_string a0, "read failed: %s: %s"
    call    warnx
    li      a0, 2
    call    exit

# compare_lines(a0, a1 = lines): by key, then by bytes; -r turns both round
function compare_lines
    enter   2
    mv      s0, a0
    mv      s1, a1
    la      t0, flags
    lbu     t0, 'r'(t0)
    beqz    t0, 1f
    mv      s0, a1
    mv      s1, a0
1:  mv      a0, s0
    mv      a1, s1
    call    compare_keys
    bnez    a0, 2f
    mv      a0, s0
    mv      a1, s1
    call    strcmp
2:  leave

# compare_keys(a0, a1 = lines): their bytes, or with -n their numbers
function compare_keys
    la      t0, flags
    lbu     t0, 'n'(t0)
    beqz    t0, strcmp
    enter   2
    mv      s0, a1
    call    leading_number
    mv      s1, a0
    mv      a0, s0
    call    leading_number
    slt     t0, s1, a0
    sgt     t1, s1, a0
    sub     a0, t1, t0
    leave

# leading_number(a0 = text): the integer it begins with, after blanks, or 0
function leading_number
    enter   1
1:  lbu     t0, 0(a0)
    addi    a0, a0, 1
    li      t1, ' '
    beq     t0, t1, 1b
    li      t1, '\t'
    beq     t0, t1, 1b
    li      t1, '-'
    xor     s0, t0, t1
    seqz    s0, s0
    bnez    s0, 2f
    addi    a0, a0, -1
2:  li      a1, 10
    call    strtoul
    beqz    s0, 3f
    neg     a0, a0
3:  leave
