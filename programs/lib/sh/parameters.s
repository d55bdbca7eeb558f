# Parameters: variables and special ones, and the forms of ${…} (POSIX.1-2017, XCU 2.6.2).

# parameter_value(a0 = name, a1 = its length): the value of a variable or special parameter, or 0 if it is not set
function parameter_value
    lbu     t0, 0(a0)
    addi    t1, t0, -'0'
    li      t2, 10
    bltu    t1, t2, 1f
    li      t1, '?'
    beq     t0, t1, 3f
    li      t1, '$'
    beq     t0, t1, 4f
    li      t1, '!'
    beq     t0, t1, 5f
    li      t1, '#'
    beq     t0, t1, 6f
    enter
    call    find_variable
    beqz    a0, 7f
    ld      a0, VARIABLE_VALUE(a0)
7:  leave
1:  enter                               # a number
    li      a1, 10
    call    strtoul
    unwind
    beqz    a0, 2f
    ld      t0, sh.positional_count
    bgtu    a0, t0, 8f
    ld      t0, sh.positional
    slli    a0, a0, 3
    add     t0, t0, a0
    ld      a0, -8(t0)
    ret
8:  li      a0, 0
    ret
2:  ld      a0, sh.name
    ret
3:  ld      a1, sh.status
    j       arena_number
4:  ld      a1, sh.pid
    j       arena_number
5:  ld      a1, sh.background_pid
    li      a0, 0
    bnez    a1, arena_number
    ret
6:  ld      a1, sh.positional_count
    j       arena_number

# append_parameter(a0 = name, a1 = its length, a2 = quoted)
#   s0 quoted   s1 index   s2 1 for $@ in quotes: each parameter is a field of its own
function append_parameter
    enter   4
    mv      s0, a2
    lbu     t0, 0(a0)
    li      s2, 0
    li      t1, '*'
    beq     t0, t1, 1f
    li      t1, '@'
    beq     t0, t1, 2f
    call    parameter_value
    beqz    a0, 9f
    mv      a1, s0
    call    append_value
    j       9f
2:  ld      t1, field.vector
    snez    t1, t1
    and     s2, s0, t1
1:  li      s1, 0
    ld      t0, sh.positional_count
    bnez    t0, 3f
    beqz    s2, 9f
    sd      zero, field.present, t6     # "$@" without parameters is no field at all
    j       9f
3:  ld      t0, sh.positional
    slli    t1, s1, 3
    add     t0, t0, t1
    ld      a0, 0(t0)
    mv      a1, s0
    call    append_value
    addi    s1, s1, 1
    ld      t0, sh.positional_count
    bgeu    s1, t0, 9f
    beqz    s2, 4f
    li      t0, 1
    sd      t0, field.present, t6
    call    end_field
    li      t0, 1
    sd      t0, field.present, t6
    j       3b
4:  load_string a0, " "
    mv      a1, s0
    call    append_value
    j       3b
9:  leave

# expand_braces(a0 = start, a1 = end, a2 = quoted): what is between ${ and }
#   s0 name   s1 end   s2 quoted   s3 length of the name   s4 place of the operator   s5 operator   s6 1 after ':'   s7 value
function expand_braces
    enter   8
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
    lbu     t0, 0(a0)
    li      t1, '#'
    bne     t0, t1, 1f
    addi    t1, a0, 1
    beq     t1, a1, 1f                  # ${#}
    mv      a0, t1                      # ${#NAME}: the length
    sub     a1, s1, t1
    call    parameter_value
    beqz    a0, 2f
    call    strlen
2:  mv      a1, a0
    call    arena_number
    mv      a1, s2
    call    append_value
    j       .Lbraces_done
1:  call    name_length
    mv      s3, a0
    bnez    a0, 4f
    mv      s3, s0                      # digits, or one special byte
3:  lbu     t0, 0(s3)
    addi    t0, t0, -'0'
    li      t1, 10
    addi    s3, s3, 1
    bltu    t0, t1, 3b
    addi    s3, s3, -1
    sub     s3, s3, s0
    bnez    s3, 4f
    li      s3, 1
