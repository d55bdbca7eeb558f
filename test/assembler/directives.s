# Every directive and way of writing, for comparison with GNU as. Not a program: it is never run.
        .file   "directives.s"
        .option norelax
        .globl  _start, global_label      # two names
        .type   _start, @function
        .text
_start: nop; nop                          # two statements
        /* a block comment
           over lines */ addi a0, a0, 1
        /* two */ nop /* on one line */
        li      a0, 'a'
        li      a1, '\n'
        li      a2, '\\'
        li      a3, ';'
        li      a4, '#'
        .set    counter, 0
        .rept   4
        addi    a0, a0, counter
        .set    counter, counter + 1
        .endr
        .equ    WIDTH, 8 * 2 + 1
        .equiv  HEIGHT, (WIDTH - 1) / 2
AREA = WIDTH * HEIGHT
        li      t0, AREA
        li      t2, ~0 << 4 | 3
        li      t3, -7 / 2 + 5 % 3
        li      t4, 1 + 2 * 3 | 4
        li      t5, !5 + !0
        li      t6, (WIDTH == 17) & (HEIGHT != 9) && 3
        li      a5, 0xffffffff & 0b1010 ^ 017
        .macro  save reg, offset=0, base=sp
        sd      \reg, \offset(\base)
        .endm
        save    ra
        save    s0, 8
        save    base=a0, reg=s1, offset=16
        .macro  each op:req, first, rest:vararg
        \op     \first, \first, 1
        .ifnb   \rest
        each    \op, \rest
        .endif
        .endm
        each    addi, a0, a1, a2
        .macro  unique
local_\@:
        j       local_\@
        .endm
        unique
        unique
        .macro  join a, b
\a\()_\b:
        .word   \a\()_\b - _start
        .endm
        .data
        join    left, right
        .text
        .macro  statements text
        \text
        .endm
        statements "addi a0, a0, 2; addi a1, a1, 3"
        .irp    reg, s2, s3, s4
        mv      \reg, a0
        .endr
        .irpc   digit, 0123
        li      a0, \digit
        .endr
        .if     WIDTH > 10
        li      a1, 1
        .elseif WIDTH > 5
        li      a1, 2
        .else
        li      a1, 3
        .endif
        .ifdef  undefined_symbol
        .error  "not reached"
        .else
        li      a2, 4
        .endif
        .ifndef WIDTH
        .error  "not reached"
        .endif
        .ifc    abc, abc
        li      a3, 5
        .endif
        .ifeq   WIDTH - 17
        li      a4, 6
        .endif
        .macro  leave_early value
        .if     \value
        .exitm
        .endif
        li      a0, 7
        .endm
        leave_early 1
        leave_early 0
1:      j       1f
        beqz    a0, 1b
1:      bnez    a0, 1b
        j       .
        j       . + 8
        .option push
        .option norvc
        addi    a0, a0, 1
        .option pop
        addi    a0, a0, 1
        .balign 4
        .p2align 3
        la      a0, message
        lla     a1, table + 8
        lw      a2, table
        sw      a2, table, t0
        lui     a3, %hi(table)
        addi    a3, a3, %lo(table)
        ld      a4, %lo(table + 8)(a3)
2:      auipc   a5, %pcrel_hi(message)
        addi    a5, a5, %pcrel_lo(2b)
        call    global_label
        tail    global_label
        .insn   0x00000013
        .insn   r 0x33, 0, 0, a0, a1, a2
        .insn   i 0x13, 0, a0, a1, 5
        csrr    a0, 0xc00
        fence   rw, w
global_label:
        ret
end_of_code:
        .size   _start, . - _start

        .section .rodata
message: .asciz "text \"quoted\" \t\n\101\x41; # not a comment"
        .ascii  "no zero", "second"
        .string "one", "two"
        .string "joined " "strings"
        .ascii  "ünïcode"
        .align  3
table:  .dword  1, -1, message, table + 4, 0x8000000000000000
        .word   1, -1, 0xffffffff, message - table
        .half   1, -1, 0xffff
        .byte   1, -1, 255, 'x'
        .2byte  0x1234
        .4byte  0x12345678
        .8byte  0x123456789abcdef0
        .quad   _start
        .long   5
        .short  6
        .int    7
        .float  1.5, -0.0, 1e10, 3.4028235e38
        .double 1.5, -2.25, 1e-300, 0.1
        .zero   3
        .space  5, 0xaa
        .skip   2
        .fill   3, 2, 0x1234
        .fill   2, 8, 0x11223344
        .fill   2
        .balign 16, 0xff
        .p2align 5,, 8
        .p2alignw 3, 0x1234
        .uleb128 0
        .uleb128 127
        .uleb128 128
        .uleb128 624485
        .sleb128 -1
        .sleb128 63
        .sleb128 64
        .sleb128 -64
        .sleb128 -65
        .org    . + 4
        .data
values: .dword  forward_value
        .set    forward_value, 42
        .word   WIDTH, later - values
later:  .byte   0
        .section .data.more, "aw", @progbits
        .dword  values
        .pushsection .rodata
        .byte   0x77
        .popsection
        .byte   0x78
        .previous
        .byte   0x79
        .bss
buffer: .space  100
        .comm   shared, 16, 8
        .lcomm  private, 24
        .weak   weak_label
        .local  values
        .ident  "ignored"
        .cfi_startproc
        .cfi_endproc
