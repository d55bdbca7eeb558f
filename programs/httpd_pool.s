# httpd_pool: an HTTP server with a fixed number of threads. The main thread waits by epoll for connections that have something to
# do and puts them in a queue; a thread takes one, does one step of it, and gives it back to epoll. So a few threads serve any number of
# clients, and a client that thinks occupies none. EPOLLONESHOT sees to it that a connection is never in two hands.
# Usage: httpd_pool [-p PORT] [-w KIB] [-t THREADS] [-s STACK_KIB] [FOLDER]   -w: memory to touch for each request.
# The queue is guarded by a mutex; threads wait for it to fill by a condition (both in lib/thread.s, on futexes).

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/net.s"
    .include "lib/http.s"
    .include "lib/epoll.s"
    .include "lib/thread.s"

    program_name httpd_pool
    .equ    EVENTS, 256
    variable events, EVENTS * EPOLL_EVENT_BYTES
    variable epoll                      # the set
    variable mutex                      # guards the queue and the list of connections to free
    variable filled                     # condition: the queue is not empty
    variable queue.first                # ready connections, linked by CONNECTION_NEXT
    variable queue.last
    variable finished                   # connections to free: only the main thread allocates and frees

# main: s0 listening socket   s1 epoll set   s2 next event   s3 events left   s4 connection   s5 threads left to start
function main
    enter   6
    li      a2, SOCK_NONBLOCK | SOCK_CLOEXEC
    call    http_start
    mv      s0, a0
    li      a0, O_CLOEXEC
    call    epoll_create1
    mv      s1, a0
    bltz    a0, failed
    sd      s1, epoll, t6
    mv      a0, s1
    li      a1, EPOLL_CTL_ADD
    mv      a2, s0
    li      a3, EPOLLIN
    li      a4, 0
    call    epoll_set
    ld      s5, http.threads
1:  blez    s5, .Lpool_wait
    addi    s5, s5, -1
    ld      a0, http.stack
    call    new_thread_memory
    bltz    a0, failed
    la      a1, work
    li      a2, 0
    li      a3, 0
    call    start_thread
    beqz    a0, 1b
failed:
    mv      a1, a0
    load_string a0, "cannot start"
    call    warn
    li      a0, 1
    leave
.Lpool_wait:
    mv      a0, s1
    la      a1, events
    li      a2, EVENTS
    li      a3, -1
    call    epoll_wait
    li      t0, -EINTR
    beq     a0, t0, .Lpool_wait
    bltz    a0, failed
    mv      s3, a0
    la      s2, events
.Lpool_event:
    beqz    s3, .Lpool_wait
    ld      s4, EPOLL_EVENT_DATA(s2)
    addi    s2, s2, EPOLL_EVENT_BYTES
    addi    s3, s3, -1
    beqz    s4, .Lpool_accept
    la      a0, mutex
    call    lock
    sd      zero, CONNECTION_NEXT(s4)
    ld      t0, queue.last
    bnez    t0, 2f
    sd      s4, queue.first, t6
    j       3f
2:  sd      s4, CONNECTION_NEXT(t0)
3:  sd      s4, queue.last, t6
    la      a0, mutex
    call    unlock
    la      a0, filled
    call    signal_condition
    j       .Lpool_event

.Lpool_accept:
    call    free_finished
    mv      a0, s0
    li      a1, 0
    li      a2, 0
    li      a3, SOCK_NONBLOCK | SOCK_CLOEXEC
    call    accept4
    bltz    a0, 4f
    call    new_connection
    beqz    a0, .Lpool_accept
    mv      s4, a0
    mv      a1, a0
    mv      a0, s1
    li      a2, EPOLLIN | EPOLLONESHOT
    call    wait_for
    bgez    a0, .Lpool_accept
    mv      a0, s4
    call    free_connection
    j       .Lpool_accept
4:  li      t0, -EMFILE
    bne     a0, t0, .Lpool_event
    la      a0, pause                   # out of descriptors: the threads will close some
    li      a1, 0
    call    nanosleep
    j       .Lpool_event

# free_finished(): the memory of connections that the threads have closed
free_finished:
    addi    sp, sp, -16
    sd      ra, 0(sp)
    ld      t0, finished
    beqz    t0, 2f
    la      a0, mutex
    call    lock
    ld      t0, finished
    sd      zero, finished, t6
    mv      s4, t0
    la      a0, mutex
    call    unlock
1:  beqz    s4, 2f
    mv      t0, s4
    ld      s4, CONNECTION_NEXT(t0)
    ld      t1, http.free
    sd      t1, CONNECTION_NEXT(t0)
    sd      t0, http.free, t6
    j       1b
2:  ld      ra, 0(sp)
    addi    sp, sp, 16
    ret

# work(): what each thread of the pool does, for ever: s0 connection
function work
    enter   1
.Lwork_next:
    la      a0, mutex
    call    lock
1:  ld      s0, queue.first
    bnez    s0, 2f
    la      a0, filled
    la      a1, mutex
    call    wait_condition
    j       1b
2:  ld      t0, CONNECTION_NEXT(s0)
    sd      t0, queue.first, t6
    bnez    t0, 3f
    sd      zero, queue.last, t6
3:  la      a0, mutex
    call    unlock
    mv      a0, s0
    call    http_step
    li      t0, HTTP_FINISHED
    beq     a0, t0, 5f
    li      a2, EPOLLIN | EPOLLONESHOT
    beqz    a0, 4f
    li      a2, EPOLLOUT | EPOLLONESHOT
4:  li      t0, -1                      # after an event the set waits for nothing: arm it again in any case
    sd      t0, CONNECTION_INTEREST(s0)
    ld      a0, epoll
    mv      a1, s0
    call    wait_for
    j       .Lwork_next
5:  mv      a0, s0
    call    close_connection
    la      a0, mutex
    call    lock
    ld      t0, finished
    sd      t0, CONNECTION_NEXT(s0)
    sd      s0, finished, t6
    la      a0, mutex
    call    unlock
    j       .Lwork_next

    .data
    .balign 8
pause:  .quad   0, 1000000              # struct timespec: 1 ms
    .text
