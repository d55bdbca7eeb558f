# sh: the shell. Reads a command, splits it into words, expands them, forks, joins the processes by pipes, waits.
# Usage: sh [-ei] [-c COMMAND [NAME [ARGUMENT]...]] [FILE [ARGUMENT]...]
#
# Understands: pipelines, && || ; & ( ) { }, if while until for case, functions, redirections < > >> <> << n> n>&m, quotes,
# $NAME ${NAME…} $(command) `command` $((arithmetic)), file name patterns, comments, builtins, and job control when its
# input is a terminal. The parts, from the text to the process, all in lib/sh/:
#   text.s        bytes to tokens; here.s: here-documents
#   commands.s    tokens to lists and pipelines; compound.s: if, while, for, case …
#   expand.s      words to fields, with parameters.s, arithmetic.s, pattern.s and storage.s (variables)
#   simple.s      fields to a running program, with its redirections
#   jobs.s        processes to jobs, and waiting for them
#   builtins.s    what the shell does itself; job-builtins.s, read.s, ulimit.s

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/directory.s"
    .include "lib/signals.s"
    .include "lib/kill.s"
    .include "lib/echo.s"
    .include "lib/test.s"
    .include "lib/printf.s"
    .include "lib/sh/text.s"
    .include "lib/sh/storage.s"
    .include "lib/sh/pattern.s"
    .include "lib/sh/arithmetic.s"
    .include "lib/sh/expand.s"
    .include "lib/sh/parameters.s"
    .include "lib/sh/commands.s"
    .include "lib/sh/compound.s"
    .include "lib/sh/here.s"
    .include "lib/sh/simple.s"
    .include "lib/sh/jobs.s"
    .include "lib/sh/builtins.s"
    .include "lib/sh/job-builtins.s"
    .include "lib/sh/read.s"
    .include "lib/sh/ulimit.s"

    program_name sh

# main: s0 argc   s1 argv   s2 next argument   s3 force prompts   s4 the command of -c
function main
    enter   5
    mv      s0, a0
    mv      s1, a1
    li      s3, 0
    li      s4, 0
    mv      a0, a2
    call    import_environment
    la      t0, stdout                  # flushed after each builtin: whether it is a terminal does not matter
    li      t1, MODE_FULL
    sw      t1, STREAM_MODE(t0)
    call    getpid
    sd      a0, sh.pid, t6
    ld      t0, 0(s1)
    sd      t0, sh.name, t6
    addi    s2, s1, 8
1:  ld      t0, 0(s2)
    beqz    t0, 5f
    lbu     t1, 0(t0)
    li      t2, '-'
    bne     t1, t2, 5f
    addi    s2, s2, 8
2:  addi    t0, t0, 1
    lbu     t1, 0(t0)
    beqz    t1, 1b
    li      t2, 'i'
    bne     t1, t2, 3f
    li      s3, 1
    j       2b
3:  li      t2, 'e'
    bne     t1, t2, 4f
    sd      t2, sh.exit_on_error, t6
    j       2b
4:  li      t2, 'c'
    bne     t1, t2, 6f
    ld      s4, 0(s2)
    beqz    s4, 7f
    addi    s2, s2, 8
    j       2b
6:  load_string a0, "Illegal option -%c"
    mv      a1, t1
    call    warnx
    li      a0, 2
    leave
7:  load_string a0, "-c requires an argument"
    call    warnx
    li      a0, 2
    leave
5:  ld      t0, 0(s2)
    beqz    s4, 9f
    beqz    t0, 8f
    sd      t0, sh.name, t6             # sh -c COMMAND NAME ARGUMENT …
    addi    s2, s2, 8
8:  call    set_parameters
    mv      a0, s4
    call    run_source
    j       11f
9:  beqz    t0, 10f
    mv      a0, t0                      # sh FILE ARGUMENT …
    mv      a1, s2
    call    run_script
    mv      s0, a0
    mv      a1, a0
    ld      a0, 0(s2)
    call    warn
    li      a0, 127
    li      t0, -ENOENT
    beq     s0, t0, 12f
    li      a0, 126
