# yes: prints a line for ever. Ends when nobody reads any more: the write fails, or SIGPIPE comes first.
# Usage: yes [STRING]

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"

    program_name yes
    variable block, 8192

# main: s0 place in the block   s1 text   s2 its length
function main
    enter   3
    ld      s1, 8(a1)
    bnez    s1, 1f
    load_string s1, "y"
1:  mv      a0, s1
    call    strlen
    mv      s2, a0
    la      s0, block                   # as many lines as fit, so that a write carries many
    li      t0, 4096
    bgtu    s2, t0, 3f
2:  mv      a0, s0
    mv      a1, s1
    call    strcpy
    li      t0, '\n'
    sb      t0, 0(a0)
    addi    s0, a0, 1
    la      t0, block + 4096
    sub     t0, t0, s2
    bltu    s0, t0, 2b
3:  la      a1, block
    sub     a2, s0, a1
    li      a0, 1
    call    write_all
    beqz    a0, 3b
    mv      a1, a0
    load_string a0, "standard output"
    call    warn
    li      a0, 1
    leave
