// Reads every clock through the vDSO between two readings by system call: its time must not lie outside them.
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long nanoseconds(struct timespec t) { return t.tv_sec * 1000000000LL + t.tv_nsec; }

int main(void) {
  clockid_t clocks[] = {CLOCK_REALTIME,        CLOCK_MONOTONIC,        CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME,
                        CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_TAI,           CLOCK_PROCESS_CPUTIME_ID};
  struct timespec before, between, after, pause = {3, 141592653};
  for (int round = 0; round < 3; round++) {
    for (unsigned c = 0; c < sizeof clocks / sizeof *clocks; c++) {
      int wrong = 0;
      for (int i = 0; i < 500; i++) {
        syscall(SYS_clock_gettime, clocks[c], &before);
        clock_gettime(clocks[c], &between);
        syscall(SYS_clock_gettime, clocks[c], &after);
        wrong += nanoseconds(between) < nanoseconds(before) || nanoseconds(between) > nanoseconds(after);
      }
      if (wrong) printf("clock %d: %d of 500 outside\n", clocks[c], wrong);
    }
    nanosleep(&pause, 0);
  }
  struct timeval day;
  gettimeofday(&day, 0);
  clock_gettime(CLOCK_REALTIME, &after);
  printf("seconds apart: %ld\n", day.tv_sec - after.tv_sec);
  struct timespec set = {1000000000, 0};
  clock_settime(CLOCK_REALTIME, &set);
  clock_gettime(CLOCK_REALTIME, &after);
  printf("after clock_settime: %ld\n", after.tv_sec);
  return 0;
}
