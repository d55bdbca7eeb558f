// The generator of pseudo-random numbers behind generated tests: small, fast, repeatable from a 32-bit seed.

/** xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018), seeded by splitmix32. */
export class Random {
  private readonly state = new Uint32Array(4);

  constructor(seed: number) {
    for (let i = 0; i < 4; i++) {
      seed = (seed + 0x9e3779b9) >>> 0;
      let z = seed;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      this.state[i] = z ^ (z >>> 16);
    }
  }

  /** 32 random bits, as an unsigned number. */
  bits(): number {
    const s = this.state;
    const [s0, s1, s2, s3] = s as unknown as [number, number, number, number];
    const scrambled = Math.imul(s1, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const t = s1 << 9;
    s[2] = s2 ^ s0;
    s[3] = s3 ^ s1;
    s[1] = s1 ^ (s2 ^ s0);
    s[0] = s0 ^ (s3 ^ s1);
    s[2] = s[2]! ^ t;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    return Math.floor((this.bits() / 2 ** 32) * limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}
