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

# read [-r] NAME…: one line of standard input, split at IFS; the last name takes the rest. Status 1 at the end of input.
# Reads byte by byte: what follows the line belongs to the next command.
#   s0 next name   s1 raw   s2 IFS   s3 status   s4 length of the line   s5 place in the line
    variable read.line, 4096
function builtin_read
    enter   6, 8
    addi    s0, a1, 8
    li      s1, 0
    li      s3, 0
    li      s4, 0
1:  ld      t0, 0(s0)
    beqz    t0, 2f
    lbu     t1, 0(t0)
    li      t2, '-'
    bne     t1, t2, 2f
    li      s1, 1
    addi    s0, s0, 8
    j       1b
2:  load_string a0, "IFS"
    call    get_variable
    mv      s2, a0
    bnez    a0, 3f
    load_string s2, " \t\n"
3:  call    read_byte
    blez    a0, 5f
    lbu     t0, 0(sp)
    li      t1, '\n'
    beq     t0, t1, 6f
    li      t1, '\\'
    bne     t0, t1, 4f
    bnez    s1, 4f
    call    read_byte                   # \ takes the meaning from the next byte; \ and newline: the line goes on
    blez    a0, 5f
    lbu     t0, 0(sp)
    li      t1, '\n'
    beq     t0, t1, 3b
4:  li      t1, 4095
    bgeu    s4, t1, 3b
    la      t1, read.line
    add     t1, t1, s4
    sb      t0, 0(t1)
    addi    s4, s4, 1
    j       3b
5:  li      s3, 1
6:  la      s5, read.line
    add     t0, s5, s4
    sb      zero, 0(t0)
7:  ld      t0, 0(s0)                   # a field for each name
    beqz    t0, 11f
    lbu     a0, 0(s5)                   # separators before it go
    beqz    a0, 8f
    call    is_separator
    beqz    a0, 8f
    addi    s5, s5, 1
    j       7b
8:  mv      s4, s5                      # the field's end
    ld      t0, 8(s0)
    beqz    t0, 12f
9:  lbu     a0, 0(s4)
    beqz    a0, 10f
    call    is_separator
    addi    s4, s4, 1
    beqz    a0, 9b
    sb      zero, -1(s4)
    j       10f
12: mv      a0, s5                      # the last name: all but separators at the end
    call    strlen
    add     s4, s5, a0
13: beq     s4, s5, 10f
    lbu     a0, -1(s4)
    call    is_separator
    beqz    a0, 10f
    addi    s4, s4, -1
    sb      zero, 0(s4)
    j       13b
10: ld      a0, 0(s0)
    call    strlen
    mv      a1, a0
    ld      a0, 0(s0)
    mv      a2, s5
    call    set_variable
    mv      s5, s4
    addi    s0, s0, 8
    j       7b
11: mv      a0, s3
    leave
read_byte:                              # one byte to the caller's 0(sp)
    mv      a1, sp
    li      a0, 0
    li      a2, 1
    j       read
is_separator:                           # a0 = byte; s2 = IFS
    mv      t0, s2
1:  lbu     t1, 0(t0)
    beqz    t1, 2f
    addi    t0, t0, 1
    bne     t1, a0, 1b
    li      a0, 1
    ret
2:  li      a0, 0
    ret

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

# wait [PID | %JOB]…: for all children in the background, or for those named; the status of the last
function builtin_wait
    enter   3
    addi    s0, a1, 8
    li      s1, 0
    ld      t0, 0(s0)
    beqz    t0, 5f
1:  ld      a0, 0(s0)
    beqz    a0, 9f
    addi    s0, s0, 8
    call    find_job
    li      s1, 127
    beqz    a0, 1b
    mv      s2, a0
2:  ld      t0, JOB_STATE(s2)
    li      t1, JOB_RUNNING
    bne     t0, t1, 3f
    call    wait_for_any
    bgtz    a0, 2b
3:  ld      a0, JOB_STATUS(s2)
    call    status_of
    mv      s1, a0
    ld      t0, JOB_STATE(s2)
    li      t1, JOB_DONE
    bne     t0, t1, 1b
    mv      a0, s2
    call    free_job
    j       1b
