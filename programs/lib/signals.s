# The names of signals, and what the C library says about each. Needs string.s.

    .ifndef SIGNALS_S
    .set SIGNALS_S, 1

    .equ    SIGNAL_LAST, 31

# signal_name(a0 = number 1..31): without SIG; signal_description(a0 = number 1..31): as strsignal has it
function signal_name
    li      a1, 0
    j       1f
function signal_description
    li      a1, 1
1:  la      t0, signal_texts            # number 1 first; each has two strings
    addi    a0, a0, -1
    slli    a0, a0, 1
    add     a0, a0, a1
2:  beqz    a0, 4f
3:  lbu     t1, 0(t0)
    addi    t0, t0, 1
    bnez    t1, 3b
    addi    a0, a0, -1
    j       2b
4:  mv      a0, t0
    ret

# parse_signal(a0 = number or name, with or without SIG, in either case): the number, or -1
#   s0 text   s1 number
function parse_signal
    enter   3
    mv      s0, a0
    call    parse_number
    beqz    a1, 1f
    li      t0, 65
    bltu    a0, t0, 9f
    li      a0, -1
    j       9f
1:  load_string a0, "SIG"
    mv      a1, s0
    call    equal_ignoring_case
    beqz    a1, 2f
    addi    s0, s0, 3
2:  li      s1, 1
3:  mv      a0, s1
    call    signal_name
    mv      a1, s0
    call    equal_ignoring_case
    bnez    a0, 4f
    addi    s1, s1, 1
    li      t0, SIGNAL_LAST
    ble     s1, t0, 3b
    li      s1, -1
4:  mv      a0, s1
9:  leave

# equal_ignoring_case(a0 = upper-case text, a1 = text): a0 = 1 if they are the same, a1 = 1 if the second begins with the first
function equal_ignoring_case
1:  lbu     t0, 0(a0)
    lbu     t1, 0(a1)
    beqz    t0, 3f
    addi    t2, t1, -'a'
    li      t3, 26
    bgeu    t2, t3, 2f
    addi    t1, t1, 'A' - 'a'
2:  addi    a0, a0, 1
    addi    a1, a1, 1
    beq     t0, t1, 1b
    li      a0, 0
    li      a1, 0
    ret
3:  seqz    a0, t1
    li      a1, 1
    ret

    .section .rodata
signal_texts:
    .asciz  "HUP", "Hangup", "INT", "Interrupt", "QUIT", "Quit", "ILL", "Illegal instruction"
    .asciz  "TRAP", "Trace/breakpoint trap", "ABRT", "Aborted", "BUS", "Bus error", "FPE", "Floating point exception"
    .asciz  "KILL", "Killed", "USR1", "User defined signal 1", "SEGV", "Segmentation fault"
    .asciz  "USR2", "User defined signal 2", "PIPE", "Broken pipe", "ALRM", "Alarm clock", "TERM", "Terminated"
    .asciz  "STKFLT", "Stack fault", "CHLD", "Child exited", "CONT", "Continued", "STOP", "Stopped (signal)"
    .asciz  "TSTP", "Stopped", "TTIN", "Stopped (tty input)", "TTOU", "Stopped (tty output)"
    .asciz  "URG", "Urgent I/O condition", "XCPU", "CPU time limit exceeded", "XFSZ", "File size limit exceeded"
    .asciz  "VTALRM", "Virtual timer expired", "PROF", "Profiling timer expired", "WINCH", "Window changed"
    .asciz  "POLL", "I/O possible", "PWR", "Power failure", "SYS", "Bad system call"
    .text

    .endif
