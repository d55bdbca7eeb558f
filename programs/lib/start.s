# Start-up: from the kernel's entry to main, and back out through exit. Every program includes this file first.
#
# The kernel enters at _start with sp pointing at argc, then argv[0..argc-1], 0, envp[..], 0, and the auxiliary vector
# (System V ABI, "Process Initialization"). main is called as in C: a0 = argc, a1 = argv, a2 = envp; what it
# returns is the exit status.
#
# Conventions used in all programs (the RISC-V calling convention): a0..a7 arguments, a0 result, t0..t6 scratch,
# s0..s11 kept by the callee, sp 16-byte aligned at each call.

    .ifndef START_S
    .set START_S, 1

# function NAME: opens a function in the text section.
    .macro function name
    .text
    .type   \name, @function
\name:
    .endm

# enter SAVED, LOCALS: builds a stack frame that keeps ra and s0 .. s(SAVED-1), with LOCALS bytes (a multiple of 8)
# for the function's own use at 0(sp). leave undoes the latest enter and returns; unwind undoes it without returning.
    .macro enter saved=0, locals=0
    .set    frame.saved, \saved
    .set    frame.locals, \locals
    .set    frame.size, (8 * (\saved + 1) + \locals + 15) / 16 * 16
    addi    sp, sp, -frame.size
    sd      ra, frame.locals(sp)
    .if frame.saved > 0
    sd      s0, frame.locals+8(sp)
    .endif
    .if frame.saved > 1
    sd      s1, frame.locals+16(sp)
    .endif
    .if frame.saved > 2
    sd      s2, frame.locals+24(sp)
    .endif
    .if frame.saved > 3
    sd      s3, frame.locals+32(sp)
    .endif
    .if frame.saved > 4
    sd      s4, frame.locals+40(sp)
    .endif
    .if frame.saved > 5
    sd      s5, frame.locals+48(sp)
    .endif
    .if frame.saved > 6
    sd      s6, frame.locals+56(sp)
    .endif
    .if frame.saved > 7
    sd      s7, frame.locals+64(sp)
    .endif
    .if frame.saved > 8
    sd      s8, frame.locals+72(sp)
    .endif
    .if frame.saved > 9
    sd      s9, frame.locals+80(sp)
    .endif
    .if frame.saved > 10
    sd      s10, frame.locals+88(sp)
    .endif
    .if frame.saved > 11
    sd      s11, frame.locals+96(sp)
    .endif
    .endm

    .macro unwind
    ld      ra, frame.locals(sp)
    .if frame.saved > 0
    ld      s0, frame.locals+8(sp)
    .endif
    .if frame.saved > 1
    ld      s1, frame.locals+16(sp)
    .endif
    .if frame.saved > 2
    ld      s2, frame.locals+24(sp)
    .endif
    .if frame.saved > 3
    ld      s3, frame.locals+32(sp)
    .endif
    .if frame.saved > 4
    ld      s4, frame.locals+40(sp)
    .endif
    .if frame.saved > 5
    ld      s5, frame.locals+48(sp)
    .endif
    .if frame.saved > 6
    ld      s6, frame.locals+56(sp)
    .endif
    .if frame.saved > 7
    ld      s7, frame.locals+64(sp)
    .endif
    .if frame.saved > 8
    ld      s8, frame.locals+72(sp)
    .endif
    .if frame.saved > 9
    ld      s9, frame.locals+80(sp)
    .endif
    .if frame.saved > 10
    ld      s10, frame.locals+88(sp)
    .endif
    .if frame.saved > 11
    ld      s11, frame.locals+96(sp)
    .endif
    addi    sp, sp, frame.size
    .endm

    .macro leave
    unwind
    ret
    .endm

# load_string REGISTER, "text": places the text in .rodata and its address in the register.
    .macro load_string register, text
    .section .rodata
99: .asciz  "\text"
    .text
    la      \register, 99b
    .endm

# variable NAME, BYTES: zeroed storage in .bss, 8-byte aligned.
    .macro variable name, bytes=8
    .bss
    .balign 8
\name:
    .zero   \bytes
    .text
    .endm

    variable environ                    # envp, as the C library's environ
    variable at_exit                    # a function that exit calls first (stdio flushes there), or 0

    .globl  _start
function _start
    mv      fp, zero                    # the outermost frame: unwinders stop here
    ld      a0, 0(sp)
    addi    a1, sp, 8
    slli    t0, a0, 3
    add     a2, a1, t0
    addi    a2, a2, 8
    la      t0, environ
    sd      a2, 0(t0)
    andi    sp, sp, -16
    call    main
    # falls into exit with main's result

# exit(a0 = status): runs at_exit, then ends all threads of the process. Does not return.
function exit
    mv      s0, a0
    la      t0, at_exit
    ld      t0, 0(t0)
    beqz    t0, 1f
    jalr    t0                          # a0 = status; returns the status to use
    mv      s0, a0
1:  mv      a0, s0

# _exit(a0 = status): ends the process at once. What a forked child uses when execve failed.
function _exit
    li      a7, 94                      # exit_group
    ecall

    .endif
