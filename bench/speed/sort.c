// Branches that depend on data: quicksort.
#include "start.h"
static u32 data[1 << 17];
static void sort(u32 *a, long n) {
  while (n > 16) {
    u32 pivot = a[n / 2];
    long i = 0, j = n - 1;
    for (;;) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i >= j) break;
      u32 t = a[i]; a[i++] = a[j]; a[j--] = t;
    }
    sort(a, j + 1);
    a += j + 1;
    n -= j + 1;
  }
  for (long i = 1; i < n; i++) {
    u32 t = a[i];
    long j = i;
    for (; j > 0 && a[j - 1] > t; j--) a[j] = a[j - 1];
    a[j] = t;
  }
}
u64 work(void) {
  u64 s = 42, sum = 0;
  for (int round = 0; round < 4; round++) {
    for (u64 i = 0; i < sizeof data / 4; i++) { s = s * 6364136223846793005ul + 1442695040888963407ul; data[i] = s >> 33; }
    sort(data, sizeof data / 4);
    for (u64 i = 0; i < sizeof data / 4; i += 1000) sum += data[i];
  }
  return sum;
}
