// Children make random system calls with random arguments: numbers of all sizes, descriptors, pointers to good, read-only, unmapped
// and misaligned memory. argv: seed, children, calls a child. The kernel must answer each with a value, an errno or a signal.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long state;

static unsigned long next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static char *good, *read_only, *hole;
static char text[] = "/proc/self/fd";

static long argument(void) {
  switch (next() % 16) {
    case 0: return 0;
    case 1: return next() % 16;
    case 2: return next() % 4096;
    case 3: return -(long)(next() % 16);
    case 4: return 1L << (next() % 64);
    case 5: return next();
    case 6: return (long)(good + next() % 8192);
    case 7: return (long)(good + 8 * (next() % 1024));
    case 8: return (long)(good + 16384 - next() % 64);
    case 9: return (long)(read_only + next() % 4096);
    case 10: return (long)hole;
    case 11: return 0xffffffd600000000 + (next() & 0xfffff8);
    case 12: return (long)text;
    case 13: return (int)next();
    case 14: return 4096 * (next() % 64);
    default: return (long)good;
  }
}

/** Calls that would end or disturb the parent, or the run. */
static int excluded(long number) {
  switch (number) {
    case SYS_kill: case SYS_tkill: case SYS_tgkill: case SYS_rt_sigqueueinfo: case SYS_rt_tgsigqueueinfo:
    case SYS_pidfd_send_signal: case SYS_reboot: case SYS_prlimit64: case SYS_process_vm_writev: case SYS_exit:
    case SYS_exit_group: case SYS_clone: case SYS_clone3: case SYS_fcntl /* F_SETOWN */: case SYS_vhangup:
    case SYS_sched_setscheduler: case SYS_sched_setattr: case SYS_sched_setparam: case SYS_setpriority:
      return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  unsigned long seed = strtoul(argv[1], 0, 0);
  int children = atoi(argv[2]), calls = atoi(argv[3]), ended[4] = {0};
  for (int child = 0; child < children; child++) {
    pid_t pid = fork();
    if (pid < 0) {
      perror("fork");
      return 1;
    }
    if (pid == 0) {
      state = (seed + child) * 0x9e3779b97f4a7c15 + 1;
      good = mmap(0, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      read_only = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      hole = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      munmap(hole, 4096);
      for (int i = 0; i < 16384; i++) good[i] = next();
      for (int i = 0; i < 16; i++) ((long *)good)[i * 64] = (long)(good + next() % 8192);
      int ends[2];
      open("/tmp/file", O_RDWR | O_CREAT, 0600);
      open("/", O_RDONLY);
      pipe(ends);
      socket(AF_INET, SOCK_STREAM, 0);
      socket(AF_INET, SOCK_DGRAM, 0);
      socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
      syscall(SYS_epoll_create1, 0);
      syscall(SYS_eventfd2, 1, 0);
      close(1);
      close(2);
      struct itimerval timer = {{0, 5000}, {0, 5000}};  // ends a call that blocks; the handler of the default kills
      setitimer(ITIMER_REAL, &timer, 0);
      signal(SIGALRM, (void (*)(int))next);
      for (int i = 0; i < calls; i++) {
        long number = next() % 470;
        if (excluded(number)) continue;
        syscall(number, argument(), argument(), argument(), argument(), argument(), argument());
      }
      _exit(0);
    }
    int status;
    for (int wait = 0;; wait++) {
      pid_t got = waitpid(pid, &status, WNOHANG | WUNTRACED);
      if (got == pid && !WIFSTOPPED(status)) break;
      if (got == pid || wait > 400) kill(pid, SIGKILL);
      usleep(1000);
    }
    ended[WIFEXITED(status) ? 0 : WTERMSIG(status) == SIGKILL ? 1 : 2]++;
  }
  printf("%d ended by themselves, %d were killed, %d by a signal\n", ended[0], ended[1], ended[2]);
  return 0;
}
