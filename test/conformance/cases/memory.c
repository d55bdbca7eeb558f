#include "../harness.h"
#include <setjmp.h>

static sigjmp_buf env;
static volatile int faults;
static void on_fault(int s) { faults++; siglongjmp(env, s); }
static int touch_read(volatile char *p) {
  int s = sigsetjmp(env, 1);
  if (s) return s;
  (void)*p;
  return 0;
}
static int touch_write(volatile char *p) {
  int s = sigsetjmp(env, 1);
  if (s) return s;
  *p = 1;
  return 0;
}
static void catch(void) { signal(SIGSEGV, on_fault); signal(SIGBUS, on_fault); }
static char *anonymous(size_t n, int prot) { return mmap(0, n, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
#define RW (PROT_READ | PROT_WRITE)

CASE(anonymous_is_zero) {
  char *m = anonymous(3 * 4096, RW);
  int any = 0;
  for (int i = 0; i < 3 * 4096; i++) any |= m[i];
  T(any);
  m[5000] = 7;
  T(m[5000]);
}
CASE(mmap_errors) {
  put_file("f", "x");
  int r = open("f", O_RDONLY), w = open("f", O_WRONLY);
  T(mmap(0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  T(mmap(0, 4096, PROT_READ, MAP_ANONYMOUS, -1, 0));
  T(mmap(0, 4096, PROT_READ, MAP_PRIVATE, 77, 0));
  T(mmap(0, 4096, PROT_READ, MAP_PRIVATE, r, 1));
  T(mmap(0, 4096, RW, MAP_SHARED, r, 0));
  T(mmap(0, 4096, PROT_READ, MAP_SHARED, w, 0));
  OK(mmap(0, 4096, RW, MAP_PRIVATE, r, 0));
  int p[2];
  pipe(p);
  T(mmap(0, 4096, PROT_READ, MAP_PRIVATE, p[0], 0));
}
CASE(munmap_then_fault) {
  catch();
  char *m = anonymous(8192, RW);
  m[0] = m[4096] = 1;
  T(munmap(m, 4096));
  T(touch_read(m));
  T(touch_read(m + 4096));
  T(munmap(m + 1, 4096));
  T(munmap(m, 0));
  T(munmap(m, 4096));
}
CASE(munmap_middle_splits) {
  catch();
  char *m = anonymous(3 * 4096, RW);
  m[0] = 1; m[8192] = 3;
  munmap(m + 4096, 4096);
  T(m[0]);
  T(m[8192]);
  T(touch_write(m + 4096));
}
CASE(mprotect_changes) {
  catch();
  char *m = anonymous(8192, RW);
  m[0] = 5;
  T(mprotect(m, 4096, PROT_READ));
  T(touch_read(m));
  T(touch_write(m));
  T(touch_write(m + 4096));
  T(mprotect(m, 4096, PROT_NONE));
  T(touch_read(m));
  T(mprotect(m, 4096, RW));
  T(m[0]);
  T(mprotect(m + 1, 4096, RW));
  T(mprotect((void *)0x10000000, 4096, RW));
}
CASE(fixed_mapping_replaces) {
  char *m = anonymous(8192, RW);
  m[0] = 9;
  T(mmap(m, 4096, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == m);
  T(m[0]);
  T(mmap(m + 1, 4096, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
}
CASE(private_file_mapping) {
  put_file("f", "hello");
  int fd = open("f", O_RDWR);
  char *m = mmap(0, 4096, RW, MAP_PRIVATE, fd, 0);
  SAY("%.5s", m);
  m[0] = 'J';
  show_file("f");
  SAY("%.5s %d", m, m[100]);
}
CASE(shared_file_mapping) {
  put_file("f", "hello");
  int fd = open("f", O_RDWR);
  char *m = mmap(0, 4096, RW, MAP_SHARED, fd, 0);
  m[0] = 'J';
  T(msync(m, 4096, MS_SYNC));
  show_file("f");
  pwrite(fd, "p", 1, 4);
  SAY("%.5s", m);
  T(msync(m + 1, 4096, MS_SYNC));
  T(munmap(m, 4096));
}
CASE(file_mapping_with_offset) {
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  pwrite(fd, "second page", 11, 4096);
  char *m = mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 4096);
  SAY("%.11s", m);
}
CASE(mapping_outlives_descriptor) {
  put_file("f", "kept");
  int fd = open("f", O_RDONLY);
  char *m = mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  close(fd);
  unlink("f");
  SAY("%.4s", m);
}
CASE(shared_anonymous_between_processes) {
  int *m = mmap(0, 4096, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (fork() == 0) { m[0] = 41; m[100] = 1; _exit(0); }
  wait(NULL);
  T(m[0] + m[100]);
}
CASE(private_anonymous_is_copied) {
  int *m = (int *)anonymous(4096, RW);
  m[0] = 1;
  if (fork() == 0) { m[0] = 2; _exit(0); }
  wait(NULL);
  T(m[0]);
}
CASE(copy_on_write_both_ways) {
  int *m = (int *)anonymous(4096, RW), p[2], q[2];
  char b;
  pipe(p);
  pipe(q);
  m[0] = 1;
  if (fork() == 0) {
    read(p[0], &b, 1);
    SAY("child sees %d", m[0]);
    m[0] = 3;
    write(q[1], "x", 1);
    _exit(0);
  }
  m[0] = 2;
  write(p[1], "x", 1);
  read(q[0], &b, 1);
  SAY("parent sees %d", m[0]);
  wait(NULL);
}
CASE(brk_grows_and_shrinks) {
  catch();
  char *start = sbrk(0);
  OK(sbrk(8192));
  start[0] = 1;
  start[8191] = 2;
  T(start[8191]);
  OK(sbrk(-8192));
  OK(sbrk(8192));
  T(start[8191]);
}
CASE(mremap_grows) {
  char *m = anonymous(4096, RW);
  m[7] = 7;
  char *n = mremap(m, 4096, 1 << 20, MREMAP_MAYMOVE);
  T(n == MAP_FAILED ? -1 : 0);
  T(n[7]);
  n[1 << 19] = 1;
  T(mremap(n, 1 << 20, 4096, 0) == n);
  T(mremap(n, 4096, 0, 0));
  T(mremap(n + 1, 4096, 8192, MREMAP_MAYMOVE));
}
CASE(mremap_fixed) {
  char *m = anonymous(4096, RW), *to = anonymous(4096, RW);
  m[0] = 42;
  T(mremap(m, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
  T(to[0]);
}
CASE(madvise_dontneed_zeroes) {
  char *m = anonymous(8192, RW);
  m[0] = m[4096] = 1;
  T(madvise(m, 4096, MADV_DONTNEED));
  SAY("%d %d", m[0], m[4096]);
  T(madvise(m + 1, 4096, MADV_DONTNEED));
  T(madvise(m, 4096, 9999));
  T(madvise(m, 4096, MADV_WILLNEED));
}
CASE(mincore_reports) {
  char *m = anonymous(2 * 4096, RW);
  unsigned char v[2] = {9, 9};
  m[0] = 1;
  T(mincore(m, 8192, v));
  SAY("%d %d", v[0] & 1, v[1] & 1);
  T(mincore(m + 1, 4096, v));
}
CASE(mlock_calls) {
  char *m = anonymous(4096, RW);
  T(mlock(m, 4096));
  T(munlock(m, 4096));
}
CASE(stack_grows) {
  long deep(int n) { volatile char page[4096]; page[0] = n; return n == 0 ? 0 : page[0] - page[0] + 1 + deep(n - 1); }
  T(deep(500));
}
CASE(stack_limit_overflows) {
  int status;
  if (fork() == 0) {
    struct rlimit l = {256 << 10, 256 << 10};
    setrlimit(RLIMIT_STACK, &l);
    long deep(int n) { volatile char page[4096]; page[0] = n; return n == 0 ? 0 : page[0] + deep(n - 1); }
    _exit(deep(5000));
  }
  wait(&status);
  show_status(status);
}
CASE(address_space_limit) {
  int status;
  if (fork() == 0) {
    struct rlimit l = {64 << 20, 64 << 20};
    setrlimit(RLIMIT_AS, &l);
    T(mmap(0, 256 << 20, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    OK(mmap(0, 1 << 20, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    _exit(0);
  }
  wait(&status);
  show_status(status);
}
CASE(executable_memory) {
  unsigned *code = (unsigned *)anonymous(4096, RW | PROT_EXEC);
  code[0] = 0x02a00513;
  code[1] = 0x00008067;
  __builtin___clear_cache((char *)code, (char *)code + 8);
  T(((int (*)(void))code)());
  code[0] = 0x01700513;
  __builtin___clear_cache((char *)code, (char *)code + 8);
  T(((int (*)(void))code)());
}
CASE(syscall_reads_bad_memory) {
  char *m = anonymous(8192, RW);
  munmap(m + 4096, 4096);
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  memset(m, 'a', 4096);
  T(write(fd, m + 4090, 6));
  T(write(fd, m + 4096, 6));
  T(read(fd, m + 4096, 6));
  T(write(fd, m, -1));
  int p[2];
  pipe(p);
  T(write(p[1], (void *)8, 4));
}
CASE(read_into_fresh_and_cow_pages) {
  put_file("f", "data");
  char *m = anonymous(4096, RW);
  int fd = open("f", O_RDONLY);
  T(read(fd, m, 4));
  if (fork() == 0) { lseek(fd, 0, SEEK_SET); read(fd, m + 1, 3); _exit(0); }
  wait(NULL);
  SAY("%.5s", m);
}
CASE(write_to_read_only_mapping_by_kernel) {
  put_file("f", "data");
  char *m = anonymous(4096, PROT_READ);
  int fd = open("f", O_RDONLY);
  T(read(fd, m, 4));
}
CASE(unaligned_access) {
  char *m = anonymous(8192, RW);
  *(volatile uint64_t *)(m + 4093) = 0x1122334455667788;
  SAY("%lx %x", *(volatile uint64_t *)(m + 4093), m[4096]);
}
CASE(maps_lists_mapping) {
  char *m = anonymous(3 * 4096, RW), line[512], want[64];
  sprintf(want, "%lx-%lx rw-p", (long)m, (long)m + 3 * 4096);
  FILE *f = fopen("/proc/self/maps", "r");
  int stack = 0, heap = 0;
  malloc(10);
  while (fgets(line, sizeof line, f)) { stack |= !!strstr(line, "[stack]"); heap |= !!strstr(line, "[heap]"); }
  SAY("%d", stack);
}
CASE(many_small_mappings) {
  char *all[200];
  for (int i = 0; i < 200; i++) { all[i] = anonymous(4096, i % 2 ? PROT_READ : RW); if (i % 2 == 0) all[i][0] = i; }
  int ok = 1;
  for (int i = 0; i < 200; i += 2) ok &= all[i][0] == (char)i;
  T(ok);
  for (int i = 0; i < 200; i++) munmap(all[i], 4096);
}
