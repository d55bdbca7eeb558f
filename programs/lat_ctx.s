# lat_ctx: what a context switch costs, in the manner of lmbench's program of that name: N processes in a ring of pipes
# pass a token round; each touches an array of its own before it passes the token on. One turn is N switches.
# What the same reads, writes and touching cost without any switch (one process, the same pipes) is measured and subtracted.
# Usage: lat_ctx [-s BYTES] [-n TURNS] [PROCESSES]   BYTES may end in k.  Default: 2 processes, 0 bytes.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/measure.s"

    program_name lat_ctx
    .equ    MAXIMUM, 256
    .equ    WARM_UP, 8

    variable pipes, MAXIMUM * 8         # int[2] each: process i reads pipe i-1 and writes pipe i
    variable children, MAXIMUM * 8
    variable array                      # the bytes that a process touches
    variable array_bytes
    variable token

# main: s0 processes   s1 turns   s2 index   s3 overhead per step in cycles x turns x N   s4 the ring's cycles
function main
    enter   7
    mv      s5, a0
    mv      s6, a1
    li      s0, 2
    li      s1, 1000
1:  mv      a0, s5
    mv      a1, s6
    load_string a2, "s:n:"
    call    getopt
    bltz    a0, 4f
    li      t0, '?'
    beq     a0, t0, 3f
    mv      s2, a0
    la      t0, optarg
    ld      a0, 0(t0)
    call    parse_size
    beqz    a1, 3f
    li      t0, 's'
    bne     s2, t0, 2f
    la      t0, array_bytes
    sd      a0, 0(t0)
    j       1b
2:  mv      s1, a0
    bgtz    s1, 1b
3:  li      a0, 1
    call    usage_error
4:  la      t0, optind
    ld      t0, 0(t0)
    bge     t0, s5, 5f
    slli    t0, t0, 3
    add     t0, t0, s6
    ld      a0, 0(t0)
    call    parse_number
    mv      s0, a0
    beqz    a1, 3b
    li      t0, 2
    blt     s0, t0, 3b
    li      t0, MAXIMUM
    bgt     s0, t0, 3b
5:  la      t0, array_bytes
    ld      a0, 0(t0)
    call    malloc
    la      t0, array
    sd      a0, 0(t0)
    la      t0, array_bytes             # pages of its own for each process: written before, not shared after, fork
    ld      a2, 0(t0)
    li      a1, 1
    call    memset
    li      s2, 0
6:  la      a0, pipes
    slli    t0, s2, 3
    add     a0, a0, t0
    call    pipe
    bltz    a0, 11f
    addi    s2, s2, 1
    blt     s2, s0, 6b

    mv      a0, s0                      # overhead: one process does the work of all
    li      a1, WARM_UP
    call    pass_alone
    mv      a0, s0
    mv      a1, s1
    call    pass_alone
    mv      s3, a0

    li      s2, 1                       # the ring: processes 1 .. N-1 are children
7:  call    fork
    bltz    a0, 12f
    bnez    a0, 8f
    mv      a0, s2
    call    serve
8:  la      t0, children
    slli    t1, s2, 3
    add     t0, t0, t1
    sd      a0, 0(t0)
    addi    s2, s2, 1
    blt     s2, s0, 7b
    mv      a0, s0
    li      a1, WARM_UP
    call    pass_round
    mv      a0, s0
    mv      a1, s1
    call    pass_round
    mv      s4, a0
    call    stop_children

    load_string a0, "processes"
    mv      a1, s0
    call    print_value
    load_string a0, "bytes"
    la      t0, array_bytes
    ld      a1, 0(t0)
    call    print_value
    mul     s2, s0, s1                  # steps measured
    load_string a0, "overhead_cycles"
    mv      a1, s3
    mv      a2, s2
    call    print_ratio
    load_string a0, "cycles_per_switch"
    sub     a1, s4, s3
    mv      a2, s2
    call    print_ratio
    li      a0, 0
    leave
11: mv      a1, a0
    load_string a0, "pipe"
    j       13f
12: mv      s4, a0
    call    stop_children
    mv      a1, s4
    load_string a0, "fork"
13: call    warn
    li      a0, 1
    leave

# stop_children(): kills and reaps them
function stop_children
    enter   1
    la      s0, children
1:  ld      a0, 8(s0)
    blez    a0, 2f
    li      a1, SIGKILL
    call    kill
    ld      a0, 8(s0)
    li      a1, 0
    li      a2, 0
    call    waitpid
    addi    s0, s0, 8
    j       1b
2:  leave

# touch_array(): reads every doubleword of the array
function touch_array
    la      t0, array
    ld      t0, 0(t0)
    la      t1, array_bytes
    ld      t1, 0(t1)
    add     t1, t1, t0
    li      t3, 0
1:  bgeu    t0, t1, 2f
    ld      t2, 0(t0)
    add     t3, t3, t2
    addi    t0, t0, 8
    j       1b
2:  ret

# send(a0 = pipe number), receive(a0 = pipe number): the token
function send
    la      t0, pipes
    slli    a0, a0, 3
    add     t0, t0, a0
    lw      a0, 4(t0)
    la      a1, token
    li      a2, 4
    j       write
function receive
    la      t0, pipes
    slli    a0, a0, 3
    add     t0, t0, a0
    lw      a0, 0(t0)
    la      a1, token
    li      a2, 4
    j       read

# pass_alone(a0 = pipes, a1 = turns): a0 = cycles for sending, receiving and touching through every pipe in one process
#   s0 pipes   s1 turns   s2 start   s3 pipe
function pass_alone
    enter   4
    mv      s0, a0
    mv      s1, a1
    rdcycle s2
1:  li      s3, 0
2:  mv      a0, s3
    call    send
    mv      a0, s3
    call    receive
    call    touch_array
    addi    s3, s3, 1
    blt     s3, s0, 2b
    addi    s1, s1, -1
    bnez    s1, 1b
    rdcycle a0
    sub     a0, a0, s2
    leave

# pass_round(a0 = processes, a1 = turns): process 0's part: a0 = cycles
#   s0 the last pipe   s1 turns   s2 start
function pass_round
    enter   3
    addi    s0, a0, -1
    mv      s1, a1
    rdcycle s2
1:  li      a0, 0
    call    send
    mv      a0, s0
    call    receive
    call    touch_array
    addi    s1, s1, -1
    bnez    s1, 1b
    rdcycle a0
    sub     a0, a0, s2
    leave

# serve(a0 = number): a child's part, for ever
function serve
    enter   1
    mv      s0, a0
1:  addi    a0, s0, -1
    call    receive
    blez    a0, 2f
    call    touch_array
    mv      a0, s0
    call    send
    j       1b
2:  li      a0, 0
    call    _exit
