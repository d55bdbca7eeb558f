# echo_server: sends back what each client sends (RFC 862), to many clients at once, with one thread and ppoll: the kernel is handed
# the whole list of descriptors at every call, and looks at each. Compare httpd_epoll, where the kernel keeps the list.
# Usage: echo_server [-p PORT]   Default: 7007
# Between a read and the write of what was read the server waits for that client: fine for an example, not for a slow reader.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/net.s"

    program_name echo_server
    .equ    LIMIT, 1024                 # descriptors
    variable table, LIMIT * POLLFD_BYTES    # the first is the listening socket
    variable buffer, 4096

# main: s0 argc   s1 argv   s2 port, then entries in the table   s3 entry   s4 entries left to look at
function main
    enter   5
    mv      s0, a0
    mv      s1, a1
    li      s2, 7007
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "p:"
    call    getopt
    bltz    a0, 2f
    li      t0, 'p'
    bne     a0, t0, usage
    ld      a0, optarg
    call    parse_number
    mv      s2, a0
    bnez    a1, 1b
usage:
    load_string a0, "usage: echo_server [-p PORT]"
    call    warnx
    li      a0, 2
    leave
2:  li      a0, SIGPIPE
    li      a1, SIG_IGN
    call    signal
    mv      a0, s2
    li      a1, 128
    li      a2, SOCK_CLOEXEC
    call    tcp_listen
    bltz    a0, failed
    la      s3, table
    sw      a0, 0(s3)
    li      t0, POLLIN
    sw      t0, 4(s3)
    li      s2, 1
.Lecho_wait:
    la      a0, table
    mv      a1, s2
    li      a2, 0                       # no time limit
    li      a3, 0
    li      a4, 8
    call    ppoll
    li      t0, -EINTR
    beq     a0, t0, .Lecho_wait
    bltz    a0, failed
    la      s3, table + POLLFD_BYTES
    addi    s4, s2, -1
3:  beqz    s4, 5f                      # clients first: an entry that is removed is replaced by the last one
    lhu     t0, 6(s3)
    beqz    t0, 4f
    lw      a0, 0(s3)
    call    echo_once
    bgtz    a0, 4f
    lw      a0, 0(s3)
    call    close
    addi    s2, s2, -1
    la      t0, table
    slli    t1, s2, 3
    add     t0, t0, t1
    ld      t1, 0(t0)
    sd      t1, 0(s3)
    addi    s4, s4, -1
    j       3b
4:  addi    s3, s3, POLLFD_BYTES
    addi    s4, s4, -1
    j       3b
5:  la      s3, table
    lhu     t0, 6(s3)
    beqz    t0, .Lecho_wait
    lw      a0, 0(s3)
    li      a1, 0
    li      a2, 0
    li      a3, SOCK_CLOEXEC
    call    accept4
    bltz    a0, .Lecho_wait
    li      t0, LIMIT
    bgeu    s2, t0, 6f
    slli    t0, s2, 3
    add     t0, t0, s3
    sw      a0, 0(t0)
    li      t1, POLLIN
    sw      t1, 4(t0)
    addi    s2, s2, 1
    j       .Lecho_wait
6:  call    close                       # the table is full
    j       .Lecho_wait
failed:
    mv      a1, a0
    load_string a0, "cannot listen"
    call    warn
    li      a0, 1
    leave

# echo_once(a0 = fd): what is there, back to the sender; > 0, or 0 at the end, or minus an errno
function echo_once
    enter   1
    mv      s0, a0
    la      a1, buffer
    li      a2, 4096
    call    read
    blez    a0, 1f
    mv      a2, a0
    mv      a0, s0
    la      a1, buffer
    call    write_all
    bltz    a0, 1f
    li      a0, 1
1:  leave
