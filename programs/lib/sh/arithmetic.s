# Arithmetic, what $((…)) holds: 64-bit integers, C's operators by precedence, variables, assignment with =.

    variable arithmetic.cursor

# evaluate(a0 = expression): its value. What cannot be read counts as its end.
function evaluate
    enter   1
    ld      s0, arithmetic.cursor
    sd      a0, arithmetic.cursor, t6
    li      a0, 1
    call    evaluate_binary
    sd      s0, arithmetic.cursor, t6
    leave

# skip_blanks(): a0 = the next byte that is not white space, at the cursor
function skip_blanks
    ld      t0, arithmetic.cursor
1:  lbu     a0, 0(t0)
    li      t1, ' '
    beq     a0, t1, 2f
    addi    t1, a0, -'\t'
    li      t2, 5
    bltu    t1, t2, 2f
    sd      t0, arithmetic.cursor, t6
    ret
2:  addi    t0, t0, 1
    j       1b

# evaluate_unary(): a number, a variable, ( … ), or one of - + ! ~ before such
#   s0 the operator, or the variable's name   s1 its length   s2 the value assigned
function evaluate_unary
    enter   3
    call    skip_blanks
    mv      s0, a0
    ld      t0, arithmetic.cursor
    addi    t1, a0, -'0'
    li      t2, 10
    bltu    t1, t2, 3f
    addi    t0, t0, 1
    li      t1, '('
    bne     a0, t1, 1f
    sd      t0, arithmetic.cursor, t6
    li      a0, 1
    call    evaluate_binary
    mv      s0, a0
    call    skip_blanks
    li      t1, ')'
    bne     a0, t1, 9f
    ld      t0, arithmetic.cursor
    addi    t0, t0, 1
    sd      t0, arithmetic.cursor, t6
9:  mv      a0, s0
    leave
1:  load_string t3, "-+!~"
2:  lbu     t4, 0(t3)
    addi    t3, t3, 1
    beqz    t4, 5f
    bne     t4, s0, 2b
    sd      t0, arithmetic.cursor, t6
    call    evaluate_unary
    li      t0, '-'
    bne     s0, t0, 6f
    neg     a0, a0
6:  li      t0, '!'
    bne     s0, t0, 7f
    seqz    a0, a0
7:  li      t0, '~'
    bne     s0, t0, 8f
    not     a0, a0
8:  leave
3:  mv      a0, t0                      # a number: decimal, 0x…, 0…
    call    parse_integer
    sd      a1, arithmetic.cursor, t6
    leave
5:  ld      s0, arithmetic.cursor       # a variable
    mv      a0, s0
    call    name_length
    mv      s1, a0
    beqz    a0, 8b                      # nothing that could be read: 0
    add     t0, s0, s1
    sd      t0, arithmetic.cursor, t6
    call    skip_blanks
    li      t1, '='
    bne     a0, t1, 10f
    ld      t0, arithmetic.cursor
    lbu     t2, 1(t0)
    beq     t2, t1, 10f
    addi    t0, t0, 1                   # NAME = EXPRESSION
    sd      t0, arithmetic.cursor, t6
    li      a0, 1
    call    evaluate_binary
    mv      s2, a0
    mv      a1, a0
    call    arena_number
    mv      a2, a0
    mv      a0, s0
    mv      a1, s1
    call    set_variable
    mv      a0, s2
    leave
10: mv      a0, s0
    mv      a1, s1
    call    parameter_value
    beqz    a0, 11f
    call    parse_integer
11: leave

# parse_integer(a0 = text): a0 = value, a1 = behind it
function parse_integer
    li      a1, 10
    lbu     t0, 0(a0)
    li      t2, '-'
    bne     t0, t2, 2f
    enter
    addi    a0, a0, 1
    call    parse_integer
    neg     a0, a0
    leave
