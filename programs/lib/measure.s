# Printing measurements: one "name value" a line, so that people and programs can read them. Needs stdio.s.

    .ifndef MEASURE_S
    .set MEASURE_S, 1

# print_value(a0 = name, a1 = number)
function print_value
    mv      a2, a1
    mv      a1, a0
    load_string a0, "%s %d\n"
    j       printf

# print_ratio(a0 = name, a1 = dividend, a2 = divisor): the quotient with two decimals
function print_ratio
    mv      t0, a0
    li      t1, 100
    mul     a1, a1, t1
    div     a1, a1, a2                  # in hundredths
    load_string a0, "%s %s%u.%02u\n"
    load_string a2, ""
    bgez    a1, 1f
    load_string a2, "-"
    neg     a1, a1
1:  div     a3, a1, t1
    rem     a4, a1, t1
    mv      a1, t0
    j       printf

# parse_size(a0 = text): a number of bytes, with k or K for KiB, m or M for MiB; a1 = 1, or 0 if it is none
function parse_size
    enter   1
    mv      s0, a0
    li      a1, 10
    call    strtoul
    beq     a1, s0, 3f
    lbu     t0, 0(a1)
    beqz    t0, 2f
    lbu     t1, 1(a1)
    bnez    t1, 3f
    ori     t0, t0, 0x20
    li      t1, 'k'
    beq     t0, t1, 1f
    li      t1, 'm'
    bne     t0, t1, 3f
    slli    a0, a0, 10
1:  slli    a0, a0, 10
2:  li      a1, 1
    leave
3:  li      a1, 0
    leave

    .endif
