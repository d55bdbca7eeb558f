// What every conformance case uses. A file holds one family; each CASE is run in a process of its own by name, in a fresh
// empty working directory, and must print the same under Linux and under Cyclix: so no pids, addresses, dates or sizes that
// depend on the system.
#ifndef HARNESS_H
#define HARNESS_H
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct harness_case {
  const char *name;
  void (*run)(void);
  struct harness_case *next;
};
extern struct harness_case *harness_cases;

#define CASE(id)                                                                  \
  static void case_##id(void);                                                    \
  static struct harness_case entry_##id = {#id, case_##id, 0};                    \
  __attribute__((constructor)) static void register_##id(void) {                  \
    struct harness_case **at = &harness_cases;                                    \
    while (*at) at = &(*at)->next;                                                \
    *at = &entry_##id;                                                            \
  }                                                                               \
  static void case_##id(void)

static inline const char *errno_name(int e) {
  const char *name = strerrorname_np(e);
  return name ? name : "?";
}

// Prints a call and its result; -1 with the errno's name.
#define T(expression)                                                                            \
  do {                                                                                           \
    errno = 0;                                                                                   \
    long result_ = (long)(expression);                                                           \
    if (result_ == -1) printf("%s = -1 %s\n", #expression, errno_name(errno));                   \
    else printf("%s = %ld\n", #expression, result_);                                             \
    fflush(stdout);                                                                              \
  } while (0)

// Prints only success or the errno: for descriptors, addresses and pids.
#define OK(expression)                                                                           \
  do {                                                                                           \
    errno = 0;                                                                                   \
    long result_ = (long)(expression);                                                           \
    printf("%s: %s\n", #expression, result_ == -1 ? errno_name(errno) : "ok");                   \
    fflush(stdout);                                                                              \
  } while (0)

#define SAY(...)                                                                                 \
  do {                                                                                           \
    printf(__VA_ARGS__);                                                                         \
    putchar('\n');                                                                               \
    fflush(stdout);                                                                              \
  } while (0)

// Ends the case if a step that it stands on fails.
#define MUST(expression)                                                                         \
  ({                                                                                             \
    long must_ = (long)(expression);                                                             \
    if (must_ == -1) {                                                                           \
      printf("%s failed: %s\n", #expression, errno_name(errno));                                 \
      fflush(stdout);                                                                            \
      _exit(99);                                                                                 \
    }                                                                                            \
    must_;                                                                                       \
  })

static inline void put_file(const char *path, const char *text) {
  int fd = MUST(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
  MUST(write(fd, text, strlen(text)));
  close(fd);
}
static inline void show_file(const char *path) {
  char text[512];
  int fd = MUST(open(path, O_RDONLY));
  long n = MUST(read(fd, text, sizeof text - 1));
  text[n] = 0;
  printf("%s: %ld \"%s\"\n", path, n, text);
  fflush(stdout);
  close(fd);
}
// Executes this same program again. Under the emulator a program that executes a RISC-V file must name the emulator.
static inline int exec_self(char **argv, char **envp) {
  const char *emulator = getenv("EMULATOR"), *self = getenv("SELF");
  if (!emulator) return execve("/proc/self/exe", argv, envp);
  char *full[16] = {(char *)emulator, "-0", argv[0], (char *)self};
  for (int i = 1; i < 11 && (full[i + 3] = argv[i]); i++) {}
  return execve(emulator, full, envp);
}
static inline void show_status(int status) {
  if (WIFEXITED(status)) SAY("exited %d", WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) SAY("signaled %d", WTERMSIG(status));
  else if (WIFSTOPPED(status)) SAY("stopped %d", WSTOPSIG(status));
  else if (WIFCONTINUED(status)) SAY("continued");
}
static inline void sleep_ms(long ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&t, &t) == -1 && errno == EINTR) {}
}
static inline long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
#endif
