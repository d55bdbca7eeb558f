#include "../harness.h"
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>

// Bytes moved inside the kernel, sizes, locks, and what watchers hear: splice(2), sendfile(2), copy_file_range(2), fallocate(2),
// memfd_create(2), fcntl(2), flock(2), inotify(7).
static void show(int fd) {
  char b[256];
  errno = 0;
  int n = read(fd, b, sizeof b - 1);
  if (n < 0) {
    SAY("%s", errno_name(errno));
    return;
  }
  b[n] = 0;
  SAY("%d \"%s\"", n, b);
}
CASE(sendfile_to_pipe) {
  int p[2];
  pipe(p);
  put_file("f", "0123456789");
  int f = open("f", O_RDONLY);
  off_t at = 2;
  T(sendfile(p[1], f, &at, 4));
  SAY("%ld %ld", (long)at, (long)lseek(f, 0, SEEK_CUR));
  show(p[0]);
  T(sendfile(p[1], f, 0, 100));
  SAY("%ld", (long)lseek(f, 0, SEEK_CUR));
  T(sendfile(p[1], f, 0, 100));
  at = -1;
  T(sendfile(p[1], f, &at, 1));
  T(sendfile(f, f, 0, 1));
  T(sendfile(p[1], p[0], 0, 1));
}
CASE(sendfile_to_file) {
  put_file("a", "abcdef");
  put_file("b", "");
  int a = open("a", O_RDONLY), b = open("b", O_RDWR);
  T(sendfile(b, a, 0, 6));
  show_file("b");
  int c = open("b", O_RDWR | O_APPEND);
  lseek(a, 0, SEEK_SET);
  T(sendfile(c, a, 0, 6));
}
CASE(splice_file_pipe_file) {
  int p[2];
  pipe(p);
  put_file("a", "hello, world");
  put_file("b", "................");
  int a = open("a", O_RDONLY), b = open("b", O_RDWR);
  loff_t from = 7, to = 3;
  T(splice(a, &from, p[1], 0, 5, 0));
  T(splice(p[0], 0, b, &to, 5, 0));
  SAY("%ld %ld", (long)from, (long)to);
  show_file("b");
  T(splice(a, 0, b, 0, 5, 0));
  T(splice(a, &from, p[1], &to, 5, 0));
  T(splice(p[0], 0, p[1], 0, 5, 0));
  T(splice(p[0], 0, b, 0, 5, SPLICE_F_NONBLOCK));
  T(splice(a, 0, p[1], 0, 5, 99));
  T(splice(a, 0, p[1], 0, 0, 0));
}
CASE(tee_copies) {
  int p[2], q[2];
  pipe(p);
  pipe(q);
  write(p[1], "both", 4);
  T(tee(p[0], q[1], 10, 0));
  show(p[0]);
  show(q[0]);
  T(tee(p[0], q[1], 10, SPLICE_F_NONBLOCK));
  T(tee(p[0], p[1], 10, 0));
  close(p[1]);
  T(tee(p[0], q[1], 10, 0));
}
CASE(vmsplice_in) {
  int p[2];
  pipe(p);
  struct iovec v[2] = {{"one", 3}, {"two", 3}};
  T(vmsplice(p[1], v, 2, 0));
  show(p[0]);
}
CASE(copy_range) {
  put_file("a", "0123456789");
  put_file("b", "");
  int a = open("a", O_RDWR), b = open("b", O_RDWR);
  loff_t from = 2, to = 1;
  T(copy_file_range(a, &from, b, &to, 4, 0));
  SAY("%ld %ld", (long)from, (long)to);
  T(copy_file_range(a, 0, b, 0, 3, 0));
  char c[16] = {0};
  T(pread(b, c, 15, 0));
  for (int i = 0; i < 5; i++) printf("%d ", c[i]);
  SAY("");
  T(copy_file_range(a, 0, b, 0, 3, 1));
  from = 0, to = 2;
  T(copy_file_range(a, &from, a, &to, 5, 0));
  int p[2];
  pipe(p);
  T(copy_file_range(a, 0, p[1], 0, 3, 0));
}
CASE(fallocate_modes) {
  int f = MUST(open("f", O_RDWR | O_CREAT, 0644));
  struct stat s;
  T(fallocate(f, 0, 0, 10000));
  fstat(f, &s);
  SAY("%ld", (long)s.st_size);
  T(fallocate(f, 1, 0, 20000));
  fstat(f, &s);
  SAY("%ld", (long)s.st_size);
  pwrite(f, "xxxxxxxx", 8, 4094);
  T(fallocate(f, 3, 4096, 4096));
  char c[8];
  pread(f, c, 8, 4094);
  for (int i = 0; i < 8; i++) printf("%d ", c[i]);
  SAY("");
  T(fallocate(f, 0, -1, 5));
  T(fallocate(f, 0, 0, 0));
  int p[2];
  pipe(p);
  T(fallocate(p[1], 0, 0, 5));
  T(fallocate(open("f", O_RDONLY), 0, 0, 5));
}
CASE(memfd_seals) {
  int m = MUST(syscall(SYS_memfd_create, "name", 2));
  T(write(m, "data", 4));
  T(fcntl(m, F_GET_SEALS));
  T(fcntl(m, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
  T(ftruncate(m, 2));
  T(ftruncate(m, 8));
  T(pwrite(m, "DATA", 4, 0));
  T(pwrite(m, "x", 1, 4));
  T(fcntl(m, F_ADD_SEALS, F_SEAL_WRITE));
  T(pwrite(m, "x", 1, 0));
  T(fcntl(m, F_ADD_SEALS, F_SEAL_SEAL));
  T(fcntl(m, F_ADD_SEALS, F_SEAL_SHRINK));
  T(fcntl(m, F_GET_SEALS));
  int plain = MUST(syscall(SYS_memfd_create, "plain", 0));
  T(fcntl(plain, F_GET_SEALS));
  T(fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE));
  T(syscall(SYS_memfd_create, "x", 0x40));
}
CASE(record_locks) {
  put_file("f", "0123456789");
  int f = open("f", O_RDWR);
  struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 4};
  T(fcntl(f, F_SETLK, &l));
  fflush(stdout);
  if (fork() == 0) {
    int g = open("f", O_RDWR);
    struct flock k = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
    T(fcntl(g, F_GETLK, &k));
    SAY("%d %ld %ld %d", k.l_type, (long)k.l_start, (long)k.l_len, k.l_pid == getppid());
    k = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
    T(fcntl(g, F_SETLK, &k));
    k.l_len = 2;
    T(fcntl(g, F_SETLK, &k));
    k.l_start = 100;
    k.l_len = -10;
    T(fcntl(g, F_SETLK, &k));
    k.l_whence = 9;
    T(fcntl(g, F_SETLK, &k));
    _exit(0);
  }
  wait(0);
  close(open("f", O_RDONLY));
  fflush(stdout);
  if (fork() == 0) {
    struct flock k = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    T(fcntl(open("f", O_RDWR), F_SETLK, &k));
    _exit(0);
  }
  wait(0);
}
CASE(record_lock_waits) {
  put_file("f", "x");
  int f = open("f", O_RDWR);
  struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  MUST(fcntl(f, F_SETLK, &l));
  pid_t child = fork();
  if (child == 0) {
    int g = open("f", O_RDWR);
    T(fcntl(g, F_SETLKW, &l));
    SAY("child has it");
    _exit(0);
  }
  sleep_ms(50);
  SAY("parent lets go");
  l.l_type = F_UNLCK;
  fcntl(f, F_SETLK, &l);
  wait(0);
}
CASE(record_lock_deadlock) {
  put_file("f", "xy");
  int f = open("f", O_RDWR);
  struct flock first = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
  struct flock second = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 1};
  MUST(fcntl(f, F_SETLK, &first));
  if (fork() == 0) {
    int g = open("f", O_RDWR);
    MUST(fcntl(g, F_SETLK, &second));
    fcntl(g, F_SETLKW, &first);
    _exit(0);
  }
  sleep_ms(100);
  T(fcntl(f, F_SETLKW, &second));
  first.l_type = F_UNLCK;
  fcntl(f, F_SETLK, &first);
  wait(0);
}
CASE(description_locks) {
  put_file("f", "x");
  int f = open("f", O_RDWR), g = open("f", O_RDWR);
  struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  T(fcntl(f, F_OFD_SETLK, &l));
  T(fcntl(g, F_OFD_SETLK, &l));
  T(fcntl(g, F_OFD_GETLK, &l));
  SAY("%d %d", l.l_type, l.l_pid);
  close(f);
  l = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
  T(fcntl(g, F_OFD_SETLK, &l));
}
CASE(whole_file_locks) {
  put_file("f", "x");
  int f = open("f", O_RDONLY), g = open("f", O_RDONLY), d = dup(f);
  T(flock(f, LOCK_SH));
  T(flock(g, LOCK_SH | LOCK_NB));
  T(flock(f, LOCK_EX | LOCK_NB));
  T(flock(g, LOCK_UN));
  T(flock(d, LOCK_EX | LOCK_NB));
  T(flock(g, LOCK_SH | LOCK_NB));
  close(f);
  T(flock(g, LOCK_SH | LOCK_NB));
  close(d);
  T(flock(g, LOCK_SH | LOCK_NB));
  T(flock(g, 77));
}
static int watcher;
static void hear(const char *when) {
  char b[4096];
  int n = read(watcher, b, sizeof b);
  printf("%s:", when);
  for (int at = 0; at < n;) {
    struct inotify_event *e = (void *)(b + at);
    printf(" [%d %x %d %s]", e->wd, e->mask, e->cookie != 0, e->len ? e->name : "-");
    at += sizeof *e + e->len;
  }
  printf("\n");
  fflush(stdout);
}
CASE(inotify_directory) {
  mkdir("d", 0755);
  watcher = MUST(inotify_init1(IN_NONBLOCK));
  T(inotify_add_watch(watcher, "d", IN_ALL_EVENTS));
  int f = open("d/a", O_CREAT | O_RDWR, 0644);
  hear("create");
  write(f, "x", 1);
  write(f, "x", 1);
  lseek(f, 0, SEEK_SET);
  char c;
  read(f, &c, 1);
  hear("write read");
  close(f);
  hear("close");
  rename("d/a", "d/b");
  hear("rename");
  link("d/b", "d/c");
  hear("link");
  unlink("d/c");
  unlink("d/b");
  hear("unlink");
  mkdir("d/s", 0755);
  rmdir("d/s");
  symlink("x", "d/l");
  hear("others");
  unlink("d/l");
  hear("unlink");
  rmdir("d");
  hear("gone");
}
CASE(inotify_file) {
  put_file("f", "text");
  watcher = MUST(inotify_init1(IN_NONBLOCK));
  int w = MUST(inotify_add_watch(watcher, "f", IN_ALL_EVENTS));
  chmod("f", 0600);
  close(open("f", O_RDONLY));
  hear("used");
  rename("f", "g");
  truncate("g", 0);
  hear("changed");
  T(inotify_add_watch(watcher, "g", IN_MODIFY));
  T(inotify_rm_watch(watcher, w));
  hear("removed");
  T(inotify_rm_watch(watcher, w));
  MUST(inotify_add_watch(watcher, "g", IN_OPEN | IN_ONESHOT));
  close(open("g", O_RDONLY));
  close(open("g", O_RDONLY));
  hear("one shot");
  int f = open("g", O_RDWR);
  MUST(inotify_add_watch(watcher, "g", IN_ALL_EVENTS));
  unlink("g");
  hear("unlinked");
  close(f);
  hear("closed");
  T(inotify_add_watch(watcher, ".", 0));
  T(inotify_add_watch(watcher, "none", IN_OPEN));
}
