// Integer, memory: sieve of Eratosthenes.
#include "start.h"
static u8 composite[1 << 20];
u64 work(void) {
  u64 count = 0;
  for (int round = 0; round < 12; round++) {
    for (u64 i = 0; i < sizeof composite; i++) composite[i] = 0;
    for (u64 i = 2; i < sizeof composite; i++) {
      if (composite[i]) continue;
      count++;
      for (u64 j = i * i; j < sizeof composite; j += i) composite[j] = 1;
    }
  }
  return count;
}
