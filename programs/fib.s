# fib: the Nth (27) Fibonacci number by the plain recursion: calls, returns and stack frames, for the return-address predictor.
# Usage: fib [N]

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/operand.s"

    program_name fib

function main
    enter   1
    li      a2, 27
    call    number_operand
    mv      s0, a0
    call    fib
    mv      a2, a0
    mv      a1, s0
    load_string a0, "fib(%u) = %u\n"
    call    printf
    li      a0, 0
    leave

# fib(a0 = n)
function fib
    li      t0, 2
    bltu    a0, t0, 1f
    enter   2
    mv      s0, a0
    addi    a0, a0, -1
    call    fib
    mv      s1, a0
    addi    a0, s0, -2
    call    fib
    add     a0, a0, s1
    unwind
1:  ret
