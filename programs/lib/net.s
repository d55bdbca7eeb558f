# Sockets: IPv4 addresses, listening, connecting. Needs syscalls.s, string.s.
# struct sockaddr_in: family (2 bytes, host order), port and address (network order), 8 bytes unused.

    .ifndef NET_S
    .set NET_S, 1

    .equ    AF_INET, 2
    .equ    SOCK_STREAM, 1
    .equ    SOCK_NONBLOCK, 0x800
    .equ    SOCK_CLOEXEC, 0x80000
    .equ    SOL_SOCKET, 1
    .equ    SO_REUSEADDR, 2
    .equ    IPPROTO_TCP, 6
    .equ    TCP_NODELAY, 1
    .equ    SHUT_WR, 1
    .equ    MSG_NOSIGNAL, 0x4000
    .equ    MSG_MORE, 0x8000
    .equ    SOCKADDR_BYTES, 16

    .equ    POLLIN, 1
    .equ    POLLOUT, 4
    .equ    POLLERR, 8
    .equ    POLLHUP, 16
    .equ    POLLFD_BYTES, 8             # struct pollfd: fd (4), events (2), revents (2)

# make_address(a0 = struct sockaddr_in, a1 = address in network order, a2 = port)
function make_address
    sd      zero, 8(a0)
    li      t0, AF_INET
    sh      t0, 0(a0)
    srli    t0, a2, 8                   # the port's high byte comes first
    sb      t0, 2(a0)
    sb      a2, 3(a0)
    sw      a1, 4(a0)
    ret

# parse_address(a0 = "127.0.0.1"): a0 = address in network order, a1 = 1, or a1 = 0 if it is none
#   s0 parts left   s1 address   s2 shift
function parse_address
    enter   4
    li      s0, 4
    li      s1, 0
    li      s2, 0
1:  mv      s3, a0
    li      a1, 10
    call    strtoul
    beq     a1, s3, 3f
    li      t0, 256
    bgeu    a0, t0, 3f
    sll     a0, a0, s2                  # the first part is the lowest byte of the little-endian word
    or      s1, s1, a0
    addi    s2, s2, 8
    addi    s0, s0, -1
    lbu     t0, 0(a1)
    addi    a0, a1, 1
    beqz    s0, 2f
    li      t1, '.'
    beq     t0, t1, 1b
    j       3f
2:  bnez    t0, 3f
    mv      a0, s1
    li      a1, 1
    leave
3:  li      a1, 0
    leave

# find_host(a0 = name or address): as parse_address; a name is looked up in /etc/hosts
#   s0 name   s1 place in the file   s2 address of the line   s3 its length; hosts.buffer holds the file's first 4095 bytes
    variable hosts.buffer, 4096
function find_host
    enter   4
    mv      s0, a0
    call    parse_address
    bnez    a1, 9f
    load_string a0, "/etc/hosts"
    li      a1, O_RDONLY | O_CLOEXEC
    call    open
    bltz    a0, 6f
    mv      s1, a0
    la      a1, hosts.buffer
    li      a2, 4095
    call    read
    mv      s2, a0
    mv      a0, s1
    call    close
    bltz    s2, 6f
    la      s1, hosts.buffer
    add     t0, s1, s2
    sb      zero, 0(t0)
    li      s2, 0                       # words are cut in place; the first of a line is its address
1:  lbu     t0, 0(s1)
    beqz    t0, 6f
    li      t1, '\n'
    bne     t0, t1, 2f
    li      s2, 0
    j       3f
2:  li      t1, '#'
    beq     t0, t1, 7f
    li      t1, ' '
    bgtu    t0, t1, 4f
3:  addi    s1, s1, 1
    j       1b
7:  addi    s1, s1, 1                   # a comment
    lbu     t0, 0(s1)
    beqz    t0, 6f
    li      t1, '\n'
    bne     t0, t1, 7b
    j       1b
4:  mv      a0, s1                      # a word
5:  lbu     t0, 0(s1)
    li      t1, ' '
    bleu    t0, t1, 8f
    addi    s1, s1, 1
    j       5b
8:  mv      s3, t0                      # what ended it
    sb      zero, 0(s1)
    bnez    s2, 10f
    mv      s2, a0
    j       11f
10: mv      a1, s0
    call    strcmp
    bnez    a0, 11f
    mv      a0, s2
    call    parse_address
    bnez    a1, 9f
11: sb      s3, 0(s1)
    beqz    s3, 6f
    li      t1, '\n'
    beq     s3, t1, 1b
    sb      zero, 0(s1)                 # the address stays cut off
    addi    s1, s1, 1
    j       1b
6:  load_string a1, "localhost"
    mv      a0, s0
    call    strcmp
    seqz    a1, a0
    li      a0, 0x0100007f              # 127.0.0.1
9:  leave

# tcp_listen(a0 = port, a1 = backlog, a2 = SOCK_ flags): a listening socket on all addresses, or minus an errno
#   s0 port   s1 backlog   s2 fd   s3 errno
function tcp_listen
    enter   4, SOCKADDR_BYTES
    mv      s0, a0
    mv      s1, a1
    ori     a1, a2, SOCK_STREAM
    li      a0, AF_INET
    li      a2, 0
    call    socket
    bltz    a0, 9f
    mv      s2, a0
    li      a1, SOL_SOCKET              # a restarted server may take its port back at once
    li      a2, SO_REUSEADDR
    call    set_option
    mv      a0, sp
    li      a1, 0
    mv      a2, s0
    call    make_address
    mv      a0, s2
    mv      a1, sp
    li      a2, SOCKADDR_BYTES
    call    bind
    bltz    a0, 8f
    mv      a0, s2
    mv      a1, s1
    call    listen
    bltz    a0, 8f
    mv      a0, s2
    leave
8:  mv      s3, a0
    mv      a0, s2
    call    close
    mv      a0, s3
9:  leave

# set_option(a0 = fd, a1 = level, a2 = option): sets it to 1
function set_option
    enter   0, 8
    li      t0, 1
    sw      t0, 0(sp)
    mv      a3, sp
    li      a4, 4
    call    setsockopt
    leave

# tcp_connect(a0 = address in network order, a1 = port): a connected socket, or minus an errno
function tcp_connect
    enter   2, SOCKADDR_BYTES
    mv      a2, a1
    mv      a1, a0
    mv      a0, sp
    call    make_address
    li      a0, AF_INET
    li      a1, SOCK_STREAM | SOCK_CLOEXEC
    li      a2, 0
    call    socket
    bltz    a0, 2f
    mv      s0, a0
    mv      a1, sp
    li      a2, SOCKADDR_BYTES
    call    connect
    mv      s1, a0
    mv      a0, s0
    bgez    s1, 2f
    call    close
    mv      a0, s1
2:  leave

    .endif
