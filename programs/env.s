# env: prints the environment, or runs a command in a changed one.
# Usage: env [-i] [-u NAME]... [NAME=VALUE]... [COMMAND [ARGUMENT]...]

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/environment.s"

    program_name env

# main: s0 argc   s1 argv   s2 next operand
function main
    enter   3
    mv      s0, a0
    mv      s1, a1
    mv      a0, a2
    call    copy_environment
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "+iu:"
    call    getopt
    bltz    a0, 4f
    li      t0, 'i'
    beq     a0, t0, 2f
    li      t0, 'u'
    beq     a0, t0, 3f
    li      a0, 125
    call    usage_error
2:  la      a0, environ
    ld      a0, 0(a0)
    sd      zero, 0(a0)
    j       1b
3:  ld      a0, optarg
    call    unsetenv
    j       1b
4:  ld      t0, optind
    slli    t0, t0, 3
    add     s2, s1, t0
5:  ld      s1, 0(s2)
    beqz    s1, 7f
    mv      a0, s1
    li      a1, '='
    call    strchr
    beqz    a0, 6f
    mv      a0, s1
    call    putenv
    addi    s2, s2, 8
    j       5b
6:  mv      a0, s1
    mv      a1, s2
    call    execvp
    mv      s0, a0
    call    strerror
    mv      a2, a0
    mv      a1, s1
    load_string a0, "'%s': %s"
    call    warnx
    li      t0, -ENOENT
    li      a0, 127
    beq     s0, t0, 8f
    li      a0, 126
    j       8f
7:  ld      s2, environ                 # no command: print it
9:  ld      a0, 0(s2)
    beqz    a0, 8f
    call    puts
    addi    s2, s2, 8
    j       9b
8:  leave
