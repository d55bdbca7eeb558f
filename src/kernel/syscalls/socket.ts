// System calls on sockets: socket(2) and its relatives. Each checks its arguments, makes a non-blocking attempt at the socket,
// and blocks on the socket's queue when it must.

import { socketRoutines } from '../cost/routines/net.ts';
import {
  EAFNOSUPPORT,
  EAGAIN,
  EALREADY,
  EBADF,
  EDOM,
  EFAULT,
  EINPROGRESS,
  EINVAL,
  EMFILE,
  ENOPROTOOPT,
  ENOTCONN,
  ENOTSOCK,
  EOPNOTSUPP,
  EPIPE,
} from '../errno.ts';
import { fileOf } from '../fs/at.ts';
import { O_NONBLOCK, O_RDWR } from '../fs/constants.ts';
import { releaseFile } from '../fs/open-file.ts';
import type { OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import {
  encodeSocketAddress,
  readSocketAddress,
  type SocketAddress,
  writeSocketAddress,
} from '../net/sockets/address.ts';
import * as c from '../net/sockets/constants.ts';
import { createInetSocket } from '../net/sockets/inet-socket.ts';
import {
  type MessageHeader,
  MMSGHDR_BYTES,
  readControl,
  readMessageHeader,
  writeControl,
} from '../net/sockets/message.ts';
import { type Control, raisePipe, type Socket, socketOf } from '../net/sockets/socket.ts';
import { createUnixSocket, UnixSocket } from '../net/sockets/unix-socket.ts';
import type { Task } from '../process/task.ts';
import { enumeration, fd, flags, inBuffer, inStruct, int, outBuffer, outStruct, size, unsigned } from './arguments.ts';
import type { ArgumentDecoder } from './decoders.ts';
import {
  acceptFlags,
  messageFlags,
  shutdownModes,
  socketFamilies,
  socketLevels,
  socketOptions,
  socketTypes,
} from './flags/sockets.ts';
import { BLOCKED, type SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

const TYPE_MASK = 0xf;
const UIO_MAXIOV = 1024;
const RW_COUNT_MAX = 0x7fff_f000;

/** The socket behind a descriptor, or -EBADF, -ENOTSOCK. */
function lookup(kernel: Kernel, task: Task, descriptor: number): Socket | number {
  const file = fileOf(kernel, task, descriptor);
  if (file === null) return -EBADF;
  const socket = socketOf(file);
  if (socket === null) return -ENOTSOCK;
  kernel.cost.touch(socket.address, 128);
  return socket;
}

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

/** Network work may have moved the stack's timers. */
function settle(kernel: Kernel, result: SyscallResult): SyscallResult {
  kernel.network.rearm();
  return result;
}

function nonblocking(socket: Socket, messageBits = 0): boolean {
  return (messageBits & c.MSG_DONTWAIT) !== 0 || ((socket.file as OpenFile).flags & O_NONBLOCK) !== 0;
}

/** The absolute deadline of this call: kept over its runs. */
function deadlineOf(kernel: Kernel, task: Task, timeout: number): number {
  const kept = task.resume?.['deadline'];
  if (typeof kept === 'number') return kept;
  return timeout === Infinity ? Infinity : kernel.now() + timeout;
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

// --- sending -------------------------------------------------------------------------------------------------------------

/** What remains to be sent lies in `kernel.vfs.buffers.user`, set up by the caller. */
function sendFrom(
  kernel: Kernel,
  task: Task,
  socket: Socket,
  flagBits: number,
  to: SocketAddress | null,
  control: Control | null,
): SyscallResult {
  kernel.cost.execute(socketRoutines.sock_sendmsg);
  kernel.cost.touch(socket.address, 256, 'write');
  const source = kernel.vfs.buffers.user;
  let done = task.resume?.done ?? 0;
  if (done > 0) source.skip(done);
  for (;;) {
    const sent = socket.send(kernel, task, source, flagBits, to, done === 0 ? control : null);
    if (sent >= 0) {
      done += sent;
      if (!socket.isStream || source.remaining === 0 || sent === 0) return settle(kernel, done);
      continue;
    }
    kernel.network.rearm();
    if (sent !== -EAGAIN) {
      if (done > 0) return done;
      if (sent === -EPIPE && (flagBits & c.MSG_NOSIGNAL) === 0 && socket.isStream) raisePipe(kernel, task);
      return sent;
    }
    if (nonblocking(socket, flagBits)) return done > 0 ? done : -EAGAIN;
    if (task.wakeReason === 'timeout') return done > 0 ? done : -EAGAIN;
    const deadline = deadlineOf(kernel, task, socket.sendTimeout);
    const queues = socket instanceof UnixSocket ? socket.sendQueues(kernel, task, to) : socket.queue;
    return kernel.block(task, queues, deadline, { deadline, done });
  }
}

function sysSendto(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  buffer: number,
  length: number,
  flagBits: number,
  pointer: number,
  addressLength: number,
): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  let to: SocketAddress | null = null;
  if (pointer !== 0) {
    const address = readSocketAddress(task.memory!, pointer, addressLength);
    if (typeof address === 'number') return address;
    to = address;
  }
  if (length < 0) return -EINVAL;
  const bytes = Math.min(length, RW_COUNT_MAX);
  kernel.vfs.buffers.user.reset(task.memory!, buffer, bytes);
  return sendFrom(kernel, task, socket, flagBits | 0, to, null);
}

function sendMessage(
  kernel: Kernel,
  task: Task,
  socket: Socket,
  header: MessageHeader,
  flagBits: number,
): SyscallResult {
  let to: SocketAddress | null = null;
  if (header.name !== 0 && header.nameLength > 0) {
    const address = readSocketAddress(task.memory!, header.name, header.nameLength);
    if (typeof address === 'number') return address;
    to = address;
  }
  // A call that goes on after a wait has its files in flight already.
  const first = (task.resume?.done ?? 0) === 0;
  const control = first
    ? readControl(kernel, task, header.control, header.control === 0 ? 0 : header.controlLength)
    : null;
  if (typeof control === 'number') return control;
  kernel.vfs.buffers.user.resetVector(task.memory!, header.bases, header.lengths, header.total);
  const result = sendFrom(kernel, task, socket, flagBits, to, control);
  const handedOn =
    result > 0 || (result === BLOCKED && (task.resume?.done ?? 0) > 0) || (result === 0 && !socket.isStream);
  if (control !== null && !handedOn) for (const file of control.files) releaseFile(kernel, file);
  return result;
}

function sysSendmsg(kernel: Kernel, task: Task, descriptor: number, pointer: number, flagBits: number): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  const header = readMessageHeader(task, pointer);
  if (typeof header === 'number') return header;
  return sendMessage(kernel, task, socket, header, flagBits | 0);
}

function sysSendmmsg(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  pointer: number,
  count: number,
  flagBits: number,
): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  const limit = Math.min(count >>> 0, UIO_MAXIOV);
  let sent = (task.resume?.['messages'] as number | undefined) ?? 0;
  while (sent < limit) {
    const header = readMessageHeader(task, pointer + sent * MMSGHDR_BYTES);
    if (typeof header === 'number') return sent > 0 ? sent : header;
    const result = sendMessage(kernel, task, socket, header, sent > 0 ? flagBits | c.MSG_DONTWAIT : flagBits);
    if (result < 0) return sent > 0 ? sent : result;
    if (!task.memory!.writeU32(pointer + sent * MMSGHDR_BYTES + 56, result)) return sent > 0 ? sent : -EFAULT;
    sent += 1;
  }
  return sent;
}

