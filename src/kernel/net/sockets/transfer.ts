// Between a program's buffers and packet memory: an IoTarget as the stack's source and sink of bytes.

import type { IoTarget } from '../../fs/io.ts';
import type { BufferMemory, ByteSink, ByteSource } from '../ip/environment.ts';

export class TargetBytes implements ByteSource, ByteSink {
  target!: IoTarget;

  of(target: IoTarget): this {
    this.target = target;
    return this;
  }

  take(memory: BufferMemory, offset: number, bytes: number): number {
    return this.target.takePhysical(memory.address + offset, bytes);
  }

  put(memory: BufferMemory, offset: number, bytes: number): number {
    return this.target.putPhysical(memory.address + offset, bytes);
  }
}
