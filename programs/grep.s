# grep: prints the lines that match a pattern. The matcher is the classic backtracking one: a few lines that try the
# pattern at each place of the line.
# Usage: grep [-vcniqlhHsF] PATTERN [FILE]...   or grep -e PATTERN ...
# Patterns: ^ $ . [set] [^set] \c and a following *, as in a basic regular expression; with -F all bytes are literal.
# Status: 0 a line matched, 1 none did, 2 trouble.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/input.s"

    program_name grep

    variable flags, 128                 # one byte an option letter: 1 if it was given
    variable pattern
    variable line_end                   # of the line that is being matched
    variable reader, READER_BYTES
    variable any_match
    variable with_names                 # print the file's name before its lines

    .macro flag register, letter
    la      \register, flags
    lbu     \register, \letter(\register)
    .endm

# main: s0 argc   s1 argv   s2 status of trouble   s3 operand
function main
    enter   4
    mv      s0, a0
    mv      s1, a1
    li      s2, 0
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "vcniqlhHsFEe:"
    call    getopt
    bltz    a0, 3f
    li      t0, '?'
    beq     a0, t0, usage
    la      t0, flags
    add     t0, t0, a0
    li      t1, 1
    sb      t1, 0(t0)
    li      t1, 'e'
    bne     a0, t1, 1b
    la      t0, optarg
    ld      t0, 0(t0)
    la      t1, pattern
    sd      t0, 0(t1)
    j       1b
3:  la      t0, optind
    ld      s3, 0(t0)
    la      t1, pattern
    ld      t2, 0(t1)
    bnez    t2, 4f
    bge     s3, s0, usage               # the first operand is the pattern
    slli    t0, s3, 3
    add     t0, t0, s1
    ld      t0, 0(t0)
    sd      t0, 0(t1)
    addi    s3, s3, 1
4:  sub     t0, s0, s3
    slti    t0, t0, 2
    xori    t0, t0, 1
    flag    t1, 'H'
    or      t0, t0, t1
    flag    t1, 'h'
    xori    t1, t1, 1
    and     t0, t0, t1
    la      t1, with_names
    sd      t0, 0(t1)
    blt     s3, s0, 5f
    load_string a0, "-"
    call    search_file
    mv      s2, a0
    j       6f
5:  slli    t0, s3, 3
    add     t0, t0, s1
    ld      a0, 0(t0)
    call    search_file
    or      s2, s2, a0
    addi    s3, s3, 1
    blt     s3, s0, 5b
6:  la      t0, any_match
    ld      t0, 0(t0)
    flag    t1, 'q'
    and     t1, t1, t0
    xori    a0, t0, 1
    bnez    t1, 7f                      # -q: a match outweighs trouble
    beqz    s2, 7f
    li      a0, 2
7:  leave

function usage
    la      a0, stderr
    load_string a1, "Usage: grep [OPTION]... PATTERNS [FILE]...\n"
    call    fprintf
    li      a0, 2
    call    usage_error

# search_file(a0 = name): 0, or 1 after a message
#   s0 name   s1 fd   s2 line number   s3 lines that match   s4 line   s5 its length   s6 status
function search_file
    enter   7
    mv      s0, a0
    li      s1, 0
    li      s2, 0
    li      s3, 0
    li      s6, 0
    load_string a1, "-"
    call    strcmp
    bnez    a0, 1f
    load_string s0, "(standard input)"
    j       2f
1:  mv      a0, s0
    li      a1, O_RDONLY
    call    open
    mv      s1, a0
    bltz    a0, 8f
2:  la      a0, reader
    mv      a1, s1
    call    reader_open
3:  la      a0, reader
    call    read_line
    beqz    a0, 6f
    mv      s4, a0
    mv      s5, a1
    addi    s2, s2, 1
    call    match_line
    flag    t0, 'v'
    beq     a0, t0, 3b
    addi    s3, s3, 1
    la      t0, any_match
    li      t1, 1
    sd      t1, 0(t0)
    flag    t0, 'q'
    bnez    t0, 7f
    flag    t0, 'l'
    bnez    t0, 6f
    flag    t0, 'c'
    bnez    t0, 3b
    la      t0, with_names
    ld      t0, 0(t0)
    beqz    t0, 4f
    load_string a0, "%s:"
    mv      a1, s0
    call    printf
4:  flag    t0, 'n'
    beqz    t0, 5f
    load_string a0, "%u:"
    mv      a1, s2
    call    printf
5:  la      a0, stdout
    mv      a1, s4
    mv      a2, s5
    call    fwrite
    li      a0, '\n'
    call    putchar
    j       3b
6:  la      t0, reader
    ld      a0, READER_ERROR(t0)
    bltz    a0, 8f
    flag    t0, 'l'
    beqz    t0, 9f
    beqz    s3, 7f
    mv      a0, s0
    call    puts
    j       7f
9:  flag    t0, 'c'
    beqz    t0, 7f
    la      t0, with_names
    ld      t0, 0(t0)
    beqz    t0, 10f
    load_string a0, "%s:"
    mv      a1, s0
    call    printf
10: load_string a0, "%u\n"
    mv      a1, s3
    call    printf
    j       7f
8:  li      s6, 1
    flag    t0, 's'
    bnez    t0, 7f
    mv      a1, a0
    mv      a0, s0
    call    warn
7:  blez    s1, 11f
    mv      a0, s1
    call    close
11: mv      a0, s6
    leave

