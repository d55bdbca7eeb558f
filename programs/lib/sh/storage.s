# What the shell keeps: variables, positional parameters, vectors, and an arena for what lives as long as a command.

    variable sh.variables               # list of variables
    .equ    VARIABLE_NEXT, 0
    .equ    VARIABLE_NAME, 8
    .equ    VARIABLE_VALUE, 16          # from malloc; 0: declared by export, without a value
    .equ    VARIABLE_EXPORTED, 24
    .equ    VARIABLE_BYTES, 32

    variable sh.positional              # array of $1 …
    variable sh.positional_count
    variable sh.name                    # $0
    variable sh.status                  # $?
    variable sh.background_pid          # $!
    variable sh.pid                     # $$

# The arena: allocation moves a pointer, and everything since a mark is released at once.
    .equ    ARENA_BYTES, 2 << 20
    variable sh.arena, ARENA_BYTES
    variable sh.arena_used

# arena_allocate(a0 = bytes): 8-byte aligned memory, until its owner sets sh.arena_used back
function arena_allocate
    ld      t0, sh.arena_used
    addi    a0, a0, 7
    andi    a0, a0, -8
    add     t1, t0, a0
    li      t2, ARENA_BYTES
    bgtu    t1, t2, 1f
    sd      t1, sh.arena_used, t6
    la      a0, sh.arena
    add     a0, a0, t0
    ret
1:  load_string a0, "out of memory"
    call    warnx
    li      a0, 2
    call    exit

# arena_string(a0 = bytes, a1 = count): a copy with a final NUL
function arena_string
    enter   3
    mv      s0, a0
    mv      s1, a1
    addi    a0, a1, 1
    call    arena_allocate
    mv      s2, a0
    mv      a1, s0
    mv      a2, s1
    call    memcpy
    add     t0, s2, s1
    sb      zero, 0(t0)
    mv      a0, s2
    leave

# A vector grows as words are added; the element behind the last is always 0, as argv wants it.
    .equ    VECTOR_ITEMS, 0
    .equ    VECTOR_COUNT, 8
    .equ    VECTOR_CAPACITY, 16
    .equ    VECTOR_BYTES, 24

# vector_add(a0 = vector, zeroed before its first use; a1 = word)
function vector_add
    enter   2
    mv      s0, a0
    mv      s1, a1
    ld      t0, VECTOR_COUNT(a0)
    ld      t1, VECTOR_CAPACITY(a0)
    addi    t0, t0, 2
    bleu    t0, t1, 1f
    slli    t1, t1, 1
    bnez    t1, 2f
    li      t1, 14
2:  sd      t1, VECTOR_CAPACITY(s0)
    ld      a0, VECTOR_ITEMS(s0)
    slli    a1, t1, 3
    call    realloc
    sd      a0, VECTOR_ITEMS(s0)
1:  ld      t0, VECTOR_COUNT(s0)
    ld      t1, VECTOR_ITEMS(s0)
    slli    t2, t0, 3
    add     t1, t1, t2
    sd      s1, 0(t1)
    sd      zero, 8(t1)
    addi    t0, t0, 1
    sd      t0, VECTOR_COUNT(s0)
    leave

# vector_free(a0 = vector): its array, not what the words point to
function vector_free
    ld      a0, VECTOR_ITEMS(a0)
    j       free

# find_variable(a0 = name, a1 = its length): the variable, or 0
#   s0 name   s1 length   s2 variable
function find_variable
    enter   3
    mv      s0, a0
    mv      s1, a1
    ld      s2, sh.variables
1:  beqz    s2, 2f
    ld      a0, VARIABLE_NAME(s2)
    mv      a1, s0
    mv      a2, s1
    call    strncmp
    bnez    a0, 3f
    ld      t0, VARIABLE_NAME(s2)
    add     t0, t0, s1
    lbu     t0, 0(t0)
    beqz    t0, 2f
3:  ld      s2, VARIABLE_NEXT(s2)
    j       1b
2:  mv      a0, s2
    leave

# get_variable(a0 = name): its value, or 0
function get_variable
    enter   1
    mv      s0, a0
    call    strlen
    mv      a1, a0
    mv      a0, s0
    call    find_variable
    beqz    a0, 1f
    ld      a0, VARIABLE_VALUE(a0)
