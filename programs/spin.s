# spin: never ends, never traps by itself. What the timer interrupt and ^C are for.

    .include "lib/start.s"

function main
    j       main
