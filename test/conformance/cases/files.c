#include "../harness.h"
#include <sys/sendfile.h>
#include <sys/statfs.h>

CASE(open_missing) { T(open("none", O_RDONLY)); }
CASE(open_empty_path) { T(open("", O_RDONLY)); }
CASE(open_bad_pointer) { T(open((char *)8, O_RDONLY)); }
CASE(open_creates_with_lowest_descriptor) {
  T(open("a", O_WRONLY | O_CREAT, 0600));
  T(open("b", O_WRONLY | O_CREAT, 0600));
  T(close(3));
  T(open("c", O_WRONLY | O_CREAT, 0600));
}
CASE(open_exclusive) {
  put_file("a", "x");
  T(open("a", O_RDWR | O_CREAT | O_EXCL, 0600));
  OK(open("b", O_RDWR | O_CREAT | O_EXCL, 0600));
}
CASE(open_directory_for_writing) {
  mkdir("d", 0755);
  T(open("d", O_WRONLY));
  T(open("d", O_RDWR));
  OK(open("d", O_RDONLY));
}
CASE(open_o_directory_on_file) {
  put_file("f", "x");
  T(open("f", O_RDONLY | O_DIRECTORY));
}
CASE(open_trunc) {
  put_file("f", "hello");
  close(open("f", O_WRONLY | O_TRUNC));
  show_file("f");
}
CASE(open_through_file) {
  put_file("f", "x");
  T(open("f/g", O_RDONLY));
}
CASE(open_trailing_slash) {
  put_file("f", "x");
  T(open("f/", O_RDONLY));
  T(open("new/", O_CREAT | O_WRONLY, 0644));
}
CASE(open_name_too_long) {
  char name[300];
  memset(name, 'n', 299);
  name[299] = 0;
  T(open(name, O_RDONLY));
  char path[5000];
  memset(path, 'p', 4999);
  path[4999] = 0;
  T(open(path, O_RDONLY));
}
CASE(open_nofollow) {
  put_file("f", "x");
  symlink("f", "l");
  T(open("l", O_RDONLY | O_NOFOLLOW));
  OK(open("l", O_RDONLY));
}
CASE(read_at_end) {
  put_file("f", "abc");
  char b[10];
  int fd = open("f", O_RDONLY);
  T(read(fd, b, 2));
  T(read(fd, b, 10));
  T(read(fd, b, 10));
}
CASE(read_zero_bytes) {
  put_file("f", "abc");
  char b[1];
  T(read(open("f", O_RDONLY), b, 0));
}
CASE(read_on_write_only) {
  char b[4];
  int fd = open("f", O_WRONLY | O_CREAT, 0644);
  T(read(fd, b, 4));
}
CASE(write_on_read_only) {
  put_file("f", "");
  int fd = open("f", O_RDONLY);
  T(write(fd, "x", 1));
}
CASE(bad_descriptors) {
  char b[4];
  T(read(77, b, 4));
  T(write(-1, b, 4));
  T(close(77));
  T(lseek(77, 0, SEEK_SET));
  T(dup(77));
  T(fsync(77));
  T(ftruncate(77, 0));
}
CASE(read_directory) {
  char b[4];
  int fd = open(".", O_RDONLY);
  T(read(fd, b, 4));
}
CASE(read_bad_pointer) {
  put_file("f", "abc");
  int fd = open("f", O_RDONLY);
  T(read(fd, (void *)8, 3));
  T(write(1, (void *)8, 3));
}
CASE(lseek_all) {
  put_file("f", "0123456789");
  int fd = open("f", O_RDONLY);
  T(lseek(fd, 3, SEEK_SET));
  T(lseek(fd, 2, SEEK_CUR));
  T(lseek(fd, -1, SEEK_END));
  T(lseek(fd, -100, SEEK_CUR));
  T(lseek(fd, 100, SEEK_END));
  T(lseek(fd, 0, 99));
}
CASE(lseek_on_pipe) {
  int p[2];
  pipe(p);
  T(lseek(p[0], 0, SEEK_CUR));
}
CASE(sparse_file_reads_zeros) {
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  T(pwrite(fd, "x", 1, 10000));
  char b[5] = "zzzz";
  T(pread(fd, b, 4, 5000));
  SAY("%d %d %d %d", b[0], b[1], b[2], b[3]);
  struct stat s;
  fstat(fd, &s);
  SAY("size %ld", (long)s.st_size);
}
CASE(append_ignores_offset) {
  put_file("f", "abc");
  int fd = open("f", O_WRONLY | O_APPEND);
  T(lseek(fd, 0, SEEK_SET));
  T(write(fd, "def", 3));
  show_file("f");
  T(lseek(fd, 0, SEEK_CUR));
}
CASE(pread_does_not_move) {
  put_file("f", "0123456789");
  int fd = open("f", O_RDONLY);
  char b[4] = {0};
  T(pread(fd, b, 3, 5));
  SAY("%s", b);
  T(lseek(fd, 0, SEEK_CUR));
  T(pread(fd, b, 3, -1));
}
CASE(pwrite_does_not_move) {
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  T(pwrite(fd, "xyz", 3, 2));
  T(lseek(fd, 0, SEEK_CUR));
  T(pwrite(fd, "xyz", 3, -2));
}
CASE(readv_writev) {
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  struct iovec w[3] = {{"ab", 2}, {"", 0}, {"cde", 3}};
  T(writev(fd, w, 3));
  char x[3] = {0}, y[8] = {0};
  struct iovec r[2] = {{x, 2}, {y, 7}};
  lseek(fd, 0, SEEK_SET);
  T(readv(fd, r, 2));
  SAY("%s %s", x, y);
  T(writev(fd, w, -1));
  T(writev(fd, w, 0));
  T(writev(fd, w, 5000));
}
CASE(preadv_pwritev) {
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  struct iovec w[2] = {{"hello ", 6}, {"world", 5}};
  T(pwritev(fd, w, 2, 4));
  char b[20] = {0};
  struct iovec r[1] = {{b, 15}};
  T(preadv(fd, r, 1, 4));
  SAY("%s", b);
}
CASE(truncate_shrinks_and_grows) {
  put_file("f", "0123456789");
  T(truncate("f", 4));
  show_file("f");
  T(truncate("f", 6));
  int fd = open("f", O_RDONLY);
  char b[8];
  T(read(fd, b, 8));
  SAY("%d %d", b[4], b[5]);
  T(ftruncate(fd, 1));
  T(truncate("f", -1));
  T(truncate("none", 1));
}
CASE(truncated_tail_is_zero_when_grown) {
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  write(fd, "aaaaaaaa", 8);
  ftruncate(fd, 2);
  ftruncate(fd, 8);
  char b[8];
  T(pread(fd, b, 8, 0));
  SAY("%d %d %d", b[1], b[2], b[7]);
}
CASE(dup_shares_offset) {
  put_file("f", "abcdef");
  int a = open("f", O_RDONLY), b = dup(a), c = open("f", O_RDONLY);
  char x[3] = {0};
  read(a, x, 2);
  T(lseek(b, 0, SEEK_CUR));
  T(lseek(c, 0, SEEK_CUR));
}
CASE(dup2_and_dup3) {
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  T(dup2(fd, 9));
  T(dup2(fd, fd));
  T(dup3(fd, fd, 0));
  T(dup3(fd, 10, O_CLOEXEC));
  T(fcntl(10, F_GETFD));
  T(fcntl(9, F_GETFD));
  T(dup2(77, 5));
  T(dup2(fd, -1));
  T(dup3(fd, 11, 1));
}
CASE(fcntl_flags) {
  int fd = open("f", O_RDWR | O_CREAT | O_APPEND, 0644);
  T(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
  T(fcntl(fd, F_SETFL, O_NONBLOCK));
  T(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
  T(fcntl(fd, F_DUPFD, 20));
  T(fcntl(fd, F_DUPFD_CLOEXEC, 20));
  T(fcntl(21, F_GETFD));
  T(fcntl(fd, F_SETFD, FD_CLOEXEC));
  T(fcntl(fd, F_GETFD));
  T(fcntl(fd, 9999));
  T(fcntl(fd, F_DUPFD, -1));
}
CASE(unlinked_file_lives_while_open) {
  put_file("f", "still here");
  int fd = open("f", O_RDONLY);
  T(unlink("f"));
  T(open("f", O_RDONLY));
  char b[16] = {0};
  T(read(fd, b, 15));
  SAY("%s", b);
  struct stat s;
  fstat(fd, &s);
  SAY("links %ld", (long)s.st_nlink);
}
CASE(unlink_errors) {
  mkdir("d", 0755);
  T(unlink("d"));
  T(unlink("none"));
  T(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
  T(unlinkat(AT_FDCWD, "x", 12345));
}
CASE(mkdir_rmdir) {
  T(mkdir("d", 0755));
  T(mkdir("d", 0755));
  T(mkdir("d/e", 0755));
  T(rmdir("d"));
  T(rmdir("d/e"));
  T(rmdir("d"));
  T(rmdir("d"));
  T(mkdir("no/such", 0755));
  T(rmdir("."));
  put_file("f", "");
  T(rmdir("f"));
  T(mkdir("f/g", 0755));
}
CASE(directory_link_counts) {
  struct stat s;
  mkdir("d", 0755);
  mkdir("d/x", 0755);
  mkdir("d/y", 0755);
  put_file("d/f", "");
  stat("d", &s);
  SAY("%ld", (long)s.st_nlink);
  rmdir("d/x");
  stat("d", &s);
  SAY("%ld", (long)s.st_nlink);
}
CASE(hard_links) {
  put_file("f", "abc");
  T(link("f", "g"));
  T(link("f", "g"));
  T(link("none", "h"));
  struct stat a, b;
  stat("f", &a);
  stat("g", &b);
  SAY("%d %ld", a.st_ino == b.st_ino, (long)a.st_nlink);
  unlink("f");
  show_file("g");
  mkdir("d", 0755);
  T(link("d", "e"));
}
CASE(symbolic_links) {
  put_file("f", "via link");
  T(symlink("f", "l"));
  T(symlink("f", "l"));
  show_file("l");
  char b[20] = {0};
  T(readlink("l", b, 20));
  SAY("%s", b);
  T(readlink("l", b, 0));
  T(readlink("f", b, 20));
  struct stat s;
  lstat("l", &s);
  SAY("%d %ld", S_ISLNK(s.st_mode), (long)s.st_size);
  stat("l", &s);
  SAY("%d", S_ISREG(s.st_mode));
  T(symlink("", "m"));
}
CASE(symlink_loops) {
  symlink("b", "a");
  symlink("a", "b");
  T(open("a", O_RDONLY));
  struct stat s;
  T(stat("a", &s));
  T(lstat("a", &s));
}
CASE(dangling_symlink) {
  symlink("nowhere", "l");
  T(open("l", O_RDONLY));
  OK(open("l", O_WRONLY | O_CREAT, 0644));
  OK(open("nowhere", O_RDONLY));
}
CASE(readlink_truncates) {
  symlink("0123456789", "l");
  char b[5] = "....";
  T(readlink("l", b, 4));
  SAY("%s", b);
}
CASE(rename_replaces) {
  put_file("a", "A");
  put_file("b", "B");
  T(rename("a", "b"));
  show_file("b");
  T(rename("a", "c"));
  T(rename("b", "b"));
}
CASE(rename_directories) {
  mkdir("d", 0755);
  mkdir("e", 0755);
  put_file("e/f", "");
  put_file("g", "");
  T(rename("d", "e"));
  T(rename("g", "d"));
  T(rename("d", "g"));
  T(rename("e", "e/sub"));
  T(rename("e", "h"));
  struct stat s;
  T(stat("h/f", &s));
}
CASE(renameat2_flags) {
  put_file("a", "A");
  put_file("b", "B");
  T(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 1));
  T(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 2));
  show_file("a");
  show_file("b");
  T(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "c", 3));
}
CASE(stat_fields) {
  put_file("f", "12345");
  chmod("f", 0640);
  struct stat s;
  T(stat("f", &s));
  SAY("%o %ld %ld %ld", s.st_mode, (long)s.st_nlink, (long)s.st_size, (long)s.st_blksize);
  T(stat("none", &s));
  T(stat("f", (void *)8));
  T(fstatat(AT_FDCWD, "", &s, AT_EMPTY_PATH));
  SAY("%d", S_ISDIR(s.st_mode));
}
CASE(stat_devices) {
  struct stat s;
  stat("/dev/null", &s);
  SAY("%d %x", S_ISCHR(s.st_mode), (int)s.st_rdev);
  stat("/dev/zero", &s);
  SAY("%d %x", S_ISCHR(s.st_mode), (int)s.st_rdev);
}
CASE(statx_basic) {
  put_file("f", "1234567");
  struct statx x;
  T(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x));
  SAY("%d %o %ld", (x.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS, x.stx_mode, (long)x.stx_size);
  T(statx(AT_FDCWD, "none", 0, STATX_SIZE, &x));
}
CASE(chmod_and_umask) {
  umask(022);
  close(open("f", O_CREAT | O_WRONLY, 0666));
  struct stat s;
  stat("f", &s);
  SAY("%o", s.st_mode & 07777);
  T(umask(077));
  mkdir("d", 0777);
  stat("d", &s);
  SAY("%o", s.st_mode & 07777);
  T(chmod("f", 04755));
  stat("f", &s);
  SAY("%o", s.st_mode & 07777);
  T(chmod("none", 0));
  int fd = open("f", O_RDONLY);
  T(fchmod(fd, 0600));
  fstat(fd, &s);
  SAY("%o", s.st_mode & 07777);
}
CASE(access_calls) {
  put_file("f", "");
  T(access("f", F_OK));
  T(access("f", R_OK | W_OK));
  T(access("f", X_OK));
  T(access("none", F_OK));
  T(access("f", 99));
  chmod("f", 0755);
  T(access("f", X_OK));
}
CASE(utimensat_sets_times) {
  put_file("f", "");
  struct timespec t[2] = {{1000000000, 5}, {1100000000, 7}};
  T(utimensat(AT_FDCWD, "f", t, 0));
  struct stat s;
  stat("f", &s);
  SAY("%ld.%ld %ld.%ld", s.st_atim.tv_sec, s.st_atim.tv_nsec, s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
  t[0].tv_nsec = UTIME_OMIT;
  t[1].tv_nsec = UTIME_OMIT;
  T(utimensat(AT_FDCWD, "f", t, 0));
  stat("f", &s);
  SAY("%ld", s.st_mtim.tv_sec);
  t[0].tv_nsec = 2000000000;
  T(utimensat(AT_FDCWD, "f", t, 0));
}
CASE(write_updates_mtime_and_ctime) {
  put_file("f", "");
  struct timespec t[2] = {{1, 0}, {1, 0}};
  utimensat(AT_FDCWD, "f", t, 0);
  int fd = open("f", O_WRONLY);
  write(fd, "x", 1);
  struct stat s;
  fstat(fd, &s);
  SAY("%d %d", s.st_mtim.tv_sec > 1, s.st_atim.tv_sec == 1);
}
static int by_name(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }
CASE(readdir_lists_all) {
  mkdir("d", 0755);
  put_file("d/x", "");
  mkdir("d/y", 0755);
  symlink("x", "d/z");
  DIR *dir = opendir("d");
  char *names[16];
  int n = 0;
  for (struct dirent *e; (e = readdir(dir));) {
    names[n] = malloc(300);
    sprintf(names[n++], "%s %d", e->d_name, e->d_type);
  }
  qsort(names, n, sizeof *names, by_name);
  for (int i = 0; i < n; i++) SAY("%s", names[i]);
}
CASE(readdir_many_and_rewind) {
  mkdir("d", 0755);
  for (int i = 0; i < 500; i++) {
    char name[32];
    sprintf(name, "d/file%03d", i);
    close(open(name, O_CREAT | O_WRONLY, 0644));
  }
  DIR *dir = opendir("d");
  int n = 0;
  while (readdir(dir)) n++;
  SAY("%d", n);
  rewinddir(dir);
  n = 0;
  while (readdir(dir)) n++;
  SAY("%d", n);
}
CASE(readdir_while_unlinking) {
  mkdir("d", 0755);
  for (int i = 0; i < 100; i++) {
    char name[32];
    sprintf(name, "d/%d", i);
    close(open(name, O_CREAT | O_WRONLY, 0644));
  }
  DIR *dir = opendir("d");
  for (struct dirent *e; (e = readdir(dir));) if (e->d_name[0] != '.') unlinkat(dirfd(dir), e->d_name, 0);
  closedir(dir);
  T(rmdir("d"));
}
CASE(getdents_small_buffer) {
  char b[8];
  int fd = open(".", O_RDONLY);
  T(syscall(SYS_getdents64, fd, b, 8));
  put_file("f", "");
  T(syscall(SYS_getdents64, open("f", O_RDONLY), b, 8));
}
CASE(chdir_getcwd) {
  char b[4096], base[4096];
  getcwd(base, sizeof base);
  mkdir("d", 0755);
  T(chdir("d"));
  getcwd(b, sizeof b);
  SAY("%s", b + strlen(base));
  T(chdir("none"));
  put_file("f", "");
  T(chdir("f"));
  T(getcwd(b, 1) == NULL ? -1 : 0);
  int fd = open("..", O_RDONLY);
  T(fchdir(fd));
  T(strcmp(getcwd(b, sizeof b), base));
}
CASE(relative_to_directory_descriptor) {
  mkdir("d", 0755);
  put_file("d/f", "in d");
  int fd = open("d", O_RDONLY | O_DIRECTORY);
  int f = MUST(openat(fd, "f", O_RDONLY));
  char b[8] = {0};
  T(read(f, b, 7));
  SAY("%s", b);
  T(openat(f, "x", O_RDONLY));
  T(openat(77, "x", O_RDONLY));
  T(mkdirat(fd, "sub", 0755));
  T(faccessat(fd, "sub", F_OK, 0));
}
CASE(dot_dot_paths) {
  mkdir("a", 0755);
  mkdir("a/b", 0755);
  put_file("f", "top");
  show_file("a/b/../../f");
  show_file("./a/./../f");
  struct stat r, s;
  stat("/..", &r);
  stat("/", &s);
  SAY("%d", r.st_ino == s.st_ino);
}
CASE(dev_null_and_zero) {
  int n = open("/dev/null", O_RDWR), z = open("/dev/zero", O_RDWR);
  char b[4] = "abc";
  T(read(n, b, 4));
  T(write(n, b, 4));
  T(read(z, b, 4));
  SAY("%d %d", b[0], b[3]);
  T(write(z, b, 4));
}
CASE(dev_full) {
  int f = open("/dev/full", O_RDWR);
  char b[2] = "x";
  T(write(f, b, 1));
  T(read(f, b, 1));
}
CASE(sendfile_copies) {
  put_file("a", "0123456789");
  int in = open("a", O_RDONLY), out = open("b", O_WRONLY | O_CREAT, 0644);
  off_t at = 2;
  T(sendfile(out, in, &at, 5));
  T(at);
  T(lseek(in, 0, SEEK_CUR));
  T(sendfile(out, in, NULL, 100));
  show_file("b");
  T(sendfile(out, 77, NULL, 1));
}
CASE(copy_file_range_copies) {
  put_file("a", "abcdefgh");
  int in = open("a", O_RDONLY), out = open("b", O_RDWR | O_CREAT, 0644);
  T(copy_file_range(in, NULL, out, NULL, 5, 0));
  T(copy_file_range(in, NULL, out, NULL, 50, 0));
  T(copy_file_range(in, NULL, out, NULL, 50, 0));
  show_file("b");
}
CASE(fallocate_grows) {
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  struct stat s;
  T(posix_fallocate(fd, 0, 10000));
  fstat(fd, &s);
  SAY("%ld", (long)s.st_size);
  T(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 20000));
  fstat(fd, &s);
  SAY("%ld", (long)s.st_size);
  T(fallocate(fd, 0, 0, 0));
  T(fallocate(fd, 0, -1, 10));
}
CASE(punch_hole) {
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  char b[12288];
  memset(b, 'x', sizeof b);
  write(fd, b, sizeof b);
  T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096));
  pread(fd, b, sizeof b, 0);
  SAY("%c %d %d %c", b[4095], b[4096], b[8191], b[8192]);
}
CASE(fsync_and_friends) {
  int fd = open("f", O_RDWR | O_CREAT, 0644), p[2];
  pipe(p);
  T(fsync(fd));
  T(fdatasync(fd));
  T(fsync(p[0]));
  sync();
}
CASE(mknod_fifo) {
  T(mkfifo("p", 0644));
  T(mkfifo("p", 0644));
  struct stat s;
  stat("p", &s);
  SAY("%d", S_ISFIFO(s.st_mode));
  T(open("p", O_WRONLY | O_NONBLOCK));
  int r = open("p", O_RDONLY | O_NONBLOCK);
  int w = open("p", O_WRONLY | O_NONBLOCK);
  T(write(w, "hi", 2));
  char b[4] = {0};
  T(read(r, b, 4));
  close(w);
  T(read(r, b, 4));
}
CASE(fifo_blocks_until_both_ends) {
  mkfifo("p", 0644);
  if (fork() == 0) {
    int w = open("p", O_WRONLY);
    write(w, "from child", 10);
    _exit(0);
  }
  int r = open("p", O_RDONLY);
  char b[16] = {0};
  T(read(r, b, 16));
  SAY("%s", b);
  wait(NULL);
}
CASE(large_write_round_trip) {
  static unsigned char b[300000], c[300000];
  for (int i = 0; i < 300000; i++) b[i] = i * 7 + (i >> 8);
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  T(write(fd, b, sizeof b));
  lseek(fd, 0, SEEK_SET);
  T(read(fd, c, sizeof c));
  T(memcmp(b, c, sizeof b));
}
CASE(file_size_limit) {
  struct rlimit l = {1000, RLIM_INFINITY};
  signal(SIGXFSZ, SIG_IGN);
  T(setrlimit(RLIMIT_FSIZE, &l));
  static char b[2000];
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  T(write(fd, b, 2000));
  T(write(fd, b, 10));
  T(ftruncate(fd, 5000));
}
CASE(flock_conflicts) {
  put_file("f", "");
  int a = open("f", O_RDWR), b = open("f", O_RDWR);
  T(flock(a, 2));
  T(flock(b, 2 | 4));
  T(flock(b, 1 | 4));
  T(flock(a, 8));
  T(flock(b, 2 | 4));
  T(flock(a, 77));
}
CASE(posix_locks) {
  put_file("f", "0123456789");
  int fd = open("f", O_RDWR);
  struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 4};
  T(fcntl(fd, F_SETLK, &l));
  int p[2];
  pipe(p);
  if (fork() == 0) {
    struct flock q = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
    T(fcntl(fd, F_SETLK, &q));
    T(fcntl(fd, F_GETLK, &q));
    SAY("%d %ld %ld", q.l_type == F_WRLCK, (long)q.l_start, (long)q.l_len);
    q = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 7, .l_len = 2};
    T(fcntl(fd, F_SETLK, &q));
    _exit(0);
  }
  wait(NULL);
}
CASE(o_tmpfile_or_memfd) {
  int fd = MUST(memfd_create("m", MFD_CLOEXEC));
  T(write(fd, "abc", 3));
  T(ftruncate(fd, 8192));
  struct stat s;
  fstat(fd, &s);
  SAY("%ld", (long)s.st_size);
  T(fcntl(fd, F_GETFD));
}
CASE(memfd_seals) {
  int fd = MUST(memfd_create("m", MFD_ALLOW_SEALING));
  write(fd, "abc", 3);
  T(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW));
  T(write(fd, "x", 1));
  T(ftruncate(fd, 100));
  T(fcntl(fd, F_GET_SEALS));
}
CASE(close_range_closes) {
  for (int i = 10; i < 20; i++) dup2(1, i);
  T(syscall(SYS_close_range, 12, 15, 0));
  T(fcntl(11, F_GETFD));
  T(fcntl(12, F_GETFD));
  T(fcntl(15, F_GETFD));
  T(fcntl(16, F_GETFD));
  T(syscall(SYS_close_range, 16, 17, 4));
  T(fcntl(16, F_GETFD));
  T(syscall(SYS_close_range, 9, 8, 0));
}
CASE(permission_denied_for_others) {
  put_file("f", "secret");
  chmod("f", 0600);
  mkdir("d", 0700);
  put_file("d/g", "");
  if (fork() == 0) {
    if (setgid(1234) || setuid(1234)) _exit(1);
    T(open("f", O_RDONLY));
    T(open("d/g", O_RDONLY));
    T(open("new", O_WRONLY | O_CREAT, 0644));
    T(unlink("f"));
    T(chmod("f", 0777));
    T(access("f", R_OK));
    _exit(0);
  }
  int status;
  wait(&status);
  show_status(status);
}
CASE(chown_and_ids) {
  put_file("f", "");
  T(chown("f", 1000, 1001));
  struct stat s;
  stat("f", &s);
  SAY("%d %d", s.st_uid, s.st_gid);
  T(chown("f", -1, 5));
  stat("f", &s);
  SAY("%d %d", s.st_uid, s.st_gid);
  T(lchown("none", 0, 0));
}
CASE(statfs_name_length) {
  struct statfs s;
  T(statfs(".", &s));
  SAY("%ld", (long)s.f_namelen);
  T(statfs("none", &s));
}
CASE(xattr_absent) {
  put_file("f", "");
  char b[16];
  T(syscall(SYS_getxattr, "f", "user.none", b, 16));
}
CASE(ioctl_not_a_tty) {
  put_file("f", "");
  int fd = open("f", O_RDONLY);
  char b[64];
  T(ioctl(fd, 0x5401, b));
  T(isatty(fd));
  T(ioctl(77, 0x5401, b));
}
CASE(fionread_on_pipe) {
  int p[2], n;
  pipe(p);
  write(p[1], "12345", 5);
  T(ioctl(p[0], FIONREAD, &n));
  SAY("%d", n);
}
CASE(splice_pipe_to_file) {
  int p[2];
  pipe(p);
  write(p[1], "spliced data", 12);
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  T(splice(p[0], NULL, fd, NULL, 7, 0));
  show_file("f");
  T(splice(fd, NULL, fd, NULL, 7, 0));
}
CASE(tee_duplicates) {
  int a[2], b[2];
  char x[16] = {0};
  pipe(a);
  pipe(b);
  write(a[1], "hello", 5);
  T(tee(a[0], b[1], 100, 0));
  T(read(b[0], x, 15));
  T(read(a[0], x, 15));
  SAY("%s", x);
}
CASE(classic_read_loop) {
  put_file("name", "cyclix\n");
  int fd = open("name", O_RDONLY);
  char b[4096];
  for (ssize_t n; (n = read(fd, b, sizeof b)) > 0;) MUST(write(1, b, n));
  if (open("absent", O_RDONLY) == -1) { dup2(1, 2); perror("absent"); }
}
