# thread_demo: threads add to a counter that they share: without care, where additions get lost; under a mutex; and by an atomic
# instruction. Each thread also counts in a variable of its own, found through tp.
# Usage: thread_demo [-t THREADS] [-n ADDITIONS]   Default: 4 threads, 10,000 additions each.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/thread.s"

    program_name thread_demo
    .equ    LIMIT, 256
    variable descriptors, LIMIT * 8
    variable additions
    variable careless                   # the three counters
    variable guarded
    variable atomic
    variable mutex

# main: s0 argc   s1 argv   s2 threads   s3 index   s4 option, then the sum of the threads' own counts
function main
    enter   5
    mv      s0, a0
    mv      s1, a1
    li      s2, 4
    li      t0, 10000
    sd      t0, additions, t6
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "t:n:"
    call    getopt
    bltz    a0, 4f
    li      t0, '?'
    beq     a0, t0, usage
    mv      s4, a0
    ld      a0, optarg
    call    parse_number
    beqz    a1, usage
    blez    a0, usage
    li      t0, 't'
    beq     s4, t0, 2f
    sd      a0, additions, t6
    j       1b
2:  mv      s2, a0
    li      t0, LIMIT
    ble     s2, t0, 1b
usage:
    load_string a0, "usage: thread_demo [-t THREADS (at most 256)] [-n ADDITIONS]"
    call    warnx
    li      a0, 2
    leave
4:  li      s3, 0
5:  li      a0, 16384
    call    new_thread_memory
    bltz    a0, failed
    la      t0, descriptors
    slli    t1, s3, 3
    add     t0, t0, t1
    sd      a0, 0(t0)
    la      a1, add_many
    li      a2, 0
    li      a3, 0
    call    start_thread
    bltz    a0, failed
    addi    s3, s3, 1
    blt     s3, s2, 5b
    li      s3, 0
    li      s4, 0
6:  la      t0, descriptors
    slli    t1, s3, 3
    add     t0, t0, t1
    ld      a0, 0(t0)
    call    join_thread
    add     s4, s4, a0
    addi    s3, s3, 1
    blt     s3, s2, 6b
    load_string a0, "%u threads added 1 %u times each\n"
    mv      a1, s2
    ld      a2, additions
    call    printf
    load_string a0, "own counts: %u\nmutex: %u\natomic: %u\n"
    mv      a1, s4
    ld      a2, guarded
    ld      a3, atomic
    call    printf
    ld      t0, additions
    mul     t0, t0, s2
    ld      t1, careless
    sub     a1, t0, t1
    load_string a0, "careless: every addition arrived\n"
    beqz    a1, 7f
    load_string a0, "careless: %u additions were lost\n"
7:  la      t2, stderr                  # how many depends on the scheduler: not for the output that is compared
    mv      a2, a1
    mv      a1, a0
    mv      a0, t2
    call    fprintf
    li      a0, 0
    leave
failed:
    mv      a1, a0
    load_string a0, "cannot start a thread"
    call    warn
    li      a0, 1
    leave

# add_many(a0 unused): its own count
#   s0 additions left
function add_many
    enter   1
    ld      s0, additions
    sd      zero, THREAD_RESULT(tp)     # the descriptor's place for the result serves as the thread's own variable
1:  la      t0, careless                # load, add, store: another thread may come in between
    ld      t1, 0(t0)
    addi    t1, t1, 1
    sd      t1, 0(t0)
    la      a0, mutex
    call    lock
    la      t0, guarded
    ld      t1, 0(t0)
    addi    t1, t1, 1
    sd      t1, 0(t0)
    la      a0, mutex
    call    unlock
    la      t0, atomic
    li      t1, 1
    amoadd.d zero, t1, (t0)
    ld      t1, THREAD_RESULT(tp)
    addi    t1, t1, 1
    sd      t1, THREAD_RESULT(tp)
    addi    s0, s0, -1
    bnez    s0, 1b
    ld      a0, THREAD_RESULT(tp)
    leave
