# basename: the last part of a path, without a suffix if one is given.
# Usage: basename PATH [SUFFIX]

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/stdio.s"
    .include "lib/options.s"

    program_name basename

# main: s0 path   s1 suffix or 0   s2 end
function main
    enter   4
    ld      s0, 8(a1)
    bnez    s0, 1f
    load_string a0, "missing operand"
    call    warnx
    li      a0, 1
    call    usage_error
1:  ld      s1, 16(a1)
    mv      a0, s0
    call    strlen
    add     s2, s0, a0
2:  addi    t0, s2, -1                  # slashes at the end go, but for a lone one
    bleu    t0, s0, 3f
    lbu     t1, 0(t0)
    li      t2, '/'
    bne     t1, t2, 3f
    sb      zero, 0(t0)
    mv      s2, t0
    j       2b
3:  mv      a0, s0
    call    basename
    lbu     t0, 0(a0)
    beqz    t0, 4f
    mv      s0, a0
4:  beqz    s1, 5f
    mv      a0, s1
    call    strlen
    sub     s3, s2, a0                  # where the suffix would begin
    bleu    s3, s0, 5f
    mv      a0, s3
    mv      a1, s1
    call    strcmp
    bnez    a0, 5f
    sb      zero, 0(s3)
5:  mv      a0, s0
    call    puts
    li      a0, 0
    leave
