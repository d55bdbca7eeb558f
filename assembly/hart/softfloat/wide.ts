// 128-bit arithmetic on pairs of u64, and the sticky ("jamming") shift: every bit that a right shift loses is OR-ed
// into bit 0, so that later rounding still sees that the value lies strictly between two representable ones.

export class Wide {
  /** Upper 64 bits of the 128-bit product. */
  @inline
  static multiplyHigh(a: u64, b: u64): u64 {
    const aLow = a & 0xffff_ffff;
    const aHigh = a >> 32;
    const bLow = b & 0xffff_ffff;
    const bHigh = b >> 32;
    const middle = aHigh * bLow + ((aLow * bLow) >> 32);
    const other = aLow * bHigh + (middle & 0xffff_ffff);
    return aHigh * bHigh + (middle >> 32) + (other >> 32);
  }

  /** value >> distance with the lost bits jammed into bit 0; any distance >= 0. */
  @inline
  static shiftRightJam(value: u64, distance: i32): u64 {
    if (distance == 0) return value;
    if (distance > 63) return u64(value != 0);
    return (value >> distance) | u64(value << (64 - distance) != 0);
  }

  /** Upper half of (high:low) >> distance; distance >= 0. */
  @inline
  static shiftRightHigh(high: u64, distance: i32): u64 {
    return distance > 63 ? 0 : high >> distance;
  }

  /** Lower half of (high:low) >> distance with the lost bits jammed into bit 0; distance >= 0. */
  @inline
  static shiftRightJamLow(high: u64, low: u64, distance: i32): u64 {
    if (distance == 0) return low;
    if (distance < 64) return (high << (64 - distance)) | (low >> distance) | u64(low << (64 - distance) != 0);
    return Wide.shiftRightJam(high, distance - 64) | u64(low != 0);
  }
}
