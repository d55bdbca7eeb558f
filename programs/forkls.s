# forkls: how a shell runs a command, in one screen: fork, execve("/bin/ls", "-la") in the child, wait in the parent, and
# the child's exit code taken out of the wait status.
# Watch it with: cyclix strace -f programs/forkls.s

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"

    program_name forkls

    .data
    .balign 8
path:   .asciz  "/bin/ls"
option: .asciz  "-la"
    .balign 8
arguments:
    .quad   path, option, 0
    .text

# main: s0 the child's pid; the wait status is at 0(sp)
function main
    enter   1, 8
    call    fork
    bltz    a0, fork_failed
    beqz    a0, child
    mv      s0, a0

    mv      a1, sp                      # parent: wait for that child
    li      a2, 0
    call    waitpid
    lw      t0, 0(sp)
    andi    t1, t0, 0x7f                # WIFEXITED: no signal in the low seven bits
    bnez    t1, 1f
    srli    a2, t0, 8                   # WEXITSTATUS: the next eight
    andi    a2, a2, 0xff
    mv      a1, s0
    load_string a0, "child %d exited with code %d\n"
    call    printf
    li      a0, 0
    leave
1:  mv      a2, t1
    mv      a1, s0
    load_string a0, "child %d was killed by signal %d\n"
    call    printf
    li      a0, 1
    leave

child:                                  # the copy: becomes ls, keeps pid, descriptors and directory
    la      a0, path
    la      a1, arguments
    la      a2, environ
    ld      a2, 0(a2)
    call    execve
    mv      a1, a0                      # only a failed execve returns
    la      a0, path
    call    perror
    li      a0, 127
    call    _exit

fork_failed:
    mv      a1, a0
    load_string a0, "fork"
    call    perror
    li      a0, 1
    leave
