// Keyed hashing of a connection's addresses: HalfSipHash-1-3 (Aumasson, Bernstein; as Linux's lib/siphash.c for 32-bit words).
// It spreads connections over buckets, gives initial sequence numbers (RFC 6528) and signs SYN cookies, so that a stranger can
// guess none of these.

export class TupleHash {
  readonly #key0: number;
  readonly #key1: number;

  constructor(key0: number, key1: number) {
    this.#key0 = key0 | 0;
    this.#key1 = key1 | 0;
  }

  /** The hash of four 32-bit words, a signed 32-bit integer. */
  hash(a: number, b: number, c: number, d: number): number {
    let v0 = this.#key0;
    let v1 = this.#key1;
    let v2 = 0x6c796765 ^ this.#key0;
    let v3 = 0x74656462 ^ this.#key1;
    for (let i = 0; i < 8; i += 1) {
      // Words 0 to 3 are the message, 4 the length; then three rounds finish.
      const word = i === 0 ? a : i === 1 ? b : i === 2 ? c : i === 3 ? d : i === 4 ? 0x10000000 : 0;
      if (i < 5) v3 ^= word;
      else if (i === 5) v2 ^= 0xff;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      if (i < 5) v0 ^= word;
    }
    return v1 ^ v3;
  }
}
