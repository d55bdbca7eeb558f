# syscall_cost: what one system call costs, in the manner of lmbench's lat_syscall, and how a program recovers from it.
# Usage: syscall_cost [-n ITERATIONS] OPERATION
#   null read write open stat pipe fork exec fault signal mmap
#   recovery: after a call that runs through much of the kernel (stat), ring 3 repeats a fixed piece of work; prints the
#             cycles of each repetition after the return, averaged, and its instructions (Soares and Stumm, FlexSC, OSDI 2010, figure 1).
# Prints cycles_per_call and instructions_per_call.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/measure.s"

    program_name syscall_cost
    .equ    WARM_UP, 8
    .equ    PAGES, 64                   # of one mapping whose pages are touched for the first time
    .equ    PIECES, 24                  # repetitions after a call
    .equ    PIECE_BYTES, 8192           # the working set of ring 3: half of a 16 KiB cache

    variable buffer, 64
    variable status, 128
    variable fds
    variable file                       # an open descriptor for read and write
    variable piece_cycles, PIECES * 8
    variable piece_data, PIECE_BYTES + 64
    variable command                    # argv[0], for exec

    .section .rodata
operations:                             # name, prepare (or 0), the operation, operations in one run of it
    .quad   1f, 0, do_null, 1
    .quad   2f, open_zero, do_read, 1
    .quad   3f, open_null, do_write, 1
    .quad   4f, 0, do_open, 1
    .quad   5f, 0, do_stat, 1
    .quad   6f, make_pipe, do_pipe, 1
    .quad   7f, 0, do_fork, 1
    .quad   8f, 0, do_exec, 1
    .quad   9f, 0, do_fault, PAGES
    .quad   10f, catch_signal, do_signal, 1
    .quad   11f, 0, do_mmap, 1
    .quad   0
1:  .asciz  "null"
2:  .asciz  "read"
3:  .asciz  "write"
4:  .asciz  "open"
5:  .asciz  "stat"
6:  .asciz  "pipe"
7:  .asciz  "fork"
8:  .asciz  "exec"
9:  .asciz  "fault"
10: .asciz  "signal"
11: .asciz  "mmap"
path.zero: .asciz "/dev/zero"
path.null: .asciz "/dev/null"
path.file: .asciz "/etc/hostname"
path.true: .asciz "/bin/true"
    .text

# main: s0 the operation's row   s1 iterations   s2 start cycles   s3 start instructions   s5 argc   s6 argv
function main
    enter   7
    mv      s5, a0
    mv      s6, a1
    li      s1, 200
    ld      t0, 0(a1)
    la      t1, command
    sd      t0, 0(t1)
1:  mv      a0, s5
    mv      a1, s6
    load_string a2, "n:"
    call    getopt
    bltz    a0, 3f
    li      t0, 'n'
    bne     a0, t0, 2f
    la      t0, optarg
    ld      a0, 0(t0)
    call    parse_number
    beqz    a1, 2f
    mv      s1, a0
    bgtz    s1, 1b
2:  li      a0, 1
    call    usage_error
3:  la      t0, optind
    ld      t0, 0(t0)
    bge     t0, s5, 2b
    slli    t0, t0, 3
    add     t0, t0, s6
    ld      s6, 0(t0)                   # the operation's name
    mv      a0, s6
    load_string a1, "recovery"
    call    strcmp
    beqz    a0, .Lrecovery
    la      s0, operations
4:  ld      a1, 0(s0)
    beqz    a1, 2b
    mv      a0, s6
    call    strcmp
    beqz    a0, 5f
    addi    s0, s0, 32
    j       4b
5:  ld      t0, 8(s0)
    beqz    t0, 6f
    jalr    t0
    bltz    a0, 9f
6:  li      s5, WARM_UP
7:  ld      t0, 16(s0)
    jalr    t0
    bltz    a0, 9f
    addi    s5, s5, -1
    bnez    s5, 7b
    mv      s5, s1
    rdinstret s3
    rdcycle s2
8:  ld      t0, 16(s0)
    jalr    t0
    addi    s5, s5, -1
    bnez    s5, 8b
    rdcycle t0
    rdinstret t1
    sub     s2, t0, s2
    sub     s3, t1, s3
    ld      t0, 24(s0)
    mul     s1, s1, t0
    load_string a0, "cycles_per_call"
    mv      a1, s2
    mv      a2, s1
    call    print_ratio
    load_string a0, "instructions_per_call"
    mv      a1, s3
    mv      a2, s1
    call    print_ratio
    li      a0, 0
    leave
9:  mv      a1, a0
    mv      a0, s6
    call    warn
    li      a0, 1
    leave
.Lrecovery:
    mv      a0, s1
    call    recovery
    li      a0, 0
    leave

function do_null
    j       getppid

function open_zero
    la      a0, path.zero
    j       1f
function open_null
    la      a0, path.null
