// The kernel's source of randomness: xoshiro128** (Blackman, Vigna 2018), seeded by splitmix32. Not for secrets: a run must
// repeat. Its whole state is four words.

export class RandomSource {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    let state = seed >>> 0;
    for (let index = 0; index < 4; index += 1) {
      state = (state + 0x9e37_79b9) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
      this.#state[index] = mixed ^ (mixed >>> 15);
    }
  }

  /** A 32-bit word, unsigned. */
  word(): number {
    const state = this.#state;
    const result = Math.imul(rotate(Math.imul(state[1]!, 5), 7), 9) >>> 0;
    const shifted = state[1]! << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= shifted;
    state[3] = rotate(state[3]!, 11);
    return result;
  }

  bytes(count: number): Uint8Array {
    const result = new Uint8Array(count);
    for (let index = 0; index < count; ) {
      let word = this.word();
      for (let byte = 0; byte < 4 && index < count; byte += 1, index += 1) {
        result[index] = word & 0xff;
        word >>>= 8;
      }
    }
    return result;
  }
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
