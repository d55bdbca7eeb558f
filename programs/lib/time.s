# The calendar: seconds since 1970 as UTC date and time. Needs nothing.

    .ifndef TIME_S
    .set TIME_S, 1

# struct tm, with fields of 8 bytes
    .equ    TM_SECOND, 0
    .equ    TM_MINUTE, 8
    .equ    TM_HOUR, 16
    .equ    TM_DAY, 24                  # 1..31
    .equ    TM_MONTH, 32                # 0..11
    .equ    TM_YEAR, 40
    .equ    TM_WEEKDAY, 48              # 0 = Sunday
    .equ    TM_YEARDAY, 56              # 0..365
    .equ    TM_BYTES, 64

# gmtime(a0 = seconds since 1970 >= 0, a1 = tm)
# Subtracts whole years, then whole months: at most 200 turns for any date that a file has.
function gmtime
    li      t0, 86400
    remu    t1, a0, t0
    divu    a0, a0, t0                  # a0 = days
    li      t2, 60
    remu    t3, t1, t2
    sd      t3, TM_SECOND(a1)
    divu    t1, t1, t2
    remu    t3, t1, t2
    sd      t3, TM_MINUTE(a1)
    divu    t1, t1, t2
    sd      t1, TM_HOUR(a1)
    addi    t1, a0, 4                   # 1 January 1970 was a Thursday
    li      t2, 7
    remu    t1, t1, t2
    sd      t1, TM_WEEKDAY(a1)
    li      t0, 1970
1:  andi    t1, t0, 3                   # t1 = days of the year t0, t6 = 1 in a leap year
    seqz    t6, t1
    li      t2, 100
    remu    t3, t0, t2
    bnez    t3, 2f
    li      t2, 400
    remu    t3, t0, t2
    seqz    t6, t3
2:  addi    t1, t6, 365
    bltu    a0, t1, 3f
    sub     a0, a0, t1
    addi    t0, t0, 1
    j       1b
3:  sd      t0, TM_YEAR(a1)
    sd      a0, TM_YEARDAY(a1)
    la      t0, month_days
    li      t1, 0
4:  lbu     t2, 0(t0)
    li      t3, 1
    bne     t1, t3, 5f
    add     t2, t2, t6                  # February
5:  bltu    a0, t2, 6f
    sub     a0, a0, t2
    addi    t0, t0, 1
    addi    t1, t1, 1
    j       4b
6:  sd      t1, TM_MONTH(a1)
    addi    a0, a0, 1
    sd      a0, TM_DAY(a1)
    ret

# month_name(a0 = 0..11), weekday_name(a0 = 0..6): three letters and a NUL
function month_name
    la      t0, month_names
    j       1f
function weekday_name
    la      t0, weekday_names
1:  slli    a0, a0, 2
    add     a0, a0, t0
    ret

    .section .rodata
month_days:
    .byte   31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
month_names:
    .ascii  "Jan\0Feb\0Mar\0Apr\0May\0Jun\0Jul\0Aug\0Sep\0Oct\0Nov\0Dec\0"
weekday_names:
    .ascii  "Sun\0Mon\0Tue\0Wed\0Thu\0Fri\0Sat\0"
    .text

    .endif
