# kill: sends a signal to processes, or translates the names of signals. The code is in lib/kill.s.
# Usage: kill [-SIGNAL | -s SIGNAL] PID...      kill -l [SIGNAL]...
# A negative PID is a process group; SIGNAL is a number or a name, with or without SIG. -l translates, or lists all.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/signals.s"
    .include "lib/kill.s"

    program_name kill

function main
    j       kill_command

# kill_target(a0 = operand that is no number): there is none
function kill_target
    li      a1, 0
    ret
