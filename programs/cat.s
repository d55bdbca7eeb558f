# cat: copies files to standard output. The plain loop of Unix input and output: open, read, write, close, and what
# to do when each of them fails.
# Usage: cat [-u] [FILE]...   A file named '-', or none, is standard input.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"

    program_name cat
    .equ    CHUNK, 65536
    variable buffer, CHUNK

# main: s0 argc   s1 argv   s2 exit status   s3 index of the operand
function main
    enter   4
    mv      s0, a0
    mv      s1, a1
    li      s2, 0
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "u"
    call    getopt
    li      t0, 'u'
    beq     a0, t0, 1b                  # -u: output is never buffered here anyway
    bltz    a0, 2f
    li      a0, 1
    call    usage_error
2:  la      t0, optind
    ld      s3, 0(t0)
    blt     s3, s0, 3f
    load_string a0, "-"                 # no operand: standard input
    call    copy_file
    or      s2, s2, a0
3:  bge     s3, s0, 4f
    slli    t0, s3, 3
    add     t0, t0, s1
    ld      a0, 0(t0)
    call    copy_file
    or      s2, s2, a0
    addi    s3, s3, 1
    j       3b
4:  mv      a0, s2
    leave

# copy_file(a0 = name): 0, or 1 after a message
#   s0 name   s1 fd   s2 result
function copy_file
    enter   3
    mv      s0, a0
    li      s1, 0
    li      s2, 0
    load_string a1, "-"
    call    strcmp
    beqz    a0, 1f
    mv      a0, s0
    li      a1, O_RDONLY
    call    open
    mv      s1, a0
    bltz    s1, 3f
1:  mv      a0, s1
    la      a1, buffer
    li      a2, CHUNK
    call    read
    beqz    a0, 4f                      # end of file
    bltz    a0, 3f
    mv      a2, a0
    li      a0, 1
    la      a1, buffer
    call    write_all
    beqz    a0, 1b
    mv      a1, a0                      # nothing more can be written: give up
    load_string a0, "write error"
    call    warn
    li      a0, 1
    call    exit
3:  mv      a1, a0
    mv      a0, s0
    call    warn
    li      s2, 1
4:  blez    s1, 5f
    mv      a0, s1
    call    close
5:  mv      a0, s2
    leave
