# printf FORMAT [ARGUMENT]...: the command, shared by the program of that name and the shell. Needs string.s, stdio.s.
# The format serves again as long as arguments are left. Escapes \n \t \\ \r \a \b \f \v \" \OOO; %b takes them in its argument.

    .ifndef PRINTF_S
    .set PRINTF_S, 1

    variable printf.next                # the next argument
    variable printf.specification, 64   # a single conversion, as printf takes it

# printf_command(a0 = argc, a1 = argv): the status
#   s0 format   s1 place in it   s2 1 once an argument was used in this turn   s3 status
function printf_command
    enter   6
    ld      s0, 8(a1)
    li      s3, 0
    addi    t0, a1, 16
    sd      t0, printf.next, t6
    bnez    s0, 1f
    load_string a0, "missing operand"
    call    warnx
    li      a0, 1
    leave
1:  mv      s1, s0
    li      s2, 0
2:  lbu     a0, 0(s1)
    beqz    a0, 8f
    li      t0, '%'
    beq     a0, t0, 3f
    mv      a0, s1
    call    put_escape
    mv      s1, a0
    j       2b
3:  la      t1, printf.specification
    li      t3, 40
4:  sb      a0, 0(t1)                   # copy the conversion up to its letter
    addi    t1, t1, 1
    addi    s1, s1, 1
    lbu     a0, 0(s1)
    addi    t3, t3, -1
    beqz    t3, 5f
    li      t2, '%'
    beq     a0, t2, 5f
    ori     t2, a0, 0x20
    addi    t2, t2, -'a'
    li      t4, 26
    bgeu    t2, t4, 4b
5:  beqz    a0, 8f
    addi    s1, s1, 1
    mv      s4, a0
    li      t2, 'i'
    bne     a0, t2, 6f
    li      a0, 'd'
6:  sb      a0, 0(t1)
    sb      zero, 1(t1)
    li      t2, '%'
    la      a0, printf.specification
    li      a1, 0
    beq     s4, t2, 12f
    ld      t0, printf.next             # the argument, or the empty one
    ld      s5, 0(t0)
    beqz    s5, 7f
    addi    t0, t0, 8
    sd      t0, printf.next, t6
    li      s2, 1
    j       9f
7:  load_string s5, ""
9:  li      t2, 's'
    mv      a1, s5
    beq     s4, t2, 12f
    li      t2, 'c'
    beq     s4, t2, 10f
    li      t2, 'b'
    beq     s4, t2, 11f
    mv      a0, s5                      # a number
    call    parse_printf_number
    mv      a1, a0
    la      a0, printf.specification
    j       12f
10: lbu     a1, 0(s5)
12: call    printf
    j       2b
11: lbu     a0, 0(s5)
    beqz    a0, 2b
    mv      a0, s5
    call    put_escape
    mv      s5, a0
    j       11b
8:  ld      t0, printf.next             # again, if that turn used arguments and more are left
    ld      t0, 0(t0)
    beqz    t0, 13f
    bnez    s2, 1b
13: mv      a0, s3
    leave

# parse_printf_number(a0 = text): decimal, 0x…, 0…, or 'c for a byte's value; s3 becomes 1 after a message
parse_printf_number:
    addi    sp, sp, -16
    sd      ra, 0(sp)
    sd      s0, 8(sp)
    mv      s0, a0
    lbu     t0, 0(a0)
    beqz    t0, 5f
    li      t1, '\''
    beq     t0, t1, 4f
    li      t1, '0'
    bne     t0, t1, 1f
    lbu     t0, 1(a0)
    beqz    t0, 1f
    ori     t0, t0, 0x20
    li      a1, 8
    addi    a0, a0, 1
    li      t1, 'x'
    bne     t0, t1, 2f
    li      a1, 16
    addi    a0, a0, 1
2:  call    strtoul
    lbu     t0, 0(a1)
    beqz    t0, 6f
    j       3f
1:  call    parse_number
    bnez    a1, 6f
3:  load_string a0, "'%s': expected a numeric value"
    mv      a1, s0
    call    warnx
    li      s3, 1
5:  li      a0, 0
    j       6f
4:  lbu     a0, 1(a0)
6:  ld      ra, 0(sp)
    ld      s0, 8(sp)
    addi    sp, sp, 16
    ret

# put_escape(a0 = text): prints its first byte, or the byte that its first escape stands for; returns what follows
put_escape:
    enter   1
    lbu     t0, 0(a0)
    addi    s0, a0, 1
    li      t1, '\\'
    mv      a0, t0
    bne     t0, t1, 4f
    lbu     t0, 0(s0)
    beqz    t0, 4f
    addi    t1, t0, -'0'
    li      t2, 8
    bltu    t1, t2, 2f
    la      t1, printf_escapes
1:  lbu     t2, 0(t1)
    beqz    t2, 4f
    lbu     t3, 1(t1)
    addi    t1, t1, 2
    bne     t2, t0, 1b
    mv      a0, t3
    addi    s0, s0, 1
    j       4f
2:  li      a0, 0
    li      t3, 3
3:  lbu     t0, 0(s0)
    addi    t0, t0, -'0'
    bgeu    t0, t2, 4f
    slli    a0, a0, 3
    add     a0, a0, t0
    addi    s0, s0, 1
    addi    t3, t3, -1
    bnez    t3, 3b
4:  call    putchar
    mv      a0, s0
    leave

    .section .rodata
printf_escapes:
    .asciz  "n\nt\tr\r\\\\\"\"a\7b\10f\14v\13"
    .text

    .endif