5:  la      s2, sh.jobs                 # all: is one still running?
    li      t1, JOB_LIMIT
6:  ld      t0, JOB_STATE(s2)
    li      t2, JOB_RUNNING
    beq     t0, t2, 7f
    li      t2, JOB_BYTES
    add     s2, s2, t2
    addi    t1, t1, -1
    bnez    t1, 6b
    la      s2, sh.jobs                 # none: what they were is forgotten
    li      t1, JOB_LIMIT
8:  ld      t0, JOB_STATE(s2)
    li      t2, JOB_DONE
    bne     t0, t2, 10f
    mv      a0, s2
    call    free_job
10: li      t2, JOB_BYTES
    add     s2, s2, t2
    addi    t1, t1, -1
    bnez    t1, 8b
    j       9f
7:  call    wait_for_any
    bgtz    a0, 5b
9:  mv      a0, s1
    leave

# wait_for_any(): waits for a child and records it; its pid, or <= 0 when there is none
function wait_for_any
    enter   1
1:  li      a0, -1
    la      a1, wait_status
    li      a2, WUNTRACED
    call    waitpid
    blez    a0, 2f
    mv      s0, a0
    lw      a1, wait_status
    call    record
    mv      a0, s0
2:  leave

# jobs
function builtin_jobs
    enter   2
    li      a0, 0
    call    poll_jobs
    la      s0, sh.jobs
    li      s1, JOB_LIMIT
1:  ld      t0, JOB_STATE(s0)
    beqz    t0, 2f
    mv      a0, s0
    la      a1, stdout
    call    print_job
    ld      t0, JOB_STATE(s0)
    li      t1, JOB_DONE
    bne     t0, t1, 2f
    mv      a0, s0
    call    free_job
2:  li      t0, JOB_BYTES
    add     s0, s0, t0
    addi    s1, s1, -1
    bnez    s1, 1b
    li      a0, 0
    leave

# fg [%JOB], bg [%JOB]: a stopped job goes on, with the terminal or without
function builtin_fg
    li      a3, 1
    j       1f
function builtin_bg
    li      a3, 0
1:  enter   2
    mv      s1, a3
    ld      a0, 8(a1)
    call    find_job
    mv      s0, a0
    beqz    a0, 9f
    ld      a1, JOB_TEXT(s0)
    beqz    s1, 2f
    load_string a0, "%s\n"
    call    printf
    la      a0, stdout
    call    fflush
    li      a0, 0
    ld      a1, JOB_GROUP(s0)
    call    tcsetpgrp
    j       3f
2:  mv      a0, s0
    call    job_number
    mv      a1, a0
    ld      a2, JOB_TEXT(s0)
    load_string a0, "[%d] %s\n"
    call    printf
3:  li      t0, JOB_RUNNING
    sd      t0, JOB_STATE(s0)
    ld      a0, JOB_GROUP(s0)
    neg     a0, a0
    li      a1, SIGCONT
    call    kill
    li      a0, 0
    beqz    s1, 4f
    mv      a0, s0
    call    wait_for_job
    ld      a0, sh.status
4:  leave
9:  load_string a0, "no such job"
    call    warnx
    li      a0, 1
    leave

# kill_target(a0 = operand that is no number): a job, %N: its process group; without job control its first process stands for it
function kill_target
    enter
    lbu     t0, 0(a0)
    li      a1, 0
    li      t1, '%'
    bne     t0, t1, 1f
    call    find_job
    li      a1, 0
    beqz    a0, 1f
    li      a1, 1
    ld      a0, JOB_GROUP(a0)
    ld      t0, sh.interactive
    beqz    t0, 1f
    neg     a0, a0
1:  leave

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
    builtin "umask", builtin_umask
    builtin "ulimit", builtin_ulimit
    builtin "wait", builtin_wait
    builtin "jobs", builtin_jobs
    builtin "fg", builtin_fg
    builtin "bg", builtin_bg
    builtin "kill", kill_command
    .quad   0
    .text
