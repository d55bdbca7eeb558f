# Patterns and file name expansion: * ? [set] [!set], and \c for a literal c.

# match(a0 = pattern, a1 = text): 1 if the pattern matches the whole text
#   s0 pattern   s1 text
function match
    enter   2
    mv      s0, a0
    mv      s1, a1
1:  lbu     t0, 0(s0)
    lbu     t1, 0(s1)
    beqz    t0, 8f
    li      t2, '*'
    beq     t0, t2, 5f
    beqz    t1, 9f
    addi    s0, s0, 1
    addi    s1, s1, 1
    li      t2, '?'
    beq     t0, t2, 1b
    li      t2, '['
    beq     t0, t2, 3f
    li      t2, '\\'
    bne     t0, t2, 2f
    lbu     t3, 0(s0)
    beqz    t3, 2f
    mv      t0, t3
    addi    s0, s0, 1
2:  beq     t0, t1, 1b
    j       9f
3:  mv      a0, s0
    mv      a1, t1
    call    match_set
    mv      s0, a1
    bnez    a0, 1b
    j       9f
5:  addi    s0, s0, 1                   # *: try the rest of the pattern at every place
6:  mv      a0, s0
    mv      a1, s1
    call    match
    bnez    a0, 7f
    lbu     t0, 0(s1)
    addi    s1, s1, 1
    bnez    t0, 6b
    j       9f
7:  li      a0, 1
    leave
8:  seqz    a0, t1
    leave
9:  li      a0, 0
    leave

# match_set(a0 = behind the '[', a1 = byte): a0 = 1 if the byte is in the set, a1 = behind the set. Without a closing ']'
# the '[' is an ordinary byte.
function match_set
    mv      t0, a0
    li      t1, 0                       # t1: 1 for a set of others
    li      t2, 0                       # t2: 1 once the byte was found
    lbu     t3, 0(t0)
    li      t4, '!'
    beq     t3, t4, 1f
    li      t4, '^'
    bne     t3, t4, 2f
1:  li      t1, 1
    addi    t0, t0, 1
    lbu     t3, 0(t0)
2:  beqz    t3, 6f
    addi    t0, t0, 1
    li      t4, '\\'
    bne     t3, t4, 3f
    lbu     t4, 0(t0)
    beqz    t4, 6f
    mv      t3, t4
    addi    t0, t0, 1
3:  mv      t5, t3                      # the range t3 - t5
    lbu     t4, 0(t0)
    li      t6, '-'
    bne     t4, t6, 4f
    lbu     t4, 1(t0)
    beqz    t4, 4f
    li      t6, ']'
    beq     t4, t6, 4f
    mv      t5, t4
    addi    t0, t0, 2
4:  bltu    a1, t3, 5f
    bgtu    a1, t5, 5f
    li      t2, 1
5:  lbu     t3, 0(t0)
    li      t4, ']'
    bne     t3, t4, 2b
    addi    a1, t0, 1
    xor     a0, t1, t2
    ret
6:  xori    t1, a1, '['
    mv      a1, a0
    seqz    a0, t1
    ret

# has_pattern(a0 = text): 1 if it has a *, ? or [ without a backslash before it
function has_pattern
1:  lbu     t0, 0(a0)
    beqz    t0, 3f
    addi    a0, a0, 1
    li      t1, '\\'
    bne     t0, t1, 2f
    lbu     t0, 0(a0)
    beqz    t0, 3f
    addi    a0, a0, 1
    j       1b
2:  li      t1, '*'
    beq     t0, t1, 4f
    li      t1, '?'
    beq     t0, t1, 4f
    li      t1, '['
    bne     t0, t1, 1b
4:  li      a0, 1
    ret
3:  li      a0, 0
    ret

# unescape(a0 = text): takes the backslashes out, in place; returns the text
function unescape
    mv      t0, a0
    mv      t1, a0
1:  lbu     t2, 0(t0)
    li      t3, '\\'
    bne     t2, t3, 2f
    lbu     t3, 1(t0)
    beqz    t3, 2f
    mv      t2, t3
    addi    t0, t0, 1
2:  sb      t2, 0(t1)
    addi    t0, t0, 1
    addi    t1, t1, 1
    bnez    t2, 1b
    ret

