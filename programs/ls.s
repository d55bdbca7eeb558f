# ls: lists directories. Reads names with getdents64, asks about each with fstatat, sorts, prints.
# Usage: ls [-alid1AtrCn] [FILE]...   One name a line; -l in GNU's long format, columns as wide as they need to be.

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/directory.s"
    .include "lib/time.s"

    program_name ls

# A file to be printed
    .equ    ENTRY_NAME, 0
    .equ    ENTRY_PATH, 8
    .equ    ENTRY_STAT, 16
    .equ    ENTRY_BYTES, ENTRY_STAT + STAT_BYTES

    variable flags, 128                 # one byte an option letter: 1 if it was given
    variable status
    variable now                        # seconds since 1970
    variable links_width
    variable user_width
    variable group_width
    variable size_width
    variable inode_width
    variable major_width
    variable minor_width
    variable printed                    # 1 once something was printed: the next directory gets a blank line before it

    .macro flag register, letter
    la      \register, flags
    lbu     \register, \letter(\register)
    .endm

# main: s0 argc   s1 argv   s2 operand   s3 files   s4 how many   s5 directories   s6 how many   s7 entry
function main
    enter   8
    mv      s0, a0
    mv      s1, a1
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "alid1AtrCn"
    call    getopt
    bltz    a0, 3f
    li      t0, '?'
    bne     a0, t0, 2f
    li      a0, 2
    call    usage_error
2:  la      t0, flags
    add     t0, t0, a0
    li      t1, 1
    sb      t1, 0(t0)
    j       1b
3:  flag    t0, 'n'
    beqz    t0, 4f
    la      t1, flags
    sb      t0, 'l'(t1)
4:  li      a0, CLOCK_REALTIME
    addi    sp, sp, -16
    mv      a1, sp
    call    clock_gettime
    ld      t0, 0(sp)
    addi    sp, sp, 16
    la      t1, now
    sd      t0, 0(t1)
    la      t0, optind
    ld      s2, 0(t0)
    sub     a0, s0, s2
    addi    a0, a0, 1
    slli    a0, a0, 3
    call    malloc
    mv      s3, a0
    li      s4, 0
    sub     a0, s0, s2
    addi    a0, a0, 1
    slli    a0, a0, 3
    call    malloc
    mv      s5, a0
    li      s6, 0
    sub     s7, s0, s2
    bnez    s7, 5f
    load_string a0, "."                 # no operand: the current directory
    j       6f
5:  slli    t0, s2, 3
    add     t0, t0, s1
    ld      a0, 0(t0)
6:  call    operand_entry
    addi    s2, s2, 1
    beqz    a0, 8f
    flag    t1, 'd'
    bnez    t1, 7f
    lw      t0, ENTRY_STAT+STAT_MODE(a0)
    li      t1, S_IFMT
    and     t0, t0, t1
    li      t1, S_IFDIR
    bne     t0, t1, 7f
    slli    t0, s6, 3
    add     t0, t0, s5
    sd      a0, 0(t0)
    addi    s6, s6, 1
    j       8f
7:  slli    t0, s4, 3
    add     t0, t0, s3
    sd      a0, 0(t0)
    addi    s4, s4, 1
8:  blt     s2, s0, 5b
    mv      a0, s3                      # files first …
    mv      a1, s4
    call    sort_entries
    mv      a0, s3
    mv      a1, s4
    call    print_entries
    mv      a0, s5                      # … then directories, under a heading if there were several operands
    mv      a1, s6
    call    sort_entries
    slti    s7, s7, 2
    xori    s7, s7, 1
9:  beqz    s6, 10f
    ld      a0, 0(s5)
    ld      a0, ENTRY_PATH(a0)
    mv      a1, s7
    call    print_directory
    addi    s5, s5, 8
    addi    s6, s6, -1
    j       9b
10: la      t0, status
    ld      a0, 0(t0)
    leave

# operand_entry(a0 = path): the entry of a file named on the command line, or 0 after a message. A symbolic link is
# followed unless -l or -d asks about the link itself; one that leads nowhere is shown as a link.
function operand_entry
    enter   3
    mv      s0, a0
    li      a0, ENTRY_BYTES
    call    malloc
    mv      s1, a0
    sd      s0, ENTRY_NAME(s1)
    sd      s0, ENTRY_PATH(s1)
    flag    t0, 'l'
    flag    t1, 'd'
    or      t0, t0, t1
    bnez    t0, 1f
    mv      a0, s0
    addi    a1, s1, ENTRY_STAT
    call    stat
    bgez    a0, 2f
