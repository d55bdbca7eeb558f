# nc: a connection between a network and a terminal: what stdin says goes to the peer, what the peer says to stdout. ppoll waits for
# whichever comes first.
# Usage: nc HOST PORT, or nc -l [-p] PORT, which waits for one connection.
# At the end of stdin the sending half of the connection is shut; nc ends when the peer has closed its half too.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/net.s"

    program_name nc
    .equ    CHUNK, 16384
    variable buffer, CHUNK
    variable table, 2 * POLLFD_BYTES

# main: s0 argc   s1 argv   s2 listen   s3 port   s4 operands' place   s5 socket
function main
    enter   6
    mv      s0, a0
    mv      s1, a1
    li      s2, 0
    li      s3, 0
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "lp:"
    call    getopt
    bltz    a0, 3f
    li      t0, 'l'
    bne     a0, t0, 2f
    li      s2, 1
    j       1b
2:  li      t0, 'p'
    bne     a0, t0, usage
    ld      a0, optarg
    call    parse_number
    mv      s3, a0
    bnez    a1, 1b
usage:
    load_string a0, "usage: nc HOST PORT, or nc -l [-p] PORT"
    call    warnx
    li      a0, 1
    leave
3:  ld      t0, optind
    slli    t1, t0, 3
    add     s4, s1, t1
    sub     s0, s0, t0
    beqz    s2, 6f
    bnez    s3, 4f
    beqz    s0, usage
    ld      a0, 0(s4)
    call    parse_number
    mv      s3, a0
    beqz    a1, usage
4:  mv      a0, s3
    li      a1, 1
    li      a2, SOCK_CLOEXEC
    call    tcp_listen
    load_string s4, "cannot listen"
    bltz    a0, failed
    mv      s3, a0
    li      a1, 0
    li      a2, 0
    li      a3, SOCK_CLOEXEC
    call    accept4
    load_string s4, "accept"
    bltz    a0, failed
    mv      s5, a0
    mv      a0, s3
    call    close
    j       7f
6:  li      t0, 2
    bne     s0, t0, usage
    ld      a0, 8(s4)
    call    parse_number
    beqz    a1, usage
    mv      s3, a0
    ld      s4, 0(s4)
    mv      a0, s4
    call    find_host
    bnez    a1, 5f
    load_string a0, "%s: unknown host"
    mv      a1, s4
    call    warnx
    li      a0, 1
    leave
5:  mv      a1, s3
    call    tcp_connect
    bltz    a0, failed
    mv      s5, a0
7:  mv      a0, s5
    call    relay
    li      a0, 0
    leave
failed:
    mv      a1, a0
    mv      a0, s4
    call    warn
    li      a0, 1
    leave

# relay(a0 = socket): until the peer has nothing more to say
function relay
    enter   2
    mv      s0, a0
    la      s1, table
    li      t0, POLLIN
    sw      zero, 0(s1)                 # stdin
    sw      t0, 4(s1)
    sw      s0, 8(s1)
    sw      t0, 12(s1)
1:  mv      a0, s1
    li      a1, 2
    li      a2, 0
    li      a3, 0
    li      a4, 8
    call    ppoll
    li      t0, -EINTR
    beq     a0, t0, 1b
    bltz    a0, 9f
    lhu     t0, 14(s1)
    beqz    t0, 2f
    mv      a0, s0
    li      a1, 1
    call    move_bytes
    blez    a0, 9f
2:  lhu     t0, 6(s1)
    beqz    t0, 1b
    li      a0, 0
    mv      a1, s0
    call    move_bytes
    bgtz    a0, 1b
    li      t0, -1                      # the end of stdin: a negative descriptor is not looked at
    sw      t0, 0(s1)
    mv      a0, s0
    li      a1, SHUT_WR
    call    shutdown
    j       1b
9:  leave

# move_bytes(a0 = from, a1 = to): what one read gives; > 0, or 0 at the end, or minus an errno
function move_bytes
    enter   2
    mv      s0, a1
    la      a1, buffer
    li      a2, CHUNK
    call    read
    blez    a0, 1f
    mv      s1, a0
    mv      a2, a0
    la      a1, buffer
    mv      a0, s0
    call    write_all
    bltz    a0, 1f
    mv      a0, s1
1:  leave
