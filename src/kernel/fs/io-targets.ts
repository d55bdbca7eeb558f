// The two kinds of IoTarget: a program's buffers (one range, or an iovec array), and bytes of the host's that the kernel reads
// or writes itself (execve, sendfile's middle, tests).

import type { UserPiece } from '../cost/cost.ts';
import type { Kernel } from '../kernel.ts';
import type { UserMemory } from '../memory/user.ts';
import { PAGE_SIZE } from './constants.ts';
import type { IoTarget } from './io.ts';

/**
 * A cursor over user ranges [bases[i], bases[i] + lengths[i]). One object serves a whole kernel: handlers are synchronous, so
 * `reset` at the start of each call is enough. Invariant: `remaining` is the sum of what lies at and after the cursor.
 */
export class UserBuffers implements IoTarget {
  readonly #kernel: Kernel;
  #memory: UserMemory | null = null;
  #bases: number[] = [0];
  #lengths: number[] = [0];
  #segments = 0;
  #segment = 0;
  #offset = 0;
  remaining = 0;
  /** The last transfer stopped at a bad address. */
  faulted = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Points at one range. */
  reset(memory: UserMemory, base: number, length: number): this {
    this.#memory = memory;
    this.#bases[0] = base;
    this.#lengths[0] = length;
    this.#segments = 1;
    this.#rewind(length);
    return this;
  }

  /** Points at the ranges of an iovec array, already checked. */
  resetVector(memory: UserMemory, bases: number[], lengths: number[], total: number): this {
    this.#memory = memory;
    for (let index = 0; index < bases.length; index++) {
      this.#bases[index] = bases[index]!;
      this.#lengths[index] = lengths[index]!;
    }
    this.#segments = bases.length;
    this.#rewind(total);
    return this;
  }

