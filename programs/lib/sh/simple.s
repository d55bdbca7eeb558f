# Simple commands: words, assignments, redirections; then a function, a builtin, or a program in a child.

    .equ    F_DUPFD_CLOEXEC, 1030

# A redirection, in the arena
    .equ    REDIRECTION_FD, 0
    .equ    REDIRECTION_KIND, 8
    .equ    REDIRECTION_TARGET, 16
    .equ    REDIRECTION_BYTES, 24

# A function: its name and the text of its body
    variable sh.functions
    .equ    FUNCTION_NEXT, 0
    .equ    FUNCTION_NAME, 8
    .equ    FUNCTION_BODY, 16
    .equ    FUNCTION_BYTES, 24

    variable sh.keep_descriptors        # set by the builtin exec: its redirections stay
    variable sh.substituted             # 1 if the command had a $(…), whose status then counts

# simple_command(a0 = execute)
#   s0 execute   s1 start   s2 words read   s3 place, s4 length of the word; vectors at 0(sp): words, assignments,
#   redirections, saved descriptors
    .equ    WORDS, 0
    .equ    ASSIGNMENTS, VECTOR_BYTES
    .equ    REDIRECTIONS, 2 * VECTOR_BYTES
    .equ    SAVED, 3 * VECTOR_BYTES
function simple_command
    enter   6, 4 * VECTOR_BYTES
    mv      s0, a0
    ld      s1, sh.token_start
    li      s2, 0
    mv      a0, sp
    li      a1, 0
    li      a2, 4 * VECTOR_BYTES
    call    memset
    ld      t0, sh.token
    li      t1, T_WORD
    beq     t0, t1, 1f
    li      t1, T_REDIRECT
    bne     t0, t1, syntax_error
1:  beqz    s0, .Lsimple_next
    sd      zero, sh.substituted, t6
.Lsimple_next:
    ld      t0, sh.token
    li      t1, T_WORD
    beq     t0, t1, .Lsimple_word
    li      t1, T_REDIRECT
    bne     t0, t1, .Lsimple_read
    mv      a0, s0
    beqz    s0, 1f
    addi    a0, sp, REDIRECTIONS
1:  call    read_redirection
    j       .Lsimple_next
.Lsimple_word:
    ld      s3, sh.token_start
    ld      s4, sh.token_end
    bnez    s2, 2f
    mv      a0, s3                      # an assignment stands before the first word
    call    name_length
    beqz    a0, 2f
    mv      s5, a0
    add     t0, s3, a0
    lbu     t1, 0(t0)
    li      t2, '='
    bne     t1, t2, 2f
    beqz    s0, 3f
    addi    a0, t0, 1
    mv      a1, s4
    call    expand_string
    mv      s4, a0
    call    strlen
    add     a0, a0, s5
    addi    a0, a0, 2
    call    arena_allocate
    addi    sp, sp, -16
    sd      a0, 0(sp)
    mv      a1, s3
    addi    a2, s5, 1
    call    memcpy
    ld      a0, 0(sp)
    add     a0, a0, s5
    addi    a0, a0, 1
    mv      a1, s4
    call    strcpy
    ld      a1, 0(sp)
    addi    sp, sp, 16
    addi    a0, sp, ASSIGNMENTS
    call    vector_add
3:  call    next_token
    j       .Lsimple_next
2:  addi    s2, s2, 1
    beqz    s0, 4f
    mv      a0, s3
    mv      a1, s4
    addi    a2, sp, WORDS
    call    expand_word
4:  call    next_token
    li      t0, 1
    bne     s2, t0, .Lsimple_next
    ld      t0, sh.token
    li      t1, T_OPEN
    bne     t0, t1, .Lsimple_next
    mv      a0, s0                      # NAME ( ): a function
    mv      a1, s3
    sub     a2, s4, s3
    call    define_function
    j       .Lsimple_free
