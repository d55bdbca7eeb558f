// Kernel objects of the file system layer, and which slab cache or kmalloc size each takes, as in Linux 6.12: so that what the
// scans and look-ups touch fills the caches as it does there.

import type { Kernel } from '../kernel.ts';
import type { SlabName } from '../memory/slabs.ts';

/** A cache's name, or the bytes that are asked of kmalloc. */
export const objectCaches = {
  dentry: 'dentry',
  inode: 'inode_cache',
  shmem_inode: 'shmem_inode_cache',
  proc_inode: 'proc_inode_cache',
  file: 'filp',
  files: 'files_cache',
  fs: 'fs_cache',
  mount: 320,
  pipe: 'pipe_inode_info',
  pipe_buffers: 640,
  eventpoll: 192,
  epitem: 'eventpoll_epi',
  eppoll_entry: 'eventpoll_pwq',
  eventfd: 'eventfd_ctx',
  timerfd: 'timerfd_ctx',
  signalfd: 'signalfd_ctx',
  inotify: 512,
  tty: 1024,
  lock: 'file_lock_cache',
} as const satisfies Record<string, SlabName | number>;

export type ObjectKind = keyof typeof objectCaches;

/** A new object's guest physical address; 0 when memory is exhausted (ENOMEM). */
export function allocateObject(kernel: Kernel, kind: ObjectKind): number {
  const cache = objectCaches[kind];
  return typeof cache === 'number' ? kernel.slabs.allocateBytes(cache) : kernel.slabs.allocate(cache);
}

/** Gives it back; address 0 is ignored. */
export function freeObject(kernel: Kernel, address: number): void {
  kernel.slabs.free(address);
}
