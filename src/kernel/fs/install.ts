// What the host puts into the root file system before programs run: the standard directories and files of /etc, and whatever
// `cyclix run --root` and `--file` name. Nothing here is charged: it happens before the machine's first instruction.

import { EEXIST, ENOTDIR } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { isDirectory, S_IFREG } from './constants.ts';
import { encode } from './text.ts';
import { type HostContent, installContent } from './tmpfs.ts';
import type { Dentry, Inode } from './types.ts';

export interface InstallOptions {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** ns since the epoch */
  readonly mtime?: number;
  /** Size of a lazy content, if known without fetching it. */
  readonly size?: number;
}

const standardDirectories: readonly (readonly [path: string, mode: number])[] = [
  ['/bin', 0o755],
  ['/boot', 0o755],
  ['/dev', 0o755],
  ['/etc', 0o755],
  ['/home', 0o755],
  ['/lib', 0o755],
  ['/mnt', 0o755],
  ['/opt', 0o755],
  ['/proc', 0o555],
  ['/root', 0o700],
  ['/run', 0o755],
  ['/sbin', 0o755],
  ['/srv', 0o755],
  ['/sys', 0o555],
  ['/tmp', 0o1777],
  ['/usr', 0o755],
  ['/usr/bin', 0o755],
  ['/usr/lib', 0o755],
  ['/usr/sbin', 0o755],
  ['/usr/share', 0o755],
  ['/var', 0o755],
  ['/var/log', 0o755],
  ['/var/lib', 0o755],
  ['/var/tmp', 0o1777],
];

