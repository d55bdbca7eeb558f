// System calls and little else: getppid, a write to a pipe and a read from it.
#include "start.h"
u64 work(void) {
  int ends[2];
  system_call(59, (long)ends, 0, 0);
  u64 sum = 0;
  char byte = 1;
  for (int i = 0; i < 40000; i++) {
    sum += system_call(173, 0, 0, 0) >= 0;
    sum += system_call(64, ends[1], (long)&byte, 1);
    sum += system_call(63, ends[0], (long)&byte, 1);
  }
  return sum;
}
