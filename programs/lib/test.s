# test EXPRESSION, and [ EXPRESSION ]: files, strings and numbers compared, the status tells. Needs syscalls.s, string.s, stdio.s.
# Primaries -b -c -d -e -f -h -L -n -p -r -s -S -t -w -x -z, = == != -eq -ne -lt -le -gt -ge, combined by ! ( ) -a -o.

    .ifndef TEST_S
    .set TEST_S, 1

    variable test.next                  # the next argument; the array ends with 0

# test(a0 = argc, a1 = argv): 0 true, 1 false, 2 trouble
function test
    enter   2
    mv      s0, a1
    mv      s1, a0
    addi    t0, a1, 8
    sd      t0, test.next, t6
    ld      a0, 0(a1)
    load_string a1, "["
    call    strcmp
    bnez    a0, 1f
    slli    t0, s1, 3                   # the last argument must be ']', and is no part of the expression
    add     t0, t0, s0
    ld      a0, -8(t0)
    load_string a1, "]"
    mv      s0, t0
    call    strcmp
    bnez    a0, 3f
    sd      zero, -8(s0)
1:  ld      t0, test.next
    ld      t0, 0(t0)
    li      a0, 1
    beqz    t0, 2f                      # no expression is false
    call    test_or
    li      t0, 1
    bgtu    a0, t0, 2f
    xori    a0, a0, 1
    ld      t0, test.next
    ld      a1, 0(t0)
    beqz    a1, 2f
    load_string a0, "test: %s: unexpected operator"
    call    warnx
    li      a0, 2
2:  leave
3:  load_string a0, "[: missing ]"
    call    warnx
    li      a0, 2
    leave

# take_word(a0 = word): 1 after stepping over it, if it is the next argument
function take_word
    enter   1
    mv      a1, a0
    ld      s0, test.next
    ld      a0, 0(s0)
    beqz    a0, 1f
    call    strcmp
    seqz    a0, a0
    beqz    a0, 1f
    addi    s0, s0, 8
    sd      s0, test.next, t6
1:  leave

# test_or(), test_and(), test_not(): 1 true, 0 false, from the next argument on
function test_or
    enter   1
    call    test_and
    mv      s0, a0
1:  load_string a0, "-o"
    call    take_word
    beqz    a0, 2f
    call    test_and
    or      s0, s0, a0
    j       1b
2:  mv      a0, s0
    leave
function test_and
    enter   1
    call    test_not
    mv      s0, a0
1:  load_string a0, "-a"
    call    take_word
    beqz    a0, 2f
    call    test_not
    and     s0, s0, a0
    j       1b
2:  mv      a0, s0
    leave
function test_not
    enter   1
    ld      t0, test.next               # a lone '!' is a string
    ld      t1, 0(t0)
    beqz    t1, test_primary_in_frame
    ld      t1, 8(t0)
    beqz    t1, test_primary_in_frame
    load_string a0, "!"
    call    take_word
    beqz    a0, test_primary_in_frame
    call    test_not
    xori    a0, a0, 1
    leave
test_primary_in_frame:
    unwind
    # falls into test_primary

# test_primary()
#   s0 first word   s1 second   s2 third   s3 row of the operator; struct stat is at 0(sp)
function test_primary
    enter   4, STAT_BYTES
    ld      t0, test.next
    ld      s0, 0(t0)
    beqz    s0, 9f
    ld      s1, 8(t0)
    beqz    s1, 6f
    ld      s2, 16(t0)
    beqz    s2, 3f
    la      s3, binary_operators        # WORD OPERATOR WORD
1:  lbu     t1, 0(s3)
    beqz    t1, 3f
    mv      a0, s3
    mv      a1, s1
    call    strcmp
    beqz    a0, 2f
    addi    s3, s3, 8
    j       1b
