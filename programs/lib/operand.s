# The one operand of the compute programs: how much to do. Needs string.s, stdio.s.

    .ifndef OPERAND_S
    .set OPERAND_S, 1

# number_operand(a0 = argc, a1 = argv, a2 = default): argv[1] as a number > 0, or the default; else a message and status 2
function number_operand
    enter   1
    li      t0, 2
    mv      t1, a2
    blt     a0, t0, 1f
    ld      s0, 8(a1)
    mv      a0, s0
    call    parse_number
    and     t0, a1, a1
    mv      t1, a0
    beqz    t0, 2f
    blez    t1, 2f
1:  mv      a0, t1
    leave
2:  load_string a0, "'%s': expected a number greater than 0"
    mv      a1, s0
    call    warnx
    li      a0, 2
    call    exit

    .endif
