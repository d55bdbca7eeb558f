# Here-documents. As a command's lines are read, `<<WORD` and the lines up to WORD are turned into `<<` and one quoted word that
# holds them: "…" if WORD has no quotes, so that expansions happen, else '…'. So the rest of the shell sees a redirection like
# any other, and going back in the text costs nothing.

    .equ    DELIMITER_BYTES, 128

# here_documents(a0 = offset in the command where its latest line begins): run_source calls it after each line. s0, s1, s2, s3 and
# s6 are run_source's: next line of the source, the command, its length, its capacity, 1 on a terminal. 1 if the input ended meanwhile.
#   offsets from sp:
    .equ    HERE_AT, 0                  # place in the line
    .equ    HERE_WORD_END, 8            # behind WORD
    .equ    HERE_REST, 16               # copy of the line behind WORD …
    .equ    HERE_REST_BYTES, 24         # … and its length
    .equ    HERE_BEGIN, 32              # where a line of the document begins
    .equ    HERE_LINE, 40               # copy of such a line
    .equ    HERE_STRIP, 48              # 1 for <<-
    .equ    HERE_QUOTED, 56             # 1 if WORD has quotes
    .equ    HERE_DEPTH, 64              # parentheses open in a $(…) of the document
    .equ    HERE_ENDED, 72              # 1 at the end of the input
    .equ    HERE_DELIMITER, 80
here_documents:
    enter   0, HERE_DELIMITER + DELIMITER_BYTES
    sd      a0, HERE_AT(sp)
    sd      zero, HERE_ENDED(sp)
    add     t0, s1, s2
    sb      zero, 0(t0)
.Lhere_scan:                            # look for << outside quotes
    ld      t0, HERE_AT(sp)
    bgeu    t0, s2, .Lhere_done
    add     t1, s1, t0
    lbu     t2, 0(t1)
    lbu     t3, 1(t1)
    li      t4, '<'
    bne     t2, t4, 1f
    beq     t3, t4, .Lhere_found
1:  li      t4, '#'                     # a comment: the rest of the line
    bne     t2, t4, 2f
    beqz    t0, .Lhere_done
    lbu     t4, -1(t1)
    li      t5, ' '
    bleu    t4, t5, .Lhere_done
2:  add     t4, s1, s2                  # step over a byte, a quotation, a $(…)
    sb      zero, 0(t4)
    mv      a0, t1
    call    skip_item
    bnez    a0, 3f
    ld      t0, HERE_AT(sp)             # it goes on in the next line: a $( is looked into, a quotation ends the search
    add     t1, s1, t0
    lbu     t2, 0(t1)
    li      t3, '$'
    bne     t2, t3, .Lhere_done
    addi    a0, t1, 2
3:  sub     t0, a0, s1
    sd      t0, HERE_AT(sp)
    j       .Lhere_scan
.Lhere_found:
    addi    t1, t1, 2
    lbu     t2, 0(t1)
    addi    t3, t2, -'-'
    seqz    t3, t3
    sd      t3, HERE_STRIP(sp)
    add     t1, t1, t3
    sd      zero, HERE_QUOTED(sp)
3:  lbu     t2, 0(t1)
    addi    t1, t1, 1
    li      t3, ' '
    beq     t2, t3, 3b
    addi    t1, t1, -1
    addi    t4, sp, HERE_DELIMITER
    addi    t5, t4, DELIMITER_BYTES - 1
4:  lbu     t2, 0(t1)                   # WORD, its quotes taken out
    beqz    t2, 8f
    la      t0, word_ends
5:  lbu     t3, 0(t0)
    addi    t0, t0, 1
    beqz    t3, 6f
    bne     t3, t2, 5b
    j       8f
6:  addi    t1, t1, 1
    li      t3, '\\'
    beq     t2, t3, 7f
    li      t3, '\''
    beq     t2, t3, 7f
    li      t3, '"'
    beq     t2, t3, 7f
    bgeu    t4, t5, 4b
    sb      t2, 0(t4)
    addi    t4, t4, 1
    j       4b
7:  li      t3, 1
    sd      t3, HERE_QUOTED(sp)
    j       4b
8:  sb      zero, 0(t4)
    sub     t1, t1, s1
    sd      t1, HERE_WORD_END(sp)
    ld      t0, HERE_AT(sp)
    addi    t0, t0, 2
    addi    t2, sp, HERE_DELIMITER
    bne     t2, t4, 9f
    ld      t3, HERE_QUOTED(sp)
    bnez    t3, 9f
    sd      t0, HERE_AT(sp)             # no word: the parser will say so
    j       .Lhere_scan
9:  sd      t0, HERE_AT(sp)
    add     a0, s1, t1
    sub     a1, s2, t1
    sd      a1, HERE_REST_BYTES(sp)
    call    strndup
    sd      a0, HERE_REST(sp)
    ld      s2, HERE_AT(sp)             # behind the <<: the word comes here, then the rest of the line
    sd      zero, HERE_DEPTH(sp)
    call    here_quote
.Lhere_line:
    sd      s2, HERE_BEGIN(sp)
    beqz    s6, 1f
    load_string a0, "> "
    la      a1, stderr
    call    fputs
1:  call    source_line
    sd      a0, HERE_ENDED(sp)
    add     t0, s1, s2
    sb      zero, 0(t0)
    ld      t1, HERE_BEGIN(sp)
    beq     t1, s2, .Lhere_close        # nothing more comes: what there is is the document
    add     a0, s1, t1
    sub     a1, s2, t1
    call    strndup
    sd      a0, HERE_LINE(sp)
    ld      s2, HERE_BEGIN(sp)
    ld      t0, HERE_STRIP(sp)
    beqz    t0, 3f
    li      t1, '\t'
