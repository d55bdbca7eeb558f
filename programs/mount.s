# mount: without arguments lists what is mounted, from /proc/mounts; else mounts a file system.
# Usage: mount [-t TYPE] [-o OPTIONS] [SOURCE DIRECTORY]

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/input.s"

    program_name mount
    variable reader, READER_BYTES
    .equ    MS_RDONLY, 1

# main: s0 argc   s1 argv   s2 type   s3 options
function main
    enter   4
    mv      s0, a0
    mv      s1, a1
    li      s2, 0
    load_string s3, ""
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "t:o:"
    call    getopt
    bltz    a0, 4f
    ld      t1, optarg
    li      t0, 't'
    bne     a0, t0, 2f
    mv      s2, t1
    j       1b
2:  li      t0, 'o'
    bne     a0, t0, 3f
    mv      s3, t1
    j       1b
3:  li      a0, 1
    call    usage_error
4:  ld      t0, optind
    sub     t1, s0, t0
    beqz    t1, list
    li      t2, 2
    bne     t1, t2, 3b
    slli    t0, t0, 3
    add     s1, s1, t0
    mv      a0, s3
    load_string a1, "ro"
    call    strcmp
    li      a3, 0
    mv      a4, s3
    bnez    a0, 5f
    li      a3, MS_RDONLY
    load_string a4, ""
5:  ld      a0, 0(s1)
    ld      a1, 8(s1)
    mv      a2, s2
    call    mount
    bgez    a0, 6f
    mv      a1, a0
    ld      a0, 8(s1)
    call    warn
    li      a0, 32
    leave
6:  li      a0, 0
    leave

list:                                   # device directory type options 0 0
    load_string a0, "/proc/mounts"
    li      a1, O_RDONLY
    call    open
    bltz    a0, 9f
    mv      a1, a0
    la      a0, reader
    call    reader_open
7:  la      a0, reader
    call    read_line
    beqz    a0, 6b
    add     t0, a0, a1
    sb      zero, 0(t0)
    mv      a1, a0                      # cut at the spaces
    call    next_field
    mv      a2, a0
    call    next_field
    mv      a3, a0
    call    next_field
    mv      a4, a0
    call    next_field
    load_string a0, "%s on %s type %s (%s)\n"
    call    printf
    j       7b
9:  mv      a1, a0
    load_string a0, "/proc/mounts"
    call    warn
    li      a0, 1
    leave
next_field:                             # ends the field at a0 with a NUL; returns the next one
    lbu     t0, 0(a0)
    beqz    t0, 2f
    addi    a0, a0, 1
    li      t1, ' '
    bne     t0, t1, next_field
    sb      zero, -1(a0)
2:  ret
