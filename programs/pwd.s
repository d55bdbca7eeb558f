# pwd: prints the current directory, as the kernel knows it.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"

    program_name pwd
    variable buffer, 4096

function main
    enter
    la      a0, buffer
    li      a1, 4096
    call    getcwd
    bltz    a0, 1f
    la      a0, buffer
    call    puts
    li      a0, 0
    leave
1:  mv      a1, a0
    load_string a0, "getcwd"
    call    warn
    li      a0, 1
    leave
