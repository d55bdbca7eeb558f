# Jobs: the processes of a pipeline. An interactive shell gives each job a process group of its own and the terminal to the one
# in the foreground, so that ^C and ^Z reach that job alone.

    .equ    JOB_LIMIT, 128
    .equ    JOB_PIDS_LIMIT, 64

    .equ    JOB_GROUP, 0                # process group, the first process's pid
    .equ    JOB_STATE, 8
    .equ    JOB_STATUS, 16              # wait status of the last process
    .equ    JOB_TEXT, 24
    .equ    JOB_LIVE, 32                # processes that have not ended
    .equ    JOB_COUNT, 40
    .equ    JOB_PIDS, 48
    .equ    JOB_BYTES, JOB_PIDS + 8 * JOB_PIDS_LIMIT

    .equ    JOB_FREE, 0
    .equ    JOB_RUNNING, 1
    .equ    JOB_STOPPED, 2
    .equ    JOB_DONE, 3

    variable sh.jobs, JOB_LIMIT * JOB_BYTES
    variable sh.current_job             # what fg and bg mean without an argument
    variable sh.interactive             # 1: prompts, and job control
    variable sh.group                   # the shell's own process group
    variable wait_status

# new_job(): an unused one
function new_job
    enter   1
    la      s0, sh.jobs
    li      t1, JOB_LIMIT
    li      t3, JOB_BYTES
    li      t5, 0                       # a finished one, should no free one be left
1:  ld      t2, JOB_STATE(s0)
    beqz    t2, 3f
    addi    t4, t2, -JOB_DONE
    bnez    t4, 2f
    mv      t5, s0
2:  add     s0, s0, t3
    addi    t1, t1, -1
    bnez    t1, 1b
    mv      s0, t5
    bnez    t5, 3f
    load_string a0, "too many jobs"
    call    warnx
    li      a0, 2
    call    exit
3:  ld      a0, JOB_TEXT(s0)
    call    free
    sd      zero, JOB_TEXT(s0)
    sd      zero, JOB_GROUP(s0)
    sd      zero, JOB_STATUS(s0)
    sd      zero, JOB_LIVE(s0)
    sd      zero, JOB_COUNT(s0)
    li      t0, JOB_RUNNING
    sd      t0, JOB_STATE(s0)
    mv      a0, s0
    leave

# free_job(a0 = job)
function free_job
    sd      zero, JOB_STATE(a0)
    ld      t0, sh.current_job
    bne     t0, a0, 1f
    sd      zero, sh.current_job, t6
1:  ret

# set_job_text(a0 = job, a1 = start): its text is from there to the current token
function set_job_text
    enter   2
    mv      s0, a0
    mv      s1, a1
    ld      a0, JOB_TEXT(a0)
    call    free
    ld      a1, sh.token_start
    sub     a1, a1, s1
1:  blez    a1, 2f                      # without white space at the end
    add     t0, s1, a1
    lbu     t0, -1(t0)
    li      t1, ' '
    bgtu    t0, t1, 2f
    addi    a1, a1, -1
    j       1b
2:  bgez    a1, 3f
    li      a1, 0
3:  mv      a0, s1
    call    strndup
    sd      a0, JOB_TEXT(s0)
    leave

# fork_child(): fork for a child that belongs to no job
function fork_child
    li      a0, 0
    li      a1, 1
# fork_in_job(a0 = job or 0, a1 = 1 for the foreground): fork; the child joins the job and is no longer interactive.
# 0 in the child; in the parent the pid, or minus an errno after a message
#   s0 job   s1 foreground   s2 pid   s3 interactive
function fork_in_job
    enter   4
    mv      s0, a0
    mv      s1, a1
    ld      s3, sh.interactive
    la      a0, stdout
    call    fflush
    call    fork
    mv      s2, a0
    bltz    a0, 8f
    bnez    a0, 5f
    sd      zero, sh.interactive, t6    # the child
    beqz    s3, 3f
    beqz    s0, 2f
    li      a0, 0
    ld      a1, JOB_GROUP(s0)
    call    setpgid
    beqz    s1, 2f
    ld      a1, JOB_GROUP(s0)
    bnez    a1, 1f
    call    getpid
    mv      a1, a0
