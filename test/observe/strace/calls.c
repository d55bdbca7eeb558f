// System calls whose trace is compared with the host's strace, in the asm-generic forms that both x86-64 and riscv64 have. The
// comparison begins at chdir("begin"): what the C library does before is its own. Memory is touched first, so that what is printed
// does not hang on it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char buffer[4096];
struct kernel_sigaction { void *handler; unsigned long flags; unsigned long mask; unsigned long extra; };

static void files(void) {
  struct stat status;
  struct iovec parts[2] = {{"one", 3}, {"two\n", 4}};
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 2};
  int pair[2];
  syscall(SYS_mkdirat, AT_FDCWD, "d", 0755);
  syscall(SYS_mkdirat, AT_FDCWD, "d", 0755);
  int fd = syscall(SYS_openat, AT_FDCWD, "d/f", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  syscall(SYS_write, fd, "tab\there \"quoted\" back\\slash\n", 29);
  syscall(SYS_write, fd, "0123456789012345678901234567890123456789", 40);
  syscall(SYS_write, fd, "\0001\001x\377\1779", 7);
  syscall(SYS_write, fd, "", 0);
  syscall(SYS_write, 99, "bad", 3);
  syscall(SYS_write, fd, (void *)8, 3);
  syscall(SYS_lseek, fd, 5, SEEK_SET);
  syscall(SYS_lseek, fd, -1L, SEEK_END);
  syscall(SYS_lseek, fd, 0, SEEK_CUR);
  syscall(SYS_lseek, fd, 0, 77);
  syscall(SYS_pread64, fd, buffer, 12, 4);
  syscall(SYS_pwrite64, fd, "zz", 2, 300);
  syscall(SYS_read, fd, buffer, 40);
  syscall(SYS_read, fd, (void *)8, 40);
  syscall(SYS_read, -1, buffer, 40);
  syscall(SYS_lseek, fd, 0, SEEK_SET);
  syscall(SYS_read, fd, buffer, 100);
  syscall(SYS_writev, fd, parts, 2);
  syscall(SYS_readv, fd, parts, 0);
  syscall(SYS_fstat, fd, &status);
  syscall(SYS_newfstatat, AT_FDCWD, "d", &status, 0);
  syscall(SYS_newfstatat, AT_FDCWD, "/dev/null", &status, AT_SYMLINK_NOFOLLOW);
  syscall(SYS_newfstatat, AT_FDCWD, "missing", &status, 0);
  syscall(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH);
  syscall(SYS_fcntl, fd, F_GETFL);
  syscall(SYS_fcntl, fd, F_SETFL, O_RDWR | O_APPEND | O_NONBLOCK);
  syscall(SYS_fcntl, fd, F_GETFD);
  syscall(SYS_fcntl, fd, F_SETFD, 0);
  syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 30);
  syscall(SYS_fcntl, fd, F_SETLK, &lock);
  syscall(SYS_fcntl, fd, 7777, 3);
  syscall(SYS_dup, fd);
  syscall(SYS_dup3, fd, 40, O_CLOEXEC);
  syscall(SYS_dup3, fd, fd, 0);
  syscall(SYS_ftruncate, fd, 3);
  syscall(SYS_fsync, fd);
  syscall(SYS_fchmod, fd, 0600);
  syscall(SYS_close, fd);
  syscall(SYS_close, fd);
  syscall(SYS_pipe2, pair, O_CLOEXEC | O_NONBLOCK);
  syscall(SYS_read, pair[0], buffer, 1);
  syscall(SYS_ioctl, pair[0], FIONREAD, buffer);
  syscall(SYS_ioctl, pair[0], TIOCGWINSZ, buffer);
  syscall(SYS_ioctl, 1, TCGETS, buffer);
  syscall(SYS_ioctl, 1, 0x12345678, 7);
  syscall(SYS_close, pair[0]);
  syscall(SYS_close, pair[1]);
  syscall(SYS_faccessat, AT_FDCWD, "d/f", R_OK | W_OK);
  syscall(SYS_symlinkat, "d/f", AT_FDCWD, "s");
  syscall(SYS_readlinkat, AT_FDCWD, "s", buffer, sizeof buffer);
  syscall(SYS_linkat, AT_FDCWD, "d/f", AT_FDCWD, "l", 0);
  syscall(SYS_renameat2, AT_FDCWD, "l", AT_FDCWD, "m", 1);
  int directory = syscall(SYS_openat, AT_FDCWD, "d", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_DIRECTORY);
  syscall(SYS_getdents64, directory, buffer, sizeof buffer);
  syscall(SYS_getdents64, directory, buffer, sizeof buffer);
  syscall(SYS_close, directory);
  syscall(SYS_unlinkat, AT_FDCWD, "d", 0);
  syscall(SYS_unlinkat, AT_FDCWD, "m", 0);
  syscall(SYS_unlinkat, AT_FDCWD, "s", 0);
  syscall(SYS_unlinkat, AT_FDCWD, "d/f", 0);
  syscall(SYS_unlinkat, AT_FDCWD, "d", AT_REMOVEDIR);
  syscall(SYS_openat, AT_FDCWD, "d/missing", O_WRONLY | O_EXCL | O_CREAT | O_NOFOLLOW, 0);
  syscall(SYS_openat, AT_FDCWD, 8, O_RDONLY);
  syscall(SYS_umask, 022);
  syscall(SYS_getcwd, buffer, 1);
}

