# Strings and numbers: what string.h and stdlib.h offer, as far as the programs need it. Only leaf functions.

    .ifndef STRING_S
    .set STRING_S, 1

# strlen(a0 = s): bytes before the NUL
function strlen
    mv      t0, a0
1:  lbu     t1, 0(t0)
    beqz    t1, 2f
    addi    t0, t0, 1
    j       1b
2:  sub     a0, t0, a0
    ret

# strcmp(a0, a1): < 0, 0 or > 0, comparing bytes as unsigned
function strcmp
1:  lbu     t0, 0(a0)
    lbu     t1, 0(a1)
    bne     t0, t1, 2f
    addi    a0, a0, 1
    addi    a1, a1, 1
    bnez    t0, 1b
2:  sub     a0, t0, t1
    ret

# strncmp(a0, a1, a2 = bytes at most)
function strncmp
    beqz    a2, 2f
1:  lbu     t0, 0(a0)
    lbu     t1, 0(a1)
    bne     t0, t1, 3f
    beqz    t0, 2f
    addi    a0, a0, 1
    addi    a1, a1, 1
    addi    a2, a2, -1
    bnez    a2, 1b
2:  li      a0, 0
    ret
3:  sub     a0, t0, t1
    ret

# memcmp(a0, a1, a2 = bytes)
function memcmp
    add     a2, a0, a2
1:  beq     a0, a2, 2f
    lbu     t0, 0(a0)
    lbu     t1, 0(a1)
    addi    a0, a0, 1
    addi    a1, a1, 1
    beq     t0, t1, 1b
    sub     a0, t0, t1
    ret
2:  li      a0, 0
    ret

# strchr(a0 = s, a1 = byte): the first place, or 0
function strchr
1:  lbu     t0, 0(a0)
    beq     t0, a1, 2f
    addi    a0, a0, 1
    bnez    t0, 1b
    li      a0, 0
2:  ret

# strrchr(a0 = s, a1 = byte): the last place, or 0
function strrchr
    mv      t1, a0
    li      a0, 0
1:  lbu     t0, 0(t1)
    bne     t0, a1, 2f
    mv      a0, t1
2:  addi    t1, t1, 1
    bnez    t0, 1b
    ret

# memchr(a0 = bytes, a1 = byte, a2 = count): the first place, or 0
function memchr
    add     a2, a0, a2
1:  beq     a0, a2, 2f
    lbu     t0, 0(a0)
    beq     t0, a1, 3f
    addi    a0, a0, 1
    j       1b
2:  li      a0, 0
3:  ret

# strcpy(a0 = to, a1 = from): returns the place of the new NUL (as stpcpy), so that calls can be chained
function strcpy
1:  lbu     t0, 0(a1)
    sb      t0, 0(a0)
    beqz    t0, 2f
    addi    a0, a0, 1
    addi    a1, a1, 1
    j       1b
2:  ret

# memcpy(a0 = to, a1 = from, a2 = bytes): returns to. Doublewords while both sides are aligned alike.
function memcpy
    mv      t6, a0
    add     a3, a0, a2                  # end of the destination
    xor     t0, a0, a1
    andi    t0, t0, 7
    bnez    t0, 4f
1:  andi    t0, t6, 7                   # bytes up to the first aligned doubleword
    beqz    t0, 2f
    beq     t6, a3, 5f
    lbu     t1, 0(a1)
    sb      t1, 0(t6)
    addi    t6, t6, 1
    addi    a1, a1, 1
    j       1b
2:  addi    t2, a3, -8
3:  bgtu    t6, t2, 4f
    ld      t1, 0(a1)
    sd      t1, 0(t6)
    addi    t6, t6, 8
    addi    a1, a1, 8
    j       3b
4:  beq     t6, a3, 5f
    lbu     t1, 0(a1)
    sb      t1, 0(t6)
    addi    t6, t6, 1
    addi    a1, a1, 1
    j       4b
5:  ret

