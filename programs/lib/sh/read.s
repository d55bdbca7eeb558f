# The builtin read.

# read [-r] NAME…: one line of standard input, split at IFS; the last name takes the rest. Status 1 at the end of input.
# Reads byte by byte: what follows the line belongs to the next command.
#   s0 next name   s1 raw   s2 IFS   s3 status   s4 length of the line   s5 place in the line
    variable read.line, 4096
function builtin_read
    enter   6, 8
    addi    s0, a1, 8
    li      s1, 0
    li      s3, 0
    li      s4, 0
1:  ld      t0, 0(s0)
    beqz    t0, 2f
    lbu     t1, 0(t0)
    li      t2, '-'
    bne     t1, t2, 2f
    li      s1, 1
    addi    s0, s0, 8
    j       1b
2:  load_string a0, "IFS"
    call    get_variable
    mv      s2, a0
    bnez    a0, 3f
    load_string s2, " \t\n"
3:  call    read_byte
    blez    a0, 5f
    lbu     t0, 0(sp)
    li      t1, '\n'
    beq     t0, t1, 6f
    li      t1, '\\'
    bne     t0, t1, 4f
    bnez    s1, 4f
    call    read_byte                   # \ takes the meaning from the next byte; \ and newline: the line goes on
    blez    a0, 5f
    lbu     t0, 0(sp)
    li      t1, '\n'
    beq     t0, t1, 3b
4:  li      t1, 4095
    bgeu    s4, t1, 3b
    la      t1, read.line
    add     t1, t1, s4
    sb      t0, 0(t1)
    addi    s4, s4, 1
    j       3b
5:  li      s3, 1
6:  la      s5, read.line
    add     t0, s5, s4
    sb      zero, 0(t0)
7:  ld      t0, 0(s0)                   # a field for each name
    beqz    t0, 11f
    lbu     a0, 0(s5)                   # separators before it go
    beqz    a0, 8f
    call    is_separator
    beqz    a0, 8f
    addi    s5, s5, 1
    j       7b
8:  mv      s4, s5                      # the field's end
    ld      t0, 8(s0)
    beqz    t0, 12f
9:  lbu     a0, 0(s4)
    beqz    a0, 10f
    call    is_separator
    addi    s4, s4, 1
    beqz    a0, 9b
    sb      zero, -1(s4)
    j       10f
12: mv      a0, s5                      # the last name: all but separators at the end
    call    strlen
    add     s4, s5, a0
13: beq     s4, s5, 10f
    lbu     a0, -1(s4)
    call    is_separator
    beqz    a0, 10f
    addi    s4, s4, -1
    sb      zero, 0(s4)
    j       13b
10: ld      a0, 0(s0)
    call    strlen
    mv      a1, a0
    ld      a0, 0(s0)
    mv      a2, s5
    call    set_variable
    mv      s5, s4
    addi    s0, s0, 8
    j       7b
11: mv      a0, s3
    leave
read_byte:                              # one byte to the caller's 0(sp)
    mv      a1, sp
    li      a0, 0
    li      a2, 1
    j       read
is_separator:                           # a0 = byte; s2 = IFS
    mv      t0, s2
1:  lbu     t1, 0(t0)
    beqz    t1, 2f
    addi    t0, t0, 1
    bne     t1, a0, 1b
    li      a0, 1
    ret
2:  li      a0, 0
    ret
