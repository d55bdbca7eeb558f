// UserMemory in terms of one operation, `translate`: whole buffers, structures, numbers and strings are moved page piece by
// page piece. Numbers that lie within one page take no detour over arrays.

import type { UserPiece } from '../cost/cost.ts';
import { E2BIG, EFAULT, ENAMETOOLONG } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { PAGE_SIZE } from './layout.ts';
import type { UserMemory } from './user.ts';

const TWO_32 = 2 ** 32;
/** MAX_ARG_STRLEN: one argument or environment string. */
const LONGEST_ARGUMENT = 32 * PAGE_SIZE;
const PATH_MAX = 4096;
/** A quarter of the default stack limit (execve(2), "Limits on size of arguments and environment"). */
const ARGUMENTS_MAX = 2 * 1024 * 1024;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export abstract class UserAccess implements UserMemory {
  protected readonly kernel: Kernel;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** Physical address of the byte at `virtual`, its page faulted in for this access; 0: EFAULT. */
  abstract translate(virtual: number, access: 'read' | 'write'): number;

  resolve(virtual: number, access: 'read' | 'write'): UserPiece | null {
    const physical = this.translate(virtual, access);
    return physical === 0 ? null : { virtual, physical };
  }

  read(virtual: number, bytes: number): Uint8Array | null {
    const result = new Uint8Array(bytes);
    for (let done = 0; done < bytes; ) {
      const physical = this.translate(virtual + done, 'read');
      if (physical === 0) return null;
      const piece = Math.min(bytes - done, pageRest(physical));
      result.set(this.kernel.machine.ram.slice(physical, piece), done);
      this.kernel.cost.touchUserAt(virtual + done, physical, piece, false);
      done += piece;
    }
    return result;
  }

  write(virtual: number, bytes: Uint8Array): boolean {
    const { ram } = this.kernel.machine;
    for (let done = 0; done < bytes.length; ) {
      const physical = this.translate(virtual + done, 'write');
      if (physical === 0) return false;
      const piece = Math.min(bytes.length - done, pageRest(physical));
      ram.slice(physical, piece).set(bytes.subarray(done, done + piece));
      ram.noteWrite(physical, piece);
      this.kernel.cost.touchUserAt(virtual + done, physical, piece, true);
      done += piece;
    }
    return true;
  }

  /** Clears user memory (clear_user); false: EFAULT. */
  clear(virtual: number, bytes: number): boolean {
    for (let done = 0; done < bytes; ) {
      const physical = this.translate(virtual + done, 'write');
      if (physical === 0) return false;
      const piece = Math.min(bytes - done, pageRest(physical));
      this.kernel.cost.zero(physical, piece);
      done += piece;
    }
    return true;
  }

  readStruct(virtual: number, bytes: number): DataView | null {
    const copy = this.read(virtual, bytes);
    return copy === null ? null : new DataView(copy.buffer);
  }

  writeStruct(virtual: number, bytes: number, fill: (view: DataView) => void): boolean {
    const copy = new Uint8Array(bytes);
    fill(new DataView(copy.buffer));
    return this.write(virtual, copy);
  }

  readU32(virtual: number): number | null {
    const physical = this.translate(virtual, 'read');
    if (physical === 0) return null;
    if (pageRest(physical) < 4) return this.readStruct(virtual, 4)?.getUint32(0, true) ?? null;
    this.kernel.cost.touchUserAt(virtual, physical, 4, false);
    return this.kernel.machine.ram.u32(physical) >>> 0;
  }

  writeU32(virtual: number, value: number): boolean {
    const physical = this.translate(virtual, 'write');
    if (physical === 0) return false;
    if (pageRest(physical) < 4) return this.writeStruct(virtual, 4, (view) => view.setUint32(0, value, true));
    this.kernel.cost.touchUserAt(virtual, physical, 4, true);
    this.kernel.machine.ram.setU32(physical, value);
    this.kernel.machine.ram.noteWrite(physical, 4);
    return true;
  }

  readLong(virtual: number): number | null {
    const physical = this.translate(virtual, 'read');
    if (physical === 0) return null;
    if (pageRest(physical) < 8) {
      const view = this.readStruct(virtual, 8);
      return view === null ? null : view.getUint32(0, true) + view.getInt32(4, true) * TWO_32;
    }
    const { ram } = this.kernel.machine;
    this.kernel.cost.touchUserAt(virtual, physical, 8, false);
    return (ram.u32(physical) >>> 0) + (ram.u32(physical + 4) | 0) * TWO_32;
  }

  writeLong(virtual: number, value: number): boolean {
    const physical = this.translate(virtual, 'write');
    if (physical === 0) return false;
    const low = value | 0;
    const high = Math.floor(value / TWO_32) | 0;
    if (pageRest(physical) < 8) {
      return this.writeStruct(virtual, 8, (view) => {
        view.setInt32(0, low, true);
        view.setInt32(4, high, true);
      });
    }
    const { ram } = this.kernel.machine;
    this.kernel.cost.touchUserAt(virtual, physical, 8, true);
    ram.setU32(physical, low);
    ram.setU32(physical + 4, high);
    ram.noteWrite(physical, 8);
    return true;
  }

  readU64(virtual: number): bigint | null {
    return this.readStruct(virtual, 8)?.getBigUint64(0, true) ?? null;
  }

  writeU64(virtual: number, value: bigint): boolean {
    return this.writeStruct(virtual, 8, (view) => view.setBigUint64(0, value, true));
  }

  readString(virtual: number, limit = PATH_MAX): string | number {
    const bytes = this.readStringBytes(virtual, limit, -ENAMETOOLONG);
    return typeof bytes === 'number' ? bytes : decoder.decode(bytes);
  }

  readStringArray(virtual: number, limit = ARGUMENTS_MAX): string[] | number {
    const strings: string[] = [];
    let left = limit;
    if (virtual === 0) return strings; // Linux takes a null argv or envp for an empty one
    for (let index = 0; ; index += 1) {
      const pointer = this.readLong(virtual + index * 8);
      if (pointer === null) return -EFAULT;
      if (pointer === 0) return strings;
      const bytes = this.readStringBytes(pointer, Math.min(left, LONGEST_ARGUMENT), -E2BIG);
      if (typeof bytes === 'number') return bytes;
      left -= bytes.length + 1 + 8; // the string, its NUL and its pointer
      if (left <= 0) return -E2BIG;
      strings.push(decoder.decode(bytes));
    }
  }

  /** The bytes of a NUL-terminated string; -EFAULT, or `tooLong` when `limit` bytes hold no NUL. */
  readStringBytes(virtual: number, limit: number, tooLong: number): Uint8Array | number {
    const { ram } = this.kernel.machine;
    let result: Uint8Array | null = null;
    for (let done = 0; done < limit; ) {
      const physical = this.translate(virtual + done, 'read');
      if (physical === 0) return -EFAULT;
      const piece = Math.min(limit - done, pageRest(physical));
      const bytes = ram.slice(physical, piece);
      const end = bytes.indexOf(0);
      const length = end < 0 ? piece : end;
      this.kernel.cost.touchUserAt(virtual + done, physical, Math.min(length + 1, piece), false);
      const part = bytes.slice(0, length);
      result = result === null ? part : concatenate(result, part);
      if (end >= 0) return result;
      done += piece;
    }
    return tooLong;
  }
}

/** Bytes from here to the end of its page. */
function pageRest(address: number): number {
  return PAGE_SIZE - (address % PAGE_SIZE);
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
