# random_syscalls: SEED COUNT: makes COUNT system calls with random numbers and arguments. A supervisor forks children that
# make a few hundred calls each; a child that blocks is killed after a while, one that dies is replaced. Prints how many
# calls were made; what they return does not matter, only that the kernel survives.

    .include "../../programs/lib/start.s"
    .include "../../programs/lib/syscalls.s"
    .include "../../programs/lib/string.s"
    .include "../../programs/lib/memory.s"
    .include "../../programs/lib/stdio.s"
    .include "../../programs/lib/options.s"
    .include "../../programs/lib/measure.s"

    program_name random_syscalls
    .equ    CALLS_A_CHILD, 400
    .equ    PATIENCE, 60                # looks of the supervisor, 1 ms apart
    .equ    HIGHEST_CALL, 470

    variable shared                     # page shared with the children: calls made
    variable seed
    variable millisecond, 16

    .data
    .balign 4096
playground:                             # what pointers point to: paths, numbers, structures, zeros
    .asciz  "/tmp/a"
    .asciz  "/proc/self/status"
    .asciz  "/dev/zero"
    .asciz  "."
    .asciz  ""
    .balign 64
    .quad   1, 0, 16, 4096, playground, 64, -1, 0x7fffffff, 2, 3, 0x1000, playground + 128
    .balign 4096
    .zero   8192
playground_end:
    .text

# main: s0 supervisor's count wanted   s1 child   s2 looks left   s5 argc   s6 argv
function main
    enter   7
    mv      s5, a0
    mv      s6, a1
    li      t0, 3
    blt     s5, t0, 9f
    ld      a0, 8(s6)
    call    parse_number
    la      t0, seed
    sd      a0, 0(t0)
    ld      a0, 16(s6)
    call    parse_number
    mv      s0, a0
    la      t0, millisecond
    li      t1, 1000000
    sd      t1, 8(t0)
    li      a0, 0
    li      a1, 4096
    li      a2, PROT_READ | PROT_WRITE
    li      a3, MAP_SHARED | MAP_ANONYMOUS
    li      a4, -1
    li      a5, 0
    call    mmap
    la      t0, shared
    sd      a0, 0(t0)
    li      s1, 1                       # the supervisor outlives what it can: ignore signals 1 .. 64
1:  mv      a0, s1
    li      a1, SIG_IGN
    li      t0, SIGCHLD
    beq     s1, t0, 2f
    call    signal
2:  addi    s1, s1, 1
    li      t0, 65
    blt     s1, t0, 1b

3:  la      t0, shared
    ld      t0, 0(t0)
    ld      t1, 0(t0)
    bge     t1, s0, 8f
    call    next_random
    call    fork
    bltz    a0, 8f
    bnez    a0, 4f
    call    child
4:  mv      s1, a0
    li      s2, PATIENCE
5:  mv      a0, s1
    li      a1, 0
    li      a2, WNOHANG
    call    waitpid
    bnez    a0, 7f
    la      a0, millisecond
    li      a1, 0
    call    nanosleep
    addi    s2, s2, -1
    bnez    s2, 5b
    mv      a0, s1
    li      a1, SIGKILL
    call    kill
    mv      a0, s1
    li      a1, 0
    li      a2, 0
    call    waitpid
7:  j       3b
8:  load_string a0, "calls"
    la      t0, shared
    ld      t0, 0(t0)
    ld      a1, 0(t0)
    call    print_value
    li      a0, 0
    leave
9:  li      a0, 1
    leave

# next_random(): a0 = the next of xorshift64
function next_random
    la      t0, seed
    ld      a0, 0(t0)
    slli    t1, a0, 13
    xor     a0, a0, t1
    srli    t1, a0, 7
    xor     a0, a0, t1
    slli    t1, a0, 17
    xor     a0, a0, t1
    sd      a0, 0(t0)
    ret

# random_argument(): a0 = a small number, a flag word, a pointer into the playground, or anything
function random_argument
    enter   1
    call    next_random
    mv      s0, a0
    call    next_random
    andi    t0, s0, 7
    srli    s0, s0, 8
    li      t1, 3
    blt     t0, t1, 1f                  # 0, 1, 2: -2 .. 13
    beq     t0, t1, 2f                  # 3: 16 bits
    li      t1, 6
    blt     t0, t1, 3f                  # 4, 5: a pointer
    beq     t0, t1, 4f                  # 6: 32 bits
    j       5f                          # 7: 64 bits
1:  andi    a0, a0, 15
    addi    a0, a0, -2
    j       5f
2:  slli    a0, a0, 48
    srli    a0, a0, 48
    j       5f
3:  li      t1, 12280
    remu    a0, a0, t1
    andi    a0, a0, -8
    la      t0, playground
    add     a0, a0, t0
    j       5f
4:  sext.w  a0, a0
5:  leave

# child(): CALLS_A_CHILD random calls, then exit
#   s0 calls left   s1 number   s2 … s7 arguments
function child
    enter   8
    li      s0, CALLS_A_CHILD
1:  call    next_random
    li      t0, HIGHEST_CALL
    remu    s1, a0, t0
    li      t0, 93                      # ending oneself teaches nothing: exit, exit_group, reboot
    beq     s1, t0, 1b
    li      t0, 94
    beq     s1, t0, 1b
    li      t0, 142
    beq     s1, t0, 1b
    call    random_argument
    mv      s2, a0
    call    random_argument
    mv      s3, a0
    call    random_argument
    mv      s4, a0
    call    random_argument
    mv      s5, a0
    call    random_argument
    mv      s6, a0
    call    random_argument
    mv      s7, a0
    la      t0, shared
    ld      t0, 0(t0)
    li      t1, 1
    amoadd.d zero, t1, (t0)
    mv      a0, s2
    mv      a1, s3
    mv      a2, s4
    mv      a3, s5
    mv      a4, s6
    mv      a5, s7
    mv      a7, s1
    ecall
    addi    s0, s0, -1
    bnez    s0, 1b
    li      a0, 0
    call    _exit