static void memory(void) {
  char *pages = (char *)syscall(SYS_mmap, 0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  syscall(SYS_mprotect, pages, 4096, PROT_READ);
  syscall(SYS_mprotect, pages, 4096, PROT_NONE);
  syscall(SYS_madvise, pages, 4096, MADV_DONTNEED);
  syscall(SYS_munmap, pages, 8192);
  syscall(SYS_munmap, 1, 8192);
  syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, 99, 0x3000);
  syscall(SYS_mmap, 0, 0, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  syscall(SYS_brk, 0);
}

static void times(void) {
  struct timespec short_time = {0, 1000}, left;
  struct timespec bad = {0, -1};
  struct itimerval timer = {{0, 0}, {100, 5}};
  struct utsname name;
  struct rlimit limit = {10, 20};
  struct rusage usage;
  syscall(SYS_nanosleep, &short_time, &left);
  syscall(SYS_nanosleep, &bad, 0);
  syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &short_time, 0);
  syscall(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &short_time, 0);
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &left);
  syscall(SYS_clock_gettime, 77, &left);
  syscall(SYS_clock_getres, CLOCK_REALTIME, &left);
  syscall(SYS_setitimer, ITIMER_REAL, &timer, 0);
  syscall(SYS_getitimer, ITIMER_VIRTUAL, &timer);
  timer.it_value.tv_sec = timer.it_value.tv_usec = 0;
  syscall(SYS_setitimer, ITIMER_REAL, &timer, 0);
  syscall(SYS_uname, &name);
  syscall(SYS_prlimit64, 0, RLIMIT_CORE, 0, &limit);
  limit.rlim_cur = 0;
  syscall(SYS_prlimit64, 0, RLIMIT_CORE, &limit, 0);
  syscall(SYS_prlimit64, 0, 99, 0, &limit);
  syscall(SYS_getrandom, buffer, 0, GRND_NONBLOCK);
  syscall(SYS_getrandom, (void *)8, 16, 0);
  syscall(SYS_getpid);
  syscall(SYS_getuid);
  syscall(SYS_sched_yield);
  syscall(SYS_getrusage, 77, &usage);
}

