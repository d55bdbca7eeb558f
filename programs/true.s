# true: succeeds. The smallest program that follows the rules: main's result is the exit status.

    .include "lib/start.s"

function main
    li      a0, 0
    ret
