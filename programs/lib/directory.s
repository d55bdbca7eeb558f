# Reading a directory, and sorting. Needs syscalls.s, string.s, memory.s.

    .ifndef DIRECTORY_S
    .set DIRECTORY_S, 1

# struct linux_dirent64
    .equ    DIRENT_INO, 0
    .equ    DIRENT_RECLEN, 16           # 2 bytes
    .equ    DIRENT_TYPE, 18             # 1 byte
    .equ    DIRENT_NAME, 19

    variable directory.buffer, 8192

# read_directory(a0 = path): a0 = array of its names (each from malloc, '.' and '..' among them) in the order of the file
# system, a1 = how many; or a0 = minus an errno
#   s0 fd   s1 array   s2 count   s3 capacity   s4 record   s5 end of the records
function read_directory
    enter   6
    li      a1, O_RDONLY | O_DIRECTORY | O_CLOEXEC
    call    open
    bltz    a0, 5f
    mv      s0, a0
    li      s2, 0
    li      s3, 32
    li      a0, 32 * 8
    call    malloc
    mv      s1, a0
1:  mv      a0, s0
    la      a1, directory.buffer
    li      a2, 8192
    call    getdents64
    blez    a0, 4f
    la      s4, directory.buffer
    add     s5, s4, a0
2:  blt     s2, s3, 3f
    slli    s3, s3, 1
    mv      a0, s1
    slli    a1, s3, 3
    call    realloc
    mv      s1, a0
3:  addi    a0, s4, DIRENT_NAME
    call    strdup
    slli    t0, s2, 3
    add     t0, t0, s1
    sd      a0, 0(t0)
    addi    s2, s2, 1
    lhu     t0, DIRENT_RECLEN(s4)
    add     s4, s4, t0
    bltu    s4, s5, 2b
    j       1b
4:  mv      s4, a0
    mv      a0, s0
    call    close
    mv      a0, s4
    bltz    a0, 5f
    mv      a0, s1
    mv      a1, s2
5:  leave

# join_path(a0 = directory, a1 = name): directory/name, from malloc
function join_path
    enter   3
    mv      s0, a0
    mv      s1, a1
    call    strlen
    mv      s2, a0
    mv      a0, s1
    call    strlen
    add     a0, a0, s2
    addi    a0, a0, 2
    call    malloc
    mv      s2, a0
    mv      a1, s0
    call    strcpy
    beq     a0, s2, 1f
    lbu     t0, -1(a0)
    li      t1, '/'
    beq     t0, t1, 1f
    sb      t1, 0(a0)
    addi    a0, a0, 1
1:  mv      a1, s1
    call    strcpy
    mv      a0, s2
    leave

# sort(a0 = array of 8-byte elements, a1 = count, a2 = compare(a, b) -> <0, 0, >0): heap sort
#   s0 array   s1 elements in the heap   s2 compare   s3 next element to sift   s4, s5 parent and child   s6 sifted element
function sort
    enter   7
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
    srli    s3, a1, 1
1:  beqz    s3, 2f                      # build the heap: sift each inner node down, the last first
    addi    s3, s3, -1
    slli    t0, s3, 3
    add     t0, t0, s0
    ld      s6, 0(t0)
    mv      s4, s3
    j       4f
2:  addi    s1, s1, -1                  # take the largest: it changes places with the last, which is sifted
    blez    s1, 9f
    slli    t0, s1, 3
    add     t0, t0, s0
    ld      s6, 0(t0)
    ld      t1, 0(s0)
    sd      t1, 0(t0)
    li      s4, 0
4:  slli    s5, s4, 1                   # the larger child of s4
    addi    s5, s5, 1
    bge     s5, s1, 6f
    addi    t0, s5, 1
    bge     t0, s1, 5f
    slli    t0, s5, 3
    add     t0, t0, s0
    ld      a0, 0(t0)
    ld      a1, 8(t0)
    jalr    s2
    bgez    a0, 5f
    addi    s5, s5, 1
5:  slli    t0, s5, 3
    add     t0, t0, s0
    mv      a0, s6
    ld      a1, 0(t0)
    jalr    s2
    bgez    a0, 6f
    slli    t0, s5, 3                   # the child goes up
    add     t0, t0, s0
    ld      t1, 0(t0)
    slli    t0, s4, 3
    add     t0, t0, s0
    sd      t1, 0(t0)
    mv      s4, s5
    j       4b
6:  slli    t0, s4, 3
    add     t0, t0, s0
    sd      s6, 0(t0)
    bnez    s3, 1b
    j       2b
9:  leave

    .endif
