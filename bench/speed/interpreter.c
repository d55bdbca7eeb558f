// Indirect jumps: a small stack machine that computes Collatz lengths.
#include "start.h"
enum { PUSH, ADD, HALVE, TRIPLE, JODD, JMP, JONE, INC, HALT };
static const u8 code[] = {JONE, 12, INC, 0, JODD, 9, HALVE, JMP, 0, TRIPLE, JMP, 0, HALT};
static u64 run(u64 value) {
  u64 steps = 0;
  for (int pc = 0;;) {
    switch (code[pc]) {
      case INC: steps++; pc += 2; break;
      case HALVE: value >>= 1; pc++; break;
      case TRIPLE: value = value * 3 + 1; pc++; break;
      case JODD: pc = value & 1 ? code[pc + 1] : pc + 2; break;
      case JONE: pc = value == 1 ? code[pc + 1] : pc + 2; break;
      case JMP: pc = code[pc + 1]; break;
      default: return steps;
    }
  }
}
u64 work(void) {
  u64 sum = 0;
  for (u64 i = 1; i < 25000; i++) sum += run(i);
  return sum;
}
