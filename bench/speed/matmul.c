// Floating point: matrix product.
#include "start.h"
#define N 96
static double a[N][N], b[N][N], c[N][N];
u64 work(void) {
  for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) { a[i][j] = i + j * 0.5; b[i][j] = i - j * 0.25; }
  for (int round = 0; round < 12; round++)
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        double s = c[i][j] * 0.5;
        for (int k = 0; k < N; k++) s += a[i][k] * b[k][j];
        c[i][j] = s;
      }
  double sum = 0;
  for (int i = 0; i < N; i++) sum += c[i][i];
  return (u64)(long)sum;
}
