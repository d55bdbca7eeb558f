// Tree-PLRU of any number of ways, as Rocket's PseudoLRU: node bits in one u64. A tree of n ways has its root at bit n-2; the
// half with the upper way numbers (n minus the next lower power of two) has its bits below that, the other half the lowest.
// A bit says that the upper half is the older one.

export class Plru {
  /** Bits to keep when `way` of `ways` is touched; the tree starts at bit `base`. */
  static keep(ways: i32, way: i32, base: i32): u64 {
    return ~Plru.path(ways, way, base, true);
  }

  /** Bits to set after that. */
  static set(ways: i32, way: i32, base: i32): u64 {
    return Plru.path(ways, way, base, false);
  }

  private static path(ways: i32, way: i32, base: i32, all: bool): u64 {
    let bits: u64 = 0;
    while (ways > 1) {
      const lower = 1 << (31 - clz(ways - 1));
      const upperTouched = way >= lower;
      if (all || !upperTouched) bits |= (1 as u64) << (base + ways - 2);
      if (upperTouched) {
        way -= lower;
        base += lower - 1;
        ways -= lower;
      } else {
        ways = lower;
      }
    }
    return bits;
  }

  static victim(state: u64, ways: i32, base: i32): i32 {
    let way = 0;
    while (ways > 1) {
      const lower = 1 << (31 - clz(ways - 1));
      if ((state >> (base + ways - 2)) & 1) {
        way += lower;
        base += lower - 1;
        ways -= lower;
      } else {
        ways = lower;
      }
    }
    return way;
  }
}
