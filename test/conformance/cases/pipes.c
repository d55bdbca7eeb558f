#include "../harness.h"
#include <sys/eventfd.h>

CASE(pipe_passes_bytes) {
  int p[2];
  T(pipe(p));
  char b[8] = {0};
  T(write(p[1], "hello", 5));
  T(read(p[0], b, 3));
  T(read(p[0], b + 3, 8));
  SAY("%s", b);
}
CASE(pipe_end_of_file) {
  int p[2];
  char b[4];
  pipe(p);
  write(p[1], "ab", 2);
  close(p[1]);
  T(read(p[0], b, 4));
  T(read(p[0], b, 4));
}
CASE(pipe_wrong_end) {
  int p[2];
  char b[4];
  pipe(p);
  T(read(p[1], b, 4));
  T(write(p[0], b, 4));
}
CASE(pipe_sigpipe) {
  int status;
  if (fork() == 0) {
    int p[2];
    pipe(p);
    close(p[0]);
    write(p[1], "x", 1);
    _exit(0);
  }
  wait(&status);
  show_status(status);
}
CASE(pipe_epipe) {
  signal(SIGPIPE, SIG_IGN);
  int p[2];
  pipe(p);
  close(p[0]);
  T(write(p[1], "x", 1));
}
CASE(pipe_nonblocking) {
  int p[2];
  char b[4];
  T(pipe2(p, O_NONBLOCK));
  T(read(p[0], b, 4));
  static char big[70000];
  T(write(p[1], big, 70000));
  T(write(p[1], big, 1));
  T(read(p[0], big, 70000));
  T(write(p[1], big, 4096));
}
CASE(pipe_atomic_writes_do_not_split) {
  int p[2];
  pipe2(p, O_NONBLOCK);
  static char big[65536];
  T(write(p[1], big, 65536 - 100));
  T(write(p[1], big, 200));
  T(write(p[1], big, 100));
}
CASE(pipe_capacity) {
  int p[2];
  pipe(p);
  T(fcntl(p[0], F_GETPIPE_SZ));
  T(fcntl(p[0], F_SETPIPE_SZ, 4096));
  T(fcntl(p[0], F_SETPIPE_SZ, 5000));
  T(fcntl(p[1], F_GETPIPE_SZ));
}
CASE(pipe2_flags) {
  int p[2];
  T(pipe2(p, O_CLOEXEC));
  T(fcntl(p[0], F_GETFD));
  T(pipe2(p, 1));
  T(pipe((int *)8));
}
CASE(pipe_blocks_reader_until_written) {
  int p[2];
  pipe(p);
  if (fork() == 0) {
    sleep_ms(20);
    write(p[1], "late", 4);
    _exit(0);
  }
  char b[8] = {0};
  T(read(p[0], b, 8));
  SAY("%s", b);
  wait(NULL);
}
CASE(pipe_blocks_writer_until_read) {
  int p[2];
  pipe(p);
  if (fork() == 0) {
    close(p[0]);
    static char big[200000];
    memset(big, 'q', sizeof big);
    long n = write(p[1], big, sizeof big);
    _exit(n == sizeof big ? 0 : 1);
  }
  close(p[1]);
  long total = 0, n;
  char b[1000];
  while ((n = read(p[0], b, sizeof b)) > 0) total += n;
  SAY("%ld", total);
  int status;
  wait(&status);
  show_status(status);
}
CASE(pipe_read_zero_and_write_zero) {
  int p[2];
  char b[1];
  pipe(p);
  T(write(p[1], b, 0));
  write(p[1], "x", 1);
  T(read(p[0], b, 0));
  T(read(p[0], b, 1));
}
CASE(pipe_fstat) {
  int p[2];
  struct stat s;
  pipe(p);
  T(fstat(p[0], &s));
  SAY("%d %ld", S_ISFIFO(s.st_mode), (long)s.st_size);
}
CASE(pipe_proc_name) {
  int p[2];
  char path[64], b[64] = {0};
  pipe(p);
  sprintf(path, "/proc/self/fd/%d", p[0]);
  T(readlink(path, b, 6));
  SAY("%s", b);
}
CASE(two_readers_share) {
  int p[2];
  pipe(p);
  write(p[1], "ab", 2);
  char x, y;
  if (fork() == 0) {
    read(p[0], &x, 1);
    _exit(x);
  }
  int status;
  wait(&status);
  read(p[0], &y, 1);
  SAY("%c %c", WEXITSTATUS(status), y);
}
CASE(eventfd_counts) {
  int fd = MUST(eventfd(3, EFD_NONBLOCK));
  uint64_t v = 4;
  T(write(fd, &v, 8));
  T(read(fd, &v, 8));
  T(v);
  T(read(fd, &v, 8));
  v = UINT64_MAX;
  T(write(fd, &v, 8));
  v = UINT64_MAX - 1;
  T(write(fd, &v, 8));
  v = 1;
  T(write(fd, &v, 8));
  T(read(fd, &v, 4));
}
CASE(eventfd_semaphore) {
  int fd = MUST(eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE));
  uint64_t v;
  T(read(fd, &v, 8));
  T(v);
  T(read(fd, &v, 8));
  T(read(fd, &v, 8));
}
CASE(eventfd_bad_flags) { T(eventfd(0, 77)); }
CASE(eventfd_wakes_blocked_reader) {
  int fd = eventfd(0, 0);
  if (fork() == 0) {
    uint64_t v = 9;
    sleep_ms(10);
    write(fd, &v, 8);
    _exit(0);
  }
  uint64_t v;
  T(read(fd, &v, 8));
  T(v);
  wait(NULL);
}
CASE(pipeline_of_three) {
  int a[2], b[2];
  pipe(a);
  pipe(b);
  if (fork() == 0) {
    close(a[0]);
    for (int i = 0; i < 1000; i++) dprintf(a[1], "%d\n", i);
    _exit(0);
  }
  close(a[1]);
  if (fork() == 0) {
    close(b[0]);
    FILE *in = fdopen(a[0], "r"), *out = fdopen(b[1], "w");
    int v;
    while (fscanf(in, "%d", &v) == 1) if (v % 3 == 0) fprintf(out, "%d\n", v);
    fclose(out);
    _exit(0);
  }
  close(a[0]);
  close(b[1]);
  FILE *in = fdopen(b[0], "r");
  long v, sum = 0, n = 0;
  while (fscanf(in, "%ld", &v) == 1) sum += v, n++;
  SAY("%ld %ld", n, sum);
  wait(NULL);
  wait(NULL);
}
