# Threads, and what they wait for each other with: clone, futex, atomic instructions. Needs syscalls.s.
#
# A thread's memory is one mapping: a guard page, its stack, and at the top its descriptor, which tp points to.
# A thread cannot unmap the stack that it stands on. So the kernel itself says when a thread has left it: by
# CLONE_CHILD_CLEARTID it clears the descriptor's tid and wakes who waits there, after the thread's last instruction.
# Until then the memory must not be used again: join_thread waits for that; a detached thread puts its descriptor on a list
# as it ends, and new_thread_memory takes memory from there whose tid is already 0.

    .ifndef THREAD_S
    .set THREAD_S, 1

    .equ    CLONE_VM, 0x100
    .equ    CLONE_FS, 0x200
    .equ    CLONE_FILES, 0x400
    .equ    CLONE_SIGHAND, 0x800
    .equ    CLONE_THREAD, 0x10000
    .equ    CLONE_SYSVSEM, 0x40000
    .equ    CLONE_SETTLS, 0x80000
    .equ    CLONE_PARENT_SETTID, 0x100000
    .equ    CLONE_CHILD_CLEARTID, 0x200000
    .equ    THREAD_SHARES, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM
    .equ    THREAD_FLAGS, THREAD_SHARES | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID

    .equ    FUTEX_WAIT, 0
    .equ    FUTEX_WAKE, 1
    .equ    FUTEX_PRIVATE, 128          # only threads of this process: the kernel need not look up the page
    .equ    EVERYBODY, 0x7fffffff

# The descriptor
    .equ    THREAD_TID, 0               # 4 bytes; 0 once the thread has left its stack
    .equ    THREAD_DETACHED, 4          # 4 bytes
    .equ    THREAD_FUNCTION, 8
    .equ    THREAD_ARGUMENT, 16
    .equ    THREAD_RESULT, 24
    .equ    THREAD_NEXT, 32             # on the list of ended ones
    .equ    THREAD_MAPPING, 40
    .equ    THREAD_MAPPING_BYTES, 48
    .equ    THREAD_BYTES, 64

    .equ    PAGE, 4096

    variable thread.ended               # list of detached threads that end; any thread pushes, one takes all
    variable thread.reusable            # what was taken from it

# new_thread_memory(a0 = bytes of stack): the descriptor on top of it, or minus an errno. Only one thread may call this.
#   s0 stack   s1 mapping   s2 its size
function new_thread_memory
    enter   3
    mv      s0, a0
    la      t0, thread.reusable
    ld      t1, 0(t0)
    bnez    t1, 1f
    la      t2, thread.ended            # take the whole list at once: nobody can change it under our hands
    amoswap.d.aq t1, zero, (t2)
    sd      t1, 0(t0)
1:  ld      a0, 0(t0)                   # t0: the place that points to the descriptor
    beqz    a0, 3f
    lw      t1, THREAD_TID(a0)
    beqz    t1, 2f
    addi    t0, a0, THREAD_NEXT         # still on its way out: look at the next
    j       1b
2:  ld      t1, THREAD_NEXT(a0)
    sd      t1, 0(t0)
    leave
3:  li      t0, 2 * PAGE - 1            # a guard page, and whole pages for stack and descriptor
    addi    s2, s0, THREAD_BYTES
    add     s2, s2, t0
    li      t0, -PAGE
    and     s2, s2, t0
    li      a0, 0
    mv      a1, s2
    li      a2, PROT_READ | PROT_WRITE
    li      a3, MAP_PRIVATE | MAP_ANONYMOUS
    li      a4, -1
    li      a5, 0
    call    mmap
    li      t0, -4096
    bgtu    a0, t0, 4f
    mv      s1, a0
    li      a1, PAGE
    li      a2, 0                       # PROT_NONE: an overflowing stack faults instead of reaching its neighbour
    call    mprotect
    add     a0, s1, s2
    addi    a0, a0, -THREAD_BYTES
    sd      s1, THREAD_MAPPING(a0)
    sd      s2, THREAD_MAPPING_BYTES(a0)
4:  leave

