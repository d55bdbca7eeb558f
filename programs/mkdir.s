# mkdir: makes directories.
# Usage: mkdir [-p] [-m OCTAL] DIRECTORY...   -p: parents as well, and no complaint about what exists.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"

    program_name mkdir

# main: s0 argc   s1 argv   s2 status   s3 parents   s4 mode   s5 operand   s6 place in the path
function main
    enter   8
    mv      s0, a0
    mv      s1, a1
    li      s2, 0
    li      s3, 0
    li      s4, 0777
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "pm:"
    call    getopt
    bltz    a0, 3f
    li      t0, 'p'
    bne     a0, t0, 2f
    li      s3, 1
    j       1b
2:  li      t0, 'm'
    bne     a0, t0, usage
    ld      a0, optarg
    li      a1, 8
    call    strtoul
    mv      s4, a0
    j       1b
3:  ld      t0, optind
    bge     t0, s0, missing
    slli    t0, t0, 3
    add     s1, s1, t0
4:  ld      s5, 0(s1)
    beqz    s5, 9f
    addi    s1, s1, 8
    beqz    s3, 7f
    mv      s6, s5                      # -p: each prefix that ends before a slash
5:  lbu     t0, 0(s6)
    beqz    t0, 7f
    addi    s6, s6, 1
    lbu     t0, 0(s6)
    li      t1, '/'
    bne     t0, t1, 5b
    sb      zero, 0(s6)
    mv      a0, s5
    li      a1, 0777
    call    mkdir
    mv      s7, a0
    li      t0, '/'
    sb      t0, 0(s6)
    bgez    a0, 5b
    li      t0, -EEXIST
    beq     a0, t0, 5b
    li      t0, -EISDIR
    beq     a0, t0, 5b
    sb      zero, 0(s6)
    j       8f
7:  mv      a0, s5
    mv      a1, s4
    call    mkdir
    mv      s7, a0
    bgez    a0, 4b
    beqz    s3, 8f
    li      t0, -EEXIST
    bne     a0, t0, 8f
    mv      a0, s5                      # it exists: fine with -p, if it is a directory
    li      a1, O_RDONLY | O_DIRECTORY
    call    open
    bltz    a0, 8f
    call    close
    j       4b
8:  mv      a0, s7
    call    strerror
    mv      a2, a0
    mv      a1, s5
    load_string a0, "cannot create directory '%s': %s"
    call    warnx
    li      s2, 1
    j       4b
9:  mv      a0, s2
    leave
missing:
    load_string a0, "missing operand"
    call    warnx
usage:
    li      a0, 1
    call    usage_error
