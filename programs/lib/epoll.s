# epoll: the calls' constants, and a connection's place in the set. Needs syscalls.s, http.s.
# struct epoll_event of riscv64: events (4 bytes), 4 unused, data (8 bytes).

    .ifndef EPOLL_S
    .set EPOLL_S, 1

    .equ    EPOLLIN, 1
    .equ    EPOLLOUT, 4
    .equ    EPOLLONESHOT, 1 << 30
    .equ    EPOLL_CTL_ADD, 1
    .equ    EPOLL_CTL_DEL, 2
    .equ    EPOLL_CTL_MOD, 3
    .equ    EPOLL_EVENT_DATA, 8
    .equ    EPOLL_EVENT_BYTES, 16

# epoll_wait(a0 = epfd, a1 = events, a2 = how many at most, a3 = milliseconds or -1) = epoll_pwait without a mask
function epoll_wait
    li      a4, 0
    li      a5, 0
    li      a7, 22
    ecall
    ret

# epoll_set(a0 = epfd, a1 = EPOLL_CTL_ operation, a2 = fd, a3 = events, a4 = data)
function epoll_set
    addi    sp, sp, -EPOLL_EVENT_BYTES
    sd      a3, 0(sp)
    sd      a4, EPOLL_EVENT_DATA(sp)
    mv      a3, sp
    li      a7, 21                      # epoll_ctl
    ecall
    addi    sp, sp, EPOLL_EVENT_BYTES
    ret

# wait_for(a0 = epfd, a1 = connection, a2 = events): makes the set wait for these; no call if it does already
function wait_for
    ld      t0, CONNECTION_INTEREST(a1)
    beq     t0, a2, 2f
    sd      a2, CONNECTION_INTEREST(a1)
    mv      a4, a1
    mv      a3, a2
    ld      a2, CONNECTION_FD(a1)
    li      a1, EPOLL_CTL_ADD
    beqz    t0, 1f
    li      a1, EPOLL_CTL_MOD
1:  j       epoll_set
2:  li      a0, 0
    ret

    .endif
