# uniq: of equal lines that follow each other prints one.
# Usage: uniq [-cdu] [FILE]   -c: with their count; -d: only those that were repeated; -u: only those that were not

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/input.s"

    program_name uniq
    variable flags, 128
    variable reader, READER_BYTES

# main: s0 argc   s1 argv   s2 line before, or 0   s3 its count   s4 line
function main
    enter   5
    mv      s0, a0
    mv      s1, a1
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "cdu"
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
    li      a1, 0
    bge     t0, s0, 3f
    slli    t0, t0, 3
    add     t0, t0, s1
    ld      a0, 0(t0)
    mv      s1, a0
    li      a1, O_RDONLY
    call    open
    mv      a1, a0
    bgez    a0, 3f
    mv      a0, s1
    call    warn
    li      a0, 1
    leave
3:  la      a0, reader
    call    reader_open
    li      s2, 0
4:  la      a0, reader
    call    read_line
    beqz    a0, 7f
    call    strndup
    mv      s4, a0
    beqz    s2, 6f
    mv      a1, s2
    call    strcmp
    bnez    a0, 5f
    addi    s3, s3, 1
    mv      a0, s4
    call    free
    j       4b
5:  call    print_group
    mv      a0, s2
    call    free
6:  mv      s2, s4
    li      s3, 1
    j       4b
7:  beqz    s2, 8f
    call    print_group
8:  li      a0, 0
    leave

# print_group(): line s2, which came s3 times
print_group:
    la      t0, flags
    addi    t1, s3, -1
    lbu     t2, 'd'(t0)
    beqz    t2, 1f
    beqz    t1, 3f
1:  lbu     t2, 'u'(t0)
    beqz    t2, 2f
    bnez    t1, 3f
2:  lbu     t2, 'c'(t0)
    mv      a0, s2
    beqz    t2, puts
    load_string a0, "%7u %s\n"
    mv      a1, s3
    mv      a2, s2
    j       printf
3:  ret
