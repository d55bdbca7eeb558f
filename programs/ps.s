# ps: lists the processes. All it knows it reads from the files of /proc: one directory a process, named by its pid.
# Usage: ps [options]   Options are accepted and ignored, but -f or -l adds the parent's pid. Columns as procps prints them.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/directory.s"

    program_name ps

# Fields of /proc/PID/stat behind the command's ')', counted from 0 (proc(5) counts from 3)
    .equ    STAT_PPID, 1
    .equ    STAT_PGRP, 2
    .equ    STAT_SESSION, 3
    .equ    STAT_TTY, 4
    .equ    STAT_TPGID, 5
    .equ    STAT_UTIME, 11              # in 1/100 s
    .equ    STAT_STIME, 12
    .equ    STAT_NICE, 16
    .equ    STAT_THREADS, 17
    .equ    STAT_FIELDS, 18

    variable path, 64
    variable contents, 4096
    variable command, 4096
    variable fields, STAT_FIELDS * 8
    variable with_parent

# main: s0 next name   s1 names left
function main
    enter   2
    addi    s0, a1, 8
1:  ld      a0, 0(s0)
    beqz    a0, 3f
    addi    s0, s0, 8
    mv      s1, a0
    li      a1, 'f'
    call    strchr
    bnez    a0, 2f
    mv      a0, s1
    li      a1, 'l'
    call    strchr
    beqz    a0, 1b
2:  li      t0, 1
    sd      t0, with_parent, t6
    j       1b
3:  load_string a0, "    PID "
    la      a1, stdout
    call    fputs
    ld      t0, with_parent
    beqz    t0, 4f
    load_string a0, "   PPID "
    la      a1, stdout
    call    fputs
4:  load_string a0, "TTY      STAT   TIME COMMAND"
    call    puts
    load_string a0, "/proc"
    call    read_directory
    mv      s0, a0
    mv      s1, a1
    bltz    a0, 8f
    la      a2, compare_pids
    call    sort
5:  beqz    s1, 6f
    ld      a0, 0(s0)
    addi    s0, s0, 8
    addi    s1, s1, -1
    lbu     t0, 0(a0)                   # names that are no number are about other things
    addi    t0, t0, -'0'
    li      t1, 10
    bgeu    t0, t1, 5b
    call    print_process
    j       5b
6:  li      a0, 0
    leave
8:  mv      a1, a0
    load_string a0, "/proc"
    call    warn
    li      a0, 1
    leave

# compare_pids(a0, a1 = names): by length, then by digits, is by number
function compare_pids
    enter   3
    mv      s0, a0
    mv      s1, a1
    call    strlen
    mv      s2, a0
    mv      a0, s1
    call    strlen
    sub     a0, s2, a0
    bnez    a0, 1f
    mv      a0, s0
    mv      a1, s1
    call    strcmp
1:  leave

# read_process_file(a0 = pid as text, a1 = file, a2 = buffer of 4096 bytes): the bytes read, a NUL put behind them; or < 0
function read_process_file
    enter   3
    mv      s0, a2
    mv      a3, a0
    mv      a4, a1
    la      a0, path
    li      a1, 64
    load_string a2, "/proc/%s/%s"
    call    snprintf
    la      a0, path
    li      a1, O_RDONLY
    call    open
    bltz    a0, 1f
    mv      s1, a0
    mv      a1, s0
    li      a2, 4095
    call    read
    mv      s2, a0
    mv      a0, s1
    call    close
    mv      a0, s2
    bltz    a0, 1f
    add     t0, s0, a0
    sb      zero, 0(t0)
1:  leave

# print_process(a0 = pid as text)
#   s0 pid   s1 place in the contents   s2 name of the command   s3 bytes of the command line   s4 state
function print_process
    enter   5, 16
    mv      s0, a0
    load_string a1, "stat"
    la      a2, contents
    call    read_process_file
    blez    a0, 9f                      # it ended in between
    la      a0, contents
    li      a1, '('
    call    strchr
    beqz    a0, 9f
    addi    s2, a0, 1
    mv      a0, s2
    li      a1, ')'                     # a command's name may hold a ')': the last one counts
    call    strrchr
    beqz    a0, 9f
    sb      zero, 0(a0)
    addi    s1, a0, 2
    lbu     s4, 0(s1)
    addi    s1, s1, 1
    la      t3, fields + 8
    li      t4, STAT_FIELDS - 1