// --- receiving -----------------------------------------------------------------------------------------------------------

/** Into `kernel.vfs.buffers.user`, set up by the caller. What else was found is in `socket.received`. */
function receiveInto(kernel: Kernel, task: Task, socket: Socket, flagBits: number): SyscallResult {
  kernel.cost.execute(socketRoutines.sock_recvmsg);
  kernel.cost.touch(socket.address, 256);
  const target = kernel.vfs.buffers.user;
  const gather = socket.isStream && (flagBits & c.MSG_WAITALL) !== 0 && (flagBits & c.MSG_PEEK) === 0;
  let done = task.resume?.done ?? 0;
  if (done > 0) target.skip(done);
  for (;;) {
    const received = socket.receive(kernel, task, target, flagBits);
    kernel.network.rearm();
    if (received > 0) {
      done += received;
      if (!gather || target.remaining === 0) return done;
      continue;
    }
    if (received !== -EAGAIN) return done > 0 ? done : received;
    if (nonblocking(socket, flagBits)) return done > 0 ? done : -EAGAIN;
    if (task.wakeReason === 'timeout') return done > 0 ? done : -EAGAIN;
    const deadline = deadlineOf(kernel, task, socket.receiveTimeout);
    return kernel.block(task, socket.queue, deadline, { deadline, done });
  }
}

