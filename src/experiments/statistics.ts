// The statistics that claims use. All on plain arrays; results are deterministic.

export interface Fit {
  readonly slope: number;
  readonly intercept: number;
  /** Coefficient of determination; 1 for a perfect line, 1 for constant data on a constant fit. */
  readonly r2: number;
}

/** Ordinary least squares of y on x. */
export function linearFit(x: readonly number[], y: readonly number[]): Fit {
  const n = x.length;
  const meanX = mean(x);
  const meanY = mean(y);
  let sxx = 0;
  let sxy = 0;
  let syy = 0;
  for (let i = 0; i < n; i++) {
    const dx = x[i]! - meanX;
    const dy = y[i]! - meanY;
    sxx += dx * dx;
    sxy += dx * dy;
    syy += dy * dy;
  }
  const slope = sxx === 0 ? 0 : sxy / sxx;
  const intercept = meanY - slope * meanX;
  const r2 = syy === 0 ? 1 : sxx === 0 ? 0 : (sxy * sxy) / (sxx * syy);
  return { slope, intercept, r2 };
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function maximum(values: readonly number[]): number {
  return values.reduce((largest, value) => Math.max(largest, value), Number.NEGATIVE_INFINITY);
}

export function minimum(values: readonly number[]): number {
  return values.reduce((smallest, value) => Math.min(smallest, value), Number.POSITIVE_INFINITY);
}

/** The largest relative rise from any value to a later one: 0 for a curve that never rises, 0.5 for one that rises by half. */
export function largestRise(values: readonly number[]): number {
  let low = Number.POSITIVE_INFINITY;
  let rise = 0;
  for (const value of values) {
    low = Math.min(low, value);
    if (low > 0) rise = Math.max(rise, value / low - 1);
  }
  return rise;
}

/**
 * The knee of a rising curve: the smallest x whose y exceeds the level of the start by `fraction` of the whole rise.
 * `null` when the curve does not rise by more than `least` (in y's unit).
 */
export function knee(x: readonly number[], y: readonly number[], fraction = 0.1, least = 0): number | null {
  if (x.length < 3) return null;
  const start = y[0]!;
  const rise = maximum(y) - start;
  if (rise <= least) return null;
  const threshold = start + fraction * rise;
  for (let i = 0; i < x.length; i++) if (y[i]! > threshold) return x[i]!;
  return null;
}

/** Rows sorted by a numeric column. */
export function sortedBy<T extends Readonly<Record<string, number | string>>>(rows: readonly T[], column: string): T[] {
  return [...rows].sort((a, b) => Number(a[column]) - Number(b[column]));
}

export function column(rows: readonly Readonly<Record<string, number | string>>[], name: string): number[] {
  return rows.map((row) => Number(row[name]));
}
