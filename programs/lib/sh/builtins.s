# The builtins: commands that must run in the shell itself, because they change it, and a few that are only quicker so.
# Each is called as main is, and returns its status.

# find_builtin(a0 = name): its function, or 0
function find_builtin
    enter   2
    mv      s0, a0
    la      s1, builtins
1:  ld      a0, 0(s1)
    beqz    a0, 2f
    mv      a1, s0
    call    strcmp
    addi    s1, s1, 16
    bnez    a0, 1b
    ld      a0, -8(s1)
2:  leave

function builtin_true
    li      a0, 0
    ret
function builtin_false
    li      a0, 1
    ret

# builtin_error(a0 = builtin, a1 = subject, a2 = minus an errno): "sh: cd: x: No such file or directory"; returns 1
function builtin_error
    enter   2
    mv      s0, a0
    mv      s1, a1
    mv      a0, a2
    call    strerror
    mv      a3, a0
    mv      a1, s0
    mv      a2, s1
    load_string a0, "%s: %s: %s"
    call    warnx
    li      a0, 1
    leave

# number_argument(a0 = argc, a1 = argv, a2 = default): argv[1] as a number, or the default
function number_argument
    enter   1
    li      t0, 2
    blt     a0, t0, 1f
    ld      s0, 8(a1)
    mv      a0, s0
    call    parse_number
    bnez    a1, 2f
    load_string a0, "Illegal number: %s"
    mv      a1, s0
    call    warnx
    li      a0, 2
    ld      t0, sh.interactive
    bnez    t0, 2f
    call    exit
1:  mv      a0, a2
2:  leave

# exit [STATUS]
function builtin_exit
    ld      a2, sh.status
    call    number_argument
    call    exit

# return [STATUS], break [LEVELS], continue [LEVELS]
function builtin_return
    enter
    ld      a2, sh.status
    call    number_argument
    li      t0, UNWIND_RETURN
    sd      t0, sh.unwinding, t6
    leave
function builtin_break
    li      a3, UNWIND_BREAK
    j       1f
function builtin_continue
    li      a3, UNWIND_CONTINUE
1:  enter   1
    mv      s0, a3
    li      a2, 1
    call    number_argument
    sd      a0, sh.unwind_levels, t6
    sd      s0, sh.unwinding, t6
    li      a0, 0
    leave

# cd [DIRECTORY | -]: sets PWD and OLDPWD
    variable cd.buffer, 4096
function builtin_cd
    enter   2
    mv      s1, a0
    ld      s0, 8(a1)
    li      t0, 2
    blt     a0, t0, 1f
    mv      a0, s0
    load_string a1, "-"
    call    strcmp
    bnez    a0, 3f
    load_string a0, "OLDPWD"
    j       2f
1:  load_string a0, "HOME"
2:  mv      s0, a0
    call    get_variable
    mv      a1, s0
    mv      s0, a0
    bnez    a0, 3f
    load_string a0, "cd: %s not set"
    call    warnx
    li      a0, 1
    leave
3:  mv      a0, s0
    call    chdir
    bgez    a0, 4f
    mv      a2, a0
    mv      a1, s0
    load_string a0, "cd"
    call    builtin_error
    leave
4:  load_string a0, "PWD"
    call    get_variable
    mv      a2, a0
    beqz    a0, 5f
    load_string a0, "OLDPWD"
    li      a1, 6
    call    set_variable
5:  la      a0, cd.buffer
    li      a1, 4096
    call    getcwd
    bltz    a0, 6f
    load_string a0, "PWD"
    li      a1, 3
    la      a2, cd.buffer
    call    set_variable
6:  li      a0, 0
    leave

# pwd
function builtin_pwd
    enter
    la      a0, cd.buffer
    li      a1, 4096
    call    getcwd
    bltz    a0, 1f
    la      a0, cd.buffer
    call    puts
    li      a0, 0
    leave
