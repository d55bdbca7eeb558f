# printf: prints its arguments as the format says. The code is in lib/printf.s.
# Usage: printf FORMAT [ARGUMENT]...

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/printf.s"

    program_name printf

function main
    j       printf_command
