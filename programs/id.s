# id: prints who this process is for the kernel.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"

    program_name id

function main
    enter
    call    geteuid
    mv      a2, a0
    load_string a1, "uid"
    call    print_identity
    call    getegid
    mv      a2, a0
    load_string a1, " gid"
    call    print_identity
    call    getegid
    mv      a2, a0
    load_string a1, " groups"
    call    print_identity
    li      a0, '\n'
    call    putchar
    li      a0, 0
    leave

# print_identity(a1 = what, a2 = number): root by name too
function print_identity
    load_string a0, "%s=%u%s"
    load_string a3, ""
    bnez    a2, printf
    load_string a3, "(root)"
    j       printf
