# wget: fetches a file by HTTP.
# Usage: wget [-q] [-O FILE] http://HOST[:PORT]/PATH   -O -: to standard output. Default: a file named as the path's last part.
# It asks in HTTP/1.0, so that the response ends where the connection does. Status 8 if the server answers with an error.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/net.s"

    program_name wget
    .equ    CHUNK, 16384
    variable buffer, CHUNK
    variable request, 2048
    variable host, 256
    variable quiet
    variable output                     # name, or 0

# main: s0 argc   s1 argv   s2 URL   s3 path   s4 port   s5 socket
function main
    enter   6
    mv      s0, a0
    mv      s1, a1
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "qO:"
    call    getopt
    bltz    a0, 3f
    li      t0, 'q'
    bne     a0, t0, 2f
    sd      t0, quiet, t6
    j       1b
2:  li      t0, 'O'
    bne     a0, t0, usage
    ld      t0, optarg
    sd      t0, output, t6
    j       1b
3:  ld      t0, optind
    addi    t1, t0, 1
    bne     t1, s0, usage
    slli    t0, t0, 3
    add     t0, t0, s1
    ld      s2, 0(t0)
    mv      a0, s2
    load_string a1, "http://"
    li      a2, 7
    call    strncmp
    mv      t0, s2
    bnez    a0, 4f
    addi    t0, s2, 7
4:  la      t1, host                    # HOST up to ':' or '/'
    li      t5, 255
    li      s4, 80
5:  lbu     t2, 0(t0)
    beqz    t2, 6f
    li      t3, '/'
    beq     t2, t3, 6f
    li      t3, ':'
    beq     t2, t3, 6f
    sb      t2, 0(t1)
    addi    t1, t1, 1
    addi    t0, t0, 1
    addi    t5, t5, -1
    bnez    t5, 5b
6:  mv      s3, t0
    li      t3, ':'
    bne     t2, t3, 7f
    addi    a0, t0, 1
    li      a1, 10
    call    strtoul
    mv      s4, a0
    mv      s3, a1
7:  lbu     t0, 0(s3)
    bnez    t0, 8f
    load_string s3, "/"
8:  la      a0, host
    call    find_host
    bnez    a1, 9f
    load_string a0, "unable to resolve host address '%s'"
    la      a1, host
    call    warnx
    li      a0, 4
    leave
9:  mv      a1, s4
    call    tcp_connect
    bltz    a0, failed
    mv      s5, a0
    la      a0, request
    li      a1, 2048
    load_string a2, "GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: wget\r\nAccept: */*\r\n\r\n"
    mv      a3, s3
    la      a4, host
    call    snprintf
    mv      a2, a0
    mv      a0, s5
    la      a1, request
    call    write_all
    bltz    a0, failed
    mv      a0, s5
    mv      a1, s3
    call    receive
    leave
failed:
    mv      a1, a0
    la      a0, host
    call    warn
    li      a0, 4
    leave
usage:
    load_string a0, "usage: wget [-q] [-O FILE] http://HOST[:PORT]/PATH"
    call    warnx
    li      a0, 2
    leave

# receive(a0 = socket, a1 = path): the response; its body to the file. The status of the program.
#   s0 socket   s1 path   s2 bytes in the buffer   s3 output's descriptor   s4 bytes of the body   s5 the body's start
function receive
    enter   6
    mv      s0, a0
    mv      s1, a1
    li      s2, 0
    li      s4, 0
1:  la      a1, buffer                  # the head must fit into the buffer
    add     a1, a1, s2
    li      a2, CHUNK - 1
    sub     a2, a2, s2
    beqz    a2, .Lreceive_malformed
    mv      a0, s0
    call    read
    blez    a0, .Lreceive_malformed
    add     s2, s2, a0
    la      a0, buffer
    add     t0, a0, s2
    sb      zero, 0(t0)
    call    find_body
    beqz    a0, 1b
    mv      s5, a0
    la      a0, buffer
    load_string a1, "HTTP/1."
    li      a2, 7
    call    strncmp
    bnez    a0, .Lreceive_malformed
    la      a0, buffer + 9
    li      a1, 10
    call    strtoul
    li      t0, 200
    beq     a0, t0, 2f
    mv      s3, a0
    la      a0, buffer + 13             # the reason, up to the end of its line
    mv      a2, a0
3:  lbu     t0, 0(a2)
    li      t1, ' '
    addi    a2, a2, 1
    bgeu    t0, t1, 3b
    addi    a2, a2, -1
    sub     a2, a2, a0
    mv      a3, a0
    mv      a1, s3
    load_string a0, "server returned error: HTTP/1.1 %d %.*s"
    call    warnx
    li      a0, 8
    leave
2:  ld      a0, output
    bnez    a0, 4f
    mv      a0, s1                      # the last part of the path
    call    basename
    lbu     t0, 0(a0)
    bnez    t0, 4f
    load_string a0, "index.html"
4:  sd      a0, output, t6
    load_string a1, "-"
    call    strcmp
    li      s3, 1
    beqz    a0, 5f
    ld      a0, output
    li      a1, O_WRONLY | O_CREAT | O_TRUNC
    li      a2, 0666
    call    open
    mv      s3, a0
    bltz    a0, .Lreceive_write_failed
5:  la      t0, buffer
    add     t0, t0, s2
    sub     s2, t0, s5                  # the body's first bytes came with the head
6:  mv      a0, s3
    mv      a1, s5
    mv      a2, s2
    call    write_all
    bltz    a0, .Lreceive_write_failed
    add     s4, s4, s2
    mv      a0, s0
    la      a1, buffer
    li      a2, CHUNK
    call    read
    mv      s2, a0
    la      s5, buffer
    bgtz    a0, 6b
    bltz    a0, .Lreceive_failed
    ld      t0, quiet
    bnez    t0, 7f
    la      a0, stderr
    load_string a1, "'%s' saved [%u]\n"
    ld      a2, output
    mv      a3, s4
    call    fprintf
7:  li      a0, 0
    leave
.Lreceive_malformed:
    load_string a0, "no HTTP response"
    call    warnx
    li      a0, 8
    leave
.Lreceive_failed:
    mv      a1, a0
    la      a0, host
    call    warn
    li      a0, 4
    leave
.Lreceive_write_failed:
    mv      a1, a0
    ld      a0, output
    call    warn
    li      a0, 3
    leave

# find_body(a0 = text): behind the first empty line, or 0
function find_body
1:  lbu     t0, 0(a0)
    beqz    t0, 3f
    addi    a0, a0, 1
    li      t1, '\n'
    bne     t0, t1, 1b
    mv      t2, a0
    lbu     t0, 0(t2)
    li      t3, '\r'
    bne     t0, t3, 2f
    addi    t2, t2, 1
    lbu     t0, 0(t2)
2:  bne     t0, t1, 1b
    addi    a0, t2, 1
    ret
3:  li      a0, 0
    ret
