# crc32: the cyclic redundancy check of zlib, gzip and Ethernet, by a table of 256 entries: one dependent load a byte.
# Usage: crc32 [FILE]   Without a file: 1 MiB of pseudo-random bytes.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"

    program_name crc32
    .equ    CHUNK, 65536
    variable table, 256 * 4
    variable buffer, CHUNK

# main: s0 fd, or -1   s1 checksum   s2 chunks left   s3 state of the generator   s4 name
function main
    enter   5
    ld      s4, 8(a1)
    call    make_table
    li      s0, -1
    li      s1, -1
    li      s2, 16
    li      s3, 1
    beqz    s4, 1f
    mv      a0, s4
    li      a1, O_RDONLY
    call    open
    mv      s0, a0
    bltz    a0, 8f
1:  bgez    s0, 3f
    beqz    s2, 5f
    addi    s2, s2, -1
    la      t0, buffer                  # the next 64 KiB of the generator's upper bytes
    li      t1, CHUNK
    add     t1, t1, t0
    li      t2, 6364136223846793005
    li      t3, 1442695040888963407
2:  mul     s3, s3, t2
    add     s3, s3, t3
    srli    t4, s3, 56
    sb      t4, 0(t0)
    addi    t0, t0, 1
    bltu    t0, t1, 2b
    li      a0, CHUNK
    j       4f
3:  mv      a0, s0
    la      a1, buffer
    li      a2, CHUNK
    call    read
    beqz    a0, 5f
    bltz    a0, 8f
4:  mv      a2, a0
    la      a1, buffer
    mv      a0, s1
    call    update
    mv      s1, a0
    j       1b
5:  not     a1, s1
    slli    a1, a1, 32
    srli    a1, a1, 32
    load_string a0, "%08x\n"
    call    printf
    li      a0, 0
    leave
8:  mv      a1, a0
    mv      a0, s4
    call    warn
    li      a0, 1
    leave

# make_table(): what each byte does to the remainder; the polynomial is 0xedb88320, bits reversed
function make_table
    la      t0, table
    li      t1, 0
    li      t5, 0xedb88320
1:  mv      t2, t1
    li      t3, 8
2:  andi    t4, t2, 1
    srli    t2, t2, 1
    beqz    t4, 3f
    xor     t2, t2, t5
3:  addi    t3, t3, -1
    bnez    t3, 2b
    sw      t2, 0(t0)
    addi    t0, t0, 4
    addi    t1, t1, 1
    li      t4, 256
    bltu    t1, t4, 1b
    ret

# update(a0 = remainder so far, a1 = bytes, a2 = count)
function update
    la      t0, table
    add     a2, a2, a1
    slli    a0, a0, 32
    srli    a0, a0, 32
1:  beq     a1, a2, 2f
    lbu     t1, 0(a1)
    addi    a1, a1, 1
    xor     t1, t1, a0
    andi    t1, t1, 0xff
    slli    t1, t1, 2
    add     t1, t1, t0
    lwu     t1, 0(t1)
    srli    a0, a0, 8
    xor     a0, a0, t1
    j       1b
2:  ret
