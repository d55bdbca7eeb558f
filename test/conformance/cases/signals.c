#include "../harness.h"
#include <sys/signalfd.h>
#include <setjmp.h>
#include <ucontext.h>

static volatile int count, last, last_code, last_value;
static void counting(int s) { count++; last = s; }
static void informed(int s, siginfo_t *i, void *u) { count++; last = s; last_code = i->si_code; last_value = i->si_value.sival_int; }
static void set(int s, void (*h)(int), int flags) {
  struct sigaction a = {.sa_handler = h, .sa_flags = flags};
  sigaction(s, &a, NULL);
}
static void info(int s, int flags) {
  struct sigaction a = {.sa_sigaction = informed, .sa_flags = SA_SIGINFO | flags};
  sigaction(s, &a, NULL);
}

CASE(handler_runs) {
  set(SIGUSR1, counting, 0);
  T(raise(SIGUSR1));
  SAY("%d %d", count, last);
}
CASE(handler_info) {
  info(SIGUSR1, 0);
  kill(getpid(), SIGUSR1);
  SAY("%d %d %d", count, last, last_code);
}
CASE(default_actions) {
  int signals[] = {SIGHUP, SIGTERM, SIGUSR1, SIGALRM, SIGCHLD, SIGURG, SIGWINCH, SIGABRT, SIGQUIT};
  for (int i = 0; i < 9; i++) {
    int status;
    pid_t c = fork();
    if (c == 0) { raise(signals[i]); _exit(0); }
    waitpid(c, &status, 0);
    show_status(status);
  }
}
CASE(ignored_signal) {
  signal(SIGTERM, SIG_IGN);
  T(raise(SIGTERM));
}
CASE(sigkill_cannot_be_caught) {
  struct sigaction a = {.sa_handler = counting};
  T(sigaction(SIGKILL, &a, NULL));
  T(sigaction(SIGSTOP, &a, NULL));
  T(sigaction(99, &a, NULL));
  T(sigaction(SIGKILL, NULL, &a));
}
CASE(blocked_signal_pends) {
  sigset_t s, p;
  sigemptyset(&s);
  sigaddset(&s, SIGUSR1);
  set(SIGUSR1, counting, 0);
  sigprocmask(SIG_BLOCK, &s, NULL);
  raise(SIGUSR1);
  raise(SIGUSR1);
  sigpending(&p);
  SAY("%d %d", count, sigismember(&p, SIGUSR1));
  sigprocmask(SIG_UNBLOCK, &s, NULL);
  SAY("%d", count);
}
CASE(mask_operations) {
  sigset_t s, o;
  sigemptyset(&s);
  sigaddset(&s, SIGUSR1);
  T(sigprocmask(SIG_SETMASK, &s, NULL));
  sigemptyset(&s);
  sigaddset(&s, SIGUSR2);
  T(sigprocmask(SIG_BLOCK, &s, &o));
  SAY("%d %d", sigismember(&o, SIGUSR1), sigismember(&o, SIGUSR2));
  T(sigprocmask(99, &s, NULL));
  sigfillset(&s);
  sigprocmask(SIG_SETMASK, &s, NULL);
  sigprocmask(0, NULL, &o);
  SAY("%d %d", sigismember(&o, SIGKILL), sigismember(&o, SIGTERM));
}
static void nested(int s) {
  count++;
  if (count == 1) { raise(SIGUSR1); SAY("inside %d", count); }
}
CASE(signal_is_masked_in_its_handler) {
  set(SIGUSR1, nested, 0);
  raise(SIGUSR1);
  SAY("after %d", count);
}
CASE(nodefer_nests) {
  set(SIGUSR1, nested, SA_NODEFER);
  raise(SIGUSR1);
  SAY("after %d", count);
}
CASE(resethand_once) {
  set(SIGUSR1, counting, SA_RESETHAND);
  raise(SIGUSR1);
  struct sigaction a;
  sigaction(SIGUSR1, NULL, &a);
  SAY("%d %d", count, a.sa_handler == SIG_DFL);
}
static void check_mask(int s) {
  sigset_t m;
  sigprocmask(0, NULL, &m);
  SAY("%d %d %d", sigismember(&m, SIGUSR1), sigismember(&m, SIGUSR2), sigismember(&m, SIGTERM));
}
CASE(sa_mask_applies) {
  struct sigaction a = {.sa_handler = check_mask};
  sigaddset(&a.sa_mask, SIGUSR2);
  sigaction(SIGUSR1, &a, NULL);
  raise(SIGUSR1);
  check_mask(0);
}
CASE(read_is_interrupted) {
  int p[2];
  char b;
  pipe(p);
  set(SIGALRM, counting, 0);
  struct itimerval t = {{0, 0}, {0, 20000}};
  setitimer(ITIMER_REAL, &t, NULL);
  T(read(p[0], &b, 1));
  SAY("%d", count);
}
CASE(read_is_restarted) {
  int p[2];
  char b;
  pipe(p);
  set(SIGUSR1, counting, SA_RESTART);
  pid_t me = getpid();
  if (fork() == 0) {
    sleep_ms(20);
    kill(me, SIGUSR1);
    sleep_ms(20);
    write(p[1], "x", 1);
    _exit(0);
  }
  T(read(p[0], &b, 1));
  SAY("%d", count);
  wait(NULL);
}
CASE(nanosleep_is_interrupted_with_remainder) {
  set(SIGALRM, counting, SA_RESTART);
  struct itimerval v = {{0, 0}, {0, 20000}};
  setitimer(ITIMER_REAL, &v, NULL);
  struct timespec t = {5, 0}, r = {0, 0};
  T(nanosleep(&t, &r));
  SAY("%d", r.tv_sec == 4);
}
CASE(wait_is_restarted) {
  set(SIGUSR1, counting, SA_RESTART);
  pid_t me = getpid();
  int status;
  if (fork() == 0) { sleep_ms(20); kill(me, SIGUSR1); sleep_ms(20); _exit(4); }
  OK(wait(&status));
  SAY("%d", count);
  show_status(status);
}
CASE(pause_returns_eintr) {
  set(SIGALRM, counting, SA_RESTART);
  struct itimerval v = {{0, 0}, {0, 10000}};
  setitimer(ITIMER_REAL, &v, NULL);
  T(pause());
}
CASE(sigsuspend_swaps_mask) {
  sigset_t s, e;
  sigemptyset(&e);
  sigemptyset(&s);
  sigaddset(&s, SIGUSR1);
  set(SIGUSR1, counting, 0);
  sigprocmask(SIG_BLOCK, &s, NULL);
  raise(SIGUSR1);
  T(sigsuspend(&e));
  SAY("%d", count);
  sigprocmask(0, NULL, &e);
  SAY("%d", sigismember(&e, SIGUSR1));
}
CASE(partial_write_beats_eintr) {
  int p[2];
  pipe(p);
  static char big[200000];
  set(SIGALRM, counting, 0);
  struct itimerval v = {{0, 0}, {0, 20000}};
  setitimer(ITIMER_REAL, &v, NULL);
  T(write(p[1], big, sizeof big));
  SAY("%d", count);
}
CASE(sigchld_information) {
  struct sigaction a = {.sa_flags = SA_SIGINFO};
  static volatile int status, code;
  void on(int s, siginfo_t *i, void *u) { status = i->si_status; code = i->si_code; count++; }
  a.sa_sigaction = on;
  sigaction(SIGCHLD, &a, NULL);
  if (fork() == 0) _exit(9);
  while (!count) sleep_ms(2);
  SAY("%d %d", status, code);
  wait(NULL);
}
CASE(nocldstop) {
  set(SIGCHLD, counting, SA_NOCLDSTOP);
  pid_t c = fork();
  if (c == 0) for (;;) pause();
  int status;
  kill(c, SIGSTOP);
  waitpid(c, &status, WUNTRACED);
  SAY("%d", count);
  kill(c, SIGKILL);
  waitpid(c, &status, 0);
  sleep_ms(5);
  SAY("%d", count);
}
CASE(nocldwait) {
  set(SIGCHLD, SIG_DFL, SA_NOCLDWAIT);
  if (fork() == 0) _exit(0);
  T(wait(NULL));
}
static jmp_buf env;
static void *fault_address;
static int fault_code;
static void on_fault(int s, siginfo_t *i, void *u) { fault_address = i->si_addr; fault_code = i->si_code; last = s; siglongjmp(env, 1); }
static void catch_faults(void) {
  struct sigaction a = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGSEGV, &a, NULL);
  sigaction(SIGBUS, &a, NULL);
  sigaction(SIGILL, &a, NULL);
  sigaction(SIGTRAP, &a, NULL);
}
CASE(segv_maperr) {
  catch_faults();
  if (!sigsetjmp(env, 1)) *(volatile int *)16 = 1;
  SAY("%d %p %d", last, fault_address, fault_code);
}
CASE(segv_accerr) {
  catch_faults();
  char *m = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!sigsetjmp(env, 1)) m[5] = 1;
  SAY("%d %d %d", last, (char *)fault_address == m + 5, fault_code);
}
CASE(segv_on_execute) {
  catch_faults();
  char *m = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!sigsetjmp(env, 1)) ((void (*)(void))m)();
  SAY("%d %d", last, (char *)fault_address == m);
}
CASE(bus_past_end_of_file) {
  catch_faults();
  put_file("f", "x");
  int fd = open("f", O_RDONLY);
  volatile char *m = mmap(0, 8192, PROT_READ, MAP_SHARED, fd, 0);
  SAY("%c %d", m[0], m[1]);
  if (!sigsetjmp(env, 1)) (void)m[4096];
  SAY("%d %d", last, fault_code);
}
CASE(illegal_instruction) {
  catch_faults();
  if (!sigsetjmp(env, 1)) asm volatile(".word 0");
  SAY("%d", last);
}
CASE(breakpoint) {
  catch_faults();
  if (!sigsetjmp(env, 1)) asm volatile("ebreak");
  SAY("%d", last);
}
CASE(unhandled_segv_kills) {
  int status;
  if (fork() == 0) { *(volatile int *)0 = 1; _exit(0); }
  wait(&status);
  show_status(status);
}
CASE(segv_while_blocked_kills) {
  int status;
  if (fork() == 0) {
    sigset_t s;
    sigfillset(&s);
    sigprocmask(SIG_BLOCK, &s, NULL);
    *(volatile int *)0 = 1;
    _exit(0);
  }
  wait(&status);
  show_status(status);
}
CASE(handler_can_change_registers) {
  static volatile long seen;
  void on(int s, siginfo_t *i, void *u) {
    ucontext_t *c = u;
    c->uc_mcontext.__gregs[0] += 4;
    c->uc_mcontext.__gregs[10] = 77;
  }
  struct sigaction a = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
  sigaction(SIGTRAP, &a, NULL);
  register long a0 asm("a0") = 1;
  asm volatile(".option push\n.option norvc\nebreak\n.option pop" : "+r"(a0));
  SAY("%ld", a0);
}
CASE(floating_point_survives_handlers) {
  void on(int s) { volatile double x = 3.5; x = x * x; count++; }
  set(SIGUSR1, on, 0);
  double a = 1.25, b = 2.5;
  asm volatile("" : "+f"(a), "+f"(b));
  raise(SIGUSR1);
  asm volatile("" : "+f"(a), "+f"(b));
  SAY("%g %g %d", a, b, count);
}
CASE(alternate_stack) {
  static char stack[65536];
  static volatile int on_it;
  void on(int s) { char here; on_it = &here >= stack && &here < stack + sizeof stack; }
  stack_t st = {.ss_sp = stack, .ss_size = sizeof stack}, old;
  T(sigaltstack(&st, NULL));
  set(SIGUSR1, on, SA_ONSTACK);
  raise(SIGUSR1);
  SAY("%d", on_it);
  set(SIGUSR1, on, 0);
  raise(SIGUSR1);
  SAY("%d", on_it);
  T(sigaltstack(NULL, &old));
  SAY("%d %ld", old.ss_flags, (long)old.ss_size);
  st.ss_size = 100;
  T(sigaltstack(&st, NULL));
}
CASE(queued_values_in_order) {
  int signal = SIGRTMIN + 3;
  static int values[4], n;
  void on(int s, siginfo_t *i, void *u) { values[n++] = i->si_value.sival_int; last_code = i->si_code; }
  struct sigaction a = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
  sigaction(signal, &a, NULL);
  sigset_t s;
  sigemptyset(&s);
  sigaddset(&s, signal);
  sigprocmask(SIG_BLOCK, &s, NULL);
  for (int i = 1; i <= 3; i++) sigqueue(getpid(), signal, (union sigval){.sival_int = i * 11});
  sigprocmask(SIG_UNBLOCK, &s, NULL);
  SAY("%d: %d %d %d code %d", n, values[0], values[1], values[2], last_code);
}
CASE(lower_real_time_signals_first) {
  static int order[3], n;
  void on(int s) { order[n++] = s - SIGRTMIN; }
  sigset_t s;
  sigemptyset(&s);
  for (int i = 5; i >= 3; i--) { set(SIGRTMIN + i, on, 0); sigaddset(&s, SIGRTMIN + i); }
  for (int i = 3; i <= 5; i++) { struct sigaction a = {.sa_handler = on}; sigfillset(&a.sa_mask); sigaction(SIGRTMIN + i, &a, NULL); }
  sigprocmask(SIG_BLOCK, &s, NULL);
  raise(SIGRTMIN + 5);
  raise(SIGRTMIN + 3);
  raise(SIGRTMIN + 4);
  sigprocmask(SIG_UNBLOCK, &s, NULL);
  SAY("%d %d %d", order[0], order[1], order[2]);
}
CASE(sigwait_takes_pending) {
  sigset_t s;
  siginfo_t i;
  sigemptyset(&s);
  sigaddset(&s, SIGUSR1);
  sigprocmask(SIG_BLOCK, &s, NULL);
  raise(SIGUSR1);
  T(sigwaitinfo(&s, &i));
  SAY("%d", i.si_signo);
  struct timespec t = {0, 10000000};
  T(sigtimedwait(&s, &i, &t));
  t.tv_nsec = -1;
  T(sigtimedwait(&s, &i, &t));
}
CASE(signalfd_reads) {
  sigset_t s;
  sigemptyset(&s);
  sigaddset(&s, SIGUSR1);
  sigaddset(&s, SIGUSR2);
  sigprocmask(SIG_BLOCK, &s, NULL);
  int fd = MUST(signalfd(-1, &s, SFD_NONBLOCK));
  struct signalfd_siginfo i[4];
  T(read(fd, i, sizeof i));
  raise(SIGUSR2);
  raise(SIGUSR1);
  T(read(fd, i, sizeof i) / (long)sizeof *i);
  SAY("%d %d", i[0].ssi_signo, i[1].ssi_signo);
  T(read(fd, i, 10));
}
CASE(alarm_and_remaining) {
  T(alarm(10));
  T(alarm(0));
  T(alarm(0));
}
CASE(interval_timer_repeats) {
  set(SIGALRM, counting, SA_RESTART);
  struct itimerval t = {{0, 5000}, {0, 5000}}, o;
  T(setitimer(ITIMER_REAL, &t, NULL));
  while (count < 4) sleep_ms(1);
  memset(&t, 0, sizeof t);
  T(setitimer(ITIMER_REAL, &t, &o));
  SAY("%d %ld", count >= 4, o.it_interval.tv_usec);
  T(setitimer(99, &t, NULL));
}
CASE(virtual_timer_counts_cpu) {
  set(SIGVTALRM, counting, 0);
  struct itimerval t = {{0, 0}, {0, 10000}};
  T(setitimer(ITIMER_VIRTUAL, &t, NULL));
  while (!count) {}
  SAY("%d %d", count, last);
}
CASE(posix_timer_signals) {
  info(SIGRTMIN, 0);
  struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 55};
  timer_t t;
  T(timer_create(CLOCK_MONOTONIC, &e, &t));
  struct itimerspec v = {{0, 0}, {0, 5000000}}, o;
  T(timer_settime(t, 0, &v, NULL));
  while (!count) sleep_ms(1);
  SAY("%d %d %d", count, last_value, last_code);
  T(timer_gettime(t, &o));
  SAY("%ld", o.it_value.tv_nsec);
  T(timer_getoverrun(t));
  T(timer_delete(t));
}
CASE(signal_zero_and_limits) {
  T(sigqueue(getpid(), 0, (union sigval){0}));
  T(syscall(SYS_tgkill, getpid(), getpid(), 0));
  T(syscall(SYS_tgkill, getpid(), -1, SIGUSR1));
  T(syscall(SYS_tkill, 99999, SIGUSR1));
}
CASE(abort_cannot_be_ignored) {
  int status;
  if (fork() == 0) { signal(SIGABRT, SIG_IGN); abort(); }
  wait(&status);
  show_status(status);
}
CASE(stop_signals_from_handler) {
  int status;
  pid_t c = fork();
  // A group of its own, whose parent is outside it: whether the caller's group is orphaned is the caller's affair.
  if (c == 0) { setpgid(0, 0); raise(SIGTSTP); _exit(2); }
  T(waitpid(c, &status, WUNTRACED) == c);
  show_status(status);
  kill(c, SIGCONT);
  waitpid(c, &status, 0);
  show_status(status);
}
CASE(siglongjmp_restores_mask) {
  void on(int s) { siglongjmp(env, 1); }
  set(SIGUSR1, on, 0);
  if (!sigsetjmp(env, 1)) raise(SIGUSR1);
  sigset_t s;
  sigprocmask(0, NULL, &s);
  SAY("%d", sigismember(&s, SIGUSR1));
}
CASE(signals_during_computation) {
  set(SIGALRM, counting, 0);
  struct itimerval t = {{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &t, NULL);
  unsigned long a = 1, b = 0;
  for (int i = 0; i < 2000000; i++) { a = a * 6364136223846793005ul + 1442695040888963407ul; b ^= a >> 33; }
  memset(&t, 0, sizeof t);
  setitimer(ITIMER_REAL, &t, NULL);
  SAY("%lx %d", b, count > 0);
}