12: leave
10: call    set_parameters
    li      a0, 0
    call    isatty
    or      a0, a0, s3
    beqz    a0, 13f
    call    become_interactive
13: li      a0, 0
    call    run_source
11: ld      a0, sh.status
    leave
set_parameters:                         # from s2 on
    addi    sp, sp, -16
    sd      ra, 0(sp)
    mv      a0, s2
    call    copy_words
    sd      a0, sh.positional, t6
    sd      a1, sh.positional_count, t6
    ld      ra, 0(sp)
    addi    sp, sp, 16
    ret

# become_interactive(): the shell leads a process group of its own, which has the terminal; it ignores what ^C and ^Z send
function become_interactive
    enter
    li      t0, 1
    sd      t0, sh.interactive, t6
1:  li      a0, 0                       # started in the background: stop until somebody brings it to the foreground
    call    tcgetpgrp
    bltz    a0, 2f
    sd      a0, sh.group, t6
    li      a0, 0
    call    getpgid
    ld      t0, sh.group
    beq     a0, t0, 2f
    li      a0, 0
    li      a1, SIGTTIN
    call    kill
    j       1b
2:  li      a1, SIG_IGN
    call    set_interactive_signals
    li      a0, SIGINT
    la      a1, on_interrupt
    li      a2, 0
    call    signal_with_flags           # without SA_RESTART: ^C ends the reading of a line
    li      a0, 0
    li      a1, 0
    call    setpgid                     # refused to a session leader, which leads its group already
    li      a0, 0
    call    getpgid
    sd      a0, sh.group, t6
    mv      a1, a0
    li      a0, 0
    call    tcsetpgrp
    leave
on_interrupt:
    ret

# run_script(a0 = path, a1 = its name and arguments): runs the file as a new shell would, and exits; returns only
# if the file cannot be read, minus an errno
function run_script
    enter   2
    mv      s1, a1
    call    read_whole_file
    bltz    a0, 1f
    mv      s0, a0
    ld      t0, 0(s1)
    sd      t0, sh.name, t6
    addi    a0, s1, 8
    call    copy_words
    sd      a0, sh.positional, t6
    sd      a1, sh.positional_count, t6
    sd      zero, sh.can_replace, t6
    mv      a0, s0
    call    run_source
    ld      a0, sh.status
    call    exit
1:  leave

# read_whole_file(a0 = path): its text from malloc, with a final NUL, or minus an errno
#   s0 fd   s1 buffer   s2 bytes read   s3 capacity
function read_whole_file
    enter   4
    li      a1, O_RDONLY | O_CLOEXEC
    call    open
    bltz    a0, 5f
    mv      s0, a0
    li      s2, 0
    li      s3, 4096
    li      a0, 4096
    call    malloc
    mv      s1, a0
1:  addi    t0, s2, 1
    blt     t0, s3, 2f
    slli    s3, s3, 1
    mv      a0, s1
    mv      a1, s3
    call    realloc
    mv      s1, a0
2:  mv      a0, s0
    add     a1, s1, s2
    sub     a2, s3, s2
    addi    a2, a2, -1
    call    read
    blez    a0, 3f
    add     s2, s2, a0
    j       1b
3:  add     t0, s1, s2
    sb      zero, 0(t0)
    mv      s3, a0
    mv      a0, s0
    call    close
    mv      a0, s3
    bltz    a0, 5f
    mv      a0, s1
5:  leave

# run_text(a0 = text): all of it at once; afterwards the text that was being read goes on
function run_text
    enter   2
    mv      s0, a0
    ld      s1, sh.token_start
    sd      zero, sh.can_replace, t6
    call    check_text
    beqz    a0, 1f
    li      t0, 2
    sd      t0, sh.status, t6
    addi    a0, a0, -1
    bnez    a0, 2f
    call    report_end
    j       2f
1:  mv      a0, s0
    call    rewind
    li      a0, 1
    call    command_list
2:  mv      a0, s1
    beqz    a0, 3f
    call    rewind
3:  leave

function report_end
    load_string a0, "syntax error: unexpected end of file"
    j       warnx

