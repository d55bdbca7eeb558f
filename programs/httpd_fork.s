# httpd_fork: an HTTP server with a process for each connection, the oldest way: fork after accept, the child serves and exits. Nothing
# is shared, so nothing can go wrong between clients; a connection costs an address space.
# Usage: httpd_fork [-p PORT] [-w KIB] [FOLDER]   -w: memory to touch for each request. What is served: lib/http.s.
# SIGCHLD's handler reaps the children; without it each would stay a zombie.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/net.s"
    .include "lib/http.s"

    program_name httpd_fork
    .data
    .balign 8
pause:  .quad   0, 10000000             # struct timespec: 10 ms
    .text

# main: s0 listening socket   s1 connection
function main
    enter   2
    li      a2, SOCK_CLOEXEC
    call    http_start
    mv      s0, a0
    li      a0, SIGCHLD
    la      a1, reap
    li      a2, SA_RESTART | SA_NOCLDSTOP
    call    signal_with_flags
1:  mv      a0, s0
    li      a1, 0
    li      a2, 0
    li      a3, SOCK_CLOEXEC
    call    accept4
    bltz    a0, 3f
    call    new_connection
    beqz    a0, 1b
    mv      s1, a0
    call    fork
    beqz    a0, serve
    mv      t0, a0
    mv      a0, s1                      # the parent's copy of the descriptor
    mv      s1, t0
    call    free_connection
    bgez    s1, 1b
    j       2f                          # no process could be made
3:  li      t0, -EMFILE
    bne     a0, t0, 1b
2:  la      a0, pause
    li      a1, 0
    call    nanosleep
    j       1b

serve:                                  # the child
    mv      a0, s0
    call    close
    mv      a0, s1
    call    serve_connection
    mv      a0, s1
    call    close_connection
    li      a0, 0
    call    _exit

# reap(a0 = signal): all children that have ended; several may share one SIGCHLD
function reap
    enter   0
1:  li      a0, -1
    li      a1, 0
    li      a2, WNOHANG
    call    waitpid
    bgtz    a0, 1b
    leave
