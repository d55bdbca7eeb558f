# Buffered streams, formatted print, error messages. Needs syscalls.s, string.s.
#
# A stream is a descriptor and a buffer. stdout is written when its buffer is full, at exit, and at each newline if it is
# a terminal; stderr after every call. Not for use by several threads at once.
# A program that includes this file states its name for messages with: program_name NAME

    .ifndef STDIO_S
    .set STDIO_S, 1

    .equ    STREAM_FD, 0                # -1: a string, bytes beyond the capacity are dropped
    .equ    STREAM_MODE, 4
    .equ    STREAM_USED, 8
    .equ    STREAM_ERROR, 16            # the first failed write's errno, negative, or 0
    .equ    STREAM_BASE, 24
    .equ    STREAM_CAPACITY, 32
    .equ    STREAM_BYTES, 40

    .equ    MODE_UNKNOWN, 0             # decided at the first byte: line if a terminal, else full
    .equ    MODE_FULL, 1
    .equ    MODE_LINE, 2
    .equ    MODE_CALL, 3                # flushed after every call

    .macro program_name name
    .section .rodata
program_invocation_name:
    .asciz  "\name"
    .text
    .endm

    variable stdout.buffer, 4096
    variable stderr.buffer, 512

    .data
    .balign 8
stdout:
    .word   1, MODE_UNKNOWN
    .quad   0, 0, stdout.buffer, 4096
stderr:
    .word   2, MODE_CALL
    .quad   0, 0, stderr.buffer, 512
    .text

# fflush(a0 = stream): writes what is buffered; 0, or minus an errno
function fflush
    ld      a2, STREAM_USED(a0)
    beqz    a2, 2f
    enter   1
    mv      s0, a0
    sd      zero, STREAM_USED(a0)
    ld      a1, STREAM_BASE(a0)
    lw      a0, STREAM_FD(a0)
    bltz    a0, 1f
    call    write_all
    beqz    a0, 1f
    sd      a0, STREAM_ERROR(s0)
1:  unwind
2:  ret

# stream_put(a0 = stream, a1 = byte)
function stream_put
    ld      t0, STREAM_USED(a0)
    ld      t1, STREAM_CAPACITY(a0)
    bgeu    t0, t1, 3f
1:  ld      t2, STREAM_BASE(a0)
    add     t2, t2, t0
    sb      a1, 0(t2)
    addi    t0, t0, 1
    sd      t0, STREAM_USED(a0)
    lw      t3, STREAM_MODE(a0)
    li      t4, MODE_FULL
    beq     t3, t4, 2f
    beqz    t3, 4f
    li      t4, MODE_LINE
    bne     t3, t4, 2f
    li      t4, '\n'
    beq     a1, t4, fflush
2:  ret
3:  lw      t3, STREAM_FD(a0)           # full: write it out, or drop the byte of a string
    bltz    t3, 2b
    enter   2
    mv      s0, a0
    mv      s1, a1
    call    fflush
    mv      a0, s0
    mv      a1, s1
    unwind
    li      t0, 0
    j       1b
4:  enter   2                           # the first byte decides the mode
    mv      s0, a0
    mv      s1, a1
    la      t0, stdio_exit
    la      t1, at_exit
    sd      t0, 0(t1)
    lw      a0, STREAM_FD(a0)
    call    isatty
    addi    a0, a0, MODE_FULL
    sw      a0, STREAM_MODE(s0)
    mv      a0, s0
    mv      a1, s1
    unwind
    li      t3, MODE_LINE
    lw      t4, STREAM_MODE(a0)
    bne     t3, t4, 2b
    li      t4, '\n'
    beq     a1, t4, fflush
    ret

# fwrite(a0 = stream, a1 = bytes, a2 = count). A large piece goes straight to the descriptor.
function fwrite
    enter   3
    mv      s0, a0
    mv      s1, a1
    add     s2, a1, a2
    li      t0, 2048
    bltu    a2, t0, 1f
    lw      t0, STREAM_FD(a0)
    bltz    t0, 1f
    lw      t0, STREAM_MODE(a0)
    beqz    t0, 1f
    call    fflush
    lw      a0, STREAM_FD(s0)
    mv      a1, s1
    sub     a2, s2, s1
    call    write_all
    beqz    a0, 2f
    sd      a0, STREAM_ERROR(s0)
    j       2f
1:  beq     s1, s2, 2f
    lbu     a1, 0(s1)
    mv      a0, s0
    call    stream_put
    addi    s1, s1, 1
    j       1b
2:  mv      a0, s0
    unwind
    j       end_of_call

