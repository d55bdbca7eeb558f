// The guest's three standard streams when the host gives them (`cyclix run`): pipes whose other end is the host. They enter and
// leave the machine as whole buffers; what the host has not sent yet makes a reader wait, and the kernel's run return 'waiting'.

import { fsRoutines } from '../cost/routines/fs.ts';
import { EAGAIN, EFAULT } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM, WaitQueue } from '../process/wait.ts';
import { O_RDONLY, O_WRONLY } from './constants.ts';
import type { IoTarget } from './io.ts';
import type { FileOperations, OpenFile } from './types.ts';

/** Bytes asked of the host at once, as much as a pipe holds. */
const CHUNK = 65_536;

/** Standard input. `arrived` is called by whoever runs the kernel when the host may have bytes again. */
export class HostInput implements FileOperations {
  readonly queue = new WaitQueue();
  #buffer: Uint8Array = new Uint8Array(0);
  #ended = false;

  /** Somebody waits for the host. */
  get awaited(): boolean {
    return this.queue.size > 0;
  }

  arrived(kernel: Kernel): void {
    this.queue.wake(kernel, POLLIN | POLLRDNORM | POLLHUP);
  }

  read(kernel: Kernel, _file: OpenFile, target: IoTarget): number {
    kernel.cost.execute(fsRoutines.shmem_read);
    if (target.remaining === 0) return 0;
    this.#fill(kernel);
    if (this.#buffer.length === 0) return this.#ended ? 0 : -EAGAIN;
    const moved = target.putBytes(this.#buffer.subarray(0, target.remaining));
    this.#buffer = this.#buffer.subarray(moved);
    return moved === 0 ? -EFAULT : moved;
  }

  poll(kernel: Kernel): number {
    this.#fill(kernel);
    if (this.#buffer.length > 0) return POLLIN | POLLRDNORM;
    return this.#ended ? POLLHUP : 0;
  }

  #fill(kernel: Kernel): void {
    if (this.#buffer.length > 0 || this.#ended) return;
    const bytes = kernel.host.read(0, CHUNK);
    if (bytes === 'later') return;
    if (bytes === null) this.#ended = true;
    else this.#buffer = bytes;
  }
}

/** Standard output or error: the host takes everything at once. */
class HostOutput implements FileOperations {
  readonly queue = new WaitQueue();
  readonly #stream: 1 | 2;

  constructor(stream: 1 | 2) {
    this.#stream = stream;
  }

  write(kernel: Kernel, _file: OpenFile, source: IoTarget): number {
    kernel.cost.execute(fsRoutines.shmem_write);
    const bytes = new Uint8Array(Math.min(source.remaining, CHUNK));
    const taken = source.takeBytes(bytes);
    if (taken > 0) kernel.host.write(this.#stream, bytes.subarray(0, taken));
    return taken === 0 && bytes.length > 0 ? -EFAULT : taken;
  }

  poll(): number {
    return POLLOUT | POLLWRNORM;
  }
}

/** A new description of one of the host's streams; -ENFILE. */
export function openHostStream(kernel: Kernel, stream: 0 | 1 | 2): OpenFile | number {
  const { vfs } = kernel;
  const operations = stream === 0 ? vfs.hostInput : new HostOutput(stream);
  const inode = vfs.anonymousInode('pipe');
  vfs.hostStreams.set(inode, operations);
  return vfs.openAnonymous('pipe', operations, stream === 0 ? O_RDONLY : O_WRONLY, undefined, inode);
}
