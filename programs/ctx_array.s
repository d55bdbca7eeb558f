# ctx_array: what a context switch costs when the programs have a working set, after Li, Ding and Shen ("Quantifying the
# cost of context switch", 2007). Two processes pass a token through two pipes; after each receipt the receiver walks an
# array of its own of -a bytes with stride -s. The same sends, receipts and walks in one process, without switches, are what
# to subtract: run again with -m single.
# Usage: ctx_array [-m processes|threads|pinned|single|call] [-a BYTES] [-s STRIDE] [-n ROUNDS] [-w]
#   -m pinned: two processes bound to processor 0 by sched_setaffinity.   -w writes each element too.
#   -m call: a null system call (getppid) before each walk instead of a switch.
# Prints cycles_per_switch: a round has two.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/measure.s"

    program_name ctx_array
    .equ    WARM_UP, 8
    .equ    CLONE_VM, 0x100
    .equ    CLONE_FS, 0x200
    .equ    CLONE_FILES, 0x400
    .equ    CLONE_SIGHAND, 0x800
    .equ    CLONE_THREAD, 0x10000
    .equ    CLONE_SYSVSEM, 0x40000
    .equ    STACK_BYTES, 16384

    variable ping                       # int[2]: the parent writes, the partner reads
    variable pong                       # int[2]: the other way
    variable token
    variable array_bytes
    variable stride
    variable writing                    # -w
    variable array                      # the walker's own
    variable partner_array              # the second thread's
    variable mode                       # 'p', 't', 's', 'c'
    variable processors                 # of -m pinned: a mask; none without it

# main: s0 rounds   s1 partner's pid   s2 cycles   s5 argc   s6 argv   s3 option
function main
    enter   7
    mv      s5, a0
    mv      s6, a1
    li      s0, 500
    la      t0, stride
    li      t1, 64
    sd      t1, 0(t0)
    la      t0, mode
    li      t1, 'p'
    sd      t1, 0(t0)
1:  mv      a0, s5
    mv      a1, s6
    load_string a2, "m:a:s:n:w"
    call    getopt
    bltz    a0, 6f
    li      t0, '?'
    beq     a0, t0, 5f
    mv      s3, a0
    li      t0, 'w'
    bne     a0, t0, 2f
    la      t0, writing
    sd      a0, 0(t0)
    j       1b
2:  la      t0, optarg
    ld      a0, 0(t0)
    li      t0, 'm'
    bne     s3, t0, 3f
    lbu     t1, 0(a0)
    la      t0, mode
    sd      t1, 0(t0)
    load_string a1, "pinned"
    call    strcmp
    bnez    a0, 1b
    la      t0, processors
    li      t1, 1                       # processor 0
    sd      t1, 0(t0)
    j       1b
3:  call    parse_size
    beqz    a1, 5f
    li      t0, 'n'
    bne     s3, t0, 4f
    mv      s0, a0
    bgtz    s0, 1b
    j       5f
4:  la      t1, array_bytes
    li      t0, 'a'
    beq     s3, t0, 7f
    la      t1, stride
    blez    a0, 5f
7:  sd      a0, 0(t1)
    j       1b
5:  li      a0, 1
    call    usage_error

6:  la      t0, processors
    ld      t0, 0(t0)
    beqz    t0, 8f
    li      a0, 0                       # this process; the partner inherits it
    li      a1, 8
    la      a2, processors
    call    sched_setaffinity
    bltz    a0, .Lpinning_failed
8:  la      a0, array
    call    new_array
    la      a0, ping
    call    pipe
    bltz    a0, .Lpipe_failed
    la      a0, pong
    call    pipe
    bltz    a0, .Lpipe_failed
    la      t0, mode
    ld      t0, 0(t0)
    li      t1, 's'
    beq     t0, t1, .Lsingle
    li      t1, 'c'
    beq     t0, t1, .Lcall
    li      t1, 't'
    beq     t0, t1, .Lthreads
    call    fork
    bltz    a0, .Lfork_failed
    mv      s1, a0
    bnez    a0, .Lparent
    la      a0, array                   # pages of its own: written after the fork
    call    fill_array
    la      a0, array
    call    partner
.Lparent:
    la      a0, array
    call    fill_array
    li      a0, WARM_UP
    call    pass_round
    mv      a0, s0
    call    pass_round
    mv      s2, a0
    mv      a0, s1
    li      a1, SIGKILL
    call    kill
    mv      a0, s1
    li      a1, 0
    li      a2, 0
    call    waitpid
    j       .Lreport
