# free: how much memory there is, from /proc/meminfo, in KiB.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/input.s"

    program_name free
    variable reader, READER_BYTES
    variable values, 8 * 8              # in the order of the names

    .section .rodata
names:
    .asciz  "MemTotal:", "MemFree:", "MemAvailable:", "Buffers:", "Cached:", "SwapTotal:", "SwapFree:", "Shmem:"
    .byte   0
    .text
    .equ    TOTAL, 0
    .equ    FREE, 8
    .equ    AVAILABLE, 16
    .equ    BUFFERS, 24
    .equ    CACHED, 32
    .equ    SWAP_TOTAL, 40
    .equ    SWAP_FREE, 48
    .equ    SHARED, 56

# main: s0 line   s1 name   s2 place of its value   s3 length of the name
function main
    enter   4
    load_string a0, "/proc/meminfo"
    li      a1, O_RDONLY
    call    open
    bgez    a0, 1f
    mv      a1, a0
    load_string a0, "/proc/meminfo"
    call    warn
    li      a0, 1
    leave
1:  mv      a1, a0
    la      a0, reader
    call    reader_open
2:  la      a0, reader
    call    read_line
    beqz    a0, 6f
    mv      s0, a0
    add     t0, a0, a1
    sb      zero, 0(t0)
    la      s1, names
    la      s2, values
3:  lbu     t0, 0(s1)
    beqz    t0, 2b
    mv      a0, s1
    call    strlen
    mv      s3, a0
    mv      a2, a0
    mv      a0, s0
    mv      a1, s1
    call    strncmp
    beqz    a0, 4f
    add     s1, s1, s3
    addi    s1, s1, 1
    addi    s2, s2, 8
    j       3b
4:  add     a0, s0, s3
5:  lbu     t0, 0(a0)
    li      t1, ' '
    addi    a0, a0, 1
    beq     t0, t1, 5b
    addi    a0, a0, -1
    li      a1, 10
    call    strtoul
    sd      a0, 0(s2)
    j       2b
6:  load_string a0, "               total        used        free      shared  buff/cache   available"
    call    puts
    la      t0, values
    ld      a1, TOTAL(t0)
    ld      a6, AVAILABLE(t0)
    ld      a3, FREE(t0)
    ld      a4, SHARED(t0)
    ld      a5, BUFFERS(t0)
    ld      t1, CACHED(t0)
    add     a5, a5, t1
    sub     a2, a1, a6
    load_string a0, "Mem:    %12u%12u%12u%12u%12u%12u\n"
    call    printf
    la      t0, values
    ld      a1, SWAP_TOTAL(t0)
    ld      a3, SWAP_FREE(t0)
    sub     a2, a1, a3
    load_string a0, "Swap:   %12u%12u%12u\n"
    call    printf
    li      a0, 0
    leave