# end_of_call(a0 = stream): what a MODE_CALL stream does at the end of each call
function end_of_call
    lw      t0, STREAM_MODE(a0)
    li      t1, MODE_CALL
    beq     t0, t1, fflush
    ret

# fputs(a0 = s, a1 = stream): without adding a newline
function fputs
    enter   2
    mv      s0, a0
    mv      s1, a1
    call    strlen
    mv      a2, a0
    mv      a1, s0
    mv      a0, s1
    unwind
    j       fwrite

# puts(a0 = s): to stdout, with a newline
function puts
    enter
    la      a1, stdout
    call    fputs
    li      a0, '\n'
    unwind
# putchar(a0 = byte)
function putchar
    mv      a1, a0
    la      a0, stdout
    j       stream_put

# stdio_exit(a0 = status): flushes stdout at exit; output that could not be written makes the status 1
function stdio_exit
    enter   1
    mv      s0, a0
    la      a0, stdout
    call    fflush
    la      t0, stdout
    ld      a1, STREAM_ERROR(t0)
    beqz    a1, 1f
    load_string a0, "write error"
    call    warn
    li      s0, 1
1:  mv      a0, s0
    leave

# printf(a0 = format, a1 …), fprintf(a0 = stream, a1 = format, a2 …), snprintf(a0 = buffer, a1 = bytes, a2 = format, a3 …)
# Conversions: %d %u %x %o %c %s %% with '-', '0', '+', a width, '*', and for %s a precision. 'l' is accepted and
# means nothing: every number is 64 bits wide. Arguments past a7 follow on the stack, as the calling convention has it.
function printf
    addi    sp, sp, -80
    sd      ra, 0(sp)
    sd      a1, 24(sp)
    sd      a2, 32(sp)
    sd      a3, 40(sp)
    sd      a4, 48(sp)
    sd      a5, 56(sp)
    sd      a6, 64(sp)
    sd      a7, 72(sp)
    mv      a1, a0
    la      a0, stdout
    addi    a2, sp, 24
    call    vfprintf
    ld      ra, 0(sp)
    addi    sp, sp, 80
    ret

function fprintf
    addi    sp, sp, -64
    sd      ra, 0(sp)
    sd      a0, 8(sp)
    sd      a2, 16(sp)
    sd      a3, 24(sp)
    sd      a4, 32(sp)
    sd      a5, 40(sp)
    sd      a6, 48(sp)
    sd      a7, 56(sp)
    addi    a2, sp, 16
    call    vfprintf
    ld      a0, 8(sp)
    call    end_of_call
    ld      ra, 0(sp)
    addi    sp, sp, 64
    ret

function snprintf
    addi    sp, sp, -112
    sd      ra, 0(sp)
    sd      a3, 72(sp)
    sd      a4, 80(sp)
    sd      a5, 88(sp)
    sd      a6, 96(sp)
    sd      a7, 104(sp)
    li      t0, -1
    sw      t0, 8+STREAM_FD(sp)
    li      t0, MODE_FULL
    sw      t0, 8+STREAM_MODE(sp)
    sd      zero, 8+STREAM_USED(sp)
    sd      a0, 8+STREAM_BASE(sp)
    addi    a1, a1, -1
    sd      a1, 8+STREAM_CAPACITY(sp)
    mv      a1, a2
    addi    a0, sp, 8
    addi    a2, sp, 72
    call    vfprintf
    ld      t0, 8+STREAM_BASE(sp)
    ld      a0, 8+STREAM_USED(sp)
    add     t0, t0, a0
    sb      zero, 0(t0)
    ld      ra, 0(sp)
    addi    sp, sp, 112
    ret                                 # a0 = bytes written, without the NUL

# vfprintf(a0 = stream, a1 = format, a2 = arguments, 8 bytes each)
#   s0 stream   s1 format   s2 next argument   s3 width   s4 flags   s5 precision   s6 text   s7 its length
    .equ    FLAG_LEFT, 1
    .equ    FLAG_ZERO, 2
    .equ    FLAG_PLUS, 4
    .equ    FLAG_MINUS_SIGN, 8
    .equ    FLAG_NUMBER, 16
function vfprintf
    enter   8, 72
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
.Lformat_next:
    lbu     a1, 0(s1)
    beqz    a1, .Lformat_done
    addi    s1, s1, 1
    li      t0, '%'
    beq     a1, t0, .Lformat_conversion
.Lformat_put:
    mv      a0, s0
    call    stream_put
    j       .Lformat_next
.Lformat_conversion:
    li      s3, 0
    li      s4, 0
    li      s5, -1
