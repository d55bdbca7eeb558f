// System calls that make, name and connect sockets: socket(2), bind(2), listen(2), accept(2), connect(2), shutdown(2). Each checks
// its arguments, makes a non-blocking attempt at the socket, and blocks on the socket's queue when it must.

import { socketRoutines } from '../cost/routines/net.ts';
import { EAFNOSUPPORT, EAGAIN, EALREADY, EFAULT, EINPROGRESS, EINVAL, EMFILE, EOPNOTSUPP } from '../errno.ts';
import { O_NONBLOCK, O_RDWR } from '../fs/constants.ts';
import { releaseFile } from '../fs/open-file.ts';
import type { Kernel } from '../kernel.ts';
import { readSocketAddress, writeSocketAddress } from '../net/sockets/address.ts';
import * as c from '../net/sockets/constants.ts';
import { createInetSocket } from '../net/sockets/create-inet.ts';
import type { Socket } from '../net/sockets/socket.ts';
import { createUnixSocket, UnixSocket } from '../net/sockets/unix-socket.ts';
import type { Task } from '../process/task.ts';
import { enumeration, fd, flags, inStruct, int, outStruct, unsigned } from './arguments.ts';
import type { ArgumentDecoder } from './decoders.ts';
import { acceptFlags, shutdownModes, socketFamilies, socketTypes } from './flags/sockets.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';
import { deadlineOf, lookup, nonblocking, settle } from './socket-common.ts';

const TYPE_MASK = 0xf;

function create(kernel: Kernel, family: number, type: number, protocol: number): Socket | number {
  switch (family) {
    case c.AF_UNIX:
      return createUnixSocket(kernel, type, protocol);
    case c.AF_INET:
      return createInetSocket(kernel, type, protocol);
    default:
      return -EAFNOSUPPORT;
  }
}

/** Makes the socket a file with a descriptor; on failure the socket is closed. */
function install(kernel: Kernel, task: Task, socket: Socket, flagBits: number): number {
  const file = kernel.vfs.openAnonymous(
    'socket',
    socket,
    O_RDWR | ((flagBits & c.SOCK_NONBLOCK) !== 0 ? O_NONBLOCK : 0),
  );
  if (typeof file === 'number') {
    socket.release(kernel);
    return file;
  }
  socket.file = file;
  file.inode.uid = task.credentials.fsuid;
  file.inode.gid = task.credentials.fsgid;
  const descriptor = task.files.add(kernel, task, file, (flagBits & c.SOCK_CLOEXEC) !== 0);
  if (descriptor < 0) releaseFile(kernel, file);
  return descriptor;
}

function sysSocket(kernel: Kernel, task: Task, family: number, type: number, protocol: number): SyscallResult {
  if (((type | 0) & ~(TYPE_MASK | c.SOCK_CLOEXEC | c.SOCK_NONBLOCK)) !== 0) return -EINVAL;
  const free = task.files.free(task);
  const socket = create(kernel, family | 0, type & TYPE_MASK, protocol | 0);
  if (typeof socket === 'number') return socket;
  kernel.network.sockets += 1;
  if (free < 0) {
    socket.release(kernel);
    return -EMFILE;
  }
  return install(kernel, task, socket, type);
}

function sysSocketpair(
  kernel: Kernel,
  task: Task,
  family: number,
  type: number,
  protocol: number,
  pointer: number,
): SyscallResult {
  if (((type | 0) & ~(TYPE_MASK | c.SOCK_CLOEXEC | c.SOCK_NONBLOCK)) !== 0) return -EINVAL;
  const kind = type & TYPE_MASK;
  const first = create(kernel, family | 0, kind, protocol | 0);
  if (typeof first === 'number') return first;
  kernel.network.sockets += 1;
  if (!(first instanceof UnixSocket)) {
    first.release(kernel);
    return -EOPNOTSUPP;
  }
  const second = create(kernel, family | 0, kind, protocol | 0);
  if (typeof second === 'number') {
    first.release(kernel);
    return second;
  }
  kernel.network.sockets += 1;
  UnixSocket.join(first, second as UnixSocket, task);
  const a = install(kernel, task, first, type);
  if (a < 0) {
    second.release(kernel);
    return a;
  }
  const b = install(kernel, task, second, type);
  if (b < 0) {
    task.files.close(kernel, a);
    return b;
  }
  const written = task.memory!.writeStruct(pointer, 8, (view) => {
    view.setInt32(0, a, true);
    view.setInt32(4, b, true);
  });
  if (written) return 0;
  task.files.close(kernel, a);
  task.files.close(kernel, b);
  return -EFAULT;
}

function sysBind(kernel: Kernel, task: Task, descriptor: number, pointer: number, length: number): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  const address = readSocketAddress(task.memory!, pointer, length);
  if (typeof address === 'number') return address;
  return socket.bind(kernel, task, address);
}

function sysListen(kernel: Kernel, task: Task, descriptor: number, backlog: number): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  return settle(kernel, socket.listen(kernel, task, backlog | 0));
}

