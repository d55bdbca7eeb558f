# test: compares files, strings and numbers; its status is the answer. What it knows is in lib/test.s.
# Usage: test EXPRESSION

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/test.s"

    program_name test

function main
    j       test
