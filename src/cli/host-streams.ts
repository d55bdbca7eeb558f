// The guest's standard streams on Node: synchronous, so that a run with a file or pipe on stdin does the same on every host.

import { fstatSync, readSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Host } from '../kernel/kernel.ts';

export interface StreamOptions {
  /** Nanoseconds since the epoch at guest boot. */
  readonly bootTime: number;
  /** Called instead of writing, for captures. */
  readonly capture?: (stream: 1 | 2, bytes: Uint8Array) => void;
  readonly input?: Uint8Array;
}

export class NodeHost implements Host {
  readonly bootTime: number;
  readonly #capture: ((stream: 1 | 2, bytes: Uint8Array) => void) | undefined;
  #input: Uint8Array | undefined;

  constructor(options: StreamOptions) {
    this.bootTime = options.bootTime;
    this.#capture = options.capture;
    this.#input = options.input;
  }

  isTerminal(stream: 0 | 1 | 2): boolean {
    return this.#capture === undefined && isatty(stream);
  }

  read(_stream: 0, limit: number): Uint8Array | null | 'later' {
    if (this.#input !== undefined) {
      const piece = this.#input.subarray(0, limit);
      this.#input = this.#input.subarray(piece.length);
      return piece.length === 0 ? null : piece;
    }
    const buffer = Buffer.alloc(Math.min(limit, 65_536));
    for (;;) {
      try {
        const count = readSync(0, buffer, 0, buffer.length, null);
        return count === 0 ? null : buffer.subarray(0, count);
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === 'EOF') return null;
        if (code === 'EAGAIN') {
          // stdin is non-blocking on this host: wait a moment, as a blocking read would.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
          continue;
        }
        if (code === 'EINTR') continue;
        return null;
      }
    }
  }

  write(stream: 1 | 2, bytes: Uint8Array): void {
    if (this.#capture !== undefined) this.#capture(stream, bytes);
    else writeFully(stream, bytes);
  }
}

/** Writes everything to a descriptor of the host; a reader that went away ends the process as SIGPIPE would. */
export function writeFully(descriptor: number, bytes: Uint8Array | string): void {
  const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  let at = 0;
  while (at < data.length) {
    try {
      at += writeSync(descriptor, data, at, data.length - at);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      else if (code === 'EPIPE') process.exit(128 + 13);
      else if (code !== 'EINTR') throw error;
    }
  }
}

/** True when a descriptor is open on something. */
export function isOpen(descriptor: number): boolean {
  try {
    fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
}
