# Reading lines through a buffer. Needs syscalls.s, string.s, memory.s.
#
# A reader holds a descriptor and the bytes that were read and not yet given out: START <= SCANNED <= END <= CAPACITY.

    .ifndef INPUT_S
    .set INPUT_S, 1

    .equ    READER_FD, 0
    .equ    READER_BUFFER, 8
    .equ    READER_CAPACITY, 16
    .equ    READER_START, 24            # first byte not given out
    .equ    READER_SCANNED, 32          # no newline between START and here
    .equ    READER_END, 40              # end of the bytes read
    .equ    READER_ERROR, 48            # 0, or the minus errno that ended the input
    .equ    READER_BYTES, 56

# reader_open(a0 = reader, a1 = fd): starts over; the buffer of an earlier use is kept
function reader_open
    sd      a1, READER_FD(a0)
    sd      zero, READER_START(a0)
    sd      zero, READER_SCANNED(a0)
    sd      zero, READER_END(a0)
    sd      zero, READER_ERROR(a0)
    ret

# read_line(a0 = reader): a0 = the line, or 0 at the end of the input; a1 = its length without the newline;
# a2 = 1 if a newline ended it. The line stays in place until the next call; the byte after it may be overwritten.
function read_line
    enter   2
    mv      s0, a0
1:  ld      t0, READER_BUFFER(s0)
    ld      t1, READER_SCANNED(s0)
    ld      t2, READER_END(s0)
    add     t3, t0, t1
    add     t4, t0, t2
    li      t5, '\n'
2:  beq     t3, t4, 3f
    lbu     t6, 0(t3)
    addi    t3, t3, 1
    bne     t6, t5, 2b
    sub     t3, t3, t0                  # behind the newline
    ld      t1, READER_START(s0)
    sd      t3, READER_START(s0)
    sd      t3, READER_SCANNED(s0)
    add     a0, t0, t1
    sub     a1, t3, t1
    addi    a1, a1, -1
    li      a2, 1
    leave
3:  sd      t2, READER_SCANNED(s0)      # no newline there: read more
    ld      t1, READER_START(s0)
    beqz    t1, 4f
    sub     a2, t2, t1                  # move what is left to the front
    sd      zero, READER_START(s0)
    sd      a2, READER_SCANNED(s0)
    sd      a2, READER_END(s0)
    mv      a0, t0
    add     a1, t0, t1
    call    memmove
4:  ld      t0, READER_END(s0)
    ld      t1, READER_CAPACITY(s0)
    addi    t2, t1, -1                  # one byte stays free, so that a caller may put a NUL behind a line
    blt     t0, t2, 5f
    slli    a1, t1, 1
    bnez    a1, 6f
    li      a1, 8192
6:  sd      a1, READER_CAPACITY(s0)
    ld      a0, READER_BUFFER(s0)
    call    realloc
    sd      a0, READER_BUFFER(s0)
5:  ld      a0, READER_FD(s0)
    ld      a1, READER_BUFFER(s0)
    ld      t0, READER_END(s0)
    ld      a2, READER_CAPACITY(s0)
    add     a1, a1, t0
    sub     a2, a2, t0
    addi    a2, a2, -1
    call    read
    li      t0, -EINTR
    beq     a0, t0, 5b
    blez    a0, 7f
    ld      t0, READER_END(s0)
    add     t0, t0, a0
    sd      t0, READER_END(s0)
    j       1b
7:  sd      a0, READER_ERROR(s0)        # the end: what is left is a line without a newline
    ld      a0, READER_BUFFER(s0)
    ld      t0, READER_START(s0)
    ld      t1, READER_END(s0)
    add     a0, a0, t0
    sub     a1, t1, t0
    li      a2, 0
    sd      t1, READER_START(s0)
    bnez    a1, 8f
    li      a0, 0
8:  leave

    .endif
