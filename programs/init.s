# init: the first process. It starts a shell on the console, as the leader of a session whose terminal the console is, and
# then does what only pid 1 can do: it becomes the parent of every orphan, and waits for them, so that none stays a zombie.
# When the shell ends, init writes what is unwritten and powers the machine off.
# Usage: init [COMMAND [ARGUMENT]...]   Default: /bin/sh

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"

    program_name init

# reboot(2)
    .equ    REBOOT_MAGIC_1, 0xfee1dead
    .equ    REBOOT_MAGIC_2, 672274793
    .equ    REBOOT_POWER_OFF, 0x4321fedc

    .data
    .balign 8
console:        .asciz "/dev/console"
shell:          .asciz "/bin/sh"
shell_name:     .asciz "sh"
path_variable:  .asciz "PATH=/bin:/usr/bin:/sbin:/usr/sbin"
home_variable:  .asciz "HOME=/"
term_variable:  .asciz "TERM=vt100"
    .balign 8
shell_arguments:
    .quad   shell_name, 0
default_environment:
    .quad   path_variable, home_variable, term_variable, 0
    .text

# main: s0 the shell's pid   s1 its path   s2 its arguments   s3 its environment; the wait status is at 0(sp)
function main
    enter   4, 8
    la      s1, shell
    la      s2, shell_arguments
    li      t0, 2
    blt     a0, t0, 1f
    addi    s2, a1, 8
    ld      s1, 0(s2)
1:  mv      s3, a2
    ld      t0, 0(a2)
    bnez    t0, 2f
    la      s3, default_environment     # the kernel gave none
2:  call    fork
    mv      s0, a0
    bltz    a0, 8f
    bnez    a0, 3f
    call    start_shell
3:  li      a0, -1                      # reap whoever ends
    mv      a1, sp
    li      a2, 0
    call    waitpid
    li      t0, -ECHILD
    beq     a0, t0, 4f
    bne     a0, s0, 3b
4:  call    sync
    call    getpid
    li      t0, 1
    bne     a0, t0, 5f                  # not really init: a test
    li      a0, REBOOT_MAGIC_1
    li      a1, REBOOT_MAGIC_2
    li      a2, REBOOT_POWER_OFF
    li      a3, 0
    call    reboot
5:  lw      a0, 0(sp)
    srli    a0, a0, 8
    andi    a0, a0, 0xff
    leave
8:  mv      a1, a0
    load_string a0, "fork"
    call    warn
    li      a0, 1
    leave

# start_shell(): in the child: a session of its own, the console as its terminal and standard files, then the shell
function start_shell
    call    setsid
    la      a0, console
    li      a1, O_RDWR
    call    open
    bltz    a0, 1f                      # no console: what was inherited stays
    mv      s0, a0
    li      a1, 0
    call    dup2
    mv      a0, s0
    li      a1, 1
    call    dup2
    mv      a0, s0
    li      a1, 2
    call    dup2
    li      t0, 2
    ble     s0, t0, 1f
    mv      a0, s0
    call    close
1:  li      a0, 0
    li      a1, TIOCSCTTY
    li      a2, 0
    call    ioctl
    call    getpid                      # the shell's process group has the terminal
    mv      a1, a0
    li      a0, 0
    call    tcsetpgrp
    mv      a0, s1
    mv      a1, s2
    mv      a2, s3
    call    execve
    mv      a1, a0
    mv      a0, s1
    call    warn
    li      a0, 127
    call    _exit
