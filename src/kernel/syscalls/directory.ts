// System calls on names: directories, links, renaming, the working directory.

import { fsRoutines } from '../cost/routines/fs.ts';
import { EBADF, EFAULT, EINVAL, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM, ERANGE } from '../errno.ts';
import { anyFileOf, fileOf, parentAt, placeAt, readPath, startOf } from '../fs/at.ts';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_FOLLOW,
  isDirectory,
  isSymlink,
  MAY_EXECUTE,
  PATH_MAX,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from '../fs/constants.ts';
import { walk } from '../fs/namei.ts';
import { checkPermission } from '../fs/permission.ts';
import { byteLength, encode } from '../fs/text.ts';
import { createNode, makeDirectory, makeLink, makeSymlink, removeDirectory, rename, unlink } from '../fs/tree.ts';
import type { Dentry, DirectoryEntry } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import { CAP_DAC_READ_SEARCH, CAP_SYS_CHROOT } from '../process/credentials.ts';
import type { Task } from '../process/task.ts';
import { dirfd, fd, flags, outBuffer, outStruct, path, size, unsigned } from './arguments.ts';
import type { ArgumentDecoder } from './decoders.ts';
import { atFlags, renameFlags } from './flags/files.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

const octal: ArgumentDecoder = { kind: 'octal' };

/** struct linux_dirent64 before its name: d_ino, d_off, d_reclen, d_type. */
const DIRENT_HEADER = 19;

function getdents64(kernel: Kernel, task: Task, descriptor: number, buffer: number, bytes: number): SyscallResult {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  const { readDirectory } = file.operations;
  if (readDirectory === undefined) return -ENOTDIR;
  kernel.cost.execute(fsRoutines.getdents);
  if (file.inode.links === 0) return -ENOENT;
  const limit = Math.min(bytes >>> 0, 1 << 20);
  const records: { readonly entry: DirectoryEntry; readonly name: Uint8Array; readonly bytes: number }[] = [];
  let total = 0;
  let tooSmall = false;
  const start = file.offset;
  const failed = readDirectory.call(file.operations, kernel, file, (entry) => {
    const name = encode(entry.name);
    const length = Math.ceil((DIRENT_HEADER + name.length + 1) / 8) * 8;
    if (total + length > limit) {
      tooSmall = records.length === 0;
      return false;
    }
    kernel.cost.execute(fsRoutines.getdents_entry);
    records.push({ entry, name, bytes: length });
    total += length;
    return true;
  });
  if (failed < 0) return failed;
  if (records.length === 0) return tooSmall ? -EINVAL : 0;
  const written = task.memory!.writeStruct(buffer, total, (view) => {
    let at = 0;
    for (const { entry, name, bytes: length } of records) {
      view.setBigUint64(at, BigInt(entry.inode), true);
      view.setBigInt64(at + 8, BigInt(entry.offset), true);
      view.setUint16(at + 16, length, true);
      view.setUint8(at + 18, entry.type);
      for (let index = 0; index < name.length; index++) view.setUint8(at + DIRENT_HEADER + index, name[index]!);
      at += length;
    }
  });
  if (written) return total;
  file.offset = start;
  return -EFAULT;
}

function mkdirat(kernel: Kernel, task: Task, directory: number, address: number, mode: number): SyscallResult {
  const place = parentAt(kernel, task, directory, address);
  return typeof place === 'number' ? place : makeDirectory(kernel, task, place, mode & 0o1777 & ~task.fs.umask);
}

function mknodat(
  kernel: Kernel,
  task: Task,
  directory: number,
  address: number,
  mode: number,
  device: number,
): SyscallResult {
  const type = mode & S_IFMT;
  switch (type) {
    case 0:
    case S_IFREG:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
      break;
    case S_IFDIR:
      return -EPERM;
    default:
      return -EINVAL;
  }
  const place = parentAt(kernel, task, directory, address);
  if (typeof place === 'number') return place;
  const bits = (type === 0 ? S_IFREG : type) | (mode & 0o7777 & ~task.fs.umask);
  const made = createNode(kernel, task, place, bits, device >>> 0);
  return typeof made === 'number' ? made : 0;
}

function unlinkat(kernel: Kernel, task: Task, directory: number, address: number, flagBits: number): SyscallResult {
  if ((flagBits & ~AT_REMOVEDIR) !== 0) return -EINVAL;
  const place = parentAt(kernel, task, directory, address);
  if (typeof place === 'number') return place;
  return (flagBits & AT_REMOVEDIR) !== 0 ? removeDirectory(kernel, task, place) : unlink(kernel, task, place);
}

function symlinkat(
  kernel: Kernel,
  task: Task,
  targetAddress: number,
  directory: number,
  address: number,
): SyscallResult {
  const target = readPath(kernel, task, targetAddress);
  if (typeof target === 'number') return target;
  if (target === '') return -ENOENT;
  if (byteLength(target) >= PATH_MAX) return -ENAMETOOLONG;
  const place = parentAt(kernel, task, directory, address);
  return typeof place === 'number' ? place : makeSymlink(kernel, task, place, target);
}

function linkat(
  kernel: Kernel,
  task: Task,
  oldDirectory: number,
  oldAddress: number,
  newDirectory: number,
  newAddress: number,
  flagBits: number,
): SyscallResult {
  if ((flagBits & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) !== 0) return -EINVAL;
  if ((flagBits & AT_EMPTY_PATH) !== 0 && !task.credentials.capable(CAP_DAC_READ_SEARCH)) return -ENOENT;
  const follow = (flagBits & AT_SYMLINK_FOLLOW) !== 0;
  const source = placeAt(kernel, task, oldDirectory, oldAddress, flagBits & AT_EMPTY_PATH, follow);
  if (typeof source === 'number') return source;
  if (source.dentry === null) return -ENOENT;
  // Only an unnamed file (O_TMPFILE) may get a first name.
  if (source.inode.links === 0 && !source.dentry.name.startsWith('#')) return -ENOENT;
  const place = parentAt(kernel, task, newDirectory, newAddress);
  return typeof place === 'number' ? place : makeLink(kernel, task, source.dentry, place);
}

