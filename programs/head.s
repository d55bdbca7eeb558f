# head: prints the first lines (or bytes) of files, and stops reading there.
# Usage: head [-n LINES | -c BYTES | -LINES] [-q] [FILE]...   Default: 10 lines.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"

    program_name head
    .equ    CHUNK, 4096
    variable buffer, CHUNK

    .data
    .balign 8
limit:  .quad   10
bytes:  .quad   0                       # 1: the limit counts bytes
quiet:  .quad   0
first:  .quad   1                       # no file was printed yet
    .text

# main: s0 argc   s1 argv   s2 status   s3 operand   s4 print headers
function main
    enter   5
    mv      s0, a0
    mv      s1, a1
    li      s2, 0
    li      t0, 2
    blt     a0, t0, 1f
    ld      t0, 8(a1)                   # the old form: -LINES as the first argument
    lbu     t1, 0(t0)
    li      t2, '-'
    bne     t1, t2, 1f
    lbu     t1, 1(t0)
    addi    t1, t1, -'0'
    li      t2, 10
    bgeu    t1, t2, 1f
    addi    a0, t0, 1
    call    parse_number
    beqz    a1, 1f
    la      t0, limit
    sd      a0, 0(t0)
    la      t0, optind
    li      t1, 2
    sd      t1, 0(t0)
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "n:c:q"
    call    getopt
    bltz    a0, 4f
    li      t0, 'q'
    bne     a0, t0, 2f
    la      t0, quiet
    li      t1, 1
    sd      t1, 0(t0)
    j       1b
2:  li      t0, '?'
    bne     a0, t0, 3f
    li      a0, 1
    call    usage_error
3:  addi    t1, a0, -'c'
    seqz    t1, t1
    la      t0, bytes
    sd      t1, 0(t0)
    la      t0, optarg
    ld      a0, 0(t0)
    call    parse_number
    la      t0, limit
    sd      a0, 0(t0)
    bltz    a0, 8f
    bnez    a1, 1b
8:  load_string a0, "invalid number of lines: '%s'"
    la      t0, bytes
    ld      t0, 0(t0)
    beqz    t0, 9f
    load_string a0, "invalid number of bytes: '%s'"
9:  la      t0, optarg
    ld      a1, 0(t0)
    call    warnx
    li      a0, 1
    call    exit
4:  la      t0, optind
    ld      s3, 0(t0)
    sub     t0, s0, s3
    slti    s4, t0, 2
    xori    s4, s4, 1
    la      t1, quiet
    ld      t1, 0(t1)
    beqz    t1, 5f
    li      s4, 0
5:  bgtz    t0, 6f
    load_string a0, "-"
    li      a1, 0
    call    print_file
    j       7f
6:  slli    t0, s3, 3
    add     t0, t0, s1
    ld      a0, 0(t0)
    mv      a1, s4
    call    print_file
    or      s2, s2, a0
    addi    s3, s3, 1
    blt     s3, s0, 6b
    mv      a0, s2
7:  leave

# print_file(a0 = name, a1 = with a header): 0, or 1 after a message
#   s0 name   s1 fd   s2 left to print   s3 status
function print_file
    enter   5
    mv      s0, a0
    mv      s4, a1
    li      s1, 0
    li      s3, 0
    load_string a1, "-"
    call    strcmp
    beqz    a0, 1f
    mv      a0, s0
    li      a1, O_RDONLY
    call    open
    mv      s1, a0
    bgez    a0, 1f
    mv      s3, a0
    load_string a0, "cannot open '%s' for reading: %s"
    j       7f
1:  beqz    s4, 3f
    la      t0, first
    ld      t1, 0(t0)
    sd      zero, 0(t0)
    bnez    t1, 2f
    li      a0, '\n'
    call    putchar
2:  load_string a0, "==> %s <==\n"
    mv      a1, s0
    bnez    s1, 4f
    load_string a1, "standard input"
4:  call    printf
3:  la      t0, limit
    ld      s2, 0(t0)
5:  blez    s2, 9f
    mv      a0, s1
    la      a1, buffer
    li      a2, CHUNK
    call    read
    beqz    a0, 9f
    bgez    a0, 6f
    mv      s3, a0
    load_string a0, "error reading '%s': %s"
7:  mv      s4, a0
    mv      a0, s3
    call    strerror
    mv      a2, a0
    mv      a1, s0
    mv      a0, s4
    call    warnx
    li      s3, 1
    j       9f
6:  la      a1, buffer
    la      t0, bytes
    ld      t0, 0(t0)
    beqz    t0, 10f
    ble     a0, s2, 8f                  # bytes: as many as are left
    mv      a0, s2
8:  sub     s2, s2, a0
    mv      a2, a0
    j       12f
10: add     t1, a1, a0                  # lines: up to the last newline that is wanted
    mv      t0, a1
    li      t2, '\n'
11: beq     t0, t1, 13f
    lbu     t3, 0(t0)
    addi    t0, t0, 1
    bne     t3, t2, 11b
    addi    s2, s2, -1
    bnez    s2, 11b
13: sub     a2, t0, a1
12: la      a0, stdout
    call    fwrite
    j       5b
9:  blez    s1, 14f
    mv      a0, s1
    call    close
14: mv      a0, s3
    leave
