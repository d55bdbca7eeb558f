// mount(2), umount2(2), pivot_root(2).

import { fsRoutines } from '../cost/routines/fs.ts';
import { EBUSY, EFAULT, EINVAL, ENODEV, ENOTDIR, EPERM } from '../errno.ts';
import { placeAt } from '../fs/at.ts';
import { AT_FDCWD, isDirectory } from '../fs/constants.ts';
import { ProcFileSystem } from '../fs/procfs/file-system.ts';
import { SysFileSystem } from '../fs/sysfs.ts';
import { TmpFileSystem } from '../fs/tmpfs.ts';
import type { FileSystem, Mount } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import { CAP_SYS_ADMIN } from '../process/credentials.ts';
import type { Task } from '../process/task.ts';
import { flags, path } from './arguments.ts';
import type { ArgumentDecoder } from './decoders.ts';
import { mountFlags, umountFlags } from './flags/files.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

const MS_REMOUNT = 32;
const MS_BIND = 4096;
const MS_MOVE = 8192;
const MS_PROPAGATION = 0x1e_0000;
/** What a mount keeps: read-only, nosuid, nodev, noexec, synchronous, the time options. */
const MS_KEPT = 1 | 2 | 4 | 8 | 16 | 1024 | 2048 | (1 << 21);
const MS_MAGIC = 0xc0ed_0000;

const MNT_DETACH = 2;
const MNT_EXPIRE = 4;
const MNT_KNOWN = 15;

function readOptional(task: Task, address: number): string | number {
  return address === 0 ? '' : (task.memory?.readString(address, 4096) ?? -EFAULT);
}

function mount(
  kernel: Kernel,
  task: Task,
  sourceAddress: number,
  targetAddress: number,
  typeAddress: number,
  flagBits: number,
  dataAddress: number,
): SyscallResult {
  const source = readOptional(task, sourceAddress);
  const type = readOptional(task, typeAddress);
  const data = readOptional(task, dataAddress);
  if (typeof source === 'number') return source;
  if (typeof type === 'number') return type;
  if (typeof data === 'number') return data;
  const place = placeAt(kernel, task, AT_FDCWD, targetAddress, 0);
  if (typeof place === 'number') return place;
  if (!task.credentials.capable(CAP_SYS_ADMIN)) return -EPERM;
  const point = place.dentry;
  if (point === null) return -EINVAL;
  let bits = flagBits | 0;
  if ((bits & 0xffff_0000) === (MS_MAGIC | 0)) bits &= 0xffff;

  if ((bits & MS_REMOUNT) !== 0) {
    if (point.parent !== null) return -EINVAL;
    point.mount.flags = (point.mount.flags & ~MS_KEPT) | (bits & MS_KEPT);
    return 0;
  }
  if ((bits & MS_PROPAGATION) !== 0) return point.parent === null ? 0 : -EINVAL;
  if ((bits & MS_MOVE) !== 0) return -EINVAL;
  if (!isDirectory(place.inode.mode)) return -ENOTDIR;
  if ((bits & MS_BIND) !== 0) return -EINVAL;

  const fileSystem = create(kernel, type, data);
  if (typeof fileSystem === 'number') return fileSystem;
  const mounted = kernel.vfs.mount(fileSystem, point, source === '' ? 'none' : source, bits & MS_KEPT);
  return typeof mounted === 'number' ? mounted : 0;
}

function create(kernel: Kernel, type: string, options: string): FileSystem | number {
  const device = kernel.vfs.newDevice();
  switch (type) {
    case 'tmpfs':
    case 'ramfs': {
      const mode = /(?:^|,)mode=([0-7]+)/.exec(options)?.[1];
      const bytes = sizeOption(options);
      return new TmpFileSystem(kernel, {
        device,
        type,
        mode: mode === undefined ? 0o1777 : Number.parseInt(mode, 8) & 0o7777,
        ...(bytes === null ? {} : { pageLimit: Math.ceil(bytes / 4096) }),
      });
    }
    case 'proc':
      return new ProcFileSystem(kernel, device);
    case 'sysfs':
      return new SysFileSystem(kernel, device);
    case 'devtmpfs': {
      const existing = kernel.vfs.mounts.find((candidate) => candidate.fileSystem.type === 'devtmpfs');
      return existing?.fileSystem ?? -ENODEV;
    }
    case 'devpts':
      return kernel.vfs.pts?.fileSystem ?? -ENODEV;
    default:
      return -ENODEV;
  }
}

/** tmpfs's size= with a k, m or g suffix, in bytes. */
function sizeOption(options: string): number | null {
  const match = /(?:^|,)size=(\d+)([kmg]?)/i.exec(options);
  if (match === null) return null;
  const unit = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[match[2]!.toLowerCase() as '' | 'k' | 'm' | 'g'];
  return Number(match[1]) * unit;
}

function umount2(kernel: Kernel, task: Task, address: number, flagBits: number): SyscallResult {
  if ((flagBits & ~MNT_KNOWN) !== 0) return -EINVAL;
  if ((flagBits & MNT_EXPIRE) !== 0 && (flagBits & 3) !== 0) return -EINVAL;
  if (!task.credentials.capable(CAP_SYS_ADMIN)) return -EPERM;
  const place = placeAt(kernel, task, AT_FDCWD, address, 0);
  if (typeof place === 'number') return place;
  const { dentry } = place;
  if (dentry === null || dentry.parent !== null) return -EINVAL;
  const target: Mount = dentry.mount;
  if (kernel.vfs.mounts.some((other) => other.point?.mount === target) && (flagBits & MNT_DETACH) === 0) return -EBUSY;
  return kernel.vfs.unmount(target, (flagBits & MNT_DETACH) !== 0);
}

function pivotRoot(_kernel: Kernel, task: Task): SyscallResult {
  return task.credentials.capable(CAP_SYS_ADMIN) ? -EINVAL : -EPERM;
}

const text: ArgumentDecoder = { kind: 'string' };

export const mountSyscalls: readonly SyscallRow[] = [
  {
    number: 39,
    name: 'umount2',
    arguments: [path, flags(umountFlags)],
    handler: umount2,
    cost: fsRoutines.umount,
  },
  {
    number: 40,
    name: 'mount',
    arguments: [path, path, text, flags(mountFlags), text],
    handler: mount,
    cost: fsRoutines.mount,
    support: { partial: 'tmpfs, ramfs, proc, sysfs, devtmpfs, devpts; no bind or move, propagation is ignored' },
  },
  {
    number: 41,
    name: 'pivot_root',
    arguments: [path, path],
    handler: pivotRoot,
    cost: fsRoutines.mount,
    support: { partial: 'refuses with EINVAL' },
  },
];