2:  ld      t0, test.next
    addi    t0, t0, 24
    sd      t0, test.next, t6
    lbu     t0, 4(s3)
    li      t1, 6
    bgeu    t0, t1, 10f
    mv      a0, s0                      # numbers
    call    parse_number
    mv      s1, a0
    and     t0, a1, a1
    beqz    t0, 8f
    mv      a0, s2
    call    parse_number
    mv      s0, s2
    beqz    a1, 8f
    slt     t0, s1, a0                  # bits: 1 less, 2 equal, 4 greater
    sgt     t1, s1, a0
    xor     t2, s1, a0
    seqz    t2, t2
    slli    t2, t2, 1
    slli    t1, t1, 2
    or      t0, t0, t1
    or      t0, t0, t2
    lbu     t1, 5(s3)
    and     t0, t0, t1
    snez    a0, t0
    leave
10: mv      a0, s0                      # strings
    mv      a1, s2
    call    strcmp
    seqz    a0, a0
    lbu     t0, 5(s3)
    xor     a0, a0, t0
    leave
3:  load_string a0, "("                 # ( EXPRESSION )
    call    take_word
    beqz    a0, 4f
    call    test_or
    mv      s0, a0
    load_string a0, ")"
    call    take_word
    mv      a0, s0
    leave
4:  lbu     t0, 0(s0)                   # -LETTER WORD
    li      t1, '-'
    bne     t0, t1, 6f
    lbu     t0, 2(s0)
    bnez    t0, 6f
    lbu     s3, 1(s0)
    load_string a0, "bcdefhLnprsStwxz"
    mv      a1, s3
    call    strchr
    beqz    a0, 6f
    ld      t0, test.next
    addi    t0, t0, 16
    sd      t0, test.next, t6
    mv      a0, s1
    mv      a1, s3
    mv      a2, sp
    call    test_unary
    leave
6:  ld      t0, test.next               # a string is true if it is not empty
    addi    t0, t0, 8
    sd      t0, test.next, t6
    lbu     t0, 0(s0)
    snez    a0, t0
    leave
8:  load_string a0, "Illegal number: %s"
    mv      a1, s0
    call    warnx
9:  li      a0, 2
    leave

# test_unary(a0 = word, a1 = letter, a2 = room for a struct stat)
function test_unary
    enter   3
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
    lbu     t0, 0(a0)
    snez    a0, t0
    li      t1, 'n'
    beq     a1, t1, 9f
    xori    a0, a0, 1
    li      t1, 'z'
    beq     a1, t1, 9f
    li      t1, 't'
    beq     a1, t1, 4f
    li      a2, 4                       # access(2): read 4, write 2, execute 1
    li      t1, 'r'
    beq     a1, t1, 5f
    li      a2, 2
    li      t1, 'w'
    beq     a1, t1, 5f
    li      a2, 1
    li      t1, 'x'
    beq     a1, t1, 5f
    mv      a0, s0
    li      t1, 'h'
    beq     s1, t1, 1f
    li      t1, 'L'
    beq     s1, t1, 1f
    mv      a1, s2
    call    stat
    j       2f
1:  mv      a1, s2
    call    lstat
2:  bltz    a0, 8f
    li      a0, 1
    li      t0, 'e'
    beq     s1, t0, 9f
    ld      t1, STAT_SIZE(s2)
    li      t0, 's'
    snez    a0, t1
    beq     s1, t0, 9f
    lw      t1, STAT_MODE(s2)
    srli    t1, t1, 12
    andi    t1, t1, 15
    la      t2, file_types              # the letter of each type stands at its number
    add     t2, t2, t1
    lbu     t2, 0(t2)
    li      t0, 'h'
    bne     s1, t0, 3f
    li      s1, 'L'
3:  xor     a0, t2, s1
    seqz    a0, a0
    leave
4:  mv      a0, s0
    call    parse_number
    call    isatty
    leave
5:  mv      a0, s0
    mv      a1, a2
    call    access
    seqz    a0, a0
    leave
8:  li      a0, 0
9:  leave

    .section .rodata
    # name in 4 bytes, its kind: < 6 numbers with the bits that make it true, else strings with what inverts it
binary_operators:
    .ascii  "-lt\0\0\1\0\0-eq\0\1\2\0\0-gt\0\2\4\0\0-le\0\3\3\0\0-ge\0\4\6\0\0-ne\0\5\5\0\0"
    .ascii  "=\0\0\0\6\0\0\0==\0\0\6\0\0\0!=\0\0\6\1\0\0\0"
file_types:
    .ascii  "?pc?d?b?f?L?S???"
    .text

    .endif