1:  mv      a1, a0
    load_string a0, "pwd"
    call    warn
    li      a0, 1
    leave

# export [NAME[=VALUE]]…: without operands prints what is exported
#   s0 next operand   s1 text   s2 length of the name
function builtin_export
    enter   4
    addi    s0, a1, 8
    ld      t0, 0(s0)
    beqz    t0, 3f
1:  ld      s1, 0(s0)
    beqz    s1, 6f
    addi    s0, s0, 8
    mv      a0, s1
    call    name_length
    mv      s2, a0
    beqz    a0, 7f
    add     t0, s1, a0
    lbu     t0, 0(t0)
    beqz    t0, 2f
    mv      a0, s1
    call    assign
    j       8f
2:  mv      a0, s1
    mv      a1, s2
    call    find_variable
    bnez    a0, 8f
    mv      a0, s1
    mv      a1, s2
    li      a2, 0
    call    set_variable
8:  li      t0, 1
    sd      t0, VARIABLE_EXPORTED(a0)
    j       1b
7:  load_string a0, "export: %s: bad variable name"
    mv      a1, s1
    call    warnx
    li      a0, 2
    leave
3:  ld      s0, sh.variables
4:  beqz    s0, 6f
    ld      t0, VARIABLE_EXPORTED(s0)
    beqz    t0, 5f
    load_string a0, "export %s='%s'\n"
    ld      a1, VARIABLE_NAME(s0)
    ld      a2, VARIABLE_VALUE(s0)
    beqz    a2, 5f
    call    printf
5:  ld      s0, VARIABLE_NEXT(s0)
    j       4b
6:  li      a0, 0
    leave

# unset NAME…
function builtin_unset
    enter   1
    addi    s0, a1, 8
1:  ld      a0, 0(s0)
    beqz    a0, 2f
    addi    s0, s0, 8
    call    unset_variable
    j       1b
2:  leave

# set [-e | +e] [--] [ARGUMENT]…: without operands prints the variables
function builtin_set
    enter   2
    addi    s0, a1, 8
1:  ld      a0, 0(s0)
    beqz    a0, 3f
    lbu     t0, 0(a0)
    lbu     t1, 1(a0)
    lbu     t2, 1(a0)
    li      t3, '-'
    beq     t0, t3, 2f
    li      t3, '+'
    bne     t0, t3, 7f
2:  addi    s0, s0, 8
    li      t4, '-'
    beq     t2, t4, 7f                  # "--"
    li      t4, 'e'
    bne     t2, t4, 1b
    addi    t0, t0, -'-'
    seqz    t0, t0
    sd      t0, sh.exit_on_error, t6
    ld      t0, 0(s0)
    bnez    t0, 1b
    j       6f
3:  ld      t0, 0(a1)
    addi    t1, a1, 8
    bne     s0, t1, 6f
    ld      s0, sh.variables
4:  beqz    s0, 6f
    load_string a0, "%s='%s'\n"
    ld      a1, VARIABLE_NAME(s0)
    ld      a2, VARIABLE_VALUE(s0)
    beqz    a2, 5f
    call    printf
5:  ld      s0, VARIABLE_NEXT(s0)
    j       4b
7:  mv      a0, s0
    call    copy_words
    sd      a0, sh.positional, t6
    sd      a1, sh.positional_count, t6
6:  li      a0, 0
    leave

# copy_words(a0 = array that ends with 0): a0 = a copy that lasts, a1 = how many
function copy_words
    enter   2, VECTOR_BYTES
    mv      s0, a0
    sd      zero, VECTOR_ITEMS(sp)
    sd      zero, VECTOR_COUNT(sp)
    sd      zero, VECTOR_CAPACITY(sp)
1:  ld      a0, 0(s0)
    beqz    a0, 2f
    addi    s0, s0, 8
    call    strdup
    mv      a1, a0
    mv      a0, sp
    call    vector_add
    j       1b
