#include "../harness.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

static int add(int e, int fd, unsigned events) {
  struct epoll_event v = {.events = events, .data.fd = fd};
  return epoll_ctl(e, EPOLL_CTL_ADD, fd, &v);
}
static void show_events(int e, int timeout) {
  struct epoll_event v[8];
  int n = epoll_wait(e, v, 8, timeout);
  printf("%d:", n);
  unsigned all = 0;
  for (int i = 0; i < n; i++) printf(" %x", v[i].events);
  printf("\n");
  fflush(stdout);
}
CASE(poll_pipe_states) {
  int p[2];
  pipe(p);
  struct pollfd f[2] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}};
  T(poll(f, 2, 0));
  SAY("%x %x", f[0].revents, f[1].revents);
  write(p[1], "x", 1);
  T(poll(f, 2, 0));
  SAY("%x %x", f[0].revents, f[1].revents);
  close(p[1]);
  f[1].fd = -1;
  T(poll(f, 2, 0));
  SAY("%x %x", f[0].revents, f[1].revents);
  char b;
  read(p[0], &b, 1);
  T(poll(f, 2, 0));
  SAY("%x", f[0].revents);
}
CASE(poll_reader_gone) {
  int p[2];
  pipe(p);
  close(p[0]);
  struct pollfd f = {p[1], POLLOUT, 0};
  T(poll(&f, 1, 0));
  SAY("%x", f.revents);
}
CASE(poll_bad_descriptor) {
  struct pollfd f[2] = {{77, POLLIN, 0}, {-5, POLLIN, 9}};
  T(poll(f, 2, 0));
  SAY("%x %x", f[0].revents, f[1].revents);
  T(poll((void *)8, 1, 0));
  T(poll(NULL, 0, 1));
}
CASE(poll_times_out) {
  int p[2];
  pipe(p);
  struct pollfd f = {p[0], POLLIN, 0};
  long t = now_ms();
  T(poll(&f, 1, 30));
  SAY("%d", now_ms() - t >= 28);
}
CASE(poll_regular_file) {
  put_file("f", "");
  struct pollfd f = {open("f", O_RDONLY), POLLIN | POLLOUT | POLLPRI, 0};
  T(poll(&f, 1, 0));
  SAY("%x", f.revents);
}
CASE(poll_wakes_on_write) {
  int p[2];
  pipe(p);
  if (fork() == 0) { sleep_ms(10); write(p[1], "x", 1); _exit(0); }
  struct pollfd f = {p[0], POLLIN, 0};
  T(poll(&f, 1, -1));
  SAY("%x", f.revents);
  wait(NULL);
}
CASE(ppoll_swaps_mask) {
  static volatile int count;
  void on(int s) { count++; }
  struct sigaction a = {.sa_handler = on};
  sigset_t s, e;
  sigaction(SIGUSR1, &a, NULL);
  sigemptyset(&e);
  sigemptyset(&s);
  sigaddset(&s, SIGUSR1);
  sigprocmask(SIG_BLOCK, &s, NULL);
  raise(SIGUSR1);
  struct timespec t = {1, 0};
  T(ppoll(NULL, 0, &t, &e));
  T(count);
}
CASE(select_basics) {
  int p[2];
  pipe(p);
  fd_set r, w;
  FD_ZERO(&r);
  FD_ZERO(&w);
  FD_SET(p[0], &r);
  FD_SET(p[1], &w);
  struct timeval t = {0, 0};
  T(select(p[1] + 1, &r, &w, NULL, &t));
  SAY("%d %d", FD_ISSET(p[0], &r) != 0, FD_ISSET(p[1], &w) != 0);
  write(p[1], "x", 1);
  FD_SET(p[0], &r);
  T(select(p[1] + 1, &r, &w, NULL, NULL));
  SAY("%d", FD_ISSET(p[0], &r) != 0);
}
CASE(select_errors) {
  fd_set r;
  FD_ZERO(&r);
  FD_SET(50, &r);
  struct timeval t = {0, 0};
  T(select(51, &r, NULL, NULL, &t));
  T(select(-1, NULL, NULL, NULL, &t));
  t.tv_sec = -1;
  T(select(0, NULL, NULL, NULL, &t));
}
CASE(select_updates_timeout) {
  struct timeval t = {0, 20000};
  T(select(0, NULL, NULL, NULL, &t));
  SAY("%ld %ld", t.tv_sec, t.tv_usec);
}
CASE(epoll_level_triggered) {
  int p[2], e = MUST(epoll_create1(0));
  pipe(p);
  T(add(e, p[0], EPOLLIN));
  show_events(e, 0);
  write(p[1], "ab", 2);
  show_events(e, 0);
  show_events(e, 0);
  char b[4];
  read(p[0], b, 4);
  show_events(e, 0);
}
CASE(epoll_edge_triggered) {
  int p[2], e = epoll_create1(0);
  pipe(p);
  add(e, p[0], EPOLLIN | EPOLLET);
  write(p[1], "ab", 2);
  show_events(e, 0);
  show_events(e, 0);
  write(p[1], "c", 1);
  show_events(e, 0);
  char b[1];
  read(p[0], b, 1);
  show_events(e, 0);
}
CASE(epoll_one_shot) {
  int p[2], e = epoll_create1(0);
  pipe(p);
  add(e, p[0], EPOLLIN | EPOLLONESHOT);
  write(p[1], "a", 1);
  show_events(e, 0);
  show_events(e, 0);
  struct epoll_event v = {.events = EPOLLIN | EPOLLONESHOT, .data.fd = p[0]};
  T(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &v));
  show_events(e, 0);
}
CASE(epoll_errors) {
  int p[2], e = epoll_create1(0);
  pipe(p);
  struct epoll_event v = {.events = EPOLLIN};
  T(epoll_create(0));
  T(epoll_create1(77));
  T(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &v));
  T(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &v));
  T(epoll_ctl(e, EPOLL_CTL_MOD, p[1], &v));
  T(epoll_ctl(e, EPOLL_CTL_DEL, p[1], NULL));
  T(epoll_ctl(e, 99, p[0], &v));
  T(epoll_ctl(e, EPOLL_CTL_ADD, 77, &v));
  T(epoll_ctl(77, EPOLL_CTL_ADD, p[0], &v));
  T(epoll_ctl(p[0], EPOLL_CTL_ADD, p[1], &v));
  T(epoll_ctl(e, EPOLL_CTL_ADD, e, &v));
  put_file("f", "");
  T(epoll_ctl(e, EPOLL_CTL_ADD, open("f", O_RDONLY), &v));
  T(epoll_wait(e, &v, 0, 0));
  T(epoll_wait(e, (void *)8, 1, 0));
  T(epoll_wait(p[0], &v, 1, 0));
  T(epoll_ctl(e, EPOLL_CTL_ADD, p[1], (void *)8));
}
CASE(epoll_hang_up_and_error) {
  int p[2], q[2], e = epoll_create1(0);
  pipe(p);
  pipe(q);
  add(e, p[0], EPOLLIN);
  add(e, q[1], EPOLLOUT);
  close(p[1]);
  show_events(e, 0);
  close(q[0]);
  show_events(e, 0);
}
CASE(epoll_closed_descriptor_vanishes) {
  int p[2], e = epoll_create1(0);
  pipe(p);
  add(e, p[0], EPOLLIN);
  write(p[1], "x", 1);
  close(p[0]);
  show_events(e, 0);
}
CASE(epoll_duplicate_keeps_watch) {
  int p[2], e = epoll_create1(0);
  pipe(p);
  add(e, p[0], EPOLLIN);
  int d = dup(p[0]);
  write(p[1], "x", 1);
  close(p[0]);
  show_events(e, 0);
  close(d);
  show_events(e, 0);
}
CASE(epoll_nested) {
  int p[2], inner = epoll_create1(0), outer = epoll_create1(0);
  pipe(p);
  add(inner, p[0], EPOLLIN);
  T(add(outer, inner, EPOLLIN));
  show_events(outer, 0);
  write(p[1], "x", 1);
  show_events(outer, 0);
  T(add(inner, outer, EPOLLIN));
  struct pollfd f = {inner, POLLIN, 0};
  T(poll(&f, 1, 0));
}
CASE(epoll_modifies_interest) {
  int s[2], e = epoll_create1(0);
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  add(e, s[0], EPOLLOUT);
  show_events(e, 0);
  struct epoll_event v = {.events = EPOLLIN};
  epoll_ctl(e, EPOLL_CTL_MOD, s[0], &v);
  show_events(e, 0);
  write(s[1], "x", 1);
  show_events(e, 0);
  v.events = 0;
  epoll_ctl(e, EPOLL_CTL_MOD, s[0], &v);
  show_events(e, 0);
  close(s[1]);
  show_events(e, 0);
}
CASE(epoll_rdhup) {
  int s[2], e = epoll_create1(0);
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  add(e, s[0], EPOLLIN | EPOLLRDHUP);
  shutdown(s[1], SHUT_WR);
  show_events(e, 0);
}
CASE(epoll_wakes_blocked_waiter) {
  int p[2], e = epoll_create1(0);
  pipe(p);
  add(e, p[0], EPOLLIN);
  if (fork() == 0) { sleep_ms(10); write(p[1], "x", 1); _exit(0); }
  show_events(e, -1);
  wait(NULL);
}
CASE(epoll_times_out) {
  int e = epoll_create1(0);
  long t = now_ms();
  show_events(e, 20);
  SAY("%d", now_ms() - t >= 18);
}
CASE(epoll_many_fair) {
  int e = epoll_create1(0), fds[20];
  for (int i = 0; i < 20; i++) { fds[i] = eventfd(1, 0); add(e, fds[i], EPOLLIN); }
  int seen[64] = {0}, rounds = 0;
  for (int i = 0; i < 5; i++) {
    struct epoll_event v[4];
    int n = epoll_wait(e, v, 4, 0);
    for (int j = 0; j < n; j++) seen[v[j].data.fd]++;
    rounds += n;
  }
  int all = 1;
  for (int i = 0; i < 20; i++) all &= seen[fds[i]] == 1;
  SAY("%d %d", rounds, all);
}
CASE(epoll_exclusive_rules) {
  int p[2], e = epoll_create1(0);
  pipe(p);
  struct epoll_event v = {.events = EPOLLIN | EPOLLEXCLUSIVE};
  T(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &v));
  v.events = EPOLLIN;
  T(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &v));
  v.events = EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT;
  T(epoll_ctl(e, EPOLL_CTL_ADD, p[1], &v));
}
CASE(epoll_pwait_mask) {
  static volatile int count;
  void on(int s) { count++; }
  struct sigaction a = {.sa_handler = on};
  sigset_t s, none;
  sigaction(SIGUSR1, &a, NULL);
  sigemptyset(&none);
  sigemptyset(&s);
  sigaddset(&s, SIGUSR1);
  sigprocmask(SIG_BLOCK, &s, NULL);
  raise(SIGUSR1);
  struct epoll_event v;
  T(epoll_pwait(epoll_create1(0), &v, 1, 1000, &none));
  T(count);
}
CASE(epoll_shared_across_fork) {
  int p[2], e = epoll_create1(0);
  pipe(p);
  if (fork() == 0) { add(e, p[0], EPOLLIN); write(p[1], "x", 1); _exit(0); }
  wait(NULL);
  show_events(e, 0);
}
CASE(poll_socket_states) {
  int s[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  struct pollfd f = {s[0], POLLIN | POLLOUT | POLLRDHUP, 0};
  poll(&f, 1, 0);
  SAY("%x", f.revents);
  shutdown(s[1], SHUT_WR);
  poll(&f, 1, 0);
  SAY("%x", f.revents);
  close(s[1]);
  poll(&f, 1, 0);
  SAY("%x", f.revents);
}
CASE(inotify_reports) {
  int inotify_init1(int), inotify_add_watch(int, const char *, uint32_t);
  int fd = MUST(inotify_init1(O_NONBLOCK));
  mkdir("d", 0755);
  T(inotify_add_watch(fd, "d", 0x100 | 0x200) > 0);
  put_file("d/new", "");
  unlink("d/new");
  char b[512];
  long n = read(fd, b, sizeof b);
  for (long at = 0; at < n; at += 16 + *(uint32_t *)(b + at + 12)) SAY("%x %s", *(uint32_t *)(b + at + 4), b + at + 16);
  T(inotify_add_watch(fd, "none", 0x100));
}
