# Compound commands: ( ), { }, if, while, until, for, case. As in commands.s the argument says whether to execute.

# compound(a0 = execute): without redirections
function compound
    enter   1
    mv      s0, a0
    ld      t0, sh.token
    li      t1, T_OPEN
    beq     t0, t1, 1f
    load_string a0, "if"
    call    token_is
    bnez    a0, 2f
    load_string a0, "for"
    call    token_is
    bnez    a0, 3f
    load_string a0, "case"
    call    token_is
    bnez    a0, 4f
    load_string a0, "{"
    call    token_is
    bnez    a0, 5f
    load_string a0, "until"
    call    token_is
    mv      a1, a0
    mv      a0, s0
    unwind
    j       loop_command
1:  mv      a0, s0
    unwind
    j       subshell
2:  mv      a0, s0
    unwind
    j       if_command
3:  mv      a0, s0
    unwind
    j       for_command
4:  mv      a0, s0
    unwind
    j       case_command
5:  call    next_token
    mv      a0, s0
    call    command_list
    load_string a0, "}"
    unwind
    j       expect

# subshell(a0 = execute): ( list )
#   s0 execute   s1 job   s2 start
function subshell
    enter   3
    mv      s0, a0
    ld      s2, sh.token_start
    call    next_token
    beqz    s0, 1f
    call    new_job
    mv      s1, a0
    li      a1, 1
    call    fork_in_job
    bnez    a0, 1f
    li      a0, 1
    call    command_list
    ld      a0, sh.status
    call    exit
1:  li      a0, 0
    call    command_list
    ld      t0, sh.token
    li      t1, T_CLOSE
    bne     t0, t1, syntax_error
    call    next_token
    beqz    s0, 2f
    mv      a0, s1
    mv      a1, s2
    call    set_job_text
    mv      a0, s1
    call    wait_for_job
2:  leave

# condition(a0 = execute): a list that set -e does not apply to
function condition
    enter
    ld      t0, sh.condition_depth
    addi    t0, t0, 1
    sd      t0, sh.condition_depth, t6
    call    command_list
    ld      t0, sh.condition_depth
    addi    t0, t0, -1
    sd      t0, sh.condition_depth, t6
    leave

# if_command(a0 = execute)
#   s0 execute   s1 1 once a branch was taken   s2 execute this part
function if_command
    enter   3
    mv      s0, a0
    li      s1, 0
1:  call    next_token                  # over 'if' or 'elif'
    call    if_part
    mv      a0, s2
    call    condition
    load_string a0, "then"
    call    expect
    call    if_part
    ld      t0, sh.status
    seqz    t0, t0
    and     s2, s2, t0
    mv      a0, s2
    call    command_list
    or      s1, s1, s2
    load_string a0, "elif"
    call    token_is
    bnez    a0, 1b
    load_string a0, "else"
    call    token_is
    beqz    a0, 2f
    call    next_token
    call    if_part
    mv      a0, s2
    call    command_list
    or      s1, s1, s2
2:  load_string a0, "fi"
    call    expect
    call    if_part
    beqz    s2, 3f
    sd      zero, sh.status, t6         # no branch: success
3:  leave
# if_part(): s2 = execute this part: no branch was taken yet, and nothing ends the command
if_part:
    ld      t0, sh.unwinding
    seqz    t0, t0
    xori    s2, s1, 1
    and     s2, s2, t0
    and     s2, s2, s0
    ret

# loop_command(a0 = execute, a1 = 1 for until, 0 for while)
#   s0 execute   s1 until   s2 start of the condition   s3 execute the body   s4 status
function loop_command
    enter   5
    mv      s0, a0
    mv      s1, a1
    li      s4, 0
    call    next_token
    ld      s2, sh.token_start
1:  mv      a0, s0
    call    condition
    load_string a0, "do"
    call    expect
    ld      t0, sh.status
    seqz    s3, t0
    xor     s3, s3, s1
    and     s3, s3, s0
    ld      t0, sh.unwinding
    seqz    t0, t0
    and     s3, s3, t0
    mv      a0, s3
    call    command_list
    load_string a0, "done"
    call    expect
    beqz    s3, 2f
    ld      s4, sh.status
    call    unwind_loop
    bnez    a0, 2f
    ld      t0, sh.token_start          # where the loop ends, should the next turn not come
    mv      a0, s2
    call    rewind
    j       1b
2:  beqz    s0, 3f
    sd      s4, sh.status, t6
3:  leave