2:  ld      a0, VECTOR_ITEMS(sp)
    ld      a1, VECTOR_COUNT(sp)
    leave

# shift [COUNT]
function builtin_shift
    enter
    li      a2, 1
    call    number_argument
    ld      t0, sh.positional_count
    bgtu    a0, t0, 1f
    sub     t0, t0, a0
    sd      t0, sh.positional_count, t6
    ld      t0, sh.positional
    slli    a0, a0, 3
    add     t0, t0, a0
    sd      t0, sh.positional, t6
    li      a0, 0
    leave
1:  load_string a0, "shift: can't shift that many"
    call    warnx
    li      a0, 1
    leave

# exec [COMMAND …]: becomes the command; without one, its redirections become the shell's own
function builtin_exec
    li      t0, 2
    bge     a0, t0, 1f
    li      t0, 1
    sd      t0, sh.keep_descriptors, t6
    li      a0, 0
    ret
1:  addi    a0, a1, 8
    j       execute

# eval [WORD]…: the words, joined by spaces, are read as a command
#   s0 next word   s1 text
function builtin_eval
    enter   3
    addi    s0, a1, 8
    li      a0, 1
    mv      s2, s0
1:  ld      t0, 0(s2)                   # bytes needed
    beqz    t0, 2f
    mv      s1, a0
    mv      a0, t0
    call    strlen
    add     a0, a0, s1
    addi    a0, a0, 1
    addi    s2, s2, 8
    j       1b
2:  call    arena_allocate
    mv      s1, a0
    sb      zero, 0(a0)
3:  ld      a1, 0(s0)
    beqz    a1, 4f
    addi    s0, s0, 8
    call    strcpy
    li      t0, ' '
    sb      t0, 0(a0)
    addi    a0, a0, 1
    sb      zero, 0(a0)
    j       3b
4:  sd      zero, sh.status, t6
    sd      zero, sh.can_replace, t6
    mv      a0, s1
    call    run_source
    ld      a0, sh.status
    leave

# . FILE: reads commands from the file, in this shell
function builtin_dot
    enter   1
    ld      s0, 8(a1)
    beqz    s0, 1f
    mv      a0, s0
    call    read_whole_file
    bltz    a0, 2f
    sd      zero, sh.status, t6
    sd      zero, sh.can_replace, t6
    call    run_source
    ld      t0, sh.unwinding            # return ends the file
    li      t1, UNWIND_RETURN
    bne     t0, t1, 3f
    sd      zero, sh.unwinding, t6
3:  ld      a0, sh.status
1:  leave
2:  mv      a2, a0
    mv      a1, s0
    load_string a0, "."
    call    builtin_error
    leave

# type NAME…: what each name means as a command. command -v NAME: the same for scripts; command NAME …: runs it, but no function
#   s0 next name   s1 name   s2 status   s3 1 for command -v; the path is made in the arena
function builtin_type
    enter   5
    addi    s0, a1, 8
    li      s3, 0
    j       1f
function builtin_command
    enter   5
    addi    s0, a1, 8
    ld      a0, 0(s0)
    li      s2, 0
    beqz    a0, 9f
    load_string a1, "-v"
    call    strcmp
    li      s3, 1
    bnez    a0, run_command
    addi    s0, s0, 8
1:  li      s2, 0
2:  ld      s1, 0(s0)
    beqz    s1, 9f
    addi    s0, s0, 8
    mv      a0, s1
    call    find_function
    load_string a2, "a shell function"
    bnez    a0, 4f
    mv      a0, s1
    call    find_builtin
    load_string a2, "a shell builtin"
    bnez    a0, 4f
    mv      a0, s1
    call    find_program
    mv      a2, a0
    bnez    a0, 5f
    li      s2, 127
    bnez    s3, 2b
    load_string a0, "type: %s: not found"
    mv      a1, s1
    call    warnx
    j       2b