static void sockets(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(47123), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  struct sockaddr_in any = {.sin_family = AF_INET};
  struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/nowhere/socket"};
  struct sockaddr_storage peer;
  socklen_t length = sizeof peer;
  int one = 1;
  int listener = syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  syscall(SYS_setsockopt, listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  syscall(SYS_bind, listener, &address, sizeof address);
  syscall(SYS_listen, listener, 5);
  int client = syscall(SYS_socket, AF_INET, SOCK_STREAM, IPPROTO_IP);
  syscall(SYS_connect, client, &address, sizeof address);
  int server = syscall(SYS_accept4, listener, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
  syscall(SYS_getsockname, server, &peer, &length);
  syscall(SYS_sendto, client, "hello", 5, 0, 0, 0);
  syscall(SYS_recvfrom, server, buffer, 100, 0, 0, 0);
  syscall(SYS_recvfrom, server, buffer, 100, MSG_DONTWAIT, 0, 0);
  syscall(SYS_shutdown, client, SHUT_WR);
  syscall(SYS_read, server, buffer, 100);
  syscall(SYS_close, client);
  syscall(SYS_close, server);
  syscall(SYS_close, listener);
  int datagrams = syscall(SYS_socket, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  syscall(SYS_bind, datagrams, &any, sizeof any);
  syscall(SYS_sendto, datagrams, "x", 1, MSG_NOSIGNAL, &address, sizeof address);
  length = sizeof one;
  syscall(SYS_getsockopt, datagrams, SOL_SOCKET, SO_TYPE, &one, &length);
  syscall(SYS_close, datagrams);
  int unix_socket = syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
  syscall(SYS_connect, unix_socket, &local, sizeof local);
  syscall(SYS_close, unix_socket);
  int pair[2];
  syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
  struct iovec parts[1] = {{"message", 7}};
  struct msghdr header = {.msg_iov = parts, .msg_iovlen = 1};
  syscall(SYS_sendmsg, pair[0], &header, 0);
  parts[0].iov_base = buffer;
  parts[0].iov_len = 50;
  syscall(SYS_recvmsg, pair[1], &header, 0);
  syscall(SYS_close, pair[0]);
  syscall(SYS_sendto, pair[1], "x", 1, MSG_NOSIGNAL, 0, 0);
  syscall(SYS_close, pair[1]);
}

static void polling(void) {
  int pair[2];
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.u64 = 0x100000002}}, ready[4];
  struct timespec none = {0, 0};
  uint64_t count = 5;
  uint64_t mask = 1 << (SIGUSR1 - 1);
  syscall(SYS_pipe2, pair, 0);
  int epoll = syscall(SYS_epoll_create1, EPOLL_CLOEXEC);
  syscall(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, pair[0], &event);
  syscall(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, pair[0], &event);
  syscall(SYS_epoll_pwait, epoll, ready, 4, 0, 0, 8);
  syscall(SYS_write, pair[1], "x", 1);
  syscall(SYS_epoll_pwait, epoll, ready, 4, -1, 0, 8);
  syscall(SYS_epoll_ctl, epoll, EPOLL_CTL_DEL, pair[0], 0);
  syscall(SYS_close, epoll);
  struct pollfd fds[2] = {{pair[0], POLLIN, 0}, {pair[1], POLLIN | POLLPRI, 0}};
  syscall(SYS_ppoll, fds, 2, &none, 0, 8);
  syscall(SYS_ppoll, fds, 2, 0, &mask, 8);
  syscall(SYS_ppoll, fds + 1, 1, &none, 0, 8);
  fd_set set;
  FD_ZERO(&set);
  FD_SET(pair[0], &set);
  syscall(SYS_pselect6, pair[0] + 1, &set, 0, 0, &none, 0);
  syscall(SYS_close, pair[0]);
  syscall(SYS_close, pair[1]);
  int event_fd = syscall(SYS_eventfd2, 3, EFD_NONBLOCK);
  syscall(SYS_write, event_fd, &count, 8);
  syscall(SYS_read, event_fd, &count, 8);
  syscall(SYS_read, event_fd, &count, 8);
  syscall(SYS_close, event_fd);
  struct itimerspec timer = {{0, 0}, {1, 0}};
  int timer_fd = syscall(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  syscall(SYS_timerfd_settime, timer_fd, 0, &timer, 0);
  syscall(SYS_close, timer_fd);
}

static void handler(int signal) { (void)signal; }

static void signals(void) {
  struct kernel_sigaction action = {SIG_IGN, SA_RESTART | 0, 0, 0};
  uint64_t mask = (1 << (SIGINT - 1)) | (1 << (SIGCHLD - 1)), all = ~0ull, old;
  syscall(SYS_rt_sigaction, SIGUSR2, &action, 0, 8);
  syscall(SYS_rt_sigaction, SIGUSR2, 0, 0, 8);
  syscall(SYS_rt_sigaction, 99, &action, 0, 8);
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, &mask, &old, 8);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, 0, 8);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &old, &all, 8);
  syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, 0, &old, 8);
  syscall(SYS_rt_sigpending, &old, 8);
  syscall(SYS_kill, 0x7ffffff, SIGTERM);
  syscall(SYS_kill, 0x7ffffff, 0);
  syscall(SYS_kill, 0x7ffffff, 34);
  signal(SIGUSR1, handler);
  int pid = syscall(SYS_getpid);
  syscall(SYS_tgkill, pid, pid, SIGUSR1);
  syscall(SYS_kill, syscall(SYS_getpid), SIGUSR1);
  syscall(SYS_kill, syscall(SYS_getpid), SIGUSR2);
  siginfo_t queued = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
  queued.si_pid = pid;
  queued.si_value.sival_int = 5;
  syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &queued);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  struct itimerspec timer = {{0, 0}, {0, 10000000}};
  int id = 0;
  event.sigev_value.sival_int = 7;
  syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id);
  syscall(SYS_timer_settime, id, 0, &timer, 0);
  syscall(SYS_rt_sigsuspend, &old, 8);
  syscall(SYS_timer_delete, id);
  stack_t stack = {0, SS_DISABLE, 0};
  syscall(SYS_sigaltstack, &stack, 0);
  syscall(SYS_sigaltstack, 0, &stack);
}

