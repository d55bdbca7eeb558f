# The builtins about jobs: wait, jobs, fg, bg, and what kill means by %N.

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
