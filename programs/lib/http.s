# An HTTP/1.1 server but for its concurrency (RFC 9110, RFC 9112): options, connections, requests, responses. The four servers
# httpd_*.s share all of this and differ only in who calls http_step and when. Needs syscalls.s, string.s, stdio.s, options.s,
# measure.s, net.s.
#
# A connection is a state machine: bytes to send, then a file to send, then a request to read. http_step takes it as far as it goes:
# with a blocking descriptor to the end of a request, with a non-blocking one until the kernel says EAGAIN.
# A connection's memory is one mapping: this structure with its buffers, and behind it the memory that -w asks to touch.

    .ifndef HTTP_S
    .set HTTP_S, 1

    .equ    HTTP_WANTS_INPUT, 0
    .equ    HTTP_WANTS_OUTPUT, 1
    .equ    HTTP_FINISHED, 2

    .equ    CONNECTION_FD, 0
    .equ    CONNECTION_FILE, 8          # descriptor of the file being sent, or -1
    .equ    CONNECTION_FILE_LEFT, 16    # bytes of it
    .equ    CONNECTION_OUTPUT, 24       # bytes to send …
    .equ    CONNECTION_OUTPUT_LEFT, 32  # … and how many
    .equ    CONNECTION_CLOSE, 40        # 1: nothing follows what is being sent
    .equ    CONNECTION_USED, 48         # bytes in the request buffer
    .equ    CONNECTION_INTEREST, 56     # for the server that waits by epoll: what it waits for
    .equ    CONNECTION_NEXT, 64         # on the list of free ones, or in a queue
    .equ    CONNECTION_HEAD, 80         # response made for this connection
    .equ    HEAD_BYTES, 768
    .equ    CONNECTION_REQUEST, CONNECTION_HEAD + HEAD_BYTES
    .equ    REQUEST_BYTES, 4096 - CONNECTION_REQUEST
    .equ    CONNECTION_WORK, 4096       # the memory to touch

    .equ    LINE, 64                    # bytes of a cache line

    .data
    .balign 8
http.port:  .quad   8080
http.work:  .quad   0                   # bytes
http.threads: .quad 16                  # -t
http.stack: .quad   65536               # -s, bytes
http.root:  .quad   0                   # folder to serve, or 0: one fixed page
    .text
    variable http.free                  # list of connections to use again
    variable http.page.keep, 1024       # the fixed page's responses
    variable http.page.keep_bytes
    variable http.page.close, 1024
    variable http.page.close_bytes

    .section .rodata
http.page:
    .ascii  "<!DOCTYPE html>\n<html><head><title>Cyclix</title></head>\n"
    .ascii  "<body><h1>It works.</h1><p>Every cycle of this response was counted.</p></body></html>\n"
    .set    http.page.bytes, . - http.page
    .byte   0
    .text

# http_start(a0 = argc, a1 = argv): options, limits, signals; then the listening socket, whose SOCK_ flags are a2. Ends the program
# after a message if that fails.
#   s0 argc   s1 argv   s2 flags   s3 option
function http_start
    enter   4, 16
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "p:w:t:s:"
    call    getopt
    bltz    a0, 3f
    li      t0, '?'
    beq     a0, t0, 2f
    mv      s3, a0
    ld      a0, optarg
    call    parse_number
    beqz    a1, 2f
    bltz    a0, 2f
    la      t1, http.port
    li      t0, 'p'
    beq     s3, t0, 4f
    la      t1, http.threads
    li      t0, 't'
    beq     s3, t0, 4f
    slli    a0, a0, 10                  # KiB
    la      t1, http.work
    li      t0, 'w'
    beq     s3, t0, 4f
    la      t1, http.stack
4:  sd      a0, 0(t1)
    j       1b
2:  load_string a0, "usage: %s [-p PORT] [-w KIB] [-t THREADS] [-s STACK_KIB] [FOLDER]"
    la      a1, program_invocation_name
    call    warnx
    li      a0, 2
    call    exit
