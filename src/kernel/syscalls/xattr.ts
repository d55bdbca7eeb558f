// Extended attributes, xattr(7): the in-memory file systems have none. Lists are empty, reading finds nothing, setting is not
// supported.

import { fsRoutines } from '../cost/routines/fs.ts';
import { EBADF, EFAULT, EINVAL, ENODATA, EOPNOTSUPP, ERANGE } from '../errno.ts';
import { fileOf, placeAt } from '../fs/at.ts';
import { AT_FDCWD } from '../fs/constants.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { fd, flags, outBuffer, path, size } from './arguments.ts';
import type { ArgumentDecoder } from './decoders.ts';
import { xattrFlags } from './flags/files.ts';
import type { SyscallHandler, SyscallRow } from './row.ts';

const XATTR_NAME_MAX = 255;

type Target = 'path' | 'link' | 'descriptor';

function checkTarget(kernel: Kernel, task: Task, target: Target, first: number): number {
  if (target === 'descriptor') return fileOf(kernel, task, first) === null ? -EBADF : 0;
  const place = placeAt(kernel, task, AT_FDCWD, first, 0, target === 'path');
  return typeof place === 'number' ? place : 0;
}

/** 0, -EFAULT, -ERANGE for an empty or too long name, -EOPNOTSUPP outside the known namespaces. */
function checkName(task: Task, address: number): number {
  const name = task.memory!.readString(address, XATTR_NAME_MAX + 1);
  if (typeof name === 'number') return name === -EFAULT ? -EFAULT : -ERANGE;
  if (name === '') return -ERANGE;
  return /^(user|trusted|security|system)\./.test(name) ? 0 : -EOPNOTSUPP;
}

const set =
  (target: Target): SyscallHandler =>
  (kernel, task, first, name, _value, _bytes, flagBits) => {
    if ((flagBits & ~3) !== 0) return -EINVAL;
    return checkName(task, name) || checkTarget(kernel, task, target, first) || -EOPNOTSUPP;
  };

const get =
  (target: Target): SyscallHandler =>
  (kernel, task, first, name) =>
    checkName(task, name) || checkTarget(kernel, task, target, first) || -ENODATA;

const list =
  (target: Target): SyscallHandler =>
  (kernel, task, first) =>
    checkTarget(kernel, task, target, first);

const remove =
  (target: Target): SyscallHandler =>
  (kernel, task, first, name) =>
    checkName(task, name) || checkTarget(kernel, task, target, first) || -EOPNOTSUPP;

const cost = fsRoutines.xattr;
const name: ArgumentDecoder = { kind: 'string' };
const value: ArgumentDecoder = { kind: 'pointer' };
const support = { partial: 'tmpfs has no attributes' } as const;

export const xattrSyscalls: readonly SyscallRow[] = [
  {
    number: 5,
    name: 'setxattr',
    arguments: [path, name, value, size, flags(xattrFlags)],
    handler: set('path'),
    cost,
    support,
  },
  {
    number: 6,
    name: 'lsetxattr',
    arguments: [path, name, value, size, flags(xattrFlags)],
    handler: set('link'),
    cost,
    support,
  },
  {
    number: 7,
    name: 'fsetxattr',
    arguments: [fd, name, value, size, flags(xattrFlags)],
    handler: set('descriptor'),
    cost,
    support,
  },
  { number: 8, name: 'getxattr', arguments: [path, name, outBuffer, size], handler: get('path'), cost, support },
  { number: 9, name: 'lgetxattr', arguments: [path, name, outBuffer, size], handler: get('link'), cost, support },
  { number: 10, name: 'fgetxattr', arguments: [fd, name, outBuffer, size], handler: get('descriptor'), cost, support },
  { number: 11, name: 'listxattr', arguments: [path, outBuffer, size], handler: list('path'), cost },
  { number: 12, name: 'llistxattr', arguments: [path, outBuffer, size], handler: list('link'), cost },
  { number: 13, name: 'flistxattr', arguments: [fd, outBuffer, size], handler: list('descriptor'), cost },
  { number: 14, name: 'removexattr', arguments: [path, name], handler: remove('path'), cost, support },
  { number: 15, name: 'lremovexattr', arguments: [path, name], handler: remove('link'), cost, support },
  { number: 16, name: 'fremovexattr', arguments: [fd, name], handler: remove('descriptor'), cost, support },
];