function sysRecvfrom(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  buffer: number,
  length: number,
  flagBits: number,
  pointer: number,
  lengthPointer: number,
): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  if (length < 0) return -EINVAL;
  kernel.vfs.buffers.user.reset(task.memory!, buffer, Math.min(length, RW_COUNT_MAX));
  const result = receiveInto(kernel, task, socket, flagBits | 0);
  if (result < 0) return result;
  dropControl(kernel, socket, flagBits);
  if (pointer !== 0) {
    const written = writeSocketAddress(task.memory!, socket.received.address, pointer, lengthPointer);
    if (written !== 0) return written;
  }
  return (flagBits & c.MSG_TRUNC) !== 0 && !socket.isStream ? socket.received.length : result;
}

/** Descriptors that nobody asked for are closed. */
function dropControl(kernel: Kernel, socket: Socket, flagBits: number): void {
  const { control } = socket.received;
  if (control === null || (flagBits & c.MSG_PEEK) !== 0) return;
  for (const file of control.files) releaseFile(kernel, file);
  socket.received.control = null;
}

function receiveMessage(
  kernel: Kernel,
  task: Task,
  socket: Socket,
  pointer: number,
  header: MessageHeader,
  flagBits: number,
): SyscallResult {
  kernel.vfs.buffers.user.resetVector(task.memory!, header.bases, header.lengths, header.total);
  const result = receiveInto(kernel, task, socket, flagBits);
  if (result < 0) return result;
  const memory = task.memory!;
  const { received } = socket;
  const messageBits = { value: received.flags };
  let controlBytes = 0;
  if ((flagBits & c.MSG_PEEK) === 0) {
    controlBytes = writeControl(
      kernel,
      task,
      socket,
      received.control,
      header.control,
      header.controlLength,
      flagBits,
      messageBits,
    );
    received.control = null;
  }
  if (header.name !== 0) {
    const bytes = received.address === null ? new Uint8Array() : encodeSocketAddress(received.address);
    if (bytes.length > 0 && !memory.write(header.name, bytes.subarray(0, Math.min(bytes.length, header.nameLength))))
      return -EFAULT;
    if (!memory.writeU32(pointer + 8, bytes.length)) return -EFAULT;
  }
  if (!memory.writeLong(pointer + 40, controlBytes) || !memory.writeU32(pointer + 48, messageBits.value))
    return -EFAULT;
  return (flagBits & c.MSG_TRUNC) !== 0 && !socket.isStream ? received.length : result;
}

function sysRecvmsg(kernel: Kernel, task: Task, descriptor: number, pointer: number, flagBits: number): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  const header = readMessageHeader(task, pointer);
  if (typeof header === 'number') return header;
  return receiveMessage(kernel, task, socket, pointer, header, flagBits | 0);
}

function sysRecvmmsg(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  pointer: number,
  count: number,
  flagBits: number,
  timeout: number,
): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  if (timeout !== 0 && task.memory!.readStruct(timeout, 16) === null) return -EFAULT;
  const limit = Math.min(count >>> 0, UIO_MAXIOV);
  let got = 0;
  while (got < limit) {
    const at = pointer + got * MMSGHDR_BYTES;
    const header = readMessageHeader(task, at);
    if (typeof header === 'number') return got > 0 ? got : header;
    const wait = got > 0 ? flagBits | c.MSG_DONTWAIT : flagBits;
    const result = receiveMessage(kernel, task, socket, at, header, wait & ~c.MSG_WAITFORONE);
    if (result < 0) return got > 0 ? got : result;
    if (!task.memory!.writeU32(at + 56, result)) return got > 0 ? got : -EFAULT;
    got += 1;
  }
  return got;
}

