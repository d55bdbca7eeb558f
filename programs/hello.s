# hello: the first program. One system call to write, one to end; no library at all.
# Watch both traps with: cyclix strace programs/hello.s

    .section .rodata
message:
    .ascii  "Hello from ring 3!\n"
    .equ    message.length, . - message

    .text
    .globl  _start
_start:
    li      a0, 1                       # standard output
    la      a1, message
    li      a2, message.length
    li      a7, 64                      # write
    ecall

    li      a0, 0
    li      a7, 93                      # exit
    ecall
