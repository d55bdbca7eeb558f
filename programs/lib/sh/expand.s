# Word expansion: tilde, parameters, command substitution, arithmetic, field splitting, file names, quote removal, in the
# order of the standard (POSIX.1-2017, XCU 2.6).
#
# The field that is being built holds quoted bytes with a backslash before those that mean something in a pattern;
# so a finished field is a pattern, and unescape gives its text.

    variable field.vector               # where finished fields go; 0: everything is one field, nothing is split
    variable field.buffer               # from malloc
    variable field.length
    variable field.capacity
    variable field.present              # 1: the field exists even if it is empty, because something in it was quoted
    .equ    FIELD_STATE_BYTES, 40

# expand_word(a0 = start, a1 = end, a2 = vector): adds the fields that the word becomes: none, one or several
function expand_word
    enter   1
    mv      s0, a2
    sd      a2, field.vector, t6
    sd      zero, field.length, t6
    sd      zero, field.present, t6
    li      a2, 0
    call    expand_text
    call    end_field
    sd      zero, field.vector, t6
    leave

# expand_string(a0 = start, a1 = end): the word as one string, without splitting and file names; in the arena
function expand_string
    enter
    call    expand_to_pattern
    unwind
    j       unescape

# expand_to_pattern(a0 = start, a1 = end): the same, with backslashes left before what was quoted. May be used while
# another word is being expanded.
function expand_to_pattern
    enter   7
    ld      s0, field.vector
    ld      s1, field.buffer
    ld      s2, field.length
    ld      s3, field.capacity
    ld      s4, field.present
    sd      zero, field.vector, t6
    sd      zero, field.buffer, t6
    sd      zero, field.length, t6
    sd      zero, field.capacity, t6
    li      a2, 0
    call    expand_text
    ld      s5, field.buffer
    mv      a0, s5
    ld      a1, field.length
    call    arena_string
    mv      s6, a0
    mv      a0, s5
    call    free
    sd      s0, field.vector, t6
    sd      s1, field.buffer, t6
    sd      s2, field.length, t6
    sd      s3, field.capacity, t6
    sd      s4, field.present, t6
    mv      a0, s6
    leave

# append_byte(a0 = byte): to the field, as it is
function append_byte
    ld      t0, field.length
    ld      t1, field.capacity
    bgeu    t0, t1, 1f
    ld      t2, field.buffer
    add     t2, t2, t0
    sb      a0, 0(t2)
    addi    t0, t0, 1
    sd      t0, field.length, t6
    ret
1:  enter   1
    mv      s0, a0
    slli    a1, t1, 1
    addi    a1, a1, 64
    sd      a1, field.capacity, t6
    ld      a0, field.buffer
    call    realloc
    sd      a0, field.buffer, t6
    mv      a0, s0
    unwind
    j       append_byte

# append_quoted(a0 = byte): to the field, as a byte without a meaning in patterns
function append_quoted
    la      t0, pattern_bytes
1:  lbu     t1, 0(t0)
    beqz    t1, append_byte
    addi    t0, t0, 1
    bne     t1, a0, 1b
    enter   1
    mv      s0, a0
    li      a0, '\\'
    call    append_byte
    mv      a0, s0
    unwind
    j       append_byte

# end_field(): hands the field over, if there is one, after file name expansion
function end_field
    enter   2
    ld      t0, field.vector
    beqz    t0, 3f
    ld      a1, field.length
    ld      t1, field.present
    or      t1, t1, a1
    beqz    t1, 3f
    ld      a0, field.buffer
    call    arena_string
    mv      s0, a0
    sd      zero, field.length, t6
    sd      zero, field.present, t6
    call    has_pattern
    beqz    a0, 2f
    mv      a0, s0
    ld      a1, field.vector
    call    expand_pattern
    bnez    a0, 3f
2:  mv      a0, s0                      # no pattern, or no file: the text itself
    call    unescape
    mv      a1, a0
    ld      a0, field.vector
    call    vector_add
3:  leave

# append_value(a0 = value, a1 = 1 if quoted): the result of an expansion; unquoted it is split at the bytes of IFS
#   s0 place in the value   s1 quoted   s2 IFS
function append_value
    enter   4
    mv      s0, a0
    mv      s1, a1
    load_string a0, "IFS"
    call    get_variable
    mv      s2, a0
    bnez    a0, 1f
    load_string s2, " \t\n"
1:  lbu     s3, 0(s0)
    beqz    s3, 9f
    addi    s0, s0, 1
    mv      a0, s3
    bnez    s1, 4f
    ld      t0, field.vector
    beqz    t0, 3f
    mv      t0, s2