# unwind_loop(): 1 if break, continue to an outer loop, or return ends this one
function unwind_loop
    ld      t0, sh.unwinding
    mv      a0, t0
    beqz    t0, 2f
    li      a0, 1
    li      t1, UNWIND_RETURN
    beq     t0, t1, 2f
    ld      t1, sh.unwind_levels
    addi    t1, t1, -1
    sd      t1, sh.unwind_levels, t6
    bgtz    t1, 2f
    sd      zero, sh.unwinding, t6
    addi    a0, t0, -UNWIND_BREAK
    seqz    a0, a0
2:  ret

# for_command(a0 = execute): for NAME [in WORD …]; do list done
#   s0 execute   s1 name   s2 its length   s3 body   s4 index; the words' vector is at 0(sp)
function for_command
    enter   5, VECTOR_BYTES
    mv      s0, a0
    sd      zero, VECTOR_ITEMS(sp)
    sd      zero, VECTOR_COUNT(sp)
    sd      zero, VECTOR_CAPACITY(sp)
    call    next_token
    ld      t0, sh.token
    li      t1, T_WORD
    bne     t0, t1, syntax_error
    ld      s1, sh.token_start
    ld      s2, sh.token_end
    sub     s2, s2, s1
    call    next_token
    call    skip_newlines
    load_string a0, "in"
    call    token_is
    beqz    a0, 3f
1:  call    next_token
    ld      t0, sh.token
    li      t1, T_WORD
    bne     t0, t1, 5f
    beqz    s0, 1b
    ld      a0, sh.token_start
    ld      a1, sh.token_end
    mv      a2, sp
    call    expand_word
    j       1b
3:  beqz    s0, 5f                      # without words: the positional parameters
    li      s4, 0
4:  ld      t0, sh.positional_count
    bgeu    s4, t0, 5f
    ld      t0, sh.positional
    slli    t1, s4, 3
    add     t0, t0, t1
    ld      a1, 0(t0)
    mv      a0, sp
    call    vector_add
    addi    s4, s4, 1
    j       4b
5:  ld      t0, sh.token
    li      t1, T_SEMICOLON
    bne     t0, t1, 6f
    call    next_token
6:  call    skip_newlines
    load_string a0, "do"
    call    expect
    ld      s3, sh.token_start
    li      s4, 0
    beqz    s0, 8f
    sd      zero, sh.status, t6
7:  ld      t0, VECTOR_COUNT(sp)
    bgeu    s4, t0, 8f
    ld      t0, VECTOR_ITEMS(sp)
    slli    t1, s4, 3
    add     t0, t0, t1
    ld      a2, 0(t0)
    mv      a0, s1
    mv      a1, s2
    call    set_variable
    addi    s4, s4, 1
    mv      a0, s3
    call    rewind
    li      a0, 1
    call    command_list
    call    unwind_loop
    beqz    a0, 7b
    j       9f
8:  mv      a0, s3                      # read over the body once more, to its end
    call    rewind
    li      a0, 0
    call    command_list
9:  load_string a0, "done"
    call    expect
    mv      a0, sp
    call    vector_free
    leave

# case_command(a0 = execute): case WORD in [(] PATTERN [| PATTERN] …) list ;; … esac
#   s0 execute   s1 word   s2 1 once a list was taken   s3 1 if a pattern of this list matches
function case_command
    enter   4
    mv      s0, a0
    li      s2, 0
    call    next_token
    ld      t0, sh.token
    li      t1, T_WORD
    bne     t0, t1, syntax_error
    beqz    s0, 1f
    ld      a0, sh.token_start
    ld      a1, sh.token_end
    call    expand_string
    mv      s1, a0
    sd      zero, sh.status, t6
1:  call    next_token
    call    skip_newlines
    load_string a0, "in"
    call    expect
2:  call    skip_newlines
    load_string a0, "esac"
    call    token_is
    bnez    a0, 9f
    li      s3, 0
    ld      t0, sh.token
    li      t1, T_OPEN
    bne     t0, t1, 3f
    call    next_token
3:  ld      t0, sh.token
    li      t1, T_WORD
    bne     t0, t1, syntax_error
    beqz    s0, 4f
    bnez    s2, 4f
    ld      a0, sh.token_start
    ld      a1, sh.token_end
    call    expand_to_pattern
    mv      a1, s1
    call    match
    or      s3, s3, a0
4:  call    next_token
    ld      t0, sh.token
    li      t1, T_PIPE
    bne     t0, t1, 5f
    call    next_token
    j       3b
5:  li      t1, T_CLOSE
    bne     t0, t1, syntax_error
    call    next_token
    mv      a0, s3
    call    command_list
    or      s2, s2, s3
    ld      t0, sh.token
    li      t1, T_DOUBLE_SEMICOLON
    bne     t0, t1, 2b
    call    next_token
    j       2b
9:  call    next_token
    leave
