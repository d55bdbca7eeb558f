# segfault: stores to address 0, where no page is mapped. The store traps, the kernel finds no mapping for the address
# and sends SIGSEGV; nobody catches it, so it ends the process and the shell tells: status 128 + 11.

    .include "lib/start.s"

function main
    li      t0, 1
    sd      t0, 0(zero)
    ret
