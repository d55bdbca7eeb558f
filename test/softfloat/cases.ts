// Generated cases for every floating-point operation, weighted to corners: exponents at the ends of the range and near
// the widths of the integer types, powers of two plus or minus a few units, subnormals, halfway cases, NaN payloads,
// integers at the limits of conversions, operands that cancel, products and quotients at the edge of overflow and
// underflow. A number is kept as two 32-bit halves: BigInt is too slow for millions of cases.

import { operations, type Register } from './operations.ts';
import { Random } from './random.ts';

interface Format {
  bias: number;
  /** Bits of the fraction in the upper and the lower half of a pair; binary32 uses the lower half alone. */
  high: number;
  low: number;
  specialField: number;
}

const single: Format = { bias: 127, high: 0, low: 23, specialField: 255 };
const double: Format = { bias: 1023, high: 20, low: 32, specialField: 2047 };

const scratch = new DataView(new ArrayBuffer(8));

export class CaseGenerator {
  private readonly random: Random;
  /** The last number made. */
  private high = 0;
  private low = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** Fills `cases` (32 bytes each: u32 operation, u32 fcsr, u64 a, b, c). */
  fill(cases: Uint8Array): void {
    const words = new Uint32Array(cases.buffer, cases.byteOffset, cases.length >> 2);
    for (let at = 0; at < words.length; at += 8) this.one(words, at);
  }

  /** One weighted value of a register into two words (lower half first): an integer, a boxed binary32 or a binary64. */
  register(kind: Register, words: Uint32Array, at: number): void {
    if (kind === 'integer') this.integer();
    else this.number(kind === 'single' ? single : double);
    if (kind === 'single') this.high = this.boxing();
    this.put(words, at);
  }

  private one(words: Uint32Array, at: number): void {
    const random = this.random;
    const number = random.below(operations.length);
    const operation = operations[number]!;
    words[at] = number;
    words[at + 1] = (random.pick([0, 0, 0, 0, 1, 2, 3, 4]) << 5) | (random.below(2) ? random.below(32) : 0);
    if (operation.source === 'integer') {
      this.integer();
      this.put(words, at + 2);
      return;
    }
    const format = operation.source === 'single' ? single : double;
    this.number(format);
    this.put(words, at + 2);
    if (random.below(3) || !this.relative(format, words, at)) this.number(format);
    this.put(words, at + 4);
    if (random.below(3) || !this.cancelling(format, words, at)) this.number(format);
    this.put(words, at + 6);
    if (format === single) for (const upper of [3, 5, 7]) words[at + upper] = this.boxing();
  }

  private put(words: Uint32Array, at: number): void {
    words[at] = this.low;
    words[at + 1] = this.high;
  }

  /** Upper half of a binary32 in a register: nearly always all ones. */
  private boxing(): number {
    return this.random.below(64) ? 0xffffffff : this.random.pick([0, 0xfffffffe, 0x7fffffff, this.random.bits()]);
  }

  private integer(): void {
    const random = this.random;
    if (random.below(4) === 0) {
      this.high = random.bits();
      this.low = random.bits();
      return;
    }
    // A run of ones or a power of two of random width, plus or minus a few, perhaps with noise far below, perhaps negated.
    let value = 1n << BigInt(random.below(65));
    if (random.below(2)) value -= 1n << BigInt(random.below(65));
    if (random.below(3) === 0) value ^= BigInt(random.bits()) >> BigInt(random.below(32));
    value += BigInt(random.below(9) - 4);
    if (random.below(2)) value = -value;
    this.low = Number(value & 0xffffffffn);
    this.high = Number((value >> 32n) & 0xffffffffn);
  }

  private number(format: Format): void {
    this.pack(format, this.exponentField(format), this.random.below(2));
  }

  private exponentField({ bias, specialField }: Format): number {
    const random = this.random;
    switch (random.below(10)) {
      case 0:
        return 0;
      case 1:
        return random.below(4);
      case 2:
        return specialField;
      case 3:
        return specialField - random.below(4);
      case 4:
        return bias + random.pick([-1, 0, 1, 22, 23, 24, 30, 31, 32, 51, 52, 53, 54, 62, 63, 64]);
      case 5:
      case 6:
        return bias + random.below(140) - 70;
      default:
        return random.below(specialField + 1);
    }
  }