# memmove(a0 = to, a1 = from, a2 = bytes): the two may overlap
function memmove
    bleu    a0, a1, 2f
    add     t0, a1, a2
    bgeu    a0, t0, memcpy
    add     t1, a0, a2
1:  beq     t0, a1, 3f                  # backwards
    addi    t0, t0, -1
    addi    t1, t1, -1
    lbu     t2, 0(t0)
    sb      t2, 0(t1)
    j       1b
2:  add     t0, a1, a2                  # forwards, byte by byte
    mv      t1, a0
4:  beq     a1, t0, 3f
    lbu     t2, 0(a1)
    sb      t2, 0(t1)
    addi    a1, a1, 1
    addi    t1, t1, 1
    j       4b
3:  ret

# memset(a0 = to, a1 = byte, a2 = bytes): returns to
function memset
    mv      t0, a0
    add     a2, a0, a2
1:  beq     t0, a2, 2f
    sb      a1, 0(t0)
    addi    t0, t0, 1
    j       1b
2:  ret

# tolower(a0 = byte)
function tolower
    addi    t0, a0, -'A'
    sltiu   t0, t0, 26
    slli    t0, t0, 5
    add     a0, a0, t0
    ret

# is_name_byte(a0 = byte): 1 for a letter, a digit or an underscore
function is_name_byte
    addi    t0, a0, -'0'
    sltiu   t0, t0, 10
    ori     t1, a0, 0x20
    addi    t1, t1, -'a'
    sltiu   t1, t1, 26
    xori    t2, a0, '_'
    seqz    t2, t2
    or      a0, t0, t1
    or      a0, a0, t2
    ret

# basename(a0 = path): the part after the last slash (a path that ends in one gives the empty string)
function basename
    mv      t0, a0
1:  lbu     t1, 0(t0)
    beqz    t1, 2f
    addi    t0, t0, 1
    addi    t1, t1, -'/'
    bnez    t1, 1b
    mv      a0, t0
    j       1b
2:  ret

# strtoul(a0 = text, a1 = base 2..36): a0 = value, a1 = the first byte not used (= text: no digit there)
function strtoul
    mv      t0, a0
    li      a0, 0
1:  lbu     t1, 0(t0)
    addi    t2, t1, -'0'
    li      t3, 10
    bltu    t2, t3, 2f
    ori     t2, t1, 0x20
    addi    t2, t2, -'a'
    li      t3, 26
    bgeu    t2, t3, 3f
    addi    t2, t2, 10
2:  bgeu    t2, a1, 3f
    mul     a0, a0, a1
    add     a0, a0, t2
    addi    t0, t0, 1
    j       1b
3:  mv      a1, t0
    ret

# parse_number(a0 = text): a0 = the decimal number, with or without a sign, that the whole text is, a1 = 1;
# or a1 = 0 if the text is anything else
function parse_number
    enter   2
    li      s1, 0
    lbu     t0, 0(a0)
    li      t1, '+'
    beq     t0, t1, 1f
    li      t1, '-'
    bne     t0, t1, 2f
    li      s1, 1
1:  addi    a0, a0, 1
2:  mv      s0, a0
    li      a1, 10
    call    strtoul
    sub     t0, a1, s0                  # digits seen
    lbu     t1, 0(a1)
    snez    t0, t0
    seqz    t1, t1
    and     a1, t0, t1
    beqz    s1, 3f
    neg     a0, a0
3:  leave

# format_unsigned(a0 = value, a1 = base, a2 = one past the last byte to write): writes digits backwards, returns the
# first digit's place. 64 bytes are enough for any value in base 2.
function format_unsigned
1:  remu    t0, a0, a1
    divu    a0, a0, a1
    addi    t1, t0, '0'
    sltiu   t2, t0, 10
    bnez    t2, 2f
    addi    t1, t0, 'a' - 10
2:  addi    a2, a2, -1
    sb      t1, 0(a2)
    bnez    a0, 1b
    mv      a0, a2
    ret

    .endif