3:  ld      t0, optind
    bge     t0, s0, 5f
    slli    t0, t0, 3
    add     t0, t0, s1
    ld      t0, 0(t0)
    sd      t0, http.root, t6
5:  li      a0, SIGPIPE                 # a client that left is an error of write, not the end of the server
    li      a1, SIG_IGN
    call    signal
    li      a0, 0                       # as many descriptors as this process may have
    li      a1, 7                       # RLIMIT_NOFILE
    li      a2, 0
    mv      a3, sp
    call    prlimit64
    bltz    a0, 6f
    ld      t0, 8(sp)
    sd      t0, 0(sp)
    li      a0, 0
    li      a1, 7
    mv      a2, sp
    li      a3, 0
    call    prlimit64
6:  la      a0, http.page.keep
    load_string a2, "keep-alive"
    call    make_page
    sd      a0, http.page.keep_bytes, t6
    la      a0, http.page.close
    load_string a2, "close"
    call    make_page
    sd      a0, http.page.close_bytes, t6
    ld      a0, http.port
    li      a1, 4096
    mv      a2, s2
    call    tcp_listen
    bltz    a0, 7f
    leave
7:  mv      a1, a0
    load_string a0, "cannot listen"
    call    warn
    li      a0, 1
    call    exit

# make_page(a0 = buffer of 1024 bytes, a2 = value of Connection): the response to GET /; its length
function make_page
    mv      a5, a2
    li      a1, 1024
    load_string a2, "HTTP/1.1 200 OK\r\nServer: cyclix\r\nContent-Type: text/html\r\nContent-Length: %u\r\nConnection: %s\r\n\r\n%s"
    li      a3, http.page.bytes
    mv      a4, a5
    la      a5, http.page
    j       snprintf

# new_connection(a0 = fd, or minus an errno): a connection for an accepted descriptor, or 0. Only one thread may call this.
function new_connection
    enter   2
    mv      s0, a0
    li      a1, IPPROTO_TCP             # responses go out at once, whatever is not acknowledged yet
    li      a2, TCP_NODELAY
    call    set_option
    ld      s1, http.free
    beqz    s1, 1f
    ld      t0, CONNECTION_NEXT(s1)
    sd      t0, http.free, t6
    j       2f
1:  li      a0, 0
    ld      a1, http.work
    li      t0, CONNECTION_WORK
    add     a1, a1, t0
    li      a2, PROT_READ | PROT_WRITE
    li      a3, MAP_PRIVATE | MAP_ANONYMOUS
    li      a4, -1
    li      a5, 0
    call    mmap
    li      t0, -4096
    bgtu    a0, t0, 3f
    mv      s1, a0
2:  mv      a0, s1
    mv      a1, s0
    call    reset_connection
    mv      a0, s1
    leave
3:  mv      a0, s0                      # no memory: this client is turned away
    call    close
    li      a0, 0
    leave

# reset_connection(a0 = connection, a1 = fd)
function reset_connection
    sd      a1, CONNECTION_FD(a0)
    li      t0, -1
    sd      t0, CONNECTION_FILE(a0)
    sd      zero, CONNECTION_FILE_LEFT(a0)
    sd      zero, CONNECTION_OUTPUT_LEFT(a0)
    sd      zero, CONNECTION_CLOSE(a0)
    sd      zero, CONNECTION_USED(a0)
    sd      zero, CONNECTION_INTEREST(a0)
    ret

# close_connection(a0 = connection): its descriptors; the memory stays the caller's
function close_connection
    enter   1
    mv      s0, a0
    ld      a0, CONNECTION_FILE(s0)
    bltz    a0, 1f
    call    close
1:  ld      a0, CONNECTION_FD(s0)
    call    close
    leave

# free_connection(a0 = connection): descriptors and memory. Only one thread may call this.
function free_connection
    enter   1
    mv      s0, a0
    call    close_connection
    ld      t0, http.free
    sd      t0, CONNECTION_NEXT(s0)
    sd      s0, http.free, t6
    leave

