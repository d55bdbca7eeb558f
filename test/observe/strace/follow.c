// Two processes whose calls interleave in one known order, for strace -f: the sleeps are far apart.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void pause_for(long milliseconds) {
  struct timespec time = {0, milliseconds * 1000000};
  syscall(SYS_nanosleep, &time, 0);
}

static void handler(int signal) { (void)signal; }

int main(void) {
  struct sigaction action = {.sa_handler = handler};
  int pair[2], status;
  char byte;
  sigaction(SIGUSR1, &action, 0);
  syscall(SYS_chdir, "begin");
  syscall(SYS_pipe2, pair, 0);
  int pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) {
    pause_for(100);
    syscall(SYS_read, pair[0], &byte, 1); /* blocks; the parent goes on */
    pause_for(200);
    syscall(SYS_kill, syscall(SYS_getppid), SIGUSR1);
    pause_for(100);
    syscall(SYS_exit_group, 7);
  }
  pause_for(200);
  syscall(SYS_write, pair[1], "x", 1);
  syscall(SYS_wait4, pid, &status, 0, 0);
  syscall(SYS_wait4, pid, &status, 0, 0);
  pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) {
    pause_for(100);
    syscall(SYS_read, pair[0], &byte, 1);
  }
  pause_for(200);
  syscall(SYS_kill, pid, SIGKILL);
  syscall(SYS_wait4, -1, &status, 0, 0);
  syscall(SYS_kill, syscall(SYS_getpid), SIGALRM);
}
