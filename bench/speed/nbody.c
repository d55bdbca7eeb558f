// Floating point with division and square root: planets.
#include "start.h"
struct body { double x, y, z, vx, vy, vz, m; };
static struct body bodies[5] = {{0, 0, 0, 0, 0, 0, 39.47}, {4.84, -1.16, -.10, .60, 2.81, -.02, .037}, {8.34, 4.12, -4e-1, -1.01, 1.82, .008, .011},
  {12.89, -15.11, -.22, 1.08, .86, -.01, .0017}, {15.37, -25.9, .179, .979, .594, -.034, .002}};
u64 work(void) {
  for (int step = 0; step < 40000; step++) {
    for (int i = 0; i < 5; i++)
      for (int j = i + 1; j < 5; j++) {
        struct body *p = &bodies[i], *q = &bodies[j];
        double dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z;
        double d2 = dx * dx + dy * dy + dz * dz, mag = 0.01 / (d2 * __builtin_sqrt(d2));
        p->vx -= dx * q->m * mag; p->vy -= dy * q->m * mag; p->vz -= dz * q->m * mag;
        q->vx += dx * p->m * mag; q->vy += dy * p->m * mag; q->vz += dz * p->m * mag;
      }
    for (int i = 0; i < 5; i++) { bodies[i].x += 0.01 * bodies[i].vx; bodies[i].y += 0.01 * bodies[i].vy; bodies[i].z += 0.01 * bodies[i].vz; }
  }
  return (u64)(bodies[1].x * bodies[1].x * 1e6);
}