  /** Sign, clamped exponent field and a weighted fraction. */
  private pack(format: Format, field: number, sign: number): void {
    const random = this.random;
    field = Math.max(0, Math.min(format.specialField, field));
    let high = 0;
    let low = 0;
    switch (random.below(8)) {
      case 0:
        break;
      case 1:
        high = low = 0xffffffff;
        break;
      case 2:
        low = random.below(8);
        break;
      case 3:
        high = 0xffffffff;
        low = 0xffffffff - random.below(8);
        break;
      case 4: {
        // One bit, or a run of ones up from it; a few low bits.
        const bit = random.below(64);
        if (bit < 32) low = 2 ** bit;
        else high = 2 ** (bit - 32);
        if (random.below(2)) {
          high = bit < 32 ? 0xffffffff : -high;
          if (bit < 32) low = -low;
        }
        low += random.below(5) - 2;
        break;
      }
      case 5: {
        // Few significant bits: products and roots that are exact.
        const width = 1 + random.below(30);
        high = (random.bits() << (32 - width)) >> (format.high ? 12 : 0);
        low = (random.bits() << (32 - width)) >> (format.high ? 0 : 9);
        break;
      }
      default:
        high = random.bits();
        low = random.bits();
    }
    if (format === double) {
      this.high = ((sign << 31) | (field << 20) | (high & 0xfffff)) >>> 0;
      this.low = low >>> 0;
      // Halfway between two binary32 numbers, give or take.
      if (random.below(8) === 0) this.low = ((this.low & 0xe0000000) + 0x10000000 + random.pick([-1, 0, 0, 1])) >>> 0;
    } else {
      this.high = 0xffffffff;
      this.low = ((sign << 31) | (field << 23) | (low & 0x7fffff)) >>> 0;
    }
  }

  private fieldOf(format: Format, words: Uint32Array, at: number): number {
    return format === single ? (words[at]! >>> 23) & 0xff : (words[at + 1]! >>> 20) & 0x7ff;
  }

  /** A second operand that makes sense beside the first. */
  private relative(format: Format, words: Uint32Array, at: number): boolean {
    const random = this.random;
    const field = this.fieldOf(format, words, at + 2);
    const sign = random.below(2);
    switch (random.below(5)) {
      case 0: // the same, or its negation, or a neighbour
        this.low = (words[at + 2]! + (random.below(2) ? random.below(5) - 2 : 0)) >>> 0;
        this.high = words[at + 3]!;
        if (format === double) this.high = (this.high ^ (sign << 31)) >>> 0;
        else this.low = (this.low ^ (sign << 31)) >>> 0;
        break;
      case 1: // close exponents: cancellation, alignment
        this.pack(format, field + random.below(121) - 60, sign);
        break;
      case 2: // product at the lower end of the range
        this.pack(format, format.bias - field + random.below(60) - 55, sign);
        break;
      case 3: // product at the upper end
        this.pack(format, 3 * format.bias - field + random.below(5) - 2, sign);
        break;
      default: // quotient at either end
        this.pack(
          format,
          field + (random.below(2) ? format.bias + random.below(56) - 3 : 2 - format.bias + random.below(5)),
          sign,
        );
    }
    return true;
  }

  /** An addend close to minus the product, so that a fused multiply-add cancels. */
  private cancelling(format: Format, words: Uint32Array, at: number): boolean {
    if (format === single) {
      scratch.setUint32(0, words[at + 2]!);
      scratch.setUint32(4, words[at + 4]!);
      const product = scratch.getFloat32(0) * scratch.getFloat32(4);
      if (!Number.isFinite(product)) return false;
      scratch.setFloat32(0, -product);
      this.low = (scratch.getUint32(0) + this.random.below(3) - 1) >>> 0;
      this.high = 0xffffffff;
      return true;
    }
    scratch.setUint32(0, words[at + 3]!);
    scratch.setUint32(4, words[at + 2]!);
    const left = scratch.getFloat64(0);
    scratch.setUint32(0, words[at + 5]!);
    scratch.setUint32(4, words[at + 4]!);
    const product = left * scratch.getFloat64(0);
    if (!Number.isFinite(product)) return false;
    scratch.setFloat64(0, -product);
    this.high = scratch.getUint32(0);
    this.low = (scratch.getUint32(4) + this.random.below(3) - 1) >>> 0;
    return true;
  }
}