2:  li      t1, '0'
    bne     t0, t1, strtoul
    li      a1, 8
    lbu     t0, 1(a0)
    ori     t0, t0, 0x20
    li      t1, 'x'
    bne     t0, t1, strtoul
    addi    a0, a0, 2
    li      a1, 16
    j       strtoul

# evaluate_binary(a0 = lowest precedence to take): precedence climbing
#   s0 lowest   s1 left   s2 row of the operator
function evaluate_binary
    enter   3
    mv      s0, a0
    call    evaluate_unary
    mv      s1, a0
1:  call    skip_blanks
    ld      t0, arithmetic.cursor
    lbu     t2, 1(t0)
    la      s2, arithmetic_operators
2:  lbu     t3, 0(s2)
    beqz    t3, 9f
    lbu     t4, 1(s2)
    bne     t3, a0, 3f
    beqz    t4, 4f
    beq     t4, t2, 4f
3:  addi    s2, s2, 4
    j       2b
4:  lbu     t5, 2(s2)
    bltu    t5, s0, 9f
    snez    t4, t4
    addi    t4, t4, 1
    add     t0, t0, t4
    sd      t0, arithmetic.cursor, t6
    addi    a0, t5, 1
    call    evaluate_binary
    lbu     t0, 3(s2)
    mv      t1, a0
    mv      a0, s1
    la      t2, arithmetic_actions
    slli    t0, t0, 3
    add     t2, t2, t0
    ld      t2, 0(t2)
    jr      t2
5:  mv      s1, a0
    j       1b
9:  mv      a0, s1
    leave
do_or:
    or      a0, a0, t1
    snez    a0, a0
    j       5b
do_and:
    snez    a0, a0
    snez    t1, t1
    and     a0, a0, t1
    j       5b
do_bit_or:
    or      a0, a0, t1
    j       5b
do_bit_xor:
    xor     a0, a0, t1
    j       5b
do_bit_and:
    and     a0, a0, t1
    j       5b
do_equal:
    xor     a0, a0, t1
    seqz    a0, a0
    j       5b
do_unequal:
    xor     a0, a0, t1
    snez    a0, a0
    j       5b
do_less:
    slt     a0, a0, t1
    j       5b
do_greater:
    sgt     a0, a0, t1
    j       5b
do_at_most:
    sgt     a0, a0, t1
    xori    a0, a0, 1
    j       5b
do_at_least:
    slt     a0, a0, t1
    xori    a0, a0, 1
    j       5b
do_left:
    sll     a0, a0, t1
    j       5b
do_right:
    sra     a0, a0, t1
    j       5b
do_add:
    add     a0, a0, t1
    j       5b
do_subtract:
    sub     a0, a0, t1
    j       5b
do_multiply:
    mul     a0, a0, t1
    j       5b
do_divide:
    beqz    t1, 6f
    div     a0, a0, t1
    j       5b
do_remainder:
    beqz    t1, 6f
    rem     a0, a0, t1
    j       5b
6:  load_string a0, "division by zero"
    call    warnx
    li      a0, 2
    call    exit

    .section .rodata
arithmetic_operators:                   # first byte, second or 0, precedence, action
    .byte   '|', '|', 1, 0, '&', '&', 2, 1, '|', 0, 3, 2, '^', 0, 4, 3, '&', 0, 5, 4
    .byte   '=', '=', 6, 5, '!', '=', 6, 6, '<', '<', 8, 11, '>', '>', 8, 12
    .byte   '<', '=', 7, 9, '>', '=', 7, 10, '<', 0, 7, 7, '>', 0, 7, 8
    .byte   '+', 0, 9, 13, '-', 0, 9, 14, '*', 0, 10, 15, '/', 0, 10, 16, '%', 0, 10, 17
    .byte   0
    .balign 8
arithmetic_actions:
    .quad   do_or, do_and, do_bit_or, do_bit_xor, do_bit_and, do_equal, do_unequal, do_less, do_greater
    .quad   do_at_most, do_at_least, do_left, do_right, do_add, do_subtract, do_multiply, do_divide, do_remainder
    .text
