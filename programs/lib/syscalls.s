# System calls, one wrapper each, named as the C library names them.
#
# A wrapper takes the C library's arguments in a0.. and returns what the kernel returns: a value, or minus an errno
# (-4095 .. -1). There is no errno variable: a caller tests a0 < 0. This is what the kernel itself does, it needs
# no thread-local storage, and it saves a layer to read through. Numbers are Linux's asm-generic ones; the kernel
# takes them in a7 and keeps every register but a0.

    .ifndef SYSCALLS_S
    .set SYSCALLS_S, 1

# errno values that programs test
    .equ    EPERM, 1
    .equ    ENOENT, 2
    .equ    ESRCH, 3
    .equ    EINTR, 4
    .equ    EBADF, 9
    .equ    ECHILD, 10
    .equ    EAGAIN, 11
    .equ    ENOMEM, 12
    .equ    EACCES, 13
    .equ    EEXIST, 17
    .equ    EXDEV, 18
    .equ    ENOTDIR, 20
    .equ    EISDIR, 21
    .equ    EINVAL, 22
    .equ    EMFILE, 24
    .equ    ENOSPC, 28
    .equ    ESPIPE, 29
    .equ    EPIPE, 32
    .equ    ENOEXEC, 8
    .equ    ECONNRESET, 104
    .equ    EINPROGRESS, 115

# open flags, asm-generic
    .equ    O_RDONLY, 0
    .equ    O_WRONLY, 1
    .equ    O_RDWR, 2
    .equ    O_CREAT, 0x40
    .equ    O_EXCL, 0x80
    .equ    O_NOCTTY, 0x100
    .equ    O_TRUNC, 0x200
    .equ    O_APPEND, 0x400
    .equ    O_NONBLOCK, 0x800
    .equ    O_DIRECTORY, 0x10000
    .equ    O_CLOEXEC, 0x80000

    .equ    AT_FDCWD, -100
    .equ    AT_SYMLINK_NOFOLLOW, 0x100
    .equ    AT_REMOVEDIR, 0x200

# struct stat (asm-generic), 128 bytes
    .equ    STAT_DEV, 0
    .equ    STAT_INO, 8
    .equ    STAT_MODE, 16               # 4 bytes
    .equ    STAT_NLINK, 20              # 4 bytes
    .equ    STAT_UID, 24                # 4 bytes
    .equ    STAT_GID, 28                # 4 bytes
    .equ    STAT_RDEV, 32
    .equ    STAT_SIZE, 48
    .equ    STAT_BLOCKS, 64             # of 512 bytes
    .equ    STAT_MTIME, 88
    .equ    STAT_MTIME_NSEC, 96
    .equ    STAT_BYTES, 128

    .equ    S_IFMT, 0xf000
    .equ    S_IFIFO, 0x1000
    .equ    S_IFCHR, 0x2000
    .equ    S_IFDIR, 0x4000
    .equ    S_IFBLK, 0x6000
    .equ    S_IFREG, 0x8000
    .equ    S_IFLNK, 0xa000
    .equ    S_IFSOCK, 0xc000

    .equ    SIGHUP, 1
    .equ    SIGINT, 2
    .equ    SIGQUIT, 3
    .equ    SIGKILL, 9
    .equ    SIGUSR1, 10
    .equ    SIGSEGV, 11
    .equ    SIGPIPE, 13
    .equ    SIGTERM, 15
    .equ    SIGCHLD, 17
    .equ    SIGCONT, 18
    .equ    SIGSTOP, 19
    .equ    SIGTSTP, 20
    .equ    SIGTTIN, 21
    .equ    SIGTTOU, 22
    .equ    SIG_DFL, 0
    .equ    SIG_IGN, 1
    .equ    SA_NOCLDSTOP, 1
    .equ    SA_RESTART, 0x10000000
    .equ    SIG_BLOCK, 0
    .equ    SIG_UNBLOCK, 1
    .equ    SIG_SETMASK, 2

    .equ    WNOHANG, 1
    .equ    WUNTRACED, 2
    .equ    WCONTINUED, 8

    .equ    CLOCK_REALTIME, 0
    .equ    CLOCK_MONOTONIC, 1

    .equ    PROT_READ, 1
    .equ    PROT_WRITE, 2
    .equ    MAP_SHARED, 1
    .equ    MAP_PRIVATE, 2
    .equ    MAP_ANONYMOUS, 0x20

    .equ    TCGETS, 0x5401
    .equ    TIOCSCTTY, 0x540e
    .equ    TIOCGPGRP, 0x540f
    .equ    TIOCSPGRP, 0x5410

