// The three wire types of Protocol Buffers that a pprof profile needs: varints, packed varints, length-delimited fields.

export class ProtobufWriter {
  readonly #bytes: number[] = [];

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  integer(field: number, value: number): this {
    this.#varint(field * 8);
    this.#varint(value);
    return this;
  }

  packed(field: number, values: readonly number[]): this {
    const inner = new ProtobufWriter();
    for (const value of values) inner.#varint(value);
    return this.#delimited(field, inner.#bytes);
  }

  message(field: number, message: ProtobufWriter): this {
    return this.#delimited(field, message.#bytes);
  }

  text(field: number, text: string): this {
    return this.#delimited(field, [...new TextEncoder().encode(text)]);
  }

  #delimited(field: number, bytes: readonly number[]): this {
    this.#varint(field * 8 + 2);
    this.#varint(bytes.length);
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  /** Non-negative safe integers only. */
  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes.push(rest);
  }
}
