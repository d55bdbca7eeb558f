// The file system of files without names: pipes, sockets, eventfds … Nothing is mounted; it gives them inodes.

import type { Kernel } from '../kernel.ts';
import { S_IFDIR, S_IFIFO, S_IFSOCK } from './constants.ts';
import { inodeFields } from './inode.ts';
import { freeObject } from './objects.ts';
import type { FileSystem, Inode, StatFs } from './types.ts';

/** statfs types: linux/magic.h */
const PIPEFS_MAGIC = 0x50495045;

export class AnonymousFileSystem implements FileSystem {
  readonly type = 'pipefs';
  readonly device: number;
  readonly root: Inode;
  readonly readOnly = false;
  /** Every eventfd, epoll … has the same inode, as Linux's anon_inode_inode. */
  readonly #shared: Inode;
  #next = 1024;

  constructor(kernel: Kernel, device: number) {
    this.device = device;
    this.root = inodeFields(kernel, { number: 1, fileSystem: this, operations: {}, mode: S_IFDIR | 0o555, links: 2 });
    this.#shared = inodeFields(kernel, { number: 2, fileSystem: this, operations: {}, mode: 0o600 });
  }

  inodeFor(kernel: Kernel, kind: 'pipe' | 'socket' | 'anon_inode'): Inode {
    if (kind === 'anon_inode') return this.#shared;
    return inodeFields(kernel, {
      number: this.#next++,
      fileSystem: this,
      operations: { evict: (_kernel, inode) => freeObject(_kernel, inode.address) },
      mode: kind === 'pipe' ? S_IFIFO | 0o600 : S_IFSOCK | 0o777,
      links: 0,
    });
  }

  statfs(): StatFs {
    return { type: PIPEFS_MAGIC, blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0, nameLength: 255 };
  }
}
