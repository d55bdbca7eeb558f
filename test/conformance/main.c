// Runs the case named by the argument; without one lists the names.
#include "harness.h"
struct harness_case *harness_cases;

int main(int argc, char **argv) {
  for (struct harness_case *c = harness_cases; c; c = c->next) {
    if (argc < 2) puts(c->name);
    else if (!strcmp(argv[1], c->name)) {
      c->run();
      fflush(stdout);
      return 0;
    }
  }
  return argc < 2 ? 0 : 98;
}
