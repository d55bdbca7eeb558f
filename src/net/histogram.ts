// A histogram of times with a fixed relative precision (the idea of HdrHistogram): values up to 2,048 exactly, above that 1,024
// buckets for each power of two, so that a percentile is at most 0.1 % too high. Its size is bounded whatever is recorded.

const EXACT = 2048;
const HALF = EXACT / 2;
const DOUBLINGS = 42;

export class Histogram {
  readonly #counts = new Float64Array(EXACT + DOUBLINGS * HALF);
  #count = 0;
  #sum = 0;
  #smallest = Infinity;
  #largest = 0;

  get count(): number {
    return this.#count;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : Math.round(this.#sum / this.#count);
  }

  get minimum(): number {
    return this.#count === 0 ? 0 : this.#smallest;
  }

  get maximum(): number {
    return this.#largest;
  }

  /** Records a non-negative whole number. */
  record(value: number): void {
    this.#counts[bucketOf(value)]! += 1;
    this.#count += 1;
    this.#sum += value;
    if (value < this.#smallest) this.#smallest = value;
    if (value > this.#largest) this.#largest = value;
  }

  /** The smallest value that at least `fraction` (0 to 1) of the records do not exceed, to the bucket's upper edge. */
  percentile(fraction: number): number {
    if (this.#count === 0) return 0;
    const wanted = Math.max(Math.ceil(fraction * this.#count), 1);
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket += 1) {
      seen += this.#counts[bucket]!;
      if (seen >= wanted) return Math.min(upperEdge(bucket), this.#largest);
    }
    return this.#largest;
  }
}

function bucketOf(value: number): number {
  let doublings = 0;
  while (value >= EXACT && doublings < DOUBLINGS) {
    value = Math.floor(value / 2);
    doublings += 1;
  }
  return doublings === 0 ? value : EXACT + (doublings - 1) * HALF + Math.min(value, EXACT - 1) - HALF;
}

function upperEdge(bucket: number): number {
  if (bucket < EXACT) return bucket;
  const doublings = Math.floor((bucket - EXACT) / HALF) + 1;
  const value = ((bucket - EXACT) % HALF) + HALF;
  return (value + 1) * 2 ** doublings - 1;
}