// --- the rest ------------------------------------------------------------------------------------------------------------

function sysShutdown(kernel: Kernel, task: Task, descriptor: number, how: number): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  if ((how | 0) < 0 || (how | 0) > c.SHUT_RDWR) return -EINVAL;
  return settle(kernel, socket.shutdown(kernel, (how | 0) + 1));
}

/** Options whose value is a struct timeval of 64-bit parts. */
function readTimeout(bytes: Uint8Array): number {
  if (bytes.length < 16) return -EINVAL;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [seconds, microseconds] = [Number(view.getBigInt64(0, true)), Number(view.getBigInt64(8, true))];
  if (microseconds < 0 || microseconds >= 1e6) return -EDOM;
  if (seconds < 0) return 0;
  const nanoseconds = seconds * 1e9 + microseconds * 1e3;
  return nanoseconds === 0 ? Infinity : nanoseconds;
}

function sysSetsockopt(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  level: number,
  name: number,
  pointer: number,
  length: number,
): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  const bytesWanted = length | 0;
  if (bytesWanted < 0) return -EINVAL;
  const named = level === c.IPPROTO_TCP && name === c.TCP_CONGESTION;
  const device = level === c.SOL_SOCKET && name === c.SO_BINDTODEVICE;
  if (bytesWanted < 4 && !named && !device && !(level === c.IPPROTO_IP && bytesWanted >= 1)) return -EINVAL;
  const bytes = task.memory!.read(pointer, Math.min(bytesWanted, 256));
  if (bytes === null) return -EFAULT;
  const value = bytes.length >= 4 ? new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true) : (bytes[0] ?? 0);
  if (level === c.SOL_SOCKET) {
    switch (name) {
      case c.SO_TYPE:
      case c.SO_PROTOCOL:
      case c.SO_DOMAIN:
      case c.SO_ERROR:
      case c.SO_ACCEPTCONN:
      case c.SO_PEERCRED:
        return -ENOPROTOOPT;
      case c.SO_RCVTIMEO:
      case c.SO_SNDTIMEO: {
        const timeout = readTimeout(bytes);
        if (timeout < 0) return timeout;
        if (name === c.SO_RCVTIMEO) socket.receiveTimeout = timeout;
        else socket.sendTimeout = timeout;
        return 0;
      }
      case c.SO_PASSCRED:
        socket.passCredentials = value !== 0;
        return 0;
      case c.SO_DEBUG:
      case c.SO_DONTROUTE:
      case c.SO_OOBINLINE:
      case c.SO_PRIORITY:
      case c.SO_TIMESTAMP:
      case c.SO_MARK:
      case c.SO_INCOMING_CPU:
      case c.SO_BUSY_POLL:
        socket.remembered.set(name, value);
        return 0;
    }
  }
  return settle(kernel, socket.setOption(kernel, task, level | 0, name | 0, value, bytes));
}

function commonOption(socket: Socket, name: number): number | Uint8Array | null {
  switch (name) {
    case c.SO_TYPE:
      return socket.type;
    case c.SO_PROTOCOL:
      return socket.protocol;
    case c.SO_DOMAIN:
      return socket.family;
    case c.SO_ACCEPTCONN:
      return socket.listening ? 1 : 0;
    case c.SO_PASSCRED:
      return socket.passCredentials ? 1 : 0;
    case c.SO_SNDLOWAT:
      return 1;
    case c.SO_RCVTIMEO:
    case c.SO_SNDTIMEO: {
      const timeout = name === c.SO_RCVTIMEO ? socket.receiveTimeout : socket.sendTimeout;
      const bytes = new Uint8Array(16);
      const view = new DataView(bytes.buffer);
      if (timeout !== Infinity) {
        view.setBigInt64(0, BigInt(Math.floor(timeout / 1e9)), true);
        view.setBigInt64(8, BigInt(Math.floor((timeout % 1e9) / 1e3)), true);
      }
      return bytes;
    }
    case c.SO_PEERCRED: {
      const credentials = socket.peerCredentials() ?? { pid: 0, uid: -1, gid: -1 };
      return new Uint8Array(Int32Array.of(credentials.pid, credentials.uid, credentials.gid).buffer);
    }
    case c.SO_DEBUG:
    case c.SO_DONTROUTE:
    case c.SO_OOBINLINE:
    case c.SO_PRIORITY:
    case c.SO_TIMESTAMP:
    case c.SO_MARK:
    case c.SO_INCOMING_CPU:
    case c.SO_BUSY_POLL:
      return socket.remembered.get(name) ?? 0;
    default:
      return null;
  }
}