# system_call NAME, NUMBER: a wrapper whose arguments are the kernel's own
    .macro system_call name, number
    .type   \name, @function
\name:
    li      a7, \number
    ecall
    ret
    .endm

    .text
    system_call getcwd, 17              # (buffer, bytes) -> length with the final NUL
    system_call epoll_create1, 20
    system_call epoll_ctl, 21           # (epfd, op, fd, event)
    system_call dup, 23
    system_call dup3, 24                # (from, to, flags)
    system_call fcntl, 25
    system_call ioctl, 29
    system_call mknodat, 33
    system_call mkdirat, 34             # (dirfd, path, mode)
    system_call unlinkat, 35            # (dirfd, path, flags)
    system_call symlinkat, 36           # (target, dirfd, path)
    system_call linkat, 37              # (olddirfd, old, newdirfd, new, flags)
    system_call umount2, 39
    system_call mount, 40
    system_call statfs, 43
    system_call ftruncate, 46
    system_call faccessat, 48
    system_call chdir, 49
    system_call fchdir, 50
    system_call fchmodat, 53            # (dirfd, path, mode)
    system_call openat, 56              # (dirfd, path, flags, mode)
    system_call close, 57
    system_call pipe2, 59               # (int fds[2], flags)
    system_call getdents64, 61
    system_call lseek, 62
    system_call read, 63
    system_call write, 64
    system_call pread, 67
    system_call sendfile, 71            # (out, in, offset pointer, count)
    system_call pselect6, 72
    system_call ppoll, 73
    system_call readlinkat, 78          # (dirfd, path, buffer, bytes)
    system_call fstatat, 79             # (dirfd, path, stat, flags)
    system_call fstat, 80
    system_call sync, 81
    system_call utimensat, 88
    system_call thread_exit, 93         # exit: ends this thread alone
    system_call futex, 98
    system_call nanosleep, 101
    system_call clock_gettime, 113
    system_call clock_nanosleep, 115
    system_call sched_setaffinity, 122
    system_call sched_yield, 124
    system_call kill, 129
    system_call rt_sigsuspend, 133
    system_call rt_sigaction, 134       # (signal, new, old, 8)
    system_call rt_sigprocmask, 135     # (how, new, old, 8)
    system_call reboot, 142
    system_call setpgid, 154
    system_call getpgid, 155
    system_call setsid, 157
    system_call uname, 160
    system_call umask, 166
    system_call getpid, 172
    system_call getppid, 173
    system_call getuid, 174
    system_call geteuid, 175
    system_call getgid, 176
    system_call getegid, 177
    system_call gettid, 178
    system_call sysinfo, 179
    system_call socket, 198
    system_call bind, 200
    system_call listen, 201
    system_call accept, 202
    system_call connect, 203
    system_call getsockname, 204
    system_call sendto, 206
    system_call recvfrom, 207
    system_call setsockopt, 208
    system_call getsockopt, 209
    system_call shutdown, 210
    system_call brk, 214
    system_call munmap, 215
    system_call clone, 220              # (flags, stack, parent_tid, tls, child_tid)
    system_call execve, 221
    system_call mmap, 222               # (address, bytes, protection, flags, fd, offset)
    system_call mprotect, 226
    system_call madvise, 233
    system_call accept4, 242
    system_call wait4, 260              # (pid, status, options, rusage)
    system_call prlimit64, 261          # (pid, resource, new, old)
    system_call renameat2, 276

# open(a0 = path, a1 = flags, a2 = mode) = openat(AT_FDCWD, …)
function open
    mv      a3, a2
    mv      a2, a1
    mv      a1, a0
    li      a0, AT_FDCWD
    j       openat

# stat(a0 = path, a1 = struct stat *), lstat likewise without following a final symbolic link
function stat
    li      a3, 0
    j       1f
function lstat
    li      a3, AT_SYMLINK_NOFOLLOW
1:  mv      a2, a1
    mv      a1, a0
    li      a0, AT_FDCWD
    j       fstatat

# mkdir(a0 = path, a1 = mode)
function mkdir
    mv      a2, a1
    mv      a1, a0
    li      a0, AT_FDCWD
    j       mkdirat

# unlink(a0 = path), rmdir(a0 = path)
function unlink
    li      a2, 0
    j       1f
function rmdir
    li      a2, AT_REMOVEDIR
