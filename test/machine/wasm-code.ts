// Finds the br_table instructions of each function in a WebAssembly binary (core specification, section 5): enough of a decoder to
// step over every instruction that this project's compiler emits.

class Reader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.bytes[this.at++]!;
  }

  /** Unsigned LEB128; for signed ones only the length matters here. */
  leb(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }
}

/** Immediates of the 0xfd (SIMD) instructions that are not plain. */
function skipVector(reader: Reader): void {
  const opcode = reader.leb();
  if (opcode <= 11 || opcode === 92 || opcode === 93) {
    reader.leb();
    reader.leb();
  } else if (opcode === 12 || opcode === 13) reader.at += 16;
  else if (opcode >= 21 && opcode <= 34) reader.byte();
  else if (opcode >= 84 && opcode <= 91) {
    reader.leb();
    reader.leb();
    reader.byte();
  }
}

/** Immediates of the 0xfc instructions: saturating conversions, bulk memory. */
function skipMiscellaneous(reader: Reader): void {
  const opcode = reader.leb();
  if (opcode <= 7) return;
  const immediates: Record<number, number> = { 8: 2, 9: 1, 10: 2, 11: 1, 12: 2, 13: 1, 14: 2, 15: 1, 16: 1, 17: 1 };
  for (let index = 0; index < immediates[opcode]!; index++) reader.leb();
}

/** For each function, in order, the number of targets of each of its br_tables. */
export function parseFunctions(wasm: Uint8Array): number[][] {
  const reader = new Reader(wasm, 8);
  while (reader.at < wasm.length) {
    const section = reader.byte();
    const end = reader.leb() + reader.at;
    if (section !== 10) {
      reader.at = end;
      continue;
    }
    const functions: number[][] = [];
    for (let count = reader.leb(); count > 0; count--) {
      const size = reader.leb();
      functions.push(parseBody(reader, reader.at + size));
    }
    return functions;
  }
  throw new Error('no code section');
}

function parseBody(reader: Reader, end: number): number[] {
  const tables: number[] = [];
  for (let groups = reader.leb(); groups > 0; groups--) {
    reader.leb();
    reader.byte();
  }
  while (reader.at < end) {
    const opcode = reader.byte();
    if (opcode === 0x0e) {
      const targets = reader.leb();
      for (let index = 0; index <= targets; index++) reader.leb();
      tables.push(targets);
    } else if ((opcode >= 0x02 && opcode <= 0x04) || opcode === 0x0c || opcode === 0x0d || opcode === 0x10)
      reader.leb();
    else if (opcode === 0x11) {
      reader.leb();
      reader.leb();
    } else if (opcode === 0x1c) for (let types = reader.leb(); types > 0; types--) reader.byte();
    else if (opcode >= 0x20 && opcode <= 0x26) reader.leb();
    else if (opcode >= 0x28 && opcode <= 0x3e) {
      reader.leb();
      reader.leb();
    } else if (opcode === 0x3f || opcode === 0x40 || opcode === 0x41 || opcode === 0x42) reader.leb();
    else if (opcode === 0x43) reader.at += 4;
    else if (opcode === 0x44) reader.at += 8;
    else if (opcode === 0xfc) skipMiscellaneous(reader);
    else if (opcode === 0xfd) skipVector(reader);
  }
  if (reader.at !== end) throw new Error(`a function body does not end where it says, at ${end}`);
  return tables;
}
