# ln: makes links: another name for a file, or with -s a file that holds a path.
# Usage: ln [-sf] TARGET [NAME], or ln [-sf] TARGET... DIRECTORY

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/directory.s"
    .include "lib/target.s"

    program_name ln

    variable flags, 128                 # one byte an option letter: 1 if it was given

# main: s0 argc   s1 argv
function main
    enter   2
    mv      s0, a0
    mv      s1, a1
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "sf"
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
    sub     a1, s0, t0
    slli    t0, t0, 3
    add     a0, s1, t0
    li      t1, 1
    bne     a1, t1, 3f
    ld      s0, 0(a0)                   # TARGET alone: a link of the same name here
    mv      a0, s0
    call    basename
    mv      a1, a0
    mv      a0, s0
    unwind
    j       make_link
3:  mv      s0, a0
    mv      s1, a1
    call    two_operands
    mv      a0, s0
    mv      a1, s1
    la      a2, make_link
    unwind
    j       for_each_source

# make_link(a0 = target, a1 = name): 0, or 1 after a message
function make_link
    enter   3
    mv      s0, a0
    mv      s1, a1
    la      t0, flags
    lbu     t0, 'f'(t0)
    beqz    t0, 1f
    mv      a0, s1
    call    unlink
1:  la      t0, flags
    lbu     s2, 's'(t0)
    mv      a0, s0
    mv      a1, s1
    beqz    s2, 2f
    call    symlink
    j       3f
2:  call    link
3:  bltz    a0, 4f
    li      a0, 0
    leave
4:  mv      s0, a0
    call    strerror
    mv      a3, a0
    load_string a1, "symbolic"
    bnez    s2, 5f
    load_string a1, "hard"
5:  mv      a2, s1
    load_string a0, "failed to create %s link '%s': %s"
    call    warnx
    li      a0, 1
    leave