static void futexes(void) {
  static uint32_t word = 1;
  struct timespec none = {0, 1000};
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 2, 0, 0, 0);
  syscall(SYS_futex, &word, FUTEX_WAIT, 1, &none, 0, 0);
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
  syscall(SYS_futex, &word, FUTEX_WAKE, 0x7fffffff, 0, 0, 0);
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 2, 0, 0, FUTEX_BITSET_MATCH_ANY);
  syscall(SYS_futex, &word, FUTEX_REQUEUE_PRIVATE, 1, 2, &word + 0, 0);
}

static void processes(void) {
  struct timespec moment = {0, 50000000};
  int status;
  char *arguments[] = {"/no/such", "-x", 0};
  char *environment[] = {"A=1", "B=2", 0};
  int pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) {
    syscall(SYS_nanosleep, &moment, 0);
    syscall(SYS_exit_group, 3);
  }
  syscall(SYS_wait4, pid, &status, 0, 0);
  pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) {
    syscall(SYS_nanosleep, &moment, 0);
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;) syscall(SYS_exit_group, 1);
  }
  syscall(SYS_wait4, -1, &status, 0, 0);
  syscall(SYS_wait4, -1, &status, WNOHANG, 0);
  syscall(SYS_wait4, -1, 0, WNOHANG | WUNTRACED, 0);
  syscall(SYS_execve, "/no/such", arguments, environment);
  syscall(SYS_getpgid, 0);
  syscall(SYS_setpgid, 0, 0);
}

