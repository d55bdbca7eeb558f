# futex_pingpong: two threads hand a word back and forth, each sleeping until the other has changed it: FUTEX_WAIT and FUTEX_WAKE, and
# a context switch for each hand-over. What a mutex costs when it is contended.
# Usage: futex_pingpong [-n ROUNDS]   Prints cycles per hand-over; a round has two.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/thread.s"
    .include "lib/measure.s"

    program_name futex_pingpong
    .equ    WARM_UP, 16
    variable turn                       # whose turn it is: 0 main's, 1 the partner's
    variable rounds

# main: s0 argc   s1 argv   s2 rounds   s3 partner   s4 start
function main
    enter   5
    mv      s0, a0
    mv      s1, a1
    li      s2, 1000
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "n:"
    call    getopt
    bltz    a0, 3f
    li      t0, 'n'
    bne     a0, t0, 2f
    ld      a0, optarg
    call    parse_number
    mv      s2, a0
    beqz    a1, 2f
    bgtz    s2, 1b
2:  load_string a0, "usage: futex_pingpong [-n ROUNDS]"
    call    warnx
    li      a0, 2
    leave
3:  li      a0, 16384
    call    new_thread_memory
    bltz    a0, 9f
    mv      s3, a0
    la      a1, play
    li      a2, 1
    li      a3, 0
    addi    t0, s2, WARM_UP
    sd      t0, rounds, t6
    call    start_thread
    bltz    a0, 9f
    li      a0, 0
    li      a1, WARM_UP
    call    play_rounds
    rdcycle s4
    li      a0, 0
    mv      a1, s2
    call    play_rounds
    rdcycle t0
    sub     s4, t0, s4
    mv      a0, s3
    call    join_thread
    load_string a0, "rounds"
    mv      a1, s2
    call    print_value
    load_string a0, "cycles_per_switch"
    mv      a1, s4
    slli    a2, s2, 1
    call    print_ratio
    li      a0, 0
    leave
9:  mv      a1, a0
    load_string a0, "cannot start a thread"
    call    warn
    li      a0, 1
    leave

# play(a0 = player): the partner's part
function play
    ld      a1, rounds
# play_rounds(a0 = player 0 or 1, a1 = rounds): waits for its turn, gives the turn to the other; so often
#   s0 player   s1 rounds left   s2 turn
function play_rounds
    enter   3
    mv      s0, a0
    mv      s1, a1
    la      s2, turn
    j       3f
1:  lw      a2, 0(s2)
    beq     a2, s0, 2f
    mv      a0, s2                      # not yet: sleep unless the word has changed by then
    li      a1, FUTEX_WAIT | FUTEX_PRIVATE
    li      a3, 0
    call    futex
    j       1b
2:  xori    t0, s0, 1
    fence   rw, rw
    sw      t0, 0(s2)
    mv      a0, s2
    li      a1, FUTEX_WAKE | FUTEX_PRIVATE
    li      a2, 1
    call    futex
    addi    s1, s1, -1
3:  bnez    s1, 1b
    li      a0, 0
    leave