1:  enter
    li      a1, O_RDWR
    li      a2, 0
    call    open
    la      t0, file
    sd      a0, 0(t0)
    leave
function do_read
    la      t0, file
    ld      a0, 0(t0)
    la      a1, buffer
    li      a2, 1
    j       read
function do_write
    la      t0, file
    ld      a0, 0(t0)
    la      a1, buffer
    li      a2, 1
    j       write

function do_open
    enter
    la      a0, path.file
    li      a1, O_RDONLY
    li      a2, 0
    call    open
    bltz    a0, 1f
    call    close
1:  leave

function do_stat
    la      a0, path.file
    la      a1, status
    j       stat

function make_pipe
    la      a0, fds
    j       pipe
function do_pipe
    enter
    la      t0, fds
    lw      a0, 4(t0)
    la      a1, buffer
    li      a2, 1
    call    write
    la      t0, fds
    lw      a0, 0(t0)
    la      a1, buffer
    li      a2, 1
    call    read
    leave

function do_fork
    enter
    call    fork
    bltz    a0, 1f
    bnez    a0, 2f
    call    _exit
2:  li      a1, 0
    li      a2, 0
    call    waitpid
1:  leave

function do_exec
    enter   1, 16
    call    fork
    bltz    a0, 1f
    bnez    a0, 2f
    la      a0, path.true
    sd      a0, 0(sp)
    sd      zero, 8(sp)
    mv      a1, sp
    addi    a2, sp, 8
    call    execve
    li      a0, 1
    call    _exit
2:  li      a1, 0
    li      a2, 0
    call    waitpid
1:  leave

# do_fault(): a fresh mapping of PAGES pages, one write to each; its mmap and munmap are a small part of it
function do_fault
    enter   2
    call    map_pages
    bltz    a0, 2f
    mv      s0, a0
    li      s1, PAGES
    mv      t0, s0
    li      t1, 4096
1:  sb      s1, 0(t0)
    add     t0, t0, t1
    addi    s1, s1, -1
    bnez    s1, 1b
    mv      a0, s0
    li      a1, PAGES * 4096
    call    munmap
2:  leave

function do_mmap
    enter
    call    map_pages
    bltz    a0, 1f
    li      a1, PAGES * 4096
    call    munmap
1:  leave

function map_pages
    li      a0, 0
    li      a1, PAGES * 4096
    li      a2, PROT_READ | PROT_WRITE
    li      a3, MAP_PRIVATE | MAP_ANONYMOUS
    li      a4, -1
    li      a5, 0
    j       mmap

function catch_signal
    li      a0, SIGUSR1
    la      a1, on_signal
    j       signal
function on_signal
    ret
function do_signal
    enter
    call    getpid
    li      a1, SIGUSR1
    call    kill
    leave

# recovery(a0 = iterations): cycles of each of PIECES repetitions of the work after a system call
#   s0 iterations left   s1 piece   s2 start   s3 iterations
function recovery
    enter   4, 32                       # 32 bytes for a piece's name
    mv      s3, a0
    call    piece                       # its pages are there from now on: no fault is counted below
    rdinstret s0
    call    piece
    rdinstret a1
    sub     a1, a1, s0
    load_string a0, "piece_instructions"
    call    print_value
    mv      a0, s3
    addi    s0, a0, WARM_UP
1:  call    do_stat
    li      s1, 0
2:  rdcycle s2
    call    piece
    rdcycle t0
    sub     t0, t0, s2
    bgt     s0, s3, 3f                  # warming up
    la      t1, piece_cycles
    slli    t2, s1, 3
    add     t1, t1, t2
    ld      t2, 0(t1)
    add     t2, t2, t0
    sd      t2, 0(t1)
3:  addi    s1, s1, 1
    li      t0, PIECES
    blt     s1, t0, 2b
    addi    s0, s0, -1
    bnez    s0, 1b
    li      s1, 0
4:  mv      a0, sp
    li      a1, 32
    load_string a2, "piece%02d"
    mv      a3, s1
    call    snprintf
    mv      a0, sp
    la      t0, piece_cycles
    slli    t1, s1, 3
    add     t0, t0, t1
    ld      a1, 0(t0)
    mv      a2, s3
    call    print_ratio
    addi    s1, s1, 1
    li      t0, PIECES
    blt     s1, t0, 4b
    leave

# piece(): a fixed piece of ring-3 work with a working set like a program's: 8 KiB of straight-line code, a line of it for each
# line of 8 KiB of data
function piece
    la      t0, piece_data
    .balign 64
    .rept   PIECE_BYTES / 64
    ld      t2, 0(t0)
    addi    t0, t0, 64
    add     t3, t3, t2
    xori    t3, t3, 0x55
    slli    t4, t3, 3
    add     t3, t3, t4
    srli    t4, t3, 7
    xor     t3, t3, t4
    sub     t5, t3, t2
    or      t6, t5, t3
    and     t5, t5, t6
    .balign 64
    .endr
    ret