function renameat2(
  kernel: Kernel,
  task: Task,
  oldDirectory: number,
  oldAddress: number,
  newDirectory: number,
  newAddress: number,
  flagBits: number,
): SyscallResult {
  const from = parentAt(kernel, task, oldDirectory, oldAddress);
  if (typeof from === 'number') return from;
  const to = parentAt(kernel, task, newDirectory, newAddress);
  return typeof to === 'number' ? to : rename(kernel, task, from, to, flagBits | 0);
}

function readlinkat(
  kernel: Kernel,
  task: Task,
  directory: number,
  address: number,
  buffer: number,
  bytes: number,
): SyscallResult {
  if ((bytes | 0) <= 0) return -EINVAL;
  const name = readPath(kernel, task, address);
  if (typeof name === 'number') return name;
  let dentry: Dentry | number | null;
  if (name === '') {
    const file = anyFileOf(kernel, task, directory);
    if (file === null) return (directory | 0) === AT_FDCWD ? -ENOENT : -EBADF;
    dentry = file.dentry;
    if (dentry === null || dentry.inode === null || !isSymlink(dentry.inode.mode)) return -ENOENT;
  } else {
    const start = startOf(kernel, task, directory, name);
    if (typeof start === 'number') return start;
    dentry = walk(kernel, task, start, name, { follow: false });
    if (typeof dentry === 'number') return dentry;
  }
  const inode = dentry.inode!;
  if (!isSymlink(inode.mode) || inode.operations.readlink === undefined) return -EINVAL;
  const target = inode.operations.readlink(kernel, inode, task);
  if (typeof target === 'number') return target;
  const text = encode(target).subarray(0, bytes | 0);
  return task.memory!.write(buffer, text) ? text.length : -EFAULT;
}

function enter(task: Task, dentry: Dentry | null): number {
  if (dentry === null || dentry.inode === null) return -ENOTDIR;
  if (!isDirectory(dentry.inode.mode)) return -ENOTDIR;
  return checkPermission(dentry.inode, task.credentials, MAY_EXECUTE);
}

function chdir(kernel: Kernel, task: Task, address: number): SyscallResult {
  const place = placeAt(kernel, task, AT_FDCWD, address, 0);
  if (typeof place === 'number') return place;
  const denied = enter(task, place.dentry);
  if (denied === 0) task.fs.setCwd(kernel, place.dentry!);
  return denied;
}

function fchdir(kernel: Kernel, task: Task, descriptor: number): SyscallResult {
  const file = anyFileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  const denied = enter(task, file.dentry);
  if (denied === 0) task.fs.setCwd(kernel, file.dentry!);
  return denied;
}

function chroot(kernel: Kernel, task: Task, address: number): SyscallResult {
  const place = placeAt(kernel, task, AT_FDCWD, address, 0);
  if (typeof place === 'number') return place;
  const denied = enter(task, place.dentry);
  if (denied !== 0) return denied;
  if (!task.credentials.capable(CAP_SYS_CHROOT)) return -EPERM;
  task.fs.setRoot(kernel, place.dentry!);
  return 0;
}

function getcwd(kernel: Kernel, task: Task, buffer: number, bytes: number): SyscallResult {
  const { cwd, root } = task.fs;
  if (cwd.deleted) return -ENOENT;
  const inside = kernel.vfs.pathOf(cwd, root);
  const text = encode(`${inside ?? `(unreachable)${kernel.vfs.pathOf(cwd) ?? '/'}`}\0`);
  kernel.cost.execute(fsRoutines.getname);
  if (bytes >= 0 && bytes < text.length) return -ERANGE;
  return task.memory!.write(buffer, text) ? text.length : -EFAULT;
}

const cost = fsRoutines.descriptor_call;

export const directorySyscalls: readonly SyscallRow[] = [
  { number: 17, name: 'getcwd', arguments: [outBuffer, size], handler: getcwd, cost },
  { number: 33, name: 'mknodat', arguments: [dirfd, path, octal, unsigned], handler: mknodat, cost },
  { number: 34, name: 'mkdirat', arguments: [dirfd, path, octal], handler: mkdirat, cost },
  { number: 35, name: 'unlinkat', arguments: [dirfd, path, flags(atFlags)], handler: unlinkat, cost },
  { number: 36, name: 'symlinkat', arguments: [path, dirfd, path], handler: symlinkat, cost },
  { number: 37, name: 'linkat', arguments: [dirfd, path, dirfd, path, flags(atFlags)], handler: linkat, cost },
  { number: 49, name: 'chdir', arguments: [path], handler: chdir, cost },
  { number: 50, name: 'fchdir', arguments: [fd], handler: fchdir, cost },
  { number: 51, name: 'chroot', arguments: [path], handler: chroot, cost },
  { number: 61, name: 'getdents64', arguments: [fd, outStruct('dirents'), size], handler: getdents64, cost },
  { number: 78, name: 'readlinkat', arguments: [dirfd, path, outBuffer, size], handler: readlinkat, cost },
  {
    number: 276,
    name: 'renameat2',
    arguments: [dirfd, path, dirfd, path, flags(renameFlags)],
    handler: renameat2,
    cost,
  },
];