1:  li      a0, 0
    call    tcsetpgrp
2:  la      a1, SIG_DFL
    call    set_interactive_signals
    j       4f
3:  bnez    s1, 4f                      # in the background without job control: ^C is not for it
    li      a0, SIGINT
    li      a1, SIG_IGN
    call    signal
    li      a0, SIGQUIT
    li      a1, SIG_IGN
    call    signal
    load_string a0, "/dev/null"
    li      a1, O_RDONLY | O_CLOEXEC
    call    open
    blez    a0, 4f
    mv      s2, a0
    li      a1, 0
    call    dup2
    mv      a0, s2
    call    close
4:  la      t0, sh.jobs                 # its parent's jobs are not its own
    li      t1, JOB_LIMIT
    li      t2, JOB_BYTES
6:  sd      zero, JOB_STATE(t0)
    add     t0, t0, t2
    addi    t1, t1, -1
    bnez    t1, 6b
    sd      zero, sh.current_job, t6
    li      a0, 0
    leave
5:  beqz    s0, 7f
    ld      t0, JOB_GROUP(s0)
    bnez    t0, 9f
    sd      s2, JOB_GROUP(s0)
9:  ld      t0, JOB_COUNT(s0)
    li      t1, JOB_PIDS_LIMIT
    bgeu    t0, t1, 10f
    slli    t1, t0, 3
    add     t1, t1, s0
    sd      s2, JOB_PIDS(t1)
    addi    t0, t0, 1
    sd      t0, JOB_COUNT(s0)
    ld      t0, JOB_LIVE(s0)
    addi    t0, t0, 1
    sd      t0, JOB_LIVE(s0)
10: beqz    s3, 7f
    mv      a0, s2                      # both sides set the group: whoever runs first
    ld      a1, JOB_GROUP(s0)
    call    setpgid
    beqz    s1, 7f
    li      a0, 0
    ld      a1, JOB_GROUP(s0)
    call    tcsetpgrp
7:  mv      a0, s2
    leave
8:  mv      a1, a0
    load_string a0, "fork"
    call    warn
    mv      a0, s2
    leave

# set_interactive_signals(a1 = SIG_IGN or SIG_DFL): those that an interactive shell does not want to be hit by
function set_interactive_signals
    enter   2
    mv      s0, a1
    la      s1, interactive_signals
1:  lbu     a0, 0(s1)
    beqz    a0, 2f
    addi    s1, s1, 1
    mv      a1, s0
    call    signal
    j       1b
2:  leave

# record(a0 = pid, a1 = wait status): what wait4 told, into the job of that process
function record
    la      t0, sh.jobs
    li      t1, JOB_LIMIT
1:  ld      t2, JOB_STATE(t0)
    beqz    t2, 4f
    ld      t3, JOB_COUNT(t0)
    addi    t4, t0, JOB_PIDS
2:  beqz    t3, 4f
    ld      t5, 0(t4)
    beq     t5, a0, 5f
    addi    t4, t4, 8
    addi    t3, t3, -1
    j       2b
4:  li      t2, JOB_BYTES
    add     t0, t0, t2
    addi    t1, t1, -1
    bnez    t1, 1b
    ret
5:  andi    t5, a1, 0xff
    li      t6, 0x7f
    bne     t5, t6, 6f
    li      t2, JOB_STOPPED
    sd      t2, JOB_STATE(t0)
    sd      a1, JOB_STATUS(t0)
    sd      t0, sh.current_job, t6
    ret
6:  li      t5, 1
    bne     t3, t5, 7f
    sd      a1, JOB_STATUS(t0)          # the last process of the pipeline
