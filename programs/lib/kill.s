# kill, shared by the program of that name and by the shell's builtin. Needs syscalls.s, string.s, stdio.s, signals.s.
# Usage: kill [-SIGNAL | -s SIGNAL] PID...      kill -l [SIGNAL]...
# Whoever includes this defines kill_target(a0 = operand that is no number): a0 = what to give to kill(2), a1 = 1; or a1 = 0.

    .ifndef KILL_S
    .set KILL_S, 1

# kill_command(a0 = argc, a1 = argv): the status
#   s0 next argument   s1 signal   s2 status   s3 argument
function kill_command
    enter   4
    addi    s0, a1, 8
    li      s1, SIGTERM
    li      s2, 0
    ld      s3, 0(s0)
    beqz    s3, .Lkill_usage
    lbu     t0, 0(s3)
    li      t1, '-'
    bne     t0, t1, 3f
    addi    s0, s0, 8
    addi    s3, s3, 1
    mv      a0, s3
    load_string a1, "l"
    call    strcmp
    beqz    a0, .Lkill_list
    mv      a0, s3
    load_string a1, "-"
    call    strcmp
    beqz    a0, 3f                      # "--"
    mv      a0, s3
    load_string a1, "s"
    call    strcmp
    bnez    a0, 1f
    ld      s3, 0(s0)
    beqz    s3, .Lkill_usage
    addi    s0, s0, 8
1:  mv      a0, s3
    call    parse_signal
    mv      s1, a0
    bgez    a0, 3f
    load_string a0, "'%s': invalid signal"
    mv      a1, s3
    call    warnx
    li      a0, 1
    leave
3:  ld      t0, 0(s0)
    beqz    t0, .Lkill_usage
4:  ld      s3, 0(s0)
    beqz    s3, 9f
    addi    s0, s0, 8
    mv      a0, s3
    call    parse_number
    bnez    a1, 5f
    mv      a0, s3
    call    kill_target
    bnez    a1, 5f
    load_string a0, "'%s': invalid process id"
    mv      a1, s3
    call    warnx
    li      s2, 1
    j       4b
5:  mv      a1, s1
    call    kill
    bgez    a0, 4b
    mv      a1, a0
    mv      a0, s3
    call    warn
    li      s2, 1
    j       4b
9:  mv      a0, s2
    leave

.Lkill_list:                            # kill -l
    ld      a0, 0(s0)
    bnez    a0, 2f
    li      s1, 1
1:  mv      a0, s1
    call    signal_name
    call    puts
    addi    s1, s1, 1
    li      t0, SIGNAL_LAST
    ble     s1, t0, 1b
    j       9b
2:  call    parse_number                # a number, or a wait status of 128 + number: its name; a name: its number
    beqz    a1, 3f
    andi    a0, a0, 0x7f
    beqz    a0, 4f
    li      t0, SIGNAL_LAST
    bgtu    a0, t0, 4f
    call    signal_name
    call    puts
    j       5f
3:  ld      a0, 0(s0)
    call    parse_signal
    bltz    a0, 4f
    mv      a1, a0
    load_string a0, "%d\n"
    call    printf
    j       5f
4:  load_string a0, "'%s': invalid signal"
    ld      a1, 0(s0)
    call    warnx
    li      s2, 1
5:  addi    s0, s0, 8
    ld      a0, 0(s0)
    bnez    a0, 2b
    mv      a0, s2
    leave

.Lkill_usage:
    load_string a0, "usage: kill [-s SIGNAL | -SIGNAL] PID..., or kill -l [SIGNAL]..."
    call    warnx
    li      a0, 1
    leave

    .endif
