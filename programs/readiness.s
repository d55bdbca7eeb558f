# readiness: what it costs to learn which of N descriptors are ready, after libevent's bench.c and Kerrisk (The Linux
# Programming Interface, section 63.4.5). N pipes, -a of them have a byte to read; the call is repeated, and only the call is
# timed, with what the interface demands around it: select builds its set anew, one-shot epoll re-arms each event.
# Usage: readiness [-m select|poll|lt|et|oneshot] [-n PIPES] [-a ACTIVE] [-i ITERATIONS]

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/measure.s"

    program_name readiness
    .equ    WARM_UP, 4
    .equ    RLIMIT_NOFILE, 7
    .equ    POLLIN, 1
    .equ    EPOLLIN, 1
    .equ    EPOLLONESHOT, 0x40000000
    .equ    EPOLLET, 0x80000000
    .equ    EPOLL_CTL_ADD, 1
    .equ    EPOLL_CTL_MOD, 3
    .equ    EPOLL_EVENT_BYTES, 16       # events (4), padding, data (8): riscv64 does not pack it
    .equ    POLLFD_BYTES, 8

    variable pipes                      # int[2] each
    variable pipe_count
    variable active_count
    variable pollfds
    variable set_template               # fd_set of all read ends
    variable set
    variable set_bytes
    variable highest
    variable epoll
    variable events
    variable one_event, 16
    variable limit, 16
    variable zero_time, 16
    variable buffer

# main: s0 mode letter   s1 iterations   s2 cycles   s3 events   s4 index   s5 argc   s6 argv
function main
    enter   7
    mv      s5, a0
    mv      s6, a1
    li      s0, 'l'
    li      s1, 100
    la      t0, pipe_count
    li      t1, 10
    sd      t1, 0(t0)
    la      t0, active_count
    li      t1, 1
    sd      t1, 0(t0)
1:  mv      a0, s5
    mv      a1, s6
    load_string a2, "m:n:a:i:"
    call    getopt
    bltz    a0, 5f
    li      t0, '?'
    beq     a0, t0, 4f
    mv      s4, a0
    la      t0, optarg
    ld      a0, 0(t0)
    li      t0, 'm'
    bne     s4, t0, 2f
    lbu     s0, 0(a0)
    j       1b
2:  call    parse_number
    beqz    a1, 4f
    blez    a0, 4f
    li      t0, 'i'
    bne     s4, t0, 3f
    mv      s1, a0
    j       1b
3:  la      t1, pipe_count
    li      t0, 'n'
    beq     s4, t0, 6f
    la      t1, active_count
6:  sd      a0, 0(t1)
    j       1b
4:  li      a0, 1
    call    usage_error

5:  call    make_pipes
    bltz    a0, 9f
    mv      a0, s0
    call    prepare
    bltz    a0, 9f
    li      a1, WARM_UP
    mv      a0, s0
    call    measure
    mv      a0, s0
    mv      a1, s1
    call    measure
    mv      s2, a0
    mv      s3, a1
    load_string a0, "cycles_per_call"
    mv      a1, s2
    mv      a2, s1
    call    print_ratio
    load_string a0, "events_per_call"
    mv      a1, s3
    mv      a2, s1
    call    print_ratio
    blez    s3, 8f
    load_string a0, "cycles_per_event"
    mv      a1, s2
    mv      a2, s3
    call    print_ratio
8:  li      a0, 0
    leave
9:  mv      a1, a0
    load_string a0, "setting up"
    call    warn
    li      a0, 1
    leave

# make_pipes(): the pipes, the last active_count of them with a byte; 0 or minus an errno
#   s0 index   s1 count   s2 pipes
function make_pipes
    enter   3
    la      t0, pipe_count
    ld      s1, 0(t0)
    slli    t1, s1, 1
    addi    t1, t1, 64                  # two descriptors a pipe
    la      t0, limit
    sd      t1, 0(t0)
    sd      t1, 8(t0)
    li      a0, 0
    li      a1, RLIMIT_NOFILE
    mv      a2, t0
    li      a3, 0
    call    prlimit64
    bltz    a0, 3f
    slli    a0, s1, 3
    call    malloc
    mv      s2, a0
    la      t0, pipes
    sd      a0, 0(t0)
    li      s0, 0
1:  slli    a0, s0, 3
    add     a0, a0, s2
    call    pipe
    bltz    a0, 3f
    la      t0, active_count
    ld      t0, 0(t0)
    sub     t1, s1, s0
    bgt     t1, t0, 2f
    slli    a0, s0, 3
    add     a0, a0, s2
    lw      a0, 4(a0)
    la      a1, buffer
    li      a2, 1
    call    write
2:  addi    s0, s0, 1
    blt     s0, s1, 1b
    li      a0, 0
3:  leave

# prepare(a0 = mode): what the interface wants before the first call; 0 or minus an errno
#   s0 mode   s1 index   s2 count   s3 pipes   s4 array
function prepare
    enter   5
    mv      s0, a0
    li      s1, 0
    la      t0, pipe_count
    ld      s2, 0(t0)
    la      t0, pipes
    ld      s3, 0(t0)
    li      t0, 'p'
    beq     s0, t0, .Lprepare_poll
    li      t0, 's'
    beq     s0, t0, .Lprepare_select
    li      a0, 0
    call    epoll_create1
    bltz    a0, 9f
    la      t0, epoll
    sw      a0, 0(t0)
    slli    a0, s2, 4
    call    malloc
    la      t0, events
    sd      a0, 0(t0)
1:  slli    t0, s1, 3
    add     t0, t0, s3
    lw      a0, 0(t0)
    mv      a1, s0
    li      a2, EPOLL_CTL_ADD
    call    arm
    bltz    a0, 9f
    addi    s1, s1, 1
    blt     s1, s2, 1b
    j       8f
