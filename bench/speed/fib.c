// Calls and returns: doubly recursive Fibonacci.
#include "start.h"
__attribute__((noinline)) static u64 fib(u64 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
u64 work(void) { return fib(32); }
