// What clone(CLONE_FS) shares: root directory, working directory and umask (struct fs_struct).

import type { Kernel } from '../kernel.ts';
import { allocateObject, freeObject } from './objects.ts';
import type { Dentry } from './types.ts';

export class FileSystemContext {
  root: Dentry;
  cwd: Dentry;
  umask: number;
  references = 1;
  readonly address: number;

  constructor(kernel: Kernel, root: Dentry, cwd: Dentry, umask: number) {
    this.root = root;
    this.cwd = cwd;
    this.umask = umask;
    this.address = allocateObject(kernel, 'fs');
    kernel.vfs.dentries.pin(root);
    kernel.vfs.dentries.pin(cwd);
  }

  /** The context of the first program: the system's root, umask 022. */
  static create(kernel: Kernel): FileSystemContext {
    return new FileSystemContext(kernel, kernel.vfs.root, kernel.vfs.root, 0o022);
  }

  /** fork without CLONE_FS: a copy with one reference. */
  fork(kernel: Kernel): FileSystemContext {
    return new FileSystemContext(kernel, this.root, this.cwd, this.umask);
  }

  retain(): this {
    this.references += 1;
    return this;
  }

  release(kernel: Kernel): void {
    this.references -= 1;
    if (this.references > 0) return;
    kernel.vfs.dentries.unpin(this.root);
    kernel.vfs.dentries.unpin(this.cwd);
    freeObject(kernel, this.address);
  }

  setCwd(kernel: Kernel, directory: Dentry): void {
    kernel.vfs.dentries.pin(directory);
    kernel.vfs.dentries.unpin(this.cwd);
    this.cwd = directory;
  }

  setRoot(kernel: Kernel, directory: Dentry): void {
    kernel.vfs.dentries.pin(directory);
    kernel.vfs.dentries.unpin(this.root);
    this.root = directory;
  }
}