.Lthreads:
    la      a0, partner_array
    call    new_array
    li      a0, 0
    li      a1, STACK_BYTES
    li      a2, PROT_READ | PROT_WRITE
    li      a3, MAP_PRIVATE | MAP_ANONYMOUS
    li      a4, -1
    li      a5, 0
    call    mmap
    bltz    a0, .Lfork_failed
    li      t0, STACK_BYTES
    add     a1, a0, t0
    li      a0, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM
    li      a2, 0
    li      a3, 0
    li      a4, 0
    call    clone
    bltz    a0, .Lfork_failed
    bnez    a0, 1f
    la      a0, partner_array
    call    partner
1:  li      a0, WARM_UP
    call    pass_round
    mv      a0, s0
    call    pass_round
    mv      s2, a0
    j       .Lreport
.Lsingle:
    li      a0, WARM_UP
    call    pass_alone
    mv      a0, s0
    call    pass_alone
    mv      s2, a0
    j       .Lreport
.Lcall:
    li      a0, WARM_UP
    call    call_and_walk
    mv      a0, s0
    call    call_and_walk
    mv      s2, a0
.Lreport:
    load_string a0, "bytes"
    la      t0, array_bytes
    ld      a1, 0(t0)
    call    print_value
    load_string a0, "cycles_per_switch"
    mv      a1, s2
    slli    a2, s0, 1
    call    print_ratio
    li      a0, 0
    leave
.Lpipe_failed:
    mv      a1, a0
    load_string a0, "pipe"
    j       1f
.Lpinning_failed:
    mv      a1, a0
    load_string a0, "sched_setaffinity"
    j       1f
.Lfork_failed:
    mv      a1, a0
    load_string a0, "clone"
1:  call    warn
    li      a0, 1
    leave

# new_array(a0 = where to put its address): memory for the array, written once
function new_array
    enter   1
    mv      s0, a0
    la      t0, array_bytes
    ld      a0, 0(t0)
    addi    a0, a0, 64                  # the walk may start inside the last stride
    call    malloc
    addi    a0, a0, 63                  # on a cache line
    andi    a0, a0, -64
    sd      a0, 0(s0)
    mv      a0, s0
    call    fill_array
    leave

# fill_array(a0 = where its address stands)
function fill_array
    ld      a0, 0(a0)
    la      t0, array_bytes
    ld      a2, 0(t0)
    li      a1, 1
    j       memset

# walk(a0 = where the array's address stands): each element of the walk is read, and with -w written
function walk
    ld      a0, 0(a0)
    la      t0, array_bytes
    ld      t1, 0(t0)
    add     t1, t1, a0
    la      t0, stride
    ld      t2, 0(t0)
    la      t0, writing
    ld      t0, 0(t0)
    bnez    t0, 2f
1:  bgeu    a0, t1, 3f
    ld      t3, 0(a0)
    add     a0, a0, t2
    j       1b
2:  bgeu    a0, t1, 3f
    ld      t3, 0(a0)
    addi    t3, t3, 1
    sd      t3, 0(a0)
    add     a0, a0, t2
    j       2b
3:  ret

# send(a0 = pipe), receive(a0 = pipe): the token
function send
    lw      a0, 4(a0)
    la      a1, token
    li      a2, 1
    j       write
function receive
    lw      a0, 0(a0)
    la      a1, token
    li      a2, 1
    j       read

# pass_round(a0 = rounds): the parent's part; a0 = cycles
function pass_round
    enter   2
    mv      s0, a0
    rdcycle s1
1:  la      a0, ping
    call    send
    la      a0, pong
    call    receive
    la      a0, array
    call    walk
    addi    s0, s0, -1
    bnez    s0, 1b
    rdcycle a0
    sub     a0, a0, s1
    leave

# partner(a0 = where its array's address stands): the other's part, for ever
function partner
    enter   1
    mv      s0, a0
1:  la      a0, ping
    call    receive
    blez    a0, 2f
    mv      a0, s0
    call    walk
    la      a0, pong
    call    send
    j       1b
2:  li      a0, 0
    call    _exit

# pass_alone(a0 = rounds): the work of both in one process, without a switch; a0 = cycles
function pass_alone
    enter   2
    mv      s0, a0
    rdcycle s1
1:  la      a0, ping
    call    send
    la      a0, ping
    call    receive
    la      a0, array
    call    walk
    la      a0, pong
    call    send
    la      a0, pong
    call    receive
    la      a0, array
    call    walk
    addi    s0, s0, -1
    bnez    s0, 1b
    rdcycle a0
    sub     a0, a0, s1
    leave

# call_and_walk(a0 = rounds): two null system calls, each before a walk; a0 = cycles
function call_and_walk
    enter   2
    mv      s0, a0
    rdcycle s1
1:  call    getppid
    la      a0, array
    call    walk
    call    getppid
    la      a0, array
    call    walk
    addi    s0, s0, -1
    bnez    s0, 1b
    rdcycle a0
    sub     a0, a0, s1
    leave