function sysConnect(kernel: Kernel, task: Task, descriptor: number, pointer: number, length: number): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  const address = readSocketAddress(task.memory!, pointer, length);
  if (typeof address === 'number') return address;
  const result = socket.connect(kernel, task, address);
  kernel.network.rearm();
  if (result === -EINPROGRESS || result === -EALREADY) {
    // Linux holds the socket while it sends the SYN, so a non-blocking connect says EINPROGRESS even when loopback has answered.
    if (nonblocking(socket)) return result;
    if (result === -EINPROGRESS) {
      const again = socket.connect(kernel, task, address);
      if (again !== -EALREADY && again !== -EINPROGRESS) return again;
    }
    const deadline = deadlineOf(kernel, task, socket.sendTimeout);
    if (task.wakeReason === 'timeout') return -EINPROGRESS;
    return kernel.block(task, socket.queue, deadline, { deadline });
  }
  if (result === -EAGAIN && socket instanceof UnixSocket && !nonblocking(socket)) {
    const deadline = deadlineOf(kernel, task, socket.sendTimeout);
    if (task.wakeReason === 'timeout') return -EAGAIN;
    return kernel.block(task, socket.connectQueue(kernel, task, address), deadline, { deadline });
  }
  return result;
}

function sysAccept4(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  pointer: number,
  lengthPointer: number,
  flagBits: number,
): SyscallResult {
  if ((flagBits & ~(c.SOCK_CLOEXEC | c.SOCK_NONBLOCK)) !== 0) return -EINVAL;
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  const free = task.files.free(task);
  if (free < 0) return free;
  const accepted = socket.accept(kernel, task);
  kernel.network.rearm();
  if (typeof accepted === 'number') {
    if (accepted !== -EAGAIN || nonblocking(socket)) return accepted;
    const deadline = deadlineOf(kernel, task, socket.receiveTimeout);
    if (task.wakeReason === 'timeout') return -EAGAIN;
    return kernel.block(task, socket.queue, deadline, { deadline }, { exclusive: true });
  }
  if (!(accepted instanceof UnixSocket)) kernel.network.sockets += 1;
  const result = install(kernel, task, accepted, flagBits);
  if (result < 0 || pointer === 0) return result;
  const peer = accepted.peer();
  const written = writeSocketAddress(task.memory!, typeof peer === 'number' ? null : peer, pointer, lengthPointer);
  if (written === 0) return result;
  task.files.close(kernel, result);
  return written;
}

const sysAccept = (
  kernel: Kernel,
  task: Task,
  descriptor: number,
  pointer: number,
  lengthPointer: number,
): SyscallResult => sysAccept4(kernel, task, descriptor, pointer, lengthPointer, 0);

function sysGetsockname(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  pointer: number,
  lengthPointer: number,
): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  return pointer === 0 ? -EFAULT : writeSocketAddress(task.memory!, socket.name(), pointer, lengthPointer);
}

function sysGetpeername(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  pointer: number,
  lengthPointer: number,
): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  const peer = socket.peer();
  if (typeof peer === 'number') return peer;
  return pointer === 0 ? -EFAULT : writeSocketAddress(task.memory!, peer, pointer, lengthPointer);
}

function sysShutdown(kernel: Kernel, task: Task, descriptor: number, how: number): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  if ((how | 0) < 0 || (how | 0) > c.SHUT_RDWR) return -EINVAL;
  return settle(kernel, socket.shutdown(kernel, (how | 0) + 1));
}

const family = enumeration(socketFamilies, 'AF_???');
const type = flags(socketTypes);
const address: ArgumentDecoder = inStruct('sockaddr');
const foundAddress: ArgumentDecoder = outStruct('sockaddr');
const length: ArgumentDecoder = { kind: 'struct', name: 'int', direction: 'inout' };
const r = socketRoutines;

export const socketSyscalls: readonly SyscallRow[] = [
  {
    number: 198,
    name: 'socket',
    arguments: [family, type, int],
    handler: sysSocket,
    cost: r.sys_socket,
    result: 'fd',
    support: { partial: 'AF_UNIX and AF_INET' },
  },
  {
    number: 199,
    name: 'socketpair',
    arguments: [family, type, int, outStruct('fdPair')],
    handler: sysSocketpair,
    cost: r.sys_socket,
  },
  { number: 200, name: 'bind', arguments: [fd, address, unsigned], handler: sysBind, cost: r.sys_bind },
  { number: 201, name: 'listen', arguments: [fd, int], handler: sysListen, cost: r.sys_listen },
  {
    number: 202,
    name: 'accept',
    arguments: [fd, foundAddress, length],
    handler: sysAccept,
    cost: r.sys_accept,
    restart: 'restart',
    result: 'fd',
  },
  {
    number: 203,
    name: 'connect',
    arguments: [fd, address, unsigned],
    handler: sysConnect,
    cost: r.sys_connect,
    restart: 'restart',
  },
  {
    number: 204,
    name: 'getsockname',
    arguments: [fd, foundAddress, length],
    handler: sysGetsockname,
    cost: r.sys_getname,
  },
  {
    number: 205,
    name: 'getpeername',
    arguments: [fd, foundAddress, length],
    handler: sysGetpeername,
    cost: r.sys_getname,
  },
  {
    number: 210,
    name: 'shutdown',
    arguments: [fd, enumeration(shutdownModes, 'SHUT_???')],
    handler: sysShutdown,
    cost: r.sys_shutdown,
  },
  {
    number: 242,
    name: 'accept4',
    arguments: [fd, foundAddress, length, flags(acceptFlags)],
    handler: sysAccept4,
    cost: r.sys_accept,
    restart: 'restart',
    result: 'fd',
  },
];