.Lformat_flag:
    lbu     t0, 0(s1)
    addi    s1, s1, 1
    li      t1, '-'
    li      t2, FLAG_LEFT
    beq     t0, t1, 1f
    li      t1, '0'
    li      t2, FLAG_ZERO
    beq     t0, t1, 1f
    li      t1, '+'
    li      t2, FLAG_PLUS
    bne     t0, t1, 2f
1:  or      s4, s4, t2
    j       .Lformat_flag
2:  li      t1, '*'
    bne     t0, t1, .Lformat_width
    ld      s3, 0(s2)
    addi    s2, s2, 8
    bgez    s3, 3f
    neg     s3, s3
    ori     s4, s4, FLAG_LEFT
3:  lbu     t0, 0(s1)
    addi    s1, s1, 1
    j       .Lformat_precision
.Lformat_width:
    addi    t1, t0, -'0'
    li      t2, 10
    bgeu    t1, t2, .Lformat_precision
    mul     s3, s3, t2
    add     s3, s3, t1
    lbu     t0, 0(s1)
    addi    s1, s1, 1
    j       .Lformat_width
.Lformat_precision:
    li      t1, '.'
    bne     t0, t1, .Lformat_length
    li      s5, 0
1:  lbu     t0, 0(s1)
    addi    s1, s1, 1
    li      t1, '*'
    beq     t0, t1, 2f
    addi    t1, t0, -'0'
    li      t2, 10
    bgeu    t1, t2, .Lformat_length
    mul     s5, s5, t2
    add     s5, s5, t1
    j       1b
2:  ld      s5, 0(s2)
    addi    s2, s2, 8
    lbu     t0, 0(s1)
    addi    s1, s1, 1
.Lformat_length:
    li      t1, 'l'
    bne     t0, t1, 1f
    lbu     t0, 0(s1)
    addi    s1, s1, 1
    j       .Lformat_length
1:  li      t1, 's'
    beq     t0, t1, .Lformat_string
    li      t1, 'd'
    beq     t0, t1, .Lformat_signed
    li      a1, 10
    li      t1, 'u'
    beq     t0, t1, .Lformat_unsigned
    li      a1, 16
    li      t1, 'x'
    beq     t0, t1, .Lformat_unsigned
    li      a1, 8
    li      t1, 'o'
    beq     t0, t1, .Lformat_unsigned
    li      t1, 'c'
    beq     t0, t1, .Lformat_character
    mv      a1, t0                      # %% and anything unknown: the byte itself
    bnez    a1, .Lformat_put
    j       .Lformat_done
.Lformat_character:
    ld      t0, 0(s2)
    addi    s2, s2, 8
    sb      t0, 0(sp)
    mv      s6, sp
    li      s7, 1
    j       .Lformat_pad
.Lformat_string:
    ld      s6, 0(s2)
    addi    s2, s2, 8
    li      s7, 0
1:  beq     s7, s5, .Lformat_pad               # a precision ends the string; -1 never does
    add     t0, s6, s7
    lbu     t0, 0(t0)
    beqz    t0, .Lformat_pad
    addi    s7, s7, 1
    j       1b
.Lformat_signed:
    ld      t0, 0(s2)
    bgez    t0, 1f
    ori     s4, s4, FLAG_MINUS_SIGN
    neg     t0, t0
1:  mv      a0, t0
    addi    s2, s2, 8
    li      a1, 10
    j       2f
.Lformat_unsigned:
    ld      a0, 0(s2)
    addi    s2, s2, 8
2:  ori     s4, s4, FLAG_NUMBER
    addi    a2, sp, 72
    call    format_unsigned
    mv      s6, a0
    addi    t0, sp, 72
    sub     s7, t0, s6
    andi    t0, s4, FLAG_ZERO           # zeros go between the sign and the digits
    beqz    t0, 4f
    andi    t0, s4, FLAG_MINUS_SIGN | FLAG_PLUS
    snez    t0, t0
    add     t0, t0, s7
    mv      t1, sp
3:  bge     t0, s3, 4f
    ble     s6, t1, 4f
    addi    s6, s6, -1
    li      t2, '0'
    sb      t2, 0(s6)
    addi    s7, s7, 1
    addi    t0, t0, 1
    j       3b
4:  li      t2, '-'
    andi    t0, s4, FLAG_MINUS_SIGN
    bnez    t0, 5f
    li      t2, '+'
    andi    t0, s4, FLAG_PLUS
    beqz    t0, .Lformat_pad
5:  addi    s6, s6, -1
    sb      t2, 0(s6)
    addi    s7, s7, 1
.Lformat_pad:
    sub     s3, s3, s7                  # spaces still to write
    andi    t0, s4, FLAG_LEFT
    bnez    t0, 2f
