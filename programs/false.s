# false: fails, with status 1.

    .include "lib/start.s"

function main
    li      a0, 1
    ret