const standardFiles: readonly (readonly [path: string, text: string])[] = [
  [
    '/etc/passwd',
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\nuser:x:1000:1000:user:/home/user:/bin/sh\n',
  ],
  ['/etc/group', 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\nuser:x:1000:\n'],
  ['/etc/hostname', 'cyclix\n'],
  ['/etc/hosts', '127.0.0.1\tlocalhost\n127.0.1.1\tcyclix\n::1\tlocalhost ip6-localhost ip6-loopback\n'],
  ['/etc/resolv.conf', 'nameserver 10.0.2.3\n'],
  ['/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n'],
  [
    '/etc/services',
    'echo\t\t7/tcp\necho\t\t7/udp\nssh\t\t22/tcp\ndomain\t\t53/udp\nhttp\t\t80/tcp\nhttps\t\t443/tcp\n',
  ],
  ['/etc/protocols', 'ip\t0\tIP\nicmp\t1\tICMP\ntcp\t6\tTCP\nudp\t17\tUDP\n'],
  ['/etc/shells', '/bin/sh\n'],
  ['/etc/os-release', 'PRETTY_NAME="Cyclix"\nNAME="Cyclix"\nID=cyclix\nVERSION_ID="1"\n'],
];

/** The standard tree; called once by Vfs.initialise. */
export function installStandardTree(kernel: Kernel): void {
  for (const [path, mode] of standardDirectories) installDirectory(kernel, path, { mode });
  installDirectory(kernel, '/home/user', { mode: 0o755, uid: 1000, gid: 1000 });
  for (const [path, text] of standardFiles) installFile(kernel, path, encode(text));
  installSymlink(kernel, '/etc/mtab', '/proc/self/mounts');
  installSymlink(kernel, '/var/run', '/run');
}

/** A regular file with the host's bytes, replacing one that is there; parents are made. An errno when a parent is no directory. */
export function installFile(kernel: Kernel, path: string, content: HostContent, options: InstallOptions = {}): number {
  const place = placeFor(kernel, path);
  if (typeof place === 'number') return place;
  const { directory, name, dentry } = place;
  const { operations } = directory;
  const old = operations.lookup!(kernel, directory, name);
  if (typeof old !== 'number') {
    if (isDirectory(old.mode)) return -EEXIST;
    operations.unlink!(kernel, directory, name, old);
    const cached = dentry.children?.get(name);
    if (cached !== undefined) kernel.vfs.dentries.remove(cached);
  }
  const inode = operations.create!(kernel, directory, name, S_IFREG | (options.mode ?? 0o644), 0, null);
  if (typeof inode === 'number') return inode;
  dropNegative(kernel, dentry, name);
  const resolved = typeof content === 'function' && options.size === undefined ? content() : content;
  installContent(inode, resolved, options.size ?? (resolved as Uint8Array).length);
  adorn(inode, options);
  return 0;
}

/** A directory, or the new attributes of one that is there. */
export function installDirectory(kernel: Kernel, path: string, options: InstallOptions = {}): number {
  const place = placeFor(kernel, path);
  if (typeof place === 'number') return place;
  const { directory, name, dentry } = place;
  if (name === '') return 0;
  const old = directory.operations.lookup!(kernel, directory, name);
  const inode =
    typeof old === 'number' ? directory.operations.mkdir!(kernel, directory, name, options.mode ?? 0o755, null) : old;
  if (typeof inode === 'number') return inode;
  if (!isDirectory(inode.mode)) return -ENOTDIR;
  dropNegative(kernel, dentry, name);
  if (options.mode !== undefined) inode.mode = (inode.mode & ~0o7777) | options.mode;
  adorn(inode, options);
  return 0;
}

export function installSymlink(kernel: Kernel, path: string, target: string): number {
  const place = placeFor(kernel, path);
  if (typeof place === 'number') return place;
  const { directory, name, dentry } = place;
  const old = directory.operations.lookup!(kernel, directory, name);
  if (typeof old !== 'number') {
    // A standard directory that is still empty gives way (/lib -> usr/lib), as does a file.
    const { rmdir, unlink } = directory.operations;
    const cached = dentry.children?.get(name);
    if (cached != null && cached.covered !== null) return -EEXIST;
    const failed = (isDirectory(old.mode) ? rmdir! : unlink!)(kernel, directory, name, old);
    if (failed !== 0) return -EEXIST;
    if (cached !== undefined) kernel.vfs.dentries.remove(cached);
  }
  const inode = directory.operations.symlink!(kernel, directory, name, target, null);
  dropNegative(kernel, dentry, name);
  return typeof inode === 'number' ? inode : 0;
}

function adorn(inode: Inode, options: InstallOptions): void {
  if (options.uid !== undefined) inode.uid = options.uid;
  if (options.gid !== undefined) inode.gid = options.gid;
  if (options.mtime !== undefined) inode.atime = inode.mtime = inode.ctime = options.mtime;
}

function dropNegative(kernel: Kernel, parent: Dentry, name: string): void {
  const cached = parent.children?.get(name);
  if (cached !== undefined && cached.inode === null) kernel.vfs.dentries.forget(cached);
}

interface Place {
  readonly directory: Inode;
  readonly dentry: Dentry;
  readonly name: string;
}

/** The directory that is to hold the path's last component, made with its parents when missing; mounts are crossed. */
function placeFor(kernel: Kernel, path: string): Place | number {
  const names = path.split('/').filter((part) => part !== '' && part !== '.');
  const name = names.pop() ?? '';
  let dentry = kernel.vfs.root;
  for (const part of names) {
    const directory = dentry.inode!;
    let child = dentry.children?.get(part);
    if (child === undefined || child.inode === null) {
      let inode = directory.operations.lookup!(kernel, directory, part);
      if (typeof inode === 'number') {
        if (directory.operations.mkdir === undefined) return -ENOTDIR;
        inode = directory.operations.mkdir(kernel, directory, part, 0o755, null);
      }
      if (typeof inode === 'number') return inode;
      if (child !== undefined) kernel.vfs.dentries.forget(child);
      child = kernel.vfs.dentries.add(dentry, part, inode);
    }
    if (!isDirectory(child.inode!.mode)) return -ENOTDIR;
    while (child.covered !== null) child = child.covered.root;
    dentry = child;
  }
  return { directory: dentry.inode!, dentry, name };
}
