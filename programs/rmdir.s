# rmdir: removes empty directories.
# Usage: rmdir DIRECTORY...

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"

    program_name rmdir

# main: s0 next operand   s1 status   s2 operand
function main
    enter   3
    addi    s0, a1, 8
    li      s1, 0
    ld      t0, 0(s0)
    bnez    t0, 1f
    load_string a0, "missing operand"
    call    warnx
    li      a0, 1
    call    usage_error
1:  ld      s2, 0(s0)
    beqz    s2, 2f
    addi    s0, s0, 8
    mv      a0, s2
    call    rmdir
    bgez    a0, 1b
    call    strerror
    mv      a2, a0
    mv      a1, s2
    load_string a0, "failed to remove '%s': %s"
    call    warnx
    li      s1, 1
    j       1b
2:  mv      a0, s1
    leave
