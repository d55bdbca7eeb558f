/*
 * Random numbers for tests: a fresh seed each run, printed, or the one in CYCLIX_SEED to repeat a run.
 * The generator is xorshift128 (Marsaglia, 2003), its state filled by splitmix64.
 */

export interface Random {
  readonly seed: bigint;
  /** Uniform in 0 .. 2^32 - 1. */
  u32(): number;
  u64(): bigint;
  /** Uniform in 0 .. bound - 1. */
  below(bound: number): number;
  pick<T>(items: readonly T[]): T;
}

const MASK = (1n << 64n) - 1n;

export function seededRandom(purpose: string): Random {
  const given = process.env['CYCLIX_SEED'];
  const seed = given === undefined ? BigInt(Date.now()) * 1_000_003n + BigInt(process.pid) : BigInt(given);
  console.log(`${purpose}: CYCLIX_SEED=${seed}`);
  let mix = seed & MASK;
  const splitmix = () => {
    mix = (mix + 0x9e3779b97f4a7c15n) & MASK;
    let z = mix;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return z ^ (z >> 31n);
  };
  // Four 32-bit words of state: plain numbers, so that millions of draws are quick.
  const first = splitmix();
  const second = splitmix();
  let x = Number(first & 0xffffffffn);
  let y = Number(first >> 32n);
  let z = Number(second & 0xffffffffn);
  let w = Number(second >> 32n) | 1;
  const u32 = () => {
    const t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return w >>> 0;
  };
  const below = (bound: number) => u32() % bound;
  return {
    seed,
    u32,
    u64: () => (BigInt(u32()) << 32n) | BigInt(u32()),
    below,
    pick: (items) => items[below(items.length)]!,
  };
}