# start_thread(a0 = descriptor from new_thread_memory, a1 = function, a2 = its argument, a3 = 1: detached): 0, or minus an errno,
# and then the descriptor is the caller's again
function start_thread
    sd      a1, THREAD_FUNCTION(a0)
    sd      a2, THREAD_ARGUMENT(a0)
    sw      a3, THREAD_DETACHED(a0)
    mv      a1, a0                      # the stack grows down from the descriptor
    addi    a2, a0, THREAD_TID          # parent_tid: set before clone returns
    mv      a3, a0                      # tls: the thread's tp
    mv      a4, a2                      # child_tid: cleared at the end
    li      a0, THREAD_FLAGS
    li      a7, 220                     # clone; not through the wrapper: the new thread has no frame to return through
    ecall
    beqz    a0, 1f
    bltz    a0, 2f
    li      a0, 0
2:  ret
1:  ld      t0, THREAD_FUNCTION(tp)     # here the new thread begins
    ld      a0, THREAD_ARGUMENT(tp)
    jalr    t0
    # falls into end_thread

# end_thread(a0 = result): ends the calling thread
function end_thread
    sd      a0, THREAD_RESULT(tp)
    lw      t0, THREAD_DETACHED(tp)
    beqz    t0, 2f
    la      t0, thread.ended            # push, by load-reserved and store-conditional
1:  lr.d    t1, (t0)
    sd      t1, THREAD_NEXT(tp)
    sc.d.rl t2, tp, (t0)
    bnez    t2, 1b
2:  li      a0, 0                       # from here on the stack may be given away as soon as the tid is 0
    li      a7, 93                      # exit: this thread alone
    ecall

# join_thread(a0 = descriptor): waits for the thread's end, frees its memory; returns its result
function join_thread
    enter   2
    mv      s0, a0
1:  lw      a2, THREAD_TID(s0)
    beqz    a2, 2f
    mv      a0, s0
    li      a1, FUTEX_WAIT              # not private: the kernel wakes without that flag
    li      a3, 0
    call    futex
    j       1b
2:  fence   r, rw
    ld      s1, THREAD_RESULT(s0)
    ld      a0, THREAD_MAPPING(s0)
    ld      a1, THREAD_MAPPING_BYTES(s0)
    call    munmap
    mv      a0, s1
    leave

# A mutex is a word: 0 free, 1 held, 2 held and perhaps waited for. Without contention no system call is made.
# (The three-state mutex of U. Drepper, "Futexes are tricky", section 6.)

# lock(a0 = mutex)
function lock
    li      t0, 1
1:  lr.w.aq t1, (a0)
    bnez    t1, 2f
    sc.w    t2, t0, (a0)
    bnez    t2, 1b
    ret
2:  enter   1
    mv      s0, a0
3:  li      t0, 2                       # held: say that somebody waits, and wait as long as it is so
    amoswap.w.aq t1, t0, (s0)
    beqz    t1, 4f
    mv      a0, s0
    li      a1, FUTEX_WAIT | FUTEX_PRIVATE
    li      a2, 2
    li      a3, 0
    call    futex
    j       3b
4:  leave

# unlock(a0 = mutex)
function unlock
    amoswap.w.rl t0, zero, (a0)
    li      t1, 2
    beq     t0, t1, 1f
    ret
1:  li      a1, FUTEX_WAKE | FUTEX_PRIVATE
    li      a2, 1
    j       futex

# A condition is a word that every signal changes: a waiter sleeps only if nothing was signalled since it let the mutex go.

# wait_condition(a0 = condition, a1 = mutex, held): lets the mutex go while it waits; may return without a reason
function wait_condition
    enter   3
    mv      s0, a0
    mv      s1, a1
    lw      s2, 0(s0)
    mv      a0, s1
    call    unlock
    mv      a0, s0
    li      a1, FUTEX_WAIT | FUTEX_PRIVATE
    mv      a2, s2
    li      a3, 0
    call    futex
    mv      a0, s1
    unwind
    j       lock

# signal_condition(a0 = condition), broadcast_condition(a0 = condition): wakes one waiter, or all
function signal_condition
    li      a2, 1
    j       1f
function broadcast_condition
    li      a2, EVERYBODY
1:  li      t0, 1
    amoadd.w.rl zero, t0, (a0)
    li      a1, FUTEX_WAKE | FUTEX_PRIVATE
    j       futex

    .endif