static void others(void) {
  struct timespec stamps[2] = {{1, 2}, {0, UTIME_NOW}};
  struct itimerspec timer;
  struct sched_param parameter = {0};
  struct rusage usage;
  siginfo_t info;
  uint64_t mask = 1 << (SIGUSR1 - 1);
  uint32_t ids[3] = {0, 0, 0};
  off_t offset = 0;
  int fd = syscall(SYS_memfd_create, "name", 1);
  syscall(SYS_write, fd, "0123456789", 10);
  int other = syscall(SYS_openat, AT_FDCWD, "o", O_RDWR | O_CREAT | O_TRUNC, 0600);
  syscall(SYS_sendfile, other, fd, &offset, 4);
  syscall(SYS_fallocate, other, 0, 0, 100);
  syscall(SYS_flock, other, LOCK_EX | LOCK_NB);
  syscall(SYS_utimensat, AT_FDCWD, "o", stamps, 0);
  syscall(SYS_utimensat, AT_FDCWD, "missing", 0, AT_SYMLINK_NOFOLLOW);
  syscall(SYS_fchmodat, AT_FDCWD, "o", 0644);
  syscall(SYS_fchownat, AT_FDCWD, "o", 0, -1, 0);
  syscall(SYS_fchown, other, -1, 0);
  syscall(SYS_fadvise64, other, 0, 0, POSIX_FADV_DONTNEED);
  syscall(SYS_mknodat, AT_FDCWD, "p", S_IFIFO | 0600, 0);
  syscall(SYS_unlinkat, AT_FDCWD, "p", 0);
  syscall(SYS_truncate, "o", 5);
  syscall(SYS_fdatasync, other);
  syscall(SYS_close_range, 50, 60, 0);
  syscall(SYS_close, other);
  syscall(SYS_unlinkat, AT_FDCWD, "o", 0);
  char *pages = (char *)syscall(SYS_mmap, 0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  syscall(SYS_mremap, pages, 8192, 4096, 0);
  syscall(SYS_msync, pages, 4096, MS_SYNC);
  syscall(SYS_mlock, pages, 4096);
  syscall(SYS_munlock, pages, 4096);
  syscall(SYS_munmap, pages, 4096);
  syscall(SYS_sched_getparam, 0, &parameter);
  syscall(SYS_sched_getscheduler, 0);
  syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &parameter);
  syscall(SYS_getpriority, PRIO_PROCESS, 0);
  syscall(SYS_setpriority, PRIO_PROCESS, 0, 0);
  syscall(SYS_geteuid);
  syscall(SYS_getresuid, ids, ids + 1, ids + 2);
  syscall(SYS_setuid, 0);
  syscall(SYS_setresgid, -1, 0, -1);
  syscall(SYS_prctl, PR_SET_NAME, "renamed");
  syscall(SYS_prctl, PR_GET_DUMPABLE);
  syscall(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG, 0);
  syscall(SYS_set_tid_address, ids);
  int signals = syscall(SYS_signalfd4, -1, &mask, 8, SFD_CLOEXEC | SFD_NONBLOCK);
  syscall(SYS_close, signals);
  int clock = syscall(SYS_timerfd_create, CLOCK_REALTIME, 0);
  syscall(SYS_timerfd_gettime, clock, &timer);
  syscall(SYS_close, clock);
  int watch = syscall(SYS_inotify_init1, IN_CLOEXEC);
  int number = syscall(SYS_inotify_add_watch, watch, ".", IN_CREATE | IN_DELETE);
  syscall(SYS_inotify_rm_watch, watch, number);
  syscall(SYS_close, watch);
  syscall(SYS_tkill, -1, 0);
  syscall(SYS_getsid, 0x7ffffff);
  syscall(SYS_chdir, "missing");
  syscall(SYS_fchdir, 99);
  syscall(SYS_sync);
  syscall(SYS_pidfd_open, 0x7ffffff, 0);
  syscall(SYS_sethostname, 8, 5);
  syscall(SYS_umount2, "missing", 0);
  syscall(SYS_getxattr, "missing", "user.x", buffer, 10);
  syscall(SYS_splice, 99, 0, 98, 0, 10, SPLICE_F_MOVE);
  syscall(SYS_personality, 0xffffffff);
}

int main(int count, char **arguments) {
  static const struct { const char *name; void (*run)(void); } groups[] = {
    {"files", files}, {"memory", memory}, {"times", times}, {"sockets", sockets}, {"polling", polling},
    {"signals", signals}, {"futexes", futexes}, {"processes", processes},
    {"others", others},
  };
  memset(buffer, 0, sizeof buffer);
  syscall(SYS_chdir, "begin");
  for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
    if (count > 1 && strcmp(arguments[1], groups[i].name) == 0) groups[i].run();
  syscall(SYS_exit_group, 0);
}