7:  ld      t5, JOB_LIVE(t0)
    addi    t5, t5, -1
    sd      t5, JOB_LIVE(t0)
    bgtz    t5, 8f
    li      t2, JOB_DONE
    sd      t2, JOB_STATE(t0)
8:  ret

# status_of(a0 = wait status): what $? shows: the exit code, or 128 + signal
function status_of
    andi    t0, a0, 0x7f
    srli    a0, a0, 8
    andi    a0, a0, 0xff
    beqz    t0, 1f
    li      t1, 0x7f
    beq     t0, t1, 2f
    mv      a0, t0
2:  addi    a0, a0, 128
1:  ret

# wait_for_job(a0 = job): waits until it is done or stopped, in the foreground; sets $?; tells about a signal
function wait_for_job
    enter   1
    mv      s0, a0
1:  ld      t0, JOB_LIVE(s0)
    beqz    t0, 2f
    ld      t0, JOB_STATE(s0)
    li      t1, JOB_RUNNING
    bne     t0, t1, 3f
    li      a0, -1
    la      a1, wait_status
    li      a2, WUNTRACED
    call    waitpid
    li      t0, -EINTR
    beq     a0, t0, 1b
    bltz    a0, 2f                      # no child is left
    lw      a1, wait_status
    call    record
    j       1b
2:  li      t0, JOB_DONE
    sd      t0, JOB_STATE(s0)
3:  ld      t0, sh.interactive
    beqz    t0, 4f
    li      a0, 0
    ld      a1, sh.group
    call    tcsetpgrp
4:  ld      a0, JOB_COUNT(s0)
    bnez    a0, 5f
    li      t0, 2                       # no process could be made
    sd      t0, sh.status, t6
    j       6f
5:  ld      a0, JOB_STATUS(s0)
    call    status_of
    sd      a0, sh.status, t6
    ld      t0, JOB_STATE(s0)
    li      t1, JOB_STOPPED
    bne     t0, t1, 7f
    li      a1, '\n'
    la      a0, stderr
    call    stream_put
    mv      a0, s0
    la      a1, stderr
    call    print_job
    leave
7:  ld      a0, JOB_STATUS(s0)
    call    report_signal
6:  mv      a0, s0
    call    free_job
    leave

# report_signal(a0 = wait status): "Segmentation fault" and the like, for a process that a signal ended
function report_signal
    andi    t0, a0, 0x7f
    beqz    t0, 3f
    enter   1
    srli    s0, a0, 7
    andi    s0, s0, 1
    li      t1, SIGPIPE
    beq     t0, t1, 2f
    li      t1, SIGINT
    beq     t0, t1, 4f
    li      t1, SIGNAL_LAST
    bgtu    t0, t1, 2f
    mv      a0, t0
    call    signal_description
    mv      a2, a0
    load_string a3, ""
    beqz    s0, 1f
    load_string a3, " (core dumped)"
1:  la      a0, stderr
    load_string a1, "%s%s\n"
    call    fprintf
2:  unwind
3:  ret
4:  ld      t0, sh.interactive
    beqz    t0, 2b
    la      a0, stderr
    load_string a1, "\n"
    call    fprintf
    j       2b

# announce_job(a0 = job): "[1] 17" for a new one in the background
function announce_job
    enter   1
    mv      s0, a0
    sd      a0, sh.current_job, t6
    ld      t0, sh.interactive
    beqz    t0, 1f
    call    job_number
    mv      a2, a0
    la      a0, stderr
    load_string a1, "[%d] %d\n"
    ld      a3, JOB_GROUP(s0)
    call    fprintf
1:  leave

# job_number(a0 = job): from 1 on
function job_number
    la      t0, sh.jobs
    sub     a0, a0, t0
    li      t0, JOB_BYTES
    divu    a0, a0, t0
    addi    a0, a0, 1
    ret