.Lprepare_poll:
    slli    a0, s2, 3
    call    malloc
    mv      s4, a0
    la      t0, pollfds
    sd      a0, 0(t0)
1:  slli    t0, s1, 3
    add     t1, t0, s3
    lw      t2, 0(t1)
    add     t0, t0, s4
    sw      t2, 0(t0)
    li      t2, POLLIN
    sw      t2, 4(t0)
    addi    s1, s1, 1
    blt     s1, s2, 1b
    j       8f
.Lprepare_select:
    addi    t0, s2, -1
    slli    t0, t0, 3
    add     t0, t0, s3
    lw      t1, 0(t0)                   # the highest read end
    la      t0, highest
    sd      t1, 0(t0)
    srli    t1, t1, 6
    addi    t1, t1, 1
    slli    t1, t1, 3                   # bytes of the bitmap, in whole longs
    la      t0, set_bytes
    sd      t1, 0(t0)
    mv      a0, t1
    call    malloc
    mv      s4, a0
    la      t0, set_template
    sd      a0, 0(t0)
    la      t0, set_bytes
    ld      a2, 0(t0)
    li      a1, 0
    call    memset
    la      t0, set_bytes
    ld      a0, 0(t0)
    call    malloc
    la      t0, set
    sd      a0, 0(t0)
1:  slli    t0, s1, 3
    add     t0, t0, s3
    lw      t1, 0(t0)
    srli    t2, t1, 3
    add     t2, t2, s4
    andi    t1, t1, 7
    li      t3, 1
    sll     t3, t3, t1
    lbu     t4, 0(t2)
    or      t4, t4, t3
    sb      t4, 0(t2)
    addi    s1, s1, 1
    blt     s1, s2, 1b
8:  li      a0, 0
9:  leave

# arm(a0 = descriptor, a1 = mode, a2 = EPOLL_CTL_ADD or _MOD): watches it in the mode's way
function arm
    li      t0, EPOLLIN
    li      t1, 'e'
    bne     a1, t1, 1f
    li      t1, EPOLLET
    or      t0, t0, t1
1:  li      t1, 'o'
    bne     a1, t1, 2f
    li      t1, EPOLLONESHOT
    or      t0, t0, t1
2:  la      a3, one_event
    sw      t0, 0(a3)
    sd      a0, 8(a3)
    mv      t0, a0
    mv      a1, a2
    mv      a2, t0
    la      t0, epoll
    lw      a0, 0(t0)
    j       epoll_ctl

# measure(a0 = mode, a1 = iterations): a0 = cycles, a1 = events seen
#   s0 mode   s1 iterations   s2 cycles   s3 events   s4 start
function measure
    enter   7
    mv      s0, a0
    mv      s1, a1
    li      s2, 0
    li      s3, 0
1:  li      t0, 'e'
    bne     s0, t0, 2f
    call    rewrite_active              # an edge needs a change
2:  rdcycle s4
    li      t0, 'p'
    beq     s0, t0, .Lcall_poll
    li      t0, 's'
    beq     s0, t0, .Lcall_select
    la      t0, epoll
    lw      a0, 0(t0)
    la      t0, events
    ld      a1, 0(t0)
    la      t0, pipe_count
    ld      a2, 0(t0)
    li      a3, 0
    li      a4, 0
    li      a5, 8
    li      a7, 22                      # epoll_pwait
    ecall
    mv      s5, a0
    li      t0, 'o'
    bne     s0, t0, .Lcalled
    mv      s6, s5                      # one-shot: re-arm what fired
3:  blez    s6, .Lcalled
    addi    s6, s6, -1
    la      t0, events
    ld      t0, 0(t0)
    slli    t1, s6, 4
    add     t0, t0, t1
    ld      a0, 8(t0)
    mv      a1, s0
    li      a2, EPOLL_CTL_MOD
    call    arm
    j       3b
.Lcall_poll:
    la      t0, pollfds
    ld      a0, 0(t0)
    la      t0, pipe_count
    ld      a1, 0(t0)
    la      a2, zero_time
    li      a3, 0
    li      a4, 8
    call    ppoll
    mv      s5, a0
    j       .Lcalled
.Lcall_select:
    la      t0, set_template
    ld      a1, 0(t0)
    la      t0, set
    ld      a0, 0(t0)
    la      t0, set_bytes
    ld      a2, 0(t0)
    call    memcpy
    la      t0, highest
    ld      a0, 0(t0)
    addi    a0, a0, 1
    la      t0, set
    ld      a1, 0(t0)
    li      a2, 0
    li      a3, 0
    la      a4, zero_time
    li      a5, 0
    call    pselect6
    mv      s5, a0
.Lcalled:
    rdcycle t0
    sub     t0, t0, s4
    add     s2, s2, t0
    bltz    s5, 4f
    add     s3, s3, s5
4:  addi    s1, s1, -1
    bnez    s1, 1b
    mv      a0, s2
    mv      a1, s3
    leave

# rewrite_active(): takes the byte out of each active pipe and puts one in again
function rewrite_active
    enter   3
    la      t0, pipe_count
    ld      s0, 0(t0)
    la      t0, active_count
    ld      s1, 0(t0)
    la      t0, pipes
    ld      s2, 0(t0)
    slli    t0, s0, 3
    add     s2, s2, t0                  # past the last pipe
1:  blez    s1, 2f
    addi    s1, s1, -1
    addi    s2, s2, -8
    lw      a0, 0(s2)
    la      a1, buffer
    li      a2, 1
    call    read
    lw      a0, 4(s2)
    la      a1, buffer
    li      a2, 1
    call    write
    j       1b
2:  leave