# expand_pattern(a0 = pattern, a1 = vector): adds the names of all files that match, sorted; returns how many
#   s0 vector   s1 how many it had
function expand_pattern
    enter   2
    mv      s0, a1
    ld      s1, VECTOR_COUNT(a1)
    mv      a1, a0
    load_string a0, ""
    mv      a2, s0
    call    expand_component
    ld      t0, VECTOR_COUNT(s0)
    sub     t0, t0, s1
    beqz    t0, 1f
    mv      a1, t0
    ld      a0, VECTOR_ITEMS(s0)
    slli    t1, s1, 3
    add     a0, a0, t1
    la      a2, strcmp
    call    sort
1:  ld      a0, VECTOR_COUNT(s0)
    sub     a0, a0, s1
    leave

# expand_component(a0 = directory as written so far, a1 = rest of the pattern, a2 = vector)
#   s0 directory   s1 component   s2 rest behind it, or 0   s3 vector   s4 names   s5 how many   s6 next name
function expand_component
    enter   8, STAT_BYTES
    mv      s0, a0
    mv      s1, a1
    mv      s3, a2
    mv      s2, a1                      # the component ends behind its slashes
1:  lbu     t0, 0(s2)
    beqz    t0, 2f
    li      t1, '/'
    beq     t0, t1, 2f
    addi    s2, s2, 1
    j       1b
2:  sub     a1, s2, s1
    mv      a0, s1
    call    arena_string
    mv      s1, a0
    mv      s6, s2
3:  lbu     t0, 0(s2)
    li      t1, '/'
    bne     t0, t1, 4f
    addi    s2, s2, 1
    j       3b
4:  sub     s7, s2, s6                  # slashes
    mv      a0, s1
    call    has_pattern
    bnez    a0, 5f
    mv      a0, s1                      # a plain component: nothing to look up
    call    unescape
    mv      a0, s0
    mv      a1, s1
    mv      a2, s7
    mv      a3, s2
    mv      a4, s3
    call    descend
    j       9f
5:  mv      a0, s0
    lbu     t0, 0(a0)
    bnez    t0, 6f
    load_string a0, "."
6:  call    read_directory
    bltz    a0, 9f
    mv      s4, a0
    mv      s5, a1
    li      s6, 0
7:  bge     s6, s5, 8f
    slli    t0, s6, 3
    add     t0, t0, s4
    ld      a1, 0(t0)
    addi    s6, s6, 1
    lbu     t0, 0(a1)                   # a leading dot must be written
    li      t1, '.'
    bne     t0, t1, 10f
    lbu     t0, 0(s1)
    bne     t0, t1, 7b
10: mv      a0, s1
    call    match
    beqz    a0, 7b
    slli    t0, s6, 3
    add     t0, t0, s4
    ld      a1, -8(t0)
    mv      a0, s0
    mv      a2, s7
    mv      a3, s2
    mv      a4, s3
    call    descend
    j       7b
8:  beqz    s5, 11f
    addi    s5, s5, -1
    slli    t0, s5, 3
    add     t0, t0, s4
    ld      a0, 0(t0)
    call    free
    j       8b
11: mv      a0, s4
    call    free
9:  leave

# descend(a0 = directory, a1 = name, a2 = slashes behind it, a3 = rest of the pattern, a4 = vector): goes on with
# directory + name; at the end of the pattern adds it, if it exists
#   s0 path   s1 rest   s2 vector
function descend
    enter   7, STAT_BYTES
    mv      s3, a0
    mv      s4, a1
    mv      s5, a2
    mv      s1, a3
    mv      s2, a4
    call    strlen
    mv      s0, a0
    mv      a0, s4
    call    strlen
    add     a0, a0, s0
    add     a0, a0, s5
    addi    a0, a0, 1
    call    arena_allocate
    mv      s0, a0
    mv      a1, s3
    call    strcpy
    mv      a1, s4
    call    strcpy
    li      t0, '/'
1:  beqz    s5, 2f
    sb      t0, 0(a0)
    addi    a0, a0, 1
    addi    s5, s5, -1
    j       1b
2:  sb      zero, 0(a0)
    lbu     t0, 0(s1)
    beqz    t0, 3f
    mv      a0, s0
    mv      a1, s1
    mv      a2, s2
    call    expand_component
    j       4f
3:  mv      a0, s0
    mv      a1, sp
    call    lstat
    bltz    a0, 4f
    mv      a0, s2
    mv      a1, s0
    call    vector_add
4:  leave
