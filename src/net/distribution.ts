// Random times that are the same on every host. Only operations whose results IEEE 754 fixes are used: Math.log may differ from one
// JavaScript engine to another.

import type { Random } from '../kernel/net/ip/environment.ts';

/** The natural logarithm of a positive finite number, to about 1e-15. */
export function naturalLogarithm(value: number): number {
  let exponent = 0;
  while (value > 1.5) {
    value /= 2;
    exponent += 1;
  }
  while (value < 0.75) {
    value *= 2;
    exponent -= 1;
  }
  // ln x = 2 artanh((x - 1) / (x + 1)); the argument is at most 1/5.
  const ratio = (value - 1) / (value + 1);
  const square = ratio * ratio;
  let term = ratio;
  let sum = 0;
  for (let divisor = 1; divisor < 40; divisor += 2) {
    sum += term / divisor;
    term *= square;
  }
  return 2 * sum + exponent * Math.LN2;
}

/** A uniform number in (0, 1]. */
export function uniform(random: Random): number {
  return (random() + 1) / 2 ** 32;
}

/** An exponentially distributed time with that mean, in whole units: the gaps of a Poisson process. */
export function exponential(random: Random, mean: number): number {
  return Math.round(-naturalLogarithm(uniform(random)) * mean);
}
