# tick: what the timer tick and the length of the quantum cost, after Tsafrir ("The context-switch overhead inflicted by
# hardware interrupts", 2007). -k processes each walk an array of -a bytes -w times, sharing the processor; a further process
# sleeps -s microseconds again and again and notes how late it wakes.
# Usage: tick [-k PROCESSES] [-a BYTES] [-w WALKS] [-s MICROSECONDS]
# Prints cycles for all the work; with -s also the mean and the longest lateness in microseconds.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/measure.s"

    program_name tick

    variable processes
    variable array_bytes
    variable walks
    variable sleep_us
    variable array
    variable shared                     # page shared with the sleeper: count, total, longest (ns)
    variable sleeper

# main: s0 start   s1 left   s3 option   s5 argc   s6 argv
function main
    enter   7
    mv      s5, a0
    mv      s6, a1
    la      t0, processes
    li      t1, 1
    sd      t1, 0(t0)
    la      t0, array_bytes
    li      t1, 8192
    sd      t1, 0(t0)
    la      t0, walks
    li      t1, 1000
    sd      t1, 0(t0)
1:  mv      a0, s5
    mv      a1, s6
    load_string a2, "k:a:w:s:"
    call    getopt
    bltz    a0, 4f
    li      t0, '?'
    beq     a0, t0, 3f
    mv      s3, a0
    la      t0, optarg
    ld      a0, 0(t0)
    call    parse_size
    beqz    a1, 3f
    la      t1, processes
    li      t0, 'k'
    beq     s3, t0, 2f
    la      t1, array_bytes
    li      t0, 'a'
    beq     s3, t0, 2f
    la      t1, walks
    li      t0, 'w'
    beq     s3, t0, 2f
    la      t1, sleep_us
2:  sd      a0, 0(t1)
    j       1b
3:  li      a0, 1
    call    usage_error

4:  li      a0, 0
    li      a1, 4096
    li      a2, PROT_READ | PROT_WRITE
    li      a3, MAP_SHARED | MAP_ANONYMOUS
    li      a4, -1
    li      a5, 0
    call    mmap
    bltz    a0, 9f
    la      t0, shared
    sd      a0, 0(t0)
    la      t0, array_bytes
    ld      a0, 0(t0)
    call    malloc
    la      t0, array
    sd      a0, 0(t0)
    la      t0, sleep_us
    ld      t0, 0(t0)
    beqz    t0, 5f
    call    fork
    bltz    a0, 9f
    bnez    a0, 10f
    call    sleep_again
10: la      t0, sleeper
    sd      a0, 0(t0)
5:  rdcycle s0
    la      t0, processes
    ld      s1, 0(t0)
6:  call    fork
    bltz    a0, 9f
    bnez    a0, 7f
    call    work
    li      a0, 0
    call    _exit
7:  addi    s1, s1, -1
    bnez    s1, 6b
    la      t0, processes
    ld      s1, 0(t0)
8:  la      t0, sleeper                 # the sleeper never ends: only workers are reaped
    li      a0, 0
    call    wait
    bltz    a0, 9f
    addi    s1, s1, -1
    bnez    s1, 8b
    rdcycle t0
    sub     s0, t0, s0
    la      t0, sleeper
    ld      a0, 0(t0)
    beqz    a0, 11f
    li      a1, SIGKILL
    call    kill
    li      a0, 0
    call    wait
11: load_string a0, "cycles"
    mv      a1, s0
    call    print_value
    la      t0, sleeper
    ld      t0, 0(t0)
    beqz    t0, 12f
    la      t0, shared
    ld      s3, 0(t0)
    load_string a0, "wakeups"
    ld      a1, 0(s3)
    call    print_value
    ld      a2, 0(s3)
    beqz    a2, 12f
    li      t0, 1000
    mul     a2, a2, t0
    ld      a1, 8(s3)
    load_string a0, "lateness_mean_us"
    call    print_ratio
    load_string a0, "lateness_longest_us"
    ld      a1, 16(s3)
    li      a2, 1000
    call    print_ratio
12: li      a0, 0
    leave
9:  mv      a1, a0
    load_string a0, "fork"
    call    warn
    li      a0, 1
    leave

# work(): a worker's part: walks its array line by line
function work
    enter   1
    la      t0, array                   # pages of its own
    ld      a0, 0(t0)
    la      t0, array_bytes
    ld      a2, 0(t0)
    li      a1, 1
    call    memset
    la      t0, walks
    ld      s0, 0(t0)
1:  la      t0, array
    ld      t0, 0(t0)
    la      t1, array_bytes
    ld      t1, 0(t1)
    add     t1, t1, t0
2:  bgeu    t0, t1, 3f
    ld      t2, 0(t0)
    addi    t0, t0, 64
    j       2b
3:  addi    s0, s0, -1
    bnez    s0, 1b
    leave

# sleep_again(): sleeps until times sleep_us apart, and notes how late each waking is
#   s0 shared   s1 due, ns   s2 step, ns
function sleep_again
    enter   3, 32
    la      t0, shared
    ld      s0, 0(t0)
    la      t0, sleep_us
    ld      s2, 0(t0)
    li      t0, 1000
    mul     s2, s2, t0
    call    nanoseconds
    mv      s1, a0
1:  add     s1, s1, s2
    li      t0, 1000000000
    div     t1, s1, t0
    rem     t2, s1, t0
    sd      t1, 0(sp)
    sd      t2, 8(sp)
    li      a0, CLOCK_MONOTONIC
    li      a1, 1                       # TIMER_ABSTIME
    mv      a2, sp
    li      a3, 0
    call    clock_nanosleep
    call    nanoseconds
    sub     a0, a0, s1                  # late by this much
    ld      t0, 0(s0)
    addi    t0, t0, 1
    sd      t0, 0(s0)
    ld      t0, 8(s0)
    add     t0, t0, a0
    sd      t0, 8(s0)
    ld      t0, 16(s0)
    bge     t0, a0, 2f
    sd      a0, 16(s0)
2:  j       1b

# nanoseconds(): CLOCK_MONOTONIC
function nanoseconds
    enter   0, 16
    li      a0, CLOCK_MONOTONIC
    mv      a1, sp
    call    clock_gettime
    ld      t0, 0(sp)
    li      t1, 1000000000
    mul     t0, t0, t1
    ld      t1, 8(sp)
    add     a0, t0, t1
    leave