# run_source(a0 = text, or 0: standard input): command by command: reads lines until they are a complete command, then runs it
#   s0 next line of the text, or 0   s1 the command so far   s2 its length   s3 its capacity   s4 1 at the end of the input
#   s5 where the text being read before goes on   s6 1 if this is the terminal; the latest line's offset is at 0(sp)
function run_source
    enter   7, 8
    mv      s0, a0
    ld      s5, sh.token_start
    seqz    s6, a0
    ld      t0, sh.interactive
    and     s6, s6, t0
    li      s3, 1024
    li      a0, 1024
    call    malloc
    mv      s1, a0
.Lsource_command:
    li      s2, 0
    li      s4, 0
.Lsource_line:
    beqz    s6, 2f
    bnez    s2, 1f
    li      a0, 1
    call    poll_jobs
1:  load_string a0, "PS1"
    load_string s4, "$ "
    beqz    s2, 3f
    load_string a0, "PS2"
    load_string s4, "> "
3:  call    get_variable
    bnez    a0, 4f
    mv      a0, s4
4:  la      a1, stderr
    call    fputs
    li      s4, 0
2:  sd      s2, 0(sp)
    call    source_line
    bltz    a0, .Lsource_interrupted
    mv      s4, a0
    ld      a0, 0(sp)
    call    here_documents
    bltz    a0, .Lsource_interrupted
    or      s4, s4, a0
    add     t0, s1, s2
    sb      zero, 0(t0)
    beqz    s2, .Lsource_end            # only at the end of the input
    mv      a0, s1
    call    check_text
    beqz    a0, .Lsource_run
    li      t0, 1
    bne     a0, t0, .Lsource_wrong
    beqz    s4, .Lsource_line
    call    report_end
.Lsource_wrong:
    li      t0, 2
    sd      t0, sh.status, t6
    bnez    s6, .Lsource_command        # a script ends there
    j       .Lsource_end
.Lsource_run:
    mv      a0, s1
    call    rewind
    li      a0, 1
    call    command_list
    ld      t0, sh.unwinding
    beqz    t0, 7f
    bnez    s5, .Lsource_end            # it goes on unwinding in the text being read before
    sd      zero, sh.unwinding, t6      # nothing is left to break out of
    li      t1, UNWIND_RETURN
    beq     t0, t1, .Lsource_end
7:  beqz    s4, .Lsource_command
.Lsource_end:
    beqz    s6, 5f
    li      a1, '\n'
    la      a0, stderr
    call    stream_put
    la      a0, stderr
    call    fflush
5:  mv      a0, s1
    call    free
    mv      a0, s5
    beqz    a0, 6f
    call    rewind
6:  leave
.Lsource_interrupted:                   # ^C: forget the line
    la      a0, stderr
    load_string a1, "\n"
    call    fprintf
    li      t0, 130
    sd      t0, sh.status, t6
    j       .Lsource_command

# source_line(): adds a line with its newline to the command; s0, s1, s2, s3 are run_source's. 1 at the end of the input,
# minus an errno if reading was interrupted, else 0
source_line:
    enter   0, 8
1:  addi    t0, s2, 2
    blt     t0, s3, 2f
    slli    s3, s3, 1
    mv      a0, s1
    mv      a1, s3
    call    realloc
    mv      s1, a0
2:  beqz    s0, 4f
    lbu     t0, 0(s0)
    bnez    t0, 3f
    li      a0, 1
    leave
3:  addi    s0, s0, 1
    j       6f
4:  li      a0, 0                       # byte by byte: what follows the line is for the commands to read
    mv      a1, sp
    li      a2, 1
    call    read
    bgtz    a0, 5f
    li      t0, -EINTR
    beq     a0, t0, 7f
    li      a0, 1
    j       7f
5:  lbu     t0, 0(sp)
6:  beqz    t0, 1b                      # a NUL cannot be part of a command
    add     t1, s1, s2
    sb      t0, 0(t1)
    addi    s2, s2, 1
    li      t1, '\n'
    bne     t0, t1, 1b
    li      a0, 0
7:  leave
