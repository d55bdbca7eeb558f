// System calls that move data through sockets: send(2), recv(2), sendmsg(2), recvmsg(2) and their plural forms.

import { socketRoutines } from '../cost/routines/net.ts';
import { EAGAIN, EFAULT, EINVAL, EPIPE } from '../errno.ts';
import { releaseFile } from '../fs/open-file.ts';
import type { Kernel } from '../kernel.ts';
import {
  encodeSocketAddress,
  readSocketAddress,
  type SocketAddress,
  writeSocketAddress,
} from '../net/sockets/address.ts';
import * as c from '../net/sockets/constants.ts';
import {
  type MessageHeader,
  MMSGHDR_BYTES,
  readControl,
  readMessageHeader,
  writeControl,
} from '../net/sockets/message.ts';
import { type Control, raisePipe, type Socket } from '../net/sockets/socket.ts';
import { UnixSocket } from '../net/sockets/unix-socket.ts';
import type { Task } from '../process/task.ts';
import { fd, flags, inBuffer, inStruct, outBuffer, outStruct, size, unsigned } from './arguments.ts';
import type { ArgumentDecoder } from './decoders.ts';
import { messageFlags } from './flags/sockets.ts';
import { BLOCKED, type SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';
import { deadlineOf, lookup, nonblocking, settle } from './socket-common.ts';

/** Messages that sendmmsg and recvmmsg take at once. */
const UIO_MAXIOV = 1024;
/** The most bytes that one call moves: MAX_RW_COUNT of Linux. */
const RW_COUNT_MAX = 0x7fff_f000;

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

const address: ArgumentDecoder = inStruct('sockaddr');
const foundAddress: ArgumentDecoder = outStruct('sockaddr');
const length: ArgumentDecoder = { kind: 'struct', name: 'int', direction: 'inout' };
const messages = flags(messageFlags);
const r = socketRoutines;

export const socketMessageSyscalls: readonly SyscallRow[] = [
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
