# mv: renames files, or moves them to a directory. A rename within a file system changes names alone; no data moves.
# Usage: mv [-f] SOURCE DESTINATION, or mv [-f] SOURCE... DIRECTORY

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/directory.s"
    .include "lib/target.s"

    program_name mv

    variable flags, 128                 # one byte an option letter: 1 if it was given

# main: s0 argc   s1 argv
function main
    enter   2
    mv      s0, a0
    mv      s1, a1
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "f"
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
    mv      s0, a0
    mv      s1, a1
    call    two_operands
    mv      a0, s0
    mv      a1, s1
    la      a2, move
    unwind
    j       for_each_source

# move(a0 = from, a1 = to): 0, or 1 after a message
function move
    enter   3
    mv      s0, a0
    mv      s1, a1
    call    rename
    mv      s2, a0
    li      a0, 0
    bgez    s2, 2f
    mv      a0, s2
    call    strerror
    mv      a3, a0
    mv      a1, s0
    mv      a2, s1
    load_string a0, "cannot move '%s' to '%s': %s"
    li      t0, -ENOENT
    bne     s2, t0, 1f
    addi    sp, sp, -STAT_BYTES         # is it the source that does not exist?
    mv      a0, s0
    mv      a1, sp
    call    lstat
    addi    sp, sp, STAT_BYTES
    mv      s2, a0
    li      a0, -ENOENT
    call    strerror
    mv      a3, a0
    mv      a2, s1
    mv      a1, s0
    load_string a0, "cannot move '%s' to '%s': %s"
    bgez    s2, 1f
    mv      a2, a3
    load_string a0, "cannot stat '%s': %s"
1:  call    warnx
    li      a0, 1
2:  leave