2:  lbu     t1, 0(t0)
    beqz    t1, 3f
    addi    t0, t0, 1
    bne     t1, s3, 2b
    addi    t0, s3, -'\t'               # a separator that is no white space ends even an empty field
    li      t1, 2
    bltu    t0, t1, 6f
    li      t1, ' '
    beq     s3, t1, 6f
    li      t1, 1
    sd      t1, field.present, t6
6:  call    end_field
    j       1b
3:  li      t0, '\\'
    beq     s3, t0, 4f
    call    append_byte
    j       1b
4:  call    append_quoted
    j       1b
9:  leave

# expand_text(a0 = start, a1 = end, a2 = 1 inside "…")
#   s0 place   s1 end   s2 quoted   s3 end of the part   s4 1 at the beginning
function expand_text
    enter   5
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
    xori    s4, a2, 1
.Lexpand_next:
    bgeu    s0, s1, .Lexpand_done
    lbu     t0, 0(s0)
    li      t1, '\\'
    beq     t0, t1, .Lexpand_backslash
    li      t1, '"'
    beq     t0, t1, .Lexpand_double
    li      t1, '$'
    beq     t0, t1, .Lexpand_dollar
    li      t1, '`'
    beq     t0, t1, .Lexpand_backquote
    bnez    s2, .Lexpand_literal
    li      t1, '\''
    beq     t0, t1, .Lexpand_single
    li      t1, '~'
    bne     t0, t1, 1f
    bnez    s4, .Lexpand_tilde
1:  mv      a0, t0
    call    append_byte
    j       2f
.Lexpand_literal:
    mv      a0, t0
    call    append_quoted
2:  addi    s0, s0, 1
    li      s4, 0
    j       .Lexpand_next
.Lexpand_tilde:
    addi    t1, s0, 1
    beq     t1, s1, 3f
    lbu     t2, 0(t1)
    li      t3, '/'
    bne     t2, t3, 1b
3:  load_string a0, "HOME"
    call    get_variable
    li      t0, '~'
    beqz    a0, 1b
    li      a1, 1
    call    append_value
    j       2b
.Lexpand_single:
    li      t0, 1
    sd      t0, field.present, t6
4:  addi    s0, s0, 1
    lbu     a0, 0(s0)
    li      t1, '\''
    beq     a0, t1, 2b
    call    append_quoted
    j       4b
.Lexpand_double:
    bnez    s2, 2b                      # inside "${x:-"…"}": the quotes go
    li      t0, 1
    sd      t0, field.present, t6
    addi    a0, s0, 1
    li      a1, '"'
    call    skip_until
    mv      s3, a0
    addi    a0, s0, 1
    addi    a1, s3, -1
    li      a2, 1
    call    expand_text
    mv      s0, s3
    li      s4, 0
    j       .Lexpand_next
.Lexpand_backslash:
    addi    s0, s0, 1
    lbu     a0, 0(s0)
    bgeu    s0, s1, 7f
    li      t0, '\n'
    beq     a0, t0, 2b                  # a continued line
    beqz    s2, 6f
    la      t0, quotable                # inside "…" a backslash quotes only these
5:  lbu     t1, 0(t0)
    beqz    t1, 7f
    addi    t0, t0, 1
    bne     t1, a0, 5b
6:  li      t0, 1
    sd      t0, field.present, t6
    call    append_quoted
    j       2b
7:  li      a0, '\\'
    call    append_quoted
    j       .Lexpand_next
.Lexpand_backquote:
    addi    a0, s0, 1
    li      a1, '`'
    call    skip_until
    mv      s3, a0
    addi    a0, s0, 1
    sub     a1, s3, a0
    addi    a1, a1, -1
    call    arena_string
    mv      t0, a0                      # \` \\ \$ lose their backslash here, others keep it
    mv      t1, a0
8:  lbu     t2, 0(t0)
    li      t3, '\\'
    bne     t2, t3, 9f
    lbu     t3, 1(t0)
    li      t4, '`'
    beq     t3, t4, 10f
    li      t4, '\\'
    beq     t3, t4, 10f
    li      t4, '$'
    bne     t3, t4, 9f
10: mv      t2, t3
    addi    t0, t0, 1
9:  sb      t2, 0(t1)
    addi    t0, t0, 1
    addi    t1, t1, 1
    bnez    t2, 8b
    call    substitute_command
    mv      a1, s2
    call    append_value
    mv      s0, s3
    li      s4, 0
    j       .Lexpand_next
.Lexpand_dollar:
    mv      a0, s0
    mv      a1, s1
    mv      a2, s2
    call    expand_dollar
    mv      s0, a0
    li      s4, 0
    j       .Lexpand_next
.Lexpand_done:
    leave

