# The environment, and running a program found in PATH. Needs syscalls.s, string.s, memory.s.

    .ifndef ENVIRONMENT_S
    .set ENVIRONMENT_S, 1

# getenv(a0 = name): its value, or 0
function getenv
    enter   3
    mv      s0, a0
    call    strlen
    mv      s1, a0
    ld      s2, environ
1:  ld      a0, 0(s2)
    beqz    a0, 2f
    addi    s2, s2, 8
    mv      a1, s0
    mv      a2, s1
    call    strncmp
    bnez    a0, 1b
    ld      t0, -8(s2)
    add     t0, t0, s1
    lbu     t1, 0(t0)
    li      t2, '='
    bne     t1, t2, 1b
    addi    a0, t0, 1
2:  leave

# copy_environment(a0 = envp): a copy of the array, with room for 256 more, becomes environ
function copy_environment
    enter   2
    mv      s0, a0
    li      s1, 0
1:  slli    t0, s1, 3
    add     t0, t0, s0
    ld      t1, 0(t0)
    addi    s1, s1, 1
    bnez    t1, 1b
    addi    a0, s1, 256
    slli    a0, a0, 3
    call    malloc
    mv      a1, s0
    slli    a2, s1, 3
    call    memcpy
    sd      a0, environ, t6
    leave

# find_environment(a0 = text that begins with a name, a1 = length of the name): the place in environ, or of the final 0
function find_environment
    enter   3
    mv      s0, a0
    mv      s1, a1
    ld      s2, environ
1:  ld      a0, 0(s2)
    beqz    a0, 2f
    mv      a1, s0
    mv      a2, s1
    call    strncmp
    bnez    a0, 3f
    ld      t0, 0(s2)
    add     t0, t0, s1
    lbu     t0, 0(t0)
    li      t1, '='
    beq     t0, t1, 2f
3:  addi    s2, s2, 8
    j       1b
2:  mv      a0, s2
    leave

# putenv(a0 = text NAME=VALUE, kept in place); environ must be a copy with room
function putenv
    enter   1
    mv      s0, a0
    li      a1, '='
    call    strchr
    sub     a1, a0, s0
    mv      a0, s0
    call    find_environment
    ld      t0, 0(a0)
    sd      s0, 0(a0)
    bnez    t0, 1f
    sd      zero, 8(a0)
1:  leave

# unsetenv(a0 = name)
function unsetenv
    enter   1
    mv      s0, a0
    call    strlen
    mv      a1, a0
    mv      a0, s0
    call    find_environment
1:  ld      t0, 0(a0)
    beqz    t0, 2f
    ld      t0, 8(a0)
    sd      t0, 0(a0)
    addi    a0, a0, 8
    j       1b
2:  leave

# execvp(a0 = command, a1 = argv): looks the command up in PATH unless it has a slash; returns only minus an errno
#   s0 command   s1 argv   s2 place in PATH   s3 the error worth telling   s4 end of the directory
    variable execvp.path, 4096
function execvp
    enter   5
    mv      s0, a0
    mv      s1, a1
    li      a1, '/'
    call    strchr
    beqz    a0, 1f
    mv      a0, s0
    mv      a1, s1
    ld      a2, environ
    call    execve
    leave
1:  li      s3, -ENOENT
    load_string a0, "PATH"
    call    getenv
    mv      s2, a0
    bnez    a0, 2f
    load_string s2, "/bin:/usr/bin"
2:  la      t0, execvp.path
    mv      s4, s2
    li      t3, ':'
3:  lbu     t1, 0(s4)
    beqz    t1, 4f
    beq     t1, t3, 4f
    sb      t1, 0(t0)
    addi    t0, t0, 1
    addi    s4, s4, 1
    j       3b
4:  li      t1, '/'
    sb      t1, 0(t0)
    addi    a0, t0, 1
    mv      a1, s0
    call    strcpy
    la      a0, execvp.path
    mv      a1, s1
    ld      a2, environ
    call    execve
    li      t0, -ENOENT
    beq     a0, t0, 5f
    mv      s3, a0
5:  lbu     t0, 0(s4)
    addi    s2, s4, 1
    bnez    t0, 2b
    mv      a0, s3
    leave

    .endif