1:  mv      a1, a0
    li      a0, AT_FDCWD
    j       unlinkat

# symlink(a0 = target, a1 = path)
function symlink
    mv      a2, a1
    li      a1, AT_FDCWD
    j       symlinkat

# link(a0 = old, a1 = new)
function link
    mv      a3, a1
    mv      a1, a0
    li      a0, AT_FDCWD
    li      a2, AT_FDCWD
    li      a4, 0
    j       linkat

# rename(a0 = old, a1 = new)
function rename
    mv      a3, a1
    mv      a1, a0
    li      a0, AT_FDCWD
    li      a2, AT_FDCWD
    li      a4, 0
    j       renameat2

# chmod(a0 = path, a1 = mode)
function chmod
    mv      a2, a1
    mv      a1, a0
    li      a0, AT_FDCWD
    j       fchmodat

# readlink(a0 = path, a1 = buffer, a2 = bytes): no NUL is added
function readlink
    mv      a3, a2
    mv      a2, a1
    mv      a1, a0
    li      a0, AT_FDCWD
    j       readlinkat

# access(a0 = path, a1 = mode)
function access
    mv      a2, a1
    mv      a1, a0
    li      a0, AT_FDCWD
    j       faccessat

# pipe(a0 = int fds[2])
function pipe
    li      a1, 0
    j       pipe2

# dup2(a0 = from, a1 = to); the kernel's dup3 refuses from = to, which dup2 allows
function dup2
    beq     a0, a1, 1f
    li      a2, 0
    j       dup3
1:  ret

# fork() = clone(SIGCHLD, 0, 0, 0, 0): 0 in the child, the child's pid in the parent
function fork
    li      a0, SIGCHLD
    li      a1, 0
    li      a2, 0
    li      a3, 0
    li      a4, 0
    j       clone

# wait(a0 = int *status), waitpid(a0 = pid, a1 = int *status, a2 = options)
function wait
    mv      a1, a0
    li      a0, -1
    li      a2, 0
function waitpid
    li      a3, 0
    j       wait4

# isatty(a0 = fd): 1 or 0
function isatty
    addi    sp, sp, -80
    mv      a2, sp
    li      a1, TCGETS
    li      a7, 29
    ecall
    seqz    a0, a0
    addi    sp, sp, 80
    ret

# tcsetpgrp(a0 = fd, a1 = process group)
function tcsetpgrp
    addi    sp, sp, -16
    sw      a1, 0(sp)
    mv      a2, sp
    li      a1, TIOCSPGRP
    li      a7, 29
    ecall
    addi    sp, sp, 16
    ret

# tcgetpgrp(a0 = fd)
function tcgetpgrp
    addi    sp, sp, -16
    mv      a2, sp
    li      a1, TIOCGPGRP
    li      a7, 29
    ecall
    bltz    a0, 1f
    lw      a0, 0(sp)
1:  addi    sp, sp, 16
    ret

# signal(a0 = number, a1 = handler, SIG_DFL or SIG_IGN): installs it with SA_RESTART, as BSD and glibc do.
# struct sigaction of riscv: handler, flags, mask; there is no restorer, the kernel returns through the vDSO.
function signal
    li      a2, SA_RESTART
# signal_with_flags(a0 = number, a1 = handler, a2 = SA_ flags)
function signal_with_flags
    addi    sp, sp, -32
    sd      a1, 0(sp)
    sd      a2, 8(sp)
    sd      zero, 16(sp)
    mv      a1, sp
    li      a2, 0
    li      a3, 8
    li      a7, 134
    ecall
    addi    sp, sp, 32
    ret

# sigprocmask(a0 = how, a1 = mask value): returns the old mask, or minus an errno
function sigprocmask
    addi    sp, sp, -16
    sd      a1, 0(sp)
    mv      a1, sp
    addi    a2, sp, 8
    li      a3, 8
    li      a7, 135
    ecall
    bltz    a0, 1f
    ld      a0, 8(sp)
1:  addi    sp, sp, 16
    ret

# write_all(a0 = fd, a1 = bytes, a2 = count): writes everything, however the kernel cuts it; 0 or minus an errno
function write_all
    enter   3
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
1:  beqz    s2, 3f
    mv      a0, s0
    mv      a1, s1
    mv      a2, s2
    call    write
    bltz    a0, 2f
    add     s1, s1, a0
    sub     s2, s2, a0
    j       1b
2:  li      t0, -EINTR
    beq     a0, t0, 1b
    j       4f
3:  li      a0, 0
4:  leave

    .endif