1:  blez    s3, 2f
    mv      a0, s0
    li      a1, ' '
    call    stream_put
    addi    s3, s3, -1
    j       1b
2:  blez    s7, 3f
    lbu     a1, 0(s6)
    mv      a0, s0
    call    stream_put
    addi    s6, s6, 1
    addi    s7, s7, -1
    j       2b
3:  blez    s3, .Lformat_next
    mv      a0, s0
    li      a1, ' '
    call    stream_put
    addi    s3, s3, -1
    j       3b
.Lformat_done:
    leave

# warn(a0 = subject, a1 = minus an errno): "NAME: SUBJECT: MESSAGE" on stderr, after what stdout holds
function warn
    enter   2
    mv      s0, a0
    mv      a0, a1
    call    strerror
    mv      s1, a0
    la      a0, stdout
    call    fflush
    la      a0, stderr
    load_string a1, "%s: %s: %s\n"
    la      a2, program_invocation_name
    mv      a3, s0
    mv      a4, s1
    call    fprintf
    leave

# warnx(a0 = format, a1, a2, a3): "NAME: " and the formatted text, a newline
function warnx
    enter   4
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
    mv      s3, a3
    la      a0, stdout
    call    fflush
    la      a0, stderr
    load_string a1, "%s: "
    la      a2, program_invocation_name
    call    fprintf
    la      a0, stderr
    mv      a1, s0
    mv      a2, s1
    mv      a3, s2
    mv      a4, s3
    call    fprintf
    li      a0, '\n'
    mv      a1, a0
    la      a0, stderr
    call    stream_put
    la      a0, stderr
    call    fflush
    leave

# perror(a0 = subject, a1 = minus an errno): as warn, without the program's name
function perror
    enter   1
    mv      s0, a0
    mv      a0, a1
    call    strerror
    mv      a3, a0
    mv      a2, s0
    la      a0, stderr
    load_string a1, "%s: %s\n"
    call    fprintf
    leave

# strerror(a0 = errno, of either sign): glibc's text
function strerror
    bgez    a0, 1f
    neg     a0, a0
1:  la      t0, error_texts
2:  lbu     t1, 0(t0)
    addi    t0, t0, 1
    beqz    t1, 4f
    beq     t1, a0, 4f
3:  lbu     t1, 0(t0)                   # to the next record
    addi    t0, t0, 1
    bnez    t1, 3b
    j       2b
4:  mv      a0, t0
    ret

# The records of strerror: an errno and its text, as glibc has them; 0 ends the list and names the rest.
    .macro error number, text
    .byte   \number
    .asciz  "\text"
    .endm
    .section .rodata
error_texts:
    error 1, "Operation not permitted"
    error 2, "No such file or directory"
    error 3, "No such process"
    error 4, "Interrupted system call"
    error 5, "Input/output error"
    error 6, "No such device or address"
    error 7, "Argument list too long"
    error 8, "Exec format error"
    error 9, "Bad file descriptor"
    error 10, "No child processes"
    error 11, "Resource temporarily unavailable"
    error 12, "Cannot allocate memory"
    error 13, "Permission denied"
    error 14, "Bad address"
    error 16, "Device or resource busy"
    error 17, "File exists"
    error 18, "Invalid cross-device link"
    error 19, "No such device"
    error 20, "Not a directory"
    error 21, "Is a directory"
    error 22, "Invalid argument"
    error 23, "Too many open files in system"
    error 24, "Too many open files"
    error 25, "Inappropriate ioctl for device"
    error 26, "Text file busy"
    error 27, "File too large"
    error 28, "No space left on device"
    error 29, "Illegal seek"
    error 30, "Read-only file system"
    error 31, "Too many links"
    error 32, "Broken pipe"
    error 33, "Numerical argument out of domain"
    error 34, "Numerical result out of range"
    error 36, "File name too long"
    error 38, "Function not implemented"
    error 39, "Directory not empty"
    error 40, "Too many levels of symbolic links"
    error 88, "Socket operation on non-socket"
    error 93, "Protocol not supported"
    error 95, "Operation not supported"
    error 97, "Address family not supported by protocol"
    error 98, "Address already in use"
    error 99, "Cannot assign requested address"
    error 101, "Network is unreachable"
    error 103, "Software caused connection abort"
    error 104, "Connection reset by peer"
    error 107, "Transport endpoint is not connected"
    error 110, "Connection timed out"
    error 111, "Connection refused"
    error 113, "No route to host"
    error 115, "Operation now in progress"
    error 0, "Unknown error"
    .text

    .endif
