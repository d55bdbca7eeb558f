// Bytes: counts words and copies them upper-cased, as text tools do.
#include "start.h"
static u8 in[1 << 16], out[1 << 16];
u64 work(void) {
  for (u32 i = 0; i < sizeof in; i++) in[i] = (i * 2654435761u >> 24) % 7 ? 'a' + i % 26 : i % 3 ? ' ' : '\n';
  u64 words = 0, lines = 0, sum = 0;
  for (int round = 0; round < 120; round++) {
    int inside = 0;
    for (u32 i = 0; i < sizeof in; i++) {
      u8 c = in[i];
      if (c == ' ' || c == '\n') { inside = 0; lines += c == '\n'; } else if (!inside) { inside = 1; words++; }
      out[i] = c >= 'a' && c <= 'z' ? c - 32 : c;
    }
    sum += out[round * 37];
  }
  return words * 1000003 + lines * 17 + sum;
}
