// Copies a host folder's contents into the guest's root file system (--root).

import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Vfs } from '../kernel/fs/vfs.ts';

/** Folders, regular files (read when first opened) and symbolic links; anything else is left out. */
export function installFolder(vfs: Vfs, host: string, guest = ''): void {
  for (const name of readdirSync(host).sort()) {
    const path = join(host, name);
    const target = `${guest}/${name}`;
    const status = lstatSync(path);
    if (status.isDirectory()) {
      vfs.installDirectory(target, status.mode & 0o7777);
      installFolder(vfs, path, target);
    } else if (status.isSymbolicLink()) vfs.installSymlink(target, readlinkSync(path));
    else if (status.isFile()) vfs.install(target, () => readFileSync(path), status.mode & 0o7777);
  }
}