# match_line(a0 = line, a1 = length): 1 if the pattern occurs anywhere in it
#   s0 place in the line   s1 pattern
function match_line
    enter   2
    mv      s0, a0
    add     a1, a1, a0
    la      t0, line_end
    sd      a1, 0(t0)
    la      t0, pattern
    ld      s1, 0(t0)
    flag    t0, 'F'
    bnez    t0, 1f
    lbu     t0, 0(s1)
    li      t1, '^'
    bne     t0, t1, 1f
    addi    a0, s1, 1                   # anchored: the first place alone
    mv      a1, s0
    call    match_here
    j       3f
1:  mv      a0, s1
    mv      a1, s0
    call    match_here
    bnez    a0, 3f
    la      t0, line_end
    ld      t0, 0(t0)
    addi    s0, s0, 1
    bleu    s0, t0, 1b
    li      a0, 0
3:  leave

# match_here(a0 = pattern, a1 = place): 1 if the pattern matches beginning at the place
#   s0 pattern   s1 place   s2 end of the line   s3 end of the pattern's first atom
function match_here
    enter   4
    mv      s0, a0
    mv      s1, a1
    la      t0, line_end
    ld      s2, 0(t0)
1:  lbu     t0, 0(s0)
    beqz    t0, 8f
    addi    s3, s0, 1
    flag    t1, 'F'
    bnez    t1, 3f
    li      t1, '$'
    bne     t0, t1, 2f
    lbu     t1, 1(s0)
    bnez    t1, 2f
    xor     a0, s1, s2
    seqz    a0, a0
    j       9f
2:  mv      a0, s0
    call    atom_end
    mv      s3, a0
    lbu     t0, 0(s3)
    li      t1, '*'
    beq     t0, t1, 4f
3:  beq     s1, s2, 7f
    mv      a0, s0
    lbu     a1, 0(s1)
    call    match_atom
    beqz    a0, 9f
    mv      s0, s3
    addi    s1, s1, 1
    j       1b
4:  addi    a0, s3, 1                   # atom*: try the rest after none, one, two … of them
    mv      a1, s1
    call    match_here
    bnez    a0, 9f
    beq     s1, s2, 7f
    mv      a0, s0
    lbu     a1, 0(s1)
    call    match_atom
    addi    s1, s1, 1
    bnez    a0, 4b
7:  li      a0, 0
    j       9f
8:  li      a0, 1
9:  leave

# atom_end(a0 = pattern): behind its first atom: a byte, \c, or [set]
function atom_end
    lbu     t0, 0(a0)
    li      t1, '\\'
    bne     t0, t1, 1f
    lbu     t0, 1(a0)
    snez    t0, t0
    addi    a0, a0, 1
    add     a0, a0, t0
    ret
1:  li      t1, '['
    addi    a0, a0, 1
    bne     t0, t1, 4f
    mv      t2, a0
    lbu     t0, 0(t2)
    li      t1, '^'
    bne     t0, t1, 2f
    addi    t2, t2, 1
2:  addi    t2, t2, 1                   # a ']' in the first place is a member
    lbu     t0, -1(t2)
    beqz    t0, 4f
3:  lbu     t0, 0(t2)
    beqz    t0, 4f                      # no ']': the '[' is an ordinary byte
    addi    t2, t2, 1
    li      t1, ']'
    bne     t0, t1, 3b
    mv      a0, t2
4:  ret

# match_atom(a0 = pattern, a1 = byte): 1 if the first atom matches the byte; with -i in either case of a letter
function match_atom
    flag    t0, 'i'
    beqz    t0, match_byte
    enter   2
    mv      s0, a0
    mv      a0, a1
    call    tolower
    mv      s1, a0
    mv      a1, a0
    mv      a0, s0
    call    match_byte
    bnez    a0, 1f
    addi    t0, s1, -'a'
    li      t1, 26
    bgeu    t0, t1, 1f
    mv      a0, s0
    addi    a1, s1, 'A' - 'a'
    call    match_byte
1:  leave

# match_byte(a0 = pattern, a1 = byte)
function match_byte
    lbu     t0, 0(a0)
    flag    t1, 'F'
    bnez    t1, 5f
    li      t1, '.'
    li      t2, 1
    beq     t0, t1, 6f
    li      t1, '\\'
    bne     t0, t1, 1f
    lbu     t0, 1(a0)
    bnez    t0, 5f
    mv      t0, t1
    j       5f
1:  li      t1, '['
    bne     t0, t1, 5f
    addi    a0, a0, 1
    lbu     t0, 0(a0)
    li      t3, 0                       # t3: 1 for [^set]
    li      t1, '^'
    bne     t0, t1, 2f
    li      t3, 1
    addi    a0, a0, 1
2:  li      t2, 0                       # t2: 1 when a member is the byte
    lbu     t0, 0(a0)
3:  beqz    t0, 4f
    lbu     t4, 1(a0)                   # t0-t5 is a range if a '-' and a member follow
    li      t1, '-'
    mv      t5, t0
    bne     t4, t1, 7f
    lbu     t4, 2(a0)
    beqz    t4, 7f
    li      t1, ']'
    beq     t4, t1, 7f
    mv      t5, t4
    addi    a0, a0, 2
7:  bltu    a1, t0, 8f
    bgtu    a1, t5, 8f
    li      t2, 1
8:  addi    a0, a0, 1
    lbu     t0, 0(a0)
    li      t1, ']'
    bne     t0, t1, 3b
4:  xor     a0, t2, t3
    ret
5:  xor     t2, t0, a1
    seqz    t2, t2
6:  mv      a0, t2
    ret