# serve_connection(a0 = connection with a blocking descriptor): all its requests, until the client or an error ends it
function serve_connection
    enter   1
    mv      s0, a0
1:  mv      a0, s0
    call    http_step
    li      t0, HTTP_FINISHED
    bne     a0, t0, 1b
    leave

# http_step(a0 = connection): sends what is to be sent, answers the requests that are complete, and reads once; then says what the
# connection waits for. One read a step: whoever waits by epoll is told again if there is more (level-triggered).
#   s0 connection   s1 1 once it has read
function http_step
    enter   2
    mv      s0, a0
    li      s1, 0
.Lhttp_send:
    ld      a2, CONNECTION_OUTPUT_LEFT(s0)
    beqz    a2, .Lhttp_file
    ld      a0, CONNECTION_FD(s0)
    ld      a1, CONNECTION_OUTPUT(s0)
    li      a3, MSG_NOSIGNAL
    ld      t0, CONNECTION_FILE_LEFT(s0)
    beqz    t0, 1f
    li      a3, MSG_NOSIGNAL | MSG_MORE # the file follows: let them share a packet
1:  li      a4, 0
    li      a5, 0
    call    sendto
    bltz    a0, .Lhttp_send_failed
    ld      t0, CONNECTION_OUTPUT(s0)
    add     t0, t0, a0
    sd      t0, CONNECTION_OUTPUT(s0)
    ld      t0, CONNECTION_OUTPUT_LEFT(s0)
    sub     t0, t0, a0
    sd      t0, CONNECTION_OUTPUT_LEFT(s0)
    j       .Lhttp_send
.Lhttp_file:
    ld      a3, CONNECTION_FILE_LEFT(s0)
    beqz    a3, 2f
    ld      a0, CONNECTION_FD(s0)
    ld      a1, CONNECTION_FILE(s0)
    li      a2, 0                       # from the file's own position on
    call    sendfile
    bltz    a0, .Lhttp_send_failed
    beqz    a0, .Lhttp_finished         # the file became shorter than was promised
    ld      t0, CONNECTION_FILE_LEFT(s0)
    sub     t0, t0, a0
    sd      t0, CONNECTION_FILE_LEFT(s0)
    j       .Lhttp_file
2:  ld      a0, CONNECTION_FILE(s0)
    bltz    a0, 3f
    call    close
    li      t0, -1
    sd      t0, CONNECTION_FILE(s0)
3:  ld      t0, CONNECTION_CLOSE(s0)
    bnez    t0, .Lhttp_finished
    mv      a0, s0
    call    find_request                # the rest of the buffer may hold the next request
    beqz    a0, 4f
    mv      a1, a0
    mv      a0, s0
    call    answer_request
    j       .Lhttp_send
4:  ld      t0, CONNECTION_USED(s0)
    li      t1, REQUEST_BYTES
    bgeu    t0, t1, .Lhttp_too_long
    li      a0, HTTP_WANTS_INPUT
    bnez    s1, .Lhttp_return
    ld      a0, CONNECTION_FD(s0)
    addi    a1, s0, CONNECTION_REQUEST
    add     a1, a1, t0
    sub     a2, t1, t0
    call    read
    beqz    a0, .Lhttp_finished         # the client has closed
    bltz    a0, .Lhttp_read_failed
    li      s1, 1
    ld      t0, CONNECTION_USED(s0)
    add     t0, t0, a0
    sd      t0, CONNECTION_USED(s0)
    j       3b
.Lhttp_too_long:
    mv      a0, s0
    la      a1, text_431
    call    respond_error
    j       .Lhttp_send
.Lhttp_send_failed:
    li      t0, -EINTR
    beq     a0, t0, .Lhttp_send
    li      t0, -EAGAIN
    bne     a0, t0, .Lhttp_finished
    li      a0, HTTP_WANTS_OUTPUT
    j       .Lhttp_return
.Lhttp_read_failed:
    li      t0, -EINTR
    beq     a0, t0, 4b
    li      t0, -EAGAIN
    bne     a0, t0, .Lhttp_finished     # reset by the client, or broken
    li      a0, HTTP_WANTS_INPUT
    j       .Lhttp_return
