// Multiplication, memory: open-addressing hash table.
#include "start.h"
static u64 keys[1 << 16], counts[1 << 16];
u64 work(void) {
  u64 s = 1, sum = 0;
  for (int i = 0; i < 2500000; i++) {
    s ^= s << 13; s ^= s >> 7; s ^= s << 17;
    u64 key = (s & 0x7fff) + 1, slot = (key * 0x9e3779b97f4a7c15ul) >> 48;
    while (keys[slot] && keys[slot] != key) slot = (slot + 1) & 0xffff;
    keys[slot] = key;
    sum += ++counts[slot];
  }
  return sum;
}