.Lsimple_read:
    beqz    s0, .Lsimple_done
    ld      t0, WORDS+VECTOR_COUNT(sp)
    bnez    t0, 5f
    addi    a0, sp, REDIRECTIONS        # no words: the assignments are the shell's own
    addi    a1, sp, SAVED
    call    apply_redirections
    mv      s5, a0
    addi    a0, sp, SAVED
    call    restore_descriptors
    addi    a0, sp, ASSIGNMENTS
    li      a1, 0
    call    assign_all
    ld      t0, sh.substituted
    sd      zero, sh.substituted, t6
    bnez    t0, .Lsimple_free
    sd      s5, sh.status, t6
    j       .Lsimple_free
5:  sd      zero, sh.substituted, t6
    ld      t0, WORDS+VECTOR_ITEMS(sp)
    ld      a0, 0(t0)
    call    find_function
    mv      s3, a0
    bnez    a0, 6f
    ld      t0, WORDS+VECTOR_ITEMS(sp)
    ld      a0, 0(t0)
    call    find_builtin
    mv      s4, a0
    beqz    a0, 9f
6:  addi    a0, sp, REDIRECTIONS        # a function or a builtin: here, with the descriptors saved
    addi    a1, sp, SAVED
    call    apply_redirections
    bnez    a0, 8f
    addi    a0, sp, ASSIGNMENTS
    li      a1, 0
    call    assign_all
    ld      a0, WORDS+VECTOR_COUNT(sp)
    ld      a1, WORDS+VECTOR_ITEMS(sp)
    bnez    s3, 7f
    jalr    s4
    sd      a0, sh.status, t6
    la      a0, stdout
    call    fflush
    ld      t0, sh.keep_descriptors
    sd      zero, sh.keep_descriptors, t6
    bnez    t0, .Lsimple_free
    j       10f
7:  mv      a2, s3
    call    call_function
    j       10f
8:  sd      a0, sh.status, t6
10: addi    a0, sp, SAVED
    call    restore_descriptors
    j       .Lsimple_free
9:  ld      t0, sh.can_replace
    bnez    t0, 11f
    call    new_job
    mv      s5, a0
    mv      a1, s1
    call    set_job_text
    mv      a0, s5
    li      a1, 1
    call    fork_in_job
    bnez    a0, 12f
11: addi    a0, sp, REDIRECTIONS
    li      a1, 0
    call    apply_redirections
    bnez    a0, 13f
    addi    a0, sp, ASSIGNMENTS
    li      a1, 1
    call    assign_all
    ld      a0, WORDS+VECTOR_ITEMS(sp)
    call    execute
13: call    exit
12: mv      a0, s5
    call    wait_for_job
.Lsimple_free:
    mv      a0, sp
    call    vector_free
    addi    a0, sp, ASSIGNMENTS
    call    vector_free
    addi    a0, sp, REDIRECTIONS
    call    vector_free
.Lsimple_done:
    leave

# assign_all(a0 = vector of NAME=VALUE, a1 = 1: export them)
function assign_all
    enter   2
    mv      s1, a1
    ld      s0, VECTOR_ITEMS(a0)
    beqz    s0, 2f
1:  ld      a0, 0(s0)
    beqz    a0, 2f
    addi    s0, s0, 8
    call    assign
    beqz    s1, 1b
    sd      s1, VARIABLE_EXPORTED(a0)
    j       1b
2:  leave

# read_redirection(a0 = vector, or 0: only read)
function read_redirection
    enter   3
    mv      s0, a0
    ld      s1, sh.redirect_fd
    ld      s2, sh.redirect_kind
    call    next_token
    ld      t0, sh.token
    li      t1, T_WORD
    bne     t0, t1, syntax_error
    beqz    s0, 1f
    li      a0, REDIRECTION_BYTES
    call    arena_allocate
    sd      s1, REDIRECTION_FD(a0)
    sd      s2, REDIRECTION_KIND(a0)
    mv      s1, a0
    ld      a0, sh.token_start
    ld      a1, sh.token_end
    call    expand_string
    sd      a0, REDIRECTION_TARGET(s1)
    mv      a0, s0
    mv      a1, s1
    call    vector_add
