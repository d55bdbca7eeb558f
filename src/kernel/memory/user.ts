// How the kernel reaches a program's memory: by walking the task's own page tables, faulting pages in as the hart would
// (demand paging, copy-on-write), and charging the user's side of the access. Nothing here throws: a bad address is
// `null`/`false`/a negative errno, and the caller returns -EFAULT.

import type { UserPiece } from '../cost/cost.ts';

export interface UserMemory {
  /** The page piece at `virtual` (at most to the end of its page), faulted in for this access; null: EFAULT. */
  resolve(virtual: number, access: 'read' | 'write'): UserPiece | null;

  /** Copies user bytes out into a fresh array; null: EFAULT. Charged. */
  read(virtual: number, bytes: number): Uint8Array | null;
  /** Copies bytes to user memory; false: EFAULT (bytes before the bad page are written). Charged. */
  write(virtual: number, bytes: Uint8Array): boolean;

  /** A structure at this address, as a little-endian view of a copy; null: EFAULT. Charged. */
  readStruct(virtual: number, bytes: number): DataView | null;
  /** Writes what `fill` puts into a zeroed view of `bytes` bytes; false: EFAULT. Charged. */
  writeStruct(virtual: number, bytes: number, fill: (view: DataView) => void): boolean;

  readU32(virtual: number): number | null;
  writeU32(virtual: number, value: number): boolean;
  /** 64-bit value as a signed JS number, exact within ±2^53. */
  readLong(virtual: number): number | null;
  writeLong(virtual: number, value: number): boolean;
  readU64(virtual: number): bigint | null;
  writeU64(virtual: number, value: bigint): boolean;

  /** NUL-terminated bytes without the NUL, as a string of UTF-8; a negative errno: -EFAULT, or -ENAMETOOLONG past `limit`. */
  readString(virtual: number, limit?: number): string | number;
  /** An argv-like array of strings ended by a null pointer; a negative errno on failure (-E2BIG past `limit` bytes). */
  readStringArray(virtual: number, limit?: number): string[] | number;
}
