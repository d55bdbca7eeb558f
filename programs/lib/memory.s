# malloc and free over brk. Needs syscalls.s, string.s.
#
# Sizes are rounded up to a power of two, from 32 bytes on; each power has its own list of free blocks, and a block never
# changes its power. The word before a block holds its power. The program break only grows.
# Invariant: a block is on at most one list, and only while it is free. Not for use by several threads at once.

    .ifndef MEMORY_S
    .set MEMORY_S, 1

    variable memory.free_lists, 64 * 8
    variable memory.next                # unused memory below the program break …
    variable memory.end                 # … up to here

# malloc(a0 = bytes): 16-byte aligned memory. Ends the program when there is none: no caller could go on.
function malloc
    addi    a0, a0, 16                  # the header
    li      t0, 5
    li      t1, 32
1:  bgeu    t1, a0, 2f
    slli    t1, t1, 1
    addi    t0, t0, 1
    j       1b
2:  la      t2, memory.free_lists
    slli    t3, t0, 3
    add     t2, t2, t3
    ld      a0, 0(t2)
    beqz    a0, 3f
    ld      t3, 0(a0)                   # pop: the next free block is stored in the block
    sd      t3, 0(t2)
    ret
3:  la      t2, memory.next
    ld      a0, 0(t2)
    la      t4, memory.end
    ld      t5, 0(t4)
    add     t3, a0, t1
    bgtu    t3, t5, 4f
    sd      t3, 0(t2)
    sd      t0, 8(a0)
    addi    a0, a0, 16
    ret
4:  enter   4                           # grow by the block, at least 64 KiB
    mv      s0, t0
    mv      s1, t1
    mv      s2, t2
    mv      s3, t4
    li      a0, 0
    call    brk                         # where the break is now
    addi    a0, a0, 15
    andi    a0, a0, -16
    sd      a0, 0(s2)
    li      t0, 0x10000
    bgeu    s1, t0, 5f
    mv      s1, t0
5:  add     s1, s1, a0
    mv      a0, s1
    call    brk
    bltu    a0, s1, 6f
    sd      a0, 0(s3)
    li      t1, 1
    mv      t0, s0
    sll     t1, t1, s0
    unwind
    la      t2, memory.free_lists
    j       3b
6:  li      a0, 2
    load_string a1, "out of memory\n"
    li      a2, 14
    call    write
    li      a0, 127
    call    _exit

# free(a0 = block from malloc, or 0)
function free
    beqz    a0, 1f
    ld      t0, -8(a0)
    la      t1, memory.free_lists
    slli    t0, t0, 3
    add     t1, t1, t0
    ld      t2, 0(t1)
    sd      t2, 0(a0)
    sd      a0, 0(t1)
1:  ret

# realloc(a0 = block or 0, a1 = bytes): a block of that size with the old contents
function realloc
    beqz    a0, 2f
    ld      t0, -8(a0)
    li      t1, 1
    sll     t1, t1, t0
    addi    t1, t1, -16                 # what the block holds
    bleu    a1, t1, 1f
    enter   3
    mv      s0, a0
    mv      s1, t1
    mv      a0, a1
    call    malloc
    mv      s2, a0
    mv      a1, s0
    mv      a2, s1
    call    memcpy
    mv      a0, s0
    call    free
    mv      a0, s2
    unwind
1:  ret
2:  mv      a0, a1
    j       malloc

# strdup(a0 = s), strndup(a0 = bytes, a1 = count): a copy with a final NUL
function strdup
    enter   1
    mv      s0, a0
    call    strlen
    mv      a1, a0
    mv      a0, s0
    unwind
function strndup
    enter   3
    mv      s0, a0
    mv      s1, a1
    addi    a0, a1, 1
    call    malloc
    mv      s2, a0
    mv      a1, s0
    mv      a2, s1
    call    memcpy
    add     t0, s2, s1
    sb      zero, 0(t0)
    mv      a0, s2
    leave

    .endif
