# rm: removes files, and with -r directories with all that is in them: a recursion over the tree, files before their directory.
# Usage: rm [-rRf] FILE...   -f: what does not exist is no error.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/directory.s"

    program_name rm

    variable recursive
    variable force

# main: s0 argc   s1 argv   s2 status
function main
    enter   3
    mv      s0, a0
    mv      s1, a1
    li      s2, 0
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "rRf"
    call    getopt
    bltz    a0, 4f
    li      t0, '?'
    beq     a0, t0, usage
    li      t1, 1
    li      t0, 'f'
    beq     a0, t0, 2f
    sd      t1, recursive, t6
    j       1b
2:  sd      t1, force, t6
    j       1b
4:  ld      t0, optind
    blt     t0, s0, 5f
    ld      a0, force
    xori    a0, a0, 1
    beqz    a0, 7f
    load_string a0, "missing operand"
    call    warnx
usage:
    li      a0, 1
    call    usage_error
5:  slli    t0, t0, 3
    add     s1, s1, t0
6:  ld      a0, 0(s1)
    beqz    a0, 8f
    addi    s1, s1, 8
    call    remove
    or      s2, s2, a0
    j       6b
8:  mv      a0, s2
7:  leave

# remove(a0 = path): 0, or 1 after a message
#   s0 path   s1 names   s2 how many   s3 status   s4 path of an entry
function remove
    enter   5, STAT_BYTES
    mv      s0, a0
    li      s3, 0
    mv      a1, sp
    call    lstat
    bltz    a0, 6f
    lw      t0, STAT_MODE(sp)
    li      t1, S_IFMT
    and     t0, t0, t1
    li      t1, S_IFDIR
    beq     t0, t1, 1f
    mv      a0, s0
    call    unlink
    bltz    a0, 6f
    j       9f
1:  ld      t0, recursive
    bnez    t0, 2f
    li      a0, -EISDIR
    j       7f
2:  mv      a0, s0
    call    read_directory
    bltz    a0, 7f
    mv      s1, a0
    mv      s2, a1
3:  beqz    s2, 5f
    ld      a1, 0(s1)
    addi    s1, s1, 8
    addi    s2, s2, -1
    lbu     t0, 0(a1)                   # all but . and ..
    li      t1, '.'
    bne     t0, t1, 4f
    lbu     t0, 1(a1)
    beqz    t0, 3b
    bne     t0, t1, 4f
    lbu     t0, 2(a1)
    beqz    t0, 3b
4:  mv      a0, s0
    call    join_path
    mv      s4, a0
    call    remove
    or      s3, s3, a0
    mv      a0, s4
    call    free
    j       3b
5:  mv      a0, s0
    call    rmdir
    bltz    a0, 7f
    j       9f
6:  li      t0, -ENOENT
    bne     a0, t0, 7f
    ld      t0, force
    bnez    t0, 9f
7:  call    strerror
    mv      a2, a0
    mv      a1, s0
    load_string a0, "cannot remove '%s': %s"
    call    warnx
    li      s3, 1
9:  mv      a0, s3
    leave
