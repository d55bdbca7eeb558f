// Start-up and the two system calls of the speed programs, without a C library: the same ELF runs on the bare machine, under the
// kernel and under qemu-riscv64-static. Each program prints one number, which must be the same everywhere.
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

static long system_call(long number, long a, long b, long c) {
  register long a0 asm("a0") = a, a1 asm("a1") = b, a2 asm("a2") = c, a7 asm("a7") = number;
  asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
  return a0;
}

static void print(u64 value) {
  char text[24];
  int at = 23;
  text[at] = '\n';
  do text[--at] = '0' + value % 10; while (value /= 10);
  system_call(64, 1, (long)(text + at), 24 - at);
}

u64 work(void);

void start(void) {
  print(work());
  system_call(93, 0, 0, 0);
}
asm(".globl _start\n_start:\n.option push\n.option norelax\nla gp, __global_pointer$\n.option pop\nandi sp, sp, -16\ncall start\n");