function sysGetsockopt(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  level: number,
  name: number,
  pointer: number,
  lengthPointer: number,
): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  const memory = task.memory!;
  const room = memory.readU32(lengthPointer);
  if (room === null) return -EFAULT;
  if ((room | 0) < 0) return -EINVAL;
  const value =
    (level === c.SOL_SOCKET ? commonOption(socket, name | 0) : null) ?? socket.getOption(kernel, level | 0, name | 0);
  if (typeof value === 'number') {
    if (value < 0 && value >= -4095 && (value === -ENOPROTOOPT || value === -EOPNOTSUPP || value === -ENOTCONN))
      return value;
    const bytes = new Uint8Array(Int32Array.of(value).buffer).subarray(0, Math.min(4, room));
    return memory.write(pointer, bytes) && memory.writeU32(lengthPointer, bytes.length) ? 0 : -EFAULT;
  }
  const bytes = value.subarray(0, Math.min(value.length, room));
  return (bytes.length === 0 || memory.write(pointer, bytes)) && memory.writeU32(lengthPointer, bytes.length)
    ? 0
    : -EFAULT;
}

// --- the table -----------------------------------------------------------------------------------------------------------

const family = enumeration(socketFamilies, 'AF_???');
const type = flags(socketTypes);
const address: ArgumentDecoder = inStruct('sockaddr');
const foundAddress: ArgumentDecoder = outStruct('sockaddr');
const length: ArgumentDecoder = { kind: 'struct', name: 'int', direction: 'inout' };
const messages = flags(messageFlags);
const level = enumeration(socketLevels, 'SOL_???');
const option = enumeration(socketOptions, 'SO_???');
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
    number: 206,
    name: 'sendto',
    arguments: [fd, inBuffer(2), size, messages, address, unsigned],
    handler: sysSendto,
    cost: r.sys_sockopt,
    restart: 'restart',
  },
  {
    number: 207,
    name: 'recvfrom',
    arguments: [fd, outBuffer, size, messages, foundAddress, length],
    handler: sysRecvfrom,
    cost: r.sys_sockopt,
    restart: 'restart',
  },
  {
    number: 208,
    name: 'setsockopt',
    arguments: [fd, level, option, inStruct('socketOption'), unsigned],
    handler: sysSetsockopt,
    cost: r.sys_sockopt,
  },
  {
    number: 209,
    name: 'getsockopt',
    arguments: [fd, level, option, outStruct('socketOption'), length],
    handler: sysGetsockopt,
    cost: r.sys_sockopt,
  },
  {
    number: 210,
    name: 'shutdown',
    arguments: [fd, enumeration(shutdownModes, 'SHUT_???')],
    handler: sysShutdown,
    cost: r.sys_shutdown,
  },
  {
    number: 211,
    name: 'sendmsg',
    arguments: [fd, inStruct('msghdr'), messages],
    handler: sysSendmsg,
    cost: r.sys_sockopt,
    restart: 'restart',
  },
  {
    number: 212,
    name: 'recvmsg',
    arguments: [fd, outStruct('msghdr'), messages],
    handler: sysRecvmsg,
    cost: r.sys_sockopt,
    restart: 'restart',
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
  {
    number: 243,
    name: 'recvmmsg',
    arguments: [fd, outStruct('mmsghdrs'), unsigned, messages, inStruct('timespec')],
    handler: sysRecvmmsg,
    cost: r.sys_sockopt,
    restart: 'restart',
  },
  {
    number: 269,
    name: 'sendmmsg',
    arguments: [fd, inStruct('mmsghdrs'), unsigned, messages],
    handler: sysSendmmsg,
    cost: r.sys_sockopt,
    restart: 'restart',
  },
];