  #rewind(total: number): void {
    this.#segment = 0;
    this.#offset = 0;
    this.remaining = total;
    this.faulted = false;
  }

  /** Moves the cursor over bytes that an earlier run of the handler has moved. */
  skip(bytes: number): this {
    while (bytes > 0 && this.#segment < this.#segments) {
      const step = Math.min(bytes, this.#lengths[this.#segment]! - this.#offset);
      this.#advance(step);
      bytes -= step;
    }
    return this;
  }

  /** At most `bytes` more will be moved. */
  limit(bytes: number): void {
    this.remaining = Math.min(this.remaining, bytes);
  }

  #advance(bytes: number): void {
    this.#offset += bytes;
    this.remaining -= bytes;
    while (this.#segment < this.#segments && this.#offset >= this.#lengths[this.#segment]!) {
      this.#segment += 1;
      this.#offset = 0;
    }
  }

  /** The piece at the cursor: its place in the program and its bytes up to the end of page and range; null: EFAULT or the end. */
  #piece(access: 'read' | 'write'): UserPiece | null {
    if (this.#segment >= this.#segments || this.remaining <= 0) return null;
    while (this.#lengths[this.#segment] === 0) this.#advance(0);
    const piece = this.#memory!.resolve(this.#bases[this.#segment]! + this.#offset, access);
    if (piece === null) this.faulted = true;
    return piece;
  }

  #pieceBytes(piece: UserPiece): number {
    const toPageEnd = PAGE_SIZE - (piece.physical % PAGE_SIZE);
    return Math.min(toPageEnd, this.#lengths[this.#segment]! - this.#offset, this.remaining);
  }

  putPhysical(source: number, bytes: number): number {
    let done = 0;
    while (done < bytes) {
      const piece = this.#piece('write');
      if (piece === null) break;
      const step = Math.min(bytes - done, this.#pieceBytes(piece));
      this.#kernel.cost.copyToUser(piece, source + done, step);
      this.#advance(step);
      done += step;
    }
    return done;
  }

  putBytes(source: Uint8Array): number {
    let done = 0;
    while (done < source.length) {
      const piece = this.#piece('write');
      if (piece === null) break;
      const step = Math.min(source.length - done, this.#pieceBytes(piece));
      writeRam(this.#kernel, piece.physical, source.subarray(done, done + step));
      this.#kernel.cost.touchUser(piece, step, 'write');
      this.#advance(step);
      done += step;
    }
    return done;
  }

  putZeros(bytes: number): number {
    let done = 0;
    while (done < bytes) {
      const piece = this.#piece('write');
      if (piece === null) break;
      const step = Math.min(bytes - done, this.#pieceBytes(piece));
      this.#kernel.cost.zeroUser(piece, step);
      this.#advance(step);
      done += step;
    }
    return done;
  }

  takePhysical(destination: number, bytes: number): number {
    let done = 0;
    while (done < bytes) {
      const piece = this.#piece('read');
      if (piece === null) break;
      const step = Math.min(bytes - done, this.#pieceBytes(piece));
      this.#kernel.cost.copyFromUser(destination + done, piece, step);
      this.#advance(step);
      done += step;
    }
    return done;
  }

  discard(): void {
    this.#segment = this.#segments;
    this.remaining = 0;
  }

  takeBytes(destination: Uint8Array): number {
    let done = 0;
    while (done < destination.length) {
      const piece = this.#piece('read');
      if (piece === null) break;
      const step = Math.min(destination.length - done, this.#pieceBytes(piece));
      destination.set(this.#kernel.machine.ram.slice(piece.physical, step), done);
      this.#kernel.cost.touchUser(piece, step, 'read');
      this.#advance(step);
      done += step;
    }
    return done;
  }
}

/** Copies the host's bytes into guest RAM. */
export function writeRam(kernel: Kernel, physical: number, bytes: Uint8Array): void {
  kernel.machine.ram.slice(physical, bytes.length).set(bytes);
  kernel.machine.ram.noteWrite(physical, bytes.length);
}

/** Bytes of the host's as source or target of a transfer. Nothing is charged for the host's side. */
export class KernelBuffer implements IoTarget {
  readonly #kernel: Kernel;
  readonly bytes: Uint8Array;
  #position = 0;
  #end: number;

  constructor(kernel: Kernel, bytes: Uint8Array) {
    this.#kernel = kernel;
    this.bytes = bytes;
    this.#end = bytes.length;
  }

  get remaining(): number {
    return this.#end - this.#position;
  }

  /** Moves the cursor over bytes that an earlier run has moved. */
  skip(bytes: number): this {
    this.#position = Math.min(this.#end, this.#position + bytes);
    return this;
  }

  /** At most `bytes` more will be moved. */
  limit(bytes: number): void {
    this.#end = Math.min(this.#end, this.#position + bytes);
  }

  /** Bytes moved so far. */
  get moved(): number {
    return this.#position;
  }

  putPhysical(source: number, bytes: number): number {
    return this.putBytes(this.#kernel.machine.ram.slice(source, Math.min(bytes, this.remaining)));
  }

  putBytes(source: Uint8Array): number {
    const step = Math.min(source.length, this.remaining);
    this.bytes.set(source.subarray(0, step), this.#position);
    this.#position += step;
    return step;
  }

  putZeros(bytes: number): number {
    const step = Math.min(bytes, this.remaining);
    this.bytes.fill(0, this.#position, this.#position + step);
    this.#position += step;
    return step;
  }

  takePhysical(destination: number, bytes: number): number {
    const step = Math.min(bytes, this.remaining);
    writeRam(this.#kernel, destination, this.bytes.subarray(this.#position, this.#position + step));
    this.#position += step;
    return step;
  }

  discard(): void {
    this.#position = this.#end;
  }

  takeBytes(destination: Uint8Array): number {
    const step = Math.min(destination.length, this.remaining);
    destination.set(this.bytes.subarray(this.#position, this.#position + step));
    this.#position += step;
    return step;
  }
}

/** The buffers that system calls use, made once: their cursors are set anew by each call. */
export class IoBuffers {
  readonly user: UserBuffers;

  constructor(kernel: Kernel) {
    this.user = new UserBuffers(kernel);
  }
}