1:  leave

# set_variable(a0 = name, a1 = its length, a2 = value, copied, or 0): returns the variable
function set_variable
    enter   4
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
    call    find_variable
    mv      s3, a0
    bnez    a0, 1f
    li      a0, VARIABLE_BYTES
    call    malloc
    mv      s3, a0
    sd      zero, VARIABLE_VALUE(s3)
    sd      zero, VARIABLE_EXPORTED(s3)
    mv      a0, s0
    mv      a1, s1
    call    strndup
    sd      a0, VARIABLE_NAME(s3)
    ld      t0, sh.variables
    sd      t0, VARIABLE_NEXT(s3)
    sd      s3, sh.variables, t6
1:  mv      a0, s2
    beqz    s2, 2f
    call    strdup                      # first: the old value may be part of the new one
2:  mv      s2, a0
    ld      a0, VARIABLE_VALUE(s3)
    sd      s2, VARIABLE_VALUE(s3)
    call    free
    mv      a0, s3
    leave

# assign(a0 = text NAME=VALUE): sets the variable; returns it
function assign
    enter   1
    mv      s0, a0
    call    name_length
    mv      a1, a0
    add     a2, s0, a1
    addi    a2, a2, 1
    mv      a0, s0
    call    set_variable
    leave

# name_length(a0 = text): the length of the variable name that it begins with, 0 if there is none
function name_length
    enter   2
    mv      s0, a0
    mv      s1, a0
    lbu     t0, 0(a0)
    addi    t0, t0, -'0'
    sltiu   t0, t0, 10
    bnez    t0, 2f                      # a name does not begin with a digit
1:  lbu     a0, 0(s1)
    call    is_name_byte
    add     s1, s1, a0
    bnez    a0, 1b
2:  sub     a0, s1, s0
    leave

# unset_variable(a0 = name): its value and its export
function unset_variable
    enter   2
    mv      s0, a0
    call    strlen
    mv      a1, a0
    mv      a0, s0
    call    find_variable
    beqz    a0, 1f
    mv      s1, a0
    ld      a0, VARIABLE_VALUE(s1)
    call    free
    sd      zero, VARIABLE_VALUE(s1)
    sd      zero, VARIABLE_EXPORTED(s1)
1:  leave

# import_environment(a0 = envp): every NAME=VALUE becomes an exported variable
function import_environment
    enter   1
    mv      s0, a0
1:  ld      a0, 0(s0)
    beqz    a0, 2f
    addi    s0, s0, 8
    call    name_length
    beqz    a0, 1b
    ld      t0, -8(s0)
    add     t1, t0, a0
    lbu     t1, 0(t1)
    li      t2, '='
    bne     t1, t2, 1b
    mv      a0, t0
    call    assign
    li      t0, 1
    sd      t0, VARIABLE_EXPORTED(a0)
    j       1b
2:  leave

# export_environment(): the exported variables as an envp array, in the arena
#   s0 variable   s1 name   s2 value   s3 text; the vector is at 0(sp)
function export_environment
    enter   4, VECTOR_BYTES
    sd      zero, VECTOR_ITEMS(sp)
    sd      zero, VECTOR_COUNT(sp)
    sd      zero, VECTOR_CAPACITY(sp)
    ld      s0, sh.variables
1:  beqz    s0, 2f
    ld      t0, VARIABLE_EXPORTED(s0)
    ld      s2, VARIABLE_VALUE(s0)
    ld      s1, VARIABLE_NAME(s0)
    ld      s0, VARIABLE_NEXT(s0)
    beqz    t0, 1b
    beqz    s2, 1b
    mv      a0, s1
    call    strlen
    mv      s3, a0
    mv      a0, s2
    call    strlen
    add     a0, a0, s3
    addi    a0, a0, 2
    call    arena_allocate
    mv      s3, a0
    mv      a1, s1
    call    strcpy
    li      t0, '='
    sb      t0, 0(a0)
    addi    a0, a0, 1
    mv      a1, s2
    call    strcpy
    mv      a0, sp
    mv      a1, s3
    call    vector_add
    j       1b
2:  ld      a0, VECTOR_ITEMS(sp)
    bnez    a0, 3f
    li      a0, 8
    call    arena_allocate
    sd      zero, 0(a0)
3:  leave
