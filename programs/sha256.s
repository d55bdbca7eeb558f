# sha256: the secure hash of FIPS 180-4: 32-bit rotations, additions and choices, 64 rounds a block of 64 bytes.
# Usage: sha256 [FILE]   Without a file: 256 KiB of pseudo-random bytes. Prints as sha256sum does.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"

    program_name sha256
    .equ    CHUNK, 65536
    variable buffer, CHUNK + 128
    variable schedule, 64 * 4
    .data
    .balign 8
hash:                                   # FIPS 180-4, 5.3.3
    .word   0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
    .section .rodata
    .balign 8
constants:                              # 4.2.2
    .word   0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5
    .word   0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174
    .word   0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da
    .word   0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967
    .word   0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85
    .word   0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070
    .word   0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3
    .word   0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
    .text

# main: s0 fd, or -1   s1 bytes in all   s2 bytes in the buffer   s3 state of the generator   s4 name   s5 chunks left
function main
    enter   6
    ld      s4, 8(a1)
    li      s0, -1
    li      s1, 0
    li      s2, 0
    li      s3, 1
    li      s5, 4
    beqz    s4, 1f
    mv      a0, s4
    li      a1, O_RDONLY
    call    open
    mv      s0, a0
    bltz    a0, 9f
1:  bgez    s0, 3f
    beqz    s5, 6f
    addi    s5, s5, -1
    la      t0, buffer
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
3:  mv      a0, s0                      # fill the buffer, so that all blocks but the last are whole
    la      a1, buffer
    add     a1, a1, s2
    li      a2, CHUNK
    sub     a2, a2, s2
    call    read
    beqz    a0, 6f
    bltz    a0, 9f
4:  add     s1, s1, a0
    add     s2, s2, a0
    li      t0, CHUNK
    bltu    s2, t0, 1b
    call    hash_buffer
    j       1b
6:  la      t0, buffer                  # padding: a one bit, zeros, the length in bits as 64 bits, big end first
    add     t1, t0, s2
    li      t2, 0x80
    sb      t2, 0(t1)
    addi    s2, s2, 1
7:  andi    t2, s2, 63
    li      t3, 56
    beq     t2, t3, 8f
    add     t1, t0, s2
    sb      zero, 0(t1)
    addi    s2, s2, 1
    j       7b
8:  slli    t2, s1, 3
    li      t3, 56
10: add     t1, t0, s2
    srl     t4, t2, t3
    sb      t4, 0(t1)
    addi    s2, s2, 1
    addi    t3, t3, -8
    bgez    t3, 10b
    call    hash_buffer
    la      s0, hash
    li      s1, 8
11: load_string a0, "%08x"
    lwu     a1, 0(s0)
    call    printf
    addi    s0, s0, 4
    addi    s1, s1, -1
    bnez    s1, 11b
    load_string a0, "  %s\n"
    mv      a1, s4
    bnez    s4, 12f
    load_string a1, "-"
12: call    printf
    li      a0, 0
    leave
9:  mv      a1, a0
    mv      a0, s4
    call    warn
    li      a0, 1
    leave

# hash_buffer(): the s2 / 64 blocks in the buffer; s2 becomes 0
hash_buffer:
    addi    sp, sp, -16
    sd      ra, 0(sp)
    sd      s0, 8(sp)
    la      s0, buffer
    add     s2, s2, s0
1:  bgeu    s0, s2, 2f
    mv      a0, s0
    call    hash_block
    addi    s0, s0, 64
    j       1b
2:  li      s2, 0
    ld      ra, 0(sp)
    ld      s0, 8(sp)
    addi    sp, sp, 16
    ret

# rotate RESULT, SOURCE, BITS: right, in 32 bits; the source's upper half is not looked at. Uses t6.
    .macro rotate result, source, bits
    srliw   t6, \source, \bits
    slliw   \result, \source, 32 - \bits
    or      \result, \result, t6
    .endm

# hash_block(a0 = 64 bytes)
#   s0 .. s7: a .. h of the standard   s8 schedule   s9 constants   s10 rounds left
function hash_block
    enter   12
    la      s8, schedule
    mv      t0, s8
    li      t1, 16
1:  lbu     t2, 0(a0)                   # words 0 .. 15: the block, big end first
    lbu     t3, 1(a0)
    lbu     t4, 2(a0)
    lbu     t5, 3(a0)
    slli    t2, t2, 24
    slli    t3, t3, 16
    slli    t4, t4, 8
    or      t2, t2, t3
    or      t4, t4, t5
    or      t2, t2, t4
    sw      t2, 0(t0)
    addi    a0, a0, 4
    addi    t0, t0, 4
    addi    t1, t1, -1
    bnez    t1, 1b
    li      t1, 48                      # words 16 .. 63: 6.2.2, step 1
2:  lw      t2, -60(t0)                 # sigma 0 of W[t - 15]
    rotate  t3, t2, 7
    rotate  t4, t2, 18
    srliw   t5, t2, 3
    xor     t3, t3, t4
    xor     t3, t3, t5
    lw      t2, -8(t0)                  # sigma 1 of W[t - 2]
    rotate  t4, t2, 17
    rotate  t5, t2, 19
    xor     t4, t4, t5
    srliw   t5, t2, 10
    xor     t4, t4, t5
    addw    t3, t3, t4
    lw      t4, -28(t0)
    lw      t5, -64(t0)
    addw    t3, t3, t4
    addw    t3, t3, t5
    sw      t3, 0(t0)
    addi    t0, t0, 4
    addi    t1, t1, -1
    bnez    t1, 2b

    la      t0, hash
    lw      s0, 0(t0)
    lw      s1, 4(t0)
    lw      s2, 8(t0)
    lw      s3, 12(t0)
    lw      s4, 16(t0)
    lw      s5, 20(t0)
    lw      s6, 24(t0)
    lw      s7, 28(t0)
    la      s9, constants
    li      s10, 64
3:  rotate  t0, s4, 6                   # T1 = h + Sigma1(e) + Ch(e, f, g) + K + W
    rotate  t1, s4, 11
    rotate  t2, s4, 25
    xor     t0, t0, t1
    xor     t0, t0, t2
    xor     t1, s5, s6
    and     t1, t1, s4
    xor     t1, t1, s6
    addw    t0, t0, t1
    addw    t0, t0, s7
    lw      t1, 0(s9)
    lw      t2, 0(s8)
    addw    t0, t0, t1
    addw    t0, t0, t2
    rotate  t1, s0, 2                   # T2 = Sigma0(a) + Maj(a, b, c)
    rotate  t2, s0, 13
    rotate  t3, s0, 22
    xor     t1, t1, t2
    xor     t1, t1, t3
    or      t2, s0, s1
    and     t2, t2, s2
    and     t3, s0, s1
    or      t2, t2, t3
    addw    t1, t1, t2
    mv      s7, s6
    mv      s6, s5
    mv      s5, s4
    addw    s4, s3, t0
    mv      s3, s2
    mv      s2, s1
    mv      s1, s0
    addw    s0, t0, t1
    addi    s8, s8, 4
    addi    s9, s9, 4
    addi    s10, s10, -1
    bnez    s10, 3b
    la      t0, hash
    .irp register, s0, s1, s2, s3, s4, s5, s6, s7
    lw      t1, 0(t0)
    addw    t1, t1, \register
    sw      t1, 0(t0)
    addi    t0, t0, 4
    .endr
    leave