4:  add     s4, s0, s3
    bltu    s4, s1, 5f
    mv      a0, s0                      # ${NAME}
    mv      a1, s3
    mv      a2, s2
    call    append_parameter
    j       .Lbraces_done
5:  mv      a0, s0
    mv      a1, s3
    call    parameter_value
    mv      s7, a0
    lbu     s5, 0(s4)
    addi    s4, s4, 1
    li      t0, ':'
    li      s6, 0
    bne     s5, t0, 6f
    li      s6, 1
    lbu     s5, 0(s4)
    addi    s4, s4, 1
6:  li      t0, '%'
    beq     s5, t0, .Lbraces_remove
    li      t0, '#'
    beq     s5, t0, .Lbraces_remove
    snez    t1, s7                      # t1: 1 if it is set, and with ':' not empty
    beqz    s6, 7f
    beqz    s7, 7f
    lbu     t2, 0(s7)
    snez    t1, t2
7:  li      t0, '+'
    bne     s5, t0, 8f
    beqz    t1, .Lbraces_done
    j       .Lbraces_word
8:  bnez    t1, .Lbraces_value
    li      t0, '-'
    beq     s5, t0, .Lbraces_word
    mv      a0, s4
    mv      a1, s1
    call    expand_string
    mv      s7, a0
    li      t0, '='
    bne     s5, t0, 9f
    mv      a0, s0
    mv      a1, s3
    mv      a2, s7
    call    set_variable
    j       .Lbraces_value
9:  load_string a0, "%.*s: %s"          # ?
    mv      a1, s3
    mv      a2, s0
    mv      a3, s7
    lbu     t0, 0(s7)
    bnez    t0, 10f
    load_string a3, "parameter not set"
10: call    warnx
    li      a0, 2
    call    exit
.Lbraces_word:
    mv      a0, s4
    mv      a1, s1
    mv      a2, s2
    call    expand_text
    j       .Lbraces_done
.Lbraces_value:
    mv      a0, s7
    mv      a1, s2
    call    append_value
    j       .Lbraces_done
.Lbraces_remove:
    beqz    s7, .Lbraces_done
    li      s6, 0                       # s6: 1 for the longest match
    lbu     t0, 0(s4)
    bne     t0, s5, 11f
    li      s6, 1
    addi    s4, s4, 1
11: mv      a0, s4
    mv      a1, s1
    call    expand_to_pattern
    mv      a1, s7
    mv      a2, s5
    mv      a3, s6
    call    remove_match
    mv      s7, a0
    j       .Lbraces_value
.Lbraces_done:
    leave

# remove_match(a0 = pattern, a1 = value, a2 = '#' or '%', a3 = 1 for the longest): the value without the prefix or suffix
#   s0 pattern   s1 a copy of the value   s2 which end   s3 its length   s4 where the copy is cut   s5 step   s6 cuts left
function remove_match
    enter   7, 8
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
    mv      s5, a3
    mv      a0, a1
    call    strlen
    mv      s3, a0
    mv      a1, a0
    mv      a0, s1
    call    arena_string
    mv      s1, a0
    addi    s6, s3, 1
    addi    t0, s2, -'%'                # the longest suffix and the shortest prefix begin at 0, the others at the end
    seqz    t0, t0
    xor     t0, t0, s5                  # 1: cuts go down from the end
    mv      s4, zero
    li      s5, 1
    beqz    t0, 1f
    mv      s4, s3
    li      s5, -1
1:  beqz    s6, 4f
    addi    s6, s6, -1
    add     t0, s1, s4
    li      t1, '%'
    beq     s2, t1, 2f
    lbu     t2, 0(t0)                   # a prefix: what is before the cut
    sb      zero, 0(t0)
    mv      a0, s0
    mv      a1, s1
    sd      t2, 0(sp)
    call    match
    ld      t2, 0(sp)
    add     t0, s1, s4
    sb      t2, 0(t0)
    beqz    a0, 3f
    mv      a0, t0
    leave
2:  mv      a0, s0                      # a suffix: what is behind it
    mv      a1, t0
    call    match
    beqz    a0, 3f
    add     t0, s1, s4
    sb      zero, 0(t0)
    j       4f
3:  add     s4, s4, s5
    j       1b
4:  mv      a0, s1
    leave
