#include "../harness.h"
#include <sys/prctl.h>

CASE(fork_returns_twice) {
  pid_t c = fork();
  if (c == 0) { SAY("child"); _exit(3); }
  int status;
  T(waitpid(c, &status, 0) == c);
  show_status(status);
}
CASE(exit_status_is_a_byte) {
  int status;
  if (fork() == 0) _exit(0x1234);
  wait(&status);
  show_status(status);
  if (fork() == 0) _exit(-1);
  wait(&status);
  show_status(status);
}
CASE(wait_without_children) {
  T(wait(NULL));
  T(waitpid(-1, NULL, WNOHANG));
  T(waitpid(99999, NULL, 0));
  T(waitpid(-1, NULL, 0x7777));
}
CASE(wait_nohang) {
  int p[2], status;
  pipe(p);
  pid_t c = fork();
  if (c == 0) { char b; close(p[1]); read(p[0], &b, 1); _exit(0); }
  T(waitpid(c, &status, WNOHANG));
  close(p[1]);
  T(waitpid(c, &status, 0) == c);
  T(waitpid(c, &status, 0));
}
CASE(wait_for_group) {
  int status;
  pid_t c = fork();
  if (c == 0) { setpgid(0, 0); _exit(7); }
  setpgid(c, c);
  T(waitpid(-c, &status, 0) == c);
  show_status(status);
  T(waitpid(0, &status, 0));
}
CASE(killed_child) {
  int status;
  pid_t c = fork();
  if (c == 0) { pause(); _exit(0); }
  T(kill(c, SIGKILL));
  waitpid(c, &status, 0);
  show_status(status);
}
CASE(kill_errors) {
  T(kill(99999, 0));
  T(kill(getpid(), 0));
  T(kill(getpid(), 99));
  T(kill(-99999, SIGTERM));
}
CASE(stopped_and_continued) {
  int status;
  pid_t c = fork();
  if (c == 0) { for (;;) pause(); }
  kill(c, SIGSTOP);
  T(waitpid(c, &status, WUNTRACED) == c);
  show_status(status);
  kill(c, SIGCONT);
  T(waitpid(c, &status, WCONTINUED) == c);
  show_status(status);
  kill(c, SIGTERM);
  waitpid(c, &status, 0);
  show_status(status);
}
CASE(waitid_reports) {
  siginfo_t i;
  pid_t c = fork();
  if (c == 0) _exit(42);
  T(waitid(P_PID, c, &i, WEXITED | WNOWAIT));
  SAY("%d %d %d %d", i.si_signo, i.si_code, i.si_status, i.si_pid == c);
  T(waitid(P_PID, c, &i, WEXITED));
  T(waitid(P_PID, c, &i, WEXITED));
  T(waitid(P_ALL, 0, &i, 0));
}
CASE(orphan_gets_new_parent) {
  int p[2];
  pipe(p);
  pid_t me = getpid();
  if (fork() == 0) {
    if (fork() == 0) {
      while (getppid() != 1 && getppid() != me && 0) {}
      sleep_ms(30);
      int changed = getppid() != me;
      write(p[1], &changed, 4);
      _exit(0);
    }
    _exit(0);
  }
  wait(NULL);
  int changed;
  read(p[0], &changed, 4);
  SAY("%d", changed);
}
CASE(zombie_is_visible) {
  pid_t c = fork();
  if (c == 0) _exit(0);
  sleep_ms(30);
  T(kill(c, 0));
  T(waitpid(c, NULL, 0) == c);
  T(kill(c, 0));
}
CASE(fork_copies_memory) {
  static int x = 1;
  int status;
  if (fork() == 0) { x = 2; _exit(x); }
  wait(&status);
  SAY("%d %d", x, WEXITSTATUS(status));
}
CASE(fork_copies_large_memory) {
  char *m = mmap(0, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 4 << 20; i += 4096) m[i] = i >> 12;
  int status;
  if (fork() == 0) {
    int bad = 0;
    for (int i = 0; i < 4 << 20; i += 4096) { if (m[i] != (char)(i >> 12)) bad = 1; m[i] = 0; }
    _exit(bad);
  }
  wait(&status);
  show_status(status);
  int bad = 0;
  for (int i = 0; i < 4 << 20; i += 4096) if (m[i] != (char)(i >> 12)) bad = 1;
  SAY("%d", bad);
}
CASE(fork_shares_file_offset) {
  put_file("f", "abcdef");
  int fd = open("f", O_RDONLY);
  char b[4] = {0};
  if (fork() == 0) { read(fd, b, 2); _exit(0); }
  wait(NULL);
  read(fd, b, 2);
  SAY("%s", b);
}
CASE(vfork_shares_memory) {
  static volatile int x = 1;
  pid_t c = vfork();
  if (c == 0) { x = 2; _exit(5); }
  int status;
  waitpid(c, &status, 0);
  SAY("%d %d", x, WEXITSTATUS(status));
}
CASE(exec_errors) {
  char *argv[] = {"x", NULL}, *envp[] = {NULL};
  T(execve("none", argv, envp));
  put_file("f", "not a program");
  T(execve("f", argv, envp));
  chmod("f", 0755);
  T(execve("f", argv, envp));
  mkdir("d", 0755);
  T(execve("d", argv, envp));
  put_file("g", "\177ELF");
  chmod("g", 0755);
  T(execve("g", argv, envp));
  T(execve((char *)8, argv, envp));
}
CASE(exec_passes_arguments) {
  if (getenv("AGAIN")) return;
  char *argv[] = {"a", "exec_target", "two words", "", NULL}, *envp[] = {"FROM=parent", "EMPTY=", NULL};
  int status;
  if (fork() == 0) { exec_self(argv, envp); _exit(1); }
  wait(&status);
  show_status(status);
}
extern char **environ;
CASE(exec_target) {
  char line[256];
  int fd = open("/proc/self/cmdline", O_RDONLY);
  long n = read(fd, line, sizeof line);
  for (long i = 0; i < n; i++) if (!line[i]) line[i] = '|';
  SAY("%.*s", (int)n, line);
  if (getenv("FROM")) SAY("%s [%s]", getenv("FROM"), getenv("EMPTY"));
}
CASE(exec_closes_cloexec) {
  put_file("f", "x");
  int keep = open("f", O_RDONLY), drop = open("f", O_RDONLY | O_CLOEXEC);
  char a[8], b[8];
  sprintf(a, "K=%d", keep);
  sprintf(b, "D=%d", drop);
  char *argv[] = {"a", "exec_cloexec_target", NULL}, *envp[] = {a, b, NULL};
  if (fork() == 0) { exec_self(argv, envp); _exit(1); }
  wait(NULL);
}
CASE(exec_cloexec_target) {
  if (!getenv("K")) return;
  T(fcntl(atoi(getenv("K")), F_GETFD));
  T(fcntl(atoi(getenv("D")), F_GETFD));
}
CASE(exec_resets_handlers) {
  char *argv[] = {"a", "exec_handlers_target", NULL}, *envp[] = {"GO=1", NULL};
  signal(SIGUSR1, SIG_IGN);
  signal(SIGUSR2, (void (*)(int))show_status);
  sigset_t s;
  sigemptyset(&s);
  sigaddset(&s, SIGTERM);
  sigprocmask(SIG_BLOCK, &s, NULL);
  if (fork() == 0) { exec_self(argv, envp); _exit(1); }
  wait(NULL);
}
CASE(exec_handlers_target) {
  if (!getenv("GO")) return;
  struct sigaction a;
  sigaction(SIGUSR1, NULL, &a);
  SAY("%d", a.sa_handler == SIG_IGN);
  sigaction(SIGUSR2, NULL, &a);
  SAY("%d", a.sa_handler == SIG_DFL);
  sigset_t s;
  sigprocmask(0, NULL, &s);
  SAY("%d %d", sigismember(&s, SIGTERM), sigismember(&s, SIGINT));
}
CASE(process_groups) {
  T(getpgid(0) == getpgrp());
  T(setpgid(0, 0));
  T(getpgid(0) == getpid());
  T(setpgid(99999, 0));
  T(setpgid(0, 99999));
  T(getpgid(99999));
  T(setpgid(0, -1));
}
CASE(sessions) {
  int status;
  if (fork() == 0) {
    T(setsid() == getpid());
    T(getsid(0) == getpid());
    T(getpgid(0) == getpid());
    T(setsid());
    T(setpgid(0, 0));
    _exit(0);
  }
  wait(&status);
  show_status(status);
}
CASE(kill_process_group) {
  pid_t leader = fork();
  if (leader == 0) { setpgid(0, 0); pause(); _exit(0); }
  setpgid(leader, leader);
  pid_t second = fork();
  if (second == 0) { setpgid(0, leader); pause(); _exit(0); }
  setpgid(second, leader);
  int a, b;
  T(kill(-leader, SIGUSR1));
  waitpid(leader, &a, 0);
  waitpid(second, &b, 0);
  show_status(a);
  show_status(b);
}
CASE(priorities) {
  T(getpriority(PRIO_PROCESS, 0));
  T(setpriority(PRIO_PROCESS, 0, 5));
  T(getpriority(PRIO_PROCESS, 0));
  T(nice(3));
  T(setpriority(PRIO_PROCESS, 0, 100));
  T(getpriority(PRIO_PROCESS, 0));
  T(getpriority(PRIO_PROCESS, 99999));
  T(getpriority(77, 0));
}
CASE(prctl_name) {
  char b[20] = {0};
  T(prctl(PR_SET_NAME, "a rather long name"));
  T(prctl(PR_GET_NAME, b));
  SAY("%s", b);
  int fd = open("/proc/self/comm", O_RDONLY);
  long n = read(fd, b, 20);
  SAY("%.*s", (int)n - 1, b);
  T(prctl(9999, 0));
}
CASE(prctl_pdeathsig) {
  int signal = -1;
  T(prctl(PR_SET_PDEATHSIG, SIGUSR1));
  T(prctl(PR_GET_PDEATHSIG, &signal));
  T(signal);
  T(prctl(PR_SET_PDEATHSIG, 100));
}
CASE(identity_calls) {
  T(getuid());
  T(geteuid());
  T(getgid());
  T(getegid());
  uid_t r, e, s;
  T(getresuid(&r, &e, &s));
  SAY("%d %d %d", r, e, s);
}
CASE(dropping_privileges) {
  int status;
  if (fork() == 0) {
    T(setresuid(10, 20, 30));
    uid_t r, e, s;
    getresuid(&r, &e, &s);
    SAY("%d %d %d", r, e, s);
    T(setuid(0));
    T(seteuid(30));
    T(geteuid());
    T(setuid(10));
    T(setresuid(-1, 99, -1));
    _exit(0);
  }
  wait(&status);
  show_status(status);
}
CASE(groups) {
  gid_t g[4] = {5, 6, 7}, h[8];
  T(setgroups(3, g));
  T(getgroups(8, h));
  SAY("%d %d %d", h[0], h[1], h[2]);
  T(getgroups(1, h));
  T(getgroups(0, h));
}
CASE(rusage_counts) {
  struct rusage u;
  volatile long x = 0;
  for (long i = 0; i < 3000000; i++) x += i;
  T(getrusage(RUSAGE_SELF, &u));
  SAY("%d", u.ru_utime.tv_sec * 1000000 + u.ru_utime.tv_usec > 0);
  T(getrusage(99, &u));
}
CASE(limits_read_and_write) {
  struct rlimit l;
  T(getrlimit(RLIMIT_NOFILE, &l));
  l.rlim_cur = 50;
  T(setrlimit(RLIMIT_NOFILE, &l));
  l.rlim_cur = 0;
  getrlimit(RLIMIT_NOFILE, &l);
  T(l.rlim_cur);
  l.rlim_cur = l.rlim_max + 1;
  T(setrlimit(RLIMIT_NOFILE, &(struct rlimit){100, 50}));
  T(getrlimit(99, &l));
}
CASE(descriptor_limit_bites) {
  struct rlimit l = {10, 10};
  setrlimit(RLIMIT_NOFILE, &l);
  int n = 0;
  while (dup(1) != -1) n++;
  SAY("%d %s", n, errno_name(errno));
  int p[2];
  T(pipe(p));
  T(dup2(1, 10));
  T(fcntl(1, F_DUPFD, 10));
  T(open("/dev/null", O_RDONLY));
}
CASE(uname_basics) {
  char b[390];
  T(syscall(SYS_uname, b));
  SAY("%s %s", b, b + 65 * 4);
}
CASE(getrandom_fills) {
  unsigned char b[32] = {0};
  int any = 0;
  T(syscall(SYS_getrandom, b, 32, 0));
  for (int i = 0; i < 32; i++) any |= b[i];
  SAY("%d", any != 0);
  T(syscall(SYS_getrandom, b, 32, 0x100));
}
CASE(sched_calls) {
  struct sched_param p = {0};
  T(sched_getscheduler(0));
  T(sched_getparam(0, &p));
  T(sched_get_priority_max(SCHED_FIFO));
  T(sched_get_priority_min(SCHED_RR));
  T(sched_get_priority_max(99));
  p.sched_priority = 100;
  T(sched_setscheduler(0, SCHED_FIFO, &p));
  p.sched_priority = 10;
  T(sched_setscheduler(0, SCHED_RR, &p));
  T(sched_getscheduler(0));
  T(sched_yield());
}
CASE(unknown_system_calls) {
  T(syscall(9999));
  T(syscall(462));
  T(syscall(-5));
}
CASE(classic_fork_exec_wait) {
  pid_t child = fork();
  if (child == 0) {
    exec_self((char *[]){"x", "exec_target", NULL}, (char *[]){NULL});
    _exit(127);
  }
  int status;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) SAY("child exited with %d", WEXITSTATUS(status));
}
CASE(many_children) {
  int sum = 0;
  for (int i = 0; i < 50; i++) if (fork() == 0) _exit(i);
  for (int i = 0; i < 50; i++) { int s; wait(&s); sum += WEXITSTATUS(s); }
  SAY("%d", sum);
  T(wait(NULL));
}
CASE(sigchld_ignored_reaps) {
  signal(SIGCHLD, SIG_IGN);
  if (fork() == 0) _exit(0);
  T(wait(NULL));
}
CASE(pidfd_waits) {
  pid_t c = fork();
  if (c == 0) _exit(6);
  int fd = syscall(SYS_pidfd_open, c, 0);
  struct pollfd p = {fd, POLLIN, 0};
  T(poll(&p, 1, 2000));
  SAY("%d", p.revents);
  wait(NULL);
}
