# touch: makes files that do not exist, and sets the times of those that do to now.
# Usage: touch [-c] FILE...   -c: make nothing

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"

    program_name touch

# main: s0 argc   s1 argv   s2 status   s3 operand   s4 make nothing
function main
    enter   5
    mv      s0, a0
    mv      s1, a1
    li      s2, 0
    li      s4, 0
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "cam"
    call    getopt
    bltz    a0, 3f
    li      t0, '?'
    bne     a0, t0, 2f
    li      a0, 1
    call    usage_error
2:  li      t0, 'c'
    bne     a0, t0, 1b
    li      s4, 1
    j       1b
3:  ld      t0, optind
    blt     t0, s0, 4f
    load_string a0, "missing file operand"
    call    warnx
    li      a0, 1
    call    usage_error
4:  slli    t0, t0, 3
    add     s1, s1, t0
5:  ld      s3, 0(s1)
    beqz    s3, 9f
    addi    s1, s1, 8
    li      a0, AT_FDCWD
    mv      a1, s3
    li      a2, 0                       # both times: now
    li      a3, 0
    call    utimensat
    bgez    a0, 5b
    li      t0, -ENOENT
    bne     a0, t0, 6f
    bnez    s4, 5b
    mv      a0, s3
    li      a1, O_WRONLY | O_CREAT
    li      a2, 0666
    call    open
    bltz    a0, 6f
    call    close
    j       5b
6:  call    strerror
    mv      a2, a0
    mv      a1, s3
    load_string a0, "cannot touch '%s': %s"
    call    warnx
    li      s2, 1
    j       5b
9:  mv      a0, s2
    leave
