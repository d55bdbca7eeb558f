# date: prints the time, in UTC.
# Usage: date [-u] [+FORMAT]   FORMAT: %Y %m %d %e %H %M %S %s %a %b %j %y %F %T %D %R %Z %n %t %%

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/time.s"

    program_name date

# main: s0 format   s1 place; struct timespec at 0(sp), the calendar's fields at 16(sp)
    .equ    TM, 16
function main
    enter   2, 16 + TM_BYTES
    load_string s0, "+%a %b %e %T %Z %Y"
1:  addi    a1, a1, 8
    ld      t0, 0(a1)
    beqz    t0, 2f
    lbu     t1, 0(t0)
    li      t2, '+'
    bne     t1, t2, 1b
    mv      s0, t0
2:  li      a0, CLOCK_REALTIME
    mv      a1, sp
    call    clock_gettime
    ld      a0, 0(sp)
    addi    a1, sp, TM
    call    gmtime
    addi    a0, s0, 1
    addi    a1, sp, TM
    ld      a2, 0(sp)
    call    format_time
    li      a0, '\n'
    call    putchar
    li      a0, 0
    leave

# format_time(a0 = format, a1 = calendar's fields, a2 = seconds since 1970): to stdout
#   s0 format   s1 fields   s2 seconds
function format_time
    enter   3
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
1:  lbu     a0, 0(s0)
    beqz    a0, 9f
    addi    s0, s0, 1
    li      t0, '%'
    beq     a0, t0, 2f
    call    putchar
    j       1b
2:  lbu     t0, 0(s0)
    beqz    t0, 9f
    addi    s0, s0, 1
    la      t1, composites              # a letter that stands for others
3:  lbu     t2, 0(t1)
    beqz    t2, 5f
    addi    a0, t1, 1
    beq     t2, t0, 4f
    addi    t1, t1, 10
    j       3b
4:  mv      a1, s1
    mv      a2, s2
    call    format_time
    j       1b
5:  la      t1, numbers                 # a letter for a field: its offset, what is added, its format
6:  lbu     t2, 0(t1)
    beqz    t2, 7f
    beq     t2, t0, 8f
    addi    t1, t1, 8
    j       6b
8:  lbu     t2, 1(t1)
    add     t2, t2, s1
    ld      a1, 0(t2)
    lbu     t2, 2(t1)
    add     a1, a1, t2
    addi    a0, t1, 3
    call    printf
    j       1b
7:  li      t1, 's'
    beq     t0, t1, 10f
    li      t1, 'a'
    beq     t0, t1, 11f
    li      t1, 'b'
    beq     t0, t1, 12f
    li      t1, 'y'
    beq     t0, t1, 13f
    load_string a0, "UTC"
    li      t1, 'Z'
    beq     t0, t1, 14f
    li      a0, '\n'
    li      t1, 'n'
    beq     t0, t1, 15f
    li      a0, '\t'
    li      t1, 't'
    beq     t0, t1, 15f
    mv      a0, t0
15: call    putchar
    j       1b
10: load_string a0, "%d"
    mv      a1, s2
    call    printf
    j       1b
11: ld      a0, TM_WEEKDAY(s1)
    call    weekday_name
    j       14f
12: ld      a0, TM_MONTH(s1)
    call    month_name
14: la      a1, stdout
    call    fputs
    j       1b
13: ld      a1, TM_YEAR(s1)
    li      t0, 100
    remu    a1, a1, t0
    load_string a0, "%02u"
    call    printf
    j       1b
9:  leave

    .section .rodata
composites:                             # a letter, 8 bytes, a NUL
    .asciz  "F%Y-%m-%d"
    .asciz  "T%H:%M:%S"
    .asciz  "D%m/%d/%y"
    .asciz  "R%H:%M\0\0\0"
    .byte   0
    .macro field letter, offset, add, format
    .byte   \letter, \offset, \add
    .asciz  "\format"                   # 4 bytes and a NUL
    .endm
numbers:
    field   'Y', TM_YEAR, 0, "%04u"
    field   'm', TM_MONTH, 1, "%02u"
    field   'd', TM_DAY, 0, "%02u"
    field   'e', TM_DAY, 0, "%2lu"
    field   'H', TM_HOUR, 0, "%02u"
    field   'M', TM_MINUTE, 0, "%02u"
    field   'S', TM_SECOND, 0, "%02u"
    field   'j', TM_YEARDAY, 1, "%03u"
    .byte   0
    .text
