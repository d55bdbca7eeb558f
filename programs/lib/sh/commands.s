# The grammar: lists, and-or lists, pipelines, commands; compound commands are in compound.s.
#
# Every function here reads one construct from the current token on and leaves the token behind it as the current one.
# Its argument says whether to execute: with 0 it reads only. A pipeline must know whether '|' follows, a list whether '&'
# does, a loop where its end is: so each reads ahead first, goes back, and then executes.

    variable sh.unwinding               # 0, or what ends the enclosing constructs:
    .equ    UNWIND_BREAK, 1
    .equ    UNWIND_CONTINUE, 2
    .equ    UNWIND_RETURN, 3
    variable sh.unwind_levels           # loops that break or continue still has to end
    variable sh.can_replace             # 1 in a child that has nothing to do after the command: execve without another fork
    variable sh.commands_seen           # counts commands while reading ahead
    variable sh.exit_on_error           # set -e
    variable sh.condition_depth         # > 0 in the condition of if, while, until
    variable sh.plain_failure           # 1 if the latest pipeline failed and nothing tested it

# command_list(a0 = execute): and-or lists up to a word or token that cannot begin one
#   s0 execute   s1 start   s2 token behind   s3 1 if it is a single command   s4 arena mark
function command_list
    enter   5
    mv      s0, a0
1:  call    skip_newlines
    call    list_ends
    bnez    a0, 9f
    ld      s1, sh.token_start
    sd      zero, sh.commands_seen, t6
    li      a0, 0
    call    and_or
    ld      s2, sh.token
    beqz    s0, 4f
    ld      t0, sh.unwinding
    bnez    t0, 4f
    ld      s3, sh.commands_seen
    addi    s3, s3, -1
    seqz    s3, s3
    ld      s4, sh.arena_used
    sd      zero, sh.plain_failure, t6
    mv      a0, s1
    call    rewind
    li      t0, T_AMPERSAND
    bne     s2, t0, 2f
    mv      a0, s3
    call    run_background
    j       3f
2:  li      a0, 1
    call    and_or
    ld      t0, sh.plain_failure
    ld      t1, sh.exit_on_error
    and     t0, t0, t1
    beqz    t0, 3f
    ld      t1, sh.condition_depth
    bnez    t1, 3f
    ld      a0, sh.status
    call    exit
3:  sd      s4, sh.arena_used, t6
4:  li      t0, T_NEWLINE
    beq     s2, t0, 1b
    li      t0, T_SEMICOLON
    beq     s2, t0, 5f
    li      t0, T_AMPERSAND
    bne     s2, t0, 9f
5:  call    next_token
    j       1b
9:  leave

# list_ends(): 1 if the current token ends a list
function list_ends
    enter   1
    ld      t0, sh.token
    beqz    t0, 3f
    li      t1, T_CLOSE
    beq     t0, t1, 3f
    li      t1, T_DOUBLE_SEMICOLON
    beq     t0, t1, 3f
    la      s0, closing_words
    j       2f
function begins_compound
    enter   1
    ld      t0, sh.token
    li      t1, T_OPEN
    beq     t0, t1, 3f
    la      s0, opening_words
2:  ld      a0, 0(s0)
    beqz    a0, 4f
    addi    s0, s0, 8
    call    token_is
    beqz    a0, 2b
3:  li      a0, 1
4:  leave

# run_background(a0 = 1 if it is a single command): the and-or list from the current token on, in a child
#   s0 start   s1 job   s2 pid   s3 single
function run_background
    enter   4
    mv      s3, a0
    ld      s0, sh.token_start
    call    new_job
    mv      s1, a0
    li      a1, 0
    call    fork_in_job
    mv      s2, a0
    bnez    a0, 1f
    sd      s3, sh.can_replace, t6
    li      a0, 1
    call    and_or
    ld      a0, sh.status
    call    exit
1:  li      a0, 0
    call    and_or
    mv      a0, s1
    mv      a1, s0
    call    set_job_text
    sd      zero, sh.status, t6
    bltz    s2, 2f
    sd      s2, sh.background_pid, t6
    mv      a0, s1
    call    announce_job
2:  leave

# and_or(a0 = execute): pipelines joined by && and ||
#   s0 execute   s1 operator
function and_or
    enter   2
    mv      s0, a0
    call    pipeline
1:  ld      s1, sh.token
    addi    t0, s1, -T_AND
    li      t1, 2                       # T_AND and T_OR
    bgeu    t0, t1, 9f
    call    next_token
    call    skip_newlines
    mv      a0, s0
    beqz    s0, 3f
    ld      t0, sh.unwinding
    li      a0, 0
    bnez    t0, 3f
    ld      t0, sh.status
    seqz    a0, t0                      # && goes on after success
    li      t1, T_AND
    beq     s1, t1, 3f
    xori    a0, a0, 1
3:  call    pipeline
    j       1b
9:  leave

# pipeline(a0 = execute)
#   s0 execute   s1 1 after '!'   s2 start of the stage   s3 job   s4 descriptor of the pipe from the stage before, or -1
#   s5 1 if another stage follows   s6 start of the pipeline   s7 token behind the stage; the next pipe is at 0(sp)
function pipeline
    enter   8, 16
    mv      s0, a0
    li      s1, 0
1:  load_string a0, "!"
    call    token_is
    beqz    a0, 2f
    xori    s1, s1, 1
    call    next_token
    j       1b
