// Reading and writing open files: the one place that knows how a non-blocking attempt becomes a blocking call.
//
//   read    one attempt; if it would block: EAGAIN with O_NONBLOCK, else wait on the file's queue and try again
//   write   attempts until everything is moved; what has been moved counts: it is returned instead of any later error, and kept in
//           `resume.done` while the task waits for room
//
// Partial progress beats an error. Regular files move everything in one attempt.

import { fsRoutines } from '../cost/routines/fs.ts';
import { EAGAIN, EBADF, EFBIG, EINVAL, ESPIPE } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { CAP_FSETID } from '../process/credentials.ts';
import { RLIMIT_FSIZE } from '../process/limits.ts';
import { SIGXFSZ } from '../process/signals/numbers.ts';
import { sendSignal } from '../process/signals/send.ts';
import type { Task } from '../process/task.ts';
import type { SyscallResult } from '../syscalls/result.ts';
import { isRegular, O_ACCMODE, O_APPEND, O_NONBLOCK, O_PATH, O_RDONLY, O_WRONLY, OFFSET_MAX } from './constants.ts';
import type { IoTarget } from './io.ts';
import type { KernelBuffer, UserBuffers } from './io-targets.ts';
import { IN_ACCESS, IN_MODIFY, notifyFile } from './notify.ts';
import type { OpenFile } from './types.ts';

export const mayRead = (file: OpenFile): boolean =>
  (file.flags & O_ACCMODE) !== O_WRONLY && (file.flags & O_PATH) === 0;
export const mayWrite = (file: OpenFile): boolean =>
  (file.flags & O_ACCMODE) !== O_RDONLY && (file.flags & O_PATH) === 0;

/** At the file's own offset (read, readv) or at `position` (pread, preadv; -1: own offset). */
export function readFile(
  kernel: Kernel,
  task: Task,
  file: OpenFile,
  target: IoTarget,
  position = -1,
  nonblocking = (file.flags & O_NONBLOCK) !== 0,
): SyscallResult {
  kernel.cost.execute(fsRoutines.vfs_read);
  kernel.cost.touch(file.address, 64);
  if (!mayRead(file)) return -EBADF;
  const { operations } = file;
  if (operations.read === undefined) return -EINVAL;
  if (position >= 0 && operations.seekable !== true) return -ESPIPE;
  const at = position >= 0 ? position : file.offset;
  const moved = operations.read(kernel, file, target, at, task);
  if (moved > 0) {
    if (position < 0 && operations.seekable === true) file.offset = at + moved;
    notifyFile(kernel, file.inode, file.dentry, IN_ACCESS);
    return moved;
  }
  if (moved !== -EAGAIN || operations.queue === undefined) return moved;
  if (nonblocking) return -EAGAIN;
  if (task.wakeReason === 'timeout') return 0;
  const resumed = task.resume?.['deadline'] as number | undefined;
  const deadline = resumed ?? operations.readDeadline?.(kernel, file) ?? Infinity;
  return kernel.block(task, operations.queue, deadline, { deadline });
}

/** As `readFile`; O_APPEND moves the offset to the end first, RLIMIT_FSIZE cuts (EFBIG and SIGXFSZ). */
export function writeFile(
  kernel: Kernel,
  task: Task,
  file: OpenFile,
  source: UserBuffers | KernelBuffer,
  position = -1,
  nonblocking = (file.flags & O_NONBLOCK) !== 0,
  append = (file.flags & O_APPEND) !== 0,
): SyscallResult {
  kernel.cost.execute(fsRoutines.vfs_write);
  kernel.cost.touch(file.address, 64);
  if (!mayWrite(file)) return -EBADF;
  const { operations } = file;
  if (operations.write === undefined) return -EINVAL;
  if (position >= 0 && operations.seekable !== true) return -ESPIPE;

  if (operations.seekable === true) return writeAt(kernel, task, file, source, position, append);

  let done = task.resume?.done ?? 0;
  if (done > 0) source.skip(done);
  for (;;) {
    const moved = operations.write(kernel, file, source, 0, task);
    if (moved < 0) {
      if (moved !== -EAGAIN || operations.queue === undefined) return done > 0 ? done : moved;
      break;
    }
    done += moved;
    if (source.remaining === 0 || moved === 0) return done;
  }
  if (nonblocking) return done > 0 ? done : -EAGAIN;
  return kernel.block(task, operations.queue, Infinity, { done });
}

function writeAt(
  kernel: Kernel,
  task: Task,
  file: OpenFile,
  source: UserBuffers | KernelBuffer,
  position: number,
  append: boolean,
): number {
  const { inode } = file;
  let at = position >= 0 ? position : file.offset;
  if (append) at = inode.size;
  if (source.remaining === 0) return 0;
  if (isRegular(inode.mode)) {
    const limit = Math.min(task.group.limits.soft(RLIMIT_FSIZE), OFFSET_MAX);
    if (at >= limit) {
      if (limit < OFFSET_MAX) sendSignal(kernel, task, { signal: SIGXFSZ, code: 0 });
      return -EFBIG;
    }
    if (at + source.remaining > limit) source.limit(limit - at);
    if ((inode.mode & 0o6000) !== 0) clearPrivileges(task, file);
  }
  const moved = file.operations.write!(kernel, file, source, at, task);
  if (moved > 0) {
    if (position < 0) file.offset = at + moved;
    notifyFile(kernel, inode, file.dentry, IN_MODIFY);
  }
  return moved;
}

/** Writing to a file takes its set-user-ID and (if group-executable) set-group-ID bits away. */
function clearPrivileges(task: Task, file: OpenFile): void {
  if (task.credentials.capable(CAP_FSETID)) return;
  file.inode.mode &= ~0o4000;
  if ((file.inode.mode & 0o010) !== 0) file.inode.mode &= ~0o2000;
}
