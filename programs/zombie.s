# zombie: a process that has ended, but whose parent has not asked for its status yet, stays in the process table: state Z.
# The child ends at once; the parent sleeps a little, has ps show the table, then reaps the child.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"

    program_name zombie

    .data
    .balign 8
path:   .asciz  "/bin/ps"
name:   .asciz  "ps"
    .balign 8
arguments:
    .quad   name, 0
pause:  .quad   0, 50000000             # struct timespec: 50 ms
    .text

# main: s0 the zombie's pid   s1 the pid of ps; the wait status is at 0(sp)
function main
    enter   2, 8
    call    fork
    mv      s0, a0
    bnez    a0, 1f
    li      a0, 7                       # the child: only its exit status is left of it
    call    _exit
1:  la      a0, pause
    li      a1, 0
    call    nanosleep
    load_string a0, "child %d has ended; nobody has waited for it:\n"
    mv      a1, s0
    call    printf
    la      a0, stdout                  # before fork: else the child would print it as well
    call    fflush
    call    fork
    mv      s1, a0
    bnez    a0, 2f
    la      a0, path
    la      a1, arguments
    la      a2, environ
    ld      a2, 0(a2)
    call    execve
    mv      a1, a0
    la      a0, path
    call    perror
    li      a0, 127
    call    _exit
2:  mv      a0, s1
    mv      a1, sp
    li      a2, 0
    call    waitpid
    mv      a0, s0                      # now reap the zombie
    mv      a1, sp
    li      a2, 0
    call    waitpid
    lw      a2, 0(sp)
    srli    a2, a2, 8
    andi    a2, a2, 0xff
    mv      a1, a0
    load_string a0, "reaped %d, exit code %d\n"
    call    printf
    li      a0, 0
    leave
