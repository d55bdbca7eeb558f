// How an observer reads a program's memory: without faulting pages in, without charging a cycle.

export interface Peek {
  /** Bytes at a user address, or null when any of them is not there. */
  peek(virtual: number, bytes: number): Uint8Array | null;
}

export class PeekReader {
  readonly #memory: Peek;

  constructor(memory: Peek) {
    this.#memory = memory;
  }

  bytes(address: number, count: number): Uint8Array | null {
    return count < 0 || count > 1 << 20 ? null : this.#memory.peek(address, count);
  }

  view(address: number, count: number): DataView | null {
    const bytes = this.bytes(address, count);
    return bytes === null ? null : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** NUL-terminated bytes, at most `limit`; null when unreadable. `complete` is false if no NUL was found. */
  string(address: number, limit = 4096): { bytes: Uint8Array; complete: boolean } | null {
    const collected: number[] = [];
    while (collected.length < limit) {
      const toPageEnd = 4096 - ((address + collected.length) % 4096);
      const piece = this.bytes(address + collected.length, Math.min(toPageEnd, limit - collected.length));
      if (piece === null) return collected.length === 0 ? null : { bytes: Uint8Array.from(collected), complete: false };
      const end = piece.indexOf(0);
      for (const byte of end < 0 ? piece : piece.subarray(0, end)) collected.push(byte);
      if (end >= 0) return { bytes: Uint8Array.from(collected), complete: true };
    }
    return { bytes: Uint8Array.from(collected), complete: false };
  }

  /** A 64-bit value as a signed JS number. */
  long(address: number): number | null {
    const view = this.view(address, 8);
    return view === null ? null : Number(view.getBigInt64(0, true));
  }
}

/** Signed 64-bit at an offset, as a JS number. */
export function long(view: DataView, offset: number): number {
  return Number(view.getBigInt64(offset, true));
}