1:  mv      a0, s0
    addi    a1, s1, ENTRY_STAT
    call    lstat
    bgez    a0, 2f
    mv      s2, a0
    load_string a0, "cannot access '%s': %s"
    call    complain
    la      t0, status
    li      t1, 2
    sd      t1, 0(t0)
    li      s1, 0
2:  mv      a0, s1
    leave

# complain(a0 = format; s0 = path, s2 = minus an errno)
function complain
    enter   4
    mv      s3, a0
    mv      a0, s2
    call    strerror
    mv      a2, a0
    mv      a1, s0
    mv      a0, s3
    call    warnx
    leave

# print_directory(a0 = path, a1 = 1 for a heading)
#   s0 path   s1 heading   s2 names, minus an errno before   s3 how many   s4 entries   s5 how many   s6 blocks   s7 name
function print_directory
    enter   8
    mv      s0, a0
    mv      s1, a1
    call    read_directory
    mv      s2, a0
    mv      s3, a1
    bgez    a0, 1f
    load_string a0, "cannot open directory '%s': %s"
    call    complain
    la      t0, status
    li      t1, 2
    sd      t1, 0(t0)
    j       9f
1:  beqz    s1, 3f
    la      t0, printed
    ld      t1, 0(t0)
    beqz    t1, 2f
    li      a0, '\n'
    call    putchar
2:  load_string a0, "%s:\n"
    mv      a1, s0
    call    printf
3:  la      t0, printed
    li      t1, 1
    sd      t1, 0(t0)
    slli    a0, s3, 3
    call    malloc
    mv      s4, a0
    li      s5, 0
    li      s6, 0
4:  beqz    s3, 6f
    ld      s7, 0(s2)
    addi    s2, s2, 8
    addi    s3, s3, -1
    mv      a0, s7
    call    is_shown
    beqz    a0, 4b
    li      a0, ENTRY_BYTES
    call    malloc
    slli    t0, s5, 3
    add     t0, t0, s4
    sd      a0, 0(t0)
    mv      t1, a0
    sd      s7, ENTRY_NAME(t1)
    mv      a0, s0
    mv      a1, s7
    call    join_path
    slli    t0, s5, 3
    add     t0, t0, s4
    ld      t1, 0(t0)
    sd      a0, ENTRY_PATH(t1)
    flag    t2, 'l'                     # names alone need no stat
    flag    t3, 'i'
    or      t2, t2, t3
    flag    t3, 't'
    or      t2, t2, t3
    beqz    t2, 5f
    addi    a1, t1, ENTRY_STAT
    call    lstat
    bltz    a0, 4b                      # gone in between: leave it out
    slli    t0, s5, 3
    add     t0, t0, s4
    ld      t1, 0(t0)
    ld      t2, ENTRY_STAT+STAT_BLOCKS(t1)
    add     s6, s6, t2
5:  addi    s5, s5, 1
    j       4b
6:  mv      a0, s4
    mv      a1, s5
    call    sort_entries
    flag    t0, 'l'
    beqz    t0, 7f
    load_string a0, "total %u\n"
    srli    a1, s6, 1                   # in KiB
    call    printf
7:  mv      a0, s4
    mv      a1, s5
    call    print_entries
9:  leave

# is_shown(a0 = name): 1 unless it begins with '.' and neither -a, nor -A for any but '.' and '..', was given
function is_shown
    mv      t0, a0
    li      a0, 1
    lbu     t1, 0(t0)
    li      t2, '.'
    bne     t1, t2, 1f
    flag    t3, 'a'
    bnez    t3, 1f
    flag    a0, 'A'
    lbu     t1, 1(t0)
    beqz    t1, 2f
    bne     t1, t2, 1f
    lbu     t1, 2(t0)
    bnez    t1, 1f
2:  li      a0, 0
1:  ret

# sort_entries(a0 = entries, a1 = count): by name, or with -t the newest first; -r the other way round
function sort_entries
    la      a2, compare_entries
    j       sort
function compare_entries
    flag    t0, 'r'
    beqz    t0, 1f
    mv      t1, a0
    mv      a0, a1
    mv      a1, t1
1:  flag    t0, 't'
    beqz    t0, 3f
    ld      t1, ENTRY_STAT+STAT_MTIME(a0)
    ld      t2, ENTRY_STAT+STAT_MTIME(a1)
    bne     t1, t2, 2f
    ld      t1, ENTRY_STAT+STAT_MTIME_NSEC(a0)
    ld      t2, ENTRY_STAT+STAT_MTIME_NSEC(a1)
    beq     t1, t2, 3f
2:  sub     a0, t2, t1
    ret
3:  ld      a0, ENTRY_NAME(a0)
    ld      a1, ENTRY_NAME(a1)
    j       strcmp

