# tee: copies standard input to standard output and to files.
# Usage: tee [-a] [FILE]...   -a: append

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"

    program_name tee
    .equ    CHUNK, 65536
    variable buffer, CHUNK

# main: s0 argc   s1 descriptors   s2 how many   s3 status   s4 flags for open   s5 next name   s6 bytes read
function main
    enter   8
    mv      s0, a0
    mv      s5, a1
    li      s3, 0
    li      s4, O_WRONLY | O_CREAT | O_TRUNC
1:  mv      a0, s0
    mv      a1, s5
    load_string a2, "ai"
    call    getopt
    bltz    a0, 3f
    li      t0, 'a'
    bne     a0, t0, 2f
    li      s4, O_WRONLY | O_CREAT | O_APPEND
    j       1b
2:  li      t0, '?'
    bne     a0, t0, 1b
    li      a0, 1
    call    usage_error
3:  slli    a0, s0, 3
    call    malloc
    mv      s1, a0
    li      t0, 1
    sd      t0, 0(s1)
    li      s2, 1
    ld      t0, optind
    slli    t0, t0, 3
    add     s5, s5, t0
4:  ld      a0, 0(s5)
    beqz    a0, 6f
    addi    s5, s5, 8
    mv      a1, s4
    li      a2, 0666
    call    open
    bltz    a0, 5f
    slli    t0, s2, 3
    add     t0, t0, s1
    sd      a0, 0(t0)
    addi    s2, s2, 1
    j       4b
5:  mv      a1, a0
    ld      a0, -8(s5)
    call    warn
    li      s3, 1
    j       4b
6:  li      a0, 0
    la      a1, buffer
    li      a2, CHUNK
    call    read
    li      t0, -EINTR
    beq     a0, t0, 6b
    blez    a0, 9f
    mv      s6, a0
    li      s7, 0
7:  slli    t0, s7, 3
    add     t0, t0, s1
    ld      a0, 0(t0)
    la      a1, buffer
    mv      a2, s6
    call    write_all
    beqz    a0, 8f
    mv      a1, a0
    load_string a0, "write error"
    call    warn
    li      s3, 1
8:  addi    s7, s7, 1
    blt     s7, s2, 7b
    j       6b
9:  mv      a0, s3
    leave