2:  lbu     t2, 0(a0)
    bne     t2, t1, 3f
    addi    a0, a0, 1
    j       2b
3:  mv      t0, a0                      # is it WORD alone?
    addi    t1, sp, HERE_DELIMITER
4:  lbu     t2, 0(t0)
    lbu     t3, 0(t1)
    addi    t0, t0, 1
    addi    t1, t1, 1
    bnez    t3, 5f
    addi    t3, t2, -'\n'
    beqz    t2, .Lhere_last
    beqz    t3, .Lhere_last
    j       6f
5:  beq     t2, t3, 4b
6:  call    here_add_line
    ld      a0, HERE_LINE(sp)
    call    free
    ld      t0, HERE_ENDED(sp)
    beqz    t0, .Lhere_line
    j       .Lhere_close
.Lhere_last:
    ld      a0, HERE_LINE(sp)
    call    free
.Lhere_close:
    call    here_quote
    sd      s2, HERE_AT(sp)
    ld      t5, HERE_REST(sp)
1:  lbu     a0, 0(t5)
    beqz    a0, 2f
    addi    t5, t5, 1
    sd      t5, HERE_LINE(sp)
    call    here_put
    ld      t5, HERE_LINE(sp)
    j       1b
2:  ld      a0, HERE_REST(sp)
    call    free
    j       .Lhere_scan
.Lhere_done:
    ld      a0, HERE_ENDED(sp)
    leave

# here_quote(): the quotation mark of the word, by here_documents' HERE_QUOTED
here_quote:
    ld      t0, HERE_QUOTED(sp)
    li      a0, '"'
    beqz    t0, here_put
    li      a0, '\''
# here_put(a0 = byte): adds it to the command
here_put:
    addi    t0, s2, 2
    bgeu    t0, s3, 1f
    add     t0, s1, s2
    sb      a0, 0(t0)
    sb      zero, 1(t0)
    addi    s2, s2, 1
    ret
1:  enter   0, 8
    sd      a0, 0(sp)
    slli    s3, s3, 1
    mv      a0, s1
    mv      a1, s3
    call    realloc
    mv      s1, a0
    ld      a0, 0(sp)
    unwind
    j       here_put

# here_add_line(a0 = line): adds it, quoted; here_documents' locals are 32 bytes up the stack: 0(sp) place, 8(sp) byte
here_add_line:
    enter   0, 16
    .set    UP, frame.size
    sd      a0, 0(sp)
.Lhere_byte:
    ld      t1, 0(sp)
    lbu     a0, 0(t1)
    beqz    a0, 9f
    addi    t2, t1, 1
    sd      t2, 0(sp)
    lbu     t3, 1(t1)
    ld      t0, UP+HERE_QUOTED(sp)
    bnez    t0, 5f
    ld      t0, UP+HERE_DEPTH(sp)
    bnez    t0, 3f
    li      t0, '"'                     # " is nothing special in a document
    beq     a0, t0, 2f
    li      t0, '$'
    beq     a0, t0, 4f
    li      t0, '\\'
    bne     a0, t0, 8f
    li      t0, '"'                     # \" stands for itself as well
    bne     t3, t0, 1f
    call    here_put
    li      a0, '\\'
    j       8f
1:  call    here_put                    # \ and the byte behind it stay together
    ld      t1, 0(sp)
    lbu     a0, 0(t1)
    beqz    a0, 9f
    addi    t1, t1, 1
    sd      t1, 0(sp)
    j       8f
2:  li      a0, '\\'
    call    here_put
    li      a0, '"'
    j       8f
3:  li      t1, '('                     # inside $(…) quotes are a command's own
    bne     a0, t1, 6f
    addi    t0, t0, 1
6:  li      t1, ')'
    bne     a0, t1, 7f
    addi    t0, t0, -1
7:  sd      t0, UP+HERE_DEPTH(sp)
    j       8f
4:  li      t0, '('
    bne     t3, t0, 8f
    call    here_put
    ld      t1, 0(sp)
    addi    t1, t1, 1
    sd      t1, 0(sp)
    li      t0, 1
    sd      t0, UP+HERE_DEPTH(sp)
    li      a0, '('
    j       8f
5:  li      t0, '\''                    # ' inside '…': end the quotation, \', begin it again
    bne     a0, t0, 8f
    call    here_put
    li      a0, '\\'
    call    here_put
    li      a0, '\''
    call    here_put
    li      a0, '\''
8:  call    here_put
    j       .Lhere_byte
9:  leave

# open_text(a0 = text): a descriptor that reads it: a pipe that holds it, or one that a child fills. Minus an errno.
#   s0 text   s1 its length; the pipe is at 0(sp)
function open_text
    enter   2, 8
    mv      s0, a0
    call    strlen
    mv      s1, a0
    mv      a0, sp
    li      a1, O_CLOEXEC
    call    pipe2
    bltz    a0, 3f
    li      t0, 4096                    # any pipe holds as much
    bleu    s1, t0, 1f
    call    fork_child
    bnez    a0, 2f
    lw      a0, 0(sp)
    call    close
    lw      a0, 4(sp)
    mv      a1, s0
    mv      a2, s1
    call    write_all
    li      a0, 0
    call    _exit
1:  lw      a0, 4(sp)
    mv      a1, s0
    mv      a2, s1
    call    write_all
2:  lw      a0, 4(sp)
    call    close
    lw      a0, 0(sp)
3:  leave