# expand_dollar(a0 = place of a '$', a1 = end of the word, a2 = quoted): expands it; returns the place behind
#   s0 place   s1 behind   s2 quoted
function expand_dollar
    enter   3
    addi    s0, a0, 1
    mv      s1, s0
    mv      s2, a2
    bgeu    s0, a1, 8f
    lbu     t0, 0(s0)
    li      t1, '('
    beq     t0, t1, 2f
    li      t1, '{'
    beq     t0, t1, 6f
    mv      a0, s0                      # $NAME
    call    name_length
    bnez    a0, 1f
    lbu     t0, 0(s0)                   # $1, $? …
    addi    t1, t0, -'0'
    sltiu   a0, t1, 10
    bnez    a0, 1f
    la      t1, special_parameters
3:  lbu     t2, 0(t1)
    beqz    t2, 8f
    addi    t1, t1, 1
    bne     t2, t0, 3b
    li      a0, 1
1:  add     s1, s0, a0
    mv      a1, a0
    mv      a0, s0
    mv      a2, s2
    call    append_parameter
    mv      a0, s1
    leave
2:  addi    a0, s0, 1
    li      a1, ')'
    call    skip_until
    mv      s1, a0
    lbu     t0, 1(s0)
    li      t1, '('
    bne     t0, t1, 4f
    lbu     t0, -2(s1)
    li      t1, ')'
    bne     t0, t1, 4f
    addi    a0, s0, 2                   # $((EXPRESSION))
    addi    a1, s1, -2
    call    expand_string
    call    evaluate
    mv      a1, a0
    call    arena_number
    j       5f
4:  addi    a0, s0, 1                   # $(COMMAND)
    sub     a1, s1, a0
    addi    a1, a1, -1
    call    arena_string
    call    substitute_command
5:  mv      a1, s2
    call    append_value
    mv      a0, s1
    leave
6:  addi    a0, s0, 1                   # ${…}
    li      a1, '}'
    call    skip_until
    mv      s1, a0
    addi    a0, s0, 1
    addi    a1, s1, -1
    mv      a2, s2
    call    expand_braces
    mv      a0, s1
    leave
8:  li      a0, '$'                     # a '$' that begins nothing
    call    append_quoted
    mv      a0, s0
    leave

# arena_number(a1 = number): its decimal text
function arena_number
    enter   1, 32
    mv      a3, a1
    mv      a0, sp
    li      a1, 32
    load_string a2, "%d"
    call    snprintf
    mv      a1, a0
    mv      a0, sp
    call    arena_string
    leave

# substitute_command(a0 = text): runs it in a child; its output without the newlines at the end, in the arena
#   s0 text   s1 pid   s2 buffer   s3 bytes read   s4 capacity; the pipe is at 0(sp), the wait status at 8(sp)
function substitute_command
    enter   5, 16
    mv      s0, a0
    mv      a0, sp
    li      a1, O_CLOEXEC
    call    pipe2
    bltz    a0, 8f
    call    fork_child
    mv      s1, a0
    bltz    a0, 8f
    bnez    a0, 1f
    lw      a0, 4(sp)
    li      a1, 1
    call    dup2
    lw      a0, 4(sp)
    call    close
    lw      a0, 0(sp)
    call    close
    mv      a0, s0
    call    run_text
    ld      a0, sh.status
    call    exit
1:  lw      a0, 4(sp)
    call    close
    li      s4, 1024
    mv      a0, s4
    call    malloc
    mv      s2, a0
    li      s3, 0
2:  sub     a2, s4, s3
    bnez    a2, 3f
    slli    s4, s4, 1
    mv      a0, s2
    mv      a1, s4
    call    realloc
    mv      s2, a0
    j       2b
3:  lw      a0, 0(sp)
    add     a1, s2, s3
    call    read
    li      t0, -EINTR
    beq     a0, t0, 2b
    blez    a0, 4f
    add     s3, s3, a0
    j       2b
4:  lw      a0, 0(sp)
    call    close
    mv      a0, s1
    addi    a1, sp, 8
    li      a2, 0
    call    waitpid
    lw      a0, 8(sp)
    call    status_of
    sd      a0, sh.status, t6
    li      t0, 1
    sd      t0, sh.substituted, t6
5:  beqz    s3, 6f
    add     t0, s2, s3
    lbu     t0, -1(t0)
    li      t1, '\n'
    bne     t0, t1, 6f
    addi    s3, s3, -1
    j       5b
6:  mv      a0, s2
    mv      a1, s3
    call    arena_string
    mv      s0, a0
    mv      a0, s2
    call    free
    mv      a0, s0
    leave
8:  mv      a1, a0
    load_string a0, "cannot substitute"
    call    warn
    load_string a0, ""
    leave

    .section .rodata
special_parameters:
    .asciz  "?$!#@*"
quotable:
    .asciz  "$`\"\\"
pattern_bytes:
    .asciz  "*?[]\\-!^"
    .text
