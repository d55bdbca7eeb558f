# httpd_threads: an HTTP server with a thread for each connection. The code reads as if there were one client: read blocks, send
# blocks, the scheduler does the rest. A connection costs a stack and a kernel task; a request costs two system calls and, as a
# rule, two context switches.
# Usage: httpd_threads [-p PORT] [-w KIB] [-s STACK_KIB] [FOLDER]   -w: memory to touch for each request. What is served: lib/http.s.
# A thread's memory is used again by a later one once the kernel has cleared its tid (lib/thread.s).

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/net.s"
    .include "lib/http.s"
    .include "lib/thread.s"

    program_name httpd_threads
    .data
    .balign 8
pause:  .quad   0, 10000000             # struct timespec: 10 ms
    .text

# main: s0 listening socket   s1 fd   s2 descriptor of the thread
function main
    enter   3
    li      a2, SOCK_CLOEXEC
    call    http_start
    mv      s0, a0
1:  mv      a0, s0
    li      a1, 0
    li      a2, 0
    li      a3, SOCK_CLOEXEC
    call    accept4
    bltz    a0, 4f
    mv      s1, a0
    ld      a0, http.stack              # the connection's structure and its work lie at the bottom of the stack
    ld      t0, http.work
    add     a0, a0, t0
    li      t0, CONNECTION_WORK
    add     a0, a0, t0
    call    new_thread_memory
    bltz    a0, 2f
    mv      s2, a0
    la      a1, serve
    mv      a2, s1
    li      a3, 1
    call    start_thread
    beqz    a0, 1b
    sw      zero, THREAD_TID(s2)        # no thread: its memory goes back
    ld      t0, thread.reusable
    sd      t0, THREAD_NEXT(s2)
    sd      s2, thread.reusable, t6
2:  mv      a0, s1                      # this client is turned away
    call    close
    j       3f
4:  li      t0, -EMFILE
    bne     a0, t0, 1b                  # interrupted, or the client left before it was accepted
3:  la      a0, pause                   # out of something: others will end and free it
    li      a1, 0
    call    nanosleep
    j       1b

# serve(a0 = fd): what a thread does
function serve
    enter   2
    mv      s1, a0
    li      a1, IPPROTO_TCP             # responses go out at once, whatever is not acknowledged yet
    li      a2, TCP_NODELAY
    call    set_option
    ld      s0, THREAD_MAPPING(tp)
    li      t0, PAGE
    add     s0, s0, t0                  # behind the guard page
    mv      a0, s0
    mv      a1, s1
    call    reset_connection
    mv      a0, s0
    call    serve_connection
    mv      a0, s0
    call    close_connection
    li      a0, 0
    leave