1:  lbu     t0, 0(s1)                   # numbers, signed
    addi    s1, s1, 1
    li      t1, ' '
    beq     t0, t1, 1b
    li      t5, 0
    li      t1, '-'
    bne     t0, t1, 2f
    lbu     t0, 0(s1)
    addi    s1, s1, 1
    li      t5, 1
2:  li      t2, 0
    li      a1, 10
3:  addi    t0, t0, -'0'
    bgeu    t0, a1, 4f
    mul     t2, t2, a1
    add     t2, t2, t0
    lbu     t0, 0(s1)
    addi    s1, s1, 1
    j       3b
4:  addi    s1, s1, -1
    beqz    t5, 5f
    neg     t2, t2
5:  sd      t2, 0(t3)
    addi    t3, t3, 8
    addi    t4, t4, -1
    bnez    t4, 1b

    load_string a0, "%7s "
    mv      a1, s0
    call    printf
    ld      t0, with_parent
    beqz    t0, 6f
    load_string a0, "%7d "
    ld      a1, fields+8*STAT_PPID
    call    printf
6:  ld      a0, fields+8*STAT_TTY
    call    print_terminal
    sb      s4, 0(sp)                   # STAT: the state's letter and what else ps knows of it
    addi    t1, sp, 1
    ld      t0, fields+8*STAT_NICE
    beqz    t0, 7f
    slti    t0, t0, 0
    li      t2, 'N'
    beqz    t0, 8f
    li      t2, '<'
8:  sb      t2, 0(t1)
    addi    t1, t1, 1
7:  mv      a0, s0
    sd      t1, 8(sp)
    call    parse_number
    ld      t1, 8(sp)
    ld      t0, fields+8*STAT_SESSION
    bne     t0, a0, 10f
    li      t2, 's'                     # leads a session
    sb      t2, 0(t1)
    addi    t1, t1, 1
10: ld      t0, fields+8*STAT_THREADS
    li      t2, 2
    blt     t0, t2, 11f
    li      t2, 'l'                     # has several threads
    sb      t2, 0(t1)
    addi    t1, t1, 1
11: ld      t0, fields+8*STAT_TPGID
    ld      t2, fields+8*STAT_PGRP
    bne     t0, t2, 12f
    li      t2, '+'                     # is in the terminal's foreground
    sb      t2, 0(t1)
    addi    t1, t1, 1
12: sb      zero, 0(t1)
    ld      a2, fields+8*STAT_UTIME
    ld      t0, fields+8*STAT_STIME
    add     a2, a2, t0
    li      t0, 100
    divu    a2, a2, t0
    li      t0, 60
    remu    a3, a2, t0
    divu    a2, a2, t0
    mv      a1, sp
    load_string a0, "%-4s %3u:%02u "
    call    printf

    mv      a0, s0
    load_string a1, "cmdline"
    la      a2, command
    call    read_process_file
    li      t0, 'Z'
    beq     s4, t0, 14f
    blez    a0, 14f
    la      t0, command                 # the arguments' NULs become spaces, but for the last
    add     t1, t0, a0
    sb      zero, -1(t1)
    addi    t1, t1, -1
13: bgeu    t0, t1, 15f
    lbu     t2, 0(t0)
    addi    t0, t0, 1
    bnez    t2, 13b
    li      t2, ' '
    sb      t2, -1(t0)
    j       13b
15: la      a0, command
    call    puts
    leave
14: load_string a0, "[%s]%s\n"          # no command line: a kernel thread, or a zombie, which has no memory any more
    mv      a1, s2
    load_string a2, ""
    li      t0, 'Z'
    bne     s4, t0, 16f
    load_string a2, " <defunct>"
16: call    printf
9:  leave

# print_terminal(a0 = device number)
function print_terminal
    enter   0, 32
    load_string a4, "?"
    beqz    a0, 2f
    andi    t0, a0, 0xff
    srli    t1, a0, 12
    slli    t1, t1, 8
    or      a3, t0, t1                  # minor
    srli    t2, a0, 8
    andi    t2, t2, 0xff                # major
    load_string a2, "pts/%u"
    li      t3, 136
    beq     t2, t3, 1f
    load_string a2, "console"
    li      t3, 5
    beq     t2, t3, 1f
    load_string a2, "tty%u"
    li      t3, 4
    bne     t2, t3, 2f
    li      t3, 64
    blt     a3, t3, 1f
    sub     a3, a3, t3
    load_string a2, "ttyS%u"
1:  mv      a0, sp
    li      a1, 32
    call    snprintf
    mv      a4, sp
2:  load_string a0, "%-8s "
    mv      a1, a4
    call    printf
    leave
