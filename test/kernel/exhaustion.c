// Takes everything there is of each resource, in a child, and prints how that ended and how much memory is free afterwards.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static long available(void) {
  char line[256];
  long kib = -1;
  FILE *f = fopen("/proc/meminfo", "r");
  while (fgets(line, sizeof line, f) && sscanf(line, "MemAvailable: %ld", &kib) != 1);
  fclose(f);
  return kib;
}

static void limit(int resource, long value) {
  struct rlimit both = {value, value};
  setrlimit(resource, &both);
}

static void use(int mebibytes) {
  for (int i = 0; i < mebibytes; i++) {
    char *p = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) _exit(7);
    memset(p, 1, 1 << 20);
  }
}

static void memory(void) { use(1 << 20); }

static void memory_by_many(void) {
  int status, killed = 0;
  for (int i = 0; i < 5; i++) {
    if (fork() == 0) {
      use(100);
      _exit(0);
    }
  }
  for (int i = 0; i < 5; i++) {
    wait(&status);
    killed += WIFSIGNALED(status);
  }
  printf("some killed: %s\n", killed > 0 && killed < 5 ? "yes" : "no");
}

static void fork_bomb(void) {
  setpgid(0, 0);
  limit(RLIMIT_NPROC, 200);
  if (setuid(1000)) _exit(1);
  for (int n = 0;; n++) {
    pid_t child = fork();
    if (child == 0) for (;;) pause();
    if (child < 0) {
      printf("fork: %s after %d\n", strerror(errno), n);
      break;
    }
  }
  kill(0, SIGKILL);
}

static void zombies(void) {
  for (int n = 0; n < 30000; n++) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    if (child < 0) {
      printf("fork: %s\n", strerror(errno));
      return;
    }
  }
}

static void *sleeper(void *unused) {
  pause();
  return 0;
}

static void threads(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  int n = 0;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 65536);
  while (n < 4000 && pthread_create(&thread, &attributes, sleeper, 0) == 0) n++;
  printf("%d threads\n", n);
}

static void descriptors(void) {
  limit(RLIMIT_NOFILE, 1000);
  int n = 0;
  while (dup(0) >= 0) n++;
  printf("dup: %s after %d\n", strerror(errno), n);
}

static void files(void) {
  char name[64];
  static char bytes[1 << 16];
  for (int n = 0;; n++) {
    sprintf(name, "/tmp/file%d", n);
    FILE *f = fopen(name, "w");
    setvbuf(f, 0, _IONBF, 0);
    if (fwrite(bytes, 1, sizeof bytes, f) == sizeof bytes) {
      fclose(f);
      continue;
    }
    printf("write: %s\n", strerror(errno));
    for (; n >= 0; n--) {
      sprintf(name, "/tmp/file%d", n);
      unlink(name);
    }
    return;
  }
}

static void pipes(void) {
  static char bytes[1 << 16];
  int ends[2];
  limit(RLIMIT_NOFILE, 100000);
  while (pipe(ends) == 0 && write(ends[1], bytes, sizeof bytes) > 0);
  printf("pipe: %s\n", strerror(errno));
}

static void sockets(void) {
  int n = 0, fd, kinds[] = {SOCK_STREAM, SOCK_DGRAM};
  limit(RLIMIT_NOFILE, 100000);
  while (n < 10000 && (fd = socket(n % 4 < 2 ? AF_INET : AF_UNIX, kinds[n % 2], 0)) >= 0) n++;
  printf("%d sockets\n", n);
}

int main(void) {
  struct { const char *name; void (*take)(void); } cases[] = {
    {"memory", memory}, {"memory by many", memory_by_many}, {"fork bomb", fork_bomb}, {"zombies", zombies},
    {"threads", threads}, {"descriptors", descriptors}, {"files", files}, {"pipes", pipes},
    {"sockets", sockets},
  };
  setvbuf(stdout, 0, _IONBF, 0);
  available();
  long before = available();
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    int status;
    printf("%s:\n", cases[i].name);
    pid_t child = fork();
    if (child == 0) {
      cases[i].take();
      _exit(0);
    }
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) printf("signal %d\n", WTERMSIG(status));
    // Orphans end in their own time.
    for (int wait = 0; wait < 100 && available() <= before - 512; wait++) usleep(10000);
    long missing = before - available();
    printf("memory back: %s\n", missing < 512 ? "yes" : "no");
  }
  return 0;
}