1:  call    next_token
    leave

# apply_redirections(a0 = vector, a1 = vector for what restore_descriptors needs, or 0): 0, or 1 after a message
#   s0 next redirection   s1 saved   s2 redirection   s3 descriptor   s4 the one it becomes
function apply_redirections
    enter   5
    ld      s0, VECTOR_ITEMS(a0)
    mv      s1, a1
    beqz    s0, 8f
1:  ld      s2, 0(s0)
    beqz    s2, 8f
    addi    s0, s0, 8
    ld      s3, REDIRECTION_FD(s2)
    beqz    s1, 2f
    li      a0, 16                      # save: descriptor and its copy above 9, or -1 if it was closed
    call    arena_allocate
    mv      s4, a0
    sd      s3, 0(s4)
    mv      a0, s3
    li      a1, F_DUPFD_CLOEXEC
    li      a2, 10
    call    fcntl
    sd      a0, 8(s4)
    mv      a0, s1
    mv      a1, s4
    call    vector_add
2:  ld      t0, REDIRECTION_KIND(s2)
    li      t1, REDIRECT_DUPLICATE
    beq     t0, t1, 4f
    ld      a0, REDIRECTION_TARGET(s2)
    li      t1, REDIRECT_TEXT
    beq     t0, t1, 9f
    la      t1, redirection_flags
    slli    t0, t0, 2
    add     t1, t1, t0
    lw      a1, 0(t1)
    li      a2, 0666
    call    open
3:  bltz    a0, 7f
    mv      s4, a0
    beq     s4, s3, 1b
    mv      a1, s3
    call    dup2
    mv      a0, s4
    call    close
    j       1b
4:  ld      a0, REDIRECTION_TARGET(s2)
    lbu     t0, 0(a0)
    li      t1, '-'
    beq     t0, t1, 5f
    call    parse_number
    beqz    a1, 6f
    mv      a1, s3
    call    dup2
    bgez    a0, 1b
    j       7f
5:  mv      a0, s3
    call    close
    j       1b
9:  call    open_text
    j       3b
6:  li      a0, -EBADF
7:  mv      a1, a0
    ld      a0, REDIRECTION_TARGET(s2)
    call    warn
    li      a0, 1
    leave
8:  li      a0, 0
    leave

# restore_descriptors(a0 = vector filled by apply_redirections): undoes it, the last first, and frees the vector
function restore_descriptors
    enter   4
    ld      s0, VECTOR_ITEMS(a0)
    ld      s1, VECTOR_COUNT(a0)
    mv      s3, s0
1:  beqz    s1, 3f
    addi    s1, s1, -1
    slli    t0, s1, 3
    add     t0, t0, s0
    ld      s2, 0(t0)
    ld      a0, 8(s2)
    ld      a1, 0(s2)
    bltz    a0, 2f
    call    dup2
    ld      a0, 8(s2)
    call    close
    j       1b
2:  mv      a0, a1
    call    close
    j       1b
3:  mv      a0, s3
    call    free
    leave

# define_function(a0 = execute, a1 = name, a2 = its length): at the '(' behind the name
#   s0 execute   s1 name   s2 length   s3 body
function define_function
    enter   4
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
    call    next_token
    ld      t0, sh.token
    li      t1, T_CLOSE
    bne     t0, t1, syntax_error
    call    next_token
    call    skip_newlines
    ld      s3, sh.token_start
    li      a0, 0
    call    command
    beqz    s0, 1f
    mv      a0, s3
    ld      a1, sh.token_start
    sub     a1, a1, s3
    call    strndup
    mv      s3, a0
    li      a0, FUNCTION_BYTES
    call    malloc
    mv      s0, a0
    sd      s3, FUNCTION_BODY(s0)
    mv      a0, s1
    mv      a1, s2
    call    strndup
    sd      a0, FUNCTION_NAME(s0)
    ld      t0, sh.functions            # an older one of that name may be running: it stays, hidden
    sd      t0, FUNCTION_NEXT(s0)
    sd      s0, sh.functions, t6
    sd      zero, sh.status, t6