# print_job(a0 = job, a1 = stream): "[1]+  Stopped                 sleep 9"
#   s0 job   s1 stream   s2 state's text; a text with a number is made at 0(sp)
function print_job
    enter   3, 32
    mv      s0, a0
    mv      s1, a1
    ld      t0, JOB_STATE(s0)
    load_string s2, "Running"
    li      t1, JOB_RUNNING
    beq     t0, t1, 2f
    load_string s2, "Stopped"
    li      t1, JOB_STOPPED
    beq     t0, t1, 2f
    load_string s2, "Done"
    ld      t0, JOB_STATUS(s0)
    beqz    t0, 2f
    andi    a0, t0, 0x7f
    beqz    a0, 1f
    call    signal_description
    mv      s2, a0
    j       2f
1:  srli    a3, t0, 8
    mv      a0, sp
    li      a1, 32
    load_string a2, "Exit %d"
    call    snprintf
    mv      s2, sp
2:  mv      a0, s0
    call    job_number
    mv      a2, a0
    ld      t0, sh.current_job
    li      a3, '+'
    beq     t0, s0, 3f
    li      a3, ' '
3:  mv      a0, s1
    load_string a1, "[%d]%c  %-24s%s%s\n"
    mv      a4, s2
    ld      a5, JOB_TEXT(s0)
    ld      t0, JOB_STATE(s0)
    load_string a6, ""
    li      t1, JOB_RUNNING
    bne     t0, t1, 4f
    load_string a6, " &"
4:  call    fprintf
    leave

# poll_jobs(a0 = 1: tell about those that are done): takes note of what children did, without waiting; frees done jobs
#   s0 tell   s1 job   s2 jobs left
function poll_jobs
    enter   3
    mv      s0, a0
1:  li      a0, -1
    la      a1, wait_status
    li      a2, WNOHANG | WUNTRACED
    call    waitpid
    blez    a0, 2f
    lw      a1, wait_status
    call    record
    j       1b
2:  la      s1, sh.jobs
    li      s2, JOB_LIMIT
3:  ld      t0, JOB_STATE(s1)
    li      t1, JOB_DONE
    bne     t0, t1, 4f
    beqz    s0, 4f
    mv      a0, s1
    la      a1, stderr
    call    print_job
    mv      a0, s1
    call    free_job
4:  li      t0, JOB_BYTES
    add     s1, s1, t0
    addi    s2, s2, -1
    bnez    s2, 3b
    leave

# find_job(a0 = "%N", "%%", a pid, or 0): the job, or 0
function find_job
    enter
    beqz    a0, 3f
    lbu     t0, 0(a0)
    li      t1, '%'
    bne     t0, t1, 4f
    addi    a0, a0, 1
    call    parse_number
    beqz    a1, 3f
    addi    a0, a0, -1
    li      t0, JOB_LIMIT
    bgeu    a0, t0, 2f
    li      t0, JOB_BYTES
    mul     a0, a0, t0
    la      t0, sh.jobs
    add     a0, a0, t0
    ld      t0, JOB_STATE(a0)
    bnez    t0, 9f
2:  li      a0, 0
    leave
3:  ld      a0, sh.current_job
    leave
4:  call    parse_number                # a pid
    beqz    a1, 2b
    la      t0, sh.jobs
    li      t1, JOB_LIMIT
5:  ld      t2, JOB_STATE(t0)
    beqz    t2, 7f
    ld      t3, JOB_COUNT(t0)
    addi    t4, t0, JOB_PIDS
6:  beqz    t3, 7f
    ld      t5, 0(t4)
    beq     t5, a0, 8f
    addi    t4, t4, 8
    addi    t3, t3, -1
    j       6b
7:  li      t2, JOB_BYTES
    add     t0, t0, t2
    addi    t1, t1, -1
    bnez    t1, 5b
    j       2b
8:  mv      a0, t0
9:  leave

    .section .rodata
interactive_signals:
    .byte   SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, 0
    .text