.Lhttp_finished:
    li      a0, HTTP_FINISHED
.Lhttp_return:
    leave

# find_request(a0 = connection): the length of the first complete request in the buffer, up to the empty line behind it and with any
# empty lines before it, or 0
function find_request
    ld      t0, CONNECTION_USED(a0)
    addi    t1, a0, CONNECTION_REQUEST
    add     t2, t1, t0
    mv      t3, t1
    li      t4, '\n'
    li      t6, '\r'
1:  bgeu    t3, t2, 4f                  # empty lines before a request are to be ignored (RFC 9112, 2.2)
    lbu     t5, 0(t3)
    addi    t3, t3, 1
    beq     t5, t4, 1b
    beq     t5, t6, 1b
2:  bgeu    t3, t2, 4f
    lbu     t5, 0(t3)
    addi    t3, t3, 1
    bne     t5, t4, 2b
    lbu     t5, -2(t3)                  # a newline: is its line empty?
    beq     t5, t4, 3f
    bne     t5, t6, 2b
    lbu     t5, -3(t3)
    bne     t5, t4, 2b
3:  sub     a0, t3, t1
    ret
4:  li      a0, 0
    ret

# answer_request(a0 = connection, a1 = length of the request): makes the response and takes the request out of the buffer
#   s0 connection   s1 request's end   s2 place   s3 path   s4 1 for HEAD   s5 its length
function answer_request
    enter   6
    mv      s0, a0
    mv      s5, a1
    addi    s2, s0, CONNECTION_REQUEST
    add     s1, s2, a1
    sb      zero, -1(s1)                # the last newline becomes the end of the text
    li      t0, 1
    sd      t0, CONNECTION_CLOSE(s0)    # unless the request turns out to be good
    li      s4, 0
1:  lbu     t0, 0(s2)
    li      t1, '\r'
    beq     t0, t1, 2f
    li      t1, '\n'
    bne     t0, t1, 3f
2:  addi    s2, s2, 1
    j       1b
3:  mv      a0, s2
    load_string a1, "GET "
    li      a2, 4
    call    strncmp
    addi    s3, s2, 4
    beqz    a0, 4f
    mv      a0, s2
    load_string a1, "HEAD "
    li      a2, 5
    call    strncmp
    addi    s3, s2, 5
    li      s4, 1
    beqz    a0, 4f
    li      s4, 0
    mv      a0, s2                      # another method, or none: is it a request at all?
    li      a1, ' '
    call    strchr
    la      a1, text_400
    beqz    a0, .Lanswer_error
    lbu     t0, 0(s2)
    addi    t0, t0, -'A'
    li      t1, 26
    bgeu    t0, t1, .Lanswer_error
    la      a1, text_405
    j       .Lanswer_error
4:  mv      s2, s3
    lbu     t0, 0(s2)
    li      t1, '/'
    la      a1, text_400
    bne     t0, t1, .Lanswer_error
5:  lbu     t0, 0(s2)                   # the path ends at a space or a '?'
    beqz    t0, .Lanswer_error
    li      t1, ' '
    beq     t0, t1, 7f
    bltu    t0, t1, .Lanswer_error
    addi    s2, s2, 1
    li      t1, '?'
    bne     t0, t1, 5b
    sb      zero, -1(s2)
6:  lbu     t0, 0(s2)
    beqz    t0, .Lanswer_error
    addi    s2, s2, 1
    li      t1, ' '
    bne     t0, t1, 6b
    addi    s2, s2, -1
7:  sb      zero, 0(s2)
    addi    s2, s2, 1
    mv      a0, s2
    load_string a1, "HTTP/1."
    li      a2, 7
    call    strncmp
    la      a1, text_400
    bnez    a0, .Lanswer_error
    lbu     t0, 7(s2)
    addi    t0, t0, -'0'
    li      t1, 2
    bgeu    t0, t1, .Lanswer_error
    xori    t0, t0, 1
    sd      t0, CONNECTION_CLOSE(s0)    # 1.1 keeps the connection, 1.0 closes it, unless a header says otherwise
