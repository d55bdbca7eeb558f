#include "../harness.h"
#include <sys/timerfd.h>

CASE(monotonic_moves_forward) {
  struct timespec a, b;
  T(clock_gettime(CLOCK_MONOTONIC, &a));
  sleep_ms(5);
  clock_gettime(CLOCK_MONOTONIC, &b);
  long ns = (b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec;
  SAY("%d", ns >= 5000000);
}
CASE(clock_errors) {
  struct timespec t;
  T(clock_gettime(999, &t));
  T(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 8));
  T(clock_getres(CLOCK_MONOTONIC, &t));
  SAY("%ld %ld", t.tv_sec, t.tv_nsec);
  T(clock_getres(999, &t));
}
CASE(clocks_exist) {
  struct timespec t;
  for (int c = 0; c <= 7; c++) SAY("%d %d", c, clock_gettime(c, &t));
}
CASE(process_cpu_clock) {
  struct timespec a, b;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
  volatile long x = 0;
  for (int i = 0; i < 1000000; i++) x += i;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
  SAY("%d", b.tv_sec > a.tv_sec || b.tv_nsec > a.tv_nsec);
}
CASE(nanosleep_errors) {
  struct timespec t = {0, 2000000000};
  T(nanosleep(&t, NULL));
  t = (struct timespec){-1, 0};
  T(nanosleep(&t, NULL));
  T(nanosleep((void *)8, NULL));
  t = (struct timespec){0, 0};
  T(nanosleep(&t, NULL));
}
CASE(clock_nanosleep_absolute) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  t.tv_nsec += 20000000;
  if (t.tv_nsec >= 1000000000) { t.tv_sec++; t.tv_nsec -= 1000000000; }
  long before = now_ms();
  T(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL));
  SAY("%d", now_ms() - before >= 15);
  t.tv_sec = 0;
  T(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL));
  T(clock_nanosleep(999, 0, &t, NULL));
}
CASE(gettimeofday_agrees) {
  struct timeval v;
  struct timespec t;
  T(gettimeofday(&v, NULL));
  clock_gettime(CLOCK_REALTIME, &t);
  SAY("%d", t.tv_sec - v.tv_sec <= 1);
  SAY("%d", time(NULL) - v.tv_sec <= 1);
}
CASE(timerfd_once) {
  int fd = MUST(timerfd_create(CLOCK_MONOTONIC, 0));
  struct itimerspec v = {{0, 0}, {0, 10000000}};
  uint64_t n;
  T(timerfd_settime(fd, 0, &v, NULL));
  T(read(fd, &n, 8));
  T(n);
  struct pollfd p = {fd, POLLIN, 0};
  T(poll(&p, 1, 20));
}
CASE(timerfd_periodic_counts) {
  int fd = MUST(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
  struct itimerspec v = {{0, 5000000}, {0, 5000000}};
  uint64_t n;
  T(read(fd, &n, 8));
  T(timerfd_settime(fd, 0, &v, NULL));
  sleep_ms(50);
  T(read(fd, &n, 8));
  SAY("%d", n >= 5);
  T(read(fd, &n, 4));
}
CASE(timerfd_gettime_and_disarm) {
  int fd = MUST(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
  struct itimerspec v = {{0, 0}, {100, 0}}, o;
  timerfd_settime(fd, 0, &v, NULL);
  T(timerfd_gettime(fd, &o));
  SAY("%d", o.it_value.tv_sec >= 99);
  memset(&v, 0, sizeof v);
  T(timerfd_settime(fd, 0, &v, &o));
  SAY("%d", o.it_value.tv_sec >= 99);
  timerfd_gettime(fd, &o);
  SAY("%ld", o.it_value.tv_sec);
}
CASE(timerfd_absolute_in_the_past) {
  int fd = MUST(timerfd_create(CLOCK_MONOTONIC, 0));
  struct itimerspec v = {{0, 0}, {0, 1}};
  uint64_t n;
  T(timerfd_settime(fd, TFD_TIMER_ABSTIME, &v, NULL));
  T(read(fd, &n, 8));
  T(n);
}
CASE(timerfd_errors) {
  struct itimerspec v = {{0, 0}, {0, 2000000000}};
  T(timerfd_create(999, 0));
  T(timerfd_create(CLOCK_MONOTONIC, 5));
  int fd = timerfd_create(CLOCK_MONOTONIC, 0);
  T(timerfd_settime(fd, 0, &v, NULL));
  T(timerfd_settime(1, 0, &v, NULL));
  T(timerfd_settime(77, 0, &v, NULL));
}
CASE(itimer_get) {
  struct itimerval v = {{1, 0}, {100, 0}}, o;
  setitimer(ITIMER_REAL, &v, NULL);
  T(getitimer(ITIMER_REAL, &o));
  SAY("%d %ld", o.it_value.tv_sec >= 99, o.it_interval.tv_sec);
  T(getitimer(99, &o));
}
CASE(times_and_sysconf) {
  SAY("%ld %ld", sysconf(_SC_CLK_TCK), sysconf(_SC_PAGESIZE));
}
