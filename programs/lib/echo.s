# echo(argc, argv), shared by the program of that name and by the shell's builtin. Needs string.s, stdio.s.
# Options -n: no newline at the end; -e: \n \t \\ \a \b \r \c \0OOO mean what they mean in C; -E: they do not.
# As in GNU's echo, a word that is not made of these letters alone is text.

    .ifndef ECHO_S
    .set ECHO_S, 1

# echo(a0 = argc, a1 = argv): prints the arguments with one space between them; 0
#   s0 next argument (argv ends with 0)   s1 no newline   s2 escapes   s3 text
function echo
    enter   4
    addi    s0, a1, 8
    li      s1, 0
    li      s2, 0
1:  ld      t0, 0(s0)                   # options
    beqz    t0, 6f
    lbu     t1, 0(t0)
    li      t2, '-'
    bne     t1, t2, 5f
    addi    t0, t0, 1
    lbu     t1, 0(t0)
    beqz    t1, 5f
    mv      t3, s1
    mv      t4, s2
2:  lbu     t1, 0(t0)
    beqz    t1, 4f
    addi    t0, t0, 1
    li      t2, 'n'
    bne     t1, t2, 3f
    li      t3, 1
    j       2b
3:  li      t2, 'e'
    li      t4, 1
    beq     t1, t2, 2b
    li      t2, 'E'
    li      t4, 0
    beq     t1, t2, 2b
    j       5f                          # another letter: the word is text
4:  mv      s1, t3
    mv      s2, t4
    addi    s0, s0, 8
    j       1b
5:  ld      s3, 0(s0)
    beqz    s3, 8f
    bnez    s2, 7f
    mv      a0, s3
    la      a1, stdout
    call    fputs
    j       6f
7:  mv      a0, s3
    call    put_escaped
    bnez    a0, 9f                      # \c
6:  ld      t0, 0(s0)
    beqz    t0, 8f
    addi    s0, s0, 8
    ld      t0, 0(s0)
    beqz    t0, 8f
    li      a0, ' '
    call    putchar
    j       5b
8:  bnez    s1, 9f
    li      a0, '\n'
    call    putchar
9:  li      a0, 0
    leave

# put_escaped(a0 = text): 1 if \c ended the output
function put_escaped
    enter   1
    mv      s0, a0
1:  lbu     a0, 0(s0)
    beqz    a0, 9f
    addi    s0, s0, 1
    li      t0, '\\'
    bne     a0, t0, 5f
    lbu     t1, 0(s0)
    beqz    t1, 5f
    addi    s0, s0, 1
    li      a0, 1
    li      t0, 'c'
    beq     t1, t0, 10f
    addi    t0, t1, -'0'                # \0OOO, or as GNU has it \OOO
    li      t2, 8
    bltu    t0, t2, 6f
    la      t2, escapes
2:  lbu     t3, 0(t2)
    beqz    t3, 3f
    lbu     a0, 1(t2)
    beq     t3, t1, 5f
    addi    t2, t2, 2
    j       2b
3:  addi    s0, s0, -1                  # not an escape: both bytes
    li      a0, '\\'
5:  call    putchar
    j       1b
6:  mv      a0, t0                      # the first digit, and up to three more behind a 0, up to two behind another
    sltiu   t2, t0, 1
    addi    t2, t2, 2
7:  lbu     t1, 0(s0)
    addi    t1, t1, -'0'
    li      t3, 8
    bgeu    t1, t3, 5b
    slli    a0, a0, 3
    add     a0, a0, t1
    addi    s0, s0, 1
    addi    t2, t2, -1
    bnez    t2, 7b
    j       5b
9:  li      a0, 0
10: leave

    .section .rodata
escapes:
    .ascii  "\\\\n\nt\tr\ra\7b\10f\14v\13e\33\0"
    .text

    .endif