# widen(a0 = number, a1 = variable): the variable becomes at least the number's count of digits
function widen
    li      t0, 1
    li      t1, 10
1:  bltu    a0, t1, 2f
    divu    a0, a0, t1
    addi    t0, t0, 1
    j       1b
2:  ld      t2, 0(a1)
    bge     t2, t0, 3f
    sd      t0, 0(a1)
3:  ret

# widen_owner(a0 = uid or gid, a1 = variable): the same for an owner, whose name root has four letters
function widen_owner
    bnez    a0, widen
    flag    t0, 'n'
    bnez    t0, widen
    li      a0, 1000
    j       widen

# print_entries(a0 = entries, a1 = count)
#   s0 entries   s1 count   s2 entry   s3 index
function print_entries
    enter   4
    mv      s0, a0
    mv      s1, a1
    beqz    a1, 9f
    la      t0, printed
    li      t1, 1
    sd      t1, 0(t0)
    la      t0, links_width
    sd      zero, 0(t0)
    la      t0, user_width
    sd      zero, 0(t0)
    la      t0, group_width
    sd      zero, 0(t0)
    la      t0, size_width
    sd      zero, 0(t0)
    la      t0, inode_width
    sd      zero, 0(t0)
    la      t0, major_width
    sd      zero, 0(t0)
    la      t0, minor_width
    sd      zero, 0(t0)
    li      s3, 0
1:  slli    t0, s3, 3
    add     t0, t0, s0
    ld      s2, 0(t0)
    ld      a0, ENTRY_STAT+STAT_INO(s2)
    la      a1, inode_width
    call    widen
    lwu     a0, ENTRY_STAT+STAT_NLINK(s2)
    la      a1, links_width
    call    widen
    lwu     a0, ENTRY_STAT+STAT_UID(s2)
    la      a1, user_width
    call    widen_owner
    lwu     a0, ENTRY_STAT+STAT_GID(s2)
    la      a1, group_width
    call    widen_owner
    mv      a0, s2
    call    is_device
    bnez    a0, 2f
    ld      a0, ENTRY_STAT+STAT_SIZE(s2)
    la      a1, size_width
    call    widen
    j       3f
2:  ld      a0, ENTRY_STAT+STAT_RDEV(s2)
    call    split_device
    mv      s2, a1
    la      a1, major_width
    call    widen
    mv      a0, s2
    la      a1, minor_width
    call    widen
3:  addi    s3, s3, 1
    blt     s3, s1, 1b
    la      t0, major_width             # a device takes "MAJOR, MINOR" in the size column
    ld      t0, 0(t0)
    beqz    t0, 5f
    la      t1, minor_width
    ld      t1, 0(t1)
    add     t0, t0, t1
    addi    t0, t0, 2
    la      t1, size_width
    ld      t2, 0(t1)
    bge     t2, t0, 5f
    sd      t0, 0(t1)
5:  mv      a0, s0                      # now print
6:  beqz    s1, 9f
    ld      s2, 0(s0)
    flag    t0, 'i'
    beqz    t0, 7f
    load_string a0, "%*u "
    la      t0, inode_width
    ld      a1, 0(t0)
    ld      a2, ENTRY_STAT+STAT_INO(s2)
    call    printf
7:  flag    t0, 'l'
    beqz    t0, 8f
    mv      a0, s2
    call    print_details
8:  ld      a0, ENTRY_NAME(s2)
    la      a1, stdout
    call    fputs
    flag    t0, 'l'
    beqz    t0, 10f
    mv      a0, s2
    call    print_target
10: li      a0, '\n'
    call    putchar
    addi    s0, s0, 8
    addi    s1, s1, -1
    j       6b
9:  leave

# is_device(a0 = entry)
function is_device
    lw      t0, ENTRY_STAT+STAT_MODE(a0)
    li      t1, S_IFMT
    and     t0, t0, t1
    li      a0, 1
    li      t1, S_IFCHR
    beq     t0, t1, 1f
    li      t1, S_IFBLK
    beq     t0, t1, 1f
    li      a0, 0
1:  ret

# split_device(a0 = st_rdev): a0 = major, a1 = minor. Linux's encoding: mmmM MMmm, with 12 + 8 bits of each below 2^32.
function split_device
    andi    a1, a0, 0xff
    srli    t0, a0, 12
    li      t1, 0xfff00
    and     t0, t0, t1
    or      a1, a1, t0
    srli    a0, a0, 8
    li      t1, 0xfff
    and     a0, a0, t1
    ret