8:  lbu     t0, 0(s2)                   # header lines
    beqz    t0, 11f
    addi    s2, s2, 1
    li      t1, '\n'
    bne     t0, t1, 8b
    mv      a0, s2
    load_string a1, "connection:"
    call    begins_ignoring_case
    beqz    a0, 8b
    addi    s2, s2, 11
9:  lbu     t0, 0(s2)
    li      t1, ' '
    bne     t0, t1, 10f
    addi    s2, s2, 1
    j       9b
10: mv      a0, s2
    load_string a1, "close"
    call    begins_ignoring_case
    beqz    a0, 12f
    sd      a0, CONNECTION_CLOSE(s0)
    j       8b
12: mv      a0, s2
    load_string a1, "keep-alive"
    call    begins_ignoring_case
    beqz    a0, 8b
    sd      zero, CONNECTION_CLOSE(s0)
    j       8b
11: mv      a0, s0
    call    touch_work
    ld      t0, http.root
    beqz    t0, 13f
    mv      a0, s0
    mv      a1, s3
    mv      a2, s4
    call    respond_file
    j       .Lanswer_done
13: la      a1, text_404
    lbu     t0, 1(s3)
    bnez    t0, .Lanswer_error
    la      t0, http.page.keep
    ld      t1, http.page.keep_bytes
    ld      t2, CONNECTION_CLOSE(s0)
    beqz    t2, 14f
    la      t0, http.page.close
    ld      t1, http.page.close_bytes
14: beqz    s4, 15f
    li      t2, http.page.bytes
    sub     t1, t1, t2
15: sd      t0, CONNECTION_OUTPUT(s0)
    sd      t1, CONNECTION_OUTPUT_LEFT(s0)
    j       .Lanswer_done
.Lanswer_error:
    mv      a0, s0
    call    respond_error
.Lanswer_done:
    ld      a2, CONNECTION_USED(s0)     # what follows the request moves to the front
    sub     a2, a2, s5
    sd      a2, CONNECTION_USED(s0)
    beqz    a2, 16f
    addi    a0, s0, CONNECTION_REQUEST
    mv      a1, s1
    call    memmove
16: leave

# begins_ignoring_case(a0 = text, a1 = beginning in lower case): 1 or 0
function begins_ignoring_case
1:  lbu     t0, 0(a1)
    li      t2, 1
    beqz    t0, 2f
    lbu     t1, 0(a0)
    addi    t3, t1, -'A'
    sltiu   t3, t3, 26
    slli    t3, t3, 5
    add     t1, t1, t3
    addi    a0, a0, 1
    addi    a1, a1, 1
    beq     t0, t1, 1b
    li      t2, 0
2:  mv      a0, t2
    ret

# touch_work(a0 = connection): the work of a request: reads and writes one doubleword of each line of its memory
function touch_work
    li      t0, CONNECTION_WORK
    add     t0, t0, a0
    ld      t1, http.work
    add     t1, t1, t0
1:  bgeu    t0, t1, 2f
    ld      t2, 0(t0)
    addi    t2, t2, 1
    sd      t2, 0(t0)
    addi    t0, t0, LINE
    j       1b
2:  ret

# respond_error(a0 = connection, a1 = status and reason, e.g. "404 Not Found"): a short page that says so
function respond_error
    enter   3
    mv      s0, a0
    mv      s1, a1
    mv      a0, a1
    call    strlen
    addi    a4, a0, 1
    addi    a0, s0, CONNECTION_HEAD
    li      a1, HEAD_BYTES
    load_string a2, "HTTP/1.1 %s\r\nServer: cyclix\r\nContent-Type: text/plain\r\nContent-Length: %u\r\nConnection: %s\r\n\r\n%s\n"
    mv      a3, s1
    load_string a5, "keep-alive"
    ld      t0, CONNECTION_CLOSE(s0)
    beqz    t0, 1f
    load_string a5, "close"
