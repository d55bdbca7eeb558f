# dirname: a path without its last part.
# Usage: dirname PATH...

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"

    program_name dirname

# main: s0 next path
function main
    enter   1
    addi    s0, a1, 8
    ld      t0, 0(s0)
    bnez    t0, 1f
    load_string a0, "missing operand"
    call    warnx
    li      a0, 1
    call    usage_error
1:  ld      a0, 0(s0)
    beqz    a0, 9f
    addi    s0, s0, 8
    call    print_directory
    j       1b
9:  li      a0, 0
    leave

# print_directory(a0 = path)
function print_directory
    enter   1
    mv      s0, a0
    call    strlen
    add     t0, s0, a0
    li      t1, '/'
1:  beq     t0, s0, 4f                  # slashes at the end
    lbu     t2, -1(t0)
    bne     t2, t1, 2f
    addi    t0, t0, -1
    j       1b
2:  beq     t0, s0, 5f                  # the last part
    lbu     t2, -1(t0)
    beq     t2, t1, 3f
    addi    t0, t0, -1
    j       2b
3:  addi    t2, s0, 1                   # the slashes before it, but for the root's
    beq     t0, t2, 6f
    lbu     t2, -1(t0)
    bne     t2, t1, 6f
    addi    t0, t0, -1
    j       3b
4:  lbu     t2, 0(s0)                   # nothing but slashes, or nothing
    addi    t0, s0, 1
    beq     t2, t1, 6f
5:  load_string s0, "."
    j       7f
6:  sb      zero, 0(t0)
7:  mv      a0, s0
    call    puts
    leave
