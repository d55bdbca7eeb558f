# echo: prints its arguments, one space between them.
# Usage: echo [-neE] [STRING]...   What the options do, and the code, is in lib/echo.s.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/echo.s"

    program_name echo

function main
    j       echo
