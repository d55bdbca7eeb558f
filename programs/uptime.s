# uptime: how long the machine has been up, and its load, from /proc/uptime and /proc/loadavg.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"

    program_name uptime
    variable buffer, 256

# main: s0 seconds
function main
    enter   1
    load_string a0, "/proc/uptime"
    call    read_text
    la      a0, buffer
    li      a1, 10
    call    strtoul
    mv      s0, a0
    li      t0, 3600
    divu    a1, s0, t0
    remu    a2, s0, t0
    li      t0, 60
    divu    a2, a2, t0
    load_string a0, " up %2u:%02u,  load average: "
    call    printf
    load_string a0, "/proc/loadavg"
    call    read_text
    la      a0, buffer                  # three numbers, then other things
    li      t1, 3
1:  lbu     t0, 0(a0)
    beqz    t0, 2f
    addi    a0, a0, 1
    li      t2, ' '
    bne     t0, t2, 1b
    addi    t1, t1, -1
    bnez    t1, 1b
    sb      zero, -1(a0)
2:  la      a0, buffer
    call    puts
    li      a0, 0
    leave

# read_text(a0 = path): the file's beginning into the buffer, with a NUL; does not return if it cannot be read
function read_text
    enter   2
    mv      s0, a0
    li      a1, O_RDONLY
    call    open
    mv      s1, a0
    bltz    a0, 1f
    la      a1, buffer
    li      a2, 255
    call    read
    bltz    a0, 1f
    la      t0, buffer
    add     t0, t0, a0
    sb      zero, 0(t0)
    mv      a0, s1
    call    close
    leave
1:  mv      a1, a0
    mv      a0, s0
    call    warn
    li      a0, 1
    call    exit
