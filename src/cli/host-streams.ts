// The guest's standard streams on Node: synchronous, so that a run with a file or pipe on stdin does the same on every host.

import { readSync, writeSync } from 'node:fs';
import type { Host } from '../kernel/kernel.ts';

export class NodeHost implements Host {
  readonly bootTime: number;

  /** `bootTime`: nanoseconds since the epoch at guest boot. */
  constructor(bootTime: number) {
    this.bootTime = bootTime;
  }

  read(_stream: 0, limit: number): Uint8Array | null {
    const buffer = Buffer.alloc(Math.min(limit, 65_536));
    for (;;) {
      try {
        const count = readSync(0, buffer, 0, buffer.length, null);
        return count === 0 ? null : buffer.subarray(0, count);
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === 'EAGAIN') waitMoment();
        else if (code !== 'EINTR') return null;
      }
    }
  }

  write(stream: 1 | 2, bytes: Uint8Array): void {
    writeFully(stream, bytes);
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
      if (code === 'EAGAIN') waitMoment();
      else if (code === 'EPIPE') process.exit(128 + 13);
      else if (code !== 'EINTR') throw error;
    }
  }
}

/** The descriptor is non-blocking on this host: waits a millisecond, as a blocking call would. */
function waitMoment(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}