1:  leave

# find_function(a0 = name): it, or 0
function find_function
    enter   2
    mv      s0, a0
    ld      s1, sh.functions
1:  beqz    s1, 2f
    mv      a0, s0
    ld      a1, FUNCTION_NAME(s1)
    call    strcmp
    beqz    a0, 2f
    ld      s1, FUNCTION_NEXT(s1)
    j       1b
2:  mv      a0, s1
    leave

# call_function(a0 = argc, a1 = argv, a2 = function): its arguments are the positional parameters meanwhile
#   s0 where the caller's text goes on   s1, s2 the caller's parameters
function call_function
    enter   3
    ld      s0, sh.token_start
    ld      s1, sh.positional
    ld      s2, sh.positional_count
    addi    a0, a0, -1
    sd      a0, sh.positional_count, t6
    addi    a1, a1, 8
    sd      a1, sh.positional, t6
    ld      a0, FUNCTION_BODY(a2)
    sd      zero, sh.can_replace, t6
    call    rewind
    li      a0, 1
    call    command
    sd      s1, sh.positional, t6
    sd      s2, sh.positional_count, t6
    ld      t0, sh.unwinding
    li      t1, UNWIND_RETURN
    bne     t0, t1, 1f
    sd      zero, sh.unwinding, t6
1:  mv      a0, s0
    call    rewind
    leave

# execute(a0 = argv): becomes the program; does not return. Status 127 if there is none, 126 if it cannot be run.
#   s0 argv   s1 envp   s2 place in PATH   s3 path   s4 the error worth telling
function execute
    enter   6
    mv      s0, a0
    call    export_environment
    mv      s1, a0
    li      s4, -ENOENT
    ld      a0, 0(s0)
    li      a1, '/'
    call    strchr
    beqz    a0, 1f
    ld      a0, 0(s0)
    mv      s3, a0
    mv      a1, s0
    mv      a2, s1
    call    run_program
    mv      s4, a0
    mv      a1, a0
    mv      a0, s3
    call    warn
    j       8f
1:  load_string a0, "PATH"
    call    get_variable
    mv      s2, a0
    bnez    a0, 2f
    load_string s2, "/bin:/usr/bin"
2:  mv      a0, s2                      # each directory of PATH
    li      a1, ':'
3:  lbu     t0, 0(a0)
    beqz    t0, 4f
    beq     t0, a1, 4f
    addi    a0, a0, 1
    j       3b
4:  mv      s5, a0
    sub     a1, a0, s2
    mv      a0, s2
    call    arena_string
    ld      a1, 0(s0)
    call    join_path
    mv      s3, a0
    mv      a1, s0
    mv      a2, s1
    call    run_program
    li      t0, -ENOENT
    beq     a0, t0, 5f
    li      t0, -ENOTDIR
    beq     a0, t0, 5f
    mv      s4, a0
5:  lbu     t0, 0(s5)
    addi    s2, s5, 1
    bnez    t0, 2b
    li      t0, -ENOENT
    beq     s4, t0, 6f
    ld      a0, 0(s0)
    mv      a1, s4
    call    warn
    j       8f
6:  load_string a0, "%s: command not found"
    ld      a1, 0(s0)
    call    warnx
8:  li      a0, 126
    li      t0, -ENOENT
    bne     s4, t0, 9f
    li      a0, 127
9:  call    exit

# run_program(a0 = path, a1 = argv, a2 = envp): execve; a file that is no executable format is a script for this shell.
# Returns minus an errno.
function run_program
    enter   2
    mv      s0, a0
    mv      s1, a1
    call    execve
    li      t0, -ENOEXEC
    bne     a0, t0, 1f
    mv      a0, s0
    mv      a1, s1
    call    run_script
1:  leave

    .section .rodata
    .balign 4
redirection_flags:                      # by kind
    .word   O_RDONLY, O_WRONLY | O_CREAT | O_TRUNC, O_WRONLY | O_CREAT | O_APPEND, O_RDWR | O_CREAT
    .text
