// The table of everything that has both ends named: connections, requests that wait for the last step of their handshake, and
// what is left of a connection in TIME_WAIT. A chained hash table that doubles as it fills.

import type { TupleHash } from './hash.ts';

export const KIND_CONNECTION = 0;
export const KIND_REQUEST = 1;
export const KIND_TIME_WAIT = 2;

export abstract class ConnectionEntry {
  abstract readonly entryKind: number;
  localAddress = 0;
  localPort = 0;
  remoteAddress = 0;
  remotePort = 0;
  tableNext: ConnectionEntry | null = null;
  tableHash = 0;
  inTable = false;
}

const FIRST_BUCKETS = 64;

export class ConnectionTable {
  readonly #hash: TupleHash;
  #buckets: (ConnectionEntry | null)[] = new Array<ConnectionEntry | null>(FIRST_BUCKETS).fill(null);
  #size = 0;

  constructor(hash: TupleHash) {
    this.#hash = hash;
  }

  get size(): number {
    return this.#size;
  }

  find(localAddress: number, localPort: number, remoteAddress: number, remotePort: number): ConnectionEntry | null {
    const hash = this.#hash.hash(localAddress, remoteAddress, localPort, remotePort);
    let entry = this.#buckets[hash & (this.#buckets.length - 1)] ?? null;
    while (
      entry !== null &&
      (entry.tableHash !== hash ||
        entry.remoteAddress !== remoteAddress ||
        entry.remotePort !== remotePort ||
        entry.localPort !== localPort ||
        entry.localAddress !== localAddress)
    ) {
      entry = entry.tableNext;
    }
    return entry;
  }

  /** Adds an entry; its four names must be set, must not change while it is in, and must not be in yet. */
  add(entry: ConnectionEntry): void {
    if (this.#size >= this.#buckets.length) this.#grow();
    entry.tableHash = this.#hash.hash(entry.localAddress, entry.remoteAddress, entry.localPort, entry.remotePort);
    const at = entry.tableHash & (this.#buckets.length - 1);
    entry.tableNext = this.#buckets[at] ?? null;
    this.#buckets[at] = entry;
    entry.inTable = true;
    this.#size += 1;
  }

  remove(entry: ConnectionEntry): void {
    if (!entry.inTable) return;
    const at = entry.tableHash & (this.#buckets.length - 1);
    let other = this.#buckets[at] ?? null;
    if (other === entry) this.#buckets[at] = entry.tableNext;
    else {
      while (other !== null && other.tableNext !== entry) other = other.tableNext;
      if (other !== null) other.tableNext = entry.tableNext;
    }
    entry.tableNext = null;
    entry.inTable = false;
    this.#size -= 1;
  }

  *entries(): Iterable<ConnectionEntry> {
    for (const head of this.#buckets) {
      for (let entry = head; entry !== null; entry = entry.tableNext) yield entry;
    }
  }

  #grow(): void {
    const old = this.#buckets;
    const mask = old.length * 2 - 1;
    this.#buckets = new Array<ConnectionEntry | null>(old.length * 2).fill(null);
    for (const head of old) {
      for (let entry = head; entry !== null; ) {
        const next = entry.tableNext;
        entry.tableNext = this.#buckets[entry.tableHash & mask] ?? null;
        this.#buckets[entry.tableHash & mask] = entry;
        entry = next;
      }
    }
  }
}
