# httpd_epoll: an HTTP server of one thread. No call but epoll_wait ever blocks: descriptors are non-blocking, and the kernel says
# which of them are ready. A connection costs a structure, not a stack; a request costs three system calls: epoll_wait (shared by all
# that are ready together), read, send.
# Usage: httpd_epoll [-p PORT] [-w KIB] [FOLDER]   -w: memory to touch for each request. What is served: lib/http.s.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/net.s"
    .include "lib/http.s"
    .include "lib/epoll.s"

    program_name httpd_epoll
    .equ    EVENTS, 256
    variable events, EVENTS * EPOLL_EVENT_BYTES

# main: s0 listening socket   s1 epoll set   s2 next event   s3 events left   s4 connection   s5 1 while not accepting
function main
    enter   6
    li      a2, SOCK_NONBLOCK | SOCK_CLOEXEC
    call    http_start
    mv      s0, a0
    li      a0, O_CLOEXEC
    call    epoll_create1
    mv      s1, a0
    bltz    a0, failed
    li      s5, 0
    call    watch_listener
.Lepoll_wait:
    mv      a0, s1
    la      a1, events
    li      a2, EVENTS
    li      a3, -1
    call    epoll_wait
    li      t0, -EINTR
    beq     a0, t0, .Lepoll_wait
    bltz    a0, failed
    mv      s3, a0
    la      s2, events
.Lepoll_event:
    beqz    s3, .Lepoll_wait
    ld      s4, EPOLL_EVENT_DATA(s2)
    addi    s2, s2, EPOLL_EVENT_BYTES
    addi    s3, s3, -1
    beqz    s4, .Lepoll_accept          # the listening socket's data is 0
    mv      a0, s4
    call    http_step
    li      t0, HTTP_FINISHED
    beq     a0, t0, 1f
    li      a2, EPOLLIN                 # while output waits, no input is wanted: a slow reader cannot pile up responses
    beqz    a0, 2f
    li      a2, EPOLLOUT
2:  mv      a0, s1
    mv      a1, s4
    call    wait_for
    j       .Lepoll_event
1:  mv      a0, s4                      # closing takes it out of the set as well
    call    free_connection
    beqz    s5, .Lepoll_event
    li      s5, 0                       # a descriptor is free again
    call    watch_listener
    j       .Lepoll_event

.Lepoll_accept:                         # all that are waiting
    mv      a0, s0
    li      a1, 0
    li      a2, 0
    li      a3, SOCK_NONBLOCK | SOCK_CLOEXEC
    call    accept4
    bltz    a0, 3f
    call    new_connection
    beqz    a0, .Lepoll_accept
    mv      s4, a0
    mv      a1, a0
    mv      a0, s1
    li      a2, EPOLLIN
    call    wait_for
    bgez    a0, .Lepoll_accept
    mv      a0, s4
    call    free_connection
    j       .Lepoll_accept
3:  li      t0, -EMFILE                 # no descriptor left: do not be woken for what cannot be accepted
    bne     a0, t0, .Lepoll_event
    li      s5, 1
    mv      a0, s1
    li      a1, EPOLL_CTL_DEL
    mv      a2, s0
    call    epoll_set
    j       .Lepoll_event

failed:
    mv      a1, a0
    load_string a0, "epoll"
    call    warn
    li      a0, 1
    leave
watch_listener:                         # s0 joins the set s1, with data 0
    mv      a0, s1
    li      a1, EPOLL_CTL_ADD
    mv      a2, s0
    li      a3, EPOLLIN
    li      a4, 0
    j       epoll_set
