// struct msghdr and control messages (cmsg(3)) between programs and the kernel.

import { socketRoutines } from '../../cost/routines/net.ts';
import { EBADF, EFAULT, EINVAL, EMSGSIZE, EPERM, ETOOMANYREFS } from '../../errno.ts';
import { fileOf } from '../../fs/at.ts';
import { IOV_MAX } from '../../fs/constants.ts';
import { releaseFile, retainFile } from '../../fs/open-file.ts';
import type { OpenFile } from '../../fs/types.ts';
import type { Kernel } from '../../kernel.ts';
import type { Task } from '../../process/task.ts';
import { MSG_CMSG_CLOEXEC, MSG_CTRUNC, SCM_CREDENTIALS, SCM_MAX_FILES, SCM_RIGHTS, SOL_SOCKET } from './constants.ts';
import { type Control, credentialsOf, type Socket } from './socket.ts';

export const MSGHDR_BYTES = 56;
export const MMSGHDR_BYTES = 64;
const CMSGHDR_BYTES = 16;
/** net.core.optmem_max. */
const CONTROL_MAX = 131_072;
const IOVEC_BYTES = 16;

export interface MessageHeader {
  readonly name: number;
  readonly nameLength: number;
  readonly bases: number[];
  readonly lengths: number[];
  readonly total: number;
  readonly control: number;
  readonly controlLength: number;
}

/** Reads msghdr and its iovecs; -EFAULT, -EMSGSIZE (too many), -EINVAL (negative lengths). */
export function readMessageHeader(task: Task, pointer: number): MessageHeader | number {
  const memory = task.memory!;
  const view = memory.readStruct(pointer, MSGHDR_BYTES);
  if (view === null) return -EFAULT;
  const nameLength = view.getInt32(8, true);
  if (nameLength < 0) return -EINVAL;
  const vector = Number(view.getBigInt64(16, true));
  const count = Number(view.getBigInt64(24, true));
  if (count < 0 || count > IOV_MAX) return -EMSGSIZE;
  const bases: number[] = [];
  const lengths: number[] = [];
  let total = 0;
  if (count > 0) {
    const table = memory.readStruct(vector, count * IOVEC_BYTES);
    if (table === null) return -EFAULT;
    for (let index = 0; index < count; index++) {
      const length = Number(table.getBigInt64(index * IOVEC_BYTES + 8, true));
      if (length < 0) return -EINVAL;
      bases.push(Number(table.getBigInt64(index * IOVEC_BYTES, true)));
      lengths.push(Math.min(length, 0x7fff_f000 - total));
      total += lengths[index]!;
    }
  }
  return {
    name: Number(view.getBigInt64(0, true)),
    nameLength,
    bases,
    lengths,
    total,
    control: Number(view.getBigInt64(32, true)),
    controlLength: Number(view.getBigUint64(40, true)),
  };
}

/** What a message carries beside its bytes; files are retained. -EINVAL, -EBADF, -EPERM, -ETOOMANYREFS, -EFAULT. */
export function readControl(kernel: Kernel, task: Task, pointer: number, length: number): Control | null | number {
  if (length === 0) return null;
  if (length > CONTROL_MAX) return -EINVAL;
  const view = task.memory!.readStruct(pointer, length);
  if (view === null) return -EFAULT;
  const files: OpenFile[] = [];
  let credentials: Control['credentials'] = null;
  const fail = (errno: number): number => {
    for (const file of files) releaseFile(kernel, file);
    return errno;
  };
  for (let at = 0; at + CMSGHDR_BYTES <= length; ) {
    const size = Number(view.getBigUint64(at, true));
    if (size < CMSGHDR_BYTES || at + size > length) return fail(-EINVAL);
    const level = view.getInt32(at + 8, true);
    const type = view.getInt32(at + 12, true);
    if (level === SOL_SOCKET && type === SCM_RIGHTS) {
      const count = Math.floor((size - CMSGHDR_BYTES) / 4);
      if (count + files.length > SCM_MAX_FILES) return fail(-ETOOMANYREFS);
      for (let index = 0; index < count; index++) {
        kernel.cost.execute(socketRoutines.scm_file);
        const file = fileOf(kernel, task, view.getInt32(at + CMSGHDR_BYTES + 4 * index, true));
        if (file === null) return fail(-EBADF);
        files.push(retainFile(file));
      }
    } else if (level === SOL_SOCKET && type === SCM_CREDENTIALS) {
      if (size < CMSGHDR_BYTES + 12) return fail(-EINVAL);
      credentials = {
        pid: view.getInt32(at + 16, true),
        uid: view.getInt32(at + 20, true),
        gid: view.getInt32(at + 24, true),
      };
      const own = credentialsOf(task);
      if (
        task.credentials.euid !== 0 &&
        (credentials.pid !== own.pid || credentials.uid !== own.uid || credentials.gid !== own.gid)
      )
        return fail(-EPERM);
    } else if (level === SOL_SOCKET) return fail(-EINVAL);
    at += Math.ceil(size / 8) * 8;
  }
  return files.length === 0 && credentials === null ? null : { files, credentials };
}

/**
 * Gives received control data to the program: installs descriptors, writes cmsgs as far as they fit. Returns the bytes of
 * msg_controllen; adds MSG_CTRUNC to `flags.value` when something did not fit. Files that did not fit are closed.
 */
export function writeControl(
  kernel: Kernel,
  task: Task,
  socket: Socket,
  control: Control | null,
  pointer: number,
  room: number,
  receiveFlags: number,
  flags: { value: number },
): number {
  let at = 0;
  const put = (type: number, data: Uint8Array): boolean => {
    if (pointer === 0 || at + CMSGHDR_BYTES + data.length > room) {
      flags.value |= MSG_CTRUNC;
      return false;
    }
    const bytes = new Uint8Array(CMSGHDR_BYTES + data.length);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt(bytes.length), true);
    view.setInt32(8, SOL_SOCKET, true);
    view.setInt32(12, type, true);
    bytes.set(data, CMSGHDR_BYTES);
    if (!task.memory!.write(pointer + at, bytes)) return false;
    at = Math.min(room, at + Math.ceil(bytes.length / 8) * 8);
    return true;
  };
  if (control !== null && socket.passCredentials && control.credentials !== null) {
    const data = new Uint8Array(12);
    const view = new DataView(data.buffer);
    view.setInt32(0, control.credentials.pid, true);
    view.setInt32(4, control.credentials.uid, true);
    view.setInt32(8, control.credentials.gid, true);
    put(SCM_CREDENTIALS, data);
  }
  const files = control?.files ?? [];
  if (files.length > 0) {
    const fit = pointer === 0 ? 0 : Math.max(0, Math.floor((room - at - CMSGHDR_BYTES) / 4));
    const numbers: number[] = [];
    files.forEach((file, index) => {
      kernel.cost.execute(socketRoutines.scm_file);
      const number =
        index < fit ? task.files.add(kernel, task, retainFile(file), (receiveFlags & MSG_CMSG_CLOEXEC) !== 0) : -1;
      if (number >= 0) numbers.push(number);
      else {
        if (index < fit) releaseFile(kernel, file);
        flags.value |= MSG_CTRUNC;
      }
      releaseFile(kernel, file);
    });
    if (numbers.length > 0) put(SCM_RIGHTS, new Uint8Array(Int32Array.from(numbers).buffer));
  }
  return at;
}
