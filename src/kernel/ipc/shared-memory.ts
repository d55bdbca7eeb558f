// System V shared memory: a segment is shared pages with a name. What is attached is seen from the regions that map the
// pages, so that fork, exit, execve and munmap need no hook; a removed segment goes with its last region.

import type { Kernel } from '../kernel.ts';
import { SharedPages } from '../memory/shared-pages.ts';
import type { IpcObject, IpcOwnership } from './objects.ts';

export class SharedSegment implements IpcObject {
  readonly id: number;
  key: number;
  uid: number;
  gid: number;
  readonly creatorUid: number;
  readonly creatorGid: number;
  mode: number;
  removed = false;
  readonly bytes: number;
  readonly pages: SharedPages;
  /** Seconds since the epoch; 0: never. */
  attachTime = 0;
  detachTime = 0;
  changeTime: number;
  readonly creatorPid: number;
  lastPid = 0;

  constructor(ownership: IpcOwnership, bytes: number, creatorPid: number, now: number) {
    this.id = ownership.id;
    this.key = ownership.key;
    this.uid = ownership.uid;
    this.gid = ownership.gid;
    this.creatorUid = ownership.creatorUid;
    this.creatorGid = ownership.creatorGid;
    this.mode = ownership.mode;
    this.bytes = bytes;
    this.pages = new SharedPages(Math.ceil(bytes / 4096));
    this.creatorPid = creatorPid;
    this.changeTime = now;
  }

  /** Mappings of it in all address spaces: shm_nattch. */
  attached(kernel: Kernel): number {
    let count = 0;
    for (const space of kernel.addressSpaces)
      for (const region of space.regions) if (region.pages === this.pages) count += 1;
    return count;
  }
}
