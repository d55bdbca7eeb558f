# getopt: options from the command line, with their order free as GNU has it. Needs stdio.s.

    .ifndef OPTIONS_S
    .set OPTIONS_S, 1

    .data
    .balign 8
optind: .quad   1                       # index in argv of the next argument; after the last option, of the first operand
optarg: .quad   0                       # the argument of the latest option that takes one
optopt: .quad   0                       # the letter that was refused
option.cluster: .quad 0                 # rest of a word like -la, or 0
option.source: .quad 0                  # index of the word the cluster came from, before it was moved to optind
    .text

# getopt(a0 = argc, a1 = argv, a2 = letters): the next option letter, '?' for one that is unknown or lacks its argument
# (after a message), or -1 at the end. A letter followed by ':' takes an argument. Operands before an option are
# moved behind it, unless letters begin with '+'.
#   s0 argc   s1 argv   s2 letters   s3 optind   s4 index searched   s5 the option letter
function getopt
    enter   6
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
    la      t0, optind
    ld      s3, 0(t0)
    la      t0, option.cluster
    ld      t1, 0(t0)
    bnez    t1, .Lgetopt_letter
    mv      s4, s3
.Lgetopt_search:                               # the first word from optind on that is an option
    bge     s4, s0, .Lgetopt_none
    slli    t0, s4, 3
    add     t0, t0, s1
    ld      t1, 0(t0)
    lbu     t2, 0(t1)
    li      t3, '-'
    bne     t2, t3, 1f
    lbu     t2, 1(t1)
    bnez    t2, .Lgetopt_word
1:  lbu     t2, 0(s2)
    li      t3, '+'
    beq     t2, t3, .Lgetopt_none
    addi    s4, s4, 1
    j       .Lgetopt_search
.Lgetopt_word:
    mv      a0, s1
    mv      a1, s4
    mv      a2, s3
    call    rotate_argument             # the word now stands at optind, operands behind it
    slli    t0, s3, 3
    add     t0, t0, s1
    ld      t1, 0(t0)
    addi    s3, s3, 1
    addi    s4, s4, 1
    addi    t1, t1, 1
    la      t0, option.source
    sd      s4, 0(t0)
    lbu     t2, 0(t1)
    li      t3, '-'
    bne     t2, t3, .Lgetopt_letter
    lbu     t2, 1(t1)
    beqz    t2, .Lgetopt_end                   # "--"
    addi    t1, t1, -1                  # a long option: none is known
    load_string a0, "unrecognized option '%s'"
    mv      a1, t1
    call    warnx
    la      t0, optind
    sd      s3, 0(t0)
    li      a0, '?'
    j       .Lgetopt_return
.Lgetopt_letter:                               # t1 = the cluster at its next letter
    lbu     s5, 0(t1)
    addi    t1, t1, 1
    lbu     t2, 0(t1)
    bnez    t2, 1f
    li      t1, 0                       # that was the last one of the word
1:  la      t0, option.cluster
    sd      t1, 0(t0)
    la      t0, optopt
    sd      s5, 0(t0)
    mv      a0, s2
    mv      a1, s5
    call    strchr
    beqz    a0, .Lgetopt_unknown
    li      t0, ':'
    beq     s5, t0, .Lgetopt_unknown
    lbu     t1, 1(a0)
    bne     t1, t0, .Lgetopt_found
    la      t0, option.cluster          # it takes an argument: the rest of the word …
    ld      t1, 0(t0)
    sd      zero, 0(t0)
    bnez    t1, 2f
    la      t0, option.source           # … or the word after it
    ld      s4, 0(t0)
    bge     s4, s0, .Lgetopt_missing
    mv      a0, s1
    mv      a1, s4
    mv      a2, s3
    call    rotate_argument
    slli    t0, s3, 3
    add     t0, t0, s1
    ld      t1, 0(t0)
    addi    s3, s3, 1
2:  la      t0, optarg
    sd      t1, 0(t0)
.Lgetopt_found:
    la      t0, optind
    sd      s3, 0(t0)
    mv      a0, s5
    j       .Lgetopt_return
.Lgetopt_unknown:
    load_string a0, "invalid option -- '%c'"
    j       1f
.Lgetopt_missing:
    load_string a0, "option requires an argument -- '%c'"
1:  mv      a1, s5
    call    warnx
    la      t0, optind
    sd      s3, 0(t0)
    li      a0, '?'
    j       .Lgetopt_return
.Lgetopt_end:
.Lgetopt_none:
    la      t0, optind
    sd      s3, 0(t0)
    li      a0, -1
.Lgetopt_return:
    leave

# rotate_argument(a0 = argv, a1 = from, a2 = to <= from): moves one word forward, those between one place back
function rotate_argument
    slli    a1, a1, 3
    add     a1, a1, a0
    slli    a2, a2, 3
    add     a2, a2, a0
    ld      t0, 0(a1)
1:  beq     a1, a2, 2f
    ld      t1, -8(a1)
    sd      t1, 0(a1)
    addi    a1, a1, -8
    j       1b
2:  sd      t0, 0(a2)
    ret

# usage_error(a0 = exit status): the hint that GNU tools end a wrong command line with; does not return
function usage_error
    enter   1
    mv      s0, a0
    la      a0, stderr
    load_string a1, "Try '%s --help' for more information.\n"
    la      a2, program_invocation_name
    call    fprintf
    mv      a0, s0
    call    exit

    .endif
