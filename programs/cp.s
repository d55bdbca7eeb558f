# cp: copies files: read and write until the end, then the same mode.
# Usage: cp [-f] SOURCE DESTINATION, or cp [-f] SOURCE... DIRECTORY

    .include "lib/start.s"
    .include "lib/syscalls.s"
    .include "lib/string.s"
    .include "lib/memory.s"
    .include "lib/stdio.s"
    .include "lib/options.s"
    .include "lib/directory.s"
    .include "lib/target.s"

    program_name cp

    variable flags, 128                 # one byte an option letter: 1 if it was given

# main: s0 argc   s1 argv
function main
    enter   2
    mv      s0, a0
    mv      s1, a1
1:  mv      a0, s0
    mv      a1, s1
    load_string a2, "f"
    call    getopt
    bltz    a0, 2f
    la      t0, flags
    add     t0, t0, a0
    li      t1, 1
    sb      t1, 0(t0)
    li      t0, '?'
    bne     a0, t0, 1b
    li      a0, 1
    call    usage_error
2:  ld      t0, optind
    sub     a1, s0, t0
    slli    t0, t0, 3
    add     a0, s1, t0
    mv      s0, a0
    mv      s1, a1
    call    two_operands
    mv      a0, s0
    mv      a1, s1
    la      a2, copy
    unwind
    j       for_each_source

    .equ    CHUNK, 65536
    variable buffer, CHUNK

# copy(a0 = from, a1 = to): 0, or 1 after a message
#   s0 from   s1 to   s2, s3 their descriptors
function copy
    enter   5, STAT_BYTES
    mv      s0, a0
    mv      s1, a1
    li      s3, -1
    li      a1, O_RDONLY
    call    open
    mv      s2, a0
    load_string a3, "cannot open '%s' for reading: %s"
    li      t0, -ENOENT
    bne     a0, t0, 1f
    load_string a3, "cannot stat '%s': %s"
1:  mv      a1, s0
    bltz    a0, 8f
    mv      a1, sp
    call    fstat
    lw      t0, STAT_MODE(sp)
    li      t1, S_IFMT
    and     t1, t0, t1
    li      t2, S_IFDIR
    bne     t1, t2, 2f
    load_string a0, "-r not specified; omitting directory '%s'"
    mv      a1, s0
    call    warnx
    j       9f
2:  mv      a0, s1
    li      a1, O_WRONLY | O_CREAT | O_TRUNC
    andi    a2, t0, 0777
    call    open
    mv      s3, a0
    load_string a3, "cannot create regular file '%s': %s"
    mv      a1, s1
    bltz    a0, 8f
3:  mv      a0, s2
    la      a1, buffer
    li      a2, CHUNK
    call    read
    beqz    a0, 4f
    load_string a3, "error reading '%s': %s"
    mv      a1, s0
    bltz    a0, 8f
    mv      a2, a0
    mv      a0, s3
    la      a1, buffer
    call    write_all
    load_string a3, "error writing '%s': %s"
    mv      a1, s1
    bltz    a0, 8f
    j       3b
4:  mv      a0, s2
    call    close
    mv      a0, s3
    call    close
    li      a0, 0
    leave
8:  mv      s0, a1                      # a0 = errno, a1 = file, a3 = message
    mv      s4, a3
    call    strerror
    mv      a2, a0
    mv      a1, s0
    mv      a0, s4
    call    warnx
9:  mv      a0, s2
    call    close
    mv      a0, s3
    call    close
    li      a0, 1
    leave
