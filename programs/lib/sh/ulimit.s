# The builtin ulimit.

# ulimit [-HS] [-a | -cdflmnpstuv [LIMIT]]: prlimit64 on the shell itself; children inherit
#   s0 next operand   s1 row of the resource   s2 which limits to set: 1 soft, 2 hard, 3 both; the limits are at 0(sp)
    .equ    LIMIT_LETTER, 0
    .equ    LIMIT_RESOURCE, 1
    .equ    LIMIT_SHIFT, 2              # the unit is 1 << this bytes
    .equ    LIMIT_NAME, 3
    .equ    LIMIT_BYTES, 32
function builtin_ulimit
    enter   4, 16
    addi    s0, a1, 8
    li      s2, 0
    la      s1, limits                  # without a letter: the file size
    li      s3, 0                       # 1 for -a
1:  ld      t0, 0(s0)
    beqz    t0, 6f
    lbu     t1, 0(t0)
    li      t2, '-'
    bne     t1, t2, 6f
    addi    s0, s0, 8
2:  addi    t0, t0, 1
    lbu     t1, 0(t0)
    beqz    t1, 1b
    li      t2, 'a'
    beq     t1, t2, 3f
    li      t2, 'S'
    li      t3, 1
    beq     t1, t2, 4f
    li      t2, 'H'
    li      t3, 2
    beq     t1, t2, 4f
    la      s1, limits
5:  lbu     t2, LIMIT_LETTER(s1)
    beq     t2, t1, 2b
    addi    s1, s1, LIMIT_BYTES
    bnez    t2, 5b
    load_string a0, "ulimit: Illegal option -%c"
    mv      a1, t1
    call    warnx
    li      a0, 2
    leave
3:  li      s3, 1
    j       2b
4:  or      s2, s2, t3
    j       2b
6:  beqz    s3, 8f
    la      s1, limits
7:  lbu     t0, LIMIT_LETTER(s1)
    beqz    t0, 20f
    load_string a0, "%-20s "
    addi    a1, s1, LIMIT_NAME
    call    printf
    call    get_limits
    call    print_limit
    addi    s1, s1, LIMIT_BYTES
    j       7b
8:  call    get_limits
    ld      a0, 0(s0)
    bnez    a0, 9f
    call    print_limit
20: li      a0, 0
    leave
9:  bnez    s2, 10f
    li      s2, 3
10: load_string a1, "unlimited"
    call    strcmp
    li      s3, -1
    beqz    a0, 11f
    ld      a0, 0(s0)
    call    parse_number
    beqz    a1, 12f
    lbu     t0, LIMIT_SHIFT(s1)
    sll     s3, a0, t0
11: andi    t0, s2, 1
    beqz    t0, 13f
    sd      s3, 0(sp)
13: andi    t0, s2, 2
    beqz    t0, 14f
    sd      s3, 8(sp)
14: li      a0, 0
    lbu     a1, LIMIT_RESOURCE(s1)
    mv      a2, sp
    li      a3, 0
    call    prlimit64
    bgez    a0, 20b
    call    strerror
    mv      a1, a0
    load_string a0, "ulimit: error setting limit (%s)"
    call    warnx
    li      a0, 2
    leave
12: load_string a0, "ulimit: bad number"
    call    warnx
    li      a0, 2
    leave
get_limits:                             # of row s1, to the caller's 0(sp) and 8(sp)
    mv      a3, sp
    li      a0, 0
    lbu     a1, LIMIT_RESOURCE(s1)
    li      a2, 0
    j       prlimit64
print_limit:                            # of row s1, from the caller's 0(sp), or with -H from 8(sp)
    ld      a1, 0(sp)
    li      t0, 2
    bne     s2, t0, 1f
    ld      a1, 8(sp)
1:  li      t0, -1
    beq     a1, t0, 2f
    lbu     t0, LIMIT_SHIFT(s1)
    srl     a1, a1, t0
    load_string a0, "%u\n"
    j       printf
2:  load_string a0, "unlimited"
    j       puts

    .macro limit letter, resource, shift, name
    .byte   \letter, \resource, \shift
99: .asciz  "\name"
    .zero   29 - (. - 99b)
    .endm
    .section .rodata
limits:
    limit   'f', 1, 9, "file(blocks)"
    limit   't', 0, 0, "time(seconds)"
    limit   'd', 2, 10, "data(kbytes)"
    limit   's', 3, 10, "stack(kbytes)"
    limit   'c', 4, 9, "coredump(blocks)"
    limit   'm', 5, 10, "memory(kbytes)"
    limit   'l', 8, 10, "locked memory(kbytes)"
    limit   'u', 6, 0, "process"
    limit   'n', 7, 0, "nofiles"
    limit   'v', 9, 10, "vmemory(kbytes)"
    .byte   0
    .text
