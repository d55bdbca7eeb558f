# What cp, mv and ln have in common: the last operand is a file, or a directory to put files in. Needs directory.s and its needs.

    .ifndef TARGET_S
    .set TARGET_S, 1

# is_directory(a0 = path): 1 or 0, following symbolic links
function is_directory
    enter   0, STAT_BYTES
    mv      a1, sp
    call    stat
    bltz    a0, 1f
    lw      t0, STAT_MODE(sp)
    li      t1, S_IFMT
    and     t0, t0, t1
    li      t1, S_IFDIR
    xor     t0, t0, t1
    seqz    a0, t0
    leave
1:  li      a0, 0
    leave

# for_each_source(a0 = operands, a1 = how many >= 2, a2 = function(from, to) -> 0 or 1): calls the function for each operand but
# the last, with the path it is to have; the status of all
#   s0 operands   s1 sources left   s2 function   s3 target   s4 1 if the target is a directory   s5 status
function for_each_source
    enter   7
    mv      s0, a0
    addi    s1, a1, -1
    mv      s2, a2
    li      s5, 0
    slli    t0, s1, 3
    add     t0, t0, s0
    ld      s3, 0(t0)
    mv      a0, s3
    call    is_directory
    mv      s4, a0
    bnez    a0, 1f
    li      t0, 1
    beq     s1, t0, 1f
    load_string a0, "target '%s' is not a directory"
    mv      a1, s3
    call    warnx
    li      a0, 1
    leave
1:  beqz    s1, 4f
    addi    s1, s1, -1
    ld      s6, 0(s0)
    addi    s0, s0, 8
    mv      a1, s3
    beqz    s4, 3f
    mv      a0, s6
    call    basename
    mv      a1, a0
    mv      a0, s3
    call    join_path
    mv      a1, a0
3:  mv      a0, s6
    jalr    s2
    or      s5, s5, a0
    j       1b
4:  mv      a0, s5
    leave

# two_operands(a0 = operands, a1 = how many): does not return unless there are two
function two_operands
    li      t0, 2
    bge     a1, t0, 2f
    beqz    a1, 1f
    ld      a1, 0(a0)
    load_string a0, "missing destination file operand after '%s'"
    call    warnx
    li      a0, 1
    call    usage_error
1:  load_string a0, "missing file operand"
    call    warnx
    li      a0, 1
    call    usage_error
2:  ret

    .endif