# print_details(a0 = entry): all that -l shows before the name
#   s0 entry   s1 mode
function print_details
    enter   4, TM_BYTES
    mv      s0, a0
    lw      s1, ENTRY_STAT+STAT_MODE(s0)
    mv      a0, s1
    call    print_mode
    load_string a0, " %*u "
    la      t0, links_width
    ld      a1, 0(t0)
    lwu     a2, ENTRY_STAT+STAT_NLINK(s0)
    call    printf
    lwu     a0, ENTRY_STAT+STAT_UID(s0)
    la      t0, user_width
    ld      a1, 0(t0)
    call    print_owner
    lwu     a0, ENTRY_STAT+STAT_GID(s0)
    la      t0, group_width
    ld      a1, 0(t0)
    call    print_owner
    mv      a0, s0
    call    is_device
    beqz    a0, 1f
    ld      a0, ENTRY_STAT+STAT_RDEV(s0)
    call    split_device
    mv      a2, a0
    mv      a4, a1
    la      t0, minor_width
    ld      a3, 0(t0)
    la      t0, size_width
    ld      a1, 0(t0)
    sub     a1, a1, a3
    addi    a1, a1, -2
    load_string a0, "%*u, %*u "
    call    printf
    j       2f
1:  load_string a0, "%*u "
    la      t0, size_width
    ld      a1, 0(t0)
    ld      a2, ENTRY_STAT+STAT_SIZE(s0)
    call    printf
2:  ld      a0, ENTRY_STAT+STAT_MTIME(s0)
    mv      a1, sp
    call    gmtime
    ld      a0, TM_MONTH(sp)
    call    month_name
    mv      a1, a0
    ld      a2, TM_DAY(sp)
    load_string a0, "%s %2u "
    call    printf
    ld      t0, ENTRY_STAT+STAT_MTIME(s0)
    la      t1, now
    ld      t1, 0(t1)
    bgt     t0, t1, 3f                  # in the future, or older than half a year: the year instead of the time
    li      t2, 31556952 / 2
    sub     t1, t1, t2
    ble     t0, t1, 3f
    ld      a1, TM_HOUR(sp)
    ld      a2, TM_MINUTE(sp)
    load_string a0, "%02u:%02u "
    j       4f
3:  ld      a1, TM_YEAR(sp)
    load_string a0, "%5u "
4:  call    printf
    leave

# print_owner(a0 = uid or gid, a1 = width): root by name, others by number
function print_owner
    mv      a2, a0
    bnez    a0, 1f
    flag    t0, 'n'
    bnez    t0, 1f
    load_string a0, "%-*s "
    load_string a2, "root"
    j       printf
1:  load_string a0, "%*u "
    j       printf

# print_mode(a0 = mode): ten letters, as in drwxr-xr-x
#   s0 mode   s1 bit   s2 letters
function print_mode
    enter   3
    mv      s0, a0
    la      t0, type_letters
    srli    t1, a0, 12
    andi    t1, t1, 15
    add     t0, t0, t1
    lbu     a0, 0(t0)
    call    putchar
    li      s1, 8
    load_string s2, "rwxrwxrwx"
1:  lbu     a0, 0(s2)
    addi    s2, s2, 1
    srl     t0, s0, s1
    andi    t0, t0, 1
    bnez    t0, 2f
    li      a0, '-'
2:  la      t1, special_bits            # set-user-ID, set-group-ID and sticky share the place of an x
    li      t5, 3
3:  lbu     t2, 0(t1)
    bne     t2, s1, 4f
    lbu     t2, 1(t1)
    srl     t2, s0, t2
    andi    t2, t2, 1
    beqz    t2, 4f
    lbu     a0, 2(t1)                   # lower case if x is set as well
    bnez    t0, 4f
    addi    a0, a0, 'A' - 'a'
4:  addi    t1, t1, 3
    addi    t5, t5, -1
    bnez    t5, 3b
    call    putchar
    addi    s1, s1, -1
    bgez    s1, 1b
    leave

# print_target(a0 = entry): " -> TARGET" for a symbolic link
    variable target, 4096
function print_target
    lw      t0, ENTRY_STAT+STAT_MODE(a0)
    li      t1, S_IFMT
    and     t0, t0, t1
    li      t1, S_IFLNK
    bne     t0, t1, 1f
    enter
    ld      a0, ENTRY_PATH(a0)
    la      a1, target
    li      a2, 4095
    call    readlink
    bltz    a0, 2f
    la      a1, target
    add     a0, a0, a1
    sb      zero, 0(a0)
    load_string a0, " -> %s"
    call    printf
2:  unwind
1:  ret

    .section .rodata
type_letters:                           # indexed by mode >> 12
    .ascii  "?pc?d?b?-?l?s???"
special_bits:                           # place of the x, bit in the mode, letter
    .byte   6, 11, 's', 3, 10, 's', 0, 9, 't'
    .text