4:  beqz    s3, 6f
    mv      a2, s1                      # command -v: functions and builtins by their name
5:  bnez    s3, 7f
6:  load_string a0, "%s is %s\n"
    mv      a1, s1
    call    printf
    j       2b
7:  mv      a0, a2
    call    puts
    j       2b
9:  mv      a0, s2
    leave
run_command:                            # a builtin here, anything else in a child
    ld      a0, 0(s0)
    call    find_builtin
    mv      s1, a0
    li      a0, 0
    mv      t0, s0
8:  ld      t1, 0(t0)
    addi    t0, t0, 8
    beqz    t1, 10f
    addi    a0, a0, 1
    j       8b
10: mv      a1, s0
    beqz    s1, 11f
    jalr    s1
    leave
11: call    new_job
    mv      s1, a0
    li      a1, 1
    call    fork_in_job
    bnez    a0, 12f
    mv      a0, s0
    call    execute
12: mv      a0, s1
    call    wait_for_job
    ld      a0, sh.status
    leave

# find_program(a0 = name): the path that execute would run, in the arena, or 0
#   s0 name   s1 place in PATH   s2 end of the directory   s3 path
function find_program
    enter   4
    mv      s0, a0
    li      a1, '/'
    call    strchr
    mv      s3, s0
    li      s2, 0
    bnez    a0, 3f
    load_string a0, "PATH"
    call    get_variable
    mv      s1, a0
    bnez    a0, 1f
    load_string s1, "/bin:/usr/bin"
1:  mv      s2, s1
2:  lbu     t0, 0(s2)
    li      t1, ':'
    beqz    t0, 4f
    beq     t0, t1, 4f
    addi    s2, s2, 1
    j       2b
4:  mv      a0, s1
    sub     a1, s2, s1
    call    arena_string
    mv      a1, s0
    call    join_path
    mv      s3, a0
3:  mv      a0, s3
    li      a1, 1                       # X_OK
    call    access
    beqz    a0, 5f
    li      s3, 0
    beqz    s2, 5f
    lbu     t0, 0(s2)
    addi    s1, s2, 1
    bnez    t0, 1b
5:  mv      a0, s3
    leave

# umask [OCTAL]
function builtin_umask
    enter
    ld      a0, 8(a1)
    beqz    a0, 1f
    li      a1, 8
    call    strtoul
    call    umask
    li      a0, 0
    leave
1:  li      a0, 0
    call    umask
    mv      a1, a0
    addi    sp, sp, -16
    sd      a1, 0(sp)
    load_string a0, "%04o\n"
    call    printf
    ld      a0, 0(sp)
    addi    sp, sp, 16
    call    umask
    li      a0, 0
    leave

    .macro  builtin name, function
    .section .rodata
98: .asciz  "\name"
    .data
    .quad   98b, \function
    .endm
    .data
    .balign 8
builtins:
    builtin ":", builtin_true
    builtin "true", builtin_true
    builtin "false", builtin_false
    builtin "echo", echo
    builtin "printf", printf_command
    builtin "[", test
    builtin "test", test
    builtin "cd", builtin_cd
    builtin "pwd", builtin_pwd
    builtin "exit", builtin_exit
    builtin "return", builtin_return
    builtin "break", builtin_break
    builtin "continue", builtin_continue
    builtin "export", builtin_export
    builtin "unset", builtin_unset
    builtin "set", builtin_set
    builtin "shift", builtin_shift
    builtin "read", builtin_read
    builtin "exec", builtin_exec
    builtin "eval", builtin_eval
    builtin ".", builtin_dot
    builtin "type", builtin_type
    builtin "command", builtin_command
    builtin "umask", builtin_umask
    builtin "ulimit", builtin_ulimit
    builtin "wait", builtin_wait
    builtin "jobs", builtin_jobs
    builtin "fg", builtin_fg
    builtin "bg", builtin_bg
    builtin "kill", kill_command
    .quad   0
    .text