1:  la      t0, text_431                # behind a request that is too long nothing can be made out
    bne     s1, t0, 2f
    li      t0, 1
    sd      t0, CONNECTION_CLOSE(s0)
    load_string a5, "close"
2:  mv      a6, s1
    call    snprintf
    addi    t0, s0, CONNECTION_HEAD
    sd      t0, CONNECTION_OUTPUT(s0)
    sd      a0, CONNECTION_OUTPUT_LEFT(s0)
    leave

# respond_file(a0 = connection, a1 = path, a2 = 1 for HEAD): the file below the root; a folder stands for its index.html
#   s0 connection   s1 path   s2 HEAD   s3 fd   s4 size; the full path is at 0(sp), a struct stat behind it
    .equ    PATH_BYTES, 1024
function respond_file
    enter   5, PATH_BYTES + STAT_BYTES
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
    mv      t0, a1                      # ".." could lead out of the root
1:  lbu     t1, 0(t0)
    beqz    t1, 2f
    addi    t0, t0, 1
    li      t2, '/'
    bne     t1, t2, 1b
    lbu     t1, 0(t0)
    li      t2, '.'
    bne     t1, t2, 1b
    lbu     t1, 1(t0)
    bne     t1, t2, 1b
    j       8f
2:  addi    t0, t0, -1
    lbu     t1, 0(t0)
    load_string a5, ""
    li      t2, '/'
    bne     t1, t2, 3f
    load_string a5, "index.html"
3:  mv      a0, sp
    li      a1, PATH_BYTES
    load_string a2, "%s%s%s"
    ld      a3, http.root
    mv      a4, s1
    call    snprintf
    mv      a0, sp
    li      a1, O_RDONLY | O_CLOEXEC
    call    open
    bltz    a0, 8f
    mv      s3, a0
    addi    a1, sp, PATH_BYTES
    call    fstat
    bltz    a0, 7f
    lw      t0, PATH_BYTES+STAT_MODE(sp)
    li      t1, S_IFMT
    and     t0, t0, t1
    li      t1, S_IFREG
    bne     t0, t1, 7f
    ld      s4, PATH_BYTES+STAT_SIZE(sp)
    mv      a0, s1
    call    content_type
    mv      a3, a0
    addi    a0, s0, CONNECTION_HEAD
    li      a1, HEAD_BYTES
    load_string a2, "HTTP/1.1 200 OK\r\nServer: cyclix\r\nContent-Type: %s\r\nContent-Length: %u\r\nConnection: %s\r\n\r\n"
    mv      a4, s4
    load_string a5, "keep-alive"
    ld      t0, CONNECTION_CLOSE(s0)
    beqz    t0, 4f
    load_string a5, "close"
4:  call    snprintf
    addi    t0, s0, CONNECTION_HEAD
    sd      t0, CONNECTION_OUTPUT(s0)
    sd      a0, CONNECTION_OUTPUT_LEFT(s0)
    sd      s3, CONNECTION_FILE(s0)
    bnez    s2, 5f
    sd      s4, CONNECTION_FILE_LEFT(s0)
5:  leave
7:  mv      a0, s3
    call    close
8:  mv      a0, s0
    la      a1, text_404
    call    respond_error
    leave

# content_type(a0 = path): by its suffix
function content_type
    enter   2
    li      a1, '.'
    call    strrchr
    mv      s0, a0
    load_string s1, "application/octet-stream"
    beqz    a0, 2f
    load_string a1, ".html"
    call    strcmp
    load_string t0, "text/html"
    beqz    a0, 1f
    mv      a0, s0
    load_string a1, ".txt"
    call    strcmp
    load_string t0, "text/plain"
    bnez    a0, 2f
1:  mv      s1, t0
2:  mv      a0, s1
    leave

    .section .rodata
text_400:   .asciz "400 Bad Request"
text_404:   .asciz "404 Not Found"
text_405:   .asciz "405 Method Not Allowed"
text_431:   .asciz "431 Request Header Fields Too Large"
    .text

    .endif
