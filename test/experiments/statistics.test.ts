// The statistics that claims rest on, on data whose answers are known.

import { expect, test } from 'vitest';
import { knee, largestRise, linearFit, maximum, mean, minimum, sortedBy } from '../../src/experiments/statistics.ts';

test('a line through exact points has their slope, intercept and R² = 1', () => {
  const fit = linearFit([1, 2, 3, 10], [5, 7, 9, 23]);
  expect(fit.slope).toBeCloseTo(2, 12);
  expect(fit.intercept).toBeCloseTo(3, 12);
  expect(fit.r2).toBeCloseTo(1, 12);
});

test('R² tells a curve from a line', () => {
  const x = [1, 2, 3, 4, 5, 6, 7, 8];
  expect(linearFit(x, x).r2).toBeGreaterThan(0.999);
  expect(
    linearFit(
      x,
      x.map((value) => 2 ** value),
    ).r2,
  ).toBeLessThan(0.8);
  // Anscombe's first data set (1973): slope 0.5, intercept 3, R² 0.67.
  const fit = linearFit(
    [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5],
    [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68],
  );
  expect(fit.slope).toBeCloseTo(0.5, 2);
  expect(fit.intercept).toBeCloseTo(3, 1);
  expect(fit.r2).toBeCloseTo(0.67, 2);
});

test('constant data: slope 0, and no division by zero', () => {
  expect(linearFit([1, 2, 3], [4, 4, 4])).toEqual({ slope: 0, intercept: 4, r2: 1 });
  expect(linearFit([2, 2, 2], [1, 2, 3]).r2).toBe(0);
});

test('the knee is the first x above a tenth of the rise', () => {
  expect(knee([1, 2, 4, 8, 16], [100, 100, 105, 150, 200])).toBe(8);
  expect(knee([1, 2, 4, 8, 16], [100, 100, 105, 150, 200], 0.6)).toBe(16);
});

test('a flat or falling curve has no knee, nor has one with too few points', () => {
  expect(knee([1, 2, 3], [10, 10, 10])).toBeNull();
  expect(knee([1, 2, 3], [10, 8, 5])).toBeNull();
  expect(knee([1, 2], [0, 100])).toBeNull();
  expect(knee([1, 2, 3], [10, 30, 40], 0.1, 50)).toBeNull();
});

test('the largest rise is from a low to a later high', () => {
  expect(largestRise([100, 80, 120, 90])).toBeCloseTo(0.5);
  expect(largestRise([100, 90, 80])).toBe(0);
  expect(largestRise([])).toBe(0);
});

test('mean, maximum, minimum, sorting by a column', () => {
  expect(mean([1, 2, 6])).toBe(3);
  expect(mean([])).toBe(0);
  expect(maximum([3, 9, 2])).toBe(9);
  expect(minimum([3, 9, 2])).toBe(2);
  expect(sortedBy([{ n: 10 }, { n: 9 }, { n: 100 }], 'n')).toEqual([{ n: 9 }, { n: 10 }, { n: 100 }]);
});
