# The shell's lexer. It works on a text in memory that ends with NUL, and can be set back to any token: the shell keeps no
# syntax tree, it reads the text again (a loop's body once for each turn).

    .equ    T_END, 0
    .equ    T_NEWLINE, 1
    .equ    T_WORD, 2
    .equ    T_SEMICOLON, 3
    .equ    T_DOUBLE_SEMICOLON, 4
    .equ    T_AMPERSAND, 5
    .equ    T_AND, 6
    .equ    T_OR, 7
    .equ    T_PIPE, 8
    .equ    T_OPEN, 9
    .equ    T_CLOSE, 10
    .equ    T_REDIRECT, 11

    .equ    REDIRECT_INPUT, 0           # <
    .equ    REDIRECT_OUTPUT, 1          # >
    .equ    REDIRECT_APPEND, 2          # >>
    .equ    REDIRECT_BOTH, 3            # <>
    .equ    REDIRECT_DUPLICATE, 4       # >& <&
    .equ    REDIRECT_TEXT, 5            # <<

    variable sh.cursor                  # the next byte to read
    variable sh.token                   # the current token: its type …
    variable sh.token_start             # … and its place in the text, quotes and all
    variable sh.token_end
    variable sh.redirect_fd             # of a T_REDIRECT
    variable sh.redirect_kind

# A check of a text (check_text) jumps back here when it meets an error: ra, sp, s0 … s11
    variable sh.check_frame, 14 * 8

# rewind(a0 = place of a token): makes that token the current one again
function rewind
    sd      a0, sh.cursor, t6
    # falls into next_token

# next_token(): reads the next token from the cursor
#   s0 cursor   s1 type
function next_token
    enter   2
    ld      s0, sh.cursor
1:  lbu     t0, 0(s0)                   # blanks, continued lines, comments
    li      t1, ' '
    beq     t0, t1, 2f
    li      t1, '\t'
    beq     t0, t1, 2f
    li      t1, '#'
    beq     t0, t1, 3f
    li      t1, '\\'
    bne     t0, t1, 4f
    lbu     t1, 1(s0)
    li      t2, '\n'
    bne     t1, t2, 4f
    addi    s0, s0, 1
    lbu     t1, 1(s0)
    beqz    t1, incomplete
2:  addi    s0, s0, 1
    j       1b
3:  lbu     t0, 0(s0)
    beqz    t0, 4f
    li      t1, '\n'
    beq     t0, t1, 4f
    addi    s0, s0, 1
    j       3b
4:  sd      s0, sh.token_start, t6
    la      t1, operators
5:  lbu     t2, 0(t1)                   # an operator, the long ones first
    beqz    t2, 7f
    lbu     t3, 1(t1)
    lbu     s1, 2(t1)
    bne     t2, t0, 6f
    addi    a0, s0, 1
    beqz    t3, 15f
    lbu     t4, 1(s0)
    addi    a0, s0, 2
    beq     t3, t4, 15f
6:  addi    t1, t1, 3
    j       5b
7:  li      s1, T_END
    mv      a0, s0
    beqz    t0, 15f
    mv      a0, s0                      # digits before '<' or '>' are a descriptor
    li      a1, 10
    call    strtoul
    mv      t1, a1
    lbu     t0, 0(t1)
    li      t2, '<'
    li      t3, 0
    beq     t0, t2, 8f
    li      t2, '>'
    li      t3, 1
    bne     t0, t2, 14f
8:  bne     t1, s0, 9f
    mv      a0, t3                      # no digits: 0 or 1
9:  sd      a0, sh.redirect_fd, t6
    mv      t4, t3                      # REDIRECT_INPUT or REDIRECT_OUTPUT
    addi    a0, t1, 1
    lbu     t0, 0(a0)
    li      t2, '&'
    li      t5, REDIRECT_DUPLICATE
    beq     t0, t2, 11f
    li      t2, '>'
    bne     t0, t2, 10f
    li      t5, REDIRECT_APPEND
    bnez    t3, 11f
    li      t5, REDIRECT_BOTH
    j       11f
10: li      t2, '<'
    bne     t0, t2, 16f
    li      t5, REDIRECT_TEXT
    beqz    t3, 11f
16: li      t2, '|'
    bne     t0, t2, 12f
    beqz    t3, 12f
    mv      t5, t4                      # >| is >
11: mv      t4, t5
    addi    a0, a0, 1
12: sd      t4, sh.redirect_kind, t6
    li      s1, T_REDIRECT
    j       15f
14: mv      a0, s0
    call    skip_word
    li      s1, T_WORD
    beqz    a0, incomplete
15: sd      a0, sh.cursor, t6
    sd      a0, sh.token_end, t6
    sd      s1, sh.token, t6
    leave

# skip_word(a0 = place): the end of the word there, or 0 if the text ends inside a quotation
function skip_word
    enter   1
    mv      s0, a0
1:  lbu     t0, 0(s0)
    la      t1, word_ends
    beqz    t0, 9f
2:  lbu     t2, 0(t1)
    beqz    t2, 3f
    addi    t1, t1, 1
    bne     t2, t0, 2b
    j       9f
3:  mv      a0, s0
    call    skip_item
    mv      s0, a0
    bnez    a0, 1b
9:  mv      a0, s0
    leave