2:  ld      s2, sh.token_start
    mv      s6, s2
    li      a0, 0
    call    command
    bnez    s0, 4f
3:  ld      t0, sh.token                # reading only
    li      t1, T_PIPE
    bne     t0, t1, 9f
    call    next_token
    call    skip_newlines
    li      a0, 0
    call    command
    j       3b
4:  ld      t0, sh.token
    li      t1, T_PIPE
    beq     t0, t1, 5f
    mv      a0, s2                      # a single command runs in the shell itself
    call    rewind
    li      a0, 1
    call    command
    j       8f
5:  call    new_job
    mv      s3, a0
    li      s4, -1
6:  mv      a0, s2                      # each stage in a child of its own
    call    rewind
    li      a0, 0
    call    command
    ld      t0, sh.token
    addi    t0, t0, -T_PIPE
    seqz    s5, t0
    ld      s7, sh.token_start
    li      t0, -1
    sw      t0, 0(sp)
    sw      t0, 4(sp)
    beqz    s5, 7f
    mv      a0, sp
    li      a1, O_CLOEXEC
    call    pipe2
    bltz    a0, 12f
7:  mv      a0, s3
    li      a1, 1
    call    fork_in_job
    bnez    a0, 10f
    bltz    s4, 11f                     # the child: standard input and output are the pipes, whose own descriptors are closed
    mv      a0, s4
    li      a1, 0
    call    dup2
    mv      a0, s4
    call    close
11: lw      a0, 4(sp)
    bltz    a0, 13f
    li      a1, 1
    call    dup2
    lw      a0, 4(sp)
    call    close
    lw      a0, 0(sp)
    call    close
13: li      t0, 1
    sd      t0, sh.can_replace, t6
    mv      a0, s2
    call    rewind
    li      a0, 1
    call    command
    ld      a0, sh.status
    call    exit
10: bltz    s4, 14f
    mv      a0, s4
    call    close
14: lw      s4, 0(sp)
    lw      a0, 4(sp)
    bltz    a0, 15f
    call    close
15: mv      a0, s7
    call    rewind
    beqz    s5, 16f
    call    next_token
    call    skip_newlines
    ld      s2, sh.token_start
    j       6b
12: mv      a1, a0
    load_string a0, "cannot make a pipe"
    call    warn
    bltz    s4, 16f
    mv      a0, s4
    call    close
16: mv      a0, s3
    mv      a1, s6
    call    set_job_text
    mv      a0, s3
    call    wait_for_job
8:  beqz    s1, 17f
    ld      t0, sh.status
    seqz    t0, t0
    sd      t0, sh.status, t6
    j       9f
17: ld      t0, sh.token
    addi    t0, t0, -T_AND
    sltiu   t0, t0, 2
    xori    t0, t0, 1
    ld      t1, sh.status
    snez    t1, t1
    and     t0, t0, t1
    sd      t0, sh.plain_failure, t6
9:  leave

# command(a0 = execute): a compound command with its redirections, or a simple one
#   s0 execute   s1 start   s2 behind everything   s3, s4 old can_replace; vectors of redirections at 0(sp), of saved
#   descriptors at 24(sp)
function command
    enter   5, 2 * VECTOR_BYTES
    mv      s0, a0
    ld      t0, sh.commands_seen
    addi    t0, t0, 1
    sd      t0, sh.commands_seen, t6
    call    begins_compound
    bnez    a0, 1f
    mv      a0, s0
    unwind
    j       simple_command
1:  ld      s1, sh.token_start
    ld      s3, sh.can_replace
    li      a0, 0
    call    compound
    mv      a0, sp
    li      a1, 0
    li      a2, 2 * VECTOR_BYTES
    call    memset
2:  ld      t0, sh.token
    li      t1, T_REDIRECT
    bne     t0, t1, 3f
    mv      a0, s0
    beqz    s0, 4f
    mv      a0, sp
4:  call    read_redirection
    j       2b
3:  beqz    s0, 9f
    ld      s2, sh.token_start
    sd      zero, sh.can_replace, t6
    mv      a0, sp
    addi    a1, sp, VECTOR_BYTES
    call    apply_redirections
    bnez    a0, 5f
    mv      a0, s1
    call    rewind
    li      a0, 1
    call    compound
    j       6f
5:  sd      a0, sh.status, t6
6:  addi    a0, sp, VECTOR_BYTES
    call    restore_descriptors
    mv      a0, sp
    call    vector_free
    mv      a0, s2
    call    rewind
    sd      s3, sh.can_replace, t6
9:  leave

    .section .rodata
word_then:  .asciz "then"
word_else:  .asciz "else"
word_elif:  .asciz "elif"
word_fi:    .asciz "fi"
word_do:    .asciz "do"
word_done:  .asciz "done"
word_esac:  .asciz "esac"
word_close: .asciz "}"
word_if:    .asciz "if"
word_while: .asciz "while"
word_until: .asciz "until"
word_for:   .asciz "for"
word_case:  .asciz "case"
word_open:  .asciz "{"
    .balign 8
closing_words:
    .quad   word_then, word_else, word_elif, word_fi, word_do, word_done, word_esac, word_close, 0
opening_words:
    .quad   word_if, word_while, word_until, word_for, word_case, word_open, 0
    .text