# skip_item(a0 = place): behind one byte, quotation or $-expansion; 0 if the text ends inside it
function skip_item
    lbu     t0, 0(a0)
    li      t1, '\\'
    beq     t0, t1, 2f
    li      a1, '\''
    beq     t0, a1, 4f
    li      a1, '"'
    beq     t0, a1, 3f
    li      a1, '`'
    beq     t0, a1, 3f
    li      t1, '$'
    bne     t0, t1, 1f
    lbu     t0, 1(a0)
    li      t1, '('
    li      a1, ')'
    addi    a0, a0, 1
    beq     t0, t1, 3f
    li      t1, '{'
    li      a1, '}'
    beq     t0, t1, 3f
    ret
1:  addi    a0, a0, 1
    ret
2:  lbu     t0, 1(a0)
    beqz    t0, 1b                      # a backslash at the very end stands for itself
    addi    a0, a0, 2
    li      t1, '\n'
    bne     t0, t1, 6f
    lbu     t0, 0(a0)                   # a line that is to go on must have come
    beqz    t0, 5f
6:  ret
3:  addi    a0, a0, 1
    j       skip_until
4:  addi    a0, a0, 1                   # '…' ends at the next ', whatever is in between
    lbu     t0, 0(a0)
    beqz    t0, 5f
    bne     t0, a1, 4b
    addi    a0, a0, 1
    ret
5:  li      a0, 0
    ret

# skip_until(a0 = place, a1 = closing byte): behind the closing byte that belongs to an opening one before the place
#   s0 place   s1 closing byte
function skip_until
    enter   2
    mv      s0, a0
    mv      s1, a1
1:  lbu     t0, 0(s0)
    beqz    t0, 8f
    beq     t0, s1, 9f
    li      t1, '\''                    # ' is nothing special inside "…"
    bne     t0, t1, 2f
    li      t1, '"'
    beq     s1, t1, 4f
2:  li      t1, '('                     # ( … ) inside ( … )
    bne     t0, t1, 3f
    li      a1, ')'
    bne     s1, a1, 4f
    addi    a0, s0, 1
    call    skip_until
    j       5f
3:  mv      a0, s0
    call    skip_item
    j       5f
4:  addi    a0, s0, 1
5:  mv      s0, a0
    bnez    a0, 1b
8:  li      a0, 0
    leave
9:  addi    a0, s0, 1
    leave

# token_is(a0 = word): 1 if the current token is this word, without any quotes
function token_is
    ld      t0, sh.token
    li      t1, T_WORD
    bne     t0, t1, 2f
    ld      t0, sh.token_start
    ld      t1, sh.token_end
1:  lbu     t2, 0(a0)
    beq     t0, t1, 3f
    lbu     t3, 0(t0)
    bne     t2, t3, 2f
    addi    a0, a0, 1
    addi    t0, t0, 1
    j       1b
2:  li      a0, 0
    ret
3:  seqz    a0, t2
    ret

# expect(a0 = word): steps over that word, or reports a syntax error
function expect
    enter
    call    token_is
    beqz    a0, syntax_error
    unwind
    j       next_token

# skip_newlines()
function skip_newlines
    enter
1:  ld      t0, sh.token
    li      t1, T_NEWLINE
    bne     t0, t1, 2f
    call    next_token
    j       1b
2:  leave

# check_text(a0 = text): 0 if it is complete and correct, 1 if more of it must follow, 2 after a message. It goes through the
# text as execution does, without executing: so execution itself never meets an error.
function check_text
    la      t0, sh.check_frame
    sd      ra, 0(t0)
    sd      sp, 8(t0)
    sd      s0, 16(t0)
    sd      s1, 24(t0)
    sd      s2, 32(t0)
    sd      s3, 40(t0)
    sd      s4, 48(t0)
    sd      s5, 56(t0)
    sd      s6, 64(t0)
    sd      s7, 72(t0)
    sd      s8, 80(t0)
    sd      s9, 88(t0)
    sd      s10, 96(t0)
    sd      s11, 104(t0)
    call    rewind
    li      a0, 0
    call    command_list
    ld      t0, sh.token
    bnez    t0, syntax_error
    li      a0, 0
    j       check_return

# syntax_error(), incomplete(): do not return; check_text does
function syntax_error
    ld      t0, sh.token
    beqz    t0, incomplete
    load_string a0, "syntax error: '%.*s' unexpected"
    ld      a2, sh.token_start
    ld      a1, sh.token_end
    li      t1, T_NEWLINE
    sub     a1, a1, a2
    bne     t0, t1, 1f
    li      a1, 7
    load_string a2, "newline"
1:  call    warnx
    li      a0, 2
    j       check_return
function incomplete
    li      a0, 1
check_return:
    la      t0, sh.check_frame
    ld      ra, 0(t0)
    ld      sp, 8(t0)
    ld      s0, 16(t0)
    ld      s1, 24(t0)
    ld      s2, 32(t0)
    ld      s3, 40(t0)
    ld      s4, 48(t0)
    ld      s5, 56(t0)
    ld      s6, 64(t0)
    ld      s7, 72(t0)
    ld      s8, 80(t0)
    ld      s9, 88(t0)
    ld      s10, 96(t0)
    ld      s11, 104(t0)
    ret

    .section .rodata
operators:                              # first byte, second byte or 0, token
    .byte   '\n', 0, T_NEWLINE, ';', ';', T_DOUBLE_SEMICOLON, ';', 0, T_SEMICOLON, '&', '&', T_AND, '&', 0, T_AMPERSAND
    .byte   '|', '|', T_OR, '|', 0, T_PIPE, '(', 0, T_OPEN, ')', 0, T_CLOSE, 0
word_ends:
    .asciz  " \t\n;&|()<>"
    .text
